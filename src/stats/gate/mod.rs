//! The non-inferiority gate: is degradation below a margin, or above it?
//!
//! A cluster's excess v says by how many errors it exceeds what the margin allows. The gate passes if the mean excess is clearly below
//! zero by *all* of a t test, a bootstrap-t test and a t test that counts the worst cluster twice (with skewed errors and few speakers
//! each alone passes too often), and fails if it is clearly above by the t test. Dual to Fieller's interval, but needs no division: it
//! also works without a single clean error.
//! Not here: corrections for several gates (`multiplicity`) and the verdict (`verdict`).
//!
//! # How often it is wrong
//!
//! At a nominal 5 %, with the truth exactly at the margin, it passes in at most 6.8 % of simulated test sets of 20 clusters or more where
//! clusters differ in their damage not at all, exponentially or like a squared normal number, and in far more where one in ten has it all:
//! see [`error_rates`]. The t test alone passes in up to 13.4 %, at the price of power that the guide on statistics tells.
//! No test sees clusters that were not sampled: below 40, verdicts carry a caution with these rates.
//!
//! # Where nothing changed
//!
//! Without a single change no test of means applies: zero variance is not certainty. Of n clusters of which none changed, up to
//! 1 - alpha^(1/n) of all clusters may (the exact binomial bound, the "rule of three"; Hanley and Lippman-Hand, JAMA 1983), and one that
//! does is taken to make twice as many errors as before; where there are no errors to double, every word. Their product is the upper
//! bound on degradation that must be below the margin: at 5 % relative that takes 59 clusters, at 10 % 29. That errors double is our
//! choice of the most that is plausible.

pub mod error_rates;
mod together;

pub use crate::stats::gate::together::{JointGate, adjusted, joint, level_beside, levels_beside};

use crate::stats::bootstrap::Resampling;
use crate::stats::bootstrap_t::BootstrapT;
use crate::stats::clusters::{Cluster, signed, total};
use crate::stats::distributions::{moments, t_cdf, t_ppf, t_sf};
use crate::stats::fieller::FiellerCurve;
use crate::stats::proportions::zero_events_upper;
use crate::stats::{Flag, SMALLEST_P_VALUE, worst_twice};

/// Relative to the largest term of an excess, a spread below this is rounding.
const ROUNDING: f64 = 1e-12;

/// How much degradation is acceptable.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Margin {
    /// As a fraction of the clean errors: 0.1 allows 10 % more. v = Y - (1 + margin) X.
    Relative(f64),
    /// In word error rate: 0.005 allows half a percentage point more. v = Y - X - margin N.
    Absolute(f64),
}

impl Margin {
    /// The number inside.
    pub fn value(self) -> f64 {
        match self {
            Margin::Relative(margin) | Margin::Absolute(margin) => margin,
        }
    }

    /// What the margin limits over what it is relative to.
    fn pair(self, cluster: &Cluster) -> [i64; 2] {
        match self {
            Margin::Relative(_) => [signed(cluster.errors_b), signed(cluster.errors_a)],
            Margin::Absolute(_) => [cluster.extra_errors(), signed(cluster.reference_words)],
        }
    }

    /// The limit on the ratio of the pair.
    fn limit(self) -> f64 {
        self.offset() + self.value()
    }

    /// What the ratio of the pair is without degradation.
    fn offset(self) -> f64 {
        match self {
            Margin::Relative(_) => 1.0,
            Margin::Absolute(_) => 0.0,
        }
    }
}

