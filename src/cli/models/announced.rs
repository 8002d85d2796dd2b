//! Progress of a model that scores texts.

use std::sync::Arc;

use crate::cli::terminal::Progress;
use crate::rescore::text_scorer::{Scored, TextScorer};
use crate::rescore::{RescoreError, TokenCounts, as_inside};

/// Tells the progress bar how many texts lie ahead.
pub(crate) struct Announced<S> {
    pub(crate) scorer: S,
    pub(crate) progress: Arc<Progress>,
}

impl<S: TextScorer> TextScorer for Announced<S> {
    fn score_texts(&self, texts: &[&str]) -> Result<Vec<f64>, RescoreError> {
        self.progress.extend(texts.len());
        self.scorer.score_texts(texts)
    }

    fn score_texts_afresh(&self, texts: &[&str]) -> Result<Vec<f64>, RescoreError> {
        self.progress.extend(texts.len());
        self.scorer.score_texts_afresh(texts)
    }

    fn score_texts_exactly(&self, texts: &[&str]) -> Option<Result<Vec<f64>, RescoreError>> {
        self.scorer.score_texts_exactly(texts)
    }

    fn score_texts_one_by_one(
        &self,
        texts: &[&str],
        keep: &(dyn Fn(Scored) + Sync),
    ) -> Result<(), RescoreError> {
        self.progress.extend(texts.len());
        self.scorer.score_texts_one_by_one(texts, keep)
    }

    as_inside!(scorer);

    fn truncated_texts(&self) -> usize {
        self.scorer.truncated_texts()
    }

    fn tokens_of(&self, text: &str) -> TokenCounts {
        self.scorer.tokens_of(text)
    }

    fn tokens(&self) -> Option<TokenCounts> {
        self.scorer.tokens()
    }
}
