//! Products in 8-bit integers.
//!
//! Weights are rounded once, to signed numbers with a scale for each output; the rows that they
//! meet are rounded as they come, to unsigned numbers with a scale and a zero of their own
//! ("dynamic quantization"). A sum of products of integers is exact, so a row gets the same bits
//! alone and among others, on any number of threads.

use rten_gemm::{GemmExecutor, GemmInputA, GemmInputB, GemmOptions, PackedBMatrix};
use rten_simd::ops::{BitOps, FloatOps, NarrowSaturate, NumOps, ToFloat};
use rten_simd::{Isa, SimdOp};
use rten_tensor::{AsView, Matrix, NdTensor};

use crate::bert::cpu::product::{Finish, Map, finished, load, store};
use crate::bert::cpu::sums::{accumulate, fold};

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
    weights: PackedBMatrix<i8>,
    /// The sum of the weights, by output.
    totals: Vec<i32>,
    /// What a weight of 1 stands for, by output.
    scales: Vec<f32>,
    /// By output.
    bias: Vec<f32>,
    /// The largest number that rows are rounded to.
    levels: f32,
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
}

impl QuantizedMatrix {
    /// Rounds and packs maps that read the same, at least one input; the outputs lie side by side.
    pub(super) fn new(maps: &[Map]) -> QuantizedMatrix {
        let bias: Vec<f32> = maps.iter().flat_map(|map| map.bias.clone()).collect();
        let outputs = bias.len();
        let inputs = maps[0].weight.len() / maps[0].bias.len();

        let mut scales = Vec::with_capacity(outputs);
        let mut totals = vec![0; outputs];
        let mut weights = vec![0; inputs * outputs];
        for map in maps {
            let width = map.bias.len();
            for output in 0..width {
                let column = map.weight[output..].iter().step_by(width);
                let largest = column
                    .clone()
                    .fold(0.0_f32, |largest, weight| largest.max(weight.abs()));
                let scale = if largest > 0.0 {
                    largest / LARGEST_WEIGHT
                } else {
                    1.0
                };
                for (input, weight) in column.enumerate() {
                    let weight = rounded(weight / scale);
                    weights[input * outputs + scales.len()] = weight;
                    totals[scales.len()] += i32::from(weight);
                }
                scales.push(scale);
            }
        }

        let weights = NdTensor::from_data([inputs, outputs], weights);
        let (weights, levels) = EXECUTOR.with(|executor| {
            // Without the instructions for it, two products of the largest numbers overflow.
            let levels = if executor.may_saturate() {
                127.0
            } else {
                255.0
            };
            (executor.prepack_b(weights.view()), levels)
        });

        QuantizedMatrix {
            inputs,
            outputs,
            weights,
            totals,
            scales,
            bias,
            levels,
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

        for first in (0..rows).step_by(BLOCK) {
            let count = BLOCK.min(rows - first);
            let numbers = &memory.numbers[first * self.inputs..][..count * self.inputs];
            memory.sums.resize(count * self.outputs, 0);
            // The zeros of rows are not for rten-gemm 0.27: it takes those of the first rows for
            // all.
            let options = GemmOptions::default();
            let left = GemmInputA::Unpacked(Matrix::from_data([count, self.inputs], numbers));
            let right = GemmInputB::Packed(&self.weights);
            EXECUTOR
                .with(|executor| executor.gemm(&mut memory.sums, left, right, options))
                .expect("the shapes fit together");
            Restore {
                map: self,
                sums: &memory.sums,
                zeros: &memory.zeros[first..][..count],
                row_scales: &memory.scales[first..][..count],
                finish,
                start: first * self.outputs,
                out,
            }
            .dispatch();
        }
    }
}

/// The nearest whole number.
#[expect(
    clippy::cast_possible_truncation,
    reason = "no weight is larger than the largest"
)]
fn rounded(number: f32) -> i8 {
    number.round_ties_even() as i8
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
            let range = Range::of(isa, row);
            let step = (range.largest - range.least) / levels;
            let step = if step > 0.0 { step } else { 1.0 };
            let per_step = 1.0 / step;
            let nought = (-range.least * per_step).round_ties_even();
            *scale = if range.is_finite { step } else { f32::NAN };
            *zero = nought as u8;
            round_row(isa, row, per_step, nought, levels, places);
        }
    }
}

/// What the numbers of a row lie between.
struct Range {
    /// 0 if all numbers are above it.
    least: f32,
    /// 0 if all numbers are below it.
    largest: f32,
    is_finite: bool,
}

impl Range {
    #[inline(always)]
    fn of<I: Isa>(isa: I, row: &[f32]) -> Range {
        let ops = isa.f32();
        let least = accumulate(
            isa,
            row,
            0.0,
            #[inline(always)]
            |least, numbers| ops.min(least, numbers),
        );
        let largest = accumulate(
            isa,
            row,
            0.0,
            #[inline(always)]
            |largest, numbers| ops.max(largest, numbers),
        );
        // Zero times a number that is not finite is none.
        let finite = accumulate(
            isa,
            row,
            0.0,
            #[inline(always)]
            |finite, numbers| ops.mul_add(numbers, ops.zero(), finite),
        );

        Range {
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
    sums: &'a [i32],
    zeros: &'a [u8],
    row_scales: &'a [f32],
    finish: Finish<'a>,
    /// Where the first sum belongs in `out`.
    start: usize,
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
            row_scales,
            finish,
            start,
            out,
        } = self;

        let told = zeros.iter().zip(row_scales);
        for (row, (sums, (zero, scale))) in sums.chunks_exact(map.outputs).zip(told).enumerate() {
            let start = start + row * map.outputs;
            let (zero, scale) = (whole.splat(i32::from(*zero)), ops.splat(*scale));
            let places = out[start..start + map.outputs].chunks_mut(ops.len());
            for (part, place) in places.enumerate() {
                let first = part * ops.len();
                let beyond = whole.mul(load_whole(isa, &map.totals[first..]), zero);
                let sums = whole.sub(load_whole(isa, &sums[first..]), beyond);
                let scales = ops.mul(load(isa, &map.scales[first..]), scale);
                let bias = load(isa, &map.bias[first..]);
                let sums = ops.mul_add(whole.to_float(sums), scales, bias);
                let start = start + first;
                let numbers = finished(isa, finish, sums, start..start + place.len());
                store(isa, numbers, place);
            }
        }
    }
}

