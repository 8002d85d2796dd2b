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
mod learning;
mod narrow;
mod norm;
mod places;
mod product;
mod quantized;
mod sums;
mod words;

#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex};

use burn::module::Param;
use burn::tensor::Tensor;
use rayon::{ThreadPool, ThreadPoolBuilder};
use rten_simd::SimdOp;

pub use crate::bert::cpu::dense::Precision;

use crate::bert::architecture::HeadActivation;
use crate::bert::config::{BertConfig, HiddenActivation};
pub(crate) use crate::bert::cpu::attention::Asking;
pub(crate) use crate::bert::cpu::learning::EncoderTrainer;

use crate::bert::cpu::attention::{Attention, Room};
use crate::bert::cpu::dense::Dense;
use crate::bert::cpu::narrow::narrow;
use crate::bert::cpu::norm::{Norm, norm};
use crate::bert::cpu::places::places;
use crate::bert::cpu::product::{Finish, Map, PackedMatrix, product};
use crate::bert::cpu::quantized::{QuantizedMatrix, Rounded};
use crate::bert::cpu::words::Words;
use crate::bert::encoder::EncoderLayer;
use crate::bert::error::LoadError;
use crate::bert::linear::AdaptedLinear;
use crate::bert::model::ScoreModel;
use crate::bert::stored_rows::StoredRows;
use crate::bert::weights::numbers;

/// A model that only scores, on the processor.
pub struct PackedModel {
    words: Words,
    /// `[positions, width]`, with the first segment's embedding added.
    places: Vec<f32>,
    embedding_norm: Norm,
    /// From `width` to `hidden`, where these differ.
    projection: Option<PackedMatrix>,
    /// [`BertConfig::uncounted`].
    uncounted: Option<u32>,
    /// At least one, the lowest first.
    layers: Vec<Layer>,
    pooler: Option<PackedMatrix>,
    classifier: PackedMatrix,
    head_activation: HeadActivation,
    /// Of embeddings.
    width: usize,
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

        let embeddings = encoder.embeddings;
        let words = match words {
            Some(rows) => Words::Stored(rows),
            None => Words::Held {
                numbers: values(embeddings.word),
                width: config.embedding_width(),
            },
        };
        let position = embeddings.position.val();
        let places = numbers(match embeddings.segment {
            Some(segment) => position + segment.val().slice_dim(0, 0..1),
            None => position,
        });
        let scale = narrow(1.0 / ((hidden / heads) as f64).sqrt());
        let layers = encoder.layers.into_iter();

        PackedModel {
            words,
            places,
            embedding_norm: norm(&embeddings.norm, epsilon),
            projection: embeddings
                .projection
                .map(|projection| packed([projection], None)),
            uncounted: config.uncounted(),
            layers: layers
                .map(|layer| Layer::new(layer, scale, epsilon, precision))
                .collect(),
            pooler: pooler.map(|pooler| packed([pooler], None)),
            classifier: packed([classifier], None),
            head_activation: architecture.names().activation,
            width: config.embedding_width(),
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
        self.embed(texts, scratch)?;

        let (last, lower) = self.layers.split_last().expect("a model has a layer");
        for layer in lower {
            self.run(layer, &lengths, Asking::All, scratch);
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

    /// Puts the normalized embeddings of every token into `scratch.hidden`, `[tokens, hidden]`.
    fn embed(&self, texts: &[&[u32]], scratch: &mut Scratch) -> Result<(), LoadError> {
        let Scratch { hidden, middle, .. } = scratch;
        match &self.projection {
            None => self.embed_narrow(texts, hidden)?,
            Some(projection) => {
                self.embed_narrow(texts, middle)?;
                let tokens = middle.len() / self.width;
                let hidden = room(hidden, tokens * self.hidden);
                product(middle, projection, Finish::Keep, hidden);
            }
        }

        Ok(())
    }

    /// The normalized embeddings of every token before any projection, `[tokens, width]`.
    fn embed_narrow(&self, texts: &[&[u32]], out: &mut Vec<f32>) -> Result<(), LoadError> {
        out.clear();
        for text in texts {
            for (place, id) in places(self.uncounted, text).zip(*text) {
                let word = self.words.row(*id)?;
                let place = &self.places[place * self.width..][..self.width];
                out.extend(word.iter().zip(place).map(|(word, place)| word + place));
            }
        }

        self.embedding_norm.apply(out);
        Ok(())
    }

    /// Replaces the tokens of `scratch.hidden` by what `layer` makes of those that ask.
    fn run(&self, layer: &Layer, lengths: &[usize], asking: Asking, scratch: &mut Scratch) {
        let Scratch {
            hidden,
            queries,
            keys_and_values,
            attended,
            middle,
            inner,
            room: attention_room,
            rounded,
            alone: _,
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

/// Maps that read the same, their outputs side by side, multiplied by `scale`.
fn dense<const N: usize>(
    linears: [AdaptedLinear; N],
    scale: Option<f32>,
    precision: Precision,
) -> Dense {
    match precision {
        Precision::Single => Dense::Single(packed(linears, scale)),
        Precision::Int8 => {
            let maps = linears.map(|linear| map(linear, scale));
            Dense::Int8(Box::new(QuantizedMatrix::new(&maps)))
        }
    }
}

/// As [`dense`], in single precision.
///
/// The memory of what is packed is taken before that of what it is made of, which may not be read
/// yet: what is given up would leave gaps below it, too small for what comes next.
fn packed<const N: usize>(linears: [AdaptedLinear; N], scale: Option<f32>) -> PackedMatrix {
    let outputs = linears.iter().map(AdaptedLinear::outputs).sum();
    let mut packed = PackedMatrix::zeros(linears[0].inputs(), outputs);
    let mut first = 0;
    for linear in linears {
        let map = map(linear, scale);
        packed.place(first, &map);
        first += map.bias.len();
    }

    packed
}

/// A map with its adapter, multiplied by `scale`.
fn map(mut linear: AdaptedLinear, scale: Option<f32>) -> Map {
    linear.merge();
    let mut map = Map {
        weight: values(linear.weight),
        bias: values(linear.bias),
    };
    if let Some(scale) = scale {
        for number in map.weight.iter_mut().chain(&mut map.bias) {
            *number *= scale;
        }
    }

    map
}

fn values<const D: usize>(parameter: Param<Tensor<D>>) -> Vec<f32> {
    numbers(parameter.into_value())
}
