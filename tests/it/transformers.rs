//! Models of the transformers library as programs, by the example that users start from.
//!
//! Runs where an interpreter has transformers, as [`peft`](crate::peft) finds one; elsewhere it
//! says so on standard error.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;

use crate::peft::{announce, python};
use crate::project::{Project, project, repository};

/// Makes a folder of each kind: the reference classifier, and two language models of random
/// weights.
const MAKE: &str = r#"
import json, shutil, sys
import torch
from transformers import (BertConfig, BertForMaskedLM, GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast)
base = sys.argv[1]
tokens = PreTrainedTokenizerFast(tokenizer_file=f"{base}/tokenizer.json", cls_token="[CLS]", sep_token="[SEP]",
                                 mask_token="[MASK]", pad_token="[PAD]", unk_token="[UNK]", bos_token="[CLS]")
shutil.copytree(base, "cross-encoder")
torch.manual_seed(1)
config = BertConfig.from_pretrained(base, initializer_range=0.3)
BertForMaskedLM(config).save_pretrained("masked-lm")
GPT2LMHeadModel(GPT2Config(vocab_size=config.vocab_size, n_positions=64, n_embd=32, n_layer=2, n_head=2,
                           initializer_range=0.3)).save_pretrained("causal-lm")
for folder in ("cross-encoder", "masked-lm", "causal-lm"):
    tokens.save_pretrained(folder)
"#;

/// The scores of every list that `score` prints for a model.
fn scores(project: &Project, model: &str) -> BTreeMap<String, Vec<f64>> {
    let run = project.run(&["score", "--model", model, "--nbest", "lists.jsonl"]);
    assert_eq!(run.code, 0, "{}", run.err);

    let line = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap();
        let scores = line["scores"].as_array().unwrap().iter();
        let scores = scores.map(|score| score.as_f64().unwrap()).collect();
        (line["id"].as_str().unwrap().to_owned(), scores)
    };
    run.out.lines().map(line).collect()
}

/// The verdict of a check, and the lists that fail.
fn verdict(project: &Project, model: &str, out: &str) -> (Value, Vec<Value>) {
    let run = project.run(&[
        "--model",
        model,
        "--nbest",
        "lists.jsonl",
        "--suite",
        "perturb-n",
        "--draws",
        "2",
        "--max-failures",
        "2",
        "--out",
        out,
    ]);
    assert!([0, 1, 3].contains(&run.code), "{}", run.err);

    let report: Value = serde_json::from_str(&project.read(&format!("{out}/report.json"))).unwrap();
    let failures = report["failures"]["checks"].as_array().unwrap().iter();
    let failing = failures.flat_map(|check| check["cases"].as_array().unwrap());
    (
        report["checks"][0]["verdict"]["verdict"].clone(),
        failing.map(|failure| failure["file"].clone()).collect(),
    )
}

#[test]
fn models_of_transformers_are_rescorers() {
    let Some(python) = python() else {
        announce("transformers is not installed: its models are NOT run as programs");
        return;
    };

    let lists = std::fs::read_to_string(repository("fixtures/nbest/test.jsonl")).unwrap();
    let lists: Vec<&str> = lists.lines().step_by(12).take(30).collect();
    let project = project()
        .file("lists.jsonl", lists.join("\n"))
        .file("make.py", MAKE);
    let base = repository("fixtures/reference/hf-peft/bert-tiny");
    let made = Command::new(&python)
        .arg("make.py")
        .arg(&base)
        .current_dir(project.path("."))
        .output()
        .unwrap();
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );

    let program = repository("fixtures/rescorers/transformers_lm.py");
    let model = |kind: &str| {
        format!(
            "exec:{} {} {kind} {kind}",
            python.display(),
            program.display()
        )
    };
    let ours = base.to_str().unwrap();

    let own = scores(&project, ours);
    let theirs = scores(&project, &model("cross-encoder"));
    assert_eq!(own.len(), 30);
    for (id, scores) in &own {
        for (own, their) in scores.iter().zip(&theirs[id]) {
            assert!((own - their).abs() < 1e-4, "{id}: {own} is not {their}");
        }
    }
    assert_eq!(
        verdict(&project, ours, "own"),
        verdict(&project, &model("cross-encoder"), "cross"),
    );

    for kind in ["masked-lm", "causal-lm"] {
        let found = scores(&project, &model(kind));
        assert!(found.values().flatten().all(|score| *score < 0.0), "{kind}");
        let (verdict, _) = verdict(&project, &model(kind), &format!("{kind}-report"));
        assert!(verdict.is_string(), "{verdict}");
    }
}
