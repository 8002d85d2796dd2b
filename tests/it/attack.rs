//! Files that broke the program, and bombs of their kinds: each ends in one error that names it,
//! soon and within bounds of memory.

use std::fmt::Write as _;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::mutants::outcome::{End, run};
use crate::mutants::readers::copy;
use crate::project::{Project, project, repository, words};

const LIST: &str = r#"{"id": "a", "speaker": "b", "ref": "the weather is fine", "hyps": [{"text": "the weather is fine", "score": -1}, {"text": "whether is fine", "score": -2}]}"#;

/// A project with a list and the good files of models.
fn with_models() -> Project {
    let project = project().file("list.jsonl", LIST);
    let reference = repository("fixtures/reference/hf-peft");
    copy(&reference.join("bert-tiny"), &project.path("tiny"));
    copy(&reference.join("adapter-lora"), &project.path("adapter"));
    copy(
        &repository("fixtures/checkpoints/demo"),
        &project.path("demo"),
    );
    copy(
        &repository("fixtures/checkpoints/demo-base"),
        &project.path("demo-base"),
    );

    project
}

fn attack(name: &str) -> PathBuf {
    repository("fixtures/attack").join(name)
}

/// Runs the binary and expects one error within the limits, with all of `expected` in it.
#[track_caller]
fn check_refused(project: &Project, command: &str, expected: &[&str]) {
    let arguments: Vec<String> = command.split(' ').map(str::to_owned).collect();
    let binary = Path::new(env!("CARGO_BIN_EXE_robustness-check"));
    let outcome = run(binary, &project.path(""), &arguments);
    assert!(
        matches!(outcome.end, End::Refused),
        "{command}: {:?}: {}",
        outcome.end,
        outcome.said
    );
    for part in expected {
        assert!(
            outcome.said.contains(part),
            "{command}: no {part:?} in {}",
            outcome.said
        );
    }
}

#[track_caller]
fn check_in_place(name: &str, target: &str, command: &str, expected: &str) {
    let project = with_models();
    fs::copy(attack(name), project.path(target)).unwrap();
    let file = target.rsplit('/').next().unwrap();
    check_refused(&project, command, &[file, expected]);
}

#[test]
fn files_of_models_are_refused_by_name() {
    let tiny = "score --model tiny --nbest list.jsonl";
    for (name, expected) in [
        (
            "config.hang.7.config.json",
            "`num_hidden_layers` is 1000000",
        ),
        (
            "config.panic.6.config.json",
            "`num_hidden_layers` is 9223372036854775808",
        ),
        (
            "config.signal6.5.config.json",
            "`num_hidden_layers` is 2147483648",
        ),
        ("config.noname.1.config.json", "`hidden_size` is 2147483648"),
    ] {
        check_in_place(name, "tiny/config.json", tiny, expected);
    }

    for (name, expected) in [
        ("tokenizer-2.panic.4.tokenizer.json", "line 140"),
        ("tokenizer.hang.2.tokenizer.json", "1.074e9 times longer"),
    ] {
        check_in_place(name, "tiny/tokenizer.json", tiny, expected);
    }

    check_in_place(
        "adapter_config.noname.1.adapter_config.json",
        "adapter/adapter_config.json",
        "score --model adapter --base tiny --nbest list.jsonl",
        "`lora_alpha` is 1e+308",
    );
    check_in_place(
        "rescorer.noname.1.rescorer.json",
        "demo/rescorer.json",
        "score --model ./demo --nbest list.jsonl",
        "`max_length` is 2147483648",
    );
}

/// The post-processor of the file has a token that is none; the class makes its own of it.
#[test]
fn a_post_processor_that_the_class_replaces_is_warned_of() {
    let project = with_models();
    let score = words("score --model tiny --nbest list.jsonl");
    let intact = project.run(&score);
    let file = attack("tokenizer-2.panic.1.tokenizer.json");
    fs::copy(file, project.path("tiny/tokenizer.json")).unwrap();

    let replaced = project.run(&score);
    assert_eq!(replaced.code, 0, "{}", replaced.err);
    assert_eq!(replaced.out, intact.out);
    assert!(
        replaced
            .err
            .contains("tiny/tokenizer.json: it does not put [CLS] and [SEP] around"),
        "{}",
        replaced.err
    );
}

