//! Function words: small words that recognisers lose and make up.
//!
//! The list of English ones is ours: articles, prepositions, conjunctions, pronouns and auxiliaries
//! of one or two syllables that are mostly unstressed. A suite for another language names its own.

use std::sync::Arc;

use crate::perturb::edit_kind::Kinds;
use crate::perturb::perturbation::Perturbation;
use crate::perturb::replacement::{Ladder, Replacement};
use crate::perturb::rules::SwapRules;
use crate::phonetics::Segment;
use crate::phonetics::distance::{PhoneticDistance, distance};
use crate::phonetics::lexicon::Lexicon;
use crate::phonetics::neighbours::NeighbourIndex;

/// Sorted.
pub(crate) const FUNCTION_WORDS: [&str; 52] = [
    "a", "an", "and", "are", "as", "at", "be", "but", "by", "can", "could", "did", "do", "does",
    "for", "from", "had", "has", "have", "he", "her", "him", "his", "i", "if", "in", "is", "it",
    "its", "me", "my", "of", "on", "or", "our", "she", "so", "that", "the", "their", "them",
    "they", "this", "to", "us", "was", "we", "were", "will", "with", "you", "your",
];

/// Whether `word` is a function word: one of those that `rules` name, or else an English one, of a
/// lexicon of English.
pub(crate) fn is_function_word(lexicon: &Lexicon, word: &str, rules: &SwapRules) -> bool {
    match &rules.function_words {
        Some(words) => words.binary_search_by(|one| one.as_str().cmp(word)).is_ok(),
        None => lexicon.is_english() && FUNCTION_WORDS.binary_search(&word).is_ok(),
    }
}

/// Whether `perturbation` deletes or inserts function words and has none: it names none, and those
/// that are built in are not of the language of `lexicon`.
pub(crate) fn are_missing(perturbation: &Perturbation, lexicon: &Lexicon) -> bool {
    let Kinds { delete, insert, .. } = perturbation.kinds;
    let is_asked = delete > 0 || insert > 0;
    is_asked && perturbation.rules.function_words.is_none() && !lexicon.is_english()
}

/// The function words that `rules` name and that neither come nor go, each with the reason.
pub(crate) fn unused<'a>(lexicon: &Lexicon, rules: &'a SwapRules) -> Vec<(&'a str, &'static str)> {
    let named = rules.function_words.iter().flatten().map(String::as_str);
    let reason = |word: &str| {
        if rules.excludes(word) {
            Some("excluded")
        } else if lexicon.pronunciations(word).is_empty() {
            Some("not in the lexicon")
        } else {
            None
        }
    };
    named
        .filter_map(|word| Some((word, reason(word)?)))
        .collect()
}

/// The ladder of a deletion of `word`: nothing, if it is a function word that the lexicon knows and
/// `rules` do not exclude.
pub(super) fn deletions(index: &NeighbourIndex, word: &str, rules: &SwapRules) -> Ladder {
    let plain = word.to_lowercase();
    let goes = is_function_word(index.lexicon(), &plain, rules) && !rules.excludes(&plain);
    match from_silence(index, word, rules) {
        Some(distance) if goes => Arc::from([Replacement::even(String::new(), distance)]),
        Some(_) | None => Arc::from([]),
    }
}

/// The ladder of an insertion: every function word that the lexicon knows and `rules` let be put
/// in, the shortest sounds first. Those that a suite names may be rare.
pub(super) fn insertions(index: &NeighbourIndex, rules: &SwapRules) -> Vec<Replacement> {
    let lexicon = index.lexicon();
    let words: Vec<&str> = match &rules.function_words {
        Some(words) => words.iter().map(String::as_str).collect(),
        None if lexicon.is_english() => {
            let words = FUNCTION_WORDS.into_iter();
            words
                .filter(|word| rules.is_frequent(lexicon, word))
                .collect()
        }
        None => Vec::new(),
    };

    let mut ladder: Vec<Replacement> = words
        .into_iter()
        .filter(|word| !rules.excludes(word))
        .filter_map(|word| {
            Some(Replacement {
                word: word.to_owned(),
                distance: from_silence(index, word, rules)?,
                weight: rules.weight_of(lexicon, word),
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
    use crate::phonetics::frequency::Frequency;
    use crate::phonetics::notation::Notation;

    #[test]
    fn the_list_is_sorted_and_without_doubles() {
        assert!(FUNCTION_WORDS.is_sorted_by(|a, b| a < b));
        let lexicon = speech();
        let is = |word| is_function_word(&lexicon, word, &SwapRules::FAIR);
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

        // What is named comes however rare it is, or is told.
        let rare = SwapRules {
            min_frequency: Frequency::MAX,
            exclude: vec!["cups".to_owned()],
            function_words: Some(["cups", "tea", "zzz"].map(str::to_owned).to_vec()),
            ..SwapRules::FAIR
        };
        assert_eq!(insertions(&index, &rare), ladder);
        assert_eq!(
            unused(index.lexicon(), &rare),
            [("cups", "excluded"), ("zzz", "not in the lexicon")]
        );
    }

    #[test]
    fn the_words_that_are_built_in_are_english() {
        let german = "in ɪn\nund ʊnt\n";
        let lexicon = Lexicon::read_in(Notation::Ipa, german.as_bytes(), "german").unwrap();
        let index = NeighbourIndex::new(&lexicon);
        let rules = SwapRules::FAIR;
        assert!(
            deletions(&index, "in", &rules).is_empty() && insertions(&index, &rules).is_empty()
        );

        let perturbation = |delete, function_words| Perturbation {
            kinds: Kinds {
                delete,
                ..Kinds::SWAPS
            },
            rules: SwapRules {
                function_words,
                ..rules.clone()
            },
            ..Perturbation::PERTURB_N
        };
        let own = Some(vec!["und".to_owned()]);
        assert!(are_missing(&perturbation(1, None), &lexicon));
        assert!(!are_missing(&perturbation(0, None), &lexicon));
        assert!(!are_missing(&perturbation(1, own), &lexicon));
        assert!(!are_missing(&perturbation(1, None), &speech()));
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
