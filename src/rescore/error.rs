//! `RescoreError`: why there are no scores.

use crate::files::temporary_folder;
use crate::nbest::json::shorten;
use crate::rescore::cache::error::CacheError;

/// The most characters of a text in an error.
const LONGEST_TEXT: usize = 200;

/// What is wrong with a model of this program's that gives no numbers.
const DAMAGED: &str = ": where they come from weights, these are damaged or too large to compute \
    with; copy the model again from where it is from, or train it anew";

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
        "the rescorer {by} gave the score {score:?}{} to \"{}\"{}; scores must be finite numbers \
         from -1e100 to 1e100{}",
        if *is_foreign && score.is_nan() { ", or null," } else { "" },
        shorten(text, LONGEST_TEXT),
        of_list(list.as_deref()),
        if *is_foreign { "" } else { DAMAGED }
    )]
    NotFinite {
        /// The rescorer.
        by: String,
        /// Whether it is another program or a server.
        is_foreign: bool,
        /// The text that got it.
        text: String,
        /// The list that the text is of, by its id, where that is known.
        list: Option<String>,
        /// The score.
        score: f64,
    },
    /// The model has no score for a text.
    #[error(
        "the rescorer failed at \"{}\"{}",
        shorten(text, LONGEST_TEXT),
        of_list(list.as_deref())
    )]
    Text {
        /// The text.
        text: String,
        /// The list that the text is of, by its id, where that is known.
        list: Option<String>,
        /// Why it has none.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The file in which scores are kept failed.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// What a run notes of its scores could not wait on the disk.
    #[error(
        "failed to keep scores in the folder of temporary files, {}: make room there, or name \
         another folder with the variable TMPDIR",
        temporary_folder()
    )]
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

/// Where a text is from.
fn of_list(list: Option<&str>) -> String {
    list.map_or_else(String::new, |list| {
        format!(" of the list {}", shorten(list, LONGEST_TEXT))
    })
}

/// An error with its causes, in a line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |all, cause| format!("{all}: {cause}"))
}
