//! Attention within texts, forward and backward.
//!
//! Nothing is kept between the two: weights are computed again from queries and keys, which costs
//! less than reading them back where texts are short, and no memory where they are long.

use rten_simd::ops::{BitOps, NumOps};
use rten_simd::{Isa, SimdOp};

use crate::bert::cpu::learning::dropout::Drop;
use crate::bert::cpu::product::line::{COLUMNS, Line};
use crate::bert::cpu::product::tiles::{Columns, ROWS, Rows, multiply, multiply_columns};
use crate::bert::cpu::product::{pack_columns, pack_rows};
use crate::bert::cpu::softmax::softmax;
use crate::bert::cpu::sums::sum_of_products;

/// Who asks in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asking {
    /// Every token.
    All,
    /// `[CLS]` alone.
    First,
}

/// The attention of one layer in some texts.
#[derive(Clone, Copy)]
pub(super) struct Attention<'a> {
    /// `[asking tokens, hidden]`.
    pub(super) queries: &'a [f32],
    /// `[tokens, 2 hidden]`: keys, then values.
    pub(super) keys_and_values: &'a [f32],
    /// How many tokens each text has, at least 1.
    pub(super) lengths: &'a [usize],
    /// Who asks.
    pub(super) asking: Asking,
    /// How many heads there are.
    pub(super) heads: usize,
    /// The width of all heads together.
    pub(super) hidden: usize,
    /// Drops attention weights.
    pub(super) site: Option<Drop>,
    /// The number of the first asking token in the pass.
    pub(super) first: usize,
}

/// One head of one text.
#[derive(Clone, Copy)]
struct Head {
    /// Where its columns start.
    start: usize,
    size: usize,
    /// Asking tokens.
    count: usize,
    /// Tokens.
    length: usize,
    /// From one row of weights to the next.
    stride: usize,
    /// Of the first asking token's weights at the site of dropout; the other tokens' are `step`
    /// apart.
    row: usize,
    step: usize,
}

/// Memory that is used again for every head of every text.
#[derive(Default)]
pub(super) struct Room {
    key_columns: Vec<Line>,
    lines: Vec<Line>,
    weights: Vec<f32>,
    slopes: Vec<f32>,
    factors: Vec<f32>,
}

