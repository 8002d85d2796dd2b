//! Perturbations: words of an n-best list swapped for words that sound alike.
//!
//! Here live the types that say what is asked for ([`Perturbation`]) and what was
//! done ([`Substitution`]). Beside swaps there are three [`Kinds`] of edits that change how
//! many words there are. What can be swapped for what is in [`menu`], by the [`rules`] that keep swaps fair or by a user's own
//! [`pairs`]; how much the rules leave out in [`left_out`], where words can be cut
//! differently in [`boundary`], which words come and go in [`function_words`], a
//! perturbed list in [`case`], how to make it smaller in [`moves`], how to draw one
//! in [`draw`] (from names and a seed, a [`mixture`] of kinds included) and in [`strategy`] (for `proptest!` tests),
//! its line in a file in [`record`]. Nothing here scores, counts errors or judges.

pub mod boundary;
pub mod case;
mod casing;
mod columns;
pub mod draw;
#[cfg(test)]
mod examples;
pub mod function_words;
pub mod ladders;
pub mod left_out;
pub mod menu;
pub mod mixture;
pub mod moves;
pub mod pairs;
pub mod perturbed_list;
pub mod rules;
mod sites;
pub mod strategy;

use std::ops::Range;

use crate::perturb::rules::{Pronunciations, SwapRules, Weight};
use crate::phonetics::distance::PhoneticDistance;
use crate::phonetics::frequency::Frequency;

/// What to change in an n-best list.
///
/// First-pass scores are never changed: they stand beside the new texts.
#[derive(Debug, Clone, PartialEq)]
pub struct Perturbation {
    /// Which hypotheses are touched.
    pub hypotheses: Hypotheses,
    /// How many of their words are swapped.
    pub amount: Amount,
    /// How far a replacement must sound from the word, at least: above zero it is no homophone.
    pub min_distance: PhoneticDistance,
    /// How far a replacement may sound from the word; zero for homophones only. Of words cut
    /// differently: all that is put in from all that is taken out.
    pub max_distance: PhoneticDistance,
    /// Which words may be put in by swaps; all else puts in common words only.
    pub vocabulary: Vocabulary,
    /// What else must hold of a swap.
    pub rules: SwapRules,
    /// What an edit is.
    pub kinds: Kinds,
}

/// What a single edit does to a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EditKind {
    /// A word becomes a word that sounds like it.
    Swap,
    /// A word or two become a word or two with another boundary: `ice cream`, `i scream`.
    Boundary,
    /// A function word goes.
    Delete,
    /// A function word comes, between two words or at an end.
    Insert,
}

/// How often each kind of edit is drawn: its weight against those of the kinds that are possible where it is drawn.
///
/// With swaps alone, draws are those of perturb-1 and perturb-N, whatever the weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kinds {
    /// Weight of [`EditKind::Swap`].
    pub swap: u32,
    /// Weight of [`EditKind::Boundary`].
    pub boundary: u32,
    /// Weight of [`EditKind::Delete`].
    pub delete: u32,
    /// Weight of [`EditKind::Insert`].
    pub insert: u32,
}

impl Kinds {
    /// Swaps and nothing else.
    pub const SWAPS: Kinds = Kinds {
        swap: 1,
        boundary: 0,
        delete: 0,
        insert: 0,
    };

    /// Whether there is nothing but swaps.
    pub fn are_swaps(self) -> bool {
        (self.boundary, self.delete, self.insert) == (0, 0, 0)
    }

    /// The kinds of a weight above 0, with their weights.
    pub fn weights(self) -> impl Iterator<Item = (EditKind, u32)> {
        let Kinds {
            swap,
            boundary,
            delete,
            insert,
        } = self;
        let all = [
            (EditKind::Swap, swap),
            (EditKind::Boundary, boundary),
            (EditKind::Delete, delete),
            (EditKind::Insert, insert),
        ];

        all.into_iter().filter(|(_, weight)| *weight > 0)
    }
}

