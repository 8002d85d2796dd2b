//! Training from the command line: what it writes, how it goes on, what it refuses.

use std::fmt::Write;
use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::project::{Project, project, run_in, words};

/// Lists in which the right word is told by its neighbour: "red" goes with "rose", "read" with
/// "book".
fn lists(count: usize) -> String {
    let mut lines = String::new();
    for index in 0..count {
        let (right, wrong) = if index % 2 == 0 {
            ("a red rose", "a read rose")
        } else {
            ("i read this book", "i red this book")
        };
        let (first, second) = if index % 3 == 0 {
            (wrong, right)
        } else {
            (right, wrong)
        };
        writeln!(
            lines,
            r#"{{"id": "u{index}", "speaker": "s{}", "ref": "{right}", "hyps": [{{"text": "{first}", "score": -1.0}}, {{"text": "{second}", "score": -1.5}}]}}"#,
            index % 7
        )
        .unwrap();
    }

    lines
}

const CONFIG: &str = r#"{"model_type": "bert", "vocab_size": 60, "hidden_size": 32, "num_hidden_layers": 2,
    "num_attention_heads": 2, "intermediate_size": 64, "max_position_embeddings": 16, "hidden_dropout_prob": 0.1,
    "attention_probs_dropout_prob": 0.1}"#;

/// A project with lists, and a base that learned a few words.
pub(crate) fn with_base() -> Project {
    let text = "a red rose\ni read this book\nthe rose is red\nshe read a book\n".repeat(20);
    let project = project()
        .file("train.jsonl", lists(60))
        .file("dev.jsonl", lists(14))
        .file("config.json", CONFIG)
        .file("text.txt", text);
    let run = project.run(&words(
        "train --objective mlm --new config.json --text text.txt --steps 30 --sentences 8 \
         --out base --quiet",
    ));
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(
        run.out.starts_with("wrote base: held-out loss"),
        "{}",
        run.out
    );

    project
}

const TRAIN: [&str; 11] = [
    "train",
    "--base",
    "base",
    "--nbest",
    "train.jsonl",
    "--dev",
    "dev.jsonl",
    "--lr",
    "1e-2",
    "--quiet",
    "--steps",
];

/// Every file of a folder with its bytes, but for what training cost and the list with its hash: no
/// two runs take equally long.
fn bytes(project: &Project, folder: &str) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = fs::read_dir(project.path(folder))
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            (
                path.file_name().unwrap().to_str().unwrap().to_owned(),
                fs::read(&path).unwrap(),
            )
        })
        .collect();
    files.retain(|(name, _)| !["training.json", ".robustness-check.json"].contains(&name.as_str()));
    files.sort();

    files
}

#[test]
fn a_trained_adapter_beats_the_first_pass_it_was_trained_on() {
    let project = with_base();
    let options = words("--targets all-linear --patience 100 --out tuned");

    let run = project.run(&[&TRAIN[..], &["150"], &options].concat());
    assert_eq!(run.code, 0, "{}", run.err);

    let names: Vec<String> = bytes(&project, "tuned")
        .into_iter()
        .map(|(name, _)| name)
        .collect();

    for name in [
        "adapter_config.json",
        "adapter_model.safetensors",
        "rescorer.json",
    ] {
        assert!(names.contains(&name.to_owned()), "{names:?}");
    }

    let cost: serde_json::Value =
        serde_json::from_str(&project.read("tuned/training.json")).unwrap();
    assert_eq!(cost["steps"], 150);
    assert!(cost["seconds"].as_f64() > cost["seconds_per_step"].as_f64());

    let parameters = |name: &str| cost["parameters"][name].as_u64().unwrap();
    assert!(parameters("trainable") < parameters("model"));
    let check = project.run(&words("--model tuned --suite perturb-1 --nbest dev.jsonl"));
    assert_ne!(check.code, 2, "{}", check.err);

    let report: serde_json::Value =
        serde_json::from_str(&project.read("robustness-report/report.json")).unwrap();
    let wer = |name: &str| report["clean"][name]["rate"]["value"].as_f64().unwrap();
    let hash = &report["model"]["content_hash"];

    // What training cost is no part of what a model is.
    fs::remove_file(project.path("tuned/training.json")).unwrap();
    let again = project.run(&words("--model tuned --suite perturb-1 --nbest dev.jsonl"));
    assert_eq!(again.code, check.code, "{}", again.err);

    let other: serde_json::Value =
        serde_json::from_str(&project.read("robustness-report/report.json")).unwrap();
    assert_eq!(&other["model"]["content_hash"], hash);
    assert!(
        wer("model") < wer("first_pass"),
        "{} {}",
        wer("model"),
        wer("first_pass")
    );
}

