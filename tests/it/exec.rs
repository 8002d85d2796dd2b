//! Models that are other programs.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::project::{Project, project, repository, words};

const LISTS: &str = r#"{"id": "a", "speaker": "s", "ref": "two there", "hyps": [{"text": "two there", "score": -1}, {"text": "to their", "score": -2}, {"text": "too", "score": -3}]}
{"id": "b", "speaker": "t", "ref": "meet me at eight", "hyps": [{"text": "meet me at eight", "score": -1}, {"text": "meat me", "score": -1.5}]}
"#;

const HELLO: &str =
    "import json, os, sys, time\nprint(json.dumps({'protocol': 1, 'name': 'test'}), flush=True)\n";

/// A project with lists and the program `body`, which has said hello and may read requests.
fn with_program(body: &str) -> Project {
    project()
        .file("lists.jsonl", LISTS)
        .file("program.py", format!("{HELLO}{body}"))
}

/// A program that answers every request with what the Python expression `reply` makes of `r`.
fn answering(reply: &str) -> Project {
    with_program(&format!(
        "for line in sys.stdin:\n    r = json.loads(line)\n    print({reply}, flush=True)\n"
    ))
}

const SCORE: [&str; 7] = [
    "score",
    "--model",
    "exec:python3 program.py",
    "--nbest",
    "lists.jsonl",
    "--batch-texts",
    "1",
];

#[test]
fn a_program_scores_texts() {
    let lengths = "json.dumps({'id': r['id'], 'scores': [-float(len(t)) for t in r['texts']]})";
    let run = answering(lengths).run(&SCORE);
    assert_eq!(run.code, 0, "{}", run.err);
    let expected = "{\"id\":\"a\",\"texts\":[\"two there\",\"to \
        their\",\"too\"],\"scores\":[-9.0,-8.0,-3.0],\"places\":[[0],[1],[2]]}\n\
                    {\"id\":\"b\",\"texts\":[\"meet me at eight\",\"meat \
                    me\"],\"scores\":[-16.0,-7.0],\"places\":[[0],[1]]}\n";
    assert_eq!(run.out, expected);

    // What it says of itself is no warning.
    assert!(
        run.err.contains("the program says it is test"),
        "{}",
        run.err
    );
    assert!(!run.err.contains("warning: the program"), "{}", run.err);
}

#[test]
fn replies_may_come_in_any_order_from_several_processes() {
    let body = "\
held = None
for line in sys.stdin:
    r = json.loads(line)
    reply = json.dumps({'id': r['id'], 'scores': [-float(len(t)) for t in r['texts']]})
    if held is None and 'meat' in r['texts'][0]:
        held = reply
        continue
    print(reply, flush=True)
    if held:
        print(held, flush=True)
        held = None
if held:
    print(held, flush=True)
";

    let run = with_program(body).run(&[&SCORE[..], &["--timeout", "20"]].concat());
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.contains("[-9.0,-8.0,-3.0]"), "{}", run.out);

    let lengths = "json.dumps({'id': r['id'], 'scores': [-float(len(t)) for t in r['texts']]})";
    let many = answering(lengths).run(&[&SCORE[..], &["--processes", "3"]].concat());
    assert_eq!((many.code, many.out), (0, run.out));
}

#[test]
fn a_listwise_program_gets_whole_lists() {
    let program = "\
import json, sys
print(json.dumps({'protocol': 1, 'name': 'lists', 'listwise': True}), flush=True)
for line in sys.stdin:
    r = json.loads(line)
    scores = [f + len(r['texts']) + len(r['utterance']) for f in r['first_pass']]
    print(json.dumps({'id': r['id'], 'scores': scores}), flush=True)
";

    let project = project()
        .file("lists.jsonl", LISTS)
        .file("program.py", program);
    let run = project.run(&SCORE);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.contains("\"scores\":[3.0,2.0,1.0]"), "{}", run.out);
    assert!(run.out.contains("\"scores\":[2.0,1.5]"), "{}", run.out);
}

