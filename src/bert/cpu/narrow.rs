//! Settings as parameters are.

#[expect(clippy::cast_possible_truncation, reason = "parameters are f32")]
pub(super) fn narrow(number: f64) -> f32 {
    number as f32
}
