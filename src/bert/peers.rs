//! Scores of every architecture against those of transformers and PEFT, on tensors and packed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use burn::module::Module;
use burn::tensor::Device;

use crate::bert::architecture::Architecture;
use crate::bert::batch::TokenBatch;
use crate::bert::checkpoint::{BaseSearch, Source};
use crate::bert::config::BertConfig;
use crate::bert::cpu::{PackedModel, Precision};
use crate::bert::error::{LoadError, LoadErrorKind};
use crate::bert::examples::{changed, refused_field};
use crate::bert::limits::check_against_tensors;
use crate::bert::loading::{AdapterUse, HeadUse, LoadedModel, load};
use crate::bert::model::{HeadKind, ScoreModel};
use crate::bert::tensors::{NamedTensor, TensorStore, write_tensors};
use crate::bert::weights::{model_tensors, numbers, read_weights};

/// The models of `fixtures/reference/encoders`, each of another architecture.
const MODELS: [&str; 4] = ["roberta", "xlm-roberta", "distilbert", "electra"];

#[derive(serde::Deserialize)]
struct Reference {
    texts: Vec<String>,
    max_length: usize,
    models: BTreeMap<String, Scores>,
}

#[derive(serde::Deserialize)]
struct Scores {
    input_ids: Vec<Vec<u32>>,
    base: Vec<f32>,
    lora: Vec<f32>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/reference/encoders")
}

