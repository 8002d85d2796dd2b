//! `robustness-check significance` on the synthetic systems that NIST's `sc_stats` was run on.

use std::fmt::Write;
use std::fs;

use serde_json::Value;

use crate::project::{project, repository, words};

fn file(name: &str) -> String {
    let path = repository("fixtures/reference/sctk").join(name);
    path.to_str().unwrap().to_owned()
}

fn compare(first: &str, second: &str, more: &[&str]) -> Value {
    let run = project().run(&[&["significance", first, second, "--format", "json"], more].concat());
    assert_eq!(run.code, 0, "{}", run.err);
    serde_json::from_str(&run.out).unwrap()
}

/// The row of `test`.
fn row<'a>(found: &'a Value, test: &str) -> &'a Value {
    let tests = found["tests"].as_array().unwrap();
    tests.iter().find(|row| row["test"] == test).unwrap()
}

/// A statistic of `test`.
fn statistic(found: &Value, test: &str, name: &str) -> f64 {
    let all = row(found, test)["statistic"].as_array().unwrap();
    all.iter().find(|pair| pair[0] == name).unwrap()[1]
        .as_f64()
        .unwrap()
}

#[track_caller]
fn check_close(got: f64, expected: &Value, tolerance: f64) {
    let expected = expected.as_f64().unwrap();
    assert!(
        (got - expected).abs() <= tolerance,
        "{got}, expected {expected}"
    );
}

/// `sctk_expected.json` holds what sc_stats 1.3 printed (three decimals), and correct McNemar
/// probabilities.
#[test]
fn the_six_pairs_have_the_segments_of_sc_stats_and_correct_tails() {
    let expected = fs::read_to_string(file("sctk_expected.json")).unwrap();
    let expected: Value = serde_json::from_str(&expected).unwrap();
    let references = file("syn_ref.trn");
    let pairs = expected.as_object().unwrap();
    assert_eq!(pairs.len(), 6);
    for (systems, expected) in pairs {
        let (first, second) = systems.split_at(1);
        let system = |letter: &str| file(&format!("syn_sys{letter}.trn"));
        let found = compare(&system(first), &system(second), &["--ref", &references]);
        assert_eq!(found["clusters"], 12);
        let mapsswe = &expected["mapsswe"];
        assert_eq!(row(&found, "MAPSSWE")["pairs"], mapsswe["n"], "{systems}");
        for name in ["mean", "sd", "z"] {
            check_close(
                statistic(&found, "MAPSSWE", name),
                &mapsswe[name],
                5.000_1e-4,
            );
        }
        let mcnemar = &expected["mcnemar_sent"];
        let exact = row(&found, "McNemar");
        check_close(
            statistic(&found, "McNemar", "only A right"),
            &mcnemar["sys1_only_corr"],
            0.0,
        );
        check_close(
            statistic(&found, "McNemar", "only B right"),
            &mcnemar["sys2_only_corr"],
            0.0,
        );
        let correct = mcnemar["p_exact_correct"].as_f64().unwrap();
        assert!(
            (exact["p"].as_f64().unwrap() / correct - 1.0).abs() < 1e-9,
            "{systems}"
        );
        // Where no speaker is tied, the sign test of sc_stats is right: 12 pairs are few enough.
        let sign = &expected["sign_spk"];
        if sign["n_zero"] == 0 {
            check_close(
                row(&found, "sign")["p"].as_f64().unwrap(),
                &sign["p_sctk"],
                1e-3,
            );
        }
    }
}

