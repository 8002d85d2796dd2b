//! Draws: which words a case swaps, as a pure function of names and a seed.
//!
//! A draw does not depend on other utterances, other draws, threads or the order of
//! files. What was drawn is kept as an explicit [`Case`]; a seed is never the only
//! record of it, because another lexicon draws other words from the same seed.

use std::sync::Arc;

use proptest::prelude::Rng;
use proptest::test_runner::{RngAlgorithm, TestRng};

use crate::nbest::Utterance;
use crate::perturb::case::{Case, Edit};
use crate::perturb::hypotheses::Hypotheses;
use crate::perturb::menu::{Menu, Replacements};
use crate::perturb::mixture::draw_mixture;
use crate::perturb::perturbation::{Amount, Perturbation};
use crate::perturb::random_bits::{rank, unit};
use crate::perturb::site::{Place, Site};

/// The version of how names and seeds become cases; part of every stream's name.
///
/// It changes when anything below would draw other cases from the same names.
pub const FORMAT_VERSION: u32 = 1;

/// The name of one draw's random stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DrawKey<'a> {
    /// The name of the suite.
    pub suite: &'a str,
    /// The name of the check in it.
    pub check: &'a str,
    /// The seed of the run.
    pub seed: u64,
    /// The id of the utterance.
    pub utterance: &'a str,
    /// Which draw, from 0.
    pub draw: usize,
}

impl DrawKey<'_> {
    /// The random stream of this name.
    pub fn stream(&self) -> TestRng {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"mondegreen draw");
        hasher.update(&FORMAT_VERSION.to_le_bytes());
        for name in [self.suite, self.check, self.utterance] {
            // With its length, so that no two lists of names give the same bytes.
            hasher.update(&(name.len() as u64).to_le_bytes());
            hasher.update(name.as_bytes());
        }

        hasher.update(&self.seed.to_le_bytes());
        hasher.update(&(self.draw as u64).to_le_bytes());
        TestRng::from_seed(RngAlgorithm::ChaCha, hasher.finalize().as_bytes())
    }
}

/// Perturbs the list of `utterance`.
///
/// `rescored_best` is the rescorer's pick from the unperturbed list; only
/// [`Target::RescoredBest`](crate::perturb::hypotheses::Target::RescoredBest) asks for it.
/// Where nothing can be swapped, the case has no edits.
pub fn draw_case(
    utterance: &Utterance,
    perturbation: &Perturbation,
    replacements: &Replacements,
    rescored_best: usize,
    key: &DrawKey<'_>,
) -> Case {
    let menu = Arc::new(Menu::new(
        utterance,
        perturbation,
        replacements,
        rescored_best,
    ));
    draw_from(&menu, perturbation, key)
}

/// As [`draw_case`], from the menu of the utterance: for several draws, which share it.
pub fn draw_from(menu: &Arc<Menu>, perturbation: &Perturbation, key: &DrawKey<'_>) -> Case {
    draw_edits(menu, perturbation, &mut key.stream())
}

/// The two numbers that each word draws, whether it can be swapped or not: so that
/// a larger amount, or another word's replacements, leave the others' numbers alone.
#[derive(Clone, Copy)]
struct WordDraw {
    /// Decides whether the word is swapped.
    chance: u64,
    /// Decides for what.
    choice: u64,
}

/// Draws which sites of `menu` are edited, and how.
pub(in crate::perturb) fn draw_edits(
    menu: &Arc<Menu>,
    perturbation: &Perturbation,
    random: &mut TestRng,
) -> Case {
    if !perturbation.kinds.are_swaps() {
        return draw_mixture(menu, perturbation, random);
    }

    let words: Vec<Vec<WordDraw>> = menu
        .hypotheses()
        .iter()
        .map(|words| {
            let draw = |_| WordDraw {
                chance: random.next_u64(),
                choice: random.next_u64(),
            };
            words.iter().map(draw).collect()
        })
        .collect();

    let at = |place: &Place| words[place.hypothesis][place.word];
    let chosen = match perturbation.amount {
        Amount::Rate(rate) => {
            let below_rate = |site: &Site| unit(at(&site.places[0]).chance) < rate;
            (0..menu.sites().len())
                .filter(|&site| below_rate(&menu.sites()[site]))
                .collect()
        }
        Amount::Count(count) => {
            // The largest of a site's numbers: a word that stands in many places is
            // as much likelier to come first as if places were drawn.
            let chance = |site: &Site| {
                site.places
                    .iter()
                    .map(|place| at(place).chance)
                    .max()
                    .unwrap_or(0)
            };
            largest(menu, perturbation.hypotheses, count, &chance)
        }
    };

    let edits = chosen
        .into_iter()
        .map(|index: usize| {
            let site = &menu.sites()[index];
            Edit {
                site: index,
                rank: rank(at(&site.places[0]).choice, &site.ladder),
            }
        })
        .collect();

    Case::new(Arc::clone(menu), edits)
}

