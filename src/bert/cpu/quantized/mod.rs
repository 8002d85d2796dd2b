//! Products in 8-bit integers.
//!
//! Weights are rounded once, to signed numbers with a scale for each output; the rows that they
//! meet are rounded as they come, to unsigned numbers with a scale and a zero of their own
//! ("dynamic quantization"). A sum of products of integers is exact, so a row gets the same bits
//! alone and among others, on any number of threads.

mod output_line;

use rten_gemm::{GemmExecutor, GemmInputA, GemmInputB, GemmOptions, PackedBMatrix};
use rten_simd::ops::{BitOps, FloatOps, NarrowSaturate, NumOps};
use rten_simd::{Isa, SimdOp};
use rten_tensor::{AsView, Matrix, NdTensor};

use crate::bert::cpu::amx::{self, Panels};
use crate::bert::cpu::block_sums::BlockSums;
use crate::bert::cpu::product::line::COLUMNS;
use crate::bert::cpu::product::{Finish, Map};
use crate::bert::cpu::quantized::output_line::OutputLine;
use crate::bert::cpu::sums::{accumulate_each, fold};

/// The largest weight. One more would fit below zero, but none above.
const LARGEST_WEIGHT: f32 = 127.0;

/// Rows that are multiplied before their sums are finished: few enough for sums to stay near.
const BLOCK: usize = 64;

thread_local! {
    /// What multiplies. Threads cannot share one, and to make one asks the processor what it can.
    static EXECUTOR: GemmExecutor<u8, i8, i32> = GemmExecutor::new();
}

/// A linear map with rounded weights.
pub(super) struct QuantizedMatrix {
    inputs: usize,
    outputs: usize,
    weights: Weights,
    /// What turns sums into numbers, by [`COLUMNS`] outputs.
    lines: Vec<OutputLine>,
    /// The largest number that rows are rounded to.
    levels: f32,
}

/// Rounded weights, packed for what multiplies them.
enum Weights {
    /// The vectors of the processor.
    Vectors(PackedBMatrix<i8>),
    /// Its matrix unit.
    Unit(Panels),
}

impl Weights {
    /// Packs weights `[inputs, outputs]` for what is the fastest here.
    fn new(inputs: usize, outputs: usize, weights: Vec<i8>) -> Weights {
        if amx::suits(inputs, outputs) {
            Weights::on_unit(inputs, outputs, &weights)
        } else {
            Weights::by_vectors(inputs, outputs, weights)
        }
    }

    fn on_unit(inputs: usize, outputs: usize, weights: &[i8]) -> Weights {
        let mut columns = vec![0; weights.len()];
        // Some rows at a time, so that what a column gets from them lies near.
        for first in (0..inputs).step_by(BLOCK) {
            let rows = &weights[first * outputs..inputs.min(first + BLOCK) * outputs];
            for (output, column) in columns.chunks_exact_mut(inputs).enumerate() {
                let numbers = rows[output..].iter().step_by(outputs);
                for (place, number) in column[first..].iter_mut().zip(numbers) {
                    *place = *number;
                }
            }
        }
        Weights::Unit(Panels::new(&columns, inputs))
    }

    fn by_vectors(inputs: usize, outputs: usize, weights: Vec<i8>) -> Weights {
        let weights = NdTensor::from_data([inputs, outputs], weights);
        let packed = EXECUTOR.with(|executor| executor.prepack_b(weights.view()));
        Weights::Vectors(packed)
    }

    /// The largest number that they may meet.
    fn levels(&self) -> f32 {
        // Without the instructions for it, two products of the largest numbers overflow.
        match self {
            Weights::Vectors(_) if EXECUTOR.with(GemmExecutor::may_saturate) => 127.0,
            Weights::Vectors(_) | Weights::Unit(_) => 255.0,
        }
    }
}

