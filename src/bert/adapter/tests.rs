use super::*;

use burn::tensor::Device;
use serde_json::{Value, json};

use crate::bert::config::BertConfig;
use crate::bert::examples::{base, refused_field, root, scores};
use crate::bert::model::HeadKind;

/// A copy of a reference adapter with its tensors changed.
fn changed(name: &str, change: impl Fn(NamedTensor) -> Option<NamedTensor>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let from = root().join(name);
    let file = "adapter_config.json";
    std::fs::copy(from.join(file), folder.path().join(file)).unwrap();

    let file = "adapter_model.safetensors";
    let store = TensorStore::read(&from.join(file)).unwrap();
    let tensors: Vec<NamedTensor> = store
        .names()
        .filter_map(|name| change(store.named(name).unwrap()))
        .collect();
    write_tensors(&folder.path().join(file), &tensors).unwrap();

    folder
}

/// A copy of the reference adapter `lora` with other values of some fields; `None` removes one.
fn configured(fields: &[(&str, Option<Value>)]) -> tempfile::TempDir {
    let folder = changed("lora", Some);
    let path = folder.path().join("adapter_config.json");
    let text = std::fs::read_to_string(&path).unwrap();
    let mut config: serde_json::Map<String, Value> = serde_json::from_str(&text).unwrap();
    for (field, value) in fields {
        match value {
            Some(value) => config.insert((*field).to_owned(), value.clone()),
            None => config.remove(*field),
        };
    }
    std::fs::write(&path, Value::Object(config).to_string()).unwrap();
    folder
}

/// The scores of the reference model with the adapter in `folder`.
fn adapted(folder: &Path) -> Vec<f32> {
    let mut model = base();
    let adapter = Adapter::read(folder).unwrap();
    assert!(adapter.attach_to(&mut model).unwrap().ignored.is_empty());
    scores(&model)
}

/// PEFT 0.21.2 gives an adapter of BERT the same scores whether its `target_modules` are null,
/// absent, or query and value.
#[test]
fn without_target_modules_they_are_those_of_peft() {
    let expected = adapted(&root().join("lora"));
    for value in [Some(Value::Null), None] {
        let folder = configured(&[("target_modules", value)]);
        assert_eq!(adapted(folder.path()), expected);
    }

    // It raises `Please specify target_modules in peft_config` for these.
    let adapter = Adapter::read(configured(&[("target_modules", None)]).path()).unwrap();
    for architecture in [Architecture::DistilBert, Architecture::Camembert] {
        let settled = adapter.config.settled(architecture, &adapter.path);
        let error = settled.unwrap_err();
        assert_eq!(refused_field(&error).0, "target_modules");
    }
}

#[track_caller]
fn check_chooses_nothing(fields: &[(&str, Value)], field: &str, part: &str) {
    let fields: Vec<(&str, Option<Value>)> = fields
        .iter()
        .map(|(field, value)| (*field, Some(value.clone())))
        .collect();
    let folder = configured(&fields);
    let adapter = Adapter::read(folder.path()).unwrap();
    let error = adapter.attach_to(&mut base()).unwrap_err();

    let (found, advice) = refused_field(&error);
    assert_eq!(found, field);
    assert!(advice.contains(part), "{advice}");
    assert!(error.path().ends_with("adapter_config.json"));
}

