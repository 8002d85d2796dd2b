//! Minimum word error distribution: match the list's scores to its errors.
//!
//! The traps of the definition are handled here: lists on which the temperature
//! does not exist are skipped, with a reason the caller can count.

use crate::train::objective::{ListLoss, ScoredList, log_softmax};

/// How the temperature of the score distribution is treated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Temperature {
    /// Whether the gradient flows through it.
    pub gradient: TemperatureGradient,
    /// The smallest temperature at which a list is used, positive. Below it the
    /// costs of a list are of mixed sign and nearly cancel, or negative, and the
    /// loss means nothing.
    pub minimum: f64,
}

/// Whether the temperature is a function of the scores or a constant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TemperatureGradient {
    /// It is differentiated like everything else, as the common re-implementation does.
    Flows,
    /// It is a constant: its own derivative is left out.
    Detached,
}

/// What MWED makes of a list.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// A loss.
    Loss(ListLoss),
    /// The loss is undefined on this list: leave it out, and count it.
    Skipped(SkipReason),
}

/// Why MWED is undefined on a list.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SkipReason {
    /// No hypothesis has an error, and the temperature divides by their sum.
    NoErrors,
    /// The temperature is below the minimum: the totals are not costs.
    LowTemperature {
        /// The temperature of the list.
        temperature: f64,
    },
}

/// The divergence `KL(D_errors || D_scores)` of `list` (Xu et al., 2022, arXiv 2202.01094).
///
/// The definition is on costs, `c = -(first_pass + weight * second_pass)`:
/// `D_errors = softmax(errors)`, `T = sum c / sum errors`, `D_scores = softmax(c / T)`.
/// Both distributions put their mass on *bad* hypotheses. The loss is not
/// invariant to a constant on the scores, since `T` is not.
///
/// Skipped when no hypothesis has an error, or `T` is below `temperature.minimum`.
pub fn mwed(list: &ScoredList<'_>, temperature: Temperature) -> Outcome {
    let error_sum: f64 = list.errors.iter().sum();
    if error_sum == 0.0 {
        return Outcome::Skipped(SkipReason::NoErrors);
    }

    let costs: Vec<f64> = list.totals().iter().map(|total| -total).collect();
    let heat = costs.iter().sum::<f64>() / error_sum;
    if heat < temperature.minimum {
        return Outcome::Skipped(SkipReason::LowTemperature { temperature: heat });
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

    // By the cost: (D_scores - D_errors) / T, and what the cost does through T.
    let through_temperature = match temperature.gradient {
        TemperatureGradient::Detached => 0.0,
        TemperatureGradient::Flows => {
            let by_temperature: f64 = differences
                .iter()
                .zip(&costs)
                .map(|(difference, cost)| difference * cost)
                .sum();
            by_temperature / (heat * heat * error_sum)
        }
    };

    let gradient = differences
        .iter()
        .map(|difference| -list.weight * (difference / heat - through_temperature))
        .collect();

    Outcome::Loss(ListLoss { loss, gradient })
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::Strategy;
    use proptest::{prop_assert, proptest};

    use crate::train::objective::mwed::{
        Outcome, SkipReason, Temperature, TemperatureGradient, mwed,
    };
    use crate::train::objective::testing::{check_close, check_slopes, golden, numbers};
    use crate::train::objective::{ListLoss, ScoredList};

    fn outcome_of(
        first: &[f64],
        second: &[f64],
        errors: &[f64],
        weight: f64,
        gradient: TemperatureGradient,
    ) -> Outcome {
        let list = ScoredList::new(first, second, errors, weight).unwrap();
        mwed(
            &list,
            Temperature {
                gradient,
                minimum: 1e-3,
            },
        )
    }

    #[track_caller]
    fn loss_of(outcome: Outcome) -> ListLoss {
        match outcome {
            Outcome::Loss(loss) => loss,
            Outcome::Skipped(reason) => panic!("skipped: {reason:?}"),
        }
    }

    #[track_caller]
    fn check_golden(name: &str, gradient: TemperatureGradient) {
        let golden = golden();
        let (inputs, case) = (&golden["mwer"], &golden[name]);
        for list in 0..2 {
            let mut actual = loss_of(outcome_of(
                &numbers(&inputs["sa"][list]),
                &numbers(&inputs["sl"][list]),
                &numbers(&inputs["eps"][list]),
                inputs["beta"].as_f64().unwrap(),
                gradient,
            ));
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
    fn equals_the_golden_values_with_a_flowing_temperature() {
        check_golden("mwed_detachT_False", TemperatureGradient::Flows);
    }

    #[test]
    fn equals_the_golden_values_with_a_detached_temperature() {
        check_golden("mwed_detachT_True", TemperatureGradient::Detached);
    }

    #[track_caller]
    fn check_skipped(first: &[f64], errors: &[f64], reason: SkipReason) {
        let second = vec![0.0; first.len()];
        let outcome = outcome_of(first, &second, errors, 1.0, TemperatureGradient::Flows);
        assert_eq!(outcome, Outcome::Skipped(reason));
    }

    #[test]
    fn lists_without_a_temperature_are_skipped_with_the_reason() {
        check_skipped(&[-1.0, -2.0], &[0.0, 0.0], SkipReason::NoErrors);
        check_skipped(
            &[-1.0, 1.0],
            &[0.0, 2.0],
            SkipReason::LowTemperature { temperature: 0.0 },
        );
        check_skipped(
            &[3.0, 1.0],
            &[0.0, 2.0],
            SkipReason::LowTemperature { temperature: -2.0 },
        );
    }

    #[test]
    fn errors_so_many_that_the_target_underflows_are_finite() {
        let outcome = outcome_of(
            &[-1.0, -2.0],
            &[0.0, 0.0],
            &[0.0, 2000.0],
            1.0,
            TemperatureGradient::Flows,
        );

        let actual = loss_of(outcome);
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
            let at = |moved: &[f64]| {
                loss_of(outcome_of(&first, moved, &errors, weight, TemperatureGradient::Flows))
            };
            check_slopes(|moved| at(moved).loss, &second, &at(&second).gradient);
        }

        #[test]
        fn a_divergence_is_never_negative((first, second, errors) in lists()) {
            let outcome = outcome_of(&first, &second, &errors, 1.0, TemperatureGradient::Detached);
            prop_assert!(loss_of(outcome).loss >= -1e-12);
        }
    }
}