/// Rows as they are rounded, and the memory that their products need.
#[derive(Default)]
pub(super) struct Rounded {
    /// `[rows, inputs]`.
    numbers: Vec<u8>,
    /// What stands for 0 in a row.
    zeros: Vec<u8>,
    /// What a step of 1 stands for in a row; NaN for a row with a number that is not finite.
    scales: Vec<f32>,
    /// `[rows of a block, outputs]`.
    sums: Vec<i32>,
    on_unit: amx::Memory,
}

impl QuantizedMatrix {
    /// Rounds and packs maps that read the same, at least one input; the outputs lie side by side.
    pub(super) fn new(maps: &[Map]) -> QuantizedMatrix {
        QuantizedMatrix::packed(maps, Weights::new)
    }

    /// As [`QuantizedMatrix::new`], with weights `[inputs, outputs]` that `pack` packs.
    fn packed(maps: &[Map], pack: fn(usize, usize, Vec<i8>) -> Weights) -> QuantizedMatrix {
        let bias: Vec<f32> = maps.iter().flat_map(|map| map.bias.clone()).collect();
        let outputs = bias.len();
        let inputs = maps[0].weight.len() / maps[0].bias.len();

        // Row by row, as weights lie: by output they are far from each other.
        let mut scales = Vec::with_capacity(outputs);
        let mut totals = vec![0; outputs];
        let mut weights = vec![0; inputs * outputs];
        for map in maps {
            let (first, width) = (scales.len(), map.bias.len());
            scales.extend(weight_scales(map));
            let places = first..first + width;
            let totals = &mut totals[places.clone()];
            let rows = map.weight.chunks_exact(width);
            for (row, rounded_row) in rows.zip(weights.chunks_exact_mut(outputs)) {
                let rounded_row = &mut rounded_row[places.clone()];
                let numbers = row.iter().zip(&scales[places.clone()]);
                for ((number, scale), place) in numbers.zip(&mut *rounded_row) {
                    *place = rounded(number / scale);
                }
                for (total, number) in totals.iter_mut().zip(rounded_row) {
                    *total += i32::from(*number);
                }
            }
        }

        let weights = pack(inputs, outputs, weights);
        QuantizedMatrix {
            inputs,
            outputs,
            lines: OutputLine::of_all(&totals, &scales, &bias),
            levels: weights.levels(),
            weights,
        }
    }

    /// Maps the rows of `left` `[rows, inputs]` to `out` `[rows, outputs]`.
    ///
    /// Runs on the threads of the pool that it is called in.
    ///
    /// # Panics
    ///
    /// When the lengths do not fit together.
    pub(super) fn product(
        &self,
        left: &[f32],
        finish: Finish<'_>,
        out: &mut [f32],
        memory: &mut Rounded,
    ) {
        let rows = left.len() / self.inputs;
        assert_eq!(left.len(), rows * self.inputs, "whole rows are mapped");
        assert_eq!(out.len(), rows * self.outputs, "every row has a place");

        memory.numbers.resize(left.len(), 0);
        memory.zeros.resize(rows, 0);
        memory.scales.resize(rows, 0.0);
        Round {
            rows: left,
            inputs: self.inputs,
            levels: self.levels,
            memory,
        }
        .dispatch();

        match &self.weights {
            Weights::Vectors(weights) => self.by_vectors(weights, rows, finish, out, memory),
            Weights::Unit(panels) => self.on_unit(panels, rows, finish, out, memory),
        }
    }

