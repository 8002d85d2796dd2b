//! Scoring on the processor, several times as fast as through tensors.
//!
//! [`ScoreModel`] stays the reference: it is what is loaded and trained, and what runs on other
//! devices. A [`PackedModel`] is made from it once, and can only score. Its speed comes from
//! weights in the order in which they are read; texts that lie in one matrix without padding; a
//! last layer that computes what `[CLS]` asks for, and nothing else; memory that is used
//! again; and the widest vectors of the processor at hand, found when the program runs.
//!
//! # Equal scores, whatever the batch
//!
//! A text's score is the same bits alone and in any batch, because nothing here depends on how
//! many rows there are: see `product`. Processors that fuse multiplication and addition give
//! the same bits, too.

#![expect(
    clippy::inline_always,
    reason = "the instructions of a processor are only used by what is inlined into the \
        dispatched operation"
)]

mod attention;
mod dense;
mod distinct;
mod embeddings;
mod learning;
mod narrow;
mod norm;
mod packing;
mod places;
mod product;
mod quantized;
mod sums;
mod words;

#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex};

use rayon::{ThreadPool, ThreadPoolBuilder};
use rten_simd::SimdOp;

pub use crate::bert::cpu::dense::Precision;

use crate::bert::architecture::HeadActivation;
use crate::bert::config::{BertConfig, HiddenActivation};
pub(crate) use crate::bert::cpu::attention::Asking;
pub(crate) use crate::bert::cpu::learning::EncoderTrainer;

use crate::bert::cpu::attention::{Attention, Room};
use crate::bert::cpu::dense::Dense;
use crate::bert::cpu::distinct::Distinct;
use crate::bert::cpu::embeddings::Embeddings;
use crate::bert::cpu::narrow::narrow;
use crate::bert::cpu::norm::{Norm, norm};
use crate::bert::cpu::packing::{dense, packed};
use crate::bert::cpu::product::{Finish, PackedMatrix, product};
use crate::bert::cpu::quantized::Rounded;
use crate::bert::encoder::EncoderLayer;
use crate::bert::error::LoadError;
use crate::bert::model::ScoreModel;
use crate::bert::stored_rows::StoredRows;

/// A model that only scores, on the processor.
pub struct PackedModel {
    embeddings: Embeddings,
    /// At least one, the lowest first.
    layers: Vec<Layer>,
    pooler: Option<PackedMatrix>,
    classifier: PackedMatrix,
    head_activation: HeadActivation,
    hidden: usize,
    inner: usize,
    heads: usize,
    activation: HiddenActivation,
    precision: Precision,
    /// Memory of batches that are done.
    spare: Mutex<Vec<Scratch>>,
}

struct Layer {
    /// Divides by the root of a head's size, too.
    query: Dense,
    /// Keys, then values.
    keys_and_values: Dense,
    attention_output: Dense,
    attention_norm: Norm,
    intermediate: Dense,
    output: Dense,
    output_norm: Norm,
}

/// The memory that a batch needs.
#[derive(Default)]
struct Scratch {
    hidden: Vec<f32>,
    queries: Vec<f32>,
    keys_and_values: Vec<f32>,
    attended: Vec<f32>,
    middle: Vec<f32>,
    inner: Vec<f32>,
    room: Room,
    rounded: Rounded,
    distinct: Distinct,
    /// A thread of its own, for products that would spread over all threads there are.
    alone: Option<ThreadPool>,
}

impl PackedModel {
    /// Packs `model`, whose shape is `config`. Adapters are merged.
    pub fn new(model: ScoreModel, config: &BertConfig, precision: Precision) -> PackedModel {
        PackedModel::with_words(model, None, config, precision)
    }

