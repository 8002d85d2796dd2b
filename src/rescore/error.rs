//! `RescoreError`: why there are no scores.

use crate::rescore::cache::error::CacheError;

/// A rescorer could not score.
#[derive(Debug, thiserror::Error)]
pub enum RescoreError {
    /// The model itself failed.
    #[error("the rescorer failed")]
    Model(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The model failed, and can be asked nothing any more.
    #[error("the rescorer failed")]
    Gone(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A score was NaN, infinite, or beyond 1e100.
    #[error(
        "the rescorer gave the score {score:?}{} to \"{text}\"; scores must be finite numbers from \
         -1e100 to 1e100",
        if score.is_nan() { ", or null," } else { "" }
    )]
    NotFinite {
        /// The text that got it.
        text: String,
        /// The score.
        score: f64,
    },
    /// The file in which scores are kept failed.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// What a run notes of its scores could not wait on the disk.
    #[error("failed to keep scores in the folder of temporary files: TMPDIR names another folder")]
    Waiting(#[source] std::io::Error),
    /// The user interrupted the run.
    #[error("interrupted")]
    Interrupted,
}

impl RescoreError {
    /// The model failed with `error`; or the user interrupted it, where that is what the error
    /// says.
    pub(super) fn of_model(
        error: impl std::error::Error + Send + Sync + 'static,
        interrupted: bool,
    ) -> RescoreError {
        if interrupted {
            RescoreError::Interrupted
        } else {
            RescoreError::Model(Box::new(error))
        }
    }
}

/// An error with its causes, in a line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |all, cause| format!("{all}: {cause}"))
}
