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
use crate::harness::remarks;
use crate::harness::remarks::Remark;
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
    /// All lists.
    pub lists: usize,
    /// With a smaller share of the lists perturbed there is no verdict, 0 to 1.
    pub least_coverage: f64,
    /// Utterances in which something was perturbed in at least one draw.
    pub perturbed_utterances: usize,
    /// Independent clusters.
    pub clusters: usize,
    /// With fewer clusters there is no verdict.
    pub fewest_clusters: usize,
    /// What took back a PASS.
    pub barred_by: Option<Remark>,
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
    let outcomes: Vec<&CheckOutcome<'_>> = checks.iter().collect();
    let readings: Vec<Reading<'_>> = checks.iter().map(|_| Reading::plain()).collect();
    judge_as(&outcomes, figures, clean, clustering, seed, &readings)
}

/// How the p-values of one check are read.
pub(crate) struct Reading<'a> {
    /// Corrects a p-value for looks that were taken at the results before.
    pub(crate) corrected: Box<dyn Fn(f64) -> f64 + 'a>,
    /// Whether the check may conclude.
    pub(crate) stopping: Stopping,
    /// Bootstrap replicates.
    pub(crate) replicates: usize,
}

impl Reading<'_> {
    /// A check whose results are looked at once, at the end.
    fn plain() -> Reading<'static> {
        Reading {
            corrected: Box::new(|p| p),
            stopping: Stopping::Met,
            replicates: REPLICATES,
        }
    }
}

/// As [`judge`], each check's p-values corrected by its reading before the family's correction.
pub(crate) fn judge_as(
    checks: &[&CheckOutcome<'_>],
    figures: &[Figures],
    clean: &[CleanTrial],
    clustering: &Clustering,
    seed: u64,
    readings: &[Reading<'_>],
) -> Vec<Judgment> {
    let gates: Vec<Vec<Gate>> = checks
        .iter()
        .zip(readings)
        .map(|(check, reading)| gates(check, clean, clustering, seed, reading.replicates))
        .collect();
    let joints: Vec<JointGate> = gates
        .iter()
        .zip(readings)
        .map(|(gates, reading)| joint(gates).map(&reading.corrected))
        .collect();
    gates
        .into_iter()
        .zip(adjusted(&joints))
        .enumerate()
        .map(|(index, (gates, joint))| {
            let (outcome, figures) = (checks[index], &figures[index]);
            let evidence = Evidence {
                clusters: clustering.count,
                fewest_clusters: outcome.suite.min_clusters,
                perturbed_units: figures.perturbed_lists as u64,
                changed_units: changed(outcome, clean),
                coverage: figures.perturbed_lists as f64 / figures.lists as f64,
                least_coverage: outcome.suite.min_coverage,
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
                stopping: readings[index].stopping,
            };
            Judgment {
                decision: decide(&evidence, outcome.suite.alpha),
                gates,
                p_pass: joint.p_pass(),
                p_fail: joint.p_fail,
                family: checks.len(),
                perturbed_lists: figures.perturbed_lists,
                lists: figures.lists,
                least_coverage: outcome.suite.min_coverage,
                perturbed_utterances: figures.perturbed_utterances,
                clusters: clustering.count,
                fewest_clusters: outcome.suite.min_clusters,
                barred_by: None,
            }
        })
        .collect()
}

/// The verdict over all checks and properties, and what there is to remark on the rescorer: the worst of them.
pub fn overall(judgments: &[Judgment], properties: &Properties, remarks: &[Remark]) -> Verdict {
    judgments
        .iter()
        .map(|judgment| judgment.decision.verdict)
        .chain(properties.verdict())
        .chain(remarks::verdict(remarks))
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
pub(crate) fn gated(outcome: &CheckOutcome<'_>, trial: &Trial) -> WordErrors {
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
    replicates: usize,
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
        replicates,
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
