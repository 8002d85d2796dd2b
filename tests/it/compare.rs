//! Several models side by side, and where their ranks are.

use std::fmt::Write;
use std::fs;

use serde_json::Value;

use crate::project::{Project, project, repository, some_lists, with_scores, words};

/// Eight speakers with one list each: the first pass is wrong about every second, and one of the
/// words that it confuses is in the other hypothesis.
fn lists() -> String {
    let mut text = String::new();
    for index in 0..8 {
        let [first, second] = if index % 2 == 0 {
            ["meat me at eight", "meet me at eight"]
        } else {
            ["meet me at eight", "meet me at ate"]
        };
        let _ = writeln!(
            text,
            r#"{{"id": "u{index}", "speaker": "s{index}", "ref": "meet me at eight", "hyps": [{{"text": "{first}", "score": -1{index}1}}, {{"text": "{second}", "score": -1{index}2}}]}}"#
        );
    }

    text
}

fn with_lists() -> Project {
    project().file("lists.jsonl", lists())
}

/// What every comparison of the lists ends with.
const ON_LISTS: [&str; 6] = [
    "--suite",
    "perturb-1",
    "--suite",
    "perturb-n",
    "--nbest",
    "lists.jsonl",
];

#[track_caller]
fn compared(project: &Project, options: &[&str]) -> String {
    let arguments = [&["compare"], options, &ON_LISTS].concat();
    let run = project.run(&arguments);
    assert_eq!(run.code, 0, "{}", run.err);
    run.out
}

#[track_caller]
fn check_refused(project: &Project, options: &[&str], expected: &[&str]) {
    project.check_error(&[&["compare"], options, &ON_LISTS].concat(), expected);
}

#[test]
fn the_oracle_beats_the_first_pass_by_all_its_errors() {
    let project = with_lists();
    let options = words("--model first-pass --model best=oracle --format json");

    let report: Value = serde_json::from_str(&compared(&project, &options)).unwrap();
    // Four errors in 32 words.
    assert_eq!(report["first_pass"]["rate"]["value"], 0.125);

    let best = &report["contenders"][1];
    assert_eq!(best["label"], "best");
    assert_eq!(best["wer"]["rate"]["value"], 0.0);
    assert_eq!(best["over_first_pass"]["pooled"]["value"], 1.0);
    assert_eq!(report["full"], Value::Null);

    // Four speakers differ, all one way: 2 of 2^4 sign patterns are as far from zero.
    let test = &report["families"][0]["tests"][0];
    assert_eq!(
        (&test["label"], &test["p"]),
        (&"best".into(), &0.125.into())
    );
    assert_eq!(
        report["families"][2]["name"],
        "degradation against first-pass"
    );
    assert_eq!(report["families"][2]["adjustment"], "Holm over 4 tests");
}

