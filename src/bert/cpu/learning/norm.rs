//! Residual sums and layer normalization, forward and backward.

use rten_simd::ops::{BitOps, NumOps};
use rten_simd::{Isa, SimdOp};

use crate::bert::cpu::learning::dropout::Drop;
use crate::bert::cpu::norm::Norm;
use crate::bert::cpu::product::{load, store};
use crate::bert::cpu::sums::{sum, sum_of_products, sum_of_squares};

/// What a normalization keeps for its backward pass.
#[derive(Default)]
pub(super) struct Normal {
    /// `[rows, width]`: mean 0, variance 1.
    pub(super) rows: Vec<f32>,
    /// What every row was divided by, inverted.
    pub(super) factors: Vec<f32>,
}

impl Normal {
    /// Normalizes the sums of `residual` and of `rows`, which are dropped before where there is
    /// `site`; without a residual the rows alone. `first` is the site's row of the first of them.
    pub(super) fn new(
        norm: &Norm,
        mut rows: Vec<f32>,
        residual: Option<&[f32]>,
        site: Option<Drop>,
        first: usize,
    ) -> Normal {
        let mut factors = vec![0.0; rows.len() / norm.gamma.len()];
        let operation = Normalize {
            epsilon: norm.epsilon,
            width: norm.gamma.len(),
            rows: &mut rows,
            residual,
            site,
            first,
            factors: &mut factors,
        };
        operation.dispatch();

        Normal { rows, factors }
    }

    /// The result of the normalization: scaled and shifted.
    pub(super) fn scaled(&self, norm: &Norm) -> Vec<f32> {
        let mut out = vec![0.0; self.rows.len()];
        let operation = Scale {
            norm,
            rows: &self.rows,
            out: &mut out,
        };
        operation.dispatch();

        out
    }

    /// Turns slopes of the result into slopes of what was normalized; adds to `learned` those of
    /// the parameters, where they are learned.
    pub(super) fn backward(
        &self,
        norm: &Norm,
        slopes: &mut [f32],
        learned: Option<&mut NormSlopes>,
    ) {
        let operation = Backward {
            norm,
            normal: self,
            slopes,
            learned,
        };
        operation.dispatch();
    }
}

/// Slopes of the parameters of a normalization.
pub(super) struct NormSlopes {
    pub(super) gamma: Vec<f32>,
    pub(super) beta: Vec<f32>,
}

impl NormSlopes {
    /// Slopes to which those of rows are added.
    pub(super) fn zero(norm: &Norm) -> NormSlopes {
        NormSlopes {
            gamma: vec![0.0; norm.gamma.len()],
            beta: vec![0.0; norm.beta.len()],
        }
    }
}

struct Normalize<'a> {
    epsilon: f32,
    width: usize,
    rows: &'a mut [f32],
    residual: Option<&'a [f32]>,
    site: Option<Drop>,
    first: usize,
    factors: &'a mut [f32],
}

impl SimdOp for Normalize<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let ops = isa.f32();
        let step = ops.len();
        let count = self.width as f32;
        let mut kept = vec![1.0; self.width];

        let rows = self.rows.chunks_exact_mut(self.width);

        for (index, (row, factor)) in rows.zip(self.factors).enumerate() {
            if let Some(site) = self.site {
                site.factors(self.first + index, &mut kept);
            }
            if let Some(residual) = self.residual {
                let residual = residual[index * self.width..][..self.width].chunks(step);
                let parts = row.chunks_mut(step).zip(kept.chunks(step)).zip(residual);
                for ((numbers, kept), residual) in parts {
                    let (kept, residual) = (load(isa, kept), load(isa, residual));
                    let total = ops.mul_add(load(isa, numbers), kept, residual);
                    store(isa, total, numbers);
                }
            }

            let mean = ops.splat(sum(isa, row) / count);
            for numbers in row.chunks_mut(step) {
                store(isa, ops.sub(load(isa, numbers), mean), numbers);
            }
            let variance = sum_of_squares(isa, row) / count;
            *factor = 1.0 / (variance + self.epsilon).sqrt();
            let factor = ops.splat(*factor);
            for numbers in row.chunks_mut(step) {
                store(isa, ops.mul(load(isa, numbers), factor), numbers);
            }
        }
    }
}

struct Scale<'a> {
    norm: &'a Norm,
    rows: &'a [f32],
    out: &'a mut [f32],
}

impl SimdOp for Scale<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let ops = isa.f32();
        let step = ops.len();
        let Norm { gamma, beta, .. } = self.norm;

        let rows = self.rows.chunks_exact(gamma.len());

        for (row, out) in rows.zip(self.out.chunks_exact_mut(gamma.len())) {
            let parameters = gamma.chunks(step).zip(beta.chunks(step));
            let parts = row.chunks(step).zip(out.chunks_mut(step)).zip(parameters);
            for ((numbers, out), (gamma, beta)) in parts {
                let (gamma, beta) = (load(isa, gamma), load(isa, beta));
                let scaled = ops.mul_add(load(isa, numbers), gamma, beta);
                store(isa, scaled, out);
            }
        }
    }
}

struct Backward<'a> {
    norm: &'a Norm,
    normal: &'a Normal,
    slopes: &'a mut [f32],
    learned: Option<&'a mut NormSlopes>,
}

impl SimdOp for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let ops = isa.f32();
        let step = ops.len();
        let gamma = &self.norm.gamma;
        let width = gamma.len();

        if let Some(learned) = self.learned {
            let rows = self.normal.rows.chunks_exact(width);
            for (row, slopes) in rows.zip(self.slopes.chunks_exact(width)) {
                let sums = learned.gamma.iter_mut().zip(&mut learned.beta);
                for ((gamma, beta), (number, slope)) in sums.zip(row.iter().zip(slopes)) {
                    *gamma += slope * number;
                    *beta += slope;
                }
            }
        }

        let rows = self.normal.rows.chunks_exact(width);
        let rows = rows.zip(&self.normal.factors);
        for ((row, factor), slopes) in rows.zip(self.slopes.chunks_exact_mut(width)) {
            for (slopes, gamma) in slopes.chunks_mut(step).zip(gamma.chunks(step)) {
                let scaled = ops.mul(load(isa, slopes), load(isa, gamma));
                store(isa, scaled, slopes);
            }
            // What moves the mean or the variance of a row is taken back by the normalization.
            let mean = ops.splat(sum(isa, slopes) / width as f32);
            let tilt = ops.splat(-sum_of_products(isa, slopes, row) / width as f32);
            let factor = ops.splat(*factor);
            for (slopes, numbers) in slopes.chunks_mut(step).zip(row.chunks(step)) {
                let rest = ops.sub(load(isa, slopes), mean);
                let rest = ops.mul_add(load(isa, numbers), tilt, rest);
                store(isa, ops.mul(rest, factor), slopes);
            }
        }
    }
}
