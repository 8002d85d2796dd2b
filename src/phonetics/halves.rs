//! `LexiconHalf`: the embedded dictionary in two halves that share no sound, one for training on perturbed
//! lists and one that such training never touches.
//!
//! Words that sound alike, but for stress, are in one half, and so are words that are linked by others: whoever
//! swaps words for homophones from one half only never puts in, or takes out, a word of the other.

use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;

use crate::phonetics::lexicon::Lexicon;
use crate::phonetics::phone::Phone;

/// The version of the division; part of what decides it.
///
/// It changes when words change sides, or reports about models trained before would be wrong.
const FORMAT_VERSION: u32 = 1;

/// One half of the embedded dictionary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LexiconHalf {
    /// What training on perturbed lists may swap.
    Training,
    /// What it never swaps.
    HeldOut,
}

impl LexiconHalf {
    /// Both.
    pub const ALL: [LexiconHalf; 2] = [LexiconHalf::Training, LexiconHalf::HeldOut];

    /// The half as options and files name it.
    pub fn name(self) -> &'static str {
        match self {
            LexiconHalf::Training => "training",
            LexiconHalf::HeldOut => "held-out",
        }
    }

    /// The half that `word` is in; the held-out one for words that the embedded dictionary lacks, as
    /// training has never swapped them.
    pub fn of(word: &str) -> LexiconHalf {
        let lexicon = Lexicon::embedded();
        match lexicon.position(word) {
            Some(index) if training_words()[index] => LexiconHalf::Training,
            Some(_) | None => LexiconHalf::HeldOut,
        }
    }

    /// The words of `lexicon` that are in this half; `None` where there are none.
    pub fn cut(self, lexicon: &Lexicon) -> Option<Lexicon> {
        lexicon.filtered(|word| LexiconHalf::of(word) == self)
    }
}

impl fmt::Display for LexiconHalf {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for LexiconHalf {
    type Err = UnknownSlice;

    fn from_str(text: &str) -> Result<LexiconHalf, UnknownSlice> {
        LexiconHalf::ALL
            .into_iter()
            .find(|slice| slice.name() == text)
            .ok_or_else(|| UnknownSlice {
                text: text.to_owned(),
            })
    }
}

/// A name that is no half of the dictionary.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no slice `{text}`; there are training and held-out")]
pub struct UnknownSlice {
    text: String,
}

/// For every word of the embedded dictionary whether it is in the half for training.
fn training_words() -> &'static [bool] {
    static WORDS: OnceLock<Vec<bool>> = OnceLock::new();
    WORDS.get_or_init(|| {
        let lexicon = Lexicon::embedded();
        families(lexicon)
            .into_iter()
            .map(|eldest| is_for_training(lexicon.word(eldest)))
            .collect()
    })
}

/// A fair coin for a family of words, named by its first.
fn is_for_training(eldest: &str) -> bool {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"mondegreen lexicon slice");
    hasher.update(&FORMAT_VERSION.to_le_bytes());
    hasher.update(eldest.as_bytes());
    hasher.finalize().as_bytes()[0] & 1 == 1
}

/// For every word the first of all words that are linked to it by sounding alike, but for stress.
fn families(lexicon: &Lexicon) -> Vec<usize> {
    let mut sounds: Vec<(Vec<Phone>, usize)> = (0..lexicon.len())
        .flat_map(|word| {
            lexicon.segments_of_word(word).map(move |segments| {
                let phones = segments.iter().map(|segment| segment.phone()).collect();
                (phones, word)
            })
        })
        .collect();
    sounds.sort_unstable();

    let mut parents: Vec<usize> = (0..lexicon.len()).collect();
    for pair in sounds.windows(2) {
        if pair[0].0 == pair[1].0 {
            let (one, other) = (root(&mut parents, pair[0].1), root(&mut parents, pair[1].1));
            // The smaller one leads, so that a root is the first word of its family.
            parents[one.max(other)] = one.min(other);
        }
    }

    (0..lexicon.len())
        .map(|word| root(&mut parents, word))
        .collect()
}

/// The root of a word's tree, halving the way to it.
fn root(parents: &mut [usize], mut word: usize) -> usize {
    while parents[word] != word {
        parents[word] = parents[parents[word]];
        word = parents[word];
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::phonetics::distance::PhoneticDistance;
    use crate::phonetics::neighbours::NeighbourIndex;

    #[test]
    fn words_that_are_linked_by_sound_are_one_family() {
        let text = "read R IY1 D\nread(2) R EH1 D\nred R EH1 D\nreed R IY1 D\ndog D AO1 G\nrecord R AH0 K AO1 R D\nrekord R AH1 K AO0 R D";
        let lexicon = Lexicon::read(text.as_bytes(), "words.dict").unwrap();
        let eldest: Vec<&str> = families(&lexicon)
            .into_iter()
            .map(|word| lexicon.word(word))
            .collect();
        // In the order of words: dog, read, record, red, reed, rekord.
        assert_eq!(eldest, ["dog", "read", "record", "read", "read", "record"]);
    }

    #[test]
    fn both_halves_are_large_and_no_homophone_crosses_over() {
        let lexicon = Lexicon::embedded();
        let index = NeighbourIndex::new(lexicon);
        let training = LexiconHalf::Training.cut(lexicon).unwrap();
        let held_out = LexiconHalf::HeldOut.cut(lexicon).unwrap();
        assert_eq!(training.len() + held_out.len(), lexicon.len());

        let share = training.len() as f64 / lexicon.len() as f64;
        assert!((0.48..0.52).contains(&share), "{share}");
        for word in lexicon.words().step_by(97) {
            for neighbour in index.neighbours(word, PhoneticDistance::ZERO) {
                assert_eq!(LexiconHalf::of(word), LexiconHalf::of(neighbour.word));
            }
        }
    }

    #[test]
    fn words_stay_on_their_side_from_version_to_version() {
        let sides: Vec<&str> = ["two", "there", "one", "meet", "right", "write", "zzzz"]
            .map(|word| LexiconHalf::of(word).name())
            .to_vec();
        assert_eq!(
            sides,
            [
                "held-out", "training", "held-out", "training", "training", "training", "held-out"
            ]
        );
    }

    #[test]
    fn a_half_is_named_as_it_is_read() {
        for slice in LexiconHalf::ALL {
            assert_eq!(slice.to_string().parse(), Ok(slice));
        }
        let error = "half".parse::<LexiconHalf>().unwrap_err().to_string();
        assert_eq!(
            error,
            "there is no slice `half`; there are training and held-out"
        );
    }
}
