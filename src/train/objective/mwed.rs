//! Minimum word error distribution: match the list's scores to its errors.
//!
//! The traps of the definition are handled here: lists on which the temperature does not exist have
//! no loss.

use crate::train::objective::{ListLoss, ScoredList, log_softmax};

/// The smallest temperature at which a list is used. Below it the costs of a list are of mixed sign
/// and nearly cancel, or negative, and the loss means nothing.
const LOWEST_TEMPERATURE: f64 = 1e-3;

/// The divergence `KL(D_errors || D_scores)` of `list` (Xu et al., 2022, arXiv 2202.01094).
///
/// The definition is on costs, `c = -(first_pass + weight * second_pass)`:
/// `D_errors = softmax(errors)`, `T = sum c / sum errors`, `D_scores = softmax(c / T)`.
/// Both distributions put their mass on *bad* hypotheses. The loss is not
/// invariant to a constant on the scores, since `T` is not.
///
/// Undefined where no hypothesis has an error, which `T` divides by, or where `T` is too low: the
/// totals are no costs then.
pub fn mwed(list: &ScoredList<'_>) -> Option<ListLoss> {
    let error_sum: f64 = list.errors.iter().sum();
    if error_sum == 0.0 {
        return None;
    }

    let costs: Vec<f64> = list.totals().iter().map(|total| -total).collect();
    let heat = costs.iter().sum::<f64>() / error_sum;
    if heat < LOWEST_TEMPERATURE {
        return None;
    }

    let log_errors = log_softmax(list.errors);
    let log_scores = log_softmax(&costs.iter().map(|cost| cost / heat).collect::<Vec<f64>>());

    let mut loss = 0.0;
    let mut differences = Vec::with_capacity(costs.len());
    for (log_error, log_score) in log_errors.iter().zip(&log_scores) {
        let target = log_error.exp();
        loss += target * (log_error - log_score);
        differences.push(log_score.exp() - target);
    }

    // By the cost: (D_scores - D_errors) / T, and what the cost does through T, which is
    // differentiated like everything else, as the common re-implementation does.
    let by_temperature: f64 = differences
        .iter()
        .zip(&costs)
        .map(|(difference, cost)| difference * cost)
        .sum();
    let through_temperature = by_temperature / (heat * heat * error_sum);

    let gradient = differences
        .iter()
        .map(|difference| -list.weight * (difference / heat - through_temperature))
        .collect();

    Some(ListLoss { loss, gradient })
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::Strategy;
    use proptest::{prop_assert, proptest};

    use crate::train::objective::mwed::mwed;
    use crate::train::objective::testing::{check_close, check_slopes, golden, numbers};
    use crate::train::objective::{ListLoss, ScoredList};

    fn loss_of(first: &[f64], second: &[f64], errors: &[f64], weight: f64) -> Option<ListLoss> {
        mwed(&ScoredList::new(first, second, errors, weight).unwrap())
    }

    #[test]
    fn equals_the_golden_values_with_a_flowing_temperature() {
        let golden = golden();
        let (inputs, case) = (&golden["mwer"], &golden["mwed_detachT_False"]);
        for list in 0..2 {
            let actual = loss_of(
                &numbers(&inputs["sa"][list]),
                &numbers(&inputs["sl"][list]),
                &numbers(&inputs["eps"][list]),
                inputs["beta"].as_f64().unwrap(),
            );
            let mut actual = actual.unwrap();
            check_close(
                &[actual.loss],
                &[case["loss_per_utt"][list].as_f64().unwrap()],
                1e-9,
            );
            actual.scale(0.5);
            check_close(
                &actual.gradient,
                &numbers(&case["grad_sl_of_mean"][list]),
                1e-9,
            );
        }
    }

    #[test]
    fn lists_without_a_temperature_have_no_loss() {
        // No errors; a temperature of 0; one of -2.
        for (first, errors) in [
            ([-1.0, -2.0], [0.0, 0.0]),
            ([-1.0, 1.0], [0.0, 2.0]),
            ([3.0, 1.0], [0.0, 2.0]),
        ] {
            assert_eq!(loss_of(&first, &[0.0; 2], &errors, 1.0), None, "{first:?}");
        }
    }

    #[test]
    fn errors_so_many_that_the_target_underflows_are_finite() {
        let actual = loss_of(&[-1.0, -2.0], &[0.0, 0.0], &[0.0, 2000.0], 1.0).unwrap();
        assert!(actual.loss.is_finite() && actual.gradient.iter().all(|slope| slope.is_finite()));
    }

    fn lists() -> impl Strategy<Value = (Vec<f64>, Vec<f64>, Vec<f64>)> {
        (1_usize..8).prop_flat_map(|n| {
            (
                vec(-20.0..-5.0, n),
                vec(-2.0..2.0, n),
                vec((1_u8..6).prop_map(f64::from), n),
            )
        })
    }

    proptest! {
        #[test]
        fn the_gradient_is_the_slope((first, second, errors) in lists(), weight in 0.0..2.0) {
            let at = |moved: &[f64]| loss_of(&first, moved, &errors, weight).unwrap();
            check_slopes(|moved| at(moved).loss, &second, &at(&second).gradient);
        }

        #[test]
        fn a_divergence_is_never_negative((first, second, errors) in lists()) {
            let actual = loss_of(&first, &second, &errors, 1.0).unwrap();
            prop_assert!(actual.loss >= -1e-12);
        }
    }
}
