//! Sentences of gates of clusters that are made up.

use super::*;
use crate::stats::bootstrap::Resampling;
use crate::stats::fieller::ratio_of_sums;
use crate::stats::gate::{Excess, Levels};
use crate::stats::verdict::Decision;
use crate::suite::gates::Keep;

const RESAMPLING: Resampling = Resampling {
    replicates: 1_000,
    seed: 1,
};

/// One margin of clusters `pairs`: what it limits, and what that is relative to.
fn margin_of(limit: Limit, pairs: &[[i64; 2]]) -> MarginTest {
    let (sign, value) = match limit {
        Limit::Relative(value) | Limit::Absolute(value) => (1.0, value),
        Limit::Gain(_) => (-1.0, 0.0),
    };
    let side = |index: usize, sign: f64| -> Vec<f64> {
        pairs.iter().map(|pair| sign * pair[index] as f64).collect()
    };

    let excess = Excess::new(pairs.to_vec(), value, &RESAMPLING);
    let excess = match limit {
        Limit::Relative(_) | Limit::Absolute(_) => excess.with_harm(1.0),
        Limit::Gain(_) => excess,
    };
    MarginTest {
        limit,
        measured: ratio_of_sums(&side(0, sign), &side(1, 1.0), 0.9),
        gate: excess.test(),
        at_best: excess
            .upper_bound(Levels::all(0.05))
            .map(|bound| sign * bound),
        at_worst: excess.lower_bound(0.05).map(|bound| sign * bound),
    }
}

/// A gate with these margins.
fn judged(margins: Vec<MarginTest>, verdict: Verdict, reasons: Vec<Reason>) -> GateJudgment {
    GateJudgment {
        kind: match margins[0].limit {
            Limit::Gain(_) => GateKind::Gain,
            Limit::Relative(_) | Limit::Absolute(_) => GateKind::Flip,
        },
        decision: Decision {
            verdict,
            reasons,
            cautions: Vec::new(),
        },
        p_pass: margins[0].gate.p_pass(),
        p_fail: margins[0].gate.p_fail(),
        p_fail_alone: margins[0].gate.p_fail(),
        margins,
        has_no_clean_gain: false,
        pass_family: 1,
        fail_family: 2,
        barred: None,
        is_corrected_for_looks: false,
        leaning: None,
        clusters_needed: None,
    }
}

/// What is said of a gate with these margins, of so many speakers.
fn said(margins: Vec<MarginTest>, verdict: Verdict, reasons: Vec<Reason>) -> String {
    said_of(&judged(margins, verdict, reasons))
}

fn said_of(gate: &GateJudgment) -> String {
    let clusters = gate.margins[0].gate.clusters;
    let judgment = Judgment {
        verdict: gate.decision.verdict,
        gates: vec![gate.clone()],
        perturbed_lists: 100,
        lists: 100,
        least_coverage: 0.5,
        clusters,
        fewest_clusters: 12,
        alpha: 0.05,
        clean_gain_shown: true,
        barred_by: None,
    };

    of_gate(&judgment, gate, "speaker").to_string()
}

#[track_caller]
fn check(said: &str, expected: &[&str], unexpected: &[&str]) {
    for part in expected {
        assert!(said.contains(part), "{said}, expected {part}");
    }
    for part in unexpected {
        assert!(!said.contains(part), "{said}, not expected {part}");
    }
}

/// All 20 are on one side: 2^-20. Of four 2^-4 would not do, and neither does it pass.
#[test]
fn a_gain_that_is_equal_everywhere_is_bounded_by_itself() {
    let any = Limit::Gain(Keep::new(0.0).expect("a share"));
    let margin = margin_of(any, &[[-1, 10]; 20]);
    assert!(margin.gate.p_pass() <= 0.05 && margin.at_worst == Some(0.1));
    let said = said(vec![margin], Verdict::Pass, Vec::new());
    let expected = "by +10.00 points of word error rate (90 % interval +10.00 to +10.00), shown to \
        be at least 10.00 points (unlike the interval, with all corrections).";
    check(&said, &[expected], &["no bound"]);

    let few = margin_of(any, &[[-1, 10]; 4]);
    assert!(few.gate.p_pass() > 0.05 && few.at_best.is_none());
    // None of four is harmed, which leaves less than 53 % of all.
    let few = margin_of(Limit::Relative(0.2), &[[-1, 10]; 4]);
    assert!(few.gate.p_pass() > 0.05 && (few.at_best.unwrap() - 0.5271).abs() < 1e-3);
    let flips = margin_of(Limit::Relative(0.2), &[[1, 10]; 20]);
    assert!(flips.gate.p_pass() <= 0.05 && flips.at_best == Some(0.1));
}

#[test]
fn where_nothing_was_swapped_no_figure_is_said() {
    let margin = margin_of(Limit::Relative(0.05), &[[0, 30]; 15]);
    let reasons = vec![Reason::NothingPerturbed];
    let said = said(vec![margin], Verdict::Inconclusive, reasons);
    assert_eq!(said, NOTHING_TESTED);
}

