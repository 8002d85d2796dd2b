//! Simulated strategies of a few seeds each, and how often tests tell them apart.
//!
//! A speaker says 40 utterances of 10 words. In four of ten a checkpoint has one error more or one
//! fewer than the others; how often which, is a matter of its seed (a standard deviation of 0.7
//! points of word error rate), of its strategy, and where strategies are *uneven*, of the speaker.

use mondegreen::stats::crossed::compare_strategies;
use mondegreen::stats::distributions::{moments, normal_ppf, t_two_sided};
use mondegreen::stats::random::{Stream, named_seed};
use mondegreen::stats::signflip::sign_flip;
use rayon::prelude::*;

const UTTERANCES: usize = 40;
const WORDS: f64 = 10.0;
/// Of utterances, those in which a checkpoint differs.
const DIFFERENT: f64 = 0.4;
/// Standard deviation over seeds, in word error rate.
const BY_SEED: f64 = 0.007;
/// Standard deviation over speakers of what uneven strategies are apart.
const BY_SPEAKER: f64 = 0.02;
const ALPHA: f64 = 0.05;

/// Two strategies, and what they are tested on.
#[derive(Clone, Copy)]
pub(crate) struct Population {
    /// Seeds of either; one alone is a checkpoint that is what its strategy is on average.
    pub(crate) seeds: [usize; 2],
    /// Speakers that both are tested on.
    pub(crate) speakers: usize,
    /// Whether what they are apart differs by speaker.
    pub(crate) uneven: bool,
    /// What they are apart on average, in word error rate.
    pub(crate) apart: f64,
}

/// Shares of pairs with a p-value of at most 0.05.
#[derive(Clone, Copy, Default)]
pub(crate) struct Rates {
    /// Sign flips over speakers of errors pooled over seeds.
    pub(crate) speakers: f64,
    /// Welch's t test on the word error rates of seeds.
    pub(crate) welch: f64,
    /// What a comparison does.
    pub(crate) crossed: f64,
}

/// The rates over `pairs` simulated pairs of strategies.
pub(crate) fn rates(population: Population, pairs: u64) -> Rates {
    let found = (0..pairs).into_par_iter().map(|pair| {
        let [one, other] = population.sample(pair);
        let words = vec![UTTERANCES as f64 * WORDS; population.speakers];
        [
            pooled(&one, &other),
            welch(&one, &other),
            compare_strategies(&one, &other, &words, 0.95, 1).p,
        ]
        .map(|p| u64::from(p <= ALPHA))
    });

    let add = |a: [u64; 3], b: [u64; 3]| [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
    let [speakers, welch, crossed] = found
        .reduce(|| [0; 3], add)
        .map(|count| count as f64 / pairs as f64);

    Rates {
        speakers,
        welch,
        crossed,
    }
}

impl Population {
    /// Errors of both strategies, by seed and speaker; those that all checkpoints share are left
    /// out.
    fn sample(self, pair: u64) -> [Vec<Vec<i64>>; 2] {
        let name = format!(
            "{:?} {} {} {}",
            self.seeds, self.speakers, self.uneven, self.apart
        );
        let mut random = Random(Stream::new(named_seed(1, &name), pair));
        let by_speaker: Vec<f64> = (0..self.speakers)
            .map(|_| {
                let uneven = f64::from(u8::from(self.uneven));
                uneven * BY_SPEAKER * random.normal()
            })
            .collect();

        let mut strategy = |seeds: usize, side: f64| -> Vec<Vec<i64>> {
            let mut checkpoint = || {
                let own = if seeds > 1 {
                    BY_SEED * random.normal()
                } else {
                    0.0
                };
                let apart = |speaker: &f64| own + side * (speaker + self.apart);
                let mut sum = |effect: f64| -> i64 {
                    (0..UTTERANCES).map(|_| random.difference(effect)).sum()
                };
                by_speaker.iter().map(apart).map(&mut sum).collect()
            };
            (0..seeds).map(|_| checkpoint()).collect()
        };

        [strategy(self.seeds[0], 0.5), strategy(self.seeds[1], -0.5)]
    }
}

struct Random(Stream);

impl Random {
    fn uniform(&mut self) -> f64 {
        ((self.0.next_bits() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        normal_ppf(self.uniform())
    }

    /// Errors more than the others in one utterance, with a mean of `effect` a word.
    fn difference(&mut self, effect: f64) -> i64 {
        let tilt = (WORDS * effect).clamp(-DIFFERENT, DIFFERENT);
        let drawn = self.uniform();
        if drawn < 0.5 * (DIFFERENT + tilt) {
            1
        } else if drawn < DIFFERENT {
            -1
        } else {
            0
        }
    }
}

/// Seeds as if there were no others.
fn pooled(one: &[Vec<i64>], other: &[Vec<i64>]) -> f64 {
    let count = |seeds: &[Vec<i64>]| i64::try_from(seeds.len()).expect("few seeds");
    let sum =
        |seeds: &[Vec<i64>], speaker: usize| seeds.iter().map(|seed| seed[speaker]).sum::<i64>();
    let differences: Vec<i64> = (0..one[0].len())
        .map(|speaker| sum(one, speaker) * count(other) - sum(other, speaker) * count(one))
        .collect();
    sign_flip(&differences, 1).p_two_sided
}

/// Speakers as if there were no others.
fn welch(one: &[Vec<i64>], other: &[Vec<i64>]) -> f64 {
    let side = |seeds: &[Vec<i64>]| {
        let sums: Vec<f64> = seeds
            .iter()
            .map(|seed| seed.iter().sum::<i64>() as f64)
            .collect();
        let moments = moments(&sums);
        let variance = moments.standard_deviation.powi(2) / sums.len() as f64;
        let weighted = variance * variance / (sums.len() as f64 - 1.0).max(1.0);
        (moments.mean, variance, weighted)
    };

    let ((a, va, wa), (b, vb, wb)) = (side(one), side(other));
    let variance = va + vb;
    if variance == 0.0 {
        return 1.0;
    }

    t_two_sided((a - b) / variance.sqrt(), variance * variance / (wa + wb))
}
