//! How many clusters would bring a verdict, if what was measured is the truth: planning the next
//! run with what this one saw.
//!
//! Clusters are drawn with replacement from those of the run, and every gate of the family is
//! judged on each drawn set by all of its tests, with the same corrections as in a run. So the
//! number includes what the guard against unsampled clusters and the other gates cost. Bootstrap-t
//! is taken from its second-order expansion (Hall, "The Bootstrap and Edgeworth Expansion", 1992),
//! since a bootstrap in each of thousands of sets would take minutes. Never power after the fact
//! for the clusters at hand: that only restates the p-value.

mod margin;

use rayon::prelude::*;

use crate::stats::multiplicity::holm;
pub(crate) use crate::stats::prospect::margin::PlannedMargin;
use crate::stats::prospect::margin::{EventBounds, PValues};
use crate::stats::random::Stream;

/// The probability of the verdict that is aimed at.
pub(crate) const POWER: f64 = 0.8;

/// Drawn sets behind each probability: good for about a point.
const SETS: u64 = 1_000;

/// Larger numbers are not looked for: the truth is too near to the margin.
const MOST_CLUSTERS: usize = 10_000;

/// One gate of a family.
pub(crate) struct PlannedGate<'a> {
    /// One per margin; all of as many clusters.
    pub(crate) margins: Vec<PlannedMargin>,
    /// Gates with equal numbers are corrected together when they pass; all are when they fail.
    pub(crate) family: usize,
    /// The one-sided level.
    pub(crate) alpha: f64,
    /// Corrects a p-value for looks.
    pub(crate) corrected: &'a (dyn Fn(f64) -> f64 + Sync),
}

/// A correction of p-values, read off at a few: what corrects for looks integrates numerically, and
/// a forecast asks for a hundred thousand p-values.
pub(crate) struct TabledCorrection {
    /// Logarithms of corrected p-values; those of the uncorrected are evenly spaced up to 0.
    logarithms: Vec<f64>,
}

impl TabledCorrection {
    /// Uncorrected p-values below this are taken for it.
    const SMALLEST: f64 = 1e-8;

    /// Steps from there to 1.
    const STEPS: usize = 64;

    /// Reads `corrected` off.
    pub(crate) fn of(corrected: &dyn Fn(f64) -> f64) -> TabledCorrection {
        let at = |step: usize| {
            let share = 1.0 - step as f64 / Self::STEPS as f64;
            corrected(Self::SMALLEST.powf(share))
                .max(f64::MIN_POSITIVE)
                .ln()
        };

        TabledCorrection {
            logarithms: (0..=Self::STEPS).map(at).collect(),
        }
    }

    /// The corrected p-value, along a straight line between its neighbours' logarithms.
    pub(crate) fn corrected(&self, p: f64) -> f64 {
        let place = (1.0 - p.max(Self::SMALLEST).ln() / Self::SMALLEST.ln()) * Self::STEPS as f64;
        let place = place.clamp(0.0, Self::STEPS as f64);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and the number of steps"
        )]
        let below = (place as usize).min(Self::STEPS - 1);

        let (low, high) = (self.logarithms[below], self.logarithms[below + 1]);
        (low + (high - low) * (place - below as f64)).exp()
    }
}

/// The verdict that is hoped for or feared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Below every margin.
    Pass,
    /// Above some margin.
    Fail,
}

