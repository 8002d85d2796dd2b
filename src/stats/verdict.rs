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
        return inconclusive(obstacles);
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
mod tests {
    use crate::stats::gate::JointGate;
    use crate::stats::verdict::{Caution, Evidence, Margins, Reason, Stopping, Verdict, decide};
    use crate::stats::{FEWEST_DIFFERING, FEWEST_FOR_VERDICT};

    const PASSING: Evidence = Evidence {
        clusters: 40,
        fewest_clusters: FEWEST_FOR_VERDICT,
        differing_clusters: 40,
        perturbed_units: 300,
        changed_units: 50,
        coverage: 0.9,
        concentration: Some(0.2),
        least_coverage: 0.5,
        lacks_changes_alone: false,
        p_values: JointGate {
            p_pass_t: 0.01,
            p_pass_bootstrap: 0.02,
            p_pass_worst_twice: 0.03,
            p_fail: 0.99,
        },
        margins: Margins::RelativeOnly,
        fieller_g: 0.05,
        stopping: Stopping::Met,
    };

    #[test]
    fn a_handful_of_clusters_that_differ_decides_nothing() {
        for differing_clusters in 1..FEWEST_DIFFERING {
            check(
                &Evidence {
                    differing_clusters,
                    ..PASSING
                },
                Verdict::Inconclusive,
                &[Reason::TooFewDiffer],
            );
        }

        let enough = Evidence {
            differing_clusters: FEWEST_DIFFERING,
            ..PASSING
        };
        check(&enough, Verdict::Pass, &[]);
    }

    #[track_caller]
    fn check(evidence: &Evidence, verdict: Verdict, reasons: &[Reason]) {
        let decision = decide(evidence, 0.05);
        assert_eq!(
            (decision.verdict, decision.reasons.as_slice()),
            (verdict, reasons)
        );
    }

    #[test]
    fn pass_needs_all_methods() {
        check(
            &Evidence {
                p_values: JointGate {
                    p_pass_worst_twice: 0.06,
                    ..PASSING.p_values
                },
                ..PASSING
            },
            Verdict::Inconclusive,
            &[Reason::MethodsDisagree],
        );
        check(&PASSING, Verdict::Pass, &[]);
        check(
            &Evidence {
                p_values: JointGate {
                    p_pass_bootstrap: 0.06,
                    ..PASSING.p_values
                },
                ..PASSING
            },
            Verdict::Inconclusive,
            &[Reason::MethodsDisagree],
        );
        check(
            &Evidence {
                p_values: JointGate {
                    p_pass_t: 0.06,
                    ..PASSING.p_values
                },
                ..PASSING
            },
            Verdict::Inconclusive,
            &[Reason::MethodsDisagree],
        );
    }

    #[test]
    fn fail_needs_evidence_too() {
        let failing = Evidence {
            p_values: JointGate {
                p_pass_t: 0.999,
                p_pass_bootstrap: 0.999,
                p_pass_worst_twice: 0.999,
                p_fail: 0.001,
            },
            ..PASSING
        };
        check(&failing, Verdict::Fail, &[]);
        check(
            &Evidence {
                p_values: JointGate {
                    p_fail: 0.2,
                    ..failing.p_values
                },
                ..failing
            },
            Verdict::Inconclusive,
            &[Reason::NotSignificant],
        );
    }

    #[test]
    fn few_clusters_low_coverage_or_an_undefined_ratio_forbid_a_verdict() {
        for p_fail in [0.99, 0.001] {
            check(
                &Evidence {
                    clusters: 11,
                    p_values: JointGate {
                        p_fail,
                        ..PASSING.p_values
                    },
                    ..PASSING
                },
                Verdict::Inconclusive,
                &[Reason::TooFewClusters],
            );
        }

        check(
            &Evidence {
                coverage: 0.04,
                ..PASSING
            },
            Verdict::Inconclusive,
            &[Reason::LowCoverage],
        );
        check(
            &Evidence {
                fieller_g: 1.0,
                ..PASSING
            },
            Verdict::Inconclusive,
            &[Reason::RatioUndefined],
        );
        check(
            &Evidence {
                fieller_g: 1.0,
                margins: Margins::WithAbsolute,
                ..PASSING
            },
            Verdict::Pass,
            &[],
        );
        check(
            &Evidence {
                stopping: Stopping::Unmet,
                ..PASSING
            },
            Verdict::Inconclusive,
            &[Reason::StoppingRuleUnmet],
        );
    }

    #[test]
    fn that_nothing_changed_is_a_remark_and_no_verdict() {
        let unchanged = Evidence {
            changed_units: 0,
            ..PASSING
        };
        check(&unchanged, Verdict::Pass, &[]);
        assert_eq!(decide(&unchanged, 0.05).cautions, [Caution::NothingChanged]);
        check(
            &Evidence {
                p_values: JointGate {
                    p_pass_t: 0.2,
                    p_pass_bootstrap: 0.2,
                    p_pass_worst_twice: 0.2,
                    ..unchanged.p_values
                },
                ..unchanged
            },
            Verdict::Inconclusive,
            &[Reason::NothingChanged],
        );
        // So do few changes, and neither forbids a FAIL.
        let few = Evidence {
            lacks_changes_alone: true,
            p_values: JointGate {
                p_pass_t: 0.2,
                p_pass_bootstrap: 0.2,
                p_pass_worst_twice: 0.2,
                ..PASSING.p_values
            },
            ..PASSING
        };
        check(&few, Verdict::Inconclusive, &[Reason::FewChange]);
        let failing = Evidence {
            p_values: JointGate {
                p_fail: 0.01,
                ..few.p_values
            },
            ..few
        };
        check(&failing, Verdict::Fail, &[]);
        check(
            &Evidence {
                changed_units: 0,
                perturbed_units: 0,
                ..PASSING
            },
            Verdict::Inconclusive,
            &[Reason::NothingPerturbed],
        );
    }

    #[test]
    fn harm_of_a_few_carries_a_caution_whatever_the_number_of_clusters() {
        let with = |clusters, concentration| Evidence {
            clusters,
            concentration,
            ..PASSING
        };
        let cautions = |evidence| decide(&evidence, 0.05).cautions;
        assert_eq!(cautions(with(400, Some(0.5))), [Caution::Concentrated]);
        assert_eq!(cautions(with(39, Some(0.9))), [Caution::FewClusters]);
        assert!(cautions(with(400, Some(0.49))).is_empty());
        assert!(cautions(with(400, None)).is_empty());
    }

    #[test]
    fn few_clusters_carry_a_caution() {
        assert_eq!(
            decide(
                &Evidence {
                    clusters: 39,
                    ..PASSING
                },
                0.05
            )
            .cautions,
            [Caution::FewClusters]
        );
        assert!(decide(&PASSING, 0.05).cautions.is_empty());
    }
}
