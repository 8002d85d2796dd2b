//! From adjusted p-values and flags to a decision: pass, fail or inconclusive.
//!
//! More data is the only way from inconclusive to pass; a point estimate alone never decides. Not
//! here: the sentences a report says about it, and the exit code.

use crate::stats::gate::JointGate;
use crate::stats::{CAUTION_CLUSTERS, CAUTION_CONCENTRATION, FEWEST_DIFFERING, FEWEST_FOR_VERDICT};

/// What the evidence shows about one check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Degradation is below the margin.
    Pass,
    /// Both sides are known to be the same thing, as a model compared with itself; no test says so.
    Identical,
    /// The data cannot tell.
    Inconclusive,
    /// Degradation is above the margin.
    Fail,
}

impl Verdict {
    /// The word in reports.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Verdict::Pass => "PASS",
            Verdict::Identical => "IDENTICAL",
            Verdict::Inconclusive => "INCONCLUSIVE",
            Verdict::Fail => "FAIL",
        }
    }
}

/// Why a check is inconclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// Fewer than [`FEWEST_FOR_VERDICT`] clusters, or than were asked for.
    TooFewClusters,
    /// Fewer than [`FEWEST_DIFFERING`] clusters do anything but what the margin allows exactly.
    TooFewDiffer,
    /// Nothing could be perturbed, so nothing was tested.
    NothingPerturbed,
    /// Too small a share of the units was perturbed for the figures to speak for all.
    LowCoverage,
    /// The only margin is relative, and clean errors cannot be told from none (Fieller's g is at
    /// least 1).
    RatioUndefined,
    /// The run ended before its stopping rule allowed a verdict.
    StoppingRuleUnmet,
    /// Nothing changed, but with so few clusters more than the margin allows may still change.
    NothingChanged,
    /// All tests pass, but so few clusters changed that they tell too little of those not sampled.
    FewChange,
    /// What was tested could not have failed, is known to be bad, or is not what was asked about:
    /// see what is remarked on it. No test decides this.
    Barred,
    /// A share of the clean gain is asked for, and it is not shown that there is any.
    NoCleanGain,
    /// Some of the tests of passing pass and others do not.
    MethodsDisagree,
    /// The interval contains the margin.
    NotSignificant,
}

/// What a reader of a pass or a fail must hear too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Caution {
    /// Fewer than [`CAUTION_CLUSTERS`] clusters: a rare bad speaker may not have been sampled.
    FewClusters,
    /// Enough clusters otherwise, but the worst tenth of them has [`CAUTION_CONCENTRATION`] of the
    /// harm or more.
    Concentrated,
    /// No perturbed unit changed its outcome.
    NothingChanged,
    /// Clean errors are uncertain by more than 45 % (Fieller's g above 0.2).
    UnstableRatio,
}

/// Which kinds of margins a check has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Margins {
    /// Only relative to the clean errors: useless if there are none.
    RelativeOnly,
    /// Only, or also, in absolute word error rate.
    WithAbsolute,
}

/// Whether the run may conclude.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stopping {
    /// All planned data are in, or a planned look crossed its boundary.
    Met,
    /// The run was cut short.
    Unmet,
}

/// All that a decision rests on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Evidence {
    /// Independent clusters.
    pub(crate) clusters: usize,
    /// With fewer clusters there is no verdict; below [`FEWEST_FOR_VERDICT`] there never is one.
    pub(crate) fewest_clusters: usize,
    /// Clusters that do not do exactly what the margin allows.
    pub(crate) differing_clusters: usize,
    /// Utterances (or trials) that were perturbed at all.
    pub(crate) perturbed_units: u64,
    /// Of those, the ones whose outcome changed.
    pub(crate) changed_units: u64,
    /// The share of all units that were perturbed, 0 to 1.
    pub(crate) coverage: f64,
    /// The share of the harm that the worst tenth of the clusters has, 0 to 1; `None` where there
    /// is too little harm to say.
    pub(crate) concentration: Option<f64>,
    /// With a smaller share there is no verdict.
    pub(crate) least_coverage: f64,
    /// Whether the tests pass, and only that so few clusters changed forbids it.
    pub(crate) lacks_changes_alone: bool,
    /// Adjusted for the family.
    pub(crate) p_values: JointGate,
    /// The check's margins.
    pub(crate) margins: Margins,
    /// Fieller's g of the clean errors.
    pub(crate) fieller_g: f64,
    /// Whether the stopping rule is met.
    pub(crate) stopping: Stopping,
}

