//! The studentized cluster bootstrap of a linear excess v = numerator - margin x denominator.
//!
//! A replicate keeps five whole-number sums, from which the t statistic at *any* margin follows; so
//! the smallest margin that would pass is found without resampling again. Not here: the t test it
//! is a second opinion on (`gate`).

use rayon::prelude::*;

use crate::stats::bootstrap::Resampling;
use crate::stats::random::Stream;

/// Relative to the mean square, a variance below this is rounding.
const ROUNDING: f64 = 1e-12;

/// Sums of two counts over clusters, their squares and products.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sums {
    y: i64,
    x: i64,
    yy: i64,
    yx: i64,
    xx: i64,
}

impl Sums {
    #[inline]
    fn add(&mut self, y: i64, x: i64) {
        self.y += y;
        self.x += x;
        self.yy += y * y;
        self.yx += y * x;
        self.xx += x * x;
    }

    /// Mean and standard error of v = y - margin x over `count` clusters.
    fn excess(&self, margin: f64, count: f64) -> Excess {
        let sum = self.y as f64 - margin * self.x as f64;
        let squares =
            self.yy as f64 - 2.0 * margin * self.yx as f64 + margin * margin * self.xx as f64;
        let variance = (squares - sum * sum / count) / (count - 1.0);
        let scale = (self.yy as f64 + margin * margin * self.xx as f64) / count;
        let variance = if variance > ROUNDING * scale {
            variance
        } else {
            0.0
        };

        Excess {
            mean: sum / count,
            standard_error: (variance / count).sqrt(),
        }
    }
}

/// Mean and standard error of the excess.
struct Excess {
    mean: f64,
    standard_error: f64,
}

/// The replicates of one pair of counts, ready for any margin.
#[derive(Clone, Debug)]
pub(crate) struct BootstrapT {
    clusters: usize,
    observed: Sums,
    replicates: Vec<Sums>,
}

/// A one-sided bootstrap-t test at one margin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct BootstrapTTest {
    /// P(T* <= t): small if the excess is clearly negative.
    pub(crate) p_below: f64,
    /// P(T* >= t): small if the excess is clearly positive.
    pub(crate) p_above: f64,
    /// How many replicates had a variance.
    pub(crate) used: usize,
    /// How many had none, and were dropped.
    pub(crate) dropped: usize,
}

impl BootstrapT {
    /// Resamples the clusters, `pairs[g]` being the numerator and the denominator of cluster g.
    ///
    /// Counts may be negative, but their squares must sum to less than 2^63.
    pub(crate) fn new(pairs: &[[i64; 2]], resampling: &Resampling) -> BootstrapT {
        // What the clusters are called, and so how they are numbered, has no say in what is drawn.
        let mut pairs = pairs.to_vec();
        pairs.sort_unstable();
        let mut observed = Sums::default();
        for &[y, x] in &pairs {
            observed.add(y, x);
        }

        let replicates = (0..resampling.replicates)
            .into_par_iter()
            .with_min_len(16)
            .map(|replicate| {
                let mut sums = Sums::default();
                Stream::new(resampling.seed, replicate as u64).resample(pairs.len(), |index| {
                    let [y, x] = pairs[index];
                    sums.add(y, x);
                });
                sums
            })
            .collect();

        BootstrapT {
            clusters: pairs.len(),
            observed,
            replicates,
        }
    }

    /// The test of the excess at `margin` against zero; `None` if the data have no variance there.
    pub(crate) fn test(&self, margin: f64) -> Option<BootstrapTTest> {
        if self.clusters < 2 {
            return None;
        }

        let count = self.clusters as f64;
        let observed = self.observed.excess(margin, count);
        if observed.standard_error == 0.0 {
            return None;
        }

        let t = observed.mean / observed.standard_error;

        let mut below = 0_usize;
        let mut above = 0_usize;
        let mut used = 0_usize;
        for sums in &self.replicates {
            let excess = sums.excess(margin, count);
            if excess.standard_error > 0.0 {
                let replicate = (excess.mean - observed.mean) / excess.standard_error;
                used += 1;
                below += usize::from(replicate <= t);
                above += usize::from(replicate >= t);
            }
        }

        // The data count as a replicate: no probability is 0.
        let share = |hits: usize| (hits as f64 + 1.0) / (used as f64 + 1.0);
        Some(BootstrapTTest {
            p_below: share(below),
            p_above: share(above),
            used,
            dropped: self.replicates.len() - used,
        })
    }