#[test]
fn a_check_of_a_program_is_that_of_its_scores() {
    let model = format!(
        "exec:python3 {}",
        repository("fixtures/rescorers/words.py").display()
    );
    let project = project();
    let check = |model: &str, out: &str| {
        let arguments = [
            "--model",
            model,
            "--weight",
            "0.5",
            "--first-pass-scale",
            "0",
            "--suite",
            "perturb-1",
            "--draws",
            "1",
            "--out",
            out,
        ];
        let run = project.run(&arguments);
        assert_ne!(run.code, 2, "{}", run.err);
        let report = project.read(&format!("{out}/report.json"));
        serde_json::from_str::<serde_json::Value>(&report).unwrap()
    };

    let report = check(&model, "one");
    assert_eq!(report["model"]["kind"], "exec");
    let minimized = report["failures"]["suites"].to_string();
    assert!(!minimized.is_empty());

    let replay = project.run(&[
        "replay",
        "one",
        "--model",
        &model,
        "--weight",
        "0.5",
        "--first-pass-scale",
        "0",
    ]);
    assert_eq!(replay.code, 1, "{}{}", replay.out, replay.err);

    let two = check(&format!("{model} unused"), "two");
    assert_eq!(report["checks"], two["checks"]);
}

/// A program of whole lists that gives no numbers for a list with a text twice.
const NO_COPIES: &str = "\
import json, sys
print(json.dumps({'protocol': 1, 'name': 'lists', 'listwise': True}), flush=True)
for line in sys.stdin:
    r = json.loads(line)
    copies = len(set(r['texts'])) < len(r['texts'])
    scores = [-float('inf') if copies else -float(len(t)) for t in r['texts']]
    print(json.dumps({'id': r['id'], 'scores': scores}), flush=True)
";

#[test]
fn a_property_that_gets_no_numbers_does_not_pass() {
    let project = project()
        .file("lists.jsonl", LISTS)
        .file("program.py", NO_COPIES)
        .file(
            "suite.toml",
            "name = \"copies\"\n[[check]]\nname = \"copies\"\nkind = \"duplicate-invariance\"\n",
        );
    let arguments = [
        "--model",
        "exec:python3 program.py",
        "--nbest",
        "lists.jsonl",
        "--suite",
        "suite.toml",
        "--out",
        "report",
        "--quiet",
    ];
    let run = project.run(&arguments);
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    let said = run.out.lines().next().unwrap_or_default();
    assert!(said.starts_with("ERROR  copies / copies: "), "{said}");
    assert!(said.contains("-inf"), "{said}");

    let report = project.read("report/report.json");
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let property = &report["properties"][0];
    assert_eq!(property["status"], "error");
    assert!(
        property["wording"].to_string().contains("-inf"),
        "{property}"
    );
}

#[test]
fn what_a_program_scored_before_it_died_is_saved_and_the_next_run_goes_on() {
    let body = "\
for number, line in enumerate(sys.stdin):
    r = json.loads(line)
    if number == 2 and not os.path.exists('mended'):
        sys.exit(3)
    with open('asked', 'a') as asked:
        print(*r['texts'], sep='\\n', file=asked)
    print(json.dumps({'id': r['id'], 'scores': [-float(len(t)) for t in r['texts']]}), flush=True)
";
    let project = with_program(body);
    let arguments = [&SCORE[..], &["--out", "s.jsonl"]].concat();
    let run = project.run(&arguments);
    assert_eq!((run.code, run.out.as_str()), (2, ""), "{}", run.err);
    for part in [
        "it ended before it had answered",
        "2 scores are saved in s.jsonl.scores.jsonl: the same command goes on from there",
    ] {
        assert!(run.err.contains(part), "no {part:?} in {}", run.err);
    }
    assert_eq!(project.read("asked").lines().count(), 2);

    let project = project.file("mended", "");
    let run = project.run(&arguments);
    assert_eq!(run.code, 0, "{}", run.err);
    // Each of the five texts was scored once, and the two that were saved again, as a check.
    assert_eq!(project.read("asked").lines().count(), 7);
    assert_eq!(project.read("s.jsonl").lines().count(), 2);
    assert!(!project.path("s.jsonl.scores.jsonl").exists());
}

