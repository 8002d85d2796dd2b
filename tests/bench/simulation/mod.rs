//! How often the gates are wrong, on made-up speakers of whom the truth is known.
//!
//! `cargo bench --bench bench -- simulation` prints the tables of `guide::statistics` and of
//! `stats::sequential`: minutes of one core. Every number is a function of its setting alone,
//! whatever the number of threads.

mod bias;
mod looks;
pub(crate) mod planned;
mod population;
mod rates;
mod skewed;

use population::{Speakers, Tail};
use rates::{Cell, Gate, Rates};

/// Samples of each setting: rates around 5 % are good for 0.2 points (one standard error), those
/// around 50 % for 0.5.
const REPETITIONS: u64 = 10_000;

/// How many speakers there are.
const COUNTS: [usize; 5] = [6, 12, 20, 40, 80];

/// How much better than its margin the rescorer is where power is measured: half a point of word
/// error rate.
const ROOM: f64 = 0.5;

/// Prints all tables.
#[expect(clippy::print_stdout, reason = "the tables are the result")]
pub(crate) fn print() {
    println!("{REPETITIONS} samples a setting; all numbers in percent");
    for gate in [Gate::Flip, Gate::Gain] {
        for (tail, harmed) in [(Tail::Harm, "harm"), (Tail::Help, "help")] {
            println!("\n{} gate; {harmed} differs by speaker", gate.name());
            println!("| speakers differ | 6 | 12 | 20 | 40 | 80 |\n|---|---:|---:|---:|---:|---:|");
            for speakers in Speakers::ALL {
                let at = |room: f64| {
                    COUNTS.map(|count| {
                        let cell = Cell {
                            gate,
                            speakers,
                            tail,
                            count,
                            room,
                        };
                        cell.rates(REPETITIONS)
                    })
                };

                let (margin, better, worse) = (at(0.0), at(ROOM), at(-ROOM));
                row(speakers, "false PASS", &margin, |rates| rates.passed);
                row(speakers, "false PASS, t alone", &margin, |rates| {
                    rates.passed_t
                });
                row(speakers, "false FAIL", &margin, |rates| rates.failed);
                row(speakers, "false FAIL, t alone", &margin, |rates| {
                    rates.failed_t
                });
                row(speakers, "coverage", &margin, |rates| rates.covered);
                row(speakers, "power", &better, |rates| rates.passed);
                row(speakers, "power, t alone", &better, |rates| rates.passed_t);
                row(speakers, "power of FAIL", &worse, |rates| rates.failed);
                row(speakers, "power of FAIL, t alone", &worse, |rates| {
                    rates.failed_t
                });
            }
        }
    }

    skewed::print(&COUNTS, REPETITIONS);
    bias::print();
    looks::print();
}

#[expect(clippy::print_stdout, reason = "the tables are the result")]
fn row(speakers: Speakers, what: &str, rates: &[Rates], of: fn(&Rates) -> f64) {
    let cells: Vec<String> = rates
        .iter()
        .map(|rates| format!("{:.1}", 100.0 * of(rates)))
        .collect();
    println!("| {}: {what} | {} |", speakers.name(), cells.join(" | "));
}
