//! `--baseline`: what an equal and a worse model, other utterances and other settings lead to.

use crate::project::Project;
use crate::project::Run;
use crate::project::project;
use crate::project::repository;
use serde_json::Value;
use std::fmt::Write;
use std::fs;

/// A list for each of 36 utterances of 12 speakers; the first pass prefers the wrong words in every third.
fn lines(range: std::ops::Range<usize>) -> String {
    let mut lines = String::new();
    for index in range {
        let (speaker, wrong_first) = (index / 3, index % 3 == 0);
        let (right, wrong) = (
            "their new house is by the road",
            "there new horse is by the rode",
        );
        let (first, second) = if wrong_first {
            (wrong, right)
        } else {
            (right, wrong)
        };
        writeln!(
            lines,
            r#"{{"id": "u{index:02}", "speaker": "s{speaker:02}", "ref": "{right}", "hyps": [{{"text": "{first}", "score": -1.0}}, {{"text": "{second}", "score": -2.5}}]}}"#
        )
        .unwrap();
    }
    lines
}

/// A check of `model` with `more` arguments, and the report it writes.
fn check(project: &Project, model: &str, more: &[&str]) -> (Run, Option<Value>) {
    let arguments = [
        "--model",
        model,
        "--suite",
        "perturb-1",
        "--nbest",
        "lists.jsonl",
        "--out",
        "report",
    ];
    let _ = fs::remove_dir_all(project.path("report"));
    let run = project.run(&[&arguments, more].concat());
    let report = project.path("report/report.json");
    let report = fs::read_to_string(report).ok();
    (run, report.map(|text| serde_json::from_str(&text).unwrap()))
}

/// A project in whose folder `base` lies the report of `model`.
fn with_baseline(model: &str) -> Project {
    let project = project().file("lists.jsonl", lines(0..36));
    let (run, _) = check(
        &project,
        model,
        &["--baseline", "base/report.json", "--update-baseline"],
    );
    assert_ne!(run.code, 2, "{}", run.err);
    assert!(
        run.err.contains("baseline written to base/report.json"),
        "{}",
        run.err
    );
    project
}

const AGAINST: [&str; 2] = ["--baseline", "base/report.json"];

fn verdicts(report: Option<&Value>) -> Vec<String> {
    let changes = report.unwrap()["baseline"]["changes"].as_array().unwrap();
    let word = |change: &Value| change["verdict"].as_str().unwrap().to_owned();
    changes.iter().map(word).collect()
}

#[test]
fn an_equal_model_is_identical_and_changes_no_exit_code() {
    let project = with_baseline("first-pass");
    let (alone, _) = check(&project, "first-pass", &[]);
    let (run, report) = check(&project, "first-pass", &AGAINST);
    assert_eq!(run.code, alone.code, "{}", run.out);
    // The first pass gains nothing over itself: its checks cannot pass.
    assert_eq!(run.code, 3);
    assert_eq!(verdicts(report.as_ref()), ["identical", "identical"]);
    assert!(
        run.out.contains("as many errors as the baseline"),
        "{}",
        run.out
    );
}

#[test]
fn a_worse_model_exits_with_one_and_says_where() {
    let project = with_baseline("oracle");
    let (run, report) = check(&project, "first-pass", &AGAINST);
    assert_eq!(run.code, 1, "{}", run.out);
    assert_eq!(verdicts(report.as_ref()), ["fail", "fail"]);
    assert!(
        run.out
            .contains("WORSE than the baseline by more than 5.0 %"),
        "{}",
        run.out
    );
    assert!(
        run.out.contains("12 of 12 speakers got worse"),
        "{}",
        run.out
    );
    let markdown = project.read("report/report.md");
    assert!(markdown.contains("## Against the baseline"), "{markdown}");
}

#[test]
fn a_better_model_passes() {
    let project = with_baseline("first-pass");
    let (run, report) = check(&project, "oracle", &AGAINST);
    assert_eq!(verdicts(report.as_ref()), ["pass", "pass"], "{}", run.out);
}

#[test]
fn the_margin_is_what_is_accepted() {
    let project = with_baseline("oracle");
    let lenient = [&AGAINST[..], &["--baseline-margin", "1e9"]].concat();
    let (run, _) = check(&project, "first-pass", &lenient);
    // The oracle made no error on these lists: no share of it accepts one.
    assert_eq!(run.code, 1, "{}", run.out);
    let project = with_baseline("first-pass");
    let (run, report) = check(
        &project,
        "first-pass",
        &[&AGAINST[..], &["--baseline-margin", "0"]].concat(),
    );
    assert_eq!(run.code, 3, "{}", run.out);
    assert_eq!(report.unwrap()["baseline"]["margin"], 0.0);
}

