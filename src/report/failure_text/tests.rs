use super::*;
use crate::check::failures::picks::Row;

/// The row of a file.
fn row(kind: &str, words: &str, marks: &str) -> Row {
    let line = serde_json::json!({"kind": kind, "words": words, "marks": marks});
    let row: Row = serde_json::from_value(line.clone()).unwrap();
    assert_eq!(serde_json::to_value(&row).unwrap(), line);
    row
}

fn record() -> FailuresRecord {
    let list = |substitutions: &[&str], after, shown: bool| CounterexampleListRecord {
        substitutions: substitutions
            .iter()
            .map(|swap| (*swap).to_owned())
            .collect(),
        hypotheses: 2,
        damage: 1,
        margin_before: Some(0.41),
        margin_after: Some(after),
        rows: if shown {
            vec![
                row("reference", "*** two cups for tea", "....."),
                row("better", "*** two cups for tea", "....."),
                row("better-perturbed", "*** too cups for tea", ".P..."),
                row("worse", "oh two cups four ***", "I..SD"),
            ]
        } else {
            Vec::new()
        },
    };

    let case = |id: &str, shown| CounterexampleRecord {
        file: format!("{id}.json"),
        id: id.to_owned(),
        draw: 2,
        status: MinimizeStatus::Complete,
        tried: 16,
        texts: 40,
        minimal: list(&["two -> too (0)"], -0.12, shown),
        drawn: list(&["two -> too (0)", "for -> four (0)"], -2.3, shown),
    };

    let check = |name: &str, cases| CheckFailuresRecord {
        suite: "s".to_owned(),
        check: name.to_owned(),
        found: 9,
        utterances: 1,
        complete: 2,
        budget: 0,
        flaky: 1,
        median_substitutions: Some(1),
        median_drawn_substitutions: Some(2),
        median_texts: Some(40),
        coherent: false,
        cases,
    };

    FailuresRecord {
        mode: "each".to_owned(),
        noise: 1e-4,
        max_failures: Some(3),
        max_calls: 1000,
        effort: crate::report::failures::EffortRecord {
            failures: 3,
            calls: 9,
            calls_one_at_a_time: 48,
            judged: 70,
        },
        stopped: None,
        checks: vec![
            check("s", vec![case("u1", true), case("u2", false)]),
            check("t", vec![case("u3", true), case("u4", true)]),
        ],
        replayed: vec![ReplayRecord {
            file: "f.json".to_owned(),
            id: "u1".to_owned(),
            status: ReplayStatus::OnlyDrawn,
            substitutions: vec!["two -> too (0)".to_owned()],
            margin_saved: Some(-0.12),
            margin_now: Some(0.3),
        }],
        certificates: vec![CertifiedRecord {
            suite: "s".to_owned(),
            check: "s".to_owned(),
            utterances: 363,
            untouched: 0,
            certified: 200,
            flipped: 160,
            harmed: 80,
            substitutions: 12345,
            flips: 400,
            harmful_flips: 170,
        }],
    }
}

#[test]
fn a_certificate_of_nothing_is_told_from_one_of_something() {
    let mut certified = record().certificates.remove(0);
    certified.untouched = 3;
    assert_eq!(
        certificates(&certified),
        "200 of 360 utterances keep their pick under every single substitution (12,345 tried); 160 \
         flip under some, 80 of them harmfully; of 3 others no word can be substituted, which \
         shows nothing"
    );
}

