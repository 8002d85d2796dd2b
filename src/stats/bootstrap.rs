//! The paired cluster bootstrap: resampled sums, and intervals from them.
//!
//! Clusters are drawn with replacement, and all systems and metrics are summed over the same draws
//! (Bisani and Ney, "Bootstrap estimates for confidence intervals in ASR performance evaluation",
//! 2004, with clusters for utterances). Draws inside a cluster are not resampled again: that would
//! count their variance twice. Sums are whole numbers, so order and threads change nothing. Not
//! here: the studentized bootstrap of the gate (`bootstrap_t`).

use rayon::prelude::*;

use crate::stats::clusters::{Cluster, signed};
use crate::stats::distributions::{moments, normal_cdf, normal_ppf, quantile};
use crate::stats::random::Stream;
use crate::stats::{ConfidenceInterval, Flag};

/// The share of replicates that may be not finite before the intervals are withheld.
const NON_FINITE_SHARE: f64 = 0.001;

/// How often to resample, and from which seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resampling {
    /// How many replicates; 10,000 is usual.
    pub replicates: usize,
    /// The seed; equal seeds and equal cluster counts draw the same clusters, which is what pairs
    /// two systems.
    pub seed: u64,
}

/// The column sums of each replicate: `rows.len()` rows drawn with replacement, added up.
///
/// A row is a cluster, a column a count. Without rows all sums are 0.
pub fn resample<const COLUMNS: usize>(
    rows: &[[i64; COLUMNS]],
    resampling: &Resampling,
) -> Vec<[i64; COLUMNS]> {
    (0..resampling.replicates)
        .into_par_iter()
        // Fewer at a time would cost more to hand out than to draw.
        .with_min_len(16)
        .map(|replicate| {
            let mut sums = [0; COLUMNS];
            Stream::new(resampling.seed, replicate as u64).resample(rows.len(), |index| {
                for (sum, value) in sums.iter_mut().zip(&rows[index]) {
                    *sum += value;
                }
            });
            sums
        })
        .collect()
}

/// `statistic` of all rows but one, for each row in turn: the cluster jackknife.
pub fn jackknife<const COLUMNS: usize>(
    rows: &[[i64; COLUMNS]],
    statistic: impl Fn(&[i64; COLUMNS]) -> f64,
) -> Vec<f64> {
    let all = column_sums(rows);
    let without = |row: &[i64; COLUMNS]| {
        let mut rest = all;
        for (sum, value) in rest.iter_mut().zip(row) {
            *sum -= value;
        }
        statistic(&rest)
    };

    rows.iter().map(without).collect()
}

/// The sum of each column.
fn column_sums<const COLUMNS: usize>(rows: &[[i64; COLUMNS]]) -> [i64; COLUMNS] {
    let mut sums = [0; COLUMNS];
    for row in rows {
        for (sum, value) in sums.iter_mut().zip(row) {
            *sum += value;
        }
    }
    sums
}

/// The intervals of one bootstrapped statistic.
#[derive(Clone, Debug, PartialEq)]
pub struct BootstrapIntervals {
    /// Quantiles of the replicates (type 7).
    pub percentile: ConfidenceInterval,
    /// Bias-corrected and accelerated (Efron 1987); the percentile interval if flagged
    /// [`Flag::PercentileInsteadOfBca`].
    pub bca: ConfidenceInterval,
}

/// One statistic under the bootstrap.
#[derive(Clone, Debug, PartialEq)]
pub struct BootstrapSummary {
    /// The statistic of the data.
    pub estimate: f64,
    /// The mean of the finite replicates; the estimate if there are none.
    pub mean: f64,
    /// The standard deviation of the finite replicates (n - 1).
    pub standard_error: f64,
    /// The intervals; `None` if more than 0.1 % of the replicates, or the estimate, are not finite.
    pub intervals: Option<BootstrapIntervals>,
    /// How many replicates were finite.
    pub finite: usize,
    /// How many were not, for instance because no clean error was drawn.
    pub non_finite: usize,
    /// What to know before trusting the intervals.
    pub flags: Vec<Flag>,
}

/// Mean, standard error and intervals from `replicates` of a statistic, its value `estimate` on the
/// data and its `jackknife` values.
pub fn summarize(
    estimate: f64,
    replicates: &[f64],
    jackknife: &[f64],
    confidence: f64,
) -> BootstrapSummary {
    let mut finite: Vec<f64> = replicates
        .iter()
        .copied()
        .filter(|value| value.is_finite())
        .collect();
    finite.sort_by(f64::total_cmp);

    let spread = moments(&finite);
    let non_finite = replicates.len() - finite.len();

    let mut summary = BootstrapSummary {
        estimate,
        mean: if finite.is_empty() {
            estimate
        } else {
            spread.mean
        },
        standard_error: spread.standard_deviation,
        intervals: None,
        finite: finite.len(),
        non_finite,
        flags: Vec::new(),
    };
    if !estimate.is_finite()
        || finite.is_empty()
        || non_finite as f64 > NON_FINITE_SHARE * replicates.len() as f64
    {
        summary.flags.push(Flag::NonFiniteReplicates);
        return summary;
    }

    let tail = 0.5 * (1.0 - confidence);
    let percentile = ConfidenceInterval {
        low: quantile(&finite, tail),
        high: quantile(&finite, 1.0 - tail),
        confidence,
    };
    let bca = bca_levels(estimate, &finite, jackknife, tail).map(|levels| ConfidenceInterval {
        low: quantile(&finite, levels[0]),
        high: quantile(&finite, levels[1]),
        confidence,
    });
    if bca.is_none() {
        summary.flags.push(Flag::PercentileInsteadOfBca);
    }

    summary.intervals = Some(BootstrapIntervals {
        percentile,
        bca: bca.unwrap_or(percentile),
    });
    summary
}

