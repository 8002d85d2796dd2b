//! Scores of packed models against those of the reference, and against themselves in other batches.

use super::*;

use std::path::Path;

use burn::tensor::Device;

use crate::bert::adapter::Adapter;
use crate::bert::batch::TokenBatch;
use crate::bert::checkpoint::{BaseSearch, Source};
use crate::bert::examples;
use crate::bert::loading::{AdapterUse, HeadUse, load};
use crate::bert::model::HeadKind;
use crate::bert::weights::{initialize, numbers};

/// Texts of these lengths, of tokens below `vocabulary`.
fn texts(lengths: impl Iterator<Item = usize>, vocabulary: usize) -> Vec<Vec<u32>> {
    let token =
        |length: usize, place: usize| (length * 31 + place * place * 7 + place) % vocabulary;
    let ids = |length| (0..length).map(move |place| u32::try_from(token(length, place)).unwrap());
    lengths.map(|length| ids(length).collect()).collect()
}

/// What the reference gives each text alone.
fn reference(model: &ScoreModel, texts: &[Vec<u32>]) -> Vec<f32> {
    let device = Device::flex();
    let scores = texts.iter().map(|text| {
        // Single rows have another kernel there.
        let batch = TokenBatch::new(&[text, text], 0, &device);
        numbers(model.forward(&batch))[0]
    });
    scores.collect()
}

fn packed_scores(model: &PackedModel, texts: &[Vec<u32>]) -> Vec<f32> {
    let rows: Vec<&[u32]> = texts.iter().map(Vec::as_slice).collect();
    model.score(&rows).unwrap()
}

/// Both score texts of every length up to `longest` alike, and the texts differ.
#[track_caller]
fn check_alike(mut model: ScoreModel, config: &BertConfig, longest: usize) {
    let texts = texts(2..=longest, config.vocab_size);
    model.merge();
    let expected = reference(&model, &texts);
    let found = packed_scores(&PackedModel::new(model, config, Precision::Single), &texts);
    assert_eq!(found.len(), expected.len());
    for ((found, expected), text) in found.iter().zip(&expected).zip(&texts) {
        let difference = (found - expected).abs();
        assert!(difference < 1e-4, "{found} is not {expected}: {text:?}");
    }

    let spread = |pair: &[f32]| (pair[0] - pair[1]).abs() > 1e-3;
    assert!(expected.windows(2).any(spread), "{expected:?}");
}

#[track_caller]
fn check_folder(folder: &Path, base: Option<&Path>) {
    let source = Source::open(folder, BaseSearch { base, cache: None }).unwrap();
    let (adapters, head) = (AdapterUse::Merge, HeadUse::Stored);
    let loaded = load(&source, &Device::flex(), adapters, head, None).unwrap();
    let longest = loaded.config.longest();
    check_alike(loaded.model, &loaded.config, longest);
}

#[test]
fn scores_of_folders_are_those_of_the_reference() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let root = fixtures.join("reference/hf-peft");
    let base = root.join("bert-tiny");
    check_folder(&base, None);
    for adapter in [
        "adapter-lora",
        "adapter-lora-rs-all-linear",
        "adapter-adalora",
    ] {
        check_folder(&root.join(adapter), Some(&base));
    }

    check_folder(&fixtures.join("checkpoints/demo"), None);
}

#[test]
fn scores_with_every_kind_of_adapter_are_those_of_the_reference() {
    let config = BertConfig::read(&examples::root().join("config.json")).unwrap();
    for name in ["lora", "patt", "adalora", "dora"] {
        let adapter = Adapter::read(&examples::root().join(name)).unwrap();
        let mut model = examples::base();
        adapter.attach_to(&mut model).unwrap();
        check_alike(model, &config, config.longest());
    }
}

/// A model of random weights that reads 512 tokens.
fn long_reader(activation: HiddenActivation, head: HeadKind) -> (ScoreModel, BertConfig) {
    layered(2, activation, head)
}

/// The same of so many layers.
fn layered(
    layers: usize,
    activation: HiddenActivation,
    head: HeadKind,
) -> (ScoreModel, BertConfig) {
    let text = r#"{
        "vocab_size": 300, "hidden_size": 72, "num_hidden_layers": 2, "num_attention_heads": 2,
        "intermediate_size": 100, "max_position_embeddings": 512, "initializer_range": 0.15
    }"#;
    let mut config = BertConfig::parse(text, Path::new("config.json")).unwrap();
    config.num_hidden_layers = layers;
    config.hidden_act = activation;

    let mut model = ScoreModel::zeros(&config, head, &Device::flex());
    initialize(&mut model, &config, 7);
    (model, config)
}

