//! What must hold of verdicts for ever: the best rescorer fails no gate, one that never reads a
//! word does not pass as one that helps, and the parts of a degradation are the whole of it.

use std::fmt::Write;

use serde_json::Value;

use crate::project::{Project, project, unwrapped, with_scores, words};

const SUITES: [&str; 4] = ["perturb-1", "perturb-n", "perturb-n-coherent", "severity"];

/// The checks of `model` under `suite`, on the bundled lists or those of the project.
fn checks(project: &Project, model: &[&str], suite: &str, more: &[&str]) -> (Vec<Value>, String) {
    let arguments = ["--suite", suite, "--minimise", "off", "--out", "report"];
    let run = project.run(&[model, &arguments, more].concat());
    assert!([0, 1, 3].contains(&run.code), "{}", run.err);
    let report: Value = serde_json::from_str(&project.read("report/report.json")).unwrap();
    (report["checks"].as_array().unwrap().clone(), run.out)
}

fn gates(check: &Value) -> &Vec<Value> {
    check["verdict"]["gates"].as_array().unwrap()
}

/// Sums that hold whatever the rescorer is.
#[track_caller]
fn check_sums(check: &Value) {
    let errors = &check["nprr"]["errors"];
    let of = |name: &str| errors[name].as_i64().unwrap();
    assert_eq!(of("injected") + of("flip"), of("extra"), "{errors}");

    let wer = |name: &str| -> i64 {
        let kinds = ["substitutions", "insertions", "deletions"];
        let counts = kinds.map(|kind| check["wer"][name][kind].as_i64().unwrap());
        counts.iter().sum()
    };
    assert_eq!(of("clean"), wer("clean"));
    assert_eq!(of("extra"), wer("text") - wer("clean"));
    assert_eq!(of("flip"), wer("text") - wer("kept"));

    let flips = |kind: &str| check["flips"][kind]["count"].as_u64().unwrap();
    let kinds = ["harmful", "neutral", "helpful"].map(flips);
    assert_eq!(kinds.iter().sum::<u64>(), flips("all"));
}

/// Lists of `speakers` speakers in which the best hypothesis is `best`-th of the first pass, errors
/// of which are few.
fn small(speakers: usize, hypotheses: usize) -> Project {
    let mut lists = String::new();
    let texts = [
        "meet there new knight by the sea",
        "meet their new knight by the sea",
        "meat their new night by the see",
    ];

    for speaker in 0..speakers {
        let first = speaker % 3;
        let hyps: Vec<Value> = (0..hypotheses)
            .map(|rank| {
                let text = texts[(first + rank) % 3];
                // Of no two speakers alike, which would be copies.
                let score = -1.0 - f64::from(u32::try_from(rank + 10 * speaker).unwrap());
                serde_json::json!({"text": text, "score": score})
            })
            .collect();
        let line = serde_json::json!({"id": format!("u{speaker:02}"), "speaker": format!("s{speaker:02}"), "ref": texts[1], "hyps": hyps});
        writeln!(lists, "{line}").unwrap();
    }

    project().file("lists.jsonl", lists)
}

#[test]
fn the_best_rescorer_fails_no_gate_of_any_suite() {
    for suite in SUITES {
        let bundled = project();
        let (found, out) = checks(&bundled, &["--model", "oracle"], suite, &[]);
        for check in &found {
            check_sums(check);
            for gate in gates(check) {
                // Far up the ladder too few lists may be touched for any verdict.
                let expected: &[&str] = match suite {
                    "severity" => &["pass", "inconclusive"],
                    _ => &["pass"],
                };
                let verdict = gate["verdict"].as_str().unwrap();
                assert!(expected.contains(&verdict), "{out}");
            }
            assert_eq!(check["flips"]["harmful"]["count"], 0);
            assert_eq!(check["regret"]["perturbed"]["value"], 0.0);
        }
        for (speakers, hypotheses) in [(1, 3), (2, 2), (6, 1), (12, 1), (24, 3)] {
            let project = small(speakers, hypotheses);
            let on = ["--nbest", "lists.jsonl"];
            let (found, out) = checks(&project, &["--model", "oracle"], suite, &on);
            for gate in found.iter().flat_map(gates) {
                assert_ne!(gate["verdict"], "fail", "{speakers} {hypotheses}: {out}");
            }
        }
    }
}

/// Whether `gate` is there, and shows no gain.
#[track_caller]
fn check_no_gain(found: &[Value], out: &str) {
    for check in found {
        check_sums(check);
        let gain = gates(check).iter().find(|gate| gate["gate"] == "gain");
        if let Some(gain) = gain {
            assert_ne!(gain["verdict"], "pass", "{out}");
        }
    }
}

#[test]
fn a_rescorer_that_never_reads_a_word_does_not_pass_as_one_that_helps() {
    for suite in SUITES {
        let bundled = project();
        let (found, out) = checks(&bundled, &["--model", "first-pass"], suite, &[]);
        check_no_gain(&found, &out);
        if suite != "severity" {
            let flat = unwrapped(&out);
            assert!(flat.contains("It has no gain"), "{out}");
            assert!(flat.contains("not shown to have fewer errors"), "{out}");
            assert_eq!(found[0]["verdict"]["verdict"], "inconclusive");
        }
    }

    // Noise that changes no pick, or only those of texts that the first pass likes alike.
    for noise in [1e-12, 1e-6, 1e-3] {
        let project = with_scores(small(24, 3), "table.jsonl", |text| {
            let letters = text.bytes().map(u64::from);
            let hash = letters.fold(17_u64, |hash, letter| hash.wrapping_mul(31) ^ letter);
            noise * (hash % 1000) as f64 / 1000.0
        });
        for suite in ["perturb-1", "perturb-n"] {
            let model = ["--model", "scores:table.jsonl", "--weight", "1"];
            let on = ["--nbest", "lists.jsonl"];
            let (found, out) = checks(&project, &model, suite, &on);
            check_no_gain(&found, &out);
        }
    }
}

#[test]
fn verdicts_come_last_and_fit_a_terminal() {
    let run = project().run(&words(
        "--model first-pass --suite perturb-n --minimise off",
    ));

    let lines: Vec<&str> = run.out.lines().collect();
    let verdict = lines
        .iter()
        .position(|line| line.starts_with("INCONCLUSIVE  perturb-n"))
        .unwrap();

    assert!(
        lines[verdict..]
            .iter()
            .all(|line| line.chars().count() <= 80),
        "{}",
        run.out
    );

    let after = lines[verdict + 1..].iter();
    assert!(
        after.clone().all(|line| line.starts_with("  ")),
        "{}",
        run.out
    );
    assert!(
        after.clone().any(|line| line.starts_with("  flip  ")),
        "{}",
        run.out
    );
    assert!(
        after
            .clone()
            .any(|line| line.starts_with("  gain  INCONCLUSIVE:")),
        "{}",
        run.out
    );
}
