//! Minimum word error rate: the expected number of errors of the list.
//!
//! The errors enter centered, and as counts. Turning transcripts into counts is
//! not done here, nor are other objectives mixed in.

use crate::train::objective::{ListLoss, ScoredList, softmax};

/// The expected word errors of `list` under the softmax of its totals, less the
/// plain mean of its word errors (Prabhavalkar et al., 2018).
///
/// With `P = softmax(first_pass + weight * second_pass)` and `d = errors - mean(errors)`
/// the loss is `sum P d` and the gradient is `weight * P * (d - loss)`. The mean
/// only centers the value: adding a constant to all errors changes neither. A list
/// of one hypothesis, or of equally bad ones, has exactly zero loss and gradient.
#[expect(clippy::float_cmp, reason = "errors that differ at all are not equal")]
pub fn mwer(list: &ScoredList<'_>) -> ListLoss {
    if list.errors.iter().all(|&count| count == list.errors[0]) {
        return ListLoss::zero(list.hypotheses());
    }

    let probabilities = softmax(&list.totals());
    let mean = list.errors.iter().sum::<f64>() / list.errors.len() as f64;
    let loss: f64 = probabilities
        .iter()
        .zip(list.errors)
        .map(|(p, count)| p * (count - mean))
        .sum();
    let gradient = probabilities
        .iter()
        .zip(list.errors)
        .map(|(p, count)| list.weight * p * (count - mean - loss))
        .collect();

    ListLoss { loss, gradient }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::Strategy;
    use proptest::{prop_assert, proptest};

    use crate::train::objective::mwer::mwer;
    use crate::train::objective::testing::{check_close, check_slopes, golden, numbers};
    use crate::train::objective::{ListLoss, ScoredList};

    fn loss_of(first: &[f64], second: &[f64], errors: &[f64], weight: f64) -> ListLoss {
        mwer(&ScoredList::new(first, second, errors, weight).unwrap())
    }

    #[test]
    fn equals_torch_on_six_random_lists() {
        // Computed with torch 2.15 autograd in float64 when the adapters of this folder were made.
        let cases: serde_json::Value = serde_json::from_str(include_str!(
            "../../../fixtures/reference/hf-peft/mwer.json"
        ))
        .unwrap();
        let cases = cases.as_array().unwrap();
        assert_eq!(cases.len(), 6);
        for case in cases {
            let column = |name: &str| numbers(&case[name]);
            let actual = loss_of(
                &column("first_pass"),
                &column("lm"),
                &column("errors"),
                case["beta"].as_f64().unwrap(),
            );
            check_close(&[actual.loss], &[case["loss"].as_f64().unwrap()], 1e-9);
            check_close(&actual.gradient, &column("grad_lm"), 1e-9);
        }
    }

    #[test]
    fn equals_the_golden_values_in_float64() {
        let golden = golden();
        let case = &golden["mwer"];
        let lists = case["sa"].as_array().unwrap().len();
        for list in 0..lists {
            let mut actual = loss_of(
                &numbers(&case["sa"][list]),
                &numbers(&case["sl"][list]),
                &numbers(&case["eps"][list]),
                case["beta"].as_f64().unwrap(),
            );
            check_close(
                &[actual.loss],
                &[case["loss_per_utt"][list].as_f64().unwrap()],
                1e-9,
            );
            actual.scale(1.0 / lists as f64);
            check_close(
                &actual.gradient,
                &numbers(&case["grad_sl_of_mean"][list]),
                1e-9,
            );
        }
    }

    #[test]
    fn one_hypothesis_or_equal_errors_teach_exactly_nothing() {
        assert_eq!(loss_of(&[-3.0], &[0.2], &[4.0], 1.0), ListLoss::zero(1));
        let third = 1.0 / 3.0;
        let same = loss_of(&[-3.0, -4.0, -1.0], &[0.2, 0.5, 9.0], &[third; 3], 1.0);
        assert_eq!(same, ListLoss::zero(3));
    }

    #[test]
    fn huge_scores_do_not_overflow() {
        let actual = loss_of(&[-1e5, -2e5], &[0.0, 0.0], &[0.0, 2.0], 1.0);
        assert_eq!(
            actual,
            ListLoss {
                loss: -1.0,
                gradient: vec![0.0, 0.0]
            }
        );
    }

    fn lists() -> impl Strategy<Value = (Vec<f64>, Vec<f64>, Vec<f64>)> {
        (1_usize..8).prop_flat_map(|n| {
            (
                vec(-20.0..0.0, n),
                vec(-5.0..5.0, n),
                vec((0_u8..6).prop_map(f64::from), n),
            )
        })
    }

    proptest! {
        #[test]
        fn the_gradient_is_the_slope((first, second, errors) in lists(), weight in 0.0..2.0) {
            let gradient = loss_of(&first, &second, &errors, weight).gradient;
            check_slopes(|moved| loss_of(&first, moved, &errors, weight).loss, &second, &gradient);
        }

        #[test]
        fn constants_on_errors_or_scores_change_nothing(
            (first, second, errors) in lists(),
            constant in 0.0..10.0,
        ) {
            let plain = loss_of(&first, &second, &errors, 0.7);
            let worse: Vec<f64> = errors.iter().map(|count| count + constant).collect();
            let louder: Vec<f64> = first.iter().map(|score| score - constant).collect();
            for other in [
                loss_of(&first, &second, &worse, 0.7),
                loss_of(&louder, &second, &errors, 0.7),
            ] {
                prop_assert!((plain.loss - other.loss).abs() < 1e-10);
                for (a, b) in plain.gradient.iter().zip(&other.gradient) {
                    prop_assert!((a - b).abs() < 1e-10);
                }
            }
        }

        #[test]
        fn the_gradient_sums_to_zero((first, second, errors) in lists()) {
            let gradient = loss_of(&first, &second, &errors, 1.0).gradient;
            prop_assert!(gradient.iter().sum::<f64>().abs() < 1e-12);
        }
    }
}