impl Attention<'_> {
    /// What the asking tokens gather, `[asking tokens, hidden]`.
    pub(super) fn forward(self, out: &mut [f32], room: &mut Room) {
        let operation = Forward {
            attention: self,
            out,
            room,
        };
        operation.dispatch();
    }

    /// The slopes of queries and of keys and values, from those of what was gathered.
    pub(super) fn backward(
        self,
        slopes: &[f32],
        queries: &mut [f32],
        keys_and_values: &mut [f32],
        room: &mut Room,
    ) {
        let operation = Backward {
            attention: self,
            slopes,
            queries,
            keys_and_values,
            room,
        };
        operation.dispatch();
    }

    /// Calls `visit` with the first token, the first asking token and the head, for every head of
    /// every text.
    #[inline(always)]
    fn each(&self, mut visit: impl FnMut(usize, usize, Head)) {
        let size = self.hidden / self.heads;
        let (mut token, mut query) = (0, 0);
        for &length in self.lengths {
            let count = match self.asking {
                Asking::All => length,
                Asking::First => 1,
            };

            for head in 0..self.heads {
                let head = Head {
                    start: head * size,
                    size,
                    count,
                    length,
                    stride: length.next_multiple_of(COLUMNS),
                    row: (self.first + query) * self.heads + head,
                    step: self.heads,
                };
                visit(token, query, head);
            }
            token += length;
            query += count;
        }
    }

    /// Turns slopes of dropped weights into those of the products of queries and keys, and weights
    /// into dropped ones.
    #[inline(always)]
    fn slope<I: Isa>(
        &self,
        isa: I,
        head: Head,
        weights: &mut [f32],
        slopes: &mut [f32],
        factors: &mut Vec<f32>,
    ) {
        let ops = isa.f32();
        let scale = ops.splat(1.0 / (head.size as f32).sqrt());
        factors.clear();
        factors.resize(head.stride, 1.0);

        let rows = weights.chunks_exact_mut(head.stride);
        let rows = rows.zip(slopes.chunks_exact_mut(head.stride));
        for (index, (weights, slopes)) in rows.take(head.count).enumerate() {
            if let Some(site) = self.site {
                site.factors(head.row + index * head.step, factors);
                multiply_by(isa, slopes, factors);
            }

            // Beyond the text's end slopes are whatever they are.
            let length = head.length;
            let mean = ops.splat(sum_of_products(isa, &weights[..length], &slopes[..length]));
            let parts = weights.chunks_exact(ops.len());
            for (weights, slopes) in parts.zip(slopes.chunks_exact_mut(ops.len())) {
                let slope = ops.mul(ops.sub(ops.load(slopes), mean), scale);
                ops.store(ops.mul(slope, ops.load(weights)), slopes);
            }
            if self.site.is_some() {
                multiply_by(isa, weights, factors);
            }
        }
    }

    /// Puts the weights of a head into `weights`, before dropout, and 0 beyond the text's end.
    #[inline(always)]
    fn weigh<I: Isa>(&self, isa: I, query: usize, head: Head, keys: &[Line], weights: &mut [f32]) {
        let ops = isa.f32();
        let scale = ops.splat(1.0 / (head.size as f32).sqrt());
        let asking = Rows {
            numbers: &self.queries[query * self.hidden + head.start..],
            stride: self.hidden,
            width: head.size,
            count: head.count,
        };

        multiply(
            isa,
            asking,
            keys,
            head.length,
            #[inline(always)]
            |row, columns, sums| {
                let place = &mut weights[row * head.stride + columns.start..][..COLUMNS];
                let parts = place.chunks_exact_mut(ops.len());
                for (place, sums) in parts.zip(sums.0.chunks_exact(ops.len())) {
                    ops.store(ops.mul(ops.load(sums), scale), place);
                }
            },
        );
        for row in weights.chunks_exact_mut(head.stride).take(head.count) {
            softmax(isa, row, head.length);
        }
    }
}

/// Multiplies whole vectors of numbers by factors.
#[inline(always)]
fn multiply_by<I: Isa>(isa: I, numbers: &mut [f32], factors: &[f32]) {
    let ops = isa.f32();
    let parts = numbers.chunks_exact_mut(ops.len());
    for (numbers, factors) in parts.zip(factors.chunks_exact(ops.len())) {
        ops.store(ops.mul(ops.load(numbers), ops.load(factors)), numbers);
    }
}

/// Room for `count` rows of weights, and for what is read beyond the last one.
fn matrix(numbers: &mut Vec<f32>, head: Head) {
    numbers.resize(head.count * head.stride + ROWS, 0.0);
}

struct Forward<'a> {
    attention: Attention<'a>,
    out: &'a mut [f32],
    room: &'a mut Room,
}

impl SimdOp for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let Forward {
            attention,
            out,
            room,
        } = self;
        let hidden = attention.hidden;

        attention.each(
            #[inline(always)]
            |token, query, head| {
                let tokens =
                    &attention.keys_and_values[token * 2 * hidden..][..head.length * 2 * hidden];
                pack_columns(
                    tokens,
                    2 * hidden,
                    head.start,
                    head.size,
                    &mut room.key_columns,
                );
                pack_rows(
                    tokens,
                    2 * hidden,
                    hidden + head.start,
                    head.size,
                    &mut room.lines,
                );
                matrix(&mut room.weights, head);
                attention.weigh(isa, query, head, &room.key_columns, &mut room.weights);

                if let Some(site) = attention.site {
                    room.factors.resize(head.stride, 0.0);
                    let rows = room.weights.chunks_exact_mut(head.stride).take(head.count);
                    for (index, row) in rows.enumerate() {
                        site.factors(head.row + index * head.step, &mut room.factors);
                        multiply_by(isa, row, &room.factors);
                    }
                }

                let weights = Rows {
                    numbers: &room.weights,
                    stride: head.stride,
                    width: head.length,
                    count: head.count,
                };
                multiply(
                    isa,
                    weights,
                    &room.lines,
                    head.size,
                    #[inline(always)]
                    |row, columns, sums| {
                        let head = (query + row) * hidden + head.start;
                        sums.copy_to(&mut out[head..][columns]);
                    },
                );
            },
        );
    }
}

