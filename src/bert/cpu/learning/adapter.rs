//! A low-rank adapter in one pass, forward and backward.

use crate::bert::cpu::learning::dropout::{Drop, drop};
use crate::bert::cpu::product::line::Line;
use crate::bert::cpu::product::tiles::{Columns, ROWS};
use crate::bert::cpu::product::transposed::add_transposed_product;
use crate::bert::cpu::product::{Finish, Map, PackedMatrix, pack_rows, product};
use crate::bert::linear::LowRank;
use crate::bert::weights::numbers;

/// `x -> scaling * dropout(x) Aᵀ diag(λ) Bᵀ`, packed.
pub(super) struct Adapter {
    /// From inputs to directions.
    reads: PackedMatrix,
    /// From directions to outputs.
    writes: PackedMatrix,
    /// From outputs to directions.
    reads_slopes: PackedMatrix,
    /// From directions to inputs.
    writes_slopes: PackedMatrix,
    /// What the numbers of every direction are multiplied by: λ and the scaling.
    factors: Vec<f32>,
    /// `None` where there is no λ.
    scaling_of_lambda: Option<f32>,
    site: Option<Drop>,
    inputs: usize,
    outputs: usize,
    rank: usize,
}

/// Slopes of the matrices of an adapter.
#[derive(Default)]
pub(super) struct AdapterSlopes {
    /// `[rank, inputs]`.
    pub(super) a: Vec<f32>,
    /// `[rank]`.
    pub(super) lambda: Option<Vec<f32>>,
    /// `[outputs, rank]`.
    pub(super) b: Vec<f32>,
}

impl Adapter {
    /// Packs `adapter`, which has at least one direction, for a pass with the seed `seed`; `name`
    /// is its site.
    pub(super) fn new(adapter: &LowRank, seed: u64, name: &str) -> Adapter {
        let [rank, inputs] = adapter.a.shape().dims();
        let [outputs, _] = adapter.b.shape().dims();
        #[expect(clippy::cast_possible_truncation, reason = "parameters are f32")]
        let scaling = adapter.scaling as f32;
        let lambda = adapter.lambda.as_ref().map(|lambda| numbers(lambda.val()));
        let factors = match &lambda {
            None => vec![scaling; rank],
            Some(lambda) => lambda.iter().map(|lambda| lambda * scaling).collect(),
        };
        let map = |weight: Vec<f32>, outputs: usize| Map {
            weight,
            bias: vec![0.0; outputs],
        };
        let a = [map(numbers(adapter.a.val()), inputs)];
        let b = [map(numbers(adapter.b.val()), rank)];

        Adapter {
            reads: PackedMatrix::transposed(&a),
            writes: PackedMatrix::transposed(&b),
            reads_slopes: PackedMatrix::new(&b),
            writes_slopes: PackedMatrix::new(&a),
            factors,
            scaling_of_lambda: lambda.is_some().then_some(scaling),
            site: Drop::new(seed, name, adapter.dropout.prob),
            inputs,
            outputs,
            rank,
        }
    }

    /// What the adapter adds for every row of `x`, and the rows' numbers of every direction, which
    /// the backward pass needs. `first` is the site's row of the first one.
    pub(super) fn forward(&self, x: &[f32], first: usize) -> (Vec<f32>, Vec<f32>) {
        let rows = x.len() / self.inputs;
        let mut directions = vec![0.0; rows * self.rank];
        let dropped = self.site.map(|_| self.dropped(x, first));
        let read = dropped.as_deref().unwrap_or(x);
        product(read, &self.reads, Finish::Keep, &mut directions);

        let mut out = vec![0.0; rows * self.outputs];
        product(
            &self.scaled(&directions),
            &self.writes,
            Finish::Keep,
            &mut out,
        );

        (out, directions)
    }

    /// The slopes of the matrices and of `x`, from those of the result.
    pub(super) fn backward(
        &self,
        x: &[f32],
        directions: &[f32],
        mut slopes: Vec<f32>,
        first: usize,
    ) -> (AdapterSlopes, Vec<f32>) {
        let rows = x.len() / self.inputs;
        let mut of_directions = vec![0.0; rows * self.rank];
        product(
            &slopes,
            &self.reads_slopes,
            Finish::Keep,
            &mut of_directions,
        );

        let mut lines = Vec::new();
        pack_rows(
            &self.scaled(directions),
            self.rank,
            0,
            self.rank,
            &mut lines,
        );

        let mut b = vec![0.0; self.outputs * self.rank];
        self.add(&mut slopes, self.outputs, rows, &lines, &mut b);

        let lambda = self.scaling_of_lambda.map(|scaling| {
            let mut sums = vec![0.0; self.rank];
            let pairs = of_directions.chunks_exact(self.rank);
            for (slopes, numbers) in pairs.zip(directions.chunks_exact(self.rank)) {
                for (sum, (slope, number)) in sums.iter_mut().zip(slopes.iter().zip(numbers)) {
                    *sum += scaling * slope * number;
                }
            }
            sums
        });

        let of_directions = self.scaled(&of_directions);
        pack_rows(&of_directions, self.rank, 0, self.rank, &mut lines);
        let mut transposed = vec![0.0; self.inputs * self.rank];
        let mut dropped = self.dropped(x, first);
        self.add(&mut dropped, self.inputs, rows, &lines, &mut transposed);

        let mut a = vec![0.0; self.rank * self.inputs];
        for (input, numbers) in transposed.chunks_exact(self.rank).enumerate() {
            for (direction, number) in numbers.iter().enumerate() {
                a[direction * self.inputs + input] = *number;
            }
        }

        let mut of_x = vec![0.0; x.len()];
        product(&of_directions, &self.writes_slopes, Finish::Keep, &mut of_x);
        drop(self.site, first, self.inputs, &mut of_x);

        (AdapterSlopes { a, lambda, b }, of_x)
    }

    /// The transposed `left` `[rows, width]` times packed numbers of every direction.
    fn add(&self, left: &mut Vec<f32>, width: usize, rows: usize, lines: &[Line], out: &mut [f32]) {
        left.resize(rows * width + ROWS, 0.0);
        let left = Columns {
            numbers: left,
            stride: width,
            first: 0,
            count: width,
        };
        add_transposed_product(left, rows, lines, self.rank, out);
    }

    fn scaled(&self, directions: &[f32]) -> Vec<f32> {
        let rows = directions.chunks_exact(self.rank);
        rows.flat_map(|row| row.iter().zip(&self.factors).map(|(x, factor)| x * factor))
            .collect()
    }

    fn dropped(&self, x: &[f32], first: usize) -> Vec<f32> {
        let mut dropped = Vec::with_capacity(x.len() + ROWS);
        dropped.extend_from_slice(x);
        drop(self.site, first, self.inputs, &mut dropped);
        dropped
    }
}
