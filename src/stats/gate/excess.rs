//! `Excess`: the claim that y is below some limit times x, over clusters, with its tests.

use crate::stats::bootstrap::Resampling;
use crate::stats::bootstrap_t::BootstrapT;
use crate::stats::distributions::{Moments, moments, t_cdf, t_ppf, t_sf};
use crate::stats::fieller::FiellerCurve;
use crate::stats::gate::few_changed::FewChanged;
use crate::stats::gate::levels::{Levels, Test};
use crate::stats::gate::outcome::Gate;
use crate::stats::{Flag, SMALLEST_P_VALUE, worst_twice};

/// Relative to the largest term of an excess, a spread below this is rounding.
const ROUNDING: f64 = 1e-12;

/// Larger numbers of clusters are not looked for where tests of means have a say.
const MOST_CLUSTERS: usize = 5_000;

/// The claim that y is below `limit` times x, over clusters: ready to be tested, and bounded at any
/// level.
#[derive(Clone, Debug)]
pub struct Excess {
    pairs: Vec<[i64; 2]>,
    limit: f64,
    resampling: Resampling,
    bootstrap: BootstrapT,
    /// Clusters that changed, and those of them that did for the worse, where harm is limited.
    changed: Option<[usize; 2]>,
    /// Where these are few.
    few_changed: Option<FewChanged>,
    /// What y / x is in a cluster that does not change.
    unchanged: f64,
    /// What the limit allows beyond that.
    allowed: f64,
    /// The most that y / x plausibly is beyond that in a cluster that changes.
    harm: Option<f64>,
    /// The same claim where no cluster has less than without a change: where it holds, this does.
    without_repairs: Option<Box<Excess>>,
}

impl Excess {
    /// `pairs[g]` are y and x of cluster g, whose squares must sum to less than 2^63.
    pub fn new(pairs: Vec<[i64; 2]>, limit: f64, resampling: &Resampling) -> Excess {
        Excess {
            bootstrap: BootstrapT::new(&pairs, resampling),
            resampling: *resampling,
            pairs,
            limit,
            changed: None,
            few_changed: None,
            unchanged: 0.0,
            allowed: limit,
            harm: None,
            without_repairs: None,
        }
    }

    /// Where y is 0 in all but a few clusters, passing takes the bound for so few changes too (see
    /// the module), `harm` being the most that y / x plausibly is in a cluster that changes. Where
    /// y is negative in some, each test may leave that out.
    #[must_use]
    pub fn with_harm(self, harm: f64) -> Excess {
        let limit = self.limit;
        self.with_harm_beyond(0.0, limit, Some(harm))
    }

    /// The same where y / x is `unchanged` in a cluster that does not change, and the limit is
    /// `allowed` more. Without a `harm` nothing can be told of clusters none of which changed.
    #[must_use]
    pub(super) fn with_harm_beyond(
        mut self,
        unchanged: f64,
        allowed: f64,
        harm: Option<f64>,
    ) -> Excess {
        self.unchanged = unchanged;
        self.allowed = allowed;
        self.harm = harm;
        let changes = self.changes();
        let count = |is: fn(f64) -> bool| changes.iter().filter(|change| is(change[0])).count();

        self.changed = Some([count(|change| change != 0.0), count(|change| change > 0.0)]);
        self.few_changed = harm.and_then(|harm| FewChanged::of(&changes, harm));
        self.without_repairs = changes.iter().any(|change| change[0] < 0.0).then(|| {
            let kept = self.pairs.iter().zip(&changes);
            let kept = kept.map(|(&[y, x], change)| match change[0] {
                // Without a change a cluster has all of x, or none of it.
                repaired if repaired < 0.0 => [if unchanged > 0.0 { x } else { 0 }, x],
                _ => [y, x],
            });
            let spared = Excess::new(kept.collect(), self.limit, &self.resampling);
            Box::new(spared.with_harm_beyond(unchanged, allowed, harm))
        });

        self
    }

    /// How many clusters with no more harm than these have would pass at `alpha`; `None` where
    /// enough changed for tests of means, or none would do.
    pub fn unchanged_needed(&self, alpha: f64) -> Option<u64> {
        let few = self.few_changed.as_ref();
        let as_is = few.and_then(|few| {
            if few.weight() < 1.0 {
                self.unchanged_needed_beside(alpha)
            } else {
                few.clusters_needed(self.allowed, alpha)
            }
        });
        let spared = self.without_repairs.as_ref();
        let spared = spared.and_then(|spared| spared.unchanged_needed(alpha));

        as_is.into_iter().chain(spared).min()
    }

