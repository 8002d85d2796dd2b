//! What a file says of an utterance, whatever its format.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::nbest::error::ReadErrorKind;
use crate::nbest::place::Position;

/// Takes the utterances of a file one by one, each with where it begins.
pub(super) type Add<'f> = dyn FnMut(RawUtterance<'_>, Position) -> Result<(), ReadErrorKind> + 'f;

/// An utterance as a file gives it.
#[derive(Default)]
pub(super) struct RawUtterance<'a> {
    pub(super) id: Cow<'a, str>,
    pub(super) speaker: Option<Cow<'a, str>>,
    /// The speaker is part of the id.
    pub(super) speaker_in_id: bool,
    /// `None` where references are in files of their own.
    pub(super) reference: Option<Cow<'a, str>>,
    /// In the order of the file: best first, if there are no scores.
    pub(super) hypotheses: Vec<RawHypothesis<'a>>,
    pub(super) attributes: BTreeMap<String, String>,
    /// Fields that are left alone, and whether each is an array of numbers.
    pub(super) others: Vec<(Cow<'a, str>, bool)>,
    /// There were scores, which contradict the order that the recognizer says is that of its
    /// hypotheses, and which were left out for that.
    pub(super) contradicts_order: bool,
    /// Hypotheses have ranks, and this is the first that none has.
    pub(super) missing_rank: Option<u64>,
}

/// The first rank, from 1 or from the 0 that some count from, that is not among `ranks`, which are
/// in order; `None` if there is none before the last of them.
pub(super) fn missing_rank(ranks: impl IntoIterator<Item = u64>) -> Option<u64> {
    let mut ranks = ranks.into_iter();
    let first = ranks.next()?;
    if first > 1 {
        return Some(1);
    }
    let mut expected = ranks.zip(first + 1..);
    expected.find_map(|(found, expected)| (found != expected).then_some(expected))
}

impl<'a> RawUtterance<'a> {
    /// An utterance of which its file says no more than the list.
    pub(super) fn of_list(
        id: impl Into<Cow<'a, str>>,
        hypotheses: Vec<RawHypothesis<'a>>,
    ) -> RawUtterance<'a> {
        RawUtterance {
            id: id.into(),
            hypotheses,
            ..RawUtterance::default()
        }
    }
}

/// A hypothesis as a file gives it; its numbers are finite.
#[derive(Debug, Default)]
pub(super) struct RawHypothesis<'a> {
    pub(super) text: Cow<'a, str>,
    pub(super) score: Option<f64>,
    pub(super) am_score: Option<f64>,
    pub(super) lm_score: Option<f64>,
    /// Fields that are left alone, and whether each is a number.
    pub(super) others: Vec<(Cow<'a, str>, bool)>,
}

impl<'a> RawHypothesis<'a> {
    /// A hypothesis whose score is given as a whole, if at all.
    pub(super) fn scored(text: impl Into<Cow<'a, str>>, score: Option<f64>) -> RawHypothesis<'a> {
        RawHypothesis {
            text: text.into(),
            score,
            ..RawHypothesis::default()
        }
    }
}