struct Backward<'a> {
    attention: Attention<'a>,
    slopes: &'a [f32],
    queries: &'a mut [f32],
    keys_and_values: &'a mut [f32],
    room: &'a mut Room,
}

impl SimdOp for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let Backward {
            attention,
            slopes: gathered,
            queries,
            keys_and_values,
            room,
        } = self;

        let hidden = attention.hidden;

        attention.each(
            #[inline(always)]
            |token, query, head| {
                let Room {
                    key_columns,
                    lines,
                    weights,
                    slopes,
                    factors,
                } = &mut *room;
                let tokens =
                    &attention.keys_and_values[token * 2 * hidden..][..head.length * 2 * hidden];
                let asked = query * hidden..(query + head.count) * hidden;
                let gathered = &gathered[asked.clone()];
                let asking = &attention.queries[asked];

                pack_columns(tokens, 2 * hidden, head.start, head.size, key_columns);
                matrix(weights, head);
                attention.weigh(isa, query, head, key_columns, weights);

                // Slopes of the dropped weights.
                pack_columns(tokens, 2 * hidden, hidden + head.start, head.size, lines);
                matrix(slopes, head);
                let asked = Rows {
                    numbers: &gathered[head.start..],
                    stride: hidden,
                    width: head.size,
                    count: head.count,
                };
                multiply(
                    isa,
                    asked,
                    lines,
                    head.length,
                    #[inline(always)]
                    |row, columns, sums| {
                        let place = row * head.stride + columns.start;
                        slopes[place..place + COLUMNS].copy_from_slice(&sums.0);
                    },
                );

                attention.slope(isa, head, weights, slopes, factors);

                // Values.
                pack_rows(gathered, hidden, head.start, head.size, lines);
                let columns = |numbers| Columns {
                    numbers,
                    stride: head.stride,
                    first: 0,
                    count: head.length,
                };
                multiply_columns(
                    isa,
                    columns(weights),
                    head.count,
                    lines,
                    head.size,
                    #[inline(always)]
                    |row, columns, sums| {
                        let head = (token + row) * 2 * hidden + hidden + head.start;
                        sums.copy_to(&mut keys_and_values[head..][columns]);
                    },
                );

                // Keys.
                pack_rows(asking, hidden, head.start, head.size, lines);
                multiply_columns(
                    isa,
                    columns(slopes),
                    head.count,
                    lines,
                    head.size,
                    #[inline(always)]
                    |row, columns, sums| {
                        let head = (token + row) * 2 * hidden + head.start;
                        sums.copy_to(&mut keys_and_values[head..][columns]);
                    },
                );

                // Queries.
                pack_rows(tokens, 2 * hidden, head.start, head.size, lines);
                let rows = Rows {
                    numbers: slopes,
                    stride: head.stride,
                    width: head.length,
                    count: head.count,
                };
                multiply(
                    isa,
                    rows,
                    lines,
                    head.size,
                    #[inline(always)]
                    |row, columns, sums| {
                        let head = (query + row) * hidden + head.start;
                        sums.copy_to(&mut queries[head..][columns]);
                    },
                );
            },
        );
    }
}
