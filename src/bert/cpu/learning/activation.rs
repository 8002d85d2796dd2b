//! The activation between the halves of a feed-forward block, forward and backward.

use std::f32::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI};

use rten_simd::ops::{BitOps, NumOps};
use rten_simd::{Isa, SimdOp, SimdUnaryOp};
use rten_vecmath::{ApproxGelu, Exp, Tanh};

use crate::bert::config::HiddenActivation;
use crate::bert::cpu::normal::{distribution, gelu};
use crate::bert::cpu::product::{load, store};

/// The activations of `numbers`.
pub(super) fn activated(activation: HiddenActivation, numbers: &[f32], out: &mut [f32]) {
    let operation = Forward {
        activation,
        numbers,
        out,
    };
    operation.dispatch();
}

/// Multiplies `slopes` by the slopes of the activation at `numbers`.
pub(super) fn backward(activation: HiddenActivation, numbers: &[f32], slopes: &mut [f32]) {
    let operation = Backward {
        activation,
        numbers,
        slopes,
    };
    operation.dispatch();
}

struct Forward<'a> {
    activation: HiddenActivation,
    numbers: &'a [f32],
    out: &'a mut [f32],
}

impl SimdOp for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let ops = isa.f32();
        let step = ops.len();
        for (numbers, out) in self.numbers.chunks(step).zip(self.out.chunks_mut(step)) {
            let x = load(isa, numbers);
            let y = match self.activation {
                HiddenActivation::Gelu => gelu(isa, x),
                HiddenActivation::GeluTanh => ApproxGelu {}.eval(isa, x),
                HiddenActivation::Relu => ops.max(x, ops.zero()),
            };
            store(isa, y, out);
        }
    }
}

struct Backward<'a> {
    activation: HiddenActivation,
    numbers: &'a [f32],
    slopes: &'a mut [f32],
}

impl SimdOp for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let ops = isa.f32();
        let step = ops.len();
        for (numbers, slopes) in self.numbers.chunks(step).zip(self.slopes.chunks_mut(step)) {
            let x = load(isa, numbers);
            let slope = match self.activation {
                HiddenActivation::Gelu => gelu_slope(isa, x),
                HiddenActivation::GeluTanh => approximate_gelu_slope(isa, x),
                HiddenActivation::Relu => ops.select(ops.one(), ops.zero(), ops.gt(x, ops.zero())),
            };
            store(isa, ops.mul(load(isa, slopes), slope), slopes);
        }
    }
}

/// The normal distribution function of `x`, and `x` times its density.
#[inline(always)]
fn gelu_slope<I: Isa>(isa: I, x: I::F32) -> I::F32 {
    let ops = isa.f32();
    let exponent = ops.mul(ops.mul(x, x), ops.splat(-0.5));

    // 1 / sqrt(2 pi)
    let scale = ops.splat(0.5 * FRAC_2_SQRT_PI * FRAC_1_SQRT_2);
    let density = ops.mul(Exp {}.eval(isa, exponent), scale);

    ops.mul_add(x, density, distribution(isa, x))
}

#[inline(always)]
fn approximate_gelu_slope<I: Isa>(isa: I, x: I::F32) -> I::F32 {
    const CUBIC: f32 = 0.044_715;

    let ops = isa.f32();
    let half = ops.splat(0.5);

    // sqrt(2 / pi)
    let scale = ops.splat(FRAC_2_SQRT_PI * FRAC_1_SQRT_2);
    let square = ops.mul(x, x);
    let inner = ops.mul(x, ops.mul_add(square, ops.splat(CUBIC), ops.one()));
    let tanh = Tanh {}.eval(isa, ops.mul(inner, scale));
    let slope_of_inner = ops.mul_add(square, ops.splat(3.0 * CUBIC), ops.one());
    let slope_of_tanh = ops.sub(ops.one(), ops.mul(tanh, tanh));
    let rise = ops.mul(ops.mul(slope_of_tanh, slope_of_inner), scale);

    ops.mul_add(ops.mul(x, half), rise, ops.mul_add(tanh, half, half))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slopes_are_those_of_the_activations() {
        let numbers: Vec<f32> = (-60_i16..60).map(|x| f32::from(x) / 10.0 + 0.03).collect();
        let step = 1e-2_f32;
        let shifted = |by: f32| -> Vec<f32> { numbers.iter().map(|x| x + by).collect() };

        for activation in [
            HiddenActivation::Gelu,
            HiddenActivation::GeluTanh,
            HiddenActivation::Relu,
        ] {
            let of = |numbers: &[f32]| {
                let mut out = vec![0.0; numbers.len()];
                activated(activation, numbers, &mut out);
                out
            };
            let mut slopes = vec![2.0; numbers.len()];
            backward(activation, &numbers, &mut slopes);

            let (above, below) = (of(&shifted(step)), of(&shifted(-step)));
            for (slope, (above, below)) in slopes.iter().zip(above.iter().zip(below)) {
                let expected = (above - below) / step;
                assert!((slope - expected).abs() < 1e-3, "{slope} is not {expected}");
            }
        }
    }
}