#[test]
fn an_interrupted_run_that_goes_on_ends_with_the_same_bytes() {
    let project = with_base();
    let robust = &["--robust", "perturb-n", "--consistency", "0.1"][..];
    for (strategy, more) in [
        ("full", &[][..]),
        ("lora", &[]),
        ("dynamic", &[]),
        ("warmup", &[]),
        ("mixed", &[]),
        ("lora", robust),
    ] {
        let name = format!("{strategy}{}", more.len());
        let (whole, parts) = (format!("{name}-whole"), format!("{name}-parts"));
        let arguments = |out: &str| -> Vec<String> {
            let options = [
                "200",
                "--strategy",
                strategy,
                "--save-every",
                "7",
                "--out",
                out,
            ];
            TRAIN
                .iter()
                .chain(&options)
                .chain(more)
                .map(|word| (*word).to_owned())
                .collect()
        };
        let words: Vec<String> = arguments(&whole);
        let run = project.run(&words.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(run.code, 0, "{strategy}: {}", run.err);
        let words: Vec<String> = arguments(&parts);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        kill_once_saved(&project, &words, &format!("{parts}.training"));
        let mut resumed = arguments(&parts);
        resumed.push("--resume".to_owned());
        let run = project.run(&resumed.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(run.code, 0, "{strategy}: {}", run.err);
        assert_eq!(bytes(&project, &whole), bytes(&project, &parts), "{name}");
    }
}

/// Starts a run and kills it as soon as its state is saved.
fn kill_once_saved(project: &Project, words: &[&str], state: &str) {
    let mut process = Command::new(env!("CARGO_BIN_EXE_robustness-check"))
        .args(words)
        .current_dir(project.path(""))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while !project.path(state).exists() && process.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(5));
    }
    process.kill().unwrap();
    process.wait().unwrap();
}

#[test]
fn a_run_is_resumed_by_its_folder_alone_and_other_options_are_told() {
    let project = with_base().file("elsewhere/note.txt", "");
    let words = |out| {
        let rhythm = [
            "600",
            "--save-every",
            "7",
            "--patience",
            "100",
            "--out",
            out,
        ];
        [&TRAIN[..], &rhythm].concat()
    };
    let run = project.run(&words("whole"));
    assert_eq!(run.code, 0, "{}", run.err);
    kill_once_saved(&project, &words("parts"), "parts.training/state.json");

    let resume = ["train", "--resume", "parts"];
    for (options, told) in [
        (
            &["--lr", "1e-3"][..],
            "--lr was 0.01 when this began, now 0.001",
        ),
        (
            &["--rank", "2"],
            "--rank was not given when this began, now 2",
        ),
        (
            &["--costs"],
            "--costs was not given when this began, now given",
        ),
    ] {
        project.check_error(
            &[&resume[..], options].concat(),
            &["cannot be resumed", told],
        );
    }

    let elsewhere = [
        "train", "--resume", "../parts", "--lr", "0.01", "--jobs", "1",
    ];
    let run = run_in(&project.path("elsewhere"), &elsewhere);
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(bytes(&project, "whole"), bytes(&project, "parts"));
    project.check_error(
        &resume,
        &["no run is saved for parts", "a run that ended has none"],
    );
}

