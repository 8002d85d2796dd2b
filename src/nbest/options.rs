//! How files of lists are to be read.

use crate::nbest::format::Format;
use crate::nbest::normalize::Normalization;

/// What the numbers of a file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScoreKind {
    /// Log probabilities or the like: higher is better.
    LogProbability,
    /// Costs: lower is better. They are negated when read.
    Cost,
}

/// How files are to be read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReadOptions {
    /// What is done to every reference and hypothesis.
    pub normalization: Normalization,
    /// The format of the lists; found by content and name if `None`.
    pub format: Option<Format>,
    /// What the scores are.
    pub scores: ScoreKind,
    /// What acoustic scores are multiplied by where a score is the sum of its parts; finite.
    pub acoustic_weight: f64,
}

/// Scores that are log-probabilities, acoustic ones unweighted, in a format that is found out.
impl Default for ReadOptions {
    fn default() -> ReadOptions {
        ReadOptions {
            normalization: Normalization::default(),
            format: None,
            scores: ScoreKind::LogProbability,
            acoustic_weight: 1.0,
        }
    }
}

impl ReadOptions {
    /// What makes costs of a file that always holds costs what the other scores are.
    pub(super) fn weight_of_costs(&self, is_acoustic: bool) -> f64 {
        let sign = match self.scores {
            ScoreKind::LogProbability => -1.0,
            ScoreKind::Cost => 1.0,
        };
        if is_acoustic {
            sign * self.acoustic_weight
        } else {
            sign
        }
    }
}
