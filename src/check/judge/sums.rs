//! Error sums: the whole numbers that every figure of a check and every gate is made of.
//!
//! What an edit costs is told apart from what a change of mind costs, exactly:
//! [`injected`](ErrorSums::injected) + [`flip`](ErrorSums::flip) = [`extra`](ErrorSums::extra).

use std::iter::Sum;
use std::ops::{Add, AddAssign};

use crate::check::engine::outcome::CheckOutcome;
use crate::check::engine::trial::{Rescored, Trial};
use crate::check::judge::clustering::Clustering;

/// Errors summed over lists, each list counted once per draw.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ErrorSums {
    /// Words of the references.
    pub words: i64,
    /// Of the pick from the clean list.
    pub clean: i64,
    /// Of the same hypothesis, read with its swaps.
    pub kept: i64,
    /// Of the pick from the perturbed list, read with its swaps.
    pub text: i64,
    /// Of the first pass's favourite on the clean list.
    pub first_clean: i64,
    /// The same on the perturbed list.
    pub first_text: i64,
    /// Of the best hypothesis of the clean list.
    pub oracle_clean: i64,
    /// Of the best text of the perturbed list.
    pub oracle_text: i64,
}

impl ErrorSums {
    /// Those of one trial; `clean` is that of its utterance.
    pub fn of(trial: &Trial, clean: &Rescored) -> ErrorSums {
        ErrorSums {
            words: whole(trial.text.reference_words),
            clean: whole(clean.picked().errors()),
            kept: whole(trial.kept.errors()),
            text: whole(trial.text.errors()),
            first_clean: whole(clean.first_pass().errors()),
            first_text: whole(trial.first_pass_text.errors()),
            oracle_clean: whole(clean.oracle().errors()),
            oracle_text: whole(trial.oracle_text.errors()),
        }
    }

    /// Those of every cluster under a check.
    pub fn by_cluster(
        outcome: &CheckOutcome<'_>,
        clean: &[Rescored],
        clustering: &Clustering,
    ) -> Vec<ErrorSums> {
        let mut sums = vec![ErrorSums::default(); clustering.count];
        for trial in &outcome.trials {
            sums[clustering.labels[trial.utterance]] +=
                ErrorSums::of(trial, &clean[trial.utterance]);
        }
        sums
    }

    /// Errors that the swaps themselves put into the clean pick: no rescorer caused them.
    pub fn injected(&self) -> i64 {
        self.kept - self.clean
    }

    /// Errors that changes of mind add; negative where they repair.
    pub fn flip(&self) -> i64 {
        self.text - self.kept
    }

    /// Errors that there are more than on the clean list.
    pub fn extra(&self) -> i64 {
        self.text - self.clean
    }

    /// Errors that there are fewer than with the first pass, on the clean list.
    pub fn gain_clean(&self) -> i64 {
        self.first_clean - self.clean
    }

    /// The same on the perturbed list.
    pub fn gain_perturbed(&self) -> i64 {
        self.first_text - self.text
    }

    /// Errors that the clean list would have spared.
    pub fn regret_clean(&self) -> i64 {
        self.clean - self.oracle_clean
    }

    /// The same of the perturbed list.
    pub fn regret_perturbed(&self) -> i64 {
        self.text - self.oracle_text
    }
}

impl Add for ErrorSums {
    type Output = ErrorSums;

    fn add(self, other: ErrorSums) -> ErrorSums {
        ErrorSums {
            words: self.words + other.words,
            clean: self.clean + other.clean,
            kept: self.kept + other.kept,
            text: self.text + other.text,
            first_clean: self.first_clean + other.first_clean,
            first_text: self.first_text + other.first_text,
            oracle_clean: self.oracle_clean + other.oracle_clean,
            oracle_text: self.oracle_text + other.oracle_text,
        }
    }
}

impl AddAssign for ErrorSums {
    fn add_assign(&mut self, other: ErrorSums) {
        *self = *self + other;
    }
}

impl Sum for ErrorSums {
    fn sum<I: Iterator<Item = ErrorSums>>(sums: I) -> ErrorSums {
        sums.fold(ErrorSums::default(), Add::add)
    }
}

fn whole(count: usize) -> i64 {
    i64::try_from(count).expect("counts of words are far below 2^63")
}

/// The errors that harmful changes of mind add under a check, by cluster.
pub(crate) fn harm_by_cluster(outcome: &CheckOutcome<'_>, clustering: &Clustering) -> Vec<f64> {
    let mut sums = vec![0.0; clustering.count];
    for trial in &outcome.trials {
        let added = trial.text.errors().saturating_sub(trial.kept.errors());
        sums[clustering.labels[trial.utterance]] += added as f64;
    }
    sums
}