#[test]
fn text_with_speakers_gives_what_trn_gives() {
    let as_text = |name: &str| -> String {
        let text = fs::read_to_string(file(name)).unwrap();
        let mut lines = String::new();
        for line in text.lines() {
            let (words, id) = line.rsplit_once('(').unwrap();
            writeln!(lines, "{} {}", id.trim_end_matches(')'), words.trim()).unwrap();
        }
        lines
    };

    let mut speakers = String::new();
    for line in as_text("syn_ref.trn").lines() {
        let id = line.split(' ').next().unwrap();
        writeln!(speakers, "{id} {}", id.split('-').next().unwrap()).unwrap();
    }

    let project = project()
        .file("a", as_text("syn_sysA.trn"))
        .file("b", as_text("syn_sysB.trn"))
        .file("ref", as_text("syn_ref.trn"))
        .file("utt2spk", speakers);
    let arguments = ["significance", "a", "b", "--ref", "ref", "--format", "json"];
    let run = project.run(&[&arguments[..], &["--utt2spk", "utt2spk"]].concat());
    let found: Value = serde_json::from_str(&run.out).unwrap();
    let trn = compare(
        &file("syn_sysA.trn"),
        &file("syn_sysB.trn"),
        &["--ref", &file("syn_ref.trn")],
    );
    assert_eq!(found["tests"], trn["tests"]);
    assert_eq!(found["effect"], trn["effect"]);
    assert_eq!(found["conclusion"], "b_better");
    // Without them, utterances are taken as independent, and the page says so.
    let run = project.run(&arguments[..5]);
    assert!(
        run.out.contains("\n300 utterances, 4,604 words\n"),
        "{}",
        run.out
    );
    assert!(run.out.contains("no speakers are known"), "{}", run.out);
}

/// Counts of `errors` for 24 utterances of 8 speakers.
fn counts(errors: impl Fn(usize) -> usize) -> String {
    let mut lines = String::new();
    for index in 0..24 {
        writeln!(
            lines,
            r#"{{"id": "u{index:02}", "speaker": "s{}", "reference_words": 10, "errors": {}, "more": true}}"#,
            index / 3,
            errors(index)
        )
        .unwrap();
    }

    lines
}

#[test]
fn error_counts_are_compared_without_texts() {
    let project = project()
        .file("a.jsonl", counts(|index| 1 + index % 2))
        .file("b.jsonl", counts(|index| index % 2))
        .file(
            "few.jsonl",
            counts(|_| 1).lines().take(9).collect::<Vec<_>>().join("\n"),
        );

    let run = project.run(&["significance", "a.jsonl", "b.jsonl"]);
    assert_eq!(run.code, 0, "{}", run.err);

    // Eight speakers, all worse: 2 / 2^8.
    let words = "B makes fewer errors (at 0.05 by the exact sign-flip test, p 0.0078).";
    assert!(run.out.contains(words), "{}", run.out);
    assert!(run.out.contains("MAPSSWE needs the texts"), "{}", run.out);

    let run = project.run(&["significance", "a.jsonl", "a.jsonl"]);
    assert!(
        run.out.contains("equally many errors everywhere"),
        "{}",
        run.out
    );

    let run = project.run(&["significance", "few.jsonl", "few.jsonl"]);
    assert!(
        run.out
            .contains("3 speakers the sign-flip test cannot go below p = 0.2500"),
        "{}",
        run.out
    );
}

#[test]
fn speakers_come_from_both_files_and_must_agree() {
    let named = counts(|index| index % 2);
    let nobody = named.replace("\"speaker\": \"s0\"", "\"speaker\": \"\"");
    let mut without = named.clone();
    for speaker in 0..8 {
        without = without.replace(&format!("\"speaker\": \"s{speaker}\", "), "");
    }

    let numbers: Vec<String> = named
        .replace("\"id\": \"u", "\"id\": 1")
        .lines()
        .map(|line| {
            let (id, rest) = line.split_once("\", ").unwrap();
            format!("{id}, {rest}")
        })
        .collect();

    let project = project()
        .file("named.jsonl", &named)
        .file("without.jsonl", &without)
        .file("nobody.jsonl", &nobody)
        .file("numbers.jsonl", numbers.join("\n"))
        .file("other.jsonl", named.replacen("\"s0\"", "\"s1\"", 1))
        .file("no-id.jsonl", named.replacen("\"u00\"", "\"\"", 1));

    for pair in [
        ["named.jsonl", "without.jsonl"],
        ["without.jsonl", "named.jsonl"],
        ["numbers.jsonl", "numbers.jsonl"],
    ] {
        let run = project.run(&["significance", pair[0], pair[1]]);
        assert!(
            run.out.contains("24 utterances, 240 words, 8 speakers"),
            "{pair:?}: {}{}",
            run.out,
            run.err
        );
        assert!(
            run.out.contains("could as well have had the other sign"),
            "{}",
            run.out
        );
        assert!(
            run.out
                .contains("only 8 speakers, and a verdict should rest on at least 12"),
            "{}",
            run.out
        );
        for expected in [
            "(too small too often with so few)",
            "rank-biserial correlation (of rates)",
            "Hedges' g (of errors)",
            "rank each speaker's difference in word error rate",
        ] {
            assert!(run.out.contains(expected), "{expected}: {}", run.out);
        }
        // Names that programs read are none for people.
        assert!(!run.out.contains('_'), "{}", run.out);
    }

    project.check_error(
        &["significance", "named.jsonl", "other.jsonl"],
        &["`u00` is spoken by s0 in named.jsonl and by s1 in other.jsonl"],
    );
    project.check_error(
        &["significance", "nobody.jsonl", "nobody.jsonl"],
        &[
            "3 of 24 utterances name no speaker (`u00`, `u01`, `u02`)",
            "--no-speakers",
        ],
    );
    project.check_error(
        &["significance", "no-id.jsonl", "no-id.jsonl"],
        &["no-id.jsonl, line 1", "no id"],
    );

    let run = project.run(&words(
        "significance nobody.jsonl named.jsonl --no-speakers",
    ));

    assert!(
        run.out.contains("\n24 utterances, 240 words\n"),
        "{}",
        run.out
    );
}