#[test]
fn utterances_removed_added_and_changed_are_listed_and_left_out() {
    let project = with_baseline("first-pass");
    let others = lines(1..37).replacen("-2.5", "-3.5", 1);
    let project = project.file("lists.jsonl", others);
    let (run, report) = check(&project, "first-pass", &AGAINST);
    assert_eq!(run.code, 3, "{}", run.out);
    let baseline = &report.unwrap()["baseline"];
    assert_eq!(baseline["added"], serde_json::json!(["u36"]));
    assert_eq!(baseline["removed"], serde_json::json!(["u00"]));
    assert_eq!(baseline["changed"], serde_json::json!(["u01"]));
    assert_eq!(baseline["common_utterances"], 34);
    for note in [
        "note: 1 utterance added since the baseline, not compared: u36",
        "note: 1 utterance removed since the baseline, not compared: u00",
        "note: 1 utterance with another list or reference than in the baseline, not compared: u01",
    ] {
        assert!(run.out.contains(note), "{}", run.out);
    }
}

#[test]
fn fewer_draws_are_compared_on_the_common_ones() {
    let project = with_baseline("first-pass");
    let (_, report) = check(
        &project,
        "first-pass",
        &[&AGAINST[..], &["--draws", "3"]].concat(),
    );
    let changes = &report.unwrap()["baseline"]["changes"];
    assert_eq!(
        (&changes[0]["draws"], &changes[1]["draws"]),
        (&1.into(), &3.into())
    );
}

#[test]
fn other_settings_are_not_compared() {
    let suite = fs::read_to_string(repository("suites/perturb-1.toml")).unwrap();
    let project =
        with_baseline("first-pass").file("other.toml", suite.replace("count = 1", "count = 2"));
    for (more, expected) in [
        (&["--seed", "7"][..], "the seed is 1 there and 7 here"),
        (&["--normalize", "none"], "texts are normalized as"),
    ] {
        let (run, report) = check(&project, "first-pass", &[&AGAINST[..], more].concat());
        assert_eq!((run.code, report.is_none()), (2, true), "{}", run.err);
        assert!(
            run.err
                .contains("cannot compare with the baseline base/report.json: "),
            "{}",
            run.err
        );
        assert!(
            run.err.contains(expected) && run.err.contains("--accept"),
            "{}",
            run.err
        );
    }
    let base = [
        "--model",
        "first-pass",
        "--nbest",
        "lists.jsonl",
        "--baseline",
        "base",
    ];
    project.check_error(
        &[&base[..], &["--suite", "other.toml"]].concat(),
        &["the suite perturb-1 asks for something else"],
    );
    project.check_error(
        &[&base[..], &["--suite", "perturb-n"]].concat(),
        &["it has no suite perturb-n"],
    );
    let project = project.file("lists.jsonl", lines(40..52));
    project.check_error(
        &[&base[..], &["--suite", "perturb-1"]].concat(),
        &["no utterance has the id and the list that it had there"],
    );
}

#[test]
fn a_regression_is_written_but_only_accepted_on_demand() {
    let update = [&AGAINST[..], &["--update-baseline"]].concat();
    let project = with_baseline("oracle");
    let before = project.read("base/utterances.jsonl");
    let (run, _) = check(&project, "first-pass", &update);
    assert_eq!(run.code, 1, "{}", run.out);
    assert_ne!(project.read("base/utterances.jsonl"), before);
    // From now on the worse model is the baseline.
    assert_eq!(check(&project, "first-pass", &AGAINST).0.code, 3);

    let project = with_baseline("oracle");
    let accept = [&update[..], &["--accept"]].concat();
    let (run, report) = check(&project, "first-pass", &accept);
    assert_eq!(run.code, 3, "{}", run.out);
    assert_eq!(report.unwrap()["baseline"]["verdict"], "fail");
    // What cannot be compared can still be replaced.
    let (run, report) = check(
        &project,
        "first-pass",
        &[&accept[..], &["--seed", "7"]].concat(),
    );
    assert_eq!(run.code, 3, "{}", run.err);
    assert!(
        run.err.contains("replaced without a comparison"),
        "{}",
        run.err
    );
    assert!(report.unwrap().get("baseline").is_none());
    assert_eq!(
        check(
            &project,
            "first-pass",
            &[&AGAINST[..], &["--seed", "7"]].concat()
        )
        .0
        .code,
        3
    );
}

#[test]
fn a_baseline_that_cannot_be_read_is_named() {
    let project = with_baseline("first-pass")
        .file("alone/report.json", "{}")
        .file("old/report.json", r#"{"format_version": 0}"#);
    let against = |path| {
        [
            "--model",
            "first-pass",
            "--suite",
            "perturb-1",
            "--nbest",
            "lists.jsonl",
            "--baseline",
            path,
        ]
    };
    project.check_error(&against("absent.json"), &["absent.json"]);
    project.check_error(&against("alone"), &["alone/report.json", "format_version"]);
    project.check_error(
        &against("old"),
        &[
            "old/report.json",
            "format_version is 0",
            "--update-baseline --accept",
        ],
    );
    let report = project.read("base/report.json");
    let project = project.file("alone/report.json", report);
    project.check_error(
        &against("alone"),
        &["alone/utterances.jsonl", "belongs to the baseline"],
    );
    let project = project.file("alone/utterances.jsonl", "{}\n");
    project.check_error(&against("alone"), &["alone/utterances.jsonl", "line 1"]);
    project.check_error(
        &["--model", "first-pass", "--suite", "perturb-1", "--accept"],
        &["--update-baseline"],
    );
}
