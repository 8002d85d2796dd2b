//! Effect sizes: how much, beside how certain.

use statrs::function::gamma::ln_gamma;

use crate::stats::clusters::Cluster;

/// Hedges' exact small-sample correction J of a standardized mean difference with `df` degrees of freedom; 0 up to one.
pub fn hedges_correction(df: f64) -> f64 {
    if df <= 1.0 {
        return 0.0;
    }
    (ln_gamma(0.5 * df) - ln_gamma(0.5 * (df - 1.0)) - 0.5 * (0.5 * df).ln()).exp()
}

/// The matched-pairs rank-biserial correlation (W+ - W-) / (W+ + W-); 0 if both are zero.
pub fn rank_biserial(w_plus: f64, w_minus: f64) -> f64 {
    let sum = w_plus + w_minus;
    if sum == 0.0 {
        0.0
    } else {
        (w_plus - w_minus) / sum
    }
}

/// How many clusters got worse, better, or neither.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Direction {
    /// Clusters with more errors under perturbation.
    pub worse: usize,
    /// Clusters with fewer.
    pub better: usize,
    /// Clusters with as many.
    pub equal: usize,
}

/// Counts the clusters by the sign of their extra errors.
pub fn direction(clusters: &[Cluster]) -> Direction {
    let mut direction = Direction::default();
    for cluster in clusters {
        match cluster.extra_errors().signum() {
            1 => direction.worse += 1,
            -1 => direction.better += 1,
            _ => direction.equal += 1,
        }
    }

    direction
}

#[cfg(test)]
mod tests {
    use crate::stats::clusters::Cluster;
    use crate::stats::effect::{Direction, direction, hedges_correction};

    #[test]
    fn clusters_are_counted_by_their_direction() {
        let cluster = |errors_b| Cluster {
            reference_words: 10,
            errors_a: 2,
            errors_b,
        };
        assert_eq!(
            direction(&[cluster(3), cluster(2), cluster(0), cluster(5)]),
            Direction {
                worse: 2,
                better: 1,
                equal: 1
            }
        );
    }

    /// The usual approximation 1 - 3 / (4 df - 1).
    #[test]
    fn the_correction_tends_to_one() {
        assert!((hedges_correction(50.0) - (1.0 - 3.0 / 199.0)).abs() < 1e-4);
        assert!(hedges_correction(1.0).abs() < 1e-15);
    }
}
