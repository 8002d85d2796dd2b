//! Sums over a row, in the order of terms that does not depend on the processor.

use rten_simd::Isa;
use rten_simd::ops::{BitOps, NumOps};

use crate::bert::cpu::product::line::{COLUMNS, Line};
use crate::bert::cpu::product::load;
use crate::bert::cpu::product::tiles::each_row;

/// The most vectors that a line fills.
const MOST_PARTS: usize = COLUMNS / 4;

/// Combines every number of `row` with one of the numbers so far, which start as `start`: the
/// first of a block with the first, and so on. Where the row ends within a block, it goes on
/// with zeros.
#[inline(always)]
pub(super) fn accumulate<I: Isa>(
    isa: I,
    row: &[f32],
    start: f32,
    combine: impl Fn(I::F32, I::F32) -> I::F32,
) -> Line {
    let [line] = accumulate_each(
        isa,
        row,
        [start],
        #[inline(always)]
        |[found], numbers| [combine(found, numbers)],
    );
    line
}

/// As [`accumulate`], of several numbers at once: a row that is not near is read once.
#[inline(always)]
pub(super) fn accumulate_each<I: Isa, const N: usize>(
    isa: I,
    row: &[f32],
    start: [f32; N],
    combine: impl Fn([I::F32; N], I::F32) -> [I::F32; N],
) -> [Line; N] {
    let ops = isa.f32();
    let parts = COLUMNS / ops.len();
    let mut found = [start.map(|start| ops.splat(start)); MOST_PARTS];

    let (blocks, rest) = row.as_chunks::<COLUMNS>();
    for block in blocks {
        each_row!(part < parts, {
            let numbers = ops.load(&block[part * ops.len()..]);
            found[part] = combine(found[part], numbers);
        }, 0 1 2 3 4 5 6 7);
    }
    if !rest.is_empty() {
        let mut block = [0.0; COLUMNS];
        block[..rest.len()].copy_from_slice(rest);
        each_row!(part < parts, {
            let numbers = ops.load(&block[part * ops.len()..]);
            found[part] = combine(found[part], numbers);
        }, 0 1 2 3 4 5 6 7);
    }

    let mut lines = [Line::ZERO; N];
    each_row!(part < parts, {
        for (line, found) in lines.iter_mut().zip(found[part]) {
            ops.store(found, &mut line.0[part * ops.len()..]);
        }
    }, 0 1 2 3 4 5 6 7);
    lines
}

/// Folds the numbers of a line into one: halves on halves.
#[inline(always)]
pub(super) fn fold(mut line: Line, combine: impl Fn(f32, f32) -> f32) -> f32 {
    let mut half = COLUMNS / 2;
    while half > 0 {
        let (left, right) = line.0.split_at_mut(half);
        for (left, right) in left.iter_mut().zip(right) {
            *left = combine(*left, *right);
        }
        half /= 2;
    }

    line.0[0]
}

/// The sum of the numbers of `row`.
#[inline(always)]
pub(super) fn sum<I: Isa>(isa: I, row: &[f32]) -> f32 {
    let ops = isa.f32();
    let sums = accumulate(
        isa,
        row,
        0.0,
        #[inline(always)]
        |sum, numbers| ops.add(sum, numbers),
    );

    fold(sums, |left, right| left + right)
}

/// The sum of the squares of the numbers of `row`.
#[inline(always)]
pub(super) fn sum_of_squares<I: Isa>(isa: I, row: &[f32]) -> f32 {
    sum_of_products(isa, row, row)
}

/// The sum of the products of the numbers of two rows of one length.
#[inline(always)]
pub(super) fn sum_of_products<I: Isa>(isa: I, left: &[f32], right: &[f32]) -> f32 {
    let ops = isa.f32();
    let mut found = Line::ZERO;
    for (left, right) in left.chunks(COLUMNS).zip(right.chunks(COLUMNS)) {
        let pairs = left.chunks(ops.len()).zip(right.chunks(ops.len()));
        for (so_far, (left, right)) in found.0.chunks_exact_mut(ops.len()).zip(pairs) {
            let (left, right) = (load(isa, left), load(isa, right));
            ops.store(ops.mul_add(left, right, ops.load(so_far)), so_far);
        }
    }

    fold(found, |left, right| left + right)
}

#[cfg(test)]
mod tests {
    use super::*;

    use rten_simd::isa::GenericIsa;

    #[test]
    fn sums_of_any_length_have_every_term_once() {
        for length in [0_u16, 1, 31, 32, 33, 100] {
            let row: Vec<f32> = (0..length).map(f32::from).collect();
            let expected: u16 = (0..length).sum();
            let found = sum(GenericIsa::new(), &row);
            assert_eq!(found.to_bits(), f32::from(expected).to_bits());
        }
        let found = sum_of_squares(GenericIsa::new(), &[3.0, 4.0]);
        assert_eq!(found.to_bits(), 25.0_f32.to_bits());
    }

    #[test]
    fn a_line_is_folded_with_any_operation() {
        let mut line = Line([-1.0; COLUMNS]);
        line.0[19] = 7.0;
        assert_eq!(fold(line, f32::max).to_bits(), 7.0_f32.to_bits());
    }
}
