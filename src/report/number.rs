//! How figures are written for people: percentages, intervals, probabilities.

use crate::report::record::{Estimate, NbestRecord};

/// A share as a percentage with two decimals, `-` where there is none.
pub fn percent(value: Option<f64>) -> String {
    value.map_or_else(
        || "-".to_owned(),
        |value| {
            defined(value, |value| {
                format!("{:.2} %", 100.0 * no_minus_zero(value))
            })
        },
    )
}

/// A difference in percentage points with sign.
pub fn points(value: Option<f64>) -> String {
    value.map_or_else(
        || "-".to_owned(),
        |value| {
            defined(value, |value| {
                format!("{:+.2} pp", 100.0 * no_minus_zero(value))
            })
        },
    )
}

/// A relative change with sign, one decimal.
pub fn change(value: Option<f64>) -> String {
    value.map_or_else(
        || "undefined".to_owned(),
        |value| {
            defined(value, |value| {
                format!("{:+.1} %", 100.0 * no_minus_zero(value))
            })
        },
    )
}

/// A relative change with its interval: `+3.1 % [-0.4, +6.4]`.
pub fn change_with_interval(estimate: &Estimate) -> String {
    match (estimate.value, estimate.low, estimate.high) {
        (Some(value), Some(low), Some(high)) => format!(
            "{} [{:+.1}, {:+.1}]",
            change(Some(value)),
            100.0 * no_minus_zero(low),
            100.0 * no_minus_zero(high)
        ),
        (Some(value), _, _) => format!("{} [unbounded]", change(Some(value))),
        (None, _, _) => "undefined".to_owned(),
    }
}

/// A difference in percentage points with its interval: `-1.13 pp [-2.43, +0.18]`.
pub fn points_with_interval(estimate: &Estimate) -> String {
    let points = points(estimate.value);
    match (estimate.low, estimate.high) {
        (Some(low), Some(high)) => format!(
            "{points} [{:+.2}, {:+.2}]",
            100.0 * no_minus_zero(low),
            100.0 * no_minus_zero(high)
        ),
        (_, _) => points,
    }
}

/// A share with its interval: `23.24 % [20.91, 25.57]`.
pub fn percent_with_interval(estimate: &Estimate) -> String {
    match (estimate.value, estimate.low, estimate.high) {
        (Some(value), Some(low), Some(high)) => {
            format!(
                "{} [{:.2}, {:.2}]",
                percent(Some(value)),
                100.0 * low,
                100.0 * high
            )
        }
        (value, _, _) => percent(value),
    }
}

/// A factor with its interval: `1.09 [0.98, 1.21]`.
pub fn factor_with_interval(estimate: &Estimate) -> String {
    match (estimate.value, estimate.low, estimate.high) {
        (Some(value), Some(low), Some(high)) => format!("{value:.2} [{low:.2}, {high:.2}]"),
        (Some(value), _, _) => format!("{value:.2} [unbounded]"),
        (None, _, _) => "undefined".to_owned(),
    }
}

/// A stretch of time with two or three digits: `42 s`, `3.5 min`, `2.1 h`.
pub fn duration(seconds: f64) -> String {
    if seconds < 10.0 {
        format!("{seconds:.1} s")
    } else if seconds < 99.5 {
        format!("{seconds:.0} s")
    } else if seconds < 5_970.0 {
        format!("{:.1} min", seconds / 60.0)
    } else {
        format!("{:.1} h", seconds / 3_600.0)
    }
}

/// An amount of memory in whole mebibytes: `312 MiB`.
pub fn mebibytes(bytes: u64) -> String {
    let rounded = (bytes + (1 << 19)) >> 20;
    format!(
        "{} MiB",
        whole(usize::try_from(rounded).unwrap_or(usize::MAX))
    )
}

/// A probability with four decimals, `<1e-4` below.
pub fn probability(p: f64) -> String {
    if p.is_nan() {
        "undefined".to_owned()
    } else if p < 1e-4 {
        "<1e-4".to_owned()
    } else {
        format!("{p:.4}")
    }
}

/// A count with its noun: `1 speaker`, `1,200 speakers`.
pub fn count(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", whole(count))
}

/// The independent observations, and the voices behind them where they are known: `60 speakers (12 voices)`.
pub(crate) fn observations(nbest: &NbestRecord) -> String {
    let observations = format!("{} {}s", whole(nbest.clusters), nbest.cluster);
    match nbest.voices {
        Some(voices) => format!("{observations} ({})", count(voices, "voice")),
        None => observations,
    }
}

/// A whole number with commas between thousands.
pub fn whole(count: usize) -> String {
    let digits = count.to_string();
    let mut written = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            written.push(',');
        }
        written.push(digit);
    }

    written
}

/// Rounds away the sign of a zero, which would print as `-0.0`.
fn no_minus_zero(value: f64) -> f64 {
    if value.abs() < 5e-6 { 0.0 } else { value }
}

/// What `show` makes of a number that is one, and else `undefined`.
pub fn defined(value: f64, show: impl FnOnce(f64) -> String) -> String {
    if value.is_nan() {
        "undefined".to_owned()
    } else {
        show(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_separated() {
        for (count, written) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(whole(count), written);
        }
    }

    #[test]
    fn durations_and_memory_have_few_digits() {
        for (seconds, written) in [
            (0.04, "0.0 s"),
            (9.94, "9.9 s"),
            (42.4, "42 s"),
            (210.0, "3.5 min"),
            (7_560.0, "2.1 h"),
        ] {
            assert_eq!(duration(seconds), written);
        }

        assert_eq!(mebibytes(3 << 19), "2 MiB");
        assert_eq!(mebibytes(1_234 << 20), "1,234 MiB");
    }

    #[test]
    fn figures_are_short_and_signed() {
        assert_eq!(percent(Some(0.232_37)), "23.24 %");
        assert_eq!(percent(None), "-");
        assert_eq!(percent(Some(f64::NAN)), "undefined");
        assert_eq!(points(Some(f64::NAN)), "undefined");
        assert_eq!(change(Some(f64::NAN)), "undefined");
        assert_eq!(probability(f64::NAN), "undefined");
        assert_eq!(change(Some(-1e-9)), "+0.0 %");
        assert_eq!(points(Some(-0.0123)), "-1.23 pp");
        assert_eq!(probability(3e-7), "<1e-4");

        let estimate = |low, high| Estimate {
            value: Some(0.031),
            low,
            high,
            confidence: 0.9,
        };
        let bounded = estimate(Some(-0.004), Some(0.064));
        assert_eq!(change_with_interval(&bounded), "+3.1 % [-0.4, +6.4]");
        assert_eq!(
            change_with_interval(&estimate(None, None)),
            "+3.1 % [unbounded]"
        );
    }
}
