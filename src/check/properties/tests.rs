//! Sound rescorers keep every invariant; broken ones are found out, each by a case that a person
//! can read at a glance.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::check::engine::plan::{CheckProgress, Plan};
use crate::check::engine::run::run;
use crate::check::examples::{replacements, utterance};
use crate::check::properties::outcome::{Evidence, Minimal, PropertyOutcome, Status};
use crate::nbest::Utterance;
use crate::perturb::menu::Replacements;
use crate::rescore::pointwise::Pointwise;
use crate::rescore::text_scorer::TextScorer;
use crate::rescore::{Candidates, FirstPass, Interpolation, Oracle, RescoreError, Rescorer};
use crate::suite::Suite;

struct Quiet;

impl CheckProgress for Quiet {
    fn begin(&self, _: &str, _: usize) {}
}

/// Lists with references, of three hypotheses each.
fn corpus() -> Vec<Utterance> {
    let rests = [
        "by the quay",
        "for tea",
        "at eight",
        "in the park",
        "with her",
        "to town",
    ];

    let utterances = rests.iter().enumerate().flat_map(|(index, rest)| {
        ["their two cups", "four of us went"].map(|start| {
            let right = format!("{start} {rest}");
            let texts = [
                right.clone(),
                format!("{start} {rest} too"),
                format!("oh {start}"),
            ];
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            utterance(&format!("{index}-{}", &start[..4]), &right, &texts)
        })
    });

    utterances.collect()
}

fn with_plan<T>(suite: &str, look: impl FnOnce(&Plan<'_>) -> T) -> T {
    let suites = [Suite::builtin(suite).unwrap()];
    let (utterances, replacements): (Vec<Utterance>, Replacements) = (corpus(), replacements(""));
    look(&Plan {
        utterances: &utterances,
        suites: &suites,
        replacements: &replacements,
        seed: 1,
        draws: None,
    })
}

/// What becomes of every property of a suite, by the name of the check.
fn outcomes(suite: &str, rescorer: &dyn Rescorer) -> Vec<(String, PropertyOutcome)> {
    with_plan(suite, |plan| {
        let mut suites = plan.suites.to_vec();
        suites[0].checks.clear();
        let plan = Plan {
            suites: &suites,
            ..*plan
        };
        let outcome = run(&plan, rescorer, &Quiet).unwrap();
        let names = suites[0].properties.iter().map(|check| check.name.clone());
        names.zip(outcome.facts.properties.outcomes).collect()
    })
}

/// What becomes of a property that a rescorer keeps, on the corpus: no-harm, of which no pick
/// changes an error there, would need more clusters than that.
fn kept(name: &str) -> Status {
    match name {
        "no-harm" => Status::Inconclusive,
        _ => Status::Pass,
    }
}

#[track_caller]
fn check_sound(rescorer: &dyn Rescorer) {
    for (name, outcome) in outcomes("invariants", rescorer) {
        assert_eq!(outcome.status, kept(&name), "{name}: {outcome:?}");
    }
}

/// The minimal case of the one that must fail; `also` may fail for the same reason, all others are
/// [`kept`].
#[track_caller]
fn check_broken(rescorer: &dyn Rescorer, name: &str, also: &[&str]) -> Minimal {
    let mut minimal = None;
    for (found, outcome) in outcomes("invariants", rescorer) {
        if found == name {
            assert_eq!(outcome.status, Status::Fail, "{name}: {outcome:?}");
            minimal = outcome.minimal;
        } else if !also.contains(&found.as_str()) {
            assert_eq!(outcome.status, kept(&found), "{found}: {outcome:?}");
        }
    }

    let minimal = minimal.unwrap();
    assert!(minimal.complete && minimal.confirmed, "{minimal:?}");
    minimal
}

/// One property looks for scores that are no numbers; of the others none passes.
fn check_without_numbers(rescorer: &dyn Rescorer) -> Minimal {
    let mut minimal = None;
    for (found, outcome) in outcomes("invariants", rescorer) {
        if found == "finite-scores" {
            assert_eq!(outcome.status, Status::Fail, "{outcome:?}");
            minimal = outcome.minimal;
            continue;
        }
        assert_ne!(outcome.status, Status::Pass, "{found}: {outcome:?}");
    }
    minimal.unwrap()
}

fn texts(minimal: &Minimal, list: usize) -> Vec<&str> {
    let entries = minimal.lists[list].hyps.iter();
    entries.map(|entry| entry.text.as_str()).collect()
}

/// What a model would see of a call: all texts, each with its list, its place there and its
/// first-pass score.
struct Seen<'a> {
    call: &'a [Candidates<'a>],
    list: &'a Candidates<'a>,
    place: usize,
    text: &'a str,
}

