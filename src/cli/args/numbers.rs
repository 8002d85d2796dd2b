//! Numbers as options take them.

use std::time::Duration;

use crate::rescore::LARGEST_FACTOR;

/// Seconds beyond which a limit of time is none: a clock that counts on from now must not overflow.
const MOST_SECONDS: f64 = 1e9;

pub(crate) fn finite(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value.abs() <= LARGEST_FACTOR => Ok(value),
        _ => Err(format!(
            "expected a number from -{LARGEST_FACTOR} to {LARGEST_FACTOR}"
        )),
    }
}

pub(crate) fn not_negative(text: &str) -> Result<f64, String> {
    match finite(text) {
        Ok(value) if value >= 0.0 => Ok(value),
        _ => Err(format!("expected a number from 0 to {LARGEST_FACTOR}")),
    }
}

/// A number of things, or a seed.
pub(crate) fn whole<T: TryFrom<u64>>(text: &str) -> Result<T, String> {
    let number: Option<u64> = text.parse().ok();
    number
        .and_then(|number| T::try_from(number).ok())
        .ok_or_else(|| format!("expected a whole number from 0 to {}", u64::MAX))
}

/// A limit of time, in seconds.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.0..=MOST_SECONDS).contains(&seconds) => {
            Ok(Duration::from_secs_f64(seconds))
        }
        _ => Err("expected a number of seconds, from 0 to 1e9".to_owned()),
    }
}

/// A margin that counts as noise, as typed.
pub(crate) fn noise(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(margin) if (0.0..=1e9).contains(&margin) => Ok(margin),
        _ => Err("expected a finite number, from 0 to 1e9".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_of_things_is_refused_in_plain_words() {
        assert_eq!(whole::<u64>("18446744073709551615"), Ok(u64::MAX));
        for text in ["-1", "1.5", "", "one", "18446744073709551616", "+-1"] {
            let error = whole::<usize>(text).unwrap_err();
            assert!(error.contains("whole number from 0"), "{text}: {error}");
        }
    }

    #[test]
    fn no_limit_of_time_overflows_a_clock() {
        assert_eq!(seconds("0.5"), Ok(Duration::from_millis(500)));
        let longest = seconds("1e9").unwrap();
        assert!(std::time::Instant::now().checked_add(longest).is_some());
        for text in ["-1", "nan", "inf", "1e308", "1e19", "soon"] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }
}
