//! `--code-quality`: findings for a merge request of GitLab.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::project::{Project, Run, repository, run_in, some_lists};

/// A suite whose checks stand in known lines.
const SUITE: &str = "\
name = \"mine\"

[[check]]
name = \"swayed\"
perturbation = \"perturb-n\"
count = 3
max_distance = 0.3
draws = 2
gates = { flip = { relative = 0.0001 } }

[[check]]
name = \"helps\"
perturbation = \"perturb-n\"
draws = 1
gates = { gain = { keep = 0.0 } }
";

/// The entries of a document, once it is seen that GitLab reads each of them.
#[track_caller]
pub(crate) fn entries(text: &str) -> Vec<Value> {
    let entries: Vec<Value> = serde_json::from_str(text).unwrap();
    let mut fingerprints = BTreeSet::new();
    for entry in &entries {
        let keys: Vec<&str> = entry
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        let expected = [
            "check_name",
            "description",
            "fingerprint",
            "location",
            "severity",
        ];
        assert_eq!(BTreeSet::from_iter(keys), BTreeSet::from(expected));
        for key in ["check_name", "description", "fingerprint"] {
            assert!(!entry[key].as_str().unwrap().is_empty(), "{entry}");
        }

        let severity = entry["severity"].as_str().unwrap();
        assert!(["info", "minor", "major", "critical", "blocker"].contains(&severity));
        let path = entry["location"]["path"].as_str().unwrap();
        assert!(!path.starts_with("./") && !path.starts_with('/'), "{path}");
        assert!(entry["location"]["lines"]["begin"].as_u64().unwrap() >= 1);
        assert!(
            fingerprints.insert(entry["fingerprint"].to_string()),
            "{text}"
        );
    }
    entries
}

fn run(project: &Project, model: &str, more: &[&str]) -> Run {
    let words = ["--model", model, "--nbest", "./lists.jsonl", "--quiet"];
    project.run(&[&words[..], &["--code-quality", "quality.json"], more].concat())
}

#[test]
fn what_fails_or_stays_open_is_a_finding_at_its_line() {
    let lists = fs::read_to_string(repository("fixtures/nbest/test.jsonl")).unwrap();
    let project = some_lists(1)
        .file("lists.jsonl", lists)
        .file("suites/mine.toml", SUITE);
    let suite = ["--suite", "suites/mine.toml", "--weight", "1000"];
    let first = run(&project, "demo", &suite);
    assert_eq!(first.code, 1, "{}", first.err);

    let text = project.read("quality.json");
    let found = entries(&text);
    let at = |name: &str| {
        let name = format!("robustness-check/{name}");
        let entry = found
            .iter()
            .find(|entry| entry["check_name"] == name.as_str());
        entry.unwrap_or_else(|| panic!("{name}: {text}"))
    };
    let (swayed, helps) = (at("mine/swayed/flip"), at("mine/helps/gain"));
    let harm = at("rescorer/worse_than_first_pass");
    for (entry, severity, path, line) in [
        (swayed, "minor", "suites/mine.toml", 4),
        (helps, "major", "suites/mine.toml", 12),
        (harm, "major", "lists.jsonl", 1),
    ] {
        assert_eq!(entry["severity"], severity, "{text}");
        assert_eq!(entry["location"]["path"], path, "{text}");
        assert_eq!(entry["location"]["lines"]["begin"], line, "{text}");
    }
    assert!(
        helps["description"]
            .as_str()
            .unwrap()
            .starts_with("mine / helps / gain: FAIL. ")
    );
    assert_eq!(found.len(), 3, "what passes is no finding: {text}");

    // The same run writes the same bytes; with another meaning of inconclusive, severities differ.
    run(&project, "demo", &suite);
    assert_eq!(project.read("quality.json"), text);
    run(
        &project,
        "demo",
        &[&suite[..], &["--inconclusive", "fail"]].concat(),
    );
    let strict = entries(&project.read("quality.json"));
    assert!(
        strict.iter().all(|entry| entry["severity"] == "major"),
        "{strict:?}"
    );
    let prints = |entries: &[Value]| -> Vec<Value> {
        entries
            .iter()
            .map(|entry| entry["fingerprint"].clone())
            .collect()
    };
    assert_eq!(prints(&strict), prints(&found));

    // Of a built-in suite there is no line: the lists stand in for it, and nothing is left to say
    // where all is well.
    run(&project, "first-pass", &["--suite", "perturb-1"]);
    let found = entries(&project.read("quality.json"));
    assert!(!found.is_empty());
    assert!(
        found
            .iter()
            .all(|entry| entry["location"]["path"] == "lists.jsonl"),
        "{found:?}"
    );
    assert_eq!(run(&project, "oracle", &["--suite", "perturb-1"]).code, 0);
    assert_eq!(project.read("quality.json"), "[]\n");
    run(&project, "first-pass", &["--suite", "perturb-1"]);
    assert_ne!(project.read("quality.json"), "[]\n");
}

