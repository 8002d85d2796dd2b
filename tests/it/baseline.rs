//! `--baseline`: what an equal and a worse model, other utterances and other settings lead to.

use std::fmt::Write;
use std::fs;

use serde_json::Value;

use crate::project::{Project, Run, project, repository, words};

/// A list for each of 36 utterances of 12 speakers; the first pass prefers the wrong words in every
/// third.
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
            r#"{{"id": "u{index:02}", "speaker": "s{speaker:02}", "ref": "{right}", "hyps": [{{"text": "{first}", "score": -1{index:02}1.0}}, {{"text": "{second}", "score": -1{index:02}2.5}}]}}"#
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

    // The first pass alone cannot pass, whatever it is compared with.
    assert_eq!((run.code, alone.code), (3, 3), "{}", run.out);
    assert_eq!(verdicts(report.as_ref()), ["identical", "identical"]);
    assert!(
        run.out.contains("as many errors as the baseline"),
        "{}",
        run.out
    );
}

/// Where no count differs, the line says why that is no verdict.
#[test]
fn equal_counts_of_another_weight_are_told_to_be_too_few() {
    let project = with_baseline("demo");
    let other = [&AGAINST[..], &["--weight", "0.999"]].concat();
    let (run, report) = check(&project, "demo", &other);
    assert_eq!(run.code, 3, "{}", run.err);
    assert_eq!(
        verdicts(report.as_ref()),
        ["inconclusive", "inconclusive"],
        "{}",
        run.out
    );
    let expected = "None of 12 speakers gets better or worse: so few tell too little of those that \
        were not sampled, by a model that is not known to be the baseline's. Smallest margin that";
    assert!(run.out.contains(expected), "{}", run.out);
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

    // The verdict on all of it is the last line.
    let last = run.out.lines().last().unwrap();
    assert!(
        last.starts_with("FAIL: robustness of first-pass; fails: baseline / clean, baseline / "),
        "{last}"
    );

    let markdown = project.read("report/report.md");
    assert!(markdown.contains("## Against the baseline"), "{markdown}");
    assert!(
        markdown.contains("\n\n**FAIL** against the baseline `oracle`: clean: "),
        "{markdown}"
    );

    // One probability under one name: that of the verdict.
    let p = |text: &str, before: &str| {
        let (_, behind) = text.split_once(before).unwrap();
        let (_, behind) = behind.split_once("; p ").unwrap();
        behind.split(' ').next().unwrap().to_owned()
    };
    let row = markdown
        .lines()
        .find(|line| line.starts_with("| clean | fail"));
    let cells: Vec<&str> = row.unwrap().split(" | ").collect();
    assert_eq!(cells[5], p(&run.out, "clean: WORSE"), "{}", row.unwrap());
}

