//! Scores that are worth keeping beyond a run, and whoever keeps them.

use serde::{Deserialize, Serialize};

use crate::rescore::error::RescoreError;
use crate::rescore::rescorer::Rescorer;

/// What was scored, in this run or in one before it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remembered {
    /// The text; of a model that scores whole lists, the hash of the list.
    pub of: String,
    /// The score of the text, or those of the list; finite.
    pub scores: Vec<f64>,
    /// Whether the text was longer than the model reads and was cut.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
}

/// Remembers scores beyond a run.
pub trait Remembers: Rescorer {
    /// The scores since this was last called; from the first call on, they are collected.
    fn fresh(&self) -> Vec<Remembered>;

    /// Takes scores of an earlier run of the same model: what they are of is not scored again.
    fn recall(&self, scores: Vec<Remembered>);

    /// The scores of `texts` once more, whatever is remembered; `None` for a rescorer that is known
    /// to give the same ones, or scores no text alone.
    fn ask_again(&self, _texts: &[&str]) -> Option<Result<Vec<f64>, RescoreError>> {
        None
    }

    /// How many of the recalled scores nobody has asked for.
    fn unasked(&self) -> usize;
}
