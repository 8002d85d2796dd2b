//! Lists of which every file holds the hypotheses of one rank, gathered until all files are read.

use std::collections::BTreeMap;

use crate::nbest::placed::Placed;
use crate::nbest::raw::{RawHypothesis, RawUtterance, missing_rank};

/// The hypotheses so far.
#[derive(Debug, Default)]
pub(super) struct RankedLists {
    /// By utterance and rank.
    hypotheses: BTreeMap<String, BTreeMap<u64, (String, Placed)>>,
    scores: BTreeMap<(String, u64), f64>,
}

impl RankedLists {
    /// Adds a hypothesis; where there was one of that rank before, gives its place.
    pub(super) fn add(
        &mut self,
        id: &str,
        rank: u64,
        words: &str,
        placed: Placed,
    ) -> Option<Placed> {
        let ranks = self.hypotheses.entry(id.to_owned()).or_default();
        let before = ranks.insert(rank, (words.to_owned(), placed));
        before.map(|(_, first)| first)
    }

    /// Adds the scores of a rank.
    pub(super) fn score(&mut self, rank: u64, scores: BTreeMap<String, f64>) {
        let scores = scores.into_iter();
        self.scores
            .extend(scores.map(|(id, score)| ((id, rank), score)));
    }

    /// All lists, each with the place of its first rank. A list of which some ranks have no score
    /// has none: recipes may merge the scores of the best alone.
    pub(super) fn into_lists(self) -> Vec<(RawUtterance<'static>, Placed)> {
        let scores = self.scores;
        let lists = self.hypotheses.into_iter().filter_map(|(id, ranks)| {
            let placed = ranks.values().next()?.1;
            let scores: Vec<Option<f64>> = ranks
                .keys()
                .map(|&rank| scores.get(&(id.clone(), rank)).copied())
                .collect();
            let scored = scores.iter().all(Option::is_some);
            let missing_rank = missing_rank(ranks.keys().copied());
            let hypotheses = ranks.into_values().zip(scores);
            let hypotheses = hypotheses
                .map(|((words, _), score)| RawHypothesis::scored(words, score.filter(|_| scored)));
            let list = RawUtterance {
                missing_rank,
                ..RawUtterance::of_list(id, hypotheses.collect())
            };
            Some((list, placed))
        });

        lists.collect()
    }
}
