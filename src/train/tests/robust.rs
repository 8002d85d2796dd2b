//! Robust training: what is swapped, and that it resumes like all training.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::bert::batch::TextTokenizer;
use crate::nbest::{Hypothesis, NBest, Transcript, Utterance};
use crate::perturb::menu::Replacements;
use crate::phonetics::lexicon::Lexicon;
use crate::train::lists::TrainingList;
use crate::train::parameters::values;
use crate::train::rescoring::TrainingData;
use crate::train::robust::{ConsistencyOf, Perturber, Robust, Touched};
use crate::train::strategy::{MixedRank, TrainingStrategy};
use crate::train::tests::{config, dynamic, plan, train_on, warm_up};
use crate::train::vocabulary::Vocabulary;

const ROBUST: Robust = Robust {
    perturbation: Touched::All,
    probability: 0.5,
    words: 1,
    max_distance: 0,
    consistency: 0.2,
    consistency_of: ConsistencyOf::Ranking,
};

fn replacements() -> Replacements {
    let text = "two T UW1\ntoo T UW1\ntheir DH EH1 R\nthere DH EH1 R\n";
    Replacements::from(&Lexicon::read(text.as_bytes(), "test").unwrap())
}

fn tokenizer() -> Arc<TextTokenizer> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokenizer.json");
    let vocabulary = Vocabulary::build(["two too their there cup is here"], 24);
    std::fs::write(&path, vocabulary.tokenizer_json()).unwrap();
    Arc::new(TextTokenizer::read(&path, &config(), 8).unwrap())
}

fn utterances(count: usize) -> Vec<Utterance> {
    let hypotheses = ["two is their", "too is there", "cup is here two"];
    (0..count)
        .map(|index| Utterance {
            id: format!("u{index}"),
            speaker: None,
            reference: Transcript::new("two is there"),
            nbest: NBest::new(
                hypotheses
                    .iter()
                    .map(|text| Hypothesis {
                        transcript: Transcript::new(text),
                        score: -(text.len() as f64),
                        am_score: None,
                        lm_score: None,
                    })
                    .collect(),
            )
            .unwrap(),
            attributes: BTreeMap::new(),
        })
        .collect()
}

fn perturber(robust: Robust, replacements: Replacements) -> Perturber {
    Perturber::new(robust, 1, utterances(40), replacements, tokenizer()).unwrap()
}

fn lists(count: usize) -> Vec<TrainingList> {
    TrainingList::prepare(&utterances(count), 10, &tokenizer()).unwrap()
}

#[test]
fn about_so_many_lists_are_swapped_and_their_errors_counted_anew() {
    let perturber = perturber(ROBUST, replacements());
    let mut swapped = 0;
    let mut errors = BTreeSet::new();
    for list in &lists(40) {
        for step in 1..=10 {
            let version = perturber.version(list, step).unwrap();
            assert_eq!(version, perturber.version(list, step).unwrap());
            let Some(version) = version else { continue };
            swapped += 1;
            assert_eq!(version.first_pass, list.first_pass);
            let changed: Vec<usize> = (0..3)
                .filter(|&index| version.texts[index] != list.texts[index])
                .collect();
            assert_eq!(changed, [0, 1, 2]);
            errors.insert(format!("{:?}", version.errors));
        }
    }

    // 400 coins: 200 expected, standard deviation 10.
    assert!((160..=240).contains(&swapped), "{swapped}");

    // "two is their" has one error, and with "there" none, or with "too" two.
    assert!(
        errors.iter().any(|errors| errors.starts_with("[0.0")),
        "{errors:?}"
    );
    assert!(
        errors.iter().any(|errors| errors.starts_with("[2.0")),
        "{errors:?}"
    );
}

#[test]
fn perturb_1_touches_the_first_hypothesis_alone() {
    let robust = Robust {
        perturbation: Touched::FirstPassBest,
        probability: 1.0,
        ..ROBUST
    };
    let perturber = perturber(robust, replacements());

    for list in &lists(40) {
        let version = perturber.version(list, 3).unwrap().unwrap();
        assert_ne!(version.texts[0], list.texts[0]);
        assert_eq!(version.texts[1..], list.texts[1..]);
    }
}

#[test]
fn lists_without_a_word_to_swap_are_refused() {
    let text = "elephant EH1 L AH0 F AH0 N T\n";
    let replacements = Replacements::from(&Lexicon::read(text.as_bytes(), "test").unwrap());
    let refused = Perturber::new(ROBUST, 1, utterances(3), replacements, tokenizer());
    assert!(
        refused
            .unwrap_err()
            .to_string()
            .starts_with("no word of the training lists can be swapped")
    );
}

#[track_caller]
fn check_setting(robust: Robust, message: &str) {
    assert_eq!(robust.check().unwrap_err().to_string(), message);
}

#[test]
fn impossible_settings_are_refused() {
    check_setting(
        Robust {
            probability: 0.0,
            ..ROBUST
        },
        "`robust-probability` is 0; it must be above 0, and at most 1",
    );
    check_setting(
        Robust { words: 0, ..ROBUST },
        "`robust-words` is 0; it must be at least 1",
    );
    check_setting(
        Robust {
            consistency: f64::NAN,
            ..ROBUST
        },
        "`consistency` is NaN; it must be a finite number, 0 or more",
    );
}

fn data() -> TrainingData {
    TrainingData {
        train: lists(17),
        dev: lists(4),
        perturber: Some(perturber(ROBUST, replacements())),
    }
}

/// A robust run that is interrupted twice ends as one that is not, and not as one without
/// perturbation.
#[track_caller]
fn check_resumes(strategy: &TrainingStrategy, stops: [usize; 2]) {
    let mut plan = plan(strategy);
    plan.robust = Some(ROBUST);
    plan.objective.distillation = 0.0;

    let parent = tempfile::tempdir().unwrap();
    let run = |folder: &str, stop: usize| {
        train_on(&plan, &data(), &parent.path().join(folder), stop).unwrap()
    };
    let whole = run("whole", usize::MAX);

    let mut losses = Vec::new();
    for stop in stops {
        losses.extend(run("parts", stop).losses);
    }

    let last = run("parts", usize::MAX);
    losses.extend(last.losses);
    assert_eq!(whole.losses, losses);

    let (one, other) = (&whole.output.model, &last.output.model);
    assert_eq!(values(one, &|_| true), values(other, &|_| true));
    let mut plain = plan.clone();
    plain.robust = None;

    let mut data = data();
    data.perturber = None;
    let plain = train_on(&plain, &data, &parent.path().join("plain"), usize::MAX).unwrap();
    assert_ne!(plain.losses, losses);
}

#[test]
fn every_strategy_trains_robustly_and_resumes() {
    check_resumes(&TrainingStrategy::Full, [4, 21]);
    check_resumes(&TrainingStrategy::Lora, [1, 14]);
    check_resumes(&dynamic(), [5, 24]);
    check_resumes(&warm_up(None), [11, 13]);
    check_resumes(&TrainingStrategy::MixedRank(MixedRank::Drawn), [3, 13]);
}