/// A program that gives no scores from the fortieth request on, and says `sys.argv[1]` instead.
const TIRED: &str = "\
for number, line in enumerate(sys.stdin):
    r = json.loads(line)
    scores = [-float(len(t)) for t in r['texts']]
    reply = {'id': r['id'], 'scores': scores} if number < 40 else eval(sys.argv[1])
    print(reply if isinstance(reply, str) else json.dumps(reply), flush=True)
";

#[track_caller]
fn check_tired(says: &str, expected: &str) {
    let model = format!("exec:python3 program.py \"{says}\"");
    let options = ["--out", "report", "--timeout", "40", "--batch-texts", "2"];
    let arguments = [
        &["--model", &model, "--nbest", "lists.jsonl"][..],
        &["--suite", "invariants"],
        &options,
    ];

    let begun = Instant::now();
    let project = with_program(TIRED);
    let run = project.run(&arguments.concat());
    assert_eq!(run.code, 1, "{says}: {}{}", run.out, run.err);
    assert!(begun.elapsed() < Duration::from_secs(30), "{says}");

    let report: serde_json::Value =
        serde_json::from_str(&project.read("report/report.json")).unwrap();
    let properties = report["properties"].as_array().unwrap();
    let failed = properties.iter().filter(|one| one["status"] == "error");
    let causes: Vec<String> = failed.map(|one| one["wording"].to_string()).collect();
    assert!(causes.len() > 1, "{says}: {properties:?}");
    assert!(
        causes.iter().all(|cause| cause.contains(expected)),
        "{says}: {causes:?}"
    );
}

#[test]
fn every_property_says_at_once_what_a_program_did_wrong_before() {
    check_tired("{'id': r['id'], 'scores': scores[1:]}", "scores came back");
    check_tired("{'id': r['id'], 'error': 'too warm'}", "too warm");
    check_tired("'step 7 of 9'", "step 7 of 9");
    check_tired(
        "{'id': r['id'] - 1, 'scores': scores}",
        "it answered request",
    );
}

#[test]
fn a_program_is_not_replaced_by_what_is_made_of_its_scores() {
    let project = answering("json.dumps({'id': r['id'], 'scores': [1.0 for _ in r['texts']]})");
    let before = project.read("program.py");
    let into = |out| [&SCORE[..], &["--force", "--out", out]].concat();
    project.check_error(&into("program.py"), &["is the input --model program.py"]);
    project.check_error(&into("new/"), &["new/", "name a file"]);
    assert_eq!(project.read("program.py"), before);
}

/// The command ends soon with an error that says all of `expected`, and leaves no process behind.
#[track_caller]
fn check_fault(project: &Project, expected: &[&str]) {
    let marked = format!(
        "exec:MARK={} python3 program.py",
        project.path("").display()
    );
    let mut arguments = SCORE;
    arguments[2] = &marked;

    let begun = Instant::now();
    project.check_error(&[&arguments[..], &["--timeout", "2"]].concat(), expected);
    assert!(begun.elapsed() < Duration::from_secs(20), "{expected:?}");

    if let Ok(pid) = std::fs::read_to_string(project.path("pid")) {
        assert!(has_ended(pid.trim()), "{expected:?} left a process");
    }
}

/// Whether the process runs no more, a moment after it was killed; one that its parent has not
/// asked about yet has ended, too.
fn has_ended(pid: &str) -> bool {
    let ended = || {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"));
        status.is_err() || status.is_ok_and(|status| status.contains("State:\tZ"))
    };

    (0..40).any(|_| {
        std::thread::sleep(Duration::from_millis(50));
        ended()
    })
}