/// The outcome of one gate, before any correction for several.
#[derive(Clone, Debug, PartialEq)]
pub struct Gate {
    /// How many clusters.
    pub clusters: usize,
    /// Mean excess errors per cluster; negative is good.
    pub mean_excess: f64,
    /// Mean excess in standard errors; infinite without variance, 0 if all excess is zero.
    pub t: f64,
    /// Degrees of freedom of `t`.
    pub df: usize,
    /// Small if degradation is clearly below the margin, by the t test.
    pub p_pass_t: f64,
    /// The same by bootstrap-t.
    pub p_pass_bootstrap: f64,
    /// The same by the t test with the worst cluster counted twice.
    pub p_pass_worst_twice: f64,
    /// Small if degradation is clearly above the margin, by the t test.
    pub p_fail: f64,
    /// The same by bootstrap-t, for the record: no verdict uses it.
    pub p_fail_bootstrap: f64,
    /// The smallest margin that would pass the t test at the level asked for: its upper bound on degradation. `None` if none would.
    pub smallest_margin_t: Option<f64>,
    /// The smallest margin that would pass all tests. `None` if none would.
    pub smallest_margin: Option<f64>,
    /// Replicates that bootstrap-t could use.
    pub replicates_used: usize,
    /// Replicates without variance, left out.
    pub replicates_dropped: usize,
    /// What to know before trusting the p-values.
    pub flags: Vec<Flag>,
}

impl Gate {
    /// The p-value that all tests must bring under the level: the largest one.
    pub fn p_pass(&self) -> f64 {
        self.p_pass_t
            .max(self.p_pass_bootstrap)
            .max(self.p_pass_worst_twice)
    }
}

/// The level that each of the tests of passing must bring its p-value under.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Levels {
    /// Of the t test.
    pub t: f64,
    /// Of bootstrap-t.
    pub bootstrap: f64,
    /// Of the t test that counts the worst cluster twice.
    pub worst_twice: f64,
}

impl Levels {
    /// The same for all of them.
    pub fn all(alpha: f64) -> Levels {
        Levels {
            t: alpha,
            bootstrap: alpha,
            worst_twice: alpha,
        }
    }

    /// That of the test which has most to show.
    pub fn smallest(self) -> f64 {
        self.t.min(self.bootstrap).min(self.worst_twice)
    }
}

/// The claim that y is below `limit` times x, over clusters: ready to be tested, and bounded at any level.
#[derive(Clone, Debug)]
pub struct Excess {
    pairs: Vec<[i64; 2]>,
    limit: f64,
    bootstrap: BootstrapT,
    /// Where y is 0 in every cluster: the most that y / x plausibly is in one that changes.
    harm: Option<f64>,
}

impl Excess {
    /// `pairs[g]` are y and x of cluster g, whose squares must sum to less than 2^63.
    pub fn new(pairs: Vec<[i64; 2]>, limit: f64, resampling: &Resampling) -> Excess {
        Excess {
            bootstrap: BootstrapT::new(&pairs, resampling),
            pairs,
            limit,
            harm: None,
        }
    }

    /// Where y is 0 in every cluster, the zero-change bound (see the module) is taken instead of tests, `harm` being
    /// the most that y / x plausibly is in a cluster that changes.
    #[must_use]
    pub fn with_harm(mut self, harm: f64) -> Excess {
        let changed = self.pairs.iter().any(|pair| pair[0] != 0);
        let countable = harm > 0.0 && self.pairs.iter().any(|pair| pair[1] != 0);
        self.harm = (!changed && countable).then_some(harm);
        self
    }

