//! Rank allocation on a whole model, step by step beside PEFT 0.21.2.
//!
//! `adalora_trace.py` in `fixtures/reference/hf-peft` tells how the two traces were made.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use burn::tensor::{Device, Tensor, TensorData};
use serde_json::Value;

use crate::bert::batch::TokenBatch;
use crate::bert::config::BertConfig;
use crate::bert::linear::LowRank;
use crate::bert::model::{HeadKind, ScoreModel};
use crate::bert::tensors::TensorStore;
use crate::bert::weights::{numbers, read_weights};
use crate::train::objective::testing::numbers as floats;
use crate::train::parameters::{Values, gradients, put, train_only, values};
use crate::train::plan::{
    AdapterPlan, AdapterStart, Allocated, Phase, RankChange, Scaling, Trained,
};
use crate::train::{pruning, ranks};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/reference/hf-peft")
}

fn json(name: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(folder().join(name)).unwrap()).unwrap()
}

/// The model that both traces start with, its adapters at full rank.
fn start(phase: &Phase) -> ScoreModel {
    let Trained::Adapters(plan) = &phase.trained else {
        panic!("the phase has adapters")
    };
    let device = Device::flex();
    let mut config = BertConfig::read(&folder().join("bert-tiny/config.json")).unwrap();
    config.hidden_dropout_prob = 0.0;
    config.attention_probs_dropout_prob = 0.0;

    let mut model = ScoreModel::zeros(&config, HeadKind::HfPooled, &device);
    let base = TensorStore::read(&folder().join("bert-tiny/model.safetensors")).unwrap();
    read_weights(&mut model, &base).unwrap();

    let store = TensorStore::read(&folder().join("adalora-trace-start.safetensors")).unwrap();
    let stored = |name: &str| {
        let name = format!("base_model.model.{name}.default");
        store.named(&name).unwrap()
    };

    model.for_each_linear_mut(&mut |name, linear| {
        if !plan.ranks.contains_key(name) {
            return;
        }
        let matrix = |part: &str| -> Tensor<2> {
            let tensor = stored(&format!("{name}.{part}"));
            let shape = [tensor.shape[0], tensor.shape[1]];
            Tensor::from_data(TensorData::new(tensor.values, shape), &device)
        };
        let scaling = plan.alpha / (plan.ranks[name] as f64 + 1e-5);
        let lambda = Some(matrix("lora_E"));
        linear.attach(LowRank::new(
            matrix("lora_A"),
            lambda,
            matrix("lora_B"),
            scaling,
            0.0,
        ));
    });

    let head = |part: &str| {
        let name = format!("base_model.model.classifier.modules_to_save.default.{part}");
        store.named(&name).unwrap().values
    };
    let heads = ["weight", "bias"].map(|part| (format!("classifier.{part}"), head(part)));
    let model = put(model, Values::from(heads));

    train_only(model, &|path| {
        path.contains(".adapter.") || path.starts_with("classifier.")
    })
}

/// The phase that the traces carry out.
fn phase(config: &Value) -> Phase {
    let number = |name: &str| usize::try_from(config[name].as_u64().unwrap()).unwrap();
    let modules = (0..3).flat_map(|layer| {
        ["query", "value"].map(|part| format!("bert.encoder.layer.{layer}.attention.self.{part}"))
    });
    let allocated = Allocated {
        target_rank: number("target_r"),
        warm_up_steps: number("tinit"),
        final_steps: number("tfinal"),
        interval: number("deltaT"),
        beta1: config["beta1"].as_f64().unwrap(),
        beta2: config["beta2"].as_f64().unwrap(),
        orthogonality: 0.0,
    };

    Phase {
        steps: number("total_step"),
        trained: Trained::Adapters(AdapterPlan {
            ranks: modules.map(|name| (name, number("init_r"))).collect(),
            alpha: config["lora_alpha"].as_f64().unwrap(),
            scaling: Scaling::Rank,
            dropout: 0.0,
            change: RankChange::Allocated(allocated),
            start: AdapterStart::Fresh,
        }),
        rate_ratio: 1.0,
    }
}

