//! Which words are swapped for which: rules of suites, a user's own pairs, capitals, lists in
//! another language.

use serde_json::Value;

use crate::project::{Project, project, words};

/// Every swap that `perturb` draws from `lists.jsonl` with these options, as `from to`, sorted,
/// each once.
#[track_caller]
fn swaps(project: &Project, options: &[&str]) -> Vec<String> {
    let arguments = [
        &["perturb", "--nbest", "lists.jsonl", "--draws", "40"],
        options,
    ]
    .concat();
    let run = project.run(&arguments);
    assert_eq!(run.code, 0, "{}", run.err);

    let mut found: Vec<String> = run
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .flat_map(|line: Value| line["substitutions"].as_array().unwrap().clone())
        .map(|swap| format!("{} {}", swap["from"], swap["to"]).replace('"', ""))
        .collect();
    found.sort();
    found.dedup();

    found
}

fn lists(texts: &[&str]) -> String {
    let line = |(index, text): (usize, &&str)| {
        format!(
            "{{\"id\": \"u{index}\", \"speaker\": \"s{index}\", \"ref\": \"{text}\", \
             \"hyps\": [{{\"text\": \"{text}\", \"score\": -1}}]}}\n"
        )
    };
    texts.iter().enumerate().map(line).collect()
}

const SUITE: &str = "name = \"mine\"\n[[check]]\nname = \"one\"\nperturbation = \"perturb-1\"\n";

#[test]
fn only_swaps_that_can_be_heard_are_made_unless_asked_for() {
    let text = "the crimes in color last we their";
    let project = project().file("lists.jsonl", lists(&[text])).file(
        "wide.toml",
        format!(
            "{SUITE}apostrophes = true\npronunciations = \"all\"\nmin_frequency = \
                3.4\nmax_frequency_drop = 9\nexclude = [\"there\"]\n"
        ),
    );

    assert_eq!(
        swaps(&project, &["--suite", "perturb-1"]),
        ["their there", "their they're"]
    );

    let wide = swaps(&project, &["--suite", "wide.toml"]);
    for swap in ["in inn", "color colour", "their they're"] {
        assert!(wide.contains(&swap.to_owned()), "{swap}: {wide:?}");
    }

    assert!(!wide.contains(&"their there".to_owned()), "{wide:?}");
    let run = project.run(&["perturb", "--nbest", "lists.jsonl", "--suite", "perturb-1"]);
    assert!(
        run.err
            .contains("1 of 7 words can be swapped, in 2 ways; left out: ")
            && run.err.contains(" by pronunciations"),
        "{}",
        run.err
    );
}

/// Other edits than swaps keep to the same rules.
#[test]
fn cuts_and_function_words_follow_the_rules_of_swaps() {
    let suite = |kinds: &str, rules: &str| format!("{SUITE}kinds = {{ {kinds} = 1 }}\n{rules}");
    let project = project()
        .file(
            "lists.jsonl",
            lists(&["ice cream", "a tax", "Ice cream on it"]),
        )
        .file("cuts.toml", suite("boundary", ""))
        .file("spared.toml", suite("boundary", "exclude = [\"scream\"]\n"))
        .file("names.toml", suite("boundary", "capitalised = false\n"))
        .file("frequent.toml", suite("boundary", "min_frequency = 6\n"))
        .file("lost.toml", suite("delete", ""))
        .file("kept.toml", suite("delete", "exclude = [\"it\"]\n"))
        .file("made-up.toml", suite("insert", "exclude = [\"the\"]\n"));
    let made = |file: &str| swaps(&project, &["--suite", file, "--normalize", "none"]);

    let cuts = made("cuts.toml");
    for cut in ["ice cream i scream", "Ice cream I scream", "a tax attacks"] {
        assert!(cuts.contains(&cut.to_owned()), "{cut}: {cuts:?}");
    }

    let spared = made("spared.toml");
    assert!(spared.contains(&"a tax attacks".to_owned()), "{spared:?}");
    assert!(
        !spared.iter().any(|cut| cut.contains("scream")),
        "{spared:?}"
    );
    let names = made("names.toml");
    assert!(
        names.contains(&"ice cream i scream".to_owned()),
        "{names:?}"
    );
    assert!(
        !names.iter().any(|cut| cut.starts_with("Ice ")),
        "{names:?}"
    );
    let frequent = made("frequent.toml");
    assert!(
        !frequent.iter().any(|cut| cut.contains("scream")),
        "{frequent:?}"
    );

    assert!(made("lost.toml").contains(&"it ".to_owned()));
    let kept = made("kept.toml");
    assert!(
        kept.contains(&"on ".to_owned()) && !kept.contains(&"it ".to_owned()),
        "{kept:?}"
    );
    let made_up = made("made-up.toml");
    assert!(
        made_up.len() > 10 && !made_up.contains(&" the".to_owned()),
        "{made_up:?}"
    );
}

