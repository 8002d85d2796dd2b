//! `tune`, and the file that it writes.

use serde_json::Value;

use crate::project::{Project, project, words};

const LISTS: &str = r#"{"id": "a", "speaker": "s", "ref": "two cups for tea", "hyps": [{"text": "too cups for tea", "score": -10}, {"text": "two cups for tea", "score": -13}, {"text": "two cups four", "score": -21}]}
{"id": "b", "speaker": "s", "ref": "meet me at eight", "hyps": [{"text": "meet me at eight", "score": -7}, {"text": "meat me at ate", "score": -16}]}
{"id": "c", "speaker": "t", "ref": "the sun has set", "hyps": [{"text": "the son has set", "score": -20}, {"text": "the sun has set", "score": -20.5}, {"text": "a sun sat", "score": -24}]}
{"id": "d", "speaker": "t", "ref": "they knew where to go", "hyps": [{"text": "they knew wear to go", "score": -30}, {"text": "they knew where to go", "score": -37}, {"text": "they new where go", "score": -38}]}
{"id": "e", "speaker": "u", "ref": "one more hour", "hyps": [{"text": "one more our", "score": -9}, {"text": "one more hour", "score": -11}, {"text": "won more hour", "score": -11.5}]}
{"id": "f", "speaker": "u", "ref": "right on time", "hyps": [{"text": "right on time", "score": -5}, {"text": "write on thyme", "score": -5.75}]}
"#;

/// Scores that are near 0, and neither always right nor always wrong.
const PROGRAM: &str = "\
import json, sys
GOOD = 'two where sun hour thyme'.split()
def score(text):
    words = text.split()
    return (sum(w in GOOD for w in words) - 0.125 * len(text)) / 64
print(json.dumps({'protocol': 1, 'name': 'near'}), flush=True)
for line in sys.stdin:
    r = json.loads(line)
    print(json.dumps({'id': r['id'], 'scores': [score(t) for t in r['texts']]}), flush=True)
";

/// Weight and scale by trying all of them, from nothing but the lists and the scores.
const BRUTE: &str = "\
import json, math, sys
def errors(ref, hyp):
    row = list(range(len(hyp) + 1))
    for i, r in enumerate(ref, 1):
        last, row[0] = row[0], i
        for j, h in enumerate(hyp, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (r != h))
    return row[-1]
scores = {s['id']: dict(zip(s['texts'], s['scores'])) for s in map(json.loads, \
open('scores.jsonl'))}
lists, words = [], 0
for l in map(json.loads, open('lists.jsonl')):
    words += len(l['ref'].split())
    lists.append([(h['score'], scores[l['id']][h['text']], errors(l['ref'].split(), \
    h['text'].split())) for h in l['hyps']])
powers = [2 ** (k / 4) for k in range(-40, 41)]
def likelihood(scale):
    sum_ = 0
    for l in lists:
        fewest = min(e for _, _, e in l)
        if all(e == fewest for _, _, e in l):
            continue
        mass = [math.exp(scale * (f - l[0][0])) for f, _, _ in l]
        share = sum(m for m, (_, _, e) in zip(mass, l) if e == fewest) / sum(mass)
        sum_ += math.log(max(share, sys.float_info.min))
    return sum_
def wer(scale, weight):
    picks = [max(l, key=lambda h: scale * h[0] + weight * h[1]) for l in lists]
    return sum(e for _, _, e in picks) / words
scale = max(powers, key=likelihood)
weight = min([0.0] + powers, key=lambda w: wer(scale, w))
print(json.dumps({'scale': scale, 'weight': weight, 'after': wer(scale, weight), 'before': wer(1, \
1)}))
";

const TUNE: [&str; 7] = [
    "tune",
    "--model",
    "exec:python3 near.py",
    "--nbest",
    "lists.jsonl",
    "--out",
    "tuned.toml",
];

fn with_program(program: &str) -> Project {
    project()
        .file("lists.jsonl", LISTS)
        .file("near.py", program)
}

/// The file, after a run that must succeed.
#[track_caller]
fn tuned(project: &Project, arguments: &[&str]) -> (toml::Table, String) {
    let run = project.run(arguments);
    assert_eq!(run.code, 0, "{}", run.err);
    (project.read("tuned.toml").parse().unwrap(), run.err)
}