#[test]
fn the_terminal_shows_one_failure_where_there_is_room() {
    let record = FailuresRecord {
        checks: record().checks[..1].to_vec(),
        ..record()
    };

    insta::assert_snapshot!(terminal(&record, Worst::WordByWord, None), @r"
    saved failures: 1 replayed: 0 still failing, 1 only as drawn, 0 gone
    failures of s: 9 harmful flips in 1 utterance, worst 3 tried: 2 minimized, 1 within the noise
      u1, draw 2: two -> too (phonetic distance 0); 1 error more
        reference      two   cups for  tea
        better         two   cups for  tea
          perturbed    [too] cups for  tea
        worse       OH two   cups FOUR ***
    certificates for s: 200 of 363 utterances keep their pick under every single substitution (12,345 tried); 160 flip under some, 80 of them harmfully
    ");
    assert_eq!(terminal(&record, Worst::Named, None).lines().count(), 4);
    assert_eq!(terminal(&record, Worst::Counted, None).lines().count(), 3);
}

#[test]
fn a_rescorer_that_gave_up_is_told_in_a_line() {
    let record = FailuresRecord {
        stopped: Some("it ended; its last lines:\n  out of memory".to_owned()),
        ..record()
    };
    let told = "Minimizing stopped: it ended; its last lines: out of memory.\n";
    assert!(markdown(&record, None).contains(told));
}

#[test]
fn the_failure_that_is_shown_adds_most_errors() {
    let mut record = record();
    assert_eq!(worst(&record.checks).unwrap().1.id, "u1");
    record.checks[1].cases[0].minimal.damage = 2;
    assert_eq!(worst(&record.checks).unwrap().1.id, "u3");
}

#[test]
fn the_markdown_shows_failures_as_drawn_and_as_minimized() {
    let record = FailuresRecord {
        checks: record().checks[..1].to_vec(),
        ..record()
    };
    insta::assert_snapshot!(markdown(&record, Some("a report")), @r"
    ## Failures

    ### Saved failures

    1 replayed: 0 still failing, 1 only as drawn, 0 gone.

    | file | utterance | swapped | margin saved | now | |
    |---|---|---|---:|---:|---|
    | f.json | u1 | two -> too (0) | -0.120 | +0.300 | fails only as drawn |

    ### s: failures

    9 harmful flips in 1 utterance, worst 3 tried: 2 minimized, 1 within the noise; median 1 of 2 substitutions left, 40 texts asked for.

    **u1**, draw 2, as drawn: two -> too (0), for -> four (0); 2 hypotheses; margin +0.410 -> -2.300, 1 error more

    ```text
    reference      two   cups for  tea
    better         two   cups for  tea
      perturbed    [too] cups for  tea
    worse       OH two   cups FOUR ***
    ```

    Minimal (complete after 16 lists): two -> too (0); 2 hypotheses; margin +0.410 -> -0.120, 1 error more

    ```text
    reference      two   cups for  tea
    better         two   cups for  tea
      perturbed    [too] cups for  tea
    worse       OH two   cups FOUR ***
    ```

    <details><summary>1 more</summary>

    | utterance | draw | swapped | margin | as drawn | errors more | |
    |---|---:|---|---:|---:|---:|---|
    | u2 | 2 | two -> too (0) | -0.120 | -2.300 | 1 | complete after 16 lists |

    </details>

    ### Single substitutions

    - s: 200 of 363 utterances keep their pick under every single substitution (12,345 tried); 160 flip under some, 80 of them harmfully

    Minimizing 3 failures together took 9 calls of the model, where trying one list at a time takes 48. A margin within 1.0e-4 counts as noise. Words in brackets are swapped, words in capitals are errors; `better` is the pick from the unperturbed list, `worse` the pick from the perturbed one.

    Run the saved failures again:

    ```sh
    robustness-check replay 'a report'
    ```
    ");
}

#[test]
fn only_what_was_minimized_is_said_to_be() {
    let told = |found, complete, budget, flaky| {
        let check = CheckFailuresRecord {
            found,
            complete,
            budget,
            flaky,
            ..record().checks.remove(0)
        };
        let text = super::found(&check);
        text.split_once("1 utterance").unwrap().1.to_owned()
    };

    assert_eq!(told(9, 0, 0, 0), "");
    assert_eq!(told(1, 1, 0, 0), ", minimized");
    assert_eq!(told(1, 0, 0, 1), ", within the noise");
    assert_eq!(told(4, 4, 0, 0), ", all minimized");
    assert_eq!(told(4, 0, 0, 4), ", all within the noise");
    assert_eq!(told(9, 0, 3, 0), ", worst 3 cut short");
    assert_eq!(
        told(4, 2, 1, 1),
        ", 2 minimized, 1 cut short, 1 within the noise"
    );
    assert_eq!(
        told(9, 2, 0, 1),
        ", worst 3 tried: 2 minimized, 1 within the noise"
    );
}

#[test]
fn what_counts_as_one_swap_of_a_coherent_check_is_said() {
    let mut check = record().checks.remove(0);
    check.coherent = true;
    let told = super::found(&check);
    let expected = "1 within the noise (a word is swapped back in all hypotheses at once)";
    assert!(told.ends_with(expected), "{told}");
    // Where nothing was made smaller, nothing was swapped back.
    (check.complete, check.budget) = (0, 2);
    assert!(!super::found(&check).contains("swapped back"));
}

#[test]
fn failures_that_were_not_saved_are_not_run_again() {
    let mut record = record();
    for check in &mut record.checks {
        (check.complete, check.flaky) = (0, 9);
        check.cases.clear();
    }

    let text = markdown(&record, Some("report"));
    assert!(text.contains("1 utterance, all within the noise"), "{text}");
    for wrong in ["replay report", "all minimized", "Words in brackets"] {
        assert!(!text.contains(wrong), "{text}");
    }
}
