//! Mixtures: drawing edits of several kinds for one list.
//!
//! Swaps alone are drawn elsewhere, and as they always were ([`draw`](mod@crate::perturb::draw)).
//! Here each edit first draws its kind, by weight among those that are still possible, then its
//! site among those of the kind, then what it becomes.

use std::sync::Arc;

use proptest::prelude::Rng;
use proptest::test_runner::TestRng;

use crate::perturb::case::{Case, Edit};
use crate::perturb::edit_kind::EditKind;
use crate::perturb::hypotheses::Hypotheses;
use crate::perturb::menu::Menu;
use crate::perturb::perturbation::{Amount, Perturbation};
use crate::perturb::random_bits::{below, rank, unit};

/// The numbers of one edit, drawn whether it is made or not: so that a larger amount, or another
/// hypothesis, leave the others' numbers alone.
#[derive(Clone, Copy)]
struct EditDraw {
    /// Decides, of a rate, whether there is one more edit.
    chance: u64,
    kind: u64,
    site: u64,
    choice: u64,
}

/// Draws which sites of `menu` are edited, and how: no two that
/// [overlap](crate::perturb::site::Site::overlaps).
///
/// With a larger amount the first edits stay as they are.
pub(super) fn draw_mixture(
    menu: &Arc<Menu>,
    perturbation: &Perturbation,
    random: &mut TestRng,
) -> Case {
    // A list of n words has room for n edits of words and n + 1 between them.
    let draws: Vec<Vec<EditDraw>> = menu
        .hypotheses()
        .iter()
        .map(|words| {
            let draw = |_| EditDraw {
                chance: random.next_u64(),
                kind: random.next_u64(),
                site: random.next_u64(),
                choice: random.next_u64(),
            };
            (0..=2 * words.len()).map(draw).collect()
        })
        .collect();

    let mut edits = Vec::new();
    match perturbation.hypotheses {
        Hypotheses::One(_) | Hypotheses::All { coherent: false } => {
            let mut sites_of = vec![Vec::new(); draws.len()];
            for (index, site) in menu.sites().iter().enumerate() {
                sites_of[site.places[0].hypothesis].push(index);
            }
            let of_each = draws.iter().zip(menu.hypotheses()).zip(sites_of);
            for ((draws, words), sites) in of_each {
                let words = words.len();
                let count = amount(perturbation.amount, words, draws);
                edits.extend(drawn(
                    menu,
                    perturbation,
                    sites,
                    &draws[..count.min(draws.len())],
                ));
            }
        }
        Hypotheses::All { coherent: true } => {
            let words = menu.hypotheses().first().map_or(0, Vec::len);
            let draws: Vec<EditDraw> = draws.into_iter().flatten().collect();
            let count = amount(perturbation.amount, words, &draws);
            let sites = (0..menu.sites().len()).collect();
            edits.extend(drawn(
                menu,
                perturbation,
                sites,
                &draws[..count.min(draws.len())],
            ));
        }
    }

    Case::new(Arc::clone(menu), edits)
}

/// How many edits there should be.
fn amount(amount: Amount, words: usize, draws: &[EditDraw]) -> usize {
    match amount {
        Amount::Count(count) => count,
        Amount::Rate(rate) => {
            let words = draws.iter().take(words);
            words.filter(|draw| unit(draw.chance) < rate).count()
        }
    }
}

