//! Counts in the making: what is left of lists once they were looked at, part after part.

use crate::check::engine::trial::{Rescored, Trial};
use crate::check::judge::sums::{CleanSums, ListSums, TextErrors};
use crate::nbest::wer::WordErrors;

/// Counts of the clean lists.
#[derive(Debug, Clone)]
pub(crate) struct CleanCounts {
    /// Of every cluster.
    pub(crate) clusters: Vec<CleanSums>,
    /// Errors of the picks.
    pub(crate) picked: WordErrors,
    /// Errors of the first pass's favourites.
    pub(crate) first_pass: WordErrors,
    /// Errors of the best hypotheses.
    pub(crate) oracle: WordErrors,
}

impl CleanCounts {
    /// Of no list yet, with so many clusters.
    pub(crate) fn new(clusters: usize) -> CleanCounts {
        CleanCounts {
            clusters: vec![CleanSums::default(); clusters],
            picked: WordErrors::default(),
            first_pass: WordErrors::default(),
            oracle: WordErrors::default(),
        }
    }

    /// Takes lists in, each with the label of its cluster.
    pub(crate) fn add(&mut self, labels: &[usize], clean: &[Rescored]) {
        for (label, list) in labels.iter().zip(clean) {
            self.clusters[*label].count(list);
            self.picked += list.picked();
            self.first_pass += list.first_pass();
            self.oracle += list.oracle();
        }
    }
}

/// Counts of the perturbed lists of one check.
#[derive(Debug, Clone)]
pub(crate) struct ListCounts {
    /// Of every cluster.
    pub(crate) clusters: Vec<ListSums>,
    /// Errors, told apart by kind.
    pub(crate) errors: TextErrors,
    /// Errors of the picks, by draw.
    pub(crate) by_draw: Vec<WordErrors>,
    /// The sum of Kendall's tau over lists of two or more, and how many these are.
    pub(crate) kendall_tau: (f64, usize),
    /// Utterances in which a word was swapped in some draw.
    pub(crate) perturbed_utterances: usize,
    /// Words swapped, over all lists.
    pub(crate) substitutions: usize,
}

impl ListCounts {
    /// Of no list yet, with so many clusters.
    pub(crate) fn new(clusters: usize) -> ListCounts {
        ListCounts {
            clusters: vec![ListSums::default(); clusters],
            errors: TextErrors::default(),
            by_draw: Vec::new(),
            kendall_tau: (0.0, 0),
            perturbed_utterances: 0,
            substitutions: 0,
        }
    }

    /// Takes the trials of lists in, of which there are `clean` and the labels of their clusters;
    /// so many draws of each.
    pub(crate) fn add(
        &mut self,
        labels: &[usize],
        clean: &[Rescored],
        trials: &[Trial],
        draws: usize,
    ) {
        self.by_draw.resize(draws, WordErrors::default());
        for trial in trials {
            let clean = &clean[trial.utterance];
            let of_trial = TextErrors::of(trial, clean);
            self.errors += of_trial;
            self.by_draw[trial.draw] += trial.text;
            self.clusters[labels[trial.utterance]].count(trial, clean, of_trial.into());

            self.substitutions += trial.substitutions.len();
            if let Some(tau) = trial.kendall_tau {
                self.kendall_tau.0 += tau;
                self.kendall_tau.1 += 1;
            }
        }

        let is_touched = |draws: &&[Trial]| {
            let mut draws = draws.iter();
            draws.any(|trial| !trial.substitutions.is_empty())
        };
        let utterances = trials.chunks(draws.max(1));
        self.perturbed_utterances += utterances.filter(is_touched).count();
    }
}
