//! Made-up speakers of whom the truth is known: what a rescorer does to each, and what a check
//! would count.

use mondegreen::check::judge::sums::ErrorSums;
use mondegreen::stats::distributions::normal_ppf;
use mondegreen::stats::random::Stream;

/// Words of each utterance.
pub(crate) const WORDS: u64 = 10;

const UTTERANCES: u64 = 20;
const DRAWS: u64 = 5;

/// Changes of mind for the worse per perturbed list, on average over speakers: about those of the
/// demo.
pub(crate) const HARMFUL: f64 = 0.08;

/// Errors that each change of mind adds or mends.
pub(crate) const ERRORS: f64 = 2.0;

/// How much clean error rates differ by speaker: the standard deviation of their logarithm.
pub(crate) const CLEAN_SPREAD: f64 = 0.5;

/// No speaker has more clean errors per word.
pub(crate) const MOST_ERRORS: f64 = 0.9;

/// How speakers differ in how often the rescorer changes its mind.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Speakers {
    None,
    Exponential,
    ChiSquare,
    LogNormal,
    OneInTen,
}

impl Speakers {
    pub(crate) const ALL: [Speakers; 5] = [
        Speakers::None,
        Speakers::Exponential,
        Speakers::ChiSquare,
        Speakers::LogNormal,
        Speakers::OneInTen,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Speakers::None => "none",
            Speakers::Exponential => "exponential",
            Speakers::ChiSquare => "chi-square",
            Speakers::LogNormal => "lognormal(1.5)",
            Speakers::OneInTen => "one in ten",
        }
    }

    /// A speaker's rate over the mean rate: 1 on average.
    fn factor(self, random: &mut Random) -> f64 {
        match self {
            Speakers::None => 1.0,
            Speakers::Exponential => random.exponential(),
            Speakers::ChiSquare => random.normal().powi(2),
            // exp(s z) has the mean exp(s^2 / 2).
            Speakers::LogNormal => (1.5 * random.normal() - 1.125).exp(),
            Speakers::OneInTen => 10.0 * f64::from(u8::from(random.uniform() < 0.1)),
        }
    }
}

/// Which changes of mind differ by speaker.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Tail {
    /// Those for the worse: a few speakers are harmed much more than the others.
    Harm,
    /// Those for the better: a few speakers are helped much more than the others.
    Help,
}

/// A population of speakers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Population {
    pub(crate) speakers: Speakers,
    pub(crate) tail: Tail,
    /// The true clean word error rate.
    pub(crate) clean: f64,
    /// How much clean error rates differ by speaker: the standard deviation of their logarithm.
    pub(crate) clean_spread: f64,
    /// Changes of mind for the worse per perturbed list, on average over speakers.
    pub(crate) harmful: f64,
    /// Errors that changes of mind truly add per utterance and draw; negative where they mend more.
    pub(crate) cost: f64,
}

impl Population {
    pub(crate) fn sample(&self, speakers: usize, random: &mut Random) -> Vec<ErrorSums> {
        (0..speakers).map(|_| self.speaker(random)).collect()
    }

    fn speaker(&self, random: &mut Random) -> ErrorSums {
        let spread = self.clean_spread;
        let rate = self.clean * (spread * random.normal() - 0.5 * spread.powi(2)).exp();
        let lists = (UTTERANCES * DRAWS) as f64;
        let factor = self.speakers.factor(random);
        let (harmful, helpful) = (self.harmful, self.harmful - self.cost / ERRORS);
        let (harmful, helpful) = match self.tail {
            Tail::Harm => (harmful * factor, helpful),
            Tail::Help => (harmful, helpful * factor),
        };

        let words = UTTERANCES * WORDS;
        let clean = signed(DRAWS * random.binomial(words, rate.min(MOST_ERRORS)));
        let changes = random.poisson(lists * harmful) - random.poisson(lists * helpful);
        let cost = 2 * changes;

        // Without damage of the swaps themselves, and a first pass as good as the rescorer: no gate
        // asks for more.
        ErrorSums {
            words: signed(DRAWS * words),
            clean,
            kept: clean,
            text: clean + cost,
            first_clean: clean,
            first_text: clean,
            oracle_clean: 0,
            oracle_text: 0,
        }
    }
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).expect("far below 2^63")
}

/// Numbers of the usual distributions.
pub(crate) struct Random(pub(crate) Stream);

impl Random {
    pub(crate) fn uniform(&mut self) -> f64 {
        ((self.0.next_bits() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    pub(crate) fn normal(&mut self) -> f64 {
        normal_ppf(self.uniform())
    }

    pub(crate) fn exponential(&mut self) -> f64 {
        -self.uniform().ln()
    }

    pub(crate) fn binomial(&mut self, count: u64, rate: f64) -> u64 {
        (0..count).filter(|_| self.uniform() < rate).count() as u64
    }

    /// How many events, one per unit of time, come before `mean`.
    fn poisson(&mut self, mean: f64) -> i64 {
        let (mut time, mut events) = (self.exponential(), 0);
        while time < mean {
            time += self.exponential();
            events += 1;
        }

        events
    }
}