impl Perturbation {
    /// perturb-1 with its defaults: one word of the hypothesis that the first
    /// pass likes best becomes a common homophone.
    pub const PERTURB_1: Perturbation = Perturbation {
        hypotheses: Hypotheses::One(Target::FirstPassBest),
        amount: Amount::Count(1),
        min_distance: PhoneticDistance::ZERO,
        max_distance: PhoneticDistance::ZERO,
        vocabulary: Vocabulary::Common,
        rules: SwapRules::FAIR,
        kinds: Kinds::SWAPS,
    };

    /// perturb-N with its defaults: one word of every hypothesis, drawn
    /// independently, becomes a common homophone.
    pub const PERTURB_N: Perturbation = Perturbation {
        hypotheses: Hypotheses::All { coherent: false },
        amount: Amount::Count(1),
        min_distance: PhoneticDistance::ZERO,
        max_distance: PhoneticDistance::ZERO,
        vocabulary: Vocabulary::Common,
        rules: SwapRules::FAIR,
        kinds: Kinds::SWAPS,
    };

    /// In words, as reports say it: `1 word of every hypothesis, independently, by a common homophone`.
    pub fn describe(&self) -> String {
        let is_mixture = !self.kinds.are_swaps();
        let amount = match self.amount {
            Amount::Count(1) if is_mixture => "1 edit".to_owned(),
            Amount::Count(count) if is_mixture => format!("{count} edits"),
            Amount::Rate(rate) if is_mixture => format!("edits at {rate} of the words"),
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
            Vocabulary::Common if self.rules.pairs.is_none() => "common ",
            Vocabulary::Common | Vocabulary::All => "",
        };
        let replacement = if self.rules.pairs.is_some() {
            "word of the suite's pairs".to_owned()
        } else if self.max_distance == PhoneticDistance::ZERO {
            "homophone".to_owned()
        } else if self.min_distance == PhoneticDistance::ZERO {
            format!(
                "word at a phonetic distance of at most {}",
                self.max_distance
            )
        } else {
            format!(
                "word at a phonetic distance from {} to {}",
                self.min_distance, self.max_distance
            )
        };

        let replacement = format!("{replacement}{}", self.described_rules());
        if !is_mixture {
            return format!("{amount} {hypotheses}, by a {common}{replacement}");
        }

        let kinds = self.kinds.weights().map(|(kind, weight)| match kind {
            EditKind::Swap => format!("{weight} a swap by a {common}{replacement}"),
            EditKind::Boundary => {
                format!(
                    "{weight} common words cut differently, within {}",
                    self.max_distance
                )
            }
            EditKind::Delete => format!("{weight} a function word deleted"),
            EditKind::Insert => format!("{weight} a function word inserted"),
        });

        let kinds: Vec<String> = kinds.collect();
        format!("{amount} {hypotheses}, by weight {}", kinds.join(", "))
    }
}

