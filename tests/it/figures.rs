//! The figures of report.json, recomputed from the outputs of `perturb` and `score` with plain
//! integer sums: nothing of the crate takes part but the binary.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;

use serde_json::Value;

use crate::project::{Project, project, repository};

const DRAWS: &str = "2";

/// One hypothesis of a perturbed list.
struct Hypothesis {
    original: String,
    text: String,
    score: f64,
}

/// Whole numbers over all lists, each once per draw.
#[derive(Debug, Default, PartialEq)]
struct Sums {
    clean: i64,
    kept: i64,
    text: i64,
    first_clean: i64,
    first_text: i64,
    oracle_clean: i64,
    oracle_text: i64,
    words: i64,
    flips: i64,
    harmful: i64,
    helpful: i64,
    repairable: i64,
}

/// Substitutions, insertions and deletions between two texts: the row of the usual table that is
/// left at its end.
fn distance(reference: &str, text: &str) -> i64 {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut row: Vec<i64> = (0..).take(words.len() + 1).collect();
    for (index, said) in (1..).zip(reference.split_whitespace()) {
        let mut corner = row[0];
        row[0] = index;
        for (column, heard) in words.iter().enumerate() {
            let substituted = corner + i64::from(said != *heard);
            corner = row[column + 1];
            row[column + 1] = substituted.min(corner + 1).min(row[column] + 1);
        }
    }

    row[words.len()]
}

fn lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn hypotheses(case: &Value) -> Vec<Hypothesis> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let hyps = case["hyps"].as_array().unwrap().iter();
    hyps.map(|hyp| Hypothesis {
        original: text(&hyp["original"]),
        text: text(&hyp["text"]),
        score: hyp["score"].as_f64().unwrap(),
    })
    .collect()
}

/// The second-pass score of every text of `cases`, from `score`.
fn scores(project: Project, model: &str, cases: &[Value]) -> (Project, BTreeMap<String, f64>) {
    let mut texts: Vec<String> = cases
        .iter()
        .flat_map(|case| hypotheses(case).into_iter())
        .flat_map(|hyp| [hyp.original, hyp.text])
        .collect();
    texts.sort();
    texts.dedup();

    let mut lists = String::new();
    for (index, texts) in texts.chunks(50).enumerate() {
        let hyps: Vec<Value> = texts
            .iter()
            .map(|text| serde_json::json!({"text": text, "score": 0.0}))
            .collect();
        let list = serde_json::json!({"id": format!("t{index:05}"), "ref": "a", "hyps": hyps});
        writeln!(lists, "{list}").unwrap();
    }

    let project = project.file("texts.jsonl", lists);
    let run = project.run(&["score", "--model", model, "--nbest", "texts.jsonl"]);
    assert_eq!(run.code, 0, "{}", run.err);

    let mut scores = BTreeMap::new();
    for line in lines(&run.out) {
        let texts = line["texts"].as_array().unwrap().iter();
        for (text, score) in texts.zip(line["scores"].as_array().unwrap()) {
            scores.insert(text.as_str().unwrap().to_owned(), score.as_f64().unwrap());
        }
    }

    (project, scores)
}

/// The first of the largest.
fn largest(values: &[f64]) -> usize {
    let mut best = 0;
    for (index, value) in values.iter().enumerate() {
        if *value > values[best] {
            best = index;
        }
    }
    best
}

/// How many times a word was swapped for another, and what that added to the flip cost.
type Pairs = BTreeMap<(String, String), (u64, f64)>;

fn sums(cases: &[Value], total: &dyn Fn(f64, &str) -> f64) -> (Sums, Pairs) {
    let mut sums = Sums::default();
    let mut pairs = Pairs::new();
    for case in cases {
        let reference = case["ref"].as_str().unwrap();
        let hyps = hypotheses(case);
        let clean_totals: Vec<f64> = hyps.iter().map(|h| total(h.score, &h.original)).collect();
        let totals: Vec<f64> = hyps.iter().map(|h| total(h.score, &h.text)).collect();
        let (clean_pick, pick) = (largest(&clean_totals), largest(&totals));
        let before: Vec<i64> = hyps
            .iter()
            .map(|h| distance(reference, &h.original))
            .collect();
        let after: Vec<i64> = hyps.iter().map(|h| distance(reference, &h.text)).collect();
        let (kept, text) = (after[clean_pick], after[pick]);
        let best = *after.iter().min().unwrap();
        sums.clean += before[clean_pick];
        sums.kept += kept;
        sums.text += text;
        sums.first_clean += before[0];
        sums.first_text += after[0];
        sums.oracle_clean += before.iter().min().unwrap();
        sums.oracle_text += best;
        sums.words += i64::try_from(reference.split_whitespace().count()).unwrap();
        sums.flips += i64::from(pick != clean_pick);
        sums.harmful += i64::from(text > kept);
        sums.helpful += i64::from(text < kept);
        sums.repairable += i64::from(kept > before[clean_pick] && best < kept);

        // A list's cost is that of all its swaps alike.
        let swaps = case["substitutions"].as_array().unwrap();
        for swap in swaps {
            let word = |side: &str| swap[side].as_str().unwrap().to_owned();
            let pair = pairs.entry((word("from"), word("to"))).or_default();
            pair.0 += 1;
            pair.1 += (text - kept) as f64 / swaps.len() as f64;
        }
    }

    (sums, pairs)
}

