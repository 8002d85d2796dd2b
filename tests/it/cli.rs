//! Runs of the binary on small inputs: what it prints, writes and returns.

use std::fmt::Write;
use std::fs;

use crate::project::{Project, project, repository, run_with, words};

/// Twelve speakers, two utterances each, with words that have homophones.
fn lists() -> String {
    let mut lines = String::new();
    let utterances = [
        (
            "i will meet you at the station at eight",
            "i will meat you at the station at eight",
        ),
        (
            "their new house is by the road",
            "there new house is by the road",
        ),
    ];

    for speaker in 0..12 {
        for (index, (right, wrong)) in utterances.iter().enumerate() {
            // Every third speaker's recogniser prefers the wrong words.
            let (first, second) = if speaker % 3 == 0 {
                (wrong, right)
            } else {
                (right, wrong)
            };
            writeln!(
                lines,
                r#"{{"id": "s{speaker:02}-{index}", "speaker": "s{speaker:02}", "ref": "{right}", "hyps": [{{"text": "{first}", "score": -1.0}}, {{"text": "{second}", "score": -2.5{speaker:02}}}]}}"#
            )
            .unwrap();
        }
    }

    lines
}

fn small() -> Project {
    project().file("lists.jsonl", lists())
}

const SMALL: [&str; 6] = [
    "--model",
    "first-pass",
    "--suite",
    "perturb-1",
    "--nbest",
    "lists.jsonl",
];

/// The words of `SMALL` with `changes` in the place of the values behind the named flags.
fn small_with<'a>(changes: &[(&str, &'a str)]) -> Vec<&'a str> {
    let mut words: Vec<&'a str> = SMALL.to_vec();
    for (flag, value) in changes {
        let at = words.iter().position(|word| word == flag).unwrap();
        words[at + 1] = value;
    }
    words
}

/// report.json without its `run` block.
fn report(project: &Project, folder: &str) -> serde_json::Value {
    let mut report: serde_json::Value =
        serde_json::from_str(&project.read(&format!("{folder}/report.json"))).unwrap();
    report.as_object_mut().unwrap().remove("run").unwrap();
    report
}

#[test]
fn a_check_writes_a_report_folder_and_ends_with_its_verdict() {
    let project = small();
    let run = project.run(&SMALL);
    assert_eq!(project.names(), ["lists.jsonl", "robustness-report"]);

    let report = report(&project, "robustness-report");
    let code = match report["verdict"].as_str().unwrap() {
        "pass" | "identical" => 0,
        "fail" => 1,
        "inconclusive" => 3,
        other => panic!("{other}"),
    };
    assert_eq!(run.code, code, "{}{}", run.out, run.err);
    assert!(run.out.contains("perturb-1"), "{}", run.out);

    let cases = project.cases("robustness-report");
    assert_eq!(cases.lines().count(), 24 * 5);
    assert!(
        project
            .read("robustness-report/report.md")
            .starts_with("# ")
    );
}

#[test]
fn perturbed_lists_are_kept_as_asked_and_an_earlier_form_goes() {
    let project = small();
    let kept = |choice: &str| {
        let run = project.run(&[&SMALL[..], &["--cases", choice]].concat());
        assert_ne!(run.code, 2, "{}", run.err);
        ["cases.jsonl", "cases.jsonl.zst"].map(|name| {
            let path = project.path("robustness-report").join(name);
            fs::read(path).ok()
        })
    };

    let [None, Some(compressed)] = kept("zst") else {
        panic!("not compressed alone")
    };
    let [Some(plain), None] = kept("plain") else {
        panic!("not plain alone")
    };
    assert_eq!(zstd::decode_all(&compressed[..]).unwrap(), plain);
    assert!(compressed.len() * 5 < plain.len());
    assert_eq!(kept("off"), [None, None]);

    // The same lists, the same bytes.
    assert_eq!(kept("zst"), [None, Some(compressed)]);
}

#[test]
fn the_first_pass_never_changes_its_pick() {
    let project = small();
    project.run(&SMALL);
    let check = &report(&project, "robustness-report")["checks"][0];
    assert_eq!(check["flips"]["all"]["count"], 0);
    assert_eq!(check["nprr"]["pass"]["value"], 1.0);
    assert_eq!(check["nprr"]["errors"]["flip"], 0);
    assert_eq!(check["gain"]["perturbed"]["value"], 0.0);
}

