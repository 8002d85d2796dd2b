//! Scores that one run hands over to another: the shards of a check to their merge.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::rescore::candidates::Candidates;

/// What a model said once, and need not be asked again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// The utterance whose list it was asked for.
    pub utterance: String,
    /// The text; of a model that scores whole lists, the hash of the list.
    pub of: String,
    /// The score of the text, or those of the list; finite.
    pub scores: Vec<f64>,
    /// Whether the text was longer than the model reads and was cut.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
}

/// Hands scores over, and takes over those of others.
pub trait HandsOver: Send + Sync {
    /// From here on what is said will be handed over.
    fn collect(&self);

    /// What was said since this was last called, in order of utterances, then of texts: whatever
    /// is known of one text is there again for every utterance that it was asked for.
    fn hand_over(&self) -> Vec<Known>;

    /// Takes over what another run of the same model knows. What is known already stays as it is:
    /// how far the two are apart is returned, `None` if nothing was known.
    fn take_over(&self, known: Known) -> Option<f64>;

    /// Forgets what was taken over and was not asked for.
    fn forget(&self);
}

/// What is to be handed over; nothing, where nobody wants it.
#[derive(Debug, Default)]
pub(super) struct Collected(Option<BTreeMap<Place, Said>>);

/// An utterance, and a text or the hash of a list that was asked for it.
type Place = (String, String);

/// The scores, and whether the text was cut.
type Said = (Vec<f64>, bool);

impl Collected {
    /// From here on what is added is kept.
    pub(super) fn begin(&mut self) {
        self.0.get_or_insert_default();
    }

    /// Whether what is added is kept.
    pub(super) fn is_wanted(&self) -> bool {
        self.0.is_some()
    }

    /// Keeps the scores of one text of `list`, or of the list.
    pub(super) fn add(&mut self, list: &Candidates<'_>, of: &str, scores: Vec<f64>, cut: bool) {
        if let Some(kept) = &mut self.0 {
            let place = (list.utterance.id.clone(), of.to_owned());
            kept.entry(place).or_insert((scores, cut));
        }
    }

    /// All that was kept since this was last called.
    pub(super) fn take(&mut self) -> Vec<Known> {
        let kept = self.0.as_mut().map(std::mem::take).unwrap_or_default();
        let known = kept
            .into_iter()
            .map(|((utterance, of), (scores, cut))| Known {
                utterance,
                of,
                scores,
                cut,
            });
        known.collect()
    }
}

/// The largest difference of scores of the same.
pub(super) fn apart(one: &[f64], other: &[f64]) -> f64 {
    let gaps = one
        .iter()
        .zip(other)
        .map(|(one, other)| (one - other).abs());
    gaps.fold(0.0, f64::max)
}
