//! Tests by betting: anytime-valid without any asymptotics, for values with a known bound.
//!
//! Rescoring picks from a list, so the errors of an utterance lie between the list's best and worst hypothesis, known before anything is
//! scored. Not here: where the bound comes from.

use statrs::function::gamma::ln_gamma;

/// The share of the largest safe bet that is ever made.
const CAUTION: f64 = 0.5;

/// A gambler against "the mean is at least zero" (mirror the values to test the other side).
///
/// Values must have been bounded by `bound` in advance, and come in an order fixed in advance. Source: Waudby-Smith and Ramdas,
/// "Estimating means of bounded random variables by betting" (2024), with an adaptive bet.
#[derive(Clone, Debug, PartialEq)]
pub struct BettingProcess {
    bound: f64,
    count: f64,
    sum: f64,
    squares: f64,
    wealth: f64,
    largest_wealth: f64,
}

impl BettingProcess {
    /// A gambler with wealth 1, for values of at most `bound` > 0 in size.
    pub fn new(bound: f64) -> BettingProcess {
        BettingProcess {
            bound,
            count: 0.0,
            sum: 0.0,
            squares: 0.25 * bound * bound,
            wealth: 1.0,
            largest_wealth: 1.0,
        }
    }

    /// The bet on the next value, per unit; 0 while the values so far were not negative.
    pub fn bet(&self) -> f64 {
        let next = self.count + 1.0;
        let mean = self.sum / next;
        let variance = self.squares / next;
        (mean.max(0.0) / (variance + mean * mean)).min(CAUTION / self.bound)
    }

    /// Takes the next value. Values beyond the bound are cut to it.
    pub fn push(&mut self, value: f64) {
        let gain = -value.clamp(-self.bound, self.bound);
        self.wealth *= 1.0 + self.bet() * gain;
        self.largest_wealth = self.largest_wealth.max(self.wealth);
        self.count += 1.0;
        self.sum += gain;
        self.squares += (gain - self.sum / (self.count + 1.0)).powi(2);
    }

    /// The wealth: large if the values are mostly negative. An e-value.
    pub fn wealth(&self) -> f64 {
        self.wealth
    }

    /// The anytime-valid p-value: one over the largest wealth so far, at most 1.
    pub fn p_value(&self) -> f64 {
        1.0 / self.largest_wealth
    }

    /// Whether the hypothesis is rejected at level `alpha`: the wealth has reached 1 / alpha.
    pub fn rejects(&self, alpha: f64) -> bool {
        self.largest_wealth >= 1.0 / alpha
    }
}

/// The e-value of `events` in `trials` against an event rate of `rate`, by a uniform mixture over all rates.
///
/// B(s + 1, n - s + 1) / (p^s (1 - p)^(n - s)); the rates with an e-value below 1 / alpha are a confidence sequence.
pub fn bernoulli_mixture(events: u64, trials: u64, rate: f64) -> f64 {
    let successes = events as f64;
    let failures = trials.saturating_sub(events) as f64;
    let ln_beta =
        ln_gamma(successes + 1.0) + ln_gamma(failures + 1.0) - ln_gamma(successes + failures + 2.0);
    let term = |count: f64, ln_probability: f64| {
        if count == 0.0 {
            0.0
        } else {
            count * ln_probability
        }
    };

    (ln_beta - term(successes, rate.ln()) - term(failures, (-rate).ln_1p())).exp()
}

#[cfg(test)]
mod tests {
    use crate::stats::betting::{BettingProcess, bernoulli_mixture};
    use crate::stats::random::Stream;

    #[test]
    fn clear_cases_are_decided_and_unclear_ones_are_not() {
        let mut clear = BettingProcess::new(1.0);
        let mut unclear = BettingProcess::new(1.0);
        for i in 0..60 {
            clear.push(-0.6);
            unclear.push(if i % 2 == 0 { 0.6 } else { -0.6 });
        }
        assert!(clear.rejects(0.05) && clear.p_value() < 1e-4);
        assert!(!unclear.rejects(0.05));
    }

    #[test]
    fn looking_all_the_time_keeps_the_level() {
        let rejected = (0..2_000).filter(|&replicate| {
            let mut stream = Stream::new(3, replicate);
            let mut process = BettingProcess::new(1.0);
            (0..300).any(|_| {
                process.push(if stream.next_bits() & 1 == 0 {
                    0.5
                } else {
                    -0.5
                });
                process.rejects(0.05)
            })
        });

        let share = rejected.count() as f64 / 2_000.0;
        assert!(share <= 0.05, "{share}");
    }

    #[test]
    fn impossible_rates_have_infinite_evidence() {
        assert!(bernoulli_mixture(1, 10, 0.0).is_infinite());
        assert!(bernoulli_mixture(0, 10, 0.0) < 1.0);
    }
}
