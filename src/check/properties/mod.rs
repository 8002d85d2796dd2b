//! Properties: what a rescorer must keep to, apart from degrading little.
//!
//! Strict ones (`strict`) fail by a single exception, which is made as small as it gets; the
//! others are rates (`rate`), judged by evidence like degradation. Run before degradation is
//! measured, whose figures mean nothing below the noise found here ([`noise`]). One property a
//! file.

pub(crate) mod alternative;
pub(crate) mod batch;
pub(crate) mod choice;
pub(crate) mod determinism;
pub(crate) mod drawn;
pub(crate) mod drawn_property;
pub(crate) mod duplicate;
pub(crate) mod finite;
pub(crate) mod judgment;
pub(crate) mod moves;
pub(crate) mod no_harm;
pub mod noise;
pub(crate) mod open_drawn;
pub(crate) mod open_properties;
pub(crate) mod open_property;
pub(crate) mod open_strict;
pub(crate) mod opening;
pub(crate) mod oracle;
pub(crate) mod order;
pub mod outcome;
pub(crate) mod preference;
pub mod probe;
pub(crate) mod rate;
pub(crate) mod reduce;
pub(crate) mod run;
pub(crate) mod sample;
pub(crate) mod score_drop;
pub(crate) mod selection_harm;
pub(crate) mod shift;
pub(crate) mod strict;
pub(crate) mod surface;
pub(crate) mod swap_stability;
pub(crate) mod tally;
pub(crate) mod worst;

#[cfg(test)]
mod tests;