#[test]
fn words_with_capitals_are_swapped_and_keep_them() {
    let project = project()
        .file(
            "lists.jsonl",
            lists(&["Two TWO two", "AND TWO", "Eye and eye", "two and I hear"]),
        )
        .file("names.toml", format!("{SUITE}capitalised = false\n"));
    let none = ["--normalize", "none"];

    assert_eq!(
        swaps(&project, &[&["--suite", "perturb-1"], &none[..]].concat()),
        [
            "Eye I",
            "TWO TO",
            "TWO TOO",
            "Two To",
            "Two Too",
            "eye I",
            "hear here",
            "two to",
            "two too"
        ]
    );

    // In a text of capitals they say nothing.
    assert_eq!(
        swaps(&project, &[&["--suite", "names.toml"], &none[..]].concat()),
        [
            "TWO TO",
            "TWO TOO",
            "eye I",
            "hear here",
            "two to",
            "two too"
        ]
    );
}

#[test]
fn confusions_of_a_recogniser_become_the_swaps_of_a_suite() {
    let project = project()
        .file(
            "heard.jsonl",
            concat!(
                r#"{"id": "a", "ref": "call bob now", "hyps": [{"text": "call rob now", "score": -1}, {"text": "tall rob now", "score": -2}]}"#,
                "\n",
                r#"{"id": "b", "ref": "bob", "hyps": [{"text": "rob", "score": -1}]}"#,
            ),
        )
        .file("lists.jsonl", lists(&["call bob", "two"]))
        .file("suite/mine.toml", format!("{SUITE}pairs = \"pairs.tsv\"\n"));

    let pairs = "suite/pairs.tsv";
    let run = project.run(&["confusions", "--nbest", "heard.jsonl", "--out", pairs]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(
        project.read(pairs),
        "from\tto\tcount\nbob\trob\t2\ncall\ttall\t1\n"
    );
    assert_eq!(
        swaps(&project, &["--suite", "suite/mine.toml"]),
        ["bob rob", "call tall"]
    );

    let text = project.read("heard.jsonl").replace("call", "#call");
    let marked = project.path("marked.jsonl");
    std::fs::write(&marked, text.replace("tall", "#tall")).unwrap();
    let run = project.run(&["confusions", "--nbest", "marked.jsonl"]);
    assert_eq!(run.out, "from\tto\tcount\nbob\trob\t2\n");
    assert!(run.err.contains("left out 1 pair of words"), "{}", run.err);

    let often = ["confusions", "--nbest", "heard.jsonl", "--min-count", "2"];
    assert_eq!(project.run(&often).out, "from\tto\tcount\nbob\trob\t2\n");
    project.check_error(
        &["confusions", "--nbest", "heard.jsonl", "--min-count", "3"],
        &["--min-count 3"],
    );

    let project = project.file(pairs, "bob\trob\tmany\n");
    project.check_error(
        &words("perturb --suite suite/mine.toml --nbest lists.jsonl"),
        &[
            "suite/mine.toml, line 5: `pairs`",
            "suite/pairs.tsv: line 1: `count` is \"many\"",
        ],
    );
}

#[test]
fn lists_that_are_not_english_are_noticed() {
    let question = "10 of 11 words of the hypotheses (90.91 %) are not in the lexicon, and are \
        never swapped: is this English?";
    let text = "wzdłuż ścieżki rosły dęby jesiony także świerki oraz brzozy two łąka";
    let project = project().file("lists.jsonl", lists(&[text]));
    let run = project.run(&words(
        "--model first-pass --suite perturb-1 --nbest lists.jsonl",
    ));
    assert_ne!(run.code, 2, "{}{}", run.out, run.err);
    assert!(
        run.err.lines().next().unwrap().contains(question),
        "{}",
        run.err
    );

    let report: Value =
        serde_json::from_str(&project.read("robustness-report/report.json")).unwrap();
    assert!(
        report["notes"].to_string().contains(question),
        "{}",
        report["notes"]
    );

    let swaps = &report["checks"][0]["swaps"];
    assert_eq!(
        (&swaps["words"], &swaps["swappable_words"]),
        (&11.into(), &1.into())
    );
    assert!(
        swaps["left_out"]["common_words"].as_u64().unwrap() > 0,
        "{swaps}"
    );
    assert!(
        project
            .read("robustness-report/report.md")
            .contains("1 of 11 words can be swapped, in 2 ways")
    );
}
