//! `Hypotheses`: which texts of a list a perturbation touches.

use std::ops::Range;

/// Which hypotheses of a list are touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hypotheses {
    /// A single one: perturb-1.
    One(Target),
    /// All: perturb-N.
    All {
        /// One map from words to words for the whole list: a word on the map is
        /// replaced wherever it stands, in every hypothesis alike. Otherwise each
        /// hypothesis, and each word in it, is drawn by itself.
        coherent: bool,
    },
}

impl Hypotheses {
    /// The indices of those of a list of `length`, given the index of the rescorer's pick.
    pub(in crate::perturb) fn touched(self, length: usize, rescored_best: usize) -> Range<usize> {
        match self {
            Hypotheses::One(target) => {
                let touched = target.index(length, rescored_best);
                touched..touched + 1
            }
            Hypotheses::All { .. } => 0..length,
        }
    }
}

/// The hypothesis that perturb-1 touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// The one with the best first-pass score.
    FirstPassBest,
    /// The one with the worst first-pass score.
    FirstPassWorst,
    /// The one the rescorer picks from the unperturbed list.
    RescoredBest,
}

impl Target {
    /// The index of the hypothesis in a list of `length`, given the index of the rescorer's pick.
    pub fn index(self, length: usize, rescored_best: usize) -> usize {
        match self {
            Target::FirstPassBest => 0,
            Target::FirstPassWorst => length - 1,
            Target::RescoredBest => rescored_best,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_an_index_of_the_list() {
        for length in 1..4 {
            assert_eq!(Target::FirstPassBest.index(length, 0), 0);
            assert_eq!(Target::FirstPassWorst.index(length, 0), length - 1);
            assert_eq!(Target::RescoredBest.index(length, length - 1), length - 1);
        }
    }
}