#[test]
fn what_does_not_pair_is_refused() {
    let good = counts(|_| 1);
    let lines: Vec<&str> = good.lines().collect();
    let project = project()
        .file("a.jsonl", &good)
        .file("less.jsonl", lines[1..].join("\n"))
        .file("twice.jsonl", format!("{good}{}\n", lines[0]))
        .file("other.jsonl", good.replacen("10", "11", 1))
        .file(
            "bad.jsonl",
            good.replacen("\"errors\": 1", "\"errors\": -1", 1),
        )
        .file("empty.jsonl", "")
        .file("array.json", format!("[\n{}\n]\n", lines.join(",\n")))
        .file("a.trn", "meet me (s1-u1)\n")
        .file("ref.trn", "meet me (s1-u2)\n")
        .file("utt2spk", "u00 s0 x\n");

    let check = |b: &str, expected: &[&str]| {
        project.check_error(&["significance", "a.jsonl", b], expected);
    };
    let lines_of_array = ["array.json, line 1", "begins with `[`", "jq -c '.[]'"];
    check("array.json", &lines_of_array);
    check("less.jsonl", &["`u00` is in a.jsonl and not in less.jsonl"]);
    check(
        "twice.jsonl",
        &["twice.jsonl, line 25", "`u00` was there before"],
    );
    check(
        "other.jsonl",
        &["`u00` has 10 reference words in a.jsonl and 11 in other.jsonl"],
    );
    check("bad.jsonl", &["bad.jsonl, line 1", "errors"]);
    check("empty.jsonl", &["empty.jsonl", "no utterance"]);
    check("a.trn", &["a.trn, line 1", "--ref"]);
    check("absent.jsonl", &["absent.jsonl"]);
    project.check_error(
        &["significance", "a.trn", "a.trn", "--ref", "ref.trn"],
        &["no reference for the utterance `s1-u1`"],
    );
    project.check_error(
        &["significance", "a.jsonl", "a.jsonl", "--utt2spk", "utt2spk"],
        &["utt2spk, line 1"],
    );
    project.check_error(
        &["significance", "a.jsonl", "a.jsonl", "--alpha", "1"],
        &["alpha"],
    );
}

#[test]
fn nothing_is_said_of_systems_without_a_reference_word() {
    let lines = |errors: [u64; 3]| -> String {
        let line = |(index, errors): (usize, &u64)| {
            format!("{{\"id\": \"u{index}\", \"errors\": {errors}, \"reference_words\": 0}}\n")
        };
        errors.iter().enumerate().map(line).collect()
    };
    let project = project()
        .file("a.jsonl", lines([1, 2, 0]))
        .file("b.jsonl", lines([0, 0, 0]))
        .file("ref.trn", "(x-1)\n(x-2)\n")
        .file("hyp.trn", "a (x-1)\nb (x-2)\n");

    for arguments in [
        "significance a.jsonl b.jsonl",
        "significance a.jsonl b.jsonl --format json",
        "significance hyp.trn ref.trn --ref ref.trn",
    ] {
        let run = project.run(&words(arguments));
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{arguments}");
        for part in ["undefined", "hold no word", "utterances"] {
            assert!(run.err.contains(part), "{arguments}: {}", run.err);
        }
    }
}

