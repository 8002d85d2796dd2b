//! Slices: a kind of utterance that degrades more than the others is found and named.

use std::fmt::Write;

use serde_json::Value;

use crate::project::{project, with_scores, words};

/// Twelve speakers, each with four utterances that have homophones (field `room`: hall) and four
/// that have none (`room`: booth).
fn lists() -> String {
    let mut lines = String::new();
    for speaker in 0..12 {
        for index in 0..8 {
            let (room, text) = if index % 2 == 0 {
                ("hall", "meet their new knight by the sea")
            } else {
                (
                    "booth",
                    "seven people always remember yesterday under water",
                )
            };
            writeln!(
                lines,
                r#"{{"id": "s{speaker:02}-{index}", "speaker": "s{speaker:02}", "room": "{room}", "take": {}, "ref": "{text}", "hyps": [{{"text": "{text}", "score": -1{speaker:02}{index}1.0}}, {{"text": "{text} oh my", "score": -1{speaker:02}{index}2.5}}]}}"#,
                speaker + index
            )
            .unwrap();
        }
    }

    lines
}

/// A rescorer that shuns whatever is not as the recogniser wrote it, and so takes the worse
/// hypothesis.
#[test]
fn the_kind_of_utterance_that_degrades_is_named() {
    let lists = lists();
    let known = lists.clone();
    let project = with_scores(
        project().file("lists.jsonl", lists),
        "table.jsonl",
        |text| {
            if known.contains(&format!("\"{text}\"")) {
                0.0
            } else {
                -100.0
            }
        },
    );

    let run = project.run(&words(
        "--model scores:table.jsonl --weight 1 --suite perturb-1 --nbest lists.jsonl",
    ));

    assert!(
        run.out.contains("degrades most  perturb-1: room hall: "),
        "{}{}",
        run.out,
        run.err
    );

    let report: Value =
        serde_json::from_str(&project.read("robustness-report/report.json")).unwrap();
    let slices = report["checks"][0]["slices"]["slices"].as_array().unwrap();
    let of = |dimension: &str, slice: &str| {
        let wanted = |found: &&Value| found["dimension"] == dimension && found["slice"] == slice;
        slices.iter().find(wanted).unwrap()
    };
    let (hall, booth) = (of("room", "hall"), of("room", "booth"));

    assert_eq!(
        (&hall["utterances"], &hall["clusters"]),
        (&48.into(), &12.into())
    );
    assert_eq!(booth["degradation"]["value"], 0.0);

    let gap = hall["gap"].as_f64().unwrap();
    assert!((gap - hall["degradation"]["value"].as_f64().unwrap()).abs() < 1e-12);

    // Two words are inserted where one of seven was swapped, in every draw of these.
    assert!((gap - 1.0 / 7.0).abs() < 1e-12, "{gap}");
    let dimensions: Vec<&str> = slices
        .iter()
        .map(|s| s["dimension"].as_str().unwrap())
        .collect();

    for name in ["speaker", "room", "take"] {
        assert!(dimensions.contains(&name), "{dimensions:?}");
    }

    // All references have seven words: there is nothing to cut.
    assert!(!dimensions.contains(&"length"), "{dimensions:?}");
    let markdown = project.read("robustness-report/report.md");
    assert!(markdown.contains("### Slices of perturb-1"), "{markdown}");
}