#[test]
fn a_damaged_state_says_how_to_begin_anew() {
    let project = with_base();
    let mut words = TRAIN;
    words[8] = "1e6";
    // It diverges, and leaves its state.
    let run = project.run(&[&words[..], &["20", "--out", "cut"]].concat());
    assert_eq!(run.code, 2, "{}", run.err);

    let damage = |file: &str| {
        let path = project.path(file);
        let whole = fs::read(&path).unwrap();
        fs::write(&path, [&whole[..], b"x"].concat()).unwrap();
        whole
    };
    let state = "cut.training/state.json";
    let numbers = "cut.training/state.safetensors";
    let whole = damage(numbers);
    let resume = ["train", "--resume", "cut"];
    let away = "move cut.training away to start anew";
    let began = "it began with robustness-check train ";
    project.check_error(&resume, &[numbers, "is damaged", away, began, "--steps=20"]);
    fs::write(project.path(numbers), whole).unwrap();

    damage(state);
    let options = "a run begins with all its options";
    project.check_error(&resume, &[state, "is damaged", away, options]);
}

#[test]
fn training_that_diverges_says_what_to_try() {
    let project = with_base();
    let mut words = TRAIN;
    words[8] = "1e6";
    let words = [&words[..], &["20", "--clip-norm", "9", "--out", "far"]].concat();
    let tried = "try --lr 5e-4 instead of 1e6, or --clip-norm 1 instead of 9";
    let run = project.run(&words);
    assert_eq!(run.code, 2, "{}", run.err);
    let best = "robustness-check train --resume far --finish writes the best model so far";
    for told in ["training diverged: ", tried, best] {
        assert!(run.err.contains(told), "{told}: {}", run.err);
    }
    let finish = project.run(&["train", "--resume", "far", "--finish"]);
    assert_eq!(finish.code, 0, "{}", finish.err);
}

#[test]
fn an_interrupted_run_can_be_ended_with_the_best_model_so_far() {
    let project = with_base();
    let rhythm = ["600", "--save-every", "7", "--out", "cut"];
    let finish = ["train", "--resume", "cut", "--finish"];

    // Before the first look there is none, and the state stays.
    let late = [&TRAIN[..], &rhythm, &["--evaluate-every", "500"]].concat();
    kill_once_saved(&project, &late, "cut.training/state.json");
    project.check_error(&finish, &["no look", "has found a model to keep"]);
    assert!(project.path("cut.training/state.json").exists());
    fs::remove_dir_all(project.path("cut.training")).unwrap();

    let early = [&TRAIN[..], &rhythm, &["--evaluate-every", "5"]].concat();
    kill_once_saved(&project, &early, "cut.training/state.json");
    let run = project.run(&finish);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.starts_with("wrote cut: dev WER"), "{}", run.out);
    assert!(run.err.contains("of 600 (--finish): step"), "{}", run.err);
    assert!(!project.path("cut.training").exists());
    assert!(project.path("cut/rescorer.json").exists());
}

#[test]
fn a_run_that_is_not_saved_is_said_to_be_none() {
    let project = with_base();
    for (words_of, named) in [
        ("train --resume --out gone", "gone.training is not there"),
        ("train --resume gone", "gone.training is not there"),
        (
            "train --out base --resume --nbest train.jsonl",
            "base.training is not there",
        ),
        ("train --resume empty", "empty.training holds none"),
    ] {
        fs::create_dir_all(project.path("empty.training")).unwrap();
        let parts = [
            "no run is saved for",
            named,
            "to begin one, give all its options",
        ];
        project.check_error(&words(words_of), &parts);
    }

    let nameless = "--resume names no run: write --resume OUT, where OUT is the folder";
    project.check_error(&["train", "--resume"], &[nameless]);

    // With what a run begins with, it begins.
    let run = project.run(&[&TRAIN[..], &["2", "--out", "new", "--resume"]].concat());
    assert_eq!(run.code, 0, "{}", run.err);
}

