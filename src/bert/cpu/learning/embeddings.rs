//! The embeddings of a pass, forward and backward.

use std::collections::BTreeMap;

use burn::tensor::module::embedding;
use burn::tensor::{Int, Tensor, TensorData};
use rayon::iter::{IntoParallelRefMutIterator, ParallelIterator};

use crate::bert::cpu::learning::dropout::{Drop, drop};
use crate::bert::cpu::learning::layer::Texts;
use crate::bert::cpu::learning::linear::{LinearPass, LinearSlopes, Part, add};
use crate::bert::cpu::learning::norm::{NormSlopes, Normal};
use crate::bert::cpu::learning::weights::map;
use crate::bert::cpu::narrow::narrow;
use crate::bert::cpu::norm::Norm;
use crate::bert::cpu::norm::norm;
use crate::bert::cpu::places::places;
use crate::bert::cpu::product::{Finish, PackedMatrix, product};
use crate::bert::encoder::Embeddings;
use crate::bert::weights::numbers;

/// The embeddings of the tokens of a pass.
pub(super) struct EmbeddingPass {
    /// Of every token.
    ids: Vec<u32>,
    /// Of every token, its row among the embeddings of places.
    places: Vec<usize>,
    /// Of every token, the sum of its embeddings, `[tokens, width]`.
    sums: Vec<f32>,
    norm: Norm,
    site: Option<Drop>,
    projection: Option<Projection>,
    learned: Learned,
    width: usize,
    hidden: usize,
}

/// The map from embeddings to layers.
struct Projection {
    pass: LinearPass,
    forward: PackedMatrix,
    backward: PackedMatrix,
}

/// What is learned, apart from the projection: numbers of the tables, where they are.
struct Learned {
    words: Option<usize>,
    places: Option<usize>,
    segments: Option<usize>,
    norm: bool,
}

impl EmbeddingPass {
    pub(super) fn new(
        embeddings: &Embeddings,
        epsilon: f64,
        texts: &[&[u32]],
        seed: u64,
    ) -> EmbeddingPass {
        let ids = texts.concat();
        let places: Vec<usize> = texts
            .iter()
            .flat_map(|text| places(embeddings.uncounted, text))
            .collect();
        let [vocabulary, width] = embeddings.word.shape().dims();
        let table = numbers(embeddings.position.val());
        let segments = embeddings.segment.as_ref();
        let segment = segments.map(|segment| numbers(segment.val().inner().slice_dim(0, 0..1)));

        let mut sums = rows(embeddings.word.val().inner(), &ids);
        for (sum, place) in sums.chunks_exact_mut(width).zip(&places) {
            let place = &table[place * width..][..width];
            match &segment {
                None => sum.iter_mut().zip(place).for_each(|(sum, x)| *sum += x),
                Some(segment) => {
                    for (sum, (place, segment)) in sum.iter_mut().zip(place.iter().zip(segment)) {
                        *sum += place + segment;
                    }
                }
            }
        }

        let projection = embeddings.projection.as_ref().map(|linear| Projection {
            pass: LinearPass::new(linear, seed, "embeddings, projection"),
            forward: PackedMatrix::new(&[map(linear)]),
            backward: PackedMatrix::transposed(&[map(linear)]),
        });
        let hidden = projection
            .as_ref()
            .map_or(width, |projection| projection.forward.outputs());
        let learned = Learned {
            words: (embeddings.word.is_require_grad()).then_some(vocabulary * width),
            places: (embeddings.position.is_require_grad()).then_some(table.len()),
            segments: segments
                .filter(|segment| segment.is_require_grad())
                .map(|segment| segment.shape().num_elements()),
            norm: embeddings.norm.gamma.is_require_grad(),
        };

        EmbeddingPass {
            ids,
            places,
            sums,
            norm: norm(&embeddings.norm, narrow(epsilon)),
            site: Drop::new(seed, "embeddings", embeddings.dropout.prob),
            projection,
            learned,
            width,
            hidden,
        }
    }

    /// Whether anything is learned.
    pub(super) fn learns(&self) -> bool {
        let projection = self.projection.as_ref();
        projection.is_some_and(|projection| projection.pass.learns()) || self.tables_learn()
    }

    fn tables_learn(&self) -> bool {
        let Learned {
            words,
            places,
            segments,
            norm,
        } = self.learned;
        norm || [words, places, segments].iter().any(Option::is_some)
    }

