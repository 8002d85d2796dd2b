//! Runs against runs with a few errors more.

use super::*;

const QUESTION: BaselineCheck<'static> = BaselineCheck {
    suite: "s",
    check: "c",
};

const TERMS: Terms = Terms {
    margin: 0.05,
    alpha: 0.05,
    fewest_clusters: 12,
    same_model: true,
    seed: 1,
};

/// Of runs in which no list is a copy.
fn compare<'a>(
    then: &[UtteranceCounts],
    now: &[UtteranceCounts],
    questions: &[BaselineCheck<'a>],
    terms: &Terms,
) -> Option<Comparison<'a>> {
    let clusters = Clustering::by_speaker(now.iter().map(|counts| counts.speaker.as_deref()));
    super::compare(then, (now, &clusters), questions, terms)
}

/// 24 speakers with two utterances each; `extra` errors more in every draw.
fn run(extra: u64, draws: u64) -> Vec<UtteranceCounts> {
    (0..48_u64)
        .map(|index| UtteranceCounts {
            id: format!("u{index:02}"),
            speaker: Some(format!("s{:02}", index / 2)),
            list: "same".to_owned(),
            reference_words: 10,
            errors: 1 + index % 3,
            first_pass_errors: 2,
            checks: vec![CheckCounts {
                suite: "s".to_owned(),
                check: "c".to_owned(),
                text: (0..draws)
                    .map(|draw| 2 + (index + draw) % 3 + extra * ((index + draw) % 2))
                    .collect(),
                kept: vec![1; usize::try_from(draws).unwrap()],
                first_pass: vec![1; usize::try_from(draws).unwrap()],
            }],
        })
        .collect()
}

fn verdicts(comparison: &Comparison<'_>) -> Vec<Verdict> {
    comparison
        .changes
        .iter()
        .map(|change| change.decision.verdict)
        .collect()
}

#[test]
fn an_equal_run_is_identical_and_a_worse_one_a_regression() {
    let equal = compare(&run(0, 5), &run(0, 5), &[QUESTION], &TERMS).unwrap();
    assert_eq!(verdicts(&equal), [Verdict::Identical, Verdict::Identical]);
    assert_eq!((equal.common, equal.clusters), (48, 24));
    let worse = compare(&run(0, 5), &run(2, 5), &[QUESTION], &TERMS).unwrap();
    assert_eq!(verdicts(&worse), [Verdict::Identical, Verdict::Fail]);
    assert_eq!(worse.verdict, Verdict::Fail);
    let better = compare(&run(2, 5), &run(0, 5), &[QUESTION], &TERMS).unwrap();
    assert_eq!(verdicts(&better), [Verdict::Identical, Verdict::Pass]);
}

#[test]
fn only_common_utterances_and_draws_are_compared() {
    let then = run(0, 3);
    let mut now = run(0, 5);
    now[0].id = "new".to_owned();
    now[1].list = "other".to_owned();
    let comparison = compare(&then, &now, &[QUESTION], &TERMS).unwrap();
    assert_eq!(comparison.common, 46);
    assert_eq!(comparison.added, ["new"]);
    assert_eq!(comparison.removed, ["u00"]);
    assert_eq!(comparison.changed, ["u01"]);
    assert_eq!(comparison.changes[1].draws, 3);
    assert_eq!(comparison.changes[1].sums.reference_words, 46 * 3 * 10);
}

#[test]
fn draws_that_are_lost_or_added_are_known() {
    let known = |then: u64, now: u64| {
        let (then, now) = (run(0, then), run(0, now));
        let comparison = compare(&then, &now, &[QUESTION], &TERMS).unwrap();
        let changes = comparison.changes.iter();
        let known = changes.map(|change| [change.loses_draws, change.adds_draws]);
        known.collect::<Vec<_>>()
    };
    assert_eq!(known(5, 5), [[false, false], [false, false]]);
    assert_eq!(known(5, 1), [[false, false], [true, false]]);
    assert_eq!(known(1, 5), [[false, false], [false, true]]);
}

#[test]
fn without_anything_in_common_there_is_no_comparison() {
    let mut now = run(0, 5);
    for counts in &mut now {
        counts.id.insert(0, 'x');
    }

    assert!(compare(&run(0, 5), &now, &[QUESTION], &TERMS).is_none());
    let other = BaselineCheck {
        check: "other",
        ..QUESTION
    };
    let comparison = compare(&run(0, 5), &run(0, 5), &[other], &TERMS).unwrap();
    assert_eq!(
        (comparison.changes.len(), comparison.uncounted.as_slice()),
        (1, [other].as_slice())
    );
    assert_eq!(comparison.verdict, Verdict::Inconclusive);
}

#[test]
fn equal_counts_of_another_model_take_as_much_evidence_as_any_pass() {
    let other_model = Terms {
        same_model: false,
        ..TERMS
    };
    let equal = compare(&run(0, 5), &run(0, 5), &[QUESTION], &other_model).unwrap();
    assert_eq!(
        verdicts(&equal),
        [Verdict::Inconclusive, Verdict::Inconclusive]
    );
    assert!(!equal.rises());
    let worse = compare(&run(0, 5), &run(2, 5), &[QUESTION], &other_model).unwrap();
    assert!(worse.rises());
}

#[test]
fn an_error_more_is_a_rise_even_where_the_margin_accepts_it() {
    let then = run(0, 5);
    let mut now = run(0, 5);
    now[0].errors += 1;
    // 97 errors after 96 on the clean lists are far from twice as many.
    let lenient = Terms {
        margin: 1.0,
        ..TERMS
    };
    let clean = compare(&then, &now, &[QUESTION], &lenient).unwrap();
    assert_eq!(verdicts(&clean), [Verdict::Pass, Verdict::Identical]);
    assert!(clean.rises());
    assert!(!compare(&now, &then, &[QUESTION], &TERMS).unwrap().rises());

    // Fewer on the clean lists do not make up for one more under a check.
    let mut traded = run(0, 5);
    traded[0].errors = 0;
    traded[0].checks[0].text[0] += 1;
    assert!(
        compare(&then, &traded, &[QUESTION], &TERMS)
            .unwrap()
            .rises()
    );
}

#[test]
fn a_baseline_without_errors_can_be_lost() {
    let mut then = run(0, 5);
    for counts in &mut then {
        counts.checks[0].text.fill(0);
    }
    let comparison = compare(&then, &run(0, 5), &[QUESTION], &TERMS).unwrap();
    assert_eq!(verdicts(&comparison), [Verdict::Identical, Verdict::Fail]);
}

#[test]
fn copies_under_other_names_count_once() {
    let now = run(2, 5);
    let speakers = now.iter().map(|counts| counts.speaker.as_deref());
    // The last twelve speakers say what the first twelve do.
    let marks = (0..48_u64).map(|index| NonZeroU64::new(index % 24 + 1));
    let joined = Clustering::by_speaker(speakers).joined(marks);
    let found = super::compare(&run(0, 5), (&now, &joined), &[QUESTION], &TERMS).unwrap();
    assert_eq!((found.common, found.clusters), (48, 12));
}