/// PEFT 0.21.2 raises `NoMatchingPeftModuleError` for all of them.
#[test]
fn settings_that_choose_no_module_are_refused() {
    let targets = "target_modules";
    check_chooses_nothing(&[(targets, json!([]))], targets, r#"["query"]"#);
    check_chooses_nothing(&[(targets, json!(["uery"]))], targets, "whose name ends so");
    for pattern in ["query", "query|value"] {
        check_chooses_nothing(&[(targets, json!(pattern))], targets, "whole name");
    }

    let saved = [(targets, json!(["classifier"]))];
    check_chooses_nothing(&saved, targets, "stored whole");
    let excluded = json!(["query", "value"]);
    check_chooses_nothing(
        &[("exclude_modules", excluded)],
        "exclude_modules",
        "leaves",
    );

    let layers = "layers_to_transform";
    check_chooses_nothing(&[(layers, json!([7]))], layers, "no target module");
    let blocks = [(layers, json!([0])), ("layers_pattern", json!("blocks"))];
    check_chooses_nothing(&blocks, "layers_pattern", "\"layer\"");
}

/// PEFT 0.21.2 reads the name `default` as none; of others it says that keys are missing, and
/// scores without them.
#[test]
fn tensors_may_bear_the_name_default_and_no_other() {
    for (name, adapter) in [("lora", ".weight"), ("dora", ".weight"), ("adalora", "")] {
        let named = changed(name, |mut tensor| {
            for part in ["lora_A", "lora_B", "lora_E"] {
                let end = format!("{part}{adapter}");
                if let Some(module) = tensor.name.strip_suffix(&end) {
                    tensor.name = format!("{module}{part}.default{adapter}");
                    break;
                }
            }
            if tensor.name.ends_with("lora_magnitude_vector") {
                tensor.name += ".default.weight";
            }
            Some(tensor)
        });
        assert_eq!(adapted(named.path()), adapted(&root().join(name)), "{name}");
    }

    let query = "base_model.model.bert.encoder.layer.0.attention.self.query";
    check_refused(
        "lora",
        |mut tensor| {
            tensor.name = tensor.name.replace("lora_A.", "lora_A.ours.");
            tensor.name = tensor.name.replace("lora_B.", "lora_B.ours.");
            Some(tensor)
        },
        &format!(
            "the tensor `{query}.lora_A.ours.weight` bears the name of an adapter, and PEFT does \
             not read such: rename it to `{query}.lora_A.weight`, and the others likewise, or \
             save the adapter again with PEFT's save_pretrained"
        ),
    );
}

/// The scores with it are in `head/io.json`.
#[test]
fn lora_of_the_score_is_folded_into_it() {
    let mut model = base();
    let before = numbers(model.classifier.weight.val());
    let adapter = Adapter::read(&root().join("head")).unwrap();
    adapter.attach_to(&mut model).unwrap();
    assert!(model.classifier.adapter.is_none());
    assert_ne!(numbers(model.classifier.weight.val()), before);

    let folder = changed("head", |tensor| {
        (!tensor.name.contains("classifier.lora_")).then_some(tensor)
    });
    let incomplete = Adapter::read(folder.path()).unwrap();
    let error = incomplete.attach_to(&mut base()).unwrap_err();
    let text = error.kind().to_string();
    assert!(text.contains("classifier.lora_A"), "{text}");
}

/// PEFT 0.21.2 says of the first that keys are missing, and raises a `KeyError` for the others.
#[test]
fn names_that_peft_does_not_find_are_told_of() {
    let body = "base_model.model.bert.";
    for (from, to) in [
        (body, "base_model.model."),
        ("base_model.model.", ""),
        ("classifier.", "classifier.modules_to_save.default."),
    ] {
        let folder = changed("lora", |mut tensor| {
            tensor.name = tensor.name.replace(from, to);
            Some(tensor)
        });
        assert_eq!(adapted(folder.path()), adapted(&root().join("lora")));

        let adapter = Adapter::read(folder.path()).unwrap();
        let misnamed = adapter.attach_to(&mut base()).unwrap().misnamed.unwrap();
        assert_eq!(misnamed.stored, misnamed.wanted.replace(from, to));
    }
}

#[track_caller]
fn check_round_trip(name: &str) {
    let adapter = Adapter::read(&root().join(name)).unwrap();
    let mut model = base();
    adapter.attach_to(&mut model).unwrap();

    let folder = tempfile::tempdir().unwrap();
    write_adapter(folder.path(), &model, &adapter.config).unwrap();
    let written = Adapter::read(folder.path()).unwrap();
    let names: Vec<&str> = adapter.store.names().collect();
    assert_eq!(written.store.names().collect::<Vec<_>>(), names);

    let mut again = base();
    written.attach_to(&mut again).unwrap();
    assert_eq!(scores(&again), scores(&model));
}

#[test]
fn an_adapter_is_written_as_it_was_read() {
    for name in ["lora", "patt", "adalora"] {
        check_round_trip(name);
    }
}

#[test]
fn pruned_directions_are_not_written_and_change_nothing() {
    let mut model = base();
    let a = Tensor::from_data([[1.0; 16], [0.5; 16], [2.0; 16]], &Device::flex());
    let b = Tensor::ones([16, 3], &Device::flex()) * 0.1;
    let lambda = Tensor::from_data([[0.7], [0.0], [0.3]], &Device::flex());
    let module = "bert.encoder.layer.0.attention.self.query";
    let text = r#"{"peft_type": "ADALORA", "init_r": 3, "lora_alpha": 3, "target_modules": ["layer.0.attention.self.query"],
        "rank_pattern": {"bert.encoder.layer.0.attention.self.query.lora_E": [true, false, true]}}"#;
    let path = Path::new("adapter_config.json");
    let config = AdapterConfig::parse(text, path).unwrap();
    let scaling = config.scaling(module, path).unwrap();
    model.encoder.layers[0]
        .query
        .attach(LowRank::new(a, Some(lambda), b, scaling, 0.0));

    let folder = tempfile::tempdir().unwrap();
    write_adapter(folder.path(), &model, &config).unwrap();
    let adapter = Adapter::read(folder.path()).unwrap();
    let stored = format!("base_model.model.{module}.lora_B");
    assert_eq!(adapter.store.shape(&stored), Some([16, 2].as_slice()));

    let mut again = base();
    adapter.attach_to(&mut again).unwrap();
    for (again, model) in scores(&again).iter().zip(scores(&model)) {
        assert!((again - model).abs() < 1e-6, "{again} is not {model}");
    }
}

