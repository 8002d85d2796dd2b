//! What a run is asked for, and whom it tells how far it has come.

use crate::nbest::Utterance;
use crate::perturb::menu::Replacements;
use crate::suite::{Check, Suite};

/// Everything a run needs, resolved: no option is left to a default.
#[derive(Debug, Clone, Copy)]
pub struct Plan<'a> {
    /// The corpus, sorted by id.
    pub utterances: &'a [Utterance],
    /// The suites, in the order they are reported.
    pub suites: &'a [Suite],
    /// What each word can be replaced by.
    pub replacements: &'a Replacements,
    /// The seed of every random draw.
    pub seed: u64,
    /// Draws per utterance instead of what each check says, where given.
    pub draws: Option<usize>,
}

impl<'a> Plan<'a> {
    /// Every check with its suite, in the order they are reported.
    pub fn checks(&self) -> impl Iterator<Item = (&'a Suite, &'a Check)> + use<'a> {
        let suites = self.suites.iter();
        suites.flat_map(|suite| suite.checks.iter().map(move |check| (suite, check)))
    }

    /// The smallest level of its suites: that of what is tested once for all of them.
    pub(crate) fn alpha(&self) -> f64 {
        let alphas = self.suites.iter().map(|suite| suite.alpha);
        alphas.fold(0.5, f64::min)
    }

    /// How many draws per utterance `check` gets in this plan.
    pub fn draws_of(&self, check: &Check) -> usize {
        self.draws.unwrap_or(check.draws)
    }
}

/// Told how far a run has come.
pub trait CheckProgress: Sync {
    /// `check` (suite and check name; empty for the clean lists) begins.
    fn begin(&self, check: &str, lists: usize);
}
