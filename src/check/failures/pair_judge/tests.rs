//! Tests with lists and rescorers small enough to count by hand.

use crate::check::engine::trial::{Rescored, Trial};
use crate::check::examples::{Words, draw, replacements, tea, utterance};
use crate::check::failures::minimize::{
    BATCH, Minimization, MinimizeLimits, MinimizeStatus, minimize,
};
use crate::check::failures::pair_judge::*;
use crate::nbest::Transcript;
use crate::perturb::case::Case;
use crate::perturb::moves::Scope;
use crate::rescore::Interpolation;

const SUM: Interpolation = Interpolation {
    first_pass_scale: 1.0,
    weight: 1.0,
};

/// What the totals `clean` and `perturbed` of both sides of `pair` choose.
fn chosen(pair: &ListPair, clean: &[f64], perturbed: &[f64]) -> Choice {
    let utterance = pair.utterance();
    let perturbed = Rescored::perturbed(utterance, pair.texts(), perturbed, SUM);
    Choice::new(&Rescored::clean(utterance, clean, SUM), perturbed)
}

/// Hypotheses with 0, 1 and 2 errors, and first-pass scores of -0.3, -0.6 and -0.9.
#[track_caller]
fn check_choice(clean: [f64; 3], scores: [f64; 3], expected: (usize, usize, f64, f64, bool)) {
    let list = utterance("u", "a b", &["a b", "a c", "d c"]);
    let texts = list
        .nbest
        .hypotheses()
        .iter()
        .map(|h| h.transcript.clone())
        .collect();
    let choice = chosen(&ListPair::new(list, texts), &clean, &scores);
    let (clean_pick, damage, before, after, fails) = expected;
    assert_eq!((choice.clean_pick, choice.damage()), (clean_pick, damage));
    assert!(
        (choice.margin_before.unwrap() - before).abs() < 1e-12,
        "{choice:?}"
    );
    assert!(
        (choice.margin_after.unwrap() - after).abs() < 1e-12,
        "{choice:?}"
    );
    assert_eq!(choice.fails(0.25), fails);
}

#[test]
fn a_failure_is_a_harmful_flip_with_a_margin_on_both_sides() {
    // Totals by hand: -0.3 + clean, -0.6 + clean, -0.9 + clean.
    check_choice([0.0, 0.0, 0.0], [0.0, 1.3, 0.6], (0, 1, 0.3, -1.0, true));
    check_choice([0.0, 0.0, 0.0], [0.0, 0.5, 0.6], (0, 1, 0.3, -0.2, false));
    check_choice([0.0, 0.1, 0.0], [0.0, 1.3, 0.6], (0, 1, 0.2, -1.0, false));
    check_choice([0.0, 0.0, 0.0], [0.0, 0.2, 0.0], (0, 0, 0.3, 0.1, false));
    // The clean pick is wrong by one word: only the last hypothesis is worse.
    check_choice([0.0, 1.0, 0.0], [9.0, 0.0, 0.0], (1, 0, 1.3, 9.6, false));
    check_choice([0.0, 1.0, 0.0], [0.0, 0.0, 2.0], (1, 1, 1.3, -1.4, true));
}

/// The swap makes the clean pick as bad as the one that is then preferred: leaving it is good sense.
#[test]
fn leaving_what_a_swap_damaged_is_no_failure() {
    let list = utterance("u", "a b", &["a b", "a c", "d c"]);
    let texts = ["x b", "a c", "d c"].map(Transcript::new).to_vec();
    let pair = ListPair::new(list, texts);
    let choice = |after: [f64; 3]| chosen(&pair, &[0.0; 3], &after);
    let sensible = choice([0.0, 9.0, 0.0]);
    assert!(sensible.flipped() && sensible.damage() == 0 && !sensible.fails(0.0));

    let harmful = choice([0.0, 0.0, 9.0]);
    assert!(harmful.damage() == 1 && harmful.fails(0.25));
    assert_eq!((harmful.clean.errors(), harmful.kept.errors()), (0, 1));
}

#[test]
fn a_list_of_which_nothing_is_worse_cannot_fail() {
    let list = utterance("u", "a", &["b", "c"]);
    let texts = vec![Transcript::new("b"), Transcript::new("c")];
    let choice = chosen(&ListPair::new(list, texts), &[0.0, 0.0], &[0.0, 9.0]);

    assert!(choice.flipped() && choice.margin_before.is_none() && !choice.fails(0.0));
}

