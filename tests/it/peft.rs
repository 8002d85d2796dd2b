//! Exports: every strategy in every form, read back, and loaded by PEFT where PEFT is installed.
//!
//! The Python half runs with the interpreter that `ROBUSTNESS_CHECK_PYTHON` names, with that of
//! `target/peft` (which `.ci/run` makes), or with `python3`, whichever has PEFT. Where none has,
//! the test says so on standard error and covers the Rust half alone.

use std::io::Write;
use std::path::PathBuf;
use std::process::Command;

use crate::project::{Project, repository};
use crate::train::with_base;

/// A strategy, and the options that train it; rsLoRA scales adapters up, and takes smaller steps.
const STRATEGIES: [(&str, &[&str]); 8] = [
    ("full", &["--lr", "5e-2", "--strategy", "full"]),
    (
        "lora",
        &["--lr", "5e-2", "--strategy", "lora", "--rank", "3"],
    ),
    (
        "rslora",
        &[
            "--lr",
            "5e-3",
            "--strategy",
            "lora",
            "--rslora",
            "--targets",
            "all-linear",
        ],
    ),
    (
        "dynamic",
        &[
            "--lr",
            "5e-2",
            "--strategy",
            "dynamic",
            "--rank",
            "2",
            "--targets",
            "all-linear",
        ],
    ),
    (
        "warmup",
        &["--lr", "5e-2", "--strategy", "warmup", "--rank", "2"],
    ),
    (
        "warmup-dynamic",
        &[
            "--lr",
            "5e-2",
            "--strategy",
            "warmup",
            "--then-dynamic",
            "--rank",
            "2",
            "--targets",
            "all-linear",
        ],
    ),
    (
        "mixed",
        &[
            "--lr",
            "5e-2",
            "--strategy",
            "mixed",
            "--ranks",
            "query=4,output.dense=2",
        ],
    ),
    (
        "robust",
        &[
            "--lr",
            "5e-2",
            "--strategy",
            "lora",
            "--robust",
            "perturb-n",
            "--robust-probability",
            "0.3",
            "--seed",
            "3",
            "--head",
            "hf_pooled",
        ],
    ),
];

/// A Python that has PEFT.
pub(crate) fn python() -> Option<PathBuf> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let named = std::env::var_os("ROBUSTNESS_CHECK_PYTHON").map(PathBuf::from);
    let candidates = [
        root.join("target/peft/bin/python"),
        PathBuf::from("python3"),
    ];

    named.into_iter().chain(candidates).find(|python| {
        Command::new(python)
            .args([
                "-c",
                "import peft, transformers, torch, tokenizers, safetensors",
            ])
            .output()
            .is_ok_and(|output| output.status.success())
    })
}

/// Past the capture of tests that pass: what was not tested must be seen.
pub(crate) fn announce(line: &str) {
    writeln!(std::io::stderr().lock(), "{line}").unwrap();
}

/// A base of `fixtures/reference/encoders`, and the options that train it.
const ENCODERS: [(&str, &[&str]); 5] = [
    ("roberta", &["--strategy", "lora", "--rank", "3"]),
    (
        "xlm-roberta",
        &["--strategy", "dynamic", "--targets", "all-linear"],
    ),
    (
        "distilbert",
        &["--strategy", "lora", "--rank", "2", "--head", "cls_linear"],
    ),
    (
        "electra",
        &["--strategy", "lora", "--targets", "all-linear"],
    ),
    ("distilbert", &["--strategy", "lora", "--targets", "lin1"]),
];

/// Exports `from`, trained on `base`, and scores the export; returns the job for the Python half.
fn job(project: &Project, base: &str, from: &str, form: &str, head: &str) -> serde_json::Value {
    let out = format!("{from}-{form}");
    let run = project.run(&["export", from, "--to", form, "--out", &out]);
    assert_eq!(run.code, 0, "{out}: {}", run.err);
    assert!(run.out.contains("scores differ by at most"), "{}", run.out);

    let scores = format!("{out}.jsonl");
    let words = ["score", "--model", &out, "--nbest", "dev.jsonl"];
    let run = project.run(&[&words[..], &["--out", &scores, "--quiet"]].concat());
    assert_eq!(run.code, 0, "{out}: {}", run.err);

    let path = |name: &str| project.path(name).to_str().unwrap().to_owned();
    serde_json::json!({
        "name": out,
        "base": path(base),
        "model": path(&out),
        "kind": if form == "merged" { "merged" } else { "adapter" },
        "head": head,
        "scores": path(&scores),
    })
}