#[test]
fn scores_of_other_systems_are_compared_and_pooled_under_a_label() {
    let project = with_scores(with_lists(), "meet.jsonl", |text| {
        if text.contains("meet") { 3.0 } else { 0.0 }
    });
    let project = with_scores(project, "nothing.jsonl", |_| 0.0);
    let options = words(
        "--model first-pass --model table=scores:meet.jsonl --model table=scores:nothing.jsonl \
         --weight 1 --format markdown",
    );

    insta::assert_snapshot!(compared(&project, &options), @r#"
    # 2 models on the same lists

    | model | seeds | trained | WER | fewer errors than first pass [95 %] | perturb-1: nprr.rel [90 %] | perturb-1: nprr.flip [90 %] | perturb-1: gain [90 %] | perturb-n: nprr.rel [90 %] | perturb-n: nprr.flip [90 %] | perturb-n: gain [90 %] |
    |---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|
    | first-pass | 1 | - | 12.50 % | +0.0 % [+0.0, +0.0] | +80.0 % [-6.3, +587.3] | +0.0 % [+0.0, +0.0] | +0.00 pp [+0.00, +0.00] | +50.0 % [-34.5, +555.5] | +0.0 % [+0.0, +0.0] | +0.00 pp [+0.00, +0.00] |
    | table | 2 | - | 6.25 % (0.00..12.50) | +50.0 % [unbounded] | +180.0 % [unbounded] | +0.0 % [unbounded] | +5.00 pp [-16.91, +26.91] | +145.0 % [unbounded] | -105.0 % [unbounded] | +3.44 pp [-12.27, +19.15] |

    ## Clean lists

    | model | seeds | WER [95 %] | range | fewer errors than first pass [95 %] | p first pass | p first-pass | trained | stored | time | memory |
    |---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|
    | first pass | - | 12.50 % [1.33, 23.67] | - | - | - | - | - | - | - | - |
    | first-pass | 1 | 12.50 % [1.33, 23.67] | - | +0.0 % [+0.0, +0.0] | - | - | - | - | - | - |
    | table | 2 | 6.25 % [0.00, 56.21] | 0.00..12.50 | +50.0 % [unbounded] | 0.4901 | 0.4901 | - | - | - | - |
    | oracle | - | 0.00 % [0.00, 36.94] | - | - | - | - | - | - | - | - |

    Of several seeds of one strategy errors are summed, so that the word error rate is the mean of theirs; their intervals allow for other seeds as well as for other speakers, `range` is that over the seeds at hand. `trained`: numbers trained at once, with their share of the model; `stored`: numbers that the checkpoint adds or changes. Time and memory are those of training.

    ## perturb-1

    1 word of the first pass's best hypothesis, by a common homophone. 5 draws; 40 of 40 lists perturbed, 40 substitutions.

    | model | WER text [95 %] | nprr.rel [90 %] | range | rise | p of rise | nprr.injected [90 %] | nprr.flip [90 %] | range | flip cost [90 %] | p of flip cost | gain [90 %] | nprr.pass [90 %] | flips [95 %] | harmful [95 %] | helpful [95 %] | Kendall tau |
    |---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|
    | first-pass | 22.50 % [17.50, 27.50] | +80.0 % [-6.3, +587.3] | - | +10.00 pp | - | +80.0 % [-6.3, +587.3] | +0.0 % [+0.0, +0.0] | - | +0.00 pp [+0.00, +0.00] | - | +0.00 pp [+0.00, +0.00] | 1.00 [unbounded] | 0.00 % [0.00, 36.94] | 0.00 % [0.00, 36.94] | 0.00 % [0.00, 36.94] | 1.000 |
    | table | 17.50 % [0.00, 45.28] | +180.0 % [unbounded] | - | +11.25 pp | 1.0000 | +180.0 % [unbounded] | +0.0 % [unbounded] | - | +0.00 pp [+0.00, +0.00] | 1.0000 | +5.00 pp [-16.91, +26.91] | 1.12 [unbounded] | 26.25 % [0.00, 100.00] | 0.00 % [0.00, 36.94] | 0.00 % [0.00, 36.94] | 0.475 |

    ## perturb-n

    1 word of every hypothesis, independently, by a common homophone. 5 draws; 40 of 40 lists perturbed, 80 substitutions.

    | model | WER text [95 %] | nprr.rel [90 %] | range | rise | p of rise | nprr.injected [90 %] | nprr.flip [90 %] | range | flip cost [90 %] | p of flip cost | gain [90 %] | nprr.pass [90 %] | flips [95 %] | harmful [95 %] | helpful [95 %] | Kendall tau |
    |---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|
    | first-pass | 18.75 % [12.53, 24.97] | +50.0 % [-34.5, +555.5] | - | +6.25 pp | - | +50.0 % [-34.5, +555.5] | +0.0 % [+0.0, +0.0] | - | +0.00 pp [+0.00, +0.00] | - | +0.00 pp [+0.00, +0.00] | 1.00 [unbounded] | 0.00 % [0.00, 36.94] | 0.00 % [0.00, 36.94] | 0.00 % [0.00, 36.94] | 1.000 |
    | table | 15.31 % [0.00, 34.20] | +145.0 % [unbounded] | - | +9.06 pp | 1.0000 | +250.0 % [unbounded] | -105.0 % [unbounded] | - | -6.56 pp [-44.68, +31.55] | 1.0000 | +3.44 pp [-12.27, +19.15] | 1.45 [unbounded] | 33.75 % [0.00, 100.00] | 3.75 % [0.00, 28.39] | 30.00 % [0.00, 100.00] | 0.325 |

    ## Paired tests

    Two-sided: exact sign flips over 8 speakers; where a side has several seeds, a t test in which speakers and seeds are both drawn at random, if that gives the larger probability. `about` says whether a test speaks of training strategies or of the checkpoints at hand alone. A degradation is the rise of the word error rate above that on the clean lists (`text`, the column `rise`), or the part of it that changes of mind added (`flip`, the column `flip cost`), both in percentage points: not as a share of the clean errors, as `nprr.rel` and `nprr.flip` are.

    ### clean WER against the first pass

    Adjustment: a single test.

    | model | check | measure | about | difference [95 %] | speakers worse / better | p | p (Holm) |
    |---|---:|---:|---:|---:|---:|---:|---:|
    | table | clean | clean | the strategy | -6.25 pp [-56.21, +43.71] | 0 / 4 | 0.4901 | 0.4901 |

    ### clean WER against first-pass

    Adjustment: a single test.

    | model | check | measure | about | difference [95 %] | speakers worse / better | p | p (Holm) |
    |---|---:|---:|---:|---:|---:|---:|---:|
    | table | clean | clean | the strategy | -6.25 pp [-56.21, +43.71] | 0 / 4 | 0.4901 | 0.4901 |

    ### degradation against first-pass

    Adjustment: Holm over 4 tests.

    | model | check | measure | about | difference [95 %] | speakers worse / better | p | p (Holm) |
    |---|---:|---:|---:|---:|---:|---:|---:|
    | table | perturb-1 | text | the strategy | +1.25 pp [-4.25, +6.75] | 3 / 1 | 0.5054 | 1.0000 |
    | table | perturb-1 | flip | the strategy | +0.00 pp [+0.00, +0.00] | 0 / 0 | 1.0000 | 1.0000 |
    | table | perturb-n | text | the strategy | +2.81 pp [-8.78, +14.41] | 4 / 3 | 0.5515 | 1.0000 |
    | table | perturb-n | flip | the strategy | -6.56 pp [-80.34, +67.21] | 0 / 7 | 0.4970 | 1.0000 |

    ## Details

    - first-pass: `first-pass` (first-pass), weight 0, first-pass scale 1
    - table: `scores:meet.jsonl` (scores, `97a7d89e00f3`), weight 1, first-pass scale 1
    - table: `scores:nothing.jsonl` (scores, `866c51fa894c`), weight 1, first-pass scale 1
    - lists: lists.jsonl (`424811e7a55d`), 8 utterances, 32 words, 16 hypotheses, 8 speakers
    - lexicon: CMUdict (embedded) (`65d57336eca5`); seed 1, mondegreen 0.1.0
    - note: every utterance has a speaker of its own: if one person spoke several of them, intervals are too narrow; say who spoke with --utt2spk FILE, or with --no-speakers that nobody spoke twice
    - note: caution: table (scores:nothing.jsonl): The model gives each of 16 texts the same score (0): it tells nothing apart
    - note: caution: fewer than 5 seeds of table (2): one odd seed may decide what is said of a strategy, and only large differences can be shown
    - note: only 8 speakers, and a verdict should rest on at least 12: another sample of speakers may well say something else

    NPRR (N-best Perturbation based Rescoring Robustness): higher is more fragile. `nprr.rel` = (WER text - WER clean) / WER clean, of which `nprr.injected` is what the swaps did to the clean picks and `nprr.flip` what changes of mind added; `gain` = WER of the first pass - WER, on the perturbed lists; `nprr.pass` = degradation over that of the first pass; `nprr.ref` = nprr.rel over that of full fine-tuning. Flips are shares of all lists, touched or not. Kendall tau: of all pairs of texts of a list, the share in the same order by clean and by perturbed totals minus the share in the other order, the mean over all lists. Definitions ours; the paper's formula was not available (arXiv 2401.10447).
    "#);
}

#[test]
fn a_comparison_says_whether_it_is_of_strategies_or_of_two_checkpoints() {
    let mut project = with_lists();
    for seed in 1..=4_u8 {
        let likes = f64::from(seed);
        project = with_scores(project, &format!("{seed}.jsonl"), |text| {
            if text.contains("meet") { likes } else { 0.0 }
        });
    }
    let options = words(
        "--model one=scores:1.jsonl --model two=scores:2.jsonl --model both=scores:3.jsonl \
         --model both=scores:4.jsonl --weight 1 --format json",
    );
    let about = |reference: &str| -> Vec<String> {
        let options = [&options[..], &["--reference", reference]].concat();
        let report: Value = serde_json::from_str(&compared(&project, &options)).unwrap();
        let notes = report["notes"].to_string();
        assert!(
            notes.contains("caution: fewer than 5 seeds of both (2)"),
            "{notes}"
        );
        assert!(
            notes.contains("there is one model of one, two: "),
            "{notes}"
        );
        let families = report["families"].as_array().unwrap()[..2].iter();
        families
            .flat_map(|family| family["tests"].as_array().unwrap())
            .map(|test| test["about"].as_str().unwrap().to_owned())
            .collect()
    };

    assert_eq!(
        about("one"),
        [
            "this rescorer",
            "this rescorer",
            "the strategy",
            "these two rescorers",
            "the strategy, and one rescorer of one",
        ]
    );
    assert_eq!(
        about("both")[3..],
        [
            "this rescorer, and the strategy of both",
            "this rescorer, and the strategy of both",
        ]
    );
}

#[test]
fn a_table_that_says_nothing_is_the_first_pass() {
    let project = with_scores(with_lists(), "nothing.jsonl", |_| 0.0);
    let options = words(
        "--model first-pass --model nothing=scores:nothing.jsonl --weight nothing=2 --format json",
    );

    let report: Value = serde_json::from_str(&compared(&project, &options)).unwrap();
    let [first, nothing] = [0, 1].map(|index| &report["contenders"][index]);
    assert_eq!(first["checks"], nothing["checks"]);
    assert_eq!(nothing["rescorers"][0]["model"]["weight"], 2.0);
    for family in report["families"].as_array().unwrap() {
        for test in family["tests"].as_array().unwrap() {
            assert_eq!(test["p_adjusted"], 1.0, "{test}");
        }
    }
}

/// The oracle has so few clean errors that a smaller rise is a larger share of them.
#[test]
fn a_p_is_named_for_what_it_tests_and_measures_that_point_apart_are_told() {
    let project = some_lists(600);
    let options = "compare --model first-pass --model oracle --suite perturb-n --nbest lists.jsonl \
        --out compared --quiet";
    let run = project.run(&words(options));
    assert_eq!(run.code, 0, "{}", run.err);

    // On the page no line ends between a number and its unit.
    let page = project
        .read("compared/comparison.html")
        .replace('\u{a0}', " ");
    let markdown = project.read("compared/comparison.md");
    for text in [&run.out, &page, &markdown] {
        assert!(!text.contains("p of nprr"), "{text}");
        for expected in [
            "p of rise",
            "p of flip cost",
            "oracle under perturb-n: the rise of its word error rate is smaller than that of \
            first-pass in points (-0.24 pp, which is what p is of), and larger as a share of its \
            clean errors (nprr.rel +34.9 % against +22.6 %)",
        ] {
            assert!(text.contains(expected), "{expected}: {text}");
        }
    }

    // No interval, so none is announced.
    let head = run.out.lines().find(|line| line.contains("harmful"));
    assert!(!head.unwrap().contains("harmful ["), "{}", run.out);
}

/// There is no difference to test where no reference has a word.
#[test]
fn no_probability_stands_beside_what_is_undefined() {
    let lists = (0..14).map(|index| {
        format!(
            r#"{{"id": "u{index}", "speaker": "s{index}", "ref": "", "hyps": [{{"text": "to go", "score": -1{index}1}}, {{"text": "go", "score": -1{index}2}}]}}"#
        ) + "\n"
    });
    let project = project().file("lists.jsonl", lists.collect::<String>());
    let options = "--model first-pass --model oracle --suite perturb-1 --nbest lists.jsonl";
    for format in ["terminal", "markdown"] {
        let run = project.run(&words(&format!("compare {options} --format {format}")));
        assert_eq!(run.code, 0, "{}", run.err);
        assert!(
            !run.out.contains("1.0000") && !run.out.contains("0.0001"),
            "{}",
            run.out
        );
        assert!(!run.out.contains("Holm"), "{}", run.out);
    }
    let run = project.run(&words(&format!("compare {options} --format json")));
    let report: Value = serde_json::from_str(&run.out).unwrap();
    // Neither of them was trained.
    assert!(
        !report["notes"].to_string().contains("there is one"),
        "{report}"
    );
    assert_eq!(report["families"], Value::Array(Vec::new()));
}

/// The oracle's changes of mind repair, and the first pass has none: that is no harm of it.
#[test]
fn a_model_that_repairs_less_than_its_reference_is_not_said_to_be_swayed() {
    let project = some_lists(600);
    let options = "compare --model oracle --model first-pass --suite perturb-n \
        --nbest lists.jsonl --out compared --quiet";
    let run = project.run(&words(options));
    assert_eq!(run.code, 0, "{}", run.err);

    let page = project.read("compared/comparison.html");
    assert!(!page.contains("SWAYED"), "{page}");
    let repairs = "<span class=\"pill neutral\">REPAIRS LESS</span>";
    assert!(page.contains(repairs), "{page}");
    // Rises and flip costs are counted by their own names.
    for expected in [
        "the other rise of errors is not shown to be smaller or larger, and 1 of 1 flip cost is \
            shown to be larger (it repairs less).",
        "+1.35 pp [+1.07, +1.62] (its own +0.00 pp, the other's -1.35 pp), p &lt;1e-4",
    ] {
        assert!(
            page.replace('\u{a0}', " ").contains(expected),
            "{expected}: {page}"
        );
    }
}

#[test]
fn a_folder_holds_the_same_comparison_in_three_formats() {
    let project = with_lists();
    let options =
        words("--model first-pass --model a,b=oracle --out compared --format csv --quiet");

    let printed = compared(&project, &options);
    assert_eq!(printed, project.read("compared/comparison.csv"));
    let header = printed.lines().next().unwrap();
    assert!(header.starts_with("label,strategy,rescorers,suite,check,figure,value"));

    let quoted = printed
        .lines()
        .filter(|line| line.starts_with("\"a,b\","))
        .count();
    assert!(quoted > 20, "{printed}");
    for line in printed.lines() {
        let fields = line.replace("\"a,b\"", "a").split(',').count();
        assert_eq!(fields, header.split(',').count(), "{line}");
    }

    assert!(
        project
            .read("compared/comparison.md")
            .starts_with("# 2 models")
    );

    let again = compared(&project, &options);
    assert_eq!(printed, again, "an earlier comparison is replaced");
    let project = project.file("mine/notes.txt", "hello");
    let foreign = words("--model first-pass --model oracle --out mine");

    check_refused(
        &project,
        &foreign,
        &["mine", "notes.txt", "choose another place"],
    );
}

#[test]
fn what_cannot_be_compared_is_refused_with_the_reason() {
    let project = with_lists();
    let two = ["--model", "first-pass", "--model", "oracle"];
    let with = |options: &[&'static str]| [&two[..], options].concat();
    check_refused(
        &project,
        &["--model", "oracle"],
        &["only one label, oracle", "--model oracle"],
    );
    check_refused(
        &project,
        &["--model", "oracle", "--model", "oracle"],
        &["oracle is given twice"],
    );
    check_refused(
        &project,
        &["--model", "a=oracle", "--model", "a=first-pass"],
        &["only one label, a, of 2 models", "add --model first-pass"],
    );
    check_refused(
        &project,
        &["--model", "x=", "--model", "oracle"],
        &["LABEL=MODEL"],
    );
    check_refused(
        &project,
        &with(&["--reference", "lora"]),
        &["--reference lora", "there are first-pass, oracle"],
    );
    check_refused(&project, &with(&["--full", "lora"]), &["--full lora"]);
    check_refused(
        &project,
        &with(&["--weight", "lora=1"]),
        &["no model is called lora"],
    );
    check_refused(
        &project,
        &words("--model a=first-pass --model a=oracle --model b=oracle"),
        &["called a", "not seeds of one strategy", "first-pass"],
    );

    let own = "name = \"own\"\n[[check]]\nname = \"own\"\nperturbation \
        = \"perturb-1\"\nhypothesis = \"rescored-best\"\n";
    let invariants = with(&["--suite", "invariants"]);
    check_refused(&project, &invariants, &["invariants", "nothing to compare"]);

    let project = project.file("own.toml", own);
    check_refused(
        &project,
        &with(&["--suite", "own.toml"]),
        &["own / own", "same lists"],
    );
}

#[cfg(feature = "bert")]
mod checkpoints {
    use super::*;
    use std::fs;

    use crate::project::repository;

    /// The reference model, or a folder of it, under a new name.
    fn copied(mut project: Project, folder: &str, name: &str) -> Project {
        for entry in fs::read_dir(repository("fixtures/reference/hf-peft").join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let file = format!("{name}/{}", path.file_name().unwrap().to_str().unwrap());
            project = project.file(&file, fs::read(&path).unwrap());
        }
        project
    }

    fn checkpoint(strategy: &str, seed: u64) -> String {
        serde_json::json!({
            "format_version": 1, "base": null, "head": "hf_pooled", "weight": 0.5, "first_pass_scale": 1.0,
            "max_length": 32, "normalization": null, "strategy": {"name": strategy}, "seed": seed,
            "data": {"base": "951d5cb8bba97169b47a404fecbe028321243e20d38f00eb81ce7f1366511aaa"},
        })
        .to_string()
    }

    /// A base, and adapters on it as our trainer would have left them.
    fn with_models() -> Project {
        let mut project = copied(with_lists(), "bert-tiny", "base");
        project = copied(project, "bert-tiny", "full");
        project = project.file("full/rescorer.json", checkpoint("full", 1));
        for (name, folder, strategy, seed) in [
            ("lora", "adapter-lora", "lora", 1),
            ("dynamic", "adapter-adalora", "dynamic", 1),
        ] {
            project = copied(project, folder, name);
            let file = format!("{name}/rescorer.json");
            let base = checkpoint(strategy, seed).replace("\"base\":null", "\"base\":\"../base\"");
            project = project.file(&file, base);
        }

        let cost = r#"{"format_version": 1, "steps": 40, "seconds": 61.5, "seconds_per_step": 1.5, "peak_memory_bytes": 104857600,
            "device": "cpu", "threads": 2, "parameters": {"model": 1000, "trainable": 100, "stored": 90}}"#;
        project.file("lora/training.json", cost)
    }

    const MODELS: [&str; 6] = [
        "--model",
        "full=full",
        "--model",
        "lora=lora",
        "--model",
        "dynamic=dynamic",
    ];

    #[test]
    fn full_fine_tuning_costs_and_ranks_are_found_in_the_checkpoints() {
        let project = with_models();
        let options = [&MODELS[..], &["--format", "json"]].concat();
        let report: Value = serde_json::from_str(&compared(&project, &options)).unwrap();
        assert_eq!(report["full"], "full");
        assert_eq!(
            report["contenders"][0]["checks"][0]["nprr_ref"]["value"],
            1.0
        );

        let lora = &report["contenders"][1]["rescorers"][0];
        assert_eq!(
            (&lora["strategy"], &lora["seed"]),
            (&"lora".into(), &1.into())
        );
        assert_eq!(lora["cost"]["trained_numbers"], 100);

        // No file says what training the other cost; what it stores is counted.
        let dynamic = &report["contenders"][2]["rescorers"][0]["cost"];
        assert_eq!(dynamic["seconds"], Value::Null);
        assert!(
            dynamic["stored_numbers"].as_u64().unwrap() > 1000,
            "{dynamic}"
        );

        let labels: Vec<&Value> = report["ranks"]
            .as_array()
            .unwrap()
            .iter()
            .map(|r| &r["label"])
            .collect();
        assert_eq!(labels, ["lora", "dynamic"]);

        let terminal = compared(&project, &MODELS);
        assert!(
            terminal.contains("62 s") && terminal.contains("100 MiB"),
            "{terminal}"
        );
        assert!(terminal.contains("100 (10.00 %)"), "{terminal}");
    }

    #[test]
    fn threads_and_batches_change_no_byte() {
        let project = with_models();
        let report = |options: &[&str]| {
            let options = [&MODELS[..], &["--format", "json"], options].concat();
            let mut report: Value = serde_json::from_str(&compared(&project, &options)).unwrap();
            report.as_object_mut().unwrap().remove("run").unwrap();
            report.to_string()
        };
        let one = report(&["--jobs", "1"]);
        assert_eq!(one, report(&["--jobs", "3", "--batch-tokens", "40"]));
        assert_ne!(one, report(&["--jobs", "1", "--seed", "2"]));
    }

    #[test]
    fn seeds_of_a_label_are_trained_alike_and_differ() {
        let project = with_models();
        let mixed = words("--model a=lora --model a=dynamic --model full");

        check_refused(
            &project,
            &mixed,
            &[
                "not seeds of one strategy",
                "lora (lora)",
                "dynamic (dynamic)",
            ],
        );

        let twice = [
            "--model", "a=lora", "--model", "a=./lora", "--model", "full",
        ];
        check_refused(&project, &twice, &["lora and ./lora are the same model"]);

        let fulls = ["--model", "a=full", "--model", "b=./full"];
        check_refused(
            &project,
            &fulls,
            &["a and b are both fully fine-tuned", "--full"],
        );
    }

    /// The record of a checkpoint that was trained for so many steps with this rate.
    fn trained(seed: u64, steps: usize, rate: f64) -> String {
        let mut record: Value = serde_json::from_str(&checkpoint("lora", seed)).unwrap();
        record["base"] = "../base".into();
        record["strategy"]["steps"] = steps.into();
        record["strategy"]["learning_rate"] = rate.into();
        record["strategy"]["best_step"] = seed.into();
        record["data"]["train"] = "t".into();
        record.to_string()
    }

    #[test]
    fn models_of_a_label_differ_in_the_seed_alone() {
        let mut project = with_models();
        for (name, record) in [
            ("one", trained(1, 40, 1e-3)),
            ("two", trained(2, 40, 1e-3)),
            ("short", trained(3, 10, 1e-3)),
            ("fast", trained(4, 40, 1e-2)),
            ("again", trained(1, 40, 1e-3)),
            ("thin", trained(5, 40, 1e-3)),
        ] {
            project = copied(project, "adapter-lora", name);
            project = project.file(&format!("{name}/rescorer.json"), record);
        }
        // Two that hold the same numbers would be one model.
        let other = fs::read(repository(
            "fixtures/reference/hf-peft/adapter-lora/adapter_model.safetensors",
        ));
        let mut other = other.unwrap();
        *other.last_mut().unwrap() ^= 1;
        project = project.file("again/adapter_model.safetensors", other);
        let settings = project.read("thin/adapter_config.json");
        let mut settings: Value = serde_json::from_str(&settings).unwrap();
        settings["lora_dropout"] = 0.25.into();
        project = project.file("thin/adapter_config.json", settings.to_string());

        let with = |model: &str| {
            let models = format!("--model a=one --model a={model} --model full=full");
            models
                .split(' ')
                .map(str::to_owned)
                .collect::<Vec<String>>()
        };
        for (model, expected) in [
            (
                "short",
                "strategy.steps of rescorer.json is 40 there and 10 here",
            ),
            (
                "fast",
                "strategy.learning_rate of rescorer.json is 0.001 there and 0.01 here",
            ),
            ("thin", "lora_dropout of adapter_config.json is "),
            ("again", "one and again are two checkpoints of seed 1"),
        ] {
            let models = with(model);
            let models: Vec<&str> = models.iter().map(String::as_str).collect();
            check_refused(
                &project,
                &models,
                &["the models called a are not", expected],
            );
        }

        let models = with("lora");
        let models: Vec<&str> = models.iter().map(String::as_str).collect();
        check_refused(&project, &models, &["two checkpoints of seed 1"]);
    }

    #[test]
    fn what_an_older_checkpoint_does_not_say_is_a_caution() {
        let mut project = copied(with_models(), "adapter-lora", "older");
        let record = checkpoint("lora", 2).replace("\"base\":null", "\"base\":\"../base\"");
        project = project.file("older/rescorer.json", record);
        let weights = project.path("older/adapter_model.safetensors");
        let mut other = fs::read(&weights).unwrap();
        *other.last_mut().unwrap() ^= 1;
        fs::write(&weights, other).unwrap();

        let models = words("--model a=lora --model a=older --model full --format json");
        let report: Value = serde_json::from_str(&compared(&project, &models)).unwrap();
        let notes = report["notes"].to_string();
        for expected in [
            "caution: a: the files of lora do not say data.train of rescorer.json, strategy.",
            "caution: a: the files of older do not say",
        ] {
            assert!(notes.contains(expected), "{notes}");
        }
    }

    #[test]
    fn ranks_of_an_adapter_are_those_of_its_file() {
        let project = with_models();
        let run = project.run(&["ranks", "dynamic", "lora", "--format", "json"]);
        assert_eq!(run.code, 0, "{}", run.err);

        let report: Value = serde_json::from_str(&run.out).unwrap();
        let config: Value =
            serde_json::from_str(&project.read("dynamic/adapter_config.json")).unwrap();
        let dynamic = &report["pictures"][0];
        let kept = |matrix: &Value| matrix["kept"].as_f64().unwrap();
        let matrices = dynamic["matrices"].as_array().unwrap();
        let total: f64 = matrices.iter().map(kept).sum();
        assert_eq!(dynamic["kept"], total);
        for matrix in matrices {
            let name = format!("{}.lora_E", matrix["module"].as_str().unwrap());
            if let Some(mask) = config["rank_pattern"].get(&name).and_then(Value::as_array) {
                let expected = mask
                    .iter()
                    .filter(|kept| **kept == Value::Bool(true))
                    .count();
                assert!((kept(matrix) - expected as f64).abs() < 1e-9, "{matrix}");
            }
            assert!(matrix["effective_rank"].as_f64().unwrap() <= kept(matrix) + 1e-9);
        }

        let map = project.run(&["ranks", "lora"]).out;
        assert!(
            map.contains("kept rank") && map.lines().all(|line| line.chars().count() <= 60),
            "{map}"
        );
        assert!(
            !map.contains('\u{1b}'),
            "no color where there is no terminal"
        );
    }

    #[test]
    fn a_whole_model_needs_its_base() {
        let project = with_models();
        project.check_error(&["ranks", "full"], &["full is a whole model", "--base"]);
        project.check_error(&["ranks", "absent"], &["absent", "no such folder"]);
        let run = project.run(&["ranks", "full", "--base", "base", "--format", "markdown"]);
        assert_eq!(run.code, 0, "{}", run.err);
        // The same weights: no update.
        assert!(run.out.contains("| 0 | 0, 0 % |"), "{}", run.out);
    }
}

/// A program that is compared with itself under two weights is asked once; one that gives other
/// scores every time is asked twice, and is no reason to refuse the comparison.
#[test]
fn a_program_under_two_labels_is_no_interrupted_run() {
    let words = fs::read_to_string(repository("fixtures/rescorers/words.py")).unwrap();
    let random = words.replace("len(word) ** 1.5", "__import__('random').random()");
    assert_ne!(random, words);
    let project = with_lists()
        .file("same.py", words)
        .file("chance.py", random);
    for (program, told) in [
        (
            "same.py",
            "scores under another label: they are not asked for again",
        ),
        (
            "chance.py",
            "gave them under another label, and is not steady",
        ),
    ] {
        let [a, b] = ["a", "b"].map(|label| format!("{label}=exec:python3 {program}"));
        let models = ["compare", "--model", &a, "--model", &b, "--weight", "b=0.5"];
        let rest = [
            "--suite",
            "perturb-n",
            "--nbest",
            "lists.jsonl",
            "--out",
            "compared",
        ];
        let run = project.run(&[&models[..], &rest].concat());
        assert_eq!(run.code, 0, "{}", run.err);
        assert!(run.err.contains(told), "{}", run.err);
        assert!(!run.err.contains("interrupted"), "{}", run.err);
    }
}
