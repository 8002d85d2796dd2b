//! What can be wrong with a model, as the command line says it.

use std::fs;

use crate::project::{Project, project, repository, words};

const LIST: &str = r#"{"id": "a", "speaker": "b", "ref": "the weather is fine", "hyps": [{"text": "the weather is fine", "score": -1}, {"text": "whether is fine", "score": -2}]}"#;

/// A project with a list, and a copy of a folder of the reference models.
fn with_copy(folder: &str) -> Project {
    let mut project = project().file("lists.jsonl", LIST);
    let from = repository("fixtures/reference/hf-peft").join(folder);
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("model/{}", path.file_name().unwrap().to_str().unwrap());
        project = project.file(&name, fs::read(&path).unwrap());
    }
    project
}

/// The demo's checkpoint.
fn demo() -> String {
    repository("fixtures/checkpoints/demo")
        .to_str()
        .unwrap()
        .to_owned()
}

fn base() -> String {
    repository("fixtures/reference/hf-peft/bert-tiny")
        .to_str()
        .unwrap()
        .to_owned()
}

#[track_caller]
fn check_refused(project: &Project, options: &[&str], expected: &[&str]) {
    let arguments = [
        &["score", "--model", "model", "--nbest", "lists.jsonl"],
        options,
    ]
    .concat();
    project.check_error(&arguments, expected);
}

/// The project with one substitution in a text file of its model.
fn edited(project: &Project, file: &str, from: &str, to: &str) {
    let path = project.path("model").join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{text}");
    fs::write(path, text.replace(from, to)).unwrap();
}

#[test]
fn a_reference_model_scores_a_list() {
    let project = with_copy("bert-tiny");
    let run = project.run(&["score", "--model", "model", "--nbest", "lists.jsonl"]);
    assert_eq!(run.code, 0, "{}", run.err);

    let line: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    // transformers 5.23.0, fixtures/reference/hf-peft/scores.json, "base".
    let expected = [1.930_940_747, 2.272_899_389];
    for (score, expected) in line["scores"].as_array().unwrap().iter().zip(expected) {
        assert!(
            (score.as_f64().unwrap() - expected).abs() < 1e-4,
            "{score} {expected}"
        );
    }

    assert_eq!(line["texts"][1], "whether is fine");
}

#[test]
fn threads_batches_and_the_order_of_files_change_no_score_of_a_model() {
    let lists = fs::read_to_string(repository("fixtures/nbest/dev.jsonl")).unwrap();
    let lines: Vec<&str> = lists.lines().take(30).collect();
    let mut project = with_copy("bert-tiny");
    for (name, part) in [("a.jsonl", &lines[..11]), ("b.jsonl", &lines[11..])] {
        project = project.file(name, part.join("\n"));
    }

    let run = |first, second, jobs, tokens, out: &str| {
        let files = ["--nbest", first, "--nbest", second];
        let speed = ["--jobs", jobs, "--batch-tokens", tokens, "--out", out];
        let what = ["--model", "model", "--suite", "perturb-n", "--seed", "3"];
        let run = project.run(&[&what[..], &files, &speed].concat());
        assert_ne!(run.code, 2, "{}", run.err);
        let report = project.read(&format!("{out}/report.json"));
        let mut report: serde_json::Value = serde_json::from_str(&report).unwrap();
        report.as_object_mut().unwrap().remove("run").unwrap();
        (report, project.cases(out))
    };

    let one = run("a.jsonl", "b.jsonl", "1", "4096", "one");
    assert_eq!(one, run("b.jsonl", "a.jsonl", "2", "4096", "two"));
    assert_eq!(one, run("a.jsonl", "b.jsonl", "2", "1", "three"));
}

