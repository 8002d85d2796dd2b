//! Training on the processor: an encoder's forward pass and the slopes of what is learned of it.
//!
//! What burn's automatic differentiation computes, by hand and in the layout of scoring: texts lie
//! in one matrix without padding, frozen weights are packed once for both directions, no slopes of
//! frozen weights are computed, and what is cheap to compute again is not kept. burn stays the
//! reference, which the tests compare with, and computes on other devices.
//!
//! # Equal results, whatever the number of threads
//!
//! The texts of a pass are cut into parts by their lengths alone. Threads share the parts out, and
//! slopes of parameters are added up part by part in their order.

mod activation;
mod adapter;
mod attention;
mod dropout;
mod embeddings;
mod layer;
mod linear;
mod norm;
mod weights;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use rayon::iter::{IntoParallelIterator, IntoParallelRefMutIterator, ParallelIterator};

pub(crate) use crate::bert::cpu::learning::attention::Asking;

use crate::bert::cpu::learning::attention::Room;
use crate::bert::cpu::learning::embeddings::EmbeddingPass;
use crate::bert::cpu::learning::layer::{Kept, LayerPass, Texts, WayBack};
use crate::bert::cpu::learning::weights::LayerMaps;
use crate::bert::encoder::Encoder;

/// Tokens of a part, about, where a pass has that many.
const FEW_TOKENS: usize = 96;

/// The most tokens of a part, about.
const MANY_TOKENS: usize = 512;

/// As many parts keep the cores of most machines busy.
const PARTS: usize = 16;

/// What stays the same from pass to pass: the weights of frozen layers, packed.
pub(crate) struct EncoderTrainer {
    /// For the forward and the backward pass, where the layer's maps are frozen.
    frozen: Vec<Option<[LayerMaps; 2]>>,
}

impl EncoderTrainer {
    /// Packs the layers of `encoder` of which no weight is learned.
    pub(crate) fn new(encoder: &Encoder) -> EncoderTrainer {
        let frozen = encoder.layers.iter().map(|layer| {
            let learned = layer
                .linears()
                .iter()
                .any(|linear| linear.weight.is_require_grad() || linear.bias.is_require_grad());
            (!learned).then(|| [LayerMaps::forward(layer), LayerMaps::backward(layer)])
        });

        EncoderTrainer {
            frozen: frozen.collect(),
        }
    }

    /// Runs `texts`, each of at least one token, through `encoder`, which is the one this was made
    /// of but for what is learned. `seed` decides what is dropped.
    pub(crate) fn forward<'a>(
        &'a self,
        encoder: &'a Encoder,
        texts: &[&[u32]],
        asking: Asking,
        seed: u64,
    ) -> TrainingPass<'a> {
        let last = encoder.layers.len() - 1;
        let layers = encoder.layers.iter().enumerate();
        let layers: Vec<LayerPass> = layers
            .map(|(index, layer)| {
                let asking = if index == last { asking } else { Asking::All };
                LayerPass::new(layer, index, asking, encoder.epsilon, seed)
            })
            .collect();
        let embeddings = EmbeddingPass::new(&encoder.embeddings, encoder.epsilon, texts, seed);

        let mut parts: Vec<Part> = parts(texts).into_iter().map(Part::new).collect();

        parts.par_iter_mut().for_each(|part| {
            part.input = embeddings.forward(&part.texts);
            part.hidden.clone_from(&part.input);
        });
        for (index, layer) in layers.iter().enumerate() {
            let packed;
            let maps = if let Some([forward, _]) = &self.frozen[index] {
                forward
            } else {
                packed = LayerMaps::forward(&encoder.layers[index]);
                &packed
            };
            parts.par_iter_mut().for_each(|part| {
                let (hidden, kept) = layer.forward(maps, &part.texts, &part.hidden, &mut part.room);
                part.hidden = hidden;
                part.kept.push(kept);
            });
        }

        TrainingPass {
            trainer: self,
            encoder,
            embeddings,
            layers,
            parts,
        }
    }
}

/// A pass between its two directions.
pub(crate) struct TrainingPass<'a> {
    trainer: &'a EncoderTrainer,
    encoder: &'a Encoder,
    embeddings: EmbeddingPass,
    layers: Vec<LayerPass>,
    parts: Vec<Part>,
}