    /// What the first layer reads of some texts, `[tokens, hidden]`.
    pub(super) fn forward(&self, texts: &Texts) -> Vec<f32> {
        let (_, dropped) = self.dropped(texts);
        match &self.projection {
            None => dropped,
            Some(Projection { pass, forward, .. }) => {
                let mut out = vec![0.0; dropped.len() / self.width * self.hidden];
                product(&dropped, forward, Finish::Keep, &mut out);
                pass.adapt(&dropped, texts.first_token, &mut out, self.hidden, 0);
                out
            }
        }
    }

    /// The normalized embeddings of some texts, and what is left of them after dropout.
    fn dropped(&self, texts: &Texts) -> (Normal, Vec<f32>) {
        let tokens: usize = texts.lengths.iter().sum();
        let sums = &self.sums[texts.first_token * self.width..][..tokens * self.width];
        let normal = Normal::new(&self.norm, sums.to_vec(), None, None, 0);
        let mut dropped = normal.scaled(&self.norm);
        drop(self.site, texts.first_token, self.width, &mut dropped);
        (normal, dropped)
    }

    /// The slopes of what is learned, from those of what the first layer reads.
    pub(super) fn backward(
        &self,
        mut parts: Vec<(Texts, Vec<f32>)>,
        found: &mut BTreeMap<String, Vec<f32>>,
    ) {
        let slopes = parts
            .par_iter_mut()
            .map(|(texts, slopes)| self.part_backward(texts, slopes));
        let slopes: Vec<(LinearSlopes, NormSlopes)> = slopes.collect();

        let mut projection = Vec::new();
        let mut norm = NormSlopes::zero(&self.norm);
        for (of_projection, NormSlopes { gamma, beta }) in slopes {
            projection.push(of_projection);
            add(&mut norm.gamma, Some(gamma));
            add(&mut norm.beta, Some(beta));
        }

        if let Some(Projection { pass, .. }) = &self.projection {
            pass.gather("embeddings.projection", projection, found);
        }

        if self.learned.norm {
            found.insert("embeddings.norm.gamma".to_owned(), norm.gamma);
            found.insert("embeddings.norm.beta".to_owned(), norm.beta);
        }

        let rows = |table: Option<usize>, row: &dyn Fn(usize) -> usize| {
            let mut table = vec![0.0; table?];
            let slopes = parts
                .iter()
                .flat_map(|(_, slopes)| slopes.chunks_exact(self.width));
            for (token, slopes) in slopes.enumerate() {
                let place = &mut table[row(token) * self.width..][..self.width];
                for (sum, slope) in place.iter_mut().zip(slopes) {
                    *sum += slope;
                }
            }
            Some(table)
        };

        let tables = [
            (
                "word",
                rows(self.learned.words, &|token| self.ids[token] as usize),
            ),
            (
                "position",
                rows(self.learned.places, &|token| self.places[token]),
            ),
            ("segment", rows(self.learned.segments, &|_| 0)),
        ];

        for (name, table) in tables {
            if let Some(table) = table {
                found.insert(format!("embeddings.{name}"), table);
            }
        }
    }

    /// Turns the slopes of what the first layer reads into those of the sums of embeddings.
    fn part_backward(&self, texts: &Texts, slopes: &mut Vec<f32>) -> (LinearSlopes, NormSlopes) {
        let (normal, dropped) = self.dropped(texts);
        let mut of_projection = LinearSlopes::default();
        if let Some(Projection { pass, backward, .. }) = &self.projection {
            // The numbers of the adapter's directions, which were not kept.
            let mut out = vec![0.0; slopes.len()];
            let first = texts.first_token;
            let directions = pass.adapt(&dropped, first, &mut out, self.hidden, 0);
            let part = Part::whole(slopes, self.hidden);
            let (found, more) = pass.backward(Some(&dropped), &directions, part, first);
            let mut narrower = vec![0.0; dropped.len()];
            product(slopes, backward, Finish::Keep, &mut narrower);
            add(&mut narrower, more);
            (*slopes, of_projection) = (narrower, found);
        }

        drop(self.site, texts.first_token, self.width, slopes);
        let mut of_norm = NormSlopes::zero(&self.norm);
        normal.backward(&self.norm, slopes, Some(&mut of_norm));

        (of_projection, of_norm)
    }
}

/// Rows of a table.
fn rows(table: Tensor<2>, ids: &[u32]) -> Vec<f32> {
    let ids: Vec<i64> = ids.iter().map(|id| i64::from(*id)).collect();
    let shape = [1, ids.len()];
    let ids: Tensor<2, Int> = Tensor::from_data(TensorData::new(ids, shape), &table.device());
    numbers(embedding(table, ids))
}
