//! A linear map in one of two precisions.

use crate::bert::cpu::product::{Finish, PackedMatrix, product};
use crate::bert::cpu::quantized::{QuantizedMatrix, Rounded};

/// How the products of a model's layers are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Precision {
    /// In single precision.
    #[default]
    Single,
    /// In 8-bit integers, weights rounded by output and texts by token. Scores differ a little.
    Int8,
}

/// A linear map, ready to be applied.
pub(super) enum Dense {
    Single(PackedMatrix),
    Int8(Box<QuantizedMatrix>),
}

impl Dense {
    /// Maps the rows of `left` `[rows, inputs]` to `out` `[rows, outputs]`.
    ///
    /// # Panics
    ///
    /// When the lengths do not fit together.
    pub(super) fn apply(
        &self,
        left: &[f32],
        finish: Finish<'_>,
        out: &mut [f32],
        memory: &mut Rounded,
    ) {
        match self {
            Dense::Single(map) => product(left, map, finish, out),
            Dense::Int8(map) => map.product(left, finish, out, memory),
        }
    }
}
