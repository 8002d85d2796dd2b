//! Which text a model was trained on.

use crate::nbest::normalize::Normalization;

/// How the text was normalized that a model was trained on.
#[derive(Debug, Clone)]
pub(crate) struct TrainedOn {
    /// The model, as it was typed.
    pub(crate) model: String,
    pub(crate) normalization: Normalization,
}
