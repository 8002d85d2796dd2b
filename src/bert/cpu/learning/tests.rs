//! Slopes against those of automatic differentiation, and against differences of results.

use super::*;

use std::path::Path;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Device, Gradients, Tensor, TensorData};

use crate::bert::batch::TokenBatch;
use crate::bert::config::BertConfig;
use crate::bert::initial;
use crate::bert::linear::{Draw, LowRank};
use crate::bert::model::{HeadKind, ScoreModel};
use crate::bert::weights::{initialize, numbers};

type Slopes = BTreeMap<String, Vec<f32>>;

/// A model of random weights; `more` are fields of its configuration.
fn model(more: &str) -> ScoreModel {
    let text = format!(
        r#"{{
            "vocab_size": 60, "hidden_size": 72, "num_hidden_layers": 3, "num_attention_heads": 2,
            "intermediate_size": 100, "max_position_embeddings": 64, "initializer_range": 0.15,
            "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0{more}
        }}"#
    );

    let config = BertConfig::parse(&text, Path::new("config.json")).unwrap();
    let mut model = ScoreModel::zeros(&config, HeadKind::ClsLinear, &Device::flex());
    initialize(&mut model, &config, 7);

    model
}

/// Puts an adapter with random matrices on every map.
fn adapt(model: &mut ScoreModel, lambda: bool, dropout: f64) {
    let device = Device::flex();
    model.for_each_linear_mut(&mut |name, linear| {
        let draw = Draw {
            name,
            seed: 3,
            dropout,
            device: &device,
        };
        let make = if lambda {
            LowRank::adalora
        } else {
            LowRank::lora
        };
        let mut adapter = make(linear, 3, 0.7, &draw);
        let random = |name: &str, shape: [usize; 2]| {
            let values = initial::normal(5, name, shape[0] * shape[1], 0.3);
            Param::from_tensor(Tensor::from_data(TensorData::new(values, shape), &device))
        };
        adapter.b = random("b", [linear.outputs(), 3]);
        adapter.lambda = lambda.then(|| random("lambda", [3, 1]));
        linear.attach(adapter);
    });
}

/// Lets what `learned` says of a path be learned.
struct Choose<F> {
    path: Vec<String>,
    learned: F,
}

impl<F: Fn(&str) -> bool> ModuleMapper for Choose<F> {
    fn enter_module(&mut self, name: &str, _container: &str) {
        self.path.push(name.to_owned());
    }
    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.pop();
    }
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let learned = (self.learned)(&self.path.join("."));
        param.set_require_grad(learned)
    }
}

fn learning(model: ScoreModel, learned: impl Fn(&str) -> bool) -> Encoder {
    let path = Vec::new();
    model.encoder.train().map(&mut Choose { path, learned })
}

struct Collect<'a> {
    path: Vec<String>,
    gradients: &'a Gradients,
    found: Slopes,
}

impl ModuleVisitor for Collect<'_> {
    fn enter_module(&mut self, name: &str, _container: &str) {
        self.path.push(name.to_owned());
    }
    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.pop();
    }
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = param.val().grad(self.gradients) {
            self.found.insert(self.path.join("."), numbers(gradient));
        }
    }
}

/// Texts of up to 40 tokens, long and short ones mixed.
fn texts() -> Vec<Vec<u32>> {
    let lengths = [5, 1, 40, 13, 12, 2, 33, 7, 24, 9, 11, 3];
    let token = |text: u32, place: u32| 2 + (text * 31 + place * place * 7 + place) % 58;
    let text = |(text, length): (usize, u32)| {
        let text = u32::try_from(text).unwrap();
        (0..length).map(|place| token(text, place)).collect()
    };
    lengths.into_iter().enumerate().map(text).collect()
}

/// What the results are multiplied by in the loss.
fn weights(count: usize) -> Vec<f32> {
    initial::normal(11, "loss", count, 1.0)
}