    /// The same where tests of means have a say: clusters are added like those that did not change.
    fn unchanged_needed_beside(&self, alpha: f64) -> Option<u64> {
        let pairs = self.pairs.iter().zip(self.changes());
        let same = pairs.filter(|(_, [change, _])| *change == 0.0);
        let same: Vec<[i64; 2]> = same.map(|(pair, _)| *pair).collect();
        let passes = |clusters: usize| {
            let more = same.iter().cycle().take(clusters - self.pairs.len());
            let pairs = self.pairs.iter().chain(more).copied().collect();
            let excess = Excess::new(pairs, self.limit, &self.resampling);
            let excess = excess.with_harm_beyond(self.unchanged, self.allowed, self.harm);
            excess.test_as_is().p_pass() <= alpha
        };

        let (mut low, mut high) = (self.pairs.len(), self.pairs.len());
        while !passes(high) {
            if high >= MOST_CLUSTERS || same.is_empty() {
                return None;
            }
            low = high;
            high = (high + high.div_ceil(4)).min(MOST_CLUSTERS);
        }
        while high - low > 1 {
            let middle = low.midpoint(high);
            if passes(middle) {
                high = middle;
            } else {
                low = middle;
            }
        }

        Some(high as u64)
    }

    /// By how much each cluster changed, and what that is relative to.
    pub(crate) fn changes(&self) -> Vec<[f64; 2]> {
        let change = |&[y, x]: &[i64; 2]| [y as f64 - self.unchanged * x as f64, x as f64];
        self.pairs.iter().map(change).collect()
    }

    /// What is allowed, and the most that is plausible in a cluster that changes, where few changes
    /// are bounded.
    pub(crate) fn bounded(&self) -> Option<[f64; 2]> {
        let harm = self.changed.and(self.harm)?;
        Some([self.allowed, harm])
    }

    /// The same claim where no cluster is repaired; `None` where none is.
    pub(crate) fn without_repairs(&self) -> Option<&Excess> {
        self.without_repairs.as_deref()
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
        let mut gate = self.test_as_is();
        if let Some(spared) = &self.without_repairs {
            gate.pass_also_by(&spared.test_as_is());
        }

        gate
    }