    /// The smallest margin at which the excess is clearly negative at level `alpha`; `None` if no
    /// margin is large enough.
    ///
    /// Found by bisection above the estimate, where the p-value falls with the margin but for its
    /// steps of one replicate.
    pub(crate) fn upper_bound(&self, alpha: f64) -> Option<f64> {
        if self.observed.x <= 0 {
            return None;
        }
        let estimate = self.observed.y as f64 / self.observed.x as f64;
        smallest_passing(estimate, |margin| {
            self.test(margin).is_none_or(|test| test.p_below > alpha)
        })
    }

    /// The largest margin at which the excess is clearly positive at level `alpha`; `None` if no
    /// margin is small enough.
    pub(crate) fn lower_bound(&self, alpha: f64) -> Option<f64> {
        if self.observed.x <= 0 {
            return None;
        }
        let estimate = self.observed.y as f64 / self.observed.x as f64;
        let negated = smallest_passing(-estimate, |negated| {
            self.test(-negated).is_none_or(|test| test.p_above > alpha)
        });
        negated.map(|negated| -negated)
    }
}

/// The smallest value above `estimate` that does not fail, by doubling steps and bisection; `None`
/// if none is found.
pub(crate) fn smallest_passing(estimate: f64, fails: impl Fn(f64) -> bool) -> Option<f64> {
    let mut step = 1e-3 * (1.0 + estimate.abs());
    // Doubled forty times it is a trillion times as long: a margin out there means nothing.
    for _ in 0..40 {
        if !fails(estimate + step) {
            return Some(estimate + smallest_step(step, |step| fails(estimate + step)));
        }
        step *= 2.0;
    }
    None
}

/// The smallest step up to `passing` that does not fail, to a billionth of `passing`: the bootstrap
/// has no more digits to give.
fn smallest_step(passing: f64, fails: impl Fn(f64) -> bool) -> f64 {
    let mut low = 0.0;
    let mut high = passing;
    for _ in 0..30 {
        let middle = 0.5 * (low + high);
        if fails(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }

    high
}

#[cfg(test)]
mod tests {
    use crate::stats::bootstrap::Resampling;
    use crate::stats::bootstrap_t::BootstrapT;

    const RESAMPLING: Resampling = Resampling {
        replicates: 4_000,
        seed: 9,
    };

    fn pairs(count: i64) -> Vec<[i64; 2]> {
        (0..count)
            .map(|g| [20 + (g * 7) % 11, 20 + (g * 5) % 9])
            .collect()
    }

    #[test]
    fn the_bound_is_where_the_p_value_crosses_the_level() {
        let bootstrap = BootstrapT::new(&pairs(40), &RESAMPLING);
        let bound = bootstrap
            .upper_bound(0.05)
            .expect("the denominator is clear of zero");
        let at = |margin| bootstrap.test(margin).expect("the clusters differ").p_below;
        assert!(
            at(bound + 1e-6) <= 0.05 && at(bound - 1e-4) > 0.05,
            "{} {}",
            at(bound + 1e-6),
            at(bound - 1e-4)
        );
    }

    #[test]
    fn the_order_of_the_clusters_has_no_say() {
        let mut pairs = pairs(40);
        let in_order = BootstrapT::new(&pairs, &RESAMPLING).test(1.1);
        pairs.reverse();
        pairs.swap(3, 17);
        let otherwise = BootstrapT::new(&pairs, &RESAMPLING).test(1.1);
        assert!(in_order.is_some() && in_order == otherwise);
    }

    #[test]
    fn many_clusters_agree_with_the_t_test() {
        let pairs = pairs(400);
        let bootstrap = BootstrapT::new(&pairs, &RESAMPLING);
        let y: Vec<f64> = pairs.iter().map(|pair| pair[0] as f64).collect();
        let x: Vec<f64> = pairs.iter().map(|pair| pair[1] as f64).collect();
        let interval = crate::stats::fieller::ratio_of_sums(&y, &x, 0.9)
            .fieller
            .bounded()
            .expect("bounded");
        let bound = bootstrap.upper_bound(0.05).expect("bounded");

        assert!(
            (bound - interval.high).abs() < 3e-3,
            "{bound} {}",
            interval.high
        );
    }

    #[test]
    fn clusters_without_variance_have_no_test() {
        assert!(
            BootstrapT::new(&[[3, 2]; 10], &RESAMPLING)
                .test(1.2)
                .is_none()
        );
        assert!(BootstrapT::new(&[[3, 2]], &RESAMPLING).test(1.2).is_none());
    }
}
