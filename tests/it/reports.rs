//! `reports/` is what the built-in suites find on the bundled lists, with the bundled model.
//!
//! Figures are rounded to three decimals: the last digits of a score depend on
//! the processor's instructions. `reports/demo/` is the baseline that the bundled model
//! is compared with, as a CI job would. After a wanted change,
//!
//! ```sh
//! INSTA_UPDATE=always cargo test --release --test it reports
//! ROBUSTNESS_CHECK_UPDATE_REPORTS=1 cargo test --release --test it reports
//! ```
//!
//! rewrite the snapshots, and the baseline; look at the difference before committing it. The
//! baseline has a variable of its own, so that no renewal of snapshots accepts a worse model by the
//! way.

use serde_json::Value;

use crate::project::{project, repository, run_in};

/// The verdicts' exit codes: anything but a usage error.
const VERDICTS: [i32; 3] = [0, 1, 3];

fn round(value: &mut Value) {
    match value {
        Value::Number(number) if number.is_f64() => {
            let rounded = (number.as_f64().unwrap() * 1e3).round() / 1e3;
            *value = serde_json::json!(rounded);
        }
        Value::Array(values) => values.iter_mut().for_each(round),
        Value::Object(fields) => fields.values_mut().for_each(round),
        Value::Number(_) | Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

#[track_caller]
fn check_report(name: &str, model: &str) {
    let project = project();
    let run = project.run(&[
        "--model",
        model,
        "--suite",
        "perturb-1",
        "--suite",
        "perturb-n",
        "--suite",
        "perturb-n-coherent",
        "--max-failures",
        "3",
        "--quiet",
    ]);
    assert!(VERDICTS.contains(&run.code), "{}", run.err);

    let mut report: Value =
        serde_json::from_str(&project.read("robustness-report/report.json")).unwrap();
    for changing in ["run", "utterances_hash"] {
        let fields = report.as_object_mut().unwrap();
        assert!(fields.shift_remove(changing).is_some(), "{changing}");
    }

    report["model"]["name"] = Value::from(name);
    // Slices are many: how many, and which has the largest gap, is enough here.
    for check in report["checks"].as_array_mut().unwrap() {
        let slices = check["slices"]["slices"].take();
        check["slices"]["slices"] = Value::from(slices.as_array().unwrap().len());
    }

    round(&mut report);
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(repository("reports"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_json_snapshot!(name, report));
}

#[test]
fn the_demo_checkpoint_is_as_robust_as_reported() {
    check_report(
        "demo",
        repository("fixtures/checkpoints/demo").to_str().unwrap(),
    );
}

#[test]
fn the_first_pass_alone_is_as_robust_as_reported() {
    check_report("first-pass", "first-pass");
}

/// What a CI job runs: the bundled model against its committed baseline.
#[test]
fn the_demo_checkpoint_is_no_worse_than_its_baseline() {
    let project = project();
    let out = project.path("report");
    let mut arguments = vec![
        "--model",
        "fixtures/checkpoints/demo",
        "--suite",
        "perturb-1",
        "--suite",
        "perturb-n",
        "--suite",
        "perturb-n-coherent",
        "--baseline",
        "reports/demo/report.json",
        "--out",
        out.to_str().unwrap(),
    ];

    let update =
        std::env::var_os("ROBUSTNESS_CHECK_UPDATE_REPORTS").is_some_and(|value| value == "1");
    if update {
        arguments.extend(["--update-baseline", "--accept"]);
    }

    let run = run_in(&repository("."), &arguments);
    assert!(VERDICTS.contains(&run.code), "{}", run.err);
    if update {
        return; // The first baseline has nothing to be compared with.
    }

    let report: Value = serde_json::from_str(&project.read("report/report.json")).unwrap();
    let verdict = &report["baseline"]["verdict"];
    assert!(verdict == "identical" || verdict == "pass", "{}", run.out);
    assert_eq!(report["baseline"]["common_utterances"], 600);
}

#[cfg(unix)]
#[test]
fn a_pipe_in_the_place_of_a_report_is_refused() {
    let project = project().file("folder/notes.txt", "");
    let pipe = project.path("folder/report.json");
    let made = std::process::Command::new("mkfifo").arg(pipe).status();
    assert!(made.unwrap().success());
    for path in ["folder", "folder/report.json"] {
        project.check_error(
            &["report", "diff", path, "folder"],
            &["folder/report.json", "named pipe"],
        );
    }
    let check = ["--model", "first-pass", "--suite", "perturb-1"];
    let baseline = ["--baseline", "folder/report.json"];
    project.check_error(&[&check[..], &baseline].concat(), &["named pipe"]);
}
