//! Texts of all lengths, alone and in batches, and beside the reference.
//!
//! The model is a small one of random weights, and there is one text of each length. Another model,
//! and as many texts as you like, take minutes:
//!
//! ```sh
//! ROBUSTNESS_CHECK_MODEL=ADAPTER ROBUSTNESS_CHECK_BASE=FOLDER ROBUSTNESS_CHECK_TEXTS=5000 \
//!     cargo test --release --locked --lib rescorer::lengths -- --nocapture
//! ```

use super::*;

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::io::Write;
use std::path::PathBuf;

use crate::bert::model::HeadKind;
use crate::bert::weights::initialize;
use crate::nbest::read::{Corpus, Input, ReadOptions};

/// How many tokens the longest text has; the shortest has 2.
const LONGEST: usize = 512;

/// Texts of every length.
const LENGTHS: usize = LONGEST - 1;

/// A model of the environment, and where its base is.
fn chosen() -> Option<(PathBuf, Option<PathBuf>)> {
    let path = env::var_os("ROBUSTNESS_CHECK_MODEL")?;
    let base = env::var_os("ROBUSTNESS_CHECK_BASE");
    Some((path.into(), base.map(PathBuf::from)))
}

fn count() -> usize {
    let count = env::var("ROBUSTNESS_CHECK_TEXTS").ok();
    count.map_or(LENGTHS, |count| count.parse().unwrap())
}

/// The small model.
fn small() -> LoadedModel {
    let text = r#"{
        "vocab_size": 200, "hidden_size": 72, "num_hidden_layers": 2, "num_attention_heads": 2,
        "intermediate_size": 100, "max_position_embeddings": 512, "initializer_range": 0.15
    }"#;
    let config = BertConfig::parse(text, Path::new("config.json")).unwrap();
    let mut model = ScoreModel::zeros(&config, HeadKind::HfPooled, &Device::flex());
    initialize(&mut model, &config, 11);

    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/reference/hf-peft/bert-tiny");
    let tokenizer = TextTokenizer::read(&root.join("tokenizer.json"), &config, LONGEST).unwrap();
    LoadedModel {
        model,
        config,
        tokenizer,
        notices: Vec::new(),
    }
}

/// The model as tensors.
fn reference() -> ScoreModel {
    let Some((path, base)) = chosen() else {
        return small().model;
    };
    let (base, device) = (base.as_deref(), Device::flex());
    let source = Source::open(&path, BaseSearch { base, cache: None }).unwrap();
    let (adapters, head) = (AdapterUse::Merge, HeadUse::Stored);
    load(&source, &device, adapters, head, Some(LONGEST))
        .unwrap()
        .model
}

/// The model as it scores, on so many threads.
fn reader(precision: Precision, token_budget: usize, threads: usize) -> BertRescorer {
    let rescorer = match chosen() {
        None => {
            let interpolation = Interpolation {
                first_pass_scale: 1.0,
                weight: 1.0,
            };
            BertRescorer::packed(small(), None, precision, interpolation, "small".to_owned())
        }
        Some((path, base)) => BertRescorer::load(&LoadOptions {
            path: &path,
            search: BaseSearch {
                base: base.as_deref(),
                cache: None,
            },
            device: &Device::flex(),
            token_budget,
            threads,
            precision,
            max_length: Some(LONGEST),
            weight: None,
            first_pass_scale: None,
        })
        .unwrap(),
    };

    BertRescorer {
        token_budget,
        threads,
        ..rescorer
    }
}

