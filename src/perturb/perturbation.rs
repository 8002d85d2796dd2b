//! `Perturbation`: what to change in an n-best list, and how it is said in words.

use crate::perturb::edit_kind::{EditKind, Kinds};
use crate::perturb::hypotheses::{Hypotheses, Target};
use crate::perturb::rules::{Pronunciations, SwapRules, Weight};
use crate::perturb::vocabulary::Vocabulary;
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

impl Perturbation {
    /// perturb-1 with its defaults: one word of the hypothesis that the first
    /// pass likes best becomes a common homophone.
    pub const PERTURB_1: Perturbation =
        Perturbation::of_homophones(Hypotheses::One(Target::FirstPassBest));

    /// perturb-N with its defaults: one word of every hypothesis, drawn
    /// independently, becomes a common homophone.
    pub const PERTURB_N: Perturbation =
        Perturbation::of_homophones(Hypotheses::All { coherent: false });

    const fn of_homophones(hypotheses: Hypotheses) -> Perturbation {
        Perturbation {
            hypotheses,
            amount: Amount::Count(1),
            min_distance: PhoneticDistance::ZERO,
            max_distance: PhoneticDistance::ZERO,
            vocabulary: Vocabulary::Common,
            rules: SwapRules::FAIR,
            kinds: Kinds::SWAPS,
        }
    }

    /// Whether a word is swapped alike in every hypothesis, or in none.
    pub fn is_coherent(&self) -> bool {
        matches!(self.hypotheses, Hypotheses::All { coherent: true })
    }

    /// In words, as reports say it: `1 word of every hypothesis, independently, by a common
    /// homophone`.
    pub fn describe(&self) -> String {
        self.describe_in(match self.hypotheses {
            Hypotheses::One(Target::FirstPassBest) => "the first pass's best hypothesis",
            Hypotheses::One(Target::FirstPassWorst) => "the first pass's worst hypothesis",
            Hypotheses::One(Target::RescoredBest) => "the rescorer's pick",
            Hypotheses::All { coherent: false } => "every hypothesis, independently",
            Hypotheses::All { coherent: true } => "the list, alike in every hypothesis",
        })
    }

    /// The same, where other texts than those of a list are edited: `the reference`.
    pub(crate) fn describe_in(&self, texts: &str) -> String {
        let is_mixture = !self.kinds.are_swaps();
        let amount = match self.amount {
            Amount::Count(1) if is_mixture => "1 edit".to_owned(),
            Amount::Count(count) if is_mixture => format!("{count} edits"),
            Amount::Rate(rate) if is_mixture => format!("edits at {rate} of the words"),
            Amount::Count(1) => "1 word".to_owned(),
            Amount::Count(count) => format!("{count} words"),
            Amount::Rate(rate) => format!("each word with probability {rate}"),
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
            return format!("{amount} of {texts}, by a {common}{replacement}");
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
        // Where there are swaps, the rules are theirs.
        let rules = if self.kinds.swap == 0 {
            self.described_rules()
        } else {
            String::new()
        };
        format!("{amount} of {texts}, by weight {}{rules}", kinds.join(", "))
    }
}

impl Perturbation {
    /// Whether this is `before` with more words or with words that may sound less alike, and all
    /// else the same: a step up where neither is a step down.
    pub(crate) fn is_more_than(&self, before: &Perturbation) -> bool {
        let alike = Perturbation {
            amount: before.amount,
            max_distance: before.max_distance,
            ..self.clone()
        };
        let amount = match (before.amount, self.amount) {
            (Amount::Count(before), Amount::Count(now)) => Some(now.cmp(&before)),
            (Amount::Rate(before), Amount::Rate(now)) => now.partial_cmp(&before),
            (Amount::Count(_), Amount::Rate(_)) | (Amount::Rate(_), Amount::Count(_)) => None,
        };
        let distance = self.max_distance.cmp(&before.max_distance);

        let steps = amount.map(|amount| [amount, distance]);
        alike == *before
            && steps.is_some_and(|steps| {
                steps.iter().all(|step| step.is_ge()) && steps.iter().any(|step| step.is_gt())
            })
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_wording(perturbation: &Perturbation, expected: &str) {
        assert_eq!(perturbation.describe(), expected);
    }

    #[test]
    fn more_of_the_same_is_a_step_up() {
        let of = |amount, distance: f64| Perturbation {
            amount,
            max_distance: PhoneticDistance::from_f64(distance).unwrap(),
            ..Perturbation::PERTURB_N
        };
        let few = of(Amount::Rate(0.1), 0.2);
        for (more, expected) in [
            (of(Amount::Rate(0.3), 0.2), true),
            (of(Amount::Rate(0.1), 0.3), true),
            (of(Amount::Rate(0.3), 0.3), true),
            (few.clone(), false),
            (of(Amount::Rate(0.3), 0.1), false),
            (of(Amount::Count(9), 0.3), false),
        ] {
            assert_eq!(more.is_more_than(&few), expected, "{more:?}");
        }

        let other = Perturbation {
            kinds: Kinds {
                delete: 1,
                ..Kinds::SWAPS
            },
            ..of(Amount::Rate(0.3), 0.3)
        };
        assert!(!other.is_more_than(&few));
        let one = Perturbation::PERTURB_N;
        assert!(of(Amount::Count(2), 0.0).is_more_than(&one));
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
             by a word at a phonetic distance of at most 0.3 (of a frequency of at least 3.3, \
             rarer than the word by at most 2.4)",
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
            "1 word of the first pass's best hypothesis, by a common homophone (other apostrophes \
             and spellings too, by any pronunciation, however rare, however much rarer than the \
             word, frequent ones more often, words with capitals left alone, 2 function words of \
             its own, 1 word excluded)",
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
            "1 word of the first pass's best hypothesis, by a common word at a phonetic distance \
             from 0.1 to 0.3",
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
            "2 edits of the first pass's best hypothesis, by weight 2 common words cut \
             differently, within 0.3, 1 a function word deleted, 1 a function word inserted",
        );
    }
}
