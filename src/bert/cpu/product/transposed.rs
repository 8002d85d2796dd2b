//! Products with the left matrix transposed: slopes of weights, from those of what they gave.

use rten_simd::ops::{BitOps, NumOps};
use rten_simd::{Isa, SimdOp};

use crate::bert::cpu::product::line::Line;
use crate::bert::cpu::product::tiles::{Columns, multiply_columns};
use crate::bert::cpu::product::{load, store};

/// Adds the transposed `left` times `lines` to `out` `[left.count, width]`, where `lines` hold
/// `depth` rows of `width` numbers, packed by [`pack_rows`](crate::bert::cpu::product::pack_rows).
pub(crate) fn add_transposed_product(
    left: Columns<'_>,
    depth: usize,
    lines: &[Line],
    width: usize,
    out: &mut [f32],
) {
    let operation = TransposedProduct {
        left,
        depth,
        lines,
        width,
        out,
    };

    operation.dispatch();
}

struct TransposedProduct<'a> {
    left: Columns<'a>,
    depth: usize,
    lines: &'a [Line],
    width: usize,
    out: &'a mut [f32],
}

impl SimdOp for TransposedProduct<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let ops = isa.f32();
        let TransposedProduct {
            left,
            depth,
            lines,
            width,
            out,
        } = self;

        multiply_columns(
            isa,
            left,
            depth,
            lines,
            width,
            #[inline(always)]
            |row, columns, sums| {
                let places = &mut out[row * width..][columns];
                for (place, sums) in places
                    .chunks_mut(ops.len())
                    .zip(sums.0.chunks_exact(ops.len()))
                {
                    let sum = ops.add(load(isa, place), ops.load(sums));
                    store(isa, sum, place);
                }
            },
        );
    }
}
