//! How long the embedded lexicon takes to index and to query.

use std::hint::black_box;

use criterion::{BatchSize, Criterion};
use mondegreen::phonetics::distance::PhoneticDistance;
use mondegreen::phonetics::lexicon::Lexicon;
use mondegreen::phonetics::neighbours::NeighbourIndex;

/// Index build, and queries for words spread over the whole dictionary, one a sample.
pub(crate) fn bench(criterion: &mut Criterion) {
    let lexicon = Lexicon::embedded();
    criterion.bench_function("neighbours/build", |bencher| {
        bencher.iter(|| NeighbourIndex::new(black_box(lexicon)));
    });

    let index = NeighbourIndex::new(lexicon);
    let words: Vec<&str> = lexicon.words().step_by(997).collect();
    for milli in [0, 300, 600] {
        let max = PhoneticDistance::from_milli(milli);
        let mut words = words.iter().copied().cycle();
        criterion.bench_function(&format!("neighbours/query at {max}"), |bencher| {
            bencher.iter_batched(
                || words.next().expect("the words are cycled"),
                |word| black_box(index.neighbours(word, max)),
                BatchSize::SmallInput,
            );
        });
    }
}
