//! Function words: small words that recognisers lose and make up.
//!
//! The list of English ones is ours: articles, prepositions, conjunctions, pronouns and auxiliaries
//! of one or two syllables that are mostly unstressed. A suite for another language names its own.

use std::sync::Arc;

use crate::perturb::replacement::{Ladder, Replacement};
use crate::perturb::rules::SwapRules;
use crate::phonetics::Segment;
use crate::phonetics::distance::{PhoneticDistance, distance};
use crate::phonetics::neighbours::NeighbourIndex;

/// Sorted.
pub(crate) const FUNCTION_WORDS: [&str; 52] = [
    "a", "an", "and", "are", "as", "at", "be", "but", "by", "can", "could", "did", "do", "does",
    "for", "from", "had", "has", "have", "he", "her", "him", "his", "i", "if", "in", "is", "it",
    "its", "me", "my", "of", "on", "or", "our", "she", "so", "that", "the", "their", "them",
    "they", "this", "to", "us", "was", "we", "were", "will", "with", "you", "your",
];

/// Whether `word` is a function word: one of those that `rules` name, or else an English one.
pub(crate) fn is_function_word(word: &str, rules: &SwapRules) -> bool {
    match &rules.function_words {
        Some(words) => words.binary_search_by(|one| one.as_str().cmp(word)).is_ok(),
        None => FUNCTION_WORDS.binary_search(&word).is_ok(),
    }
}

/// The ladder of a deletion of `word`: nothing, if it is a function word that the lexicon knows and
/// `rules` do not exclude.
pub(super) fn deletions(index: &NeighbourIndex, word: &str, rules: &SwapRules) -> Ladder {
    let plain = word.to_lowercase();
    let goes = is_function_word(&plain, rules) && !rules.excludes(&plain);
    match from_silence(index, word, rules) {
        Some(distance) if goes => Arc::from([Replacement::even(String::new(), distance)]),
        Some(_) | None => Arc::from([]),
    }
}

/// The ladder of an insertion: every function word that the lexicon knows and `rules` let be put
/// in, the shortest sounds first.
pub(super) fn insertions(index: &NeighbourIndex, rules: &SwapRules) -> Vec<Replacement> {
    let words: Vec<&str> = match &rules.function_words {
        Some(words) => words.iter().map(String::as_str).collect(),
        None => FUNCTION_WORDS.to_vec(),
    };

    let mut ladder: Vec<Replacement> = words
        .into_iter()
        .filter(|word| !rules.excludes(word) && rules.is_frequent(index.lexicon(), word))
        .filter_map(|word| {
            Some(Replacement {
                word: word.to_owned(),
                distance: from_silence(index, word, rules)?,
                weight: rules.weight_of(index.lexicon(), word),
            })
        })
        .collect();
    ladder.sort_by(|a, b| (a.distance, &a.word).cmp(&(b.distance, &b.word)));
    ladder
}

/// How far a word is from silence: what its first pronunciation, or the cheapest, costs in gaps.
fn from_silence(index: &NeighbourIndex, word: &str, rules: &SwapRules) -> Option<PhoneticDistance> {
    const SILENCE: &[Segment] = &[];
    let ways = rules.pronunciations.at_most();
    let pronunciations = index.lexicon().pronunciations(word);
    let distances = pronunciations.iter().take(ways);
    distances
        .map(|pronunciation| distance(pronunciation.segments(), SILENCE))
        .min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::perturb::examples::speech;

    #[test]
    fn the_list_is_sorted_and_without_doubles() {
        assert!(FUNCTION_WORDS.is_sorted_by(|a, b| a < b));
        let is = |word| is_function_word(word, &SwapRules::FAIR);
        assert!(is("the") && !is("tea"));
    }

    #[test]
    fn short_sounds_come_first() {
        let index = NeighbourIndex::new(&speech());
        let ladder = insertions(&index, &SwapRules::FAIR);
        let words: Vec<&str> = ladder.iter().map(|rung| rung.word.as_str()).collect();
        assert_eq!(words[0], "a");
        assert!(
            words.contains(&"the") && !words.contains(&"tea"),
            "{words:?}"
        );
        assert!(ladder.is_sorted_by_key(|rung| rung.distance));
    }

    #[test]
    fn only_function_words_go() {
        let index = NeighbourIndex::new(&speech());
        let deletions = |word| deletions(&index, word, &SwapRules::FAIR);
        assert_eq!(deletions("the").len(), 1);
        assert!(deletions("tea").is_empty());
        assert!(deletions("would").is_empty());
    }

    #[test]
    fn a_suite_may_name_others() {
        let index = NeighbourIndex::new(&speech());
        let rules = SwapRules {
            function_words: Some(vec!["tea".to_owned(), "zzz".to_owned()]),
            ..SwapRules::FAIR
        };
        assert_eq!(deletions(&index, "tea", &rules).len(), 1);
        assert!(deletions(&index, "the", &rules).is_empty());
        let ladder = insertions(&index, &rules);
        let words: Vec<&str> = ladder.iter().map(|rung| rung.word.as_str()).collect();
        assert_eq!(words, ["tea"]);
    }

    #[test]
    fn excluded_words_neither_go_nor_come() {
        let index = NeighbourIndex::new(&speech());
        let rules = SwapRules {
            exclude: vec!["the".to_owned()],
            ..SwapRules::FAIR
        };
        assert!(deletions(&index, "The", &rules).is_empty());
        let ladder = insertions(&index, &rules);
        assert!(!ladder.is_empty() && ladder.iter().all(|rung| rung.word != "the"));
    }
}
