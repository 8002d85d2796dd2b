//! Judgments of made-up trials: what must hold whatever was counted.

use super::*;
use crate::check::engine::trial::Trial;
use crate::check::examples::{scored_apart, utterance};
use crate::check::judge::remark::Remark;
use crate::nbest::Utterance;
use crate::nbest::wer::WordErrors;
use crate::perturb::{Perturbation, Substitution};
use crate::phonetics::distance::PhoneticDistance;
use crate::stats::random::Stream;
use crate::stats::verdict::Caution;
use crate::suite::gates::{Keep, Margin};

const SPEAKERS: usize = 24;
const PER_SPEAKER: usize = 6;
const DRAWS: usize = 3;

/// Numbers below a bound.
struct Dice(Stream);

impl Dice {
    fn below(&mut self, count: u64) -> usize {
        usize::try_from(((self.0.next_bits() >> 32) * count) >> 32).unwrap()
    }
}

fn errors(substitutions: usize) -> WordErrors {
    WordErrors {
        substitutions,
        insertions: 0,
        deletions: 0,
        reference_words: 12,
    }
}

fn lists() -> Vec<Utterance> {
    (0..SPEAKERS * PER_SPEAKER)
        .zip(0..)
        .map(|(index, number)| {
            let mut list = utterance(&format!("u{index:03}"), "a b", &["a b", "a c", "d c"]);
            list.speaker = Some(format!("s{:02}", index / PER_SPEAKER));
            scored_apart(list, number)
        })
        .collect()
}

/// Clean picks, and trials in which a change of mind costs up to `worse` errors, or spares up to
/// `better`.
fn counted(seed: u64, worse: u64, better: u64) -> (Vec<Rescored>, Vec<Trial>) {
    let mut dice = Dice(Stream::new(seed, 0));
    let (mut clean, mut trials) = (Vec::new(), Vec::new());
    for index in 0..SPEAKERS * PER_SPEAKER {
        let picked = 1 + dice.below(4);
        clean.push(Rescored {
            pick: 1,
            second_pass: vec![0.0; 3],
            totals: vec![0.0; 3],
            errors: vec![
                errors(picked + dice.below(3)),
                errors(picked),
                errors(picked + 1),
            ],
        });
        for draw in 0..DRAWS {
            let kept = picked + 1;
            let flips = dice.below(3) == 0;
            let text = if flips {
                (kept + dice.below(worse + 1)).saturating_sub(dice.below(better + 1))
            } else {
                kept
            };
            trials.push(Trial {
                utterance: index,
                draw,
                substitutions: vec![Substitution {
                    hypothesis: 0,
                    word: 0,
                    from: "a".to_owned(),
                    to: "e".to_owned(),
                    distance: PhoneticDistance::ZERO,
                }],
                case: None,
                pick: 1 + usize::from(flips),
                margin: 0.0,
                text: errors(text),
                kept: errors(kept),
                first_pass_text: errors(kept + dice.below(3)),
                oracle_text: errors(text.min(kept)),
                kendall_tau: None,
            });
        }
    }

    (clean, trials)
}

fn suite(checks: &[Gates]) -> Suite {
    let check = |(index, gates): (usize, &Gates)| Check {
        name: format!("c{index}"),
        perturbation: Perturbation::PERTURB_N,
        gates: *gates,
        draws: DRAWS,
    };
    Suite {
        name: "s".to_owned(),
        description: String::new(),
        alpha: 0.05,
        min_clusters: 12,
        min_coverage: 0.5,
        checks: checks.iter().enumerate().map(check).collect(),
        properties: Vec::new(),
    }
}

/// Judges one check for each of `trials`.
fn judged(suite: &Suite, clean: &[Rescored], trials: &[Vec<Trial>]) -> Vec<Judgment> {
    judged_beside(suite, clean, trials, None)
}