    /// Multiplies rounded rows, and restores what numbers their sums stand for.
    fn by_vectors(
        &self,
        weights: &PackedBMatrix<i8>,
        rows: usize,
        finish: Finish<'_>,
        out: &mut [f32],
        memory: &mut Rounded,
    ) {
        for first in (0..rows).step_by(BLOCK) {
            let count = BLOCK.min(rows - first);
            let numbers = &memory.numbers[first * self.inputs..][..count * self.inputs];
            memory.sums.resize(count * self.outputs, 0);
            // The zeros of rows are not for rten-gemm 0.27: it takes those of the first rows for
            // all.
            let options = GemmOptions::default();
            let left = GemmInputA::Unpacked(Matrix::from_data([count, self.inputs], numbers));
            let right = GemmInputB::Packed(weights);
            EXECUTOR
                .with(|executor| executor.gemm(&mut memory.sums, left, right, options))
                .expect("the shapes fit together");
            Restore {
                map: self,
                sums: &BlockSums {
                    numbers: &memory.sums,
                    width: self.outputs,
                    rows: first..first + count,
                    columns: 0..self.outputs,
                },
                zeros: &memory.zeros,
                below: 0,
                row_scales: &memory.scales,
                finish,
                out,
            }
            .dispatch();
        }
    }

    /// As [`QuantizedMatrix::by_vectors`], on the matrix unit. It moves rows below themselves, and
    /// what stands for 0 in them with them.
    fn on_unit(
        &self,
        panels: &Panels,
        rows: usize,
        finish: Finish<'_>,
        out: &mut [f32],
        memory: &mut Rounded,
    ) {
        let numbers = &memory.numbers[..rows * self.inputs];
        panels.multiply(numbers, &mut memory.on_unit, |sums| {
            Restore {
                map: self,
                sums,
                zeros: &memory.zeros,
                below: amx::BELOW,
                row_scales: &memory.scales,
                finish,
                out,
            }
            .dispatch();
        });
    }
}

/// What a weight of 1 stands for, by output.
fn weight_scales(map: &Map) -> Vec<f32> {
    let width = map.bias.len();
    let mut largest = vec![0.0_f32; width];
    for row in map.weight.chunks_exact(width) {
        for (largest, weight) in largest.iter_mut().zip(row) {
            *largest = largest.max(weight.abs());
        }
    }

    for scale in &mut largest {
        *scale = if *scale > 0.0 {
            *scale / LARGEST_WEIGHT
        } else {
            1.0
        };
    }
    largest
}

/// The nearest whole number, the even one of two.
#[expect(
    clippy::cast_possible_truncation,
    reason = "no weight is larger than the largest"
)]
fn rounded(number: f32) -> i8 {
    // Beyond this a number has no fraction: a sum is rounded. Without an instruction for it that
    // all processors have, rounding would be a call for every weight.
    const WHOLE: f32 = 12_582_912.0;
    (number + WHOLE - WHOLE) as i8
}

/// Rounds rows.
struct Round<'a> {
    rows: &'a [f32],
    inputs: usize,
    levels: f32,
    memory: &'a mut Rounded,
}

impl SimdOp for Round<'_> {
    type Output = ();

    #[inline(always)]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "levels lie between 0 and 255, and a cast of anything else gives the nearest of \
            them"
    )]
    fn eval<I: Isa>(self, isa: I) {
        let Round {
            rows,
            inputs,
            levels,
            memory,
        } = self;
        let rows = rows.chunks_exact(inputs);
        let places = memory.numbers.chunks_exact_mut(inputs);
        let told = memory.zeros.iter_mut().zip(&mut memory.scales);

        for ((row, places), (zero, scale)) in rows.zip(places).zip(told) {
            let spread = Spread::of(isa, row);
            let step = (spread.largest - spread.least) / levels;
            let step = if step > 0.0 { step } else { 1.0 };
            let per_step = 1.0 / step;
            let nought = (-spread.least * per_step).round_ties_even();
            *scale = if spread.is_finite { step } else { f32::NAN };
            *zero = nought as u8;
            round_row(isa, row, per_step, nought, levels, places);
        }
    }
}

/// What the numbers of a row lie between.
struct Spread {
    /// 0 if all numbers are above it.
    least: f32,
    /// 0 if all numbers are below it.
    largest: f32,
    is_finite: bool,
}