/// Where every check passes and the comparison fails, the run fails, whatever says so.
#[test]
fn a_run_that_is_worse_than_its_baseline_alone_is_headed_by_a_fail() {
    let project = project();
    let check = |model: &str, more: &[&str]| {
        let words = [
            "--model",
            model,
            "--suite",
            "perturb-n",
            "--minimise",
            "off",
            "--quiet",
        ];
        project.run(&[&words[..], more].concat())
    };
    assert_eq!(check("oracle", &["--out", "then"]).code, 0);
    let against = ["--out", "now", "--baseline", "then/report.json"];
    let run = check("demo", &against);
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    assert!(run.out.starts_with("PASS  perturb-n: "), "{}", run.out);
    assert!(
        run.out.lines().last().unwrap().starts_with("FAIL  "),
        "{}",
        run.out
    );

    let markdown = project.read("now/report.md");
    assert!(markdown.starts_with("# FAIL: robustness of `demo`\n\n**FAIL** against "));
    let page = project.read("now/report.html");
    assert!(page.contains("<title>FAIL: robustness of demo"));
    assert!(page.contains("; the run fails, since it is worse than its baseline."));
    let report: Value = serde_json::from_str(&project.read("now/report.json")).unwrap();
    assert_eq!(report["verdict"], "fail");
    let diff = project.run(&["report", "diff", "then", "now"]).out;
    assert!(diff.starts_with("## Robustness of `demo` after `oracle`: PASS → **FAIL**\n"));

    // A report of an earlier version says PASS, and is read as what it is.
    let mut earlier = report.clone();
    earlier["verdict"] = Value::from("pass");
    earlier.as_object_mut().unwrap().remove("checksum");
    let project = project.file("earlier.json", earlier.to_string());
    let diff = project.run(&["report", "diff", "then", "earlier.json"]).out;
    assert!(diff.contains(": PASS → **FAIL**\n"), "{diff}");

    // As a baseline it is what its checks came to, and what has more errors takes no place.
    let words = words(
        "--model demo --weight 30 --suite perturb-n --minimise off --quiet --out later \
         --baseline now --baseline-margin 1e9 --update-baseline",
    );
    let run = project.run(&words);
    assert_eq!(run.code, 1, "{}", run.out);
    assert!(run.out.ends_with("FAIL  in all\n"), "{}", run.out);
    assert!(
        run.err.contains("this run has more errors (clean: "),
        "{}",
        run.err
    );
}

#[test]
fn a_failing_model_is_a_first_baseline_on_demand_alone() {
    let project = project();
    let words = [
        "--model",
        "demo",
        "--weight",
        "30",
        "--suite",
        "perturb-n",
        "--baseline",
        "base/report.json",
        "--update-baseline",
    ];
    let run = project.run(&[&words[..], &["--quiet"]].concat());
    assert_eq!(run.code, 1, "{}", run.out);
    assert_eq!(
        run.err,
        "warning: the baseline base/report.json is not written: this run fails; --accept writes \
        it all the same\n"
    );
    assert!(!project.path("base/report.json").exists());

    let run = project.run(&[&words[..], &["--accept"]].concat());
    assert_eq!(run.code, 1, "{}", run.out);
    let warned = "this run fails, and becomes the baseline base/report.json by --accept";
    assert!(run.err.contains(warned), "{}", run.err);
    assert!(project.path("base/report.json").exists());

    // What failed already may be renewed, as long as it is not worse.
    let run = project.run(&words);
    assert_eq!(run.code, 1, "{}", run.out);
    assert!(run.err.contains("baseline written to"), "{}", run.err);
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
    let baseline = &report.unwrap()["baseline"];
    assert_eq!(baseline["verdict"], "identical", "{}", run.out);
    assert_eq!(baseline["margin"], 0.0);
}

#[test]
fn utterances_removed_added_and_changed_are_listed_and_left_out() {
    let project = with_baseline("first-pass");
    let others = lines(1..37).replacen("-1012.5", "-1013.5", 1);
    let project = project.file("lists.jsonl", others);
    let (run, report) = check(&project, "first-pass", &AGAINST);
    let baseline = &report.unwrap()["baseline"];
    assert_eq!(baseline["verdict"], "identical", "{}", run.out);
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
    let (run, report) = check(
        &project,
        "first-pass",
        &[&AGAINST[..], &["--draws", "3"]].concat(),
    );
    let changes = &report.unwrap()["baseline"]["changes"];

    assert_eq!(
        (&changes[0]["draws"], &changes[1]["draws"]),
        (&1.into(), &3.into())
    );
    assert_eq!(changes[1]["most_draws"], 5);
    assert!(
        run.out.contains("note: perturb-1: 3 of 5 draws compared"),
        "{}",
        run.out
    );
}

