//! What is read, refused and written of an `adapter_config.json`.

use super::*;

use crate::bert::adapter_fields::REFUSED;
use crate::bert::error::LoadErrorKind;

fn parse(text: &str) -> Result<AdapterConfig, LoadError> {
    AdapterConfig::parse(text, Path::new("adapter_config.json"))
}

fn with(field: &str, value: Value) -> Result<AdapterConfig, LoadError> {
    let mut fields = json!({"peft_type": "LORA", "r": 4, "target_modules": ["query"]});
    fields[field] = value;
    parse(&fields.to_string())
}

#[track_caller]
fn check_refused(field: &str, value: Value) {
    let error = with(field, value).unwrap_err();
    let LoadErrorKind::Field { field: found, .. } = error.kind() else {
        panic!("{error:?} does not name a field");
    };
    assert_eq!(found, field);
}

#[test]
fn an_active_option_that_is_not_supported_is_named() {
    for field in REFUSED {
        check_refused(field, json!({"a": 1}));
        check_refused(field, json!([1]));
        check_refused(field, json!(true));
        for off in [json!(null), json!(false), json!({}), json!([])] {
            assert!(with(field, off).is_ok(), "{field}");
        }
    }

    check_refused("peft_type", json!("IA3"));
    check_refused("init_lora_weights", json!("pissa_niter_4"));
    check_refused("r", json!(0));
    check_refused("r", json!("many"));
    check_refused("rank_pattern", json!({"query": 0}));
    check_refused("lora_dropout", json!(1.0));
    assert!(with("init_lora_weights", json!("gaussian")).is_ok());

    // PEFT 0.21.2 raises a `TypeError` for these.
    check_refused("lora_alpha", json!(null));
    check_refused("r", json!(null));
    assert!(with("an_unknown_field", json!(1)).is_ok());
}

#[test]
fn what_is_refused_can_be_merged_where_peft_can() {
    for (field, merges) in [
        ("lora_bias", true),
        ("trainable_token_indices", true),
        ("layer_replication", true),
        ("alora_invocation_tokens", false),
    ] {
        let text = with(field, json!([1])).unwrap_err().kind().to_string();
        assert_eq!(text.contains("merge_and_unload"), merges, "{text}");
    }
}

/// PEFT 0.21.2 raises a `ValueError` for all of them.
#[test]
fn layers_need_names_and_patterns_need_layers() {
    check_refused("layers_pattern", json!("layer"));
    for (field, value) in [
        ("layers_to_transform", json!([0])),
        ("layers_pattern", json!("layer")),
    ] {
        let mut fields = json!({"peft_type": "LORA", "target_modules": ".*query",
            "layers_to_transform": [0]});
        fields[field] = value;
        let error = parse(&fields.to_string()).unwrap_err();
        assert!(error.kind().to_string().contains("target_modules"));
    }
}

#[test]
fn target_modules_are_written_as_they_were_read() {
    for (value, expected) in [
        (json!(null), TargetModules::Default),
        (json!([]), TargetModules::Names(Vec::new())),
        (json!("All-Linear"), TargetModules::AllLinear),
        (
            json!(".*query"),
            TargetModules::Pattern(".*query".to_owned()),
        ),
    ] {
        let config = with("target_modules", value).unwrap();
        assert_eq!(config.target_modules, expected);
        assert_eq!(parse(&config.to_json()).unwrap(), config);
    }
}

#[track_caller]
fn check_scaling(fields: &Value, name: &str, expected: f64) {
    let config = parse(&fields.to_string()).unwrap();
    let scaling = config.scaling(name, Path::new("x")).unwrap();
    assert!(
        (scaling - expected).abs() < 1e-12,
        "{scaling} is not {expected}"
    );
}

