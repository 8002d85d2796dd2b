//! Encoders that were exported to ONNX: transformers' scores, our own, and what is refused.

use std::fs;

use serde_json::Value;

use crate::project::{Project, project, repository};

const EXPORTED: [&str; 2] = ["roberta", "electra"];

/// A project with the texts of `fixtures/reference/encoders` as one list, and a copy of a model's
/// folder.
fn with_copy(model: &str) -> (Project, Vec<f64>) {
    let root = repository("fixtures/reference/encoders");
    let text = fs::read_to_string(root.join("scores.json")).unwrap();
    let reference: Value = serde_json::from_str(&text).unwrap();
    let texts = reference["texts"].as_array().unwrap();
    let hypotheses: Vec<Value> = texts
        .iter()
        .map(|text| serde_json::json!({"text": text}))
        .collect();
    let list = serde_json::json!({"id": "a", "ref": texts[0], "hyps": hypotheses});

    let mut project = project().file("lists.jsonl", list.to_string());
    for entry in fs::read_dir(root.join(model)).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("model/{}", path.file_name().unwrap().to_str().unwrap());
        project = project.file(&name, fs::read(&path).unwrap());
    }

    let expected = reference["models"][model]["base"].as_array().unwrap();
    let expected = expected.iter().map(|score| score.as_f64().unwrap());
    (project, expected.collect())
}

fn score(project: &Project, more: &[&str]) -> String {
    let words = ["score", "--nbest", "lists.jsonl", "--normalize", "none"];
    let run = project.run(&[&words[..], more].concat());
    assert_eq!(run.code, 0, "{more:?}: {}", run.err);
    run.out
}

#[test]
fn an_exported_model_scores_as_transformers_and_as_its_folder_does() {
    for model in EXPORTED {
        let (project, expected) = with_copy(model);
        let of = |out: &str| -> Vec<f64> {
            let line: Value = serde_json::from_str(out).unwrap();
            let scores = line["scores"].as_array().unwrap().iter();
            scores.map(|score| score.as_f64().unwrap()).collect()
        };
        let exported = score(&project, &["--model", "onnx:model"]);
        let own = of(&score(&project, &["--model", "model"]));
        let found = of(&exported);
        assert_eq!(found.len(), expected.len());
        for ((found, own), expected) in found.iter().zip(&own).zip(&expected) {
            assert!(
                (found - expected).abs() < 1e-4,
                "{model}: {found} {expected}"
            );
            assert!((found - own).abs() < 1e-4, "{model}: {found} {own}");
        }

        // Neither threads nor batches change a bit.
        for speed in [["--jobs", "1"], ["--jobs", "3"], ["--batch-tokens", "1"]] {
            let words = [&["--model", "onnx:model"], &speed[..]].concat();
            assert_eq!(score(&project, &words), exported);
        }
    }
}

#[track_caller]
fn check_refused(project: &Project, more: &[&str], expected: &[&str]) {
    let words = ["score", "--model", "onnx:model", "--nbest", "lists.jsonl"];
    project.check_error(&[&words[..], more].concat(), expected);
}

#[test]
fn what_is_wrong_with_an_exported_model_is_named() {
    let (project, _) = with_copy("electra");
    check_refused(
        &project,
        &["--device", "cuda:0"],
        &["--device does nothing", "onnx:model"],
    );
    check_refused(&project, &["--max-length", "33"], &["3 to 32 tokens"]);

    let path = project.path("model/model.onnx");
    let bytes = fs::read(&path).unwrap();
    for damaged in [&bytes[..bytes.len() / 2], &bytes[..0], b"this is a text"] {
        fs::write(&path, damaged).unwrap();
        check_refused(&project, &[], &["model.onnx", "not a usable ONNX model"]);
    }

    // An input and an output of other names: lengths stay, so that the file stays whole.
    let renamed = |from: &[u8], to: &[u8]| {
        let mut bytes = bytes.clone();
        let places: Vec<usize> = (0..bytes.len() - from.len())
            .filter(|place| bytes[*place..].starts_with(from))
            .collect();
        assert!(!places.is_empty());
        for place in places {
            bytes[place..place + to.len()].copy_from_slice(to);
        }
        fs::write(&path, bytes).unwrap();
    };
    renamed(b"token_type_ids", b"pixel_values_0");
    check_refused(
        &project,
        &[],
        &["model.onnx", "pixel_values_0", "input_ids"],
    );

    fs::remove_file(&path).unwrap();
    check_refused(&project, &[], &["model", "no model.onnx"]);
    let absent = ["score", "--model", "onnx:absent", "--nbest", "lists.jsonl"];
    project.check_error(&absent, &["absent", "no such folder"]);
}

