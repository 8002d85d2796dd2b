//! `--stop` and `--budget`: a clear case ends early, and says how it was looked at.

use std::fmt::Write;

use serde_json::Value;

use crate::project::{Project, Run, project, unwrapped, with_scores, words};

/// A check of the oracle on the bundled lists, which passes perturb-1 and perturb-n.
fn check(project: &Project, suite: &str, more: &[&str]) -> (Run, Value) {
    let arguments = ["--model", "oracle", "--suite", suite, "--out", "report"];
    run_check(project, &[&arguments, more].concat())
}

fn run_check(project: &Project, arguments: &[&str]) -> (Run, Value) {
    let run = project.run(arguments);
    assert_ne!(run.code, 2, "{}", run.err);
    let report = serde_json::from_str(&project.read("report/report.json")).unwrap();
    (run, report)
}

/// Lists of twenty speakers, and a rescorer that shuns whatever is not as the recogniser wrote it:
/// a swap in the first hypothesis makes it take the other one, which is worse by two or three
/// words.
fn swayed() -> Project {
    let mut lists = String::new();
    for speaker in 0..20 {
        let text = "meet their new knight by the sea";
        let more = if speaker % 3 == 0 {
            "oh my"
        } else {
            "oh my oh"
        };
        for take in 0..2 {
            writeln!(
                lists,
                r#"{{"id": "s{speaker:02}-{take}", "speaker": "s{speaker:02}", "ref": "so {text}", "hyps": [{{"text": "{text}", "score": -1{speaker:02}{take}1.0}}, {{"text": "{text} {more}", "score": -1{speaker:02}{take}2.5}}]}}"#
            )
            .unwrap();
        }
    }

    let known = lists.clone();
    with_scores(
        project().file("lists.jsonl", lists),
        "table.jsonl",
        |text| {
            if known.contains(&format!("\"{text}\"")) {
                0.0
            } else {
                -100.0
            }
        },
    )
}

fn draws(project: &Project) -> usize {
    let counts = project.read("report/utterances.jsonl");
    let line: Value = serde_json::from_str(counts.lines().next().unwrap()).unwrap();
    line["checks"][0]["text"].as_array().unwrap().len()
}

#[track_caller]
fn check_ended(project: &Project, run: &Run, report: &Value, rule: &str, expected: (i32, &str)) {
    let check = &report["checks"][0];
    assert_eq!(
        (run.code, &check["verdict"]["verdict"]),
        (expected.0, &expected.1.into())
    );

    let looks = &check["looks"];
    assert_eq!(
        (&looks["rule"], &looks["ended"]),
        (&rule.into(), &"verdict".into())
    );

    let made = draws(project);
    assert!(made < 5, "{rule}: {}", run.out);
    assert_eq!(looks["draws"], made);
    assert_eq!(looks["looks"].as_array().unwrap().len(), made);
    assert_eq!(
        check["coverage"]["lists"],
        report["nbest"]["utterances"].as_u64().unwrap() * made as u64
    );

    let words = format!("Ended by its verdict after {made} of 5 draws");
    assert!(unwrapped(&run.out).contains(&words), "{}", run.out);
    let signature = check["verdict"]["signature"].as_str().unwrap();
    assert!(
        signature.ends_with(&format!("|stop:{rule}|draws:{made}of5")),
        "{signature}"
    );
}

#[test]
fn a_clear_pass_and_a_clear_fail_end_early() {
    for rule in ["planned=5", "anytime"] {
        for suite in ["perturb-1", "perturb-n"] {
            let project = project();
            let (ran, report) = check(&project, suite, &["--stop", rule]);
            check_ended(&project, &ran, &report, rule, (0, "pass"));
        }
        let project = swayed();
        let arguments = [
            "--model",
            "scores:table.jsonl",
            "--weight",
            "1",
            "--suite",
            "perturb-1",
            "--nbest",
            "lists.jsonl",
            "--out",
            "report",
            "--stop",
            rule,
        ];
        let (ran, report) = run_check(&project, &arguments);
        check_ended(&project, &ran, &report, rule, (1, "fail"));
        let gates = report["checks"][0]["verdict"]["gates"].as_array().unwrap();
        assert!(
            gates.iter().all(|gate| gate["verdict"] == "fail"),
            "{}",
            ran.out
        );
    }
}

#[test]
fn draws_before_an_early_end_are_those_of_the_full_run() {
    let project = project();
    check(&project, "perturb-n", &[]);
    let full = project.cases("report");
    check(
        &project,
        "perturb-n",
        &["--stop", "planned=5", "--jobs", "1"],
    );

    let stopped = project.cases("report");
    check(
        &project,
        "perturb-n",
        &["--stop", "planned=5", "--jobs", "2"],
    );
    assert_eq!(project.cases("report"), stopped);

    let made = draws(&project);
    let kept = |line: &&str| {
        let case: Value = serde_json::from_str(line).unwrap();
        case["draw"].as_u64().unwrap() < made as u64
    };
    let expected: Vec<&str> = full.lines().filter(kept).collect();

    assert_eq!(stopped.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn a_budget_ends_the_draws_and_leaves_a_plan_inconclusive() {
    let project = project();
    // The clean lists hold 6,000 texts, and so does every draw.
    let (run, report) = check(&project, "perturb-n", &["--budget", "18100"]);
    assert_eq!(draws(&project), 2);
    assert_eq!(report["checks"][0]["looks"]["ended"], "budget");
    assert!(
        unwrapped(&run.out).contains("Ended by the budget after 2 of 5 draws"),
        "{}",
        run.out
    );
    assert_eq!(run.code, 0, "{}", run.out);

    let first_pass =
        words("--model first-pass --suite perturb-1 --out report --budget 1 --stop planned=5");

    let (run, _) = run_check(&project, &first_pass);
    assert_eq!((run.code, draws(&project)), (3, 1), "{}", run.out);
    assert!(
        unwrapped(&run.out).contains("before its stopping rule allowed a verdict"),
        "{}",
        run.out
    );
}

#[test]
fn rules_that_fit_nothing_are_refused() {
    let base = ["--model", "oracle", "--suite", "perturb-1"];
    let error = |more: &[&str], expected: &[&str]| {
        project().check_error(&[&base[..], more].concat(), expected);
    };

    error(
        &["--stop", "planned=3"],
        &["3 planned looks", "5 draws", "multiple of 3"],
    );
    error(&["--stop", "sometimes"], &["planned=N", "anytime"]);
    error(&["--budget", "much"], &["number of texts", "30m"]);
}
