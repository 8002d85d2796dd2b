//! What settings of a plan are called on the command line, so that errors name what was typed.

use crate::cli::commands::train::options::Options;
use crate::cli::commands::train::step_counts::EPOCHS;
use crate::report::number::count;
use crate::train::TrainError;
use crate::train::allocation::budget::InvalidBudget;
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
            if let ("steps", None, Ok(steps)) = (&*field, options.steps, value.parse()) {
                let (steps, epochs) = (count(steps, "step"), options.epochs.unwrap_or(EPOCHS));
                return anyhow::anyhow!(
                    "--epochs {epochs} comes to {steps} here; {advice}, with --steps"
                );
            }
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
        TrainError::Budget(source) => match at_fault(&source, options) {
            Some(fault) => anyhow::anyhow!("{fault}: {source}"),
            None => source.into(),
        },
        other => other.into(),
    }
}

/// The option by which ranks cannot be allocated, and what is wrong with it.
fn at_fault(error: &InvalidBudget, options: &Options) -> Option<String> {
    let given = [
        ("--prune-after", options.prune_after),
        ("--final-steps", options.final_steps),
        ("--steps", options.steps),
    ];
    let of = |names: &[&str]| {
        let mut given = given.iter();
        given.find(|(name, value)| names.contains(name) && value.is_some())
    };

    match error {
        InvalidBudget::NoRank | InvalidBudget::Growing { .. } => {
            Some("--initial-rank is too low".to_owned())
        }
        InvalidBudget::NoPruning { .. } | InvalidBudget::NoMeasurement { .. } => {
            let long = match error {
                InvalidBudget::NoPruning { .. } => of(&["--prune-after", "--final-steps"]),
                _ => of(&["--final-steps"]),
            };
            Some(match (long, of(&["--steps"])) {
                (Some((name, _)), _) => format!("{name} is too large"),
                (None, Some((name, _))) => format!("{name} is too low"),
                (None, None) => "--epochs is too low".to_owned(),
            })
        }
        InvalidBudget::NoInterval => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::allocation::budget::{BudgetSchedule, BudgetSettings};

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

    #[test]
    fn too_few_steps_are_told_of_the_option_that_makes_them() {
        let error = || TrainError::setting("steps", 1, "give 2 or more");
        let passes = Options::default();
        assert_eq!(
            in_options(error(), &passes).to_string(),
            "--epochs 3 comes to 1 step here; give 2 or more, with --steps"
        );
        let steps = Options {
            steps: Some(1),
            ..Options::default()
        };
        check("steps", &steps, "--steps is 0; it must be at least 1");

        let short = BudgetSettings::proportioned(4, 1);
        let refused = |settings: &BudgetSettings, options: &Options| {
            let error = BudgetSchedule::new(*settings).unwrap_err();
            in_options(error.into(), options).to_string()
        };
        for (options, option) in [
            (&passes, "--epochs is too low: the final choice of 1 steps"),
            (&steps, "--steps is too low: the final choice of 1 steps"),
        ] {
            let told = refused(&short, options);
            assert!(told.starts_with(option), "{told}");
        }

        let growing = BudgetSettings {
            initial_rank: 2,
            ..BudgetSettings::proportioned(4, 100)
        };
        let told = refused(&growing, &passes);
        let begin = "--initial-rank is too low: the target rank 4 is above";
        assert!(told.starts_with(begin), "{told}");
        let long = BudgetSettings {
            final_steps: 100,
            ..BudgetSettings::proportioned(4, 100)
        };
        let typed = Options {
            final_steps: Some(100),
            ..Options::default()
        };
        let told = refused(&long, &typed);
        assert!(told.starts_with("--final-steps is too large: "), "{told}");
    }
}
