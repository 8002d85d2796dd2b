//! Margins and bounds in words: rounded to the safe side, so that a margin that is printed as one
//! that passes does.

use crate::check::judge::estimate::Estimate;
use crate::check::judge::verdict::{Limit, MarginTest};
use crate::report::number::{self, rounded_up, signed};

pub(crate) fn margin(limit: Limit) -> String {
    match limit {
        Limit::Relative(value) => format!("{} %", plain(100.0 * value)),
        Limit::Absolute(value) => format!("{} points of word error rate", plain(100.0 * value)),
        Limit::Gain(_) => "0".to_owned(),
    }
}

pub(crate) fn measured(test: &MarginTest) -> String {
    match test.limit {
        Limit::Relative(_) => {
            let estimate = Estimate::from(&test.measured);
            format!(
                "{} of the clean errors ({})",
                number::change(estimate.value),
                interval(&estimate, 1.0, 1)
            )
        }
        Limit::Absolute(_) | Limit::Gain(_) => points_with_interval(test, 1.0),
    }
}

/// Points of word error rate with their interval, turned around if `sign` is -1.
pub(crate) fn points_with_interval(test: &MarginTest, sign: f64) -> String {
    let estimate = Estimate::from(&test.measured);
    let value = estimate.value.map_or_else(
        || "an unknown number of".to_owned(),
        |value| signed(100.0 * sign * value, 2),
    );

    format!(
        "{value} points of word error rate ({})",
        interval(&estimate, sign, 2)
    )
}

fn interval(estimate: &Estimate, sign: f64, digits: usize) -> String {
    interval_of("", estimate, sign, digits)
}

/// The interval, of what if that must be said.
pub(crate) fn interval_of(what: &str, estimate: &Estimate, sign: f64, digits: usize) -> String {
    let confidence = plain(100.0 * estimate.confidence);
    let of = if what.is_empty() {
        String::new()
    } else {
        format!(" of {what}")
    };

    match (estimate.low, estimate.high) {
        (Some(low), Some(high)) => {
            let (a, b) = (100.0 * sign * low, 100.0 * sign * high);
            format!(
                "{confidence} % interval{of} {} to {}",
                signed(a.min(b), digits),
                signed(a.max(b), digits)
            )
        }
        _ => format!("{confidence} % interval{of} unbounded"),
    }
}

/// Beside an interval, which is of one gate, without a correction.
pub(crate) const CORRECTED: &str = " (unlike the interval, with all corrections)";

/// What is said where the evidence shows nothing in favour of the rescorer.
pub(crate) const NO_BOUND: &str = ", and no bound can be shown";

pub(crate) fn at_least(test: &MarginTest) -> String {
    match test.at_best {
        None => NO_BOUND.to_owned(),
        Some(_) => format!(", shown to be at least {}", at_best(test)),
    }
}

/// What is shown in favour of the rescorer, rounded against it.
pub(crate) fn at_best(test: &MarginTest) -> String {
    let nothing = || "anything".to_owned();

    match (test.limit, test.at_best) {
        (_, None) => nothing(),
        (Limit::Relative(_), Some(bound)) => format!("{} %", rounded_up(100.0 * bound, 1)),
        (Limit::Absolute(_), Some(bound)) => {
            format!("{} points", rounded_up(100.0 * bound, 2))
        }
        (Limit::Gain(_), Some(bound)) => {
            format!("{} points", rounded_up(-100.0 * bound, 2).negated())
        }
    }
}

/// What is shown against the rescorer, rounded in its favour.
pub(crate) fn at_worst(test: &MarginTest) -> String {
    match (test.limit, test.at_worst) {
        (_, None) => "nothing".to_owned(),
        (Limit::Relative(_), Some(bound)) => {
            format!("{} %", rounded_up(-100.0 * bound, 1).negated())
        }
        (Limit::Absolute(_), Some(bound)) => {
            format!("{} points", rounded_up(-100.0 * bound, 2).negated())
        }
        // So many errors more than the first pass.
        (Limit::Gain(_), Some(bound)) => {
            format!("{} points", rounded_up(100.0 * bound, 2).negated())
        }
    }
}

/// At most two decimals, none that say nothing.
pub(crate) fn plain(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

pub(crate) fn listed(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<String>>().join(" and ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_as_short_as_they_can_be() {
        assert_eq!(plain(5.0), "5");
        assert_eq!(plain(0.5), "0.5");
    }
}
