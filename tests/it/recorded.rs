//! Reports say which model was tested, and `replay` and `explain` load it again.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::project::{Project, project, repository, some_lists, with_scores};

/// Some lists with a copy of the bundled model.
fn with_model() -> Project {
    let mut project = some_lists(60);
    for (folder, copy) in [("demo", "my model"), ("demo-base", "demo-base")] {
        let folder = repository("fixtures/checkpoints").join(folder);
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            project = project.file(&format!("{copy}/{name}"), fs::read(&path).unwrap());
        }
    }

    project
}

/// Checks a model into the folder `out`; what its report says of the model, and what was printed
/// for people.
#[track_caller]
fn check(project: &Project, out: &str, model: &[&str]) -> (Value, String) {
    let fixed = [
        "--suite",
        "perturb-n",
        "--draws",
        "2",
        "--nbest",
        "lists.jsonl",
        "--max-failures",
        "4",
        "--out",
        out,
        "--model",
    ];
    let run = project.run(&[&fixed[..], model].concat());
    assert!([0, 1, 3].contains(&run.code), "{}{}", run.out, run.err);
    let mut report: Value =
        serde_json::from_str(&project.read(&format!("{out}/report.json"))).unwrap();

    (report["model"].take(), run.err)
}

/// Runs a command on saved failures: its exit code, what it says of each, and its standard error.
#[track_caller]
fn again(project: &Project, arguments: &[&str]) -> (i32, Vec<Value>, String) {
    let run = project.run(&[arguments, &["--json"]].concat());
    assert!([0, 1, 3].contains(&run.code), "{}{}", run.out, run.err);
    (run.code, serde_json::from_str(&run.out).unwrap(), run.err)
}

#[track_caller]
fn check_same(replays: &[Value]) {
    assert!(!replays.is_empty());
    for replay in replays {
        assert_eq!(replay["status"], "fails", "{replay}");
        assert_eq!(replay["margin_now"], replay["margin_saved"], "{replay}");
    }
}

#[test]
fn a_checkpoint_is_loaded_again_with_its_options_and_differences_are_named() {
    let project = with_model();
    let typed = ["my model", "--weight", "0.5", "--max-length", "40"];
    let (model, _) = check(&project, "report", &typed);
    assert_eq!(
        model["options"],
        serde_json::json!({"max-length": "40", "weight": "0.5"})
    );
    assert_eq!(model["weight"], 0.5);

    let (code, replays, err) = again(&project, &["replay", "report"]);
    assert_eq!((code, err.contains("warning")), (1, false), "{err}");
    check_same(&replays);
    let file = replays[0]["file"].as_str().unwrap();
    let one = format!("report/failures/{file}");
    for case in ["report/failures", &one] {
        let (_, replays, err) = again(&project, &["replay", case]);
        assert!(!err.contains("warning"), "{err}");
        check_same(&replays);
    }

    let (_, explained, _) = again(&project, &["explain", "report"]);
    assert!(explained.iter().all(|one| one["fails"] == true));

    // What is typed wins; what is not typed is as recorded.
    let (_, _, err) = again(&project, &["replay", "report", "--weight", "2"]);
    assert!(
        err.contains("the weight is 0.5 in report/report.json and 2 here"),
        "{err}"
    );
    assert!(!err.contains("longest text"), "{err}");
    let (_, _, err) = again(&project, &["replay", "report", "--model", "my model"]);
    assert!(!err.contains("warning"), "{err}");
    // The first pass takes some of the worse texts without any swap, which mends nothing.
    let (code, _, err) = again(&project, &["replay", "report", "--model", "first-pass"]);
    assert_eq!(code, 3);
    let named = "the model is my model in report/report.json and first-pass here";
    assert!(err.contains(named), "{err}");

    let settings = project.read("my model/rescorer.json");
    let project = project.file("my model/rescorer.json", settings + "\n");
    let (_, replays, err) = again(&project, &["replay", "report"]);
    assert!(err.contains("the hash of the model's files is "), "{err}");
    assert!(err.contains(" in report/report.json and "), "{err}");
    check_same(&replays);
}

