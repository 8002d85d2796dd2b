//! Rates: how often a claim does not hold, and whether the evidence shows that it is seldom enough.
//!
//! Speakers are the independent observations, as they are for degradation: the same gate
//! ([`gate`](mod@crate::stats::gate)) with exceptions in the place of errors.

use crate::check::judge::levels::REPLICATES;
use crate::check::properties::outcome::{Figure, Judged, Minimal, Needed};
use crate::check::properties::tally::Tally;
use crate::stats::bootstrap::Resampling;
use crate::stats::clusters::Cluster;
use crate::stats::fieller::ratio_of_sums;
use crate::stats::gate::{
    Gate, JointGate, Limited, Margin, adjusted, joint, lack_changes_alone, level_beside,
    levels_beside,
};
use crate::stats::prospect::{self, PlannedGate, PlannedMargin, clusters_needed};
use crate::stats::random::named_seed;
use crate::stats::verdict::{Decision, Evidence, Margins, Stopping, Verdict, decide};

/// What was counted.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Counted {
    /// Tried, exceptions among them. For a word error rate: words, and errors before and after.
    pub(crate) tally: Tally,
    /// The limits, all of which must hold.
    pub(crate) margins: Vec<Margin>,
    /// What there is to say beside the rate.
    pub(crate) figures: Vec<Figure>,
    /// The worst exception, made smaller.
    pub(crate) example: Option<Minimal>,
}

/// What a judgment needs to know of a suite.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Claim<'a> {
    /// Suite and check, which name the random stream.
    pub(crate) name: String,
    /// The one-sided error rate.
    pub(crate) alpha: f64,
    /// With fewer clusters there is no verdict.
    pub(crate) min_clusters: usize,
    /// What was counted.
    pub(crate) counted: &'a Counted,
}

/// A rate beside its limits, tested.
struct Tested {
    limited: Vec<Limited>,
    gates: Vec<Gate>,
    seed: u64,
}

impl Tested {
    fn new(claim: &Claim<'_>, seed: u64) -> Tested {
        let mut clusters = claim.counted.tally.clusters().to_vec();
        // A cluster in which nothing was tried says nothing.
        clusters.retain(|cluster| cluster.reference_words > 0);
        let resampling = Resampling {
            replicates: REPLICATES,
            seed: named_seed(seed, &claim.name),
        };
        let margins = claim.counted.margins.iter();
        let limited: Vec<Limited> = margins
            .map(|margin| Limited::new(&clusters, *margin, &resampling))
            .collect();

        Tested {
            gates: limited.iter().map(|one| one.gate(claim.alpha)).collect(),
            limited,
            seed: resampling.seed,
        }
    }

    fn clusters(&self) -> usize {
        self.gates.first().map_or(0, |gate| gate.clusters)
    }

    /// How many clusters would decide at these levels of passing and failing what is undecided.
    fn needed(&self, decision: &Decision, [pass, fail]: [f64; 2], fewest: usize) -> Option<Needed> {
        if decision.verdict != Verdict::Inconclusive {
            return None;
        }

        if decision.is_a_matter_of_changes() {
            let needed = self.limited.iter();
            let needed: Option<Vec<u64>> = needed
                .map(|one| one.excess().unchanged_needed(pass))
                .collect();
            return needed?.into_iter().max().map(Needed::Unchanged);
        }

        if self.clusters() < fewest || !decision.is_a_matter_of_data() {
            return None;
        }
        let (verdict, outcome, alpha) = if self.gates.iter().any(|gate| gate.mean_excess > 0.0) {
            (Verdict::Fail, prospect::Outcome::Fail, fail)
        } else {
            (Verdict::Pass, prospect::Outcome::Pass, pass)
        };

        // What the others come to is left as it is: the level allows for them.
        let planned = PlannedGate {
            margins: (self.limited.iter())
                .map(|one| PlannedMargin::of(one.excess()))
                .collect(),
            family: 0,
            alpha,
            corrected: &|p| p,
        };
        let count = clusters_needed(&[planned], 0, outcome, fewest, self.seed);
        count.map(|count| Needed::Planned(count, verdict))
    }
}