/// What BCa makes of the nominal levels: those of the replicates at which it reads off its ends.
/// `None` where they are not defined.
fn bca_levels(estimate: f64, sorted: &[f64], jackknife: &[f64], tail: f64) -> Option<[f64; 2]> {
    let below = sorted.partition_point(|&value| value < estimate);
    let up_to = sorted.partition_point(|&value| value <= estimate);
    // Replicates that equal the estimate lie half below it: counts are small, and ties frequent.
    let bias = normal_ppf((below + up_to) as f64 / (2.0 * sorted.len() as f64));
    let acceleration = acceleration(jackknife)?;

    if !bias.is_finite() {
        return None;
    }

    let level = |nominal: f64| {
        let shifted = bias + normal_ppf(nominal);
        let shrink = 1.0 - acceleration * shifted;
        (shrink > 0.0).then(|| normal_cdf(bias + shifted / shrink))
    };

    Some([level(tail)?, level(1.0 - tail)?])
}

/// BCa's acceleration: a sixth of the skewness of the jackknife values. `None` if they are all
/// equal or any is not finite.
pub fn acceleration(jackknife: &[f64]) -> Option<f64> {
    let mean = jackknife.iter().sum::<f64>() / jackknife.len() as f64;
    let squares: f64 = jackknife.iter().map(|value| (mean - value).powi(2)).sum();
    let cubes: f64 = jackknife.iter().map(|value| (mean - value).powi(3)).sum();
    let acceleration = cubes / (6.0 * squares.powf(1.5));
    (acceleration.is_finite() && squares > 0.0).then_some(acceleration)
}

/// How often the second system beat the first under resampling.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Improvement {
    /// P(difference < 0) plus half of P(difference = 0). Not a p-value.
    pub probability: f64,
    /// Two-sided p: replicates centered at the estimate and at least as far out as it, by (hits +
    /// 1) / (replicates + 1).
    pub p_two_sided: f64,
}

/// The probability of improvement from `replicates` of a difference (negative: better) whose value
/// on the data is `estimate`.
pub fn improvement(estimate: f64, replicates: &[f64]) -> Improvement {
    let count = replicates.len().max(1) as f64;
    let better = replicates
        .iter()
        .filter(|&&difference| difference < 0.0)
        .count() as f64;
    let ties = replicates
        .iter()
        .filter(|&&difference| difference == 0.0)
        .count() as f64;
    let extreme = replicates
        .iter()
        // As far out, but for rounding, is at least as far.
        .filter(|&&difference| (difference - estimate).abs() >= estimate.abs() - 1e-12)
        .count();

    Improvement {
        probability: (better + 0.5 * ties) / count,
        p_two_sided: (extreme as f64 + 1.0) / (replicates.len() as f64 + 1.0),
    }
}

/// The difference of two systems, perturbed minus clean, under one resampling of their clusters.
#[derive(Clone, Debug, PartialEq)]
pub struct ClusterBootstrap {
    /// Perturbed minus clean word error rate.
    pub difference: BootstrapSummary,
    /// How often perturbed beat clean; `None` with fewer than two clusters, of which all resamples
    /// are the same.
    pub improvement: Option<Improvement>,
}

/// The columns [words, clean errors, perturbed errors] of the clusters.
pub fn rows(clusters: &[Cluster]) -> Vec<[i64; 3]> {
    let row = |cluster: &Cluster| {
        [
            signed(cluster.reference_words),
            signed(cluster.errors_a),
            signed(cluster.errors_b),
        ]
    };
    clusters.iter().map(row).collect()
}

/// The sums of one replicate as a [`Cluster`].
pub(super) fn cluster(row: &[i64; 3]) -> Cluster {
    let count = |value: i64| u64::try_from(value).expect("sums of counts are not negative");
    Cluster {
        reference_words: count(row[0]),
        errors_a: count(row[1]),
        errors_b: count(row[2]),
    }
}

/// Bootstraps the clusters.
///
/// With fewer than two there is nothing to resample, so no interval: flagged
/// [`Flag::NoVariance`].
pub fn cluster_bootstrap(
    clusters: &[Cluster],
    resampling: &Resampling,
    confidence: f64,
) -> ClusterBootstrap {
    let difference = |sums: &[i64; 3]| cluster(sums).wer_difference();
    bootstrap_of(&rows(clusters), difference, resampling, confidence)
}

