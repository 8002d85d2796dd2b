//! Failures that the binary finds: minimized, saved, replayed, explained, certified.

use std::fs;

use serde_json::Value;

use crate::project::{Project, demo, run_in, some_lists, words};

/// Checks the bundled model under perturb-n; the report's block of failures.
fn check(project: &Project, options: &[&str]) -> Value {
    let demo = demo();
    let fixed = [
        "--model",
        &demo,
        "--suite",
        "perturb-n",
        "--nbest",
        "lists.jsonl",
        "--out",
        "report",
    ];

    let run = project.run(&[&fixed[..], options].concat());
    assert!([0, 1, 3].contains(&run.code), "{}{}", run.out, run.err);
    let mut report: Value = serde_json::from_str(&project.read("report/report.json")).unwrap();

    report["failures"].take()
}

/// Replays the failures of the report: the exit code and what became of each.
fn replay(project: &Project, model: &str, options: &[&str]) -> (i32, Vec<Value>) {
    let fixed = ["replay", "report", "--model", model, "--json"];
    let run = project.run(&[&fixed[..], options].concat());
    assert!([0, 1, 3].contains(&run.code), "{}{}", run.out, run.err);
    (run.code, serde_json::from_str(&run.out).unwrap())
}

/// Names and contents of the saved failures.
fn saved(project: &Project) -> Vec<(String, String)> {
    let entries = fs::read_dir(project.path("report/failures")).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();

    let read = |name: String| {
        let content = project.read(&format!("report/failures/{name}"));
        (name, content)
    };

    names.into_iter().map(read).collect()
}

#[test]
fn every_harmful_flip_is_minimized_in_few_calls_and_fails_again() {
    let project = some_lists(usize::MAX);
    let failures = check(&project, &["--max-failures", "all"]);
    let check = &failures["checks"][0];
    let number = |value: &Value| value.as_u64().unwrap();
    let found = number(&check["found"]);
    assert!(found >= 100, "{found}");

    let (complete, flaky) = (number(&check["complete"]), number(&check["flaky"]));
    assert_eq!(complete + flaky, found);
    assert!(flaky * 50 <= found, "{flaky} of {found} within the noise");
    assert!(check["median_substitutions"].as_u64().unwrap() <= 2);

    let effort = &failures["effort"];
    let (calls, one_at_a_time) = (
        number(&effort["calls"]),
        number(&effort["calls_one_at_a_time"]),
    );

    assert!(
        calls * 100 <= one_at_a_time * 15,
        "{calls} calls instead of {one_at_a_time}"
    );

    let (code, replays) = replay(&project, &demo(), &["--jobs", "1", "--batch-tokens", "40"]);
    assert_eq!((code, replays.len() as u64), (1, complete));
    for replay in replays {
        assert_eq!(replay["status"], "fails", "{replay}");
        assert_eq!(replay["margin_now"], replay["margin_saved"], "{replay}");
    }

    // The first pass flips nothing, but of some lists it takes the worse text anyway.
    let (code, replays) = replay(&project, "first-pass", &[]);
    let count = |status: &str| {
        let of_status = replays.iter().filter(|replay| replay["status"] == status);
        of_status.count()
    };
    let (gone, worse) = (count("gone"), count("already_worse"));
    assert_eq!((code, gone + worse), (3, replays.len()));
    assert!(gone > 0 && worse > 0, "{gone} {worse}");

    let arguments = ["explain", "report", "--model", "first-pass"];
    let json = project.run(&[&arguments[..], &["--json"]].concat());
    let explained: Vec<Value> = serde_json::from_str(&json.out).unwrap();
    let already = |explained: &&Value| explained["already_worse"] == true;
    assert_eq!(explained.iter().filter(already).count(), worse);
    let said = project.run(&arguments).out;
    assert_eq!(said.matches("worse without swaps").count(), worse);
}

#[test]
fn threads_and_batches_change_no_saved_failure() {
    let project = some_lists(60);
    let one = check(&project, &["--jobs", "1"]);
    let files = saved(&project);
    assert!(!files.is_empty());
    assert_eq!(
        one,
        check(&project, &["--jobs", "3", "--batch-tokens", "50"])
    );
    assert_eq!(files, saved(&project));
}

#[test]
fn saved_failures_are_replayed_first_whatever_became_of_the_lexicon() {
    let project = some_lists(60).file(
        "more.dict",
        "tew T UW1\nthare DH EH1 R\nyew Y UW1\nfower F AO1 R\n",
    );
    check(&project, &[]);

    let names: Vec<String> = saved(&project).into_iter().map(|(name, _)| name).collect();
    fs::rename(project.path("report/failures"), project.path("kept")).unwrap();
    let again = check(
        &project,
        &words("--lexicon more.dict --failures kept --minimise off"),
    );

    let replayed = again["replayed"].as_array().unwrap();
    let files: Vec<&str> = replayed
        .iter()
        .map(|replay| replay["file"].as_str().unwrap())
        .collect();
    assert_eq!(files, names);
    assert!(replayed.iter().all(|replay| replay["status"] == "fails"));
    assert!(!project.path("report/failures").exists());

    let cut = check(&project, &["--minimise", "off"]);
    assert!(cut.is_null(), "{cut}");
}