fn own(encoder: &Encoder, asking: Asking, seed: u64) -> (Vec<f32>, Slopes) {
    let texts = texts();
    let rows: Vec<&[u32]> = texts.iter().map(Vec::as_slice).collect();
    let trainer = EncoderTrainer::new(encoder);
    let pass = trainer.forward(encoder, &rows, asking, seed);
    let result = pass.result();
    let slopes = pass.backward(&weights(result.len()));
    (result, slopes)
}

/// The same by automatic differentiation, a text at a time.
fn reference(encoder: &Encoder, asking: Asking) -> (Vec<f32>, Slopes) {
    let device = Device::flex();
    let results = texts().into_iter().map(|text| {
        let batch = TokenBatch::new(&[&text], 0, &device);
        match asking {
            Asking::First => encoder.forward_first(&batch),
            Asking::All => encoder.forward(&batch).squeeze_dim(0),
        }
    });

    let result = Tensor::cat(results.collect(), 0);
    let [rows, width] = result.dims();
    let found = numbers(result.clone());
    let factors = TensorData::new(weights(found.len()), [rows, width]);
    let loss = (result * Tensor::from_data(factors, &device)).sum();
    let mut collect = Collect {
        path: Vec::new(),
        gradients: &loss.backward(),
        found: Slopes::new(),
    };
    encoder.visit(&mut collect);

    (found, collect.found)
}

#[track_caller]
fn check_close(found: &[f32], expected: &[f32], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    // A key's bias moves all scores of a token alike, which no softmax shows: its slope is
    // rounding.
    let floor = if what.ends_with("key.bias") {
        0.5_f32
    } else {
        0.05
    };
    let largest = expected.iter().fold(floor, |most, x| most.max(x.abs()));
    for (found, expected) in found.iter().zip(expected) {
        let difference = (found - expected).abs();
        assert!(
            difference < 3e-5 * largest,
            "{what}: {found} is not {expected}, of {largest}"
        );
    }
}

#[track_caller]
fn check_alike(encoder: &Encoder, asking: Asking) -> Slopes {
    let (result, slopes) = own(encoder, asking, 1);
    let (expected, expected_slopes) = reference(encoder, asking);
    check_close(&result, &expected, "the result");

    let names = |slopes: &Slopes| slopes.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&slopes), names(&expected_slopes));
    for (path, expected) in &expected_slopes {
        check_close(&slopes[path], expected, path);
    }

    slopes
}

#[test]
fn slopes_of_everything_are_those_of_automatic_differentiation() {
    for more in [
        "",
        r#", "hidden_act": "gelu_new""#,
        r#", "hidden_act": "relu", "model_type": "roberta", "pad_token_id": 1"#,
        r#", "model_type": "electra", "embedding_size": 36"#,
    ] {
        let encoder = learning(model(more), |_| true);
        for asking in [Asking::First, Asking::All] {
            let slopes = check_alike(&encoder, asking);
            assert!(slopes.len() > 50, "{}", slopes.len());
        }
    }
}