#[track_caller]
fn check_words(check: &Value, sums: &Sums, pairs: &Pairs) {
    let words = &check["words"];
    assert_eq!(words["pairs"], pairs.len());
    assert_eq!(words["flip_errors"], sums.text - sums.kept);

    let mut costs: Vec<f64> = pairs.values().map(|(_, errors)| *errors).collect();
    assert!((costs.iter().sum::<f64>() - (sums.text - sums.kept) as f64).abs() < 1e-6);
    costs.sort_by(|a, b| b.total_cmp(a));
    let top = words["top"].as_array().unwrap();
    assert_eq!(
        top.len(),
        costs.iter().filter(|cost| **cost > 1e-9).count().min(10)
    );
    for (pair, cost) in top.iter().zip(&costs) {
        let word = |side: &str| pair[side].as_str().unwrap().to_owned();
        let (swaps, errors) = pairs[&(word("from"), word("to"))];
        assert_eq!(pair["swaps"], swaps);
        for expected in [errors, *cost] {
            assert!(
                (pair["errors"].as_f64().unwrap() - expected).abs() < 1e-9,
                "{pair}"
            );
        }
    }

    let width =
        |estimate: &Value| estimate["high"].as_f64().unwrap() - estimate["low"].as_f64().unwrap();
    if !words["flip"].is_null() {
        assert!(
            width(&words["flip"]) >= width(&check["nprr"]["flip"]) - 1e-12,
            "{words}"
        );
    }
}

/// The same numbers, from the report.
fn reported(check: &Value) -> Sums {
    let wer = |name: &str| -> i64 {
        let kinds = ["substitutions", "insertions", "deletions"];
        let counts = kinds.map(|kind| check["wer"][name][kind].as_i64().unwrap());
        counts.iter().sum()
    };
    let flips = |kind: &str| check["flips"][kind]["count"].as_i64().unwrap();
    Sums {
        clean: wer("clean"),
        kept: wer("kept"),
        text: wer("text"),
        first_clean: wer("first_pass_clean"),
        first_text: wer("first_pass_text"),
        oracle_clean: wer("oracle_clean"),
        oracle_text: wer("oracle_text"),
        words: check["wer"]["text"]["reference_words"].as_i64().unwrap(),
        flips: flips("all"),
        harmful: flips("harmful"),
        helpful: flips("helpful"),
        repairable: check["repairs"]["of"].as_i64().unwrap(),
    }
}

#[track_caller]
fn check_rates(check: &Value, sums: &Sums) {
    let close = |found: &Value, expected: f64| {
        let found = found.as_f64().unwrap();
        assert!(
            (found - expected).abs() < 1e-12,
            "{found} is not {expected}"
        );
    };

    let over = |errors: i64, of: i64| errors as f64 / of as f64;
    let nprr = &check["nprr"];
    close(
        &nprr["rel"]["value"],
        over(sums.text - sums.clean, sums.clean),
    );

    close(
        &nprr["injected"]["value"],
        over(sums.kept - sums.clean, sums.clean),
    );
    close(
        &nprr["flip"]["value"],
        over(sums.text - sums.kept, sums.clean),
    );
    close(
        &nprr["pass"]["value"],
        over(sums.text - sums.clean, sums.first_text - sums.first_clean),
    );
    close(
        &check["flip_cost"]["value"],
        over(sums.text - sums.kept, sums.words),
    );

    let (gain, regret) = (&check["gain"], &check["regret"]);
    close(
        &gain["clean"]["value"],
        over(sums.first_clean - sums.clean, sums.words),
    );
    close(
        &gain["perturbed"]["value"],
        over(sums.first_text - sums.text, sums.words),
    );
    if let Some(kept) = gain["kept"]["value"].as_f64() {
        let (perturbed, clean) = (sums.first_text - sums.text, sums.first_clean - sums.clean);
        assert!((kept - over(perturbed, clean)).abs() < 1e-9, "{kept}");
    }

    close(
        &regret["clean"]["value"],
        over(sums.clean - sums.oracle_clean, sums.words),
    );
    close(
        &regret["perturbed"]["value"],
        over(sums.text - sums.oracle_text, sums.words),
    );

    let errors = &nprr["errors"];
    assert_eq!(errors["clean"], sums.clean);
    assert_eq!(errors["extra"], sums.text - sums.clean);
    assert_eq!(errors["injected"], sums.kept - sums.clean);
    assert_eq!(errors["flip"], sums.text - sums.kept);
}