/// Trains `name` on `base`; returns its head.
fn train(project: &Project, base: &str, name: &str, options: &[&str]) -> String {
    let words = ["train", "--base", base, "--nbest", "train.jsonl"];
    // One look at the end, so that what is exported has learned something.
    let more = [
        "--dev",
        "dev.jsonl",
        "--steps",
        "24",
        "--evaluate-every",
        "24",
        "--quiet",
    ];
    let run = project.run(&[&words[..], &more, options, &["--out", name]].concat());
    assert_eq!(run.code, 0, "{name}: {}", run.err);
    let checkpoint: serde_json::Value =
        serde_json::from_str(&project.read(&format!("{name}/rescorer.json"))).unwrap();

    checkpoint["head"].as_str().unwrap().to_owned()
}

#[test]
fn every_strategy_is_exported_and_loads_in_peft() {
    let project = with_base();
    let mut jobs = Vec::new();
    for (name, options) in STRATEGIES {
        let head = train(&project, "base", name, options);
        let forms: &[&str] = match name {
            "full" => &["merged"],
            "dynamic" | "warmup-dynamic" => &["adalora", "lora", "merged"],
            _ => &["peft", "merged"],
        };
        let exports = forms.iter();
        jobs.extend(exports.map(|form| job(&project, "base", name, form, &head)));
    }

    compare(&project, jobs);
}

#[test]
fn every_architecture_is_trained_and_loads_in_peft() {
    let mut project = with_base();
    for (base, _) in ENCODERS {
        let from = repository("fixtures/reference/encoders").join(base);
        for file in ["config.json", "model.safetensors", "tokenizer.json"] {
            let bytes = std::fs::read(from.join(file)).unwrap();
            project = project.file(&format!("{base}/{file}"), bytes);
        }
    }

    let mut jobs = Vec::new();
    for (number, (base, options)) in ENCODERS.into_iter().enumerate() {
        let name = format!("{base}-{number}");
        let head = train(&project, base, &name, options);
        let forms = ["peft", "merged"];
        jobs.extend(forms.map(|form| job(&project, base, &name, form, &head)));
    }

    compare(&project, jobs);
}

/// Has PEFT load the jobs and compare scores, where there is a PEFT.
fn compare(project: &Project, jobs: Vec<serde_json::Value>) {
    let Some(python) = python() else {
        announce(
            "NOT TESTED: no Python with PEFT was found, so exports were not loaded by it; \
             name one with ROBUSTNESS_CHECK_PYTHON",
        );
        return;
    };

    let file = project.path("jobs.json");
    std::fs::write(&file, serde_json::Value::from(jobs).to_string()).unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peft/compare.py");
    let output = Command::new(&python)
        .arg(script)
        .arg(&file)
        .output()
        .unwrap();
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{out}\n{err}");
    announce(&out);
}

#[test]
fn exports_refuse_what_makes_no_sense() {
    let project = with_base();
    for (name, options) in &STRATEGIES[..2] {
        let words = ["train", "--base", "base", "--nbest", "train.jsonl"];
        let more = [
            "--dev",
            "dev.jsonl",
            "--steps",
            "2",
            "--quiet",
            "--out",
            name,
        ];
        let run = project.run(&[&words[..], &more, options].concat());
        assert_eq!(run.code, 0, "{name}: {}", run.err);
    }

    let export = |from: &'static str, form: &'static str, out: &'static str| {
        ["export", from, "--to", form, "--out", out]
    };
    project.check_error(
        &export("full", "lora", "x"),
        &["whole model", "--to merged"],
    );
    project.check_error(
        &export("lora", "adalora", "x"),
        &["plain LoRA", "--to lora"],
    );
    project.check_error(&export("lora", "merged", "lora"), &["it is the input CKPT"]);
    project.check_error(
        &export("lora", "merged", "base"),
        &["it is the input --base"],
    );
    std::fs::create_dir(project.path("notes")).unwrap();
    std::fs::write(project.path("notes/draft.txt"), "mine").unwrap();
    project.check_error(&export("lora", "merged", "notes"), &["notes", "draft.txt"]);
    project.check_error(&export("absent", "merged", "x"), &["absent"]);
    assert!(!project.path("x").exists());
}
