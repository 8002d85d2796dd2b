use std::fs;

use super::*;
use crate::bert::error::LoadErrorKind;

const NOWHERE: BaseSearch<'_> = BaseSearch {
    base: None,
    cache: None,
};

fn checkpoint() -> Checkpoint {
    Checkpoint {
        format_version: FORMAT_VERSION,
        base: Some("../base".to_owned()),
        head: HeadKind::ClsLinear,
        weight: 0.5,
        first_pass_scale: 0.1,
        max_length: 64,
        normalization: serde_json::json!("as written"),
        strategy: serde_json::json!("lora"),
        seed: 1,
        data: BTreeMap::from([("train.jsonl".to_owned(), "abc".to_owned())]),
    }
}

fn put(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn adapter(base: &str) -> String {
    serde_json::json!({"peft_type": "LORA", "base_model_name_or_path": base}).to_string()
}

#[test]
fn a_checkpoint_survives_a_round_trip_and_finds_its_base() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("ours");
    fs::create_dir(&folder).unwrap();
    checkpoint().write(&folder).unwrap();
    put(&folder, "adapter_config.json", &adapter("elsewhere"));
    put(root.path(), "base/config.json", "{}");

    let source = Source::open(&folder, NOWHERE).unwrap();
    assert_eq!(source.checkpoint, Some(checkpoint()));
    assert_eq!(source.base, folder.join("../base"));
    assert_eq!(source.adapter, Some(folder.clone()));
    assert_eq!(
        (source.weight, source.first_pass_scale),
        (Some(0.5), Some(0.1))
    );
    assert_eq!(source.tokenizer(), folder.join("../base/tokenizer.json"));
    put(&folder, "tokenizer.json", "{}");
    assert_eq!(source.tokenizer(), folder.join("tokenizer.json"));
}

#[test]
fn what_was_ever_written_is_read() {
    let root = tempfile::tempdir().unwrap();
    put(root.path(), "config.json", "{}");
    let kept = "lower case, straight apostrophes, Unicode NFC, punctuation kept";
    let stripped = "lower case, punctuation stripped, hesitations left out";
    for (normalization, strategy) in [
        (serde_json::Value::Null, serde_json::Value::Null),
        (
            kept.into(),
            serde_json::json!({"name": "warmup", "dev_wer": 0.2}),
        ),
        (stripped.into(), "mixed".into()),
    ] {
        let mut record = checkpoint();
        record.base = None;
        record.normalization = normalization;
        record.strategy = strategy;
        record.write(root.path()).unwrap();
        let source = Source::open(root.path(), NOWHERE).unwrap();
        assert_eq!(source.checkpoint, Some(record));
    }
}