#[test]
fn every_figure_is_what_plain_sums_of_perturbed_lists_and_scores_are() {
    let text = fs::read_to_string(repository("fixtures/nbest/test.jsonl")).unwrap();
    let some: Vec<&str> = text.lines().take(120).collect();
    let demo = repository("fixtures/checkpoints/demo");
    let demo = demo.to_str().unwrap();

    for suite in ["perturb-1", "perturb-n", "perturb-n-coherent"] {
        let project = project().file("lists.jsonl", some.join("\n") + "\n");
        let on = ["--suite", suite, "--nbest", "lists.jsonl", "--draws", DRAWS];
        let perturbed = project.run(&[&["perturb"][..], &on].concat());
        let cases = lines(&perturbed.out);
        assert_eq!(cases.len(), 240, "{}", perturbed.err);
        let (project, scores) = scores(project, demo, &cases);
        for model in [demo, "first-pass"] {
            let check = ["--model", model, "--minimise", "off", "--out", "report"];
            let run = project.run(&[&check[..], &on].concat());
            assert_ne!(run.code, 2, "{}", run.err);
            let report: Value = serde_json::from_str(&project.read("report/report.json")).unwrap();
            let of = |name: &str| report["model"][name].as_f64().unwrap();
            let (weight, scale) = (of("weight"), of("first_pass_scale"));
            let total = |first: f64, text: &str| {
                let second = if weight == 0.0 {
                    0.0
                } else {
                    weight * scores[text]
                };
                scale * first + second
            };
            let (sums, pairs) = sums(&cases, &total);
            assert!(sums.flips > 20 || model == "first-pass", "{sums:?}");
            let check = &report["checks"][0];
            assert_eq!(reported(check), sums, "{suite} {model}");
            check_rates(check, &sums);
            check_words(check, &sums, &pairs);
        }
    }
}

#[test]
fn distances_are_those_of_the_textbook() {
    for (reference, text, expected) in [
        ("a b c", "a b c", 0),
        ("a b c", "a x c", 1),
        ("a b c", "b c d", 2),
        ("", "a b", 2),
        ("a b", "", 2),
        ("kitten sits", "sitting kitten sits", 1),
    ] {
        assert_eq!(distance(reference, text), expected, "{reference} | {text}");
    }
}

/// Where nothing is wrong, no spread of speakers says how much may be: 1 - 0.025^(1/12) of them, in
/// every report and in `significance`.
#[test]
fn without_a_single_error_the_interval_has_an_upper_end() {
    let (right, wrong) = (
        "their new house is by the road",
        "there new horse is by the rode",
    );
    let lists = (0..36).fold(String::new(), |mut lists, index| {
        let (first, second) = if index % 3 == 0 { (wrong, right) } else { (right, wrong) };
        writeln!(
            lists,
            r#"{{"id": "u{index:02}", "speaker": "s{:02}", "ref": "{right}", "hyps": [{{"text": "{first}", "score": -1{index:02}1.0}}, {{"text": "{second}", "score": -1{index:02}2.5}}]}}"#,
            index / 3
        )
        .unwrap();
        lists
    });
    let project = project().file("lists.jsonl", lists);
    for model in ["oracle", "first-pass"] {
        let words = [
            "--model",
            model,
            "--suite",
            "perturb-1",
            "--nbest",
            "lists.jsonl",
        ];
        project.run(&[&words[..], &["--minimise", "off", "--out", model]].concat());
    }

    let report: Value = serde_json::from_str(&project.read("oracle/report.json")).unwrap();
    let check = &report["checks"][0];
    for rate in [
        &report["clean"]["model"]["rate"],
        &check["flips"]["all"]["rate"],
        &check["flips"]["harmful"]["rate"],
    ] {
        let end = |name: &str| rate[name].as_f64().unwrap();
        assert!(end("low").abs() < 1e-12, "{rate}");
        assert!((end("high") - 0.264_648).abs() < 1e-5, "{rate}");
    }

    let markdown = project.read("oracle/report.md");
    assert!(
        markdown.contains("| model | 0.00 % [0.00, 26.46] |"),
        "{markdown}"
    );
    let files = ["oracle/utterances.jsonl", "first-pass/utterances.jsonl"];
    let run = project.run(&[&["significance"][..], &files].concat());
    assert!(
        run.out.contains(": WER 0.00 % [0.00, 26.46] (no errors), "),
        "{}",
        run.out
    );

    // Nothing in a gain is relative to the clean errors, of which there are none.
    let gain = markdown.lines().find(|line| line.starts_with("  - gain "));
    assert!(
        !gain.unwrap().contains("uncertain by more than"),
        "{markdown}"
    );
}