#[test]
fn a_direction_may_have_rank_zero() {
    let query = "base_model.model.bert.encoder.layer.1.attention.self.query";
    let folder = changed("adalora", |mut tensor| {
        if tensor.name.starts_with(query) {
            tensor.values.clear();
            let zero = usize::from(tensor.name.ends_with("lora_B"));
            tensor.shape[zero] = 0;
        }
        Some(tensor)
    });

    let mut model = base();
    Adapter::read(folder.path())
        .unwrap()
        .attach_to(&mut model)
        .unwrap();
    assert_eq!(
        model.encoder.layers[1]
            .query
            .adapter
            .as_ref()
            .unwrap()
            .rank(),
        0
    );
    model.merge();
    assert!(scores(&model).iter().all(|score| score.is_finite()));
}

#[track_caller]
fn check_refused(name: &str, change: impl Fn(NamedTensor) -> Option<NamedTensor>, expected: &str) {
    let folder = changed(name, change);
    let error = Adapter::read(folder.path())
        .unwrap()
        .attach_to(&mut base())
        .unwrap_err();
    assert_eq!(error.kind().to_string(), expected);
}

#[test]
fn tensors_that_do_not_fit_are_named() {
    let a = "base_model.model.bert.encoder.layer.0.attention.self.query.lora_A.weight";
    check_refused(
        "lora",
        |mut tensor| {
            if tensor.name == a {
                tensor.shape = vec![2, 32];
            }
            Some(tensor)
        },
        &format!("tensor `{a}` has the shape [2, 32]; expected [4, 16]"),
    );
    check_refused(
        "lora",
        |tensor| (!tensor.name.contains("layer.0.attention.self.query")).then_some(tensor),
        "tensor `base_model.model.bert.encoder.layer.0.attention.self.query.lora_A` of shape [4, \
         16] is missing",
    );
    check_refused(
        "lora",
        |mut tensor| {
            tensor.name = tensor
                .name
                .replace("layer.1.attention.self.value", "layer.9.x");
            (!tensor.name.ends_with("layer.9.x.lora_A.weight")).then_some(tensor)
        },
        "tensor `base_model.model.bert.encoder.layer.1.attention.self.value.lora_A` of shape [4, \
         16] is missing",
    );
    check_refused(
        "lora",
        |mut tensor| {
            tensor.name = tensor.name.replace("classifier", "regressor");
            Some(tensor)
        },
        "tensor `base_model.model.regressor.bias` belongs to no module of this model",
    );
}

