//! A linear map in one pass: what its adapter adds, and the slopes of what is learned of it.

use std::collections::BTreeMap;

use rayon::iter::{IndexedParallelIterator, ParallelIterator};
use rayon::slice::ParallelSliceMut;

use crate::bert::cpu::learning::adapter::{Adapter, AdapterSlopes};
use crate::bert::cpu::product::line::Line;
use crate::bert::cpu::product::pack_rows;
use crate::bert::cpu::product::tiles::{Columns, ROWS};
use crate::bert::cpu::product::transposed::add_transposed_product;
use crate::bert::linear::AdaptedLinear;

/// How many inputs' weights one thread computes slopes for at a time.
const BLOCK: usize = 8 * ROWS;

/// What is learned of a linear map.
pub(super) struct LinearPass {
    adapter: Option<Adapter>,
    weight: bool,
    bias: bool,
    inputs: usize,
    outputs: usize,
}

/// Some columns of a matrix.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    /// Row by row.
    pub(super) numbers: &'a [f32],
    /// From one row to the next.
    pub(super) stride: usize,
    /// The first column.
    pub(super) start: usize,
}

impl<'a> Part<'a> {
    /// All columns of a matrix.
    pub(super) fn whole(numbers: &'a [f32], width: usize) -> Part<'a> {
        Part {
            numbers,
            stride: width,
            start: 0,
        }
    }
}

/// Slopes of what is learned of a map, from some of the rows.
#[derive(Default)]
pub(super) struct LinearSlopes {
    weight: Option<Factors>,
    bias: Option<Vec<f32>>,
    adapter: Option<AdapterSlopes>,
}

/// Two matrices whose product, that of the first one's transpose, are slopes of a weight.
struct Factors {
    /// `[rows, inputs]`, and some numbers more.
    x: Vec<f32>,
    rows: usize,
    /// `[rows, outputs]`, packed.
    slopes: Vec<Line>,
}

impl LinearPass {
    /// `name` is the site of the adapter's dropout in the pass with the seed `seed`.
    pub(super) fn new(linear: &AdaptedLinear, seed: u64, name: &str) -> LinearPass {
        let adapter = linear.adapter.as_ref();
        let adapter = adapter.filter(|adapter| adapter.rank() > 0);
        LinearPass {
            adapter: adapter.map(|adapter| Adapter::new(adapter, seed, name)),
            weight: linear.weight.is_require_grad(),
            bias: linear.bias.is_require_grad(),
            inputs: linear.inputs(),
            outputs: linear.outputs(),
        }
    }

    /// How many numbers a row has that is mapped.
    pub(super) fn inputs(&self) -> usize {
        self.inputs
    }

    /// Whether anything is learned.
    pub(super) fn learns(&self) -> bool {
        self.adapter.is_some() || self.weight || self.bias
    }

    /// Whether [`LinearPass::backward`] asks what the map has read.
    pub(super) fn asks_input(&self) -> bool {
        self.adapter.is_some() || self.weight
    }

    /// Adds the adapter's share to the columns from `start` of `out`, whose rows are `stride` long;
    /// returns the rows' numbers of every direction. `first` is the number of the first row of `x`
    /// in the pass.
    pub(super) fn adapt(
        &self,
        x: &[f32],
        first: usize,
        out: &mut [f32],
        stride: usize,
        start: usize,
    ) -> Vec<f32> {
        let Some(adapter) = &self.adapter else {
            return Vec::new();
        };
        let (added, directions) = adapter.forward(x, first);

        for (added, row) in added
            .chunks_exact(self.outputs)
            .zip(out.chunks_exact_mut(stride))
        {
            for (added, number) in added.iter().zip(&mut row[start..]) {
                *number += added;
            }
        }

        directions
    }

