//! Signals during a run: what was done is saved, and the next run goes on from there.

use std::fmt::Write;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use mondegreen::rescore::remembered::Remembered;
use mondegreen::rescore::saved::{Header, Lines};

use crate::project::{Project, project, repository};

/// Lists of many different texts, one of them too long for the model.
fn lists() -> String {
    let words = [
        "their", "two", "meet", "hear", "sea", "week", "one", "right",
    ];

    let mut lines = String::new();
    for index in 0..1200 {
        let mut rest = index;
        let mut texts = [String::new(), String::new()];
        for _ in 0..4 {
            let word = words[rest % words.len()];
            rest = rest / words.len() + index;
            write!(texts[0], "{word} ").unwrap();
            write!(texts[1], "{word} you ").unwrap();
        }
        if index == 7 {
            texts[1] = "meet ".repeat(300);
        }
        writeln!(
            lines,
            r#"{{"id": "u{index}", "speaker": "s{}", "ref": "{}", "hyps": [{{"text": "{}", "score": -1}}, {{"text": "{}", "score": -2}}]}}"#,
            index % 9, texts[0], texts[0], texts[1]
        )
        .unwrap();
    }

    lines
}

fn model() -> String {
    let path = repository("fixtures/reference/hf-peft/bert-tiny");
    path.to_str().unwrap().to_owned()
}

fn arguments<'a>(model: &'a str, out: &'a str) -> Vec<&'a str> {
    let suites = ["--suite", "perturb-n", "--suite", "perturb-1"];
    let rest = ["--model", model, "--nbest", "lists.jsonl", "--out", out];
    // Minimizing comes last and has a result of its own when it is interrupted.
    [&suites[..], &rest, &["--minimise", "off"]].concat()
}

