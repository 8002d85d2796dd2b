//! `PlannedMargin`: one margin of a planned gate, tested on drawn clusters.

use crate::stats::distributions::{normal_pdf, t_cdf, t_sf};
use crate::stats::gate::{Excess, FewChanged, weight};
use crate::stats::proportions::events_upper;

/// Levels at which the bounds for few changes are tabled, from 1 down.
const LEVELS: usize = 41;

/// The smallest of them.
const SMALLEST: f64 = 1e-6;

/// Halvings by which a level is looked for: to a hundredth of a step, less than the bounds at whole
/// steps are good for.
const HALVINGS: usize = 12;

/// More events than this among few changes let nothing pass.
const MOST_EVENTS: u64 = 40;

/// A cluster beside a margin.
#[derive(Clone, Copy)]
struct PlannedCluster {
    /// By how much it exceeds what is allowed.
    excess: f64,
    /// By how much it changed.
    change: f64,
    /// What both are relative to.
    relative_to: f64,
}

/// One margin of a planned gate.
pub(crate) struct PlannedMargin {
    clusters: Vec<PlannedCluster>,
    /// The same where no cluster is repaired.
    without_repairs: Option<Vec<PlannedCluster>>,
    /// What is allowed, and the most that is plausible in a cluster that changes, where few changes
    /// are bounded.
    bounded: Option<[f64; 2]>,
}

impl PlannedMargin {
    /// The margin of a claim.
    pub(crate) fn of(excess: &Excess) -> PlannedMargin {
        PlannedMargin {
            clusters: planned(excess),
            without_repairs: excess.without_repairs().map(planned),
            bounded: excess.bounded(),
        }
    }

    /// A margin of which only the excesses are known.
    pub(crate) fn of_excesses(excesses: Vec<f64>) -> PlannedMargin {
        let cluster = |excess| PlannedCluster {
            excess,
            change: excess,
            relative_to: 0.0,
        };
        PlannedMargin {
            clusters: excesses.into_iter().map(cluster).collect(),
            without_repairs: None,
            bounded: None,
        }
    }

    /// Whether few changes are bounded.
    pub(super) fn bounds_few(&self) -> bool {
        self.bounded.is_some()
    }

    /// How many clusters were measured.
    pub(super) fn observed(&self) -> usize {
        self.clusters.len()
    }

    /// Tested on `drawn` clusters, with the bounds of so many.
    pub(super) fn test(&self, drawn: &[usize], table: &EventBounds) -> PValues {
        let mut p = self.test_of(&self.clusters, drawn, table);
        if let Some(spared) = &self.without_repairs {
            let spared = self.test_of(spared, drawn, table);
            p.t = p.t.min(spared.t);
            p.bootstrap = p.bootstrap.min(spared.bootstrap);
            p.worst_twice = p.worst_twice.min(spared.worst_twice);
        }

        p
    }

    fn test_of(
        &self,
        clusters: &[PlannedCluster],
        drawn: &[usize],
        table: &EventBounds,
    ) -> PValues {
        let drawn: Vec<PlannedCluster> = drawn.iter().map(|&index| clusters[index]).collect();
        let means = Means::of(&drawn, 0.0);
        let mut p = PValues {
            t: means.t(),
            bootstrap: means.bootstrap(),
            worst_twice: means.worst_twice(),
            fail: means.fail(),
        };
        let Some([allowed, harm]) = self.bounded else {
            return p;
        };
        let changed = drawn.iter().filter(|cluster| cluster.change != 0.0);
        if weight(changed.count(), drawn.len()) <= 0.0 {
            return p;
        }

        let changes = drawn.iter();
        let changes = changes.map(|cluster| [cluster.change, cluster.relative_to]);
        let Some(few) = FewChanged::of(&changes.collect::<Vec<_>>(), harm) else {
            return p;
        };
        let bound = |step: f64| few.bound_by(|events| table.bound(events, step));
        if few.weight() >= 1.0 {
            let of_few = smallest_level(|step| bound(step) > allowed);
            p.t = p.t.max(of_few);
            p.worst_twice = p.worst_twice.max(of_few);
            p.bootstrap = of_few;
            return p;
        }

        let moved = |of: fn(&Means) -> f64| {
            smallest_level(|step| {
                let left = (allowed - few.weight() * bound(step)) / (1.0 - few.weight());
                of(&Means::of(&drawn, allowed - left)) > level(step)
            })
        };
        p.t = p.t.max(moved(Means::t));
        p.bootstrap = p.bootstrap.max(moved(Means::bootstrap));
        p.worst_twice = p.worst_twice.max(moved(Means::worst_twice));

        p
    }
}

