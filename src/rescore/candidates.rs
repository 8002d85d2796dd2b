//! `Candidates`: one n-best list to score.

use crate::nbest::Utterance;

/// One n-best list to score: the texts may be perturbed, the utterance is not.
#[derive(Debug, Clone)]
pub struct Candidates<'a> {
    /// Where the list comes from.
    pub utterance: &'a Utterance,
    /// One text per hypothesis of the utterance's list, in its order.
    pub texts: Vec<&'a str>,
}

impl<'a> Candidates<'a> {
    /// The utterance's own, unperturbed hypotheses.
    pub fn of(utterance: &'a Utterance) -> Candidates<'a> {
        let texts = utterance
            .nbest
            .hypotheses()
            .iter()
            .map(|h| h.transcript.as_str())
            .collect();
        Candidates { utterance, texts }
    }
}