#[test]
fn threads_batches_and_the_order_of_files_change_no_byte() {
    let text = lists();
    let lines: Vec<&str> = text.lines().collect();
    let part = |lines: &[&str]| lines.join("\n") + "\n";
    let project = project()
        .file("a.jsonl", part(&lines[..11]))
        .file("b.jsonl", part(&lines[11..]));
    let run = |first, second, jobs, out| {
        project.run(&words(&format!(
            "--model oracle --suite perturb-n --suite perturb-1 --nbest {first} --nbest {second} \
             --jobs {jobs} --out {out}"
        )));
        (report(&project, out), project.cases(out))
    };

    let one = run("a.jsonl", "b.jsonl", "1", "one");
    assert_eq!(one, run("b.jsonl", "a.jsonl", "2", "two"));
    let perturb = |first, second, jobs| {
        let arguments = [
            "perturb",
            "--suite",
            "perturb-n",
            "--nbest",
            first,
            "--nbest",
            second,
            "--jobs",
            jobs,
        ];
        project.run(&arguments).out
    };

    let cases = perturb("a.jsonl", "b.jsonl", "1");
    assert_eq!(cases.lines().count(), 24 * 5);
    assert_eq!(cases, perturb("b.jsonl", "a.jsonl", "2"));
}

#[test]
fn a_report_replaces_a_report_but_nothing_else() {
    let project = small()
        .file("precious/thesis.txt", "years of work")
        .file("notes.txt", "years of work");
    project.check_error(
        &[&SMALL[..], &["--out", "precious"]].concat(),
        &["precious", "thesis.txt", "choose another place"],
    );
    project.check_error(
        &[&SMALL[..], &["--out", "notes.txt"]].concat(),
        &["not a folder"],
    );
    for _ in 0..2 {
        assert_ne!(project.run(&SMALL).code, 2);
    }
    assert_eq!(project.read("precious/thesis.txt"), "years of work");
}

#[test]
fn a_suite_that_does_not_exist_is_answered_with_the_nearest() {
    let project = small();
    project.check_error(
        &small_with(&[("--suite", "perturb-m")]),
        &["perturb-m", "did you mean `perturb-"],
    );
    project.check_error(
        &small_with(&[("--suite", "nowhere.toml")]),
        &["nowhere.toml"],
    );
}

#[test]
fn a_bad_suite_names_file_line_and_key() {
    let good = fs::read_to_string(repository("suites/perturb-1.toml")).unwrap();
    let project = small()
        .file("typo.toml", good.replace("\ndraws", "\ndrawz"))
        .file(
            "range.toml",
            good.replace("relative = 0.05", "relative = -0.1"),
        );

    project.check_error(
        &small_with(&[("--suite", "typo.toml")]),
        &["typo.toml", "line", "drawz", "draws"],
    );
    project.check_error(
        &small_with(&[("--suite", "range.toml")]),
        &["range.toml", "relative"],
    );
}

#[test]
fn bad_lists_are_refused_with_their_place() {
    let line = lists().lines().next().unwrap().to_owned();
    let twice = format!("{line}\n{line}\n");
    let cases: [(&str, Vec<u8>, &[&str]); 11] = [
        ("empty.jsonl", Vec::new(), &["empty.jsonl"]),
        ("text.jsonl", b"hello\n".to_vec(), &["text.jsonl"]),
        (
            "field.jsonl",
            line.replace("\"ref\"", "\"rex\"").into(),
            &["line 1", "ref"],
        ),
        ("nan.jsonl", line.replace("-1.0", "NaN").into(), &["line 1"]),
        (
            "infinite.jsonl",
            line.replace("-1.0", "1e999").into(),
            &["line 1"],
        ),
        (
            "string.jsonl",
            line.replace("-1.0", "\"high\"").into(),
            &["line 1", "score"],
        ),
        (
            "null.jsonl",
            br#"{"id": "a", "ref": "b", "hyps": []}"#.to_vec(),
            &["line 1", "hyps"],
        ),
        ("cut.jsonl", line[..line.len() / 2].into(), &["line 1"]),
        (
            "latin.jsonl",
            [line.as_bytes(), b"\xff\n"].concat(),
            &["UTF-8"],
        ),
        ("twice.jsonl", twice.into(), &["s00-0", "line 2"]),
        (
            "cut.jsonl.gz",
            b"\x1f\x8b\x08\0\0\0\0\0\0\x03".to_vec(),
            &["cut.jsonl.gz"],
        ),
    ];

    for (name, content, expected) in cases {
        let project = project().file(name, content);
        let expected = [&[name][..], expected].concat();
        project.check_error(&small_with(&[("--nbest", name)]), &expected);
        project.check_error(&["nbest", "stat", name], &expected);
    }

    project().check_error(
        &small_with(&[("--nbest", "absent.jsonl")]),
        &["absent.jsonl"],
    );
    project()
        .file("folder/x", "")
        .check_error(&small_with(&[("--nbest", "folder")]), &["folder"]);
}

