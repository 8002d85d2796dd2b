//! `Shelf`: a cache as one model uses it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use crate::rescore::cache::store::ScoreCache;
use crate::rescore::cache::value::{Key, Value};
use crate::rescore::error::RescoreError;
use crate::rescore::locked::locked;

/// A cache as one model uses it.
pub(super) struct Shelf {
    pub(super) cache: Arc<ScoreCache>,
    /// What tells the model from all others.
    identity: String,
    /// How often each call was made in this run: a model may answer differently when it is asked
    /// again, and whoever asks again wants to know.
    calls: Mutex<BTreeMap<Key, u64>>,
}

impl Shelf {
    pub(super) fn new(cache: Arc<ScoreCache>, identity: String) -> Shelf {
        Shelf {
            cache,
            identity,
            calls: Mutex::new(BTreeMap::new()),
        }
    }

    /// The key of a score that is asked for once in a run.
    pub(super) fn key(&self, kind: &str, parts: &[&[u8]]) -> Key {
        Key::of(&self.identity, kind, parts)
    }

    /// The key of a call that may be repeated: each repetition has its own.
    pub(super) fn key_of_call(&self, kind: &str, parts: &[&[u8]]) -> Key {
        let key = self.key(kind, parts);
        let mut calls = locked(&self.calls);
        let number = calls.entry(key.clone()).or_insert(0);
        *number += 1;

        key.repeated(*number)
    }

    /// The scores of a call, from the cache or from `ask`.
    pub(super) fn call(
        &self,
        key: &Key,
        ask: impl FnOnce() -> Result<Vec<f64>, RescoreError>,
    ) -> Result<Vec<f64>, RescoreError> {
        match self.known(key)? {
            Some(scores) => Ok(scores),
            None => self.keep(key, ask()?),
        }
    }

    /// The same of a model that may not answer such calls; it is asked only where there is no
    /// answer.
    pub(super) fn call_of_some(
        &self,
        key: &Key,
        ask: impl FnOnce() -> Option<Result<Vec<f64>, RescoreError>>,
    ) -> Option<Result<Vec<f64>, RescoreError>> {
        match self.known(key) {
            Ok(None) => {}
            known => return known.transpose(),
        }

        let scores = ask()?;
        Some(scores.and_then(|scores| self.keep(key, scores)))
    }

    fn known(&self, key: &Key) -> Result<Option<Vec<f64>>, RescoreError> {
        let found = self.cache.get(std::slice::from_ref(key))?;
        Ok(found.into_iter().flatten().next().map(|value| value.scores))
    }

    fn keep(&self, key: &Key, scores: Vec<f64>) -> Result<Vec<f64>, RescoreError> {
        let value = Value {
            scores,
            cut: false,
            tokens: None,
        };
        self.cache.put(key, &value)?;

        Ok(value.scores)
    }
}
