//! Runs that are killed at any moment: what is left is whole, and the same command ends as if
//! nothing had happened.
//!
//! Some moments of some commands; `tests/kills/run.py` tries many, and every rename.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::project::{Project, Run, repository, words};
use crate::train::with_base;

/// What this program keeps for itself in folders that it writes to.
const OWN: &str = ".robustness-check";

/// A command, the folder it writes, and how it goes on when it is given again.
struct Killed<'a> {
    words: &'a [&'a str],
    out: &'a str,
    again: &'a [&'a str],
}

/// The files of a folder, but for what differs between equal runs; `None` if there are none.
fn files(project: &Project, folder: &str) -> Option<BTreeMap<String, Vec<u8>>> {
    let mut found = BTreeMap::new();
    collect(&project.path(folder), "", &mut found);
    (!found.is_empty()).then_some(found)
}

fn collect(folder: &Path, above: &str, found: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if name.starts_with(OWN) || name == "training.json" || name == "report.md" {
            continue;
        }
        let inner = format!("{above}{name}");
        if path.is_dir() {
            collect(&path, &format!("{inner}/"), found);
            continue;
        }
        let mut bytes = fs::read(&path).unwrap();
        if ["report.json", "comparison.json"].contains(&name) {
            let mut report: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
            report.as_object_mut().unwrap().remove("run");
            bytes = report.to_string().into_bytes();
        }
        found.insert(inner, bytes);
    }
}

impl Killed<'_> {
    /// Kills the command after some shares of the time that it takes, gives it again, and compares.
    #[track_caller]
    fn check(&self, project: &Project) {
        let before = project.names();
        let began = Instant::now();
        let whole = self.run(project, &[]);
        let took = began.elapsed();
        let new = files(project, self.out).unwrap();
        let after = project.names();

        for share in [0.3, 0.6, 0.8, 0.95] {
            fs::remove_dir_all(project.path(self.out)).unwrap();
            assert_eq!(project.names(), before);
            let mut process = Command::new(env!("CARGO_BIN_EXE_robustness-check"))
                .args(self.words)
                .current_dir(project.path(""))
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            std::thread::sleep(Duration::from_secs_f64(share * took.as_secs_f64()));
            process.kill().unwrap();
            process.wait().unwrap();
            let journal = project
                .path(self.out)
                .join(format!("{OWN}-staged/journal.json"));
            if let Some(left) = files(project, self.out)
                && !journal.exists()
            {
                assert_eq!(left, new, "{:?}, killed after {share}", self.words);
            }
            let again = self.run(project, self.again);
            assert_eq!(again.code, whole.code, "{}", again.err);
            assert_eq!(files(project, self.out).unwrap(), new, "{:?}", self.words);
            assert_eq!(
                project.names(),
                after,
                "{:?}, killed after {share}",
                self.words
            );
        }

        fs::remove_dir_all(project.path(self.out)).unwrap();
    }

    fn run(&self, project: &Project, more: &[&str]) -> Run {
        let run = project.run(&[self.words, more].concat());
        assert_ne!(run.code, 2, "{:?}: {}", self.words, run.err);
        run
    }
}

#[test]
fn a_killed_command_leaves_nothing_torn_and_can_be_given_again() {
    let project = with_base();
    let demo = repository("fixtures/checkpoints/demo");
    let demo = demo.to_str().unwrap();
    let lists = ["--suite", "perturb-n", "--nbest", "train.jsonl"];
    let check = ["--model", demo, "--max-failures", "1", "--out", "report"];
    let compare = [
        "compare",
        "--model",
        demo,
        "--model",
        "first-pass",
        "--out",
        "comparison",
    ];

    let train = words("train --base base --nbest train.jsonl --dev dev.jsonl");

    let steps = ["--steps", "80", "--save-every", "5", "--out", "tuned"];
    let commands: [(Vec<&str>, &str, &[&str]); 3] = [
        ([&check[..], &lists].concat(), "report", &[]),
        ([&compare[..], &lists].concat(), "comparison", &[]),
        ([&train[..], &steps].concat(), "tuned", &["--resume"]),
    ];

    for (words, out, again) in &commands {
        let killed = Killed { words, out, again };
        killed.check(&project);
    }
}
