//! Numbers as options take them.

use crate::rescore::LARGEST_FACTOR;

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

/// A margin that counts as noise, as typed.
pub(crate) fn noise(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(margin) if (0.0..=1e9).contains(&margin) => Ok(margin),
        _ => Err("expected a finite number, from 0 to 1e9".to_owned()),
    }
}
