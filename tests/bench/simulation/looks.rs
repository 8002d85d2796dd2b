//! Looking at results before all draws are in: how often that passes what is at the margin, and
//! what it saves.
//!
//! The population: each speaker says 20 utterances of 10 words; clean errors are binomial, with a
//! log-normal rate of mean 0.1 per speaker. In each of 5 draws an utterance gains two errors with a
//! probability that differs exponentially by speaker: a tenth of the speakers has a third of the
//! damage. Its mean is the margin, 10 % of the clean errors.

use mondegreen::stats::bootstrap::Resampling;
use mondegreen::stats::clusters::Cluster;
use mondegreen::stats::gate::{Gate, Margin, gate};
use mondegreen::stats::random::Stream;
use mondegreen::stats::sequential::{anytime_p_value, repeated_p_value};
use rayon::prelude::*;

use super::population::Random;

const UTTERANCES: usize = 20;
const WORDS: u64 = 10;
const DRAWS: usize = 5;
const MARGIN: f64 = 0.10;
const CLEAN_RATE: f64 = 0.1;
const ALPHA: f64 = 0.05;
const REPETITIONS: u64 = 1_000;

/// One simulated test set: clean errors and damage, by speaker, utterance and draw.
struct Sample {
    speakers: Vec<Vec<(u64, [u64; DRAWS])>>,
}

impl Sample {
    /// `degradation` is the true NPRR.
    fn new(speakers: usize, degradation: f64, random: &mut Random) -> Sample {
        let one = |random: &mut Random| {
            let rate = (CLEAN_RATE * (0.5 * random.normal() - 0.125).exp()).min(0.9);
            let damage = degradation * CLEAN_RATE * random.exponential() * WORDS as f64 / 2.0;
            (0..UTTERANCES)
                .map(|_| {
                    let clean = random.binomial(WORDS, rate);
                    let extra = [(); DRAWS].map(|()| 2 * random.binomial(1, damage.min(1.0)));
                    (clean, extra)
                })
                .collect()
        };
        Sample {
            speakers: (0..speakers).map(|_| one(random)).collect(),
        }
    }

    /// The sums of each speaker over the first `draws` draws.
    fn clusters(&self, draws: usize) -> Vec<Cluster> {
        self.speakers
            .iter()
            .map(|utterances| {
                let sums = utterances.iter().map(|(clean, extra)| {
                    let perturbed: Vec<u64> =
                        extra[..draws].iter().map(|extra| clean + extra).collect();
                    Cluster::from_draws(WORDS, *clean, &perturbed)
                });
                sums.sum()
            })
            .collect()
    }
}

fn judge(clusters: &[Cluster], replicates: usize, seed: u64) -> Gate {
    gate(
        clusters,
        Margin::Relative(MARGIN),
        ALPHA,
        &Resampling { replicates, seed },
    )
}

/// The share of repetitions in which each of `COLUMNS` things holds.
fn shares<const COLUMNS: usize>(
    speakers: usize,
    degradation: f64,
    holds: impl Fn(&Sample, u64) -> [f64; COLUMNS] + Sync,
) -> [f64; COLUMNS] {
    let sums = (0..REPETITIONS)
        .into_par_iter()
        .map(|repetition| {
            let mut random = Random(Stream::new(speakers as u64, repetition));
            let sample = Sample::new(speakers, degradation, &mut random);
            holds(&sample, repetition)
        })
        .reduce(
            || [0.0; COLUMNS],
            |mut sums, values| {
                for (sum, value) in sums.iter_mut().zip(values) {
                    *sum += value;
                }
                sums
            },
        );
    sums.map(|sum| sum / REPETITIONS as f64)
}

fn holds(condition: bool) -> f64 {
    f64::from(u8::from(condition))
}

/// The p-value that each look must reach, found by bisection.
fn levels(corrected: impl Fn(usize, f64) -> f64) -> [f64; DRAWS] {
    std::array::from_fn(|look| {
        let (mut low, mut high) = (0.0, ALPHA);
        for _ in 0..40 {
            let middle = 0.5 * (low + high);
            if corrected(look + 1, middle) <= ALPHA {
                low = middle;
            } else {
                high = middle;
            }
        }
        low
    })
}

/// Draws made until a verdict, and whether it was a pass, for each rule's levels.
fn sequential<const RULES: usize>(
    sample: &Sample,
    seed: u64,
    rules: &[[f64; DRAWS]; RULES],
) -> [(usize, bool); RULES] {
    let mut ended = [None; RULES];
    for draws in 1..=DRAWS {
        let gate = judge(&sample.clusters(draws), 2_000, seed);
        for (ended, levels) in ended.iter_mut().zip(rules) {
            let level = levels[draws - 1];
            if ended.is_none() && (gate.p_pass() <= level || gate.p_fail() <= level) {
                *ended = Some((draws, gate.p_pass() <= level));
            }
        }
    }

    ended.map(|ended| ended.unwrap_or((DRAWS, false)))
}

/// Prints the table that the document of `stats::sequential` quotes.
#[expect(clippy::print_stdout, reason = "the table is the result")]
pub(super) fn print() {
    println!(
        "\nlooking after each of {DRAWS} draws: false PASS (true NPRR = margin), and mean draws \
            until a verdict"
    );
    println!(
        "  S | uncorrected planned=5 anytime | robust (2 %): planned anytime | fragile (30 %): \
            planned anytime"
    );

    let rules = [
        [ALPHA; DRAWS],
        levels(|draws, p| repeated_p_value(DRAWS, draws, p)),
        levels(anytime_p_value),
    ];

    for speakers in [20, 40] {
        let null = shares(speakers, MARGIN, |sample, seed| {
            sequential(sample, seed, &rules).map(|(_, passed)| holds(passed))
        });
        let draws = |degradation: f64| {
            shares(speakers, degradation, |sample, seed| {
                sequential(sample, seed, &rules).map(|(draws, _)| draws as f64)
            })
        };
        let (robust, fragile) = (draws(0.02), draws(0.3));
        println!(
            "{speakers:>3} | {:.3} {:.3} {:.3} | {:.2} {:.2} | {:.2} {:.2}",
            null[0], null[1], null[2], robust[1], robust[2], fragile[1], fragile[2]
        );
    }
}