/// The loss before, and the Λ of every module after, each of the steps with learning rate `rate`.
fn run(rate: f64) -> Vec<(f64, BTreeMap<String, Vec<f32>>)> {
    let stable = json("adalora_trace_stable.json");
    let phase = phase(&json("adalora_trace.json")["config"]);
    let labels = floats(&stable["labels"]);
    let rows: Vec<Vec<u32>> =
        serde_json::from_value(json("scores.json")["input_ids"].clone()).unwrap();
    let rows: Vec<&[u32]> = rows[..labels.len()].iter().map(Vec::as_slice).collect();
    let device = Device::flex();
    let batch = TokenBatch::new(&rows, 0, &device);

    let mut model = start(&phase);
    let mut allocator = pruning::allocator(&phase, &model).unwrap().unwrap();
    let mut trace = Vec::new();
    for step in 1..=phase.steps {
        let scores = model.forward(&batch);
        let distances: Vec<f64> = numbers(scores.clone())
            .iter()
            .zip(&labels)
            .map(|(score, label)| f64::from(*score) - label)
            .collect();
        let count = labels.len() as f64;
        let loss = distances
            .iter()
            .map(|distance| distance * distance)
            .sum::<f64>()
            / count;
        #[expect(clippy::cast_possible_truncation, reason = "tensors are f32")]
        let slopes: Vec<f32> = distances
            .iter()
            .map(|distance| (2.0 * distance / count) as f32)
            .collect();
        let slopes = Tensor::<1>::from_data(TensorData::new(slopes, [labels.len()]), &device);
        let found = gradients(&model, &(scores * slopes).sum().backward());
        let mut moved = values(&model, &|path| found.contains_key(path));
        for (path, slopes) in &found {
            let numbers = moved.get_mut(path).expect("what is learned has numbers");
            for (number, slope) in numbers.iter_mut().zip(slopes) {
                #[expect(clippy::cast_possible_truncation, reason = "parameters are f32")]
                let rate = rate as f32;
                *number -= rate * slope;
            }
        }
        model = put(model, moved);
        pruning::allocate(&mut allocator, &mut model, step, &found).unwrap();
        trace.push((loss, lambdas(&model)));
    }

    trace
}

/// The Λ of every module.
fn lambdas(model: &ScoreModel) -> BTreeMap<String, Vec<f32>> {
    model
        .linears()
        .into_iter()
        .filter_map(|(name, linear)| Some((name, linear.adapter.as_ref()?.lambda.as_ref()?)))
        .map(|(name, lambda)| (name, numbers(lambda.val())))
        .collect()
}

/// How many directions of a module are kept.
fn kept(lambda: &[f32]) -> u64 {
    lambda.iter().filter(|value| **value != 0.0).count() as u64
}

/// By how much Λ differs at most, as a share of the largest where that is above 1.
fn difference(found: &BTreeMap<String, Vec<f32>>, expected: &Value) -> f64 {
    let expected = expected.as_object().unwrap();
    assert_eq!(found.len(), expected.len());

    let mut largest = 0.0f64;
    let mut size = 1.0f64;
    for (name, values) in expected {
        let name = name
            .trim_start_matches("base_model.model.")
            .trim_end_matches(".lora_E.default");
        for (found, expected) in found[name].iter().zip(floats(values)) {
            largest = largest.max((f64::from(*found) - expected).abs());
            size = size.max(expected.abs());
        }
    }

    largest / size
}

