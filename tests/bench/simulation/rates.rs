//! How often a gate decides, and how often an interval holds the truth, on many samples of one
//! population.

use mondegreen::check::judge::sums::ErrorSums;
use mondegreen::check::judge::verdict::Limit;
use mondegreen::stats::bootstrap::Resampling;
use mondegreen::stats::fieller::ratio_of_sums;
use mondegreen::stats::gate::Gate as Tested;
use mondegreen::stats::random::{Stream, named_seed};
use mondegreen::suite::gates::{FLIP_MARGIN, Keep};
use rayon::prelude::*;

use super::population::{CLEAN_SPREAD, HARMFUL, Population, Random, Speakers, Tail, WORDS};

/// The level of every gate, and the tail of every interval.
pub(crate) const ALPHA: f64 = 0.05;

/// The clean word error rate of all populations.
pub(crate) const CLEAN: f64 = 0.1;

/// Bootstrap replicates; a check takes 10,000, with which the rates are the same within their
/// error.
pub(crate) const REPLICATES: usize = 2_000;

/// The gates of the built-in suites.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Gate {
    Flip,
    Gain,
}

impl Gate {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Gate::Flip => "flip",
            Gate::Gain => "gain",
        }
    }

    fn limit(self) -> Limit {
        match self {
            Gate::Flip => Limit::Relative(FLIP_MARGIN),
            Gate::Gain => Limit::Gain(Keep::default()),
        }
    }

    /// Errors per utterance and draw that changes of mind may add.
    fn allowed(self) -> f64 {
        match self {
            Gate::Flip => FLIP_MARGIN * CLEAN * WORDS as f64,
            Gate::Gain => 0.0,
        }
    }
}

/// One setting of the simulation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cell {
    pub(crate) gate: Gate,
    pub(crate) speakers: Speakers,
    pub(crate) tail: Tail,
    pub(crate) count: usize,
    /// How much better than its margin the truth is: points of word error rate.
    pub(crate) room: f64,
}

/// Shares of samples, 0 to 1.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rates {
    /// The t test alone would pass.
    pub(crate) passed_t: f64,
    /// The gate passes.
    pub(crate) passed: f64,
    /// The t test alone would fail.
    pub(crate) failed_t: f64,
    /// The gate fails.
    pub(crate) failed: f64,
    /// The 90 % interval of what is measured holds the truth.
    pub(crate) covered: f64,
}

impl Cell {
    /// Over so many samples, the same on any number of threads: sums of whole numbers.
    pub(crate) fn rates(&self, repetitions: u64) -> Rates {
        let cost = self.gate.allowed() - self.room * WORDS as f64 / 100.0;
        let population = Population {
            clean_spread: CLEAN_SPREAD,
            harmful: HARMFUL,
            speakers: self.speakers,
            tail: self.tail,
            clean: CLEAN,
            cost,
        };

        let seed = named_seed(self.count as u64, &format!("{self:?}"));
        let hits: [u64; 5] = (0..repetitions)
            .into_par_iter()
            .map(|repetition| {
                let mut random = Random(Stream::new(seed, repetition));
                let sums = population.sample(self.count, &mut random);
                let test = |replicates| {
                    let resampling = Resampling {
                        replicates,
                        seed: repetition,
                    };
                    self.gate.limit().excess(&sums, &resampling).test()
                };

                // What the t tests hold back, no bootstrap lets through.
                let quick = test(1);
                let passes = quick.p_pass_t.max(quick.p_pass_worst_twice) <= ALPHA;
                let gate = if passes || quick.p_fail_t <= ALPHA {
                    test(REPLICATES)
                } else {
                    quick
                };
                let covered = match self.gate {
                    Gate::Flip => covers(
                        &sums,
                        |sums| [sums.flip(), sums.clean],
                        cost / (CLEAN * WORDS as f64),
                    ),
                    Gate::Gain => covers(
                        &sums,
                        |sums| [sums.gain_perturbed(), sums.words],
                        -cost / WORDS as f64,
                    ),
                };
                decisions(&gate, covered).map(u64::from)
            })
            .reduce(
                || [0; 5],
                |a, b| std::array::from_fn(|index| a[index] + b[index]),
            );

        let [passed_t, passed, failed_t, failed, covered] =
            hits.map(|hits| hits as f64 / repetitions as f64);
        Rates {
            passed_t,
            passed,
            failed_t,
            failed,
            covered,
        }
    }
}

fn decisions(gate: &Tested, covered: bool) -> [bool; 5] {
    [
        gate.p_pass_t <= ALPHA,
        gate.p_pass() <= ALPHA,
        gate.p_fail_t <= ALPHA,
        gate.p_fail() <= ALPHA,
        covered,
    ]
}

/// Whether the interval that reports print holds `truth`; an unbounded one does.
fn covers(sums: &[ErrorSums], pair: impl Fn(&ErrorSums) -> [i64; 2], truth: f64) -> bool {
    let side =
        |index: usize| -> Vec<f64> { sums.iter().map(|sums| pair(sums)[index] as f64).collect() };
    let interval = ratio_of_sums(&side(0), &side(1), 1.0 - 2.0 * ALPHA)
        .fieller
        .bounded();
    interval.is_none_or(|interval| interval.contains(truth))
}
