//! The correlation regularizer of `LoRB`: keep the dimensions of the sentence
//! representation uncorrelated over the batch.
//!
//! Which layer's representation is regularized, and the factor, are the training
//! plan's business.

/// The correlation regularizer of one batch, and its slope.
#[derive(Debug, Clone, PartialEq)]
pub struct CorrelationLoss {
    /// `||Sigma - I||` (Frobenius), `Sigma` the Pearson correlations of the dimensions that vary.
    pub loss: f64,
    /// The smallest value that any batch of this size could have: a matrix of
    /// `b` centered rows has rank `b - 1`, so `sqrt(d^2 / (b - 1) - d)` when that is
    /// positive, for `d` varying dimensions. Show the loss less this.
    pub floor: f64,
    /// How many dimensions vary over the batch; the others are left out.
    pub dimensions: usize,
    /// The derivative of `loss` by each value of the batch, row after row.
    pub gradient: Vec<f64>,
}

/// A dimension is constant when its deviations are this small beside its largest
/// value: below what an `f32` can tell apart.
const CONSTANT: f64 = 1e-7;

/// The correlation regularizer of `batch`, whose rows are representations of
/// `dimensions` values each (Yu et al., 2023, arXiv 2309.15223).
///
/// Dimensions that are constant over the batch have no correlation: they are
/// dropped and get a zero gradient. A batch of one row, or without a varying
/// dimension, has loss 0. Since the value depends on the batch size, so does the
/// factor that suits it. Of the correlation matrix and the rows' Gram matrix the
/// smaller is formed, so a batch of 64 rows of 768 costs 64 x 64 x 768, not 768 x 768 x 64.
///
/// # Panics
///
/// If `dimensions` is zero or does not divide the length of `batch`.
pub fn correlation(batch: &[f64], dimensions: usize) -> CorrelationLoss {
    assert!(dimensions > 0, "a representation has a dimension");
    assert_eq!(batch.len() % dimensions, 0, "rows of {dimensions} values");
    let rows = batch.len() / dimensions;
    let mut gradient = vec![0.0; batch.len()];
    let Standardized {
        varying,
        lengths,
        z,
    } = standardize(batch, rows, dimensions);
    let kept = varying.len();

    if kept == 0 {
        return CorrelationLoss {
            loss: 0.0,
            floor: 0.0,
            dimensions: 0,
            gradient,
        };
    }

    // product = Z Sigma, through whichever of Z^T Z and Z Z^T is smaller;
    // ||Sigma - I||^2 = ||Sigma||^2 - d, and ||Sigma|| = ||Z Z^T||.
    let (squared, product) = if rows < kept {
        let gram = row_products(&z, rows, kept);
        let squared = gram.iter().map(|value| value * value).sum::<f64>() - kept as f64;
        (squared, multiply(&gram, &z, rows, rows, kept))
    } else {
        let columns = transpose(&z, rows, kept);
        let sigma = row_products(&columns, kept, rows);
        let off_diagonal = sigma
            .iter()
            .enumerate()
            .filter(|(index, _)| index / kept != index % kept)
            .map(|(_, value)| value * value);
        (
            off_diagonal.sum::<f64>(),
            multiply(&z, &sigma, rows, kept, kept),
        )
    };

    let loss = squared.max(0.0).sqrt();
    if loss > 0.0 {
        for (column, &dimension) in varying.iter().enumerate() {
            let slope = |row: usize| {
                let at = row * kept + column;
                2.0 * (product[at] - z[at]) / loss
            };
            // Through the division by the length, then through the mean.
            let along: f64 = (0..rows)
                .map(|row| slope(row) * z[row * kept + column])
                .sum();
            let mut by_deviation: Vec<f64> = (0..rows)
                .map(|row| (slope(row) - along * z[row * kept + column]) / lengths[column])
                .collect();
            let mean = by_deviation.iter().sum::<f64>() / rows as f64;
            for (row, value) in by_deviation.iter_mut().enumerate() {
                gradient[row * dimensions + dimension] = *value - mean;
            }
        }
    }

    let floor = (kept as f64 * kept as f64 / (rows as f64 - 1.0) - kept as f64)
        .max(0.0)
        .sqrt();

    CorrelationLoss {
        loss,
        floor,
        dimensions: kept,
        gradient,
    }
}

/// A batch with every varying dimension centered and of length one.
struct Standardized {
    /// Which dimensions vary, in order.
    varying: Vec<usize>,
    /// The length of each of them, before division.
    lengths: Vec<f64>,
    /// `[rows, varying]`, row after row.
    z: Vec<f64>,
}

fn standardize(batch: &[f64], rows: usize, dimensions: usize) -> Standardized {
    let mut varying = Vec::new();
    let mut lengths = Vec::new();
    let mut columns = Vec::new();
    for dimension in 0..dimensions {
        let values = || (0..rows).map(|row| batch[row * dimensions + dimension]);
        let mean = values().sum::<f64>() / rows.max(1) as f64;
        let length = values()
            .map(|value| (value - mean) * (value - mean))
            .sum::<f64>()
            .sqrt();
        let largest = values().fold(0.0, |largest: f64, value| largest.max(value.abs()));
        if length > CONSTANT * largest * (rows as f64).sqrt() {
            varying.push(dimension);
            lengths.push(length);
            columns.extend(values().map(|value| (value - mean) / length));
        }
    }

    let z = transpose(&columns, varying.len(), rows);
    Standardized {
        varying,
        lengths,
        z,
    }
}