/// PEFT 0.21.2 raises a `KeyError` for such files.
#[test]
fn a_module_that_should_be_saved_whole_and_is_not_is_named() {
    let expected = |tensor: &str| {
        format!(
            "`modules_to_save` is classifier; adapter_model.safetensors has no tensor \
             `base_model.model.{tensor}`, and the base's is not what was trained: save the adapter \
             again with PEFT's save_pretrained"
        )
    };
    check_refused(
        "lora",
        |tensor| (!tensor.name.contains("classifier")).then_some(tensor),
        &expected("classifier.weight"),
    );
    check_refused(
        "lora",
        |tensor| (!tensor.name.ends_with("classifier.bias")).then_some(tensor),
        &expected("classifier.bias"),
    );

    // Under the name of our own head, which it must not be taken for.
    let as_score = |mut tensor: NamedTensor| {
        tensor.name = tensor.name.replace("classifier", "score");
        Some(tensor)
    };
    let adapter = Adapter::read(changed("lora", as_score).path()).unwrap();
    assert!(!adapter.has_linear_head(Architecture::Bert));
    check_refused("lora", as_score, &expected("classifier.weight"));
}

#[test]
fn what_an_adapter_does_to_embeddings_is_refused_with_advice() {
    let words = "base_model.model.bert.embeddings.word_embeddings";
    let instead_of_a_bias = |name: &str| {
        let name = format!("{words}.{name}");
        move |mut tensor: NamedTensor| {
            if tensor.name.ends_with("classifier.bias") {
                tensor.name.clone_from(&name);
                tensor.shape = vec![2, 3];
                tensor.values = vec![0.5; 6];
            }
            Some(tensor)
        }
    };

    check_refused(
        "lora",
        instead_of_a_bias("lora_embedding_A"),
        &format!(
            "`target_modules` is word_embeddings; LoRA of embeddings is not supported, and \
             adapter_model.safetensors has the tensor `{words}.lora_embedding_A`: save the whole \
             model with PEFT's merge_and_unload and save_pretrained"
        ),
    );

    let folder = changed("lora", instead_of_a_bias("weight"));
    let adapter = Adapter::read(folder.path()).unwrap();
    let check = |vocabulary| adapter.check_vocabulary(Architecture::Bert, vocabulary);
    assert!(check(2).is_ok());
    let text = check(50).unwrap_err().kind().to_string();
    assert!(
        text.starts_with(&format!(
            "tensor `{words}.weight` has 2 rows, and the base model has a vocabulary of 50"
        )),
        "{text}"
    );
}

#[test]
fn saved_biases_and_a_linear_head_are_read() {
    let config = BertConfig::read(&root().join("config.json")).unwrap();
    let mut model = ScoreModel::zeros(&config, HeadKind::ClsLinear, &Device::flex());
    let adapter = Adapter::read(&root().join("custom")).unwrap();
    let replaced = adapter.attach_to(&mut model).unwrap().replaced;
    assert!(replaced.contains(&"score.weight".to_owned()));
    assert!(replaced.contains(&"bert.encoder.layer.0.attention.self.query.bias".to_owned()));
}

#[test]
fn a_pickled_adapter_is_refused_with_advice() {
    let folder = changed("lora", Some);
    std::fs::rename(
        folder.path().join("adapter_model.safetensors"),
        folder.path().join("adapter_model.bin"),
    )
    .unwrap();

    let Err(error) = Adapter::read(folder.path()) else {
        panic!("was read")
    };
    assert!(error.kind().to_string().contains("save_pretrained"));
}