#[test]
fn suites_recipes_and_counts_are_refused_by_name() {
    let project = with_models();
    for name in [
        "recipe.signal6.2.m.toml",
        "suite-sev.hang.2.m.toml",
        "suite-max-distance.toml",
        "significance-1e18-a.jsonl",
        "significance-1e18-b.jsonl",
    ] {
        fs::copy(attack(name), project.path(name)).unwrap();
    }

    let recipe = "train --recipe recipe.signal6.2.m.toml --base tiny --nbest list.jsonl --dev \
        list.jsonl --out out";
    check_refused(
        &project,
        recipe,
        &["recipe.signal6.2.m.toml, line 11", "`initial-rank`"],
    );

    let suite = "--model first-pass --suite suite-sev.hang.2.m.toml";
    check_refused(
        &project,
        suite,
        &["suite-sev.hang.2.m.toml, line 65", "`max_distance` is 6.1"],
    );

    let suite = "--model first-pass --suite suite-max-distance.toml";
    check_refused(
        &project,
        suite,
        &["suite-max-distance.toml, line 6", "`max_distance` is 64.9"],
    );

    let counts = "significance significance-1e18-a.jsonl significance-1e18-b.jsonl";
    check_refused(
        &project,
        counts,
        &["significance-1e18-a.jsonl, line 1", "2^53"],
    );
}

#[test]
fn boundaries_are_cut_within_a_distance_that_ends() {
    let suite = |distance: &str| {
        format!(
            "name = \"x\"\n[[check]]\nname = \"c\"\nperturbation = \"perturb-n\"\nmax_distance = \
                {distance}\nkinds = {{ boundary = 1 }}\n"
        )
    };
    let project = with_models()
        .file("far.toml", suite("0.7"))
        .file("near.toml", suite("0.6"));

    check_refused(
        &project,
        "--model first-pass --suite far.toml",
        &["far.toml, line 5", "above 0.6"],
    );

    let run = project.run(&["perturb", "--suite", "near.toml", "--nbest", "list.jsonl"]);
    assert_eq!(run.code, 0, "{}", run.err);
}

/// A line whose id has so many letters.
fn write_bomb(out: &mut dyn Write, letters: usize) {
    out.write_all(b"{\"id\": \"").unwrap();
    let block = vec![b'a'; 1 << 16];
    for _ in 0..letters / block.len() {
        out.write_all(&block).unwrap();
    }
    out.write_all(b"\"}\n").unwrap();
}

#[test]
fn bombs_are_refused_without_being_held() {
    let project = with_models();
    let mut packed =
        zstd::Encoder::new(fs::File::create(project.path("bomb.zst")).unwrap(), 1).unwrap();
    write_bomb(&mut packed, 1 << 30);
    packed.finish().unwrap();

    let level = flate2::Compression::fast();
    let mut packed =
        flate2::write::GzEncoder::new(fs::File::create(project.path("bomb.gz")).unwrap(), level);
    write_bomb(&mut packed, 64 << 20);
    packed.finish().unwrap();
    write_bomb(
        &mut fs::File::create(project.path("bomb.jsonl")).unwrap(),
        64 << 20,
    );
    for name in ["bomb.zst", "bomb.gz", "bomb.jsonl"] {
        check_refused(
            &project,
            &format!("nbest stat {name}"),
            &[name, "line 1", "--max-line"],
        );
    }

    let records = "[".repeat(1 << 20) + &"{\"a\": 1}, ".repeat(4 << 20);
    fs::write(project.path("records.json"), records).unwrap();
    check_refused(
        &project,
        "nbest stat --nbest-format hyporadise records.json",
        &["records.json", "--max-line"],
    );

    let limited = "nbest stat --max-file 1000 list.jsonl list.jsonl";
    fs::write(
        project.path("list.jsonl"),
        LIST.repeat(10).replace("}]}", "}]}\n"),
    )
    .unwrap();
    check_refused(&project, limited, &["list.jsonl", "--max-file"]);

    let toml = "name = \"x\"\n".to_owned() + &"[[check]]\nname = \"c\"\n".repeat(2_500_000);
    fs::write(project.path("huge.toml"), toml).unwrap();
    check_refused(
        &project,
        "--model first-pass --suite huge.toml",
        &["huge.toml", "larger than 1 MiB"],
    );
    check_refused(
        &project,
        "train --recipe huge.toml",
        &["huge.toml", "larger than 1 MiB"],
    );
}

