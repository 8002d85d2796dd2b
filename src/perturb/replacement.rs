//! `Replacement`: what can stand in the place of a word, and the ladder of all that can.

use std::sync::Arc;

use crate::phonetics::distance::PhoneticDistance;

/// A word that can stand for another, or what else can stand for a site's words.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Replacement {
    /// The word, written as the one it replaces: letters a to z and `'` only, or as a file of pairs has it. Words cut
    /// differently may be two, with a space; of a deletion it is empty.
    pub word: String,
    /// How far it sounds from the word it replaces.
    pub distance: PhoneticDistance,
    /// How often it is drawn, against the others of its ladder; at least 1.
    pub weight: u64,
}

impl Replacement {
    /// A replacement that is drawn as often as any other.
    pub(in crate::perturb) fn even(word: String, distance: PhoneticDistance) -> Replacement {
        Replacement {
            word,
            distance,
            weight: 1,
        }
    }
}

/// The replacements of a word, nearest first, equals by spelling; never the word itself.
pub type Ladder = Arc<[Replacement]>;