/// A rescorer that is a function of what it sees.
struct Model<F>(F);

impl<F: Fn(&Seen<'_>) -> f64 + Send + Sync> Rescorer for Model<F> {
    fn score(&self, lists: &[Candidates<'_>]) -> Result<Vec<Vec<f64>>, RescoreError> {
        let score = |list, place, text| {
            (self.0)(&Seen {
                call: lists,
                list,
                place,
                text,
            })
        };
        Ok(lists
            .iter()
            .map(|list| {
                let texts = list.texts.iter().enumerate();
                texts
                    .map(|(place, text)| score(list, place, text))
                    .collect()
            })
            .collect())
    }

    fn interpolation(&self) -> Interpolation {
        Interpolation {
            first_pass_scale: 1.0,
            weight: 1.0,
        }
    }

    fn name(&self) -> &'static str {
        "model"
    }
}

/// Likes short texts a little: sound, and picks the first hypothesis of every list of the corpus.
fn sound(text: &str) -> f64 {
    -0.001 * words(text)
}

fn words(text: &str) -> f64 {
    text.split_whitespace().count() as f64
}

#[test]
fn sound_rescorers_keep_every_invariant() {
    check_sound(&FirstPass);
    check_sound(&Oracle);
    check_sound(&Model(|seen: &Seen<'_>| sound(seen.text)));
}

#[test]
fn padding_that_leaks_into_scores_is_found_with_two_texts() {
    let model = Model(|seen: &Seen<'_>| {
        let texts = seen.call.iter().flat_map(|list| &list.texts);
        let longest = texts.map(|text| words(text)).fold(0.0, f64::max);
        sound(seen.text) - 0.01 * (longest - words(seen.text))
    });
    let minimal = check_broken(
        &model,
        "batch-invariance",
        &["duplicate-invariance", "irrelevant-alternative"],
    );
    assert_eq!(minimal.lists.len(), 3, "{minimal:?}");

    let [alone, together, other] = [0, 1, 2].map(|list| texts(&minimal, list));
    assert_eq!(alone, together);
    let mut lengths = [words(alone[0]), words(other[0])];
    lengths.sort_by(f64::total_cmp);
    assert_eq!(
        (alone.len(), other.len(), lengths),
        (1, 1, [1.0, 2.0]),
        "{minimal:?}"
    );
}

#[test]
fn a_liking_for_the_order_is_found_with_two_words() {
    let model = Model(|seen: &Seen<'_>| sound(seen.text) - 0.1 * seen.place as f64);
    let minimal = check_broken(&model, "order-invariance", &["duplicate-invariance"]);
    let kept = texts(&minimal, 0);
    assert_eq!(kept.len(), 2, "{minimal:?}");
    assert!(kept.iter().all(|text| words(text) <= 1.0), "{minimal:?}");
}

#[test]
fn nan_for_one_word_is_found_with_that_word_alone() {
    let model = Model(|seen: &Seen<'_>| {
        let nan = seen.text.split(' ').any(|word| word == "quay");
        if nan { f64::NAN } else { sound(seen.text) }
    });
    let minimal = check_without_numbers(&model);
    assert_eq!(texts(&minimal, 0), ["quay"]);
    assert!(minimal.lists[0].hyps[0].not_finite);
    assert_eq!(minimal.sentence, "a score is NaN");
}

/// As the model of the last test, but one that remembers and so refuses such scores.
#[test]
fn nan_of_a_rescorer_with_a_memory_is_found_too() {
    struct Texts;
    impl TextScorer for Texts {
        fn score_texts(&self, texts: &[&str]) -> Result<Vec<f64>, RescoreError> {
            let score = |text: &&str| if text.contains("quay") { f64::NAN } else { 0.0 };
            Ok(texts.iter().map(score).collect())
        }

        fn interpolation(&self) -> Interpolation {
            FirstPass.interpolation()
        }

        fn name(&self) -> &'static str {
            "texts"
        }
    }

    let minimal = check_without_numbers(&Pointwise::new(Texts));
    assert_eq!(texts(&minimal, 0), ["quay"]);
}

