//! Options of a check as they were typed, which its merge need not be told again.

use std::collections::BTreeMap;

use clap::{ArgMatches, Command};
use serde::{Deserialize, Serialize};

use crate::cli::typed::typed_options;

/// What a process says of itself alone: not the merge's affair.
const OWN: [&str; 6] = ["shard", "dry-run", "force", "jobs", "batch-tokens", "cache"];

/// What may differ from process to process, since no score depends on it.
const HARMLESS: [&str; 9] = [
    "api-key-env",
    "batch-texts",
    "connections",
    "hold-lists",
    "max-file",
    "max-line",
    "processes",
    "retries",
    "timeout",
];

/// Options by their names, each with its values; a switch has none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TypedOptions(BTreeMap<String, Vec<String>>);

impl TypedOptions {
    /// What was typed of the options of `command`.
    pub(crate) fn of(command: &Command, matches: &ArgMatches) -> anyhow::Result<TypedOptions> {
        let options = typed_options(command, matches).map(|option| {
            let name = option.name;
            let values = option.values.into_iter().map(|value| {
                let text = value.to_str().map(str::to_owned);
                text.ok_or_else(|| anyhow::anyhow!("--{name} {} is no UTF-8", value.display()))
            });
            Ok((name.to_owned(), values.collect::<anyhow::Result<_>>()?))
        });

        Ok(TypedOptions(options.collect::<anyhow::Result<_>>()?))
    }

    /// Those that a merge should know.
    pub(crate) fn recorded(&self) -> TypedOptions {
        let options = self
            .0
            .iter()
            .filter(|(name, _)| !OWN.contains(&name.as_str()));
        TypedOptions(
            options
                .map(|(name, values)| (name.clone(), values.clone()))
                .collect(),
        )
    }

    /// The option of this name, if it was typed.
    pub(crate) fn get(&self, name: &str) -> Option<&[String]> {
        self.0.get(name).map(Vec::as_slice)
    }

    /// An option that differs from `other`, which matters, and is not in `typed`, by its name.
    pub(crate) fn difference<'a>(
        &'a self,
        other: &'a TypedOptions,
        typed: &TypedOptions,
    ) -> Option<&'a str> {
        let names = self.0.keys().chain(other.0.keys());
        names
            .filter(|name| typed.get(name).is_none() && !HARMLESS.contains(&name.as_str()))
            .find(|name| self.get(name) != other.get(name))
            .map(String::as_str)
    }

    /// These, with those that were `typed` in the place of what they say.
    pub(crate) fn overruled_by(&self, typed: &TypedOptions) -> TypedOptions {
        let mut options = self.clone();
        options.0.extend(typed.0.clone());
        options
    }

    /// The words of a command line.
    pub(crate) fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        for (name, values) in &self.0 {
            if values.is_empty() {
                words.push(format!("--{name}"));
            }
            words.extend(values.iter().map(|value| format!("--{name}={value}")));
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{Arg, ArgAction};

    fn options(words: &[&str]) -> TypedOptions {
        let command = Command::new("test")
            .no_binary_name(true)
            .arg(Arg::new("lists").long("nbest").action(ArgAction::Append))
            .arg(Arg::new("out").long("out").default_value("report"))
            .arg(Arg::new("jobs").long("jobs"))
            .arg(Arg::new("costs").long("costs").action(ArgAction::SetTrue));
        let matches = command.clone().try_get_matches_from(words).unwrap();
        TypedOptions::of(&command, &matches).unwrap()
    }

    #[test]
    fn what_was_typed_is_typed_again() {
        let words = ["--nbest", "a b", "--jobs=2", "--nbest=-", "--costs"];
        let typed = options(&words);
        let recorded = typed.recorded();
        assert_eq!(recorded.words(), ["--costs", "--nbest=a b", "--nbest=-"]);
        let again: Vec<String> = recorded.words();
        let again: Vec<&str> = again.iter().map(String::as_str).collect();
        assert_eq!(options(&again), recorded);
        assert_eq!(options(&[]), TypedOptions::default());
    }

    #[test]
    fn what_is_typed_later_stands_and_differences_are_named() {
        let (one, other) = (options(&["--nbest=a"]), options(&["--nbest=b", "--costs"]));
        let typed = options(&["--costs"]);
        assert_eq!(
            one.difference(&other, &TypedOptions::default()),
            Some("nbest")
        );
        assert_eq!(one.overruled_by(&typed).words(), ["--costs", "--nbest=a"]);
        assert_eq!(
            one.difference(&options(&["--nbest=a", "--costs"]), &typed),
            None
        );
        let waiting = TypedOptions(BTreeMap::from([("timeout".to_owned(), Vec::new())]));
        assert_eq!(waiting.difference(&TypedOptions::default(), &typed), None);
        let nothing = TypedOptions::default();
        assert_eq!(other.difference(&typed, &nothing), Some("nbest"));
    }
}