#[test]
fn a_program_is_tuned_as_trying_everything_does() {
    let project = with_program(PROGRAM).file("brute.py", BRUTE);
    let (file, _) = tuned(&project, &TUNE);
    let run = project.run(&[
        "score",
        "--model",
        "exec:python3 near.py",
        "--nbest",
        "lists.jsonl",
        "--out",
        "scores.jsonl",
    ]);
    assert_eq!(run.code, 0, "{}", run.err);
    let brute = std::process::Command::new("python3")
        .arg("brute.py")
        .current_dir(project.path(""))
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&brute.stderr);
    let brute: Value = serde_json::from_slice(&brute.stdout).unwrap_or_else(|_| panic!("{error}"));

    let close = |found: &toml::Value, expected: &Value| {
        let (found, expected) = (found.as_float().unwrap(), expected.as_f64().unwrap());
        assert!((found / expected - 1.0).abs() < 1e-12, "{found} {expected}");
    };
    close(&file["weight"], &brute["weight"]);
    close(&file["first_pass_scale"], &brute["scale"]);
    close(&file["wer"]["before"], &brute["before"]);
    close(&file["wer"]["after"], &brute["after"]);

    let (before, after) = (&brute["before"], &brute["after"]);
    assert!(after.as_f64() < before.as_f64(), "nothing to tune: {brute}");
    assert!(brute["weight"].as_f64().unwrap() > 1.0, "{brute}");

    // Once more gives the same bytes, whatever the number of processes.
    let first = project.read("tuned.toml");
    tuned(&project, &[&TUNE[..], &["--processes", "2"]].concat());
    assert_eq!(project.read("tuned.toml"), first);
}

#[test]
fn a_tuned_file_weighs_the_model_in_every_command() {
    let project = with_program(PROGRAM);
    let (file, _) = tuned(&project, &TUNE);
    let weight = file["weight"].as_float().unwrap();
    let check = [
        "--model",
        "exec:python3 near.py",
        "--interpolation",
        "tuned.toml",
        "--suite",
        "perturb-1",
        "--nbest",
        "lists.jsonl",
        "--out",
        "report",
    ];
    let run = project.run(&check);
    assert!([0, 1, 3].contains(&run.code), "{}", run.err);
    assert!(!run.err.contains("robustness-check tune"), "{}", run.err);
    let caution = "caution: these are the lists that tuned.toml was tuned on";
    assert!(run.err.contains(caution), "{}", run.err);
    let report: Value = serde_json::from_str(&project.read("report/report.json")).unwrap();
    assert_eq!(report["model"]["weight"], weight);
    assert_eq!(report["model"]["options"]["weight"], weight.to_string());
    let clean = report["clean"]["model"]["rate"]["value"].as_f64();
    assert_eq!(clean, file["wer"]["after"].as_float());

    // Replaying needs the file no more; another one wins.
    std::fs::rename(project.path("tuned.toml"), project.path("kept.toml")).unwrap();
    if project.path("report/failures").exists() {
        let replay = project.run(&["replay", "report"]);
        assert_eq!(replay.code, 1, "{}", replay.err);
        assert!(!replay.err.contains("report.json and"), "{}", replay.err);
        let replay = project.run(&["replay", "report", "--interpolation", "kept.toml"]);
        assert_eq!(replay.code, 1, "{}", replay.err);
    }

    let compare = [
        "compare",
        "--model",
        "a=exec:python3 near.py",
        "--model",
        "b=first-pass",
        "--interpolation",
        "a=kept.toml",
        "--suite",
        "perturb-1",
        "--nbest",
        "lists.jsonl",
        "--format",
        "json",
    ];
    let run = project.run(&compare);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(
        run.out.contains(&format!("\"weight\": {weight}")),
        "{}",
        run.out
    );
    let both = [&compare[..], &["--weight", "a=2"]].concat();
    project.check_error(&both, &["a: --interpolation kept.toml", "--weight"]);

    let both = [
        &TUNE[..],
        &["--interpolation", "kept.toml", "--weight", "2"],
    ]
    .concat();
    project.check_error(&both, &["--interpolation", "--weight"]);
}

#[test]
fn another_model_than_was_tuned_is_named_with_the_one_that_was() {
    let project = with_program(PROGRAM);
    tuned(&project, &TUNE);
    let check = [
        "--model",
        "exec:python3 near.py other",
        "--interpolation",
        "tuned.toml",
        "--nbest",
        "lists.jsonl",
        "--suite",
        "perturb-1",
        "--quiet",
    ];
    let run = project.run(&check);
    assert_ne!(run.code, 2, "{}", run.err);
    // What decides what a result means is said even to those who asked for quiet.
    assert!(!run.err.contains("the program says it is"), "{}", run.err);
    for part in [
        "tuned.toml: weight and first-pass scale were tuned for exec:python3 near.py (",
        "and the model is exec:python3 near.py other (",
    ] {
        assert!(run.err.contains(part), "{}", run.err);
    }

    let good = project.read("tuned.toml");
    let mut project = project;
    for (old, new, expected) in [
        (
            "format_version = 1",
            "format_version = 9",
            "format_version is 9",
        ),
        ("weight = ", "weigth = ", "line 4"),
        (
            "first_pass_scale = ",
            "first_pass_scale = -",
            "first_pass_scale is -",
        ),
        ("[model]", "[model", "line"),
    ] {
        assert!(good.contains(old), "{good}");
        project = project.file("tuned.toml", good.replacen(old, new, 1));
        project.check_error(
            &check,
            &["failed to read --interpolation tuned.toml", expected],
        );
        let lines = project.run(&check).err.lines().count();
        assert_eq!(lines, 1, "a quoted line does not break ours");
        assert!(!project.run(&check).err.contains("\\u000a"));
    }
}