/// What has an interval.
const INTERVALS: [&str; 4] = [
    "wer_difference",
    "relative_difference",
    "bootstrap_percentile",
    "bootstrap_bca",
];

/// scipy.stats.bootstrap and ttest_1samp of one observation give NaN: no interval, no p-value.
#[test]
fn one_speaker_makes_no_interval_and_equal_speakers_no_certainty() {
    let system = |speakers: usize, errors: usize| -> String {
        let mut lines = String::new();
        for index in 0..30 {
            writeln!(
                lines,
                r#"{{"id": "u{index:02}", "speaker": "s{}", "reference_words": 10, "errors": {errors}}}"#,
                index % speakers
            )
            .unwrap();
        }
        lines
    };
    let project = project()
        .file("one-a.jsonl", system(1, 2))
        .file("one-b.jsonl", system(1, 1))
        .file("two-a.jsonl", system(2, 2))
        .file("two-b.jsonl", system(2, 1));
    let compare = |speakers: &str| -> (String, Value) {
        let names = ["a", "b"].map(|system| format!("{speakers}-{system}.jsonl"));
        let run = project.run(&["significance", &names[0], &names[1]]);
        let arguments = ["significance", &names[0], &names[1], "--format", "json"];
        let json = project.run(&arguments);
        (run.out, serde_json::from_str(&json.out).unwrap())
    };

    let (page, found) = compare("one");
    for name in INTERVALS {
        let interval = &found["effect"][name];
        assert!(
            interval["low"].is_null() && interval["high"].is_null(),
            "{found}"
        );
        assert_eq!(interval["flags"][0], "no_variance", "{found}");
    }
    assert!(found["effect"]["probability_b_better"].is_null(), "{found}");
    for test in ["t", "bootstrap"] {
        assert_eq!(row(&found, test)["p"], 1.0, "{found}");
    }
    for expected in [
        "+10.00 pp [-] (of one alone no variance can be told)",
        "+100.0 % [-] (of one alone no variance can be told)",
        "from 1 speaker no interval can be made",
    ] {
        assert!(page.contains(expected), "{page}");
    }

    // Two speakers who agree: by sign flips p is 2 / 2^2.
    let (page, found) = compare("two");
    for name in INTERVALS {
        let flags = found["effect"][name]["flags"].as_array().unwrap();
        assert!(flags.contains(&"degenerate_variance".into()), "{found}");
    }
    for test in ["t", "bootstrap"] {
        assert_eq!(row(&found, test)["p"], 0.5, "{found}");
    }
    assert!(
        page.contains("an interval without width is no certainty"),
        "{page}"
    );
}

/// Five of eight speakers differ, all by three errors: 2 of 2^5 sign patterns, and t of 3.4.
#[test]
fn a_note_names_what_says_otherwise_than_the_test_that_decides() {
    let project = project()
        .file("a.jsonl", counts(|index| 1 + usize::from(index < 15)))
        .file("b.jsonl", counts(|_| 1));
    let notes = |systems: &str| {
        let run = project.run(&words(&format!("significance {systems} --format json")));
        let found: Value = serde_json::from_str(&run.out).unwrap();
        found["notes"].to_string()
    };
    let differing = notes("a.jsonl b.jsonl");
    let expected = "and none is by the sign-flip test, which decides";
    assert!(
        differing.contains("a difference is shown by Fieller's interval, ")
            && differing.contains(expected),
        "{differing}"
    );
    assert!(!notes("a.jsonl a.jsonl").contains("which decides"));
}

