//! A line of a panel: the weights of one input.

use rten_simd::Isa;
use rten_simd::ops::{BitOps, NumOps};

/// How many columns a panel of the right side has.
pub(crate) const COLUMNS: usize = 32;

/// One input's weights for the outputs of a panel.
#[derive(Debug, Clone, Copy, PartialEq)]
#[repr(align(64))]
pub(crate) struct Line(pub(crate) [f32; COLUMNS]);

impl Line {
    /// Weights that add nothing.
    pub(crate) const ZERO: Line = Line([0.0; COLUMNS]);

    /// Copies `numbers`, at most [`COLUMNS`], to the first columns. A whole line needs no call.
    #[inline(always)]
    pub(crate) fn set(&mut self, numbers: &[f32]) {
        match numbers.as_array() {
            Some(whole) => self.0 = *whole,
            None => self.0[..numbers.len()].copy_from_slice(numbers),
        }
    }

    /// Copies the first columns to `out`, which is no longer than a line.
    #[inline(always)]
    pub(crate) fn copy_to(&self, out: &mut [f32]) {
        match out.as_mut_array() {
            Some(whole) => *whole = self.0,
            None => out.copy_from_slice(&self.0[..out.len()]),
        }
    }
    /// The sums with another line's columns.
    #[inline(always)]
    pub(crate) fn plus<I: Isa>(mut self, isa: I, other: &Line) -> Line {
        let ops = isa.f32();
        let others = other.0.chunks_exact(ops.len());
        for (numbers, others) in self.0.chunks_exact_mut(ops.len()).zip(others) {
            ops.store(ops.add(ops.load(numbers), ops.load(others)), numbers);
        }
        self
    }
}