/// About how many clusters bring `outcome` for the gate at `index` with a probability of [`POWER`];
/// at least `from`.
///
/// `None` if not even ten thousand would. Within a fiftieth of the number.
///
/// # Panics
/// If there is no gate at `index`, or it has no cluster.
pub(crate) fn clusters_needed(
    gates: &[PlannedGate<'_>],
    index: usize,
    outcome: Outcome,
    from: usize,
    seed: u64,
) -> Option<u64> {
    let reached = |clusters: usize| probability(gates, index, outcome, clusters, seed) >= POWER;
    let mut low = from.max(2);
    if reached(low) {
        return Some(low as u64);
    }

    let mut high = low;
    while !reached(high) {
        if high >= MOST_CLUSTERS {
            return None;
        }
        low = high;
        high = (high + high.div_ceil(2)).min(MOST_CLUSTERS);
    }

    while high - low > 1 + high / 50 {
        let middle = low.midpoint(high);
        if reached(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }

    Some(high as u64)
}

/// The share of drawn sets of so many clusters in which the gate at `index` has `outcome`.
pub(crate) fn probability(
    gates: &[PlannedGate<'_>],
    index: usize,
    outcome: Outcome,
    clusters: usize,
    seed: u64,
) -> f64 {
    let asks = |gate: &PlannedGate<'_>| gate.margins.iter().any(PlannedMargin::bounds_few);
    let table = EventBounds::new(clusters, gates.iter().any(asks));
    let hits: usize = (0..SETS)
        .into_par_iter()
        .map(|set| {
            let mut stream = Stream::new(seed, set);
            let observed = gates[index].margins[0].observed() as u64;
            let drawn: Vec<usize> = (0..clusters)
                .map(|_| below(&mut stream, observed))
                .collect();
            usize::from(has(gates, index, outcome, (&drawn, &table)))
        })
        .sum();

    hits as f64 / SETS as f64
}

/// A number below `count`, by multiplication: biased by less than count / 2^32.
fn below(stream: &mut Stream, count: u64) -> usize {
    (((stream.next_bits() >> 32) * count) >> 32) as usize
}

/// Whether the gate at `index` has `outcome` on drawn clusters.
fn has(
    gates: &[PlannedGate<'_>],
    index: usize,
    outcome: Outcome,
    drawn: (&[usize], &EventBounds),
) -> bool {
    let gate = &gates[index];
    let family = |wanted: &dyn Fn(&PlannedGate<'_>) -> bool| -> (Vec<PValues>, usize) {
        let members = (0..gates.len()).filter(|&member| wanted(&gates[member]));
        let members: Vec<usize> = members.collect();
        let own = members.iter().position(|&member| member == index);
        let values = members
            .iter()
            .map(|&member| p_values(&gates[member], drawn));
        (values.collect(), own.expect("a gate is in its own family"))
    };

    let adjusted = |family: &(Vec<PValues>, usize), of: fn(&PValues) -> f64| {
        holm(&family.0.iter().map(of).collect::<Vec<f64>>())[family.1]
    };
    match outcome {
        Outcome::Pass => {
            let family = family(&|other| other.family == gate.family);
            let tests: [fn(&PValues) -> f64; 3] = [|p| p.t, |p| p.bootstrap, |p| p.worst_twice];
            tests
                .into_iter()
                .all(|test| adjusted(&family, test) <= gate.alpha)
        }
        Outcome::Fail => adjusted(&family(&|_| true), |p| p.fail) <= gate.alpha,
    }
}

/// The p-values of a gate, joined over its margins and corrected for looks.
fn p_values(gate: &PlannedGate<'_>, (drawn, table): (&[usize], &EventBounds)) -> PValues {
    let mut joined = PValues {
        t: 0.0,
        bootstrap: 0.0,
        worst_twice: 0.0,
        fail: 1.0,
    };
    for margin in &gate.margins {
        let p = margin.test(drawn, table);
        joined.t = joined.t.max(p.t);
        joined.bootstrap = joined.bootstrap.max(p.bootstrap);
        joined.worst_twice = joined.worst_twice.max(p.worst_twice);
        joined.fail = joined.fail.min(p.fail);
    }

    PValues {
        t: (gate.corrected)(joined.t),
        bootstrap: (gate.corrected)(joined.bootstrap),
        worst_twice: (gate.corrected)(joined.worst_twice),
        fail: (gate.corrected)((joined.fail * gate.margins.len() as f64).min(1.0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::bootstrap::Resampling;
    use crate::stats::gate::{Excess, JointGate, adjusted, joint};

    #[test]
    fn a_tabled_correction_is_near_the_correction() {
        let corrected = |p: f64| (3.0 * p.powf(0.9)).min(1.0);
        let tabled = TabledCorrection::of(&corrected);
        for p in [1e-7, 0.0004, 0.011, 0.05, 0.2, 1.0] {
            let (found, exact) = (tabled.corrected(p), corrected(p));
            assert!((found / exact - 1.0).abs() < 0.1, "{p}: {found}, {exact}");
        }
        assert!(tabled.corrected(0.0) > 0.0);
    }

    fn pairs() -> Vec<[i64; 2]> {
        (0..22)
            .map(|g| {
                [
                    3 + (g * 7) % 19 - 8 + i64::from(g % 11 == 0) * 9,
                    90 + (g * 5) % 40,
                ]
            })
            .collect()
    }

    fn planned(limits: &[f64]) -> Vec<PlannedGate<'static>> {
        let resampling = Resampling {
            replicates: 1,
            seed: 1,
        };
        let gate = |limit: &f64| PlannedGate {
            margins: vec![PlannedMargin::of(&Excess::new(
                pairs(),
                *limit,
                &resampling,
            ))],
            family: 0,
            alpha: 0.05,
            corrected: &|p| p,
        };

        limits.iter().map(gate).collect()
    }

    /// The share of sets of `clusters` drawn clusters in which the first of the real gates passes.
    fn passes(limits: &[f64], clusters: usize) -> f64 {
        let observed = pairs();
        let sets = 300;
        let hits = (0..sets).filter(|set| {
            let mut stream = Stream::new(77, *set);
            let drawn: Vec<[i64; 2]> = (0..clusters)
                .map(|_| observed[below(&mut stream, observed.len() as u64)])
                .collect();
            let resampling = Resampling {
                replicates: 1_000,
                seed: *set,
            };
            let joints: Vec<JointGate> = limits
                .iter()
                .map(|limit| joint(&[Excess::new(drawn.clone(), *limit, &resampling).test()]))
                .collect();
            adjusted(&joints)[0].p_pass() <= 0.05
        });

        hits.count() as f64 / sets as f64
    }

    /// By resampling with the real gates, bootstrap included: 75 to 85 %, give or take two standard
    /// errors of 300 sets.
    #[test]
    fn the_number_gives_the_verdict_it_promises() {
        for limits in [&[0.08][..], &[0.08, 0.07], &[0.1]] {
            let needed = clusters_needed(&planned(limits), 0, Outcome::Pass, 6, 3).unwrap();
            let power = passes(limits, usize::try_from(needed).unwrap());
            assert!(
                (0.74..=0.87).contains(&power),
                "{limits:?}: {needed} give {power}"
            );
        }
    }

    #[test]
    fn what_is_at_the_margin_or_on_its_other_side_never_comes() {
        let gates = planned(&[0.02]);
        assert_eq!(clusters_needed(&gates, 0, Outcome::Pass, 6, 3), None);
        assert!(clusters_needed(&gates, 0, Outcome::Fail, 6, 3).is_some());
    }
}
