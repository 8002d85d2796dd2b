//! Figures of one contender relative to another: reductions of errors, and the NPRR of one over the other's.

use crate::harness::comparison::pooled::Pooled;
use crate::harness::figures::{CONFIDENCE, GATE_CONFIDENCE};
use crate::stats::ratio::{Ratio, ratio_of_sums};

/// The share of `before` that is gone in `after`, both by cluster, with a 95 % interval.
pub fn reduction(after: &[f64], before: &[f64]) -> Ratio {
    let fewer: Vec<f64> = before.iter().zip(after).map(|(b, a)| b - a).collect();
    ratio_of_sums(&fewer, before, CONFIDENCE)
}

/// `nprr.rel` of `contender` over that of `full` under the check at `index`, with a 90 % interval.
///
/// The definition is ours: arXiv 2401.10447 measures degradation relative to full fine-tuning, but its
/// formula was not available. Both NPRRs are linearized by cluster, as for the delta method, and
/// Fieller's set is taken of the quotient of the linear parts: it is unbounded where full
/// fine-tuning's NPRR cannot be told from 0.
pub fn nprr_ref(contender: &Pooled<'_>, full: &Pooled<'_>, index: usize) -> Ratio {
    ratio_of_sums(
        &nprr_by_cluster(contender, index),
        &nprr_by_cluster(full, index),
        GATE_CONFIDENCE,
    )
}

fn nprr_by_cluster(pooled: &Pooled<'_>, index: usize) -> Vec<f64> {
    let sums = pooled.sums(index);
    let extra: Vec<f64> = sums.iter().map(|sums| sums.extra() as f64).collect();
    let clean: Vec<f64> = sums.iter().map(|sums| sums.clean as f64).collect();
    linearized(&extra, &clean)
}

/// One value per cluster whose mean is the ratio of the sums, and the variance of whose mean is
/// the ratio's linearized variance.
fn linearized(numerators: &[f64], denominators: &[f64]) -> Vec<f64> {
    let all: f64 = denominators.iter().sum();
    let ratio = numerators.iter().sum::<f64>() / all;
    let count = numerators.len() as f64;
    numerators
        .iter()
        .zip(denominators)
        .map(|(y, x)| ratio + count * (y - ratio * x) / all)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn linearized_values_have_the_ratio_and_its_standard_error() {
        let (y, x) = ([3.0, 5.0, 2.0, 7.0, 4.0], [10.0, 11.0, 9.0, 20.0, 8.0]);
        let ratio = ratio_of_sums(&y, &x, 0.9);
        let values = linearized(&y, &x);
        let mean = ratio_of_sums(&values, &[1.0; 5], 0.9);
        assert!((mean.ratio - ratio.ratio).abs() < 1e-12);
        assert!((mean.standard_error - ratio.standard_error).abs() < 1e-12);
    }

    #[test]
    fn half_of_the_errors_gone_is_a_reduction_of_a_half() {
        let reduced = reduction(&[1.0, 2.0, 3.0], &[2.0, 4.0, 6.0]);
        assert!((reduced.ratio - 0.5).abs() < 1e-12);
        assert!(reduction(&[3.0, 3.0], &[2.0, 2.0]).ratio < 0.0);
    }
}
