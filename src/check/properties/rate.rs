//! Rates: how often a claim does not hold, and whether the evidence shows that it is seldom enough.
//!
//! Speakers are the independent observations, as they are for degradation: the same gate
//! ([`gate`](mod@crate::stats::gate)) with exceptions in the place of errors.

use crate::check::judge::levels::REPLICATES;
use crate::check::properties::outcome::{Figure, Judged, Minimal};
use crate::check::properties::tally::Tally;
use crate::stats::bootstrap::Resampling;
use crate::stats::clusters::Cluster;
use crate::stats::fieller::ratio_of_sums;
use crate::stats::gate::{Gate, JointGate, Margin, adjusted, gate, joint, lack_changes_alone};
use crate::stats::random::named_seed;
use crate::stats::verdict::{Evidence, Margins, Stopping, decide};

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

/// Judges all rates of a run together, with Holm's correction.
pub(crate) fn judge(claims: &[Claim<'_>], seed: u64) -> Vec<Judged> {
    let gates: Vec<Vec<Gate>> = claims
        .iter()
        .map(|claim| {
            let mut clusters = claim.counted.tally.clusters().to_vec();
            // A cluster in which nothing was tried says nothing.
            clusters.retain(|cluster| cluster.reference_words > 0);
            let resampling = Resampling {
                replicates: REPLICATES,
                seed: named_seed(seed, &claim.name),
            };
            let margins = claim.counted.margins.iter();
            margins
                .map(|margin| gate(&clusters, *margin, claim.alpha, &resampling))
                .collect()
        })
        .collect();

    let joints: Vec<JointGate> = gates.iter().map(|gates| joint(gates)).collect();
    gates
        .into_iter()
        .zip(adjusted(&joints))
        .zip(claims)
        .map(|((gates, joint), claim)| {
            let evidence = Evidence {
                clusters: gates.first().map_or(0, |gate| gate.clusters),
                fewest_clusters: claim.min_clusters,
                differing_clusters: gates.iter().map(|gate| gate.differing).min().unwrap_or(0),
                perturbed_units: claim.counted.tally.tried(),
                changed_units: claim.counted.tally.changed(),
                coverage: 1.0,
                concentration: None,
                least_coverage: 0.0,
                lacks_changes_alone: lack_changes_alone(&gates, claim.alpha),
                p_values: joint,
                margins: margins(&claim.counted.margins),
                fieller_g: instability(claim.counted),
                stopping: Stopping::Met,
            };
            Judged {
                decision: decide(&evidence, claim.alpha),
                gates,
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