/// As [`load`], of whole numbers.
#[inline(always)]
fn load_whole<I: Isa>(isa: I, numbers: &[i32]) -> I::I32 {
    let ops = isa.i32();
    if numbers.len() >= ops.len() {
        ops.load(numbers)
    } else {
        ops.load_pad(numbers).0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(count: usize, seed: usize) -> Vec<f32> {
        (0..count)
            .map(|index| ((index * 7_919 + seed * 104_729) % 1_013) as f32 / 1_013.0 - 0.4)
            .collect()
    }

    fn map(inputs: usize, outputs: usize) -> Map {
        Map {
            weight: numbers(inputs * outputs, 1),
            bias: numbers(outputs, 2),
        }
    }

    fn product(maps: &[Map], left: &[f32], finish: Finish<'_>) -> Vec<f32> {
        let map = QuantizedMatrix::new(maps);
        let mut out = vec![0.0; left.len() / map.inputs * map.outputs];
        map.product(left, finish, &mut out, &mut Rounded::default());
        out
    }

    /// Every chain in f64, with what rounding may change: half a step of every number.
    fn expected(left: &[f32], map: &Map) -> Vec<(f64, f64)> {
        let outputs = map.bias.len();
        let inputs = map.weight.len() / outputs;
        let mut all = Vec::new();
        for row in left.chunks(inputs) {
            let least = row.iter().copied().fold(0.0, f32::min);
            let largest = row.iter().copied().fold(0.0, f32::max);
            let step = f64::from(largest - least) / 127.0;
            for output in 0..outputs {
                let column = map.weight[output..].iter().step_by(outputs);
                let largest = column
                    .clone()
                    .fold(0.0_f32, |most, one| most.max(one.abs()));
                let coarse = f64::from(largest) / 127.0;
                let (mut sum, mut slack) = (f64::from(map.bias[output]), 1e-4);
                for (number, weight) in row.iter().zip(column) {
                    let (number, weight) = (f64::from(*number), f64::from(*weight));
                    sum += number * weight;
                    slack += 0.6 * (step * weight.abs() + coarse * number.abs() + step * coarse);
                }
                all.push((sum, slack));
            }
        }

        all
    }

    #[test]
    fn products_of_all_shapes_are_as_near_as_rounding_allows() {
        for (rows, inputs, outputs) in [
            (1, 1, 1),
            (1, 48, 33),
            (5, 7, 31),
            (64, 16, 32),
            (65, 384, 48),
            (130, 1_500, 65),
        ] {
            let map = map(inputs, outputs);
            let left = numbers(rows * inputs, 3);
            let found = product(std::slice::from_ref(&map), &left, Finish::Keep);
            assert_eq!(found.len(), rows * outputs);
            for (found, (sum, slack)) in found.iter().zip(expected(&left, &map)) {
                let difference = (f64::from(*found) - sum).abs();
                assert!(
                    difference <= slack,
                    "{rows} {inputs} {outputs}: {found} is not {sum}"
                );
            }
        }
        assert!(product(&[map(4, 4)], &[], Finish::Keep).is_empty());
    }

    #[test]
    fn a_row_is_the_same_bits_in_any_place_and_company() {
        let (inputs, outputs) = (64, 40);
        let map = map(inputs, outputs);
        let maps = std::slice::from_ref(&map);
        let left = numbers(150 * inputs, 3);
        let all = product(maps, &left, Finish::Gelu);

        for (start, count) in [(0, 1), (3, 1), (63, 2), (20, 130), (149, 1), (64, 64)] {
            let rows = &left[start * inputs..(start + count) * inputs];
            let alone = product(maps, rows, Finish::Gelu);
            assert!(alone == all[start * outputs..(start + count) * outputs]);
        }
    }

    #[test]
    fn a_number_that_is_not_finite_spoils_its_row_and_no_other() {
        let map = map(8, 5);
        for spoilt in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let mut left = numbers(24, 3);
            left[9] = spoilt;
            let found = product(std::slice::from_ref(&map), &left, Finish::Keep);
            assert!(found[5..10].iter().all(|number| number.is_nan()));
            assert!(
                found[..5]
                    .iter()
                    .chain(&found[10..])
                    .all(|number| number.is_finite())
            );
        }
    }

    #[test]
    fn maps_lie_side_by_side_and_a_row_of_zeros_gives_the_bias() {
        let maps = [map(9, 20), map(9, 30)];
        let left = [numbers(18, 3), vec![0.0; 9]].concat();
        let both = product(&maps, &left, Finish::Keep);
        let first = product(&maps[..1], &left, Finish::Keep);
        let second = product(&maps[1..], &left, Finish::Keep);

        for (row, both) in both.chunks(50).enumerate() {
            assert!(both[..20] == first[row * 20..][..20]);
            assert!(both[20..] == second[row * 30..][..30]);
        }

        assert!(both[100..120] == maps[0].bias);
    }
}