/// The same where harm on the clean lists was tested.
fn judged_beside(
    suite: &Suite,
    clean: &[Rescored],
    trials: &[Vec<Trial>],
    harm: Option<&Harm>,
) -> Vec<Judgment> {
    let utterances = lists();
    let clustering = Clustering::new(&utterances);
    let checks: Vec<CheckFigures<'_>> = suite
        .checks
        .iter()
        .zip(trials)
        .map(|(check, trials)| CheckOutcome {
            suite,
            check,
            draws: DRAWS,
            trials: trials.clone(),
        })
        .map(|outcome| CheckFigures::new(&clustering, clean, &outcome))
        .collect();

    for check in &checks {
        let errors = check.figures.nprr.errors;
        assert_eq!(errors.injected + errors.flip, errors.extra);
    }

    judge(&checks, &clustering, 1, harm)
}

fn verdicts(judgment: &Judgment) -> Vec<Verdict> {
    let gates = judgment.gates.iter();
    gates.map(|gate| gate.decision.verdict).collect()
}

#[test]
fn errors_added_to_picks_never_turn_a_fail_into_a_pass() {
    let suite = suite(&[Gates::default()]);
    let mut fails = 0;
    for seed in 0..24 {
        let (clean, trials) = counted(seed, 1 + seed % 4, seed % 3);
        let before = judged(&suite, &clean, std::slice::from_ref(&trials));
        let mut dice = Dice(Stream::new(seed, 1));
        let mut worse = trials;
        for trial in &mut worse {
            // Few errors or many, and those of some speakers only: variances may do what they like.
            let speaker = trial.utterance / PER_SPEAKER;
            let more = if dice.below(4) == 0 && speaker.is_multiple_of(1 + dice.below(3)) {
                dice.below(1 + 5 * (seed % 4))
            } else {
                0
            };
            trial.text = errors(trial.text.errors() + more);
            if trial.pick == 1 {
                trial.kept = trial.text;
            }
        }
        let after = judged(&suite, &clean, &[worse]);
        let pairs = verdicts(&before[0]).into_iter().zip(verdicts(&after[0]));
        for (before, after) in pairs {
            fails += usize::from(before == Verdict::Fail);
            assert!(before != Verdict::Fail || after != Verdict::Pass, "{seed}");
        }
    }

    assert!(fails > 10, "{fails}");
}

fn flip_margin(relative: f64) -> Gates {
    Gates {
        flip: Some(Margin {
            relative: Some(relative),
            absolute: None,
        }),
        gain: None,
    }
}

/// Rounded up as reports print it.
fn printed(judgment: &Judgment) -> f64 {
    let bound = judgment.gates[0].margins[0].at_best.unwrap();
    (bound * 1000.0).ceil() / 1000.0
}

#[test]
fn the_margin_that_is_printed_passes_when_it_is_used() {
    for checks in 1..=3 {
        let mut inconclusive = 0;
        for seed in 0..6 {
            let (clean, _) = counted(seed, 2, 1);
            let trials: Vec<Vec<Trial>> = (0..checks)
                .map(|check| counted(seed, 2 + check % 2, 1).1)
                .collect();
            let asked = vec![flip_margin(0.06); usize::try_from(checks).unwrap()];
            let before = judged(&suite(&asked), &clean, &trials);
            // All of them at once: each bound takes the others as they are, and they get no worse.
            let asked: Vec<Gates> = before
                .iter()
                .map(|judgment| match judgment.verdict {
                    Verdict::Pass => flip_margin(0.06),
                    _ => flip_margin(printed(judgment)),
                })
                .collect();
            let after = judged(&suite(&asked), &clean, &trials);
            inconclusive += before.iter().filter(|j| j.verdict != Verdict::Pass).count();
            for judgment in &after {
                assert_eq!(judgment.verdict, Verdict::Pass, "{checks} {seed}");
            }
        }
        assert!(inconclusive > 2, "{checks}: {inconclusive}");
    }
}

#[test]
fn a_fail_names_only_margins_that_are_shown_to_be_exceeded() {
    let gates = Gates {
        flip: Some(Margin {
            relative: Some(0.05),
            absolute: Some(0.1),
        }),
        gain: None,
    };

    let (clean, trials) = counted(3, 6, 0);
    let judgment = judged(&suite(&[gates]), &clean, &[trials]).remove(0);
    assert_eq!(judgment.verdict, Verdict::Fail);

    let exceeded = judgment.gates[0]
        .margins
        .iter()
        .map(MarginTest::is_exceeded);

    assert_eq!(exceeded.collect::<Vec<bool>>(), [true, false]);
}

