//! The three-way decision of each check, corrected for how many there are.
//!
//! A check passes only if the evidence shows that degradation is below all its
//! margins, and fails only if the evidence shows that it is above one; anything
//! else is inconclusive. What counts as degradation is what the suite gates:
//! `selection` (the rescorer's own doing) or `text` (with injected errors).

use crate::harness::CheckOutcome;
use crate::harness::clustering::Clustering;
use crate::harness::figures::Figures;
use crate::harness::properties::Properties;
use crate::harness::trial::CleanTrial;
use crate::harness::trial::Trial;
use crate::nbest::wer::WordErrors;
use crate::stats::bootstrap::Resampling;
use crate::stats::clusters::Cluster;
use crate::stats::gate::Gate;
use crate::stats::gate::JointGate;
use crate::stats::gate::Margin;
use crate::stats::gate::adjusted;
use crate::stats::gate::gate;
use crate::stats::gate::joint;
use crate::stats::random::named_seed;
use crate::stats::verdict::Decision;
use crate::stats::verdict::Evidence;
use crate::stats::verdict::Margins;
use crate::stats::verdict::Stopping;
use crate::stats::verdict::Verdict;
use crate::stats::verdict::decide;
use crate::suite::Gated;

/// Bootstrap replicates behind every verdict.
pub const REPLICATES: usize = 10_000;

/// The decision about one check, and what it rests on.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgment {
    /// The decision.
    pub decision: Decision,
    /// One per margin: relative first.
    pub gates: Vec<Gate>,
    /// The largest of all methods' probabilities of passing, adjusted for the family.
    pub p_pass: f64,
    /// The probability of failing, adjusted for the family.
    pub p_fail: f64,
    /// How many checks the adjustment is over.
    pub family: usize,
    /// Lists in which something was perturbed.
    pub perturbed_lists: usize,
    /// Utterances in which something was perturbed in at least one draw.
    pub perturbed_utterances: usize,
    /// Independent clusters.
    pub clusters: usize,
    /// With fewer clusters there is no verdict.
    pub fewest_clusters: usize,
}

/// Judges all checks of a run together.
///
/// `figures` are those of `checks`, in order. The seed is that of the run: the
/// bootstrap of each check has its own stream, named after suite and check.
pub fn judge(
    checks: &[CheckOutcome<'_>],
    figures: &[Figures],
    clean: &[CleanTrial],
    clustering: &Clustering,
    seed: u64,
) -> Vec<Judgment> {
    let gates: Vec<Vec<Gate>> = checks
        .iter()
        .map(|check| gates(check, clean, clustering, seed))
        .collect();
    let joints: Vec<JointGate> = gates.iter().map(|gates| joint(gates)).collect();
    gates
        .into_iter()
        .zip(adjusted(&joints))
        .enumerate()
        .map(|(index, (gates, joint))| {
            let (outcome, figures) = (&checks[index], &figures[index]);
            let evidence = Evidence {
                clusters: clustering.count,
                fewest_clusters: outcome.suite.min_clusters,
                perturbed_units: figures.perturbed_lists as u64,
                changed_units: changed(outcome, clean),
                p_pass_t: joint.p_pass_t,
                p_pass_bootstrap: joint.p_pass_bootstrap,
                p_pass_worst_twice: joint.p_pass_worst_twice,
                p_fail: joint.p_fail,
                margins: match outcome.check.margin.absolute {
                    Some(_) => Margins::WithAbsolute,
                    None => Margins::RelativeOnly,
                },
                fieller_g: figures.nprr.rel.g,
                non_finite_share: 0.0,
                stopping: Stopping::Met,
            };
            Judgment {
                decision: decide(&evidence, outcome.suite.alpha),
                gates,
                p_pass: joint.p_pass(),
                p_fail: joint.p_fail,
                family: checks.len(),
                perturbed_lists: figures.perturbed_lists,
                perturbed_utterances: figures.perturbed_utterances,
                clusters: clustering.count,
                fewest_clusters: outcome.suite.min_clusters,
            }
        })
        .collect()
}

/// The verdict over all checks and properties: the worst of them.
pub fn overall(judgments: &[Judgment], properties: &Properties) -> Verdict {
    judgments
        .iter()
        .map(|judgment| judgment.decision.verdict)
        .chain(properties.verdict())
        .max()
        .unwrap_or(Verdict::Inconclusive)
}

/// Lists whose gated outcome is not that of the clean list.
fn changed(outcome: &CheckOutcome<'_>, clean: &[CleanTrial]) -> u64 {
    outcome
        .trials
        .iter()
        .filter(|trial| {
            trial.flipped(&clean[trial.utterance])
                || gated(outcome, trial).errors() != clean[trial.utterance].picked().errors()
        })
        .count() as u64
}

/// The errors that the check's margin is about.
fn gated(outcome: &CheckOutcome<'_>, trial: &Trial) -> WordErrors {
    match outcome.check.gate {
        Gated::Selection => trial.selection,
        Gated::Text => trial.text,
    }
}

fn gates(
    outcome: &CheckOutcome<'_>,
    clean: &[CleanTrial],
    clustering: &Clustering,
    seed: u64,
) -> Vec<Gate> {
    let mut clusters = vec![Cluster::default(); clustering.count];
    for trial in &outcome.trials {
        let picked = clean[trial.utterance].picked();
        clusters[clustering.labels[trial.utterance]] += Cluster {
            reference_words: picked.reference_words as u64,
            clean_errors: picked.errors() as u64,
            perturbed_errors: gated(outcome, trial).errors() as u64,
        };
    }
    let name = format!("{}/{}", outcome.suite.name, outcome.check.name);
    let resampling = Resampling {
        replicates: REPLICATES,
        seed: named_seed(seed, &name),
    };
    let margin = &outcome.check.margin;
    let margins = [
        margin.relative.map(Margin::Relative),
        margin.absolute.map(Margin::Absolute),
    ];
    margins
        .into_iter()
        .flatten()
        .map(|margin| gate(&clusters, margin, outcome.suite.alpha, &resampling))
        .collect()
}
