//! Decisions from evidence that is made up.

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

    // Of so few none passes, so that no share of them passes wrongly.
    let evidence = Evidence {
        clusters: 11,
        ..PASSING
    };
    assert!(decide(&evidence, 0.05).cautions.is_empty());
}
