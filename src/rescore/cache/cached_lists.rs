//! `CachedLists`: a program that scores whole lists, asked only for those that the cache does not
//! have.

use std::sync::Arc;

use crate::nbest::is_score;
use crate::rescore::cache::error::CacheError;
use crate::rescore::cache::shelf::Shelf;
use crate::rescore::cache::store::ScoreCache;
use crate::rescore::cache::value::{Key, Value};
use crate::rescore::candidates::{Candidates, by_list, told};
use crate::rescore::error::RescoreError;
use crate::rescore::exec::ListwiseScorer;
use crate::rescore::list_scorer::{ListScorer, together};
use crate::rescore::rescorer::{Rescorer, as_inside};

/// A program that scores whole lists, asked only for those that the cache does not have.
pub struct CachedLists {
    scorer: ListwiseScorer,
    shelf: Shelf,
}

impl CachedLists {
    /// Keeps the scores of `scorer` in `cache`; `identity` stands for all that decides them but the
    /// lists.
    pub fn new(scorer: ListwiseScorer, cache: Arc<ScoreCache>, identity: String) -> CachedLists {
        CachedLists {
            scorer,
            shelf: Shelf::new(cache, identity),
        }
    }
}

impl ListScorer for CachedLists {
    fn score_one_by_one(
        &self,
        lists: &[Candidates<'_>],
        keep: &mut dyn FnMut(usize, Vec<f64>),
    ) -> Result<(), RescoreError> {
        let keys: Vec<Key> = lists
            .iter()
            .map(|list| self.shelf.key_of_call("list", &[&told(list)]))
            .collect();
        let mut unknown = Vec::new();
        for (index, found) in self.shelf.cache.get(&keys)?.into_iter().enumerate() {
            match found {
                Some(value) => keep(index, value.scores),
                None => unknown.push(index),
            }
        }
        let asked: Vec<Candidates<'_>> =
            unknown.iter().map(|index| lists[*index].clone()).collect();

        let mut failed: Option<CacheError> = None;
        self.scorer.score_one_by_one(&asked, &mut |place, answer| {
            let index = unknown[place];
            let value = Value {
                scores: answer,
                cut: false,
                tokens: None,
            };
            // What is no score is asked for again.
            if value.scores.iter().copied().all(is_score)
                && let Err(error) = self.shelf.cache.put(&keys[index], &value)
            {
                failed.get_or_insert(error);
            }
            keep(index, value.scores);
        })?;
        failed.map_or(Ok(()), |error| Err(error.into()))
    }
}

impl Rescorer for CachedLists {
    fn score(&self, lists: &[Candidates<'_>]) -> Result<Vec<Vec<f64>>, RescoreError> {
        together(self, lists)
    }

    fn score_afresh(&self, lists: &[Candidates<'_>]) -> Result<Vec<Vec<f64>>, RescoreError> {
        let told: Vec<Vec<u8>> = lists.iter().map(told).collect();
        let parts: Vec<&[u8]> = told.iter().map(Vec::as_slice).collect();
        let key = self.shelf.key_of_call("call of lists", &parts);
        let scores = self.shelf.call(&key, || {
            let scores = self.scorer.score_afresh(lists)?;
            Ok(scores.concat())
        })?;

        Ok(by_list(lists, scores))
    }

    as_inside!(scorer);
}
