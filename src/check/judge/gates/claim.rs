//! Claims: what the gates of a check say of its clusters, and test.

use crate::check::judge::levels::GATE_CONFIDENCE;
use crate::check::judge::sums::ErrorSums;
use crate::check::judge::verdict::{Limit, MarginTest};
use crate::stats::Flag;
use crate::stats::bootstrap::Resampling;
use crate::stats::fieller::{Ratio, ratio_of_sums};
use crate::stats::gate::{Excess, Gate, Levels};

/// One margin with its excess.
pub(super) struct Claim {
    pub(super) limit: Limit,
    pub(super) excess: Excess,
    pub(super) measured: Ratio,
}

/// The claim that `limit` is kept, by clusters with these sums, and what was measured.
pub(super) fn claim(limit: Limit, sums: &[ErrorSums], resampling: &Resampling) -> Claim {
    let (pairs, _) = limit.pairs(sums);
    let side = |index: usize, sign: f64| -> Vec<f64> {
        pairs.iter().map(|pair| sign * pair[index] as f64).collect()
    };
    let sign = match limit {
        Limit::Relative(_) | Limit::Absolute(_) => 1.0,
        Limit::Gain(_) => -1.0,
    };

    // Where references have no word, errors are no rates, and none is relative to another.
    let measured = if sums.iter().any(|sums| sums.words > 0) {
        ratio_of_sums(&side(0, sign), &side(1, 1.0), GATE_CONFIDENCE)
    } else {
        Ratio::unknown(f64::NAN, GATE_CONFIDENCE, Flag::UndefinedRatio)
    };

    Claim {
        limit,
        measured,
        excess: limit.excess(sums, resampling),
    }
}

/// The claim that the clean picks have fewer errors than the first pass's.
pub(super) fn clean_gain(sums: &[ErrorSums], resampling: &Resampling) -> Excess {
    let pair = |sums: &ErrorSums| [-sums.gain_clean(), sums.words];
    Excess::new(sums.iter().map(pair).collect(), 0.0, resampling)
}

impl Limit {
    /// Whether more than any gain at all is asked for.
    pub(super) fn is_share_of_gain(self) -> bool {
        matches!(self, Limit::Gain(keep) if keep.share() > 0.0)
    }

    /// The claim that this margin is kept, by clusters with these sums: what a gate tests.
    pub fn excess(self, sums: &[ErrorSums], resampling: &Resampling) -> Excess {
        let (pairs, margin) = self.pairs(sums);
        let excess = Excess::new(pairs, margin, resampling);
        let sums: ErrorSums = sums.iter().copied().sum();
        match self {
            // One cluster that changes is taken to make twice as many errors.
            Limit::Relative(_) => excess.with_harm(1.0),
            Limit::Absolute(_) if sums.clean == 0 => excess.with_harm(1.0),
            Limit::Absolute(_) => excess.with_harm(sums.clean as f64 / sums.words as f64),
            Limit::Gain(_) => excess,
        }
    }

    /// What is limited and what it is relative to, by cluster; and the limit.
    fn pairs(self, sums: &[ErrorSums]) -> (Vec<[i64; 2]>, f64) {
        match self {
            Limit::Relative(margin) => {
                let pair = |sums: &ErrorSums| [sums.flip(), sums.clean];
                (sums.iter().map(pair).collect(), margin)
            }
            Limit::Absolute(margin) => {
                let pair = |sums: &ErrorSums| [sums.flip(), sums.words];
                (sums.iter().map(pair).collect(), margin)
            }
            Limit::Gain(keep) => {
                // The gain must exceed the share: what is missing to it must be below 0. Times the
                // denominator of the share, so that all numbers are whole.
                let [kept, of] = keep.fraction();
                let pair = |sums: &ErrorSums| {
                    let missing = kept * sums.gain_clean() - of * sums.gain_perturbed();
                    [missing, of * sums.words]
                };
                (sums.iter().map(pair).collect(), 0.0)
            }
        }
    }
}

impl Claim {
    /// What the tests say of it at these levels.
    pub(super) fn bounded(&self, test: &Gate, levels: Levels, fail_level: f64) -> MarginTest {
        let upper = self.excess.upper_bound(levels);
        let (sign, limit) = match self.limit {
            Limit::Relative(margin) | Limit::Absolute(margin) => (1.0, margin),
            Limit::Gain(_) => (-1.0, 0.0),
        };
        // The tests, and not the last digits of a search, tell on which side of the limit it is.
        let fails = test.p_fail() <= fail_level;
        let lower = self.excess.lower_bound(fail_level).map(|bound| {
            if fails {
                bound.max(limit.next_up())
            } else {
                bound.min(limit)
            }
        });

        // Where clean errors cannot be told from none, nothing is shown relative to them: not even
        // what so many unchanged clusters would show otherwise.
        let is_relative = matches!(self.limit, Limit::Relative(_));
        let is_undefined = is_relative && self.measured.fieller.bounded().is_none();

        MarginTest {
            limit: self.limit,
            measured: self.measured.clone(),
            gate: test.clone(),
            at_best: upper.filter(|_| !is_undefined).map(|bound| sign * bound),
            at_worst: lower.map(|bound| sign * bound),
        }
    }
}
