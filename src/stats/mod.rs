//! Statistics of paired error counts: intervals, tests, gates and verdicts.
//!
//! Integers and floats go in, named structs come out. Nothing here has heard of words, hypotheses, files or reports, nothing prints, and
//! nothing draws from a source of randomness that was not passed in as a seed: equal input gives equal bytes on any number of threads.
//!
//! Conventions: a p-value is never NaN and never below [`SMALLEST_P_VALUE`] unless its test says so; two-sided tails come from `erfc`,
//! never from `1 - cdf`; variances divide by n - 1; quantiles are of type 7 (linear interpolation).

pub mod bootstrap;
pub mod bootstrap_t;
pub mod clusters;
pub mod concentration;
pub mod crossed;
pub mod distributions;
pub mod effect;
pub mod fieller;
pub mod gap;
pub mod gate;
pub mod mapsswe;
pub mod mcnemar;
pub mod multiplicity;
pub mod paired_t;
pub mod proportions;
pub mod prospect;
pub mod random;
pub mod sequential;
pub mod sign;
pub mod signflip;
pub mod two_way;
pub mod verdict;
pub mod wilcoxon;
pub mod worst_twice;

#[cfg(test)]
mod reference;

/// What an exact tail that underflows is reported as, since no test here can prove anything with certainty.
pub const SMALLEST_P_VALUE: f64 = f64::MIN_POSITIVE;

/// The fewest clusters that an interval or a test may rest on: with five, an exact two-sided test cannot reach 0.05.
pub const FEWEST_CLUSTERS: usize = 6;

/// The fewest clusters that a verdict may rest on: with fewer the gate passes far too often where speakers differ
/// (see [`gate::error_rates`]).
pub const FEWEST_FOR_VERDICT: usize = 12;

/// Below this many clusters a verdict carries a caution: a rare bad speaker may not have been sampled.
pub const CAUTION_CLUSTERS: usize = 40;

/// Where the worst tenth of the clusters has this share of the harm or more, a verdict carries a caution whatever their
/// number: see [`error_rates`](mod@crate::stats::gate::error_rates), where it has 59 % and too many runs pass.
pub const CAUTION_CONCENTRATION: f64 = 0.5;

/// A range that covers the true value in `confidence` of all repetitions of the experiment.
///
/// Ends may be infinite where the data do not bound them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ConfidenceInterval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// The two-sided coverage aimed at, between 0 and 1.
    pub confidence: f64,
}

impl ConfidenceInterval {
    /// The interval that says nothing.
    pub fn unbounded(confidence: f64) -> ConfidenceInterval {
        ConfidenceInterval {
            low: f64::NEG_INFINITY,
            high: f64::INFINITY,
            confidence,
        }
    }

    /// `center` plus and minus `radius`.
    pub fn around(center: f64, radius: f64, confidence: f64) -> ConfidenceInterval {
        ConfidenceInterval {
            low: center - radius,
            high: center + radius,
            confidence,
        }
    }

    /// Whether `value` lies in the interval, ends included.
    pub fn contains(&self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }

    /// The interval moved by `offset`.
    #[must_use]
    pub fn shifted(&self, offset: f64) -> ConfidenceInterval {
        ConfidenceInterval {
            low: self.low + offset,
            high: self.high + offset,
            confidence: self.confidence,
        }
    }
}

/// The outcome of a two-sided test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Significance {
    /// The test statistic; its sign says which side had more.
    pub statistic: f64,
    /// The probability of a statistic at least as far from its expectation if there were no difference.
    pub p_value: f64,
    /// How many pairs, clusters or segments the test rests on.
    pub pairs: usize,
}

/// Something a reader must know before trusting a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Flag {
    /// Both sides are the same everywhere; p is 1 by definition.
    Identical,
    /// No cluster changed: the p-value is that of the zero-change bound.
    NothingChanged,
    /// There are no errors (or no discordant pairs) to test.
    NoErrors,
    /// All differences are equal and not zero; a t or z statistic is infinite or replaced.
    DegenerateVariance,
    /// Fewer than two clusters: no variance can be estimated.
    NoVariance,
    /// The denominator of a ratio sums to zero.
    UndefinedRatio,
    /// Fieller's g exceeds 0.2: the delta interval of the ratio is unreliable.
    UnstableDenominator,
    /// Fieller's g is at least 1: the denominator cannot be told from zero, and the ratio has no bounded interval.
    DenominatorNearZero,
    /// BCa was not computable and the percentile interval stands in.
    PercentileInsteadOfBca,
    /// More than 0.1 % of the replicates were not finite: there is no bootstrap interval.
    NonFiniteReplicates,
    /// Fewer than [`CAUTION_CLUSTERS`] clusters, with which this p-value is too small too often.
    FewClusters,
    /// Fewer than 30 segments: the normal approximation is poor, see the t p-value.
    FewSegments,
    /// The exact distribution was too large; the p-value was estimated by simulation.
    MonteCarlo,
    /// Too many values for the exact distribution; the p-value is a normal approximation.
    NormalApproximation,
}

impl Flag {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Flag::Identical => "identical",
            Flag::NothingChanged => "nothing_changed",
            Flag::NoErrors => "no_errors",
            Flag::DegenerateVariance => "degenerate_variance",
            Flag::NoVariance => "no_variance",
            Flag::UndefinedRatio => "undefined_ratio",
            Flag::UnstableDenominator => "unstable_denominator",
            Flag::DenominatorNearZero => "denominator_near_zero",
            Flag::PercentileInsteadOfBca => "percentile_instead_of_bca",
            Flag::NonFiniteReplicates => "non_finite_replicates",
            Flag::FewClusters => "few_clusters",
            Flag::FewSegments => "few_segments",
            Flag::MonteCarlo => "monte_carlo",
            Flag::NormalApproximation => "normal_approximation",
        }
    }
}
