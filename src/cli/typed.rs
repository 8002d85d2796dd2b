//! Options as they stand on the command line, before anything is made of them.

use std::ffi::OsStr;

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command};

/// An option that was typed.
#[derive(Debug)]
pub(crate) struct Typed<'a> {
    /// What it is.
    pub(crate) option: &'a Arg,
    /// Its name, without dashes.
    pub(crate) name: &'a str,
    /// Its values; none of a switch.
    pub(crate) values: Vec<&'a OsStr>,
}

/// The options of `command` that were typed, in the order in which it has them.
pub(crate) fn typed_options<'a>(
    command: &'a Command,
    matches: &'a ArgMatches,
) -> impl Iterator<Item = Typed<'a>> {
    command.get_arguments().filter_map(|option| {
        let id = option.get_id().as_str();
        // Of an option that it does not know, `matches` may not be asked where it came from.
        let is_known = matches.try_contains_id(id).is_ok_and(|known| known);
        if !is_known || matches.value_source(id) != Some(ValueSource::CommandLine) {
            return None;
        }

        let takes_values = option.get_action().takes_values();
        let values = matches.get_raw(id).filter(|_| takes_values);
        Some(Typed {
            option,
            name: option.get_long()?,
            values: values.into_iter().flatten().collect(),
        })
    })
}
