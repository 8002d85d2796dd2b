//! Which swaps the harmful flips of a check go with: word by word, counted over its lists.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::check::engine::outcome::CheckOutcome;

/// A word and one replacement of it, under a check.
#[derive(Debug, Clone, PartialEq)]
pub struct WordPair {
    /// The word, or words; empty for a word that was put in.
    pub from: String,
    /// What they become; empty for a word that was taken out.
    pub to: String,
    /// How far apart they sound.
    pub distance: f64,
    /// Lists, one per draw, in which this is swapped in some hypothesis.
    pub lists: usize,
    /// Those of them whose pick changes to one with more errors. Other swaps of the same list may have done it.
    pub harmful: usize,
}

/// Every pair of a check: those of the most harmful flips first, then those of the most lists, then by word.
pub fn word_pairs(check: &CheckOutcome<'_>) -> Vec<WordPair> {
    let mut pairs: BTreeMap<(&str, &str), WordPair> = BTreeMap::new();
    for trial in &check.trials {
        let swaps = trial.substitutions.iter();
        let swapped: BTreeMap<(&str, &str), f64> = swaps
            .map(|swap| ((&*swap.from, &*swap.to), swap.distance.as_f64()))
            .collect();

        for ((from, to), distance) in swapped {
            let pair = pairs.entry((from, to)).or_insert_with(|| WordPair {
                from: from.to_owned(),
                to: to.to_owned(),
                distance,
                lists: 0,
                harmful: 0,
            });
            pair.lists += 1;
            pair.harmful += usize::from(trial.harmful());
        }
    }

    let mut pairs: Vec<WordPair> = pairs.into_values().collect();
    pairs.sort_by_key(|pair| Reverse((pair.harmful, pair.lists)));
    pairs
}
