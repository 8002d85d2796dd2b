//! `Site`: what is edited as one, in one place of a list or in several.

use crate::perturb::edit_kind::EditKind;
use crate::perturb::replacement::Ladder;

/// A word in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The hypothesis, from 0, in the order of the utterance's list.
    pub hypothesis: usize,
    /// The word in it, from 0.
    pub word: usize,
}

/// What is swapped as one: a single word, or under a coherent perturbation all
/// words of the list that are spelled alike. Of other kinds of edits: the words of one place, or of all
/// places where they stand so.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Site {
    /// Where, by the first word; at least one place, in ascending order. An insertion stands before its place, which
    /// may be behind the last word.
    pub places: Vec<Place>,
    /// The words that stand there, with single spaces.
    pub from: String,
    /// What they can be replaced by; never empty.
    pub ladder: Ladder,
    /// What an edit here does.
    pub kind: EditKind,
    /// How many words stand at each place: 1 of a swap, 0 of an insertion.
    pub length: usize,
}

impl Site {
    /// Whether an edit here and one at `other` would touch the same word, or one would stand within the other.
    pub fn overlaps(&self, other: &Site) -> bool {
        let pairs = self
            .places
            .iter()
            .flat_map(|place| other.places.iter().map(move |other| (place, other)));
        pairs
            .filter(|(a, b)| a.hypothesis == b.hypothesis)
            .any(|(a, b)| match (self.length, other.length) {
                (0, 0) => a.word == b.word,
                (0, length) => b.word < a.word && a.word < b.word + length,
                (length, 0) => a.word < b.word && b.word < a.word + length,
                (one, two) => a.word < b.word + two && b.word < a.word + one,
            })
    }
}
