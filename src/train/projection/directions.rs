//! An update taken apart: its singular values and vectors, and what they tell.
//!
//! Updates themselves are in [`projection`](mod@crate::train::projection).

use nalgebra::{DMatrix, SVD};

use crate::train::projection::{LowRankUpdate, ProjectionError, UpdateShape};

/// An update as a sum of `value * left right^T`, largest value first.
///
/// Invariants: values are not negative and sink; left vectors are orthonormal, and
/// so are right vectors; the largest element of every left vector by absolute value,
/// the first of equal ones, is positive, so that the same update has the same signs
/// (directions of equal value remain free to mix).
#[derive(Debug, Clone, PartialEq)]
pub struct SingularDirections {
    inputs: usize,
    outputs: usize,
    values: Vec<f64>,
    right: Vec<Vec<f64>>,
    left: Vec<Vec<f64>>,
}

/// An update `B diag(E) A * scaling`, as dynamic allocation trains it.
#[derive(Debug, Clone, PartialEq)]
pub struct Triplets {
    /// Right directions, `[rank, inputs]`, orthonormal rows.
    pub a: Vec<f64>,
    /// The diagonal, `[rank]`.
    pub e: Vec<f64>,
    /// Left directions, `[outputs, rank]`, orthonormal columns.
    pub b: Vec<f64>,
}

/// A value this much smaller than the largest is rounding, and counts as 0.
const NEGLIGIBLE: f64 = 1e-12;

impl LowRankUpdate {
    /// The singular value decomposition of the update, from QR decompositions of
    /// the two thin factors and an SVD of their `rank x rank` product.
    ///
    /// It has `min(rank, inputs, outputs)` directions, some of which may have the value 0.
    pub fn decompose(&self) -> SingularDirections {
        let size = self.rank.min(self.inputs).min(self.outputs);
        let mut directions = SingularDirections::none(self.inputs, self.outputs);
        if size == 0 {
            return directions;
        }

        let (q_b, r_b) = DMatrix::from_row_slice(self.outputs, self.rank, &self.b)
            .qr()
            .unpack();
        let (q_a, r_a) = DMatrix::from_row_slice(self.rank, self.inputs, &self.a)
            .transpose()
            .qr()
            .unpack();
        let core = r_b * r_a.transpose() * self.scaling;

        // Iterates until it converges: the factors are finite.
        let SVD {
            u: Some(u),
            v_t: Some(v_t),
            singular_values,
        } = SVD::new(core, true, true)
        else {
            unreachable!("both sides were asked for")
        };
        let left = q_b * u;
        let right = v_t * q_a.transpose();
        for index in 0..size {
            let column: Vec<f64> = left.column(index).iter().copied().collect();
            let row: Vec<f64> = right.row(index).iter().copied().collect();
            directions.push(singular_values[index], &column, &row);
        }
        directions
    }
}

impl SingularDirections {
    /// The directions of an update of zeros.
    pub(super) fn none(inputs: usize, outputs: usize) -> SingularDirections {
        SingularDirections {
            inputs,
            outputs,
            values: Vec::new(),
            right: Vec::new(),
            left: Vec::new(),
        }
    }

    /// Appends a direction, whose value must not be above the last, and makes its signs ours.
    pub(super) fn push(&mut self, value: f64, left: &[f64], right: &[f64]) {
        let sign = sign_of_largest(left);
        self.values.push(value);
        self.left
            .push(left.iter().map(|component| sign * component).collect());
        self.right
            .push(right.iter().map(|component| sign * component).collect());
    }

    /// The singular values, largest first.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The best update of rank `rank` (Eckart and Young), its factors balanced:
    /// `B = left sqrt(value / scaling)`, `A = sqrt(value / scaling) right^T`, so that
    /// `scaling * B A` is the update.
    ///
    /// A direction of value 0 would be dead with two zero vectors, since each is the
    /// gradient of the other: its row of `A` is the unit vector found, its column of `B`
    /// zero, as in a fresh adapter.
    pub fn truncate(&self, rank: usize, scaling: f64) -> Result<LowRankUpdate, ProjectionError> {
        self.check(rank, scaling)?;
        let mut a = Vec::with_capacity(rank * self.inputs);
        let mut b = vec![0.0; self.outputs * rank];
        for index in 0..rank {
            let value = self.values[index];
            let root = (value / scaling).sqrt();
            let negligible = self.is_negligible(value);
            let right_factor = if negligible { 1.0 } else { root };
            let left_factor = if negligible { 0.0 } else { root };
            a.extend(
                self.right[index]
                    .iter()
                    .map(|component| right_factor * component),
            );
            for (row, component) in self.left[index].iter().enumerate() {
                b[row * rank + index] = left_factor * component;
            }
        }

        LowRankUpdate::new(
            UpdateShape {
                rank,
                inputs: self.inputs,
                outputs: self.outputs,
            },
            scaling,
            a,
            b,
        )
    }

    /// The best update of rank `rank` in SVD form: the vectors as they are, and the
    /// values over `scaling` between them.
    pub fn triplets(&self, rank: usize, scaling: f64) -> Result<Triplets, ProjectionError> {
        self.check(rank, scaling)?;
        let mut b = vec![0.0; self.outputs * rank];
        for (index, left) in self.left[..rank].iter().enumerate() {
            for (row, component) in left.iter().enumerate() {
                b[row * rank + index] = *component;
            }
        }

        Ok(Triplets {
            a: self.right[..rank].concat(),
            e: self.values[..rank]
                .iter()
                .map(|value| value / scaling)
                .collect(),
            b,
        })
    }

    fn is_negligible(&self, value: f64) -> bool {
        value <= NEGLIGIBLE * self.values[0]
    }

    fn check(&self, rank: usize, scaling: f64) -> Result<(), ProjectionError> {
        if rank > self.values.len() {
            return Err(ProjectionError::Rank {
                rank,
                available: self.values.len(),
            });
        }

        if !scaling.is_finite() || scaling <= 0.0 {
            return Err(ProjectionError::Scaling { value: scaling });
        }

        Ok(())
    }
}

/// The energy of an update: the sum of the squares of its singular values, which is its squared
/// Frobenius norm.
pub fn energy(singular_values: &[f64]) -> f64 {
    singular_values.iter().map(|value| value * value).sum()
}

/// How many directions an update really uses: the exponential of the entropy of
/// its singular values as shares of their sum (Roy and Vetterli, 2007).
///
/// From 1 (one direction) to the number of values (all equal); 0 for an update of
/// zeros. Signs do not matter, so the diagonal of an SVD form may be given as it is,
/// if its directions are orthonormal.
pub fn effective_rank(singular_values: &[f64]) -> f64 {
    let sum: f64 = singular_values.iter().map(|value| value.abs()).sum();
    if sum == 0.0 {
        return 0.0;
    }

    let entropy: f64 = singular_values
        .iter()
        .map(|value| value.abs() / sum)
        .filter(|&share| share > 0.0)
        .map(|share| -share * share.ln())
        .sum();

    entropy.exp()
}

/// 1 or -1, whichever makes the largest element positive; 1 for zeros.
fn sign_of_largest(vector: &[f64]) -> f64 {
    let mut largest = 0.0_f64;
    for &value in vector {
        // Elements that are equal but for rounding must not decide the sign.
        if value.abs() > largest.abs() * (1.0 + 1e-9) {
            largest = value;
        }
    }
    if largest < 0.0 { -1.0 } else { 1.0 }
}