impl Spread {
    #[inline(always)]
    fn of<I: Isa>(isa: I, row: &[f32]) -> Spread {
        let ops = isa.f32();
        // Zero times a number that is not finite is none.
        let [least, largest, finite] = accumulate_each(
            isa,
            row,
            [0.0; 3],
            #[inline(always)]
            |[least, largest, finite], numbers| {
                [
                    ops.min(least, numbers),
                    ops.max(largest, numbers),
                    ops.mul_add(numbers, ops.zero(), finite),
                ]
            },
        );

        Spread {
            least: fold(least, |one, other| if other < one { other } else { one }),
            largest: fold(largest, |one, other| if other > one { other } else { one }),
            is_finite: fold(finite, |one, other| one + other) == 0.0,
        }
    }
}

/// The level of every number of a row: the nearest one, of which `nought` stands for 0.
#[inline(always)]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "levels lie between 0 and 255, and a cast of anything else gives the nearest of them"
)]
fn round_row<I: Isa>(
    isa: I,
    row: &[f32],
    per_step: f32,
    nought: f32,
    levels: f32,
    places: &mut [u8],
) {
    let (ops, whole, half, byte) = (isa.f32(), isa.i32(), isa.i16(), isa.u8());
    let all = [per_step, nought, levels].map(|number| ops.splat(number));

    // Four vectors of numbers become one of levels.
    let len = ops.len();
    let blocks = row.chunks_exact(4 * len);
    let rest = blocks.remainder();
    let mut places = places.chunks_exact_mut(4 * len);
    for (numbers, place) in blocks.zip(places.by_ref()) {
        let first = round_vector(isa, numbers, all);
        let second = round_vector(isa, &numbers[len..], all);
        let third = round_vector(isa, &numbers[2 * len..], all);
        let fourth = round_vector(isa, &numbers[3 * len..], all);
        let low = whole.narrow_saturate(first, second);
        let high = whole.narrow_saturate(third, fourth);
        byte.store(half.narrow_saturate(low, high), place);
    }

    for (place, number) in places.into_remainder().iter_mut().zip(rest) {
        let level = (number * per_step).round_ties_even() + nought;
        *place = level.clamp(0.0, levels) as u8;
    }
}

/// The levels of a vector of numbers.
#[inline(always)]
fn round_vector<I: Isa>(
    isa: I,
    numbers: &[f32],
    [per_step, nought, levels]: [I::F32; 3],
) -> I::I32 {
    let ops = isa.f32();
    let steps = ops.round_ties_even(ops.mul(ops.load(numbers), per_step));
    let level = ops.max(ops.add(steps, nought), ops.zero());
    ops.to_int_trunc(ops.min(level, levels))
}

/// Turns sums of integers into numbers.
struct Restore<'a> {
    map: &'a QuantizedMatrix,
    sums: &'a BlockSums<'a>,
    /// What stands for 0, by row.
    zeros: &'a [u8],
    /// How far rows were moved below what was rounded.
    below: i32,
    /// What a step of 1 stands for, by row.
    row_scales: &'a [f32],
    finish: Finish<'a>,
    /// `[rows, outputs]`.
    out: &'a mut [f32],
}

impl SimdOp for Restore<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let (ops, whole) = (isa.f32(), isa.i32());
        let Restore {
            map,
            sums,
            zeros,
            below,
            row_scales,
            finish,
            out,
        } = self;

        let columns = sums.columns.clone();
        let lines = &map.lines[columns.start / COLUMNS..];
        for (row, numbers) in sums.rows.clone().zip(sums.numbers.chunks_exact(sums.width)) {
            let zero = whole.splat(i32::from(zeros[row]) - below);
            let scale = ops.splat(row_scales[row]);
            let start = row * map.outputs;
            let places = start + columns.start..start + columns.end;
            let parts = out[places.clone()].chunks_mut(COLUMNS);
            for ((line, numbers), place) in lines.iter().zip(numbers.chunks(COLUMNS)).zip(parts) {
                line.restore(isa, numbers, (zero, scale), place);
            }
            finish.apply(isa, places, out);
        }
    }
}

#[cfg(test)]
mod tests;
