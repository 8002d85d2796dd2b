use super::*;

use burn::module::Module;
use burn::tensor::Tensor;

use crate::bert::batch::TokenBatch;
use crate::bert::checkpoint::BaseSearch;
use crate::bert::weights::numbers;

fn reference() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/reference")
}

fn source(folder: &Path, base: &Path) -> Source {
    Source::open(
        folder,
        BaseSearch {
            base: Some(base),
            cache: None,
        },
    )
    .unwrap()
}

#[track_caller]
fn check_close(found: &[f32], expected: &[f32], tolerance: f32) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!(
            (found - expected).abs() <= tolerance,
            "{found} is not {expected}"
        );
    }
}

#[derive(serde::Deserialize)]
struct Scores {
    texts: Vec<String>,
    max_length: usize,
    input_ids: Vec<Vec<u32>>,
    score: std::collections::BTreeMap<String, Vec<f32>>,
}

fn scores() -> Scores {
    let text = std::fs::read_to_string(reference().join("hf-peft/scores.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Scores computed with transformers 5.23 and peft 0.21.2; see `hf-peft/scores.json`.
#[track_caller]
fn check_scores(folder: &str, name: &str, adapter_use: AdapterUse) {
    let scores = scores();
    let device = Device::flex();
    let root = reference().join("hf-peft");
    let source = source(&root.join(folder), &root.join("bert-tiny"));
    let length = Some(scores.max_length);
    let loaded = load(&source, &device, adapter_use, HeadUse::Stored, length).unwrap();
    let kept = loaded
        .model
        .linears()
        .iter()
        .any(|(_, linear)| linear.adapter.is_some());

    assert_eq!(
        kept,
        adapter_use == AdapterUse::Keep && folder != "bert-tiny"
    );

    let expected = &scores.score[name];
    let tokens: Vec<Vec<u32>> = scores
        .texts
        .iter()
        .map(|text| loaded.tokenizer.tokenize(text).unwrap().ids)
        .collect();
    assert_eq!(tokens, scores.input_ids);

    // All in one padded batch, and one by one.
    let rows: Vec<&[u32]> = tokens.iter().map(Vec::as_slice).collect();
    let batch = TokenBatch::new(&rows, 0, &device);
    check_close(&numbers(loaded.model.forward(&batch)), expected, 1e-4);
    for (row, expected) in rows.iter().zip(expected) {
        let batch = TokenBatch::new(&[row], 0, &device);
        check_close(&numbers(loaded.model.forward(&batch)), &[*expected], 1e-4);
    }
}

#[test]
fn scores_equal_those_of_transformers_and_peft() {
    for adapter_use in [AdapterUse::Merge, AdapterUse::Keep] {
        check_scores("bert-tiny", "base", adapter_use);
        check_scores("adapter-lora", "lora", adapter_use);
        check_scores(
            "adapter-lora-rs-all-linear",
            "lora-rs-all-linear",
            adapter_use,
        );
        check_scores("adapter-adalora", "adalora", adapter_use);
    }
}

#[derive(serde::Deserialize)]
struct Golden {
    input_ids: Vec<Vec<u32>>,
    logits: Vec<Vec<f32>>,
}

/// Logits computed with peft 0.21.2; see `golden/*/io.json`.
#[track_caller]
fn check_golden(name: &str, adapter_use: AdapterUse) {
    let device = Device::flex();
    let root = reference().join("golden");
    let text = std::fs::read_to_string(root.join(name).join("io.json")).unwrap();
    let golden: Golden = serde_json::from_str(&text).unwrap();
    let config = BertConfig::read(&root.join("config.json")).unwrap();
    let store = TensorStore::read(&root.join("base.safetensors")).unwrap();
    let adapter = Adapter::read(&root.join(name)).unwrap();
    let (head, stored) = (HeadKind::HfPooled, HeadUse::Stored);
    let (mut model, _) = build(
        &store,
        Some(&adapter),
        &config,
        head,
        &device,
        stored,
        &root,
    )
    .unwrap();

    if adapter_use == AdapterUse::Merge {
        model.merge();
    }

    let rows: Vec<&[u32]> = golden.input_ids.iter().map(Vec::as_slice).collect();
    let expected: Vec<f32> = golden.logits.iter().map(|logits| logits[0]).collect();
    let scores = numbers(model.forward(&TokenBatch::new(&rows, 0, &device)));
    check_close(&scores, &expected, 1e-5);
}

#[test]
fn logits_equal_those_of_peft() {
    for adapter_use in [AdapterUse::Merge, AdapterUse::Keep] {
        for name in ["lora", "patt", "adalora", "dora"] {
            check_golden(name, adapter_use);
        }
    }
}

#[test]
fn the_first_token_alone_is_computed_as_with_the_others() {
    let device = Device::flex();
    let root = reference().join("hf-peft");
    let source = source(&root.join("bert-tiny"), &root);
    let loaded = load(&source, &device, AdapterUse::Merge, HeadUse::Stored, None).unwrap();
    let rows: [&[u32]; 3] = [&[2, 131, 125, 3], &[2, 16, 126, 146, 108, 95, 3], &[2, 3]];

    for device in [device.clone(), device.autodiff()] {
        let batch = TokenBatch::new(&rows, 0, &device);
        let model = loaded.model.clone().to_device(&device);
        let all = model.encoder.forward(&batch);
        let [rows, _, width] = all.dims();
        let first: Tensor<2> = all.slice([0..rows, 0..1]).reshape([rows, width]);
        check_close(&numbers(model.cls(&batch)), &numbers(first), 1e-5);
    }
}

#[test]
fn training_sees_the_numbers_of_scoring_and_reaches_adapters() {
    let scores = scores();
    let root = reference().join("hf-peft");
    let source = source(&root.join("adapter-adalora"), &root.join("bert-tiny"));
    let device = Device::flex().autodiff();
    let loaded = load(
        &source,
        &device,
        AdapterUse::Keep,
        HeadUse::Stored,
        Some(64),
    )
    .unwrap();

    let model = loaded.model.train();
    let rows: Vec<&[u32]> = scores.input_ids.iter().map(Vec::as_slice).collect();
    let found = model.forward(&TokenBatch::new(&rows, 0, &device));
    check_close(
        &numbers(found.clone().inner()),
        &scores.score["adalora"],
        1e-4,
    );

    let gradients = found.sum().backward();
    for (name, linear) in model.linears() {
        if let Some(adapter) = &linear.adapter {
            assert!(
                adapter.a.val().grad(&gradients).is_some(),
                "{name} has no gradient"
            );
        }
    }
}

#[test]
fn a_new_head_is_drawn_only_when_asked_for() {
    let device = Device::flex();
    let root = reference().join("hf-peft");
    let folder = tempfile::tempdir().unwrap();
    for file in ["config.json", "tokenizer.json"] {
        let from = root.join("bert-tiny").join(file);
        std::fs::copy(from, folder.path().join(file)).unwrap();
    }

    let store = TensorStore::read_model(&root.join("bert-tiny")).unwrap();
    let tensors: Vec<_> = store
        .names()
        .filter(|name| !name.starts_with("classifier"))
        .map(|name| store.named(name).unwrap())
        .collect();
    let path = folder.path().join("model.safetensors");
    crate::bert::tensors::write_tensors(&path, &tensors).unwrap();

    let source = source(folder.path(), folder.path());
    let error = load(&source, &device, AdapterUse::Merge, HeadUse::Stored, None).unwrap_err();
    let LoadErrorKind::NoHead { tensor } = error.kind() else {
        panic!("{error:?}")
    };
    assert_eq!(tensor, "classifier.weight");

    let weight = |seed: u64, head: HeadKind| {
        let head_use = HeadUse::New(head, seed);
        let loaded = load(&source, &device, AdapterUse::Merge, head_use, None).unwrap();
        assert_eq!(loaded.model.head(), head);
        numbers(loaded.model.classifier.weight.val())
    };
    assert_eq!(weight(1, HeadKind::HfPooled), weight(1, HeadKind::HfPooled));
    assert_ne!(weight(1, HeadKind::HfPooled), weight(2, HeadKind::HfPooled));
    assert_ne!(
        weight(1, HeadKind::ClsLinear),
        weight(2, HeadKind::ClsLinear)
    );
}

#[test]
fn a_text_length_that_the_model_does_not_have_is_refused() {
    let root = reference().join("hf-peft");
    let source = source(&root.join("bert-tiny"), &root);
    for length in [2, 65] {
        let (adapters, head) = (AdapterUse::Merge, HeadUse::Stored);
        let error = load(&source, &Device::flex(), adapters, head, Some(length)).unwrap_err();
        assert!(
            matches!(error.kind(), LoadErrorKind::Field { .. }),
            "{error:?}"
        );
    }
}