#[test]
fn the_base_of_an_adapter_is_found_by_path_by_name_and_by_command() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("adapter");
    put(&folder, "adapter_config.json", &adapter("google/small"));
    put(
        &folder,
        "rescoring.json",
        r#"{"weight": 2.0, "score_scale": 0.25}"#,
    );

    let error = Source::open(&folder, NOWHERE).unwrap_err();
    let LoadErrorKind::Field { field, value, .. } = error.kind() else {
        panic!("{error:?}")
    };

    assert_eq!(
        (field.as_str(), value.as_str()),
        ("base_model_name_or_path", "google/small")
    );

    let snapshots = "cache/hub/models--google--small/snapshots";
    let version = |hash: &str| format!("{snapshots}/{hash}/config.json");
    put(root.path(), &version("bbb"), "{}");

    let cache = root.path().join("cache");
    let search = BaseSearch {
        base: None,
        cache: Some(&cache),
    };
    let source = Source::open(&folder, search).unwrap();
    assert_eq!(source.base, root.path().join(snapshots).join("bbb"));
    assert_eq!(
        (source.weight, source.first_pass_scale),
        (Some(2.0), Some(0.25))
    );
    let notice = source.notice.unwrap();
    assert!(
        notice.contains("no refs/main") && notice.contains("bbb"),
        "{notice}"
    );

    put(root.path(), &version("aaa"), "{}");
    let error = Source::open(&folder, search).unwrap_err();
    let LoadErrorKind::Field { value, advice, .. } = error.kind() else {
        panic!("{error:?}")
    };
    assert_eq!(value, "google/small");
    assert!(advice.contains("2 versions of it, aaa, bbb,"), "{advice}");
    assert!(advice.contains("--base"), "{advice}");
    put(
        root.path(),
        "cache/hub/models--google--small/refs/main",
        "aaa\n",
    );

    let source = Source::open(&folder, search).unwrap();
    assert_eq!(source.base, root.path().join(snapshots).join("aaa"));
    assert_eq!(source.notice, None);

    let revised = |revision: &str| {
        let text = serde_json::json!({"peft_type": "LORA",
            "base_model_name_or_path": "google/small", "revision": revision});
        put(&folder, "adapter_config.json", &text.to_string());
        Source::open(&folder, search)
    };

    put(
        root.path(),
        "cache/hub/models--google--small/refs/v2",
        "bbb",
    );
    for revision in ["v2", "bbb"] {
        let base = revised(revision).unwrap().base;
        assert_eq!(base, root.path().join(snapshots).join("bbb"));
    }

    let error = revised("v3").unwrap_err();
    let LoadErrorKind::Field {
        field,
        value,
        advice,
    } = error.kind()
    else {
        panic!("{error:?}")
    };
    assert_eq!((field.as_str(), value.as_str()), ("revision", "v3"));
    assert!(advice.contains("--base"), "{advice}");
    put(&folder, "adapter_config.json", &adapter("google/small"));

    put(&folder, "google/small/config.json", "{}");

    let source = Source::open(&folder, search).unwrap();
    assert_eq!(source.base, folder.join("google/small"));
    let chosen = root.path().join("chosen");
    put(&chosen, "config.json", "{}");

    let search = BaseSearch {
        base: Some(&chosen),
        cache: None,
    };
    assert_eq!(Source::open(&folder, search).unwrap().base, chosen);

    let search = BaseSearch {
        base: Some(root.path()),
        cache: None,
    };

    assert!(Source::open(&folder, search).is_err());
}

#[track_caller]
fn check_refused(file: &str, text: &str, part: &str) {
    let root = tempfile::tempdir().unwrap();
    put(root.path(), file, text);
    let error = Source::open(root.path(), NOWHERE).unwrap_err();
    let source = std::error::Error::source(error.kind()).map(ToString::to_string);
    let message = format!("{}: {}", error.kind(), source.unwrap_or_default());
    assert!(message.contains(part), "{message}");
}

fn changed(field: &str, value: serde_json::Value) -> String {
    let mut record = serde_json::to_value(checkpoint()).unwrap();
    record[field] = value;
    record.to_string()
}

#[test]
fn models_in_a_folder_that_is_none_are_named() {
    let one = "checkpoint-5 in it is one: name that";
    check_refused("checkpoint-5/adapter_config.json", "{}", one);
    check_refused("checkpoint-5/config.json", "{}", one);

    let root = tempfile::tempdir().unwrap();
    put(root.path(), "checkpoint-5/adapter_config.json", "{}");
    put(root.path(), "checkpoint-9/adapter_config.json", "{}");
    let text = Source::open(root.path(), NOWHERE)
        .unwrap_err()
        .kind()
        .to_string();
    assert!(text.contains("; 2 folders in it are, from "), "{text}");
    assert!(text.ends_with("checkpoint-9: name one of them"), "{text}");
}