    /// How many clusters without a change would pass at `alpha`; `None` where some changed, or none would do.
    pub fn unchanged_needed(&self, alpha: f64) -> Option<u64> {
        let spared = (1.0 - self.limit / self.harm?).max(0.0);
        let needed = (alpha.ln() / spared.ln()).ceil();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a positive whole number below a million"
        )]
        (1.0..1e6).contains(&needed).then_some(needed as u64)
    }

    /// By how much each cluster exceeds what the limit allows.
    pub fn values(&self) -> Vec<f64> {
        self.pairs
            .iter()
            .map(|&[y, x]| y as f64 - self.limit * x as f64)
            .collect()
    }

    /// The tests at the limit; the smallest margins stay unknown.
    ///
    /// Without variance (all excesses equal) all p-values are the exact sign-flip ones, 2^-clusters; with fewer than two clusters they
    /// are 1.
    pub fn test(&self) -> Gate {
        let excesses = self.values();
        let spread = moments(&excesses);
        let count = excesses.len() as f64;

        let mut gate = Gate {
            clusters: excesses.len(),
            mean_excess: spread.mean,
            t: 0.0,
            df: excesses.len().saturating_sub(1),
            p_pass_t: 1.0,
            p_pass_bootstrap: 1.0,
            p_pass_worst_twice: 1.0,
            p_fail: 1.0,
            p_fail_bootstrap: 1.0,
            smallest_margin_t: None,
            smallest_margin: None,
            replicates_used: 0,
            replicates_dropped: 0,
            flags: Vec::new(),
        };
        if excesses.len() < 2 {
            gate.flags.push(Flag::NoVariance);
            return gate;
        }

        if let Some(harm) = self.harm {
            nothing_changed(&mut gate, self.limit, harm);
            return gate;
        }

        let scale = self
            .pairs
            .iter()
            .map(|&[y, x]| (y as f64).abs() + (self.limit * x as f64).abs())
            .fold(0.0, f64::max);

        if spread.standard_deviation <= ROUNDING * scale {
            without_variance(&mut gate, ROUNDING * scale);
            return gate;
        }

        let df = count - 1.0;
        gate.t = spread.mean / (spread.standard_deviation / count.sqrt());
        gate.p_pass_t = t_cdf(gate.t, df).max(SMALLEST_P_VALUE);
        gate.p_fail = t_sf(gate.t, df).max(SMALLEST_P_VALUE);
        gate.p_pass_worst_twice = worst_twice::p_below(&self.pairs, self.limit);
        if let Some(test) = self.bootstrap.test(self.limit) {
            gate.p_pass_bootstrap = test.p_below;
            gate.p_fail_bootstrap = test.p_above;
            gate.replicates_used = test.used;
            gate.replicates_dropped = test.dropped;
        }

        gate
    }

    /// The smallest limit that would pass all tests at their levels: what is shown about y / x. `None` if none would.
    pub fn upper_bound(&self, levels: Levels) -> Option<f64> {
        if let Some(harm) = self.harm {
            let level = levels.t.min(levels.bootstrap).min(levels.worst_twice);
            return Some(harm * zero_events_upper(self.pairs.len() as u64, level));
        }
        let by_t = self.fieller(levels.t)?.upper()?;
        let by_bootstrap = self.bootstrap.upper_bound(levels.bootstrap)?;
        let worst_twice = worst_twice::upper_bound(&self.pairs, levels.worst_twice)?;
        Some(by_t.max(by_bootstrap).max(worst_twice))
    }

    /// The largest limit that would fail the t test at `level`. `None` if the data bound nothing.
    pub fn lower_bound(&self, level: f64) -> Option<f64> {
        self.fieller(level)?.lower()
    }

    /// Fieller's set with a tail of `level` on each side; `None` without two clusters.
    fn fieller(&self, level: f64) -> Option<FiellerCurve> {
        if self.pairs.len() < 2 || level <= 0.0 {
            return None;
        }
        let side = |index: usize| -> Vec<f64> {
            self.pairs.iter().map(|pair| pair[index] as f64).collect()
        };
        let quantile = t_ppf(1.0 - level, self.pairs.len() as f64 - 1.0);
        Some(FiellerCurve::new(&side(0), &side(1), quantile))
    }
}

/// Clusters beside a margin: ready to be tested, and to be asked for the smallest margin at any level.
#[derive(Clone, Debug)]
pub struct Limited<'a> {
    clusters: &'a [Cluster],
    margin: Margin,
    excess: Excess,
}