fn reference() -> Reference {
    let text = std::fs::read_to_string(root().join("scores.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn loaded(folder: &str, adapter_use: AdapterUse) -> LoadedModel {
    let search = BaseSearch {
        base: None,
        cache: None,
    };
    let source = Source::open(&root().join(folder), search).unwrap();
    load(&source, &Device::flex(), adapter_use, HeadUse::Stored, None).unwrap()
}

#[track_caller]
fn check_close(found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!(
            (found - expected).abs() < 1e-5,
            "{found} is not {expected}: {found:?} {expected:?}"
        );
    }
}

/// Scores of `rows` on tensors, all in one padded batch and one by one, and packed.
#[track_caller]
fn check_scores(loaded: LoadedModel, rows: &[&[u32]], expected: &[f32]) {
    let device = Device::flex();
    let pad = loaded.tokenizer.special().pad;
    let score = |rows: &[&[u32]]| {
        let batch = TokenBatch::new(rows, pad, &device);
        numbers(loaded.model.forward(&batch))
    };
    check_close(&score(rows), expected);
    let alone: Vec<f32> = rows.iter().flat_map(|row| score(&[row])).collect();
    check_close(&alone, expected);

    let packed = PackedModel::new(loaded.model, &loaded.config, Precision::Single);
    check_close(&packed.score(rows).unwrap(), expected);
    let alone: Vec<f32> = rows
        .iter()
        .flat_map(|row| packed.score(&[row]).unwrap())
        .collect();
    assert_eq!(alone, packed.score(rows).unwrap());
}

#[test]
fn scores_are_those_of_transformers_and_peft() {
    let reference = reference();
    for model in MODELS {
        let scores = &reference.models[model];
        let rows: Vec<&[u32]> = scores.input_ids.iter().map(Vec::as_slice).collect();
        for adapter_use in [AdapterUse::Merge, AdapterUse::Keep] {
            check_scores(loaded(model, adapter_use), &rows, &scores.base);
            let folder = format!("{model}-lora");
            check_scores(loaded(&folder, adapter_use), &rows, &scores.lora);
        }
    }
}

#[test]
fn tokens_are_those_of_transformers() {
    let reference = reference();
    for model in MODELS {
        let loaded = loaded(model, AdapterUse::Merge);
        assert_eq!(loaded.config.longest(), reference.max_length, "{model}");
        let expected = &reference.models[model].input_ids;
        for (text, expected) in reference.texts.iter().zip(expected) {
            let found = loaded.tokenizer.tokenize(text).unwrap().ids;
            assert_eq!(found, *expected, "{model}: {text}");
        }
    }
}

#[test]
fn training_sees_the_numbers_of_scoring_and_reaches_adapters() {
    let reference = reference();
    let device = Device::flex().autodiff();
    for model in MODELS {
        let scores = &reference.models[model];
        let rows: Vec<&[u32]> = scores.input_ids.iter().map(Vec::as_slice).collect();
        let kept = loaded(&format!("{model}-lora"), AdapterUse::Keep);
        let pad = kept.tokenizer.special().pad;
        let tracked = kept.model.to_device(&device).train();
        let found = tracked
            .valid()
            .forward(&TokenBatch::new(&rows, pad, &device));
        check_close(&numbers(found), &scores.lora);

        let found = tracked.forward(&TokenBatch::new(&rows, pad, &device));
        let gradients = found.sum().backward();
        let adapted = tracked.linears().into_iter();
        let adapters = adapted.filter_map(|(name, linear)| Some((name, linear.adapter.as_ref()?)));
        for (name, adapter) in adapters {
            let gradient = adapter.a.val().grad(&gradients);
            assert!(gradient.is_some(), "{name} has no gradient");
        }
    }
}

/// A model with its tensors changed.
fn read_changed(
    model: &str,
    change: impl Fn(NamedTensor) -> Option<NamedTensor>,
) -> Result<ScoreModel, LoadError> {
    let store = TensorStore::read_model(&root().join(model)).unwrap();
    let config = BertConfig::read(&root().join(model).join("config.json")).unwrap();
    let mut model = ScoreModel::zeros(&config, HeadKind::HfPooled, &Device::flex());
    read_weights(&mut model, &changed(&store, change))?;
    Ok(model)
}

#[test]
fn a_bare_body_has_names_without_prefix() {
    for model in MODELS {
        let plain = read_changed(model, Some).unwrap();
        let prefix = plain.names().prefix;
        let bare = |mut tensor: NamedTensor| {
            if let Some(name) = tensor.name.strip_prefix(prefix) {
                tensor.name = name.to_owned();
            }
            Some(tensor)
        };
        let again = read_changed(model, bare).unwrap();
        assert_eq!(model_tensors(&again), model_tensors(&plain));
    }
}

#[test]
fn a_tensor_that_is_missing_misshapen_or_too_much_is_named() {
    for model in MODELS {
        let names = read_changed(model, Some).unwrap().names();
        let output = format!("{}.weight", names.layer(1, names.linears[5]));
        let refused = |change: &dyn Fn(NamedTensor) -> Option<NamedTensor>| {
            let error = read_changed(model, change).unwrap_err();
            error.kind().to_string()
        };

        let missing = refused(&|tensor| (tensor.name != output).then_some(tensor));
        assert_eq!(
            missing,
            format!("tensor `{output}` of shape [24, 48] is missing")
        );

        let misshapen = refused(&|mut tensor| {
            if tensor.name == output {
                tensor.shape.reverse();
            }
            Some(tensor)
        });
        let expected = format!("tensor `{output}` has the shape [48, 24]; expected [24, 48]");
        assert_eq!(misshapen, expected);

        let third = output.replace(".1.", ".2.");
        let too_much = refused(&|mut tensor| {
            if tensor.name == format!("{}.bias", names.classifier) {
                tensor.name.clone_from(&third);
            }
            (!tensor.name.starts_with(names.classifier)).then_some(tensor)
        });
        assert_eq!(
            too_much,
            format!("tensor `{third}` belongs to no module of this model")
        );
    }
}

#[test]
fn a_missing_head_and_several_labels_are_named() {
    for model in MODELS {
        let folder = tempfile::tempdir().unwrap();
        for file in ["config.json", "tokenizer.json"] {
            std::fs::copy(root().join(model).join(file), folder.path().join(file)).unwrap();
        }
        let names = read_changed(model, Some).unwrap().names();
        let weight = format!("{}.weight", names.classifier);
        let store = TensorStore::read_model(&root().join(model)).unwrap();
        let tensors = || store.names().map(|name| store.named(name).unwrap());
        let refused = |tensors: Vec<NamedTensor>| {
            write_tensors(&folder.path().join("model.safetensors"), &tensors).unwrap();
            let search = BaseSearch {
                base: None,
                cache: None,
            };
            let source = Source::open(folder.path(), search).unwrap();
            let (adapters, head) = (AdapterUse::Merge, HeadUse::Stored);
            load(&source, &Device::flex(), adapters, head, None).unwrap_err()
        };

        let body = tensors().filter(|tensor| tensor.name.starts_with(names.prefix));
        let error = refused(body.collect());
        let LoadErrorKind::NoHead { tensor } = error.kind() else {
            panic!("{error:?}")
        };
        assert_eq!(*tensor, format!("{}.weight", names.pooler));

        let two = tensors().map(|mut tensor| {
            if tensor.name == weight {
                tensor.shape[0] = 2;
                tensor.values = tensor.values.repeat(2);
            }
            tensor
        });
        let error = refused(two.collect());
        let LoadErrorKind::Labels { tensor, labels } = error.kind() else {
            panic!("{error:?}")
        };
        assert_eq!((tensor, *labels), (&weight, 2));
    }
}

/// The field that is refused when `field` of the configuration has another value.
#[track_caller]
fn check_refused(model: &str, field: &str, value: usize, expected: &str) {
    let text = std::fs::read_to_string(root().join(model).join("config.json")).unwrap();
    let mut json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert!(json.get(field).is_some(), "{model} has no {field}");
    json[field] = value.into();

    let path = Path::new("config.json");
    let store = TensorStore::read_model(&root().join(model)).unwrap();
    let error = BertConfig::parse(&json.to_string(), path)
        .and_then(|config| check_against_tensors(&config, path, &store))
        .unwrap_err();
    let (found, advice) = refused_field(&error);
    assert_eq!(found, field);
    assert!(advice.contains(expected), "{advice}");
}

#[test]
fn a_wrong_value_of_a_configuration_is_named_as_its_file_names_it() {
    check_refused("distilbert", "dim", 48, "[200, 24]");
    check_refused("distilbert", "dim", 0, "at least 1");
    check_refused("distilbert", "n_layers", 3, "2 layers");
    check_refused("distilbert", "n_heads", 5, "divide");
    check_refused("distilbert", "hidden_dim", 49, "ffn.lin1");
    check_refused("distilbert", "dropout", 1, "below 1");
    check_refused("distilbert", "seq_classif_dropout", 1, "below 1");
    check_refused("distilbert", "max_position_embeddings", 33, "[32, 24]");

    check_refused("electra", "embedding_size", 24, "[200, 16]");
    check_refused("electra", "embedding_size", 0, "at least 1");
    check_refused("electra", "embedding_size", 1 << 20, "at most 16384");
    check_refused("electra", "hidden_size", 48, "electra.embeddings_project");

    check_refused("roberta", "hidden_size", 48, "[200, 24]");
    check_refused("roberta", "type_vocab_size", 2, "[1, 24]");
    check_refused(
        "roberta",
        "max_position_embeddings",
        4,
        "at least 5, for one word between <s> and </s>",
    );
    check_refused(
        "xlm-roberta",
        "pad_token_id",
        200,
        "below the vocabulary size",
    );
    check_refused("xlm-roberta", "num_hidden_layers", 1, "2 layers");
}

#[test]
fn configurations_survive_a_round_trip() {
    for model in MODELS {
        let path = root().join(model).join("config.json");
        let config = BertConfig::read(&path).unwrap();
        let text = config.to_json();
        assert_eq!(BertConfig::parse(&text, &path).unwrap(), config);

        let written: serde_json::Value = serde_json::from_str(&text).unwrap();
        let original = std::fs::read_to_string(&path).unwrap();
        let original: serde_json::Value = serde_json::from_str(&original).unwrap();
        assert_eq!(written["architectures"], original["architectures"]);
        for field in [
            "model_type",
            "dim",
            "n_heads",
            "embedding_size",
            "pad_token_id",
        ] {
            assert_eq!(written.get(field), original.get(field), "{model}: {field}");
        }
    }
}

#[test]
fn a_camembert_is_a_roberta_with_another_name() {
    let path = root().join("roberta/config.json");
    let text = std::fs::read_to_string(&path).unwrap();
    let text = text.replace("\"roberta\"", "\"camembert\"");
    let config = BertConfig::parse(&text, &path).unwrap();
    assert_eq!(config.model_type, Architecture::Camembert);
    assert_eq!(config.longest(), 32);

    let mut model = ScoreModel::zeros(&config, HeadKind::HfPooled, &Device::flex());
    let store = TensorStore::read_model(&root().join("roberta")).unwrap();
    assert!(read_weights(&mut model, &store).unwrap().is_empty());
    assert!(
        config
            .to_json()
            .contains("CamembertForSequenceClassification")
    );
}
