//! The sentences and tables of explanations.

use super::*;
use crate::check::examples::{counterexamples, replacements};
use crate::check::failures::explanation::explain;
use crate::check::failures::picks::RowKind;
use crate::perturb::Vocabulary;
use crate::rescore::{FirstPass, Rescorer};

fn other(word: &str, fails: bool) -> OtherRecord {
    OtherRecord {
        word: word.to_owned(),
        distance: 0.0,
        margin_after: Some(if fails { -0.5 } else { 0.25 }),
        fails,
    }
}

#[track_caller]
fn check_generalization(
    (from, to): (&str, &str),
    distance: f64,
    others: &[OtherRecord],
    expected: &str,
) {
    let score = ScoreRecord {
        second_pass: 0.0,
        total: 0.0,
    };
    let effect = EffectRecord {
        hypothesis: 0,
        from: from.to_owned(),
        to: to.to_owned(),
        distance,
        better_without: score,
        worse_without: score,
        margin_without: None,
        fails_without: false,
        general: !others.is_empty() && others.iter().all(|other| other.fails),
        others: others.to_vec(),
    };

    assert_eq!(generalization(&effect), expected);
}

#[test]
fn a_sentence_says_which_other_words_do_the_same() {
    check_generalization(
        ("two", "too"),
        0.0,
        &[],
        "two -> too (0): there is no other homophone of \"two\" to try",
    );
    check_generalization(
        ("two", "too"),
        0.0,
        &[other("to", true)],
        "two -> too (0): any homophone of \"two\" does it, also to (-0.500)",
    );
    check_generalization(
        ("two", "too"),
        0.3,
        &[other("to", true), other("do", false)],
        "two -> too (0.3): so does to (-0.500), but not do (+0.250)",
    );
    check_generalization(
        ("two", "too"),
        0.3,
        &[other("to", false)],
        "two -> too (0.3): no other word within 0.3 of \"two\" does it: to (+0.250)",
    );
}

#[test]
fn an_explanation_fits_a_terminal_and_loses_no_word() {
    let score = ScoreRecord {
        second_pass: -12.345,
        total: -1234.567,
    };
    let pick = |hypothesis| PickRecord {
        hypothesis,
        first_pass: -10.0,
        before: score,
        after: score,
    };
    let effect = |hypothesis| EffectRecord {
        hypothesis,
        from: "responsibility".to_owned(),
        to: "responsibilities".to_owned(),
        distance: 0.1,
        better_without: score,
        worse_without: score,
        margin_without: Some(-0.5),
        fails_without: false,
        general: false,
        others: Vec::new(),
    };
    let record = ExplanationRecord {
        file: "failures/perturb-n.test-0003.1.feb53a21.json".to_owned(),
        id: "test-0003".to_owned(),
        found_by: "perturb-n / perturb-n".to_owned(),
        coherent: true,
        fails: true,
        already_worse: false,
        minimal: CounterexampleListRecord {
            substitutions: Vec::new(),
            hypotheses: 2,
            damage: 1,
            margin_before: Some(0.5),
            margin_after: Some(-0.5),
            rows: Vec::new(),
        },
        margin_before: Some(0.5),
        margin_after: Some(-0.5),
        better: pick(0),
        worse: pick(1),
        effects: vec![effect(0), effect(1)],
    };

    let words =
        |text: &str| -> Vec<String> { text.split_whitespace().map(str::to_owned).collect() };
    let whole = render(&record, None);
    assert!(whole.contains(ONE_BY_ONE), "{whole}");
    assert!(
        whole.lines().any(|line| line.chars().count() > 80),
        "{whole}"
    );
    for width in [80, 120] {
        let text = render(&record, Some(width));
        let longest = text.lines().map(|line| line.chars().count()).max();
        assert!(longest.unwrap() <= width, "{text}");
        assert_eq!(words(&text), words(&whole));
    }
}

#[test]
fn a_word_that_comes_stands_beside_a_gap() {
    check_generalization(
        ("", "the"),
        0.4,
        &[other("a", true)],
        "*** -> the (0.4): any word in its place does it, also a (-0.500)",
    );
}

#[test]
fn a_model_that_takes_the_worse_text_anyway_is_told_so_with_the_right_names() {
    let replacements = replacements("");
    let mut seen = 0;
    for saved in counterexamples(30) {
        let explanation = explain(&saved, &replacements, Vocabulary::Common, &FirstPass).unwrap();
        let record = ExplanationRecord::new(
            "f.json".to_owned(),
            &saved,
            &explanation,
            FirstPass.interpolation(),
            0.0,
        );

        let list = &saved.minimal;
        let text = |index: usize| list.hyps[index].original.as_str();
        let row = |kind: RowKind| {
            let row = record.minimal.rows.iter().find(|row| row.kind == kind);
            let words = row.unwrap().cells.iter().flatten();
            words.map(String::as_str).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(row(RowKind::Better), text(record.better.hypothesis));
        assert_eq!(row(RowKind::Worse), text(record.worse.hypothesis));
        let shown = render(&record, None);
        assert_eq!(
            record.already_worse,
            shown.contains("worse without swaps"),
            "{shown}"
        );

        if record.already_worse {
            seen += 1;
            assert_eq!(record.better.hypothesis, list.clean_pick);
            assert_eq!(record.worse.hypothesis, explanation.choice.clean_pick);
            assert_eq!((record.margin_before, record.margin_after), (None, None));
            assert!(record.better.before.total < record.worse.before.total);
            assert!(!shown.contains(" - "), "{shown}");
        }
    }
    assert!(seen > 0);
}
