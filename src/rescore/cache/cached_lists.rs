//! `CachedLists`: a program that scores whole lists, asked only for those that the cache does not
//! have.

use std::sync::Arc;

use crate::rescore::cache::error::CacheError;
use crate::rescore::cache::shelf::Shelf;
use crate::rescore::cache::store::ScoreCache;
use crate::rescore::cache::value::{Key, Value};
use crate::rescore::candidates::{Candidates, by_list, told};
use crate::rescore::error::RescoreError;
use crate::rescore::exec::ListwiseScorer;
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
                tokens: None,
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

        Ok(by_list(lists, scores))
    }

    as_inside!(scorer);
}
