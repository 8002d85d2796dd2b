//! Vectors at the ends of rows.

use rten_simd::ops::BitOps;
use rten_simd::{Isa, Simd};

/// The first numbers of a vector, and zeros where there are fewer: to know which lanes those are
/// takes longer than everything else, so whole vectors do not ask.
#[inline(always)]
pub(crate) fn load<I: Isa>(isa: I, numbers: &[f32]) -> I::F32 {
    let ops = isa.f32();
    if numbers.len() >= ops.len() {
        ops.load(numbers)
    } else {
        ops.load_pad(numbers).0
    }
}

/// Stores as many numbers of a vector as there is room for.
#[inline(always)]
pub(crate) fn store<I: Isa>(isa: I, numbers: I::F32, out: &mut [f32]) {
    let ops = isa.f32();
    if out.len() >= ops.len() {
        ops.store(numbers, out);
    } else {
        for (place, number) in out.iter_mut().zip(numbers.to_array()) {
            *place = number;
        }
    }
}