fn planned(excess: &Excess) -> Vec<PlannedCluster> {
    let changes = excess.changes();
    let clusters = excess.values().into_iter().zip(changes);
    let cluster = |(excess, [change, relative_to]): (f64, [f64; 2])| PlannedCluster {
        excess,
        change,
        relative_to,
    };
    clusters.map(cluster).collect()
}

/// The largest rates that numbers of events in so many clusters leave possible, at some levels.
pub(super) struct EventBounds {
    /// By number of events, then by level.
    bounds: Vec<Vec<f64>>,
}

impl EventBounds {
    /// Of so many clusters; empty where no margin asks.
    pub(super) fn new(clusters: usize, asked: bool) -> EventBounds {
        let of = |events: u64| -> Vec<f64> {
            let levels = (0..LEVELS).map(|step| level(step as f64));
            levels
                .map(|level| events_upper(events, clusters as u64, level))
                .collect()
        };
        let bounds = if asked {
            (0..=MOST_EVENTS).map(of).collect()
        } else {
            Vec::new()
        };

        EventBounds { bounds }
    }

    /// At so many steps below a level of 1, along a straight line between its neighbours.
    fn bound(&self, events: u64, step: f64) -> f64 {
        let events = usize::try_from(events).ok();
        let Some(bounds) = events.and_then(|events| self.bounds.get(events)) else {
            return 1.0;
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and the number of levels"
        )]
        let above = (step as usize).min(LEVELS - 2);
        bounds[above] + (bounds[above + 1] - bounds[above]) * (step - above as f64)
    }
}

/// The level at so many steps below 1, which need not be whole.
fn level(step: f64) -> f64 {
    SMALLEST.powf(step / (LEVELS - 1) as f64)
}

/// The smallest level that is not exceeded; what exceeds one exceeds every smaller one.
fn smallest_level(exceeds: impl Fn(f64) -> bool) -> f64 {
    let (mut holds, mut fails) = (0.0, (LEVELS - 1) as f64);
    if exceeds(holds) {
        return 1.0;
    }
    if !exceeds(fails) {
        return SMALLEST;
    }
    for _ in 0..HALVINGS {
        let middle = 0.5 * (holds + fails);
        if exceeds(middle) {
            fails = middle;
        } else {
            holds = middle;
        }
    }

    level(holds)
}

/// The p-values of a margin or a gate.
pub(super) struct PValues {
    pub(super) t: f64,
    pub(super) bootstrap: f64,
    pub(super) worst_twice: f64,
    pub(super) fail: f64,
}

/// What tests of the mean excess ask for.
struct Means {
    excesses: Vec<f64>,
    count: f64,
    sum: f64,
    squares: f64,
    worst: f64,
}

impl Means {
    /// Of `drawn` clusters, where `more` of what they are relative to is added to all excesses.
    fn of(drawn: &[PlannedCluster], more: f64) -> Means {
        let excess = |cluster: &PlannedCluster| cluster.excess + more * cluster.relative_to;
        let excesses: Vec<f64> = drawn.iter().map(excess).collect();
        Means {
            count: excesses.len() as f64,
            sum: excesses.iter().sum(),
            squares: excesses.iter().map(|excess| excess * excess).sum(),
            worst: excesses.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            excesses,
        }
    }

