//! A ratio whose draws are shared by all clusters: two crossed sources of variance.
//!
//! With one corpus-wide setting per draw, clusters of the same draw resemble each other, and a variance by cluster alone is too small.
//! Usual draws are independent per utterance and need none of this: they are summed within their cluster (`clusters`).

use std::collections::BTreeMap;

use crate::stats::ConfidenceInterval;
use crate::stats::distributions::t_ppf;

/// The fewest shared draws from which a statement about all possible draws can be made; with fewer, report each draw by itself.
pub const FEWEST_SHARED_DRAWS: usize = 6;

/// The sums of one cluster under one shared draw.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    /// Which cluster.
    pub cluster: usize,
    /// Which shared draw.
    pub draw: usize,
    /// What is counted, such as perturbed errors.
    pub numerator: f64,
    /// What it is relative to, such as clean errors.
    pub denominator: f64,
}

/// A ratio of sums with its variance taken apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CrossedRatio {
    /// The estimate; NaN if the denominators sum to zero.
    pub ratio: f64,
    /// Variance by cluster.
    pub cluster_variance: f64,
    /// Variance by draw.
    pub draw_variance: f64,
    /// Variance by cell, counted in both.
    pub cell_variance: f64,
    /// sqrt(cluster + draw - cell), or of the larger of the two if that is not positive.
    pub standard_error: f64,
    /// The smaller number of groups minus 1.
    pub df: usize,
    /// The t interval.
    pub interval: ConfidenceInterval,
}

/// The ratio of sums over `cells` with a variance that knows of clusters and shared draws (Cameron, Gelbach and Miller 2011).
///
/// `None` with fewer than two clusters, fewer than [`FEWEST_SHARED_DRAWS`] draws, or a denominator of zero.
pub fn crossed_ratio(cells: &[Cell], confidence: f64) -> Option<CrossedRatio> {
    let denominator: f64 = cells.iter().map(|cell| cell.denominator).sum();
    if denominator == 0.0 {
        return None;
    }

    let ratio = cells.iter().map(|cell| cell.numerator).sum::<f64>() / denominator;
    let residual = |cell: &Cell| (cell.numerator - ratio * cell.denominator) / denominator;
    let by_cluster = grouped(cells.iter().map(|cell| (cell.cluster, residual(cell))));
    let by_draw = grouped(cells.iter().map(|cell| (cell.draw, residual(cell))));
    let by_cell = grouped(
        cells
            .iter()
            .map(|cell| ((cell.cluster, cell.draw), residual(cell))),
    );

    if by_cluster.groups < 2 || by_draw.groups < FEWEST_SHARED_DRAWS {
        return None;
    }

    let joint = by_cluster.variance + by_draw.variance - by_cell.variance;
    let variance = if joint > 0.0 {
        joint
    } else {
        by_cluster.variance.max(by_draw.variance)
    };
    let df = by_cluster.groups.min(by_draw.groups) - 1;
    let standard_error = variance.sqrt();
    let radius = t_ppf(0.5 * (1.0 + confidence), df as f64) * standard_error;

    Some(CrossedRatio {
        ratio,
        cluster_variance: by_cluster.variance,
        draw_variance: by_draw.variance,
        cell_variance: by_cell.variance,
        standard_error,
        df,
        interval: ConfidenceInterval::around(ratio, radius, confidence),
    })
}

/// The variance of a sum of residuals that are independent between groups.
struct Grouped {
    groups: usize,
    variance: f64,
}

fn grouped<Key: Ord>(residuals: impl Iterator<Item = (Key, f64)>) -> Grouped {
    let mut sums: BTreeMap<Key, f64> = BTreeMap::new();
    for (key, residual) in residuals {
        *sums.entry(key).or_default() += residual;
    }

    let groups = sums.len() as f64;
    let squares: f64 = sums.values().map(|sum| sum * sum).sum();
    Grouped {
        groups: sums.len(),
        variance: squares * groups / (groups - 1.0).max(1.0),
    }
}

#[cfg(test)]
mod tests {
    use crate::stats::crossed::{Cell, crossed_ratio};

    fn cells(draw_effect: f64) -> Vec<Cell> {
        let mut cells = Vec::new();
        for cluster in 0..10_u8 {
            for draw in 0..8_u8 {
                let noise = f64::from((cluster * 7 + draw * 3) % 5) - 2.0;
                let numerator = 11.0 + noise + draw_effect * (f64::from(draw) - 3.5);
                cells.push(Cell {
                    cluster: cluster.into(),
                    draw: draw.into(),
                    numerator,
                    denominator: 10.0,
                });
            }
        }

        cells
    }

    #[test]
    fn an_effect_of_the_draw_widens_the_interval() {
        let calm = crossed_ratio(&cells(0.0), 0.9).expect("enough draws");
        let stormy = crossed_ratio(&cells(1.0), 0.9).expect("enough draws");
        assert!(
            stormy.standard_error > 3.0 * calm.standard_error,
            "{calm:?} {stormy:?}"
        );
        assert_eq!(stormy.df, 7);

        // The effect alone: the mean of 8 draws with variance 6 (n - 1), per denominator of 10.
        assert!(
            (stormy.standard_error - (6.0_f64 / 8.0).sqrt() / 10.0).abs() < 0.01,
            "{stormy:?}"
        );
    }

    #[test]
    fn five_shared_draws_support_no_population_claim() {
        let few: Vec<Cell> = cells(1.0)
            .into_iter()
            .filter(|cell| cell.draw < 5)
            .collect();
        assert!(crossed_ratio(&few, 0.9).is_none());
    }
}
