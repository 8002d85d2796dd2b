//! Everything that people read of a run, as a whole: what is printed, and `report.md`.
//!
//! After a wanted change,
//!
//! ```sh
//! INSTA_UPDATE=always cargo test --release --test it snapshots
//! ```
//!
//! rewrites the files in `snapshots/`; look at the difference before committing it.

use crate::project::{Project, demo, project, repository, some_lists, with_scores, words};

/// Runs the binary, which must give a verdict; what it prints for people.
#[track_caller]
fn printed(project: &Project, arguments: &[&str]) -> String {
    let run = project.run(arguments);
    assert!([0, 1, 3].contains(&run.code), "{}{}", run.out, run.err);
    run.out
}

/// Compares a whole text with its file, but for the place of the repository.
#[track_caller]
fn check(name: &str, text: &str) {
    let place = repository("").to_str().unwrap().to_owned();
    let text = text.replace(&place, "");
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// Checks what a check prints and its `report.md`.
#[track_caller]
fn check_run(name: &str, project: &Project, arguments: &[&str]) {
    let out = printed(project, &[arguments, &["--out", "report"]].concat());
    check(&format!("{name}.terminal"), &out);
    check(&format!("{name}.md"), &project.read("report/report.md"));
}

#[test]
fn the_demo_and_an_explanation_of_its_failures() {
    let project = project();
    let arguments = [
        "--model",
        &demo(),
        "--suite",
        "perturb-n",
        "--max-failures",
        "3",
    ];
    check_run("demo", &project, &arguments);
    check(
        "explain.terminal",
        &printed(&project, &["explain", "report"]),
    );
    check("replay.terminal", &printed(&project, &["replay", "report"]));
}

#[test]
fn invariants_and_severity() {
    for suite in ["invariants", "severity"] {
        let project = some_lists(40);
        check_run(
            suite,
            &project,
            &[
                "--model",
                &demo(),
                "--suite",
                suite,
                "--nbest",
                "lists.jsonl",
            ],
        );
    }
}

/// A score that has nothing to do with what was said.
fn blind(text: &str) -> f64 {
    let spread = |sum: u32, byte: u8| sum.wrapping_mul(31).wrapping_add(u32::from(byte));
    f64::from(text.bytes().fold(7, spread) % 1000)
}

#[test]
fn a_failing_run() {
    let project = some_lists(150);
    let lists = project.read("lists.jsonl");
    // Of what is not as the recogniser wrote it, it takes the longest.
    let known = |text: &str| lists.contains(&format!("\"{text}\""));
    let project = with_scores(project, "scores.jsonl", |text| {
        if known(text) {
            0.3 * (text.len() % 3) as f64
        } else {
            20.0 * text.len() as f64
        }
    });
    let arguments = words(
        "--model scores:scores.jsonl --weight 1 --suite perturb-1 --suite perturb-n \
         --nbest lists.jsonl",
    );
    check_run("failing", &project, &arguments);
}

#[test]
fn a_run_that_is_worse_than_its_baseline() {
    let project = with_scores(some_lists(150), "scores.jsonl", blind);
    let fixed = ["--suite", "perturb-n", "--nbest", "lists.jsonl", "--model"];
    printed(
        &project,
        &[&fixed[..], &["first-pass", "--out", "base"]].concat(),
    );
    let arguments = [
        &fixed[..],
        &words("scores:scores.jsonl --weight 1 --baseline base/report.json"),
    ]
    .concat();
    check_run("baseline", &project, &arguments);
}

#[test]
fn a_comparison() {
    let project = some_lists(120);
    let demo = format!("demo={}", demo());
    let arguments = [
        "compare",
        "--model",
        &demo,
        "--model",
        "first=first-pass",
        "--suite",
        "perturb-1",
        "--suite",
        "perturb-n",
        "--draws",
        "2",
        "--nbest",
        "lists.jsonl",
        "--out",
        "comparison",
    ];
    check("compare.terminal", &printed(&project, &arguments));
    check("compare.md", &project.read("comparison/comparison.md"));
}

#[test]
fn two_systems() {
    let side = |side: &str| {
        let path = repository("fixtures/evidence").join(format!("equal-difference-{side}.jsonl"));
        path.to_str().unwrap().to_owned()
    };
    let (a, b) = (side("a"), side("b"));
    check(
        "significance.terminal",
        &printed(&project(), &["significance", &a, &b]),
    );
}