impl Perturbation {
    /// What is not as in the built-in suites, in parentheses; empty where all is.
    fn described_rules(&self) -> String {
        let SwapRules {
            apostrophes,
            pronunciations,
            min_frequency,
            max_frequency_drop,
            weight,
            capitalised,
            exclude,
            function_words,
            pairs: _,
        } = &self.rules;

        let mut parts = Vec::new();
        if *apostrophes {
            parts.push("other apostrophes and spellings too".to_owned());
        }

        if *pronunciations == Pronunciations::All {
            parts.push("by any pronunciation".to_owned());
        }

        if *min_frequency != SwapRules::default_frequency(self.vocabulary) {
            parts.push(match *min_frequency {
                Frequency::ZERO => "however rare".to_owned(),
                least => format!("of a frequency of at least {least}"),
            });
        }

        if *max_frequency_drop != SwapRules::default_drop(self.vocabulary) {
            parts.push(match *max_frequency_drop {
                Frequency::MAX => "however much rarer than the word".to_owned(),
                most => format!("rarer than the word by at most {most}"),
            });
        }

        if *weight == Weight::Frequency {
            parts.push("frequent ones more often".to_owned());
        }

        if !capitalised {
            parts.push("words with capitals left alone".to_owned());
        }

        if let Some(words) = function_words {
            parts.push(format!("{} function words of its own", words.len()));
        }

        match exclude.len() {
            0 => {}
            1 => parts.push("1 word excluded".to_owned()),
            count => parts.push(format!("{count} words excluded")),
        }

        if parts.is_empty() {
            String::new()
        } else {
            format!(" ({})", parts.join(", "))
        }
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

/// How many words are swapped; words without a replacement do not count.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Amount {
    /// So many words of each touched hypothesis, or all eligible ones where there
    /// are fewer. Of a coherent map: so many different words of the list, words
    /// that stand in many hypotheses the more likely.
    Count(usize),
    /// Each eligible word of each touched hypothesis (each different word of the
    /// list, if coherent) with this probability, in 0..=1. Of several [`Kinds`]: as many edits as
    /// words of the touched hypothesis (the first of the list, if coherent) are drawn so.
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

/// One word that was swapped, or another edit.
///
/// Positions are those of the original text, whatever edits before it do to how many words there
/// are: the perturbed text is the original with, at every `word`, the words of `from` taken out and
/// those of `to` put in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Substitution {
    /// The hypothesis, from 0, in the order of the utterance's list.
    pub hypothesis: usize,
    /// The word in its original text, from 0: the first that is taken out, or the one before which
    /// something is put in (at the end, the number of words).
    pub word: usize,
    /// The word that stood there; of a boundary edit maybe two, with a space; empty for an insertion.
    pub from: String,
    /// The word that stands there now; of a boundary edit maybe two, with a space; empty for a deletion.
    pub to: String,
    /// How far apart they sound; of a word that comes or goes, from silence.
    pub distance: PhoneticDistance,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_wording(perturbation: &Perturbation, expected: &str) {
        assert_eq!(perturbation.describe(), expected);
    }

    #[test]
    fn a_perturbation_says_in_words_what_it_does() {
        check_wording(
            &Perturbation::PERTURB_1,
            "1 word of the first pass's best hypothesis, by a common homophone",
        );
        check_wording(
            &Perturbation {
                hypotheses: Hypotheses::All { coherent: true },
                amount: Amount::Rate(0.25),
                max_distance: PhoneticDistance::from_milli(300),
                vocabulary: Vocabulary::All,
                ..Perturbation::PERTURB_N
            },
            "each word with probability 0.25 of the list, alike in every hypothesis, \
             by a word at a phonetic distance of at most 0.3 (of a frequency of at least 3.3, rarer than the word by at most 2.4)",
        );
        check_wording(
            &Perturbation {
                rules: SwapRules {
                    apostrophes: true,
                    pronunciations: Pronunciations::All,
                    min_frequency: Frequency::ZERO,
                    max_frequency_drop: Frequency::MAX,
                    weight: Weight::Frequency,
                    capitalised: false,
                    exclude: vec!["to".to_owned()],
                    function_words: Some(vec!["of".to_owned(), "the".to_owned()]),
                    pairs: None,
                },
                ..Perturbation::PERTURB_1
            },
            "1 word of the first pass's best hypothesis, by a common homophone (other apostrophes and spellings too, \
             by any pronunciation, however rare, however much rarer than the word, frequent ones more often, words with capitals left alone, 2 function words of its own, 1 word excluded)",
        );
    }

    #[test]
    fn a_mixture_says_its_weights_and_a_band_its_ends() {
        let near = Perturbation {
            min_distance: PhoneticDistance::from_milli(100),
            max_distance: PhoneticDistance::from_milli(300),
            ..Perturbation::PERTURB_1
        };

        check_wording(
            &near,
            "1 word of the first pass's best hypothesis, by a common word at a phonetic distance from 0.1 to 0.3",
        );
        check_wording(
            &Perturbation {
                amount: Amount::Count(2),
                kinds: Kinds {
                    swap: 0,
                    boundary: 2,
                    delete: 1,
                    insert: 1,
                },
                ..near
            },
            "2 edits of the first pass's best hypothesis, by weight 2 common words cut differently, within 0.3, \
             1 a function word deleted, 1 a function word inserted",
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
