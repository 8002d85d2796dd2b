//! The normal distribution function, and the activation that is made of it.
//!
//! A polynomial, which takes less time than an exponential and a quotient, and is about as near.

use rten_simd::Isa;
use rten_simd::ops::{BitOps, NumOps};

/// What is farther from 0 counts as this far: 1e-7 lies beyond.
const END: f32 = 5.2;

/// `(distribution(x) - 0.5) / x` as a polynomial of `2 (x / END)^2 - 1`: of those whose value at
/// `END` is exact the one that is nearest where errors are multiplied by `x` twice, found by
/// weighted least squares. Even powers, the lowest first.
const EVEN: [f32; 7] = [
    0.135_95,
    0.050_024_46,
    0.031_990_62,
    0.017_952_008,
    0.008_565_477,
    0.001_794_837_8,
    0.001_270_500_1,
];

/// Odd powers.
const ODD: [f32; 7] = [
    -0.067_743_48,
    -0.039_935_55,
    -0.024_674_844,
    -0.012_681_1,
    -0.004_483_256,
    -0.001_474_592_4,
    -0.000_401_231_63,
];

/// The share of a standard normal distribution below `x`, to 3e-7.
#[inline(always)]
pub(super) fn distribution<I: Isa>(isa: I, x: I::F32) -> I::F32 {
    let ops = isa.f32();
    let near = ops.max(ops.min(x, ops.splat(END)), ops.splat(-END));
    let square = ops.mul(near, near);
    let place = ops.mul_add(square, ops.splat(2.0 / (END * END)), ops.splat(-1.0));
    // Two chains of half the length run beside each other.
    let square = ops.mul(place, place);
    let even = polynomial(isa, square, EVEN);
    let odd = polynomial(isa, square, ODD);
    let slope = ops.mul_add(odd, place, even);

    ops.mul_add(near, slope, ops.splat(0.5))
}

/// A polynomial of `x`, the coefficient of the lowest power first.
#[inline(always)]
fn polynomial<I: Isa>(isa: I, x: I::F32, coefficients: [f32; 7]) -> I::F32 {
    let ops = isa.f32();
    let [lower @ .., highest] = coefficients;
    lower
        .into_iter()
        .rev()
        .fold(ops.splat(highest), |sum, coefficient| {
            ops.mul_add(sum, x, ops.splat(coefficient))
        })
}

/// The exact Gaussian error linear unit of `x` (Hendrycks and Gimpel, "Gaussian Error Linear Units
/// (GELUs)", 2016), to 1.5e-6.
#[inline(always)]
pub(super) fn gelu<I: Isa>(isa: I, x: I::F32) -> I::F32 {
    isa.f32().mul(x, distribution(isa, x))
}

#[cfg(test)]
mod tests {
    use super::*;

    use rten_simd::SimdOp;
    use statrs::function::erf::erfc;

    /// Both functions of some numbers.
    struct Both<'a>(&'a [f32]);

    impl SimdOp for Both<'_> {
        type Output = Vec<[f32; 2]>;

        #[inline(always)]
        fn eval<I: Isa>(self, isa: I) -> Vec<[f32; 2]> {
            let ops = isa.f32();
            let both = |x: &f32| {
                let x = ops.splat(*x);
                [distribution(isa, x), gelu(isa, x)].map(|found| {
                    let mut lanes = vec![0.0; ops.len()];
                    ops.store(found, &mut lanes);
                    lanes[0]
                })
            };
            self.0.iter().map(both).collect()
        }
    }

    #[test]
    fn both_are_near_those_of_double_precision() {
        let numbers: Vec<f32> = (-80_000_i32..=80_000).map(|x| x as f32 / 1e4).collect();
        for (x, found) in numbers.iter().zip(Both(&numbers).dispatch()) {
            let x = f64::from(*x);
            let below = 0.5 * erfc(-x / std::f64::consts::SQRT_2);
            let [distribution, gelu] = found.map(f64::from);
            assert!((distribution - below).abs() < 3e-7, "{x}: {distribution}");
            assert!((gelu - x * below).abs() < 1.5e-6, "{x}: {gelu}");
        }
    }

    #[test]
    fn far_from_zero_a_number_is_kept_or_lost() {
        let found = Both(&[-1e4, 0.0, 1e4, f32::NAN]).dispatch();
        let [least, nought, most, none] = found[..] else {
            panic!("as many as were given");
        };
        assert!(least[1].abs() < 1e-3, "{}", least[1]);
        assert_eq!(nought.to_vec(), [0.5, 0.0]);
        assert_eq!(most.to_vec(), [1.0, 1e4]);
        assert!(none[1].is_nan());
    }
}
