//! Inputs after public reports, with the values that independent programs give: `fixtures/cases/`.
//!
//! Scores are those of transformers and PEFT, error counts those of sclite and jiwer.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use assert_cmd::cargo::cargo_bin_cmd;
use serde_json::Value;

use crate::project::{Project, Run, project, repository, words};

/// A folder of inputs with what is right.
struct Case {
    name: String,
    folder: PathBuf,
    expected: Value,
}

/// The cases that `wanted` is true of; at least one.
fn cases(wanted: impl Fn(&Case) -> bool) -> Vec<Case> {
    let mut cases: Vec<Case> = fs::read_dir(repository("fixtures/cases"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|folder| folder.is_dir())
        .map(|folder| Case {
            name: folder.file_name().unwrap().to_str().unwrap().to_owned(),
            expected: serde_json::from_str(
                &fs::read_to_string(folder.join("expected.json")).unwrap(),
            )
            .unwrap(),
            folder,
        })
        .filter(wanted)
        .collect();
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(!cases.is_empty());

    cases
}

impl Case {
    /// The words of its command behind the program's name.
    fn command(&self) -> Vec<String> {
        let command = self.expected["command"].as_str().unwrap();
        let command = command.split(" ; ").next().unwrap();
        let words = command.split(' ').map(str::to_owned);
        words.skip_while(|word| word != "rc").skip(1).collect()
    }

    fn run(&self, arguments: &[&str]) -> Run {
        run_with(&self.folder, arguments, &[])
    }
}

/// Runs the binary in `folder` without any variable that names a cache but those given.
fn run_with(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Run {
    let mut command = cargo_bin_cmd!("robustness-check");
    command.args(arguments).current_dir(folder);
    for name in [
        "HF_HOME",
        "HF_HUB_CACHE",
        "HUGGINGFACE_HUB_CACHE",
        "TRANSFORMERS_CACHE",
        "XDG_CACHE_HOME",
    ] {
        command.env_remove(name);
    }

    let output = command.envs(variables.iter().copied()).output().unwrap();
    Run {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

fn rows(text: &str) -> Vec<Value> {
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The number before or behind a word of `nbest stat`.
fn figure(stat: &str, line: &str, before: &str) -> u64 {
    let line = stat.lines().find(|found| found.starts_with(line)).unwrap();
    let end = line.find(before).unwrap();
    let digits = line[..end]
        .rsplit(|c: char| !c.is_ascii_digit())
        .find(|part| !part.is_empty());
    digits.unwrap().parse().unwrap()
}

#[test]
fn error_counts_are_those_of_sclite_and_jiwer() {
    let lists = cases(|case| case.expected["expected"].is_object() && case.command()[0] == "nbest");
    assert!(lists.len() >= 14);
    for case in lists {
        let words = case.command();
        let files: Vec<&str> = words[2..].iter().map(String::as_str).collect();
        let run = case.run(&[&["nbest", "stat"], files.as_slice()].concat());
        assert_eq!(run.code, 0, "{}: {}", case.name, run.err);
        for (name, value) in case.expected["expected"].as_object().unwrap() {
            let found = match name.as_str() {
                "errors" | "first_pass_errors" => figure(&run.out, "WER first pass", " errors"),
                "words" => figure(&run.out, "WER first pass", " words"),
                "oracle_errors" => figure(&run.out, "WER oracle", " errors"),
                "utterances" => figure(&run.out, "utterances", " ("),
                _ => continue,
            };
            assert_eq!(
                Some(found),
                value.as_u64(),
                "{}: {name}\n{}",
                case.name,
                run.out
            );
        }
    }
}

#[test]
fn converted_lists_have_the_ids_and_the_sums_of_scores() {
    for case in cases(|case| {
        case.expected["command"]
            .as_str()
            .unwrap()
            .contains("nbest convert")
    }) {
        let words = case.command();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let run = case.run(&words);
        assert_eq!(run.code, 0, "{}: {}", case.name, run.err);
        let rows = rows(&run.out);
        let ids: Vec<&str> = rows.iter().map(|row| row["id"].as_str().unwrap()).collect();
        let expected = case.expected["expected"].as_object().unwrap();
        if let Some(wanted) = expected.get("ids") {
            assert_eq!(serde_json::json!(ids), *wanted, "{}", case.name);
            continue;
        }
        for row in rows {
            let hyps = row["hyps"].as_array().unwrap().iter();
            let found: Vec<Value> = hyps
                .map(|hyp| serde_json::json!([hyp["text"], hyp["score"]]))
                .collect();
            assert_eq!(
                Value::from(found),
                expected[row["id"].as_str().unwrap()],
                "{}",
                case.name
            );
        }
    }
}

#[test]
fn significance_takes_whole_numbers_for_ids() {
    for case in cases(|case| case.name.contains("significance")) {
        let words = case.command();
        let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
        words.extend(["--format", "json"]);
        let run = case.run(&words);
        assert_eq!(run.code, 0, "{}", run.err);
        let found: Value = serde_json::from_str(&run.out).unwrap();
        assert_eq!(found["a"]["errors"], case.expected["expected"]["errors_a"]);
        assert_eq!(found["b"]["errors"], case.expected["expected"]["errors_b"]);
    }
}

#[test]
fn significance_reads_trn_as_sclite_does() {
    for case in cases(|case| case.folder.join("hyp.trn").is_file()) {
        let arguments = words("significance hyp.trn hyp.trn --ref ref.trn --format json");
        let run = case.run(&arguments);
        assert_eq!(run.code, 0, "{}: {}", case.name, run.err);
        let found: Value = serde_json::from_str(&run.out).unwrap();
        let expected = &case.expected["expected"];
        assert_eq!(found["a"]["errors"], expected["errors"], "{}", case.name);
        assert_eq!(found["reference_words"], expected["words"], "{}", case.name);
    }
}

#[test]
fn words_with_capitals_are_swapped() {
    for case in cases(|case| case.name.contains("capital")) {
        let run = case.run(&words(
            "perturb --suite perturb-n --nbest lists.jsonl --normalize none",
        ));
        assert_eq!(run.code, 0, "{}", run.err);
        let rows = rows(&run.out);
        let swaps = rows
            .iter()
            .flat_map(|row| row["substitutions"].as_array().unwrap());
        let has_capital = |word: &Value| word.as_str().unwrap().contains(char::is_uppercase);
        let (mut capitals, mut others) = (0, 0);
        for swap in swaps {
            assert_eq!(
                has_capital(&swap["from"]),
                has_capital(&swap["to"]),
                "{swap}"
            );
            if has_capital(&swap["from"]) {
                capitals += 1;
            } else {
                others += 1;
            }
        }
        assert!(capitals > 20 && others > 20, "{capitals} and {others}");
    }
}

#[cfg(feature = "bert")]
mod models {
    use super::*;

    /// The folder with the model of a case.
    fn model(case: &Case) -> &'static str {
        if case.folder.join("model").is_dir() {
            "model"
        } else {
            "adapter"
        }
    }

    #[track_caller]
    fn check_scores(case: &Case, run: &Run) {
        assert_eq!(run.code, 0, "{}: {}", case.name, run.err);

        let rows = rows(&run.out);
        for (id, expected) in case.expected["scores"].as_object().unwrap() {
            let row = rows.iter().find(|row| row["id"] == **id).unwrap();
            let difference = row["scores"][0].as_f64().unwrap() - expected.as_f64().unwrap();
            assert!(difference.abs() < 1e-4, "{}, {id}: {difference}", case.name);
        }
    }

    #[test]
    fn scores_are_those_of_transformers_and_peft() {
        let models = cases(|case| case.expected["scores"].is_object());
        assert!(models.len() >= 8);
        for case in models {
            let cache = case.folder.join("hfhome");
            let cache = [("HF_HOME", cache.to_str().unwrap())];
            let arguments = [
                "score",
                "-q",
                "--model",
                model(&case),
                "--nbest",
                "lists.jsonl",
                "--normalize",
                "none",
                "-j",
                "1",
            ];
            let run = run_with(&case.folder, &arguments, &cache);
            if case.expected["command"]
                .as_str()
                .unwrap()
                .contains("export")
            {
                // The values are those of the export, and those of what it is made from.
                let project = project();
                let out = project.path("exported");
                let out = out.to_str().unwrap();
                let made = case.run(&["export", model(&case), "--to", "peft", "--out", out]);
                assert_eq!(made.code, 0, "{}: {}", case.name, made.err);
                let mut arguments = arguments.to_vec();
                arguments[3] = out;
                arguments.extend(["--base", "base"]);
                check_scores(&case, &case.run(&arguments));
            }
            check_scores(&case, &run);
        }
    }

    #[test]
    fn a_base_is_found_by_every_variable_that_names_a_cache() {
        for case in cases(|case| case.folder.join("hfhome").is_dir()) {
            let project = project();
            let home = case.folder.join("hfhome");
            let hub = home.join("hub");
            let caches = project.path("caches");
            fs::create_dir(&caches).unwrap();
            #[cfg(unix)]
            std::os::unix::fs::symlink(&home, caches.join("huggingface")).unwrap();
            let variables = [
                ("HF_HOME", &home),
                ("HF_HUB_CACHE", &hub),
                ("HUGGINGFACE_HUB_CACHE", &hub),
                ("TRANSFORMERS_CACHE", &hub),
                ("XDG_CACHE_HOME", &caches),
            ];
            for (name, value) in variables {
                let arguments =
                    words("score -q --model adapter --nbest lists.jsonl --normalize none -j 1");
                let variable = [(name, value.to_str().unwrap()), ("HOME", "/nowhere")];
                check_scores(&case, &run_with(&case.folder, &arguments, &variable));
            }
        }
    }

    #[test]
    fn tensors_that_no_target_names_are_left_out_with_a_warning() {
        for case in cases(|case| case.name.contains("targets-fewer")) {
            let run = case.run(&["score", "--model", "adapter", "--nbest", "lists.jsonl"]);
            assert!(run.err.contains("target_modules"), "{}", run.err);
        }
    }

    #[test]
    fn a_checkpoint_reads_text_as_it_was_trained() {
        for case in cases(|case| case.folder.join("checkpoint").is_dir()) {
            let arguments = words("score --model checkpoint --nbest lists.jsonl -j 1");
            let run = case.run(&arguments);
            assert_eq!((run.code, run.err.as_str()), (0, ""), "{}", case.name);
            let rows = rows(&run.out);
            for (id, expected) in case.expected["expected"].as_object().unwrap() {
                let row = rows.iter().find(|row| row["id"] == **id).unwrap();
                assert_eq!(row["texts"], expected["texts"]);
                for (index, score) in expected["scores"].as_array().unwrap().iter().enumerate() {
                    let found = row["scores"][index].as_f64().unwrap();
                    assert!((found - score.as_f64().unwrap()).abs() < 1e-4, "{id}");
                }
            }
            let other = [arguments.as_slice(), &["--normalize", "default"]].concat();
            let run = case.run(&other);
            assert!(
                run.err.contains("trained on text that is as written"),
                "{}",
                run.err
            );
        }
    }

    #[test]
    fn a_model_of_several_labels_is_refused_with_the_way_out() {
        use crate::project::repository;

        let tiny = repository("fixtures/reference/hf-peft/bert-tiny");
        let project = project().file("lists.jsonl", LINE);
        fs::create_dir(project.path("model")).unwrap();
        for name in ["config.json", "tokenizer.json"] {
            fs::copy(tiny.join(name), project.path("model").join(name)).unwrap();
        }

        // The classifier's shape, from one row to two: the header says where its numbers are.
        let bytes = fs::read(tiny.join("model.safetensors")).unwrap();
        let length = usize::try_from(u64::from_le_bytes(bytes[..8].try_into().unwrap())).unwrap();
        let mut header: Value = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
        let mut numbers = bytes[8 + length..].to_vec();
        let end = numbers.len();
        let width = header["classifier.weight"]["shape"][1].as_u64().unwrap();
        let rows = usize::try_from(2 * width * 4).unwrap();
        numbers.resize(end + rows, 0);

        // The old numbers keep their place under another name.
        let old = header["classifier.weight"].clone();
        header["unused"] = old;
        header["classifier.weight"]["shape"] = serde_json::json!([2, width]);
        header["classifier.weight"]["data_offsets"] = serde_json::json!([end, end + rows]);

        let header = header.to_string();
        let mut file = u64::try_from(header.len()).unwrap().to_le_bytes().to_vec();
        file.extend(header.as_bytes());
        file.extend(numbers);
        fs::write(project.path("model/model.safetensors"), file).unwrap();
        project.check_error(
            &["score", "--model", "model", "--nbest", "lists.jsonl"],
            &["gives 2 scores a text", "num_labels=1"],
        );
    }

    #[test]
    fn every_row_of_a_table_has_as_many_cells_as_its_head() {
        for case in cases(|case| case.name.contains("report-table")) {
            let demo = repository("fixtures/checkpoints/demo");
            let project = project();
            let out = project.path("rep");
            let run = case.run(&[
                "--model",
                demo.to_str().unwrap(),
                "--suite",
                "perturb-n",
                "--nbest",
                "lists.jsonl",
                "--out",
                out.to_str().unwrap(),
                "-j1",
                "--max-failures",
                "all",
            ]);
            assert_ne!(run.code, 2, "{}", run.err);
            let report = fs::read_to_string(out.join("report.md")).unwrap();
            let cells = |row: &str| row.replace("\\|", "").matches('|').count();
            let mut head = None;
            for line in report.lines() {
                if line.starts_with('|') {
                    let head = *head.get_or_insert_with(|| cells(line));
                    assert_eq!(cells(line), head, "{line}");
                } else {
                    head = None;
                }
            }
        }
    }
}

const LINE: &str = "{\"id\": \"u1\", \"speaker\": \"s\", \"ref\": \"two ships\", \"hyps\": \
    [{\"text\": \"too ships\", \"score\": -1}]}\n";

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// How a file is stored.
type Change = fn(&[u8]) -> Vec<u8>;

#[test]
fn every_file_may_be_compressed_or_begin_with_a_byte_order_mark() {
    let suite = "name = \"s\"\n[[check]]\nname = \"c\"\nperturbation = \"perturb-n\"\n";
    let lexicon = "two T UW1\ntoo T UW1\n";
    let plain = project()
        .file("nbest", "u-1 too ships\n")
        .file("refs", "u two ships\n")
        .file("costs", "u-1 3.5\n")
        .file("suite.toml", suite)
        .file("own.dict", lexicon)
        .file("scores", "{\"text\": \"too ships\", \"score\": -1}\n")
        .file("a.trn", "too ships (s-1)\n")
        .file("ref.trn", "two ships (s-1)\n");

    let runs: [&[&str]; 4] = [
        &[
            "nbest", "convert", "nbest", "--scores", "costs", "--refs", "refs", "--costs",
        ],
        &words("significance a.trn a.trn --ref ref.trn --format json"),
        &words(
            "perturb -q --suite suite.toml --nbest nbest --refs refs --lexicon own.dict \
             --lexicon-only",
        ),
        &words("score -q --model scores:scores --nbest nbest --refs refs"),
    ];

    let expected: Vec<Run> = runs.iter().map(|run| plain.run(run)).collect();
    for run in &expected {
        assert_eq!(run.code, 0, "{}", run.err);
    }

    let changes: [Change; 3] = [
        gzip,
        |text| zstd::encode_all(text, 3).unwrap(),
        |text| [b"\xef\xbb\xbf", text].concat(),
    ];

    for change in changes {
        let mut changed = project();
        for name in plain.names() {
            let content = change(&fs::read(plain.path(&name)).unwrap());
            changed = changed.file(&name, content);
        }
        for (run, expected) in runs.iter().zip(&expected) {
            let found = changed.run(run);
            assert_eq!(
                (found.code, &found.out),
                (0, &expected.out),
                "{run:?}: {}",
                found.err
            );
        }
    }

    for name in plain.names() {
        let wide = |text: &[u8]| text.iter().flat_map(|byte| [*byte, 0]).collect::<Vec<u8>>();
        let mut changed = project();
        for other in plain.names() {
            let content = fs::read(plain.path(&other)).unwrap();
            let content = if other == name {
                wide(&content)
            } else {
                content
            };
            changed = changed.file(&other, content);
        }
        let refused = runs
            .iter()
            .map(|run| changed.run(run))
            .find(|run| run.code == 2);
        let told = refused.unwrap_or_else(|| panic!("{name} was read")).err;
        assert!(told.contains("UTF-16"), "{name}: {told}");
    }
}

#[test]
fn standard_input_is_a_file_too() {
    let project = project().file("refs", "u two ships\n");
    let run = |arguments: &[&str], input: &str| {
        let output = cargo_bin_cmd!("robustness-check")
            .args(arguments)
            .current_dir(project.path("."))
            .write_stdin(input)
            .output()
            .unwrap();
        (
            output.status.code().unwrap(),
            String::from_utf8(output.stdout).unwrap(),
        )
    };

    let (code, out) = run(
        &["nbest", "convert", "-", "--refs", "refs", "--out", "-"],
        "u-1 too ships\n",
    );
    assert_eq!((code, out.contains("too ships")), (0, true), "{out}");

    let (code, out) = run(&words("score --model first-pass --nbest - --out -"), LINE);
    assert_eq!((code, out.contains("too ships")), (0, true), "{out}");
    project.check_error(
        &["nbest", "stat", "-", "--refs", "-"],
        &["standard input", "once", "FILE and --refs"],
    );
}

#[test]
fn options_for_all_commands_stand_before_or_behind_the_subcommand() {
    let project = project().file("lists.jsonl", LINE);
    let score = ["score", "--model", "first-pass", "--nbest", "lists.jsonl"];
    let behind = project.run(&[score.as_slice(), &["-q", "--color", "never"]].concat());
    let before = project.run(&[["-q", "--color", "never"].as_slice(), &score].concat());
    assert_eq!((behind.code, before.code), (0, 0), "{}", before.err);
    assert_eq!(before.out, behind.out);
    project.check_error(
        &["--model", "first-pass", "score", "--nbest", "lists.jsonl"],
        &["'--model'", "'score'", "behind"],
    );
}

#[test]
fn hesitations_are_left_out_of_both_sides_if_asked_for() {
    let project = project()
        .file("refs", "u-1 I (%hesitation) want tea (laughter)\nu-2 yes\n")
        .file("nbest", "u-1-1 I want %uh tea\nu-2-1 yes (%hesitation)\n");
    let stat = |more: &[&str]| {
        let run = project.run(&[&["nbest", "stat", "nbest", "--refs", "refs"], more].concat());
        assert_eq!(run.code, 0, "{}", run.err);
        (
            figure(&run.out, "WER first pass", " errors"),
            figure(&run.out, "WER first pass", " words"),
        )
    };
    assert_eq!(stat(&[]), (4, 6));
    assert_eq!(stat(&["--normalize", "default,strip-hesitations"]), (0, 4));
}

#[test]
fn acoustic_costs_are_scaled_and_every_hypothesis_needs_as_many() {
    let project = project()
        .file("nbest", "u-1 too ships\nu-2 two ships\n")
        .file("refs", "u two ships\n")
        .file("ac_cost", "u-1 100\nu-2 120\n")
        .file("lm_cost", "u-1 5\nu-2 2\n")
        .file("short", "u-1 5\n");
    let kaldi = |scores: &[&str]| {
        let head = ["nbest", "convert", "nbest", "--refs", "refs", "--costs"];
        let mut words: Vec<String> = head.map(str::to_owned).to_vec();
        for name in scores {
            words.extend(["--scores".to_owned(), (*name).to_owned()]);
        }
        words
    };

    let scores = |words: &[String]| {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let run = project.run(&words);
        assert_eq!(run.code, 0, "{}", run.err);
        rows(&run.out)[0]["hyps"].clone()
    };
    let mut words = kaldi(&["ac_cost", "lm_cost"]);
    assert_eq!(scores(&words)[0]["score"], -105.0);
    words.extend(["--acwt".to_owned(), "0.1".to_owned()]);
    assert_eq!(scores(&words)[0]["text"], "two ships");
    assert_eq!(scores(&words)[0]["score"], -14.0);

    let words = kaldi(&["ac_cost", "short"]);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    project.check_error(&words, &["no score for the hypothesis `u-2`", "every file"]);
}

#[test]
fn espnet_folders_are_read_with_their_scores() {
    let project = project()
        .file(
            "dec/logdir/output.1/1best_recog/text",
            "lee-0007 turn of it\n",
        )
        .file(
            "dec/logdir/output.1/1best_recog/score",
            "lee-0007 tensor(-3.25)\n",
        )
        .file(
            "dec/logdir/output.1/2best_recog/text",
            "lee-0007 turn off it\n",
        )
        .file(
            "dec/logdir/output.1/2best_recog/score",
            "lee-0007 tensor(-2.5, device='cuda:0')\n",
        )
        .file("dec/logdir/output.2/1best_recog/text", "moe-0003 yes\n")
        .file("refs", "lee-0007 turn off it\nmoe-0003 yes\n");

    let run = project.run(&["nbest", "convert", "dec", "--refs", "refs"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let rows = rows(&run.out);
    assert_eq!(
        rows[0]["hyps"][0],
        serde_json::json!({"text": "turn off it", "score": -2.5})
    );
    assert_eq!(rows[1]["hyps"][0], serde_json::json!({"text": "yes"}));
    project.check_error(&["nbest", "stat", "."], &["folder"]);
}

#[test]
fn ids_that_differ_in_case_match_only_if_they_are_alone() {
    let project = project()
        .file("hyp.trn", "yes (eve-1)\nno (EVE-1)\n")
        .file("one.trn", "yes (eve-1)\n")
        .file("ref.trn", "yes (Eve-1)\n")
        .file("both.trn", "yes (Eve-1)\nno (EVE-1)\n");

    let run = project.run(&["nbest", "stat", "one.trn", "--refs", "ref.trn"]);
    assert!(run.out.contains("1 ids that differ"), "{}", run.out);
    project.check_error(
        &["nbest", "stat", "hyp.trn", "--refs", "ref.trn"],
        &["case only", "alike"],
    );
    project.check_error(
        &["nbest", "stat", "one.trn", "--refs", "both.trn"],
        &["no reference", "`eve-1`"],
    );
}

/// Converts `arguments`, and gives `id: text score | text score` for every list.
#[track_caller]
fn converted(project: &Project, arguments: &[&str]) -> Vec<String> {
    let run = project.run(&[&["nbest", "convert"], arguments].concat());
    assert_eq!(run.code, 0, "{}", run.err);
    let list = |row: &Value| {
        let hyps = row["hyps"].as_array().unwrap().iter();
        let hyps = hyps.map(|hyp| match hyp.get("score") {
            Some(score) => format!("{} {score}", hyp["text"].as_str().unwrap()),
            None => hyp["text"].as_str().unwrap().to_owned(),
        });
        let hyps: Vec<String> = hyps.collect();
        format!("{}: {}", row["id"].as_str().unwrap(), hyps.join(" | "))
    };

    rows(&run.out).iter().map(list).collect()
}

#[test]
fn lists_of_other_toolkits_are_known_by_their_content() {
    let manifest = "{\"audio_filepath\": \"/x/u1.wav\", \"text\": \"two \
        ships\"}\n{\"audio_filepath\": \"u2.wav\", \"text\": \"yes\"}\n";
    let project = project()
        .file("refs", "u1 two ships\nu2 yes\n")
        .file("one", "u1 two ships\n")
        .file("manifest.json", manifest)
        .file("beams.tsv", "too ships\t-1.5\ntwo ships\t-2.5\nyes\t-0.5\n\t-3\n")
        .file("wenet", "wav u1\ncandidate -3.5 too ships\ncandidate -4.5 two ships\nwav \
            u2\ncandidate -1.5 yes\n")
        .file("u1.nbest", "NBestList1.0\n(-7.5) <s> too ships </s>\n(-9.5) <s> two ships </s>\n")
        .file("two/u1", "NBestList2.0\n(-7.5) too ( st: 0.1 et: 0.2 g: -1 a: -2 ) ships ( st: 0.2 \
            )\n")
        .file("plain/u1", "-5.5 -1.5 2 too ships\n-4.5 -1.5 2 two ships\n")
        .file("kaldi/words_text", "u1-1 too ships\nu1-2 two ships\n")
        .file("kaldi/ac_cost", "u1-1 10.5\nu1-2 9.5\n")
        .file("kaldi/lm_cost", "u1-1 1.5\nu1-2 3.5\n")
        .file(
            "data.json",
            r#"{"utts": {"u1": {"utt2spk": "anna", "output": [{"text": "two ships", "rec_text": "too ships<eos>", "score": -1.5}, {"rec_text": "two ships<eos>", "score": -2.5}]}}}"#,
        )
        .file(
            "vosk/u1.json",
            r#"{"alternatives": [{"confidence": -10.5, "text": "two ships"}, {"confidence": -9.5, "text": "too ships"}]}"#,
        )
        .file(
            "google/u1.json",
            r#"{"results": [{"alternatives": [{"transcript": "two ships", "confidence": 0.5}, {"transcript": "too ships"}]}]}"#,
        )
        .file(
            "azure/u1.json",
            r#"{"RecognitionStatus": "Success", "NBest": [{"Confidence": 0.5, "Lexical": "two ships", "ITN": "2 ships"}]}"#,
        )
        .file(
            "deepgram/u1.json",
            r#"{"metadata": {}, "results": {"channels": [{"alternatives": [{"transcript": "two ships", "confidence": 0.75}]}]}}"#,
        )
        .file("parts/u1.json", r#"{"results": [{"alternatives": []}, {"alternatives": []}]}"#)
        .file("odd.tsv", "yes\t-1\nno\t-2\nwell\t-3\n");

    let check = |arguments: &[&str], expected: &[&str]| {
        assert_eq!(converted(&project, arguments), expected, "{arguments:?}");
    };
    let both = [
        "u1: too ships -1.5 | two ships -2.5",
        "u2: yes -0.5 |  -3.0",
    ];
    check(&["beams.tsv", "--refs", "manifest.json"], &both);

    let both = ["u1: too ships -3.5 | two ships -4.5", "u2: yes -1.5"];
    check(&["wenet", "--refs", "refs"], &both);
    check(
        &["u1.nbest", "--refs", "one"],
        &["u1: too ships -7.5 | two ships -9.5"],
    );
    check(&["two/u1", "--refs", "one"], &["u1: too ships -7.5"]);
    check(
        &["plain/u1", "--refs", "one", "--nbest-format", "srilm"],
        &["u1: two ships -6.0 | too ships -7.0"],
    );
    check(
        &["kaldi", "--refs", "one"],
        &["u1: too ships -12.0 | two ships -13.0"],
    );
    check(
        &["kaldi", "--refs", "one", "--costs"],
        &["u1: too ships -12.0 | two ships -13.0"],
    );
    check(&["data.json"], &["u1: too ships -1.5 | two ships -2.5"]);
    check(
        &["vosk/u1.json", "--refs", "one"],
        &["u1: too ships -9.5 | two ships -10.5"],
    );
    check(
        &["google/u1.json", "--refs", "one"],
        &["u1: two ships | too ships"],
    );
    check(&["azure/u1.json", "--refs", "one"], &["u1: two ships 0.5"]);
    check(
        &["deepgram/u1.json", "--refs", "one"],
        &["u1: two ships 0.75"],
    );
    project.check_error(
        &["nbest", "stat", "parts/u1.json", "--refs", "one"],
        &["2 parts"],
    );
    project.check_error(
        &["nbest", "stat", "odd.tsv", "--refs", "manifest.json"],
        &["3 beams", "2 utterances"],
    );
    project.check_error(
        &["nbest", "stat", "odd.tsv", "--refs", "refs"],
        &["no ids", "manifest"],
    );
}

/// PEFT 0.21.2 reads stored biases whatever `bias` says, and writes those that it names.
#[test]
fn an_export_that_would_lack_what_was_read_says_what_to_write() {
    let case = repository("fixtures/cases/04-bias-all");
    let mut project = project();
    for name in [
        "adapter/adapter_config.json",
        "adapter/adapter_model.safetensors",
        "base/config.json",
        "base/model.safetensors",
        "base/tokenizer.json",
    ] {
        project = project.file(name, fs::read(case.join(name)).unwrap());
    }
    let config = project.read("adapter/adapter_config.json");
    let none = config.replace("\"bias\": \"all\"", "\"bias\": \"none\"");
    fs::write(project.path("adapter/adapter_config.json"), none).unwrap();

    let export = ["export", "adapter", "--base", "base", "--to", "peft"];
    project.check_error(
        &[&export[..], &["--out", "x"]].concat(),
        &["would not score as adapter does", "--to merged"],
    );
}
