//! Perturbations: words of an n-best list swapped for words that sound alike.
//!
//! Here live the types that say what is asked for ([`Perturbation`]) and what was
//! done ([`Substitution`]). What can be swapped for what is in [`menu`], a
//! perturbed list in [`case`], how to make it smaller in [`moves`], how to draw one
//! in [`draw`] (from names and a seed) and in [`strategy`] (for `proptest!` tests),
//! its line in a file in [`record`]. Nothing here scores, counts errors or judges.

pub mod case;
mod columns;
pub mod draw;
#[cfg(test)]
mod examples;
pub mod menu;
pub mod moves;
pub mod record;
pub mod strategy;

use crate::phonetics::distance::PhoneticDistance;

/// What to change in an n-best list.
///
/// First-pass scores are never changed: they stand beside the new texts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Perturbation {
    /// Which hypotheses are touched.
    pub hypotheses: Hypotheses,
    /// How many of their words are swapped.
    pub amount: Amount,
    /// How far a replacement may sound from the word; zero for homophones only.
    pub max_distance: PhoneticDistance,
    /// Which words may be put in.
    pub vocabulary: Vocabulary,
}

impl Perturbation {
    /// perturb-1 with its defaults: one word of the hypothesis that the first
    /// pass likes best becomes a common homophone.
    pub const PERTURB_1: Perturbation = Perturbation {
        hypotheses: Hypotheses::One(Target::FirstPassBest),
        amount: Amount::Count(1),
        max_distance: PhoneticDistance::ZERO,
        vocabulary: Vocabulary::Common,
    };

    /// perturb-N with its defaults: one word of every hypothesis, drawn
    /// independently, becomes a common homophone.
    pub const PERTURB_N: Perturbation = Perturbation {
        hypotheses: Hypotheses::All { coherent: false },
        ..Perturbation::PERTURB_1
    };

    /// In words, as reports say it: `1 word of every hypothesis, independently, by a common homophone`.
    pub fn describe(&self) -> String {
        let amount = match self.amount {
            Amount::Count(1) => "1 word".to_owned(),
            Amount::Count(count) => format!("{count} words"),
            Amount::Rate(rate) => format!("each word with probability {rate}"),
        };
        let hypotheses = match self.hypotheses {
            Hypotheses::One(Target::FirstPassBest) => "of the first pass's best hypothesis",
            Hypotheses::One(Target::FirstPassWorst) => "of the first pass's worst hypothesis",
            Hypotheses::One(Target::RescoredBest) => "of the rescorer's pick",
            Hypotheses::All { coherent: false } => "of every hypothesis, independently",
            Hypotheses::All { coherent: true } => "of the list, alike in every hypothesis",
        };
        let common = match self.vocabulary {
            Vocabulary::Common => "common ",
            Vocabulary::All => "",
        };
        let replacement = if self.max_distance == PhoneticDistance::ZERO {
            "homophone".to_owned()
        } else {
            format!(
                "word at a phonetic distance of at most {}",
                self.max_distance
            )
        };
        format!("{amount} {hypotheses}, by a {common}{replacement}")
    }
}

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

/// How many words are swapped; words without a replacement do not count.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Amount {
    /// So many words of each touched hypothesis, or all eligible ones where there
    /// are fewer. Of a coherent map: so many different words of the list, words
    /// that stand in many hypotheses the more likely.
    Count(usize),
    /// Each eligible word of each touched hypothesis (each different word of the
    /// list, if coherent) with this probability, in 0..=1.
    Rate(f64),
}

/// Which words may be put in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Vocabulary {
    /// Words that the lexicon flags as common.
    Common,
    /// Any word of the lexicon, rare names included.
    All,
}

/// One word that was swapped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Substitution {
    /// The hypothesis, from 0, in the order of the utterance's list.
    pub hypothesis: usize,
    /// The word in it, from 0.
    pub word: usize,
    /// The word that stood there.
    pub from: String,
    /// The word that stands there now.
    pub to: String,
    /// How far apart they sound.
    pub distance: PhoneticDistance,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_wording(perturbation: Perturbation, expected: &str) {
        assert_eq!(perturbation.describe(), expected);
    }

    #[test]
    fn a_perturbation_says_in_words_what_it_does() {
        check_wording(
            Perturbation::PERTURB_1,
            "1 word of the first pass's best hypothesis, by a common homophone",
        );
        check_wording(
            Perturbation {
                hypotheses: Hypotheses::All { coherent: true },
                amount: Amount::Rate(0.25),
                max_distance: PhoneticDistance::from_milli(300),
                vocabulary: Vocabulary::All,
            },
            "each word with probability 0.25 of the list, alike in every hypothesis, \
             by a word at a phonetic distance of at most 0.3",
        );
    }

    #[test]
    fn a_target_is_an_index_of_the_list() {
        for length in 1..4 {
            assert_eq!(Target::FirstPassBest.index(length, 0), 0);
            assert_eq!(Target::FirstPassWorst.index(length, 0), length - 1);
            assert_eq!(Target::RescoredBest.index(length, length - 1), length - 1);
        }
    }
}
