//! How many texts a second a model scores on one thread: packed, and through tensors.

use std::hint::black_box;
use std::path::Path;

use burn::tensor::Device;
use criterion::{Criterion, Throughput};
use mondegreen::bert::batch::TokenBatch;
use mondegreen::bert::config::BertConfig;
use mondegreen::bert::cpu::{PackedModel, Precision};
use mondegreen::bert::model::{HeadKind, ScoreModel};
use mondegreen::bert::weights::{initialize, numbers};

/// Texts of a batch, of 8 to 15 tokens: about 256 tokens.
const TEXTS: usize = 22;

/// Random weights in the shapes of two models that users rescore with, but for the vocabulary.
pub(crate) fn bench(criterion: &mut Criterion) {
    compare(criterion, "MiniLM-L6", 384, 6, 1_536);
    compare(criterion, "BERT-base", 768, 12, 3_072);
}

fn compare(criterion: &mut Criterion, name: &str, hidden: usize, layers: usize, inner: usize) {
    let text = format!(
        r#"{{"vocab_size": 1000, "hidden_size": {hidden}, "num_hidden_layers": {layers},
        "num_attention_heads": 12, "intermediate_size": {inner}, "max_position_embeddings": 512}}"#
    );
    let config = BertConfig::parse(&text, Path::new("config.json")).expect("the shape is valid");
    let device = Device::flex();
    let mut model = ScoreModel::zeros(&config, HeadKind::ClsLinear, &device);
    initialize(&mut model, &config, 1);

    let packed = PackedModel::new(model.clone(), &config, Precision::Single);
    let rounded = PackedModel::new(model.clone(), &config, Precision::Int8);

    let texts: Vec<Vec<u32>> = (0..TEXTS).map(|text| ids(8 + text % 8)).collect();
    let rows: Vec<&[u32]> = texts.iter().map(Vec::as_slice).collect();

    // Through tensors texts of one length share a batch, as the rescorer has them.
    let mut even: Vec<Vec<&[u32]>> = Vec::new();
    for length in 8..16 {
        let alike = rows.iter().copied().filter(|row| row.len() == length);
        even.push(alike.collect());
    }

    let mut group = criterion.benchmark_group(format!("scoring/{name}"));
    group.throughput(Throughput::Elements(TEXTS as u64));
    group.sample_size(20);
    group.bench_function("packed", |bencher| {
        bencher.iter(|| black_box(packed.score(&rows)));
    });
    group.bench_function("int8", |bencher| {
        bencher.iter(|| black_box(rounded.score(&rows)));
    });

    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    let pool = pool.expect("one thread can be started");
    group.bench_function("tensors", |bencher| {
        bencher.iter(|| {
            pool.install(|| {
                for batch in &even {
                    black_box(numbers(model.forward(&TokenBatch::new(batch, 0, &device))));
                }
            });
        });
    });
    group.finish();
}

fn ids(length: usize) -> Vec<u32> {
    let places = (0_u32..).take(length);
    places.map(|place| place * 37 % 1_000).collect()
}
