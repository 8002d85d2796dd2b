//! Strict properties: one exception is one too many, and it is made as small as it gets.
//!
//! What an exception is, a [`Strict`] property knows; how it is looked for among the lists of the
//! corpus is told in [`open_strict`](mod@crate::check::properties::open_strict).

use crate::check::properties::probe::{Probe, Shown};
use crate::rescore::{RescoreError, Rescorer};

/// A property that a single exception breaks.
pub(crate) trait Strict: Send + Sync {
    /// A list that is made up to be tried together with `lists`, behind them.
    fn companion(&self, _lists: &[Probe]) -> Option<Probe> {
        None
    }

    /// Lists that are made up to be tried once, behind all of the corpus.
    fn odd_lists(&self) -> Vec<Probe> {
        Vec::new()
    }

    /// The fewest entries of a list that can show an exception.
    fn fewest_entries(&self) -> usize;

    /// Whether an exception is a difference between calls, which the noise of repeated calls may
    /// explain.
    fn compares_calls(&self) -> bool {
        true
    }

    /// Asks `rescorer` about `probes`.
    fn look(&self, probes: &[Probe], rescorer: &dyn Rescorer) -> Result<Look, RescoreError>;
}

/// What was seen.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Look {
    /// The largest difference of scores that should be equal; 0 where there is nothing to compare.
    pub(crate) largest: f64,
    /// The first exception.
    pub(crate) exception: Option<Exception>,
}

/// An exception.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Exception {
    /// The probes that show it, in the order of the call.
    pub(crate) probes: Vec<usize>,
    /// What is wrong, in a sentence.
    pub(crate) sentence: String,
    /// The lists that show it.
    pub(crate) lists: Vec<Shown>,
    /// By how much scores differ that should not; infinite where that is not the point.
    pub(crate) size: f64,
}
