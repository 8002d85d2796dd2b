//! `Finish`: what becomes of sums before they are stored.

use std::ops::Range;

use rten_simd::ops::{BitOps, NumOps};
use rten_simd::{Isa, SimdUnaryOp};
use rten_vecmath::{ApproxGelu, Tanh};

use crate::bert::cpu::normal::gelu;
use crate::bert::cpu::product::vector::{load, store};

/// What becomes of a sum before it is stored.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Finish<'a> {
    /// Nothing.
    Keep,
    /// The exact Gaussian error linear unit of it.
    Gelu,
    /// Its approximation by a hyperbolic tangent.
    GeluTanh,
    /// It, or zero where it is negative.
    Relu,
    /// Its hyperbolic tangent.
    Tanh,
    /// The number at the same place of this matrix is added.
    Add(&'a [f32]),
}

impl Finish<'_> {
    /// Replaces the sums at `places` of `out` by what becomes of them.
    #[inline(always)]
    pub(crate) fn apply<I: Isa>(self, isa: I, places: Range<usize>, out: &mut [f32]) {
        let ops = isa.f32();
        let sums = &mut out[places.clone()];
        match self {
            Finish::Keep => (),
            Finish::Gelu => each(
                isa,
                sums,
                #[inline(always)]
                |sums| gelu(isa, sums),
            ),
            Finish::GeluTanh => each(
                isa,
                sums,
                #[inline(always)]
                |sums| ApproxGelu {}.eval(isa, sums),
            ),
            Finish::Relu => each(
                isa,
                sums,
                #[inline(always)]
                |sums| ops.max(sums, ops.zero()),
            ),
            Finish::Tanh => each(
                isa,
                sums,
                #[inline(always)]
                |sums| Tanh {}.eval(isa, sums),
            ),
            Finish::Add(more) => {
                let more = more[places].chunks(ops.len());
                for (sums, more) in sums.chunks_mut(ops.len()).zip(more) {
                    store(isa, ops.add(load(isa, sums), load(isa, more)), sums);
                }
            }
        }
    }
}

/// Replaces every vector of `numbers` by what `map` makes of it.
#[inline(always)]
fn each<I: Isa>(isa: I, numbers: &mut [f32], map: impl Fn(I::F32) -> I::F32) {
    for numbers in numbers.chunks_mut(isa.f32().len()) {
        store(isa, map(load(isa, numbers)), numbers);
    }
}
