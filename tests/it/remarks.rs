//! Models that are blind, drowned or harmful: each is named in the first lines, and none ends with
//! exit code 0.

use std::fmt::Write;
use std::fs;

use serde_json::Value;

use crate::project::{Project, project, repository, some_lists, words};

/// A project with a copy of a folder of models, as `model`.
fn with_model(folder: &str) -> Project {
    let mut project = project();
    for entry in fs::read_dir(repository(folder)).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("model/{}", path.file_name().unwrap().to_str().unwrap());
        project = project.file(&name, fs::read(&path).unwrap());
    }
    project
}

/// A check of the bundled lists: no exit code 0, and for each kind a line of its own at the top of
/// what is printed, in report.md and in report.json.
#[track_caller]
fn check_named(project: &Project, arguments: &[&str], code: i32, kinds: &[&str]) -> Value {
    let common = ["--draws", "1", "--max-failures", "0", "--out", "report"];
    let run = project.run(&[arguments, &common].concat());
    assert_eq!(run.code, code, "{}{}", run.out, run.err);

    let report: Value = serde_json::from_str(&project.read("report/report.json")).unwrap();
    let cautions = report["cautions"].as_array().unwrap();
    let found: Vec<&str> = cautions
        .iter()
        .map(|caution| caution["kind"].as_str().unwrap())
        .collect();
    assert_eq!(found, kinds, "{}", run.out);

    let markdown = project.read("report/report.md");
    for (line, caution) in run.out.lines().zip(cautions) {
        let wording = caution["wording"].as_str().unwrap();
        assert!(
            line.starts_with("CAUTION  ") && line.contains(wording),
            "{}",
            run.out
        );
        assert!(markdown.contains(wording), "{markdown}");
    }

    for property in report["properties"].as_array().into_iter().flatten() {
        assert_ne!(property["status"], "pass", "{}", run.out);
        // What nothing can change is not promised of more speakers.
        let wording = property["wording"].as_str().unwrap();
        assert!(!wording.contains("would tell"), "{}", run.out);
    }

    for check in report["checks"].as_array().unwrap() {
        assert_ne!(check["verdict"]["verdict"], "pass", "{}", run.out);
    }

    report
}

const SUITES: [&str; 4] = ["--suite", "perturb-1", "--suite", "invariants"];