#[test]
fn what_is_no_model_is_refused_with_the_reason() {
    check_refused("README.md", "", "holds none of rescorer.json");
    let version = "`format_version` is 2; this program reads version 1";
    check_refused(
        CHECKPOINT_FILE,
        &changed("format_version", 2.into()),
        version,
    );
    check_refused(CHECKPOINT_FILE, "{}", "`format_version` is null");
    check_refused(
        CHECKPOINT_FILE,
        &changed("wieght", 1.into()),
        "unknown field `wieght`",
    );
    check_refused(
        CHECKPOINT_FILE,
        &changed("head", "pooled".into()),
        "`pooled`",
    );
    check_refused(
        CHECKPOINT_FILE,
        &changed("max_length", 2.into()),
        "`max_length` is 2",
    );
    for (field, value, told) in [
        (
            "normalization",
            serde_json::json!("lower case, WRONG"),
            "`normalization` is \"lower case, WRONG\"; it must be null, \"as written\", or",
        ),
        (
            "normalization",
            3.into(),
            "`normalization` is 3; it must be",
        ),
        (
            "strategy",
            3.into(),
            "`strategy` is 3; it must be null, a name",
        ),
        (
            "strategy",
            "Full".into(),
            "`strategy` is \"Full\"; there are full, lora",
        ),
        (
            "strategy",
            serde_json::json!({"steps": 3}),
            "`strategy.name` is null; there are full, lora",
        ),
        (
            "strategy",
            serde_json::json!({"name": "lora", "robust": true}),
            "`strategy.robust` is true; it must be null, or an object",
        ),
        (
            "strategy",
            serde_json::json!({"name": "lora", "dev_wer": "low"}),
            "`strategy.dev_wer` is \"low\"; it must be a number",
        ),
    ] {
        check_refused(CHECKPOINT_FILE, &changed(field, value), told);
    }
    check_refused(CHECKPOINT_FILE, "not json", "not the JSON");
    check_refused(
        "adapter_config.json",
        r#"{"peft_type": "LORA"}"#,
        "name the folder",
    );
    let root = tempfile::tempdir().unwrap();
    let gone = Source::open(&root.path().join("gone"), NOWHERE).unwrap_err();
    assert_eq!(gone.kind().to_string(), "there is no such folder");
    put(root.path(), "file", "");

    let file = Source::open(&root.path().join("file"), NOWHERE).unwrap_err();
    assert_eq!(file.kind().to_string(), "it is a file; a model is a folder");
}

#[test]
fn a_bad_side_file_is_refused_with_its_field() {
    let root = tempfile::tempdir().unwrap();
    put(root.path(), "adapter_config.json", &adapter("."));
    put(root.path(), "config.json", "{}");

    for (text, expected) in [
        (r#"{"wieght": 1}"#, "`wieght` is 1; there is no such field"),
        (
            r#"{"weight": "x"}"#,
            "`weight` is \"x\"; it must be a number",
        ),
        (
            r#"{"score_scale": [1]}"#,
            "`score_scale` is [1]; it must be a number",
        ),
        (r#"{"weight": 1e9}"#, "`weight` is 1000000000; it must be"),
        ("[1]", "`rescoring.json` is [1]; it must be an object"),
    ] {
        put(root.path(), "rescoring.json", text);
        let error = Source::open(root.path(), NOWHERE).unwrap_err();
        assert_eq!(error.path(), root.path().join("rescoring.json"));
        let message = error.kind().to_string();
        assert!(message.contains(expected), "{message}");
    }

    put(
        root.path(),
        "rescoring.json",
        r#"{"weight": null, "score_scale": 2}"#,
    );
    let source = Source::open(root.path(), NOWHERE).unwrap();
    assert_eq!((source.weight, source.first_pass_scale), (None, Some(2.0)));
}

#[test]
fn a_side_file_counts_beside_a_whole_model_and_not_beside_a_checkpoint() {
    let root = tempfile::tempdir().unwrap();
    put(root.path(), "config.json", "{}");
    put(
        root.path(),
        "rescoring.json",
        r#"{"weight": 0.5, "score_scale": 0.125}"#,
    );
    let weighed = |source: &Source| (source.weight, source.first_pass_scale);
    let source = Source::open(root.path(), NOWHERE).unwrap();
    assert_eq!(weighed(&source), (Some(0.5), Some(0.125)));

    let mut record = checkpoint();
    record.base = None;
    record.write(root.path()).unwrap();
    let source = Source::open(root.path(), NOWHERE).unwrap();
    let own = (Some(record.weight), Some(record.first_pass_scale));
    assert_eq!(weighed(&source), own);
}
