//! Weights of attention, from the products of one query with keys that lie side by side.

use rten_simd::ops::{BitOps, NumOps};
use rten_simd::{Isa, SimdUnaryOp};
use rten_vecmath::Exp;

use crate::bert::cpu::sums::{accumulate, fold, sum};

/// Turns the first `length` numbers of a row of whole blocks into weights that add up to 1,
/// and the others into 0.
#[inline(always)]
pub(super) fn softmax<I: Isa>(isa: I, row: &mut [f32], length: usize) {
    let ops = isa.f32();
    row[length..].fill(f32::NEG_INFINITY);

    let most = accumulate(
        isa,
        row,
        f32::MIN,
        #[inline(always)]
        |most, numbers| ops.max(most, numbers),
    );

    let most = ops.splat(fold(most, f32::max));
    for numbers in row.chunks_exact_mut(ops.len()) {
        ops.store(Exp {}.eval(isa, ops.sub(ops.load(numbers), most)), numbers);
    }

    let factor = ops.splat(1.0 / sum(isa, row));
    for numbers in row.chunks_exact_mut(ops.len()) {
        ops.store(ops.mul(ops.load(numbers), factor), numbers);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use rten_simd::SimdOp;

    use crate::bert::cpu::product::line::COLUMNS;

    #[test]
    fn weights_of_far_apart_numbers_stay_finite() {
        struct Weigh<'a>(&'a mut [f32]);
        impl SimdOp for Weigh<'_> {
            type Output = ();

            #[inline(always)]
            fn eval<I: Isa>(self, isa: I) {
                softmax(isa, self.0, 3);
            }
        }

        let mut row = [7.0; COLUMNS];
        row[..3].copy_from_slice(&[-3e38, 1e4, 1e4]);
        Weigh(&mut row).dispatch();
        assert_eq!(row[..4].to_vec(), [0.0, 0.5, 0.5, 0.0]);
    }
}
