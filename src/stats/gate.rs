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
//! The share of simulated test sets that pass at a nominal 5 % although the true degradation is exactly at the margin (10 % of the
//! clean errors; 20 utterances of 10 words per speaker, 5 draws, 1,000 repetitions, so give or take one point), what the 90 % interval
//! over speakers covers (10,000 repetitions), and how often the gate passes a model whose true degradation is 2 %. *rows* takes every list as independent.
//! Damage differs by speaker not at all (*equal*), exponentially (*strong*), or like a squared normal (*heavy*: a tenth of the speakers
//! has half of the damage). `cargo bench --bench bench -- simulation` prints the table.
//!
//! | damage | speakers | rows | t | t, bootstrap-t | gate | coverage, rows | coverage, speakers | power |
//! |---|---:|---:|---:|---:|---:|---:|---:|---:|
//! | equal | 6 | 14.2 % | 2.8 % | 1.9 % | 1.4 % | 69.5 % | 89.8 % | 87.7 % |
//! | equal | 12 | 14.9 % | 4.0 % | 3.5 % | 2.1 % | 71.2 % | 90.2 % | 100 % |
//! | equal | 20 | 15.9 % | 3.2 % | 3.1 % | 1.4 % | 69.9 % | 89.6 % | 100 % |
//! | equal | 40 | 14.4 % | 3.5 % | 3.4 % | 1.5 % | 69.8 % | 89.5 % | 100 % |
//! | strong | 6 | 30.4 % | 10.3 % | 7.8 % | 7.0 % | 45.8 % | 88.2 % | 74.0 % |
//! | strong | 12 | 29.7 % | 9.3 % | 7.7 % | 5.6 % | 45.6 % | 88.6 % | 97.6 % |
//! | strong | 20 | 28.9 % | 7.0 % | 6.0 % | 2.4 % | 44.7 % | 88.9 % | 99.9 % |
//! | strong | 40 | 29.7 % | 7.8 % | 6.0 % | 3.6 % | 45.8 % | 89.6 % | 100 % |
//! | heavy | 6 | 37.8 % | 15.5 % | 12.6 % | 11.5 % | 35.5 % | 83.6 % | 71.6 % |
//! | heavy | 12 | 36.1 % | 14.0 % | 11.8 % | 8.9 % | 36.3 % | 85.8 % | 94.0 % |
//! | heavy | 20 | 31.3 % | 10.4 % | 8.2 % | 5.5 % | 36.1 % | 86.8 % | 99.2 % |
//! | heavy | 40 | 32.8 % | 9.8 % | 7.7 % | 5.2 % | 36.8 % | 88.5 % | 100 % |
//!
//! No test sees speakers that were not sampled: below 40, verdicts carry a caution, and under *heavy* damage they need it.
//!
//! # Where nothing changed
//!
//! Without a single change no test of means applies: zero variance is not certainty. Of n clusters of which none changed, up to
//! 1 - alpha^(1/n) of all clusters may (the exact binomial bound, the "rule of three"; Hanley and Lippman-Hand, JAMA 1983), and one that
//! does is taken to make twice as many errors as before; where there are no errors to double, every word. Their product is the upper
//! bound on degradation that must be below the margin: at 5 % relative that takes 59 clusters, at 10 % 29. That errors double is our
//! choice of the most that is plausible.

use crate::stats::Flag;
use crate::stats::SMALLEST_P_VALUE;
use crate::stats::bootstrap::Resampling;
use crate::stats::bootstrap_t::BootstrapT;
use crate::stats::clusters::Cluster;
use crate::stats::clusters::signed;
use crate::stats::clusters::total;
use crate::stats::distributions::moments;
use crate::stats::distributions::t_cdf;
use crate::stats::distributions::t_ppf;
use crate::stats::distributions::t_sf;
use crate::stats::multiplicity::holm;
use crate::stats::power::gate_clusters;
use crate::stats::proportions::zero_events_upper;
use crate::stats::ratio::FiellerCurve;
use crate::stats::worst_twice;

/// Relative to the largest term of an excess, a spread below this is rounding.
const ROUNDING: f64 = 1e-12;

/// The probability of a verdict that [`Gate::clusters_needed`] aims at.
const POWER: f64 = 0.8;

/// More clusters than this are not worth naming: the truth is at the margin.
const MOST_CLUSTERS_NEEDED: f64 = 1e6;

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
            Margin::Relative(_) => [
                signed(cluster.perturbed_errors),
                signed(cluster.clean_errors),
            ],
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
    /// The margin tested against.
    pub margin: Margin,
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
    /// About how many clusters give a verdict with a probability of 80 % if what was measured is the truth: a pass if it is below the
    /// margin, a fail if it is above. `None` if it is at the margin, or if the clusters do not vary.
    pub clusters_needed: Option<u64>,
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

