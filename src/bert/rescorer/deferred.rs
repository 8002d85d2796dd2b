//! `Deferred`: a model that is loaded when a text is scored for the first time.
//!
//! For runs with a cache, which may know every score: what else is asked of a model, its files say
//! without their weights.

use std::path::Path;
use std::sync::{Mutex, OnceLock};

use crate::bert::error::LoadError;
use crate::bert::outline::Outline;
use crate::bert::rescorer::{BertRescorer, name_of};
use crate::rescore::locked::locked;
use crate::rescore::text_scorer::{Scored, TextScorer};
use crate::rescore::{Interpolation, RescoreError, TokenCounts};

/// What loads a model.
type Load = Box<dyn Fn() -> Result<BertRescorer, LoadError> + Send + Sync>;

/// A BERT model that is loaded when it is needed, or was before.
pub(crate) struct Deferred {
    load: Option<Load>,
    loaded: OnceLock<BertRescorer>,
    /// Held while the model is loaded.
    turn: Mutex<()>,
    outline: Outline,
    interpolation: Interpolation,
    name: String,
    rounds: bool,
}

impl From<BertRescorer> for Deferred {
    fn from(rescorer: BertRescorer) -> Deferred {
        Deferred {
            load: None,
            turn: Mutex::new(()),
            outline: Outline {
                max_length: rescorer.tokenizer().max_length(),
                notices: rescorer.notices().to_vec(),
            },
            interpolation: rescorer.interpolation(),
            name: rescorer.name().to_owned(),
            rounds: rescorer.rounds(),
            loaded: OnceLock::from(rescorer),
        }
    }
}

impl Deferred {
    /// The model at `path`, whose `outline` is this, and which `load` loads; `rounds` says whether
    /// it computes in a lower precision.
    pub(crate) fn new(
        path: &Path,
        outline: Outline,
        interpolation: Interpolation,
        rounds: bool,
        load: impl Fn() -> Result<BertRescorer, LoadError> + Send + Sync + 'static,
    ) -> Deferred {
        Deferred {
            load: Some(Box::new(load)),
            loaded: OnceLock::new(),
            turn: Mutex::new(()),
            outline,
            interpolation,
            name: name_of(path),
            rounds,
        }
    }

    /// What whoever uses the model should know.
    pub(crate) fn notices(&self) -> &[String] {
        &self.outline.notices
    }

    /// The most tokens a text may have.
    pub(crate) fn max_length(&self) -> usize {
        self.outline.max_length
    }

    fn model(&self) -> Result<&BertRescorer, LoadError> {
        let _turn = locked(&self.turn);
        if let (None, Some(load)) = (self.loaded.get(), &self.load) {
            let _ = self.loaded.set(load()?);
        }

        Ok(self.loaded.get().expect("it is loaded by now"))
    }
}

impl TextScorer for Deferred {
    fn score_texts(&self, texts: &[&str]) -> Result<Vec<f64>, RescoreError> {
        self.model()?.score_texts(texts)
    }

    fn score_texts_one_by_one(
        &self,
        texts: &[&str],
        keep: &(dyn Fn(Scored) + Sync),
    ) -> Result<(), RescoreError> {
        self.model()?.score_texts_one_by_one(texts, keep)
    }

    fn score_texts_afresh(&self, texts: &[&str]) -> Result<Vec<f64>, RescoreError> {
        self.model()?.score_texts_afresh(texts)
    }

    fn score_texts_exactly(&self, texts: &[&str]) -> Option<Result<Vec<f64>, RescoreError>> {
        if !self.rounds {
            return None;
        }
        match self.model() {
            Ok(model) => model.score_texts_exactly(texts),
            Err(error) => Some(Err(error.into())),
        }
    }

    fn interpolation(&self) -> Interpolation {
        self.interpolation
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn truncated_texts(&self) -> usize {
        let model = self.loaded.get();
        model.map_or(0, BertRescorer::truncated_texts)
    }

    fn tokens_of(&self, text: &str) -> TokenCounts {
        let model = self.model().ok();
        model.map_or_else(TokenCounts::default, |model| model.tokens_of(text))
    }

    fn tokens(&self) -> Option<TokenCounts> {
        let model = self.loaded.get();
        model.map_or(Some(TokenCounts::default()), BertRescorer::tokens)
    }
}
