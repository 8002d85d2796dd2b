//! `--suite`: the name of a built-in suite, which shells complete, or any path.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};

use crate::suite::Suite;

/// Takes any text; the names of the built-in suites are those that shells offer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SuiteName;

impl TypedValueParser for SuiteName {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        option: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, option, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(Suite::builtin_names().map(PossibleValue::new)))
    }
}
