//! What `score` picks, as text; and lists without references, scores or spaces, which are read with
//! a word about it.

use serde_json::Value;

#[cfg(feature = "bert")]
use crate::project::some_lists;
use crate::project::{project, words};

/// Two lists: the first pass likes the wrong text of the first one.
const LISTS: &str = r#"{"id": "u1", "speaker": "s", "ref": "Two cups", "hyps": [{"text": "Too cups", "score": -1}, {"text": "TWO cups", "score": -4}, {"text": "Two Cups", "score": -2}]}
{"id": "u2", "speaker": "s", "ref": "Send it", "hyps": [{"text": "Send it", "score": -1}, {"text": "end it", "score": -3}]}
"#;

/// Scores of a second pass that finds the right text of the first list.
const TABLE: &str = r#"{"texts": ["too cups", "two cups", "send it", "end it"], "scores": [-9, -1, -1, -2]}
"#;

fn without_references() -> String {
    let lines = LISTS.lines().map(|line| {
        let mut list: Value = serde_json::from_str(line).unwrap();
        list.as_object_mut().unwrap().remove("ref");
        format!("{list}\n")
    });
    lines.collect()
}

#[test]
fn picks_are_written_as_transcripts_and_as_lists() {
    let project = project()
        .file("lists.jsonl", LISTS)
        .file("bare.jsonl", without_references())
        .file("table.jsonl", TABLE);
    let picks = |file: &str, options: &str| {
        let line = format!("score --model scores:table.jsonl --nbest {file} {options}");
        let run = project.run(&words(&line));
        assert_eq!(run.code, 0, "{line}: {}", run.err);
        run.out
    };

    for file in ["lists.jsonl", "bare.jsonl"] {
        assert_eq!(picks(file, "--to trn"), "Two Cups (u1)\nSend it (u2)\n");
        assert_eq!(picks(file, "--to kaldi"), "u1 Two Cups\nu2 Send it\n");
        let first = picks(file, "--to trn --weight 0");
        assert_eq!(first, "Too cups (u1)\nSend it (u2)\n");
    }
    let lists = picks("lists.jsonl", "--to jsonl");
    let expected = r#"{"id":"u1","speaker":"s","ref":"Two cups","hyps":[{"text":"Two Cups","score":-2.0}],"index":2,"second_pass":-1.0,"total":-3.0}"#;
    assert_eq!(lists.lines().next(), Some(expected));
    let bare = picks("bare.jsonl", "--to jsonl");
    assert_eq!(
        bare,
        lists
            .replace(r#""ref":"Two cups","#, "")
            .replace(r#""ref":"Send it","#, "")
    );

    let scores = picks("bare.jsonl", "");
    let line: Value = serde_json::from_str(scores.lines().next().unwrap()).unwrap();
    assert_eq!(line["texts"], serde_json::json!(["too cups", "two cups"]));
    assert_eq!(line["places"], serde_json::json!([[0], [2, 1]]));
}

#[test]
fn weights_that_change_no_score_are_refused() {
    let project = project()
        .file("lists.jsonl", LISTS)
        .file("table.jsonl", TABLE);
    let score = "score --model scores:table.jsonl --nbest lists.jsonl";
    project.check_error(
        &words(&format!("{score} --weight 2")),
        &["--weight does nothing here", "--to trn, kaldi or jsonl"],
    );
    let run = project.run(&words(score));
    assert!(!run.err.contains("--weight"), "{}", run.err);
    let run = project.run(&words(&format!("{score} --to trn --weight 2")));
    assert_eq!(run.code, 0, "{}", run.err);
    let run = project.run(&words(&format!("{score} --to trn")));
    assert!(run.err.contains("no --weight given"), "{}", run.err);
}

/// The picks have the errors that a check counts in its clean lists.
#[cfg(feature = "bert")]
#[test]
fn picks_have_the_error_rate_of_the_check() {
    let project = some_lists(40);
    let model = "--model demo --weight 3 --nbest lists.jsonl";
    let check = format!("{model} --suite perturb-1 --draws 1 --out report --quiet");
    project.run(&words(&check));
    let report: Value = serde_json::from_str(&project.read("report/report.json")).unwrap();
    let clean = &report["clean"]["model"];
    let count = |of: &Value, name: &str| of[name].as_u64().unwrap();
    let kinds = ["substitutions", "insertions", "deletions"];
    let errors: u64 = kinds.iter().map(|kind| count(clean, kind)).sum();

    for (form, out) in [("jsonl", "picks.jsonl"), ("trn", "picks.trn")] {
        let score = format!("score {model} --to {form} --out {out}");
        let run = project.run(&words(&score));
        assert_eq!(run.code, 0, "{}", run.err);
    }
    let mut references = String::new();
    for line in project.read("lists.jsonl").lines() {
        let list: Value = serde_json::from_str(line).unwrap();
        let (said, id) = (list["ref"].as_str().unwrap(), list["id"].as_str().unwrap());
        references.extend([said, " (", id, ")\n"]);
    }
    std::fs::write(project.path("ref.trn"), references).unwrap();
    let counted = format!(
        "({errors} errors in {} words",
        count(clean, "reference_words")
    );
    for stat in ["picks.jsonl", "picks.trn --refs ref.trn"] {
        let run = project.run(&words(&format!("nbest stat {stat}")));
        let first_pass = run
            .out
            .lines()
            .find(|line| line.starts_with("WER first pass"));
        assert!(
            first_pass.unwrap().contains(&counted),
            "{counted}: {}",
            run.out
        );
    }

    let test = "significance picks.trn picks.trn --ref ref.trn --no-speakers --format json";
    assert_eq!(project.run(&words(test)).code, 0);
}

#[test]
fn what_measures_needs_references_and_says_which() {
    let project = project()
        .file("bare.jsonl", without_references())
        .file("bare.json", r#"[{"input": ["two", "to"]}]"#)
        .file("kaldi/words_text", "u1-1 two cups\nu1-2 too cups\n")
        .file("kaldi/ref_text", "u1 two cups\n");
    for measures in [
        "nbest stat bare.jsonl",
        "nbest convert bare.jsonl --to hyporadise",
        "score --model oracle --nbest bare.jsonl",
        "--model first-pass --suite perturb-1 --nbest bare.jsonl",
    ] {
        project.check_error(
            &words(measures),
            &["bare.jsonl, line 1", "`ref` is missing"],
        );
    }
    project.check_error(&words("nbest stat bare.json"), &["`output` is missing"]);
    project.check_error(
        &words("nbest stat kaldi"),
        &["carry no references", "--refs kaldi/ref_text"],
    );

    let run = project.run(&words("nbest convert bare.jsonl"));
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(!run.out.contains("\"ref\""), "{}", run.out);
    assert!(
        run.err.contains("without a reference: 2 lists"),
        "{}",
        run.err
    );
    let run = project.run(&words("nbest convert bare.jsonl --to kaldi --out folder"));
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(!project.path("folder/ref_text").exists());
    let run = project.run(&words("score --model first-pass --nbest kaldi --to kaldi"));
    assert_eq!(run.out, "u1 two cups\n", "{}", run.err);
}

#[test]
fn what_convert_leaves_out_is_counted_and_named() {
    let list = r#"{"id": "a", "wav": "x", "words": ["Meet"], "ref": "Meet me", "hyps": [{"text": "Meat me", "score": -1, "tokens": 3}, {"text": "meat me", "score": -2}]}"#;
    let project = project().file("lists.jsonl", format!("{list}\n"));
    let run = project.run(&words("nbest convert lists.jsonl"));
    for told in [
        "the fields `tokens` (1 list), `words` (1 list)",
        "not as spelled: 1 hypothesis;",
        "merged into equal ones of their lists: 1 hypothesis (1 of them spelled otherwise)",
    ] {
        assert!(run.err.contains(told), "{told}: {}", run.err);
    }
    for form in ["kaldi --out folder", "hyporadise --out lists.json"] {
        let run = project.run(&words(&format!("nbest convert lists.jsonl --to {form}")));
        assert!(run.err.contains("further fields (`wav`)"), "{}", run.err);
    }
    let run = project.run(&words("nbest convert lists.jsonl --normalize none"));
    assert!(!run.err.contains("spelled"), "{}", run.err);
}

#[test]
fn scores_under_other_names_and_in_some_lists_are_told() {
    let scored = r#"{"id": "b", "ref": "two", "hyps": [{"text": "to", "score": -1}, {"text": "two", "score": -2}]}"#;
    let misspelt = scored.replace("score", "scor").replace("\"b\"", "\"a\"");
    let project = project()
        .file("lists.jsonl", format!("{misspelt}\n{scored}\n"))
        .file(
            "ranks.jsonl",
            format!("{}\n", misspelt.replace("scor", "rank")),
        )
        .file("scored.jsonl", format!("{scored}\n"))
        .file(
            "table.jsonl",
            r#"{"texts": ["to", "two"], "scores": [-2, -1]}"#,
        );
    let run = project.run(&words("nbest stat lists.jsonl"));
    assert!(run.err.contains("`scor` (1 list)"), "{}", run.err);
    let run = project.run(&words("nbest stat scored.jsonl"));
    assert_eq!(run.err, "");

    let tune = |file: &str, out: &str| {
        let line = format!("tune --model scores:table.jsonl --nbest {file} --out {out}");
        project.run(&words(&line)).err
    };
    let mixed = tune("lists.jsonl", "mixed.toml");
    assert!(
        mixed.contains("1 of 2 lists have no first-pass scores"),
        "{mixed}"
    );
    let whole = tune("scored.jsonl", "scored.toml");
    assert!(!whole.contains("have no first-pass scores"), "{whole}");
    tune("ranks.jsonl", "ranks.toml");
    for (tuned, file, told) in [
        (
            "scored.toml",
            "ranks.jsonl",
            "tuned on lists with first-pass scores",
        ),
        (
            "ranks.toml",
            "scored.jsonl",
            "tuned on lists without first-pass scores",
        ),
    ] {
        let line = format!(
            "score --model scores:table.jsonl --interpolation {tuned} --nbest {file} --to trn"
        );
        let run = project.run(&words(&line));
        assert!(run.err.contains(told), "{line}: {}", run.err);
    }
}

#[test]
fn sentences_without_spaces_are_told_and_parted() {
    let list = "{\"id\": \"z\", \"speaker\": \"s\", \"ref\": \"我们今天去北京\", \"hyps\": [{\"text\": \"我们今天去北在\"}]}\n";
    let project = project().file("zh.jsonl", list);
    let run = project.run(&words("nbest stat zh.jsonl"));
    assert!(
        run.err.contains("--normalize default,characters"),
        "{}",
        run.err
    );
    let run = project.run(&words("nbest stat zh.jsonl --normalize default,characters"));
    assert_eq!(run.err, "");
    assert!(run.out.contains("1 errors in 7 words"), "{}", run.out);
}

#[test]
fn a_speaker_that_all_ids_begin_with_is_told() {
    let list = |id: &str| {
        format!(
            "{{\"utt_id\": \"{id}\", \"ref\": \"two\", \"hyps\": [\"to\", \"two\"], \"score\": [-1, -2]}}"
        )
    };
    let project = project()
        .file(
            "one.json",
            format!("[{}, {}]", list("utt-001"), list("utt-002")),
        )
        .file(
            "two.json",
            format!("[{}, {}]", list("ann-001"), list("bob-002")),
        );
    let check = |line: &str, told: bool| {
        let line = format!("--model first-pass --suite perturb-1 --out report --nbest {line}");
        let run = project.run(&words(&line));
        let found = run.err.contains("the only speaker, `utt`");
        assert_eq!(found, told, "{line}: {}", run.err);
    };
    check("one.json", true);
    check("one.json --no-speakers", false);
    check("two.json", false);
}
