//! What an allocator refuses, and what to do about it.
//!
//! Schedules that cannot be carried out are refused earlier, in
//! [`budget`](mod@crate::train::allocation::budget).

use crate::train::allocation::importance::Factor;

/// Why directions cannot be allocated.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum AllocationError {
    /// A decay is not a share.
    #[error("the decay of the {name} average is {value}; it must be from 0 to below 1")]
    Decay {
        /// Which average.
        name: &'static str,
        /// The value.
        value: f64,
    },
    /// There is nothing to allocate to.
    #[error("no matrix carries an update in SVD form; name the matrices to adapt")]
    NoMatrices,
    /// Two matrices have one name.
    #[error("two matrices are called `{matrix}`")]
    DuplicateMatrix {
        /// The name.
        matrix: String,
    },
    /// A matrix has no inputs or no outputs.
    #[error("`{matrix}` has no inputs or no outputs")]
    EmptyMatrix {
        /// The matrix.
        matrix: String,
    },
    /// The stored masks are not one for each matrix.
    #[error("the stored allocator has {masks} masks for {matrices} matrices; it is damaged")]
    MaskCount {
        /// How many masks.
        masks: usize,
        /// How many matrices.
        matrices: usize,
    },
    /// A stored state is of another model or another initial rank.
    #[error(
        "the stored allocator has {length} values where `{matrix}` needs {expected}; \
         it is of another model or another initial rank"
    )]
    State {
        /// The matrix.
        matrix: String,
        /// How many there are.
        length: usize,
        /// How many are needed.
        expected: usize,
    },
    /// A step was given twice, or out of order.
    #[error("step {step} comes after step {last}; count optimizer steps, not batches, from 1")]
    Backwards {
        /// The step given.
        step: usize,
        /// The last step taken.
        last: usize,
    },
    /// A step is beyond the schedule.
    #[error(
        "step {step} is past the end of a schedule of {total}; count optimizer steps, not batches"
    )]
    PastEnd {
        /// The step given.
        step: usize,
        /// The last step of the schedule.
        total: usize,
    },
    /// The final phase began before importance was ever measured.
    #[error(
        "step {step} is in the final phase, but importance was never measured; start from an \
            earlier step"
    )]
    NotMeasured {
        /// The step given.
        step: usize,
    },
    /// The step does not have as many matrices as the allocator.
    #[error("{given} matrices at a step of an allocator for {expected}")]
    MatrixCount {
        /// How many were given.
        given: usize,
        /// How many there should be.
        expected: usize,
    },
    /// A factor is of another size than the allocator was made for.
    #[error("factor {factor} of `{matrix}` has {length} values, expected {expected}")]
    Misfit {
        /// The matrix.
        matrix: String,
        /// The factor.
        factor: Factor,
        /// Its length.
        length: usize,
        /// The length it should have.
        expected: usize,
    },
    /// Training diverged: an importance is NaN or infinite.
    #[error(
        "the importance of factor {factor} of `{matrix}` is not a finite number at step {step}; \
         training diverged, lower the learning rate"
    )]
    NotFinite {
        /// The matrix.
        matrix: String,
        /// The factor.
        factor: Factor,
        /// The step.
        step: usize,
    },
    /// Training diverged: a score overflowed.
    #[error(
        "the score of direction {direction} of `{matrix}` is not a finite number at step {step}; \
         training diverged, lower the learning rate"
    )]
    Score {
        /// The matrix.
        matrix: String,
        /// The direction, counted from 0.
        direction: usize,
        /// The step.
        step: usize,
    },
}

impl AllocationError {
    /// Whether numbers grew beyond what a computer holds.
    pub(crate) fn is_divergence(&self) -> bool {
        matches!(
            self,
            AllocationError::NotFinite { .. } | AllocationError::Score { .. }
        )
    }
}