#[test]
fn every_fault_of_a_program_is_named() {
    let reply = "json.dumps({'id': r['id'], 'scores': [1.0]})";
    check_fault(
        &with_program("open('pid', 'w').write(str(os.getpid()))\ntime.sleep(60)\n").file("pid", ""),
        &["said nothing for 2 s", "flush its output", "--timeout"],
    );
    check_fault(
        &with_program("print('out of memory', file=sys.stderr)\nsys.exit(3)\n"),
        &["ended before", "exit status: 3", "out of memory"],
    );
    check_fault(
        &with_program("sys.stdout.write('{\"id\": ')\nsys.stdout.flush()\ntime.sleep(60)\n"),
        &["for 2 s it has not ended the line that it began"],
    );
    check_fault(
        &with_program("print('Killed', file=sys.stderr, flush=True)\nos.kill(os.getpid(), 9)\n"),
        &[
            "answered: killed by signal 9 (SIGKILL; out of memory?); the last lines",
            "\n  Killed",
        ],
    );
    // What it started holds its output open.
    check_fault(
        &with_program("if os.fork():\n    sys.exit(7)\ntime.sleep(60)\n"),
        &["ended before", "exit status: 7"],
    );
    check_fault(
        &answering("'loading'"),
        &["expected a reply", "\"loading\"", "standard error"],
    );
    check_fault(
        &answering("json.dumps({'id': r['id'], 'scores': []})"),
        &["request 0 (\"meat me\") had 1 texts but 0 scores"],
    );
    check_fault(
        &answering("json.dumps({'id': r['id'], 'error': 'no such language'})"),
        &["no such language"],
    );
    check_fault(
        &answering("json.dumps({'id': r['id'], 'scores': [float('nan')]})"),
        &["NaN", "finite"],
    );
    check_fault(
        &answering("json.dumps({'id': r['id'], 'scores': [-float('inf')]})"),
        &["-inf", "finite"],
    );
    check_fault(
        &answering("json.dumps({'id': r['id'], 'scores': [-1e308]})"),
        &["the score -1e308", "1e100"],
    );
    check_fault(
        &answering("json.dumps({'id': 10 ** 6, 'scores': [1.0]})"),
        &["1000000"],
    );
    check_fault(
        &answering("'[' * (9 << 20)"),
        &["a line of more than 8 MiB"],
    );
    check_fault(
        &answering(&format!("{reply} + '\\n' + {reply}")),
        &["answered request 0, which"],
    );

    let silent = project()
        .file("lists.jsonl", LISTS)
        .file("program.py", "print('hello')");
    check_fault(&silent, &["its first line must be", "\"hello\""]);

    let missing = project().file("lists.jsonl", LISTS);
    check_fault(&missing, &["program.py", "ended before"]);
}

#[test]
fn every_command_works_on_a_program() {
    let lists = std::fs::read_to_string(repository("fixtures/nbest/test.jsonl")).unwrap();
    let lists: Vec<&str> = lists.lines().take(20).collect();
    let project = project().file("lists.jsonl", lists.join("\n") + "\n");
    let model = format!(
        "exec:exec python3 {}",
        repository("fixtures/rescorers/words.py").display()
    );
    let run = |words: &[&str]| {
        let run = project.run(&[words, &["--model", &model, "--weight", "3"]].concat());
        assert_ne!(run.code, 2, "{words:?}: {}", run.err);
        run
    };

    let suites = words("--suite perturb-n --suite invariants --suite severity");
    let lists = ["--nbest", "lists.jsonl", "--draws", "2", "--out", "report"];
    run(&[&suites[..], &lists].concat());
    let report: serde_json::Value =
        serde_json::from_str(&project.read("report/report.json")).unwrap();
    let properties = report["properties"].as_array().unwrap();
    assert!(properties.len() > 5, "{properties:?}");

    let replays: serde_json::Value =
        serde_json::from_str(&run(&["replay", "report", "--json"]).out).unwrap();
    let replays = replays.as_array().unwrap();
    assert!(!replays.is_empty());
    assert!(
        replays.iter().all(|replay| replay["status"] == "fails"),
        "{replays:?}"
    );
    let explanations: serde_json::Value =
        serde_json::from_str(&run(&["explain", "report", "--json"]).out).unwrap();
    assert_eq!(explanations.as_array().unwrap().len(), replays.len());
}

