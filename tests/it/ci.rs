//! What a machine that builds gets: JUnit, annotations, exit codes, a workflow, the difference of
//! two reports.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use assert_cmd::cargo::cargo_bin;
use serde_json::Value;

use crate::project::{Project, Run, project, repository, run_with, some_lists, unwrapped, words};

/// The bundled lists: on them the oracle passes, and the first pass alone shows nothing.
fn with_lists() -> Project {
    let lists = fs::read_to_string(repository("fixtures/nbest/test.jsonl")).unwrap();
    project().file("lists.jsonl", lists)
}

const CHECK: [&str; 5] = ["--suite", "perturb-n", "--nbest", "lists.jsonl", "--quiet"];

fn check(project: &Project, model: &str, more: &[&str]) -> Run {
    project.run(&[&["--model", model][..], &CHECK, more].concat())
}

/// The elements of a document as `name attribute="value"` lines, once it is seen that each ends.
#[track_caller]
fn elements(xml: &str) -> Vec<String> {
    let (declaration, mut rest) = xml.split_once("?>").unwrap();
    assert_eq!(declaration, "<?xml version=\"1.0\" encoding=\"UTF-8\"");
    let (mut open, mut found) = (Vec::new(), Vec::new());
    while let Some((_, behind)) = rest.split_once('<') {
        let (tag, behind) = behind.split_once('>').unwrap();
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name.to_owned()));
        } else {
            open.push(tag.split(' ').next().unwrap().to_owned());
            found.push(tag.to_owned());
        }
        rest = behind;
    }
    assert!(open.is_empty(), "{open:?}");
    found
}

/// The attributes that Jenkins' schema requires and allows, by element, and what may be inside.
const SCHEMA: [(&str, &[&str], &[&str]); 9] = [
    (
        "testsuites",
        &[],
        &["name", "time", "tests", "failures", "errors"],
    ),
    (
        "testsuite",
        &["name", "tests", "failures", "errors"],
        &[
            "name",
            "tests",
            "failures",
            "errors",
            "group",
            "time",
            "skipped",
            "timestamp",
            "hostname",
            "id",
            "package",
        ],
    ),
    ("properties", &[], &[]),
    ("property", &["name", "value"], &["name", "value"]),
    (
        "testcase",
        &["name", "classname"],
        &["name", "time", "classname", "group"],
    ),
    ("failure", &[], &["type", "message"]),
    ("skipped", &[], &["type", "message"]),
    ("system-out", &[], &[]),
    ("flakyFailure", &[], &["type", "message"]),
];

#[track_caller]
fn check_junit(xml: &str) -> Vec<String> {
    let found = elements(xml);
    for element in &found {
        let name = element.split(' ').next().unwrap();
        let (_, required, allowed) = SCHEMA.iter().find(|(known, ..)| *known == name).unwrap();
        let quoted: Vec<&str> = element.split('"').collect();
        let attributes: Vec<&str> = quoted
            .iter()
            .step_by(2)
            .filter_map(|part| part.trim().strip_suffix('='))
            .map(|part| part.rsplit(' ').next().unwrap())
            .collect();
        for attribute in &attributes {
            assert!(allowed.contains(attribute), "{attribute} in {element}");
        }
        for attribute in *required {
            assert!(
                attributes.contains(attribute),
                "no {attribute} in {element}"
            );
        }
    }
    found
}