#[test]
fn scores_that_are_written_as_they_are_have_no_weight() {
    let project = with_program(PROGRAM);
    tuned(&project, &TUNE);
    let score = [
        "score",
        "--model",
        "exec:python3 near.py",
        "--nbest",
        "lists.jsonl",
    ];
    let run = project.run(&score);
    assert_eq!(
        (run.code, run.err.contains("--weight")),
        (0, false),
        "{}",
        run.err
    );
    for option in [
        ["--weight", "2"],
        ["--first-pass-scale", "2"],
        ["--interpolation", "tuned.toml"],
    ] {
        let words = [&score[..], &option].concat();
        project.check_error(&words, &[option[0], "does nothing here"]);
    }
}

#[test]
fn what_is_doubtful_is_warned_of() {
    let constant = PROGRAM.replace("(sum(", "0 * (sum(");
    let (file, err) = tuned(&with_program(&constant), &TUNE);
    assert_eq!(file["weight"].as_float(), Some(0.0));
    assert_eq!(file["wer"]["gain_shown"].as_bool(), Some(false));
    assert!(
        err.contains("the best weight is 0") && err.contains("not shown"),
        "{err}"
    );

    // Only a weight above 1000 turns the first list.
    let tiny = PROGRAM.replace(
        "(sum(w in GOOD for w in words) - 0.125 * len(text)) / 64",
        "0.003 * ('two' in words)",
    );
    let scaled = [&TUNE[..], &["--first-pass-scale", "1"]].concat();
    let (file, err) = tuned(&with_program(&tiny), &scaled);
    assert_eq!(file["first_pass_scale"].as_float(), Some(1.0));
    assert_eq!(file["weight"].as_float(), Some(1024.0));
    assert!(
        err.contains("the best weight, 1024, is at the end of what is tried"),
        "{err}"
    );
}

/// A claim and the interval beside it are of one level, and the terminal says which.
#[test]
fn the_interval_agrees_with_what_is_shown() {
    let constant = PROGRAM.replace("(sum(", "0 * (sum(");
    for program in [PROGRAM, &constant] {
        let project = with_program(program);
        let run = project.run(&TUNE);
        assert_eq!(run.code, 0, "{}", run.err);

        let file: toml::Table = project.read("tuned.toml").parse().unwrap();
        let wer = &file["wer"];
        for difference in ["difference_before", "difference_after"] {
            assert_eq!(wer[difference]["confidence"].as_float(), Some(0.9));
        }
        let high = wer["difference_after"]["high"].as_float().unwrap();
        let shown = wer["gain_shown"].as_bool().unwrap();
        assert_eq!(shown, high < 0.0, "{}", run.out);
        assert_eq!(run.err.contains("not shown"), !shown, "{}", run.err);
        assert_eq!(run.out.matches("] (90 % interval) against").count(), 2);
    }
}

#[test]
fn what_cannot_be_tuned_is_refused() {
    let project = with_program(PROGRAM).file("kept.toml", "weight = 1\n");
    let mut arguments = TUNE;
    for model in ["first-pass", "oracle"] {
        arguments[2] = model;
        project.check_error(&arguments, &[model, "no scores of a second pass"]);
    }

    let bundled = [
        "tune",
        "--model",
        "exec:python3 near.py",
        "--out",
        "tuned.toml",
    ];
    project.check_error(&bundled, &["--nbest", "test set"]);
    let mut arguments = TUNE;
    arguments[6] = "kept.toml";
    project.check_error(&arguments, &["kept.toml"]);
    arguments[6] = "./lists.jsonl";
    project.check_error(&arguments, &["lists.jsonl"]);

    let alike: String = LISTS.lines().take(1).collect();
    let alike = alike
        .replace("too cups for tea", "nine cups for tea")
        .replace("two cups four\"", "ten cups for tea\"");
    let alike = alike.replace(
        "\"text\": \"two cups for tea\"",
        "\"text\": \"six cups for tea\"",
    );
    let project = project.file("lists.jsonl", alike + "\n");
    project.check_error(&TUNE, &["different word errors"]);
}

#[test]
fn a_table_of_scores_that_lacks_a_text_names_what_scores_any() {
    let project = with_program(PROGRAM).file(
        "scores.jsonl",
        "{\"text\": \"two cups for tea\", \"score\": 1}\n",
    );
    let check = words("--model scores:scores.jsonl --suite perturb-1 --nbest lists.jsonl");
    let expected = [
        "scores.jsonl has no score for \"",
        "robustness-check perturb",
        "exec:COMMAND",
    ];
    project.check_error(&check, &expected);
    let mut tune = TUNE;
    tune[2] = "scores:scores.jsonl";
    project.check_error(&tune, &expected);
}
