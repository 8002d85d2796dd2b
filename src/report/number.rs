//! How figures are written for people: percentages, intervals, probabilities.

use crate::report::record::Estimate;

/// A share as a percentage with two decimals, `-` where there is none.
pub fn percent(value: Option<f64>) -> String {
    value.map_or_else(
        || "-".to_owned(),
        |value| format!("{:.2} %", 100.0 * no_minus_zero(value)),
    )
}

/// A difference in percentage points with sign.
pub fn points(value: Option<f64>) -> String {
    value.map_or_else(
        || "-".to_owned(),
        |value| format!("{:+.2} pp", 100.0 * no_minus_zero(value)),
    )
}

/// A relative change with sign, one decimal.
pub fn change(value: Option<f64>) -> String {
    value.map_or_else(
        || "undefined".to_owned(),
        |value| format!("{:+.1} %", 100.0 * no_minus_zero(value)),
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

/// A probability with four decimals, `<1e-4` below.
pub fn probability(p: f64) -> String {
    if p < 1e-4 {
        "<1e-4".to_owned()
    } else {
        format!("{p:.4}")
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
    fn figures_are_short_and_signed() {
        assert_eq!(percent(Some(0.232_37)), "23.24 %");
        assert_eq!(percent(None), "-");
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
