use super::*;

use burn::module::Module;
use burn::tensor::Tensor;

use crate::bert::batch::TokenBatch;
use crate::bert::checkpoint::BaseSearch;
use crate::bert::cpu::{PackedModel, Precision};
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
    let zeros = ScoreModel::zeros(&config, head, &device);
    let read = |model: &mut ScoreModel| read_weights(model, &store);
    let (mut model, _) = build(zeros, read, Some(&adapter), &config, stored, &root).unwrap();

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
        for name in ["lora", "patt", "adalora", "dora", "head"] {
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

/// The scores of `texts`, read late, and read at once.
fn late_and_eager(source: &Source, texts: &[&[u32]]) -> [Result<Vec<f32>, LoadError>; 2] {
    let late = load_late(source, None).and_then(|late| {
        let (config, words) = (late.loaded.config, late.words.map(Arc::new));
        let precision = Precision::Single;
        let packed = PackedModel::with_words(late.loaded.model, words, &config, precision);
        late.reads.outcome()?;
        packed.score(texts)
    });

    let (device, adapters) = (Device::flex(), AdapterUse::Merge);
    let eager = load(source, &device, adapters, HeadUse::Stored, None)
        .map(|loaded| PackedModel::new(loaded.model, &loaded.config, Precision::Single));
    [late, eager.and_then(|packed| packed.score(texts))]
}

#[test]
fn weights_that_are_read_late_give_the_same_bits() {
    let checkpoints = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/checkpoints");
    let (root, encoders) = (reference().join("hf-peft"), reference().join("encoders"));
    let tiny = root.join("bert-tiny");
    let folders = [
        tiny.clone(),
        root.join("adapter-lora-rs-all-linear"),
        root.join("adapter-adalora"),
        checkpoints.join("demo"),
        crate::bert::model_file::demo(),
        encoders.join("roberta"),
        encoders.join("electra-lora"),
        encoders.join("distilbert-lora"),
    ];

    let texts: [&[u32]; 3] = [&[2, 13, 15, 3], &[2, 16, 26, 46, 16, 26, 3], &[2, 3]];
    for folder in folders {
        let base = folder.starts_with(&root).then_some(tiny.as_path());
        let source = Source::open(&folder, BaseSearch { base, cache: None }).unwrap();
        let [late, eager] = late_and_eager(&source, &texts).map(Result::unwrap);
        let bits = |scores: &[f32]| -> Vec<u32> { scores.iter().map(|x| x.to_bits()).collect() };
        assert_eq!(bits(&late), bits(&eager), "{}", folder.display());
    }
}

/// A copy of the tiny model with one number of a tensor changed.
fn with_number(tensor: &str, place: usize, number: f32) -> tempfile::TempDir {
    let root = reference().join("hf-peft/bert-tiny");
    let folder = tempfile::tempdir().unwrap();
    for file in ["config.json", "tokenizer.json"] {
        std::fs::copy(root.join(file), folder.path().join(file)).unwrap();
    }

    let store = TensorStore::read_model(&root).unwrap();
    let mut tensors: Vec<_> = store
        .names()
        .map(|name| store.named(name).unwrap())
        .collect();
    let changed = tensors.iter_mut().find(|one| one.name.contains(tensor));
    changed.unwrap().values[place] = number;
    let path = folder.path().join("model.safetensors");
    crate::bert::tensors::write_tensors(&path, &tensors).unwrap();
    folder
}

#[test]
fn numbers_that_are_none_are_refused_late_and_early_alike() {
    let tensors = ["word_embeddings", "layer.1.output.dense.weight", "pooler"];
    for tensor in tensors {
        let folder = with_number(tensor, 7, f32::NAN);
        // A word that is in no text.
        let [late, eager] = late_and_eager(&source(folder.path(), folder.path()), &[&[2, 3]]);
        let told = |found: Result<Vec<f32>, LoadError>| {
            let error = found.unwrap_err();
            assert_eq!(error.path(), folder.path().join("model.safetensors"));
            error.kind().to_string()
        };
        let late = told(late);
        assert!(late.contains(tensor) && late.contains("NaN"), "{late}");
        assert_eq!(late, told(eager));
    }
}

#[test]
fn a_file_that_is_written_to_while_a_model_is_in_use_is_an_error() {
    let folder = with_number("word_embeddings", 7, 0.5);
    let file = folder.path().join("model.safetensors");
    let late = load_late(&source(folder.path(), folder.path()), None).unwrap();
    let (config, words) = (late.loaded.config, late.words.map(Arc::new));
    let packed = PackedModel::with_words(late.loaded.model, words, &config, Precision::Single);
    late.reads.outcome().unwrap();
    let before = packed.score(&[&[2, 13, 3]]).unwrap();

    let whole = std::fs::read(&file).unwrap();
    std::fs::write(&file, [&whole[..], b"more"].concat()).unwrap();
    // What was read is kept.
    assert_eq!(packed.score(&[&[2, 13, 3]]).unwrap(), before);
    let error = packed.score(&[&[2, 14, 3]]).unwrap_err();
    assert_eq!(error.path(), file);
    let cause = std::error::Error::source(error.kind()).unwrap().to_string();
    assert!(cause.contains("changed while it was in use"), "{cause}");
}