#[test]
fn every_lambda_equals_pefts_at_every_step() {
    let stable = json("adalora_trace_stable.json");
    let steps = stable["steps"].as_array().unwrap();
    let found = run(stable["rate"].as_f64().unwrap());
    assert_eq!(found.len(), steps.len());
    for (expected, (loss, lambdas)) in steps.iter().zip(&found) {
        let step = &expected["step"];
        assert!(
            (loss - expected["loss"].as_f64().unwrap()).abs() < 1e-5,
            "{step}"
        );
        let difference = difference(lambdas, &expected["lora_E"]);
        assert!(difference < 1e-5, "{difference} at step {step}");
        for (name, values) in lambdas {
            for (found, expected) in values.iter().zip(floats(&expected["lora_E"][name])) {
                assert_eq!(*found != 0.0, expected != 0.0, "{name} at step {step}");
            }
        }
    }
}

/// PEFT's own weights and gradients of a run whose loss grows from 3 to 5e8: rounding errors grow
/// with it, so that PyTorch itself, on other threads, is elsewhere after eight steps. The
/// allocation is not: given what PEFT's was given, it keeps the same directions at every step.
#[test]
fn every_direction_that_peft_keeps_is_kept_though_the_run_explodes() {
    let trace = json("adalora_trace.json");
    let phase = phase(&trace["config"]);
    let mut model = start(&phase);
    let mut allocator = pruning::allocator(&phase, &model).unwrap().unwrap();
    let replay = TensorStore::read(&folder().join("adalora_trace_replay.safetensors")).unwrap();
    let parts = [("a", "lora_A"), ("lambda", "lora_E"), ("b", "lora_B")];

    let mut listed = 0;
    for expected in trace["steps"].as_array().unwrap() {
        let step = expected["step"].as_u64().unwrap();
        let given = |kind: &str| -> Values {
            lambdas(&model)
                .keys()
                .flat_map(|name| parts.map(|(part, stored)| (name, part, stored)))
                .map(|(name, part, stored)| {
                    let tensor = replay.named(&format!("{step}.{name}.{stored}.{kind}"));
                    let path = format!("{}.{part}", ranks::adapter_path(name));
                    (path, tensor.unwrap().values)
                })
                .collect()
        };
        let (values, slopes) = (given("value"), given("gradient"));
        model = put(model, values);
        let step = usize::try_from(step).unwrap();
        pruning::allocate(&mut allocator, &mut model, step, &slopes).unwrap();
        let found = lambdas(&model);
        for (name, rank) in expected["ranks"].as_object().unwrap() {
            let kept = kept(&found[name]);
            assert_eq!(kept, rank.as_u64().unwrap(), "{name} at step {step}");
        }
        if !expected["lora_E"].is_null() {
            let difference = difference(&found, &expected["lora_E"]);
            assert!(difference < 1e-8, "{difference} at step {step}");
            listed += 1;
        }
    }

    assert_eq!(listed, 6, "steps with a listed Λ");
}

/// Our own training follows the same run as far as numbers carry: to its eighth step.
#[test]
fn a_run_that_explodes_is_followed_as_far_as_numbers_carry() {
    let trace = json("adalora_trace.json");
    let found = run(0.05);
    for (expected, (_, lambdas)) in trace["steps"].as_array().unwrap().iter().zip(&found) {
        let step = expected["step"].as_u64().unwrap();
        let ranks = expected["ranks"].as_object().unwrap();
        let total: u64 = lambdas.values().map(|values| kept(values)).sum();
        let expected_total: u64 = ranks.values().map(|rank| rank.as_u64().unwrap()).sum();
        assert_eq!(total, expected_total, "at step {step}");
        if step <= 8 {
            for (name, rank) in ranks {
                assert_eq!(
                    kept(&lambdas[name]),
                    rank.as_u64().unwrap(),
                    "{name} at step {step}"
                );
            }
        }
        if step <= 8 && !expected["lora_E"].is_null() {
            let difference = difference(lambdas, &expected["lora_E"]);
            assert!(difference < 1e-4, "{difference} at step {step}");
        }
    }
}
