//! Too little evidence: whatever the figures are, no exit code 0, and a sentence that says why.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;

use serde_json::Value;

use crate::project::{Project, Run, project, repository, unwrapped, words};

fn evidence(name: &str) -> String {
    let path = repository("fixtures/evidence").join(name);
    path.to_str().unwrap().to_owned()
}

fn check(project: &Project, arguments: &[&str]) -> Run {
    let common = ["--out", "report"];
    project.run(&[arguments, &common].concat())
}

#[track_caller]
fn check_inconclusive(project: &Project, arguments: &[&str], expected: &[&str]) {
    let run = check(project, arguments);
    assert_eq!(run.code, 3, "{arguments:?}: {}{}", run.out, run.err);
    let out = unwrapped(&run.out);
    for part in expected {
        assert!(out.contains(part), "no {part:?} in {}", run.out);
    }
}

/// Every built-in suite.
#[cfg(feature = "bert")]
const SUITES: [&str; 5] = [
    "perturb-1",
    "perturb-n",
    "perturb-n-coherent",
    "invariants",
    "severity",
];

#[cfg(feature = "bert")]
#[test]
fn one_utterance_passes_no_suite() {
    let demo = repository("fixtures/checkpoints/demo");
    let demo = demo.to_str().unwrap();
    for lists in [
        "one-utterance.jsonl",
        "one-right.jsonl",
        "one-hypothesis.jsonl",
    ] {
        for suite in SUITES {
            // The model is asked about one of them, which takes most of the time.
            let models: &[&str] = match lists {
                "one-utterance.jsonl" => &[demo, "oracle"],
                _ => &["oracle"],
            };
            for model in models.iter().copied() {
                let lists = evidence(lists);
                let arguments = ["--model", model, "--suite", suite, "--nbest", &lists];
                let run = check(&project(), &arguments);
                // A strict property may fail, by a made-up list; nothing passes.
                assert_eq!(run.code, 3, "{arguments:?}: {}{}", run.out, run.err);
                let passes = run.out.lines().any(|line| line.starts_with("PASS"));
                assert!(!passes, "{arguments:?}: {}", run.out);
                let says_why = ["any verdict needs at least 12", "at least 12 are needed"]
                    .iter()
                    .any(|part| unwrapped(&run.out).contains(part));
                assert!(says_why, "{arguments:?}: {}", run.out);
            }
        }
    }
}

/// `count` utterances of as many speakers, of whose lists the words `swapped` of `count` can be
/// swapped.
fn lists(count: usize, swapped: usize) -> String {
    let mut lines = String::new();
    for index in 0..count {
        let right = if index < swapped {
            "they ate in their house"
        } else {
            "zzz qqq www xxx vvv"
        };
        let wrong = format!("{right} mm");
        writeln!(
            lines,
            r#"{{"id": "u{index:03}", "speaker": "s{index:03}", "ref": "{right}", "hyps": [{{"text": "{wrong}", "score": -1{index:03}1}}, {{"text": "{right}", "score": -1{index:03}2}}]}}"#
        )
        .unwrap();
    }

    lines
}

#[test]
fn two_utterances_and_low_coverage_are_inconclusive() {
    let suite = ["--model", "oracle", "--suite", "perturb-1"];
    let arguments = [&suite[..], &["--nbest", "lists.jsonl"]].concat();
    let few = project().file("lists.jsonl", lists(2, 2));
    check_inconclusive(
        &few,
        &arguments,
        &["There are only 2 speakers, and any verdict needs at least 12: add speakers."],
    );

    let touched = project().file("lists.jsonl", lists(100, 4));
    check_inconclusive(
        &touched,
        &arguments,
        &[
            "Only 20 of 500 lists (4.00 %) have a word that could be swapped, and at least 50.00 \
                % are needed",
        ],
    );

    let report: Value = serde_json::from_str(&touched.read("report/report.json")).unwrap();
    let coverage = &report["checks"][0]["coverage"];
    assert_eq!(coverage["perturbed_lists"], 20);

    // The oracle errs nowhere on the clean lists, and cannot avoid the swap of one word of five.
    let touched_lists = &coverage["touched"];
    assert_eq!(touched_lists["reference_words"], 100);
    assert_eq!(touched_lists["clean_errors"], 0);
    assert!(
        touched
            .read("report/report.md")
            .contains("On the touched lists alone")
    );

    // A suite may ask for less.
    let own = std::fs::read_to_string(repository("suites/perturb-1.toml")).unwrap();
    let own = own.replace("min_coverage = 0.5", "min_coverage = 0.01");
    let own = touched.file("own.toml", own);
    let run = check(
        &own,
        &words("--model oracle --suite own.toml --nbest lists.jsonl"),
    );

    assert!(
        !unwrapped(&run.out).contains("could be swapped, and at least"),
        "{}",
        run.out
    );
}

