//! Rescorers that ask a cache before they ask their model.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::rescore::cache::value::{Key, Value};
use crate::rescore::cache::{CacheError, ScoreCache};
use crate::rescore::exec::ListwiseScorer;
use crate::rescore::text_scorer::{Scored, TextScorer, one_by_one};
use crate::rescore::{Candidates, Interpolation, RescoreError, Rescorer, TokenCounts};

/// A cache as one model uses it.
struct Shelf {
    cache: Arc<ScoreCache>,
    /// What tells the model from all others.
    identity: String,
    /// How often each call was made in this run: a model may answer differently when it is asked again, and whoever
    /// asks again wants to know.
    calls: Mutex<BTreeMap<Key, u64>>,
}

impl Shelf {
    fn new(cache: Arc<ScoreCache>, identity: String) -> Shelf {
        Shelf {
            cache,
            identity,
            calls: Mutex::new(BTreeMap::new()),
        }
    }

    /// The key of a score that is asked for once in a run.
    fn key(&self, kind: &str, parts: &[&[u8]]) -> Key {
        Key::of(&self.identity, kind, parts)
    }

    /// The key of a call that may be repeated: each repetition has its own.
    fn key_of_call(&self, kind: &str, parts: &[&[u8]]) -> Key {
        let key = self.key(kind, parts);
        let mut calls = locked(&self.calls);
        let number = calls.entry(key.clone()).or_insert(0);
        *number += 1;

        key.repeated(*number)
    }

    /// The scores of a call, from the cache or from `ask`.
    fn call(
        &self,
        key: &Key,
        ask: impl FnOnce() -> Result<Vec<f64>, RescoreError>,
    ) -> Result<Vec<f64>, RescoreError> {
        let found = self.cache.get(std::slice::from_ref(key))?;
        if let Some(value) = found.into_iter().flatten().next() {
            return Ok(value.scores);
        }

        let scores = ask()?;
        let value = Value { scores, cut: false };
        self.cache.put(key, &value)?;

        Ok(value.scores)
    }
}

/// A panic elsewhere leaves counts as they were.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

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
            let score = found.and_then(|value| Some((*value.scores.first()?, value.cut)));
            let Some((score, cut)) = score else {
                unknown.push((index, key));
                continue;
            };

            let mut spared = locked(&self.spared);
            spared.cut += usize::from(cut);
            spared.tokens += self.scorer.tokens_of(texts[index]);
            drop(spared);
            keep(Scored { index, score, cut });
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
            if scored.score.is_finite() {
                let value = Value {
                    scores: vec![scored.score],
                    cut: scored.cut,
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

        let failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
        match failed {
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
        self.scorer.score_texts_exactly(texts)
    }

    fn scores_any_text(&self) -> bool {
        self.scorer.scores_any_text()
    }

    fn interpolation(&self) -> Interpolation {
        self.scorer.interpolation()
    }

    fn name(&self) -> &str {
        self.scorer.name()
    }

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

/// A program that scores whole lists, asked only for those that the cache does not have.
pub struct CachedLists {
    scorer: ListwiseScorer,
    shelf: Shelf,
}

impl CachedLists {
    /// Keeps the scores of `scorer` in `cache`; `identity` stands for all that decides them but the lists.
    pub fn new(scorer: ListwiseScorer, cache: Arc<ScoreCache>, identity: String) -> CachedLists {
        CachedLists {
            scorer,
            shelf: Shelf::new(cache, identity),
        }
    }
}

/// What a program is told of a list.
fn told(list: &Candidates<'_>) -> Vec<u8> {
    let scores = list.utterance.nbest.hypotheses().iter().map(|h| h.score);
    let first_pass: Vec<u8> = scores.flat_map(f64::to_le_bytes).collect();

    let mut told = Vec::new();
    let texts = list.texts.iter().map(|text| text.as_bytes());
    for part in [list.utterance.id.as_bytes(), &first_pass]
        .into_iter()
        .chain(texts)
    {
        told.extend((part.len() as u64).to_le_bytes());
        told.extend(part);
    }

    told
}

impl Rescorer for CachedLists {
    fn score(&self, lists: &[Candidates<'_>]) -> Result<Vec<Vec<f64>>, RescoreError> {
        let keys: Vec<Key> = lists
            .iter()
            .map(|list| self.shelf.key_of_call("list", &[&told(list)]))
            .collect();
        let found = self.shelf.cache.get(&keys)?;
        let mut scores: Vec<Option<Vec<f64>>> = found
            .into_iter()
            .map(|value| value.map(|value| value.scores))
            .collect();

        let unknown: Vec<usize> = (0..lists.len())
            .filter(|index| scores[*index].is_none())
            .collect();
        let asked: Vec<Candidates<'_>> =
            unknown.iter().map(|index| lists[*index].clone()).collect();

        let mut failed: Option<CacheError> = None;
        self.scorer.score_one_by_one(&asked, &mut |place, answer| {
            let index = unknown[place];
            let value = Value {
                scores: answer,
                cut: false,
            };
            // What is no score is asked for again.
            if value.scores.iter().all(|score| score.is_finite())
                && let Err(error) = self.shelf.cache.put(&keys[index], &value)
            {
                failed.get_or_insert(error);
            }
            scores[index] = Some(value.scores);
        })?;
        if let Some(error) = failed {
            return Err(error.into());
        }

        let scores: Vec<Vec<f64>> = scores.into_iter().flatten().collect();
        ListwiseScorer::refuse_infinite(lists, &scores)?;
        Ok(scores)
    }

    fn score_afresh(&self, lists: &[Candidates<'_>]) -> Result<Vec<Vec<f64>>, RescoreError> {
        let told: Vec<Vec<u8>> = lists.iter().map(told).collect();
        let parts: Vec<&[u8]> = told.iter().map(Vec::as_slice).collect();
        let key = self.shelf.key_of_call("call of lists", &parts);
        let scores = self.shelf.call(&key, || {
            let scores = self.scorer.score_afresh(lists)?;
            Ok(scores.concat())
        })?;

        let mut scores = scores.into_iter();
        Ok(lists
            .iter()
            .map(|list| scores.by_ref().take(list.texts.len()).collect())
            .collect())
    }

    fn interpolation(&self) -> Interpolation {
        self.scorer.interpolation()
    }

    fn name(&self) -> &str {
        self.scorer.name()
    }
}