#[test]
fn scores_that_change_by_themselves_are_found_with_one_word() {
    let calls = AtomicU64::new(0);
    let model = Model(|seen: &Seen<'_>| {
        let call = calls.fetch_add(1, Ordering::Relaxed);
        sound(seen.text) + 0.01 * (call % 7) as f64
    });
    let outcomes = outcomes("invariants", &model);
    let (_, determinism) = &outcomes[0];
    assert_eq!(determinism.status, Status::Fail, "{determinism:?}");

    let minimal = determinism.minimal.as_ref().unwrap();
    assert_eq!(
        (texts(minimal, 0).len(), words(texts(minimal, 0)[0])),
        (1, 1.0)
    );

    // What repeating explains is blamed on nothing else.
    for (name, outcome) in &outcomes[1..] {
        assert_ne!(outcome.status, Status::Fail, "{name}: {outcome:?}");
        assert_ne!(outcome.status, Status::Error(String::new()), "{name}");
    }

    let (_, batch) = &outcomes[1];
    assert_eq!(batch.status, Status::Flaky, "{batch:?}");
}

#[test]
fn a_second_copy_that_counts_less_is_found() {
    let model = Model(|seen: &Seen<'_>| {
        let earlier = seen.list.texts[..seen.place].iter();
        let copies = earlier.filter(|text| **text == seen.text).count();
        sound(seen.text) - 0.1 * copies as f64
    });
    let minimal = check_broken(&model, "duplicate-invariance", &[]);
    let [before, after] = [0, 1].map(|list| texts(&minimal, list));
    assert_eq!((before.len(), after.len()), (1, 2), "{minimal:?}");
    assert_eq!(after[0], after[1]);
}

#[test]
fn a_pick_that_hangs_on_the_last_choice_is_found() {
    // With three hypotheses the second is best, with two the first.
    let model = Model(|seen: &Seen<'_>| {
        let bonus = if seen.list.texts.len() == 3 && seen.text.ends_with("too") {
            1.0
        } else {
            0.0
        };
        sound(seen.text) + bonus
    });

    let minimal = check_broken(
        &model,
        "irrelevant-alternative",
        &["duplicate-invariance", "no-harm", "oracle-consistency"],
    );

    assert_eq!(
        (minimal.lists[0].hyps.len(), minimal.lists[1].hyps.len()),
        (3, 2)
    );
    assert_ne!(minimal.lists[0].pick, minimal.lists[1].pick);
}

#[test]
fn scores_that_read_the_first_pass_as_probabilities_are_found() {
    let model = Model(|seen: &Seen<'_>| {
        let score = seen.list.utterance.nbest.hypotheses()[seen.place].score;
        sound(seen.text) - 0.9 * (score / 10.0).exp()
    });
    let minimal = check_broken(&model, "first-pass-shift", &["duplicate-invariance"]);

    assert!(
        minimal.sentence.starts_with("with 64 added"),
        "{}",
        minimal.sentence
    );
    assert_eq!(minimal.lists[0].hyps.len(), 2);
}

#[test]
fn a_rescorer_that_gives_up_on_an_empty_text_is_found() {
    struct NoEmpty;
    impl Rescorer for NoEmpty {
        fn score(&self, lists: &[Candidates<'_>]) -> Result<Vec<Vec<f64>>, RescoreError> {
            if lists.iter().any(|list| list.texts.contains(&"")) {
                return Err(RescoreError::Model("index out of range".into()));
            }
            FirstPass.score(lists)
        }

        fn interpolation(&self) -> Interpolation {
            FirstPass.interpolation()
        }

        fn name(&self) -> &'static str {
            "no-empty"
        }
    }

    let minimal = check_broken(&NoEmpty, "finite-scores", &[]);
    assert_eq!(minimal.id, "an empty text");
    assert!(
        minimal.sentence.ends_with("index out of range"),
        "{}",
        minimal.sentence
    );
}

