//! Lists that wait on the disk: they come to the same as those in memory, and more of them take no
//! more of it.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::project::{Project, project, repository};

/// So many lists after the bundled ones, of three texts each, in no order.
fn lists(count: usize) -> String {
    let text = fs::read_to_string(repository("fixtures/nbest/test.jsonl")).unwrap();
    let bundled: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let line = |number: usize| {
        let list = &bundled[number % bundled.len()];
        let hyps: Vec<&Value> = list["hyps"].as_array().unwrap().iter().take(3).collect();
        let id = format!("u{:06}", number * 7_919 % count);
        let speaker = &list["speaker"];
        json!({"id": id, "speaker": speaker, "ref": list["ref"], "hyps": hyps}).to_string() + "\n"
    };
    (0..count).map(line).collect()
}

/// Every file of a folder with its content; of a report, without time and place.
fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut contents = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        // The marker has the hash of report.json, in which `run` tells of the run itself.
        if name == ".robustness-check.json" {
            continue;
        }

        if path.is_dir() {
            let inside = self::contents(&path).into_iter();
            contents.extend(inside.map(|(inner, bytes)| (format!("{name}/{inner}"), bytes)));
        } else if name == "report.json" {
            let mut report: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            report["run"].take();
            contents.push((name, report.to_string().into_bytes()));
        } else if ["jsonl", "zst", "json"]
            .iter()
            .any(|end| path.extension().is_some_and(|it| it == *end))
        {
            contents.push((name, fs::read(&path).unwrap()));
        }
    }
    contents.sort();
    contents
}

const HELD: [&str; 2] = ["--hold-lists", "100000"];

#[test]
fn lists_on_the_disk_come_to_the_same() {
    let project = project().file("lists.jsonl", lists(1_100));
    let check_same = |arguments: &[&str], from: usize| {
        let run = |more: &[&str]| {
            let run = project.run(&[&arguments[..from], more, &arguments[from..]].concat());
            assert!(run.code != 2, "{arguments:?}: {}", run.err);
            run.out
        };
        let shown = run(&[]);
        assert!(!shown.is_empty());
        assert!(run(&HELD) == shown, "{arguments:?}");
    };
    let stdout = ["perturb", "--suite", "perturb-1", "--nbest", "lists.jsonl"];
    check_same(&["nbest", "stat", "lists.jsonl"], 2);
    check_same(&["nbest", "convert", "lists.jsonl"], 2);
    check_same(
        &["nbest", "convert", "--to", "hyporadise", "lists.jsonl"],
        2,
    );
    check_same(&stdout, 1);
    check_same(&["score", "--model", "oracle", "--nbest", "lists.jsonl"], 1);

    for folder in ["plain", "held"] {
        let arguments = [
            "nbest",
            "convert",
            "--to",
            "kaldi",
            "lists.jsonl",
            "--out",
            folder,
        ];
        let more = if folder == "held" { &HELD[..] } else { &[] };
        let run = project.run(&[&arguments[..], more].concat());
        assert_eq!(run.code, 0, "{}", run.err);
    }
    for name in [
        "words_text",
        "ac_cost",
        "lm_cost",
        "cost",
        "ref_text",
        "utt2spk",
    ] {
        let read = |folder: &str| fs::read(project.path(folder).join(name)).ok();
        assert!(read("plain") == read("held"), "{name}");
    }
}

/// A model that changes its mind: the longer text wins.
const LONGER: &str = r#"
import json, sys
print(json.dumps({"protocol": 1, "name": "longer", "version": "1"}), flush=True)
for line in sys.stdin:
    asked = json.loads(line)
    scores = [len(text) / 7 for text in asked["texts"]]
    print(json.dumps({"id": asked["id"], "scores": scores}), flush=True)
"#;

#[test]
fn a_check_of_lists_on_the_disk_writes_the_same() {
    let project = project()
        .file("lists.jsonl", lists(1_100))
        .file("longer.py", LONGER);
    let check = |out: &str, more: &[&str]| {
        let arguments = [
            "--model",
            "exec:python3 longer.py",
            "--nbest",
            "lists.jsonl",
            "--suite",
            "perturb-n",
            "--suite",
            "perturb-1",
            "--draws",
            "2",
            "--max-failures",
            "3",
            "--out",
            out,
        ];
        let run = project.run(&[&arguments[..], more].concat());
        assert!(matches!(run.code, 0 | 1 | 3), "{}", run.err);
        contents(&project.path(out))
    };

    let memory = check("memory", &[]);
    assert!(
        memory
            .iter()
            .any(|(name, _)| name.starts_with("failures/perturb-n"))
    );
    assert!(memory.iter().any(|(name, _)| name == "cases.jsonl.zst"));
    let names = |files: &[(String, Vec<u8>)]| -> Vec<String> {
        files.iter().map(|(name, _)| name.clone()).collect()
    };
    let disk = check("disk", &HELD);
    assert_eq!(names(&disk), names(&memory));
    for ((name, bytes), (_, same)) in disk.iter().zip(&memory) {
        assert!(bytes == same, "{name}");
    }

    // A rule that ends a check early looks at all lists.
    let stop = ["--stop", "planned=2"];
    let held = check("disk", &[&stop[..], &HELD].concat());
    assert_eq!(held, check("memory", &stop));
}

