//! How much a ratio to few clean errors is too large on average.

use mondegreen::stats::random::{Stream, named_seed};
use rayon::prelude::*;

use super::population::{CLEAN_SPREAD, HARMFUL, Population, Random, Speakers, Tail};

const REPETITIONS: u64 = 20_000;

/// Prints by how much a ratio is too large, as a share of itself, if what it is over says nothing
/// about what is over it: the mean of one over the clean errors, times their true mean. Samples
/// without a clean error have no ratio, and are left out.
#[expect(clippy::print_stdout, reason = "the table is the result")]
pub(super) fn print() {
    println!("\nby how much of itself a ratio to the clean errors is too large");
    println!("| clean WER | 6 speakers | 12 | 20 | 40 |\n|---|---:|---:|---:|---:|");
    for clean in [0.1, 0.05, 0.02, 0.005] {
        let population = Population {
            clean_spread: CLEAN_SPREAD,
            harmful: HARMFUL,
            speakers: Speakers::None,
            tail: Tail::Harm,
            clean,
            cost: 0.0,
        };

        let cells = [6, 12, 20, 40].map(|count| {
            let seed = named_seed(count as u64, &format!("bias {clean}"));
            let ratios: Vec<f64> = (0..REPETITIONS)
                .into_par_iter()
                .filter_map(|repetition| {
                    let mut random = Random(Stream::new(seed, repetition));
                    let sums = population.sample(count, &mut random);
                    let words: i64 = sums.iter().map(|sums| sums.words).sum();
                    let errors: i64 = sums.iter().map(|sums| sums.clean).sum();
                    (errors > 0).then(|| clean * words as f64 / errors as f64)
                })
                .collect();
            // In their order, so that threads change nothing.
            let mean = ratios.iter().sum::<f64>() / ratios.len() as f64;
            format!("{:+.1} %", 100.0 * (mean - 1.0))
        });

        println!("| {} % | {} |", 100.0 * clean, cells.join(" | "));
    }
}
