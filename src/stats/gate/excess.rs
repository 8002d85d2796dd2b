//! `Excess`: the claim that y is below some limit times x, over clusters, with its tests.

use crate::stats::bootstrap::Resampling;
use crate::stats::bootstrap_t::BootstrapT;
use crate::stats::distributions::{moments, t_cdf, t_ppf, t_sf};
use crate::stats::fieller::FiellerCurve;
use crate::stats::gate::levels::Levels;
use crate::stats::gate::outcome::Gate;
use crate::stats::proportions::zero_events_upper;
use crate::stats::{Flag, SMALLEST_P_VALUE, worst_twice};

/// Relative to the largest term of an excess, a spread below this is rounding.
const ROUNDING: f64 = 1e-12;

/// The claim that y is below `limit` times x, over clusters: ready to be tested, and bounded at any
/// level.
#[derive(Clone, Debug)]
pub struct Excess {
    pairs: Vec<[i64; 2]>,
    limit: f64,
    bootstrap: BootstrapT,
    /// Where y is 0 in every cluster: the most that y / x plausibly is in one that changes.
    harm: Option<f64>,
}

impl Excess {
    /// `pairs[g]` are y and x of cluster g, whose squares must sum to less than 2^63.
    pub fn new(pairs: Vec<[i64; 2]>, limit: f64, resampling: &Resampling) -> Excess {
        Excess {
            bootstrap: BootstrapT::new(&pairs, resampling),
            pairs,
            limit,
            harm: None,
        }
    }

    /// Where y is 0 in every cluster, the zero-change bound (see the module) is taken instead of
    /// tests, `harm` being the most that y / x plausibly is in a cluster that changes.
    #[must_use]
    pub fn with_harm(mut self, harm: f64) -> Excess {
        let changed = self.pairs.iter().any(|pair| pair[0] != 0);
        let countable = harm > 0.0 && self.pairs.iter().any(|pair| pair[1] != 0);
        self.harm = (!changed && countable).then_some(harm);
        self
    }