/// One edit for each of `draws`, as long as there is a site left.
fn drawn(
    menu: &Menu,
    perturbation: &Perturbation,
    mut sites: Vec<usize>,
    draws: &[EditDraw],
) -> Vec<Edit> {
    let mut edits = Vec::new();
    for draw in draws {
        let of = |kind: EditKind| -> Vec<usize> {
            let sites = sites.iter().copied();
            sites
                .filter(|site| menu.sites()[*site].kind == kind)
                .collect()
        };
        let possible: Vec<(Vec<usize>, u32)> = perturbation
            .kinds
            .weights()
            .map(|(kind, weight)| (of(kind), weight))
            .filter(|(sites, _)| !sites.is_empty())
            .collect();
        let total: usize = possible.iter().map(|(_, weight)| *weight as usize).sum();
        if total == 0 {
            break;
        }
        let mut ticket = below(draw.kind, total);
        let mut chosen = None;
        for (sites, weight) in &possible {
            if ticket < *weight as usize {
                chosen = Some(sites[below(draw.site, sites.len())]);
                break;
            }
            ticket -= *weight as usize;
        }
        let site = chosen.expect("the ticket is below the sum of the weights");
        edits.push(Edit {
            site,
            rank: rank(draw.choice, &menu.sites()[site].ladder),
        });
        let edited = &menu.sites()[site];
        sites.retain(|other| *other != site && !menu.sites()[*other].overlaps(edited));
    }

    edits
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::nbest::{Transcript, Utterance};
    use crate::perturb::draw::{DrawKey, draw_case};
    use crate::perturb::edit_kind::Kinds;
    use crate::perturb::examples::{speech, utterance};
    use crate::perturb::hypotheses::Target;
    use crate::perturb::menu::Replacements;
    use crate::perturb::substitution::Substitution;
    use crate::phonetics::distance::PhoneticDistance;

    const ALL: Kinds = Kinds {
        swap: 1,
        boundary: 1,
        delete: 1,
        insert: 1,
    };

    fn mixture(kinds: Kinds, amount: Amount) -> Perturbation {
        Perturbation {
            kinds,
            amount,
            max_distance: PhoneticDistance::from_milli(100),
            ..Perturbation::PERTURB_N
        }
    }

    fn draw(utterance: &Utterance, perturbation: &Perturbation, seed: u64) -> Case {
        let key = DrawKey {
            suite: "s",
            check: "c",
            seed,
            utterance: "u",
            draw: 0,
        };
        draw_case(
            utterance,
            perturbation,
            &Replacements::from(&speech()),
            0,
            &key,
        )
    }

    fn ice() -> Utterance {
        utterance(
            "u",
            "the ice cream is for their tea",
            &[
                "the ice cream is for their tea",
                "i scream for the tea",
                "attacks",
            ],
        )
    }

    /// The perturbed text, built from the original and the record alone.
    fn rebuilt(original: &Transcript, substitutions: &[&Substitution]) -> Transcript {
        let words: Vec<&str> = original.words().collect();
        let mut text: Vec<&str> = Vec::new();
        let mut next = 0;
        for substitution in substitutions {
            text.extend(&words[next..substitution.word]);
            text.extend(substitution.to.split_whitespace());
            let taken: Vec<&str> = substitution.from.split_whitespace().collect();
            next = substitution.word + taken.len();
            assert_eq!(words[substitution.word..next], taken);
        }

        text.extend(&words[next..]);
        Transcript::from_words(text)
    }

    /// Pinned, as the draws of swaps are: see [`crate::perturb::draw::FORMAT_VERSION`].
    #[test]
    fn the_first_draws_are_what_they_always_were() {
        let shown: Vec<String> = (0..3)
            .map(|seed| format!("{:?}", draw(&ice(), &mixture(ALL, Amount::Count(1)), seed)))
            .collect();
        assert_eq!(
            shown,
            [
                r#"["the ice cream is [ -> a] for their tea", "i scream for the [tea -> tee]", "[attacks -> a tax]"]"#,
                r#"["the ice cream is for [their -> there] tea", "[i scream -> ice cream] for the tea", "attacks [ -> is]"]"#,
                r#"["the ice cream is for [ -> it] their tea", "[i scream -> ice cream] for the tea", "attacks [ -> it]"]"#,
            ]
        );
    }

    proptest! {
        #[test]
        fn the_record_of_a_mixture_rebuilds_its_texts(
            weights in prop::array::uniform4(0u32..3), seed: u64, coherent: bool, count in 1usize..6, rate in prop::option::of(0.0..=1.0f64),
        ) {
            prop_assume!(weights.iter().any(|weight| *weight > 0));
            let [swap, boundary, delete, insert] = weights;
            let kinds = Kinds { swap, boundary, delete, insert };
            let amount = rate.map_or(Amount::Count(count), Amount::Rate);
            let perturbation = Perturbation { hypotheses: Hypotheses::All { coherent }, ..mixture(kinds, amount) };
            let utterance = ice();
            let case = draw(&utterance, &perturbation, seed);
            let substitutions = case.substitutions();

            for (index, (text, original)) in case.texts().iter().zip(case.originals()).enumerate() {
                let here: Vec<&Substitution> = substitutions.iter().filter(|s| s.hypothesis == index).collect();
                if let (Amount::Count(count), false) = (amount, coherent) {
                    prop_assert!(here.len() <= count);
                }
                prop_assert_eq!(text, &rebuilt(&original, &here));
            }

            prop_assert_eq!(&substitutions, &case.kept_substitutions());
            for (kind, is_asked) in [
                (EditKind::Swap, swap > 0), (EditKind::Boundary, boundary > 0),
                (EditKind::Delete, delete > 0), (EditKind::Insert, insert > 0),
            ] {
                let has = case.edits().iter().any(|edit| case.menu().sites()[edit.site].kind == kind);
                prop_assert!(is_asked || !has);
            }
        }

        #[test]
        fn a_larger_count_keeps_the_first_edits(seed: u64, count in 1usize..5) {
            let few = draw(&ice(), &mixture(ALL, Amount::Count(count)), seed);
            let more = draw(&ice(), &mixture(ALL, Amount::Count(count + 1)), seed);
            prop_assert!(few.edits().iter().all(|edit| more.edits().contains(edit)));
        }
    }

    #[test]
    fn kinds_are_drawn_by_their_weights() {
        let kinds = Kinds {
            swap: 0,
            boundary: 1,
            delete: 1,
            insert: 2,
        };
        let perturbation = Perturbation {
            hypotheses: Hypotheses::One(Target::FirstPassBest),
            ..mixture(kinds, Amount::Count(1))
        };

        let mut counts: BTreeMap<EditKind, usize> = BTreeMap::new();
        for seed in 0..2000 {
            let case = draw(&ice(), &perturbation, seed);
            *counts
                .entry(case.menu().sites()[case.edits()[0].site].kind)
                .or_default() += 1;
        }

        // 500, 500 and 1000 are expected, with standard deviations of 19, 19 and 22.
        let near = |kind, expected: usize| counts[&kind].abs_diff(expected) < 100;
        assert!(
            near(EditKind::Boundary, 500)
                && near(EditKind::Delete, 500)
                && near(EditKind::Insert, 1000),
            "{counts:?}"
        );
    }
}