/// Texts of 2 to 512 tokens, every length as often, in an order that mixes long and short ones.
fn texts() -> Vec<String> {
    let lists = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/nbest/test.jsonl");
    let corpus = Corpus::open(&[Input::Lists(lists)], &ReadOptions::default()).unwrap();
    let hypotheses = corpus.utterances.iter().map(|one| one.nbest.hypotheses());
    let words: BTreeSet<&str> = hypotheses
        .flatten()
        .flat_map(|one| one.transcript.as_str().split(' '))
        .collect();

    // Words of a token each.
    let tokenizer = reader(Precision::Single, 1, 1);
    let is_token = |word: &&str| {
        let counts = tokenizer.tokens_of(word);
        (counts.tokens, counts.unknown) == (1, 0)
    };
    let words: Vec<&str> = words.into_iter().filter(is_token).collect();
    assert!(words.len() > 6, "{words:?}");

    let text = |index: usize| {
        let (length, round) = (index * 200 % LENGTHS, index / LENGTHS);
        let word = |place: usize| {
            let number = length * 5 + place * place * 3 + place * (2 * round + 1) + round;
            words[number % words.len()]
        };
        (0..length).map(word).collect::<Vec<_>>().join(" ")
    };
    (0..count()).map(text).collect()
}

/// What the reference gives texts, by their place.
fn reference_scores(tokens: &[TokenizedText]) -> BTreeMap<usize, f64> {
    let mut alike: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (index, text) in tokens.iter().enumerate() {
        alike.entry(text.ids.len()).or_default().push(index);
    }

    let model = reference();
    let groups: Vec<Vec<usize>> = alike.into_values().collect();
    let scores = groups.par_iter().flat_map_iter(|group| {
        let mut rows: Vec<&[u32]> = group.iter().map(|index| &tokens[*index].ids[..]).collect();
        // Single rows have another kernel there.
        rows.push(rows[0]);
        let scores = numbers(model.forward(&TokenBatch::new(&rows, 0, &Device::flex())));
        group.iter().copied().zip(scores.into_iter().map(f64::from))
    });
    scores.collect()
}

#[test]
fn texts_of_all_lengths_score_as_the_reference_does() {
    let texts = texts();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let rescorer = reader(Precision::Single, CPU_TOKEN_BUDGET, 2);
    let found = rescorer.score_texts(&texts).unwrap();

    let tokens = rescorer.tokenize(&texts).unwrap();
    let lengths: BTreeSet<usize> = tokens.iter().map(|text| text.ids.len()).collect();
    assert!(lengths.into_iter().eq(2..=LONGEST));

    let mut largest = 0.0_f64;
    for (index, expected) in reference_scores(&tokens) {
        let (found, length) = (found[index], tokens[index].ids.len());
        let difference = (found - expected).abs();
        assert!(
            difference < 1e-4,
            "{length} tokens: {found} is not {expected}"
        );
        largest = largest.max(difference);
    }
    if chosen().is_some() {
        let told = format!("{} texts differ by at most {largest:.1e}\n", texts.len());
        std::io::stderr().write_all(told.as_bytes()).unwrap();
    }

    let spread = |pair: &[f64]| (pair[0] - pair[1]).abs() > 1e-2;
    assert!(found.windows(2).filter(|pair| spread(pair)).count() > 100);
}

/// The texts score as they do alone, in batches of other sizes, and on other numbers of threads.
#[track_caller]
fn check_same_bits(precision: Precision) {
    let texts = texts();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let alone = reader(precision, 1, 2).score_texts(&texts).unwrap();
    for (token_budget, threads) in [(CPU_TOKEN_BUDGET, 1), (CPU_TOKEN_BUDGET, 2), (70, 3)] {
        let rescorer = reader(precision, token_budget, threads);
        assert!(
            rescorer.score_texts(&texts).unwrap() == alone,
            "{precision:?}: {token_budget} tokens, {threads} threads"
        );
    }

    let reversed: Vec<&str> = texts.iter().rev().copied().collect();
    let found = reader(precision, 5_000, 5).score_texts(&reversed).unwrap();
    assert!(found.iter().rev().eq(&alone), "{precision:?}, reversed");
}

#[test]
fn texts_of_all_lengths_have_the_same_bits_alone_in_any_batch_and_on_any_threads() {
    check_same_bits(Precision::Single);
}

#[test]
fn so_they_have_in_8_bits() {
    check_same_bits(Precision::Int8);
}
