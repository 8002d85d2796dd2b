//! Margins and bounds in words: rounded to the safe side, so that a margin that is printed as one
//! that passes does.

use crate::check::judge::estimate::Estimate;
use crate::check::judge::verdict::{Limit, MarginTest};
use crate::report::number::{self, beside, rounded_up_beside, signed};

pub(crate) fn margin(limit: Limit) -> String {
    match limit {
        Limit::Relative(value) => format!("{} %", plain(100.0 * value)),
        Limit::Absolute(value) => match plain(100.0 * value).as_str() {
            "1" => "1 point of word error rate".to_owned(),
            points => format!("{points} points of word error rate"),
        },
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
                interval(&estimate, 1.0, 1, test.limit)
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
        interval(&estimate, sign, 2, test.limit)
    )
}

fn interval(estimate: &Estimate, sign: f64, digits: usize, limit: Limit) -> String {
    interval_of("", estimate, sign, digits, limit)
}

/// The interval, of what if that must be said; of its ends it is told on which side of the limit
/// they are.
pub(crate) fn interval_of(
    what: &str,
    estimate: &Estimate,
    sign: f64,
    digits: usize,
    limit: Limit,
) -> String {
    let confidence = plain(100.0 * estimate.confidence);
    let of = if what.is_empty() {
        String::new()
    } else {
        format!(" of {what}")
    };
    let margin = match limit {
        Limit::Relative(margin) | Limit::Absolute(margin) => 100.0 * sign * margin,
        Limit::Gain(_) => 0.0,
    };

    match (estimate.low, estimate.high) {
        (Some(low), Some(high)) => {
            let (a, b) = (100.0 * sign * low, 100.0 * sign * high);
            format!(
                "{confidence} % interval{of} {} to {}",
                beside(a.min(b), margin, digits),
                beside(a.max(b), margin, digits)
            )
        }
        _ => format!("{confidence} % interval{of} unbounded"),
    }
}

/// Beside an interval, which is of one gate, without a correction.
const CORRECTED: &str = " (unlike the interval, with all corrections)";

/// What is said where the evidence shows nothing, as the next part of a sentence.
pub(crate) const NO_BOUND: &str = ", and no bound can be shown";

/// The least that is shown in favour of the rescorer, as the next part of a sentence.
pub(crate) fn at_least(test: &MarginTest) -> String {
    shown(at_best(test), "")
}

/// The same of a gate that passes.
pub(crate) fn at_least_corrected(test: &MarginTest) -> String {
    shown(at_best(test), CORRECTED)
}

/// The least that is shown against the rescorer, of a gate that fails.
pub(crate) fn at_worst_corrected(test: &MarginTest) -> String {
    shown(at_worst(test), CORRECTED)
}

fn shown(bound: Option<String>, beside: &str) -> String {
    match bound {
        None => NO_BOUND.to_owned(),
        Some(bound) => format!(", shown to be at least {bound}{beside}"),
    }
}

/// What is shown in favour of the rescorer, rounded against it.
pub(crate) fn at_best(test: &MarginTest) -> Option<String> {
    let bound = 100.0 * test.at_best?;
    Some(match test.limit {
        Limit::Relative(_) | Limit::Absolute(_) => at_most(bound, test.limit),
        Limit::Gain(_) => no_less(bound, test.limit),
    })
}

/// What is shown against the rescorer, rounded in its favour.
pub(crate) fn at_worst(test: &MarginTest) -> Option<String> {
    let bound = 100.0 * test.at_worst?;
    Some(match test.limit {
        Limit::Relative(_) | Limit::Absolute(_) => no_less(bound, test.limit),
        // So many errors more than the first pass.
        Limit::Gain(_) => no_less(-bound, test.limit),
    })
}

/// The least that is shown to be repaired, rounded against the rescorer.
pub(crate) fn shown_repair(test: &MarginTest) -> Option<String> {
    Some(no_less(-100.0 * test.at_best?, test.limit))
}

/// A bound from above, with the digits that tell it from nothing and from the margin.
fn at_most(bound: f64, limit: Limit) -> String {
    let (margin, digits, unit) = scale(limit);
    format!("{} {unit}", rounded_up_beside(bound, [0.0, margin], digits))
}

/// The same from below.
fn no_less(bound: f64, limit: Limit) -> String {
    let (margin, digits, unit) = scale(limit);
    let bound = rounded_up_beside(-bound, [0.0, -margin], digits).negated();
    format!("{bound} {unit}")
}

/// The margin in hundredths, and the digits and the unit that bounds beside it have.
fn scale(limit: Limit) -> (f64, usize, &'static str) {
    match limit {
        Limit::Relative(margin) => (100.0 * margin, 1, "%"),
        Limit::Absolute(margin) => (100.0 * margin, 2, "points"),
        Limit::Gain(_) => (0.0, 2, "points"),
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

    #[test]
    fn one_point_is_not_plural() {
        let said = |points: f64| margin(Limit::Absolute(0.01 * points));
        assert_eq!(said(1.0), "1 point of word error rate");
        assert_eq!(said(0.5), "0.5 points of word error rate");
    }
}
