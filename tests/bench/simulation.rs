//! How often the gate is wrong: simulated speakers whose true degradation is exactly at the margin.
//!
//! `cargo bench --bench bench -- simulation` prints the tables that the documents of `stats::gate` and
//! `stats::sequential` quote; a minute of one core.
//!
//! The population: each speaker says 20 utterances of 10 words; clean errors are binomial, with a log-normal
//! rate of mean 0.1 per speaker. In each of 5 draws an utterance gains two errors with a probability that
//! differs by speaker: not at all (`equal`), exponentially (`strong`: a tenth of the speakers has a third of the
//! damage), or like a squared normal (`heavy`: a tenth of the speakers has half of it). Its mean is the margin, 10 % of the clean errors.

use mondegreen::stats::bootstrap::Resampling;
use mondegreen::stats::clusters::Cluster;
use mondegreen::stats::distributions::normal_ppf;
use mondegreen::stats::equivalence::one_sample_t;
use mondegreen::stats::gate::{Gate, Margin, gate};
use mondegreen::stats::random::Stream;
use mondegreen::stats::ratio::nprr;
use mondegreen::stats::sequential::{anytime_p_value, repeated_p_value};
use rayon::prelude::*;

const UTTERANCES: usize = 20;
const WORDS: u64 = 10;
const DRAWS: usize = 5;
const MARGIN: f64 = 0.10;
const CLEAN_RATE: f64 = 0.1;
const ALPHA: f64 = 0.05;
const REPETITIONS: u64 = 1_000;
/// Intervals are cheap, so that their coverage can be told to a third of a point.
const COVERAGE_REPETITIONS: u64 = 10_000;

/// How speakers differ in what perturbation does to them.
#[derive(Clone, Copy)]
enum Speakers {
    Equal,
    Strong,
    Heavy,
}

impl Speakers {
    fn name(self) -> &'static str {
        match self {
            Speakers::Equal => "equal",
            Speakers::Strong => "strong",
            Speakers::Heavy => "heavy",
        }
    }

    /// A speaker's share of the mean damage; 1 on average.
    fn damage(self, random: &mut Random) -> f64 {
        match self {
            Speakers::Equal => 1.0,
            Speakers::Strong => -random.uniform().ln(),
            Speakers::Heavy => random.normal().powi(2),
        }
    }
}

/// Uniform, normal and binomial numbers.
struct Random(Stream);