#[test]
fn what_is_nested_without_end_is_refused() {
    let deep = |beginning: &str| beginning.to_owned() + &"[".repeat(100_000);
    let project = with_models()
        .file("deep.jsonl", deep("{\"id\": \"a\", \"ref\": "))
        .file("deep.toml", deep("name = "))
        .file("deep.trn", "{ ".repeat(50_000) + "a (u1)")
        .file("tiny/config.json", deep("{\"model_type\": "));
    let (json, toml) = ("recursion limit exceeded", "max recursion depth met");
    let trn = "nbest stat --nbest-format trn --refs deep.trn deep.trn";
    for (command, expected) in [
        ("nbest stat deep.jsonl", ["deep.jsonl, line 1", json]),
        (
            "--model first-pass --suite deep.toml",
            ["suite deep.toml, line 1", toml],
        ),
        (
            "train --recipe deep.toml",
            ["recipe deep.toml, line 1", toml],
        ),
        (trn, ["deep.trn, line 1", "less deep"]),
        (
            "score --model tiny --nbest list.jsonl",
            ["config.json", json],
        ),
    ] {
        check_refused(&project, command, &expected);
    }
}

#[test]
fn numbers_beyond_reason_are_refused() {
    let project = with_models();
    for (option, value) in [
        ("--weight", "1e308"),
        ("--weight", "NaN"),
        ("--first-pass-scale", "1e300"),
        ("--noise", "inf"),
        ("--draws", "1000000000"),
    ] {
        let command =
            format!("--model first-pass --suite perturb-1 --nbest list.jsonl {option} {value}");
        check_refused(&project, &command, &[option, value]);
    }

    let base = words("--model first-pass --suite perturb-1 --out report");
    assert_ne!(project.run(&base).code, 2);

    let command = "--model first-pass --suite perturb-1 --baseline report/report.json";
    check_refused(
        &project,
        &format!("{command} --baseline-margin 1e308"),
        &["--baseline-margin"],
    );

    let counts = project.read("report/utterances.jsonl");
    let huge = counts.replacen(
        "\"reference_words\":",
        "\"reference_words\":9223372036854775808",
        1,
    );
    let mut report: serde_json::Value =
        serde_json::from_str(&project.read("report/report.json")).unwrap();

    // A baseline that another program made carries no hash.
    report.as_object_mut().unwrap().remove("utterances_hash");
    let project = project
        .file("base/report.json", report.to_string())
        .file("base/utterances.jsonl", huge);
    let command = command.replace("report/", "base/");

    check_refused(&project, &command, &["utterances.jsonl", "line 1"]);
}

#[test]
fn control_characters_of_files_do_not_reach_the_terminal() {
    let id = r"\u001b[2J\n\u001b]0;owned\u0007\u009b31m";
    let mut lines = String::new();
    for (index, line) in fs::read_to_string(repository("fixtures/nbest/dev.jsonl"))
        .unwrap()
        .lines()
        .take(12)
        .enumerate()
    {
        let (_, rest) = line.split_once(',').unwrap();
        let rest = rest.replace("flite", "\\u001b[31mflite");
        writeln!(lines, "{{\"id\": \"{id}{index}\",{rest}").unwrap();
    }

    let project = with_models().file("ctl.jsonl", lines);
    for command in [
        "--model tiny --first-pass-scale 0.001 --suite perturb-n --nbest ctl.jsonl --out report",
        "--model tiny --first-pass-scale 0.001 --suite perturb-n --nbest ctl.jsonl --color always",
        "nbest stat ctl.jsonl",
        "nbest convert ctl.jsonl",
        "nbest stat ctl.jsonl ctl.jsonl",
        "perturb --suite perturb-1 --nbest ctl.jsonl",
        "score --model tiny --nbest ctl.jsonl",
        "replay report --model tiny",
        "explain report --model tiny",
        "significance report/utterances.jsonl list.jsonl",
        "compare --model tiny --model first-pass --suite perturb-1 --nbest ctl.jsonl",
        "score --model \u{1b}[2J --nbest ctl.jsonl",
    ] {
        let run = project.run(&command.split(' ').collect::<Vec<_>>());
        assert!(!run.err.contains("panicked"), "{command}: {}", run.err);
        // Colors of ours pass.
        let codes = ["[1m", "[0m", "[33m", "[1;31m", "[1;32m", "[1;33m"];
        for text in [run.out, run.err] {
            let plain = codes.iter().fold(text, |text, code| {
                text.replace(&format!("\u{1b}{code}"), "")
            });
            let control = plain.chars().find(|c| c.is_control() && *c != '\n');
            assert_eq!(control, None, "{command}: {plain:?}");
            assert!(!plain.contains("[2J\n"), "{command}: {plain}");
        }
    }

    let page = project.read("report/report.md");
    assert!(
        page.contains("\\u001b") && !page.contains('\u{1b}'),
        "{page}"
    );
}

