//! Ctrl-C during a check: what was done is saved, and the next run goes on from there.

use crate::project::Project;
use crate::project::project;
use crate::project::repository;
use mondegreen::rescore::pointwise::Remembered;
use mondegreen::rescore::saved::Header;
use mondegreen::rescore::saved::Lines;
use std::fmt::Write;
use std::io::BufRead;
use std::io::BufReader;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;

/// Lists of many different texts, one of them too long for the model.
fn lists() -> String {
    let words = [
        "their", "two", "meet", "hear", "sea", "week", "one", "right",
    ];
    let mut lines = String::new();
    for index in 0..150 {
        let mut rest = index;
        let mut texts = [String::new(), String::new()];
        for _ in 0..4 {
            let word = words[rest % words.len()];
            rest = rest / words.len() + index;
            write!(texts[0], "{word} ").unwrap();
            write!(texts[1], "{word} you ").unwrap();
        }
        if index == 7 {
            texts[1] = "meet ".repeat(300);
        }
        writeln!(
            lines,
            r#"{{"id": "u{index}", "speaker": "s{}", "ref": "{}", "hyps": [{{"text": "{}", "score": -1}}, {{"text": "{}", "score": -2}}]}}"#,
            index % 9, texts[0], texts[0], texts[1]
        )
        .unwrap();
    }
    lines
}

fn model() -> String {
    let path = repository("fixtures/reference/hf-peft/bert-tiny");
    path.to_str().unwrap().to_owned()
}

fn arguments<'a>(model: &'a str, out: &'a str) -> Vec<&'a str> {
    let suites = ["--suite", "perturb-n", "--suite", "perturb-1"];
    let rest = ["--model", model, "--nbest", "lists.jsonl", "--out", out];
    // Minimizing comes last and has a result of its own when it is interrupted.
    [&suites[..], &rest, &["--minimise", "off"]].concat()
}

/// Starts the binary, interrupts it `delay` after it began to score, and returns its exit code
/// and the rest of what it said.
fn interrupted(project: &Project, arguments: &[&str], delay: u64) -> (Option<i32>, String) {
    let mut process = Command::new(env!("CARGO_BIN_EXE_robustness-check"))
        .args(arguments)
        .arg("--verbose")
        .current_dir(project.path(""))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
    while !lines
        .next()
        .unwrap()
        .unwrap()
        .contains("indexed the lexicon")
    {}
    std::thread::sleep(Duration::from_millis(delay));
    let id = process.id().to_string();
    let sent = Command::new("kill").args(["-INT", &id]).status().unwrap();
    assert!(sent.success());
    let said: Vec<String> = lines.map(Result::unwrap).collect();
    (process.wait().unwrap().code(), said.join("\n"))
}

/// The report without its `run` block, and the cases.
fn result(project: &Project, folder: &str) -> (serde_json::Value, String) {
    let report = project.read(&format!("{folder}/report.json"));
    let mut report: serde_json::Value = serde_json::from_str(&report).unwrap();
    report.as_object_mut().unwrap().remove("run").unwrap();
    (report, project.read(&format!("{folder}/cases.jsonl")))
}

#[test]
fn an_interrupted_check_that_goes_on_reports_the_same() {
    let project = project().file("lists.jsonl", lists());
    let model = model();
    let whole = project.run(&arguments(&model, "whole"));
    assert_ne!(whole.code, 2, "{}", whole.err);
    let expected = result(&project, "whole");
    assert!(expected.0["nbest"]["truncated_texts"].as_u64().unwrap() > 0);

    let slow = [
        &arguments(&model, "parts")[..],
        &["--jobs", "1", "--batch-tokens", "1"],
    ]
    .concat();
    let mut saved = 0;
    for delay in [30, 60, 120, 240] {
        // Every run goes on from the one before, and a busy machine gets more time to begin.
        let (code, said) = interrupted(&project, &slow, delay);
        assert_eq!(code, Some(130), "{said}");
        if said.contains("nothing was scored yet") {
            assert_eq!(project.names(), ["lists.jsonl", "whole"]);
            continue;
        }
        assert!(
            said.contains("scores are saved in parts.scores.jsonl"),
            "{said}"
        );
        assert_eq!(
            project.names(),
            ["lists.jsonl", "parts.scores.jsonl", "whole"]
        );
        saved = project.read("parts.scores.jsonl").lines().count() - 1;
        break;
    }
    assert!(saved > 0);

    let rest = project.run(&arguments(&model, "parts"));
    assert_eq!(rest.code, whole.code, "{}", rest.err);
    assert!(
        rest.err
            .contains(&format!("going on from the {saved} scores")),
        "{}",
        rest.err
    );
    assert_eq!(result(&project, "parts"), expected);
    assert_eq!(project.names(), ["lists.jsonl", "parts", "whole"]);
}

/// A file of saved scores of some model.
fn saved_scores(model: &str, scores: &[&str]) -> String {
    let (mut lines, mut file) = Lines::begin(&Header::new(model, Some(64), "cpu"));
    for text in scores {
        file += &lines.of(&Remembered {
            text: (*text).to_owned(),
            score: -1.5,
            cut: false,
        });
    }
    file
}

#[test]
fn scores_of_another_model_are_not_used_and_foreign_or_damaged_files_are_left_alone() {
    let damaged = saved_scores("0123", &["two", "cups"]).replace("0123", "0124");
    let project = project()
        .file("lists.jsonl", lists())
        .file("other.scores.jsonl", saved_scores("0123", &["two"]))
        .file("foreign.scores.jsonl", "years of work")
        .file("damaged.scores.jsonl", &damaged);
    let model = model();
    let run = project.run(&arguments(&model, "other"));
    assert!(run.err.contains("another model"), "{}", run.err);
    assert_ne!(run.code, 2);
    project.check_error(
        &arguments(&model, "foreign"),
        &["foreign.scores.jsonl", "line 1", "--out"],
    );
    assert_eq!(project.read("foreign.scores.jsonl"), "years of work");
    project.check_error(
        &arguments(&model, "damaged/"),
        &["damaged.scores.jsonl", "delete the file"],
    );
    assert_eq!(project.read("damaged.scores.jsonl"), damaged);
}