#[test]
fn a_baseline_with_too_little_in_common_is_refused() {
    let project = with_baseline("first-pass").file("lists.jsonl", lines(20..56));
    let arguments = words("--model first-pass --suite perturb-1 --nbest lists.jsonl");

    let arguments = [&arguments[..], &AGAINST].concat();
    project.check_error(
        &arguments,
        &[
            "only 16 of 36 utterances have the id and the list that they had there (44.44 %), and \
            at least 50.00 % are needed",
        ],
    );

    let run = project.run(&[&arguments[..], &["--baseline-coverage", "0.4"]].concat());
    assert!(
        run.out.contains("16 common utterances"),
        "{}{}",
        run.out,
        run.err
    );
    project_refuses_share(&project, &arguments);
}

fn project_refuses_share(project: &Project, arguments: &[&str]) {
    for share in ["1.5", "-1", "nan"] {
        let run = project.run(&[arguments, &[&format!("--baseline-coverage={share}")]].concat());
        assert_eq!(run.code, 2, "{share}: {}", run.err);
    }
}

#[test]
fn a_check_without_counts_is_said_not_to_be_compared() {
    let project = with_baseline("first-pass");
    let emptied: Vec<String> = project
        .read("base/utterances.jsonl")
        .lines()
        .map(|line| {
            let mut line: Value = serde_json::from_str(line).unwrap();
            line["checks"] = serde_json::json!([]);
            line.to_string()
        })
        .collect();

    let mut report: Value = serde_json::from_str(&project.read("base/report.json")).unwrap();
    // A baseline that another program made carries no hash and no checksum.
    for seal in ["utterances_hash", "checksum"] {
        report.as_object_mut().unwrap().remove(seal);
    }

    let project = project
        .file("base/utterances.jsonl", emptied.join("\n") + "\n")
        .file("base/report.json", report.to_string());
    let (run, report) = check(&project, "oracle", &AGAINST);
    let note =
        "note: 1 check without counts for some utterance in the baseline, not compared: perturb-1";
    assert!(run.out.contains(note), "{}{}", run.out, run.err);
    let report = report.unwrap();
    assert_eq!(report["baseline"]["verdict"], "inconclusive");
    assert_eq!((run.code, &report["verdict"]), (3, &"inconclusive".into()));
}