#[test]
fn a_share_of_the_clean_gain_is_harder_to_keep_than_any_gain() {
    let keep = |share| Gates {
        flip: None,
        gain: Keep::new(share),
    };
    let (clean, trials) = counted(5, 1, 1);
    let p = |share| {
        let judgment = judged(
            &suite(&[keep(share)]),
            &clean,
            std::slice::from_ref(&trials),
        )
        .remove(0);
        let measured = judgment.gates[0].margins[0].measured.ratio;
        (judgment.gates[0].p_pass, measured)
    };

    let (any, half, all) = (p(0.0), p(0.5), p(1.0));
    assert!(
        any.0 <= half.0 && half.0 <= all.0,
        "{any:?} {half:?} {all:?}"
    );
    assert!((any.1 - half.1 - (half.1 - all.1)).abs() < 1e-12);
}

#[test]
fn no_share_of_a_clean_gain_is_kept_that_is_not_shown() {
    let (clean, trials) = counted(5, 1, 1);
    let gate = |gains: &dyn Fn(usize) -> usize, loses: usize, share| {
        // The first pass's favourite gets as many errors as its picks, and so many more.
        let mut clean = clean.clone();
        for (index, list) in clean.iter_mut().enumerate() {
            list.errors[0] = errors(list.errors[1].errors() + gains(index));
        }
        let mut trials = trials.clone();
        for trial in &mut trials {
            trial.first_pass_text = errors(trial.text.errors() + 3);
            trial.text = errors(trial.text.errors() + loses);
        }
        let gates = Gates {
            flip: None,
            gain: Keep::new(share),
        };
        judged(&suite(&[gates]), &clean, &[trials])
            .remove(0)
            .gates
            .remove(0)
    };

    // Where perturbed lists alone gain, any gain is there, and nothing of a clean one.
    let none = |_| 0;
    assert_eq!(gate(&none, 0, 0.0).decision.verdict, Verdict::Pass);
    let kept = gate(&none, 0, 0.5);
    assert_eq!(kept.decision.verdict, Verdict::Inconclusive);
    assert_eq!(kept.decision.reasons, [Reason::NoCleanGain]);
    assert!(kept.has_no_clean_gain && kept.p_pass > 0.05);

    // One list of many is no evidence of a gain.
    let hardly = |index| usize::from(index == 0);
    let kept = gate(&hardly, 0, 0.5);
    assert_eq!(kept.decision.reasons, [Reason::NoCleanGain]);
    assert!(!kept.has_no_clean_gain);

    // A gain that is there can be kept and lost; where none is, more can be lost still.
    let one = |_| 1;
    assert_eq!(gate(&one, 0, 0.5).decision.verdict, Verdict::Pass);
    let lost = gate(&one, 5, 0.5);
    assert_eq!(lost.decision.verdict, Verdict::Fail);
    assert!(!lost.has_no_clean_gain);
    let lost = gate(&none, 5, 0.5);
    assert_eq!(lost.decision.verdict, Verdict::Fail);
    assert!(lost.has_no_clean_gain);
}

/// One of 20 speakers has all clean errors but a few: scipy.stats.t.ppf(0.95, 19)^2 times the
/// variance of the mean, over its square, is 1.67, and a ratio to them has no interval.
#[test]
fn nothing_is_shown_relative_to_clean_errors_that_may_be_none() {
    let sums: Vec<ErrorSums> = (0..20)
        .map(|speaker| ErrorSums {
            words: 100,
            clean: if speaker == 0 { 60 } else { 1 },
            ..ErrorSums::default()
        })
        .collect();
    let resampling = Resampling {
        replicates: 500,
        seed: 1,
    };

    let at_best = |limit: Limit| {
        let claim = claim(limit, &sums, &resampling);
        let test = claim.excess.test();
        claim.bounded(&test, Levels::all(0.05), 0.05).at_best
    };
    assert_eq!(at_best(Limit::Relative(0.05)), None);
    assert!(at_best(Limit::Absolute(0.05)).is_some_and(|bound| bound < 0.01));
}