#[test]
fn few_changes_are_told_with_the_number_that_would_pass() {
    let mut pairs = vec![[0, 30]; 40];
    pairs[7][0] = 2;
    let margin = margin_of(Limit::Relative(0.05), &pairs);
    let mut gate = judged(vec![margin], Verdict::Inconclusive, vec![Reason::FewChange]);
    gate.clusters_needed = Some(61);
    let said = said_of(&gate);
    let expected = [
        "That bound is wider than the interval: so little changed, but it allows for as many of \
            all speakers as may still.",
        "Only 1 of 40 speakers changes, for the worse: so few tell too little of those that were \
            not sampled; 61 speakers with no more harm than that would pass.",
    ];
    check(&said, &expected, &["worst speaker", "Test about"]);
}

/// With looks, a bound is wider for them first of all.
#[test]
fn a_bound_that_is_corrected_for_looks_says_so() {
    let pairs: Vec<[i64; 2]> = (0..20).map(|g| [g % 3, 100 + g]).collect();
    let margin = margin_of(Limit::Relative(0.05), &pairs);
    let reasons = vec![Reason::NotSignificant];
    let mut gate = judged(vec![margin], Verdict::Inconclusive, reasons);
    gate.is_corrected_for_looks = true;
    let looks = "wider than the interval: it is corrected for the looks of --stop, and counts the \
        worst speaker twice";
    check(&said_of(&gate), &[looks], &[]);

    gate.pass_family = 2;
    let both = "it is corrected for 2 gates and for the looks of --stop, and counts the worst";
    check(&said_of(&gate), &[both], &[]);
    gate.is_corrected_for_looks = false;
    check(
        &said_of(&gate),
        &["it is corrected for 2 gates, and"],
        &["looks"],
    );
}

/// scipy.stats.beta.ppf(0.95, 1, 20) = 0.139108: Clopper and Pearson's bound of 0 of 20.
#[test]
fn where_nothing_changed_the_bound_is_how_many_may_still() {
    let margin = margin_of(Limit::Relative(0.05), &[[0, 9]; 20]);
    let reasons = vec![Reason::NothingChanged];
    let said = said(vec![margin], Verdict::Inconclusive, reasons);
    let expected = [
        "(90 % interval +0.0 to +0.0), shown to be at most 14.0 % if a speaker that may still \
            change adds no more errors than it has;",
        "That bound is wider than the interval: nothing changed, but it allows for as many of all \
            speakers as may still.",
        "Of 20 speakers none changed, but up to 13.91 % of all may still (95 %)",
    ];
    check(&said, &expected, &["worst speaker"]);
}

#[test]
fn a_pass_beside_an_interval_that_crosses_its_margin_says_why() {
    let mut pairs = vec![[0, 30]; 40];
    pairs[..9].fill([1, 30]);
    pairs[9..30].fill([-30, 30]);
    pairs[30] = [600, 300];
    let margin = margin_of(Limit::Relative(0.05), &pairs);
    let why = "The interval reaches beyond the margin, and the bound does not: the interval counts \
        how much repairs differ by speaker, too, and the bound takes a repaired speaker as \
        unchanged.";
    check(
        &said(vec![margin.clone()], Verdict::Pass, Vec::new()),
        &[why],
        &[],
    );
    let reasons = vec![Reason::NotSignificant];
    check(
        &said(vec![margin], Verdict::Inconclusive, reasons),
        &[],
        &[why],
    );
}

#[test]
fn a_bound_of_one_margin_is_not_taken_for_that_of_both() {
    let pairs: Vec<[i64; 2]> = (0..20).map(|g| [g % 3, 100 + g]).collect();
    let relative = MarginTest {
        at_best: None,
        ..margin_of(Limit::Relative(0.05), &pairs)
    };
    let absolute = margin_of(Limit::Absolute(0.05), &pairs);
    let bound = at_best(&absolute).expect("it has a bound");

    let both = vec![relative.clone(), absolute];
    let expected = format!(
        ", shown to be at most {bound} (no bound can be shown relative to the clean errors); 5 % \
        and 5 points"
    );
    check(&said(both, Verdict::Pass, Vec::new()), &[&expected], &[]);
    let said = said(vec![relative], Verdict::Inconclusive, Vec::new());
    check(&said, &[", and no bound can be shown; 5 %"], &["at most"]);
}

#[test]
fn fewer_speakers_than_must_differ_are_not_counted_among_themselves() {
    for (pairs, expected) in [
        (&[[-1, 10]][..], "What 1 speaker does may be chance"),
        (
            &[[-1, 10], [0, 10], [0, 10]],
            "What 3 speakers do may be chance",
        ),
    ] {
        let margin = margin_of(Limit::Absolute(0.05), pairs);
        let reasons = vec![Reason::TooFewClusters, Reason::TooFewDiffer];
        let said = said(vec![margin], Verdict::Inconclusive, reasons);
        check(&said, &["needs at least 12", expected], &["fewer than 5"]);
    }

    let pairs = [[[-1, 10]; 2].as_slice(), &[[0, 10]; 10]].concat();
    let any = Limit::Gain(Keep::new(0.0).expect("a share"));
    let reasons = vec![Reason::TooFewDiffer];
    let said = said(vec![margin_of(any, &pairs)], Verdict::Inconclusive, reasons);
    check(&said, &["In fewer than 5 of 12 speakers anything"], &[]);
}