#[test]
fn slopes_of_adapters_are_those_of_automatic_differentiation() {
    for lambda in [false, true] {
        let mut model = model(r#", "model_type": "electra", "embedding_size": 36"#);
        adapt(&mut model, lambda, 0.0);
        let encoder = learning(model, |path| path.contains(".adapter."));
        let slopes = check_alike(&encoder, Asking::First);
        assert_eq!(slopes.len(), 19 * if lambda { 3 } else { 2 });
    }

    let mut few = model("");
    adapt(&mut few, false, 0.0);
    few.for_each_linear_mut(&mut |name, linear| {
        if !(name.contains("1.attention.self.query") || name.contains("2.attention.self.value")) {
            linear.adapter = None;
        }
    });

    let encoder = learning(few, |path| path.contains(".adapter."));
    assert_eq!(check_alike(&encoder, Asking::First).len(), 4);
}

#[test]
fn nothing_is_computed_where_nothing_is_learned() {
    let encoder = learning(model(""), |_| false);
    let (_, slopes) = own(&encoder, Asking::First, 1);
    assert!(slopes.is_empty());
}

#[test]
fn slopes_with_dropout_are_differences_of_the_result() {
    let mut model = dropping_model();
    adapt(&mut model, true, 0.25);
    let encoder = learning(model, |_| true);
    let loss = |encoder: &Encoder| -> f64 {
        let (result, _) = own(encoder, Asking::First, 9);
        let terms = result.iter().zip(weights(result.len()));
        terms
            .map(|(x, weight)| f64::from(*x) * f64::from(weight))
            .sum()
    };

    let (result, slopes) = own(&encoder, Asking::First, 9);
    assert_ne!(result, own(&encoder, Asking::First, 10).0);

    for (path, slopes) in &slopes {
        // The parameter moves along its slopes.
        let norm = slopes
            .iter()
            .map(|x| f64::from(*x).powi(2))
            .sum::<f64>()
            .sqrt();
        if norm < 1e-3 {
            continue;
        }
        let step = 2e-3 / norm;
        let moved = |by: f64| loss(&shifted(&encoder, path, slopes, by));
        let rise = (moved(step) - moved(-step)) / (2.0 * step);
        let expected = norm * norm;
        assert!(
            (rise - expected).abs() < 0.02 * expected,
            "{path}: {rise} is not {expected}"
        );
    }
}

/// [`model`] with dropout.
fn dropping_model() -> ScoreModel {
    let mut model = model(", \"model_type\": \"electra\", \"embedding_size\": 36");
    let encoder = &mut model.encoder;
    encoder.embeddings.dropout.prob = 0.2;
    for layer in &mut encoder.layers {
        layer.dropout.prob = 0.2;
        layer.attention_dropout.prob = 0.3;
    }
    model
}

/// The encoder with `slopes` times `by` added to the parameter at `path`.
fn shifted(encoder: &Encoder, path: &str, slopes: &[f32], by: f64) -> Encoder {
    struct Shift<'a> {
        path: Vec<String>,
        chosen: &'a str,
        slopes: &'a [f32],
        by: f32,
    }
    impl ModuleMapper for Shift<'_> {
        fn enter_module(&mut self, name: &str, _container: &str) {
            self.path.push(name.to_owned());
        }
        fn exit_module(&mut self, _name: &str, _container: &str) {
            self.path.pop();
        }
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            if self.path.join(".") != self.chosen {
                return param;
            }
            let (id, old, mapper) = param.consume();
            let (shape, device) = (old.shape(), old.device());
            let values = numbers(old).into_iter().zip(self.slopes);
            let values = values.map(|(x, slope)| x + self.by * slope).collect();
            let new = Tensor::from_data(TensorData::new(values, shape), &device);
            Param::from_mapped_value(id, new.require_grad(), mapper)
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "parameters are f32")]
    let by = by as f32;
    let path_of = Vec::new();

    encoder.clone().map(&mut Shift {
        path: path_of,
        chosen: path,
        slopes,
        by,
    })
}

#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    let mut model = dropping_model();
    adapt(&mut model, true, 0.25);
    let encoder = learning(model, |_| true);
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        let pool = pool.build().unwrap();
        pool.install(|| own(&encoder, Asking::First, 9))
    };
    let one = run(1);

    for threads in [2, 3, 7] {
        assert!(run(threads) == one, "{threads} threads");
    }
}

#[test]
fn parts_hold_every_text_once_and_are_even() {
    let texts: Vec<Vec<u32>> = (0..80).map(|text| vec![0; 5 + text % 13]).collect();
    let rows: Vec<&[u32]> = texts.iter().map(Vec::as_slice).collect();
    let parts = parts(&rows);
    assert_eq!(parts.len(), 8);

    let (mut text, mut token) = (0, 0);
    for part in &parts {
        assert_eq!((part.first, part.first_token), (text, token));
        let tokens: usize = part.lengths.iter().sum();
        assert!((95..=130).contains(&tokens), "{tokens}");
        text += part.lengths.len();
        token += tokens;
    }

    assert_eq!(text, rows.len());
    let long = vec![0; 2_000];
    assert_eq!(super::parts(&[&long, &long]).len(), 2);
}