#[test]
fn a_run_says_which_step_it_keeps_and_whether_it_learned() {
    let project = with_base();
    let said = |lr: &str, rhythm: &[&str]| {
        let loud = TRAIN.into_iter().filter(|word| *word != "--quiet");
        let mut words: Vec<&str> = loud.collect();
        words[8] = lr;
        let more = ["--targets", "all-linear", "--out", "tuned"];
        let run = project.run(&[&words[..], rhythm, &more].concat());
        assert_eq!(run.code, 0, "{}", run.err);
        run.err
    };

    let idle = said("1e-12", &["60", "--evaluate-every", "3", "--patience", "4"]);
    let early = "of 60, since 4 looks in a row found nothing better (--patience): step";
    assert!(idle.contains(early), "{idle}");
    // It is said of the model that training began with, not of the first pass.
    assert!(idle.contains("nothing was learned"), "{idle}");
    let since = "than the model did before training (";
    assert!(idle.contains(since), "{idle}");
    let before = |text: &str| {
        let rate = text.split("before training: dev WER ").nth(1).unwrap();
        rate.split(' ').next().unwrap().parse::<f64>().unwrap()
    };
    assert!(before(&idle) > 0.0, "{idle}");

    // Where nothing is said, noise does not end a short run.
    let short = said("1e-12", &["30", "--force"]);
    assert!(short.contains(" of 30 is kept"), "{short}");

    let learned = said("1e-2", &["150", "--patience", "100"]);
    assert!(learned.contains(" of 150 is kept"), "{learned}");
    assert!(!learned.contains("nothing was learned"), "{learned}");
    let far = said("10", &["40", "--force"]);
    for (told, is_told) in [(&far, true), (&learned, false), (&idle, false)] {
        assert_eq!(
            told.contains("all texts of a list alike"),
            is_told,
            "{told}"
        );
    }
    assert_eq!(before(&learned).to_bits(), before(&idle).to_bits());
}

#[test]
fn a_check_tells_what_robust_training_may_have_seen() {
    let project = with_base();
    let robust = words("--robust perturb-1 --robust-probability 1 --out robust");

    let run = project.run(&[&TRAIN[..], &["10"], &robust].concat());
    assert_eq!(run.code, 0, "{}", run.err);
    let checkpoint: serde_json::Value =
        serde_json::from_str(&project.read("robust/rescorer.json")).unwrap();

    assert_eq!(
        checkpoint["strategy"]["robust"]["lexicon_slice"],
        "training"
    );
    assert!(checkpoint["data"]["lexicon"].is_string());

    let check = |options: &[&str]| {
        let words = ["--model", "robust", "--suite", "perturb-n"];
        let lists = ["--nbest", "dev.jsonl"];
        let run = project.run(&[&words[..], &lists, options].concat());
        assert_ne!(run.code, 2, "{}", run.err);
        run.err
    };

    let all = check(&[]);
    assert!(all.contains("% of the swaps here are of words"), "{all}");
    let held_out = check(&["--lexicon-slice", "held-out"]);
    assert!(
        held_out.contains("none of the words swapped here were swapped"),
        "{held_out}"
    );
}

#[test]
fn lists_that_a_model_was_trained_or_chosen_on_are_told() {
    // Every development list here is a training list, too.
    let project = with_base().file("other.jsonl", lists(13));
    let loud = TRAIN.into_iter().filter(|word| *word != "--quiet");
    let words: Vec<&str> = loud.chain(["4", "--out", "tuned"]).collect();
    let run = project.run(&words);
    assert_eq!(run.code, 0, "{}", run.err);
    let shared = "the development lists are all training lists, too";
    assert!(run.err.contains(shared), "{}", run.err);

    for (nbest, told) in [
        ("train.jsonl", Some("tuned was trained on (by their hash)")),
        (
            "dev.jsonl",
            Some("tuned was chosen on, and its weight tuned"),
        ),
        ("other.jsonl", None),
    ] {
        let check = ["--model", "tuned", "--suite", "perturb-1"];
        let run = project.run(&[&check[..], &["--nbest", nbest]].concat());
        assert_ne!(run.code, 2, "{}", run.err);
        let caution = "caution: these are lists that tuned was";
        let report = project.read("robustness-report/report.json");
        for text in [&run.err, &report] {
            assert_eq!(text.contains(caution), told.is_some(), "{nbest}: {text}");
            assert!(
                told.is_none_or(|told| text.contains(told)),
                "{nbest}: {text}"
            );
        }

        // So does a part of a check, which gives no verdict of its own.
        let out = format!("part-of-{nbest}");
        let part = ["--suite", "perturb-1", "--shard", "1/2", "--out", &out];
        let run = project.run(&[&part[..], &["--model", "tuned", "--nbest", nbest]].concat());
        assert_eq!(run.code, 0, "{}", run.err);
        let is_told = run.err.contains(caution);
        assert_eq!(is_told, told.is_some(), "{nbest}: {}", run.err);
    }
}

