//! `FewChanged`: what clusters that hardly ever changed leave possible in those not sampled.

use crate::stats::distributions::bisect;
use crate::stats::proportions::events_upper;
use crate::stats::{ENOUGH_CHANGED, FEWEST_CHANGED, SMALLEST_P_VALUE};

/// Smaller p-values of a moved bound are not looked for.
const SMALLEST_LEVEL: f64 = 1e-12;

/// Halvings of the logarithm of a level: to a part in a hundred million.
const LEVEL_HALVINGS: usize = 32;

/// Larger numbers of clusters are not looked for.
const MOST_CLUSTERS: u64 = 1_000_000;

/// Fewer than [`ENOUGH_CHANGED`] clusters changed, or half of them: Stringer's bound on the ratio
/// of all changes to all that they are relative to (see the module).
#[derive(Clone, Debug)]
pub(crate) struct FewChanged {
    clusters: u64,
    /// The share that the bound has beside that of a test of means.
    weight: f64,
    /// The most that the ratio plausibly is in one cluster.
    harm: f64,
    /// How many times harmed clusters have all of that: one with more of it counts as several.
    whole: u64,
    /// What is left of their harm, as shares of it below 1, largest first.
    shares: Vec<f64>,
}

impl FewChanged {
    /// `changes[g]` are the change of cluster g and what it is relative to. `None` where enough
    /// changed for tests of means, or nothing can be told of a ratio.
    pub(crate) fn of(changes: &[[f64; 2]], harm: f64) -> Option<FewChanged> {
        let changed = changes.iter().filter(|change| change[0] != 0.0).count();
        let relative_to: f64 = changes.iter().map(|change| change[1]).sum();
        let weight = weight(changed, changes.len());
        if weight <= 0.0 || relative_to <= 0.0 || harm <= 0.0 {
            return None;
        }

        let clusters = changes.len() as u64;
        // A cluster of the mean size that has all the harm that is plausible.
        let full = harm * relative_to / clusters as f64;
        let harmed = changes.iter().filter(|change| change[0] > 0.0);
        let shares: Vec<f64> = harmed.map(|change| change[0] / full).collect();
        let whole: f64 = shares.iter().map(|share| share.floor()).sum();
        let mut shares: Vec<f64> = shares.iter().map(|share| share.fract()).collect();
        shares.sort_by(|one, other| other.total_cmp(one));

        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a whole number from 0 to that of clusters"
        )]
        let whole = whole.min(clusters as f64) as u64;
        Some(FewChanged {
            clusters,
            weight,
            harm,
            whole,
            shares,
        })
    }

    /// The share that the bound has beside that of a test of means, above 0: 1 where no test of
    /// means alone tells anything.
    pub(crate) fn weight(&self) -> f64 {
        self.weight
    }

    /// Small if the ratio is clearly below `limit` by a test of means whose bound is moved towards
    /// this one: the smallest level at which the moved bound is. `of_means` is that test's p-value
    /// at a limit.
    pub(super) fn p_below_beside(&self, limit: f64, of_means: impl Fn(f64) -> f64) -> f64 {
        // The test's own bound may be this much for the moved one to be at the limit.
        let left = |level: f64| (limit - self.weight * self.upper_bound(level)) / self.others();
        Self::smallest_level(|level| of_means(left(level)) > level)
    }

    /// The bound `of_means` of a test of means, moved towards this one at `level`; never below
    /// its own.
    pub(super) fn bound_beside(&self, of_means: f64, level: f64) -> f64 {
        let moved = self.weight * self.upper_bound(level) + self.others() * of_means;
        moved.max(of_means)
    }

    fn others(&self) -> f64 {
        1.0 - self.weight
    }

    /// The level down to which `exceeds` is false; it must be true below that, and false at 1.
    fn smallest_level(exceeds: impl Fn(f64) -> bool) -> f64 {
        let mut low = SMALLEST_LEVEL.ln();
        if !exceeds(SMALLEST_LEVEL) {
            return SMALLEST_LEVEL;
        }

        let mut high = 0.0;
        for _ in 0..LEVEL_HALVINGS {
            let middle = 0.5 * (low + high);
            if exceeds(f64::exp(middle)) {
                low = middle;
            } else {
                high = middle;
            }
        }

        f64::exp(high)
    }

    /// Small if the ratio is clearly below `limit`: the smallest level at which the bound is.
    pub(super) fn p_below(&self, limit: f64) -> f64 {
        if self.whole == 0 && self.shares.is_empty() {
            let spared = (1.0 - limit / self.harm).clamp(0.0, 1.0);
            return spared.powf(self.clusters as f64).max(SMALLEST_P_VALUE);
        }

        let exceeds = |exponent: f64| self.upper_bound(exponent.exp()) > limit;
        if exceeds(0.0) {
            return 1.0;
        }
        let smallest = SMALLEST_P_VALUE.ln();
        if !exceeds(smallest) {
            return SMALLEST_P_VALUE;
        }
        bisect(smallest, 0.0, exceeds).exp()
    }

    /// The largest ratio that is possible at `level`.
    ///
    /// A cluster that has a share of the plausible harm moves the bound by that share of what a
    /// whole one would.
    pub(super) fn upper_bound(&self, level: f64) -> f64 {
        self.bound_of(self.clusters, level)
    }

    /// Of how many clusters with no more harm than these have the bound would be at most `limit`;
    /// `None` if not even of a million.
    pub(super) fn clusters_needed(&self, limit: f64, level: f64) -> Option<u64> {
        let passes = |clusters| self.bound_of(clusters, level) <= limit;
        if !passes(MOST_CLUSTERS) {
            return None;
        }

        let (mut low, mut high) = (0, MOST_CLUSTERS);
        while high - low > 1 {
            let middle = u64::midpoint(low, high);
            if passes(middle) {
                high = middle;
            } else {
                low = middle;
            }
        }

        Some(high)
    }

    /// Stringer's bound of so many clusters with no more harm than these have.
    fn bound_of(&self, clusters: u64, level: f64) -> f64 {
        self.bound_by(|events| events_upper(events, clusters, level))
    }

    /// The same, where the largest rate that a number of events leaves possible is known.
    pub(crate) fn bound_by(&self, rate_of: impl Fn(u64) -> f64) -> f64 {
        let mut before = rate_of(self.whole);
        let mut rate = before;
        for (more, share) in (1..).zip(&self.shares) {
            let next = rate_of(self.whole + more);
            rate += (next - before) * share;
            before = next;
        }

        self.harm * rate
    }
}

