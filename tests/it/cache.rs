//! `--cache`: scores that runs share.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::project::{Project, Run, project, repository};

/// A program that writes down every text that it is asked for. Its scores change a little with
/// every request, so that whoever asks it once more finds out.
const PROGRAM: &str = "\
import json, os, sys, time
print(json.dumps({'protocol': 1, 'name': 'counting', 'listwise': len(sys.argv) > 2}), flush=True)
asked = os.open('asked', os.O_WRONLY | os.O_CREAT | os.O_APPEND)
for number, line in enumerate(sys.stdin):
    r = json.loads(line)
    os.write(asked, ''.join(text + '\\n' for text in r['texts']).encode())
    time.sleep(float(sys.argv[1]))
    scores = [-(sum(text.encode()) % 13) + 1e-6 * number for text in r['texts']]
    print(json.dumps({'id': r['id'], 'scores': scores}), flush=True)
";

const MODEL: &str = "exec:exec python3 program.py 0";

/// The first `count` bundled lists, and the program.
fn lists(count: usize) -> Project {
    let text = std::fs::read_to_string(repository("fixtures/nbest/test.jsonl")).unwrap();
    let lines: Vec<&str> = text.lines().take(count).collect();
    project()
        .file("lists.jsonl", lines.join("\n") + "\n")
        .file("program.py", PROGRAM)
}

/// How many texts the program was asked for since this was last asked.
fn asked(project: &Project) -> usize {
    let path = project.path("asked");
    let count = std::fs::read_to_string(&path)
        .unwrap_or_default()
        .lines()
        .count();
    let _ = std::fs::remove_file(path);
    count
}

/// Every file of a report but the time of the run.
fn report(project: &Project, folder: &str) -> (Value, Vec<String>) {
    let mut report: Value =
        serde_json::from_str(&project.read(&format!("{folder}/report.json"))).unwrap();
    let run = report.as_object_mut().unwrap().remove("run").unwrap();
    for key in ["cached_scores", "uncached_scores"] {
        assert_eq!(run.get(key).is_some(), folder != "plain");
    }
    let page = project.read(&format!("{folder}/report.html"));
    assert_eq!(page.contains("cache of scores"), folder != "plain");

    let texts = ["utterances.jsonl", "junit.xml"].map(|name| format!("{folder}/{name}"));
    let texts = texts.iter().filter(|name| project.path(name).exists());
    (report, texts.map(|name| project.read(name)).collect())
}

#[track_caller]
fn check_done(run: &Run) {
    assert!([0, 1, 3].contains(&run.code), "{}{}", run.out, run.err);
}

/// With a cache, empty or full, every command finds what it finds without one; with a full one it
/// asks nothing.
#[track_caller]
fn check_commands(model: &str, suites: &[&str]) {
    let project = lists(24);
    let cache = ["--cache", "scores.cache"];
    let check = |out: &str, more: &[&str]| {
        let mut words = vec!["--model", model, "--nbest", "lists.jsonl", "--out", out];
        words.extend(["--weight", "0.4", "--batch-texts", "7"]);
        for suite in suites {
            words.extend(["--suite", suite]);
        }
        words.extend(["--draws", "2", "--max-failures", "3"]);
        let run = project.run(&[&words, more].concat());
        check_done(&run);
        run
    };

    check("plain", &[]);
    let without = asked(&project);
    check("first", &cache);
    assert_eq!(asked(&project), without);
    let again = check("second", &cache);
    assert_eq!(asked(&project), 0, "{}", again.err);
    assert!(!again.err.contains(" 0 scores came"), "{}", again.err);

    let plain = report(&project, "plain");
    assert!(report(&project, "first") == plain);
    assert!(report(&project, "second") == plain);

    for command in ["replay", "explain"] {
        let words = [
            command, "plain", "--model", model, "--weight", "0.4", "--json",
        ];
        let plain = project.run(&words);
        let all = asked(&project);
        assert!(all > 0);
        let first = project.run(&[&words[..], &cache].concat());
        assert!(asked(&project) <= all);
        let second = project.run(&[&words[..], &cache].concat());
        assert_eq!(asked(&project), 0, "{command}: {}", second.err);
        assert_eq!(first.out, second.out);
        assert_eq!((plain.code, first.code), (second.code, second.code));
    }
    assert_eq!(
        project.names(),
        [
            "first",
            "lists.jsonl",
            "plain",
            "program.py",
            "scores.cache",
            "second"
        ]
    );
}