/// The same of any `difference` of sums of `rows`, one a cluster.
pub(crate) fn bootstrap_of<const COLUMNS: usize>(
    rows: &[[i64; COLUMNS]],
    difference: impl Fn(&[i64; COLUMNS]) -> f64,
    resampling: &Resampling,
    confidence: f64,
) -> ClusterBootstrap {
    let estimate = difference(&column_sums(rows));
    if rows.len() < 2 {
        return ClusterBootstrap {
            difference: BootstrapSummary {
                estimate,
                mean: estimate,
                standard_error: f64::INFINITY,
                intervals: None,
                finite: 0,
                non_finite: 0,
                flags: vec![Flag::NoVariance],
            },
            improvement: None,
        };
    }

    let replicates = resample(rows, resampling);
    let values: Vec<f64> = replicates.iter().map(&difference).collect();
    ClusterBootstrap {
        difference: summarize_metric(rows, &replicates, difference, confidence),
        improvement: Some(improvement(estimate, &values)),
    }
}

/// The summary of a metric, from `replicates` that are each the sums of one resample of `rows`.
pub(super) fn summarize_metric<const COLUMNS: usize>(
    rows: &[[i64; COLUMNS]],
    replicates: &[[i64; COLUMNS]],
    metric: impl Fn(&[i64; COLUMNS]) -> f64,
    confidence: f64,
) -> BootstrapSummary {
    let values: Vec<f64> = replicates.iter().map(&metric).collect();
    let leave_one_out = jackknife(rows, &metric);
    let estimate = metric(&column_sums(rows));
    summarize(estimate, &values, &leave_one_out, confidence)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clusters(count: u64) -> Vec<Cluster> {
        let cluster = |g: u64| Cluster {
            reference_words: 40 + g % 7,
            errors_a: 3 + g % 4,
            errors_b: 3 + g % 5,
        };
        (0..count).map(cluster).collect()
    }

    fn nprr(clusters: &[Cluster], replicates: usize) -> BootstrapSummary {
        let resampling = Resampling {
            replicates,
            seed: 3,
        };
        let rows = rows(clusters);
        let replicates = resample(&rows, &resampling);
        summarize_metric(
            &rows,
            &replicates,
            |[_, errors_a, errors_b]| *errors_b as f64 / *errors_a as f64 - 1.0,
            0.95,
        )
    }

    #[test]
    fn one_thread_and_three_give_the_same_replicates() {
        let rows: Vec<[i64; 2]> = (0..50).map(|row| [row, row * row]).collect();
        let resampling = Resampling {
            replicates: 500,
            seed: 11,
        };
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .expect("a small pool");
            pool.install(|| resample(&rows, &resampling))
        };

        assert_eq!(on(1), on(3));
    }

    #[test]
    fn bootstrap_and_linearized_standard_errors_agree_on_many_clusters() {
        let clusters = clusters(300);
        let bootstrap = nprr(&clusters, 4_000);

        let linear = crate::stats::fieller::nprr(&clusters, 0.95).standard_error;
        assert!(
            (bootstrap.standard_error / linear - 1.0).abs() < 0.05,
            "{} {linear}",
            bootstrap.standard_error
        );
    }

    #[test]
    fn equal_clusters_fall_back_to_the_percentile_interval() {
        let equal = [Cluster {
            reference_words: 10,
            errors_a: 2,
            errors_b: 3,
        }; 8];
        let bootstrap = nprr(&equal, 100);
        assert_eq!(bootstrap.flags, [Flag::PercentileInsteadOfBca]);

        let interval = bootstrap.intervals.expect("every replicate is finite").bca;

        assert!((interval.low - 0.5).abs() < 1e-12 && (interval.high - 0.5).abs() < 1e-12);
    }

    /// scipy.stats.bootstrap of one observation gives an interval of NaN.
    #[test]
    fn one_cluster_has_no_interval() {
        let resampling = Resampling {
            replicates: 100,
            seed: 1,
        };
        let bootstrap = cluster_bootstrap(&clusters(1), &resampling, 0.95);
        assert_eq!(bootstrap.difference.flags, [Flag::NoVariance]);
        assert!(bootstrap.difference.intervals.is_none() && bootstrap.improvement.is_none());

        let bootstrap = cluster_bootstrap(&clusters(2), &resampling, 0.95);
        assert!(bootstrap.difference.intervals.is_some() && bootstrap.improvement.is_some());
    }

    #[test]
    fn too_many_undefined_replicates_withhold_the_intervals() {
        let summary = summarize(1.0, &[1.0, f64::NAN, 2.0], &[0.5, 1.0, 1.5], 0.95);
        assert_eq!(summary.flags, [Flag::NonFiniteReplicates]);
        assert!(summary.intervals.is_none());
        assert_eq!((summary.finite, summary.non_finite), (2, 1));
    }
}