/// The `count` sites with the largest `chance`, of each hypothesis or of the whole list.
fn largest(
    menu: &Menu,
    hypotheses: Hypotheses,
    count: usize,
    chance: &dyn Fn(&Site) -> u64,
) -> Vec<usize> {
    let group = |site: usize| match hypotheses {
        Hypotheses::One(_) | Hypotheses::All { coherent: false } => {
            menu.sites()[site].places[0].hypothesis
        }
        Hypotheses::All { coherent: true } => 0,
    };
    let mut sites: Vec<usize> = (0..menu.sites().len()).collect();

    sites.sort_by_key(|&site| {
        (
            group(site),
            std::cmp::Reverse(chance(&menu.sites()[site])),
            site,
        )
    });

    sites
        .chunk_by(|a, b| group(*a) == group(*b))
        .flat_map(|group| group.iter().take(count))
        .copied()
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::perturb::examples::{example, lexicon, utterance};
    use crate::perturb::hypotheses::Target;
    use crate::perturb::substitution::Substitution;

    fn key(utterance: &Utterance, draw: usize) -> DrawKey<'_> {
        DrawKey {
            suite: "test",
            check: "one",
            seed: 7,
            utterance: &utterance.id,
            draw,
        }
    }

    /// The first draws of a perturbation of the example, as `hypothesis:word=to`.
    #[track_caller]
    fn check_draws(perturbation: &Perturbation, expected: &[&str]) {
        let (utterance, replacements) = (example(), Replacements::from(&lexicon()));
        let shown: Vec<String> = (0..expected.len())
            .map(|draw| {
                let case = draw_case(
                    &utterance,
                    perturbation,
                    &replacements,
                    0,
                    &key(&utterance, draw),
                );
                let swaps = case.substitutions();
                let swaps = swaps
                    .iter()
                    .map(|s| format!("{}:{}={}", s.hypothesis, s.word, s.to));
                swaps.collect::<Vec<String>>().join(" ")
            })
            .collect();

        assert_eq!(shown, expected);
    }

    /// Pinned: another version of proptest, rand or of this file that draws other
    /// cases must raise [`FORMAT_VERSION`], or old reports cannot be repeated.
    #[test]
    fn the_first_draws_are_what_they_always_were() {
        check_draws(
            &Perturbation::PERTURB_1,
            &["0:3=there", "0:0=too", "0:0=too", "0:0=to"],
        );
        check_draws(
            &Perturbation::PERTURB_N,
            &["0:3=there 1:3=there 2:4=their", "0:0=too 1:3=there 2:0=two"],
        );

        let coherent = Hypotheses::All { coherent: true };
        check_draws(
            &Perturbation {
                hypotheses: coherent,
                ..Perturbation::PERTURB_N
            },
            &["0:3=there 1:3=there", "0:3=there 1:3=there"],
        );

        let often = Perturbation {
            amount: Amount::Rate(0.5),
            ..Perturbation::PERTURB_N
        };

        check_draws(
            &often,
            &[
                "0:0=to 0:3=there 1:0=to 1:2=too 2:0=two 2:3=to",
                "1:0=too 2:3=too 2:4=their",
            ],
        );
    }

    #[test]
    fn another_name_or_number_is_another_stream() {
        let base = DrawKey {
            suite: "ab",
            check: "c",
            seed: 1,
            utterance: "u",
            draw: 0,
        };

        let others = [
            DrawKey {
                suite: "a",
                check: "bc",
                ..base
            },
            DrawKey { check: "d", ..base },
            DrawKey { seed: 2, ..base },
            DrawKey {
                utterance: "v",
                ..base
            },
            DrawKey { draw: 1, ..base },
        ];

        for other in others {
            assert_ne!(
                base.stream().next_u64(),
                other.stream().next_u64(),
                "{other:?}"
            );
        }
    }

    #[test]
    fn a_list_without_replacements_gives_a_case_without_edits() {
        let utterance = utterance("u", "green tea", &["green tea", "zzz", ""]);
        let replacements = Replacements::from(&lexicon());
        let case = draw_case(
            &utterance,
            &Perturbation::PERTURB_N,
            &replacements,
            0,
            &key(&utterance, 0),
        );
        assert!(case.edits().is_empty() && case.substitutions().is_empty());
        assert_eq!(case.texts(), case.originals());
    }

    #[test]
    fn replacements_are_drawn_evenly() {
        let utterance = utterance("u", "two", &["two"]);
        let replacements = Replacements::from(&lexicon());
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for draw in 0..2000 {
            let key = key(&utterance, draw);
            let case = draw_case(&utterance, &Perturbation::PERTURB_1, &replacements, 0, &key);
            *counts
                .entry(case.texts()[0].as_str().to_owned())
                .or_default() += 1;
        }

        // 1000 each are expected, with a standard deviation of 22.
        assert_eq!(counts.len(), 2);
        assert!(
            counts.values().all(|count| (880..1120).contains(count)),
            "{counts:?}"
        );
    }

    /// Words that have common homophones, and two that have none.
    fn text() -> impl Strategy<Value = String> {
        let words = prop::sample::select(vec!["two", "to", "too", "their", "there", "for", "tea"]);
        prop::collection::vec(words, 0..8).prop_map(|words| words.join(" "))
    }

    fn any_utterance() -> impl Strategy<Value = Utterance> {
        prop::collection::vec(text(), 1..5).prop_map(|texts| {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            utterance("u", "two", &texts)
        })
    }

    fn any_amount() -> impl Strategy<Value = Amount> {
        prop_oneof![
            (1usize..4).prop_map(Amount::Count),
            (0.1..=1.0).prop_map(Amount::Rate)
        ]
    }

    fn eligible(text: &str) -> usize {
        text.split(' ')
            .filter(|word| !["", "tea", "for"].contains(word))
            .count()
    }

    fn of(substitutions: &[Substitution], hypothesis: usize) -> usize {
        substitutions
            .iter()
            .filter(|s| s.hypothesis == hypothesis)
            .count()
    }

    proptest! {
        #[test]
        fn a_case_keeps_to_its_perturbation(
            utterance in any_utterance(),
            amount in any_amount(),
            hypotheses in prop::sample::select(vec![
                Hypotheses::One(Target::FirstPassBest),
                Hypotheses::One(Target::FirstPassWorst),
                Hypotheses::One(Target::RescoredBest),
                Hypotheses::All { coherent: false },
                Hypotheses::All { coherent: true },
            ]),
            seed in any::<u64>(),
        ) {
            let replacements = Replacements::from(&lexicon());
            let perturbation = Perturbation { hypotheses, amount, ..Perturbation::PERTURB_1 };
            let list = utterance.nbest.hypotheses();
            let pick = list.len() / 2;
            let draw = DrawKey { seed, ..key(&utterance, 0) };
            let case = draw_case(&utterance, &perturbation, &replacements, pick, &draw);
            let swaps = case.substitutions();
            prop_assert!(case.is_whole());
            prop_assert!(swaps.iter().all(|s| s.from != s.to && s.to != "tue"));
            for (index, text) in case.texts().iter().enumerate() {
                // Exactly the words on record differ.
                let original = &list[index].transcript;
                let differing = original.words().zip(text.words()).filter(|(a, b)| a != b).count();
                prop_assert_eq!(differing, of(&swaps, index));
                prop_assert_eq!(original.word_count(), text.word_count());
            }
            match hypotheses {
                Hypotheses::One(target) => {
                    let touched = target.index(list.len(), pick);
                    prop_assert_eq!(of(&swaps, touched), swaps.len());
                }
                Hypotheses::All { coherent: true } => {
                    let map: BTreeMap<&str, &str> =
                        swaps.iter().map(|s| (s.from.as_str(), s.to.as_str())).collect();
                    for (index, text) in case.texts().iter().enumerate() {
                        let mapped = list[index].transcript.words();
                        let mapped = mapped.map(|word| map.get(word).copied().unwrap_or(word));
                        prop_assert_eq!(mapped.collect::<Vec<_>>(), text.words().collect::<Vec<_>>());
                    }
                    if let Amount::Count(count) = amount {
                        prop_assert!(map.len() <= count);
                    }
                }
                Hypotheses::All { coherent: false } => {
                    for (index, hypothesis) in list.iter().enumerate() {
                        if let Amount::Count(count) = amount {
                            let possible = eligible(hypothesis.transcript.as_str());
                            prop_assert_eq!(of(&swaps, index), count.min(possible));
                        }
                    }
                }
            }
        }

        #[test]
        fn a_higher_rate_swaps_the_same_words_and_more(
            utterance in any_utterance(), low in 0.0..=1.0f64, high in 0.0..=1.0f64, coherent: bool,
        ) {
            let replacements = Replacements::from(&lexicon());
            let swaps = |rate| {
                let perturbation = Perturbation {
                    hypotheses: Hypotheses::All { coherent },
                    amount: Amount::Rate(rate),
                    ..Perturbation::PERTURB_N
                };
                draw_case(&utterance, &perturbation, &replacements, 0, &key(&utterance, 0)).substitutions()
            };
            let (few, many) = (swaps(low.min(high)), swaps(low.max(high)));
            prop_assert!(few.iter().all(|swap| many.contains(swap)));
        }

        #[test]
        fn what_the_memory_holds_changes_nothing(texts in prop::collection::vec(text(), 1..6)) {
            let utterances: Vec<Utterance> = texts
                .iter()
                .enumerate()
                .map(|(index, text)| utterance(&index.to_string(), "two", &[text, "to tea"]))
                .collect();
            let shared = Replacements::from(&lexicon());
            let draw = |utterance: &Utterance, replacements: &Replacements| {
                draw_case(utterance, &Perturbation::PERTURB_N, replacements, 0, &key(utterance, 3))
            };
            let forward: Vec<Case> = utterances.iter().map(|u| draw(u, &shared)).collect();
            for (utterance, case) in utterances.iter().zip(&forward).rev() {
                prop_assert_eq!(&draw(utterance, &Replacements::from(&lexicon())), case);
            }
        }
    }
}