#[test]
fn the_printed_line_replays_a_program_as_it_is_copied() {
    let program = repository("fixtures/rescorers/words.py");
    let command = format!("exec:MARK='a b' python3 \"{}\"", program.display());
    let project = some_lists(60);
    let out = "it's a report";
    let typed = [
        &*command,
        "--weight",
        "0.5",
        "--first-pass-scale",
        "0",
        "--timeout",
        "60",
    ];
    let (model, printed) = check(&project, out, &typed);
    assert_eq!(
        (&model["name"], &model["kind"]),
        (&command.into(), &"exec".into())
    );
    assert_eq!(
        model["options"],
        serde_json::json!({"first-pass-scale": "0", "weight": "0.5"})
    );
    // No score depends on how long a program may take.
    let report: Value = serde_json::from_str(&project.read("it's a report/report.json")).unwrap();
    assert_eq!(
        report["run"]["asked_with"],
        serde_json::json!({"timeout": "60"})
    );

    let line = printed
        .lines()
        .find_map(|line| line.strip_prefix("replay its failures: "));
    let line = line.unwrap_or_else(|| panic!("{printed}"));
    assert!(project.read("it's a report/report.md").contains(line));

    let binary = assert_cmd::cargo::cargo_bin!("robustness-check");
    let folder = binary.parent().unwrap().to_str().unwrap().to_owned();
    let path = format!("{folder}:{}", std::env::var("PATH").unwrap());
    let run = Command::new("sh")
        .args(["-c", line])
        .current_dir(project.path(""))
        .env("PATH", path)
        .output()
        .unwrap();
    let err = String::from_utf8(run.stderr).unwrap();
    assert_eq!(run.status.code(), Some(1), "{err}");
    assert!(
        err.contains("running what it's a report/report.json names"),
        "{err}"
    );
    assert!(!err.contains("report.json and"), "{err}");
    let said = String::from_utf8(run.stdout).unwrap();
    assert!(
        said.contains(" still failing, 0 only as drawn, 0 gone"),
        "{said}"
    );
}

#[test]
fn models_without_files_are_replayed_too() {
    let project = with_model();
    check(&project, "report", &["my model"]);
    // The first pass takes some of the worse texts without any swap.
    for (model, expected) in [("first-pass", 3), ("oracle", 0)] {
        let (recorded, _) = check(&project, model, &[model]);
        assert_eq!(recorded["name"], model);
        assert!(recorded["options"].is_null(), "{recorded}");

        fs::rename(
            project.path("report/failures"),
            project.path(&format!("{model}/failures")),
        )
        .unwrap();
        let (code, replays, err) = again(&project, &["replay", model]);
        assert_eq!((code, replays.is_empty()), (expected, false));
        assert!(!err.contains("warning"), "{err}");
        fs::rename(
            project.path(&format!("{model}/failures")),
            project.path("report/failures"),
        )
        .unwrap();
    }

    // Reports of two models, and failures that were copied out of their report.
    let two = ["replay", "report/failures", "oracle"];
    fs::create_dir(project.path("oracle/failures")).unwrap();
    project.check_error(
        &two,
        &[
            "report.json is of my model",
            "report.json of oracle",
            "--model",
        ],
    );
    fs::rename(project.path("report/failures"), project.path("kept")).unwrap();
    project.check_error(&["replay", "kept"], &["which model failed", "--model"]);
    project.check_error(&["explain", "kept"], &["which model failed", "--model"]);
}

#[test]
fn a_model_that_is_gone_is_named_with_its_report() {
    let project = with_model();
    check(&project, "report", &["my model"]);
    fs::rename(project.path("my model"), project.path("moved")).unwrap();
    let named = ["my model", "report/report.json names", "--model"];
    project.check_error(&["replay", "report"], &named);

    let (_, replays, err) = again(&project, &["replay", "report", "--model", "moved"]);
    assert!(!err.contains("warning"), "{err}");
    check_same(&replays);

    let broken = project
        .read("report/report.json")
        .replace("\"model\"", "\"modell\"");
    let project = project.file("report/report.json", broken);
    project.check_error(
        &["replay", "report"],
        &["which model", "report.json is of", "--model"],
    );
    let (_, replays, err) = again(&project, &["replay", "report", "--model", "moved"]);
    assert!(err.contains("failed to read which model"), "{err}");
    check_same(&replays);
}

#[test]
fn a_table_of_scores_is_known_by_its_content() {
    let lists = "{\"id\": \"a\", \"speaker\": \"s\", \"ref\": \"two there\", \"hyps\": \
        [{\"text\": \"two there\", \"score\": -1}, {\"text\": \"to their\", \"score\": -2}]}\n";
    let project = project().file("lists.jsonl", lists);
    let project = with_scores(project, "scores.jsonl", |text| -(text.len() as f64));
    let (model, _) = check(
        &project,
        "report",
        &["scores:scores.jsonl", "--weight", "0.25"],
    );
    assert_eq!(model["kind"], "scores");
    assert_eq!(model["options"], serde_json::json!({"weight": "0.25"}));

    let project = with_scores(project, "scores.jsonl", |text| text.len() as f64);
    let (other, _) = check(
        &project,
        "other",
        &["scores:scores.jsonl", "--weight", "0.25"],
    );
    assert!(model["content_hash"].is_string() && model["content_hash"] != other["content_hash"]);
}