/// Properties of every list and of some, beside a check.
const FEW: &str = r#"
name = "few"
[[check]]
name = "order"
kind = "order-invariance"
lists = 40
[[check]]
name = "drop"
kind = "score-drop"
draws = 1
max_spreads = 2.0
max_rate = 0.01
[[check]]
name = "forms"
kind = "surface-forms"
forms = ["upper-case", "final-period"]
lists = 700
max_rate = 0.25
[[check]]
name = "harm"
kind = "selection-harm"
perturbation = "perturb-n"
draws = 1
max_rate = 0.0
[[check]]
name = "once"
perturbation = "perturb-n"
draws = 1
"#;

#[test]
fn properties_of_lists_on_the_disk_are_those_of_all_at_once() {
    let project = project()
        .file("lists.jsonl", lists(1_100))
        .file("longer.py", LONGER)
        .file("few.toml", FEW);
    let check = |out: &str, more: &[&str]| {
        let arguments = [
            "--model",
            "exec:python3 longer.py",
            "--nbest",
            "lists.jsonl",
            "--suite",
            "invariants",
            "--suite",
            "few.toml",
            "--out",
            out,
        ];
        let run = project.run(&[&arguments[..], more].concat());
        assert!(matches!(run.code, 1 | 3), "{}", run.err);
        contents(&project.path(out))
    };
    let memory = check("memory", &[]);
    assert!(check("disk", &HELD) == memory);

    // With a budget, all lists are one part.
    check("whole", &["--budget", "1000000000"]);
    let [parts, whole] = ["disk", "whole"].map(|out| {
        let text = project.read(&format!("{out}/report.json"));
        serde_json::from_str::<Value>(&text).unwrap()
    });
    for what in ["preflight", "properties"] {
        assert_eq!(parts[what], whole[what], "{what}");
    }
    let found = parts["properties"].as_array().unwrap();
    assert_eq!(found.len(), 13);
    let examples = found.iter().filter(|one| !one["minimal"].is_null());
    assert!(examples.count() > 1, "{found:#?}");
}

/// The mebibytes that a command says it has used.
#[cfg(target_os = "linux")]
fn peak(project: &Project, arguments: &[&str]) -> f64 {
    let run = project.run(&[arguments, &["--verbose", "--hold-lists", "1000000"]].concat());
    assert!(run.code != 2, "{arguments:?}: {}", run.err);
    let said = run.err.split("used at most ").nth(1);
    let said = said.and_then(|rest| rest.split(" MiB of memory").next());
    said.unwrap().replace(',', "").parse().unwrap()
}

/// All of the longer file's lists, parsed, take 25 MiB more than those of the shorter one, and
/// their trials 20 more.
#[cfg(target_os = "linux")]
#[test]
fn ten_times_the_lists_take_hardly_more_memory() {
    let project = project()
        .file("few.toml", FEW)
        .file("few.jsonl", lists(3_000))
        .file("many.jsonl", lists(30_000));
    let check = |command: &[&'static str], more: f64| {
        let of = |file: &'static str| {
            let named = |word: &&'static str| if *word == "FILE" { file } else { *word };
            let arguments: Vec<&str> = command.iter().map(named).collect();
            peak(&project, &arguments)
        };
        let (few, many) = (of("few.jsonl"), of("many.jsonl"));
        assert!(many - few < more, "{command:?}: {few} MiB, then {many}");
    };

    check(&["nbest", "stat", "FILE"], 10.0);
    check(
        &[
            "nbest",
            "convert",
            "FILE",
            "--out",
            "converted.jsonl",
            "--force",
        ],
        10.0,
    );
    check(
        &[
            "perturb",
            "--suite",
            "perturb-1",
            "--nbest",
            "FILE",
            "--out",
            "swapped.jsonl",
            "--force",
        ],
        10.0,
    );
    check(
        &[
            "score",
            "--model",
            "oracle",
            "--nbest",
            "FILE",
            "--out",
            "scores.jsonl",
            "--force",
        ],
        10.0,
    );
    check(
        &[
            "--model",
            "first-pass",
            "--suite",
            "perturb-n",
            "--draws",
            "1",
            "--nbest",
            "FILE",
            "--out",
            "report",
        ],
        20.0,
    );
    for suite in ["invariants", "few.toml"] {
        let arguments = ["--model", "first-pass", "--suite", suite, "--nbest", "FILE"];
        check(&arguments, 20.0);
    }
}
