//! What settings of a plan are called on the command line, so that errors name what was typed.

use crate::cli::commands::train::options::Options;
use crate::train::TrainError;
use crate::train::schedule::InvalidSchedule;

/// Settings whose options have other names; those of the rest differ by dashes alone.
const NAMES: [(&str, &str); 6] = [
    ("lists_per_step", "lists"),
    ("b_ratio", "b-lr-ratio"),
    ("head_ratio", "head-lr-ratio"),
    ("rate_ratio", "warm-up-lr-ratio"),
    ("sentences_per_step", "sentences"),
    ("learning_rate", "lr"),
];

/// An error about a plan of `options`, in the words of options.
pub(super) fn in_options(error: TrainError, options: &Options) -> anyhow::Error {
    match error {
        TrainError::Setting {
            field,
            value,
            advice,
        } => {
            let other = NAMES.iter().find(|(name, _)| *name == field);
            let option = match other {
                Some((_, option)) => (*option).to_owned(),
                None if field == "ranks" && options.ranks_from.is_some() => "ranks-from".to_owned(),
                None => field.replace('_', "-"),
            };
            anyhow::anyhow!("--{option} is {value}; {advice}")
        }
        TrainError::Schedule(source @ InvalidSchedule::WarmUp { .. }) => {
            anyhow::anyhow!("--lr-warm-up is too large: {source}")
        }
        other => other.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(field: &str, options: &Options, expected: &str) {
        let error = TrainError::setting(field, 0, "it must be at least 1");
        assert_eq!(in_options(error, options).to_string(), expected);
    }

    #[test]
    fn settings_are_told_as_they_are_typed() {
        let plain = Options::default();
        let told = "--lists is 0; it must be at least 1";
        check("lists_per_step", &plain, told);
        check(
            "evaluate_every",
            &plain,
            "--evaluate-every is 0; it must be at least 1",
        );
        check("ranks", &plain, "--ranks is 0; it must be at least 1");
        let from = Options {
            ranks_from: Some("dynamic".into()),
            ..Options::default()
        };
        check("ranks", &from, "--ranks-from is 0; it must be at least 1");
    }
}