    /// The slopes of what is learned, and those of `x` through the adapter, from those of the
    /// result.
    ///
    /// # Panics
    ///
    /// When there is no `x` although [`LinearPass::asks_input`].
    pub(super) fn backward(
        &self,
        x: Option<&[f32]>,
        directions: &[f32],
        slopes: Part<'_>,
        first: usize,
    ) -> (LinearSlopes, Option<Vec<f32>>) {
        let mut found = LinearSlopes::default();
        if self.bias {
            let mut sums = vec![0.0; self.outputs];
            for row in slopes.numbers.chunks_exact(slopes.stride) {
                for (sum, slope) in sums.iter_mut().zip(&row[slopes.start..]) {
                    *sum += slope;
                }
            }
            found.bias = Some(sums);
        }

        if !self.asks_input() {
            return (found, None);
        }

        let x = x.expect("the input is there where it is asked for");
        if self.weight {
            let mut lines = Vec::new();
            let Part {
                numbers,
                stride,
                start,
            } = slopes;
            pack_rows(numbers, stride, start, self.outputs, &mut lines);
            let mut padded = Vec::with_capacity(x.len() + ROWS);
            padded.extend_from_slice(x);
            padded.resize(x.len() + ROWS, 0.0);
            found.weight = Some(Factors {
                x: padded,
                rows: x.len() / self.inputs,
                slopes: lines,
            });
        }

        let of_x = self.adapter.as_ref().map(|adapter| {
            let rows = slopes.numbers.chunks_exact(slopes.stride);
            let rows = rows.map(|row| &row[slopes.start..][..self.outputs]);
            let slopes = rows.collect::<Vec<_>>().concat();
            let (of_adapter, of_x) = adapter.backward(x, directions, slopes, first);
            found.adapter = Some(of_adapter);
            of_x
        });

        (found, of_x)
    }

    /// Adds up the slopes of all parts in their order, and puts them where `path` leads.
    pub(super) fn gather(
        &self,
        path: &str,
        parts: Vec<LinearSlopes>,
        found: &mut BTreeMap<String, Vec<f32>>,
    ) {
        let mut weights = Vec::new();
        let mut sums = Sums::default();
        for part in parts {
            weights.extend(part.weight);
            sums.add("bias", part.bias);
            if let Some(AdapterSlopes { a, lambda, b }) = part.adapter {
                sums.add("adapter.a", Some(a));
                sums.add("adapter.lambda", lambda);
                sums.add("adapter.b", Some(b));
            }
        }
        sums.put(path, found);

        if self.weight {
            let mut weight = vec![0.0; self.inputs * self.outputs];
            weight
                .par_chunks_mut(BLOCK * self.outputs)
                .enumerate()
                .for_each(|(block, out)| {
                    for part in &weights {
                        let left = Columns {
                            numbers: &part.x,
                            stride: self.inputs,
                            first: block * BLOCK,
                            count: out.len() / self.outputs,
                        };
                        add_transposed_product(left, part.rows, &part.slopes, self.outputs, out);
                    }
                });
            found.insert(format!("{path}.weight"), weight);
        }
    }
}

/// Adds `more` to `sums`, where there is more.
pub(super) fn add(sums: &mut [f32], more: Option<Vec<f32>>) {
    if let Some(more) = more {
        for (sum, number) in sums.iter_mut().zip(more) {
            *sum += number;
        }
    }
}

/// Sums of slopes by the names of parameters.
#[derive(Default)]
pub(super) struct Sums(BTreeMap<&'static str, Vec<f32>>);

impl Sums {
    /// Adds the slopes of one part.
    pub(super) fn add(&mut self, name: &'static str, slopes: Option<Vec<f32>>) {
        match (self.0.get_mut(name), slopes) {
            (Some(sums), slopes) => add(sums, slopes),
            (None, Some(slopes)) => {
                self.0.insert(name, slopes);
            }
            (None, None) => (),
        }
    }

    /// Puts the sums where `path` leads.
    pub(super) fn put(self, path: &str, found: &mut BTreeMap<String, Vec<f32>>) {
        for (name, sums) in self.0 {
            found.insert(format!("{path}.{name}"), sums);
        }
    }
}