fn demo() -> String {
    let path = repository("fixtures/checkpoints/demo");
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_negative_weight_is_named_and_fails_where_it_does_harm() {
    let demo = demo();
    let arguments = [&["--model", &demo, "--weight", "-1"][..], &SUITES].concat();
    let report = check_named(
        &project(),
        &arguments,
        1,
        &["worse_than_first_pass", "negative_weight"],
    );
    assert_eq!(report["cautions"][0]["effect"], "fails");
    assert_eq!(report["cautions"][1]["effect"], "bars_pass");

    // The check fails by that, and of its gates none that is not shown to.
    let check = &report["checks"][0]["verdict"];
    assert_eq!(check["verdict"], "fail");
    for gate in check["gates"].as_array().unwrap() {
        let margins = gate["margins"].as_array().unwrap();
        let exceeded = margins.iter().any(|margin| margin["exceeded"] == true);
        assert_eq!(gate["verdict"] == "fail", exceeded, "{gate}");
        assert!(
            gate["adjustment"]
                .as_str()
                .unwrap()
                .contains("over all 3 tests")
        );
    }
}

#[test]
fn a_weight_that_drowns_the_second_pass_is_named() {
    let demo = demo();
    for (weight, kinds) in [
        ("1e-4", ["drowned", "never_overrules"]),
        ("1e-300", ["lost_in_rounding", "never_overrules"]),
    ] {
        let arguments = [&["--model", &demo, "--weight", weight][..], &SUITES].concat();
        check_named(&project(), &arguments, 3, &kinds);
    }

    for model in [
        &["--model", "first-pass"][..],
        &["--model", &demo, "--weight", "0"],
    ] {
        check_named(&project(), &[model, &SUITES].concat(), 3, &["no_weight"]);
    }
}

#[test]
fn an_absurd_weight_or_scale_is_refused_and_one_in_a_checkpoint_is_named() {
    let demo = demo();
    for option in [
        ["--first-pass-scale", "1e300"],
        ["--weight", "-1e7"],
        ["--weight", "inf"],
    ] {
        let arguments = [&["--model", &demo, "--suite", "perturb-1"][..], &option].concat();
        project().check_error(&arguments, &[option[0], "1000000"]);
    }

    let project = with_model("fixtures/checkpoints/demo");
    let rescorer = project.read("model/rescorer.json");
    let base = repository("fixtures/checkpoints/demo-base");
    let scaled = |scale: &str| {
        rescorer
            .replace("0.10526315789473684", scale)
            .replace("../demo-base", base.to_str().unwrap())
    };
    let arguments = [&["--model", "model"][..], &SUITES].concat();
    let project = project.file("model/rescorer.json", scaled("1e300"));
    project.check_error(&arguments, &["model/rescorer.json", "first_pass_scale"]);

    let project = project.file("model/rescorer.json", scaled("1e6"));
    check_named(&project, &arguments, 3, &["drowned", "never_overrules"]);
}

#[test]
fn a_tokenizer_that_knows_no_word_is_named() {
    let project = with_model("fixtures/reference/hf-peft/bert-tiny");
    let mut tokenizer: Value = serde_json::from_str(&project.read("model/tokenizer.json")).unwrap();
    let vocabulary = tokenizer["model"]["vocab"].as_object_mut().unwrap();
    *vocabulary = std::mem::take(vocabulary)
        .into_iter()
        .map(|(piece, id)| {
            let special = piece.starts_with('[');
            (
                if special {
                    piece
                } else {
                    format!("\u{a7}{piece}")
                },
                id,
            )
        })
        .collect();

    let project = project.file("model/tokenizer.json", tokenizer.to_string());
    let arguments = ["--model", "model", "--suite", "perturb-1"];
    let common = ["--draws", "1", "--max-failures", "0", "--out", "report"];
    let run = project.run(&[&arguments[..], &common].concat());
    assert!([1, 3].contains(&run.code), "{}{}", run.out, run.err);

    let report: Value = serde_json::from_str(&project.read("report/report.json")).unwrap();
    let tokens = &report["nbest"]["tokens"];
    assert_eq!(tokens["read"], tokens["unknown"]);
    assert_eq!(tokens["unknown_share"], 1.0);

    let cautions = report["cautions"].as_array().unwrap();
    let unknown = cautions
        .iter()
        .find(|caution| caution["kind"] == "unknown_tokens")
        .unwrap();
    assert_eq!(unknown["effect"], "bars_pass");
    assert!(
        run.out
            .lines()
            .take(cautions.len())
            .any(|line| line.contains("CAUTION  100.00 % of the ") && line.contains("[UNK]")),
        "{}",
        run.out
    );
}

#[test]
fn a_model_that_reads_the_beginnings_of_texts_alone_is_named() {
    let project = some_lists(60);
    let short = [
        "--model",
        "demo",
        "--max-length",
        "4",
        "--nbest",
        "lists.jsonl",
    ];
    let suite = words("--suite perturb-1 --draws 1 --max-failures 0 --out report");
    let run = project.run(&[&short[..], &suite].concat());
    assert!([1, 3].contains(&run.code), "{}{}", run.out, run.err);

    let report: Value = serde_json::from_str(&project.read("report/report.json")).unwrap();
    let cautions = report["cautions"].as_array().unwrap();
    let cut = cautions
        .iter()
        .find(|caution| caution["kind"] == "cut_texts")
        .unwrap();
    assert_eq!(cut["effect"], "bars_pass");
    let nbest = &report["nbest"];
    let counts = ["truncated_texts", "read_texts"].map(|count| nbest[count].as_u64().unwrap());
    assert!(
        counts[0] <= counts[1] && counts[1] < 2 * counts[0],
        "{counts:?}"
    );
    assert!(
        !report["notes"].to_string().contains("were cut"),
        "{report}"
    );

    // Commands without a verdict say it, too, also to those who ask for quiet.
    for command in ["score", "tune --out tuned.toml"] {
        let run = project.run(&[&words(command)[..], &short, &["--quiet"]].concat());
        assert_eq!(run.code, 0, "{}", run.err);
        for part in [
            " texts are longer than the model reads",
            "No check of it on such",
        ] {
            assert!(run.err.contains(part), "{command}: {}", run.err);
        }
    }
}

#[test]
fn a_model_that_tells_the_texts_of_no_list_apart_is_named() {
    let mut lines = String::new();
    for index in 0..60 {
        let more = ["", " please"][index % 2];
        // The first pass is right about half of them.
        let last = [0, 2][index / 2 % 2];
        writeln!(
            lines,
            r#"{{"id": "u{index:02}", "speaker": "s{index:02}", "ref": "two cups{more}", "hyps": [{{"text": "too cups{more}", "score": -1{index:02}1}}, {{"text": "two cups{more}", "score": -1{index:02}{last}}}]}}"#
        )
        .unwrap();
    }
    let project = project()
        .file("lists.jsonl", lines)
        .file("words.py", scoring("float(len(t.split()))"));
    let named = ["--model", "exec:python3 words.py", "--nbest", "lists.jsonl"];
    let suite = ["--weight", "1", "--suite", "perturb-1"];
    check_named(
        &project,
        &[&named[..], &suite].concat(),
        3,
        &["alike_in_lists"],
    );

    for command in ["tune", "score"] {
        let run = project.run(&[&[command, "--out", "scored"], &named[..], &["--force"]].concat());
        assert_eq!(run.code, 0, "{}", run.err);
        let told = "scores are all the same within each of 60 lists";
        assert!(run.err.contains(told), "{command}: {}", run.err);
    }
}

/// `file` with the bytes of every tensor zeroed whose name contains `part`.
fn zeroed(mut file: Vec<u8>, part: &str) -> Vec<u8> {
    let length = u64::from_le_bytes(file[..8].try_into().unwrap());
    let start = 8 + usize::try_from(length).unwrap();
    let header: Value = serde_json::from_slice(&file[8..start]).unwrap();
    for (name, tensor) in header.as_object().unwrap() {
        if name.contains(part) && tensor.get("data_offsets").is_some() {
            let end = |which: usize| {
                let offset = tensor["data_offsets"][which].as_u64().unwrap();
                start + usize::try_from(offset).unwrap()
            };
            file[end(0)..end(1)].fill(0);
        }
    }

    file
}

#[test]
fn a_head_of_zeros_is_named() {
    let project = with_model("fixtures/reference/hf-peft/bert-tiny");
    let weights = fs::read(project.path("model/model.safetensors")).unwrap();
    let project = project.file("model/model.safetensors", zeroed(weights, "classifier"));
    let arguments = [&["--model", "model"][..], &SUITES].concat();
    check_named(&project, &arguments, 3, &["constant_score"]);
}

#[test]
fn an_adapter_that_learned_nothing_is_named() {
    let project = with_model("fixtures/checkpoints/demo");
    let base = repository("fixtures/checkpoints/demo-base");
    let weights = fs::read(project.path("model/adapter_model.safetensors")).unwrap();
    let project = project.file("model/adapter_model.safetensors", zeroed(weights, ""));
    let arguments = [
        &["--model", "model", "--base", base.to_str().unwrap()][..],
        &SUITES,
    ]
    .concat();

    check_named(&project, &arguments, 3, &["constant_score"]);
}

#[test]
fn lists_of_one_hypothesis_leave_nothing_to_choose() {
    let mut lines = String::new();
    for index in 0..60 {
        writeln!(
            lines,
            r#"{{"id": "u{index:02}", "speaker": "s{index:02}", "ref": "two cups", "hyps": [{{"text": "two cups", "score": -1}}]}}"#
        )
        .unwrap();
    }

    let project = project().file("lists.jsonl", lines);
    for model in ["oracle", &demo()] {
        let arguments = [&["--model", model, "--nbest", "lists.jsonl"][..], &SUITES].concat();
        check_named(&project, &arguments, 3, &["nothing_to_choose"]);
    }
}

#[test]
fn a_sound_model_has_no_caution() {
    let demo = demo();
    let project = project();
    let arguments = ["--model", &demo, "--suite", "invariants", "--out", "report"];
    let run = project.run(&arguments);
    let report: Value = serde_json::from_str(&project.read("report/report.json")).unwrap();
    assert_eq!(report["cautions"], serde_json::json!([]), "{}", run.out);
    assert!(run.out.starts_with("model  "), "{}", run.out);

    let tokens = &report["nbest"]["tokens"];
    assert!(tokens["read"].as_u64().unwrap() > 10_000, "{tokens}");
    assert!(tokens["unknown_share"].as_f64().unwrap() < 0.05, "{tokens}");
}

/// A program whose score of a text `t` in its request number `n` is a Python expression.
fn scoring(score: &str) -> String {
    format!(
        "import json, sys\n\
         print(json.dumps({{'protocol': 1, 'name': 'test'}}), flush=True)\n\
         for n, line in enumerate(sys.stdin):\n    \
             r = json.loads(line)\n    \
             scores = [{score} for t in r['texts']]\n    \
             print(json.dumps({{'id': r['id'], 'scores': scores}}), flush=True)\n"
    )
}

#[test]
fn a_comparison_names_them_too() {
    let project = project()
        .file("flat.py", scoring("3.0"))
        .file("dice.py", scoring("(7 * len(t) + 31 * n) % 13"));
    let models = [
        "first-pass",
        "oracle",
        "flat=exec:python3 flat.py",
        "dice=exec:python3 dice.py",
        "mute=demo",
    ];
    let models = models.map(|model| ["--model", model]).concat();
    let rest = [
        "--weight",
        "mute=0",
        "--suite",
        "perturb-1",
        "--draws",
        "1",
        "--out",
        "comparison",
    ];
    let run = project.run(&[&["compare"], &models[..], &rest].concat());
    assert_eq!(run.code, 0, "{}", run.err);

    let report: Value = serde_json::from_str(&project.read("comparison/comparison.json")).unwrap();
    let notes: Vec<&str> = report["notes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|note| note.as_str().unwrap())
        .filter(|note| note.starts_with("caution: "))
        .collect();
    let markdown = project.read("comparison/comparison.md");
    for (label, expected) in [
        ("flat", "The model gives each of"),
        ("dice", "The model gives a text another score"),
        ("mute", "The weight of the second pass is 0"),
    ] {
        let start = format!("caution: {label}: {expected}");
        let note = notes.iter().find(|note| note.starts_with(&start));
        let note = note.unwrap_or_else(|| panic!("{start}: {notes:?}"));
        assert!(
            run.out.contains(&start) && markdown.contains(note),
            "{}",
            run.out
        );
    }

    let is_sound = |note: &&&str| note.contains(": first-pass: ") || note.contains(": oracle: ");
    assert_eq!(notes.iter().find(is_sound), None);
}

/// The first bundled lists, each changed by `change`.
fn changed(count: usize, change: impl Fn(usize, &mut Value)) -> String {
    let text = fs::read_to_string(repository("fixtures/nbest/test.jsonl")).unwrap();
    let mut lines = String::new();
    for (index, line) in text.lines().take(count).enumerate() {
        let mut list: Value = serde_json::from_str(line).unwrap();
        change(index, &mut list);
        writeln!(lines, "{list}").unwrap();
    }
    lines
}

const ORACLE: [&str; 6] = [
    "--model",
    "oracle",
    "--suite",
    "perturb-1",
    "--nbest",
    "lists.jsonl",
];

#[test]
fn scores_that_are_all_equal_are_named_and_bar_every_verdict_where_many_lists_have_them() {
    let tied = |share: usize| {
        changed(120, |index, list| {
            for hypothesis in list["hyps"].as_array_mut().unwrap() {
                if index % 10 < share {
                    hypothesis["score"] = Value::from(-5.0);
                }
            }
        })
    };

    let all = project().file("lists.jsonl", tied(10));
    let report = check_named(&all, &ORACLE, 3, &["tied_first_pass"]);
    assert_eq!(report["cautions"][0]["effect"], "bars_verdict");
    let wording = report["cautions"][0]["wording"].as_str().unwrap();
    assert!(wording.starts_with("In 120 of 120 lists all first-pass scores are equal: "));
    let stat = all.run(&["nbest", "stat", "lists.jsonl"]);
    let expected = "120 lists whose first-pass scores are all equal";
    assert!(stat.out.contains(expected), "{}", stat.out);

    // Rates of properties and a comparison with a baseline say no more than gates.
    let many = project().file("lists.jsonl", tied(3));
    let base = [
        "--model",
        "oracle",
        "--suite",
        "perturb-1",
        "--nbest",
        "lists.jsonl",
        "--out",
        "base",
    ];
    assert_eq!(many.run(&base).code, 3);
    let words = words(
        "--model demo --weight -3 --suite perturb-1 --suite invariants --nbest lists.jsonl \
         --baseline base/report.json --out report",
    );
    many.run(&words);
    let report: Value = serde_json::from_str(&many.read("report/report.json")).unwrap();
    assert_eq!(report["baseline"]["verdict"], "inconclusive");
    let properties = report["properties"].as_array().unwrap();
    let harm = properties.iter().find(|one| one["check"] == "no-harm");
    assert_eq!(harm.unwrap()["status"], "inconclusive", "{harm:?}");

    for (share, kinds) in [(2, &["tied_first_pass"][..]), (0, &[])] {
        let some = project().file("lists.jsonl", tied(share));
        let run = some.run(&[&ORACLE[..], &["--out", "report"]].concat());
        assert_eq!(run.code, 0, "{}", run.out);
        let report: Value = serde_json::from_str(&some.read("report/report.json")).unwrap();
        let cautions = report["cautions"].as_array().unwrap().iter();
        let found: Vec<&Value> = cautions.clone().map(|caution| &caution["kind"]).collect();
        assert_eq!(found, kinds, "{}", run.out);
        assert!(cautions.clone().all(|caution| caution["effect"] == "warns"));
    }
}

#[test]
fn copies_under_other_ids_and_speakers_are_no_evidence_of_their_own() {
    let once = changed(120, |_, _| {});
    let again = changed(120, |_, list| {
        for field in ["id", "speaker"] {
            list[field] = format!("other-{}", list[field].as_str().unwrap()).into();
        }
    });
    let report_of = |lists: &str| {
        let project = project().file("lists.jsonl", lists);
        let run = project.run(&[&ORACLE[..], &["--out", "report"]].concat());
        let text = project.read("report/report.json");
        (run, serde_json::from_str::<Value>(&text).unwrap())
    };

    let (alone, single) = report_of(&once);
    let (run, twice) = report_of(&(once + &again));
    assert_eq!((alone.code, run.code), (0, 0), "{}", run.out);
    assert_eq!(single["nbest"].get("clusters_apart"), None);
    assert_eq!(twice["nbest"]["clusters"], single["nbest"]["clusters"]);
    assert_eq!(twice["nbest"]["clusters_apart"], 120);
    let expected = "120 speakers, joined to 60 by copies of lists";
    assert!(run.out.contains(expected), "{}", run.out);
    assert_eq!(twice["cautions"][0]["kind"], "copies");
    assert_eq!(twice["cautions"][0]["effect"], "warns");
}

#[test]
fn lists_without_scores_that_are_there_many_times_are_noticed() {
    let mut lists = String::new();
    for copy in 0..4 {
        lists += &changed(25, |index, list| {
            list["id"] = format!("{copy}-{index}").into();
            list["speaker"] = format!("s{copy}-{index}").into();
            for hypothesis in list["hyps"].as_array_mut().unwrap() {
                let fields = hypothesis.as_object_mut().unwrap();
                fields.retain(|name, _| name == "text");
            }
        });
    }
    let project = project().file("lists.jsonl", lists);
    let report = check_named(&project, &ORACLE, 3, &["copies"]);
    assert_eq!(report["cautions"][0]["effect"], "bars_verdict");
    // Two speakers may well say the same: they are counted, and not joined.
    assert_eq!(report["nbest"]["clusters"], 100);
    let wording = report["cautions"][0]["wording"].as_str().unwrap();
    assert!(
        wording.contains("give their first-pass scores"),
        "{wording}"
    );
}