#[cfg(unix)]
#[test]
fn a_pipe_or_a_folder_in_the_place_of_a_file_is_refused() {
    use std::os::unix::fs::symlink;

    let names = [
        "tokenizer.json",
        "tokenizer_config.json",
        "config.json",
        "model.safetensors",
        "vocab.txt",
        "merges.txt",
        "rescorer.json",
    ];
    for name in names {
        let project = with_copy("bert-tiny");
        let path = project.path("model").join(name);
        // Some are not there.
        let _ = fs::remove_file(&path);
        let made = std::process::Command::new("mkfifo").arg(&path).status();
        assert!(made.unwrap().success());
        check_refused(&project, &[], &[name, "it is a pipe"]);

        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        check_refused(&project, &[], &[name, "it is a folder"]);

        // A link to itself, and one to nothing, as an incomplete cache has them.
        fs::remove_dir(&path).unwrap();
        for target in [name, "blobs/gone"] {
            symlink(target, &path).unwrap();
            let said = format!("it is a symbolic link to {target}, which leads nowhere");
            check_refused(&project, &[], &[name, &said]);
            fs::remove_file(&path).unwrap();
        }
    }

    let project = project().file("lists.jsonl", LIST);
    symlink("round", project.path("round")).unwrap();
    for line in [
        "score --model round --nbest lists.jsonl",
        "score --model first-pass --nbest round",
    ] {
        let said = "it is a symbolic link to round, which leads nowhere";
        project.check_error(&words(line), &["failed to read round: ", said]);
    }
}

#[test]
fn a_folder_that_is_no_model_is_refused() {
    let project = project()
        .file("lists.jsonl", LIST)
        .file("model/notes.txt", "hello");
    check_refused(&project, &[], &["model", "config.json"]);

    let absent = ["score", "--model", "absent", "--nbest", "lists.jsonl"];
    project.check_error(&absent, &["absent"]);
    let near = ["score", "--model", "fist-pass", "--nbest", "lists.jsonl"];
    project.check_error(&near, &["fist-pass", "first-pass"]);

    let file = ["score", "--model", "lists.jsonl", "--nbest", "lists.jsonl"];
    project.check_error(&file, &["lists.jsonl", "folder"]);
}

#[test]
fn damaged_weights_are_refused() {
    let project = with_copy("bert-tiny");

    let path = project.path("model/model.safetensors");
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    check_refused(&project, &[], &["model.safetensors"]);
    fs::write(&path, b"").unwrap();
    check_refused(&project, &[], &["model.safetensors"]);
}

#[test]
fn weights_of_another_shape_are_refused_with_both_shapes() {
    let project = with_copy("bert-tiny");
    edited(
        &project,
        "config.json",
        "\"intermediate_size\": 96",
        "\"intermediate_size\": 64",
    );
    check_refused(&project, &[], &["intermediate", "96", "64"]);
}

#[test]
fn a_model_of_another_kind_is_refused() {
    let project = with_copy("bert-tiny");
    edited(
        &project,
        "config.json",
        "\"model_type\": \"bert\"",
        "\"model_type\": \"gpt2\"",
    );
    check_refused(&project, &[], &["config.json", "model_type", "gpt2"]);
}

#[test]
fn a_tokenizer_without_special_tokens_is_refused() {
    let project = with_copy("bert-tiny");
    edited(&project, "tokenizer.json", "[CLS]", "[XXX]");
    check_refused(&project, &[], &["tokenizer.json", "[CLS]"]);
}

#[test]
fn the_part_of_a_tokenizer_or_the_field_that_is_wrong_is_named() {
    let project = with_copy("bert-tiny");
    let whole = project.read("model/tokenizer.json");
    let whole: serde_json::Value = serde_json::from_str(&whole).unwrap();
    // Of a tokenizer of BERT's own class the post-processor would be made anew.
    let class = r#"{"tokenizer_class": "PreTrainedTokenizerFast"}"#;
    fs::write(project.path("model/tokenizer_config.json"), class).unwrap();
    for (pointer, value, expected) in [
        (
            "/post_processor/special_tokens",
            "{}",
            "its `post_processor` cannot put",
        ),
        (
            "/post_processor",
            r#"{"type": "x"}"#,
            "`post_processor` has a form that is not known",
        ),
        (
            "/model",
            "3",
            "`model` is the number 3; it must be an object",
        ),
        (
            "/model/vocab",
            r#"{"a": "x"}"#,
            "`model.vocab` gives the token `a` the id \"x\"",
        ),
        (
            "/decoder",
            r#"{"type": "x"}"#,
            "`decoder` has a form that is not known",
        ),
        ("", "[1, 2]", "it is an array; it must be an object"),
    ] {
        let mut changed = whole.clone();
        *changed.pointer_mut(pointer).unwrap() = serde_json::from_str(value).unwrap();
        fs::write(project.path("model/tokenizer.json"), changed.to_string()).unwrap();
        check_refused(&project, &[], &["model/tokenizer.json", expected]);
        let err = project
            .run(&words("score --model model --nbest lists.jsonl"))
            .err;
        for word in ["enum", "struct", "no entry found for key:"] {
            assert!(!err.contains(word), "{err}");
        }
    }

    let project = with_copy("bert-tiny");
    edited(
        &project,
        "config.json",
        "\"hidden_size\": 48",
        "\"hidden_size\": \"x\"",
    );
    let expected = "`hidden_size` is the string \"x\"; it must be a whole number from 0";
    check_refused(&project, &[], &["model/config.json", expected]);
}