#[test]
fn harm_and_a_dislike_of_references_are_found_as_rates() {
    // Likes the longest text.
    let model = Model(|seen: &Seen<'_>| 2.0 * words(seen.text));
    let found = outcomes("invariants", &model);
    for name in ["no-harm", "oracle-consistency"] {
        let (_, outcome) = found.iter().find(|(found, _)| found == name).unwrap();
        assert_eq!(outcome.status, Status::Fail, "{outcome:?}");
        let minimal = outcome.minimal.as_ref().unwrap();
        assert_eq!(minimal.lists[0].hyps.len(), 2, "{minimal:?}");
        let Evidence::Rate(rate) = &outcome.evidence else {
            panic!("{outcome:?}")
        };
        assert_eq!(rate.family, 2);
        if name == "oracle-consistency" {
            assert_eq!((rate.tried, rate.exceptions), (12, 12));
        }
    }
}

#[test]
fn the_severity_of_a_model_that_loves_one_word() {
    // `too` sounds like `two`, and is worth more than all else.
    let model = Model(|seen: &Seen<'_>| {
        let liked = seen.text.split(' ').filter(|word| *word == "too").count();
        5.0 * liked as f64 + sound(seen.text)
    });
    let found = outcomes("severity", &model);
    let status = |name: &str| {
        let (_, outcome) = found.iter().find(|(found, _)| found == name).unwrap();
        outcome.clone()
    };
    let preference = status("monotone-preference");
    let minimal = preference.minimal.unwrap();

    assert_eq!(
        (texts(&minimal, 0), texts(&minimal, 1)),
        (
            vec!["their two cups with her"],
            vec!["their too cups with her"]
        )
    );

    let drop = status("score-drop");
    let Evidence::Rate(rate) = &drop.evidence else {
        panic!("{drop:?}")
    };
    assert_eq!(rate.figures.len(), 7, "{drop:?}");

    let forms = status("surface-forms");
    // In capitals the word is not liked any more.
    assert_eq!(forms.status, Status::Fail, "{forms:?}");
    assert_eq!(forms.minimal.unwrap().lists[0].hyps.len(), 2);
}

#[test]
fn a_table_of_scores_is_asked_for_its_own_texts_only() {
    struct Table;
    impl Rescorer for Table {
        fn score(&self, lists: &[Candidates<'_>]) -> Result<Vec<Vec<f64>>, RescoreError> {
            let known: Vec<String> = corpus()
                .iter()
                .flat_map(|utterance| utterance.nbest.hypotheses().to_vec())
                .map(|hypothesis| hypothesis.transcript.as_str().to_owned())
                .collect();
            for text in lists.iter().flat_map(|list| &list.texts) {
                assert!(
                    known.iter().any(|known| known == text),
                    "asked for \"{text}\""
                );
            }
            FirstPass.score(lists)
        }

        fn scores_any_text(&self) -> bool {
            false
        }

        fn interpolation(&self) -> Interpolation {
            FirstPass.interpolation()
        }

        fn name(&self) -> &'static str {
            "table"
        }
    }

    let found = outcomes("invariants", &Table);
    let skipped = found
        .iter()
        .filter(|(_, outcome)| matches!(outcome.status, Status::Skipped(_)));
    let names: Vec<&str> = skipped.map(|(name, _)| name.as_str()).collect();

    assert_eq!(
        names,
        ["batch-invariance", "finite-scores", "oracle-consistency"]
    );
    assert!(
        found
            .iter()
            .all(|(_, outcome)| outcome.status.verdict()
                != Some(crate::stats::verdict::Verdict::Fail))
    );
}

#[test]
fn an_interrupted_rescorer_interrupts_the_run() {
    struct Interrupted(AtomicU64);
    impl Rescorer for Interrupted {
        fn score(&self, lists: &[Candidates<'_>]) -> Result<Vec<Vec<f64>>, RescoreError> {
            if self.0.fetch_add(1, Ordering::Relaxed) > 3 {
                return Err(RescoreError::Interrupted);
            }
            FirstPass.score(lists)
        }

        fn interpolation(&self) -> Interpolation {
            FirstPass.interpolation()
        }

        fn name(&self) -> &'static str {
            "interrupted"
        }
    }

    let result = with_plan("invariants", |plan| {
        run(plan, &Interrupted(AtomicU64::new(0)), &Quiet).map(|outcome| outcome.clean)
    });
    assert!(matches!(result, Err(RescoreError::Interrupted)));
}
