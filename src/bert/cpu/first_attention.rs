//! What `[CLS]` gathers from its text in the last layer, without keys and values.
//!
//! Nothing but `[CLS]` asks there, so a product with a key need not be made of two products for
//! every token: the query goes through the transposed weights of keys instead, once for a text, and
//! meets the tokens as they are. Values are mapped after they are added up, not before. Biases of
//! keys add the same to all products of a text, which attention does not see; weights of attention
//! add up to 1, so the bias of values is added once.

use rten_simd::{Isa, SimdOp};

use crate::bert::cpu::packing::{map, packed};
use crate::bert::cpu::product::line::{COLUMNS, Line};
use crate::bert::cpu::product::tiles::{Rows, multiply};
use crate::bert::cpu::product::{
    Finish, Map, PackedMatrix, pack_columns, pack_rows, product, product_of_parts,
};
use crate::bert::cpu::softmax::softmax;
use crate::bert::linear::AdaptedLinear;

/// The attention of the last layer.
pub(super) struct FirstAttention {
    /// Divides by the root of a head's size, too.
    query: PackedMatrix,
    /// For every head, from its part of a query to what meets a token, `[size, hidden]`.
    keys: Vec<PackedMatrix>,
    /// For every head, from what it adds up to its part of the result, `[hidden, size]`.
    values: Vec<PackedMatrix>,
}

/// Memory that is used again for every batch.
#[derive(Default)]
pub(super) struct FirstRoom {
    queries: Vec<f32>,
    /// `[texts, heads, hidden]`: what meets the tokens, then what is added up.
    met: Vec<f32>,
    columns: Vec<Line>,
    rows: Vec<Line>,
    weights: Vec<f32>,
}

impl FirstAttention {
    /// Packs the maps of a layer with so many heads; `scale` is of queries.
    pub(super) fn new(
        [query, key, value]: [AdaptedLinear; 3],
        heads: usize,
        scale: f32,
    ) -> FirstAttention {
        let query = packed([query], [Some(scale)]);
        let (key, value) = (map(key, None), map(value, None));
        let size = key.bias.len() / heads;
        let head = |map: &Map, head: usize| map.columns(head * size..(head + 1) * size);

        FirstAttention {
            query,
            keys: (0..heads)
                .map(|index| PackedMatrix::transposed(&[head(&key, index)]))
                .collect(),
            values: (0..heads)
                .map(|index| PackedMatrix::new(&[head(&value, index)]))
                .collect(),
        }
    }

    /// What the first tokens of texts, `first` `[texts, hidden]`, gather from all tokens
    /// `[tokens, hidden]`, into `out` `[texts, hidden]`.
    pub(super) fn gather(
        &self,
        first: &[f32],
        tokens: &[f32],
        lengths: &[usize],
        out: &mut [f32],
        room: &mut FirstRoom,
    ) {
        let (texts, heads, hidden) = (lengths.len(), self.keys.len(), self.query.outputs());
        let size = hidden / heads;

        room.queries.resize(texts * hidden, 0.0);
        product(first, &self.query, Finish::Keep, &mut room.queries);
        room.met.resize(texts * heads * hidden, 0.0);
        for (head, keys) in self.keys.iter().enumerate() {
            let queries = Rows {
                numbers: &room.queries[head * size..],
                stride: hidden,
                width: size,
                count: texts,
            };
            product_of_parts(
                queries,
                keys,
                &mut room.met[head * hidden..],
                heads * hidden,
            );
        }

        let gather = Gather {
            tokens,
            lengths,
            heads,
            hidden,
            room,
        };
        gather.dispatch();

        for (head, values) in self.values.iter().enumerate() {
            let sums = Rows {
                numbers: &room.met[head * hidden..],
                stride: heads * hidden,
                width: hidden,
                count: texts,
            };
            product_of_parts(sums, values, &mut out[head * size..], hidden);
        }
    }
}

/// Replaces what meets the tokens of every text by their sum, weighted by how well they meet.
struct Gather<'a> {
    tokens: &'a [f32],
    lengths: &'a [usize],
    heads: usize,
    hidden: usize,
    room: &'a mut FirstRoom,
}

impl SimdOp for Gather<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let Gather {
            tokens,
            lengths,
            heads,
            hidden,
            room,
        } = self;

        let mut first_token = 0;
        let texts = room.met.chunks_exact_mut(heads * hidden);
        for (met, &length) in texts.zip(lengths) {
            let tokens = &tokens[first_token * hidden..][..length * hidden];
            let padded = length.next_multiple_of(COLUMNS);
            room.weights.resize(heads * padded, 0.0);

            pack_columns(tokens, hidden, 0, hidden, &mut room.columns);
            let asking = Rows {
                numbers: met,
                stride: hidden,
                width: hidden,
                count: heads,
            };
            multiply(isa, asking, &room.columns, length, |head, columns, sums| {
                let place = head * padded + columns.start;
                room.weights[place..place + COLUMNS].copy_from_slice(&sums.0);
            });
            for row in room.weights.chunks_exact_mut(padded) {
                softmax(isa, row, length);
            }

            pack_rows(tokens, hidden, 0, hidden, &mut room.rows);
            let weights = Rows {
                numbers: &room.weights,
                stride: padded,
                width: length,
                count: heads,
            };
            multiply(isa, weights, &room.rows, hidden, |head, columns, sums| {
                sums.copy_to(&mut met[head * hidden..][columns]);
            });
            first_token += length;
        }
    }
}
