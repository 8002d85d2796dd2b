//! A ratio whose observations belong to a cluster and to a kind at once: two crossed groupings of
//! the same observations.
//!
//! Clusters, such as speakers, are independent only as far as nothing else ties their observations
//! together. Where the same kind of thing happens to many of them, it does. The variance here
//! allows for both groupings: that by cluster plus that by kind minus that by both at once
//! (Cameron, Gelbach and Miller 2011), and never less than that by cluster alone; its degrees of
//! freedom are those of the grouping with fewer groups. Where one kind carries nearly all, no
//! interval can allow for other kinds.

use std::collections::BTreeMap;

use crate::stats::distributions::t_ppf;
use crate::stats::fieller::{FiellerCurve, Ratio, ratio_of_sums};

/// What an observation, or a part of one, adds to numerator and denominator.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Part {
    /// The cluster of the observation.
    pub(crate) cluster: usize,
    /// The kind of the part.
    pub(crate) kind: usize,
    /// What it adds to the numerator.
    pub(crate) numerator: f64,
    /// What it adds to the denominator.
    pub(crate) denominator: f64,
}

/// The ratio of sums over clusters, with intervals that allow for the kinds of `parts` too.
///
/// `parts` are those that are of a kind, in the order of their clusters, and those of one kind in
/// one cluster one behind the other; what else is in `numerators` and `denominators`, one per
/// cluster, is of none. The intervals are those over clusters, stretched by how much larger the
/// standard error is, and for the degrees of freedom; where nothing is added by the kinds, they are
/// those over clusters. `None` where no variance can be had: below two clusters or kinds, or of an
/// undefined ratio.
///
/// # Panics
/// If there are not as many numerators as denominators.
pub(crate) fn two_way_ratio(
    numerators: &[f64],
    denominators: &[f64],
    parts: impl IntoIterator<Item = Part>,
    confidence: f64,
) -> Option<Ratio> {
    let over_clusters = ratio_of_sums(numerators, denominators, confidence);
    let denominator: f64 = denominators.iter().sum();
    let (kinds, cells) = grouped(parts, over_clusters.ratio);
    if numerators.len() < 2 || kinds.groups < 2 || denominator == 0.0 {
        return None;
    }

    let by_cluster = over_clusters.standard_error.powi(2);
    let added = (kinds.variance - cells.variance) / denominator.powi(2);
    if added <= 0.0 {
        return Some(over_clusters);
    }
    if by_cluster == 0.0 {
        return None;
    }

    let standard_error = (by_cluster + added).sqrt();
    let df = over_clusters.df.min(kinds.groups as f64 - 1.0);
    let quantile = t_ppf(0.5 * (1.0 + confidence), df);
    // Fieller's curve knows of clusters alone: a quantile as much larger stands for the larger
    // standard error.
    let stretched = quantile * standard_error / over_clusters.standard_error;
    let curve = FiellerCurve::new(numerators, denominators, stretched);

    Some(Ratio::estimated(
        over_clusters.ratio,
        standard_error,
        df,
        quantile,
        &curve,
        confidence,
    ))
}

/// The variance of a sum of residuals that are independent between groups.
struct Grouped {
    groups: usize,
    variance: f64,
}

impl Grouped {
    fn new(groups: usize, squares: f64) -> Grouped {
        let count = groups as f64;
        Grouped {
            groups,
            variance: squares * count / (count - 1.0).max(1.0),
        }
    }
}

/// The residuals of `parts` grouped by kind, and by cluster and kind.
fn grouped(parts: impl IntoIterator<Item = Part>, ratio: f64) -> (Grouped, Grouped) {
    let mut kinds: BTreeMap<usize, f64> = BTreeMap::new();
    let (mut cells, mut squares) = (0, 0.0);
    let mut cell: Option<((usize, usize), f64)> = None;
    for part in parts {
        let residual = part.numerator - ratio * part.denominator;
        *kinds.entry(part.kind).or_default() += residual;

        let key = (part.cluster, part.kind);
        match &mut cell {
            Some((same, sum)) if *same == key => *sum += residual,
            other => {
                if let Some((_, sum)) = other.replace((key, residual)) {
                    cells += 1;
                    squares += sum * sum;
                }
            }
        }
    }
    if let Some((_, sum)) = cell {
        cells += 1;
        squares += sum * sum;
    }

    let kind_squares = kinds.values().map(|sum| sum * sum).sum();
    let kinds = Grouped::new(kinds.len(), kind_squares);
    (kinds, Grouped::new(cells, squares))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten clusters with one part of each of eight kinds, of which a kind adds `effect` times its
    /// number.
    fn parts(effect: f64) -> Vec<Part> {
        let part = |cluster: u8, kind: u8| Part {
            cluster: cluster.into(),
            kind: kind.into(),
            numerator: f64::from((cluster * 7 + kind * 3) % 5) - 1.0
                + effect * (f64::from(kind) - 3.5),
            denominator: 10.0,
        };
        (0..10_u8)
            .flat_map(|cluster| (0..8_u8).map(move |kind| part(cluster, kind)))
            .collect()
    }

    fn ratio(parts: &[Part]) -> [Ratio; 2] {
        let mut sums = [[0.0; 10]; 2];
        for part in parts {
            sums[0][part.cluster] += part.numerator;
            sums[1][part.cluster] += part.denominator;
        }
        let [y, x] = sums;
        [
            ratio_of_sums(&y, &x, 0.9),
            two_way_ratio(&y, &x, parts.iter().copied(), 0.9).unwrap(),
        ]
    }

    #[test]
    fn an_effect_of_the_kind_widens_the_interval_and_none_leaves_it() {
        let [over_clusters, calm] = ratio(&parts(0.0));
        assert!(calm.standard_error < 2.0 * over_clusters.standard_error.max(0.01));

        // The effect alone: the mean of 8 kinds with variance 6 (n - 1), per denominator of 10.
        let [over_clusters, stormy] = ratio(&parts(1.0));
        let expected = (6.0_f64 / 8.0).sqrt() / 10.0;
        assert!(
            (stormy.standard_error - expected).abs() < 0.01,
            "{stormy:?}"
        );
        assert!(stormy.standard_error > 3.0 * over_clusters.standard_error);
        assert!((stormy.df - 7.0).abs() < 1e-12);
        let width = |ratio: &Ratio| {
            let interval = ratio.fieller.bounded().unwrap();
            interval.high - interval.low
        };
        assert!(width(&stormy) > 3.0 * width(&over_clusters));
    }

    #[test]
    fn one_kind_gives_no_interval() {
        let one: Vec<Part> = parts(0.0)
            .into_iter()
            .map(|part| Part { kind: 0, ..part })
            .collect();
        assert!(two_way_ratio(&[1.0; 10], &[80.0; 10], one, 0.9).is_none());
    }
}