    /// How many clusters without a change would pass at `alpha`; `None` where some changed, or none
    /// would do.
    pub fn unchanged_needed(&self, alpha: f64) -> Option<u64> {
        let spared = (1.0 - self.limit / self.harm?).max(0.0);
        let needed = (alpha.ln() / spared.ln()).ceil();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a positive whole number below a million"
        )]
        (1.0..1e6).contains(&needed).then_some(needed as u64)
    }

    /// By how much each cluster exceeds what the limit allows.
    pub fn values(&self) -> Vec<f64> {
        self.pairs
            .iter()
            .map(|&[y, x]| y as f64 - self.limit * x as f64)
            .collect()
    }

    /// The tests at the limit; the smallest margins stay unknown.
    ///
    /// Without variance (all excesses equal) all p-values are the exact sign-flip ones,
    /// 2^-clusters; with fewer than two clusters they are 1.
    pub fn test(&self) -> Gate {
        let excesses = self.values();
        let spread = moments(&excesses);
        let count = excesses.len() as f64;

        let mut gate = Gate {
            clusters: excesses.len(),
            differing: excesses.iter().filter(|excess| **excess != 0.0).count(),
            mean_excess: spread.mean,
            t: 0.0,
            df: excesses.len().saturating_sub(1),
            p_pass_t: 1.0,
            p_pass_bootstrap: 1.0,
            p_pass_worst_twice: 1.0,
            p_fail: 1.0,
            p_fail_bootstrap: 1.0,
            smallest_margin_t: None,
            smallest_margin: None,
            replicates_used: 0,
            replicates_dropped: 0,
            flags: Vec::new(),
        };
        if excesses.len() < 2 {
            gate.flags.push(Flag::NoVariance);
            return gate;
        }

        if let Some(harm) = self.harm {
            nothing_changed(&mut gate, self.limit, harm);
            return gate;
        }

        // Excesses are differences: how much of them is rounding, their two terms tell.
        let scale = self
            .pairs
            .iter()
            .map(|&[y, x]| (y as f64).abs() + (self.limit * x as f64).abs())
            .fold(0.0, f64::max);

        if spread.standard_deviation <= ROUNDING * scale {
            without_variance(&mut gate, ROUNDING * scale);
            return gate;
        }

        let df = count - 1.0;
        gate.t = spread.mean / (spread.standard_deviation / count.sqrt());
        gate.p_pass_t = t_cdf(gate.t, df).max(SMALLEST_P_VALUE);
        gate.p_fail = t_sf(gate.t, df).max(SMALLEST_P_VALUE);
        gate.p_pass_worst_twice = worst_twice::p_below(&self.pairs, self.limit);
        if let Some(test) = self.bootstrap.test(self.limit) {
            gate.p_pass_bootstrap = test.p_below;
            gate.p_fail_bootstrap = test.p_above;
            gate.replicates_used = test.used;
            gate.replicates_dropped = test.dropped;
        }

        gate
    }

    /// The smallest limit that would pass all tests at their levels: what is shown about y / x.
    /// `None` if none would.
    pub fn upper_bound(&self, levels: Levels) -> Option<f64> {
        if let Some(harm) = self.harm {
            return Some(harm * zero_events_upper(self.pairs.len() as u64, levels.smallest()));
        }
        let by_t = self.fieller(levels.t)?.upper()?;
        let by_bootstrap = self.bootstrap.upper_bound(levels.bootstrap)?;
        let worst_twice = worst_twice::upper_bound(&self.pairs, levels.worst_twice)?;
        // A pass takes all three tests: what is shown is what the most doubtful of them shows.
        Some(by_t.max(by_bootstrap).max(worst_twice))
    }

    /// The largest limit that would fail the t test at `level`. `None` if the data bound nothing.
    pub fn lower_bound(&self, level: f64) -> Option<f64> {
        self.fieller(level)?.lower()
    }

    /// Fieller's set with a tail of `level` on each side; `None` without two clusters.
    pub(super) fn fieller(&self, level: f64) -> Option<FiellerCurve> {
        if self.pairs.len() < 2 || level <= 0.0 {
            return None;
        }
        let side = |index: usize| -> Vec<f64> {
            self.pairs.iter().map(|pair| pair[index] as f64).collect()
        };
        let quantile = t_ppf(1.0 - level, self.pairs.len() as f64 - 1.0);
        Some(FiellerCurve::new(&side(0), &side(1), quantile))
    }
}

/// Fills in the p-values where no cluster changed, `harm` being the most that is plausible in one
/// that does.
pub(super) fn nothing_changed(gate: &mut Gate, margin: f64, harm: f64) {
    gate.flags.push(Flag::NothingChanged);
    let spared = (1.0 - margin / harm).clamp(0.0, 1.0);
    let p = spared.powf(gate.clusters as f64).max(SMALLEST_P_VALUE);
    gate.p_pass_t = p;
    gate.p_pass_bootstrap = p;
    gate.p_pass_worst_twice = p;
}

/// Fills in the p-values where all excesses are equal.
fn without_variance(gate: &mut Gate, rounding: f64) {
    if gate.mean_excess.abs() <= rounding {
        gate.mean_excess = 0.0;
        gate.flags.push(Flag::Identical);
        return;
    }

    gate.flags.push(Flag::DegenerateVariance);
    let exact = 0.5_f64.powf(gate.clusters as f64).max(SMALLEST_P_VALUE);
    gate.t = f64::INFINITY.copysign(gate.mean_excess);
    if gate.mean_excess < 0.0 {
        gate.p_pass_t = exact;
        gate.p_pass_bootstrap = exact;
        gate.p_pass_worst_twice = exact;
    } else {
        gate.p_fail = exact;
        gate.p_fail_bootstrap = exact;
    }
}
