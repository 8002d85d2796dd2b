//! Attention within texts that lie in one matrix without gaps.
//!
//! Queries and values of one head of one text are packed like weights, so that both products are
//! those of [`product`](mod@crate::bert::cpu::product). Queries stand side by side and keys below
//! each other: what is taken together over the keys is one vector of many queries. Nothing of a
//! text reaches another.

use rten_simd::ops::{BitOps, FloatOps, NumOps};
use rten_simd::{Isa, SimdOp, SimdUnaryOp};
use rten_vecmath::Exp;

use crate::bert::cpu::product::line::{COLUMNS, Line};
use crate::bert::cpu::product::tiles::{Columns, ROWS, Rows, multiply, multiply_columns};
use crate::bert::cpu::product::{pack_columns, pack_rows};

/// What the tokens of every text gather from each other.
pub(super) struct Attention<'a> {
    /// `[tokens, 3 hidden]`: queries, divided by the root of a head's size, then keys, then values.
    pub(super) qkv: &'a [f32],
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
    queries: Vec<Line>,
    values: Vec<Line>,
    /// `[tokens, COLUMNS]`, a row for every key; and [`ROWS`] numbers that are read and not used.
    weights: Vec<f32>,
}

impl SimdOp for Attention<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let Attention {
            qkv,
            lengths,
            heads,
            hidden,
            out,
            room,
        } = self;

        let (size, width) = (hidden / heads, 3 * hidden);

        let mut first_token = 0;
        for &length in lengths {
            let tokens = &qkv[first_token * width..][..length * width];
            room.weights.resize(length * COLUMNS + ROWS, 0.0);

            for head in 0..heads {
                let start = head * size;
                let keys = Rows {
                    numbers: &tokens[hidden + start..],
                    stride: width,
                    width: size,
                    count: length,
                };
                pack_rows(tokens, width, 2 * hidden + start, size, &mut room.values);

                for query in (0..length).step_by(COLUMNS) {
                    let count = COLUMNS.min(length - query);
                    let asking = &tokens[query * width..][..count * width];
                    pack_columns(asking, width, start, size, &mut room.queries);
                    multiply(isa, keys, &room.queries, count, |key, _, sums| {
                        room.weights[key * COLUMNS..][..COLUMNS].copy_from_slice(&sums.0);
                    });
                    weigh(isa, &mut room.weights[..length * COLUMNS], count);

                    let weights = Columns {
                        numbers: &room.weights,
                        stride: COLUMNS,
                        first: 0,
                        count,
                    };
                    let values = &room.values;
                    multiply_columns(isa, weights, length, values, size, |row, columns, sums| {
                        let head = (first_token + query + row) * hidden + start;
                        sums.copy_to(&mut out[head..][columns]);
                    });
                }
            }
            first_token += length;
        }
    }
}

/// Turns the numbers of each of the first `count` columns, `[keys, COLUMNS]`, into weights that add
/// up to 1.
#[inline(always)]
fn weigh<I: Isa>(isa: I, products: &mut [f32], count: usize) {
    let ops = isa.f32();
    let (rows, _) = products.as_chunks_mut::<COLUMNS>();

    for column in (0..count).step_by(ops.len()) {
        let mut most = ops.splat(f32::MIN);
        for row in rows.iter() {
            most = ops.max(most, ops.load(&row[column..]));
        }

        let mut sum = ops.zero();
        for row in rows.iter_mut() {
            let numbers = ops.load(&row[column..]);
            let power = Exp {}.eval(isa, ops.sub(numbers, most));
            sum = ops.add(sum, power);
            ops.store(power, &mut row[column..]);
        }

        let factor = ops.reciprocal(sum);
        for row in rows.iter_mut() {
            let weight = ops.mul(ops.load(&row[column..]), factor);
            ops.store(weight, &mut row[column..]);
        }
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
    fn expected(query: &[f32], tokens: &[f32], hidden: usize, start: usize, size: usize) -> f64 {
        let dot = |token: &[f32]| -> f64 {
            let keys = &token[hidden + start..];
            let pairs = query[start..start + size].iter().zip(keys);
            pairs.map(|(q, k)| f64::from(*q) * f64::from(*k)).sum()
        };
        let powers: Vec<f64> = tokens
            .chunks(3 * hidden)
            .map(|token| dot(token).exp())
            .collect();
        let values = tokens
            .chunks(3 * hidden)
            .map(|token| f64::from(token[2 * hidden + start]));
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
        let qkv = numbers(tokens * 3 * hidden, 1);
        let mut out = vec![f32::NAN; tokens * hidden];
        let operation = Attention {
            qkv: &qkv,
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
            let text = &qkv[token * 3 * hidden..(token + length) * 3 * hidden];
            for query in token..token + length {
                for head in 0..heads {
                    let start = head * size;
                    let row = &qkv[query * 3 * hidden..][..3 * hidden];
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
                weigh(isa, self.0, 2);
            }
        }

        let mut rows = [7.0; 3 * COLUMNS];
        for (row, products) in [[-3e38, 0.0], [1e4, 3e38], [1e4, -1e4]].iter().enumerate() {
            rows[row * COLUMNS..][..2].copy_from_slice(products);
        }
        Weigh(&mut rows).dispatch();
        let column = |column: usize| [0, 1, 2].map(|row| rows[row * COLUMNS + column]);
        assert_eq!(column(0).to_vec(), [0.0, 0.5, 0.5]);
        assert_eq!(column(1).to_vec(), [0.0, 1.0, 0.0]);
    }
}