#[test]
fn a_sweep_keeps_the_best_and_goes_on_where_it_was() {
    let project = with_base();
    let arguments = |out: &'static str| -> Vec<&str> {
        let options = ["--sweep", "lr=1e-5,2e-2,1e-2", "--save-every", "5"];
        let options = [&options[..], &["--targets", "all-linear", "--out", out]].concat();
        [&TRAIN[..7], &["--quiet", "--steps", "60"], &options].concat()
    };
    let run = project.run(&arguments("whole"));
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.contains(" of 3 values): dev WER"), "{}", run.out);
    assert!(run.out.contains(", before training "), "{}", run.out);

    let checkpoint: serde_json::Value =
        serde_json::from_str(&project.read("whole/rescorer.json")).unwrap();
    let sweep = &checkpoint["strategy"]["sweep"];
    assert_eq!(sweep["option"], "lr");
    let wers: Vec<f64> = sweep["candidates"]
        .as_array()
        .unwrap()
        .iter()
        .map(|candidate| candidate["dev_wer"].as_f64().unwrap())
        .collect();
    assert_eq!(wers.len(), 3);
    let least = wers.iter().copied().fold(f64::INFINITY, f64::min);
    assert_eq!(checkpoint["strategy"]["dev_wer"].as_f64(), Some(least));
    assert!(least < wers[0], "{wers:?}");
    assert!(!project.path("whole.sweep").exists() && !project.path("whole.training").exists());

    let cost: serde_json::Value =
        serde_json::from_str(&project.read("whole/training.json")).unwrap();
    assert!(cost["sweep_seconds"].as_f64() > cost["seconds"].as_f64());

    kill_once_saved(
        &project,
        &arguments("parts"),
        "parts.sweep/lr=2e-2.training",
    );
    let again = ["robustness-check train --resume ", "parts, or remove"];
    let expected = ["parts.sweep", again[0], again[1]];
    project.check_error(&arguments("parts"), &expected);

    let other = [&arguments("parts")[..], &["--resume", "--seed", "2"]].concat();
    let told = "--seed was not given when this began, now 2";
    project.check_error(&other, &["cannot be resumed", told]);
    let run = project.run(&["train", "--resume", "parts", "--quiet"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(bytes(&project, "whole"), bytes(&project, "parts"));
}

#[test]
fn values_that_diverge_are_left_out_of_a_sweep() {
    let project = with_base();
    let words = TRAIN
        .into_iter()
        .filter(|word| !["--lr", "1e-2"].contains(word));
    let words: Vec<&str> = words.collect();
    let swept = |values: &'static str, out: &'static str| {
        let more = ["20", "--sweep", values, "--out", out];
        [&words[..], &more].concat()
    };

    let run = project.run(&swept("lr=1e6,1e-3", "one"));
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.err.contains("lr=1e6 diverged"), "{}", run.err);
    assert!(run.out.contains("(lr=1e-3 of 2 values)"), "{}", run.out);
    let checkpoint: serde_json::Value =
        serde_json::from_str(&project.read("one/rescorer.json")).unwrap();
    let candidates = &checkpoint["strategy"]["sweep"]["candidates"];
    assert_eq!(candidates[0]["diverged"], true);
    assert!(candidates[1]["dev_wer"].is_f64());

    let run = project.run(&swept("lr=1e6,9e5", "none"));
    assert_eq!(run.code, 2, "{}", run.err);
    let told = "diverged with every value; try lower ones, as in --sweep lr=5e-5,5e-4";
    assert!(run.err.contains(told), "{}", run.err);
    for left in ["one.sweep", "none", "none.sweep", "none.training"] {
        assert!(!project.path(left).exists(), "{left}");
    }
}

