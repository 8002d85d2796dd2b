//! `Cached`: a model that scores texts, asked only for those that the cache does not have.

use std::sync::{Arc, Mutex};

use crate::nbest::is_score;
use crate::rescore::cache::error::CacheError;
use crate::rescore::cache::shelf::Shelf;
use crate::rescore::cache::store::ScoreCache;
use crate::rescore::cache::value::{Key, Value};
use crate::rescore::error::RescoreError;
use crate::rescore::locked::{locked, unlocked};
use crate::rescore::rescorer::as_inside;
use crate::rescore::text_scorer::{Scored, TextScorer, one_by_one};
use crate::rescore::token_counts::TokenCounts;

/// A model that scores texts, asked only for those that the cache does not have.
pub struct Cached<S> {
    scorer: S,
    shelf: Shelf,
    /// What the model would have counted of the texts that it was not asked for.
    spared: Mutex<Spared>,
}

#[derive(Default)]
struct Spared {
    cut: usize,
    tokens: TokenCounts,
}

impl<S: TextScorer> Cached<S> {
    /// Keeps the scores of `scorer` in `cache`; `identity` stands for all that decides them.
    pub fn new(scorer: S, cache: Arc<ScoreCache>, identity: String) -> Cached<S> {
        Cached {
            scorer,
            shelf: Shelf::new(cache, identity),
            spared: Mutex::default(),
        }
    }

    /// Hands over what the cache has of `texts`; the places of the others, with their keys.
    fn recall(
        &self,
        texts: &[&str],
        keep: &(dyn Fn(Scored) + Sync),
    ) -> Result<Vec<(usize, Key)>, CacheError> {
        let keys: Vec<Key> = texts
            .iter()
            .map(|text| self.shelf.key("text", &[text.as_bytes()]))
            .collect();
        let found = self.shelf.cache.get(&keys)?;

        let mut unknown = Vec::new();
        for (index, (key, found)) in keys.into_iter().zip(found).enumerate() {
            let score = found.and_then(|value| Some((*value.scores.first()?, value)));
            let Some((score, Value { cut, tokens, .. })) = score else {
                unknown.push((index, key));
                continue;
            };

            // Not known of what was kept by the format before this one.
            let tokens = tokens.unwrap_or_else(|| self.scorer.tokens_of(texts[index]));
            let mut spared = locked(&self.spared);
            spared.cut += usize::from(cut);
            spared.tokens += tokens;
            drop(spared);
            keep(Scored {
                index,
                score,
                cut,
                tokens,
            });
        }

        Ok(unknown)
    }
}

impl<S: TextScorer> TextScorer for Cached<S> {
    fn score_texts(&self, texts: &[&str]) -> Result<Vec<f64>, RescoreError> {
        one_by_one(self, texts)
    }

    fn score_texts_one_by_one(
        &self,
        texts: &[&str],
        keep: &(dyn Fn(Scored) + Sync),
    ) -> Result<(), RescoreError> {
        let unknown = self.recall(texts, keep)?;
        if unknown.is_empty() {
            return Ok(());
        }

        let asked: Vec<&str> = unknown.iter().map(|(index, _)| texts[*index]).collect();
        let failed: Mutex<Option<CacheError>> = Mutex::new(None);
        let scored = self.scorer.score_texts_one_by_one(&asked, &|scored| {
            let (index, key) = &unknown[scored.index];
            // What is no score is asked for again.
            if is_score(scored.score) {
                let value = Value {
                    scores: vec![scored.score],
                    cut: scored.cut,
                    tokens: Some(scored.tokens),
                };
                if let Err(error) = self.shelf.cache.put(key, &value) {
                    locked(&failed).get_or_insert(error);
                }
            }
            keep(Scored {
                index: *index,
                ..scored
            });
        });

        match unlocked(failed) {
            Some(error) => Err(error.into()),
            None => scored,
        }
    }

    fn score_texts_afresh(&self, texts: &[&str]) -> Result<Vec<f64>, RescoreError> {
        let parts: Vec<&[u8]> = texts.iter().map(|text| text.as_bytes()).collect();
        let key = self.shelf.key_of_call("call", &parts);
        self.shelf
            .call(&key, || self.scorer.score_texts_afresh(texts))
    }

    fn score_texts_exactly(&self, texts: &[&str]) -> Option<Result<Vec<f64>, RescoreError>> {
        let parts: Vec<&[u8]> = texts.iter().map(|text| text.as_bytes()).collect();
        let key = self.shelf.key("exact", &parts);
        self.shelf
            .call_of_some(&key, || self.scorer.score_texts_exactly(texts))
    }

    as_inside!(scorer);

    fn truncated_texts(&self) -> usize {
        self.scorer.truncated_texts() + locked(&self.spared).cut
    }

    fn tokens_of(&self, text: &str) -> TokenCounts {
        self.scorer.tokens_of(text)
    }

    fn tokens(&self) -> Option<TokenCounts> {
        let mut tokens = self.scorer.tokens()?;
        tokens += locked(&self.spared).tokens;
        Some(tokens)
    }
}