#[test]
fn junit_has_a_case_for_every_gate_and_skips_what_is_inconclusive() {
    let project = with_lists();
    let run = check(
        &project,
        "first-pass",
        &["--junit", "robustness-report/junit.xml"],
    );
    assert_eq!(run.code, 3, "{}", run.err);

    let xml = project.read("robustness-report/junit.xml");
    let found = check_junit(&xml);
    let count = |name: &str| {
        found
            .iter()
            .filter(|element| element.starts_with(name))
            .count()
    };
    assert_eq!(count("testcase "), 3, "two gates and a caution: {xml}");
    assert!(count("skipped ") >= 1, "{xml}");
    assert_eq!(count("failure "), 0);
    let report: Value =
        serde_json::from_str(&project.read("robustness-report/report.json")).unwrap();
    let run = &report["run"];
    let seconds = format!(" time=\"{:.3}\"", run["duration_s"].as_f64().unwrap());
    assert!(found[0].ends_with(&seconds), "{seconds}: {}", found[0]);
    let started = format!(" timestamp=\"{}\"", run["started"].as_str().unwrap());
    let suites = found.iter().filter(|one| one.starts_with("testsuite "));
    assert!(
        suites.clone().all(|suite| suite.ends_with(&started)),
        "{xml}"
    );
    assert!(
        xml.contains("testcase name=\"gain\" classname=\"perturb-n\""),
        "{xml}"
    );

    let run = check(
        &project,
        "first-pass",
        &words("--junit robustness-report/junit.xml --inconclusive fail"),
    );
    assert_eq!(run.code, 1, "{}", run.err);
    let found = check_junit(&project.read("robustness-report/junit.xml"));
    assert!(found.iter().any(|element| element.starts_with("failure ")));

    // What nothing could have passed with is never excused, and the job is red for what says so.
    let run = check(
        &project,
        "first-pass",
        &words(
            "--inconclusive pass --junit robustness-report/junit.xml --code-quality quality.json \
            --annotations github",
        ),
    );
    assert_eq!(run.code, 3, "{}", run.err);
    let xml = project.read("robustness-report/junit.xml");
    check_junit(&xml);
    let failing = "<testcase name=\"no_weight\" classname=\"rescorer\"><failure ";
    assert!(
        xml.contains(failing)
            && xml.contains(" failures=\"1\" ")
            && !xml.contains("failures=\"2\""),
        "{xml}"
    );
    let entries = crate::code_quality::entries(&project.read("quality.json"));
    let major = entries.iter().filter(|entry| entry["severity"] == "major");
    let major: Vec<&Value> = major.map(|entry| &entry["check_name"]).collect();
    assert_eq!(major, ["robustness-check/rescorer/no_weight"]);
    for expected in [
        "::error title=rescorer / no_weight%3A INCONCLUSIVE::The weight of the second pass is 0",
        "::error title=robustness-check::INCONCLUSIVE: robustness of first-pass; cannot be told, \
        which --inconclusive pass does not excuse: rescorer / no_weight, ",
    ] {
        assert!(run.out.contains(expected), "{expected}: {}", run.out);
    }

    // Notes, which only the bundled lists bring here.
    let run = project.run(&words(
        "--model first-pass --suite perturb-n --draws 1 --minimise off --out bundled \
         --junit bundled.xml --annotations github",
    ));
    let note = "the 60 bundled speakers are 12 synthetic voices: ";
    let notice = format!("::notice title=note::{note}");
    assert!(run.out.contains(&notice), "{}{}", run.out, run.err);
    let xml = project.read("bundled.xml");
    let property = format!("<property name=\"note\" value=\"{note}");
    assert!(xml.contains(&property), "{xml}");

    let few = some_lists(6);
    assert_eq!(check(&few, "oracle", &[]).code, 3);
    let run = check(&few, "oracle", &["--inconclusive", "pass"]);
    assert_eq!(run.code, 0, "{}", run.err);
}

#[test]
fn the_last_line_says_what_is_made_of_what_cannot_be_told() {
    let (few, all) = (some_lists(6), with_lists());
    let last = |project: &Project, model: &str, more: &str| {
        let run = check(project, model, &words(more));
        run.out.lines().last().unwrap_or_default().to_owned()
    };
    let excused = "INCONCLUSIVE  in all: what cannot be told passes by --inconclusive pass";
    assert_eq!(last(&few, "oracle", "--inconclusive pass"), excused);
    let fails = "FAIL  in all: what cannot be told fails by --inconclusive fail";
    assert_eq!(last(&few, "oracle", "--inconclusive fail"), fails);
    let barred = "INCONCLUSIVE  in all: nothing can pass with this rescorer, which --inconclusive \
        pass does not excuse";
    assert_eq!(last(&all, "first-pass", "--inconclusive pass"), barred);
    let loud = words("--model first-pass --inconclusive pass");
    let said = unwrapped(&all.run(&[&loud[..], &CHECK[..4]].concat()).out);
    let told = "cannot be told, which --inconclusive pass does not excuse: ";
    assert!(said.contains(told), "{said}");
    let plain = last(&few, "oracle", "");
    assert!(plain.starts_with("INCONCLUSIVE  perturb-n: "), "{plain}");
}

#[test]
fn junit_takes_the_place_of_no_other_file() {
    let project = with_lists().file("mine.xml", "<mine/>\n");
    for (file, expected) in [
        ("mine.xml", "mine.xml"),
        ("lists.jsonl", "--nbest"),
        ("robustness-report/report.json", "--out"),
        ("robustness-report", "robustness-report"),
    ] {
        let run = check(&project, "first-pass", &["--junit", file]);
        assert_eq!(run.code, 2, "{file}: {}", run.err);
        assert!(run.err.contains(expected), "{}", run.err);
    }
    assert_eq!(project.read("mine.xml"), "<mine/>\n");
    assert_eq!(
        project.read("lists.jsonl"),
        fs::read_to_string(repository("fixtures/nbest/test.jsonl")).unwrap()
    );
}

#[test]
fn annotations_are_workflow_commands_and_the_report_is_the_summary() {
    let project = with_lists();
    let summary = project.path("summary.md");
    fs::write(&summary, "before\n").unwrap();
    let output = Command::new(cargo_bin!("robustness-check"))
        .args(["--model", "first-pass", "--annotations", "github"])
        .args(CHECK)
        .current_dir(project.path(""))
        .env("GITHUB_STEP_SUMMARY", &summary)
        .output()
        .unwrap();
    let out = String::from_utf8(output.stdout).unwrap();

    let commands: Vec<&str> = out.lines().filter(|line| line.starts_with("::")).collect();
    assert!(
        commands
            .iter()
            .any(|line| line.starts_with("::warning title=perturb-n / gain%3A INCONCLUSIVE::")),
        "{out}"
    );
    assert!(
        commands.last().unwrap().starts_with(
            "::warning title=robustness-check::INCONCLUSIVE: robustness of first-pass; cannot \
                be told: rescorer / "
        ),
        "{out}"
    );
    let summary = fs::read_to_string(summary).unwrap();
    assert!(
        summary.starts_with("before\n# INCONCLUSIVE: robustness of `first-pass`"),
        "{summary}"
    );
}

