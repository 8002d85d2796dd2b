//! The model that the program carries: it works anywhere, and is the checkpoint of the repository.

use std::fs;
use std::process::Command;

use assert_cmd::cargo::cargo_bin;
use serde_json::Value;

use crate::project::{Project, Run, demo, project, repository, some_lists};

/// Runs the binary without a home, a repository or any other variable of the environment.
fn run_bare(project: &Project, arguments: &[&str]) -> Run {
    let output = Command::new(cargo_bin("robustness-check"))
        .args(arguments)
        .current_dir(project.path("."))
        .env_clear()
        .output()
        .unwrap();

    Run {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The report of a small check of `model`, which is written to `out`.
fn checked(project: &Project, model: &str, out: &str) -> Value {
    let arguments = [
        "--model",
        model,
        "--suite",
        "perturb-n",
        "--draws",
        "2",
        "--nbest",
        "lists.jsonl",
        "--out",
        out,
        "--max-failures",
        "3",
    ];
    let run = run_bare(project, &arguments);
    assert!([0, 1, 3].contains(&run.code), "{}{}", run.out, run.err);
    serde_json::from_str(&project.read(&format!("{out}/report.json"))).unwrap()
}

#[test]
fn the_demo_model_is_the_checkpoint_of_the_repository() {
    let project = some_lists(60);
    let mut carried = checked(&project, "demo", "carried");
    let mut folder = checked(&project, &demo(), "folder");

    assert_eq!(carried["model"]["name"], "demo");
    for report in [&mut carried, &mut folder] {
        report["model"]["name"].take();
        report["run"].take();
    }
    assert_eq!(carried, folder);

    let utterances = |out: &str| project.read(&format!("{out}/utterances.jsonl"));
    assert_eq!(utterances("carried"), utterances("folder"));
}

#[test]
fn what_the_demo_model_failed_is_replayed_and_explained_from_anywhere() {
    let project = some_lists(60);
    checked(&project, "demo", "report");

    let replay = run_bare(&project, &["replay", "report"]);
    assert_eq!(replay.code, 1, "{}{}", replay.out, replay.err);
    assert_eq!(replay.err, "");

    let explain = run_bare(&project, &["explain", "report", "--json"]);
    assert!([0, 1].contains(&explain.code), "{}", explain.err);
}

#[test]
fn every_command_that_takes_a_model_takes_the_demo_model() {
    let project = some_lists(12).file("dev.jsonl", {
        let text = fs::read_to_string(repository("fixtures/nbest/dev.jsonl")).unwrap();
        text.lines().take(12).collect::<Vec<_>>().join("\n")
    });
    for arguments in [
        "score --model demo --nbest lists.jsonl --out scores.jsonl --cache cache.db",
        "tune --model demo --nbest dev.jsonl --out tuned.toml",
        "compare --model demo --model first-pass --suite perturb-n --nbest lists.jsonl --draws 1",
        "--model demo --suite perturb-n --nbest lists.jsonl --draws 1 --dry-run",
        "ranks demo",
        "export demo --to merged --out merged",
        "score --model merged --nbest lists.jsonl --out again.jsonl --precision int8",
        "score --model demo --nbest lists.jsonl --out int8.jsonl --precision int8",
    ] {
        let words: Vec<&str> = arguments.split(' ').collect();
        let run = run_bare(&project, &words);
        assert!([0, 1, 3].contains(&run.code), "{arguments}: {}", run.err);
    }

    let to_peft = ["export", "demo", "--to", "lora", "--out", "peft"];
    project.check_error(&to_peft, &["inside this program", "--to merged"]);
}

#[test]
fn an_adapter_is_trained_on_the_base_of_the_demo_model() {
    let project = some_lists(12);
    let train = "train --base demo --nbest lists.jsonl --dev lists.jsonl --strategy lora --steps \
        2 --out tuned";
    let words: Vec<&str> = train.split(' ').collect();
    let run = run_bare(&project, &words);
    assert_eq!(run.code, 0, "{}", run.err);

    let score = ["score", "--model", "tuned", "--nbest", "lists.jsonl"];
    let run = run_bare(&project, &score);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
}

#[test]
fn every_command_that_takes_a_base_takes_that_of_the_demo_model() {
    let folder = demo();
    let project = some_lists(3);
    for command in [
        ["score", "--nbest", "lists.jsonl", "--model", &folder],
        ["export", "--to", "merged", "--out=whole", &folder],
        ["ranks", "--format", "json", "--", &folder],
    ] {
        let arguments: Vec<&str> = command[..1]
            .iter()
            .chain(&["--base", "demo"])
            .chain(&command[1..])
            .copied()
            .collect();
        let run = run_bare(&project, &arguments);
        assert_eq!(run.code, 0, "{command:?}: {}", run.err);
    }

    // The result may be called so, too: it is not what is read.
    let export = [
        "export", "--to", "merged", "--out", "demo", "--base", "demo", &folder,
    ];
    let run = run_bare(&project, &export);
    assert_eq!(run.code, 0, "{}", run.err);
}

#[test]
fn a_folder_of_that_name_is_named_by_its_path() {
    let project = some_lists(3).file("demo/config.json", "{}");
    let score = |model: &str| project.run(&["score", "--model", model, "--nbest", "lists.jsonl"]);

    let carried = score("demo");
    assert_eq!(carried.code, 0, "{}", carried.err);
    assert!(carried.err.contains("write ./demo"), "{}", carried.err);
    let folder = score("./demo");
    assert_eq!(folder.code, 2);
    assert!(folder.err.contains("./demo"), "{}", folder.err);
}

#[test]
fn a_misspelt_name_is_told() {
    let arguments = ["--model", "demmo", "--suite", "perturb-n"];
    project().check_error(&arguments, &["did you mean demo?"]);
}
