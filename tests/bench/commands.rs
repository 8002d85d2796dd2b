//! How long whole commands take, as a user runs them, on the bundled lists with the bundled model.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use criterion::Criterion;

const LISTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/nbest/test.jsonl");
const DEV: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/nbest/dev.jsonl");
const DEMO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/checkpoints/demo");
const BASE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/fixtures/checkpoints/demo-base"
);

/// Start-up to the first score; checks with all of their reports; and a training of a few steps.
pub(crate) fn bench(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let folder = folder.path();
    let one = folder.join("one.jsonl");
    let lists = fs::read_to_string(LISTS).expect("the bundled lists are there");
    let first = lists
        .lines()
        .next()
        .expect("the bundled lists are not empty");
    fs::write(&one, first).expect("a temporary file can be written");

    let mut group = criterion.benchmark_group("commands");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(8));

    let one = one.display().to_string();
    let start_up = ["score", "--model", DEMO, "--nbest", &one];
    group.bench_function("start-up to the first scores", |bencher| {
        bencher.iter(|| run(folder, &start_up));
    });

    // Without a model: drawing, counting, testing, minimising and writing are what is left.
    let rest = ["--model", "first-pass", "--suite", "perturb-n"];
    group.bench_function("perturb-n of 600 lists, no model", |bencher| {
        bencher.iter(|| run(folder, &rest));
    });

    let whole = ["--model", DEMO, "--suite", "perturb-n"];
    group.bench_function("perturb-n of 600 lists, demo model", |bencher| {
        bencher.iter(|| run(folder, &whole));
    });

    let unminimized = [&whole[..], &["--minimise", "off"]].concat();
    group.bench_function(
        "perturb-n of 600 lists, demo model, nothing minimized",
        |bencher| bencher.iter(|| run(folder, &unminimized)),
    );

    let train = [
        "train", "--base", BASE, "--nbest", DEV, "--dev", &one, "--lr", "1e-3", "--steps", "10",
    ];
    group.bench_function("train: 10 steps of LoRA on the demo base", |bencher| {
        bencher.iter(|| run(folder, &train));
    });
    group.finish();
}

/// Runs the program; its outputs go into `folder`, and those of the run before are replaced.
fn run(folder: &Path, arguments: &[&str]) {
    let status = Command::new(env!("CARGO_BIN_EXE_robustness-check"))
        .args(arguments)
        .arg("--quiet")
        .arg("--out")
        .arg(folder.join(arguments[0].trim_start_matches("--")))
        .stdout(Stdio::null())
        .status()
        .expect("the program is built");

    // A verdict may be anything; a usage error measures nothing.
    assert!(
        matches!(status.code(), Some(0 | 1 | 3)),
        "{arguments:?}: {status}"
    );
}