impl<'a> Limited<'a> {
    /// The claim that the degradation of `clusters` is below `margin`.
    pub fn new(clusters: &'a [Cluster], margin: Margin, resampling: &Resampling) -> Limited<'a> {
        let pairs = clusters.iter().map(|cluster| margin.pair(cluster));
        Limited {
            excess: Excess::new(pairs.collect(), margin.limit(), resampling),
            clusters,
            margin,
        }
    }

    /// Tests the claim; `alpha` is the one-sided level of the smallest passing margins.
    ///
    /// Where no cluster changed the p-values are those of the zero-change bound (see the module).
    pub fn gate(&self, alpha: f64) -> Gate {
        let tested = self.excess.test();
        let smallest_margin = self.smallest_margin(Levels::all(alpha));
        if self.is_unchanged() {
            let gate = unchanged_gate(self.clusters, self.margin, &tested);
            return Gate {
                smallest_margin_t: smallest_margin,
                smallest_margin,
                ..gate
            };
        }

        let by_t = self.excess.fieller(alpha).and_then(|curve| curve.upper());
        Gate {
            smallest_margin_t: by_t.map(|limit| limit - self.margin.offset()),
            smallest_margin,
            ..tested
        }
    }

    /// The smallest margin that would pass all tests at their levels. `None` if none would.
    pub fn smallest_margin(&self, levels: Levels) -> Option<f64> {
        if self.is_unchanged() {
            let level = levels.t.min(levels.bootstrap).min(levels.worst_twice);
            let clusters = self.clusters.len() as u64;
            return unchanged_harm(self.clusters, self.margin)
                .map(|harm| harm * zero_events_upper(clusters, level));
        }

        let bound = self.excess.upper_bound(levels);
        bound.map(|limit| limit - self.margin.offset())
    }

    fn is_unchanged(&self) -> bool {
        let mut clusters = self.clusters.iter();
        self.clusters.len() > 1 && clusters.all(|cluster| cluster.extra_errors() == 0)
    }
}

/// Tests the clusters against `margin`; see [`Limited::gate`].
pub fn gate(clusters: &[Cluster], margin: Margin, alpha: f64, resampling: &Resampling) -> Gate {
    Limited::new(clusters, margin, resampling).gate(alpha)
}

/// Where no cluster changed: the most that is plausible in one that does, on the margin's scale. `None` where nothing can be told.
fn unchanged_harm(clusters: &[Cluster], margin: Margin) -> Option<f64> {
    let sums = total(clusters);
    match margin {
        // Nothing can be told relative to no errors.
        Margin::Relative(_) if sums.errors_a == 0 => None,
        Margin::Relative(_) => Some(1.0),
        Margin::Absolute(_) if sums.errors_a == 0 => Some(1.0),
        Margin::Absolute(_) => Some(sums.clean_wer()),
    }
}

/// The gate where no cluster changed; `tested` is what the tests of means say, which does not count.
fn unchanged_gate(clusters: &[Cluster], margin: Margin, tested: &Gate) -> Gate {
    let mut gate = Gate {
        t: 0.0,
        p_pass_t: 1.0,
        p_pass_bootstrap: 1.0,
        p_pass_worst_twice: 1.0,
        p_fail: 1.0,
        p_fail_bootstrap: 1.0,
        flags: Vec::new(),
        ..tested.clone()
    };

    match unchanged_harm(clusters, margin) {
        Some(harm) => nothing_changed(&mut gate, margin.value(), harm),
        None => gate.flags.push(Flag::NothingChanged),
    }

    gate
}

/// Fills in the p-values where no cluster changed, `harm` being the most that is plausible in one that does.
fn nothing_changed(gate: &mut Gate, margin: f64, harm: f64) {
    gate.flags.push(Flag::NothingChanged);
    let spared = (1.0 - margin / harm).clamp(0.0, 1.0);
    let p = spared.powf(gate.clusters as f64).max(SMALLEST_P_VALUE);
    gate.p_pass_t = p;
    gate.p_pass_bootstrap = p;
    gate.p_pass_worst_twice = p;
}

/// Fills in the p-values where all excesses are equal.
fn without_variance(gate: &mut Gate, rounding: f64) {
    if gate.mean_excess.abs() <= rounding {
        gate.mean_excess = 0.0;
        gate.flags.push(Flag::Identical);
        return;
    }

    gate.flags.push(Flag::DegenerateVariance);
    let exact = 0.5_f64.powf(gate.clusters as f64).max(SMALLEST_P_VALUE);
    gate.t = f64::INFINITY.copysign(gate.mean_excess);
    if gate.mean_excess < 0.0 {
        gate.p_pass_t = exact;
        gate.p_pass_bootstrap = exact;
        gate.p_pass_worst_twice = exact;
    } else {
        gate.p_fail = exact;
        gate.p_fail_bootstrap = exact;
    }
}

#[cfg(test)]
mod tests;
