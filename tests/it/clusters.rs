//! What `init` writes for clusters, run with stand-ins for what a cluster has. `tests/clusters` runs
//! it on a real Slurm and a real Ray, and kills workers.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use crate::project::{Project, run_with, some_lists, words};

/// Runs every job at once, and says so.
const SBATCH: &str = r#"#!/bin/sh
count=
while [ "${1#--}" != "$1" ]; do
    case "$1" in --array=1-*) count=${1#--array=1-} ;; esac
    echo "$1" >> asked
    shift
done
export SLURM_ARRAY_JOB_ID=17 SLURM_CPUS_PER_TASK=1
if [ -z "$count" ]; then
    sh "$@" > merged 2>&1 || true
    echo 18
    exit
fi
for id in $(seq "$count" -1 1); do
    SLURM_ARRAY_TASK_ID=$id SLURM_ARRAY_TASK_COUNT=$count sh "$@" > "task-$id" 2>&1 || true
done
echo "17;cluster"
"#;

/// Runs the step; that of the third task is killed the first time.
const SRUN: &str = r#"#!/bin/sh
if [ "${SLURM_ARRAY_TASK_ID:-}" = 3 ] && [ ! -e killed ]; then
    touch killed
    exit 137
fi
exec "$@"
"#;

/// Queues a task again: it runs at once.
const SCONTROL: &str = r#"#!/bin/sh
echo "$@" >> queued
SLURM_RESTART_COUNT=1 exec sh robustness/slurm.sh shard
"#;

/// As much of Ray as the driver uses. The first shard's program is killed once.
const RAY: &str = r#"
import types

exceptions = types.SimpleNamespace(RayError=RuntimeError)
killed = []


def init(address=None):
    print("address", address)


def remote(retry_exceptions, max_retries, **asked):
    def made(function):
        def run(shard):
            for _ in range(max_retries + 1):
                if not killed:
                    killed.append(shard)
                    continue
                try:
                    return function(shard)
                except tuple(retry_exceptions) as error:
                    last = error
            raise last
        return types.SimpleNamespace(remote=lambda shard: (run, shard))
    return made


def wait(waiting, num_returns):
    return [waiting[-1]], waiting[:-1]


def get(job):
    return job[0](job[1])
"#;

/// A repository with what `init` writes for `service`, and the report of the whole check.
fn repository_of(service: &str, lists: &str) -> Project {
    let project = some_lists(30);
    fs::rename(project.path("lists.jsonl"), project.path(lists)).unwrap();
    let asked = ["--shards", "4", "--model", "oracle", "--nbest", lists];
    let run = project.run(&[&["init", service][..], &asked].concat());
    assert_eq!((run.code, run.err.as_str()), (0, ""));

    let whole = words("--model oracle --suite robustness/suite.toml --out robustness/report");
    let run = project.run(&[&whole[..], &["--nbest", lists]].concat());
    assert_ne!(run.code, 2, "{}", run.err);
    fs::rename(project.path("robustness/report"), project.path("whole")).unwrap();
    project
}

/// Whether the cluster made the report of the whole check.
#[track_caller]
fn check_report(project: &Project) {
    for name in [
        "cases.jsonl.zst",
        "utterances.jsonl",
        "report.md",
        "report.html",
    ] {
        let read = |folder: &str| fs::read(project.path(folder).join(name)).unwrap();
        assert!(read("robustness/report") == read("whole"), "{name} differs");
    }
    let ignored = project.read("robustness/.gitignore");
    assert!(ignored.contains("/report.shards\n"));
}

/// Runs a command in the repository, with `programs` and the binary on its path.
fn run_among(project: &Project, programs: &[(&str, &str)], command: &[&str]) -> Output {
    let place = project.path("programs");
    fs::create_dir_all(&place).unwrap();
    for (name, text) in programs {
        let path = place.join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let binary = Path::new(env!("CARGO_BIN_EXE_robustness-check"));
    let others = std::env::var_os("PATH").unwrap_or_default();
    let places = [place.clone(), binary.parent().unwrap().to_owned()];
    let path = places.into_iter().chain(std::env::split_paths(&others));

    Command::new(command[0])
        .args(&command[1..])
        .current_dir(project.path("."))
        .env("PATH", std::env::join_paths(path).unwrap())
        .env("PYTHONPATH", place)
        .env("RAY_ADDRESS", "here")
        .output()
        .unwrap()
}

#[test]
fn a_slurm_array_is_merged_and_a_killed_task_queued_again() {
    let project = repository_of("slurm", "it's lists.jsonl");
    let programs = [("sbatch", SBATCH), ("srun", SRUN), ("scontrol", SCONTROL)];
    let output = run_among(&project, &programs, &["sh", "robustness/slurm.sh"]);
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{out}{err}");
    assert!(
        out.contains("job 17 scores 4 shards, job 18 merges them"),
        "{out}{err}"
    );
    assert_eq!(project.read("queued"), "requeue 17_3\n");
    let asked = project.read("asked");
    for option in [
        "--requeue",
        "--array=1-4",
        "--dependency=afterok:17",
        "--signal=TERM@120",
    ] {
        assert!(
            asked.lines().any(|line| line == option),
            "{option}: {asked}"
        );
    }
    check_report(&project);
}

#[test]
fn ray_runs_every_shard_and_a_killed_one_again() {
    let project = repository_of("ray", "lists \"x\".jsonl");
    let command = ["python3", "robustness/ray_check.py"];
    let output = run_among(&project, &[("ray.py", RAY)], &command);
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(
        [Some(0), Some(1), Some(3)].contains(&output.status.code()),
        "{err}"
    );
    for shard in 1..=4 {
        assert!(err.contains(&format!("shard {shard}/4: done")), "{err}");
    }
    check_report(&project);

    // What no retry mends is shown, and nothing is merged.
    fs::remove_file(project.path("lists \"x\".jsonl")).unwrap();
    let output = run_among(&project, &[], &command);
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        err.contains("4 of 4 shards failed: nothing is merged"),
        "{err}"
    );
}

#[test]
fn the_pods_of_a_kubernetes_job_are_shards() {
    let project = repository_of("kubernetes", "lists: a.jsonl");
    let arguments = |file: &str| -> Vec<String> {
        let text = project.read(file);
        let line = text
            .lines()
            .find_map(|line| line.trim().strip_prefix("args: "));
        let line = line
            .unwrap()
            .replace("[merge, robustness", "[\"merge\", \"robustness");
        let line = line.replace("report.shards]", "report.shards\"]");
        serde_json::from_str(&line).unwrap()
    };
    let shards = project.read("robustness/kubernetes/shards.yaml");
    assert!(shards.contains("completions: 4\n") && !shards.contains('@'));

    let words = arguments("robustness/kubernetes/shards.yaml");
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    for index in ["3", "0", "1", "2"] {
        let run = run_with(
            &project.path("."),
            &words,
            &[("JOB_COMPLETION_INDEX", index)],
        );
        assert_eq!(run.code, 0, "{}", run.err);
    }
    let words = arguments("robustness/kubernetes/merge.yaml");
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let run = project.run(&words);
    assert_ne!(run.code, 2, "{}", run.err);
    check_report(&project);
}

#[test]
fn a_suite_that_is_there_is_the_one_that_a_cluster_checks() {
    let project = some_lists(1).file("robustness/suite.toml", "mine\n");
    for service in ["slurm", "kubernetes", "ray"] {
        let run = project.run(&["init", service]);
        assert_eq!(run.code, 0, "{}", run.err);
        assert!(run.out.contains("next: "), "{}", run.out);
        project.check_error(
            &["init", service],
            &["is there already: nothing was written"],
        );
    }
    assert_eq!(project.read("robustness/suite.toml"), "mine\n");
}
