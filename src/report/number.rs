//! How figures are written for people: percentages, intervals, probabilities.

use crate::check::judge::estimate::Estimate;

/// What stands where there is no figure.
pub(crate) fn dash() -> String {
    "-".to_owned()
}

/// A share as a percentage with two decimals, `-` where there is none.
pub(crate) fn percent(value: Option<f64>) -> String {
    where_there_is(value, "-", |value| format!("{} %", fixed(100.0 * value, 2)))
}

/// A difference in percentage points with sign.
pub(crate) fn points(value: Option<f64>) -> String {
    where_there_is(value, "-", |value| {
        format!("{} pp", signed(100.0 * value, 2))
    })
}

/// A relative change with sign, one decimal.
pub(crate) fn change(value: Option<f64>) -> String {
    where_there_is(value, "undefined", |value| {
        format!("{} %", signed(100.0 * value, 1))
    })
}

/// A relative change with its interval: `+3.1 % [-0.4, +6.4]`.
pub(crate) fn change_with_interval(estimate: &Estimate) -> String {
    match (estimate.value, estimate.low, estimate.high) {
        (Some(value), Some(low), Some(high)) => format!(
            "{} [{}, {}]",
            change(Some(value)),
            signed(100.0 * low, 1),
            signed(100.0 * high, 1)
        ),
        (Some(value), _, _) => format!("{} [unbounded]", change(Some(value))),
        (None, _, _) => "undefined".to_owned(),
    }
}

/// The same with more digits where fewer would hide on which side of `limit` an end is.
pub(crate) fn change_beside(estimate: &Estimate, limit: f64) -> String {
    match (estimate.value, estimate.low, estimate.high) {
        (Some(value), Some(low), Some(high)) => format!(
            "{} [{}, {}]",
            change(Some(value)),
            beside(100.0 * low, 100.0 * limit, 1),
            beside(100.0 * high, 100.0 * limit, 1)
        ),
        _ => change_with_interval(estimate),
    }
}

/// A number with a sign and so many digits, or more where these would hide on which side of `limit`
/// it is. What is nearer to it than five digits tell is at it.
pub(crate) fn beside(value: f64, limit: f64, digits: usize) -> String {
    let is_told = |text: &String| {
        let written: f64 = text.parse().unwrap_or(value);
        (written < limit) == (value < limit) && (written > limit) == (value > limit)
    };
    let mut texts = (digits..=5).map(|digits| signed(value, digits));
    texts.find(is_told).unwrap_or_else(|| signed(value, digits))
}

/// A difference in percentage points with its interval: `-1.13 pp [-2.43, +0.18]`.
pub(crate) fn points_with_interval(estimate: &Estimate) -> String {
    let points = points(estimate.value);
    match (estimate.low, estimate.high) {
        (Some(low), Some(high)) => format!(
            "{points} [{}, {}]",
            signed(100.0 * low, 2),
            signed(100.0 * high, 2)
        ),
        (_, _) => points,
    }
}

/// A share with its interval: `23.24 % [20.91, 25.57]`.
pub(crate) fn percent_with_interval(estimate: &Estimate) -> String {
    match (estimate.value, estimate.low, estimate.high) {
        (Some(value), Some(low), Some(high)) => {
            format!(
                "{} [{}, {}]",
                percent(Some(value)),
                fixed(100.0 * low, 2),
                fixed(100.0 * high, 2)
            )
        }
        (value, _, _) => percent(value),
    }
}

/// A factor with its interval: `1.09 [0.98, 1.21]`.
pub(crate) fn factor_with_interval(estimate: &Estimate) -> String {
    match (estimate.value, estimate.low, estimate.high) {
        (Some(value), Some(low), Some(high)) => format!(
            "{} [{}, {}]",
            fixed(value, 2),
            fixed(low, 2),
            fixed(high, 2)
        ),
        (Some(value), _, _) => format!("{} [unbounded]", fixed(value, 2)),
        (None, _, _) => "undefined".to_owned(),
    }
}