/// A number as protocol buffers write it.
fn number(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number > 0x7f {
        bytes.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    bytes.push(number.to_le_bytes()[0]);
    bytes
}

/// The next number of `bytes`, which begin behind it then.
fn take_number(bytes: &mut &[u8]) -> u64 {
    let mut number = 0;
    for place in 0.. {
        let (first, rest) = bytes.split_first().unwrap();
        *bytes = rest;
        number |= u64::from(first & 0x7f) << (7 * place);
        if *first < 0x80 {
            break;
        }
    }
    number
}

fn field(place: u64, content: &[u8]) -> Vec<u8> {
    let length = number(content.len() as u64);
    [number(place << 3 | 2), length, content.to_vec()].concat()
}

/// `message` with its fields at the end of `path` moved to `outside`, the file `name`.
fn moved(message: &[u8], path: &[u64], name: &str, outside: &mut Vec<u8>) -> Vec<u8> {
    let mut result = Vec::new();
    let mut rest = message;
    while !rest.is_empty() {
        let tag = take_number(&mut rest);
        if tag.is_multiple_of(8) {
            result.extend([number(tag), number(take_number(&mut rest))].concat());
            continue;
        }

        assert_eq!(tag & 7, 2, "the models have fields of no other kind");
        let length = usize::try_from(take_number(&mut rest)).unwrap();
        let (content, behind) = rest.split_at(length);
        rest = behind;
        match path {
            [last] if tag >> 3 == *last => {
                let entry = |key: &str, value: &str| {
                    let entry = [field(1, key.as_bytes()), field(2, value.as_bytes())];
                    field(13, &entry.concat())
                };
                result.extend(entry("location", name));
                result.extend(entry("offset", &outside.len().to_string()));
                result.extend(entry("length", &content.len().to_string()));
                // They are elsewhere.
                result.extend([number(14 << 3), number(1)].concat());
                outside.extend(content);
            }
            [first, more @ ..] if tag >> 3 == *first => {
                result.extend(field(*first, &moved(content, more, name, outside)));
            }
            _ => result.extend(field(tag >> 3, content)),
        }
    }
    result
}

#[test]
fn weights_in_a_file_beside_the_graph_are_the_same_weights() {
    let (project, _) = with_copy("roberta");
    let expected = score(&project, &["--model", "onnx:model"]);
    let model = project.path("model/model.onnx");
    let whole = fs::read(&model).unwrap();
    let elsewhere = |name: &str| {
        let mut outside = Vec::new();
        // The bytes of the tensors of the graph.
        let graph = moved(&whole, &[7, 5, 9], name, &mut outside);
        assert!(outside.len() > 60_000, "{}", outside.len());
        fs::write(&model, graph).unwrap();
        outside
    };

    for name in ["model.onnx_data", "model.onnx.data"] {
        let outside = elsewhere(name);
        let beside = project.path(&format!("model/{name}"));
        fs::write(&beside, &outside).unwrap();
        assert_eq!(score(&project, &["--model", "onnx:model"]), expected);

        fs::write(&beside, &outside[..outside.len() / 3]).unwrap();
        check_refused(&project, &[], &["model.onnx", "cut off"]);
        fs::remove_file(&beside).unwrap();
        check_refused(&project, &[], &[name, "which is not beside it"]);
    }

    elsewhere("../model.onnx_data");
    check_refused(&project, &[], &["only files beside it are read"]);
}

#[test]
fn settings_of_an_exported_model_are_checked() {
    let (project, _) = with_copy("roberta");
    let path = project.path("model/config.json");
    let text = fs::read_to_string(&path).unwrap();
    for (from, to, expected) in [
        (
            "\"vocab_size\": 200",
            "\"vocab_size\": 100",
            "vocabulary of 100",
        ),
        ("\"vocab_size\"", "\"vocabulary\"", "vocab_size"),
        (
            "\"max_position_embeddings\": 34",
            "\"max_position_embeddings\": 4",
            "max_position_embeddings",
        ),
    ] {
        assert!(text.contains(from), "{text}");
        fs::write(&path, text.replace(from, to)).unwrap();
        check_refused(&project, &[], &[expected]);
    }
}
