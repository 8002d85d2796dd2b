//! The embeddings of tokens.

use std::sync::Arc;

use crate::bert::config::BertConfig;
use crate::bert::cpu::distinct::Distinct;
use crate::bert::cpu::narrow::narrow;
use crate::bert::cpu::norm::{Norm, norm};
use crate::bert::cpu::packing::{packed, values};
use crate::bert::cpu::places::places;
use crate::bert::cpu::product::{Finish, PackedMatrix, product};
use crate::bert::cpu::words::Words;
use crate::bert::encoder;
use crate::bert::error::LoadError;
use crate::bert::stored_rows::StoredRows;
use crate::bert::weights::numbers;

/// What stands for a word at a place.
pub(super) struct Embeddings {
    words: Words,
    /// `[positions, width]`, with the first segment's embedding added.
    places: Vec<f32>,
    norm: Norm,
    /// From `width` to the width of the layers, where these differ.
    projection: Option<PackedMatrix>,
    /// [`BertConfig::uncounted`].
    uncounted: Option<u32>,
    width: usize,
}

impl Embeddings {
    /// Packs `embeddings`; `words` are those that are not in memory.
    pub(super) fn new(
        embeddings: encoder::Embeddings,
        words: Option<Arc<StoredRows>>,
        config: &BertConfig,
    ) -> Embeddings {
        let width = config.embedding_width();
        let words = match words {
            Some(rows) => Words::Stored(rows),
            None => Words::Held {
                numbers: values(embeddings.word),
                width,
            },
        };

        let position = embeddings.position.val();
        let places = numbers(match embeddings.segment {
            Some(segment) => position + segment.val().slice_dim(0, 0..1),
            None => position,
        });
        let projection = embeddings.projection;

        Embeddings {
            words,
            places,
            norm: norm(&embeddings.norm, narrow(config.layer_norm_eps)),
            projection: projection.map(|projection| packed([projection], [None])),
            uncounted: config.uncounted(),
            width,
        }
    }

    /// Puts the embeddings of the tokens of `texts` that are embedded differently into `out`,
    /// `[distinct, hidden]`; which tokens these are is told by `distinct`. `narrow` is room to
    /// work in.
    ///
    /// Only embeddings that are not in memory can fail.
    ///
    /// # Panics
    ///
    /// When a token has no embedding, or a text is longer than the model reads.
    pub(super) fn read(
        &self,
        texts: &[&[u32]],
        distinct: &mut Distinct,
        narrow: &mut Vec<f32>,
        out: &mut Vec<f32>,
    ) -> Result<(), LoadError> {
        let Some(projection) = &self.projection else {
            return self.read_narrow(texts, distinct, out);
        };

        self.read_narrow(texts, distinct, narrow)?;
        out.resize(narrow.len() / self.width * projection.outputs(), 0.0);
        product(narrow, projection, Finish::Keep, out);
        Ok(())
    }

    /// As [`Embeddings::read`], before any projection: `[distinct, width]`.
    fn read_narrow(
        &self,
        texts: &[&[u32]],
        distinct: &mut Distinct,
        out: &mut Vec<f32>,
    ) -> Result<(), LoadError> {
        out.clear();
        distinct.clear();
        for text in texts {
            for (place, id) in places(self.uncounted, text).zip(*text) {
                if distinct.add(*id, place) {
                    let word = self.words.row(*id)?;
                    let place = &self.places[place * self.width..][..self.width];
                    out.extend(word.iter().zip(place).map(|(word, place)| word + place));
                }
            }
        }

        self.norm.apply(out);
        Ok(())
    }
}