/// A stretch of time with two or three digits: `42 s`, `3.5 min`, `2.1 h`.
pub(crate) fn duration(seconds: f64) -> String {
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
pub(crate) fn mebibytes(bytes: u64) -> String {
    let rounded = (bytes + (1 << 19)) >> 20;
    format!(
        "{} MiB",
        whole(usize::try_from(rounded).unwrap_or(usize::MAX))
    )
}

/// A probability with four decimals, `<1e-4` below.
pub(crate) fn probability(p: f64) -> String {
    if p.is_nan() {
        "undefined".to_owned()
    } else if p < 1e-4 {
        "<1e-4".to_owned()
    } else {
        format!("{p:.4}")
    }
}

/// A level of confidence in percent, with no digit that a binary fraction adds.
pub(crate) fn level(confidence: f64) -> String {
    let percent = (1e10 * confidence).round() / 1e8;
    percent.to_string()
}

/// A count with its noun: `1 speaker`, `1,200 speakers`, `2 hypotheses`.
pub(crate) fn count(count: usize, noun: &str) -> String {
    let number = whole(count);
    match noun.strip_suffix("is") {
        _ if count == 1 => format!("{number} {noun}"),
        Some(stem) => format!("{number} {stem}es"),
        None => format!("{number} {noun}s"),
    }
}

/// A number with four significant digits.
pub(crate) fn short(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }

    if !value.is_finite() {
        return value.to_string();
    }

    let magnitude = value.abs().log10().floor();
    if (-4.0..6.0).contains(&magnitude) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and 7"
        )]
        let digits = (3.0 - magnitude).clamp(0.0, 7.0) as usize;
        let text = format!("{value:.digits$}");
        if text.contains('.') {
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        } else {
            text
        }
    } else {
        format!("{value:.1e}")
    }
}

/// A whole number with commas between thousands.
pub(crate) fn whole(count: usize) -> String {
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

/// A number with a sign; of zero, and of what is rounded to it, `+`.
pub(crate) fn signed(value: f64, digits: usize) -> String {
    let text = format!("{value:+.digits$}");
    if is_zero(&text) {
        text.replacen('-', "+", 1)
    } else {
        text
    }
}

/// A number that is only signed if it is below zero, not if it is rounded to it.
pub(crate) fn fixed(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    if is_zero(&text) {
        text.replacen('-', "", 1)
    } else {
        text
    }
}

fn is_zero(written: &str) -> bool {
    written.trim_matches(['+', '-', '0', '.']).is_empty()
}

/// A number with its last digit rounded up.
pub(crate) struct Rounded {
    value: f64,
    digits: usize,
}

impl Rounded {
    /// The same with the other sign: rounded down.
    pub(crate) fn negated(self) -> Rounded {
        Rounded {
            value: -self.value,
            ..self
        }
    }
}

impl std::fmt::Display for Rounded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&fixed(self.value, self.digits))
    }
}

/// A bound on the safe side: a margin that is printed as one that passes does.
pub(crate) fn rounded_up(value: f64, digits: usize) -> Rounded {
    let scale = 10_f64.powi(i32::try_from(digits).unwrap_or(0));
    // What a search left above a round number is no more than it.
    let scaled = (value * scale - 1e-6).ceil();
    Rounded {
        value: scaled / scale,
        digits,
    }
}

/// The same with more digits where fewer would put it at one of the `marks`. What is nearer to one
/// than five digits tell is at it.
pub(crate) fn rounded_up_beside(value: f64, marks: [f64; 2], digits: usize) -> Rounded {
    let is_told = |rounded: &Rounded| {
        let mut marks = marks.iter();
        marks.all(|mark| (value - mark).abs() < 1e-6 || (rounded.value - mark).abs() > 1e-9)
    };
    let mut bounds = (digits..=5).map(|digits| rounded_up(value, digits));
    bounds
        .find(is_told)
        .unwrap_or_else(|| rounded_up(value, digits))
}

