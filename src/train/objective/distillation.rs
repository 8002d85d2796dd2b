//! Distillation of a masked language model into the scoring head.
//!
//! The targets are pseudo-log-likelihoods that somebody else computed; no model
//! is run here.

use crate::train::objective::ListLoss;

/// The squared distance of the second-pass scores from their targets, summed
/// over the list.
///
/// `targets` are pseudo-log-likelihoods: for each hypothesis the sum over its
/// tokens of the log-probability that a masked language model gives the token in
/// its place (Salazar et al., 2020, arXiv 1910.14659). A sum, not a mean, as in
/// `RescoreBERT`; there its factor beside a discriminative loss is 1e-4.
///
/// # Panics
///
/// If the two slices are not equally long.
pub fn mlm_distillation(second_pass: &[f64], targets: &[f64]) -> ListLoss {
    assert_eq!(
        second_pass.len(),
        targets.len(),
        "one target for each score"
    );

    let mut total = ListLoss::zero(second_pass.len());
    for (index, (score, target)) in second_pass.iter().zip(targets).enumerate() {
        let distance = score - target;
        total.loss += distance * distance;
        total.gradient[index] = 2.0 * distance;
    }

    total
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::proptest;

    use crate::train::objective::ListLoss;
    use crate::train::objective::distillation::mlm_distillation;
    use crate::train::objective::testing::check_slopes;

    #[test]
    fn the_squares_are_summed_not_averaged() {
        let actual = mlm_distillation(&[-10.0, -20.0], &[-13.0, -19.0]);
        assert_eq!(
            actual,
            ListLoss {
                loss: 10.0,
                gradient: vec![6.0, -2.0]
            }
        );
    }

    proptest! {
        #[test]
        fn the_gradient_is_the_slope(second in vec(-3.0..3.0, 0..6)) {
            let targets = vec![0.5; second.len()];
            let gradient = mlm_distillation(&second, &targets).gradient;
            check_slopes(|moved| mlm_distillation(moved, &targets).loss, &second, &gradient);
        }
    }
}
