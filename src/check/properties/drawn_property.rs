//! What a property makes of drawn lists: which of them are exceptions, and how bad.

use std::cmp::Ordering;
use std::io;

use crate::check::engine::pair::{Choice, ListPair};
use crate::check::properties::drawn::DrawnChoice;
use crate::check::properties::outcome::Figure;
use crate::nbest::Hypothesis;

/// What a property makes of drawn lists.
pub(super) trait DrawnProperty: Send + Sync {
    /// Whether what the rescorer makes of `list` is an exception.
    fn is_exception(&self, list: &[Hypothesis], choice: &Choice) -> bool;

    /// How bad an exception is.
    fn gravity(&self, list: &[Hypothesis], choice: &Choice) -> Gravity;

    /// What is wrong with an exception, in a sentence.
    fn describe(&self, pair: &ListPair, choice: &Choice) -> String;

    /// Takes note of the trials of a part.
    fn note(&mut self, _trials: &[DrawnChoice]) -> io::Result<()> {
        Ok(())
    }

    /// What there is to say of all of them, beside how many are exceptions.
    fn figures(&self) -> io::Result<Vec<Figure>> {
        Ok(Vec::new())
    }
}

/// How bad an exception is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Gravity {
    /// Word errors more; what counts first.
    pub(crate) damage: usize,
    /// By how much a score, or a total, differs that should not.
    pub(crate) size: f64,
    /// Which of equals is the worst.
    pub(crate) of_equals: OfEquals,
}

/// Which of exceptions that are equally bad is the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OfEquals {
    First,
    Last,
}

impl Gravity {
    /// Of a property for which nothing but the size counts.
    pub(crate) fn of_size(size: f64) -> Gravity {
        Gravity {
            damage: 0,
            size,
            of_equals: OfEquals::Last,
        }
    }

    /// Whether an exception is worse than an `earlier` one.
    pub(crate) fn outranks(self, earlier: Gravity) -> bool {
        let damage = self.damage.cmp(&earlier.damage);
        match damage.then(self.size.total_cmp(&earlier.size)) {
            Ordering::Greater => true,
            Ordering::Less => false,
            Ordering::Equal => self.of_equals == OfEquals::Last,
        }
    }
}