/// `[rows, columns]` to `[columns, rows]`.
fn transpose(matrix: &[f64], rows: usize, columns: usize) -> Vec<f64> {
    let mut transposed = vec![0.0; matrix.len()];
    for row in 0..rows {
        for column in 0..columns {
            transposed[column * rows + row] = matrix[row * columns + column];
        }
    }
    transposed
}

/// The inner products of the rows of a `[rows, columns]` matrix: `[rows, rows]`.
fn row_products(matrix: &[f64], rows: usize, columns: usize) -> Vec<f64> {
    let row = |index: usize| &matrix[index * columns..(index + 1) * columns];
    let mut products = vec![0.0; rows * rows];
    for i in 0..rows {
        for j in 0..=i {
            let product: f64 = row(i).iter().zip(row(j)).map(|(a, b)| a * b).sum();
            products[i * rows + j] = product;
            products[j * rows + i] = product;
        }
    }

    products
}

/// `[rows, inner]` times `[inner, columns]`.
fn multiply(left: &[f64], right: &[f64], rows: usize, inner: usize, columns: usize) -> Vec<f64> {
    let mut product = vec![0.0; rows * columns];
    for (row, sums) in product.chunks_exact_mut(columns).enumerate() {
        for (k, values) in right.chunks_exact(columns).enumerate() {
            let factor = left[row * inner + k];
            for (sum, value) in sums.iter_mut().zip(values) {
                *sum += factor * value;
            }
        }
    }

    product
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "equal by construction, not by luck")]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::Strategy;
    use proptest::{prop_assert, proptest};

    use crate::train::objective::correlation::correlation;
    use crate::train::objective::testing::{check_close, check_slopes, flattened, golden};

    #[test]
    fn equals_the_golden_values_in_float64() {
        let golden = golden();
        let case = &golden["corr"];
        let actual = correlation(&flattened(&case["H"]), 4);
        check_close(&[actual.loss], &[case["loss_fro"].as_f64().unwrap()], 1e-9);
        check_close(&actual.gradient, &flattened(&case["grad"]), 1e-9);
        assert_eq!((actual.dimensions, actual.floor), (4, 0.0));
    }

    #[test]
    fn constant_dimensions_are_dropped() {
        let plain = correlation(&[1.0, 2.0, 3.0, 1.0, -2.0, 5.0, 0.0, 1.0], 2);
        let padded = correlation(
            &[1.0, 0.1, 2.0, 3.0, 0.1, 1.0, -2.0, 0.1, 5.0, 0.0, 0.1, 1.0],
            3,
        );

        assert_eq!((plain.dimensions, padded.dimensions), (2, 2));
        assert_eq!(plain.loss, padded.loss);
        for row in 0..4 {
            assert_eq!(padded.gradient[3 * row + 1], 0.0);
            assert_eq!(padded.gradient[3 * row + 2], plain.gradient[2 * row + 1]);
        }
    }

    #[test]
    fn a_batch_that_does_not_vary_has_no_loss() {
        for batch in [
            vec![],
            vec![1.0, 2.0, 3.0],
            vec![1.0, 2.0, 3.0, 1.0, 2.0, 3.0],
        ] {
            let actual = correlation(&batch, 3);
            assert_eq!((actual.loss, actual.dimensions), (0.0, 0));
            assert_eq!(actual.gradient, vec![0.0; batch.len()]);
        }
    }

    #[test]
    fn uncorrelated_dimensions_have_no_loss_and_no_slope() {
        let actual = correlation(&[1.0, 1.0, 1.0, -1.0, -1.0, 1.0, -1.0, -1.0], 2);
        assert_eq!((actual.loss, actual.gradient), (0.0, vec![0.0; 8]));
    }

    #[test]
    fn few_rows_have_the_floor_of_their_rank() {
        // 40^2 / 4 - 40 = 360; two rows correlate perfectly, so they are on theirs.
        let batch: Vec<f64> = (0..200_u32).map(|n| f64::from(n * n * 37 % 101)).collect();
        let actual = correlation(&batch, 40);
        assert!((actual.floor - 360_f64.sqrt()).abs() < 1e-12);
        assert!(actual.loss >= actual.floor);

        let two = correlation(&batch[..80], 40);
        assert!(
            (two.loss - two.floor).abs() < 1e-9,
            "{} {}",
            two.loss,
            two.floor
        );
    }

    fn batches() -> impl Strategy<Value = (usize, Vec<f64>)> {
        (3_usize..7, 2_usize..9).prop_flat_map(|(rows, dimensions)| {
            vec(-1.0..1.0, rows * dimensions).prop_map(move |batch| (dimensions, batch))
        })
    }

    proptest! {
        #[test]
        fn the_gradient_is_the_slope((dimensions, mut batch) in batches()) {
            // Keeps every dimension well away from constant, where the slope explodes.
            for (index, value) in batch.iter_mut().enumerate() {
                let row = index / dimensions;
                *value += [4.0, -4.0, 1.0, 2.0, -3.0, 0.0][(row * (1 + index % 3)) % 6];
            }
            let actual = correlation(&batch, dimensions);
            check_slopes(|moved| correlation(moved, dimensions).loss, &batch, &actual.gradient);
        }

        #[test]
        fn scale_and_shift_of_a_dimension_do_not_matter((dimensions, batch) in batches()) {
            let mut other = batch.clone();
            for value in other.iter_mut().step_by(dimensions) {
                *value = 3.0 * *value + 1.0;
            }
            let (a, b) = (correlation(&batch, dimensions), correlation(&other, dimensions));
            prop_assert!((a.loss - b.loss).abs() < 1e-6, "{} {}", a.loss, b.loss);
            prop_assert!(a.loss >= a.floor - 1e-9);
        }
    }
}
