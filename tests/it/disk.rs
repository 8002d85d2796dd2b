//! Disks that are full, and places that cannot be written: one clear error, nothing half-written.

use std::fs::File;
use std::process::Command;

use crate::project::{Project, Run, project, repository, run_with};

const CHECK: [&str; 6] = [
    "--model",
    "first-pass",
    "--suite",
    "perturb-n",
    "--nbest",
    "lists.jsonl",
];

fn with_lists() -> Project {
    let lists = std::fs::read(repository("fixtures/nbest/dev.jsonl")).unwrap();
    project().file("lists.jsonl", lists)
}

/// Runs the binary where no file can grow beyond 16 KiB, as if the disk were full from there on.
fn run_on_a_small_disk(project: &Project, arguments: &[&str]) -> Run {
    // Without the trap the kernel ends the process instead of failing the write.
    let limited = "trap '' XFSZ; ulimit -f 32; exec \"$0\" \"$@\"";
    let output = Command::new("sh")
        .args(["-c", limited, env!("CARGO_BIN_EXE_robustness-check")])
        .args(arguments)
        .current_dir(project.path(""))
        .output()
        .unwrap();

    Run {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn a_full_disk_leaves_nothing_half_written() {
    let perturb = ["perturb", "--suite", "perturb-n", "--nbest", "lists.jsonl"];
    let score = ["score", "--model", "first-pass", "--nbest", "lists.jsonl"];
    let convert = ["nbest", "convert", "lists.jsonl"];
    for (arguments, out) in [
        (&CHECK[..], "report"),
        (&perturb, "cases.jsonl"),
        (&score, "scores.jsonl"),
        (&convert, "converted.jsonl"),
    ] {
        let project = with_lists();
        let run = run_on_a_small_disk(&project, &[arguments, &["--out", out]].concat());
        assert_eq!(run.code, 2, "{arguments:?}: {}", run.err);
        assert!(
            run.err.contains(&format!("failed to write {out}")),
            "{}",
            run.err
        );
        assert_eq!(
            run.err
                .lines()
                .filter(|line| line.starts_with("error:"))
                .count(),
            1
        );
        assert_eq!(project.names(), ["lists.jsonl"], "{arguments:?}");
    }
}

#[test]
fn a_full_disk_leaves_the_report_that_was_there() {
    let project = with_lists();
    assert_ne!(project.run(&CHECK).code, 2);
    let before = project.read("robustness-report/report.json");
    let run = run_on_a_small_disk(&project, &[&CHECK[..], &["--seed", "7"]].concat());
    assert_eq!(run.code, 2, "{}", run.err);
    assert_eq!(project.read("robustness-report/report.json"), before);
    assert_eq!(project.names(), ["lists.jsonl", "robustness-report"]);
}

#[cfg(target_os = "linux")]
#[test]
fn standard_output_on_a_full_device_is_an_error() {
    let project = with_lists();
    for arguments in [
        &CHECK[..],
        &["perturb", "--suite", "perturb-n", "--nbest", "lists.jsonl"],
        &["score", "--model", "first-pass", "--nbest", "lists.jsonl"],
        &["nbest", "stat", "lists.jsonl"],
        &["nbest", "convert", "lists.jsonl"],
        &["neighbours", "two"],
        &["completions", "bash"],
        &["--help"],
        &["--version"],
    ] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_robustness-check"))
            .args(arguments)
            .current_dir(project.path(""))
            .stdout(full)
            .output()
            .unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {err}");
        assert!(!err.contains("panicked"), "{err}");
        if arguments.len() == 1 {
            let told = "error: failed to write to standard output";
            assert!(err.contains(told), "{arguments:?}: {err}");
        }
        let is_check = arguments == &CHECK[..];
        let told = "the report is written whole to robustness-report";
        assert_eq!(err.contains(told), is_check, "{arguments:?}: {err}");
    }
}

#[test]
fn help_that_nobody_reads_is_no_error() {
    for arguments in [&["--help"][..], &["--version"], &["score", "--help"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = Command::new(env!("CARGO_BIN_EXE_robustness-check"))
            .args(arguments)
            .stdout(writer)
            .output()
            .unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), err.as_str()), (Some(0), ""));
    }
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let project = with_lists().file("file", "");
    for out in ["file/report", "file/deep/report"] {
        project.check_error(&[&CHECK[..], &["--out", out]].concat(), &[out]);
    }
    let perturb = ["perturb", "--suite", "perturb-n", "--nbest", "lists.jsonl"];
    let nowhere = ["--out", "nowhere/cases.jsonl"];
    let missing = "there is no folder nowhere; make it";
    let named = ["nowhere/cases.jsonl", missing];
    project.check_error(&[&perturb[..], &nowhere].concat(), &named);
    for option in ["--junit", "--code-quality"] {
        let nowhere = [option, "nowhere/ci"];
        project.check_error(&[&CHECK[..], &nowhere].concat(), &["nowhere/ci", missing]);
    }
}

#[cfg(unix)]
#[test]
fn the_folder_of_temporary_files_that_takes_no_lists_is_named() {
    let project = with_lists();
    let nowhere = project.path("nowhere");
    let nowhere = nowhere.to_str().unwrap();
    let words = ["nbest", "stat", "lists.jsonl", "--hold-lists", "1"];
    let run = run_with(&project.path(""), &words, &[("TMPDIR", nowhere)]);
    assert_eq!((run.code, run.out.as_str()), (2, ""), "{}", run.err);
    let told = format!("temporary files, {nowhere}: make room there");
    assert!(run.err.contains(&told), "{}", run.err);
}

#[cfg(target_os = "linux")]
#[test]
fn a_device_is_written_to() {
    let project = with_lists();
    let arguments = ["score", "--model", "first-pass", "--nbest", "lists.jsonl"];
    let to_device = project.run(&[&arguments[..], &["--out", "/dev/stdout"]].concat());
    assert_eq!(to_device.code, 0, "{}", to_device.err);
    assert_eq!(to_device.out, project.run(&arguments).out);
}

/// No file can grow at all, as if the disk were full before the first score is saved.
#[cfg(all(target_os = "linux", feature = "bert"))]
#[test]
fn scores_that_cannot_be_saved_leave_no_empty_file() {
    let project = crate::project::some_lists(12);
    let demo = repository("fixtures/checkpoints/demo");
    let limited = "trap '' XFSZ; ulimit -f 0; exec \"$0\" \"$@\"";
    let temporary = tempfile::tempdir().unwrap();
    let output = Command::new("sh")
        .args(["-c", limited, env!("CARGO_BIN_EXE_robustness-check")])
        .args(["score", "--nbest", "lists.jsonl", "--out", "scores.jsonl"])
        .args(["--model", demo.to_str().unwrap()])
        .current_dir(project.path(""))
        .env("TMPDIR", temporary.path())
        .output()
        .unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{err}");
    assert!(err.contains("could be saved nowhere"), "{err}");
    assert_eq!(project.names(), ["lists.jsonl"]);
    assert_eq!(temporary.path().read_dir().unwrap().count(), 0);
}
