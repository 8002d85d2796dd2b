//! `LateReads`: weights that are read when they are used, so that a model that is packed part by
//! part is never in memory as a whole before.

use std::sync::{Arc, Mutex};

use crate::bert::architecture::WORDS;
use crate::bert::error::LoadError;
use crate::bert::model::ScoreModel;
use crate::bert::stored_rows::StoredRows;
use crate::bert::tensors::TensorStore;
use crate::bert::weights::fill_weights;
use crate::rescore::locked::locked;

/// Where the weights of a model are, as long as they are not read.
pub(crate) struct LateReads {
    store: Arc<TensorStore>,
    /// What the embeddings of words are called, and their shape.
    words: Option<(String, [usize; 2])>,
    failed: Arc<Mutex<Option<LoadError>>>,
}

impl LateReads {
    /// Weights in `store`.
    pub(crate) fn new(store: Arc<TensorStore>) -> LateReads {
        LateReads {
            store,
            words: None,
            failed: Arc::new(Mutex::new(None)),
        }
    }

    /// As [`read_weights`](crate::bert::weights::read_weights), but for the numbers: each parameter
    /// reads its own when it is first used. [`LateReads::outcome`] tells whether they could be read.
    pub(crate) fn promise(&mut self, model: &mut ScoreModel) -> Result<Vec<String>, LoadError> {
        let words = model.names().body(WORDS);
        fill_weights(model, &self.store, &mut |name, stored, slot| {
            let shape = slot.shape();
            self.store.check_outline(stored, &shape)?;
            if let (true, &[rows, width]) = (name == words, &shape[..]) {
                self.words = Some((stored.to_owned(), [rows, width]));
            }

            let (store, failed) = (Arc::clone(&self.store), Arc::clone(&self.failed));
            let stored = stored.to_owned();
            slot.set_late(move || {
                store.get(&stored, &shape).unwrap_or_else(|error| {
                    locked(&failed).get_or_insert(error);
                    vec![0.0; shape.iter().product()]
                })
            });
            Ok(())
        })
    }

    /// The embeddings of words, to be read row by row; `None` where `model` has others by now.
    pub(crate) fn words(&self, model: &ScoreModel) -> Result<Option<StoredRows>, LoadError> {
        match &self.words {
            Some((name, shape)) if !model.encoder.embeddings.word.is_initialized() => {
                StoredRows::new(Arc::clone(&self.store), name.clone(), *shape).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// The first error of those parameters that were used so far.
    pub(crate) fn outcome(&self) -> Result<(), LoadError> {
        locked(&self.failed).take().map_or(Ok(()), Err)
    }
}