    fn mean(&self) -> f64 {
        self.sum / self.count
    }

    /// The standard deviation; `None` where all excesses are equal, as in the gate: signs are all
    /// there is to test then.
    fn deviation(&self) -> Option<f64> {
        let variance = (self.squares - self.sum * self.mean()) / (self.count - 1.0);
        (variance > 1e-12 * self.squares / self.count).then(|| variance.sqrt())
    }

    /// By signs, where all excesses are equal.
    fn by_signs(&self, holds: bool) -> f64 {
        if holds { 0.5_f64.powf(self.count) } else { 1.0 }
    }

    fn ratio(&self, deviation: f64) -> f64 {
        self.mean() / (deviation / self.count.sqrt())
    }

    /// The term of the expansion of bootstrap-t beside the t-distribution.
    fn expansion(&self, deviation: f64) -> f64 {
        let mean = self.mean();
        let cubes = |excess: &f64| ((excess - mean) / deviation).powi(3);
        let skewness = self.excesses.iter().map(cubes).sum::<f64>() / self.count;
        let t = self.ratio(deviation);
        skewness * (2.0 * t * t + 1.0) / (6.0 * self.count.sqrt()) * normal_pdf(t)
    }

    fn t(&self) -> f64 {
        match self.deviation() {
            Some(deviation) => t_cdf(self.ratio(deviation), self.count - 1.0),
            None => self.by_signs(self.mean() < 0.0),
        }
    }

    fn bootstrap(&self) -> f64 {
        match self.deviation() {
            Some(deviation) => (self.t() + self.expansion(deviation)).clamp(0.0, 1.0),
            None => self.by_signs(self.mean() < 0.0),
        }
    }

    /// With the worst cluster counted twice.
    fn worst_twice(&self) -> f64 {
        if self.deviation().is_none() {
            return self.by_signs(self.mean() < 0.0);
        }
        let count = self.count + 1.0;
        let sum = self.sum + self.worst;
        let squares = self.squares + self.worst * self.worst;
        let variance = (squares - sum * sum / count) / (count - 1.0);
        t_cdf(sum / count / (variance / count).sqrt(), count - 1.0)
    }

    /// That the mean is above 0.
    fn fail(&self) -> f64 {
        match self.deviation() {
            Some(deviation) => {
                let above = t_sf(self.ratio(deviation), self.count - 1.0);
                above.max((above - self.expansion(deviation)).clamp(0.0, 1.0))
            }
            None => self.by_signs(self.mean() > 0.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::bootstrap::Resampling;

    /// Of 60 and more clusters that have a quarter more errors in up to six, each drawn once, the
    /// p-values are those of the gate, but for the expansion in the place of the bootstrap.
    #[test]
    fn few_changes_are_bounded_as_in_the_gate() {
        let resampling = Resampling {
            replicates: 20,
            seed: 1,
        };
        for clusters in [60_usize, 100] {
            for harmed in 0..7 {
                let change = |g: usize| match g {
                    g if g < harmed => 10,
                    59 => -30,
                    _ => 0,
                };
                let pairs = (0..clusters).map(|g| [change(g), 40]);
                let excess = Excess::new(pairs.collect(), 0.05, &resampling).with_harm(1.0);
                let drawn: Vec<usize> = (0..clusters).collect();
                let planned = PlannedMargin::of(&excess);
                let found = planned.test(&drawn, &EventBounds::new(clusters, true));
                let gate = excess.test();
                for (found, exact) in [
                    (found.t, gate.p_pass_t),
                    (found.worst_twice, gate.p_pass_worst_twice),
                ] {
                    let ratio = found / exact;
                    assert!((0.95..1.05).contains(&ratio), "{harmed}: {found} {exact}");
                }
            }
        }
    }
}
