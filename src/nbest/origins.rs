//! What lists looked like in their files, for those who write their texts again: spelled as they
//! were, and by their places.

use std::collections::{BTreeMap, BTreeSet};

use crate::nbest::NBest;
use crate::nbest::normalize::Normalization;
use crate::nbest::raw::RawHypothesis;

/// Whether lists need references.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum References {
    /// Errors are counted: a list without one is refused.
    #[default]
    Needed,
    /// Nothing is measured: a list without one is read, with an empty one in its place.
    NotNeeded,
}

/// What is read of lists, beside their normalized texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Wanted {
    /// Whether references are.
    pub(crate) references: References,
    /// Texts as they were written, with their places.
    pub(crate) as_written: bool,
}

/// What is known of some utterances beside what they hold, by id.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Origins {
    /// Those without a reference; empty where references are needed.
    pub(super) unreferenced: BTreeSet<String>,
    /// How they were written; empty unless that was wanted.
    pub(super) as_written: BTreeMap<String, AsWritten>,
}

impl Origins {
    /// Takes in what is known of another one.
    pub(super) fn add(&mut self, id: &str, unreferenced: bool, as_written: Option<AsWritten>) {
        if unreferenced {
            self.unreferenced.insert(id.to_owned());
        }
        if let Some(as_written) = as_written {
            self.as_written.insert(id.to_owned(), as_written);
        }
    }
}

/// A list as its file has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AsWritten {
    /// What was said; empty where nothing tells it.
    pub(crate) reference: Box<str>,
    /// What was heard, in the order of the list.
    pub(crate) heard: Vec<Heard>,
}

impl AsWritten {
    /// About the bytes of memory that it takes.
    pub(super) fn size(&self) -> usize {
        let heard = self.heard.iter();
        let texts = heard.map(|heard| {
            size_of::<Heard>() + heard.text.len() + size_of::<usize>() * heard.places.len()
        });
        size_of::<AsWritten>() + self.reference.len() + texts.sum::<usize>()
    }
}

/// A hypothesis as its file has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Heard {
    /// Its text.
    pub(crate) text: Box<str>,
    /// Its place in the list of the file, from 0; behind it those of the texts that were merged
    /// into it.
    pub(crate) places: Vec<usize>,
}

/// How the hypotheses of `nbest` were written, which are those of `raw` with their `scores`, if they
/// have any. Of merged ones it is the one whose score the list has: the best, and of equals the
/// first.
pub(super) fn heard(
    raw: &[RawHypothesis<'_>],
    scores: &[f64],
    nbest: &NBest,
    normalization: Normalization,
) -> Vec<Heard> {
    let mut places: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (place, hypothesis) in raw.iter().enumerate() {
        let text = normalization.normalize(&hypothesis.text);
        places
            .entry(text.as_str().to_owned())
            .or_default()
            .push(place);
    }

    let score = |place: usize| scores.get(place).copied().unwrap_or_default();
    let listed = nbest.hypotheses().iter();
    listed
        .map(|hypothesis| {
            let mut places = places
                .remove(hypothesis.transcript.as_str())
                .unwrap_or_default();
            // A stable order: of equal scores the first in the file comes first.
            if let Some(best) = (0..places.len()).reduce(|best, other| {
                let is_better = score(places[other]) > score(places[best]);
                if is_better { other } else { best }
            }) {
                places[..=best].rotate_right(1);
            }
            let text = places.first().map(|place| raw[*place].text.as_ref());
            Heard {
                text: text.unwrap_or_default().trim().into(),
                places,
            }
        })
        .collect()
}
