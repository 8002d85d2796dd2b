//! Attention within texts that lie in one matrix without gaps.
//!
//! Keys and values of one head of one text are packed like weights, so that both products are
//! those of [`product`](mod@crate::bert::cpu::product). Nothing of a text reaches another.

use rten_simd::ops::{BitOps, NumOps};
use rten_simd::{Isa, SimdOp, SimdUnaryOp};
use rten_vecmath::Exp;

use crate::bert::cpu::product::line::{COLUMNS, Line};
use crate::bert::cpu::product::tiles::{ROWS, Rows, multiply};
use crate::bert::cpu::product::{pack_columns, pack_rows};
use crate::bert::cpu::sums::{accumulate, fold, sum};

/// What the tokens of every text gather from each other.
pub(super) struct Attention<'a> {
    /// `[tokens, hidden]`, divided by the root of a head's size.
    pub(super) queries: &'a [f32],
    /// `[tokens, 2 hidden]`: keys, then values.
    pub(super) keys_and_values: &'a [f32],
    /// How many tokens each text has, at least 1.
    pub(super) lengths: &'a [usize],
    /// How many heads there are.
    pub(super) heads: usize,
    /// The width of all heads together.
    pub(super) hidden: usize,
    /// `[tokens, hidden]`.
    pub(super) out: &'a mut [f32],
    /// Room to work in.
    pub(super) room: &'a mut Room,
}

/// Memory that is used again for every head of every text.
#[derive(Default)]
pub(super) struct Room {
    keys: Vec<Line>,
    values: Vec<Line>,
    weights: Vec<f32>,
}

impl SimdOp for Attention<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let Attention {
            queries,
            keys_and_values,
            lengths,
            heads,
            hidden,
            out,
            room,
        } = self;

        let size = hidden / heads;

        let mut first_token = 0;
        for &length in lengths {
            let padded = length.next_multiple_of(COLUMNS);
            let tokens = &keys_and_values[first_token * 2 * hidden..][..length * 2 * hidden];
            room.weights.resize(ROWS * padded, 0.0);

            for head in 0..heads {
                let start = head * size;
                pack_columns(tokens, 2 * hidden, start, size, &mut room.keys);
                pack_rows(tokens, 2 * hidden, hidden + start, size, &mut room.values);
                for query in (0..length).step_by(ROWS) {
                    let rows = ROWS.min(length - query);
                    let at = (first_token + query) * hidden + start;
                    let asking = Rows {
                        numbers: &queries[at..],
                        stride: hidden,
                        width: size,
                        count: rows,
                    };
                    multiply(isa, asking, &room.keys, |row, column, sums| {
                        let place = row * padded + column;
                        room.weights[place..place + COLUMNS].copy_from_slice(&sums.0);
                    });
                    for row in room.weights.chunks_exact_mut(padded).take(rows) {
                        softmax(isa, row, length);
                    }
                    let weights = Rows {
                        numbers: &room.weights,
                        stride: padded,
                        width: length,
                        count: rows,
                    };
                    multiply(isa, weights, &room.values, |row, column, sums| {
                        let place = at + row * hidden + column;
                        let width = COLUMNS.min(size - column);
                        out[place..place + width].copy_from_slice(&sums.0[..width]);
                    });
                }
            }
            first_token += length;
        }
    }
}

/// Turns the first `length` numbers of a row of whole blocks into weights that add up to 1,
/// and the others into 0.
#[inline(always)]
pub(super) fn softmax<I: Isa>(isa: I, row: &mut [f32], length: usize) {
    let ops = isa.f32();
    row[length..].fill(f32::NEG_INFINITY);

    let most = accumulate(
        isa,
        row,
        f32::MIN,
        #[inline(always)]
        |most, numbers| ops.max(most, numbers),
    );

    let most = ops.splat(fold(most, f32::max));
    for numbers in row.chunks_exact_mut(ops.len()) {
        ops.store(Exp {}.eval(isa, ops.sub(ops.load(numbers), most)), numbers);
    }

    let factor = ops.splat(1.0 / sum(isa, row));
    for numbers in row.chunks_exact_mut(ops.len()) {
        ops.store(ops.mul(ops.load(numbers), factor), numbers);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(count: usize, seed: usize) -> Vec<f32> {
        (0..count)
            .map(|index| ((index * 7_919 + seed * 104_729) % 1_013) as f32 / 250.0 - 2.0)
            .collect()
    }

    /// Attention of one head of one text in f64.
    fn expected(queries: &[f32], tokens: &[f32], hidden: usize, start: usize, size: usize) -> f64 {
        let dot = |token: &[f32]| -> f64 {
            let pairs = queries[start..start + size].iter().zip(&token[start..]);
            pairs.map(|(q, k)| f64::from(*q) * f64::from(*k)).sum()
        };
        let powers: Vec<f64> = tokens
            .chunks(2 * hidden)
            .map(|token| dot(token).exp())
            .collect();
        let values = tokens
            .chunks(2 * hidden)
            .map(|token| f64::from(token[hidden + start]));
        let sum: f64 = powers
            .iter()
            .zip(values)
            .map(|(power, value)| power * value)
            .sum();

        sum / powers.iter().sum::<f64>()
    }

    #[track_caller]
    fn check(lengths: &[usize], heads: usize, hidden: usize) {
        let tokens: usize = lengths.iter().sum();
        let queries = numbers(tokens * hidden, 1);
        let keys_and_values = numbers(tokens * 2 * hidden, 2);
        let mut out = vec![f32::NAN; tokens * hidden];
        let operation = Attention {
            queries: &queries,
            keys_and_values: &keys_and_values,
            lengths,
            heads,
            hidden,
            out: &mut out,
            room: &mut Room::default(),
        };
        operation.dispatch();

        let size = hidden / heads;
        let mut token = 0;
        for length in lengths {
            let text = &keys_and_values[token * 2 * hidden..(token + length) * 2 * hidden];
            for query in token..token + length {
                for head in 0..heads {
                    let start = head * size;
                    let row = &queries[query * hidden..(query + 1) * hidden];
                    let expected = expected(row, text, hidden, start, size);
                    let found = f64::from(out[query * hidden + start]);
                    assert!((found - expected).abs() < 1e-4, "{found} is not {expected}");
                }
            }
            token += length;
        }

        assert!(out.iter().all(|number| number.is_finite()));
    }

    #[test]
    fn texts_attend_to_themselves_alone() {
        check(&[1, 5, 33], 2, 16);
        check(&[2, 70, 3], 3, 36);
        check(&[14], 1, 40);
    }

    #[test]
    fn weights_of_far_apart_numbers_stay_finite() {
        struct Weigh<'a>(&'a mut [f32]);
        impl SimdOp for Weigh<'_> {
            type Output = ();

            #[inline(always)]
            fn eval<I: Isa>(self, isa: I) {
                softmax(isa, self.0, 3);
            }
        }

        let mut row = [7.0; COLUMNS];
        row[..3].copy_from_slice(&[-3e38, 1e4, 1e4]);
        Weigh(&mut row).dispatch();
        assert_eq!(row[..4].to_vec(), [0.0, 0.5, 0.5, 0.0]);
    }
}