#[test]
fn findings_take_the_place_of_no_other_file() {
    let project = some_lists(12).file("mine.json", "[{\"mine\": 1}]\n");
    let words = [
        "--model",
        "first-pass",
        "--suite",
        "perturb-1",
        "--nbest",
        "lists.jsonl",
    ];
    for (file, expected) in [
        ("mine.json", "mine.json"),
        ("lists.jsonl", "the input --nbest"),
        ("robustness-report/report.json", "the output --out"),
        ("out.xml", "the output --junit"),
        ("/dev/full", "/dev/full"),
    ] {
        let more = ["--junit", "out.xml", "--code-quality", file];
        project.check_error(&[&words[..], &more].concat(), &[expected]);
    }
    assert_eq!(project.read("mine.json"), "[{\"mine\": 1}]\n");
    // Nothing is in its place where one of the files cannot be written.
    assert_eq!(project.names(), ["lists.jsonl", "mine.json"]);
}

/// GitLab looks for files from the top of the repository.
#[test]
fn a_finding_names_its_file_from_the_top_of_the_repository() {
    let project = some_lists(6)
        .file(".git/HEAD", "ref: refs/heads/main\n")
        .file(".gitlab-ci.yml", "include: []\n")
        .file("deep/suite.toml", SUITE);
    let run = |more: &[&str]| {
        let words = [
            "--model",
            "first-pass",
            "--quiet",
            "--code-quality",
            "quality.json",
        ];
        let run = run_in(&project.path("deep"), &[&words[..], more].concat());
        assert_eq!(run.code, 3, "{}", run.err);
        let found = entries(&project.read("deep/quality.json"));
        let paths = found.iter().map(|entry| entry["location"]["path"].as_str());
        paths
            .map(|path| path.unwrap().to_owned())
            .collect::<BTreeSet<_>>()
    };
    let lists = ["--nbest", "../lists.jsonl"];
    let found = run(&[&lists[..], &["--suite", "suite.toml"]].concat());
    assert_eq!(
        found,
        ["deep/suite.toml", "lists.jsonl"].map(str::to_owned).into()
    );
    // Bundled lists and a built-in suite are no files of the repository.
    let found = run(&["--suite", "perturb-1", "--draws", "1"]);
    assert_eq!(found, [".gitlab-ci.yml".to_owned()].into());
}

/// What a rate is of, and what it may be.
#[test]
fn a_finding_about_a_property_says_what_was_claimed() {
    let project = some_lists(40);
    run(&project, "first-pass", &["--suite", "severity"]);
    let text = project.read("quality.json");
    let found = entries(&text);
    // Behind the name of a check comes that of a gate.
    let of_property = found.iter().filter(|entry| {
        let name = entry["check_name"].as_str().unwrap();
        name.starts_with("robustness-check/severity/") && name.matches('/').count() == 2
    });
    let described: Vec<&str> = of_property
        .map(|entry| entry["description"].as_str().unwrap())
        .collect();
    assert!(!described.is_empty(), "{text}");
    let claimed = |text: &&str| text.contains(" (claimed: at most 0.") && text.ends_with(')');
    assert!(described.iter().all(claimed), "{described:?}");
}
