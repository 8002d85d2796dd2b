//! `corrections`: generators, which write texts instead of picking them.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::{Value, json};

use crate::project::{Project, Run, some_lists, words};

/// The first bundled lists, and what `perturb` writes of them.
fn with_cases() -> Project {
    let project = some_lists(80);
    let run = project.run(&words(
        "perturb --suite perturb-n --draws 2 --nbest lists.jsonl --out cases.jsonl",
    ));
    assert_eq!(run.code, 0, "{}", run.err);
    project
}

/// What a generator makes of all lists: `write` gets a perturbed list, the field with its texts,
/// and gives a text.
fn corrected(project: &Project, write: impl Fn(&Value, &str) -> String) -> String {
    let mut lines = String::new();
    let mut seen = BTreeSet::new();
    for line in project.read("cases.jsonl").lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let id = case["id"].as_str().unwrap();
        if seen.insert(id.to_owned()) {
            let clean = json!({"id": id, "text": write(&case, "original")});
            let _ = writeln!(lines, "{clean}");
        }
        let perturbed = json!({"id": id, "draw": case["draw"], "text": write(&case, "text")});
        let _ = writeln!(lines, "{perturbed}");
    }

    lines
}

const CORRECTIONS: [&str; 8] = [
    "corrections",
    "corrected.jsonl",
    "--suite",
    "perturb-n",
    "--draws",
    "2",
    "--nbest",
    "lists.jsonl",
];

/// The record of a run that ends with `code`.
#[track_caller]
fn record(project: &Project, code: i32) -> Value {
    let run: Run = project.run(&[&CORRECTIONS[..], &["--json"]].concat());
    assert_eq!(run.code, code, "{}{}", run.out, run.err);
    serde_json::from_str(&run.out).unwrap()
}

/// The first check of a model's report on the same lists.
fn check(project: &Project, model: &str) -> Value {
    let run = project.run(&[
        "--model",
        model,
        "--suite",
        "perturb-n",
        "--draws",
        "2",
        "--nbest",
        "lists.jsonl",
        "--out",
        model,
    ]);
    assert!([0, 1, 3].contains(&run.code), "{}", run.err);
    let report = project.read(&format!("{model}/report.json"));
    let mut report: Value = serde_json::from_str(&report).unwrap();
    report["checks"][0].take()
}

#[test]
fn corrections_of_other_draws_are_noticed_where_the_key_is_passed_on() {
    let project = with_cases();
    let first = |case: &Value, field: &str| case["hyps"][0][field].as_str().unwrap().to_owned();
    let lines = corrected(&project, first);
    let cases = project.read("cases.jsonl");
    let case: Value = serde_json::from_str(cases.lines().next().unwrap()).unwrap();
    let key = case["key"].as_str().unwrap();
    let keyed = lines.replace("{\"", &format!("{{\"key\":\"{key}\",\""));
    let project = project.file("corrected.jsonl", keyed);
    record(&project, 3);

    let refused = |more: &[&str]| {
        let words = [&CORRECTIONS[..], more].concat();
        project.check_error(&words, &["line 1", key, "--seed", "another `perturb`"]);
    };
    refused(&["--seed", "2"]);
    refused(&["--lexicon-slice", "held-out"]);
    let mut other = CORRECTIONS;
    other[3] = "perturb-1";
    project.check_error(&other, &["line 1", key, "--suite"]);

    // Without the key nobody can tell, which is said.
    assert!(!project.run(&CORRECTIONS).err.contains("without a \"key\""));
    let project = project.file("corrected.jsonl", lines);
    let run = project.run(&[&CORRECTIONS[..], &["--seed", "2"]].concat());
    assert_ne!(run.code, 2, "{}", run.err);
    assert!(run.err.contains("without a \"key\""), "{}", run.err);
}

