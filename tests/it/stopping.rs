//! `--stop` and `--budget`: a clear case ends early, and says how it was looked at.

use crate::project::Project;
use crate::project::Run;
use crate::project::project;
use serde_json::Value;

/// A check of the oracle on the bundled lists, which passes perturb-1 and fails perturb-n.
fn check(project: &Project, suite: &str, more: &[&str]) -> (Run, Value) {
    let arguments = ["--model", "oracle", "--suite", suite, "--out", "report"];
    let run = project.run(&[&arguments, more].concat());
    assert_ne!(run.code, 2, "{}", run.err);
    let report = serde_json::from_str(&project.read("report/report.json")).unwrap();
    (run, report)
}

fn draws(project: &Project) -> usize {
    let counts = project.read("report/utterances.jsonl");
    let line: Value = serde_json::from_str(counts.lines().next().unwrap()).unwrap();
    line["checks"][0]["text"].as_array().unwrap().len()
}

#[test]
fn a_clear_pass_and_a_clear_fail_end_early() {
    for (suite, code, verdict) in [("perturb-1", 0, "pass"), ("perturb-n", 1, "fail")] {
        for rule in ["planned=5", "anytime"] {
            let project = project();
            let (run, report) = check(&project, suite, &["--stop", rule]);
            let check = &report["checks"][0];
            assert_eq!(run.code, code, "{}", run.out);
            assert_eq!(check["verdict"]["verdict"], verdict);
            let looks = &check["looks"];
            assert_eq!(
                (&looks["rule"], &looks["ended"]),
                (&rule.into(), &"verdict".into())
            );
            let made = draws(&project);
            assert!(made < 5, "{suite} {rule}: {}", run.out);
            assert_eq!(looks["draws"], made);
            assert_eq!(looks["looks"].as_array().unwrap().len(), made);
            assert_eq!(check["coverage"]["lists"], 363 * made);
            let words = format!("Ended by its verdict after {made} of 5 draws");
            assert!(run.out.contains(&words), "{}", run.out);
            let signature = check["verdict"]["signature"].as_str().unwrap();
            assert!(
                signature.ends_with(&format!("|stop:{rule}|draws:{made}of5")),
                "{signature}"
            );
        }
    }
}

#[test]
fn draws_before_an_early_end_are_those_of_the_full_run() {
    let project = project();
    check(&project, "perturb-n", &[]);
    let full = project.read("report/cases.jsonl");
    check(
        &project,
        "perturb-n",
        &["--stop", "planned=5", "--jobs", "1"],
    );
    let stopped = project.read("report/cases.jsonl");
    check(
        &project,
        "perturb-n",
        &["--stop", "planned=5", "--jobs", "2"],
    );
    assert_eq!(project.read("report/cases.jsonl"), stopped);
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
    // The clean lists hold 3,630 texts, and so does every draw.
    let (run, report) = check(&project, "perturb-n", &["--budget", "11000"]);
    assert_eq!(draws(&project), 2);
    assert_eq!(report["checks"][0]["looks"]["ended"], "budget");
    assert!(
        run.out.contains("Ended by the budget after 2 of 5 draws"),
        "{}",
        run.out
    );
    assert_eq!(run.code, 1, "{}", run.out);
    let (run, _) = check(
        &project,
        "perturb-1",
        &["--budget", "1", "--stop", "planned=5"],
    );
    assert_eq!((run.code, draws(&project)), (3, 1), "{}", run.out);
    assert!(
        run.out
            .contains("before its stopping rule allowed a verdict"),
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
