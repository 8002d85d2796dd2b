//! A temporary folder to run the binary in.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::cargo::cargo_bin_cmd;
use serde_json::Value;
use tempfile::TempDir;

/// A folder with input files, thrown away at the end of the test.
pub(crate) struct Project {
    folder: TempDir,
}

/// What a run of the binary left behind.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// An empty project.
pub(crate) fn project() -> Project {
    Project {
        folder: tempfile::tempdir().unwrap(),
    }
}

/// A path inside the repository.
pub(crate) fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The bundled model's folder.
#[cfg(feature = "bert")]
pub(crate) fn demo() -> String {
    let folder = repository("fixtures/checkpoints/demo");
    folder.to_str().unwrap().to_owned()
}

/// A project with the first bundled lists.
pub(crate) fn some_lists(count: usize) -> Project {
    let text = fs::read_to_string(repository("fixtures/nbest/test.jsonl")).unwrap();
    let lines: Vec<&str> = text.lines().take(count).collect();
    project().file("lists.jsonl", lines.join("\n") + "\n")
}

impl Project {
    /// Adds a file.
    pub(crate) fn file(self, name: &str, content: impl AsRef<[u8]>) -> Project {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    /// Where a file of the project is.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The content of a file of the project.
    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// The lines of every perturbed list of a report.
    pub(crate) fn cases(&self, report: &str) -> String {
        let compressed = fs::read(self.path(report).join("cases.jsonl.zst")).unwrap();
        String::from_utf8(zstd::decode_all(&compressed[..]).unwrap()).unwrap()
    }

    /// Names in the project's folder, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// Runs the binary in the project's folder.
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        run_in(self.folder.path(), arguments)
    }

    /// Runs the binary and expects one clear error: exit 2, one line, nothing on standard output.
    #[track_caller]
    pub(crate) fn check_error(&self, arguments: &[&str], expected: &[&str]) {
        let before = self.names();
        let run = self.run(arguments);
        assert_eq!(run.code, 2, "{arguments:?}: {}{}", run.out, run.err);
        assert_eq!(run.out, "", "{arguments:?}");
        for part in expected {
            assert!(
                run.err.contains(part),
                "{arguments:?}: no {part:?} in {}",
                run.err
            );
        }

        assert!(!run.err.contains("panicked"), "{}", run.err);
        assert_eq!(self.names(), before, "{arguments:?} left something behind");
    }
}

/// The words of a command line in which no argument has a blank.
pub(crate) fn words(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}

/// Text with every stretch of white space as one space: sentences are found wherever lines break.
pub(crate) fn unwrapped(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Runs the binary in `folder`.
pub(crate) fn run_in(folder: &Path, arguments: &[&str]) -> Run {
    run_with(folder, arguments, &[])
}

/// The same with variables of the environment, of which those that change what is printed are unset
/// else.
pub(crate) fn run_with(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Run {
    let output = cargo_bin_cmd!("robustness-check")
        .args(arguments)
        .current_dir(folder)
        .env_remove("NO_COLOR")
        .env_remove("GITHUB_ACTIONS")
        .env_remove("GITHUB_STEP_SUMMARY")
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    Run {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The project with `name`, a table of scores that holds every text of `lists.jsonl` under
/// perturb-1 and perturb-n.
pub(crate) fn with_scores(project: Project, name: &str, score: impl Fn(&str) -> f64) -> Project {
    let mut table = String::new();
    for suite in ["perturb-1", "perturb-n"] {
        let run = project.run(&[
            "perturb",
            "--suite",
            suite,
            "--nbest",
            "lists.jsonl",
            "--out",
            "cases.jsonl",
        ]);
        assert_eq!(run.code, 0, "{}", run.err);
        for line in project.read("cases.jsonl").lines() {
            let case: Value = serde_json::from_str(line).unwrap();
            for hypothesis in case["hyps"].as_array().unwrap() {
                for field in ["text", "original"] {
                    let text = hypothesis[field].as_str().unwrap();
                    let line = serde_json::json!({"id": case["id"], "texts": [text], "scores": [score(text)]});
                    let _ = writeln!(table, "{line}");
                }
            }
        }
    }

    project.file(name, table)
}
