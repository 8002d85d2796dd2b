//! Sums: the whole numbers that every figure of a check and every gate is made of.
//!
//! What an edit costs is told apart from what a change of mind costs, exactly:
//! [`injected`](ErrorSums::injected) + [`flip`](ErrorSums::flip) = [`extra`](ErrorSums::extra).

use std::iter::Sum;
use std::ops::{Add, AddAssign};

use crate::check::engine::trial::{Rescored, Trial};
use crate::nbest::wer::WordErrors;

/// The same errors as those of [`ErrorSums`], told apart by kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct TextErrors {
    /// Of the pick from the clean list.
    pub(crate) clean: WordErrors,
    /// Of the same hypothesis, read with its swaps.
    pub(crate) kept: WordErrors,
    /// Of the pick from the perturbed list, read with its swaps.
    pub(crate) text: WordErrors,
    /// Of the first pass's favourite on the clean list.
    pub(crate) first_clean: WordErrors,
    /// The same on the perturbed list.
    pub(crate) first_text: WordErrors,
    /// Of the best hypothesis of the clean list.
    pub(crate) oracle_clean: WordErrors,
    /// Of the best text of the perturbed list.
    pub(crate) oracle_text: WordErrors,
}

impl TextErrors {
    /// Those of one trial; `clean` is that of its utterance.
    pub(crate) fn of(trial: &Trial, clean: &Rescored) -> TextErrors {
        TextErrors {
            clean: clean.picked(),
            kept: trial.kept,
            text: trial.text,
            first_clean: clean.first_pass(),
            first_text: trial.first_pass_text,
            oracle_clean: clean.oracle(),
            oracle_text: trial.oracle_text,
        }
    }
}

impl AddAssign for TextErrors {
    fn add_assign(&mut self, other: TextErrors) {
        self.clean += other.clean;
        self.kept += other.kept;
        self.text += other.text;
        self.first_clean += other.first_clean;
        self.first_text += other.first_text;
        self.oracle_clean += other.oracle_clean;
        self.oracle_text += other.oracle_text;
    }
}

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

impl From<TextErrors> for ErrorSums {
    fn from(errors: TextErrors) -> ErrorSums {
        let whole_errors = |errors: WordErrors| whole(errors.errors());

        ErrorSums {
            words: whole(errors.text.reference_words),
            clean: whole_errors(errors.clean),
            kept: whole_errors(errors.kept),
            text: whole_errors(errors.text),
            first_clean: whole_errors(errors.first_clean),
            first_text: whole_errors(errors.first_text),
            oracle_clean: whole_errors(errors.oracle_clean),
            oracle_text: whole_errors(errors.oracle_text),
        }
    }
}

impl ErrorSums {
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

    /// Those of the first pass's favourite.
    pub fn first_pass_extra(&self) -> i64 {
        self.first_text - self.first_clean
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

/// What happened to the perturbed lists of one cluster under a check.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ListSums {
    /// Errors over all lists.
    pub(crate) errors: ErrorSums,
    /// Errors over the lists in which a word was swapped.
    pub(crate) touched: ErrorSums,
    /// Errors that harmful changes of mind add.
    pub(crate) harm: i64,
    /// Lists.
    pub(crate) lists: i64,
    /// Lists in which a word was swapped.
    pub(crate) touched_lists: i64,
    /// Lists whose pick changed.
    pub(crate) flips: i64,
    /// Of them, lists in which a word was swapped.
    pub(crate) touched_flips: i64,
    /// Lists whose pick changed to a worse one.
    pub(crate) harmful: i64,
    /// To one that is as good.
    pub(crate) neutral: i64,
    /// To a better one.
    pub(crate) helpful: i64,
    /// Lists whose clean pick the swaps hurt and where another is now better.
    pub(crate) repairable: i64,
    /// Of them, lists whose pick changed to a better one.
    pub(crate) repaired: i64,
}

impl ListSums {
    /// Counts a list with its errors.
    pub(crate) fn count(&mut self, trial: &Trial, clean: &Rescored, errors: ErrorSums) {
        let (flipped, harmful) = (trial.flipped(clean), trial.harmful());
        let (helpful, repairable) = (trial.helpful(), trial.repairable(clean));
        let touched = !trial.substitutions.is_empty();

        self.errors += errors;
        if touched {
            self.touched += errors;
        }
        self.harm += errors.flip().max(0);

        for (count, holds) in [
            (&mut self.lists, true),
            (&mut self.touched_lists, touched),
            (&mut self.flips, flipped),
            (&mut self.touched_flips, touched && flipped),
            (&mut self.harmful, harmful),
            (&mut self.neutral, flipped && !harmful && !helpful),
            (&mut self.helpful, helpful),
            (&mut self.repairable, repairable),
            (&mut self.repaired, repairable && helpful),
        ] {
            *count += i64::from(holds);
        }
    }
}

/// Errors on the clean lists of one cluster.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct CleanSums {
    /// Words of the references.
    pub(crate) words: i64,
    /// Of the picks.
    pub(crate) picked: i64,
    /// Of the first pass's favourites.
    pub(crate) first_pass: i64,
    /// Of the best hypotheses.
    pub(crate) oracle: i64,
}

impl CleanSums {
    /// Counts a list.
    pub(crate) fn count(&mut self, list: &Rescored) {
        self.words += whole(list.picked().reference_words);
        self.picked += whole(list.picked().errors());
        self.first_pass += whole(list.first_pass().errors());
        self.oracle += whole(list.oracle().errors());
    }

    /// Errors of the picks minus those of the first pass.
    pub(crate) fn difference(&self) -> i64 {
        self.picked - self.first_pass
    }
}

fn whole(count: usize) -> i64 {
    i64::try_from(count).expect("counts of words are far below 2^63")
}
