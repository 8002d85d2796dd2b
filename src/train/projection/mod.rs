//! Truncation of a low-rank update to fewer directions, and how many it really has.
//!
//! Used between two phases of training (high rank to low rank) and to look at a
//! finished adapter. The full matrix is never formed. Optimizers, which must start
//! afresh after a projection, and the model are not known here.

pub mod directions;

/// A low-rank update `scaling * B A` of a matrix.
///
/// Invariants: `A` is `[rank, inputs]` and `B` is `[outputs, rank]`, row after row,
/// all values and the scaling finite, no width zero. The rank may be zero.
#[derive(Debug, Clone, PartialEq)]
pub struct LowRankUpdate {
    rank: usize,
    inputs: usize,
    outputs: usize,
    scaling: f64,
    a: Vec<f64>,
    b: Vec<f64>,
}

impl LowRankUpdate {
    /// Checks and joins the factors. `a` is `[rank, inputs]`, `b` is `[outputs, rank]`,
    /// both row after row, as in PEFT; for a rank of 0 both are empty.
    pub fn new(
        shape: UpdateShape,
        scaling: f64,
        a: Vec<f64>,
        b: Vec<f64>,
    ) -> Result<LowRankUpdate, ProjectionError> {
        let UpdateShape {
            rank,
            inputs,
            outputs,
        } = shape;

        if inputs == 0 || outputs == 0 {
            return Err(ProjectionError::Empty { inputs, outputs });
        }

        for (factor, values, expected) in [('A', &a, rank * inputs), ('B', &b, outputs * rank)] {
            if values.len() != expected {
                return Err(ProjectionError::Length {
                    factor,
                    length: values.len(),
                    expected,
                });
            }
            if values.iter().any(|value| !value.is_finite()) {
                return Err(ProjectionError::NotFinite { factor });
            }
        }

        if !scaling.is_finite() {
            return Err(ProjectionError::Scaling { value: scaling });
        }

        Ok(LowRankUpdate {
            rank,
            inputs,
            outputs,
            scaling,
            a,
            b,
        })
    }

    /// The right factor, `[rank, inputs]`, row after row.
    pub fn a(&self) -> &[f64] {
        &self.a
    }

    /// The left factor, `[outputs, rank]`, row after row.
    pub fn b(&self) -> &[f64] {
        &self.b
    }

    /// How many directions the factors have room for.
    pub fn rank(&self) -> usize {
        self.rank
    }
}

/// The widths of a low-rank update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UpdateShape {
    /// Rows of `A`, columns of `B`.
    pub rank: usize,
    /// Columns of `A`.
    pub inputs: usize,
    /// Rows of `B`.
    pub outputs: usize,
}

/// Why an update cannot be projected.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum ProjectionError {
    /// The matrix has no elements.
    #[error("a matrix of {outputs} x {inputs} has no update")]
    Empty {
        /// Its columns.
        inputs: usize,

        /// Its rows.
        outputs: usize,
    },
    /// A factor does not have the size of its shape.
    #[error("factor {factor} has {length} values, expected {expected}")]
    Length {
        /// `A` or `B`.
        factor: char,
        /// How many values there are.
        length: usize,
        /// How many there should be.
        expected: usize,
    },
    /// A factor holds NaN or infinity: training diverged.
    #[error(
        "factor {factor} holds a value that is not a finite number; training diverged, lower the \
            learning rate"
    )]
    NotFinite {
        /// `A` or `B`.
        factor: char,
    },
    /// The scaling cannot be divided by.
    #[error("the scaling is {value}; it must be a positive number")]
    Scaling {
        /// The value.
        value: f64,
    },
    /// More directions are wanted than there are.
    #[error(
        "cannot project to rank {rank}: the update has {available} directions; project to fewer"
    )]
    Rank {
        /// How many are wanted.
        rank: usize,
        /// How many there are.
        available: usize,
    },
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "equal by construction, not by luck")]
mod tests;