#[test]
fn a_program_is_asked_once_in_all_runs_and_nothing_else_changes() {
    check_commands(MODEL, &["perturb-n", "invariants"]);
}

#[test]
fn a_program_that_scores_whole_lists_is_asked_once_in_all_runs() {
    check_commands(&format!("{MODEL} lists"), &["perturb-n"]);
}

#[test]
fn a_comparison_shares_the_cache_between_its_models_and_runs() {
    let project = lists(12);
    let compare = |format: &str| {
        let run = project.run(&[
            "compare",
            "--model",
            MODEL,
            "--model",
            "other=exec:exec python3 program.py 0.0",
            "--suite",
            "perturb-1",
            "--nbest",
            "lists.jsonl",
            "--cache",
            "scores.cache",
            "--format",
            format,
        ]);
        assert_eq!(run.code, 0, "{}", run.err);
        run.out
    };

    let first = compare("csv");
    assert!(asked(&project) > 0);
    assert_eq!(compare("csv"), first);
    assert_eq!(asked(&project), 0);
}

#[cfg(feature = "bert")]
#[test]
fn a_checkpoint_finds_the_same_with_a_cache() {
    let project = lists(40);
    let demo = repository("fixtures/checkpoints/demo");
    let demo = demo.to_str().unwrap();
    let check = |out: &str, more: &[&str]| {
        let words = [
            "--model",
            demo,
            "--suite",
            "perturb-n",
            "--nbest",
            "lists.jsonl",
        ];
        let run = project.run(&[&words[..], &["--out", out], more].concat());
        check_done(&run);
    };
    let short = ["--max-length", "12"];
    let cached = ["--max-length", "12", "--cache", "scores.cache"];
    check("plain", &short);
    check("first", &cached);
    check("second", &cached);

    let plain = report(&project, "plain");
    assert!(report(&project, "first") == plain);
    assert!(report(&project, "second") == plain);

    // Under another length, another score.
    check("third", &["--cache", "scores.cache", "--max-length", "11"]);
    let third: Value = serde_json::from_str(&project.read("third/report.json")).unwrap();
    assert_eq!(third["run"]["cached_scores"], 0);
    assert!(third["run"]["uncached_scores"].as_u64() > Some(0));
}

#[test]
fn a_model_that_changes_is_asked_anew() {
    let project = lists(3);
    let score = || {
        let words = ["score", "--model", MODEL, "--nbest", "lists.jsonl"];
        let run = project.run(&[&words[..], &["--cache", "scores.cache"]].concat());
        assert_eq!(run.code, 0, "{}", run.err);
        asked(&project)
    };
    assert_ne!(score(), 0);
    assert_eq!(score(), 0);

    std::fs::write(project.path("program.py"), PROGRAM.replace("13", "17")).unwrap();
    assert_ne!(score(), 0);
}

#[test]
fn files_that_a_command_names_are_seen_to_change() {
    for command in [
        "exec:W=weights exec python3 program.py 0",
        "exec:exec python3 program.py 0 3<weights",
        "exec:exec python3 program.py 0 --weights=\"$PWD/weights\"",
    ] {
        let project = lists(3).file("weights", "1");
        let score = || {
            let words = ["score", "--model", command, "--nbest", "lists.jsonl"];
            let run =
                project.run(&[&words[..], &["--cache", "scores.cache", "--verbose"]].concat());
            assert_eq!(run.code, 0, "{}", run.err);
            let names = |line: &str| line.contains("command names: ") && line.contains("weights");
            assert!(run.err.lines().any(names), "{}", run.err);
            asked(&project)
        };
        assert_ne!(score(), 0);
        assert_eq!(score(), 0);
        std::fs::write(project.path("weights"), "more").unwrap();
        assert_ne!(score(), 0);
    }
}

