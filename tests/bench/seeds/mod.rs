//! How often strategies of a few seeds are told apart although they are the same: the table of the
//! guide on statistics.
//!
//! `cargo bench --bench bench -- seeds` prints it; half a minute of one core.

mod population;

use population::{Population, rates};

const PAIRS: u64 = 10_000;

/// Prints the table.
#[expect(clippy::print_stdout, reason = "the table is the result")]
pub(crate) fn print() {
    println!(
        "| strategies | seeds | speakers | speakers alone | seeds alone | `compare` | power |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|");
    for (uneven, name) in [(false, "identical"), (true, "uneven")] {
        for seeds in [[2, 2], [3, 3], [5, 5], [3, 5], [5, 1]] {
            for speakers in [20, 40] {
                let population = Population {
                    seeds,
                    speakers,
                    uneven,
                    apart: 0.0,
                };
                let null = rates(population, PAIRS);
                let apart = Population {
                    apart: 0.02,
                    ..population
                };
                let power = rates(apart, PAIRS).crossed;
                let [speakers_only, welch, crossed, power] =
                    [null.speakers, null.welch, null.crossed, power].map(|rate| 100.0 * rate);
                println!(
                    "| {name} | {}, {} | {speakers} | {speakers_only:.1} % | {welch:.1} % | \
                        {crossed:.1} % | {power:.1} % |",
                    seeds[0], seeds[1]
                );
            }
        }
    }
}