#[test]
fn what_is_cut_short_says_so_and_still_fails() {
    let project = some_lists(60);
    let failures = check(&project, &["--minimise-calls", "5"]);
    let statuses: Vec<&Value> = failures["checks"][0]["cases"]
        .as_array()
        .unwrap()
        .iter()
        .map(|case| &case["status"])
        .collect();

    assert!(
        statuses.iter().any(|status| *status == "budget"),
        "{statuses:?}"
    );

    let (code, replays) = replay(&project, &demo(), &[]);
    assert_eq!((code, replays.len()), (1, statuses.len()));
    assert!(replays.iter().all(|replay| replay["status"] == "fails"));

    let failures = check(&project, &["--minimise-seconds", "0"]);
    let check = &failures["checks"][0];
    assert_eq!(
        (&check["complete"], &check["flaky"]),
        (&0.into(), &0.into())
    );
    assert!(check["budget"].as_u64().unwrap() > 0);
}

#[test]
fn an_explanation_shows_scores_and_which_words_do_the_same() {
    let project = some_lists(60);
    check(&project, &["--max-failures", "3"]);
    let demo = demo();
    let arguments = ["explain", "report", "--model", &demo];
    let text = project.run(&arguments);
    assert_eq!(text.code, 0, "{}", text.err);
    assert!(
        text.out.contains("second pass") && text.out.contains(" -> "),
        "{}",
        text.out
    );

    let json = project.run(&[&arguments[..], &["--json"]].concat());
    let explained: Vec<Value> = serde_json::from_str(&json.out).unwrap();
    assert_eq!(explained.len(), saved(&project).len());
    for explanation in explained {
        assert_eq!(explanation["fails"], true);
        for effect in explanation["effects"].as_array().unwrap() {
            // Minimal: without any one of its swaps it does not fail.
            assert_eq!(effect["fails_without"], false, "{explanation}");
        }
    }
}

#[test]
fn certificates_name_every_utterance_and_agree_with_their_sums() {
    let project = some_lists(60);
    let failures = check(&project, &["--minimise", "exhaustive-1"]);
    let sums = &failures["certificates"][0];
    let text = project.read("report/certificates.jsonl");
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 60);

    let certified = lines
        .iter()
        .filter(|line| line["certified"] == true)
        .count();
    let flips = |line: &Value| line["flips"].as_array().unwrap().len();
    assert_eq!(sums["certified"], certified);
    assert_eq!(sums["flips"], lines.iter().map(flips).sum::<usize>());
    assert!(certified > 0 && certified < 60, "{certified}");
    for line in &lines {
        assert!(line["certified"] == false || flips(line) == 0, "{line}");
    }
}

#[test]
fn a_failure_that_is_named_twice_is_replayed_once() {
    let project = some_lists(60);
    check(&project, &["--max-failures", "3"]);
    let demo = demo();
    let (first, _) = saved(&project).swap_remove(0);
    let first = format!("report/failures/{first}");
    let count = |cases: &[&str]| {
        let run = project.run(&[&["replay", "--model", &demo, "--json"], cases].concat());
        let replays: Vec<Value> = serde_json::from_str(&run.out).unwrap();
        replays.len()
    };
    assert_eq!(count(&[&first, &first]), 1);
    let all = count(&["report"]);
    assert!(all > 1, "{all}");
    assert_eq!(count(&[&first, "report", "./report/failures"]), all);
}

#[test]
fn what_is_no_saved_failure_is_refused_with_its_name() {
    let project = some_lists(20)
        .file("empty/notes.txt", "nothing")
        .file("bad.json", "{\"format_version\": 7}");
    let refuse = |case: &str, expected: &[&str]| {
        project.check_error(&["replay", case, "--model", "first-pass"], expected);
        project.check_error(&["explain", case, "--model", "first-pass"], expected);
    };
    refuse("absent.json", &["absent.json"]);
    refuse("bad.json", &["bad.json", "format_version"]);
    refuse("lists.jsonl", &["lists.jsonl", "not a saved failure"]);
    refuse("empty", &["empty", "no saved failure"]);

    let check = words("--model first-pass --suite perturb-1 --failures bad.json");
    project.check_error(&check, &["bad.json"]);
    for option in [
        ["--minimise", "some"],
        ["--max-failures", "few"],
        ["--minimise-seconds", "soon"],
        ["--noise", "nan"],
    ] {
        let arguments = [
            &["--model", "first-pass", "--suite", "perturb-1"],
            &option[..],
        ]
        .concat();
        project.check_error(&arguments, &[option[0]]);
    }
}

#[test]
fn a_failure_named_without_a_folder_is_found_with_its_report() {
    let project = some_lists(60);
    check(&project, &[]);
    let (name, content) = saved(&project).swap_remove(0);
    let folder = project.path("report/failures");
    for command in ["replay", "explain"] {
        let bare = run_in(&folder, &[command, &name, "--json"]);
        let dotted = run_in(&folder, &[command, &format!("./{name}"), "--json"]);
        let dotted_out = dotted.out.replace(&format!("./{name}"), &name);
        assert_ne!(bare.code, 2, "{}", bare.err);
        assert_eq!((bare.code, bare.out), (dotted.code, dotted_out));
    }

    // Where no report is around it, that is said.
    let project = project.file("lone.json", content);
    for command in ["replay", "explain"] {
        project.check_error(&[command, "lone.json"], &["--model"]);
    }
}
