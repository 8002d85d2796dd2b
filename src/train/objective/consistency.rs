//! Consistency: a list and its perturbed version should be scored alike.
//!
//! Which lists are perturbed, and how, is the training plan's business.

use crate::train::objective::log_softmax;

/// A consistency term and its slopes on both versions of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct ConsistencyLoss {
    /// The value, never negative but for rounding.
    pub loss: f64,
    /// The derivative by each second-pass score of the clean list.
    pub clean: Vec<f64>,
    /// The derivative by each second-pass score of the perturbed list.
    pub perturbed: Vec<f64>,
}

/// The mean squared difference between the scores of a hypothesis and of its
/// perturbed text.
///
/// # Panics
///
/// If the two slices are not equally long.
pub fn score_consistency(clean: &[f64], perturbed: &[f64]) -> ConsistencyLoss {
    assert_eq!(clean.len(), perturbed.len(), "versions of one list");
    let count = clean.len().max(1) as f64;
    let differences: Vec<f64> = clean.iter().zip(perturbed).map(|(c, p)| c - p).collect();

    ConsistencyLoss {
        loss: differences
            .iter()
            .map(|difference| difference * difference)
            .sum::<f64>()
            / count,
        clean: differences
            .iter()
            .map(|difference| 2.0 * difference / count)
            .collect(),
        perturbed: differences
            .iter()
            .map(|difference| -2.0 * difference / count)
            .collect(),
    }
}

/// The divergence `KL(P || Q)` of the distributions over one list, `P` from its
/// clean and `Q` from its perturbed version, `softmax(first_pass + weight * second_pass)` each.
///
/// First-pass scores are the same for both, as a perturbation does not touch them.
///
/// # Panics
///
/// If the slices are empty or not equally long.
pub fn ranking_consistency(
    first_pass: &[f64],
    clean: &[f64],
    perturbed: &[f64],
    weight: f64,
) -> ConsistencyLoss {
    assert!(!first_pass.is_empty(), "a list has a hypothesis");
    assert_eq!(
        first_pass.len(),
        clean.len(),
        "one clean score for each hypothesis"
    );
    assert_eq!(
        first_pass.len(),
        perturbed.len(),
        "one perturbed score for each hypothesis"
    );

    let log_distribution = |second_pass: &[f64]| {
        let totals: Vec<f64> = first_pass
            .iter()
            .zip(second_pass)
            .map(|(first, second)| first + weight * second)
            .collect();
        log_softmax(&totals)
    };

    let (log_p, log_q) = (log_distribution(clean), log_distribution(perturbed));
    let ratios: Vec<f64> = log_p.iter().zip(&log_q).map(|(p, q)| p - q).collect();
    let loss: f64 = log_p
        .iter()
        .zip(&ratios)
        .map(|(p, ratio)| p.exp() * ratio)
        .sum();

    ConsistencyLoss {
        loss,
        clean: log_p
            .iter()
            .zip(&ratios)
            .map(|(p, ratio)| weight * p.exp() * (ratio - loss))
            .collect(),
        perturbed: log_p
            .iter()
            .zip(&log_q)
            .map(|(p, q)| weight * (q.exp() - p.exp()))
            .collect(),
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "equal by construction, not by luck")]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::Strategy;
    use proptest::{prop_assert, proptest};

    use crate::train::objective::consistency::{ranking_consistency, score_consistency};
    use crate::train::objective::testing::check_slopes;

    #[test]
    fn equal_scores_are_consistent() {
        assert_eq!(score_consistency(&[1.0, 2.0], &[1.0, 2.0]).loss, 0.0);
        let ranking = ranking_consistency(&[-1.0, -2.0], &[1.0, 2.0], &[1.0, 2.0], 0.5);
        assert_eq!((ranking.loss, ranking.clean), (0.0, vec![0.0, 0.0]));
    }

    fn versions() -> impl Strategy<Value = (Vec<f64>, Vec<f64>, Vec<f64>)> {
        (1_usize..7).prop_flat_map(|n| (vec(-5.0..0.0, n), vec(-3.0..3.0, n), vec(-3.0..3.0, n)))
    }

    proptest! {
        #[test]
        fn score_gradients_are_the_slopes((_, clean, perturbed) in versions()) {
            let actual = score_consistency(&clean, &perturbed);
            check_slopes(|moved| score_consistency(moved, &perturbed).loss, &clean, &actual.clean);
            check_slopes(
                |moved| score_consistency(&clean, moved).loss,
                &perturbed,
                &actual.perturbed,
            );
        }

        #[test]
        fn ranking_gradients_are_the_slopes((first, clean, perturbed) in versions()) {
            let actual = ranking_consistency(&first, &clean, &perturbed, 0.8);
            prop_assert!(actual.loss > -1e-12);

            check_slopes(
                |moved| ranking_consistency(&first, moved, &perturbed, 0.8).loss,
                &clean,
                &actual.clean,
            );
            check_slopes(
                |moved| ranking_consistency(&first, &clean, moved, 0.8).loss,
                &perturbed,
                &actual.perturbed,
            );
        }
    }
}
