//! How sure figures and verdicts are: what all of a run share.

/// Coverage of the intervals shown beside the gate; its one-sided test has half the error rate on
/// each side.
pub const GATE_CONFIDENCE: f64 = 0.90;

/// Coverage of all other intervals.
pub const CONFIDENCE: f64 = 0.95;

/// Bootstrap replicates behind every verdict.
pub const REPLICATES: usize = 10_000;
