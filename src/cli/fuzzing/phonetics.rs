//! Dictionaries, and what says how often words are said or confused.

use crate::cli::fuzzing::{parsed, read};
use crate::nbest::source::plain;
use crate::perturb::pairs::Pairs;
use crate::phonetics::distance::PhoneticDistance;
use crate::phonetics::frequency::of_counts;
use crate::phonetics::lexicon::Lexicon;
use crate::phonetics::neighbours::NeighbourIndex;
use crate::phonetics::notation::Notation;

/// Dictionaries in all notations, and the neighbours of their words.
pub fn lexicon(data: &[u8]) {
    for notation in Notation::ALL {
        let Some(lexicon) = read("my.dict", Lexicon::read_in(notation, data, "my.dict")) else {
            continue;
        };

        let near = PhoneticDistance::from_f64(0.3).expect("it is a distance");
        let index = NeighbourIndex::new(&lexicon);
        for word in lexicon.words().take(8) {
            assert!(!lexicon.pronunciations(word).is_empty());
            index.neighbours(word, near);
        }
    }
}

/// Counts of words in a corpus.
pub fn frequencies(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        parsed(of_counts(text));
    }
}

/// Pairs of words that were confused.
pub fn pairs(data: &[u8]) {
    let bytes = parsed(plain(data, 1 << 20)).unwrap_or_default();
    if let Ok(text) = std::str::from_utf8(&bytes)
        && let Some(pairs) = parsed(Pairs::read(text))
    {
        assert_ne!(pairs.content_hash(), "");
    }
}