/// The share that the bound for few changes has where so many of all clusters changed: all below
/// [`FEWEST_CHANGED`], none from [`ENOUGH_CHANGED`] on or where half of them did, and in equal
/// steps between.
pub(crate) fn weight(changed: usize, clusters: usize) -> f64 {
    let none = (0.5 * clusters as f64).clamp(FEWEST_CHANGED as f64, ENOUGH_CHANGED as f64);
    let all = FEWEST_CHANGED as f64 - 1.0;
    ((none - changed as f64) / (none - all)).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many clusters of 40 errors, of which the first have these more.
    fn few(clusters: usize, more: &[f64]) -> Option<FewChanged> {
        let more = more.iter().copied().chain(std::iter::repeat(0.0));
        let changes: Vec<[f64; 2]> = more.take(clusters).map(|more| [more, 40.0]).collect();
        FewChanged::of(&changes, 1.0)
    }

    fn p(clusters: usize, more: &[f64], limit: f64) -> f64 {
        let few = few(clusters, more).expect("few enough");
        few.p_below(limit)
    }

    /// With whole shares it is Clopper and Pearson's: scipy.stats.binom.cdf(k, 40, 0.05).
    #[test]
    fn clusters_with_all_the_harm_count_as_events() {
        for (changed, expected) in [
            (0, 0.128_512_156_565_103_3),
            (1, 0.399_064_065_123_215),
            (2, 0.676_735_760_748_647_3),
        ] {
            let found = p(40, &vec![40.0; changed], 0.05);
            assert!((found - expected).abs() < 1e-9, "{changed}: {found}");
        }
        // Twice that in one cluster is as much as two such clusters.
        assert!((p(40, &[80.0], 0.05) - p(40, &[40.0, 40.0], 0.05)).abs() < 1e-12);
    }

    #[test]
    fn more_harm_is_never_less_doubtful() {
        for clusters in [12, 40, 60, 100] {
            for limit in [0.02, 0.05, 0.1] {
                for harm in [1.0, 10.0, 40.0, 90.0] {
                    let mut before = 0.0;
                    for changed in 0..FEWEST_CHANGED {
                        let now = p(clusters, &vec![harm; changed], limit);
                        assert!(now > before - 1e-9, "{clusters} {limit} {harm} {changed}");
                        before = now;
                    }
                }
            }
        }
        // Repairs take nothing off.
        assert!((p(40, &[-9.0, -9.0], 0.05) - p(40, &[], 0.05)).abs() < 1e-15);
    }

    /// From 4 to 13 changed clusters of 40 in nine steps; of 12 from 4 to 6.
    #[test]
    fn it_gives_way_in_equal_steps() {
        for (changed, clusters, expected) in [
            (0, 40, 1.0),
            (4, 40, 1.0),
            (7, 40, 2.0 / 3.0),
            (10, 400, 1.0 / 3.0),
            (13, 40, 0.0),
            (4, 12, 1.0),
            (5, 12, 0.5),
            (6, 12, 0.0),
            (5, 6, 0.0),
        ] {
            let found = weight(changed, clusters);
            assert!((found - expected).abs() < 1e-12, "{changed} {clusters}");
        }
    }

    #[test]
    fn the_bound_is_where_the_p_value_crosses_the_level() {
        let few = few(60, &[10.0, 3.0]).expect("few enough");
        let bound = few.upper_bound(0.05);
        assert!(few.p_below(bound + 1e-6) <= 0.05 && few.p_below(bound - 1e-6) > 0.05);

        let needed = few.clusters_needed(0.05, 0.05).expect("a number of them");
        let p_of = |clusters| p(usize::try_from(clusters).unwrap(), &[10.0, 3.0], 0.05);
        assert!(p_of(needed) <= 0.05 && p_of(needed - 1) > 0.05, "{needed}");
        assert!(few.clusters_needed(0.0, 0.05).is_none());
    }

    #[test]
    fn enough_changes_or_nothing_to_be_relative_to_are_not_for_it() {
        assert!(few(40, &[1.0; ENOUGH_CHANGED]).is_none());
        assert!(few(40, &[1.0; ENOUGH_CHANGED - 1]).is_some());
        assert!(few(20, &[1.0; 10]).is_none() && few(20, &[1.0; 9]).is_some());
        assert!(FewChanged::of(&[[1.0, 0.0], [0.0, 0.0]], 1.0).is_none());
        assert!(FewChanged::of(&[[1.0, 9.0], [0.0, 9.0]], 0.0).is_none());
    }
}