/// All that `salt`'s rescorer gets harmfully wrong in the first draws, with the choices on whole lists.
fn failing(salt: u64, noise: f64) -> Vec<Case> {
    let (utterance, replacements) = (tea(), replacements(""));
    let cases: Vec<Case> = (0..8)
        .map(|seed| draw(&utterance, &replacements, seed))
        .collect();
    let pairs: Vec<ListPair> = cases
        .iter()
        .map(|case| ListPair::of(&utterance, case).unwrap())
        .collect();
    let choices = choices(&pairs, &Words::new(salt)).unwrap();

    cases
        .into_iter()
        .zip(choices)
        .filter(|(_, choice)| choice.fails(noise))
        .map(|(case, _)| case)
        .collect()
}

#[test]
fn without_noise_a_failure_is_what_the_trials_of_a_run_call_harmful() {
    let (utterance, replacements) = (tea(), replacements(""));
    let mut harmful = 0;
    for salt in 0..100 {
        let rescorer = Words::new(salt);
        let case = draw(&utterance, &replacements, salt);
        let pair = ListPair::of(&utterance, &case).unwrap();
        let choice = choices(std::slice::from_ref(&pair), &rescorer)
            .unwrap()
            .remove(0);
        let clean = Rescored::clean(&utterance, &choice.clean_scores, SUM);
        let perturbed = Rescored::perturbed(&utterance, pair.texts(), &choice.scores, SUM);
        let trial = Trial::new((0, 0), case, &clean, &perturbed);
        assert_eq!(trial.case.is_some(), trial.harmful());
        assert_eq!(choice.fails(0.0), trial.harmful());
        assert_eq!((choice.text, choice.kept), (trial.text, trial.kept));
        harmful += usize::from(choice.fails(0.0));
    }

    assert!((10..90).contains(&harmful), "{harmful}");
}

fn minimized(cases: Vec<Case>, rescorer: &Words, noise: f64) -> Minimization<Choice> {
    let tea = tea();
    let utterances = vec![&tea; cases.len()];
    let judge = PairJudge {
        utterances: &utterances,
        rescorer,
        is_failure: &|_, choice| choice.fails(noise),
    };

    minimize(
        cases,
        &judge,
        &MinimizeLimits {
            batch: BATCH,
            texts: usize::MAX,
            scope: Scope::Words,
            out_of_time: &|| false,
        },
    )
}

#[test]
fn minimal_failures_of_a_rescorer_are_small_and_fail() {
    let (mut edits, mut words) = (Vec::new(), Vec::new());
    for salt in 0..60 {
        let rescorer = Words::new(salt);
        for minimum in minimized(failing(salt, 0.0), &rescorer, 0.0).minima {
            let choice = minimum.finding.unwrap();
            assert!(minimum.status == MinimizeStatus::Complete && choice.fails(0.0));
            assert!(choice.damage() > 0 && minimum.given.unwrap().fails(0.0));
            edits.push(minimum.case.edits().len());
            words.push(minimum.case.key().words);
        }
    }

    edits.sort_unstable();
    words.sort_unstable();
    assert!(
        edits.len() > 100 && edits[edits.len() / 3] == 1 && edits[edits.len() / 2] <= 2,
        "{edits:?}"
    );
    assert!(words[words.len() / 2] <= 8, "{words:?}");
}

#[test]
fn failures_within_the_noise_are_flaky_and_those_beyond_it_are_true() {
    let noise = 0.03;
    // Two totals differ by at most twice the noise from their true difference.
    for (margin, flaky_expected) in [(0.0, true), (2.0 * noise, false)] {
        let (mut flaky, mut untrue, mut complete) = (0, 0, 0);
        for salt in 0..150 {
            let cases = failing(salt, 0.0);
            let exact = Words::new(salt);
            let noisy = Words {
                noise,
                ..Words::new(salt)
            };
            for minimum in minimized(cases, &noisy, margin).minima {
                let pair = ListPair::of(&tea(), &minimum.case).unwrap();
                let truth = choices(&[pair], &exact).unwrap().remove(0);
                match minimum.status {
                    MinimizeStatus::Complete => {
                        complete += 1;
                        untrue += usize::from(!truth.fails(0.0));
                    }
                    MinimizeStatus::Flaky => flaky += 1,
                    MinimizeStatus::Budget => panic!("nothing limits it"),
                }
            }
        }
        assert!(complete > 100 && flaky > 0, "{complete} {flaky}");
        assert_eq!(
            untrue > 0,
            flaky_expected,
            "{untrue} of {complete} do not fail"
        );
    }
}
