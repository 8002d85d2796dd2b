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

#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod amx;
#[cfg(not(all(target_arch = "x86_64", target_os = "linux")))]
#[path = "amx_absent.rs"]
mod amx;
mod attention;
mod block_sums;
mod dense;
mod distinct;
mod embeddings;
mod first_attention;
mod learning;
mod narrow;
mod norm;
mod normal;
mod packing;
mod places;
mod product;
mod quantized;
mod softmax;
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
pub(crate) use crate::bert::cpu::learning::{Asking, EncoderTrainer};

use crate::bert::cpu::attention::{Attention, Room};
use crate::bert::cpu::dense::Dense;
use crate::bert::cpu::distinct::Distinct;
use crate::bert::cpu::embeddings::Embeddings;
use crate::bert::cpu::first_attention::{FirstAttention, FirstRoom};
use crate::bert::cpu::narrow::narrow;
use crate::bert::cpu::norm::{Norm, norm};
use crate::bert::cpu::packing::{dense, packed};
use crate::bert::cpu::product::{Finish, PackedMatrix, product};
use crate::bert::cpu::quantized::Rounded;
use crate::bert::encoder::EncoderLayer;
use crate::bert::error::LoadError;
use crate::bert::linear::AdaptedLinear;
use crate::bert::model::ScoreModel;
use crate::bert::stored_rows::StoredRows;

/// A model that only scores, on the processor.
pub struct PackedModel {
    embeddings: Embeddings,
    /// All but the last, the lowest first.
    layers: Vec<Layer>,
    last: LastLayer,
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

/// A layer in which every token asks.
struct Layer {
    /// Queries, divided by the root of a head's size, then keys, then values.
    qkv: Dense,
    rest: Rest,
}

/// The layer in which `[CLS]` alone asks.
struct LastLayer {
    attention: FirstAttention,
    rest: Rest,
}

/// What a layer does after attention.
struct Rest {
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
    first: Vec<f32>,
    qkv: Vec<f32>,
    attended: Vec<f32>,
    middle: Vec<f32>,
    inner: Vec<f32>,
    room: Room,
    first_room: FirstRoom,
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
        let mut layers = encoder.layers;
        let last = layers.pop().expect("a model has a layer");
        let (qkv, rest) = Rest::of(last, epsilon, precision);

        PackedModel {
            embeddings,
            layers: layers
                .into_iter()
                .map(|layer| Layer::new(layer, scale, epsilon, precision))
                .collect(),
            last: LastLayer {
                attention: FirstAttention::new(qkv, heads, scale),
                rest,
            },
            pooler: pooler.map(|pooler| packed([pooler], [None])),
            classifier: packed([classifier], [None]),
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

        match self.layers.split_first() {
            None => self.spread(scratch),
            Some((first, others)) => {
                self.read_embeddings(first, scratch);
                self.attend(first, &lengths, scratch);
                for layer in others {
                    self.run(layer, &lengths, scratch);
                }
            }
        }
        self.run_last(&lengths, scratch);

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
            qkv,
            inner,
            rounded,
            distinct,
            ..
        } = scratch;

        let few = room(inner, 3 * hidden.len());
        layer.qkv.apply(hidden, Finish::Keep, few, rounded);
        distinct.spread(few, 3 * self.hidden, qkv);

        self.spread(scratch);
    }

    /// Replaces the tokens of `scratch.hidden` by what `layer` makes of them.
    fn run(&self, layer: &Layer, lengths: &[usize], scratch: &mut Scratch) {
        let Scratch {
            hidden,
            qkv,
            rounded,
            ..
        } = scratch;

        let qkv = room(qkv, 3 * hidden.len());
        layer.qkv.apply(hidden, Finish::Keep, qkv, rounded);

        self.attend(layer, lengths, scratch);
    }

    /// As [`PackedModel::run`], from the queries, keys and values in `scratch` on.
    fn attend(&self, layer: &Layer, lengths: &[usize], scratch: &mut Scratch) {
        let attended = room(&mut scratch.attended, scratch.hidden.len());
        let attention = Attention {
            qkv: &scratch.qkv,
            lengths,
            heads: self.heads,
            hidden: self.hidden,
            out: attended,
            room: &mut scratch.room,
        };
        attention.dispatch();

        self.finish(&layer.rest, scratch);
    }

    /// Replaces the tokens of `scratch.hidden` by what the last layer makes of the first of every
    /// text.
    fn run_last(&self, lengths: &[usize], scratch: &mut Scratch) {
        let Scratch {
            hidden,
            first,
            attended,
            first_room,
            ..
        } = scratch;

        first_tokens(hidden, lengths, self.hidden, first);
        let attended = room(attended, first.len());
        let attention = &self.last.attention;
        attention.gather(first, hidden, lengths, attended, first_room);

        std::mem::swap(hidden, first);
        self.finish(&self.last.rest, scratch);
    }

    /// Replaces the tokens of `scratch.hidden` by what `rest` makes of them and of what they
    /// gathered.
    fn finish(&self, rest: &Rest, scratch: &mut Scratch) {
        let Scratch {
            hidden,
            attended,
            middle,
            inner,
            rounded,
            ..
        } = scratch;

        let middle = room(middle, hidden.len());
        rest.attention_output
            .apply(attended, Finish::Add(hidden), middle, rounded);
        rest.attention_norm.apply(middle);

        let activate = match self.activation {
            HiddenActivation::Gelu => Finish::Gelu,
            HiddenActivation::GeluTanh => Finish::GeluTanh,
            HiddenActivation::Relu => Finish::Relu,
        };
        let inner = room(inner, hidden.len() / self.hidden * self.inner);
        rest.intermediate.apply(middle, activate, inner, rounded);
        rest.output
            .apply(inner, Finish::Add(middle), hidden, rounded);
        rest.output_norm.apply(hidden);
    }
}

impl Layer {
    fn new(layer: EncoderLayer, scale: f32, epsilon: f32, precision: Precision) -> Layer {
        let (qkv, rest) = Rest::of(layer, epsilon, precision);
        Layer {
            qkv: dense(qkv, [Some(scale), None, None], precision),
            rest,
        }
    }
}

impl Rest {
    /// What comes after attention in `layer`, and its queries, keys and values.
    fn of(layer: EncoderLayer, epsilon: f32, precision: Precision) -> ([AdaptedLinear; 3], Rest) {
        let rest = Rest {
            attention_output: dense([layer.attention_output], [None], precision),
            attention_norm: norm(&layer.attention_norm, epsilon),
            intermediate: dense([layer.intermediate], [None], precision),
            output: dense([layer.output], [None], precision),
            output_norm: norm(&layer.output_norm, epsilon),
        };
        ([layer.query, layer.key, layer.value], rest)
    }
}

/// A pool of one thread; `None` where the system gives none, and the products use all there are.
fn one_thread() -> Option<ThreadPool> {
    ThreadPoolBuilder::new().num_threads(1).build().ok()
}

/// Copies the first token of every text to `first`, `[texts, width]`.
fn first_tokens(hidden: &[f32], lengths: &[usize], width: usize, first: &mut Vec<f32>) {
    first.clear();
    let mut token = 0;
    for length in lengths {
        first.extend_from_slice(&hidden[token * width..][..width]);
        token += length;
    }
}

/// A buffer of `length` numbers, whatever they are.
fn room(buffer: &mut Vec<f32>, length: usize) -> &mut [f32] {
    buffer.resize(length, 0.0);
    buffer
}
