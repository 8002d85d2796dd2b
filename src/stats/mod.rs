//! Statistics of paired error counts: intervals, tests, gates and verdicts.
//!
//! Integers and floats go in, named structs come out. Nothing here has heard of words, hypotheses,
//! files or reports, nothing prints, and nothing draws from a source of randomness that was not
//! passed in as a seed: equal input gives equal bytes on any number of threads.
//!
//! Conventions: a p-value is never NaN and never below [`SMALLEST_P_VALUE`] unless its test says
//! so; two-sided tails come from `erfc`, never from `1 - cdf`; variances divide by n - 1; quantiles
//! are of type 7 (linear interpolation).

pub mod bootstrap;
pub(crate) mod bootstrap_t;
pub(crate) mod chance_share;
pub mod clustered_wer;
pub mod clusters;
pub(crate) mod concentration;
pub mod crossed;
pub mod distributions;
pub mod effect;
pub(crate) mod exact_ends;
pub mod fieller;
mod flag;
pub mod gap;
pub mod gate;
mod interval;
pub mod mapsswe;
pub mod mcnemar;
pub(crate) mod multiplicity;
pub mod paired_t;
pub(crate) mod proportions;
pub(crate) mod prospect;
pub mod random;
pub mod sequential;
pub mod sign;
pub mod signflip;
mod significance;
pub(crate) mod two_way;
pub mod verdict;
pub mod wilcoxon;
pub(crate) mod worst_twice;

#[cfg(test)]
mod reference;

pub use crate::stats::flag::Flag;
pub use crate::stats::interval::ConfidenceInterval;
pub use crate::stats::significance::Significance;

/// What an exact tail that underflows is reported as, since no test here can prove anything with
/// certainty.
pub const SMALLEST_P_VALUE: f64 = f64::MIN_POSITIVE;

/// The fewest clusters that an interval or a test may rest on: with five, an exact two-sided test
/// cannot reach 0.05.
pub const FEWEST_CLUSTERS: usize = 6;

/// The fewest clusters that a verdict may rest on: with fewer the gate passes far too often where
/// speakers differ (see [`gate::error_rates`]).
pub const FEWEST_FOR_VERDICT: usize = 12;

/// The fewest clusters in which anything must differ from what a margin allows: with four, all on
/// one side, a sign test says 0.0625, whatever tests of means say of so many zeros.
pub const FEWEST_DIFFERING: usize = 5;

/// The fewest clusters that must change for tests of means alone to tell that change is below a
/// margin: with fewer, the variance of those that were seen is no measure of how much others may
/// change. As many as must differ: with four that changed, nobody knows whether a fifth would
/// change ten times as much.
pub const FEWEST_CHANGED: usize = FEWEST_DIFFERING;

/// From so many changed clusters on, or where half of all changed, tests of means are asked alone.
/// Between both numbers the bound for few changes gives way to theirs in equal steps: were it left
/// at once, a fifth cluster harmed would turn doubt into a pass. By simulation (see the guide on
/// statistics).
pub const ENOUGH_CHANGED: usize = 13;

/// Below this many clusters a verdict carries a caution: a rare bad speaker may not have been
/// sampled.
pub const CAUTION_CLUSTERS: usize = 40;

/// Where the worst tenth of the clusters has this share of the harm or more, a verdict carries a
/// caution whatever their number: see [`error_rates`](mod@crate::stats::gate::error_rates), where
/// it has 59 % and too many runs pass.
pub const CAUTION_CONCENTRATION: f64 = 0.5;