impl Random {
    fn uniform(&mut self) -> f64 {
        ((self.0.next_bits() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        normal_ppf(self.uniform())
    }

    fn binomial(&mut self, count: u64, rate: f64) -> u64 {
        (0..count).filter(|_| self.uniform() < rate).count() as u64
    }
}

/// One simulated test set: clean errors and damage, by speaker, utterance and draw.
struct Sample {
    speakers: Vec<Vec<(u64, [u64; DRAWS])>>,
}

impl Sample {
    /// `degradation` is the true NPRR.
    fn new(kind: Speakers, speakers: usize, degradation: f64, random: &mut Random) -> Sample {
        let one = |random: &mut Random| {
            let rate = (CLEAN_RATE * (0.5 * random.normal() - 0.125).exp()).min(0.9);
            let damage = degradation * CLEAN_RATE * kind.damage(random) * WORDS as f64 / 2.0;
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

    /// The p-value of passing if every row were independent.
    fn naive_p(&self) -> f64 {
        let rows: Vec<f64> = self
            .speakers
            .iter()
            .flatten()
            .flat_map(|(clean, extra)| extra.map(|extra| extra as f64 - MARGIN * *clean as f64))
            .collect();
        one_sample_t(&rows).p_less
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
    repetitions: u64,
    kind: Speakers,
    speakers: usize,
    degradation: f64,
    holds: impl Fn(&Sample, u64) -> [f64; COLUMNS] + Sync,
) -> [f64; COLUMNS] {
    let sums = (0..repetitions)
        .into_par_iter()
        .map(|repetition| {
            let mut random = Random(Stream::new(speakers as u64, repetition));
            let sample = Sample::new(kind, speakers, degradation, &mut random);
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
    sums.map(|sum| sum / repetitions as f64)
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
            if ended.is_none() && (gate.p_pass() <= level || gate.p_fail <= level) {
                *ended = Some((draws, gate.p_pass() <= level));
            }
        }
    }

    ended.map(|ended| ended.unwrap_or((DRAWS, false)))
}

/// Prints both tables.
#[expect(clippy::print_stdout, reason = "the tables are the result")]
pub(crate) fn print() {
    println!(
        "false PASS at nominal 5 %, true NPRR = margin = 10 %, {REPETITIONS} repetitions, {COVERAGE_REPETITIONS} for coverage"
    );
    println!(
        "speakers        |   S | rows    t  t+boot  gate | coverage of 90 %: rows  speakers | power at NPRR 0"
    );
    for kind in [Speakers::Equal, Speakers::Strong, Speakers::Heavy] {
        for speakers in [6, 12, 20, 40] {
            let columns = shares(REPETITIONS, kind, speakers, MARGIN, |sample, seed| {
                let clusters = sample.clusters(DRAWS);
                let gate = judge(&clusters, 1_000, seed);
                [
                    holds(sample.naive_p() <= ALPHA),
                    holds(gate.p_pass_t <= ALPHA),
                    holds(gate.p_pass_t.max(gate.p_pass_bootstrap) <= ALPHA),
                    holds(gate.p_pass() <= ALPHA),
                ]
            });
            let coverage = shares(COVERAGE_REPETITIONS, kind, speakers, MARGIN, |sample, _| {
                let rows: Vec<Cluster> = sample
                    .speakers
                    .iter()
                    .flatten()
                    .flat_map(|(clean, extra)| {
                        extra.map(|extra| Cluster::from_draws(WORDS, *clean, &[clean + extra]))
                    })
                    .collect();
                let covers = |clusters: &[Cluster]| {
                    let interval = nprr(clusters, 0.9).fieller.bounded();
                    holds(interval.is_none_or(|interval| interval.contains(MARGIN)))
                };
                [covers(&rows), covers(&sample.clusters(DRAWS))]
            });
            let power = shares(REPETITIONS, kind, speakers, 0.02, |sample, seed| {
                [holds(
                    judge(&sample.clusters(DRAWS), 1_000, seed).p_pass() <= ALPHA,
                )]
            });
            let [rows, t, both, gate] = columns;
            let [rows_cover, cover] = coverage;
            println!(
                "{:<15} | {speakers:>3} | {rows:.3} {t:.3}  {both:.3} {gate:.3} | {rows_cover:.3} {cover:.3} | {:.3}",
                kind.name(),
                power[0]
            );
        }
    }

    println!(
        "\nlooking after each of {DRAWS} draws: false PASS (true NPRR = margin), and mean draws until a verdict"
    );
    println!(
        "speakers        |   S | uncorrected planned=5 anytime | robust (2 %): planned anytime | fragile (30 %): planned anytime"
    );

    let rules = [
        [ALPHA; DRAWS],
        levels(|draws, p| repeated_p_value(DRAWS, draws, p)),
        levels(anytime_p_value),
    ];

    for kind in [Speakers::Strong] {
        for speakers in [20, 40] {
            let null = shares(REPETITIONS, kind, speakers, MARGIN, |sample, seed| {
                sequential(sample, seed, &rules).map(|(_, passed)| holds(passed))
            });
            let draws = |degradation: f64| {
                shares(REPETITIONS, kind, speakers, degradation, |sample, seed| {
                    sequential(sample, seed, &rules).map(|(draws, _)| draws as f64)
                })
            };
            let (robust, fragile) = (draws(0.02), draws(0.3));
            println!(
                "{:<15} | {speakers:>3} | {:.3} {:.3} {:.3} | {:.2} {:.2} | {:.2} {:.2}",
                kind.name(),
                null[0],
                null[1],
                null[2],
                robust[1],
                robust[2],
                fragile[1],
                fragile[2]
            );
        }
    }
}