#[test]
fn zero_has_no_sign_in_json() {
    let project = project().file("a.jsonl", counts(|index| index % 2));
    let run = project.run(&["significance", "a.jsonl", "a.jsonl", "--format", "json"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(!run.out.contains("-0.0"), "{}", run.out);
}

/// Four of 14 speakers have nothing to say, and two of them other errors.
#[test]
fn speakers_without_a_word_are_counted_by_sign_and_a_note_says_what_leaves_them_out() {
    let lines = |extra: usize| {
        let mut text = String::new();
        for speaker in 0..14 {
            let words = if speaker < 4 { 0 } else { 10 };
            let errors = 1 + if (2..=6).contains(&speaker) { 0 } else { extra };
            let _ = writeln!(
                text,
                r#"{{"id": "u{speaker:02}", "speaker": "s{speaker:02}", "reference_words": {words}, "errors": {errors}}}"#
            );
        }
        text
    };
    let project = project()
        .file("a.jsonl", lines(1))
        .file("b.jsonl", lines(0));
    let run = project.run(&words("significance a.jsonl b.jsonl --format json"));
    let found: Value = serde_json::from_str(&run.out).unwrap();
    let pairs = |test| row(&found, test)["pairs"].clone();
    assert_eq!(found["effect"]["clusters_a_worse"], 9);
    assert_eq!((pairs("sign-flip"), pairs("sign")), (9.into(), 9.into()));
    assert_eq!(pairs("Wilcoxon"), 7);
    let expected = "2 of 14 speakers have other errors and no word in a reference";
    assert!(found["notes"].to_string().contains(expected), "{found}");
}

#[test]
fn intervals_are_of_the_level_of_the_conclusion() {
    let project = project()
        .file("a.jsonl", counts(|index| 1 + index % 4))
        .file("b.jsonl", counts(|_| 1));
    let found = |options: &str| -> Value {
        let run = project.run(&words(&format!("significance a.jsonl b.jsonl {options}")));
        assert_eq!(run.code, 0, "{}", run.err);
        serde_json::from_str(&run.out).unwrap()
    };
    let width = |found: &Value| {
        let interval = &found["effect"]["wer_difference"];
        interval["high"].as_f64().unwrap() - interval["low"].as_f64().unwrap()
    };

    let usual = found("--format json");
    let strict = found("--format json --alpha 0.01");
    assert_eq!(usual["effect"]["relative_difference"]["confidence"], 0.95);
    assert_eq!(strict["effect"]["relative_difference"]["confidence"], 0.99);
    assert_eq!(strict["a"]["wer"]["confidence"], 0.99);
    assert!(width(&strict) > width(&usual));
    let page = project.run(&words("significance a.jsonl b.jsonl --alpha 0.01"));
    assert!(
        page.out.contains("A minus B, with 99 % intervals"),
        "{}",
        page.out
    );
}

#[test]
fn counts_and_hypotheses_are_not_compared_with_each_other() {
    let counts = "{\"id\": \"spk1-u1\", \"errors\": 1, \"reference_words\": 2}\n";
    let project = project()
        .file("a.jsonl", counts)
        .file("b.trn", "two there (spk1-u1)\n");
    for files in [["a.jsonl", "b.trn"], ["b.trn", "a.jsonl"]] {
        let with_references = [&["significance"], &files[..], &["--ref", "b.trn"]].concat();
        let told = ["a.jsonl holds JSON lines", "counts of both without"];
        project.check_error(&with_references, &told);
        let without = [&["significance"], &files[..]].concat();
        project.check_error(&without, &["b.trn, line 1", "of both systems, need --ref"]);
    }
    let references = words("significance b.trn b.trn --ref a.jsonl");
    project.check_error(&references, &["a.jsonl holds JSON lines"]);
}

#[test]
fn each_system_has_the_words_of_its_own_reading_whichever_is_named_first() {
    let project = project()
        .file("ref.trn", "we are { gonna / going to } meet (a-1)\n")
        .file("short.trn", "we are gonna meat (a-1)\n")
        .file("long.trn", "we are going to meat (a-1)\n");
    let sizes = "4 words of A's readings of the references and 5 words of B's";
    let run = project.run(&words("significance short.trn long.trn --ref ref.trn"));
    assert!(run.out.contains(sizes), "{}", run.out);

    for files in ["short.trn long.trn", "long.trn short.trn"] {
        let json = format!("significance {files} --ref ref.trn --format json");
        let run = project.run(&words(&json));
        let found: Value = serde_json::from_str(&run.out).unwrap();
        assert_eq!(found["reference_words"], Value::Null);
        for system in [&found["a"], &found["b"]] {
            let expected = if system["name"] == "short.trn" { 4 } else { 5 };
            assert_eq!(system["reference_words"], expected, "{files}");
            assert_eq!(system["wer"]["value"], 1.0 / f64::from(expected));
        }
    }
}