#[test]
fn another_weight_is_named() {
    let project = with_baseline("first-pass");
    let (run, report) = check(&project, "oracle", &AGAINST);
    let differences = &report.unwrap()["baseline"]["differences"];
    assert_eq!(
        *differences,
        serde_json::json!([
            "the kind of model is first-pass in the baseline and oracle here",
            "the weight is 0 in the baseline and 1 here",
            "the first-pass scale is 1 in the baseline and 0 here",
        ])
    );
    assert!(
        run.out.contains("note: the weight is 0 in the baseline"),
        "{}",
        run.out
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

    let base = words("--model first-pass --nbest lists.jsonl --baseline base");

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
fn a_regression_is_only_written_on_demand() {
    let update = [&AGAINST[..], &["--update-baseline"]].concat();
    let project = with_baseline("oracle");
    let before = project.read("base/utterances.jsonl");
    let (run, _) = check(&project, "first-pass", &update);
    assert_eq!(run.code, 1, "{}", run.out);
    assert!(
        run.err.contains("base/report.json stays as it is"),
        "{}",
        run.err
    );
    assert_eq!(project.read("base/utterances.jsonl"), before);
    let (run, _) = check(
        &project,
        "first-pass",
        &[&update[..], &["--quiet"]].concat(),
    );
    assert!(
        run.err.contains("stays as it is: this run has more errors"),
        "--quiet hides no refusal: {}",
        run.err
    );

    // What is not worse takes its place, step by step.
    let better = with_baseline("first-pass");
    let before = better.read("base/utterances.jsonl");
    let (run, _) = check(&better, "oracle", &update);
    assert!(run.err.contains("baseline written to"), "{}", run.err);
    assert_ne!(better.read("base/utterances.jsonl"), before);

    let accept = [&update[..], &["--accept"]].concat();
    let (run, report) = check(&project, "first-pass", &accept);
    assert_eq!(run.code, 3, "{}", run.out);
    let report = report.unwrap();
    assert_eq!(report["baseline"]["verdict"], "fail");
    assert_eq!(report["baseline"]["accepted"], true);
    assert_eq!(report["verdict"], "inconclusive");
    let last = run.out.lines().last().unwrap();
    assert!(
        last.contains("; worse, and accepted: baseline / clean"),
        "{last}"
    );

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

/// What the baseline has and the run lacks is not compared: with it a worse model could come in on a
/// few lists first, and then on all.
#[test]
fn a_baseline_gets_no_smaller_and_grows_with_its_own_model_alone() {
    let update = [&AGAINST[..], &["--update-baseline"]].concat();
    let mut project = with_baseline("first-pass");
    let base = project.read("base/utterances.jsonl");
    let changed = lines(0..36).replacen("-1012.5", "-1013.5", 1);
    for (lists, more, expected) in [
        (
            lines(0..30),
            &[][..],
            "lacks 6 utterances of the baseline (u30, u31, u32, u33, u34 and 1 more)",
        ),
        (
            changed,
            &[],
            "has other lists or references than the baseline for 1 utterance (u01)",
        ),
        (
            lines(0..36),
            &["--draws", "1"],
            "makes fewer draws than the baseline for 1 check (perturb-1)",
        ),
        (
            lines(20..21),
            &["--baseline-coverage", "0"],
            "lacks 35 utterances of the baseline (u00, ",
        ),
    ] {
        project = project.file("lists.jsonl", lists);
        let (run, _) = check(&project, "first-pass", &[&update[..], more].concat());
        let stays = "the baseline base/report.json stays as it is: this run ";
        assert!(run.err.contains(stays), "{}", run.err);
        assert!(run.err.contains(expected), "{expected}: {}", run.err);
        assert_eq!(project.read("base/utterances.jsonl"), base, "{expected}");
    }

    // The model of the baseline adds lists, another one does not.
    project = project.file("lists.jsonl", lines(0..42));
    let (run, _) = check(&project, "oracle", &update);
    let adds =
        "this run adds 6 utterances while its model is not known to be the baseline's (u36, ";
    assert!(run.err.contains(adds), "{}", run.err);
    assert_eq!(project.read("base/utterances.jsonl"), base);
    let (run, _) = check(&project, "first-pass", &update);
    assert!(run.err.contains("baseline written to"), "{}", run.err);
    assert_eq!(project.read("base/utterances.jsonl").lines().count(), 42);
    let (run, _) = check(&project, "oracle", &update);
    assert!(run.err.contains("baseline written to"), "{}", run.err);

    // A suite that is dropped takes its checks with it, and its properties.
    let both = ["--suite", "invariants"];
    let accept = [&update[..], &["--accept"]].concat();
    let (run, _) = check(&project, "oracle", &[&accept[..], &both].concat());
    assert!(run.err.contains("baseline written to"), "{}", run.err);
    let (run, _) = check(&project, "oracle", &update);
    assert!(
        run.err.contains("it does not make ") || run.err.contains("this run does not make "),
        "{}",
        run.err
    );
    assert!(
        run.err.contains(" of the baseline (invariants / "),
        "{}",
        run.err
    );
    let (run, _) = check(&project, "oracle", &accept);
    assert!(
        run.err
            .contains("and becomes the baseline base/report.json by --accept"),
        "{}",
        run.err
    );
}

#[test]
fn a_baseline_that_cannot_be_read_is_named() {
    let project = with_baseline("first-pass")
        .file("alone/report.json", "{}")
        .file("old/report.json", r#"{"format_version": 0}"#);
    let alone = words("--model first-pass --suite perturb-1 --nbest lists.jsonl");
    let against = |path| [&alone[..], &["--baseline", path]].concat();
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

/// Whichever byte of a baseline is not what it was, the baseline is not used, and the file is
/// named.
#[test]
fn a_damaged_baseline_is_never_used() {
    let project = with_baseline("first-pass");
    let report = ["report.json", "utterances.jsonl"];
    let refused = |folder: &str, name: &str| {
        let path = format!("{folder}/report.json");
        let words = [
            "--model",
            "first-pass",
            "--suite",
            "perturb-1",
            "--nbest",
            "lists.jsonl",
            "--baseline",
            &path,
        ];
        project.check_error(&words, &[&format!("{folder}/{name}")]);
    };

    // A baseline has a checksum of its own; the report of a run is listed in its folder.
    for folder in ["base", "report"] {
        for name in report {
            let path = project.path(&format!("{folder}/{name}"));
            let whole = std::fs::read(&path).unwrap();
            for place in (0..whole.len()).step_by(whole.len() / 7) {
                let mut damaged = whole.clone();
                damaged[place] ^= 1;
                std::fs::write(&path, damaged).unwrap();
                refused(folder, name);
            }
            std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
            refused(folder, name);
            std::fs::write(&path, &whole).unwrap();
        }
    }
}

/// What Git does on Windows, what an editor does, and what a formatter of JSON does change nothing
/// that a baseline says.
#[test]
fn a_baseline_that_is_written_otherwise_is_the_same() {
    let project = with_baseline("first-pass");
    let files = ["base/report.json", "base/utterances.jsonl"];
    let [report, counts] = files.map(|name| project.read(name));
    let formatted: Value = serde_json::from_str(&report).unwrap();
    let crlf = |text: &str| text.replace('\n', "\r\n");
    for (report, counts) in [
        (crlf(&report), crlf(&counts)),
        (report.trim_end().to_owned(), counts.trim_end().to_owned()),
        (format!("{report}\n"), format!("{counts}\n\n")),
        (formatted.to_string(), counts.replace(',', ", ")),
    ] {
        fs::write(project.path(files[0]), &report).unwrap();
        fs::write(project.path(files[1]), &counts).unwrap();
        let (run, found) = check(&project, "first-pass", &AGAINST);
        assert_eq!(
            verdicts(found.as_ref()),
            ["identical", "identical"],
            "{}",
            run.err
        );
    }
    let update = [&AGAINST[..], &["--update-baseline"]].concat();
    let (run, _) = check(&project, "first-pass", &update);
    assert!(run.err.contains("baseline written to"), "{}", run.err);
    assert!(project.read(files[0]) == report && project.read(files[1]) == counts);

    // What it says is another thing.
    let edited = report.replacen("\"seed\": 1,", "\"seed\": 2,", 1);
    assert_ne!(edited, report);
    fs::write(project.path(files[0]), edited).unwrap();
    let (run, _) = check(&project, "first-pass", &AGAINST);
    let expected = "failed to read the baseline base/report.json: the report is damaged, or was \
        changed by hand: its checksum does not fit its contents; restore base/report.json and ";
    assert!(run.err.contains(expected), "{}", run.err);

    // What is missing is named.
    let shortened = report.replacen("\"seed\": 1,", "", 1);
    fs::write(project.path(files[0]), shortened).unwrap();
    let (run, _) = check(&project, "first-pass", &AGAINST);
    let expected = "changed by hand: the field `seed` is missing (line ";
    assert!(run.err.contains(expected), "{}", run.err);

    let (first, rest) = report.split_once('\n').unwrap();
    let merging = format!("{first}\n<<<<<<< HEAD\n{rest}");
    fs::write(project.path(files[0]), merging).unwrap();
    for more in [&AGAINST[..], &update[..]] {
        let (run, _) = check(&project, "first-pass", more);
        let expected = "line 2 is a conflict marker (<<<<<<<), left by a merge: take one of the \
            two versions of the file whole";
        assert!(run.code == 2 && run.err.contains(expected), "{}", run.err);
    }
}

/// Nobody is told to delete a file that was no baseline.
#[test]
fn another_file_that_is_named_as_a_baseline_is_left_alone() {
    let project = with_baseline("first-pass");
    for (named, expected) in [
        (
            "lists.jsonl",
            "name the report.json of an earlier run; if this was one, restore it",
        ),
        (
            "base/utterances.jsonl",
            "base/utterances.jsonl is what belongs to a baseline: name its report, \
             base/report.json",
        ),
    ] {
        for more in [&[][..], &["--update-baseline"]] {
            let (run, _) = check(
                &project,
                "first-pass",
                &[&["--baseline", named][..], more].concat(),
            );
            assert_eq!(run.code, 2, "{}", run.err);
            assert!(!run.err.contains("delete"), "{}", run.err);
            assert!(
                !more.is_empty() || run.err.contains(expected),
                "{}",
                run.err
            );
        }
    }
    let project = project.file("other/utterances.jsonl", "mine\n");
    let other = ["--baseline", "other/report.json", "--update-baseline"];
    let (run, _) = check(&project, "first-pass", &other);
    assert!(
        run.code == 2
            && run
                .err
                .contains("other/utterances.jsonl is there without it: only a"),
        "{}",
        run.err
    );
    assert!(!run.err.contains("delete"), "{}", run.err);
}

/// What an error says about a damaged baseline is what helps: `--accept` alone writes over nothing
/// that is not a baseline.
#[test]
fn a_damaged_baseline_is_restored_or_deleted_and_written_anew() {
    let project = with_baseline("first-pass");
    let update = ["--update-baseline", "--accept"];
    let files = ["base/report.json", "base/utterances.jsonl"];
    let wholes = files.map(|name| std::fs::read(project.path(name)).unwrap());
    // Within a line, wherever lines end.
    let cut = |whole: &[u8]| whole[..whole.len() / 2 + 3].to_vec();

    for (file, whole) in files.iter().zip(&wholes) {
        std::fs::write(project.path(file), cut(whole)).unwrap();
        for more in [&[][..], &update[..1], &update[..]] {
            let (run, _) = check(&project, "first-pass", &[&AGAINST[..], more].concat());
            assert_eq!(run.code, 2, "{file} {more:?}: {}", run.err);
            for part in [
                "restore base/report.json and base/utterances.jsonl as they were committed",
                "or delete both and write a first one with --update-baseline",
            ] {
                assert!(run.err.contains(part), "{file} {more:?}: {}", run.err);
            }
        }
        std::fs::write(project.path(file), whole).unwrap();
    }

    // Restored, it is a baseline again.
    let (run, _) = check(&project, "first-pass", &AGAINST);
    assert_ne!(run.code, 2, "{}", run.err);

    // Deleted, a first one takes its place.
    for (file, whole) in files.iter().zip(&wholes) {
        std::fs::write(project.path(file), cut(whole)).unwrap();
    }
    for file in files {
        std::fs::remove_file(project.path(file)).unwrap();
    }
    let (run, _) = check(
        &project,
        "first-pass",
        &[&AGAINST[..], &update[..1]].concat(),
    );
    assert!(
        run.err.contains("baseline written to base/report.json"),
        "{}",
        run.err
    );
    let written = files.map(|name| std::fs::read(project.path(name)).unwrap());
    assert!(written == wholes);
}

#[test]
fn a_baseline_is_a_folder_and_grows_with_the_suite() {
    let project = project();
    let first = words("--model demo --suite perturb-n --baseline kept --update-baseline");
    let run = project.run(&first);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(project.path("kept/report.json").is_file());

    let grown = words("--model demo --suite perturb-n --suite perturb-1 --baseline kept");
    let run = project.run(&grown);
    assert_eq!(run.code, 3, "{}", run.err);
    let told = "cannot be told: baseline / perturb-1";
    assert!(run.out.contains(told), "{}", run.out);
}
