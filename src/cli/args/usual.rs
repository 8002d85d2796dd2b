//! Choices that were typed, apart from those that are made anyway.

use clap::ValueEnum;

/// The name of a choice that is not the usual one.
pub(crate) fn usual<T: ValueEnum + Copy + PartialEq>(choice: T, usual: T) -> Option<String> {
    let named = || Some(choice.to_possible_value()?.get_name().to_owned());
    (choice != usual).then(named).flatten()
}