#[test]
fn a_sweep_that_learned_nothing_says_which_model_it_is_said_of() {
    let project = with_base();
    let loud = TRAIN.into_iter().filter(|word| *word != "--quiet");
    let words: Vec<&str> = loud
        .filter(|word| !["--lr", "1e-2"].contains(word))
        .collect();
    let more = ["6", "--sweep", "lr=1e-12,1e-11", "--out", "idle"];
    let run = project.run(&[&words[..], &more].concat());
    assert_eq!(run.code, 0, "{}", run.err);
    for told in [
        "lr=1e-12: nothing was learned",
        "lr=1e-11: nothing was learned",
        "lr=1e-12, which is kept: nothing was learned",
        "try other learning rates",
        "before  weight  best step",
    ] {
        assert!(run.err.contains(told), "{told}: {}", run.err);
    }

    let full = ["6", "--strategy", "full", "--lr", "1e-12", "--out", "full"];
    let run = project.run(&[&words[..], &full].concat());
    assert_eq!(run.code, 0, "{}", run.err);
    let rates = "--sweep lr=2e-5,5e-5,1e-4";
    assert!(run.err.contains(rates), "{}", run.err);
}

#[test]
fn a_resumed_run_warns_of_nothing_that_a_whole_one_does_not() {
    let project = with_base();
    let loud = TRAIN.into_iter().filter(|word| *word != "--quiet");
    let mut words: Vec<&str> = loud.collect();
    words[8] = "1e-12";
    let rhythm = ["300", "--save-every", "7", "--patience", "100", "--out"];
    let words = [&words[..], &rhythm].concat();
    let whole = project.run(&[&words[..], &["whole"]].concat());
    assert_eq!(whole.code, 0, "{}", whole.err);
    let parts = [&words[..], &["parts"]].concat();
    kill_once_saved(&project, &parts, "parts.training/state.json");
    let resumed = project.run(&["train", "--resume", "parts"]);
    assert_eq!(resumed.code, 0, "{}", resumed.err);
    for warning in ["nothing was learned", "all texts of a list alike"] {
        let told = [&whole, &resumed].map(|run| run.err.contains(warning));
        assert_eq!(told[0], told[1], "{warning}: {}", resumed.err);
    }
}

#[test]
fn texts_that_training_cuts_are_told() {
    let project = with_base();
    let options = ["1", "--max-length", "4", "--out", "short"];
    let run = project.run(&[&TRAIN[..], &options].concat());
    assert_eq!(run.code, 0, "{}", run.err);
    for lists in ["training", "development"] {
        let told = format!("of the {lists} lists: 4 of 4 texts are longer than the model reads");
        assert!(run.err.contains(&told), "{}", run.err);
    }

    // Scores that say the wrong texts are right leave no scale but the smallest.
    let turned = project.read("train.jsonl");
    let turned = turned.replace("-1.0", "-9.0").replace("-1.5", "-0.5");
    let project = project.file("turned.jsonl", turned);
    let mut words = [&TRAIN[..], &["1", "--out", "turned"]].concat();
    words[4] = "turned.jsonl";
    let run = project.run(&words);
    assert_eq!(run.code, 0, "{}", run.err);
    let told = "the best first-pass scale, 0.0009765625, is at the end of what is tried";
    assert!(run.err.contains(told), "{}", run.err);
}

