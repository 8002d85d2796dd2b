//! How sure figures and verdicts are: what all of a run share.

/// Coverage of the intervals shown beside the gate; its one-sided test has half the error rate on
/// each side.
pub(crate) const GATE_CONFIDENCE: f64 = 0.90;

/// Coverage of all other intervals.
pub(crate) const CONFIDENCE: f64 = 0.95;

/// Bootstrap replicates behind every verdict.
pub(crate) const REPLICATES: usize = 10_000;

/// The one-sided level at which a gain on the clean lists is shown.
pub(crate) const GAIN_LEVEL: f64 = 0.05;
