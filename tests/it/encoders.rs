//! RoBERTa, XLM-RoBERTa, DistilBERT and ELECTRA: scores of transformers and PEFT, and what is
//! refused.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::project::{Project, project, repository};

const MODELS: [&str; 4] = ["roberta", "xlm-roberta", "distilbert", "electra"];

fn fixtures() -> PathBuf {
    repository("fixtures/reference/encoders")
}

/// What transformers and PEFT gave; see `make.py` there.
fn reference() -> Value {
    let text = fs::read_to_string(fixtures().join("scores.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// A project with the texts of the reference as one list, and a copy of a model.
fn with_copy(model: &str) -> Project {
    let texts = reference()["texts"].clone();
    let texts = texts.as_array().unwrap();
    let hypotheses: Vec<Value> = texts
        .iter()
        .enumerate()
        .map(|(rank, text)| serde_json::json!({"text": text, "score": -(rank as f64)}))
        .collect();
    let list = serde_json::json!({"id": "a", "ref": texts[0], "hyps": hypotheses});
    let mut project = project().file("lists.jsonl", list.to_string());

    for folder in [model.to_owned(), format!("{model}-lora")] {
        for entry in fs::read_dir(fixtures().join(&folder)).unwrap() {
            let path = entry.unwrap().path();
            let name = format!("{folder}/{}", path.file_name().unwrap().to_str().unwrap());
            project = project.file(&name, fs::read(&path).unwrap());
        }
    }

    project
}

#[track_caller]
fn check_scores(project: &Project, folder: &str, expected: &Value) {
    let words = ["score", "--model", folder, "--nbest", "lists.jsonl"];
    let run = project.run(&[&words[..], &["--normalize", "none"]].concat());
    assert_eq!(run.code, 0, "{folder}: {}", run.err);

    let line: Value = serde_json::from_str(&run.out).unwrap();
    let (scores, expected) = (
        line["scores"].as_array().unwrap(),
        expected.as_array().unwrap(),
    );
    assert_eq!(scores.len(), expected.len(), "{folder}");
    for (score, expected) in scores.iter().zip(expected) {
        let difference = score.as_f64().unwrap() - expected.as_f64().unwrap();
        assert!(difference.abs() < 1e-4, "{folder}: {score} {expected}");
    }
}

#[test]
fn every_architecture_scores_a_list_as_transformers_and_peft_do() {
    let reference = reference();
    for model in MODELS {
        let project = with_copy(model);
        let expected = &reference["models"][model];
        check_scores(&project, model, &expected["base"]);
        check_scores(&project, &format!("{model}-lora"), &expected["lora"]);
    }
}

/// The error of a model with one substitution in one of its text files.
#[track_caller]
fn check_refused(model: &str, file: &str, from: &str, to: &str, expected: &[&str]) {
    let project = with_copy(model);
    let path = project.path(model).join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{text}");
    fs::write(path, text.replace(from, to)).unwrap();

    let arguments = ["score", "--model", model, "--nbest", "lists.jsonl"];
    project.check_error(&arguments, expected);
}

#[test]
fn what_a_file_of_a_model_has_wrong_is_named() {
    check_refused(
        "distilbert",
        "config.json",
        "\"hidden_dim\": 48",
        "\"hidden_dim\": 64",
        &["config.json", "`hidden_dim` is 64", "ffn.lin1", "48"],
    );
    check_refused(
        "distilbert",
        "config.json",
        "\"activation\": \"gelu\"",
        "\"activation\": \"silu\"",
        &["config.json", "`activation`", "silu", "gelu_new"],
    );
    check_refused(
        "distilbert",
        "config.json",
        "\"n_heads\"",
        "\"heads\"",
        &["config.json", "n_heads"],
    );
    check_refused(
        "electra",
        "config.json",
        "\"embedding_size\": 16",
        "\"embedding_size\": 24",
        &["config.json", "`embedding_size` is 24", "[200, 16]"],
    );
    check_refused(
        "roberta",
        "tokenizer.json",
        "<pad>",
        "<gap>",
        &["tokenizer.json", "no <pad> token"],
    );
    check_refused(
        "xlm-roberta",
        "config.json",
        "\"xlm-roberta\"",
        "\"xlm-roberta-xl\"",
        &["config.json", "model_type", "XLM-RoBERTa", "ELECTRA"],
    );
}

#[test]
fn texts_are_as_long_as_there_are_positions_to_count() {
    let project = with_copy("roberta");
    let score = ["score", "--model", "roberta", "--nbest", "lists.jsonl"];
    // 34 positions, of which texts begin at the third.
    project.check_error(
        &[&score[..], &["--max-length", "33"]].concat(),
        &["max_length", "3 to 32 tokens"],
    );
    let run = project.run(&[&score[..], &["--max-length", "32"]].concat());
    assert_eq!(run.code, 0, "{}", run.err);
}

#[test]
fn hidden_words_are_learned_by_bert_alone() {
    let project = with_copy("roberta").file("text.txt", "a red rose\n".repeat(60));
    let learn = ["train", "--objective", "mlm", "--text", "text.txt"];
    let more = ["--steps", "1", "--out", "new", "--quiet"];
    project.check_error(
        &[&learn[..], &["--base", "roberta"], &more].concat(),
        &["roberta/config.json", "only BERT learns hidden words"],
    );
    project.check_error(
        &[&learn[..], &["--new", "roberta/config.json"], &more].concat(),
        &["roberta/config.json", "only BERT learns hidden words"],
    );
    assert!(!project.path("new").exists());
}

/// PEFT 0.21.2 stores each part whose name ends with one of `modules_to_save`, and raises
/// `KeyError: 'base_model.model.pre_classifier.weight'` for a file without it.
#[test]
fn an_adapter_of_peft_is_exported_with_all_that_peft_stores_whole() {
    for model in MODELS {
        let project = with_copy(model);
        let lora = format!("{model}-lora");
        let run = project.run(&["export", &lora, "--to", "peft", "--out", "exported"]);
        assert_eq!(run.code, 0, "{model}: {}", run.err);
        check_scores(&project, "exported", &reference()["models"][model]["lora"]);
    }
}