/// A verdict with its reasons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The verdict.
    pub verdict: Verdict,
    /// Why it is inconclusive, most fundamental first; empty for the others.
    pub reasons: Vec<Reason>,
    /// What to say beside it.
    pub cautions: Vec<Caution>,
}

impl Decision {
    /// Whether only more clusters are missing.
    pub(crate) fn is_a_matter_of_data(&self) -> bool {
        let is_data =
            |reason: &Reason| matches!(reason, Reason::NotSignificant | Reason::MethodsDisagree);
        self.reasons.iter().all(is_data)
    }

    /// Whether only that so little changed stands in the way.
    pub(crate) fn is_a_matter_of_changes(&self) -> bool {
        let is_few = |reason: &Reason| matches!(reason, Reason::FewChange | Reason::NothingChanged);
        self.reasons.iter().all(is_few)
    }

    /// Leaves out what is said of how often verdicts are wrong: beside a verdict that nothing could
    /// have brought it tells nothing.
    pub(crate) fn drop_odds(&mut self) {
        let is_of_odds =
            |caution: &Caution| matches!(caution, Caution::FewClusters | Caution::Concentrated);
        self.cautions.retain(|caution| !is_of_odds(caution));
    }
}

/// Decides at the one-sided level `alpha`.
///
/// Pass needs all adjusted p-values of passing at or under `alpha`, fail the adjusted p-value of
/// failing. That nothing changed is no verdict: it takes as much evidence as any other pass.
pub(crate) fn decide(evidence: &Evidence, alpha: f64) -> Decision {
    let cautions = cautions(evidence);
    let obstacles = obstacles(evidence);
    let inconclusive = |reasons| Decision {
        verdict: Verdict::Inconclusive,
        reasons,
        cautions: cautions.clone(),
    };

    if evidence.perturbed_units == 0 {
        return inconclusive(vec![Reason::NothingPerturbed]);
    }

    if !obstacles.is_empty() {
        let mut decision = inconclusive(obstacles);
        decision.drop_odds();
        return decision;
    }

    if evidence.p_values.p_fail <= alpha {
        return Decision {
            verdict: Verdict::Fail,
            reasons: Vec::new(),
            cautions,
        };
    }

    let passes = [
        evidence.p_values.p_pass_t,
        evidence.p_values.p_pass_bootstrap,
        evidence.p_values.p_pass_worst_twice,
    ]
    .map(|p| p <= alpha);

    if passes.iter().all(|passes| *passes) {
        return Decision {
            verdict: Verdict::Pass,
            reasons: Vec::new(),
            cautions,
        };
    }

    inconclusive(vec![if evidence.changed_units == 0 {
        Reason::NothingChanged
    } else if evidence.lacks_changes_alone {
        Reason::FewChange
    } else if passes.iter().any(|passes| *passes) {
        Reason::MethodsDisagree
    } else {
        Reason::NotSignificant
    }])
}

/// What forbids a verdict whatever the p-values are.
fn obstacles(evidence: &Evidence) -> Vec<Reason> {
    let mut reasons = Vec::new();
    if evidence.clusters < evidence.fewest_clusters.max(FEWEST_FOR_VERDICT) {
        reasons.push(Reason::TooFewClusters);
    }

    // With none, tests and reasons of their own say so.
    if (1..FEWEST_DIFFERING).contains(&evidence.differing_clusters) {
        reasons.push(Reason::TooFewDiffer);
    }

    if evidence.coverage < evidence.least_coverage {
        reasons.push(Reason::LowCoverage);
    }

    if evidence.margins == Margins::RelativeOnly && evidence.fieller_g >= 1.0 {
        reasons.push(Reason::RatioUndefined);
    }

    if evidence.stopping == Stopping::Unmet {
        reasons.push(Reason::StoppingRuleUnmet);
    }

    reasons
}

fn cautions(evidence: &Evidence) -> Vec<Caution> {
    let mut cautions = Vec::new();
    if evidence.changed_units == 0 && evidence.perturbed_units > 0 {
        cautions.push(Caution::NothingChanged);
    }

    if evidence.clusters < CAUTION_CLUSTERS {
        cautions.push(Caution::FewClusters);
    } else if evidence
        .concentration
        .is_some_and(|share| share >= CAUTION_CONCENTRATION)
    {
        cautions.push(Caution::Concentrated);
    }

    if evidence.fieller_g > 0.2 {
        cautions.push(Caution::UnstableRatio);
    }

    cautions
}

#[cfg(test)]
mod tests;
