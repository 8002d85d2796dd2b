//! Scores that one run hands over to another: the shards of a check to their merge.

use std::io;

use serde::{Deserialize, Serialize};

/// What a model said once, and need not be asked again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
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
    /// From here on what is scored will be handed over, where that is not kept anyway.
    fn collect(&self);

    /// Gives `take` what was scored, in one order whatever the order of the work was.
    fn hand_over(&self, take: &mut dyn FnMut(Known) -> io::Result<()>) -> io::Result<()>;

    /// Takes over what another run of the same model knows. What is known already stays as it is:
    /// how far the two are apart is returned, 0 if nothing was known.
    fn take_over(&self, known: Known) -> f64;
}

/// The largest difference of scores of the same.
pub(super) fn apart(one: &[f64], other: &[f64]) -> f64 {
    let gaps = one
        .iter()
        .zip(other)
        .map(|(one, other)| (one - other).abs());
    gaps.fold(0.0, f64::max)
}