    fn test_as_is(&self) -> Gate {
        let excesses = self.values();
        let spread = moments(&excesses);
        let [changed, harmed] = self.changed.unwrap_or([excesses.len(); 2]);

        let mut gate = Gate {
            clusters: excesses.len(),
            differing: excesses.iter().filter(|excess| **excess != 0.0).count(),
            changed,
            harmed,
            mean_excess: spread.mean,
            t: 0.0,
            df: excesses.len().saturating_sub(1),
            p_pass_t: 1.0,
            p_pass_bootstrap: 1.0,
            p_pass_worst_twice: 1.0,
            p_pass_of_means: 1.0,
            p_fail_t: 1.0,
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

        if self.is_unchanged() {
            gate.flags.push(Flag::NothingChanged);
            // No test of means is asked.
            let few = self.few_changed.as_ref();
            gate.set_p_pass(few.map_or(1.0, |few| few.p_below(self.allowed)));
            gate.p_pass_of_means = 0.0;
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
        } else {
            self.test_means(&mut gate, &spread);
        }
        self.doubt(&mut gate);

        gate
    }

    /// Fills in the p-values of the tests of means.
    fn test_means(&self, gate: &mut Gate, spread: &Moments) {
        let count = self.pairs.len() as f64;
        let df = count - 1.0;
        gate.t = spread.mean / (spread.standard_deviation / count.sqrt());
        gate.p_pass_t = t_cdf(gate.t, df).max(SMALLEST_P_VALUE);
        gate.p_fail_t = t_sf(gate.t, df).max(SMALLEST_P_VALUE);
        gate.p_pass_worst_twice = worst_twice::p_below(&self.pairs, self.limit);
        if let Some(test) = self.bootstrap.test(self.limit) {
            gate.p_pass_bootstrap = test.p_below;
            gate.p_fail_bootstrap = test.p_above;
            gate.replicates_used = test.used;
            gate.replicates_dropped = test.dropped;
        }
    }

    /// Makes no p-value of passing smaller than so few changes allow.
    ///
    /// Bootstrap-t is not asked where hardly any did: every third resample has none of one cluster
    /// that changed, every fiftieth none of four, and those have hardly any variance. So it would
    /// doubt one harmed cluster more than four.
    fn doubt(&self, gate: &mut Gate) {
        gate.p_pass_of_means = gate.p_pass();
        let Some(few) = &self.few_changed else {
            return;
        };

        if few.weight() < 1.0 {
            for test in Test::ALL {
                let moved = few.p_below_beside(self.allowed, |allowed| {
                    self.p_of_means(test, self.unchanged + allowed)
                });
                let own = gate.p_of(test);
                gate.set_p_of(test, own.max(moved));
            }
        } else {
            let p = few.p_below(self.allowed);
            gate.p_pass_of_means = gate.p_pass_t.max(gate.p_pass_worst_twice);
            gate.p_pass_t = gate.p_pass_t.max(p);
            gate.p_pass_worst_twice = gate.p_pass_worst_twice.max(p);
            gate.p_pass_bootstrap = p;
        }
        if gate.p_pass() > gate.p_pass_of_means {
            gate.flags.push(Flag::FewChanged);
        }
    }

    /// The p-value of passing that a test of means has at `limit`.
    fn p_of_means(&self, test: Test, limit: f64) -> f64 {
        match test {
            Test::T => {
                let excesses = self.pairs.iter();
                let excesses = excesses.map(|&[y, x]| y as f64 - limit * x as f64);
                let spread = moments(&excesses.collect::<Vec<f64>>());
                let count = self.pairs.len() as f64;
                let t = spread.mean / (spread.standard_deviation / count.sqrt());
                if t.is_nan() {
                    1.0
                } else {
                    t_cdf(t, count - 1.0)
                }
            }
            Test::Bootstrap => {
                let test = self.bootstrap.test(limit);
                test.map_or(1.0, |test| test.p_below)
            }
            Test::WorstTwice => worst_twice::p_below(&self.pairs, limit),
        }
    }

    /// Whether there are several clusters, and nothing is limited of which they have any.
    pub(super) fn is_unchanged(&self) -> bool {
        self.pairs.len() > 1 && matches!(self.changed, Some([0, _]))
    }

    /// The smallest limit that would pass all tests at their levels: what is shown about y / x.
    /// `None` if none would.
    pub fn upper_bound(&self, levels: Levels) -> Option<f64> {
        let allowed = self.smallest_allowed(levels)?;
        Some(allowed + self.unchanged)
    }

    /// What the smallest such limit allows beyond what a cluster has without a change.
    pub(super) fn smallest_allowed(&self, levels: Levels) -> Option<f64> {
        // A pass takes every test: what is shown is what the most doubtful of them shows.
        let bounds = Test::ALL.into_iter().map(|test| {
            let level = levels.of(test);
            let spared = self.without_repairs.as_ref();
            let spared = spared.and_then(|spared| spared.bound(test, level));
            let bounds = self.bound(test, level).into_iter().chain(spared);
            bounds.reduce(f64::min)
        });
        let bounds: Option<Vec<f64>> = bounds.collect();
        bounds?.into_iter().reduce(f64::max)
    }

    /// The smallest that would pass one test, with all that few changes make of it.
    fn bound(&self, test: Test, level: f64) -> Option<f64> {
        let few = self.few_changed.as_ref();
        if self.is_unchanged() {
            return few.map(|few| few.upper_bound(level));
        }

        let of_means = || Some(self.bound_of_means(test, level)? - self.unchanged);
        match few {
            None => of_means(),
            Some(few) if few.weight() < 1.0 => Some(few.bound_beside(of_means()?, level)),
            Some(few) if test == Test::Bootstrap => Some(few.upper_bound(level)),
            Some(few) => Some(few.upper_bound(level).max(of_means()?)),
        }
    }

    fn bound_of_means(&self, test: Test, level: f64) -> Option<f64> {
        if let Some(ratio) = self.equal_ratio() {
            return self.is_shown_by_signs(level).then_some(ratio);
        }
        match test {
            Test::T => self.fieller(level)?.upper(),
            Test::Bootstrap => self.bootstrap.upper_bound(level),
            Test::WorstTwice => worst_twice::upper_bound(&self.pairs, level),
        }
    }

    /// The largest limit that would fail both tests at `level`. `None` if the data bound nothing.
    pub fn lower_bound(&self, level: f64) -> Option<f64> {
        if let Some(ratio) = self.equal_ratio() {
            return self.is_shown_by_signs(level).then_some(ratio);
        }
        let by_t = self.fieller(level)?.lower()?;
        if self.is_unchanged() {
            return Some(by_t);
        }
        let by_bootstrap = self.bootstrap.lower_bound(level)?;
        Some(by_t.min(by_bootstrap))
    }

    /// Where all clusters are the same, so that there is no variance at any limit: y / x, which
    /// every larger limit exceeds in all of them.
    fn equal_ratio(&self) -> Option<f64> {
        let (&[y, x], others) = self.pairs.split_first()?;
        let is_equal = others.iter().all(|pair| *pair == [y, x]);
        (is_equal && x > 0 && y != 0).then(|| y as f64 / x as f64)
    }

    /// Whether so many clusters that are all on one side are enough for the exact sign-flip test.
    fn is_shown_by_signs(&self, level: f64) -> bool {
        self.pairs.len() > 1 && all_on_one_side(self.pairs.len()) <= level
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

/// The exact sign-flip p-value of so many excesses that are all equal.
fn all_on_one_side(clusters: usize) -> f64 {
    0.5_f64.powf(clusters as f64).max(SMALLEST_P_VALUE)
}

/// Fills in the p-values where all excesses are equal.
fn without_variance(gate: &mut Gate, rounding: f64) {
    if gate.mean_excess.abs() <= rounding {
        gate.mean_excess = 0.0;
        gate.flags.push(Flag::Identical);
        return;
    }

    gate.flags.push(Flag::DegenerateVariance);
    let exact = all_on_one_side(gate.clusters);
    gate.t = f64::INFINITY.copysign(gate.mean_excess);
    if gate.mean_excess < 0.0 {
        gate.set_p_pass(exact);
    } else {
        gate.p_fail_t = exact;
        gate.p_fail_bootstrap = exact;
    }
}
