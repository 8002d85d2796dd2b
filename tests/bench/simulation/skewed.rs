//! How often the gate of the flip cost fails although the truth is at its margin, where speakers
//! differ in their clean errors and not in their harm: a few with many clean errors are allowed
//! much.

use mondegreen::check::judge::verdict::Limit;
use mondegreen::stats::bootstrap::Resampling;
use mondegreen::stats::distributions::normal_ppf;
use mondegreen::stats::random::{Stream, named_seed};
use rayon::prelude::*;

use super::population::{ERRORS, MOST_ERRORS, Population, Random, Speakers, Tail, WORDS};
use super::rates::{ALPHA, CLEAN, REPLICATES};

/// Prints the table.
#[expect(clippy::print_stdout, reason = "the table is the result")]
pub(super) fn print(counts: &[usize], repetitions: u64) {
    println!("\nfalse FAIL where clean errors differ by speaker, and harm does not (t alone)");
    for spread in [0.5, 1.0] {
        for margin in [0.05, 0.16] {
            let cell = |count: &usize| {
                let [t, both] = failed(spread, margin, *count, repetitions);
                format!("{both:.1} ({t:.1})")
            };
            let cells: Vec<String> = counts.iter().map(cell).collect();
            let margin = 100.0 * margin;
            println!("| {spread}, {margin:.0} % | {} |", cells.join(" | "));
        }
    }
}

/// The share of samples in percent that the t test alone, and that the gate fails.
fn failed(spread: f64, margin: f64, count: usize, repetitions: u64) -> [f64; 2] {
    let cost = margin * CLEAN * WORDS as f64;
    let population = Population {
        speakers: Speakers::None,
        tail: Tail::Harm,
        clean: CLEAN,
        clean_spread: spread,
        // Without a repair.
        harmful: cost / ERRORS,
        cost,
    };
    let limit = Limit::Relative(cost / (mean_rate(spread) * WORDS as f64));

    let seed = named_seed(count as u64, &format!("skewed {spread} {margin}"));
    let hits: [u64; 2] = (0..repetitions)
        .into_par_iter()
        .map(|repetition| {
            let mut random = Random(Stream::new(seed, repetition));
            let sums = population.sample(count, &mut random);
            let resampling = Resampling {
                replicates: REPLICATES,
                seed: repetition,
            };
            let test = limit.excess(&sums, &resampling).test();
            [test.p_fail_t, test.p_fail()].map(|p| u64::from(p <= ALPHA))
        })
        .reduce(|| [0; 2], |a, b| [a[0] + b[0], a[1] + b[1]]);

    hits.map(|hits| 100.0 * hits as f64 / repetitions as f64)
}

/// The true clean word error rate, of which no speaker has more than so much.
fn mean_rate(spread: f64) -> f64 {
    let steps = 10_000;
    let rate = |step: i32| {
        let quantile = (f64::from(step) + 0.5) / f64::from(steps);
        let rate = CLEAN * (spread * normal_ppf(quantile) - 0.5 * spread.powi(2)).exp();
        rate.min(MOST_ERRORS)
    };
    (0..steps).map(rate).sum::<f64>() / f64::from(steps)
}