#[test]
fn every_activation_and_head_is_that_of_the_reference() {
    for (activation, head) in [
        (HiddenActivation::Gelu, HeadKind::ClsLinear),
        (HiddenActivation::GeluTanh, HeadKind::HfPooled),
        (HiddenActivation::Relu, HeadKind::HfPooled),
    ] {
        let (model, config) = long_reader(activation, head);
        check_alike(model, &config, 40);
    }
}

#[test]
fn a_text_of_any_length_has_the_same_score_alone_in_any_batch_and_on_any_thread() {
    let (model, config) = long_reader(HiddenActivation::Gelu, HeadKind::HfPooled);
    let texts = texts(2..=512, config.vocab_size);
    let some: Vec<Vec<u32>> = texts.iter().step_by(51).cloned().collect();
    let reference = reference(&model, &some);

    let packed = PackedModel::new(model, &config, Precision::Single);
    let alone: Vec<f32> = texts
        .iter()
        .flat_map(|text| packed.score(&[text]).unwrap())
        .collect();

    for (found, expected) in alone.iter().step_by(51).zip(&reference) {
        assert!((found - expected).abs() < 1e-5, "{found} is not {expected}");
    }

    check_in_any_batch(&packed, &texts, &alone);
}

#[test]
fn texts_of_one_list_score_as_they_do_alone() {
    // One word is another one, is left out, or comes twice: most words stay at their places.
    let heard: Vec<u32> = (3..20).collect();
    let mut texts = vec![heard.clone(), heard.clone()];
    for place in 0..heard.len() {
        let (mut swapped, mut shorter, mut longer) = (heard.clone(), heard.clone(), heard.clone());
        swapped[place] = 200;
        shorter.remove(place);
        longer.insert(place, heard[place]);
        texts.extend([swapped, shorter, longer]);
    }

    for layers in [1, 2, 3] {
        let (model, config) = layered(layers, HiddenActivation::Gelu, HeadKind::ClsLinear);
        let expected = reference(&model, &texts);
        for precision in [Precision::Single, Precision::Int8] {
            let packed = PackedModel::new(model.clone(), &config, precision);
            let alone: Vec<f32> = texts
                .iter()
                .flat_map(|text| packed.score(&[text]).unwrap())
                .collect();
            assert!(packed_scores(&packed, &texts) == alone, "{layers} layers");
            if precision == Precision::Single {
                let pairs = alone.iter().zip(&expected);
                assert!(pairs.clone().all(|(one, other)| (one - other).abs() < 1e-5));
            }
        }
    }
}

#[test]
fn rounded_scores_are_near_and_the_same_in_any_batch_and_on_any_thread() {
    let (model, config) = long_reader(HiddenActivation::Gelu, HeadKind::HfPooled);
    let texts = texts(2..=512, config.vocab_size);
    let exact = PackedModel::new(model.clone(), &config, Precision::Single);
    let packed = PackedModel::new(model, &config, Precision::Int8);
    let alone: Vec<f32> = texts
        .iter()
        .flat_map(|text| packed.score(&[text]).unwrap())
        .collect();

    let exact = packed_scores(&exact, &texts);
    let pairs = || alone.iter().zip(&exact);
    let largest = pairs().fold(0.0_f32, |most, (one, other)| most.max((one - other).abs()));
    let spread = exact.iter().fold(f32::MIN, |most, one| most.max(*one))
        - exact.iter().fold(f32::MAX, |least, one| least.min(*one));
    assert!(largest > 0.0, "nothing is rounded");
    assert!(largest < 0.1 * spread, "{largest} of {spread}");

    check_in_any_batch(&packed, &texts, &alone);
}

/// The texts, of which there are 511, score as they do alone.
#[track_caller]
fn check_in_any_batch(packed: &PackedModel, texts: &[Vec<u32>], alone: &[f32]) {
    // Short texts beside long ones, in batches of other sizes, on threads of their own.
    let mixed: Vec<usize> = (0..texts.len()).map(|index| index * 200 % 511).collect();
    std::thread::scope(|scope| {
        for count in [2, 5, 13] {
            let mixed = &mixed;
            scope.spawn(move || {
                for batch in mixed.chunks(count) {
                    let rows: Vec<&[u32]> = batch.iter().map(|i| texts[*i].as_slice()).collect();
                    let expected: Vec<f32> = batch.iter().map(|i| alone[*i]).collect();
                    assert!(
                        packed.score(&rows).unwrap() == expected,
                        "{count} texts in a batch"
                    );
                }
            });
        }
    });
}