#[test]
fn json_stays_json_beside_annotations() {
    let more = words("--annotations github --format json");
    let run = check(&with_lists(), "first-pass", &more);
    let report: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(report["verdict"], "inconclusive");
    let told = run.err.lines().last().unwrap_or_default();
    assert!(
        told.starts_with("::warning title=robustness-check::"),
        "{told}"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_summary_without_room_leaves_a_whole_report_and_says_so() {
    let project = with_lists();
    let words = ["--model", "first-pass", "--annotations", "github"];
    let run = run_with(
        &project.path(""),
        &[&words[..], &CHECK].concat(),
        &[("GITHUB_STEP_SUMMARY", "/dev/full")],
    );
    assert_eq!(run.code, 2, "{}", run.err);
    let told = "the report is written whole to robustness-report, but not all is printed: failed \
        to add to the summary /dev/full";
    assert!(run.err.contains(told), "{}", run.err);
    assert!(project.path("robustness-report/report.json").exists());
}

#[test]
fn a_summary_is_added_to_no_file_that_is_read_or_written_and_is_tried_first() {
    let project = with_lists().file("file", "mine\n");
    let lists = project.read("lists.jsonl");
    let before = project.names();
    let words = ["--model", "first-pass", "--annotations", "github"];
    let files = ["--junit", "junit.xml", "--code-quality", "quality.json"];
    for (summary, expected) in [
        ("lists.jsonl", "is the input --nbest lists.jsonl"),
        ("robustness-report/report.json", "is the output --out"),
        ("junit.xml", "is the output --junit junit.xml"),
        ("quality.json", "is the output --code-quality quality.json"),
        ("no/such/summary.md", "No such file"),
        ("file/summary.md", "Not a directory"),
        (".", "contains the input"),
    ] {
        let run = run_with(
            &project.path(""),
            &[&words[..], &files, &CHECK].concat(),
            &[("GITHUB_STEP_SUMMARY", summary)],
        );
        assert_eq!(run.code, 2, "{summary}: {}", run.err);
        let annotation = "::error title=robustness-check::failed to add to the summary ";
        assert!(run.out.starts_with(annotation), "{summary}: {}", run.out);
        assert_eq!(run.out.lines().count(), 1, "{}", run.out);
        for part in [expected, "GITHUB_STEP_SUMMARY", summary] {
            assert!(run.err.contains(part), "{summary}: {}", run.err);
        }
        assert_eq!(project.names(), before, "{summary}");
        assert_eq!(project.read("lists.jsonl"), lists);
    }
}

#[test]
fn a_baseline_that_is_not_there_yet_is_told_how_to_be_made() {
    let project = with_lists();
    let run = check(&project, "first-pass", &["--baseline", "base/report.json"]);
    assert_eq!(run.code, 2);
    assert!(
        run.err
            .contains("does not exist: --update-baseline writes a first one"),
        "{}",
        run.err
    );
}

#[test]
fn quiet_is_a_line_for_each_verdict() {
    let project = with_lists();
    let run = check(&project, "oracle", &["--suite", "perturb-1"]);
    let lines: Vec<&str> = run.out.lines().collect();
    assert_eq!(lines.len(), 2, "{}", run.out);
    assert!(
        lines[0].starts_with("PASS  perturb-n: flip PASS"),
        "{}",
        run.out
    );
}

/// How many of all lists have a harmful flip, by the counts of a report: of those that were touched
/// it would be more.
fn harmful_share(report: &str) -> String {
    let report: Value = serde_json::from_str(report).unwrap();
    let figures = &report["checks"][0];
    let harmful = figures["flips"]["harmful"]["count"].as_f64().unwrap();
    let [lists, touched] =
        ["lists", "perturbed_lists"].map(|lists| figures["coverage"][lists].as_f64().unwrap());
    assert!(touched < lists, "{touched} of {lists}");
    format!("{:.2} %", 100.0 * harmful / lists)
}

#[test]
fn two_reports_differ_in_verdicts_and_figures() {
    let project = with_lists();
    assert_eq!(check(&project, "oracle", &["--out", "old"]).code, 0);
    check(&project, "first-pass", &["--out", "new"]);
    let run = project.run(&["report", "diff", "old", "new/report.json"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(
        run.out.starts_with(
            "## Robustness of `first-pass` after `oracle`: PASS → **INCONCLUSIVE**\n\nWER on \
                the clean lists: 16.68 % → 26.84 % (+10.16 pp).\n"
        ),
        "{}",
        run.out
    );
    let row = |start: &str| {
        let line = run.out.lines().find(|line| line.starts_with(start));
        line.unwrap_or_else(|| panic!("{start}: {}", run.out))
    };
    assert!(row("| perturb-n: nprr.flip |").ends_with(" pp of the clean errors |"));
    assert!(row("| perturb-n: harmful flips |").ends_with(" pp of all lists |"));
    let gain = row("| perturb-n: gain over the first pass |");
    assert_eq!(gain.matches(" pp |").count(), 3, "{gain}");

    let json = project.run(&["report", "diff", "old", "new", "--json"]).out;
    let json: Value = serde_json::from_str(&json).unwrap();
    let verdict = serde_json::json!({"then": "pass", "now": "inconclusive"});
    assert_eq!(json["verdict"], verdict);
    assert_eq!(json["models"]["now"], "first-pass");
    let figure = &json["figures"][0];
    assert_eq!(figure["name"], "WER, clean");
    let shares = ["then", "now", "difference"];
    let shares = shares.map(|name| format!("{:.4}", figure[name].as_f64().unwrap()));
    assert_eq!(shares, ["0.1668", "0.2684", "0.1016"]);
    let gates = json["verdicts"].as_array().unwrap();
    assert!(
        gates
            .iter()
            .any(|gate| gate["name"] == "flip" && gate["then"] == "pass")
    );

    // Of many new failures the first are named.
    check(&project, "demo", &["--out", "demo"]);
    let failures = project.run(&["report", "diff", "old", "demo"]).out;
    let expected = format!(" | {} | ", harmful_share(&project.read("demo/report.json")));
    let line = failures.lines().find(|line| line.contains("harmful flips"));
    assert!(line.unwrap().contains(&expected), "{expected}: {failures}");
    let new = failures
        .lines()
        .find(|line| line.starts_with("New among the worst failures: "));
    let new = new.unwrap_or_else(|| panic!("{failures}"));
    assert_eq!(new.matches(" of perturb-n").count(), 3, "{new}");
    assert!(new.contains(" in draw ") && new.ends_with(" more"), "{new}");

    // Checks of one report alone, and other lists.
    let few = some_lists(40).read("lists.jsonl");
    let project = project.file("few.jsonl", few);
    let words = [
        "--model",
        "oracle",
        "--suite",
        "perturb-1",
        "--out",
        "third",
    ];
    project.run(&[&words[..], &["--nbest", "few.jsonl"]].concat());
    let other = project.run(&["report", "diff", "old", "third"]).out;
    for expected in [
        "- the n-best lists are not the same: ",
        "| perturb-1 | flip | not run | **",
        // Nothing to take a difference of, so of nothing.
        " | - |\n| perturb-1: harmful flips | - | ",
        "| perturb-n | gain | PASS | **not run** |",
    ] {
        assert!(other.contains(expected), "{expected}: {other}");
    }

    assert!(
        run.out
            .contains("- the kind of model was oracle, it is first-pass\n"),
        "{}",
        run.out
    );
    assert!(
        run.out
            .contains("| perturb-n | gain | PASS | **INCONCLUSIVE** |"),
        "{}",
        run.out
    );
    assert!(
        run.out
            .contains("| WER, clean | 16.68 % | 26.84 % | +10.16 pp |"),
        "{}",
        run.out
    );

    project.check_error(
        &["report", "diff", "old", "nowhere"],
        &["failed to read the report nowhere"],
    );
    project.check_error(
        &["report", "diff", "lists.jsonl", "new"],
        &["lists.jsonl", "not a report.json"],
    );
}

#[test]
fn reports_that_cannot_be_or_were_edited_are_not_compared() {
    let project = with_lists();
    check(&project, "oracle", &["--out", "old"]);
    check(&project, "first-pass", &["--out", "new"]);

    // Another program may have made a report; what it says must still be able to be.
    let mut impossible: Value = serde_json::from_str(&project.read("old/report.json")).unwrap();
    impossible["checks"][0]["verdict"]["gates"][1]["margins"] = serde_json::json!([]);
    let project = project.file("made/margins.json", impossible.to_string());
    let mut impossible: Value = serde_json::from_str(&project.read("old/report.json")).unwrap();
    impossible["clean"]["model"]["rate"]["value"] = (-1.0).into();
    let project = project.file("made/rate.json", impossible.to_string());
    for (path, expected) in [
        (
            "made/margins.json",
            "checks[0].verdict.gates[1].margins is empty",
        ),
        (
            "made/rate.json",
            "clean.model.rate is -1, and a rate is at least 0",
        ),
    ] {
        project.check_error(&["report", "diff", "old", path], &[path, expected]);
    }

    let written = project.read("new/report.json");
    let edited = written.replace("\"inconclusive\"", "\"pass\"");
    assert_ne!(edited, written);
    let project = project.file("new/report.json", edited);
    for path in ["new", "new/report.json"] {
        project.check_error(
            &["report", "diff", "old", path],
            &[
                "new/report.json: it is not what was written there",
                "run the check again",
            ],
        );
    }
}

/// The commands of a workflow's steps, as they are run there: each block behind `run: |` or `- |`.
fn steps(workflow: &str) -> Vec<String> {
    let mut steps = Vec::new();
    let mut lines = workflow.lines().peekable();
    while let Some(line) = lines.next() {
        if !(line.ends_with("run: |") || line.ends_with("- |")) {
            continue;
        }
        let depth = line.len() - line.trim_start().len();
        let mut block = String::new();
        while let Some(inner) = lines.peek() {
            if !inner.is_empty() && inner.len() - inner.trim_start().len() <= depth {
                break;
            }
            writeln!(block, "{}", inner.trim_start()).unwrap();
            lines.next();
        }
        steps.push(block);
    }
    steps
}

/// A variable of the workflow.
fn variable(workflow: &str, name: &str) -> String {
    let prefix = format!("{name}: ");
    let line = workflow
        .lines()
        .find_map(|line| line.trim_start().strip_prefix(&prefix));
    serde_json::from_str(line.unwrap()).unwrap()
}

/// Runs the steps as a runner does: in a shell that stops at the first error; the last output.
#[track_caller]
fn run_steps(folder: &Path, workflow: &str) -> Output {
    let binary = cargo_bin!("robustness-check");
    let path = format!(
        "{}:{}",
        binary.parent().unwrap().display(),
        std::env::var("PATH").unwrap()
    );
    let mut last = None;
    for step in steps(workflow) {
        let output = Command::new("sh")
            .args(["-e", "-c", &step])
            .current_dir(folder)
            .env("PATH", &path)
            .env("MODEL", variable(workflow, "MODEL"))
            .env("NBEST", variable(workflow, "NBEST"))
            .env_remove("GITHUB_STEP_SUMMARY")
            .output()
            .unwrap();
        let failed = !output.status.success();
        last = Some(output);
        if failed {
            break;
        }
    }
    last.unwrap()
}

#[track_caller]
fn check_workflow(service: &str, file: &str) {
    let project = with_lists();
    let model = "oracle";
    let run = project.run(&["init", service, "--model", model, "--nbest", "lists.jsonl"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.contains(&format!("wrote {file}\n")), "{}", run.out);
    let workflow = project.read(file);
    assert!(!workflow.contains("@MODEL@") && !workflow.contains("@NBEST@"));

    // GitLab shows this exit code as a warning; GitHub shows the annotation.
    let warned = if service == "gitlab" { 77 } else { 0 };
    assert_eq!(
        service == "gitlab",
        workflow.contains("  allow_failure:\n    exit_codes: 77\n")
    );
    let output = run_steps(&project.path(""), &workflow);
    assert_eq!(
        output.status.code(),
        Some(warned),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        String::from_utf8_lossy(&output.stdout).contains("there is no robustness/baseline"),
        "a run without a baseline says so"
    );
    check_junit(&project.read("robustness/junit.xml"));

    // What is made anew by every run is not for the repository.
    let ignored = project.read("robustness/.gitignore");
    let made = [
        "/report",
        "/junit.xml",
        "/code-quality.json",
        "/report.scores.jsonl",
        ".robustness-check.lock",
        ".robustness-check-staged/",
    ];
    let is_ignored = |name: &&str| ignored.lines().any(|line| line == *name);
    assert!(made.iter().all(is_ignored), "{ignored}");
    let attributes = project.read("robustness/.gitattributes");
    assert!(attributes.contains("/baseline/* -text"), "{attributes}");

    // What nothing could have passed with is red, with or without a baseline.
    let barred = workflow.replace("MODEL: \"oracle\"", "MODEL: \"first-pass\"");
    let output = run_steps(&project.path(""), &barred);
    assert_eq!(output.status.code(), Some(3));
    let junit = check_junit(&project.read("robustness/junit.xml"));
    let failures = junit.iter().filter(|one| one.starts_with("failure "));
    assert_eq!(failures.count(), 1, "the caution that says so: {junit:?}");
    assert!(!project.path("robustness-report").exists());

    // The first baseline, by the command that `init` printed.
    let (_, command) = run.out.split_once("first baseline,\n").unwrap();
    let (command, _) = command.split_once("\nand commit").unwrap();
    let output = run_steps(
        &project.path(""),
        &format!(
            "MODEL: \"\"\nNBEST: \"\"\nrun: |\n  {}",
            command.replace("\\\n", " ")
        ),
    );
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(project.path("robustness/baseline/report.json").exists());

    let output = run_steps(&project.path(""), &workflow);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );

    // A worse model is red, and the annotation says why.
    let worse = workflow.replace("MODEL: \"oracle\"", "MODEL: \"first-pass\"");
    let output = run_steps(&project.path(""), &worse);
    let out = String::from_utf8_lossy(&output.stdout);
    assert_eq!(
        output.status.code(),
        Some(1),
        "{out}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let junit = check_junit(&project.read("robustness/junit.xml"));
    assert!(
        junit
            .iter()
            .any(|element| element.starts_with("failure type=\"fail\""))
    );
    if service == "gitlab" {
        assert!(workflow.contains("codequality: robustness/code-quality.json\n"));
        let entries = crate::code_quality::entries(&project.read("robustness/code-quality.json"));
        let gates = entries.iter().filter(|entry| entry["severity"] == "major");
        let names: Vec<&str> = gates
            .map(|gate| gate["check_name"].as_str().unwrap())
            .collect();
        assert!(
            names.contains(&"robustness-check/baseline/clean"),
            "{names:?}"
        );
    }
    if service == "github" {
        assert!(
            out.contains("::error title=baseline / clean%3A FAIL%2C "),
            "{out}"
        );
        let last = out.lines().last().unwrap();
        assert!(
            last.starts_with(
                "::error title=robustness-check::FAIL: robustness of first-pass; fails: "
            ),
            "{last}"
        );
    }
}

/// What cannot be told passes with a warning.
#[test]
fn a_workflow_of_too_few_lists_passes_with_a_warning() {
    for (service, file, expected) in [
        ("github", ".github/workflows/robustness.yml", 0),
        ("gitlab", ".gitlab/robustness.yml", 77),
    ] {
        let project = some_lists(6);
        let init = [
            "init",
            service,
            "--model",
            "oracle",
            "--nbest",
            "lists.jsonl",
        ];
        assert_eq!(project.run(&init).code, 0);
        let first = "--model oracle --nbest lists.jsonl --suite robustness/suite.toml --out \
            robustness/report --baseline robustness/baseline/report.json --update-baseline";
        assert_eq!(project.run(&words(first)).code, 3);
        let output = run_steps(&project.path(""), &project.read(file));
        let out = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(expected), "{out}");
        assert!(!out.contains("there is no robustness/baseline"), "{out}");
    }
}

/// Whether the model passes or not, the program is not built again.
#[test]
fn a_workflow_remembers_the_program_before_it_checks() {
    let project = project();
    assert_eq!(project.run(&["init", "github"]).code, 0);
    assert_eq!(project.run(&["init", "gitlab"]).code, 0);
    let github = project.read(".github/workflows/robustness.yml");
    let at = |text: &str| {
        github
            .find(text)
            .unwrap_or_else(|| panic!("{text}: {github}"))
    };
    let order = [
        "actions/cache/restore@v4",
        "cargo +stable install",
        "actions/cache/save@v4",
        "robustness-check \"$@\"",
    ];
    assert!(order.map(at).is_sorted(), "{github}");
    assert_eq!(
        github
            .matches("key: robustness-check-1-${{ runner.os }}\n")
            .count(),
        2
    );
    let gitlab = project.read(".gitlab/robustness.yml");
    assert!(gitlab.contains("    when: always\n    paths:\n      - robustness/installed\n"));
}

/// A service reads what is at the top of a repository, and runners have nothing else.
#[test]
fn init_writes_where_a_service_reads_and_warns_of_what_a_runner_lacks() {
    let project = project()
        .file("repository/.git/HEAD", "ref: refs/heads/main\n")
        .file("repository/sub/lists.jsonl", "")
        .file("lists.jsonl", "");
    for service in ["github", "gitlab"] {
        project.check_error(
            &["init", service, "--dir", "repository/sub"],
            &[
                "repository/sub lies in the Git repository ",
                "at its top alone",
                "--dir ",
            ],
        );
    }
    assert!(!project.path("repository/sub/robustness").exists());

    let absolute = project.path("repository/sub/lists.jsonl");
    for (nbest, service, warned) in [
        ("sub/lists.jsonl", "github", false),
        (absolute.to_str().unwrap(), "github", true),
        ("../lists.jsonl", "gitlab", true),
        (absolute.to_str().unwrap(), "slurm", false),
    ] {
        let run = project.run(&["init", service, "--dir", "repository", "--nbest", nbest]);
        assert_eq!(run.code, 0, "{}", run.err);
        let warning = format!("{nbest} (--nbest) is not named as a file of the repository");
        assert_eq!(run.err.contains(&warning), warned, "{service}: {}", run.err);
        for made in ["robustness", ".github", ".gitlab", ".gitlab-ci.yml"] {
            let made = project.path("repository").join(made);
            let _ = fs::remove_dir_all(&made);
            let _ = fs::remove_file(&made);
        }
    }
    project.check_error(&["init", "--model", ""], &["--model"]);
}

#[test]
fn the_workflow_for_github_runs_step_by_step() {
    check_workflow("github", ".github/workflows/robustness.yml");
}

#[test]
fn the_workflow_for_gitlab_runs_step_by_step() {
    check_workflow("gitlab", ".gitlab/robustness.yml");
}

/// The first step installs the program: what it takes is said where it is not given.
#[test]
fn the_workflow_installs_the_program_from_its_repository() {
    for (service, file) in [
        ("github", ".github/workflows/robustness.yml"),
        ("gitlab", ".gitlab/robustness.yml"),
    ] {
        let install = |source: &str| {
            let project = project();
            let run = project.run(&["init", service, "--source", source]);
            assert_eq!(run.code, 0, "{}", run.err);
            let workflow = project.read(file);
            assert_eq!(variable(&workflow, "SOURCE"), source);

            // A runner without the program, on which cargo says what it is asked for.
            let bin = project.path("bin");
            fs::create_dir(&bin).unwrap();
            for name in ["cargo", "rustup"] {
                let script = format!("#!/bin/sh\necho {name} \"$@\" >>asked\n");
                fs::write(bin.join(name), script).unwrap();
                let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
                fs::set_permissions(bin.join(name), mode).unwrap();
            }
            let step = steps(&workflow).swap_remove(0);
            let output = Command::new("/bin/sh")
                .args(["-e", "-c", &step])
                .current_dir(project.path(""))
                .env("PATH", &bin)
                .env("SOURCE", source)
                .output()
                .unwrap();
            let asked = fs::read_to_string(project.path("asked")).unwrap_or_default();
            (String::from_utf8(output.stdout).unwrap(), asked)
        };

        let (said, asked) = install("https://example.org/a/mondegreen");
        assert!(!said.contains("SOURCE"), "{said}");
        let from = "--git https://example.org/a/mondegreen mondegreen\n";
        assert!(
            asked.contains("install --locked") && asked.ends_with(from),
            "{asked}"
        );
        let (said, asked) = install("");
        assert!(
            said.contains("SOURCE is empty") && asked.is_empty(),
            "{said}{asked}"
        );
    }
}

#[test]
fn init_says_what_the_repository_does_not_have() {
    let project = project().file("mine/lists.jsonl", "");
    let init = |folder: &str, more: &[&str]| {
        fs::create_dir(project.path(folder)).unwrap();
        let run = project.run(&[&["init", "--dir", folder][..], more].concat());
        assert_eq!(run.code, 0, "{}", run.err);
        assert!(
            run.out.contains("set SOURCE in the workflow"),
            "{}",
            run.out
        );
        run.err
    };

    let err = init("a", &["--model", "my-model", "--nbest", "test.jsonl"]);
    assert!(err.contains("there is no my-model in a (--model)"), "{err}");
    assert!(
        err.contains("there is no test.jsonl in a (--nbest)"),
        "{err}"
    );
    assert_eq!(init("b", &["--model", "exec:python3 scorer.py"]), "");
    let err = init("c", &["--model", "demo", "--nbest", "../mine/lists.jsonl"]);
    assert!(
        err.contains("../mine/lists.jsonl (--nbest) is not named as a file of the repository"),
        "{err}"
    );

    // The suite is one, and names the command that explains all keys.
    let suite = project.read("a/robustness/suite.toml");
    assert!(
        suite.contains("`robustness-check suites perturb-1`"),
        "{suite}"
    );
    let printed = project.run(&["suites", "perturb-1"]);
    let file = fs::read_to_string(repository("suites/perturb-1.toml")).unwrap();
    assert_eq!((printed.code, printed.out), (0, file));
    let names = project.run(&["suites"]).out;
    assert!(
        names.contains("perturb-n-coherent  ") && names.lines().count() == 5,
        "{names}"
    );
    project.check_error(&["suites", "perturb_1"], &["perturb-1"]);
}

/// The bundled model with another `weight`, against itself.
fn against(weight: &str, more: &[&str]) -> (Run, Project) {
    let project = with_lists();
    let words = [
        "--suite",
        "perturb-n",
        "--nbest",
        "lists.jsonl",
        "--model",
        "demo",
    ];
    let base = ["--baseline", "base/report.json"];
    let first = project.run(&[&words[..], &base, &["--update-baseline"]].concat());
    assert_eq!(first.code, 0, "{}", first.err);

    let change = ["--weight", weight, "--annotations", "github"];
    let run = project.run(&[&words[..], &base, &change, more].concat());
    (run, project)
}

#[test]
fn more_errors_than_the_baseline_are_told_where_they_pass() {
    let (run, project) = against("2", &["--inconclusive", "pass"]);
    assert_eq!(run.code, 0, "{}", run.err);
    for expected in [
        "::warning title=perturb-n / gain%3A INCONCLUSIVE::",
        "::warning title=baseline / clean%3A INCONCLUSIVE%2C 44 more errors (+3.1 %25)::",
        "::warning title=baseline / perturb-n%3A PASS%2C ",
        // The last line of the terminal, before the annotations.
        "\n\nINCONCLUSIVE: robustness of demo; cannot be told, and passes by --inconclusive pass: \
        perturb-n / gain, baseline / clean; against the baseline, without failing: clean: 44 \
        more errors (+3.1 %), perturb-n: ",
    ] {
        assert!(run.out.contains(expected), "{expected}: {}", run.out);
    }
    let last = run.out.lines().last().unwrap();
    assert!(
        last.starts_with("::warning title=robustness-check::INCONCLUSIVE: robustness of demo; "),
        "{last}"
    );
    let report = project.read("robustness-report/report.md");
    assert!(
        report.contains(
            "\n\n**INCONCLUSIVE** against the baseline `demo`: clean: 44 more errors (+3.1 %); "
        ),
        "{report}"
    );

    // Within the margin they pass, and are told all the same.
    let (run, _) = against("1.2", &["--baseline-margin", "0.2"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(
        run.out
            .contains("::warning title=baseline / clean%3A PASS%2C "),
        "{}",
        run.out
    );
    let last = run.out.lines().last().unwrap();
    assert!(
        last.starts_with(
            "::notice title=robustness-check::PASS: robustness of demo; against the baseline, \
            without failing: clean: "
        ),
        "{last}"
    );
}

#[test]
fn init_writes_over_nothing() {
    let project = project().file(".github/workflows/robustness.yml", "mine\n");
    project.check_error(
        &["init"],
        &["robustness.yml is there already: nothing was written"],
    );
    assert!(!project.path("robustness").exists());
    assert_eq!(project.read(".github/workflows/robustness.yml"), "mine\n");

    let project = project.file(".gitlab-ci.yml", "mine: {}\n");
    let run = project.run(&["init", "gitlab", "--model", "exec:python \"x\": y\n#"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(project.read(".gitlab-ci.yml"), "mine: {}\n");
    assert!(run.out.contains("add to .gitlab-ci.yml:"), "{}", run.out);
    let workflow = project.read(".gitlab/robustness.yml");
    assert_eq!(variable(&workflow, "MODEL"), "exec:python \"x\": y\n#");
    project.check_error(
        &["init", "gitlab"],
        &["gitlab/robustness.yml is there already"],
    );
}

#[test]
fn a_quiet_init_says_what_is_left_to_do_and_no_more() {
    let project = project().file(".gitlab-ci.yml", "mine: {}\n");
    assert_eq!(project.run(&["init", "github", "-q"]).out, "");
    let workflow = project.read(".github/workflows/robustness.yml");
    assert!(workflow.contains("branches: [main, master]\n"));
    let run = project.run(&["init", "gitlab", "-q"]);
    assert!(run.out.starts_with("add to .gitlab-ci.yml:\n") && !run.out.contains("next:"));
}

#[test]
fn init_sets_up_both_services_with_one_suite() {
    let project = project();
    assert_eq!(project.run(&["init", "github"]).code, 0);
    let run = project.run(&["init", "gitlab"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(
        run.out.starts_with("kept robustness/suite.toml\n"),
        "{}",
        run.out
    );

    // One that the user changed is another suite.
    // Also one that was changed since.
    let project = project
        .file("third/.gitlab/robustness.yml", "")
        .file("third/robustness/suite.toml", "mine\n");
    let run = project.run(&words("init github --dir third"));
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(
        run.out.starts_with("kept robustness/suite.toml\n"),
        "{}",
        run.out
    );
    assert_eq!(project.read("third/robustness/suite.toml"), "mine\n");

    let project = project.file("other/robustness/suite.toml", "mine\n");
    project.check_error(
        &["init", "github", "--dir", "other"],
        &["suite.toml is there already"],
    );
}

#[test]
fn init_says_what_to_do_where_the_repository_is_not_there() {
    let project = project().file("mine.txt", "");
    for service in ["github", "slurm"] {
        project.check_error(
            &["init", service, "--dir", "new"],
            &["there is no folder new: make it first, or name another one with --dir"],
        );
        project.check_error(
            &["init", service, "--dir", "mine.txt"],
            &["mine.txt is a file, and workflows are written into a folder"],
        );
    }
}

#[test]
fn names_are_no_expressions_or_variables_of_a_service() {
    let model = "exec:sh -c 'echo $HOME ${{ secrets.X }}'";
    let project = project();
    for (service, file, spelled) in [
        (
            "github",
            ".github/workflows/robustness.yml",
            "exec:sh -c 'echo $HOME ${{ '${{' }} secrets.X }}'",
        ),
        (
            "gitlab",
            ".gitlab/robustness.yml",
            "exec:sh -c 'echo $$HOME $${{ secrets.X }}'",
        ),
    ] {
        let run = project.run(&["init", service, "--model", model]);
        assert_eq!(run.code, 0, "{}", run.err);
        assert_eq!(variable(&project.read(file), "MODEL"), spelled);
    }
}

#[test]
fn a_run_without_a_result_is_an_annotation_too() {
    let project = with_lists();
    let words = ["--model", "nowhere", "--annotations", "github"];
    let run = project.run(&[&words[..], &CHECK].concat());
    assert_eq!(run.code, 2);
    assert!(
        run.out.starts_with("::error title=robustness-check::") && run.out.contains("nowhere"),
        "{}",
        run.out
    );
}

#[test]
fn init_that_cannot_end_leaves_nothing_and_follows_no_link() {
    let project = project().file(".github", "a file\n");
    project.check_error(&["init"], &["failed to write", "robustness.yml"]);
    assert_eq!(project.read(".github"), "a file\n");

    let project = project.file("elsewhere/note.txt", "");
    for (service, link) in [("github", "robustness"), ("gitlab", ".gitlab")] {
        std::os::unix::fs::symlink("elsewhere", project.path(link)).unwrap();
        project.check_error(&["init", service], &[link, "is a link"]);
        fs::remove_file(project.path(link)).unwrap();
    }
    assert_eq!(fs::read_dir(project.path("elsewhere")).unwrap().count(), 1);
}

#[test]
fn a_junit_file_that_cannot_be_written_leaves_no_report() {
    let project = some_lists(12);
    let words = words("--model first-pass --suite perturb-1 --nbest lists.jsonl");
    project.check_error(
        &[&words[..], &["--junit", "/dev/full"]].concat(),
        &["/dev/full"],
    );
}

#[test]
fn help_is_short_and_a_bare_run_says_how_to_start() {
    let project = project();
    let run = project.run(&["-h"]);
    assert_eq!(run.code, 0);
    assert!(
        run.out.lines().count() <= 40,
        "{} lines:\n{}",
        run.out.lines().count(),
        run.out
    );
    for option in words("--model --suite --nbest --out --baseline --junit init") {
        assert!(run.out.contains(option), "{option}");
    }
    let all = project.run(&["--help"]).out;
    assert!(all.contains("--minimise-calls") && all.contains("--annotations"));

    let run = project.run(&[]);
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    assert!(
        run.err
            .contains("robustness-check --model demo --suite perturb-n\n"),
        "{}",
        run.err
    );
}
