//! Function words: small words that recognisers lose and make up.
//!
//! The list of English ones is ours: articles, prepositions, conjunctions, pronouns and auxiliaries of one or two syllables that are
//! mostly unstressed. A suite for another language names its own.

use std::sync::Arc;

use crate::perturb::menu::{Ladder, Replacement};
use crate::phonetics::Segment;
use crate::phonetics::distance::{PhoneticDistance, distance};
use crate::phonetics::neighbours::NeighbourIndex;

/// Sorted.
pub const FUNCTION_WORDS: [&str; 52] = [
    "a", "an", "and", "are", "as", "at", "be", "but", "by", "can", "could", "did", "do", "does",
    "for", "from", "had", "has", "have", "he", "her", "him", "his", "i", "if", "in", "is", "it",
    "its", "me", "my", "of", "on", "or", "our", "she", "so", "that", "the", "their", "them",
    "they", "this", "to", "us", "was", "we", "were", "will", "with", "you", "your",
];

/// The function words of a language: those that a suite names, sorted; or the English ones.
pub type Named = Option<Arc<[String]>>;

/// Whether `word` is a function word.
pub fn is_function_word(word: &str, named: &Named) -> bool {
    match named {
        Some(words) => words.binary_search_by(|one| one.as_str().cmp(word)).is_ok(),
        None => FUNCTION_WORDS.binary_search(&word).is_ok(),
    }
}

/// The ladder of a deletion of `word`, of a text of `words` words: nothing, if it is a function word that
/// the lexicon knows. A text of one word keeps it.
pub(in crate::perturb) fn deletions(
    index: &NeighbourIndex,
    word: &str,
    words: usize,
    named: &Named,
) -> Ladder {
    let goes = words > 1 && is_function_word(&word.to_lowercase(), named);
    match from_silence(index, word) {
        Some(distance) if goes => Arc::from([Replacement::even(String::new(), distance)]),
        Some(_) | None => Arc::from([]),
    }
}

/// The ladder of an insertion: every function word that the lexicon knows, the shortest sounds first.
pub(in crate::perturb) fn insertions(index: &NeighbourIndex, named: &Named) -> Vec<Replacement> {
    let words: Vec<&str> = match named {
        Some(words) => words.iter().map(String::as_str).collect(),
        None => FUNCTION_WORDS.to_vec(),
    };
    let mut ladder: Vec<Replacement> = words
        .into_iter()
        .filter_map(|word| {
            let distance = from_silence(index, word)?;
            Some(Replacement::even(word.to_owned(), distance))
        })
        .collect();
    ladder.sort_by(|a, b| (a.distance, &a.word).cmp(&(b.distance, &b.word)));
    ladder
}

/// How far a word is from silence: what its cheapest pronunciation costs in gaps.
fn from_silence(index: &NeighbourIndex, word: &str) -> Option<PhoneticDistance> {
    const SILENCE: &[Segment] = &[];
    let pronunciations = index.lexicon().pronunciations(word);
    let distances = pronunciations.iter();
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
        assert!(is_function_word("the", &None) && !is_function_word("tea", &None));
    }

    #[test]
    fn short_sounds_come_first() {
        let index = NeighbourIndex::new(&speech());
        let ladder = insertions(&index, &None);
        let words: Vec<&str> = ladder.iter().map(|rung| rung.word.as_str()).collect();
        assert_eq!(words[0], "a");
        assert!(
            words.contains(&"the") && !words.contains(&"tea"),
            "{words:?}"
        );
        assert!(ladder.is_sorted_by_key(|rung| rung.distance));
    }

    #[test]
    fn only_function_words_go_and_never_the_last_word() {
        let index = NeighbourIndex::new(&speech());
        assert_eq!(deletions(&index, "the", 2, &None).len(), 1);
        assert!(deletions(&index, "the", 1, &None).is_empty());
        assert!(deletions(&index, "tea", 2, &None).is_empty());
        assert!(deletions(&index, "would", 2, &None).is_empty());
    }

    #[test]
    fn a_suite_may_name_others() {
        let index = NeighbourIndex::new(&speech());
        let named: Named = Some(Arc::from(["tea".to_owned(), "zzz".to_owned()]));
        assert_eq!(deletions(&index, "tea", 2, &named).len(), 1);
        assert!(deletions(&index, "the", 2, &named).is_empty());
        let ladder = insertions(&index, &named);
        let words: Vec<&str> = ladder.iter().map(|rung| rung.word.as_str()).collect();
        assert_eq!(words, ["tea"]);
    }
}