#[test]
fn what_only_repeats_the_first_pass_has_its_figures() {
    let project = with_cases();
    let first = |case: &Value, field: &str| case["hyps"][0][field].as_str().unwrap().to_owned();
    let project = project.file("corrected.jsonl", "");
    let lines = corrected(&project, first);
    let project = project.file("corrected.jsonl", lines);
    let found = record(&project, 3);
    let expected = check(&project, "first-pass");

    for field in ["clean", "text", "first_pass_clean", "first_pass_text"] {
        assert_eq!(found["wer"][field], expected["wer"][field], "{field}");
    }
    assert_eq!(found["rel"], expected["nprr"]["rel"]);
    assert_eq!(found["pass"]["value"], 1.0);
    assert_eq!(found["gain"]["perturbed"]["value"], 0.0);
    assert_eq!(
        found["coverage"]["perturbed_lists"],
        expected["coverage"]["perturbed_lists"]
    );
    let gates = found["verdict"]["gates"].as_array().unwrap();
    assert_eq!((gates.len(), &gates[0]["gate"]), (1, &json!("gain")));

    let run = project.run(&CORRECTIONS);
    for part in [
        "first pass",
        "nprr.pass",
        "gain perturbed",
        "Undefined",
        "nprr.flip",
    ] {
        assert!(run.out.contains(part), "{}", run.out);
    }
}

#[test]
fn what_repeats_the_best_hypothesis_has_the_oracles_word_error_rates() {
    let project = with_cases();
    let errors = |case: &Value, text: &str| {
        let reference: Vec<&str> = case["ref"].as_str().unwrap().split_whitespace().collect();
        let words: Vec<&str> = text.split_whitespace().collect();
        let mut row: Vec<usize> = (0..=words.len()).collect();
        for (i, expected) in reference.iter().enumerate() {
            let mut corner = std::mem::replace(&mut row[0], i + 1);
            for (j, word) in words.iter().enumerate() {
                let cost = corner + usize::from(expected != word);
                corner = row[j + 1];
                row[j + 1] = cost.min(corner + 1).min(row[j] + 1);
            }
        }
        row[words.len()]
    };
    let lines = corrected(&project, |case, field| {
        let hypotheses = case["hyps"].as_array().unwrap().iter();
        let texts = hypotheses.map(|hypothesis| hypothesis[field].as_str().unwrap());
        texts
            .min_by_key(|text| errors(case, text))
            .unwrap()
            .to_owned()
    });
    let project = project.file("corrected.jsonl", lines);
    let found = record(&project, 0);
    let expected = check(&project, "oracle");

    assert_eq!(found["verdict"]["verdict"], "pass");
    for field in ["clean", "text"] {
        assert_eq!(
            found["wer"][field]["rate"], expected["wer"][field]["rate"],
            "{field}"
        );
    }
    assert_eq!(found["gain"], expected["gain"]);
    assert!(found["changed"]["count"].as_u64() > Some(0));
}

#[test]
fn outputs_must_be_those_of_the_lists() {
    let project = with_cases();
    let lines = corrected(&project, |case, _| case["ref"].as_str().unwrap().to_owned());
    let first = lines.lines().next().unwrap();
    let without = lines.lines().skip(1).collect::<Vec<_>>().join("\n");
    let mut project = project;
    for (content, expected) in [
        (
            format!("{lines}{first}\n"),
            "line 241: a second text for \"",
        ),
        (
            format!("{first}\n{{\"id\": 1}}\n"),
            "line 2: expected {\"id\"",
        ),
        (without, "no text for \""),
        (
            format!("{lines}{{\"id\": \"nobody\", \"text\": \"\"}}\n"),
            "\"nobody\", clean",
        ),
        (
            format!("{lines}{}\n", first.replacen('}', ", \"draw\": 2}", 1)),
            "draw 2",
        ),
    ] {
        project = project.file("corrected.jsonl", content);
        project.check_error(&CORRECTIONS, &["corrected.jsonl", expected]);
    }

    let project = project.file(
        "flip.toml",
        "name = \"flip\"\n\n[[check]]\nname = \"flip\"\nperturbation \
            = \"perturb-1\"\n\n[check.gates]\nflip = true\ngain = false\n",
    );
    let mut arguments = CORRECTIONS;
    arguments[3] = "flip.toml";
    project.check_error(&arguments, &["changes of mind alone", "gain = true"]);
}

#[test]
fn a_generator_is_no_model() {
    let project = with_cases().file("corrected.jsonl", "");
    for arguments in [
        &words("--model corrections:corrected.jsonl --suite perturb-n")[..],
        &["score", "--model", "corrections:corrected.jsonl"],
    ] {
        project.check_error(
            arguments,
            &[
                "neither minimized nor replayed",
                "robustness-check corrections",
            ],
        );
    }
}
