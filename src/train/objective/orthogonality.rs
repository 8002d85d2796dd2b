//! The orthogonality regularizer of the SVD form: the left and the right
//! directions of an update should be orthonormal.
//!
//! The diagonal between them is not regularized, and its pruning is in
//! [`allocation`](mod@crate::train::allocation).

/// Directions of one factor: `count` vectors of `width` values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Directions<'a> {
    /// The values, row after row.
    pub values: &'a [f64],
    /// How many directions there are; may be zero.
    pub count: usize,
    /// Whether a direction is a row or a column of `values`.
    pub layout: DirectionLayout,
}

/// How directions lie in a matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DirectionLayout {
    /// Each row is a direction, as in PEFT's `lora_A`, `[rank, in]`.
    Rows,
    /// Each column is a direction, as in PEFT's `lora_B`, `[out, rank]`.
    Columns,
}

/// The regularizer of several factors, and its slopes.
#[derive(Debug, Clone, PartialEq)]
pub struct OrthogonalityLoss {
    /// The mean over the factors of `||G - I||` (Frobenius, *not* squared), `G` the
    /// inner products of a factor's directions.
    pub loss: f64,
    /// For each factor the derivative of `loss` by its values, laid out like them.
    pub gradients: Vec<Vec<f64>>,
}

/// The orthogonality regularizer of `factors`: all left and all right factors of
/// a model, two for each adapted matrix.
///
/// The norm is not squared, as in the authors' code and in PEFT (the paper writes
/// it squared; arXiv 2303.10512). The gradient of a factor is
/// `2 (A A^T - I) A / ||A A^T - I|| / factors`, and zero where the norm is. No
/// factors, or one without directions: nothing to regularize, loss 0.
///
/// # Panics
///
/// If the values of a factor are not `count` vectors of one width.
pub fn orthogonality(factors: &[Directions<'_>]) -> OrthogonalityLoss {
    let share = 1.0 / factors.len().max(1) as f64;
    let mut loss = 0.0;
    let gradients = factors
        .iter()
        .map(|factor| {
            let (norm, mut gradient) = deviation(factor);
            loss += share * norm;
            for value in &mut gradient {
                *value *= share;
            }
            gradient
        })
        .collect();

    OrthogonalityLoss { loss, gradients }
}

/// `||G - I||` of one factor and its gradient.
fn deviation(factor: &Directions<'_>) -> (f64, Vec<f64>) {
    let Directions {
        values,
        count,
        layout,
    } = *factor;

    let mut gradient = vec![0.0; values.len()];
    if count == 0 {
        assert!(values.is_empty(), "values without directions");
        return (0.0, gradient);
    }

    assert_eq!(values.len() % count, 0, "{count} directions of one width");
    let width = values.len() / count;
    let at = |direction: usize, component: usize| match layout {
        DirectionLayout::Rows => direction * width + component,
        DirectionLayout::Columns => component * count + direction,
    };

    let mut excess = vec![0.0; count * count];
    for i in 0..count {
        for j in 0..=i {
            let product: f64 = (0..width)
                .map(|k| values[at(i, k)] * values[at(j, k)])
                .sum();
            let identity = if i == j { 1.0 } else { 0.0 };
            excess[i * count + j] = product - identity;
            excess[j * count + i] = product - identity;
        }
    }

    let norm = excess.iter().map(|value| value * value).sum::<f64>().sqrt();
    if norm > 0.0 {
        for i in 0..count {
            for j in 0..count {
                let factor = 2.0 * excess[i * count + j] / norm;
                for k in 0..width {
                    gradient[at(i, k)] += factor * values[at(j, k)];
                }
            }
        }
    }

    (norm, gradient)
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "equal by construction, not by luck")]
mod tests {
    use proptest::collection::vec;
    use proptest::proptest;

    use crate::train::objective::orthogonality::{DirectionLayout, Directions, orthogonality};
    use crate::train::objective::testing::{check_close, check_slopes, flattened, golden};

    #[test]
    fn equals_the_golden_values_in_float64() {
        let golden = golden();
        let case = &golden["orth"];
        let (a, b) = (flattened(&case["A"]), flattened(&case["B"]));
        let actual = orthogonality(&[
            Directions {
                values: &a,
                count: 3,
                layout: DirectionLayout::Rows,
            },
            Directions {
                values: &b,
                count: 3,
                layout: DirectionLayout::Columns,
            },
        ]);

        check_close(
            &[actual.loss],
            &[case["value_mean_fro"].as_f64().unwrap()],
            1e-9,
        );
        check_close(&actual.gradients[0], &flattened(&case["gradA"]), 1e-9);
        check_close(&actual.gradients[1], &flattened(&case["gradB"]), 1e-9);
    }

    #[test]
    fn orthonormal_directions_have_neither_loss_nor_slope() {
        let values = [1.0, 0.0, 0.0, 0.0, 0.0, -1.0];
        let rows = Directions {
            values: &values,
            count: 2,
            layout: DirectionLayout::Rows,
        };
        let actual = orthogonality(&[rows]);
        assert_eq!((actual.loss, &actual.gradients[0]), (0.0, &vec![0.0; 6]));
    }

    #[test]
    fn a_pruned_factor_counts_in_the_mean_but_adds_nothing() {
        let one = Directions {
            values: &[2.0],
            count: 1,
            layout: DirectionLayout::Rows,
        };
        let none = Directions {
            values: &[],
            count: 0,
            layout: DirectionLayout::Columns,
        };
        assert_eq!(orthogonality(&[one]).loss, 3.0);

        let both = orthogonality(&[one, none]);
        assert_eq!((both.loss, &both.gradients[1]), (1.5, &vec![]));
        assert_eq!(orthogonality(&[]).loss, 0.0);
    }

    proptest! {
        #[test]
        fn the_gradient_is_the_slope(values in vec(-2.0..2.0, 12)) {
            for layout in [DirectionLayout::Rows, DirectionLayout::Columns] {
                let at = |values: &[f64]| orthogonality(&[Directions { values, count: 3, layout }]);
                check_slopes(|moved| at(moved).loss, &values, &at(&values).gradients[0]);
            }
        }
    }
}
