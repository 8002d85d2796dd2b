//! `Flag`: what a reader must know before trusting a number.

/// Something a reader must know before trusting a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Flag {
    /// Both sides are the same everywhere; p is 1 by definition.
    Identical,
    /// No cluster changed: the p-value is that of the zero-change bound.
    NothingChanged,
    /// So few clusters changed that the p-value is that of the bound for so few.
    FewChanged,
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
    /// Fieller's g is at least 1: the denominator cannot be told from zero, and the ratio has no
    /// bounded interval.
    DenominatorNearZero,
    /// BCa was not computable and the percentile interval stands in.
    PercentileInsteadOfBca,
    /// More than 0.1 % of the replicates were not finite: there is no bootstrap interval.
    NonFiniteReplicates,
    /// Fewer than [`CAUTION_CLUSTERS`](crate::stats::CAUTION_CLUSTERS) clusters, with which this
    /// p-value is too small too often.
    FewClusters,
    /// Fewer than 30 segments: the normal approximation is poor.
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
            Flag::FewChanged => "few_changed",
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

    /// The same for people.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Flag::Identical => "equal everywhere",
            Flag::NothingChanged => "nothing changed",
            Flag::FewChanged => "so few changed that their number is bounded instead",
            Flag::NoErrors => "no errors",
            Flag::DegenerateVariance => "all alike, so that nothing varies",
            Flag::NoVariance => "of one alone no variance can be told",
            Flag::UndefinedRatio => "a ratio to zero",
            Flag::UnstableDenominator => "a ratio to an uncertain number",
            Flag::DenominatorNearZero => "a ratio to what may be zero",
            Flag::PercentileInsteadOfBca => "the percentile interval, as BCa has none here",
            Flag::NonFiniteReplicates => "too many resamples without a value",
            Flag::FewClusters => "too small too often with so few",
            Flag::FewSegments => "fewer than 30 segments",
            Flag::MonteCarlo => "simulated",
            Flag::NormalApproximation => "a normal approximation",
        }
    }
}
