//! Rescorers whose score of a text does not depend on the rest of the list.
//!
//! Each distinct text is scored once per run and remembered; the model sees
//! them in one deterministic order whatever the lists were. How a model batches
//! them is its own affair.

use crate::rescore::Candidates;
use crate::rescore::Interpolation;
use crate::rescore::RescoreError;
use crate::rescore::Rescorer;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Mutex;

/// A model that scores texts one by one.
pub trait TextScorer: Send + Sync {
    /// One score per text, in order. Texts are distinct and sorted.
    fn score_texts(&self, texts: &[&str]) -> Result<Vec<f64>, RescoreError>;

    /// How the scores combine with the first pass's.
    fn interpolation(&self) -> Interpolation;

    /// What reports call it.
    fn name(&self) -> &str;

    /// How many texts were longer than the model reads and were cut, so far.
    fn truncated_texts(&self) -> usize {
        0
    }
}

/// A [`Rescorer`] over a [`TextScorer`] that scores every distinct text once.
pub struct Pointwise<S> {
    scorer: S,
    memory: Mutex<BTreeMap<String, f64>>,
}

impl<S: TextScorer> Pointwise<S> {
    /// Remembers the scores of `scorer`.
    pub fn new(scorer: S) -> Pointwise<S> {
        Pointwise {
            scorer,
            memory: Mutex::new(BTreeMap::new()),
        }
    }

    /// The model inside.
    pub fn scorer(&self) -> &S {
        &self.scorer
    }
}

impl<S: TextScorer> Rescorer for Pointwise<S> {
    fn score(&self, lists: &[Candidates<'_>]) -> Result<Vec<Vec<f64>>, RescoreError> {
        let mut memory = self
            .memory
            .lock()
            .expect("no thread panics while it holds the scores");
        let unknown: BTreeSet<&str> = lists
            .iter()
            .flat_map(|list| list.texts.iter().copied())
            .filter(|text| !memory.contains_key(*text))
            .collect();
        let unknown: Vec<&str> = unknown.into_iter().collect();
        if !unknown.is_empty() {
            let scores = self.scorer.score_texts(&unknown)?;
            for (text, score) in unknown.iter().zip(scores) {
                if !score.is_finite() {
                    return Err(RescoreError::NotFinite {
                        text: (*text).to_owned(),
                        score,
                    });
                }
                memory.insert((*text).to_owned(), score);
            }
        }
        let known = |text: &&str| memory[*text];
        Ok(lists
            .iter()
            .map(|list| list.texts.iter().map(known).collect())
            .collect())
    }

    fn interpolation(&self) -> Interpolation {
        self.scorer.interpolation()
    }

    fn name(&self) -> &str {
        self.scorer.name()
    }

    fn truncated_texts(&self) -> usize {
        self.scorer.truncated_texts()
    }
}
