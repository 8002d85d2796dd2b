//! Training objectives: from the scores of a list to a loss and its gradient.
//!
//! Here live the types that all objectives share: one list with its scores and
//! word errors, and a loss with its gradient. Every objective returns the
//! gradient with respect to the *second-pass scores* (or the representations)
//! in closed form; the training loop sends it into the network by
//! back-propagating `sum(score * gradient)`, the gradient taken as a constant.
//! Nothing here knows tensors, devices, batches or optimizers, and everything
//! is `f64` on the host: a list has ten scores, not ten million.
//!
//! Scores are log-probability-like everywhere: higher is better. The one
//! objective that is defined on costs ([`mwed`](mod@crate::train::objective::mwed))
//! negates inside.

pub mod mwer;

pub mod mwed;

pub mod distillation;

pub mod consistency;

pub mod correlation;

pub mod orthogonality;

/// The value of an objective on one list, and its slope.
#[derive(Debug, Clone, PartialEq)]
pub struct ListLoss {
    /// The value. Its unit is the objective's own.
    pub loss: f64,
    /// The derivative of `loss` by each second-pass score, in list order.
    pub gradient: Vec<f64>,
}

impl ListLoss {
    /// The loss of a list that teaches nothing: zero, with a zero gradient.
    pub fn zero(hypotheses: usize) -> ListLoss {
        ListLoss {
            loss: 0.0,
            gradient: vec![0.0; hypotheses],
        }
    }

    /// Adds `factor` times `other`, as in `L_mwer + lambda L_distillation`.
    ///
    /// # Panics
    ///
    /// If the two are of lists of different lengths.
    pub fn add_scaled(&mut self, other: &ListLoss, factor: f64) {
        assert_eq!(
            self.gradient.len(),
            other.gradient.len(),
            "losses of different lists"
        );
        self.loss += factor * other.loss;
        for (sum, slope) in self.gradient.iter_mut().zip(&other.gradient) {
            *sum += factor * slope;
        }
    }

    /// Multiplies value and gradient by `factor`, as in a mean over a batch.
    pub fn scale(&mut self, factor: f64) {
        self.loss *= factor;
        for slope in &mut self.gradient {
            *slope *= factor;
        }
    }
}

/// One n-best list as an objective sees it.
///
/// Invariants: at least one hypothesis, all three columns equally long, every
/// score finite, every error count finite and not negative, the weight finite
/// and not negative.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScoredList<'a> {
    first_pass: &'a [f64],
    second_pass: &'a [f64],
    errors: &'a [f64],
    weight: f64,
}

impl<'a> ScoredList<'a> {
    /// Puts the columns of a list together.
    ///
    /// `first_pass` and `second_pass` are scores (higher is better), `errors` are
    /// word edit distances to the reference (or rates), and `weight` is the
    /// interpolation weight: `total = first_pass + weight * second_pass`.
    pub fn new(
        first_pass: &'a [f64],
        second_pass: &'a [f64],
        errors: &'a [f64],
        weight: f64,
    ) -> Result<ScoredList<'a>, InvalidList> {
        if first_pass.is_empty() {
            return Err(InvalidList::Empty);
        }

        let columns = [
            (Column::FirstPass, first_pass),
            (Column::SecondPass, second_pass),
            (Column::Errors, errors),
        ];

        for (column, values) in columns {
            if values.len() != first_pass.len() {
                return Err(InvalidList::Length {
                    column,
                    length: values.len(),
                    expected: first_pass.len(),
                });
            }
            if let Some(index) = values.iter().position(|value| !value.is_finite()) {
                return Err(InvalidList::NotFinite {
                    column,
                    index,
                    value: values[index],
                });
            }
        }

        if let Some(index) = errors.iter().position(|&count| count < 0.0) {
            return Err(InvalidList::NegativeErrors {
                index,
                value: errors[index],
            });
        }

        if !weight.is_finite() || weight < 0.0 {
            return Err(InvalidList::Weight { value: weight });
        }

        Ok(ScoredList {
            first_pass,
            second_pass,
            errors,
            weight,
        })
    }

    /// How many hypotheses there are: one or more.
    pub fn hypotheses(&self) -> usize {
        self.errors.len()
    }

    /// The combined scores, `first_pass + weight * second_pass`.
    fn totals(&self) -> Vec<f64> {
        self.first_pass
            .iter()
            .zip(self.second_pass)
            .map(|(first, second)| first + self.weight * second)
            .collect()
    }
}

/// A column of a [`ScoredList`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// The recogniser's scores.
    FirstPass,
    /// The rescorer's scores.
    SecondPass,
    /// The word errors.
    Errors,
}

impl std::fmt::Display for Column {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Column::FirstPass => "first-pass scores",
            Column::SecondPass => "second-pass scores",
            Column::Errors => "word errors",
        })
    }
}

/// Why columns are not a list that an objective can take.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum InvalidList {
    /// There is no hypothesis.
    #[error("a list without hypotheses has no loss")]
    Empty,
    /// The columns are not equally long.
    #[error("{length} {column} for {expected} hypotheses")]
    Length {
        /// The column that differs from the first-pass scores.
        column: Column,
        /// Its length.
        length: usize,
        /// The number of first-pass scores.
        expected: usize,
    },
    /// A value is NaN or infinite. In the second pass this is training that diverged.
    #[error(
        "the {column} hold {value} for hypothesis {index}; if the model made it, lower the \
            learning rate"
    )]
    NotFinite {
        /// The column.
        column: Column,
        /// The hypothesis, counted from 0.
        index: usize,
        /// The value.
        value: f64,
    },
    /// A hypothesis has fewer than no errors.
    #[error("the word errors hold {value} for hypothesis {index}; they cannot be negative")]
    NegativeErrors {
        /// The hypothesis, counted from 0.
        index: usize,
        /// The value.
        value: f64,
    },
    /// The interpolation weight is NaN, infinite or negative.
    #[error("the interpolation weight is {value}; it must be a number that is not negative")]
    Weight {
        /// The value.
        value: f64,
    },
}

