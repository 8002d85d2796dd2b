use super::*;
use crate::perturb::examples::{example, lexicon};
use crate::perturb::hypotheses::Hypotheses;
use crate::perturb::menu::Replacements;
use crate::perturb::perturbation::Perturbation;

fn menu(hypotheses: Hypotheses) -> Arc<Menu> {
    let perturbation = Perturbation {
        hypotheses,
        ..Perturbation::PERTURB_N
    };
    Arc::new(Menu::new(
        &example(),
        &perturbation,
        &Replacements::from(&lexicon()),
        0,
    ))
}

#[track_caller]
fn check_texts(case: &Case, expected: &[&str]) {
    let texts = case.texts();
    let texts: Vec<&str> = texts.iter().map(Transcript::as_str).collect();
    assert_eq!(texts, expected);
}

#[test]
fn texts_are_rendered_with_their_swaps() {
    let menu = menu(Hypotheses::All { coherent: false });
    let case = Case::new(
        menu,
        vec![Edit { site: 3, rank: 1 }, Edit { site: 0, rank: 2 }],
    );

    check_texts(
        &case,
        &[
            "too cups for their tea",
            "two cups too their tea",
            "to cups for two there tea",
        ],
    );

    let swaps: Vec<String> = case
        .substitutions()
        .iter()
        .map(|s| {
            format!(
                "{} {} {} {} {}",
                s.hypothesis, s.word, s.from, s.to, s.distance
            )
        })
        .collect();
    assert_eq!(swaps, ["0 0 two too 0", "1 2 to too 0"]);
    assert_eq!(
        format!("{case:?}"),
        "[\"[two -> too] cups for their tea\", \"two cups [to -> too] their tea\", \
         \"to cups for two there tea\"]"
    );
}

#[test]
fn a_coherent_edit_swaps_a_word_everywhere() {
    let case = Case::new(
        menu(Hypotheses::All { coherent: true }),
        vec![Edit { site: 0, rank: 2 }],
    );

    check_texts(
        &case,
        &[
            "too cups for their tea",
            "too cups to their tea",
            "to cups for too there tea",
        ],
    );

    let key = case.key();
    assert_eq!((key.edits, key.perturbed_hypotheses, key.ranks), (1, 3, 2));
}

#[test]
fn what_is_dropped_is_gone_from_every_side() {
    let menu = menu(Hypotheses::All { coherent: false });
    let whole = Case::new(menu, vec![Edit { site: 0, rank: 1 }]);
    let case = whole.without_hypotheses(&[1]).without_columns(&[3]);
    check_texts(&case, &["to for their tea", "to for two there tea"]);
    assert_eq!(case.originals()[0].as_str(), "two for their tea");
    assert_eq!(case.reference().as_str(), "two for their tea");
    assert_eq!(case.kept_hypotheses(), [0, 2]);

    let edits = [Edit { site: 0, rank: 1 }, Edit { site: 7, rank: 1 }];
    let both = Case::new(Arc::clone(case.menu()), edits.to_vec());
    let left = both.without_hypotheses(&[1]).without_columns(&[3]);
    let places = |swaps: Vec<Substitution>| -> Vec<(usize, usize, String)> {
        let place = |s: Substitution| (s.hypothesis, s.word, s.from);
        swaps.into_iter().map(place).collect()
    };
    let there = |hypothesis, word| (hypothesis, word, "there".to_owned());
    let two = (0, 0, "two".to_owned());
    assert_eq!(places(left.substitutions()), [two.clone(), there(2, 4)]);
    assert_eq!(places(left.kept_substitutions()), [two, there(1, 3)]);
    assert!(whole.is_whole() && !case.is_whole());
    assert!(case.key() < whole.key());
}

#[test]
fn a_coherent_edit_is_gone_from_a_hypothesis_that_is_dropped() {
    let whole = Case::new(
        menu(Hypotheses::All { coherent: true }),
        vec![Edit { site: 0, rank: 2 }],
    );
    assert_eq!(whole.without_hypotheses(&[0, 1]).edits(), whole.edits());

    let case = whole.without_hypotheses(&[0]);
    check_texts(
        &case,
        &["too cups to their tea", "to cups for too there tea"],
    );

    let key = case.key();
    assert_eq!((key.edits, key.perturbed_hypotheses), (1, 2));
    assert_eq!(case.substitutions().len(), 2);
    assert!(case.without_hypotheses(&[1, 2]).edits().is_empty());
}