/// Tests the clusters against `margin`; `alpha` is the one-sided level of the smallest passing margins.
///
/// Without variance (all excesses equal) all p-values are the exact sign-flip ones, 2^-clusters; with fewer than two clusters they are 1.
/// Where no cluster changed they are those of the zero-change bound (see the module).
pub fn gate(clusters: &[Cluster], margin: Margin, alpha: f64, resampling: &Resampling) -> Gate {
    let pairs: Vec<[i64; 2]> = clusters
        .iter()
        .map(|cluster| margin.pair(cluster))
        .collect();
    let limit = margin.limit();
    let excesses: Vec<f64> = pairs
        .iter()
        .map(|&[y, x]| y as f64 - limit * x as f64)
        .collect();
    let spread = moments(&excesses);
    let count = clusters.len() as f64;
    let mut gate = Gate {
        margin,
        clusters: clusters.len(),
        mean_excess: spread.mean,
        t: 0.0,
        df: clusters.len().saturating_sub(1),
        p_pass_t: 1.0,
        p_pass_bootstrap: 1.0,
        p_pass_worst_twice: 1.0,
        p_fail: 1.0,
        p_fail_bootstrap: 1.0,
        smallest_margin_t: None,
        smallest_margin: None,
        clusters_needed: None,
        replicates_used: 0,
        replicates_dropped: 0,
        flags: Vec::new(),
    };
    if clusters.len() < 2 {
        gate.flags.push(Flag::NoVariance);
        return gate;
    }
    if clusters.iter().all(|cluster| cluster.extra_errors() == 0) {
        nothing_changed(&mut gate, clusters, alpha);
        return gate;
    }
    let df = count - 1.0;
    let numerators: Vec<f64> = pairs.iter().map(|pair| pair[0] as f64).collect();
    let denominators: Vec<f64> = pairs.iter().map(|pair| pair[1] as f64).collect();
    let bootstrap = BootstrapT::new(&pairs, resampling);
    gate.smallest_margin_t = FiellerCurve::new(&numerators, &denominators, t_ppf(1.0 - alpha, df))
        .upper()
        .map(|upper| upper - margin.offset());
    let bound = bootstrap
        .upper_bound(alpha)
        .map(|upper| upper - margin.offset());
    let worst_twice = worst_twice::upper_bound(&pairs, alpha).map(|upper| upper - margin.offset());
    gate.smallest_margin = gate
        .smallest_margin_t
        .zip(bound)
        .zip(worst_twice)
        .map(|((by_t, by_bootstrap), worst_twice)| by_t.max(by_bootstrap).max(worst_twice));
    let scale = pairs
        .iter()
        .map(|&[y, x]| (y as f64).abs() + (limit * x as f64).abs())
        .fold(0.0, f64::max);
    if spread.standard_deviation <= ROUNDING * scale {
        without_variance(&mut gate, ROUNDING * scale);
        return gate;
    }
    gate.t = spread.mean / (spread.standard_deviation / count.sqrt());
    gate.p_pass_t = t_cdf(gate.t, df).max(SMALLEST_P_VALUE);
    gate.p_fail = t_sf(gate.t, df).max(SMALLEST_P_VALUE);
    gate.p_pass_worst_twice = worst_twice::p_below(&pairs, limit);
    gate.clusters_needed = clusters_needed(&gate, spread.standard_deviation, alpha);
    if let Some(test) = bootstrap.test(limit) {
        gate.p_pass_bootstrap = test.p_below;
        gate.p_fail_bootstrap = test.p_above;
        gate.replicates_used = test.used;
        gate.replicates_dropped = test.dropped;
    }
    gate
}

/// See [`Gate::clusters_needed`]: with the true mean excess as measured, its distance from zero is what has to be seen.
fn clusters_needed(gate: &Gate, deviation: f64, alpha: f64) -> Option<u64> {
    whole(gate_clusters(deviation, gate.mean_excess.abs(), 1.0, 0.0, alpha, POWER).corrected)
}

/// `needed` clusters, unless they are too many to be worth naming.
fn whole(needed: f64) -> Option<u64> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a positive whole number below the limit"
    )]
    (needed <= MOST_CLUSTERS_NEEDED).then_some(needed as u64)
}