#[test]
fn the_scaling_follows_the_modules_own_alpha_and_rank() {
    let name = "bert.encoder.layer.1.attention.self.value";
    let patterns = |ranks: Value, alphas: Value, stabilized: bool| {
        json!({"peft_type": "LORA", "r": 4, "rank_pattern": ranks, "alpha_pattern": alphas,
            "use_rslora": stabilized})
    };
    check_scaling(&patterns(json!({}), json!({}), false), name, 2.0);
    check_scaling(&patterns(json!({}), json!({}), true), name, 4.0);

    let ranks = json!({"layer.1.attention.self.value": 6});
    let alphas = json!({"self.value": 24});
    check_scaling(&patterns(ranks, alphas, true), name, 24.0 / 6.0_f64.sqrt());

    // A part of a name is no match, a dot matches anything, the first match counts.
    let ranks = json!({"alue": 1, "self.valu": 1, "self_value|self.v.lue": 8, "value": 2});
    check_scaling(&patterns(ranks, json!({}), false), name, 1.0);

    let ranks = json!({"^encoder.layer.1.attention.self.value": 16});
    check_scaling(&patterns(ranks, json!({}), false), name, 2.0);
    let ranks = json!({"^bert.encoder.layer.1.attention.self.value": 16});
    check_scaling(&patterns(ranks, json!({}), false), name, 0.5);

    let ranks = json!({"^encoder.layer.0.*": 16});
    check_scaling(&patterns(ranks, json!({}), false), name, 2.0);
    let adalora = json!({"peft_type": "ADALORA", "init_r": 6, "lora_alpha": 12});
    check_scaling(&adalora, name, 12.0 / 6.00001);

    let adalora = json!({"peft_type": "ADALORA", "init_r": 6, "lora_alpha": 0});
    check_scaling(&adalora, name, 6.0 / 6.00001);
}

#[track_caller]
fn check_round_trip(text: &str) {
    let config = parse(text).unwrap();
    assert_eq!(parse(&config.to_json()).unwrap(), config);
}

#[test]
fn configurations_survive_a_round_trip() {
    check_round_trip(include_str!(
        "../../../fixtures/reference/golden/patt/adapter_config.json"
    ));
    check_round_trip(include_str!(
        "../../../fixtures/reference/golden/adalora/adapter_config.json"
    ));
    check_round_trip(include_str!(
        "../../../fixtures/reference/hf-peft/adapter-lora-rs-all-linear/adapter_config.json"
    ));
}

#[test]
fn layers_and_saved_modules_limit_the_targets() {
    let query = |layer: usize| format!("bert.encoder.layer.{layer}.attention.self.query");
    let targets = |fields: Value, name: &str| {
        let config = parse(&fields.to_string()).unwrap();
        config.targets(name, Path::new("x")).unwrap()
    };
    let some = |more: Value| {
        let mut fields = json!({"peft_type": "LORA", "target_modules": ["query", "dense"],
            "modules_to_save": ["classifier", "pooler"]});
        for (key, value) in more.as_object().unwrap() {
            fields[key] = value.clone();
        }
        fields
    };

    for (layers, expected) in [(json!([0, 2]), true), (json!(0), true), (json!([1]), false)] {
        let fields = some(json!({"layers_to_transform": layers}));
        assert_eq!(targets(fields.clone(), &query(0)), expected, "{fields}");
        let config = parse(&fields.to_string()).unwrap();
        assert_eq!(parse(&config.to_json()).unwrap(), config);
    }

    let fields = some(json!({"layers_to_transform": [1], "layers_pattern": "layer"}));
    assert!(targets(fields.clone(), &query(1)) && !targets(fields, &query(2)));
    let full = some(json!({"layers_to_transform": [1], "target_modules": [query(0)]}));
    assert!(targets(full, &query(0)));
    assert!(!targets(some(json!({})), "bert.pooler.dense"));
    assert!(targets(
        some(json!({})),
        "bert.encoder.layer.0.output.dense"
    ));
    check_refused("bias", json!("some"));
}

#[test]
fn keys_are_sorted_and_whole_numbers_have_no_fraction() {
    let text = with("lora_alpha", json!(16.0)).unwrap().to_json();
    let keys: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("  \""))
        .collect();
    assert!(keys.is_sorted(), "{text}");
    assert!(text.contains("\n  \"lora_alpha\": 16,\n"), "{text}");
}