#[test]
fn a_damaged_vocabulary_is_refused_or_warned_of() {
    let model = repository("fixtures/cases/24-vocab-txt-only/model");
    let mut project = project().file("lists.jsonl", LIST);
    for entry in fs::read_dir(model).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("model/{}", path.file_name().unwrap().to_str().unwrap());
        project = project.file(&name, fs::read(&path).unwrap());
    }
    let whole = project.read("model/vocab.txt");
    let lines: Vec<&str> = whole.lines().collect();
    let score = words("score --model model --nbest lists.jsonl");

    let cut = &lines[..lines.len() - 1];
    let mut sorted = lines.clone();
    sorted.sort_unstable();
    for (vocabulary, expected) in [(cut, "vocab_size 186"), (&sorted, "pad_token_id 0")] {
        fs::write(project.path("model/vocab.txt"), vocabulary.join("\n")).unwrap();
        let run = project.run(&score);
        assert_eq!(run.code, 0, "{}", run.err);
        let mut warnings = run.err.lines().filter(|line| line.starts_with("warning:"));
        let named = |line: &str| line.contains("model/vocab.txt") && line.contains(expected);
        assert!(warnings.any(named), "{}", run.err);
    }

    let twice = [&lines[..], &lines[100..101]].concat();
    fs::write(project.path("model/vocab.txt"), twice.join("\n")).unwrap();
    let expected = [
        "model/vocab.txt",
        "line 187 is `",
        "as line 101 is",
        "copy the file",
    ];
    check_refused(&project, &[], &expected);
}

#[test]
fn an_option_of_an_adapter_that_changes_the_score_is_not_ignored() {
    let project = with_copy("adapter-lora");
    edited(
        &project,
        "adapter_config.json",
        "\"layer_replication\": null",
        "\"layer_replication\": [[0, 2]]",
    );
    check_refused(
        &project,
        &["--base", &base()],
        &["adapter_config.json", "layer_replication"],
    );
}

#[test]
fn an_adapter_without_its_base_says_what_to_give() {
    let project = with_copy("adapter-lora");
    check_refused(&project, &[], &["adapter_config.json", "base"]);
}

#[test]
fn every_export_of_an_adapter_is_weighed_as_its_side_file_says() {
    let side = r#"{"weight": 0.25, "score_scale": 0.125}"#;
    let project = with_copy("adapter-lora").file("model/rescoring.json", side);
    let base = base();
    for form in ["merged", "peft", "lora"] {
        let mut words = vec![
            "export", "model", "--base", &base, "--to", form, "--out", form,
        ];
        let run = project.run(&words);
        assert_eq!(run.code, 0, "{form}: {}", run.err);

        words = vec![
            "--model",
            form,
            "--suite",
            "perturb-1",
            "--nbest",
            "lists.jsonl",
        ];
        let run = project.run(&words);
        assert_ne!(run.code, 2, "{form}: {}", run.err);
        assert!(!run.err.contains("no interpolation weight"), "{}", run.err);
        let report = project.read("robustness-report/report.json");
        let report: serde_json::Value = serde_json::from_str(&report).unwrap();
        let model = &report["model"];
        assert_eq!(model["weight"], 0.25, "{form}");
        assert_eq!(model["first_pass_scale"], 0.125, "{form}");
    }
}

