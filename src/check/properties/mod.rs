//! Properties: what a rescorer must keep to, apart from degrading little.
//!
//! Strict ones ([`strict`]) fail by a single exception, which is made as small as it gets; the
//! others are rates ([`rate`]), judged by evidence like degradation. Run before degradation is
//! measured, whose figures mean nothing below the noise found here ([`noise`]). One property a file.

pub mod alternative;
pub mod batch;
pub mod choice;
pub mod determinism;
pub mod drawn;
pub mod duplicate;
pub mod finite;
pub mod no_harm;
pub mod noise;
pub mod oracle;
pub mod order;
pub mod outcome;
pub mod preference;
pub mod probe;
pub mod rate;
pub mod reduce;
pub(crate) mod run;
pub mod score_drop;
pub mod selection_harm;
pub mod shift;
pub mod strict;
pub mod surface;
pub mod swap_stability;

#[cfg(test)]
mod tests;