/// The logarithms of the softmax of `logits`, which must not be empty.
///
/// The largest logit is subtracted first, so scores of any size are fine.
fn log_softmax(logits: &[f64]) -> Vec<f64> {
    let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = logits.iter().map(|logit| (logit - largest).exp()).sum();
    // Not minus (largest + ln sum): of large scores that would round the logarithm away.
    let log_sum = sum.ln();
    logits
        .iter()
        .map(|logit| (logit - largest) - log_sum)
        .collect()
}

/// The softmax of `logits`, which must not be empty: positive, summing to one.
fn softmax(logits: &[f64]) -> Vec<f64> {
    log_softmax(logits).into_iter().map(f64::exp).collect()
}

/// What the tests of all objectives share: the reference file, and finite differences.
#[cfg(test)]
pub(crate) mod testing {
    /// Values and gradients in float64, computed with torch 2.15 outside this crate.
    pub(crate) fn golden() -> serde_json::Value {
        serde_json::from_str(include_str!(
            "../../../fixtures/reference/golden/losses_and_adalora.json"
        ))
        .expect("the fixture is JSON")
    }

    /// A JSON array of numbers.
    pub(crate) fn numbers(value: &serde_json::Value) -> Vec<f64> {
        value
            .as_array()
            .unwrap()
            .iter()
            .map(|number| number.as_f64().unwrap())
            .collect()
    }

    /// A JSON array of arrays of numbers, row after row.
    pub(crate) fn flattened(value: &serde_json::Value) -> Vec<f64> {
        value.as_array().unwrap().iter().flat_map(numbers).collect()
    }

    #[track_caller]
    pub(crate) fn check_close(actual: &[f64], expected: &[f64], relative: f64) {
        assert_eq!(actual.len(), expected.len());
        for (index, (a, e)) in actual.iter().zip(expected).enumerate() {
            let allowed = relative * e.abs().max(1e-6);
            assert!(
                (a - e).abs() <= allowed,
                "at {index}: {a}, expected {e} within {allowed}"
            );
        }
    }

    /// Compares `gradient` with central differences of `loss` around `point`.
    #[track_caller]
    pub(crate) fn check_slopes(loss: impl Fn(&[f64]) -> f64, point: &[f64], gradient: &[f64]) {
        assert_eq!(point.len(), gradient.len());
        let step = 1e-5;
        for index in 0..point.len() {
            let mut moved = point.to_vec();
            moved[index] = point[index] + step;
            let above = loss(&moved);
            moved[index] = point[index] - step;
            let below = loss(&moved);
            let slope = (above - below) / (2.0 * step);

            let allowed = 1e-5 * (1.0 + slope.abs());
            assert!(
                (slope - gradient[index]).abs() < allowed,
                "at {index}: gradient {}, difference quotient {slope}",
                gradient[index],
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::train::objective::{InvalidList, ListLoss, ScoredList, softmax};

    #[track_caller]
    fn check_refused(first: &[f64], second: &[f64], errors: &[f64], weight: f64, message: &str) {
        let error = ScoredList::new(first, second, errors, weight).unwrap_err();
        assert_eq!(error.to_string(), message);
    }

    #[test]
    fn lists_that_have_no_loss_are_refused_with_the_reason() {
        check_refused(&[], &[], &[], 1.0, "a list without hypotheses has no loss");
        check_refused(
            &[0.0],
            &[0.0, 1.0],
            &[0.0],
            1.0,
            "2 second-pass scores for 1 hypotheses",
        );
        check_refused(&[0.0], &[0.0], &[], 1.0, "0 word errors for 1 hypotheses");
        check_refused(
            &[0.0, 1.0],
            &[0.0, f64::NAN],
            &[0.0, 1.0],
            1.0,
            "the second-pass scores hold NaN for hypothesis 1; if the model made it, lower the \
                learning rate",
        );
        check_refused(
            &[0.0],
            &[0.0],
            &[-1.0],
            1.0,
            "the word errors hold -1 for hypothesis 0; they cannot be negative",
        );

        let error = ScoredList::new(&[0.0], &[0.0], &[0.0], -0.5).unwrap_err();
        assert_eq!(error, InvalidList::Weight { value: -0.5 });
    }

    #[test]
    fn softmax_takes_scores_of_any_size() {
        assert_eq!(softmax(&[-1e6, -1e6]), [0.5, 0.5]);
        assert_eq!(softmax(&[1e6, 0.0]), [1.0, 0.0]);
    }

    #[test]
    fn objectives_add_up() {
        let mut total = ListLoss {
            loss: 1.0,
            gradient: vec![1.0, -1.0],
        };

        total.add_scaled(
            &ListLoss {
                loss: 10.0,
                gradient: vec![2.0, 4.0],
            },
            0.5,
        );
        total.scale(2.0);
        assert_eq!(
            total,
            ListLoss {
                loss: 12.0,
                gradient: vec![4.0, 2.0]
            }
        );
        total.add_scaled(&ListLoss::zero(2), 7.0);
        assert_eq!(total.gradient, [4.0, 2.0]);
    }
}
