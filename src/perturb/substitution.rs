//! `Substitution`: one edit of a text, as it is told.

use crate::phonetics::distance::PhoneticDistance;

/// One word that was swapped, or another edit.
///
/// Positions are those of the original text, whatever edits before it do to how many words there
/// are: the perturbed text is the original with, at every `word`, the words of `from` taken out and
/// those of `to` put in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Substitution {
    /// The hypothesis, from 0, in the order of the utterance's list.
    pub hypothesis: usize,
    /// The word in its original text, from 0: the first that is taken out, or the one before which
    /// something is put in (at the end, the number of words).
    pub word: usize,
    /// The word that stood there; of a boundary edit maybe two, with a space; empty for an insertion.
    pub from: String,
    /// The word that stands there now; of a boundary edit maybe two, with a space; empty for a deletion.
    pub to: String,
    /// How far apart they sound; of a word that comes or goes, from silence.
    pub distance: PhoneticDistance,
}
