//! A margin that is printed as the smallest that would pass does pass, for one check and for two.

use std::fmt::Write;
use std::fs;

use serde_json::Value;

use crate::project::{Project, project, repository, unwrapped, with_scores};

/// Three lists for each of 24 speakers; the first pass prefers the wrong words in every second. The
/// end is missed in all of them, so that what changes of mind add is little of all errors.
fn lists() -> String {
    let kinds = [
        "old", "red", "tall", "small", "dark", "green", "black", "quiet", "cold",
    ];
    let places = [
        "house", "garden", "bridge", "station", "river", "market", "castle", "window",
    ];
    let mut text = String::new();
    for index in 0..72 {
        let place = format!("by the {} {}", kinds[index % 9], places[index / 9]);
        let right = format!("meet me at eight {place}");
        let wrong = format!("meat me at ate {place}");
        let [first, second] = if index % 2 == 0 {
            [&wrong, &right]
        } else {
            [&right, &wrong]
        };
        writeln!(
            text,
            r#"{{"id": "u{index:02}", "speaker": "s{:02}", "ref": "{right} now please", "hyps": [{{"text": "{first}", "score": -1}}, {{"text": "{second}", "score": -2}}]}}"#,
            index / 3
        )
        .unwrap();
    }
    text
}

/// Prefers the right words, but for noise that depends on the text and on `salt`.
fn score(text: &str, salt: u32) -> f64 {
    let hash = text.bytes().fold(salt, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(16_777_619)
    });
    let noise = f64::from(hash >> 8) / f64::from(1 << 24);
    let right = if text.contains("meet me") { 2.0 } else { 0.0 };
    right + 4.5 * noise
}

/// The lists, and two rescorers that differ by noise alone.
fn rescorers() -> Project {
    let project = project().file("lists.jsonl", lists());
    let project = with_scores(project, "a.jsonl", |text| score(text, 2_166_136_261));
    with_scores(project, "b.jsonl", |text| score(text, 40_961))
}

const SUITES: [&str; 2] = ["perturb-1", "perturb-n"];

/// Checks `model` under the suites of the project of these names, and returns the report and what
/// was printed.
fn check(project: &Project, model: &str, suites: &[&str], more: &[&str]) -> (Value, String) {
    let mut arguments = vec![
        "--model",
        model,
        "--weight",
        "1",
        "--nbest",
        "lists.jsonl",
        "--minimise",
        "off",
        "--out",
        "report",
    ];
    let files: Vec<String> = suites.iter().map(|suite| format!("{suite}.toml")).collect();
    for file in &files {
        arguments.extend(["--suite", file]);
    }
    arguments.extend(more);

    let _ = fs::remove_dir_all(project.path("report"));
    let run = project.run(&arguments);
    assert_ne!(run.code, 2, "{}", run.err);
    let report = serde_json::from_str(&project.read("report/report.json")).unwrap();

    (report, unwrapped(&run.out))
}

/// The suites with so large a margin each, in percent, and no other gate.
fn with_margins(mut project: Project, margins: &[f64]) -> Project {
    for (suite, margin) in SUITES.iter().zip(margins) {
        let text = fs::read_to_string(repository(&format!("suites/{suite}.toml"))).unwrap();
        let gates = format!("flip = {{ relative = {} }}", margin / 100.0);
        let text = text
            .replace("flip = { relative = 0.05 }", &gates)
            .replace("\ngain = true", "\ngain = false");
        assert!(
            text.contains(&gates) && text.contains("gain = false"),
            "{text}"
        );
        project = project.file(&format!("{suite}.toml"), text);
    }
    project
}

/// The percentages that follow `words` in `text`.
fn percentages(text: &str, words: &str) -> Vec<f64> {
    let parts = text.split(words).skip(1);
    parts
        .map(|part| part.split_once(" %").unwrap().0.trim().parse().unwrap())
        .collect()
}

#[test]
fn the_bound_on_a_flip_cost_is_a_margin_that_passes() {
    for suites in [&SUITES[..1], &SUITES] {
        let project = with_margins(rescorers(), &[0.01, 0.01]);
        let (report, out) = check(&project, "scores:a.jsonl", suites, &[]);
        let verdicts = |report: &Value| -> Vec<String> {
            let checks = report["checks"].as_array().unwrap().iter();
            checks
                .map(|check| check["verdict"]["verdict"].as_str().unwrap().to_owned())
                .collect()
        };
        assert!(!verdicts(&report).contains(&"pass".to_owned()), "{out}");

        let printed = percentages(&out, " at most ");
        assert_eq!(printed.len(), suites.len(), "{out}");
        let project = with_margins(project, &printed);
        let (report, out) = check(&project, "scores:a.jsonl", suites, &[]);
        assert_eq!(
            verdicts(&report),
            vec!["pass"; suites.len()],
            "{printed:?}: {out}"
        );
    }
}

#[test]
fn the_smallest_margin_against_a_baseline_passes() {
    for suites in [&SUITES[..1], &SUITES] {
        let project = with_margins(rescorers(), &[5.0, 5.0]);
        let update = ["--baseline", "base/report.json", "--update-baseline"];
        check(&project, "scores:a.jsonl", suites, &update);

        let against = |margin: f64| {
            let margin = margin.to_string();
            let more = [
                "--baseline",
                "base/report.json",
                "--baseline-margin",
                &margin,
            ];
            check(&project, "scores:b.jsonl", suites, &more)
        };
        let changes = |report: &Value| report["baseline"]["changes"].as_array().unwrap().clone();
        let (report, _) = against(0.05);
        let measured = changes(&report);
        let measured = measured
            .iter()
            .map(|change| change["change"]["value"].as_f64().unwrap());
        let largest = measured.fold(0.0, f64::max);

        // What was measured is the margin: nobody can tell.
        let (report, out) = against(largest);
        let printed = percentages(&out, "Smallest margin that would pass: ");
        assert!(
            !printed.is_empty() && report["baseline"]["verdict"] == "inconclusive",
            "{out}"
        );

        let (report, out) = against(printed.iter().copied().fold(0.0, f64::max) / 100.0);
        for change in changes(&report) {
            assert_eq!(change["verdict"], "pass", "{printed:?}: {out}");
        }
    }
}