#[test]
fn files_that_only_a_shell_can_tell_are_warned_of_beside_a_cache() {
    let project = lists(3).file("weights", "1");
    let model = "exec:exec python3 program.py 0 w*s";
    let words = ["score", "--model", model, "--nbest", "lists.jsonl"];
    let warns = |more: &[&str]| {
        let run = project.run(&[&words[..], more].concat());
        assert_eq!(run.code, 0, "{}", run.err);
        run.err.contains("the command names files by a pattern")
    };
    assert!(warns(&["--cache", "scores.cache"]) && !warns(&[]));
}

#[test]
fn a_cache_is_refused_beside_models_whose_scores_are_known() {
    let project = lists(3).file("scores.jsonl", "{\"text\": \"a\", \"score\": 1}\n");
    for model in ["scores:scores.jsonl", "first-pass", "oracle"] {
        let words = ["score", "--model", model, "--nbest", "lists.jsonl"];
        let words = [&words[..], &["--cache", "scores.cache"]].concat();
        let expected = format!("--cache does nothing for --model {model}: leave it out");
        project.check_error(&words, &[&expected]);
        assert!(!project.path("scores.cache").exists());
    }
}

/// Starts `score` on the slow program.
fn start(project: &Project) -> Child {
    Command::new(env!("CARGO_BIN_EXE_robustness-check"))
        .args(SCORE)
        .args(["--cache", "scores.cache"])
        .current_dir(project.path(""))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

const SCORE: [&str; 7] = [
    "score",
    "--model",
    "exec:exec python3 program.py 0.02",
    "--nbest",
    "lists.jsonl",
    "--batch-texts",
    "4",
];

#[test]
fn killed_runs_that_share_a_cache_lose_what_was_in_flight_and_no_more() {
    const IN_FLIGHT: usize = 3 * 4;
    const ROUNDS: u32 = 4;

    let project = lists(60);
    let whole = project.run(&SCORE);
    let all = asked(&project);
    assert!(all > 400, "{all}");
    // The number of the request is in the score: all that decides a score here is the text.
    let rounded = |run: &Run| {
        assert_eq!(run.code, 0, "{}", run.err);
        let lines = run.out.lines().map(|line| {
            let line: Value = serde_json::from_str(line).unwrap();
            let scores = line["scores"].as_array().unwrap().clone();
            let scores = scores
                .iter()
                .map(|score| format!("{:.0}", score.as_f64().unwrap()));
            (line["texts"].to_string(), scores.collect::<Vec<String>>())
        });
        lines.collect::<Vec<_>>()
    };

    for round in 0..ROUNDS {
        let mut runs = [start(&project), start(&project)];
        std::thread::sleep(Duration::from_millis(300) + round * Duration::from_millis(150));
        for run in &mut runs {
            run.kill().unwrap();
            run.wait().unwrap();
        }
    }

    // What was asked and is not in the cache now was in flight when a run was killed, or asked by
    // both at once.
    let killed = std::fs::read_to_string(project.path("asked")).unwrap_or_default();
    let distinct: std::collections::BTreeSet<&str> = killed.lines().collect();
    let known = distinct.len();
    asked(&project);

    let last = project.run(&[&SCORE[..], &["--cache", "scores.cache"]].concat());
    assert_eq!(rounded(&last), rounded(&whole));
    let rest = asked(&project);
    assert!(
        rest + known <= all + 2 * ROUNDS as usize * IN_FLIGHT,
        "{known} were asked before and {rest} after, of {all}"
    );

    let again = project.run(&[&SCORE[..], &["--cache", "scores.cache"]].concat());
    assert_eq!((again.out, asked(&project)), (last.out, 0));
}

/// No file can grow beyond 64 KiB, as if the disk were full from there on.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_ends_the_cache_and_not_the_run() {
    for model in [MODEL, "exec:exec python3 program.py 0 lists"] {
        let project = lists(40);
        let score = ["score", "--model", model, "--nbest", "lists.jsonl"];
        let plain = project.run(&score);
        let all = asked(&project);

        let limited = "trap '' XFSZ; ulimit -f 128; exec \"$0\" \"$@\"";
        let output = Command::new("sh")
            .args(["-c", limited, env!("CARGO_BIN_EXE_robustness-check")])
            .args(score)
            .args(["--cache", "scores.cache"])
            .current_dir(project.path(""))
            .output()
            .unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{err}");
        assert_eq!(String::from_utf8(output.stdout).unwrap(), plain.out);
        assert_eq!(err.matches("went on without it").count(), 1, "{err}");
        assert_eq!(err.matches("scores.cache").count(), 1, "{err}");
        for part in ["warning:", "as on a full disk (", "make room"] {
            assert!(err.contains(part), "{part}: {err}");
        }
        assert_eq!(asked(&project), all);

        // What it took before is found.
        let again = project.run(&[&score[..], &["--cache", "scores.cache"]].concat());
        assert_eq!(again.code, 0, "{}", again.err);
        let rest = asked(&project);
        assert!(0 < rest && rest < all, "{rest} of {all}");
    }
}

