use super::*;

use burn::tensor::Device;

use crate::bert::examples::changed;

fn tiny() -> (BertConfig, TensorStore) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/reference/golden");
    let config = BertConfig::read(&root.join("config.json")).unwrap();
    (
        config,
        TensorStore::read(&root.join("base.safetensors")).unwrap(),
    )
}

/// The reference model with its tensors changed, read again.
fn read_changed(
    head: HeadKind,
    change: impl Fn(NamedTensor) -> Option<NamedTensor>,
) -> Result<(ScoreModel, Vec<String>), LoadError> {
    let (config, store) = tiny();
    let mut model = ScoreModel::zeros(&config, head, &Device::flex());
    let missing = read_weights(&mut model, &changed(&store, change))?;
    Ok((model, missing))
}

fn renamed(change: fn(&str) -> String) -> impl Fn(NamedTensor) -> Option<NamedTensor> {
    move |tensor| {
        Some(NamedTensor {
            name: change(&tensor.name),
            ..tensor
        })
    }
}

#[track_caller]
fn check_refused(change: impl Fn(NamedTensor) -> Option<NamedTensor>, expected: &str) {
    let error = read_changed(HeadKind::HfPooled, change).unwrap_err();
    assert_eq!(error.kind().to_string(), expected);
}

#[test]
fn what_is_written_is_what_was_read() {
    let (_, store) = tiny();
    let (model, missing) = read_changed(HeadKind::HfPooled, Some).unwrap();
    assert!(missing.is_empty());

    let folder = tempfile::tempdir().unwrap();
    let extra = NamedTensor {
        name: "cls.predictions.bias".to_owned(),
        shape: vec![2],
        values: vec![1.0, 2.0],
    };
    write_model(folder.path(), &model, vec![extra.clone()]).unwrap();

    let again = TensorStore::read_model(folder.path()).unwrap();
    assert_eq!(again.named("cls.predictions.bias").unwrap(), extra);
    for name in store.names() {
        assert_eq!(again.named(name).unwrap(), store.named(name).unwrap());
    }
}

#[test]
fn names_without_prefix_and_old_names_are_read() {
    let (plain, _) = read_changed(HeadKind::HfPooled, Some).unwrap();
    let changes: [fn(&str) -> String; 2] = [
        |name| name.trim_start_matches("bert.").to_owned(),
        |name| {
            name.replace("LayerNorm.weight", "LayerNorm.gamma")
                .replace("LayerNorm.bias", "LayerNorm.beta")
        },
    ];

    for change in changes {
        let (model, missing) = read_changed(HeadKind::HfPooled, renamed(change)).unwrap();
        assert!(missing.is_empty());
        assert_eq!(model_tensors(&model), model_tensors(&plain));
    }
}

#[test]
fn what_the_head_lacks_is_reported() {
    let no_head = |tensor: NamedTensor| {
        (!tensor.name.starts_with("classifier") && !tensor.name.contains("pooler"))
            .then_some(tensor)
    };
    let (mut model, missing) = read_changed(HeadKind::HfPooled, no_head).unwrap();

    assert_eq!(missing, ["bert.pooler.dense", "classifier"]);
    initialize_head(&mut model, &tiny().0, 7, &missing);
    assert!(
        numbers(model.classifier.weight.val())
            .iter()
            .any(|value| *value != 0.0)
    );
    assert!(
        numbers(model.classifier.bias.val())
            .iter()
            .all(|value| *value == 0.0)
    );
    let (_, missing) = read_changed(HeadKind::ClsLinear, no_head).unwrap();
    assert_eq!(missing, ["score"]);
}

#[test]
fn other_heads_and_position_ids_are_left_alone() {
    let more = |tensor: NamedTensor| match tensor.name.as_str() {
        "classifier.bias" => Some(NamedTensor {
            name: "cls.predictions.bias".to_owned(),
            ..tensor
        }),
        "classifier.weight" => Some(NamedTensor {
            name: "bert.embeddings.position_ids".to_owned(),
            ..tensor
        }),
        _ => Some(tensor),
    };

    let (_, missing) = read_changed(HeadKind::ClsLinear, more).unwrap();
    assert_eq!(missing, ["score"]);
}

#[test]
fn a_tensor_that_is_missing_misshapen_or_too_much_is_named() {
    let name = "bert.encoder.layer.1.output.dense.weight";
    check_refused(
        |tensor| (tensor.name != name).then_some(tensor),
        "tensor `bert.encoder.layer.1.output.dense.weight` of shape [16, 32] is missing",
    );
    check_refused(
        |mut tensor| {
            if tensor.name == name {
                tensor.shape = vec![32, 16];
            }
            Some(tensor)
        },
        "tensor `bert.encoder.layer.1.output.dense.weight` has the shape [32, 16]; expected \
         [16, 32]",
    );
    check_refused(
        |mut tensor| {
            if tensor.name == "classifier.bias" {
                tensor.name = "bert.encoder.layer.2.output.dense.bias".to_owned();
            }
            (tensor.name != "classifier.weight").then_some(tensor)
        },
        "tensor `bert.encoder.layer.2.output.dense.bias` belongs to no module of this model",
    );
}

#[test]
fn a_new_model_has_the_configured_deviation() {
    let (config, _) = tiny();
    let mut model = ScoreModel::zeros(&config, HeadKind::ClsLinear, &Device::flex());
    initialize(&mut model, &config, 5);
    for tensor in model_tensors(&model) {
        let largest = tensor
            .values
            .iter()
            .fold(0.0_f32, |max, value| max.max(value.abs()));
        let expected = if tensor.name.ends_with("LayerNorm.weight") {
            1.0..=1.0
        } else if tensor.name.ends_with("bias") {
            0.0..=0.0
        } else {
            0.02..=0.11
        };
        assert!(expected.contains(&largest), "{}: {largest}", tensor.name);
    }
}