/// Judges all rates of a run together, with Holm's correction.
pub(crate) fn judge(claims: &[Claim<'_>], seed: u64) -> Vec<Judged> {
    let tested = claims.iter().map(|claim| Tested::new(claim, seed));
    let tested: Vec<Tested> = tested.collect();
    let joints: Vec<JointGate> = tested.iter().map(|one| joint(&one.gates)).collect();
    let adjusted = adjusted(&joints);
    let all = tested.into_iter().zip(claims).enumerate();
    all.map(|(own, (tested, claim))| {
        let joint = adjusted[own];
        let evidence = Evidence {
            clusters: tested.clusters(),
            fewest_clusters: claim.min_clusters,
            differing_clusters: (tested.gates.iter())
                .map(|gate| gate.differing)
                .min()
                .unwrap_or(0),
            perturbed_units: claim.counted.tally.tried(),
            changed_units: claim.counted.tally.changed(),
            coverage: 1.0,
            concentration: None,
            least_coverage: 0.0,
            lacks_changes_alone: lack_changes_alone(&tested.gates, claim.alpha),
            p_values: joint,
            margins: margins(&claim.counted.margins),
            fieller_g: instability(claim.counted),
            stopping: Stopping::Met,
        };

        let decision = decide(&evidence, claim.alpha);
        let levels = [
            levels_beside(&joints, own, claim.alpha).smallest(),
            level_beside(&joints, own, claim.alpha, |joint| joint.p_fail),
        ];
        Judged {
            needed: tested.needed(&decision, levels, claim.min_clusters),
            decision,
            gates: tested.gates,
            p_pass: joint.p_pass(),
            p_fail: joint.p_fail,
        }
    })
    .collect()
}

fn margins(margins: &[Margin]) -> Margins {
    let absolute = |margin: &Margin| matches!(margin, Margin::Absolute(_));
    if margins.iter().any(absolute) {
        Margins::WithAbsolute
    } else {
        Margins::RelativeOnly
    }
}

/// Fieller's g of what a relative margin is relative to; 0 without one.
fn instability(counted: &Counted) -> f64 {
    match margins(&counted.margins) {
        Margins::WithAbsolute => 0.0,
        Margins::RelativeOnly => {
            let clusters = counted.tally.clusters().iter();
            let of = |value: fn(&Cluster) -> u64| -> Vec<f64> {
                clusters.clone().map(|sums| value(sums) as f64).collect()
            };
            let errors = of(|sums| sums.errors_a);
            ratio_of_sums(&of(|sums| sums.errors_b), &errors, 0.90).g
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What would decide a rate of so many exceptions in five tries, by cluster.
    fn needed(exceptions: &[u64], limit: f64) -> Option<Needed> {
        let mut tally = Tally::new(exceptions.len());
        let labels: Vec<usize> = (0..exceptions.len()).collect();
        let unit = |&exceptions: &u64| Cluster {
            reference_words: 5,
            errors_a: 0,
            errors_b: exceptions,
        };
        tally.add(&labels, &exceptions.iter().map(unit).collect::<Vec<_>>());
        let counted = Counted {
            tally,
            margins: vec![Margin::Absolute(limit)],
            figures: Vec::new(),
            example: None,
        };

        let claim = Claim {
            name: "suite/rate".to_owned(),
            alpha: 0.05,
            min_clusters: 12,
            counted: &counted,
        };
        judge(&[claim], 1).remove(0).needed
    }

    /// 0.99^299 is the first power below 0.05. A tenth of the tries, measured in 40 clusters, is
    /// too near to a limit of 0.12 for them, and far enough from one of 0.3.
    #[test]
    fn it_is_told_how_many_clusters_would_decide() {
        assert_eq!(needed(&[0; 40], 0.01), Some(Needed::Unchanged(299)));

        let half: Vec<u64> = (0..40).map(|g| g % 2).collect();
        assert_eq!(needed(&half, 0.3), None);
        let more = needed(&half, 0.12);
        let is_plan = |needed| matches!(needed, Needed::Planned(41..2000, Verdict::Pass));
        assert!(more.is_some_and(is_plan), "{more:?}");
        let more = needed(&half, 0.09);
        let is_plan = |needed| matches!(needed, Needed::Planned(41..5000, Verdict::Fail));
        assert!(more.is_some_and(is_plan), "{more:?}");
    }
}