/// Starts the binary; its temporary folder is the project's `tmp`.
fn start(project: &Project, arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_robustness-check"))
        .args(arguments)
        .current_dir(project.path(""))
        .env("TMPDIR", project.path("tmp"))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn send(process: &Child, signal: &str) {
    let id = process.id().to_string();
    let sent = Command::new("kill").args([signal, &id]).status().unwrap();
    assert!(sent.success());
}

/// Starts the binary, does `act` `delay` milliseconds after it began to score, and returns its exit
/// code and the rest of what it said.
fn disturbed(
    project: &Project,
    arguments: &[&str],
    delay: u64,
    act: impl FnOnce(&Child),
) -> (Option<i32>, String) {
    let mut process = start(project, &[arguments, &["--verbose"]].concat());
    let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
    while !lines
        .next()
        .unwrap()
        .unwrap()
        .contains("indexed the lexicon")
    {}

    std::thread::sleep(Duration::from_millis(delay));
    act(&process);
    let said: Vec<String> = lines.map(Result::unwrap).collect();

    (process.wait().unwrap().code(), said.join("\n"))
}

/// The command that scores one text after the other, and so takes its time.
fn slow<'a>(model: &'a str, out: &'a str) -> Vec<&'a str> {
    let rest = ["--jobs", "1", "--batch-tokens", "1"];
    [&arguments(model, out)[..], &rest].concat()
}

/// The report without its `run` block, and the cases.
fn result(project: &Project, folder: &str) -> (serde_json::Value, String) {
    let report = project.read(&format!("{folder}/report.json"));
    let mut report: serde_json::Value = serde_json::from_str(&report).unwrap();
    report.as_object_mut().unwrap().remove("run").unwrap();
    (report, project.cases(folder))
}

#[test]
fn an_interrupted_check_that_goes_on_reports_the_same() {
    let project = project().file("lists.jsonl", lists());
    let model = model();
    let whole = project.run(&arguments(&model, "whole"));
    assert_ne!(whole.code, 2, "{}", whole.err);

    let expected = result(&project, "whole");
    assert!(expected.0["nbest"]["truncated_texts"].as_u64().unwrap() > 0);

    let mut saved = 0;
    for (delay, signal) in [(0, "-INT"), (30, "-TERM"), (60, "-HUP"), (120, "-INT")] {
        // A busy machine gets more time to begin.
        let slow = slow(&model, "parts");
        let (code, said) = disturbed(&project, &slow, delay, |process| send(process, signal));
        assert_eq!(code, Some(130), "{said}");
        if said.contains("nothing was scored yet") {
            assert_eq!(project.names(), ["lists.jsonl", "whole"]);
            continue;
        }
        assert!(
            said.contains("scores are saved in parts.scores.jsonl"),
            "{said}"
        );
        assert_eq!(
            project.names(),
            ["lists.jsonl", "parts.scores.jsonl", "whole"]
        );
        saved = project.read("parts.scores.jsonl").lines().count() - 1;
        break;
    }

    assert!(saved > 0);

    let rest = project.run(&arguments(&model, "parts"));
    assert_eq!(rest.code, whole.code, "{}", rest.err);
    assert!(
        rest.err
            .contains(&format!("going on from the {saved} scores")),
        "{}",
        rest.err
    );
    assert_eq!(result(&project, "parts"), expected);
    assert_eq!(project.names(), ["lists.jsonl", "parts", "whole"]);
}

/// Scores whole lists by their lengths, and writes down which.
const WHOLE_LISTS: &str = "import json, sys, time
print(json.dumps({'protocol': 1, 'name': 'lists', 'listwise': True}), flush=True)
for line in sys.stdin:
    r = json.loads(line)
    open('asked', 'a').write(r['utterance'] + '\\n')
    time.sleep(0.0003)
    print(json.dumps({'id': r['id'], 'scores': [-len(t) for t in r['texts']]}), flush=True)
";

#[test]
fn a_program_of_whole_lists_that_is_interrupted_goes_on_with_the_next_list() {
    let project = project()
        .file("lists.jsonl", lists())
        .file("program.py", WHOLE_LISTS);
    let arguments = |out| arguments("exec:python3 program.py", out);
    let asked = || {
        let asked = project.read("asked").lines().count();
        fs::remove_file(project.path("asked")).unwrap();
        asked
    };
    let whole = project.run(&arguments("whole"));
    assert_ne!(whole.code, 2, "{}", whole.err);
    let all = asked();

    let (code, said) = disturbed(&project, &arguments("parts"), 700, |process| {
        send(process, "-INT");
    });
    assert_eq!(code, Some(130), "{said}");
    assert!(
        said.contains("scores are saved in parts.scores.jsonl"),
        "{said}"
    );
    let before = asked();

    let rest = project.run(&arguments("parts"));
    assert_eq!(rest.code, whole.code, "{}", rest.err);
    assert!(rest.err.contains("going on from the"), "{}", rest.err);
    assert_eq!(result(&project, "parts"), result(&project, "whole"));

    // What was being asked when the signal came is asked again, and no more.
    let after = asked();
    assert!(before > 50, "{before} lists");
    assert!(
        before + after <= all + 60,
        "{before} + {after} of {all} lists"
    );
}

/// A program whose scores are those of a module, of which the command says nothing.
const BY_MODULE: &str = "\
import json, sys, time
from module import OFFSET
print(json.dumps({'protocol': 1, 'name': 'by module', 'version': '1'}), flush=True)
for line in sys.stdin:
    r = json.loads(line)
    time.sleep(0.001)
    scores = [OFFSET - len(t) for t in r['texts']]
    print(json.dumps({'id': r['id'], 'scores': scores}), flush=True)
";

#[test]
fn a_program_whose_module_changed_does_not_go_on_from_its_old_scores() {
    let project = project()
        .file("lists.jsonl", lists())
        .file("program.py", BY_MODULE)
        .file("module.py", "OFFSET = 0\n");
    let command = "exec:PYTHONDONTWRITEBYTECODE=1 python3 program.py";
    let words = [&arguments(command, "report")[..], &["--batch-texts", "1"]].concat();
    let (code, said) = disturbed(&project, &words, 700, |process| send(process, "-INT"));
    assert_eq!(code, Some(130), "{said}");
    let saved = project.read("report.scores.jsonl");

    fs::write(project.path("module.py"), "OFFSET = 1000\n").unwrap();
    project.check_error(
        &words,
        &[
            "report.scores.jsonl",
            "up to 1000 apart",
            "another model",
            "delete the file",
        ],
    );
    assert_eq!(project.read("report.scores.jsonl"), saved);

    fs::write(project.path("module.py"), "OFFSET = 0\n").unwrap();
    let rest = project.run(&words);
    assert_ne!(rest.code, 2, "{}", rest.err);
    assert!(rest.err.contains("going on from the"), "{}", rest.err);
    assert!(!rest.err.contains("another now"), "{}", rest.err);
}

#[test]
fn scores_that_cannot_be_saved_beside_the_report_are_found_in_the_temporary_folder() {
    let project = project()
        .file("lists.jsonl", lists())
        .file("tmp/of-others", "mine");
    let model = model();

    // A folder may be called so, but no name with an ending fits beside it.
    let out = "x".repeat(250);
    let mut saved = String::new();
    for delay in [0, 30, 60, 120, 250, 500, 1_000, 2_000] {
        let (code, said) = disturbed(&project, &slow(&model, &out), delay, |process| {
            send(process, "-TERM");
        });
        assert_eq!(code, Some(130), "{said}");
        let Some((_, rest)) = said.split_once("scores are saved in ") else {
            continue;
        };
        saved = rest.split(": the same command").next().unwrap().to_owned();
        break;
    }

    assert!(
        saved.contains("/tmp/robustness-check-") && fs::exists(&saved).unwrap(),
        "{saved}"
    );

    let run = start(&project, &arguments(&model, &out))
        .wait_with_output()
        .unwrap();
    let said = String::from_utf8(run.stderr).unwrap();
    assert!(said.contains("going on from the"), "{said}");
    assert_ne!(run.status.code(), Some(2), "{said}");

    let left: Vec<_> = fs::read_dir(project.path("tmp")).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[test]
fn scores_are_kept_where_the_report_cannot_be_written() {
    let project = project().file("lists.jsonl", lists());
    let model = model();
    let (code, said) = disturbed(&project, &slow(&model, "report"), 0, |_| {
        fs::remove_dir_all(project.path("report")).unwrap();
        fs::write(project.path("report"), "in the way").unwrap();
    });
    assert_eq!(code, Some(2), "{said}");

    let last = said.lines().last().unwrap();
    assert!(
        last.starts_with("error: failed to write")
            && last.contains("scores are saved in report.scores.jsonl: the same command goes on"),
        "{said}"
    );
    assert_eq!(project.read("report"), "in the way");
    fs::remove_file(project.path("report")).unwrap();

    let rest = project.run(&arguments(&model, "report"));
    assert!(rest.err.contains("going on from the"), "{}", rest.err);
    assert_ne!(rest.code, 2);
    assert_eq!(project.names(), ["lists.jsonl", "report"]);
}

#[test]
fn saved_scores_of_more_lists_outlive_a_run_of_few() {
    let few = lists()
        .lines()
        .take(9)
        .fold(String::new(), |few, line| few + line + "\n");
    let project = project()
        .file("lists.jsonl", lists())
        .file("few.jsonl", few)
        .file("program.py", WHOLE_LISTS);
    let run_few = |model: &str| {
        let mut of_few = arguments(model, "report");
        let lists = of_few
            .iter()
            .position(|word| *word == "lists.jsonl")
            .unwrap();
        of_few[lists] = "few.jsonl";
        project.run(&of_few)
    };

    for model in [&*model(), "exec:python3 program.py"] {
        let (code, said) = disturbed(&project, &slow(model, "report"), 0, |_| {
            fs::remove_dir_all(project.path("report")).unwrap();
            fs::write(project.path("report"), "in the way").unwrap();
        });
        assert_eq!(code, Some(2), "{said}");
        fs::remove_file(project.path("report")).unwrap();

        // Once more: what the first of them left is there for the second.
        for _ in 0..2 {
            let few = run_few(model);
            assert_ne!(few.code, 2, "{}", few.err);
            let stays = "report.scores.jsonl stays: ";
            assert!(few.err.contains(stays), "{}", few.err);
            assert!(fs::exists(project.path("report.scores.jsonl")).unwrap());
        }

        let whole = project.run(&arguments(model, "report"));
        assert!(whole.err.contains("going on from the"), "{}", whole.err);
        assert!(!whole.err.contains(" stays: "), "{}", whole.err);
        assert!(!fs::exists(project.path("report.scores.jsonl")).unwrap());
        fs::remove_dir_all(project.path("report")).unwrap();
    }
}

/// Ends a run by a signal while it waits for a file that never comes.
#[track_caller]
fn check_leaves(project: &Project, arguments: &[&str], signal: &str) {
    let before = project.names();
    let process = start(project, arguments);

    // Until it listens to signals.
    std::thread::sleep(Duration::from_millis(400));
    let sent = Instant::now();
    send(&process, signal);

    let ended = process.wait_with_output().unwrap();
    let took = sent.elapsed();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(130), "{arguments:?}: {said}");
    assert!(said.contains("interrupted"), "{arguments:?}: {said}");
    assert!(took < Duration::from_secs(2), "{arguments:?}: {took:?}");
    for name in project.names() {
        if !before.contains(&name) {
            check_empty(&project.path(&name));
        }
    }
}

/// The place that was held for a result is empty, but for the lock.
#[track_caller]
fn check_empty(path: &Path) {
    if !path.is_dir() {
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(name.starts_with(".robustness-check"), "{}", path.display());
        return;
    }
    for entry in fs::read_dir(path).unwrap() {
        check_empty(&entry.unwrap().path());
    }
}

#[test]
fn a_run_leaves_within_two_seconds_even_where_it_cannot_look() {
    let project = project().file("lists.jsonl", lists());
    let fifo = project.path("never.jsonl");
    let made = Command::new("mkfifo").arg(&fifo).status().unwrap();
    assert!(made.success());

    let model = model();
    let lists = ["--nbest", "never.jsonl"];
    let suite = ["--suite", "perturb-n"];
    let check = ["--model", &model, "--out", "new/report"];
    check_leaves(&project, &[&check[..], &suite, &lists].concat(), "-TERM");

    let compare = ["compare", "--model", &model, "--model", "first-pass"];
    check_leaves(&project, &[&compare[..], &suite, &lists].concat(), "-HUP");
    let score = ["score", "--model", &model];
    check_leaves(&project, &[&score[..], &lists].concat(), "-INT");

    let perturb = ["perturb"];
    check_leaves(&project, &[&perturb[..], &suite, &lists].concat(), "-TERM");
    let train = [
        "train",
        "--base",
        &model,
        "--dev",
        "lists.jsonl",
        "--out",
        "tuned",
    ];

    check_leaves(&project, &[&train[..], &lists].concat(), "-TERM");
}

/// A file of saved scores of some model.
fn saved_scores(model: &str, scores: &[&str]) -> String {
    let (mut lines, mut file) = Lines::begin(&Header::new(model, Some(64), "cpu"));
    for text in scores {
        file += &lines.of(&Remembered {
            of: (*text).to_owned(),
            scores: vec![-1.5],
            cut: false,
        });
    }

    file
}

#[test]
fn scores_of_another_model_are_not_used_and_foreign_or_damaged_files_are_left_alone() {
    let damaged = saved_scores("0123", &["two", "cups"]).replace("0123", "0124");
    let project = project()
        .file("lists.jsonl", lists())
        .file("other.scores.jsonl", saved_scores("0123", &["two"]))
        .file("foreign.scores.jsonl", "years of work")
        .file("damaged.scores.jsonl", &damaged);
    let model = model();
    let run = project.run(&arguments(&model, "other"));
    assert!(run.err.contains("another model"), "{}", run.err);
    assert_ne!(run.code, 2);
    assert_eq!(
        project.read("other.scores.jsonl"),
        saved_scores("0123", &["two"])
    );
    project.check_error(
        &arguments(&model, "foreign"),
        &["foreign.scores.jsonl", "line 1", "--out"],
    );
    assert_eq!(project.read("foreign.scores.jsonl"), "years of work");
    project.check_error(
        &arguments(&model, "damaged/"),
        &["damaged.scores.jsonl", "delete the file"],
    );
    assert_eq!(project.read("damaged.scores.jsonl"), damaged);
}