/// A table that scores every first hypothesis of the lists and of what `suite` draws from them
/// above all others, so that no pick changes.
fn unchanging(project: Project, suite: &str, lists: &str) -> Project {
    let drawn = project.run(&["perturb", "--suite", suite, "--nbest", lists]);
    assert_eq!(drawn.code, 0, "{}", drawn.err);
    let clean = std::fs::read_to_string(lists).unwrap();

    let mut scores: BTreeMap<String, i32> = BTreeMap::new();
    for line in clean.lines().chain(drawn.out.lines()) {
        let line: Value = serde_json::from_str(line).unwrap();
        for (rank, hypothesis) in line["hyps"].as_array().unwrap().iter().enumerate() {
            let text = hypothesis["text"].as_str().unwrap().to_owned();
            scores.insert(text, if rank == 0 { 10 } else { 5 });
        }
    }

    let mut table = String::new();
    for (text, score) in scores {
        writeln!(table, r#"{{"text": "{text}", "score": {score}}}"#).unwrap();
    }

    project.file("scores.jsonl", table)
}

#[test]
fn six_speakers_of_which_nothing_changes_are_inconclusive() {
    let lists = evidence("sixty-words.jsonl");
    let project = unchanging(project(), "perturb-n", &lists);
    let table = words("--model scores:scores.jsonl --weight 1 --first-pass-scale 0");

    let arguments = [&table[..], &["--suite", "perturb-n", "--nbest", &lists]].concat();
    check_inconclusive(
        &project,
        &arguments,
        &[
            "CAUTION The rescorer never overrules the first pass",
            "There are only 6 speakers, and any verdict needs at least 12",
            "perturbed lists changed its outcome.",
        ],
    );
}

#[test]
fn one_missing_speaker_of_240_is_an_error_and_none_at_all_is_said() {
    let all = lists(240, 240);
    let missing = all.replacen(r#""speaker": "s037", "#, "", 1);
    let none: String = all
        .lines()
        .enumerate()
        .map(|(index, line)| line.replace(&format!(r#""speaker": "s{index:03}", "#), "") + "\n")
        .collect();

    let mut map = String::new();
    for index in 0..240 {
        writeln!(map, "u{index:03} s{:02}", index / 6).unwrap();
    }

    let project = project()
        .file("lists.jsonl", &missing)
        .file("none.jsonl", none)
        .file("utt2spk", map)
        .file("short", "u000 s0\n");
    let check_of = |lists| {
        [
            "--model",
            "oracle",
            "--suite",
            "perturb-1",
            "--nbest",
            lists,
        ]
    };

    project.check_error(
        &check_of("lists.jsonl"),
        &[
            "1 of 240 utterances name no speaker (`u037`)",
            "--utt2spk",
            "--no-speakers",
        ],
    );
    for (more, clusters) in [
        (&["--utt2spk", "utt2spk"][..], 40),
        (&["--speaker-from", "^u(..)"], 24),
        (&["--no-speakers"], 240),
    ] {
        check(&project, &[&check_of("lists.jsonl"), more].concat());
        let report: Value = serde_json::from_str(&project.read("report/report.json")).unwrap();
        assert_eq!(report["nbest"]["clusters"], clusters, "{more:?}");
    }

    let run = check(&project, &check_of("none.jsonl"));
    assert!(
        unwrapped(&run.out)
            .contains("No speakers are known: this holds only if the utterances are independent"),
        "{}",
        run.out
    );
    for (more, expected) in [
        (
            &["--utt2spk", "short"][..],
            &["short names no speaker for `u001`, `u002`, `u003` and 236 more"][..],
        ),
        (
            &["--speaker-from", "^x(.)"],
            &["--speaker-from finds no speaker in the ids of `u000`"],
        ),
        (&["--speaker-from", "^u"], &["parentheses"]),
        (&["--utt2spk", "absent"], &["absent"]),
        (
            &["--utt2spk", "utt2spk", "--no-speakers"],
            &["--no-speakers"],
        ),
    ] {
        std::fs::remove_dir_all(project.path("report")).ok();
        project.check_error(&[&check_of("lists.jsonl"), more].concat(), expected);
    }
}

/// The voices behind the speakers are counted in the heading, in every report and as slices.
#[test]
fn the_bundled_speakers_are_said_to_be_twelve_voices() {
    let note = "the 60 bundled speakers are 12 synthetic voices: no evidence about people";
    let project = project();
    let suite = ["--model", "oracle", "--suite", "perturb-1"];
    let run = check(&project, &suite);
    assert!(unwrapped(&run.out).contains(note), "{}", run.out);
    assert!(
        run.out.contains(" 60 speakers (12 voices), "),
        "{}",
        run.out
    );
    let markdown = project.read("report/report.md");
    assert!(markdown.contains(note), "{markdown}");
    assert!(markdown.contains("60 speakers (12 voices)"), "{markdown}");

    let report: Value = serde_json::from_str(&project.read("report/report.json")).unwrap();
    assert_eq!(report["nbest"]["voices"], 12);
    let slices = report["checks"][0]["slices"]["slices"].as_array().unwrap();
    let of_voices = slices.iter().filter(|slice| slice["dimension"] == "voice");
    assert_eq!(of_voices.count(), 12);

    let run = check(&project, &[&suite[..], &["--no-speakers"]].concat());
    assert!(!unwrapped(&run.out).contains(note), "{}", run.out);
}

/// A single list that does not name its voice: then they are not counted.
#[test]
fn voices_are_counted_only_where_every_list_names_one() {
    let bundled = fs::read_to_string(repository("fixtures/nbest/test.jsonl")).unwrap();
    let nameless = bundled.replacen(r#""voice": "flite-kal16", "#, "", 1);
    assert_ne!(nameless, bundled);

    let project = project().file("lists.jsonl", nameless);
    let lists = ["--nbest", "lists.jsonl"];
    let run = check(
        &project,
        &[&["--model", "oracle", "--suite", "perturb-1"], &lists[..]].concat(),
    );
    assert!(run.out.contains(" 60 speakers, "), "{}", run.out);
    let report: Value = serde_json::from_str(&project.read("report/report.json")).unwrap();
    assert_eq!(report["nbest"].get("voices"), None);
}

/// What few speakers may hide is said with the rates that simulation gives, in the terminal and in
/// the report.
#[test]
fn few_speakers_carry_a_caution_with_rates() {
    // The speakers take turns.
    let bundled = fs::read_to_string(repository("fixtures/nbest/test.jsonl")).unwrap();
    let places = bundled.lines().enumerate();
    let some: Vec<&str> = places
        .filter_map(|(place, line)| (place % 60 < 22).then_some(line))
        .collect();
    let project = project().file("lists.jsonl", some.join("\n") + "\n");
    let given = ["--nbest", "lists.jsonl"];
    let run = check(
        &project,
        &[&["--model", "oracle", "--suite", "perturb-1"], &given[..]].concat(),
    );
    let caution = "Caution: with only 22 speakers a rare bad one may not have been sampled: where \
        harm differs much by speaker, 7 to 17 % of simulated runs pass at the margin";
    assert!(unwrapped(&run.out).contains(caution), "{}", run.out);
    for file in ["report/report.md", "report/report.json"] {
        assert!(project.read(file).contains(caution), "{file}");
    }

    let many = project.file("lists.jsonl", lists(40, 40));
    let arguments = words("--model oracle --suite perturb-1 --nbest lists.jsonl");
    let run = check(&many, &arguments);
    assert!(
        !unwrapped(&run.out).contains("Caution: with only"),
        "{}",
        run.out
    );
}

#[test]
fn ids_of_librispeech_lead_to_the_option_that_finds_their_speakers() {
    let mut lines = String::new();
    for index in 0..24 {
        writeln!(
            lines,
            r#"{{"id": "{}-121123-{index:04}", "ref": "two cups", "hyps": [{{"text": "two cups", "score": -1{index:02}1}}, {{"text": "too cups", "score": -1{index:02}2}}]}}"#,
            84 + index / 2
        )
        .unwrap();
    }

    let project = project().file("lists.jsonl", lines);
    let arguments = words("--model oracle --suite perturb-1 --nbest lists.jsonl");

    let run = check(&project, &arguments);
    let hint = r"--speaker-from '^(\d+)-\d+-\d+$' finds 12 of them";
    assert!(run.out.contains(hint), "{}", run.out);
    let quiet = check(&project, &[&arguments[..], &["--quiet"]].concat());
    assert!(quiet.err.contains("warning: no speakers"), "{}", quiet.err);

    let run = check(
        &project,
        &[&arguments[..], &["--speaker-from", r"^(\d+)-\d+-\d+$"]].concat(),
    );

    assert!(run.out.contains("12 speakers"), "{}", run.out);
}

#[test]
fn equal_differences_everywhere_are_not_equally_many_errors() {
    let (a, b) = (
        evidence("equal-difference-a.jsonl"),
        evidence("equal-difference-b.jsonl"),
    );
    let run = project().run(&["significance", &a, &b]);
    assert!(run.out.contains("No difference is shown"), "{}", run.out);
    assert!(
        run.out.contains(
            "40 of 40 utterances differ in their errors, but those of each speaker add \
                up to the same"
        ),
        "{}",
        run.out
    );
}

/// The cautions of a check of the oracle on `lines`, by kind with what they mean for verdicts.
fn cautions(lines: &str) -> BTreeMap<String, String> {
    let project = project().file("lists.jsonl", lines);
    let run = check(
        &project,
        &words("--model oracle --suite perturb-1 --nbest lists.jsonl"),
    );
    assert_ne!(run.code, 2, "{}", run.err);

    let report: Value = serde_json::from_str(&project.read("report/report.json")).unwrap();
    let cautions = report["cautions"].as_array().into_iter().flatten();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    cautions
        .map(|caution| (text(&caution["kind"]), text(&caution["effect"])))
        .collect()
}

/// As [`lists`], of which the first `changed` are changed.
fn changed(count: usize, changed: usize, change: impl Fn(&mut Value)) -> String {
    let mut lines = String::new();
    for (index, line) in lists(count, count).lines().enumerate() {
        let mut line: Value = serde_json::from_str(line).unwrap();
        if index < changed {
            change(&mut line);
        }
        writeln!(lines, "{line}").unwrap();
    }

    lines
}

#[test]
fn lists_that_leave_no_choice_are_remarked_and_bar_a_pass_where_they_are_most() {
    let alone = |line: &mut Value| line["hyps"].as_array_mut().unwrap().truncate(1);
    for (single, expected) in [(12, None), (13, Some("warns")), (31, Some("bars_pass"))] {
        let found = cautions(&changed(60, single, alone));
        let effect = found.get("single_hypotheses").map(String::as_str);
        assert_eq!(effect, expected, "{single}: {found:?}");
    }
}

#[test]
fn references_of_other_utterances_are_remarked_long_before_they_are_all() {
    let other = |line: &mut Value| line["ref"] = "some words of somebody else".into();
    for (far, expected) in [
        (12, None),
        (13, Some("far_lists")),
        (60, Some("far_from_references")),
    ] {
        let found = cautions(&changed(60, far, other));
        let kind = found.keys().find(|kind| kind.starts_with("far_"));
        assert_eq!(kind.map(String::as_str), expected, "{far}: {found:?}");
        assert!(kind.is_none_or(|kind| found[kind] == "bars_pass"));
    }
}

#[test]
fn empty_references_are_remarked_for_what_they_are() {
    let empty = |line: &mut Value| line["ref"] = "".into();
    for (count, expected) in [(5, None), (35, Some("bars_pass"))] {
        let found = cautions(&changed(60, count, empty));
        let effect = found.get("empty_references").map(String::as_str);
        assert_eq!(effect, expected, "{count}: {found:?}");
        assert!(!found.contains_key("far_from_references"), "{found:?}");
    }
}

#[test]
fn speakers_of_one_utterance_each_are_asked_about() {
    let project = project().file("lists.jsonl", lists(24, 24));
    let arguments = words("--model oracle --suite perturb-1 --nbest lists.jsonl");
    let asked = "every utterance has a speaker of its own";

    let run = check(&project, &arguments);
    assert!(unwrapped(&run.out).contains(asked), "{}", run.out);

    // It changes what a verdict means, and so it is said to those who want few words, too.
    let run = check(&project, &[&arguments[..], &["-q"]].concat());
    assert!(
        run.err.contains(&format!("warning: {asked}")),
        "{}",
        run.err
    );

    let run = check(&project, &[&arguments[..], &["--no-speakers"]].concat());
    assert!(!unwrapped(&run.out).contains(asked), "{}", run.out);
}