#[test]
fn failing_is_corrected_for_harm_on_the_clean_lists_and_that_for_the_gates() {
    let (clean, trials) = counted(3, 2, 1);
    let suite = suite(&[Gates::default()]);
    let harm = |p| Harm {
        differences: vec![0; SPEAKERS],
        p,
    };
    let gates = |harm: Option<&Harm>| {
        let trials = std::slice::from_ref(&trials);
        judged_beside(&suite, &clean, trials, harm)
    };

    // Holm, by hand: what is largest of three is left, and what is smallest is taken three times.
    let alone = gates(None);
    let p = |judgment: &Judgment| -> Vec<[f64; 2]> {
        let gates = judgment.gates.iter();
        gates.map(|gate| [gate.p_fail_alone, gate.p_fail]).collect()
    };
    let of_two = p(&alone[0]);
    assert_eq!(of_two.len(), 2);
    for (of_harm, factor) in [(1.0, 3.0), (0.0, 2.0)] {
        let harm = harm(of_harm);
        let beside = gates(Some(&harm));
        for ([p_alone, p_beside], [same, _]) in p(&beside[0]).into_iter().zip(&of_two) {
            assert!((p_alone - same).abs() < 1e-15);
            assert!(p_beside >= p_alone);
        }
        let smallest = of_two.iter().map(|[p, _]| *p).fold(1.0, f64::min);
        let found = p(&beside[0])
            .into_iter()
            .map(|[_, p]| p)
            .fold(1.0, f64::min);
        assert!(
            (found - (factor * smallest).min(1.0)).abs() < 1e-12,
            "{of_harm}"
        );
        assert!(beside[0].gates.iter().all(|gate| gate.fail_family == 3));
    }
    assert!(alone[0].gates.iter().all(|gate| gate.fail_family == 2));

    // Beside 0.001 and 0.5 it is taken twice; beside larger ones three times, which is too much.
    let remark = |of_gates: [f64; 2]| {
        let mut judgments = alone.clone();
        for (gate, p) in judgments[0].gates.iter_mut().zip(of_gates) {
            gate.p_fail_alone = p;
        }
        harm(0.02).remark(0.05, &judgments)
    };
    let shown = Remark::WorseThanFirstPass {
        extra_errors: 0,
        p: 0.04,
        tests: 3,
    };
    assert_eq!(remark([0.001, 0.5]), Some(shown));
    assert_eq!(remark([0.4, 0.5]), None);
}

#[test]
fn harm_fails_the_check_and_no_gate_that_is_not_shown_to_fail() {
    let harm = Remark::WorseThanFirstPass {
        extra_errors: 9,
        p: 0.001,
        tests: 3,
    };
    let half_copied = Remark::Copies {
        lists: 10,
        distinct: 2,
        alike: 8,
    };
    let (clean, trials) = counted(3, 6, 0);
    let (kept, exceeded) = (flip_margin(9.0), flip_margin(0.01));
    let of = |gates| {
        let suite = suite(&[gates]);
        judged(&suite, &clean, std::slice::from_ref(&trials)).remove(0)
    };
    for (gates, remark, verdicts, barred) in [
        (
            kept,
            &harm,
            [Verdict::Fail, Verdict::Inconclusive],
            Some(Verdict::Pass),
        ),
        (exceeded, &harm, [Verdict::Fail, Verdict::Fail], None),
        (
            kept,
            &half_copied,
            [Verdict::Inconclusive, Verdict::Inconclusive],
            Some(Verdict::Pass),
        ),
        (
            exceeded,
            &half_copied,
            [Verdict::Inconclusive, Verdict::Inconclusive],
            Some(Verdict::Fail),
        ),
    ] {
        let mut judgment = of(gates);
        judgment.bar(remark);
        let gate = &judgment.gates[0];
        assert_eq!([judgment.verdict, gate.decision.verdict], verdicts);
        assert_eq!(gate.barred, barred);
        // How often so few pass wrongly is not told where none can pass.
        let is_told = gate.decision.cautions.contains(&Caution::FewClusters);
        assert_eq!(is_told, barred.is_none());
    }
}
