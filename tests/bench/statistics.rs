//! How long the intervals and tests of 2,620 utterances take: a test set of the usual size.

use std::hint::black_box;

use criterion::Criterion;
use mondegreen::stats::bootstrap::{Resampling, cluster_bootstrap};
use mondegreen::stats::clusters::Cluster;
use mondegreen::stats::signflip::sign_flip;

const UTTERANCES: u64 = 2_620;
const DRAWS: u64 = 5;

/// Error counts of utterances that are their own clusters, five draws each.
fn clusters() -> Vec<Cluster> {
    (0..UTTERANCES)
        .map(|index| {
            let draws: Vec<u64> = (0..DRAWS).map(|draw| (index * 7 + draw * 3) % 4).collect();
            Cluster::from_draws(12 + index % 17, index % 3, &draws)
        })
        .collect()
}

/// 10,000 replicates on one thread and on two, with intervals; and the exact sign-flip test.
pub(crate) fn bench(criterion: &mut Criterion) {
    let clusters = clusters();
    let resampling = Resampling {
        replicates: 10_000,
        seed: 1,
    };

    for threads in [1, 2] {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .expect("a pool of one or two threads");
        let name = format!("bootstrap/2620 utterances, 10,000 replicates, {threads} threads");
        criterion.bench_function(&name, |bencher| {
            bencher.iter(|| {
                pool.install(|| cluster_bootstrap(black_box(&clusters), &resampling, 0.95))
            });
        });
    }

    let differences: Vec<i64> = clusters.iter().map(Cluster::extra_errors).collect();
    criterion.bench_function("sign-flip/2620 utterances, exact", |bencher| {
        bencher.iter(|| sign_flip(black_box(&differences), 1));
    });
}