#[test]
fn what_is_no_cache_is_refused_and_left_alone() {
    let project = lists(3).file("notes.txt", "mine\n");
    let score = |cache: &'static str| [&SCORE[..5], &["--cache", cache]].concat();
    project.check_error(&score("notes.txt"), &["notes.txt", "another kind"]);
    assert_eq!(project.read("notes.txt"), "mine\n");
    project.check_error(&score("no/such/folder"), &["no/such/folder"]);
    project.check_error(&score("."), &["contains", "--nbest"]);
    project.check_error(&score("lists.jsonl"), &["lists.jsonl", "--nbest"]);

    let run = project.run(&score("scores.cache"));
    assert_eq!(run.code, 0, "{}", run.err);
    let into = [
        &score("scores.cache")[..],
        &["--force", "--out", "scores.cache"],
    ]
    .concat();
    project.check_error(&into, &["is the input --cache scores.cache"]);

    let whole = std::fs::read(project.path("scores.cache")).unwrap();
    let damaged: Vec<u8> = whole.iter().rev().map(|byte| byte ^ 1).rev().collect();
    let damaged = [&whole[..100], &damaged[100..]].concat();
    std::fs::write(project.path("scores.cache"), &damaged).unwrap();
    project.check_error(
        &score("scores.cache"),
        &["scores.cache", "damaged", "delete it"],
    );
    assert!(std::fs::read(project.path("scores.cache")).unwrap() == damaged);
}

#[test]
fn files_that_are_kept_beside_a_cache_are_no_input_no_output_and_nobody_elses() {
    let mut project = lists(3).file("k-wal", "mine\n");
    let text = project.read("lists.jsonl");
    for suffix in ["wal", "shm", "journal"] {
        let (lists, cache) = (format!("d-{suffix}"), ["--cache", "d"]);
        project = project.file(&lists, &text);
        let score = ["score", "--model", MODEL, "--nbest", &lists];
        project.check_error(
            &[&score[..], &cache].concat(),
            &[&lists, "is the input --nbest"],
        );
        assert_eq!(project.read(&lists), text);

        let out = format!("c-{suffix}");
        for command in ["score", "tune"] {
            let words = [command, "--model", MODEL, "--nbest", "lists.jsonl"];
            let places = ["--cache", "c", "--out", &out];
            let named = format!("is the output --cache {out}");
            project.check_error(&[&words[..], &places].concat(), &[&named]);
        }
    }
    let words = ["--model", MODEL, "--suite", "perturb-1"];
    let places = ["--nbest", "lists.jsonl", "--cache", "c", "--junit", "c-wal"];
    project.check_error(
        &[&words[..], &places].concat(),
        &["is the output --cache c-wal"],
    );

    let score = [&SCORE[..5], &["--cache", "k"]].concat();
    project.check_error(&score, &["k-wal", "in the way", "another cache"]);
    assert_eq!(project.read("k-wal"), "mine\n");
    std::fs::rename(project.path("k-wal"), project.path("k-journal")).unwrap();
    project.check_error(&score, &["k-journal", "in the way"]);
    assert_eq!(project.read("k-journal"), "mine\n");
    assert_eq!(asked(&project), 0);
}
