//! Layer normalization of rows, in place.

use burn::nn::LayerNorm;
use rten_simd::ops::{BitOps, NumOps};
use rten_simd::{Isa, SimdOp};

use crate::bert::cpu::product::{load, store};
use crate::bert::cpu::sums::{sum, sum_of_squares};
use crate::bert::weights::numbers;

/// A layer normalization.
pub(super) struct Norm {
    /// What normalized numbers are multiplied by.
    pub(super) gamma: Vec<f32>,
    /// What is added then.
    pub(super) beta: Vec<f32>,
    /// What is added to variances.
    pub(super) epsilon: f32,
}

impl Norm {
    /// Normalizes every row of `rows` `[rows, hidden]`.
    pub(super) fn apply(&self, rows: &mut [f32]) {
        Normalize { norm: self, rows }.dispatch();
    }
}

struct Normalize<'a> {
    norm: &'a Norm,
    rows: &'a mut [f32],
}

impl SimdOp for Normalize<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let ops = isa.f32();
        let Norm {
            gamma,
            beta,
            epsilon,
        } = self.norm;

        for row in self.rows.chunks_exact_mut(gamma.len()) {
            let count = row.len() as f32;
            let mean = ops.splat(sum(isa, row) / count);
            for numbers in row.chunks_mut(ops.len()) {
                store(isa, ops.sub(load(isa, numbers), mean), numbers);
            }
            let variance = sum_of_squares(isa, row) / count;
            let factor = ops.splat(1.0 / (variance + epsilon).sqrt());
            let parameters = gamma.chunks(ops.len()).zip(beta.chunks(ops.len()));
            for (numbers, (gamma, beta)) in row.chunks_mut(ops.len()).zip(parameters) {
                let (gamma, beta) = (load(isa, gamma), load(isa, beta));
                let normal = ops.mul(load(isa, numbers), factor);
                store(isa, ops.mul_add(normal, gamma, beta), numbers);
            }
        }
    }
}

/// The normalization whose parameters are those of `norm`.
pub(super) fn norm(norm: &LayerNorm, epsilon: f32) -> Norm {
    let beta = norm.beta.as_ref();
    let beta = beta.expect("the normalizations of BERT have a bias");
    Norm {
        gamma: numbers(norm.gamma.val()),
        beta: numbers(beta.val()),
        epsilon,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_get_the_mean_and_the_deviation_that_the_parameters_say() {
        let width = 50_u16;
        let norm = Norm {
            gamma: vec![2.0; usize::from(width)],
            beta: vec![0.5; usize::from(width)],
            epsilon: 1e-12,
        };
        let row: Vec<f32> = (0..width).map(|x| f32::from(x * x % 17)).collect();
        let mut rows = row.repeat(3);
        norm.apply(&mut rows);
        for row in rows.chunks(usize::from(width)) {
            let mean = row.iter().sum::<f32>() / f32::from(width);
            let squares = row.iter().map(|x| (x - mean) * (x - mean));
            let variance = squares.sum::<f32>() / f32::from(width);
            assert!((mean - 0.5).abs() < 1e-5, "{mean}");
            assert!((variance - 4.0).abs() < 1e-4, "{variance}");
        }
    }
}