#[test]
fn bad_lists_of_other_formats_are_refused_with_their_record() {
    let cases: [(&str, &str, &[&str]); 6] = [
        ("none.json", "[]", &["no n-best list"]),
        (
            "input.json",
            r#"[{"input": ["a"], "output": "a"}, {"input": [], "output": "a"}]"#,
            &["record 2", "input"],
        ),
        (
            "text.json",
            r#"{"u": {"ref": "a", "hyp_1": {"score": -1}}}"#,
            &["record 1", "u.hyp_1.text"],
        ),
        (
            "type.json",
            r#"{"u": {"ref": "a", "hyp_1": {"score": "high", "text": "a"}}}"#,
            &["u.hyp_1.score", "high", "number"],
        ),
        ("words.trn", "no speaker here\n", &["line 1"]),
        ("hyps.txt", "utt-1 words\n", &["hyps.txt"]),
    ];
    for (name, content, expected) in cases {
        let project = project().file(name, content);
        let expected = [&[name][..], expected].concat();
        project.check_error(&small_with(&[("--nbest", name)]), &expected);
    }
}

#[test]
fn a_bad_lexicon_is_refused_with_its_line() {
    let cases: [(&str, &[u8], &[&str]); 4] = [
        (
            "phone.dict",
            b"two T UW1\ntoo T QQ1\n",
            &["line 2", "too", "QQ1"],
        ),
        (
            "garbage.dict",
            b"two T UW1\n\n@@@ hello there\n",
            &["line 3", "hello"],
        ),
        (
            "latin.dict",
            b"two T UW1\ncaf\xe9 K AE0 F EY1\n",
            &["line 2", "UTF-8"],
        ),
        ("empty.dict", b"", &["empty.dict"]),
    ];

    for (name, content, expected) in cases {
        let project = small().file(name, content);
        let expected = [&[name][..], expected].concat();
        project.check_error(&[&SMALL[..], &["--lexicon", name]].concat(), &expected);
        project.check_error(&["neighbours", "two", "--lexicon", name], &expected);
    }

    small().check_error(
        &[&SMALL[..], &["--lexicon", "absent.dict"]].concat(),
        &["absent.dict"],
    );
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_nowhere_is_refused_by_its_name() {
    let project = small();
    std::os::unix::fs::symlink("nowhere", project.path("dangling")).unwrap();
    project.check_error(&small_with(&[("--nbest", "dangling")]), &["dangling"]);
    project.check_error(&small_with(&[("--model", "dangling")]), &["dangling"]);
    project.check_error(
        &[&SMALL[..], &["--lexicon", "dangling"]].concat(),
        &["dangling"],
    );
}

#[test]
fn odd_but_legal_lists_are_counted_not_refused() {
    let mut text = lists();
    text.push_str(concat!(
        r#"{"id": "single", "speaker": "x", "ref": "yes", "hyps": [{"text": "yes", "score": 0}]}"#, "\n",
        r#"{"id": "silence", "speaker": "x", "ref": "", "hyps": [{"text": "oh", "score": 0}, {"text": "", "score": -1}]}"#, "\n",
        r#"{"id": "unknown", "speaker": "x", "ref": "zzyzx qwrt", "hyps": [{"text": "zzyzx", "score": 0}, {"text": "qwrt", "score": -1}]}"#, "\n",
    ));
    writeln!(
        text,
        r#"{{"id": "long", "speaker": "x", "ref": "a", "hyps": [{{"text": "{}", "score": 0}}, {{"text": "a", "score": -1}}]}}"#,
        "meet ".repeat(2_000)
    )
    .unwrap();

    let project = project().file("lists.jsonl", text);
    let run = project.run(&SMALL);
    assert_ne!(run.code, 2, "{}", run.err);

    let nbest = &report(&project, "robustness-report")["nbest"];
    assert_eq!(nbest["utterances"], 28);
    assert_eq!(nbest["single_hypothesis"], 1);
    assert_eq!(nbest["empty_references"], 1);
    assert_eq!(nbest["empty_hypotheses"], 1);
    assert_eq!(nbest["out_of_lexicon_words"], 2);
}

#[test]
fn usage_errors_exit_with_two() {
    let project = small();
    for arguments in [
        &["--suite", "perturb-1"][..],
        &["--model", "first-pass"],
        &words("--model first-pass --suite perturb-1 --jobs 0"),
        &words("--model first-pass --suite perturb-1 --draws none"),
        &["frobnicate"],
    ] {
        assert_eq!(project.run(arguments).code, 2, "{arguments:?}");
    }

    assert_eq!(project.run(&["--help"]).code, 0);
    assert_eq!(project.run(&["--version"]).code, 0);
}

#[test]
fn neighbours_are_printed_nearest_first() {
    let run = project().run(&["neighbours", "two", "--max-distance", "0"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(
        run.out.contains("too") && run.out.contains("to"),
        "{}",
        run.out
    );
    project().check_error(&["neighbours", "zzyzx"], &["zzyzx"]);
}

#[test]
fn completions_and_the_man_page_name_every_command() {
    for what in ["bash", "man"] {
        let run = project().run(&["completions", what]);
        assert_eq!(run.code, 0);
        for command in ["score", "perturb", "neighbours", "nbest"] {
            assert!(run.out.contains(command), "{what}: {command}");
        }
    }
}

#[test]
fn helps_and_usage_errors_have_colors_as_typed() {
    let escapes = |words: &[&str], variables: &[(&str, &str)]| {
        let run = run_with(&project().path(""), words, variables);
        (run.out + &run.err).contains('\u{1b}')
    };
    for asked in [
        &["--help"][..],
        &["nbest", "-h"],
        &["--foo"],
        &["train", "--foo"],
    ] {
        assert!(!escapes(asked, &[]), "{asked:?}");
        let colored = [&["--color", "always"], asked].concat();
        assert!(escapes(&colored, &[]), "{colored:?}");
        // As on a terminal, which is not at hand here.
        let forced = [("CLICOLOR_FORCE", "1")];
        assert!(escapes(asked, &forced), "{asked:?}");
        let plain = [asked, &["--color=never"]].concat();
        assert!(!escapes(&plain, &forced), "{plain:?}");
    }
}

#[test]
fn long_names_do_not_fill_the_terminal() {
    let long = "n".repeat(10_000);
    for words in [
        &["--seed", &long][..],
        &["nbest", "stat", &long],
        &["neighbours", &long],
    ] {
        let run = project().run(words);
        assert!(run.code == 2 && run.err.len() < 1_000, "{}", run.err);
    }
}

/// What bash offers behind these words, the last of which is begun.
#[cfg(target_os = "linux")]
fn completed(script: &str, line: &[&str]) -> Vec<String> {
    let asked = "source \"$1\"; shift; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); \
        \"$(complete -p robustness-check | sed 's/.*-F //; s/ .*//')\" \
        \"$1\" \"${COMP_WORDS[COMP_CWORD]}\" \"${COMP_WORDS[COMP_CWORD - 1]}\"; \
        printf '%s\\n' \"${COMPREPLY[@]}\"";
    let output = std::process::Command::new("bash")
        .args(["-c", asked, "bash", script, "robustness-check"])
        .args(line)
        .output()
        .unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && err.is_empty(), "{line:?}: {err}");
    let out = String::from_utf8(output.stdout).unwrap();
    out.lines().map(str::to_owned).collect()
}

#[cfg(target_os = "linux")]
#[test]
fn bash_completes_every_command() {
    let script = project().run(&["completions", "bash"]).out;
    let project = project().file("script", script);
    let script = project.path("script");
    let script = script.to_str().unwrap();
    let check = |line: &[&str], expected: &[&str]| {
        let offered = completed(script, line);
        for word in expected {
            assert!(
                offered.iter().any(|offer| offer == word),
                "{line:?}: {offered:?}"
            );
        }
    };

    check(&["rep"], &["report", "replay"]);
    check(&["report", ""], &["diff"]);
    check(&["nbest", ""], &["stat", "convert"]);
    check(&["nbest", "stat", "--"], &["--refs", "--lexicon"]);
    check(&["replay", "report", "--j"], &["--json", "--jobs"]);
    check(&["significance", "--format", ""], &["json"]);
    check(&["init", ""], &["github", "gitlab"]);
    check(&["help", "nbest", ""], &["stat"]);
    assert_eq!(completed(script, &["completions", "man", "nb"]), ["nbest"]);
    check(&["completions", "man", "nbest", ""], &["stat", "convert"]);
    assert_eq!(
        completed(script, &["--suite", "perturb-n"]),
        ["perturb-n", "perturb-n-coherent"]
    );
    assert_eq!(
        completed(script, &["compare", "--suite", "sev"]),
        ["severity"]
    );
}

/// No shell is at hand to try these.
#[test]
fn zsh_and_fish_complete_suites_and_files() {
    let zsh = project().run(&["completions", "zsh"]).out;
    let action = ":NAME|FILE:{compadd -- invariants perturb-1 perturb-n perturb-n-coherent \
        severity; _files}'";
    assert!(zsh.contains(action));
    // What is called is there.
    let mut functions = zsh.split(":: :_").skip(1);
    assert!(functions.all(|rest| {
        let name = rest.split(['"', '\'']).next().unwrap();
        zsh.contains(&format!("\n_{name}() {{\n"))
    }));

    let fish = project().run(&["completions", "fish"]).out;
    let mut suites = fish.lines().filter(|line| line.contains(" -l suite "));
    assert!(suites.all(|line| line.contains(" -r -F -a \"invariants\\t")));
}

#[test]
fn a_man_page_of_any_command_is_printed_alone_or_written_with_all() {
    let project = project();
    let page = |words: &[&str]| {
        let run = project.run(&[&["completions", "man"], words].concat());
        assert_eq!(run.code, 0, "{words:?}: {}", run.err);
        run.out
    };
    let whole = page(&[]);
    assert!(whole.contains(".TH robustness\\-check") || whole.contains(".TH robustness-check"));
    for heading in [".SH \"EXIT STATUS\"\n", ".SH EXAMPLES\n"] {
        assert!(whole.contains(heading), "{heading}");
    }
    assert!(!whole.contains("EXTRA"));
    let synopsis = whole
        .split(".SH ")
        .find(|part| part.starts_with("SYNOPSIS"));
    let synopsis = synopsis.unwrap().replace('\\', "");
    assert!(synopsis.contains("--suite <NAME|FILE>"), "{synopsis}");
    assert!(synopsis.lines().count() <= 4, "{synopsis}");

    assert_eq!(page(&["--out", "pages/man1"]), "");
    let stat = project.read("pages/man1/robustness-check-nbest-stat.1");
    assert_eq!(page(&["nbest", "stat"]), stat);
    assert_eq!(project.read("pages/man1/robustness-check.1"), whole);
    // Whatever a page names is there.
    let plain = whole.replace('\\', "");
    let named: Vec<&str> = plain
        .lines()
        .filter_map(|line| line.strip_suffix("(1)"))
        .collect();
    assert!(named.len() > 15, "{named:?}");
    for name in named {
        assert!(
            project.path(&format!("pages/man1/{name}.1")).exists(),
            "{name}"
        );
    }

    project.check_error(
        &["completions", "man", "nbest", "sum"],
        &["nbest sum", "--help"],
    );
    project.check_error(&["completions", "bash", "nbest"], &["bash", "--out"]);
}

/// `pip install .` puts them into an environment without running the program first.
#[test]
fn what_a_wheel_brings_is_what_the_program_prints() {
    let share = repository("packaging/wheel/data/share");
    for (what, file) in [
        ("bash", "bash-completion/completions/robustness-check"),
        ("zsh", "zsh/site-functions/_robustness-check"),
        ("fish", "fish/vendor_completions.d/robustness-check.fish"),
    ] {
        let run = project().run(&["completions", what]);
        let kept = std::fs::read_to_string(share.join(file)).unwrap();
        assert!(
            run.out == kept,
            "{file} is of another version: .ci/share BINARY packaging/wheel/data"
        );
    }

    let pages = project();
    assert_eq!(pages.run(&["completions", "man", "--out", "."]).code, 0);
    let kept = std::fs::read_dir(share.join("man/man1")).unwrap();
    let kept = kept.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let kept: std::collections::BTreeSet<String> = kept.collect();
    let printed: std::collections::BTreeSet<String> = pages.names().into_iter().collect();
    assert_eq!(kept, printed, "run .ci/share BINARY packaging/wheel/data");
    for name in printed {
        let kept = std::fs::read_to_string(share.join("man/man1").join(&name)).unwrap();
        assert!(
            pages.read(&name) == kept,
            "{name} is of another version: .ci/share BINARY packaging/wheel/data"
        );
    }
}

#[test]
fn properties_are_tested_before_all_else() {
    let strict = "name = \"strict\"\n[[check]]\nname = \"top\"\nkind \
        = \"oracle-consistency\"\nmax_rate = 0\n";
    let project = small().file("strict.toml", strict);
    let run = project.run(&small_with(&[
        ("--suite", "invariants"),
        ("--model", "oracle"),
    ]));
    assert!([0, 3].contains(&run.code), "{}{}", run.out, run.err);
    assert!(
        run.out.contains("PASS  invariants / batch-invariance"),
        "{}",
        run.out
    );

    let found = report(&project, "robustness-report");
    assert_eq!(found["properties"].as_array().unwrap().len(), 9);
    assert_eq!(found["preflight"]["repeated"], 0.0);

    // A table of scores cannot be asked for the reference: what was not tried is no pass.
    let scores = project.run(&["score", "--model", "oracle", "--nbest", "lists.jsonl"]);
    let project = project.file("scores.jsonl", scores.out);
    let run = project.run(&small_with(&[
        ("--model", "scores:scores.jsonl"),
        ("--suite", "strict.toml"),
    ]));
    assert_eq!(run.code, 3, "{}{}", run.out, run.err);
    assert!(run.out.contains("SKIPPED  strict / top"), "{}", run.out);
    project.check_error(
        &["perturb", "--suite", "invariants", "--nbest", "lists.jsonl"],
        &["invariants", "nothing to write"],
    );
}

#[test]
fn a_property_that_fails_ends_with_1_and_shows_its_case() {
    // Scores that like what the first pass likes least, by far.
    let suite = "name = \"harm\"\n[[check]]\nname = \"harm\"\nkind = \"no-harm\"\nmargin = { \
        absolute = 0.01 }\n";
    let mut scores = String::new();
    for (text, score) in [
        ("i will meet you at the station at eight", 0),
        ("i will meat you at the station at eight", 100),
        ("their new house is by the road", 0),
        ("there new house is by the road", 100),
    ] {
        writeln!(scores, r#"{{"text": "{text}", "score": {score}}}"#).unwrap();
    }

    let project = small()
        .file("harm.toml", suite)
        .file("scores.jsonl", scores);
    let run = project.run(&small_with(&[
        ("--model", "scores:scores.jsonl"),
        ("--suite", "harm.toml"),
    ]));
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    for part in ["FAIL  harm / harm", "minimal case", "meat you"] {
        assert!(run.out.contains(part), "no {part:?} in {}", run.out);
    }

    let record = &report(&project, "robustness-report")["properties"][0];
    assert_eq!(record["status"], "fail");
    assert_eq!(record["minimal"]["lists"][0]["pick"], 1);
}

/// A number that cannot be is one error in plain words, whichever option it is of.
#[test]
fn numbers_that_cannot_be_are_told_in_plain_words() {
    let project = small();
    let check = "--model first-pass --suite perturb-1 --nbest lists.jsonl";
    for option in [
        "--seed",
        "--draws",
        "--timeout",
        "--minimise-seconds",
        "--minimise-calls",
        "--noise",
        "--first-pass-scale",
        "--jobs",
        "--batch-tokens",
        "--max-length",
        "--processes",
        "--batch-texts",
        "--acwt",
        "--max-line",
        "--max-file",
    ] {
        for value in ["-1", "nan", "inf", "-inf", "1e308", "", "x"] {
            let word = format!("{option}={value}");
            let run = project.run(&[&words(check)[..], &[&word]].concat());
            assert_eq!(run.code, 2, "{word}: {}", run.err);
            assert!(run.err.contains(option), "{word}: {}", run.err);
            for part in ["panicked", "overflow"] {
                assert!(!run.err.contains(part), "{word}: {}", run.err);
            }
        }
    }

    let apart = [&words(check)[..], &["--seed", "-1"]].concat();
    project.check_error(&apart, &["'-1' for '--seed <N>'", "a whole number from 0"]);
    let train = words("train --base b --nbest lists.jsonl --dev lists.jsonl --out o --steps -3");
    project.check_error(&train, &["'-3' for '--steps <N>'", "a whole number from 0"]);
    for option in ["--lr", "--alpha", "--dropout", "--clip-norm", "--epochs"] {
        for value in ["nan", "inf", "1e308"] {
            let line = format!("train --base b --nbest l --dev d --out o {option} {value}");
            project.check_error(&words(&line), &[option]);
        }
    }
}

/// Windows programs begin UTF-8 files with a mark.
#[test]
fn a_byte_order_mark_is_read_over_in_every_file() {
    let mark = "\u{feff}";
    let project = small();
    let marked = format!("{mark}{}", project.read("lists.jsonl"));
    let suite = fs_text("suites/perturb-1.toml");
    let project = project
        .file("marked.jsonl", marked)
        .file("suite.toml", format!("{mark}{suite}"))
        .file("map", format!("{mark}u1 anna\n"))
        .file(
            "a.jsonl",
            format!("{mark}{{\"id\": \"a\", \"errors\": 1, \"reference_words\": 2}}\n"),
        )
        .file("my.dict", format!("{mark}mondegreen M AA1 N D\n"));

    let model = repository("fixtures/checkpoints/demo");
    for file in std::fs::read_dir(&model).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let bytes = std::fs::read(&path).unwrap();
        let is_json = path.extension().is_some_and(|ending| ending == "json");
        let bytes = [if is_json { mark.as_bytes() } else { b"" }, &bytes].concat();
        std::fs::create_dir_all(project.path("model")).unwrap();
        std::fs::write(project.path("model").join(name), bytes).unwrap();
    }

    for line in [
        "--model first-pass --suite suite.toml --nbest marked.jsonl",
        "--model model --base BASE --suite perturb-1 --draws 1 --nbest lists.jsonl",
        "significance a.jsonl a.jsonl",
        "neighbours mondegreen --lexicon my.dict",
    ] {
        let base = repository("fixtures/checkpoints/demo-base");
        let line = line.replace("BASE", base.to_str().unwrap());
        let run = project.run(&words(&line));
        assert_ne!(run.code, 2, "{line}: {}", run.err);
    }
}

#[test]
fn a_key_that_is_there_twice_is_named() {
    let project = small()
        .file("twice.toml", "name = \"a\"\nname = \"b\"\n")
        .file("recipe.toml", "lr = 1e-3\nrank = 4\nlr = 1e-4\n");
    let check = words("--model first-pass --suite twice.toml --nbest lists.jsonl");
    project.check_error(
        &check,
        &["twice.toml", "line 2", "the key `name` is there twice"],
    );
    let train = words("train --recipe recipe.toml --out o");
    project.check_error(
        &train,
        &["recipe.toml", "line 3", "the key `lr` is there twice"],
    );
}

/// An id with a character that is shown as nothing looks like another one.
#[test]
fn characters_without_a_shape_are_shown() {
    let line = |id: &str| {
        format!("{{\"id\": \"{id}\", \"ref\": \"a\", \"hyps\": [{{\"text\": \"a\"}}]}}\n")
    };
    let twice = line("u\u{200b}1") + &line("u\u{200b}1");
    let project = small().file("twice.jsonl", twice);
    let run = project.run(&words("nbest stat twice.jsonl"));
    assert_eq!(run.code, 2);
    assert!(
        run.err.contains("u\\u200b1") && !run.err.contains('\u{200b}'),
        "{}",
        run.err
    );
}

fn fs_text(path: &str) -> String {
    std::fs::read_to_string(repository(path)).unwrap()
}
