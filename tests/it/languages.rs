//! Languages other than English: lexicons in IPA and X-SAMPA, frequencies, function words; German
//! from a word to a verdict.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::project::{Project, Run, project, repository, words};

/// The path of a file of the repository.
fn file(path: &str) -> String {
    repository(path).to_str().unwrap().to_owned()
}

/// The options of the German lexicon.
fn german() -> Vec<String> {
    let lexicon = file("fixtures/lexicon/german-ipa.dict");
    ["--lexicon", &lexicon, "--phones", "ipa", "--lexicon-only"]
        .map(str::to_owned)
        .to_vec()
}

fn lists() -> String {
    file("fixtures/nbest/german.jsonl")
}

#[track_caller]
fn run(project: &Project, words: &[&str], more: &[String]) -> Run {
    let more: Vec<&str> = more.iter().map(String::as_str).collect();
    let run = project.run(&[words, more.as_slice()].concat());
    assert_ne!(run.code, 2, "{words:?}: {}", run.err);
    run
}

#[test]
fn german_goes_from_neighbours_to_a_verdict() {
    let project = project();
    let found = run(&project, &["neighbours", "seit", "Wände", "für"], &german());
    for line in [
        "seit  z ˈa ɪ t",
        "  seid          0.000          -  z ˈa ɪ t",
        "wände  v ˈɛ n d ə",
        "  wende         0.000          -  v ˈɛ n d ə",
        "  vier          0.180          -  f ˈi ː ɐ",
    ] {
        assert!(found.out.contains(line), "{}", found.out);
    }

    let (lists, out) = (lists(), project.path("report"));
    let words = [
        "-q",
        "--suite",
        "perturb-n",
        "--nbest",
        &lists,
        "--out",
        out.to_str().unwrap(),
        "--model",
    ];
    let checked = run(
        &project,
        &[words.as_slice(), &["oracle"]].concat(),
        &german(),
    );
    let report: Value = serde_json::from_str(&project.read("report/report.json")).unwrap();
    let verdict = report["verdict"].as_str().unwrap();
    assert_eq!((checked.code, verdict), (0, "pass"), "{}", checked.out);
    assert_eq!(report["lexicon"]["name"], "german-ipa.dict");
    assert_eq!(report["nbest"]["clusters"], 14);

    // Every list has homophones, and umlauts are letters.
    let cases = project.cases("report");
    let mut swapped = BTreeSet::new();
    for line in cases.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let swaps = case["substitutions"].as_array().unwrap();
        assert!(!swaps.is_empty(), "{line}");
        for swap in swaps {
            assert_eq!(swap["distance"], 0.0, "{swap}");
            let word = |key: &str| swap[key].as_str().unwrap().to_owned();
            swapped.insert((word("from"), word("to")));
        }
    }
    for (from, to) in [
        ("das", "dass"),
        ("küste", "küsste"),
        ("wände", "wende"),
        ("fällt", "feld"),
    ] {
        let is_drawn = swapped.contains(&(from.to_owned(), to.to_owned()));
        assert!(is_drawn, "{from} {to}: {swapped:?}");
    }
}

#[test]
fn x_sampa_is_the_same_lexicon_in_ascii() {
    let project = project();
    let ipa = run(
        &project,
        &["neighbours", "--json", "leute", "zwölf", "noch"],
        &german(),
    );
    let mut ascii = german();
    ascii[1] = file("fixtures/lexicon/german-x-sampa.dict");
    ascii[3] = "x-sampa".to_owned();
    let x_sampa = run(
        &project,
        &["neighbours", "--json", "leute", "zwölf", "noch"],
        &ascii,
    );
    assert_eq!(ipa.out, x_sampa.out);
    assert!(ipa.out.contains("läute"), "{}", ipa.out);
}

#[test]
fn counts_make_rare_words_rare() {
    let project = project();
    let counts = file("fixtures/lexicon/german-counts.txt");
    let neighbours = |more: &[&str]| {
        let words = [
            &["neighbours", "leute", "--all", "--max-distance", "0"],
            more,
        ]
        .concat();
        run(&project, &words, &german()).out
    };
    assert!(neighbours(&[]).contains("läute         0.000          -"));
    let counted = neighbours(&["--frequencies", &counts]);
    assert!(
        counted.contains("läute         0.000        3.0") && counted.contains("(rare)"),
        "{counted}"
    );
}

#[test]
fn a_suite_may_name_function_words() {
    let suite = "name = \"s\"\n[[check]]\nname = \"c\"\nperturbation = \"perturb-n\"\n\
                 kinds = { delete = 1, insert = 1 }\nfunction_words = \
                 [\"der\", \"Das\", \"und\"]\n";
    let project = project().file("suite.toml", suite);
    let lists = lists();
    let cases = run(
        &project,
        &["perturb", "-q", "--suite", "suite.toml", "--nbest", &lists],
        &german(),
    );
    let (mut deleted, mut inserted) = (0, 0);
    for line in cases.out.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        for edit in case["substitutions"].as_array().unwrap() {
            let (from, to) = (edit["from"].as_str().unwrap(), edit["to"].as_str().unwrap());
            deleted += usize::from(to.is_empty());
            inserted += usize::from(from.is_empty());
            assert!(
                ["der", "das", "und"].contains(&format!("{from}{to}").as_str()),
                "{edit}"
            );
        }
    }
    assert!(deleted > 10 && inserted > 10, "{deleted} {inserted}");
}

#[test]
fn statistics_list_the_words_that_a_lexicon_lacks() {
    let project = project();
    let lists = lists();
    let stat = run(&project, &["nbest", "stat", &lists], &german());
    let unknown = stat
        .out
        .lines()
        .find(|line| line.starts_with("unknown, ref"))
        .unwrap();
    assert!(unknown.ends_with(": dem 2"), "{}", stat.out);
    let english = run(&project, &["nbest", "stat", &lists], &[]);
    assert!(english.out.contains("nicht"), "{}", english.out);
}

#[test]
fn what_is_wrong_with_a_lexicon_is_told() {
    let project = project()
        .file("bad.dict", "haus haʊs\nmaus ma3s\n")
        .file("counts.txt", "haus viele\n");
    project.check_error(
        &words("neighbours haus --lexicon bad.dict --phones ipa --lexicon-only"),
        &["bad.dict, line 2", "`maus`", "`3` in `ma3s`", "ipa"],
    );
    project.check_error(
        &words("neighbours haus --lexicon bad.dict --phones ipa"),
        &["--phones ipa needs --lexicon-only", "ARPAbet"],
    );
    project.check_error(
        &words("neighbours haus --lexicon bad.dict --lexicon-only"),
        &["bad.dict, line 1", "`haʊs` is not an ARPAbet phone"],
    );
    let mut words = vec!["neighbours".to_owned(), "haus".to_owned()];
    words.extend(german());
    words.extend(["--frequencies".to_owned(), "counts.txt".to_owned()]);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    project.check_error(&words, &["frequencies counts.txt", "line 1", "haus viele"]);
}