/// Some texts on their way through the layers.
struct Part {
    texts: Texts,
    /// What the first layer reads, `[tokens, hidden]`.
    input: Vec<f32>,
    /// What the next layer reads; on the way back, slopes of it.
    hidden: Vec<f32>,
    /// Of the layers that were run.
    kept: Vec<Kept>,
    room: Room,
}

impl Part {
    fn new(texts: Texts) -> Part {
        Part {
            texts,
            input: Vec::new(),
            hidden: Vec::new(),
            kept: Vec::new(),
            room: Room::default(),
        }
    }
}

impl TrainingPass<'_> {
    /// The last layer's result for the tokens that ask, text by text, `[asking tokens, hidden]`.
    pub(crate) fn result(&self) -> Vec<f32> {
        let rows = self.parts.iter().map(|part| part.hidden.as_slice());
        rows.collect::<Vec<_>>().concat()
    }

    /// The slopes of everything that is learned, by the paths of parameters in the encoder, from
    /// those of the result.
    ///
    /// # Panics
    ///
    /// When there are not as many slopes as numbers of the result.
    pub(crate) fn backward(mut self, slopes: &[f32]) -> BTreeMap<String, Vec<f32>> {
        let mut rest = slopes;
        for part in &mut self.parts {
            let (slopes, others) = rest.split_at(part.hidden.len());
            part.hidden.copy_from_slice(slopes);
            rest = others;
        }

        assert!(rest.is_empty(), "every slope belongs to a number");

        let mut found = BTreeMap::new();
        let learn_below: Vec<bool> = self
            .layers
            .iter()
            .scan(self.embeddings.learns(), |below, layer| {
                let before = *below;
                *below |= layer.learns();
                Some(before)
            })
            .collect();

        for (index, layer) in self.layers.iter().enumerate().rev() {
            let wanted = learn_below[index];
            if !wanted && !layer.learns() {
                break;
            }
            let packed;
            let maps = if let Some([_, backward]) = &self.trainer.frozen[index] {
                backward
            } else {
                packed = LayerMaps::backward(&self.encoder.layers[index]);
                &packed
            };
            let below = index.checked_sub(1).map(|below| &self.layers[below]);
            let slopes = self.parts.par_iter_mut().map(|part| {
                let kept = part.kept.pop().expect("every layer was run");
                let input = layer.asks_input().then(|| match (below, part.kept.last()) {
                    (Some(below), Some(kept)) => kept.result(&below.norms),
                    _ => std::mem::take(&mut part.input),
                });
                let slopes = std::mem::take(&mut part.hidden);
                let way = WayBack {
                    maps,
                    texts: &part.texts,
                    kept: &kept,
                    input: input.as_deref(),
                    wanted,
                };
                let (found, slopes) = layer.backward(&way, slopes, &mut part.room);
                part.hidden = slopes;
                found
            });
            let slopes = slopes.collect();
            layer.gather(&format!("layers.{index}"), slopes, &mut found);
        }

        if self.embeddings.learns() {
            let parts = self.parts.into_par_iter();
            let slopes = parts.map(|part| (part.texts, part.hidden)).collect();
            self.embeddings.backward(slopes, &mut found);
        }

        found
    }
}

/// Cuts texts into parts of about as many tokens each. The cuts depend on nothing but the lengths.
fn parts(texts: &[&[u32]]) -> Vec<Texts> {
    let tokens: usize = texts.iter().map(|text| text.len()).sum();
    let few = (tokens / FEW_TOKENS).clamp(1, PARTS);

    // A power of two: as many for each of two or four threads.
    let count = (1 << few.ilog2()).max(tokens.div_ceil(MANY_TOKENS));

    let mut parts: Vec<Texts> = Vec::new();
    let (mut before, mut newest) = (0, 0);

    for (index, text) in texts.iter().enumerate() {
        let part = (before + text.len() / 2) * count / tokens;
        match parts.last_mut() {
            Some(last) if part == newest => last.lengths.push(text.len()),
            Some(_) | None => parts.push(Texts {
                first: index,
                first_token: before,
                lengths: vec![text.len()],
            }),
        }
        newest = part;
        before += text.len();
    }

    parts
}
