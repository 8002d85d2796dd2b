//! What settings of a run may be: each refusal names its field and says what would do.

use crate::train::TrainError;

/// Refuses 0.
pub(super) fn at_least_one(field: &str, value: usize) -> Result<(), TrainError> {
    match value {
        0 => Err(TrainError::setting(field, value, "it must be at least 1")),
        _ => Ok(()),
    }
}

/// Refuses what is not above 0, or has no end.
pub(super) fn positive(field: &str, value: f64) -> Result<(), TrainError> {
    check(
        value.is_finite() && value > 0.0,
        (field, value),
        "it must be a positive number",
    )
}

/// Refuses what is below 0, or has no end.
pub(super) fn not_negative(field: &str, value: f64) -> Result<(), TrainError> {
    check(
        value.is_finite() && value >= 0.0,
        (field, value),
        "it must be a finite number, 0 or more",
    )
}

/// Refuses what is no share of a whole, or all of it.
pub(super) fn below_one(field: &str, value: f64) -> Result<(), TrainError> {
    check(
        (0.0..1.0).contains(&value),
        (field, value),
        "it must be at least 0 and below 1",
    )
}

/// Refuses a value that does not fit.
pub(super) fn check(
    fits: bool,
    (field, value): (&str, f64),
    advice: &str,
) -> Result<(), TrainError> {
    if fits {
        Ok(())
    } else {
        Err(TrainError::setting(field, value, advice))
    }
}