#[test]
fn seeds_of_every_strategy_are_compared_under_one_label() {
    let project = with_base();
    let robust = words("--strategy lora --robust perturb-n --robust-probability 0.5");
    let strategies = ["full", "lora", "dynamic", "warmup", "mixed"];
    let named = strategies.map(|name| (name, vec!["--strategy", name]));
    let mut models: Vec<String> = Vec::new();
    for (name, options) in named.into_iter().chain([("robust", robust)]) {
        for seed in ["1", "2"] {
            let out = format!("{name}-{seed}");
            let seeded = ["8", "--seed", seed, "--out", &out];
            let run = project.run(&[&TRAIN[..], &seeded, &options].concat());
            assert_eq!(run.code, 0, "{name}: {}", run.err);
            models.extend(["--model".to_owned(), format!("{name}={out}")]);
        }
    }
    for seed in ["1", "2"] {
        let (from, to) = (format!("dynamic-{seed}"), format!("plain-{seed}"));
        let run = project.run(&["export", &from, "--to", "lora", "--out", &to]);
        assert_eq!(run.code, 0, "{}", run.err);
        models.extend(["--model".to_owned(), format!("plain={to}")]);
    }

    // Whoever adds a field decides whether seeds may differ in it (`SETTLED_FIELDS`).
    let record: serde_json::Value =
        serde_json::from_str(&project.read("robust-1/rescorer.json")).unwrap();
    let mut fields: Vec<&String> = record["strategy"].as_object().unwrap().keys().collect();
    fields.sort();
    let settled = ["learning_rate", "name", "objective", "robust", "steps"];
    let found = [
        "best_step",
        "dev_wer",
        "dev_wer_before",
        "dev_wer_first_pass",
    ];
    let mut known = [&settled[..], &found].concat();
    known.sort_unstable();
    assert_eq!(fields, known);

    let models: Vec<&str> = models.iter().map(String::as_str).collect();
    let options = words("--suite perturb-1 --nbest dev.jsonl --format json");
    let run = project.run(&[&["compare"], &models[..], &options].concat());
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(!run.err.contains("cannot be told whether"), "{}", run.err);
    let report: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    let contenders = report["contenders"].as_array().unwrap();
    let seeds = |contender: &serde_json::Value| contender["rescorers"].as_array().unwrap().len();
    assert_eq!(contenders.iter().map(seeds).collect::<Vec<_>>(), [2; 7]);
}

#[test]
fn objectives_are_combined_and_a_teacher_is_asked() {
    let project = with_base();
    let train = |out: &str, options: &[&str]| -> serde_json::Value {
        let words = [&TRAIN[..], &["8", "--out", out], options].concat();
        let run = project.run(&words);
        assert_eq!(run.code, 0, "{}", run.err);
        serde_json::from_str(&project.read(&format!("{out}/rescorer.json"))).unwrap()
    };
    let weights = ["--mwed", "0.5", "--distillation", "1e-4"];
    let more = ["--correlation", "0.01", "--lr-schedule", "cosine"];
    let all = train("all", &[&weights[..], &more].concat());

    assert_eq!(
        all["strategy"]["objective"],
        serde_json::json!({"list": "mwer", "mwed": 0.5, "distillation": 1e-4, "correlation": 0.01})
    );
    assert_eq!(all["data"]["teacher"], all["data"]["base"]);

    let alone = train("alone", &["--objective", "distillation"]);
    assert_eq!(alone["strategy"]["objective"]["list"], "distillation");
    let full_first = ["--strategy", "warmup", "--warm-up-from", "full"];
    train("full-first", &full_first);
    assert!(project.path("full-first/model.safetensors").exists());

    // A trained rescorer has no head for hidden words.
    let teacher = ["--teacher", "full-first", "--distillation", "1e-4"];
    let refused = [&TRAIN[..], &["8", "--out", "x"], &teacher].concat();
    project.check_error(&refused, &["full-first", "no head for hidden words"]);

    let refused = [&TRAIN[..], &["8", "--out", "x"], &teacher[..2]].concat();
    project.check_error(&refused, &["--teacher", "--distillation"]);
}

#[test]
fn training_refuses_what_cannot_work() {
    let project = project()
        .file("train.jsonl", lists(4))
        .file("typo.toml", "strategy = \"lora\"\nalhpa = 8\n")
        .file("config.json", CONFIG);
    let lists = words("train --nbest train.jsonl --dev train.jsonl --out x");
    project.check_error(&lists, &["--base"]);
    project.check_error(&[&lists[..], &["--base", "absent"]].concat(), &["absent"]);

    let base = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/fixtures/checkpoints/demo-base"
    );
    let based = [&lists[..], &["--base", base]].concat();

    project.check_error(
        &[&based[..], &["--consistency", "0.1"]].concat(),
        &["--consistency", "--robust perturb-n"],
    );

    let robust = ["--robust", "perturb-n", "--robust-probability", "1.5"];
    project.check_error(
        &[&based[..], &robust].concat(),
        &["robust-probability", "at most 1"],
    );
    project.check_error(
        &["train", "--recipe", "typo.toml"],
        &["typo.toml", "line 2", "alpha"],
    );
    project.check_error(
        &words("train --objective mlm --new config.json --text absent.txt --out x"),
        &["absent.txt"],
    );
}
