//! What to do where training diverged: that depends on what was asked for.

use crate::cli::commands::train::Output;
use crate::cli::commands::train::asked::resuming;
use crate::cli::commands::train::options::Options;
use crate::cli::commands::train::step_counts::{shown_rate, usual_rate};
use crate::train::TrainError;
use crate::train::state::SavedRun;

/// Whether training failed because of the values that it was given, and may not with others.
pub(super) fn is_divergence(error: &anyhow::Error) -> bool {
    let training = error.downcast_ref::<TrainError>();
    training.is_some_and(TrainError::is_divergence)
}

/// An error of the training that `options` ask for; where it diverged, with what to try, and what
/// can be done with the state in `output`.
pub(super) fn told(error: anyhow::Error, options: &Options, output: &Output) -> anyhow::Error {
    if !is_divergence(&error) {
        return error;
    }

    let kept = output
        .states()
        .find(|state| SavedRun::is_in(state).unwrap_or(false));
    let kept = kept.map_or_else(String::new, |state| {
        format!(
            "; {} --finish writes the best model so far, and without the folder {} training starts \
                anew",
            resuming(&output.state),
            state.display()
        )
    });
    anyhow::anyhow!(
        "training diverged: {error:#}: {}{kept}",
        advice(options, None)
    )
}

/// What to try where all values of a sweep of `option` diverged, of which `lowest` is the lowest.
pub(super) fn after_sweep(option: &str, lowest: f64, options: &Options) -> String {
    if option != "lr" {
        return format!("{}, or other values", advice(options, Some(option)));
    }

    let rate = lower(lowest, usual_rate(options));
    let others = others(options, None);
    let rates = [rounded(rate / 10.0), rate].map(shown_rate);
    let rates = format!("lower ones, as in --sweep lr={}", rates.join(","));
    let tried = std::iter::once(rates).chain(others);
    format!("try {}", tried.collect::<Vec<_>>().join(", or "))
}

/// What to try instead of what `options` say, but for the option that is `swept`.
fn advice(options: &Options, swept: Option<&str>) -> String {
    let usual = usual_rate(options);
    let rate = options.lr.unwrap_or(usual);
    let rates = [lower(rate, usual), rate].map(shown_rate);
    let lower = format!("--lr {}", rates.join(" instead of "));
    let mut tried = others(options, swept);
    // A rate that is far below what is usual is rarely the cause.
    let place = if rate < usual / 10.0 { tried.len() } else { 0 };
    tried.insert(place, lower);

    format!("try {}", tried.join(", or "))
}

/// What to try instead of other values that make steps large.
fn others(options: &Options, swept: Option<&str>) -> Vec<String> {
    let twice = 2.0 * options.rank.unwrap_or(8) as f64;
    let factors = [
        ("head-lr-ratio", options.head_lr_ratio, 1.0),
        ("b-lr-ratio", options.b_lr_ratio, 1.0),
        ("warm-up-lr-ratio", options.warm_up_lr_ratio, 0.1),
        ("clip-norm", options.clip_norm, 1.0),
        ("weight-decay", options.weight_decay, 0.01),
        ("alpha", options.alpha, twice),
        ("orthogonality", options.orthogonality, 0.5),
    ];
    let too_high = factors.into_iter().filter_map(|(option, value, usual)| {
        let value = value.filter(|value| *value > usual)?;
        Some((option, value, usual))
    });
    let rise = options.lr_warm_up.filter(|share| *share < 0.1);
    let rise = rise.map(|share| ("lr-warm-up", share, 0.1));
    let replaced = too_high
        .chain(rise)
        .filter(|(option, ..)| Some(*option) != swept)
        .map(|(option, value, usual)| format!("--{option} {usual} instead of {value}"));

    // What is usual of these is to be without them.
    let weights = [
        ("correlation", options.correlation),
        ("mwed", options.mwed),
        ("distillation", options.distillation),
        ("consistency", options.consistency),
    ];
    let weights = weights.into_iter().filter_map(|(option, value)| {
        let value = value.filter(|value| *value > 0.0 && Some(option) != swept)?;
        Some(format!("a lower --{option} than {value}"))
    });

    replaced.chain(weights).collect()
}

/// A learning rate below `rate`: what is `usual`, if that is.
fn lower(rate: f64, usual: f64) -> f64 {
    if usual < rate {
        usual
    } else {
        rounded(rate / 10.0)
    }
}

/// A number as people would write it: to two digits.
fn rounded(number: f64) -> f64 {
    format!("{number:.1e}").parse().unwrap_or(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::commands::train::options::StrategyName;

    #[test]
    fn what_was_asked_for_is_not_advised() {
        let usual = Options::default();
        assert_eq!(advice(&usual, None), "try --lr 5e-5 instead of 5e-4");
        let high = Options {
            lr: Some(0.3),
            clip_norm: Some(50.0),
            lr_warm_up: Some(0.0),
            distillation: Some(2.0),
            ..Options::default()
        };
        assert_eq!(
            advice(&high, None),
            "try --lr 5e-4 instead of 0.3, or --clip-norm 1 instead of 50, or --lr-warm-up 0.1 \
                instead of 0, or a lower --distillation than 2"
        );

        let low = Options {
            lr: Some(1e-6),
            head_lr_ratio: Some(1e5),
            clip_norm: Some(0.1),
            lr_warm_up: Some(0.2),
            strategy: Some(StrategyName::Full),
            ..Options::default()
        };
        assert_eq!(
            advice(&low, None),
            "try --head-lr-ratio 1 instead of 100000, or --lr 1e-7 instead of 1e-6"
        );
    }

    #[test]
    fn after_a_sweep_other_values_are_advised() {
        let usual = Options::default();
        assert_eq!(
            after_sweep("lr", 9e5, &usual),
            "try lower ones, as in --sweep lr=5e-5,5e-4"
        );
        assert_eq!(
            after_sweep("lr", 3e-4, &usual),
            "try lower ones, as in --sweep lr=3e-6,3e-5"
        );

        let clipped = Options {
            clip_norm: Some(9.0),
            ..Options::default()
        };
        assert_eq!(
            after_sweep("clip-norm", 9.0, &clipped),
            "try --lr 5e-5 instead of 5e-4, or other values"
        );
    }
}
