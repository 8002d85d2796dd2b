//! `Candidates`: one n-best list to score.

use crate::nbest::{Utterance, is_score};
use crate::rescore::error::RescoreError;

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

/// The scores of all texts of `lists`, in their order, list by list.
pub(super) fn by_list(lists: &[Candidates<'_>], scores: Vec<f64>) -> Vec<Vec<f64>> {
    let mut scores = scores.into_iter();
    lists
        .iter()
        .map(|list| scores.by_ref().take(list.texts.len()).collect())
        .collect()
}

/// All that decides the scores of a model that scores whole lists: id, first pass and texts.
pub(super) fn told(list: &Candidates<'_>) -> Vec<u8> {
    let scores = list.utterance.nbest.hypotheses().iter().map(|h| h.score);
    let first_pass: Vec<u8> = scores.flat_map(f64::to_le_bytes).collect();

    let mut told = Vec::new();
    let texts = list.texts.iter().map(|text| text.as_bytes());
    for part in [list.utterance.id.as_bytes(), &first_pass]
        .into_iter()
        .chain(texts)
    {
        told.extend((part.len() as u64).to_le_bytes());
        told.extend(part);
    }

    told
}

/// Refuses `scores` of `lists` that are no numbers. They are of a rescorer of the name `by`, which
/// is another program or a server, or not.
pub(crate) fn refuse_infinite(
    (by, is_foreign): (&str, bool),
    lists: &[Candidates<'_>],
    scores: &[Vec<f64>],
) -> Result<(), RescoreError> {
    for (list, scores) in lists.iter().zip(scores) {
        for (text, &score) in list.texts.iter().zip(scores) {
            if !is_score(score) {
                return Err(RescoreError::NotFinite {
                    by: by.to_owned(),
                    is_foreign,
                    text: (*text).to_owned(),
                    list: Some(list.utterance.id.clone()),
                    score,
                });
            }
        }
    }
    Ok(())
}

/// `error` with the first of `lists` that has the text it is about.
pub(super) fn among(mut error: RescoreError, lists: &[Candidates<'_>]) -> RescoreError {
    let (RescoreError::NotFinite { text, list, .. } | RescoreError::Text { text, list, .. }) =
        &mut error
    else {
        return error;
    };

    let has_text = |one: &&Candidates<'_>| one.texts.contains(&text.as_str());
    let found = lists.iter().find(has_text);
    *list = list
        .take()
        .or_else(|| found.map(|found| found.utterance.id.clone()));
    error
}