/// What `show` makes of a number that is there, and else `nothing`.
fn where_there_is(value: Option<f64>, nothing: &str, show: impl FnOnce(f64) -> String) -> String {
    value.map_or_else(|| nothing.to_owned(), |value| defined(value, show))
}

/// What `show` makes of a number that is one, and else `undefined`.
pub(crate) fn defined(value: f64, show: impl FnOnce(f64) -> String) -> String {
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
    fn numbers_are_short() {
        for (value, expected) in [
            (0.0, "0"),
            (1.234_56, "1.235"),
            (123_456.0, "123456"),
            (0.000_123_456, "0.0001235"),
            (1.2e-9, "1.2e-9"),
            (-2.5, "-2.5"),
            (f64::INFINITY, "inf"),
        ] {
            assert_eq!(short(value), expected);
        }
    }

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
    fn one_of_something_is_not_plural() {
        assert_eq!(count(1, "utterance"), "1 utterance");
        assert_eq!(count(1_200, "speaker"), "1,200 speakers");
        assert_eq!(count(2, "hypothesis"), "2 hypotheses");
    }

    #[test]
    fn bounds_are_rounded_to_the_safe_side() {
        assert_eq!(rounded_up(4.01, 1).to_string(), "4.1");
        assert_eq!(rounded_up(-4.01, 1).negated().to_string(), "4.0");
        assert_eq!(rounded_up(-0.04, 1).to_string(), "0.0");
        assert_eq!(rounded_up(1e-11, 1).to_string(), "0.0");
        assert_eq!(rounded_up(0.0, 2).negated().to_string(), "0.00");
    }

    #[test]
    fn a_bound_near_a_mark_has_the_digits_that_part_them() {
        let bound = |value| rounded_up_beside(value, [0.0, 5.0], 1).to_string();
        assert_eq!(bound(4.01), "4.1");
        assert_eq!(bound(4.96), "4.96");
        assert_eq!(bound(4.996), "4.996");
        assert_eq!(bound(5.0), "5.0");
        assert_eq!(bound(4.999_999_9), "5.0");
        assert_eq!(bound(5.01), "5.1");
        assert_eq!(bound(-0.04), "-0.04");
        assert_eq!(bound(0.0), "0.0");

        // What is at least so much is rounded down.
        let least = |value: f64| {
            rounded_up_beside(-value, [0.0, -5.0], 1)
                .negated()
                .to_string()
        };
        assert_eq!(least(5.04), "5.04");
        assert_eq!(least(5.27), "5.2");
        assert_eq!(least(0.041), "0.04");
    }

    #[test]
    fn an_end_near_a_limit_is_written_on_its_side() {
        for (value, limit, expected) in [
            (-0.017, 0.0, "-0.02"),
            (0.017, 0.0, "+0.02"),
            (0.0, 0.0, "+0.0"),
            (-1e-9, 0.0, "+0.0"),
            (5.04, 5.0, "+5.04"),
            (4.96, 5.0, "+4.96"),
            (5.2, 5.0, "+5.2"),
            (-0.3, 0.0, "-0.3"),
        ] {
            assert_eq!(beside(value, limit, 1), expected, "{value} {limit}");
        }
    }

    #[test]
    fn a_level_has_the_digits_that_tell_it() {
        for (alpha, written) in [
            (0.05, "95"),
            (0.1, "90"),
            (0.9, "10"),
            (0.001, "99.9"),
            (0.000_001, "99.9999"),
        ] {
            assert_eq!(level(1.0 - alpha), written);
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
        assert_eq!(change(Some(-0.000_4)), "+0.0 %");
        assert_eq!(percent(Some(-0.000_04)), "0.00 %");
        assert_eq!(signed(-1.5, 1), "-1.5");
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