#[test]
fn no_name_in_a_file_passes_for_a_line_of_the_output() {
    let forged = "x\n  FORGED  PASS\n  y";
    let list = |id: &str| {
        format!(
            "{{\"id\": {}, \"ref\": \"two cups\", \"hyps\": [{{\"text\": \"too cups\", \"score\": \
             -1}}, {{\"text\": \"two cups\", \"score\": -2}}]}}\n",
            serde_json::Value::from(id)
        )
    };
    let lists = list(forged) + &list("z");
    let twice = list(forged).repeat(2);
    let folder = format!("{forged}/lists.jsonl");
    let project = project().file("lists.jsonl", lists.clone());
    let project = project.file("twice.jsonl", twice);
    fs::create_dir(project.path(forged)).unwrap();
    let project = project.file(&folder, lists);

    let (fails, missing) = (format!("exec:false {forged}"), format!("{forged}/none"));
    let check = words("--suite perturb-1 --draws 1 --model demo --nbest");
    let compare = words("compare --suite perturb-1 --draws 1 --model demo --nbest lists.jsonl");
    for (command, more) in [
        (words("nbest stat"), vec!["twice.jsonl"]),
        (words("nbest stat"), vec![&folder]),
        (words("nbest stat"), vec![&missing]),
        (
            words("nbest convert --to kaldi --out k"),
            vec!["lists.jsonl"],
        ),
        (words("score --nbest lists.jsonl --model"), vec![&fails]),
        (words("score --nbest lists.jsonl --model"), vec![&missing]),
        (words("score --nbest lists.jsonl --device"), vec![forged]),
        (words("neighbours"), vec!["two", forged]),
        (words("merge"), vec![&missing]),
        (
            words("tune --model demo --out tuned.toml --nbest"),
            vec![&folder],
        ),
        (compare, vec!["--out", forged]),
        (check.clone(), vec![&folder, "--dry-run"]),
        (
            check,
            vec![&folder, "--out", "report", "--junit", "junit.xml"],
        ),
    ] {
        let arguments = [command, more].concat();
        let run = project.run(&arguments);
        for text in [run.out, run.err] {
            let is_forged = |line: &&str| line.trim_start().starts_with("FORGED");
            assert_eq!(text.lines().find(is_forged), None, "{arguments:?}: {text}");
        }
    }

    for file in ["report/report.md", "junit.xml"] {
        assert!(!project.read(file).contains("\n  FORGED"), "{file}");
    }
}

#[test]
fn compressed_data_that_is_cut_off_is_told_once() {
    let project = project().file("words.gz", [0x1f, 0x8b, 8, 0]);
    for command in ["neighbours two --lexicon words.gz", "nbest stat words.gz"] {
        let command = words(command);
        let damaged = "the gzip data is cut off or damaged; copy or make the file again";
        project.check_error(&command, &["words.gz", damaged]);
        let err = project.run(&command).err;
        assert_eq!(err.matches("unexpected end of file").count(), 1, "{err}");
    }
}

#[test]
fn a_line_without_an_end_is_refused_by_every_reader_of_lines() {
    let list = r#"{"id": "u1", "ref": "two cups", "hyps": [{"text": "two cups", "score": -1}]}"#;
    let project = project()
        .file("lists.jsonl", list)
        .file("endless", "a".repeat(17 << 20));
    for arguments in [
        &words("nbest stat lists.jsonl --utt2spk endless")[..],
        &words("significance endless endless"),
        &words("train --base demo --objective mlm --text endless --out trained"),
    ] {
        project.check_error(
            arguments,
            &["endless, line 1", "longer than 16777216 bytes"],
        );
    }
}
