//! Figures of one contender relative to another: reductions of errors, and the NPRR of one over the
//! other's.

use crate::check::compare::strategy::{Strategy, cells};
use crate::check::judge::levels::{CONFIDENCE, GATE_CONFIDENCE};
use crate::stats::crossed::{Seed, crossed_ratio};
use crate::stats::fieller::Ratio;

/// What a share of errors that are gone can be: no more than all of them.
pub(crate) const GONE: [f64; 2] = [f64::NEG_INFINITY, 1.0];

/// The share of `before`'s errors on the clean lists that is gone in `after`, with a 95 % interval.
pub(crate) fn reduction(after: &Strategy, before: &Strategy) -> Ratio {
    let means = |strategy: &Strategy| {
        let errors = strategy.clean(|sums| sums.picked);
        let share = 1.0 / errors.len() as f64;
        let mean = |seed: &Vec<i64>| -> Vec<f64> {
            seed.iter().map(|errors| share * *errors as f64).collect()
        };
        errors.iter().map(mean).collect::<Vec<Vec<f64>>>()
    };

    crossed_ratio(
        &difference(
            after,
            before,
            scaled(&means(after), [-1.0, 0.0]),
            scaled(&means(before), [1.0, 1.0]),
        ),
        CONFIDENCE,
    )
    .cut(GONE)
}

/// `nprr.rel` of `contender` over that of `full` under the check at `index`, with a 90 % interval.
///
/// The definition is ours: arXiv 2401.10447 measures degradation relative to full fine-tuning, but
/// its formula was not available. Both NPRRs are linearized by seed and cluster, as for the delta
/// method, and Fieller's set is taken of the quotient of the linear parts: it is unbounded where
/// full fine-tuning's NPRR cannot be told from 0.
pub(crate) fn nprr_ref(contender: &Strategy, full: &Strategy, index: usize) -> Ratio {
    crossed_ratio(
        &difference(
            contender,
            full,
            scaled(&nprr_by_cell(contender, index), [1.0, 0.0]),
            scaled(&nprr_by_cell(full, index), [0.0, 1.0]),
        ),
        GATE_CONFIDENCE,
    )
}

/// The cells of two strategies, or the sums of both where they are one and the same: its seeds are
/// drawn once.
fn difference(
    one: &Strategy,
    other: &Strategy,
    cells_of_one: Vec<Seed>,
    cells_of_other: Vec<Seed>,
) -> Vec<Vec<Seed>> {
    if one.label != other.label {
        return vec![cells_of_one, cells_of_other];
    }

    let add = |(a, b): ([f64; 2], [f64; 2])| [a[0] + b[0], a[1] + b[1]];
    let both = cells_of_one.into_iter().zip(cells_of_other);
    let seed = |(one, other): (Seed, Seed)| one.into_iter().zip(other).map(add).collect();
    vec![both.map(seed).collect()]
}

/// Values as a multiple of the numerator and of the denominator.
fn scaled(values: &[Vec<f64>], [y, x]: [f64; 2]) -> Vec<Seed> {
    let seed = |seed: &Vec<f64>| seed.iter().map(|value| [y * value, x * value]).collect();
    values.iter().map(seed).collect()
}

fn nprr_by_cell(strategy: &Strategy, index: usize) -> Vec<Vec<f64>> {
    linearized(&cells(
        &strategy.check(index, |sums| sums.errors.extra()),
        &strategy.check(index, |sums| sums.errors.clean),
    ))
}

/// One value per cell whose sum is the ratio of the sums, and the variance of whose sum is the
/// ratio's linearized variance.
fn linearized(cells: &[Seed]) -> Vec<Vec<f64>> {
    let all = |side: usize| -> f64 { cells.iter().flatten().map(|cell| cell[side]).sum() };
    let ratio = all(0) / all(1);
    let share = ratio / cells.iter().flatten().count() as f64;
    let seed = |seed: &Seed| {
        let values = seed.iter();
        values
            .map(|[y, x]| share + (y - ratio * x) / all(1))
            .collect()
    };
    cells.iter().map(seed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::fieller::ratio_of_sums;

    #[test]
    fn linearized_values_have_the_ratio_and_its_standard_error() {
        let (y, x) = ([3.0, 5.0, 2.0, 7.0, 4.0], [10.0, 11.0, 9.0, 20.0, 8.0]);
        let ratio = ratio_of_sums(&y, &x, 0.9);
        let cells: Seed = y.iter().zip(x).map(|(y, x)| [*y, x]).collect();
        let values = linearized(&[cells]);
        let sum = ratio_of_sums(&values[0], &[0.2; 5], 0.9);
        assert!((sum.ratio - ratio.ratio).abs() < 1e-12);
        assert!((sum.standard_error - ratio.standard_error).abs() < 1e-12);
    }
}
