//! Models that score one text at a time, whatever else is in its list.

use std::sync::Mutex;

use crate::rescore::error::RescoreError;
use crate::rescore::interpolation::Interpolation;
use crate::rescore::locked::{locked, unlocked};
use crate::rescore::token_counts::TokenCounts;

/// A model that scores texts one by one.
pub trait TextScorer: Send + Sync {
    /// One score per text, in order. Texts are distinct and sorted.
    fn score_texts(&self, texts: &[&str]) -> Result<Vec<f64>, RescoreError>;

    /// The same, but every score is handed to `keep` as soon as it is known, so that an
    /// interruption loses none. `keep` may be called in any order and from any thread, once a text.
    fn score_texts_one_by_one(
        &self,
        texts: &[&str],
        keep: &(dyn Fn(Scored) + Sync),
    ) -> Result<(), RescoreError> {
        keep_uncut(keep, 0, self.score_texts(texts)?);
        Ok(())
    }

    /// The same for texts in any order, some maybe more than once, and without counting those
    /// that are cut. Scores need not be finite.
    fn score_texts_afresh(&self, texts: &[&str]) -> Result<Vec<f64>, RescoreError> {
        self.score_texts(texts)
    }

    /// The same in full precision; `None` where [`score_texts`](TextScorer::score_texts) computes
    /// in full precision itself.
    fn score_texts_exactly(&self, _texts: &[&str]) -> Option<Result<Vec<f64>, RescoreError>> {
        None
    }

    /// Whether any text can be scored; a table of scores knows its own only.
    fn scores_any_text(&self) -> bool {
        true
    }

    /// Whether a text may get another score when it is scored again: of another program or a server
    /// nobody here can know.
    fn may_vary(&self) -> bool {
        false
    }

    /// How the scores combine with the first pass's.
    fn interpolation(&self) -> Interpolation;

    /// What reports call it.
    fn name(&self) -> &str;

    /// How many texts were longer than the model reads and were cut, so far.
    fn truncated_texts(&self) -> usize {
        0
    }

    /// The tokens of one text.
    fn tokens_of(&self, _text: &str) -> TokenCounts {
        TokenCounts::default()
    }

    /// The tokens of all texts that were scored, so far; `None` for a model without tokens.
    fn tokens(&self) -> Option<TokenCounts> {
        None
    }
}

/// Hands over the scores of uncut texts, of which the first has the number `first`.
pub(crate) fn keep_uncut(keep: &(dyn Fn(Scored) + Sync), first: usize, scores: Vec<f64>) {
    for (index, score) in (first..).zip(scores) {
        keep(Scored {
            index,
            score,
            cut: false,
            tokens: TokenCounts::default(),
        });
    }
}

/// The scores of `texts` in order, for a scorer that hands them over as they come.
pub(crate) fn one_by_one(
    scorer: &impl TextScorer,
    texts: &[&str],
) -> Result<Vec<f64>, RescoreError> {
    collected(texts.len(), |keep| {
        scorer.score_texts_one_by_one(texts, &|scored| keep(scored.index, scored.score))
    })
}

/// The scores of `count` texts that `score` hands over one by one, in order.
pub(crate) fn collected(
    count: usize,
    score: impl FnOnce(&(dyn Fn(usize, f64) + Sync)) -> Result<(), RescoreError>,
) -> Result<Vec<f64>, RescoreError> {
    let scores = Mutex::new(vec![0.0; count]);
    score(&|index, score| locked(&scores)[index] = score)?;

    Ok(unlocked(scores))
}

/// The score of one of several texts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scored {
    /// Which text.
    pub index: usize,
    /// Its score; not finite where the model failed.
    pub score: f64,
    /// Whether the text was longer than the model reads and was cut.
    pub cut: bool,
    /// Its tokens; none for a model without tokens.
    pub tokens: TokenCounts,
}