    /// As [`PackedModel::new`], with embeddings of words that are not in memory. Parameters of
    /// `model` are used one after the other, and given up.
    pub(crate) fn with_words(
        model: ScoreModel,
        words: Option<Arc<StoredRows>>,
        config: &BertConfig,
        precision: Precision,
    ) -> PackedModel {
        let (hidden, heads) = (config.hidden_size, config.num_attention_heads);
        let epsilon = narrow(config.layer_norm_eps);
        let ScoreModel {
            encoder,
            pooler,
            classifier,
            dropout: _,
            architecture,
        } = model;

        let embeddings = Embeddings::new(encoder.embeddings, words, config);
        let scale = narrow(1.0 / ((hidden / heads) as f64).sqrt());
        let layers = encoder.layers.into_iter();

        PackedModel {
            embeddings,
            layers: layers
                .map(|layer| Layer::new(layer, scale, epsilon, precision))
                .collect(),
            pooler: pooler.map(|pooler| packed([pooler], None)),
            classifier: packed([classifier], None),
            head_activation: architecture.names().activation,
            hidden,
            inner: config.intermediate_size,
            heads,
            activation: config.hidden_act,
            precision,
            spare: Mutex::new(Vec::new()),
        }
    }

    /// The scores of texts; higher is better. A text has at least one token.
    ///
    /// Only embeddings that are not in memory can fail.
    ///
    /// # Panics
    ///
    /// When a token has no embedding, or a text is longer than the model reads.
    pub fn score(&self, texts: &[&[u32]]) -> Result<Vec<f32>, LoadError> {
        let spare = || {
            self.spare
                .lock()
                .expect("no thread panics while it takes memory")
        };
        let mut scratch = spare().pop().unwrap_or_default();
        let alone = match self.precision {
            Precision::Single => None,
            Precision::Int8 => scratch.alone.take().or_else(one_thread),
        };
        let scores = match &alone {
            None => self.score_in(texts, &mut scratch),
            Some(alone) => alone.install(|| self.score_in(texts, &mut scratch)),
        };
        scratch.alone = alone;
        spare().push(scratch);

        scores
    }

    fn score_in(&self, texts: &[&[u32]], scratch: &mut Scratch) -> Result<Vec<f32>, LoadError> {
        let lengths: Vec<usize> = texts.iter().map(|text| text.len()).collect();
        let Scratch {
            hidden,
            middle,
            distinct,
            ..
        } = scratch;
        self.embeddings.read(texts, distinct, middle, hidden)?;

        let (last, lower) = self.layers.split_last().expect("a model has a layer");
        match lower.split_first() {
            None => self.spread(scratch),
            Some((first, middle)) => {
                self.read_embeddings(first, scratch);
                self.attend(first, &lengths, Asking::All, scratch);
                for layer in middle {
                    self.run(layer, &lengths, Asking::All, scratch);
                }
            }
        }
        self.run(last, &lengths, Asking::First, scratch);

        let first = &scratch.hidden;
        let pooled = match &self.pooler {
            None => first,
            Some(pooler) => {
                let pooled = room(&mut scratch.middle, first.len());
                let activate = match self.head_activation {
                    HeadActivation::Tanh => Finish::Tanh,
                    HeadActivation::Relu => Finish::Relu,
                    HeadActivation::Gelu => Finish::Gelu,
                };
                product(first, pooler, activate, pooled);
                &scratch.middle
            }
        };
        let mut scores = vec![0.0; texts.len()];
        product(pooled, &self.classifier, Finish::Keep, &mut scores);
        Ok(scores)
    }

    /// Makes the embeddings of the distinct tokens in `scratch.hidden` those of all tokens.
    fn spread(&self, scratch: &mut Scratch) {
        let Scratch {
            hidden,
            middle,
            distinct,
            ..
        } = scratch;
        distinct.spread(hidden, self.hidden, middle);
        std::mem::swap(hidden, middle);
    }