#[test]
fn a_checkpoint_of_another_version_is_refused() {
    let project = with_copy("bert-tiny");
    fs::write(
        project.path("model/rescorer.json"),
        r#"{"format_version": 99}"#,
    )
    .unwrap();
    check_refused(&project, &[], &["rescorer.json"]);
}

#[test]
fn a_gpu_that_is_not_there_is_one_clear_error() {
    let project = with_copy("bert-tiny");
    check_refused(&project, &["--device", "cuda:0"], &["GPU"]);
    check_refused(&project, &["--device", "tpu"], &["tpu", "cpu"]);
}

#[test]
fn scores_computed_elsewhere_stand_in_for_a_model() {
    let project = with_copy("bert-tiny");
    let scored = project.run(&words(
        "score --model model --nbest lists.jsonl --out s.jsonl",
    ));
    assert_eq!(scored.code, 0, "{}", scored.err);

    let direct = project.run(&["score", "--model", "model", "--nbest", "lists.jsonl"]);
    let again = project.run(&words("score --model scores:s.jsonl --nbest lists.jsonl"));
    assert_eq!(direct.out, again.out);

    let other = project.path("other.jsonl");
    fs::write(&other, LIST.replace("whether", "wether")).unwrap();
    let arguments = words("score --model scores:s.jsonl --nbest other.jsonl");

    project.check_error(&arguments, &["wether is fine"]);
}

#[test]
fn an_adapter_whose_base_has_changed_is_used_with_a_warning() {
    let mut project = project().file("lists.jsonl", LIST);
    for folder in ["demo", "demo-base"] {
        for entry in fs::read_dir(repository("fixtures/checkpoints").join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let name = format!("{folder}/{}", path.file_name().unwrap().to_str().unwrap());
            project = project.file(&name, fs::read(&path).unwrap());
        }
    }

    let score = ["score", "--model", "./demo", "--nbest", "lists.jsonl"];
    let same = project.run(&score);
    assert_eq!((same.code, same.err.as_str()), (0, ""));

    let config = fs::read_to_string(project.path("demo-base/config.json")).unwrap();
    let project = project.file("demo-base/config.json", config + "\n");
    let warned = |command: &str, model: &str| {
        let run = project.run(&words(command));
        assert_eq!(run.code, 0, "{}", run.err);
        let message = format!("{model} was trained on another model than");
        assert!(run.err.contains(&message), "{}", run.err);
        assert!(run.err.contains("demo-base"), "{}", run.err);
    };
    warned("score --model ./demo --nbest lists.jsonl", "demo");
    warned("export ./demo --to merged --out merged", "demo");
    warned("ranks ./merged --base demo-base", "merged");
}

#[test]
fn a_lower_precision_is_recorded_with_what_it_changes() {
    let check = |name: &str, threads: &str| {
        let (project, demo) = (project(), demo());
        let run = project.run(&[
            "--model",
            &demo,
            "--suite",
            "perturb-1",
            "--draws",
            "1",
            "--max-failures",
            "2",
            "--precision",
            "int8",
            "--out",
            name,
            "-j",
            threads,
        ]);
        assert!(run.code != 2, "{}", run.err);
        let report = project.read(&format!("{name}/report.json"));
        (
            serde_json::from_str::<serde_json::Value>(&report).unwrap(),
            run,
        )
    };
    let (one, run) = check("one", "1");
    assert_eq!(one["model"]["precision"], "int8");
    let caution = &one["cautions"][0];
    assert_eq!(caution["kind"], "rounded");
    let wording = caution["wording"].as_str().unwrap();
    assert!(wording.contains("of 100 clean lists"), "{wording}");
    assert!(run.out.contains(&wording[..60]), "{}", run.out);

    let (two, _) = check("two", "2");
    assert_eq!(one["checks"], two["checks"]);
}

#[test]
fn a_lower_precision_is_not_for_other_devices() {
    project().check_error(
        &[
            "--model",
            &demo(),
            "--suite",
            "perturb-1",
            "--precision",
            "int8",
            "--device",
            "cuda:0",
        ],
        &["--precision int8", "leave out --device"],
    );
    project().check_error(
        &words("--model first-pass --suite perturb-1 --precision int8"),
        &["--precision does nothing", "--model first-pass"],
    );
}