/// Fills in the p-values and margins where no cluster changed.
fn nothing_changed(gate: &mut Gate, clusters: &[Cluster], alpha: f64) {
    gate.flags.push(Flag::NothingChanged);
    let sums = total(clusters);
    let harm = match gate.margin {
        // Nothing can be told relative to no errors.
        Margin::Relative(_) if sums.clean_errors == 0 => return,
        Margin::Relative(_) => 1.0,
        Margin::Absolute(_) if sums.clean_errors == 0 => 1.0,
        Margin::Absolute(_) => sums.clean_wer(),
    };
    let count = clusters.len() as f64;
    let spared = (1.0 - gate.margin.value() / harm).max(0.0);
    let p = spared.powf(count).max(SMALLEST_P_VALUE);
    gate.p_pass_t = p;
    gate.p_pass_bootstrap = p;
    gate.p_pass_worst_twice = p;
    let smallest = harm * zero_events_upper(clusters.len() as u64, alpha);
    gate.smallest_margin_t = Some(smallest);
    gate.smallest_margin = Some(smallest);
    gate.clusters_needed = whole((alpha.ln() / spared.ln()).ceil());
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

/// The p-values of "below every margin" and "above some margin".
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct JointGate {
    /// The largest t p-value of passing (intersection-union: no correction needed).
    pub p_pass_t: f64,
    /// The largest bootstrap-t p-value of passing.
    pub p_pass_bootstrap: f64,
    /// The largest p-value of passing with the worst cluster counted twice.
    pub p_pass_worst_twice: f64,
    /// The smallest p-value of failing times the number of gates, at most 1 (Bonferroni).
    pub p_fail: f64,
}

impl JointGate {
    /// The p-value that all methods must bring under the level: the largest one.
    pub fn p_pass(&self) -> f64 {
        self.p_pass_t
            .max(self.p_pass_bootstrap)
            .max(self.p_pass_worst_twice)
    }

    /// Each p-value put through `change`.
    #[must_use]
    pub fn map(&self, change: impl Fn(f64) -> f64) -> JointGate {
        JointGate {
            p_pass_t: change(self.p_pass_t),
            p_pass_bootstrap: change(self.p_pass_bootstrap),
            p_pass_worst_twice: change(self.p_pass_worst_twice),
            p_fail: change(self.p_fail),
        }
    }
}

/// Joins the gates of one check, such as a relative and an absolute margin that must both hold.
///
/// No gates pass nothing and fail nothing.
pub fn joint(gates: &[Gate]) -> JointGate {
    let largest = |p: fn(&Gate) -> f64| {
        gates.iter().map(p).fold(None, |worst: Option<f64>, p| {
            Some(worst.map_or(p, |worst| worst.max(p)))
        })
    };
    let smallest = gates.iter().map(|gate| gate.p_fail).fold(1.0, f64::min);
    JointGate {
        p_pass_t: largest(|gate| gate.p_pass_t).unwrap_or(1.0),
        p_pass_bootstrap: largest(|gate| gate.p_pass_bootstrap).unwrap_or(1.0),
        p_pass_worst_twice: largest(|gate| gate.p_pass_worst_twice).unwrap_or(1.0),
        p_fail: (smallest * gates.len() as f64).min(1.0),
    }
}

/// Holm's correction over a family of joint gates: each method's p-values, and those of failing, are one family.
pub fn adjusted(family: &[JointGate]) -> Vec<JointGate> {
    let column = |p: fn(&JointGate) -> f64| holm(&family.iter().map(p).collect::<Vec<f64>>());
    let (t, bootstrap) = (
        column(|joint| joint.p_pass_t),
        column(|joint| joint.p_pass_bootstrap),
    );
    let (worst_twice, fail) = (
        column(|joint| joint.p_pass_worst_twice),
        column(|joint| joint.p_fail),
    );
    (0..family.len())
        .map(|index| JointGate {
            p_pass_t: t[index],
            p_pass_bootstrap: bootstrap[index],
            p_pass_worst_twice: worst_twice[index],
            p_fail: fail[index],
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::stats::Flag;
    use crate::stats::bootstrap::Resampling;
    use crate::stats::clusters::Cluster;
    use crate::stats::gate::Margin;
    use crate::stats::gate::gate;
    use crate::stats::gate::joint;

    const RESAMPLING: Resampling = Resampling {
        replicates: 2_000,
        seed: 4,
    };

    fn clusters(count: u64, extra: u64) -> Vec<Cluster> {
        let cluster = |g: u64| Cluster {
            reference_words: 300,
            clean_errors: 30 + g % 5,
            perturbed_errors: 30 + g % 5 + (g % 3) + extra,
        };
        (0..count).map(cluster).collect()
    }

    #[test]
    fn small_degradation_passes_and_large_fails() {
        let good = gate(&clusters(24, 0), Margin::Relative(0.1), 0.05, &RESAMPLING);
        assert!(good.p_pass() < 1e-3 && good.p_fail > 0.99, "{good:?}");
        let bad = gate(&clusters(24, 9), Margin::Relative(0.1), 0.05, &RESAMPLING);
        assert!(bad.p_fail < 1e-3 && bad.p_pass() > 0.99, "{bad:?}");
    }

    #[test]
    fn the_smallest_margin_is_where_the_gate_turns() {
        for kind in [Margin::Relative as fn(f64) -> Margin, Margin::Absolute] {
            let clusters = clusters(24, 1);
            let smallest = gate(&clusters, kind(0.1), 0.05, &RESAMPLING)
                .smallest_margin
                .expect("well determined");
            assert!(gate(&clusters, kind(smallest + 1e-5), 0.05, &RESAMPLING).p_pass() <= 0.05);
            assert!(gate(&clusters, kind(smallest - 1e-4), 0.05, &RESAMPLING).p_pass() > 0.05);
        }
    }

    #[test]
    fn equal_excess_everywhere_is_tested_by_sign_flips() {
        let equal = [Cluster {
            reference_words: 1000,
            clean_errors: 100,
            perturbed_errors: 101,
        }; 8];
        let result = gate(&equal, Margin::Relative(0.1), 0.05, &RESAMPLING);
        assert_eq!(result.flags, [Flag::DegenerateVariance]);
        assert!((result.p_pass() - 1.0 / 256.0).abs() < 1e-15 && result.p_fail >= 1.0);
    }

    /// Of 59 clusters without a change at most 4.95 % change, of 58 at most 5.03 % (1 - 0.05^(1/n)).
    #[test]
    fn that_nothing_changed_takes_as_many_clusters_as_the_binomial_bound_says() {
        let unchanged = |count: u64, clean_errors: u64| -> Vec<Cluster> {
            let cluster = |g: u64| Cluster {
                reference_words: 80 + g % 7,
                clean_errors,
                perturbed_errors: clean_errors,
            };
            (0..count).map(cluster).collect()
        };
        let p = |count, clean_errors, margin| {
            let result = gate(&unchanged(count, clean_errors), margin, 0.05, &RESAMPLING);
            assert_eq!(result.flags, [Flag::NothingChanged]);
            assert!(result.p_fail >= 1.0);
            (result.p_pass(), result.clusters_needed)
        };
        let (few, needed) = p(58, 9, Margin::Relative(0.05));
        assert!(few > 0.05 && needed == Some(59), "{few} {needed:?}");
        assert!(p(59, 9, Margin::Relative(0.05)).0 <= 0.05);
        assert!(
            p(28, 9, Margin::Relative(0.1)).0 > 0.05 && p(29, 9, Margin::Relative(0.1)).0 <= 0.05
        );
        // Without errors nothing is relative to them, and a cluster that changes may lose every word.
        assert!(p(500, 0, Margin::Relative(0.1)).0 >= 1.0);
        assert!(
            p(12, 0, Margin::Absolute(0.5)).0 < 0.001 && p(12, 0, Margin::Absolute(0.1)).0 > 0.2
        );
    }

    #[test]
    fn proportional_clusters_count_as_equal_despite_rounding() {
        let proportional: Vec<Cluster> = (1..9)
            .map(|g| Cluster {
                reference_words: 100,
                clean_errors: 10 * g,
                perturbed_errors: 11 * g,
            })
            .collect();
        assert_eq!(
            gate(&proportional, Margin::Relative(0.1), 0.05, &RESAMPLING).flags,
            [Flag::Identical]
        );
    }

    #[test]
    fn without_clean_errors_the_relative_gate_still_fails_what_breaks() {
        let broken: Vec<Cluster> = (0..12)
            .map(|g| Cluster {
                reference_words: 100,
                clean_errors: 0,
                perturbed_errors: 5 + g % 3,
            })
            .collect();
        let result = gate(&broken, Margin::Relative(0.1), 0.05, &RESAMPLING);
        assert!(
            result.p_fail < 1e-4 && result.smallest_margin.is_none(),
            "{result:?}"
        );
    }

    #[test]
    fn joined_gates_pass_together_and_fail_alone() {
        let relative = gate(&clusters(24, 1), Margin::Relative(0.1), 0.05, &RESAMPLING);
        let absolute = gate(&clusters(24, 1), Margin::Absolute(0.001), 0.05, &RESAMPLING);
        let both = joint(&[relative.clone(), absolute.clone()]);
        assert!((both.p_pass_t - absolute.p_pass_t).abs() < 1e-15);
        assert!((both.p_fail - (2.0 * absolute.p_fail).min(1.0)).abs() < 1e-15);
        assert!(joint(&[]).p_pass_t >= 1.0);
    }
}
