//! What is tried before the work: every model of a comparison, and a whole check with `--dry-run`.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::project::{Project, project, words};

const LISTS: &str = r#"{"id": "a", "speaker": "s", "ref": "two there", "hyps": [{"text": "two there", "score": -1}, {"text": "to their", "score": -2}, {"text": "too", "score": -3}]}
{"id": "b", "speaker": "t", "ref": "meet me at eight", "hyps": [{"text": "meet me at eight", "score": -1}, {"text": "meat me", "score": -1.5}]}
"#;

/// Scores by length, and leaves a file behind once it is asked.
const PROGRAM: &str = "\
import json, sys
print(json.dumps({'protocol': 1, 'name': 'length'}), flush=True)
for line in sys.stdin:
    open('asked', 'a').write(line)
    r = json.loads(line)
    print(json.dumps({'id': r['id'], 'scores': [-float(len(t)) for t in r['texts']]}), flush=True)
";

fn with_program() -> Project {
    project()
        .file("lists.jsonl", LISTS)
        .file("program.py", PROGRAM)
}

const EXEC: &str = "exec:python3 program.py";

#[cfg(unix)]
#[test]
fn a_wrong_model_ends_a_comparison_before_any_other_is_asked() {
    let project = with_program();
    let good = format!("length={EXEC}");
    let compare = |third: &str| {
        vec![
            "compare",
            "-q",
            "--suite",
            "perturb-n",
            "--nbest",
            "lists.jsonl",
            "--out",
            "out",
            "--model",
            "first=first-pass",
            "--model",
            &good,
            "--model",
        ]
        .into_iter()
        .map(str::to_owned)
        .chain([third.to_owned()])
        .collect::<Vec<String>>()
    };
    for (third, told) in [
        ("no/such/model", "no/such/model"),
        ("scores:none.jsonl", "none.jsonl"),
        ("exec:python3 none.py", "none.py"),
    ] {
        let words = compare(third);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        // Neither the folder of the comparison nor the file of the program that was asked.
        project.check_error(&words, &[told]);
    }

    let words = compare("oracle");
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let run = project.run(&words);
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(
        project.names(),
        ["asked", "lists.jsonl", "out", "program.py"]
    );
}

#[cfg(unix)]
#[test]
fn a_dry_run_counts_what_a_check_would_ask_for_and_writes_nothing() {
    let project = with_program();
    let mut texts = BTreeSet::new();
    let mut touched = 0;
    let cases = project.run(&words("perturb -q --suite perturb-n --nbest lists.jsonl"));
    for line in cases.out.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        touched += usize::from(!case["substitutions"].as_array().unwrap().is_empty());
        for hyp in case["hyps"].as_array().unwrap() {
            texts.insert(hyp["text"].as_str().unwrap().to_owned());
            texts.insert(hyp["original"].as_str().unwrap().to_owned());
        }
    }

    let check = |model: &str, more: &[&str]| {
        let words = [
            "-q",
            "--suite",
            "perturb-n",
            "--nbest",
            "lists.jsonl",
            "--dry-run",
            "--model",
            model,
        ];
        project.run(&[words.as_slice(), more].concat())
    };
    let run = check(EXEC, &[]);
    assert_eq!(run.code, 0, "{}", run.err);
    for expected in [
        "lists     2 utterances, a clean list each; 12 with the draws".to_owned(),
        format!("draws     perturb-n / perturb-n: 5 draws, 10 lists, {touched} of them touched"),
        format!("texts     {} distinct, 5 of them clean", texts.len()),
        format!(
            "calls     {} of {EXEC}, one for each distinct text",
            texts.len()
        ),
        " s of scoring, as 5 texts took".to_owned(),
        "; minimizing failures comes on top\n".to_owned(),
        "written   nothing".to_owned(),
    ] {
        assert!(run.out.contains(&expected), "{expected}\n{}", run.out);
    }
    assert_eq!(project.names(), ["asked", "lists.jsonl", "program.py"]);

    let run = check(EXEC, &["--minimise", "off"]);
    assert!(run.out.contains("estimate"), "{}", run.out);
    assert!(!run.out.contains("minimizing"), "{}", run.out);

    let run = check("oracle", &["--suite", "invariants", "--draws", "1"]);
    for expected in [
        "1 draw, 2 lists",
        "calls     none",
        "left out  9 properties",
    ] {
        assert!(run.out.contains(expected), "{expected}\n{}", run.out);
    }
    assert!(!run.out.contains("estimate"), "{}", run.out);

    let words = words("compare -q --dry-run --suite perturb-n --nbest lists.jsonl --out out");
    let run = project.run(&[words.as_slice(), &["--model", EXEC, "--model", "oracle"]].concat());
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(run.out.matches("calls ").count(), 2, "{}", run.out);
    assert!(run.out.contains("estimate"), "{}", run.out);
    assert!(!run.out.contains("minimizing"), "{}", run.out);
    assert_eq!(project.names(), ["asked", "lists.jsonl", "program.py"]);

    // What would keep the check from beginning does so here too.
    let refused = check(EXEC, &["--out", "lists.jsonl"]);
    assert_eq!(refused.code, 2, "{}", refused.out);
}

#[cfg(unix)]
#[test]
fn looks_that_fit_no_draws_are_refused_before_the_model_is_asked() {
    let project = with_program();
    let base = words("-q --suite perturb-n --nbest lists.jsonl --stop planned=2 --model");
    for more in [&[][..], &["--dry-run"]] {
        let arguments = [&base[..], &[EXEC], more].concat();
        // Neither the file of the program that was asked nor saved scores.
        project.check_error(&arguments, &["2 planned looks", "5 draws", "multiple of 2"]);
    }
}

#[cfg(unix)]
#[test]
fn a_dry_run_makes_no_cache_and_leaves_one_as_it_is() {
    let project = with_program();
    let line = "-q --suite perturb-n --nbest lists.jsonl --draws 1 --cache scores.cache --model";
    let check = |more: &[&str]| project.run(&[&words(line)[..], &[EXEC], more].concat());

    let run = check(&["--dry-run"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.contains("what the cache has"), "{}", run.out);
    assert_eq!(project.names(), ["asked", "lists.jsonl", "program.py"]);

    let compare = words("compare -q --dry-run --suite perturb-n --nbest lists.jsonl --out out");
    let models = words("--cache scores.cache --model oracle --model");
    let run = project.run(&[&compare[..], &models, &[EXEC]].concat());
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(project.names(), ["asked", "lists.jsonl", "program.py"]);

    let run = check(&[]);
    assert_ne!(run.code, 2, "{}", run.err);
    let names = project.names();
    let cache = || std::fs::read(project.path("scores.cache")).unwrap();
    let before = cache();
    let run = check(&["--dry-run"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(cache() == before, "the dry run changed the cache");
    assert_eq!(project.names(), names);

    // What a check could not use is refused here too.
    std::fs::write(project.path("scores.cache"), "no cache").unwrap();
    let refused = check(&["--dry-run"]);
    assert_eq!(refused.code, 2, "{}", refused.out);
    assert!(refused.err.contains("another kind"), "{}", refused.err);
}
