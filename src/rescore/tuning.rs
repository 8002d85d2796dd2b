//! How first and second pass are weighed, chosen on lists with known errors.
//!
//! Numbers only: scores come from wherever they come from. Training looks among weights
//! [`NEAR_ONE`] every time it is at its development lists; a model that came from elsewhere is
//! tuned once, over a [`wide`] grid.

use crate::rescore::interpolation::Interpolation;

/// A list as far as the choice of a hypothesis goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WeighedList<'a> {
    /// First-pass scores, as they are in the file.
    pub(crate) first_pass: &'a [f64],
    /// Second-pass scores.
    pub(crate) second_pass: &'a [f64],
    /// Word errors of each hypothesis.
    pub(crate) errors: &'a [f64],
}

/// The weights for a model that was trained with weight 1: that first, then others by their
/// distance from it.
// Training alone looks among these.
#[cfg(any(feature = "bert", test))]
pub(crate) const NEAR_ONE: [f64; 17] = [
    1.0, 0.9, 1.15, 0.8, 1.3, 0.7, 1.5, 0.6, 1.75, 0.5, 2.0, 0.4, 2.5, 0.3, 3.0, 0.2, 0.1,
];

/// The weights for a model whose scores may be of any size: 0, then powers of `2^(1/4)`, smaller
/// ones first.
pub(crate) fn wide() -> impl Iterator<Item = f64> {
    std::iter::once(0.0).chain(powers())
}

/// The largest of what is tried as a scale, or as one of the [`wide`] weights; the smallest is one
/// over it.
pub(crate) const LARGEST: f64 = 1024.0;

/// Whether a scale or a weight is at an end of what is tried, or beyond.
pub(crate) fn is_at_end(number: f64) -> bool {
    number >= LARGEST || number <= 1.0 / LARGEST
}

/// Powers of `2^(1/4)` from 1/1024 to 1024.
fn powers() -> impl Iterator<Item = f64> {
    (-40..=40_i32).map(|exponent| (f64::from(exponent) / 4.0).exp2())
}

/// The weight of `weights` with the fewest word errors, and these; ties go to the one that comes
/// first.
pub(crate) fn tune_weight(
    lists: &[WeighedList<'_>],
    first_pass_scale: f64,
    weights: impl IntoIterator<Item = f64>,
) -> (f64, f64) {
    let mut best = (1.0, f64::INFINITY);
    for weight in weights {
        let interpolation = Interpolation {
            first_pass_scale,
            weight,
        };
        let errors = word_errors(lists, interpolation);
        if errors < best.1 {
            best = (weight, errors);
        }
    }

    best
}

/// The word errors of the hypotheses with the largest totals; ties go to the earlier one.
fn word_errors(lists: &[WeighedList<'_>], interpolation: Interpolation) -> f64 {
    lists
        .iter()
        .map(|list| {
            let mut best = (f64::NEG_INFINITY, 0.0);
            for ((first, second), errors) in list
                .first_pass
                .iter()
                .zip(list.second_pass)
                .zip(list.errors)
            {
                let total = interpolation.total(*first, *second);
                if total > best.0 {
                    best = (total, *errors);
                }
            }

            best.1
        })
        .sum()
}

/// The scale of first-pass scores under which `softmax(scale * score)` gives the
/// hypotheses with the fewest errors the largest likelihood.
///
/// The log-likelihood of the best hypotheses (all of them, where several have
/// as few errors) is summed over the lists whose hypotheses differ in errors, and
/// maximized over a grid of powers of `2^(1/4)` from 1/1024 to 1024 ([`LARGEST`]). Recognizers
/// multiply acoustic log-likelihoods by all sorts of constants: this undoes it. 1 where
/// no list says anything.
#[expect(
    clippy::needless_pass_by_value,
    reason = "an iterator that is cloned for every scale"
)]
pub(crate) fn estimate_scale<'a>(
    lists: impl Iterator<Item = (&'a [f64], &'a [f64])> + Clone,
) -> f64 {
    let mut best = (1.0, f64::NEG_INFINITY);
    for scale in powers() {
        let mut likelihood = 0.0;
        let mut any = false;
        for (scores, errors) in lists.clone() {
            let fewest = errors.iter().copied().fold(f64::INFINITY, f64::min);
            if errors.iter().all(|count| *count <= fewest) {
                continue;
            }
            any = true;
            let top = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let mass = |score: f64| (scale * (score - top)).exp();
            let all: f64 = scores.iter().map(|score| mass(*score)).sum();
            let good: f64 = scores
                .iter()
                .zip(errors)
                .filter(|(_, count)| **count <= fewest)
                .map(|(score, _)| mass(*score))
                .sum();
            likelihood += (good / all).max(f64::MIN_POSITIVE).ln();
        }
        if any && likelihood > best.1 {
            best = (scale, likelihood);
        }
    }

    best.0
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: [f64; 2] = [-10.0, -20.0];
    const ERRORS: [f64; 2] = [3.0, 1.0];

    #[track_caller]
    fn check_weight(second_pass: [f64; 2], expected: (f64, f64)) {
        let list = WeighedList {
            first_pass: &FIRST,
            second_pass: &second_pass,
            errors: &ERRORS,
        };
        assert_eq!(tune_weight(&[list], 0.1, NEAR_ONE), expected);
    }

    #[test]
    fn ties_in_the_wide_grid_go_to_the_smaller_weight() {
        let list = |second_pass| WeighedList {
            first_pass: &FIRST,
            second_pass,
            errors: &ERRORS,
        };
        // A total of -1 against -2 + 1000 weight: 2^(-9.75) is the first power above a thousandth.
        let tuned = tune_weight(&[list(&[0.0, 1000.0])], 0.1, wide());
        assert_eq!(tuned, ((-9.75_f64).exp2(), 1.0));
        assert_eq!(tune_weight(&[list(&[1.0, 0.0])], 0.1, wide()), (0.0, 3.0));
        assert_eq!(wide().last(), Some(LARGEST));
    }

    #[test]
    fn the_weight_with_the_fewest_errors_nearest_to_one_is_chosen() {
        check_weight([0.0, 5.0], (1.0, 1.0));
        // A total of -1 against -2 + 0.6 weight: 1.75 is the first that turns it.
        check_weight([0.0, 0.6], (1.75, 1.0));
        check_weight([9.0, 0.0], (1.0, 3.0));
    }

    #[test]
    fn the_scale_is_found_where_the_likelihood_is_largest() {
        // Two of three lists are right: softmax at a difference of ln 2, so a scale of ln 2 / 10.
        let right: (&[f64], &[f64]) = (&[0.0, -10.0], &[0.0, 1.0]);
        let wrong: (&[f64], &[f64]) = (&[0.0, -10.0], &[1.0, 0.0]);
        let silent: (&[f64], &[f64]) = (&[0.0, -10.0], &[2.0, 2.0]);
        let scale = estimate_scale([right, right, wrong, silent].into_iter());

        assert!(
            (scale / (2.0_f64.ln() / 10.0)).log2().abs() <= 0.13,
            "{scale}"
        );
        assert!((estimate_scale([silent].into_iter()) - 1.0).abs() < 1e-12);
    }
}