    /// What all tokens ask, offer and tell in the lowest layer, from the embeddings of the distinct
    /// ones, which become those of all.
    fn read_embeddings(&self, layer: &Layer, scratch: &mut Scratch) {
        let Scratch {
            hidden,
            queries,
            keys_and_values,
            inner,
            rounded,
            distinct,
            ..
        } = scratch;

        let few = room(inner, 2 * hidden.len());
        let keep = Finish::Keep;
        layer.keys_and_values.apply(hidden, keep, few, rounded);
        distinct.spread(few, 2 * self.hidden, keys_and_values);
        let few = room(inner, hidden.len());
        layer.query.apply(hidden, keep, few, rounded);
        distinct.spread(few, self.hidden, queries);

        self.spread(scratch);
    }

    /// Replaces the tokens of `scratch.hidden` by what `layer` makes of those that ask.
    fn run(&self, layer: &Layer, lengths: &[usize], asking: Asking, scratch: &mut Scratch) {
        let Scratch {
            hidden,
            queries,
            keys_and_values,
            rounded,
            ..
        } = scratch;

        let keys_and_values = room(keys_and_values, 2 * hidden.len());
        let keep = Finish::Keep;
        layer
            .keys_and_values
            .apply(hidden, keep, keys_and_values, rounded);
        if asking == Asking::First {
            keep_first(hidden, lengths, self.hidden);
        }
        let queries = room(queries, hidden.len());
        layer.query.apply(hidden, keep, queries, rounded);

        self.attend(layer, lengths, asking, scratch);
    }

    /// As [`PackedModel::run`], from the queries, keys and values in `scratch` on.
    fn attend(&self, layer: &Layer, lengths: &[usize], asking: Asking, scratch: &mut Scratch) {
        let Scratch {
            hidden,
            queries,
            keys_and_values,
            attended,
            middle,
            inner,
            room: attention_room,
            rounded,
            ..
        } = scratch;

        let attended = room(attended, hidden.len());
        let attention = Attention {
            queries,
            keys_and_values,
            lengths,
            asking,
            heads: self.heads,
            hidden: self.hidden,
            out: attended,
            room: attention_room,
        };
        attention.dispatch();

        let middle = room(middle, hidden.len());
        layer
            .attention_output
            .apply(attended, Finish::Add(hidden), middle, rounded);
        layer.attention_norm.apply(middle);

        let activate = match self.activation {
            HiddenActivation::Gelu => Finish::Gelu,
            HiddenActivation::GeluTanh => Finish::GeluTanh,
            HiddenActivation::Relu => Finish::Relu,
        };
        let inner = room(inner, hidden.len() / self.hidden * self.inner);
        layer.intermediate.apply(middle, activate, inner, rounded);
        layer
            .output
            .apply(inner, Finish::Add(middle), hidden, rounded);
        layer.output_norm.apply(hidden);
    }
}

impl Layer {
    fn new(layer: EncoderLayer, scale: f32, epsilon: f32, precision: Precision) -> Layer {
        Layer {
            query: dense([layer.query], Some(scale), precision),
            keys_and_values: dense([layer.key, layer.value], None, precision),
            attention_output: dense([layer.attention_output], None, precision),
            attention_norm: norm(&layer.attention_norm, epsilon),
            intermediate: dense([layer.intermediate], None, precision),
            output: dense([layer.output], None, precision),
            output_norm: norm(&layer.output_norm, epsilon),
        }
    }
}

/// A pool of one thread; `None` where the system gives none, and the products use all there are.
fn one_thread() -> Option<ThreadPool> {
    ThreadPoolBuilder::new().num_threads(1).build().ok()
}

/// Moves the first token of every text to the front, and drops the others.
fn keep_first(hidden: &mut Vec<f32>, lengths: &[usize], width: usize) {
    let mut token = 0;
    for (text, length) in lengths.iter().enumerate() {
        hidden.copy_within(token * width..(token + 1) * width, text * width);
        token += length;
    }
    hidden.truncate(lengths.len() * width);
}

/// A buffer of `length` numbers, whatever they are.
fn room(buffer: &mut Vec<f32>, length: usize) -> &mut [f32] {
    buffer.resize(length, 0.0);
    buffer
}