#[test]
fn a_program_that_dies_or_hangs_half_way_is_named_and_a_cache_keeps_what_came_before() {
    const BODY: &str = "\
texts = 0
for line in sys.stdin:
    r = json.loads(line)
    texts += len(r['texts'])
    if texts >= 1000:
        exec(open('end').read())
    open('asked', 'a').write(''.join(text + '\\n' for text in r['texts']))
    print(json.dumps({'id': r['id'], 'scores': [-1.0 for _ in r['texts']]}), flush=True)
";

    let lists = std::fs::read_to_string(repository("fixtures/nbest/test.jsonl")).unwrap();
    let lists: Vec<&str> = lists.lines().take(160).collect();
    let project = with_program(BODY).file("lists.jsonl", lists.join("\n") + "\n");
    let run = |end: &str, options: &[&str]| {
        std::fs::write(project.path("end"), end).unwrap();
        std::fs::write(project.path("asked"), "").unwrap();
        let run = project.run(&[&SCORE[..5], &["--timeout", "2"], options].concat());
        (run, project.read("asked").lines().count())
    };
    let cache = ["--cache", "scores.cache"];

    let dies = "print('out of memory', file=sys.stderr); sys.exit(9)";
    let (died, _) = run(dies, &cache);
    assert_eq!(died.code, 2);
    for expected in ["ended before", "exit status: 9", "out of memory"] {
        assert!(died.err.contains(expected), "{}", died.err);
    }
    let (hung, _) = run("time.sleep(60)", &[]);
    assert_eq!(hung.code, 2);
    assert!(hung.err.contains("said nothing for 2 s"), "{}", hung.err);

    let (whole, all) = run("pass", &[]);
    let (rest, asked) = run("pass", &cache);
    assert_eq!((whole.code, &whole.out), (0, &rest.out), "{}", rest.err);
    // The first thousand, but for the request in which it died, are not asked for again.
    assert!(all > 1000 && asked <= all - 1000 + 64, "{asked} of {all}");
}

/// Whether a process is at work; one that has ended may be waiting to be buried.
#[cfg(target_os = "linux")]
fn lives(process: &str) -> bool {
    std::fs::read_to_string(format!("/proc/{process}/stat")).is_ok_and(|stat| !stat.contains(") Z"))
}

#[cfg(target_os = "linux")]
#[test]
fn an_interrupted_run_leaves_no_process_behind() {
    let body =
        "open('pid', 'w').write(f'{os.getpid()}.')\nfor line in sys.stdin:\n    time.sleep(600)\n";
    for signal in ["-INT", "-TERM", "-HUP"] {
        let project = with_program(body);
        let mut run = Command::new(env!("CARGO_BIN_EXE_robustness-check"))
            .args(SCORE)
            .current_dir(project.path(""))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();

        let begun = Instant::now();
        let program = loop {
            let told = std::fs::read_to_string(project.path("pid")).unwrap_or_default();
            if let Some(process) = told.strip_suffix('.') {
                break process.to_owned();
            }
            assert!(begun.elapsed() < Duration::from_mins(1), "it never began");
            std::thread::sleep(Duration::from_millis(20));
        };
        assert!(lives(&program));

        let sent = Command::new("kill")
            .args([signal, &run.id().to_string()])
            .status();
        assert!(sent.unwrap().success());
        assert_eq!(run.wait().unwrap().code(), Some(130), "{signal}");

        let ended = Instant::now();
        while lives(&program) {
            assert!(ended.elapsed() < Duration::from_secs(5), "{signal}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

#[test]
fn a_program_that_answers_twice_is_told_whenever_the_second_answer_comes() {
    let project = with_program(
        "\
for line in sys.stdin:
    r = json.loads(line)
    reply = json.dumps({'id': r['id'], 'scores': [-float(len(t)) for t in r['texts']]})
    print(reply + '\\n' + reply, flush=True)
",
    );
    // A batch at a time: the second answer is read together with those to the next one.
    let check = ["--model", "exec:python3 program.py", "--suite", "perturb-n"];
    for arguments in [
        &SCORE[..],
        &[&check[..], &["--nbest", "lists.jsonl"]].concat(),
    ] {
        let run = project.run(arguments);
        assert_eq!(run.code, 2, "{}{}", run.out, run.err);
        assert!(run.err.contains("had answered before"), "{}", run.err);
    }
}
