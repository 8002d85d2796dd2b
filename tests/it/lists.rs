//! Lists of every format: jiwer's error rates, speakers and references from elsewhere, round trips,
//! standard input.

use std::fs;
use std::io::Write;
use std::path::Path;

use assert_cmd::cargo::cargo_bin_cmd;
use serde_json::{Value, json};

use crate::project::{Project, Run, project, repository, run_in, words};

/// A format of `fixtures/reference/jiwer`, with what jiwer found.
struct Sample {
    format: String,
    arguments: Vec<String>,
    found: Value,
}

fn folder() -> std::path::PathBuf {
    repository("fixtures/reference/jiwer")
}

fn samples() -> Vec<Sample> {
    let text = fs::read_to_string(folder().join("expected.json")).unwrap();
    let expected: Value = serde_json::from_str(&text).unwrap();
    let formats = expected["formats"].as_object().unwrap();
    formats
        .iter()
        .map(|(format, found)| Sample {
            format: format.clone(),
            arguments: found["arguments"]
                .as_array()
                .unwrap()
                .iter()
                .map(|word| word.as_str().unwrap().to_owned())
                .collect(),
            found: found.clone(),
        })
        .collect()
}

impl Sample {
    /// Runs `nbest ACTION` on the sample.
    #[track_caller]
    fn nbest(&self, action: &str, more: &[&str]) -> String {
        let mut words = vec!["nbest", action];
        words.extend(self.arguments.iter().map(String::as_str));
        words.extend(more);
        let run = run_in(&folder(), &words);
        assert_eq!(run.code, 0, "{}: {}", self.format, run.err);
        run.out
    }

    fn rows(&self, more: &[&str]) -> Vec<Value> {
        rows(&self.nbest("convert", more))
    }
}

fn rows(text: &str) -> Vec<Value> {
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The rate of a line of `nbest stat`, as printed, and its errors and words.
fn rate(stat: &str, name: &str) -> (String, u64, u64) {
    let line = stat.lines().find(|line| line.starts_with(name)).unwrap();
    let (rate, counts) = line[name.len()..].split_once('(').unwrap();
    let mut numbers = counts.split(' ').filter_map(|word| word.parse().ok());
    (
        rate.trim().to_owned(),
        numbers.next().unwrap(),
        numbers.next().unwrap(),
    )
}

/// Scores that are read the wrong way round are noticed, however they are; those that are right are
/// not.
#[test]
fn scores_the_wrong_way_round_are_noticed() {
    let lists = fs::read_to_string(repository("fixtures/nbest/test.jsonl")).unwrap();
    let negated = lists.replace("\"score\": -", "\"score\": ");
    let negated = negated.replace("\"score\":-", "\"score\":");
    assert_ne!(lists, negated);
    let project = project()
        .file("lists.jsonl", lists)
        .file("costs.jsonl", negated);

    let asked = "wrong way round";
    for command in [
        "nbest stat FILE",
        "perturb --suite perturb-1 --draws 1 --out cases.jsonl --force --nbest FILE",
        "score --model first-pass --out scores.jsonl --force --nbest FILE",
        "--model first-pass --suite perturb-1 --draws 1 --nbest FILE",
    ] {
        for (file, costs, wrong) in [
            ("lists.jsonl", "", None),
            ("costs.jsonl", "--costs", None),
            ("costs.jsonl", "", Some("--costs says so")),
            ("lists.jsonl", "--costs", Some("is it wrong here?")),
        ] {
            let line = format!("{} {costs}", command.replace("FILE", file));
            let run = project.run(&words(&line));
            assert_ne!(run.code, 2, "{line}: {}", run.err);
            assert_eq!(
                run.err.contains(asked),
                wrong.is_some(),
                "{line}: {}",
                run.err
            );
            assert!(
                wrong.is_none_or(|part| run.err.contains(part)),
                "{line}: {}",
                run.err
            );
        }
    }
}

/// A first pass that is turned round is easily beaten: that says nothing of the rescorer.
#[cfg(feature = "bert")]
#[test]
fn nothing_passes_beside_a_first_pass_that_is_turned_round() {
    let lists = fs::read_to_string(repository("fixtures/nbest/test.jsonl")).unwrap();
    let project = project().file("lists.jsonl", lists);
    let run = project.run(&words(
        "--model demo --suite perturb-1 --draws 1 --nbest lists.jsonl --costs --out report --quiet",
    ));

    assert_eq!(run.code, 3, "{}{}", run.out, run.err);
    assert!(run.out.contains("wrong way round"), "{}", run.out);
    let report = project.read("report/report.json");
    assert!(report.contains("\"wrong_way_round\""), "{report}");
}

/// A full stop in the references alone is an error of every pick, and widens a margin that is
/// relative to them.
#[test]
fn references_spelled_in_another_way_are_noticed() {
    let lists = fs::read_to_string(repository("fixtures/nbest/test.jsonl")).unwrap();
    let with = |change: fn(&str) -> String| -> String {
        let changed = lists.lines().map(|line| {
            let mut list: Value = serde_json::from_str(line).unwrap();
            list["ref"] = change(list["ref"].as_str().unwrap()).into();
            list.to_string() + "\n"
        });
        changed.collect()
    };
    let capital = |text: &str| text[..1].to_uppercase() + &text[1..];
    let project = project()
        .file("dotted.jsonl", with(|text| format!("{text}.")))
        .file("cased.jsonl", with(capital))
        .file("lists.jsonl", &lists);

    let asked = "words of the references match no hypothesis of their list only because of";
    for (file, given, advice) in [
        ("lists.jsonl", "", None),
        ("lists.jsonl", "--normalize none", None),
        (
            "dotted.jsonl",
            "",
            Some("give --normalize default,strip-punctuation"),
        ),
        (
            "dotted.jsonl",
            "--normalize default,strip-punctuation",
            None,
        ),
        ("cased.jsonl", "", None),
        (
            "cased.jsonl",
            "--normalize none",
            Some("give --normalize default\n"),
        ),
    ] {
        let line = format!("nbest stat {file} {given}");
        let run = project.run(&words(&line));
        assert_eq!(run.code, 0, "{line}: {}", run.err);
        assert_eq!(
            run.err.contains(asked),
            advice.is_some(),
            "{line}: {}",
            run.err
        );
        let is_told = advice.is_none_or(|advice| (run.err.clone() + "\n").contains(advice));
        assert!(is_told, "{line}: {}", run.err);
    }

    let check = "--model oracle --suite perturb-1 --draws 1 --out report --force --nbest";
    for (file, bars) in [("dotted.jsonl", true), ("lists.jsonl", false)] {
        let run = project.run(&words(&format!("{check} {file}")));
        assert_eq!(run.out.contains(asked), bars, "{}", run.out);
        let report: Value = serde_json::from_str(&project.read("report/report.json")).unwrap();
        let of_kind = |caution: &Value| caution["kind"] == "spelled_apart";
        let cautions = report["cautions"].as_array().unwrap();
        let found = cautions.iter().find(|caution| of_kind(caution));
        assert_eq!(found.is_some(), bars, "{cautions:?}");
        if let Some(found) = found {
            assert_eq!(found["effect"], "bars_verdict");
            assert_eq!(run.code, 3, "{}", run.out);
        }
    }
}

#[test]
fn blank_lines_before_lists_are_no_empty_file() {
    let line =
        |id: &str| format!("{{\"id\": \"{id}\", \"ref\": \"a\", \"hyps\": [{{\"text\": \"a\"}}]}}");
    let blank = "\n".repeat(200_000);
    let project = project()
        .file(
            "lines.jsonl",
            format!("{blank}{}\n{}\n", line("a"), line("b")),
        )
        .file(
            "array.json",
            format!("{blank} \n [{}, {}]", line("c"), line("d")),
        )
        .file(
            "broken.jsonl",
            format!("{blank}{}\n{{\"id\": 1\n", line("e")),
        )
        .file("nothing.jsonl", &blank);
    let run = project.run(&words("nbest stat lines.jsonl array.json"));
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.contains("utterances        4"), "{}", run.out);
    let json = project.run(&words("nbest stat lines.jsonl array.json --json"));
    let json: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(json["utterances"], 4);
    assert_eq!(json["files"][0]["name"], "array.json");
    let (percent, errors, reference) = rate(&run.out, "WER oracle");
    let oracle = &json["oracle"];
    assert_eq!(oracle["errors"], errors);
    assert_eq!(oracle["reference_words"], reference);
    let share = oracle["rate"].as_f64().unwrap();
    assert_eq!(format!("{:.2} %", 100.0 * share), percent);

    project.check_error(
        &words("nbest stat broken.jsonl"),
        &["broken.jsonl, line 200002"],
    );
    project.check_error(&words("nbest stat nothing.jsonl"), &["is empty"]);
}

#[test]
fn files_named_as_costs_are_read_as_such() {
    let project = project()
        .file("nbest", "u-1 a b\nu-2 a c\n")
        .file("refs", "u a b\n")
        .file("ac_cost", "u-1 30\nu-2 20\n")
        .file("lm_cost", "u-1 3.5\nu-2 14.5\n")
        .file("other", "u-1 0.5\nu-2 0.25\n");
    let said = "read as costs, where lower is better, because of their names: ";
    let check = |more: &str, expected: [f64; 2], names: Option<&str>| {
        let line = format!("nbest convert nbest --refs refs --scores lm_cost {more}");
        let run = project.run(&words(&line));
        assert_eq!(run.code, 0, "{line}: {}", run.err);
        let hyps = &rows(&run.out)[0]["hyps"];
        assert_eq!(json!([hyps[0]["score"], hyps[1]["score"]]), json!(expected));
        let told = names.map(|names| format!("{said}{names}"));
        match told {
            Some(told) => assert!(run.err.contains(&told), "{line}: {}", run.err),
            None => assert!(!run.err.contains(said), "{line}: {}", run.err),
        }
    };

    check("", [-3.5, -14.5], Some("lm_cost; if"));
    check("--costs", [-3.5, -14.5], None);
    check(
        "--scores ac_cost",
        [-33.5, -34.5],
        Some("lm_cost, ac_cost;"),
    );
    check("--scores ac_cost --costs", [-33.5, -34.5], None);
    check(
        "--scores ac_cost --acwt 0.1",
        [-6.5, -16.5],
        Some("lm_cost"),
    );
    let others = "lm_cost; read as scores, where higher is better: other";
    check("--scores other", [-3.0, -14.25], Some(others));

    let line = "--model first-pass --suite perturb-1 --nbest nbest --refs refs --scores lm_cost";
    let run = project.run(&words(line));
    assert!(run.err.contains(said), "{}", run.err);
}

#[test]
fn error_rates_of_every_format_are_those_of_jiwer() {
    let samples = samples();
    let help = run_in(&folder(), &["nbest", "stat", "--help"]).out;
    for sample in &samples {
        let stat = sample.nbest("stat", &[]);
        assert!(stat.contains(&format!("({})", sample.format)), "{stat}");
        assert!(help.contains(&format!("{}: ", sample.format)), "{help}");
        for (name, errors, wer) in [
            ("WER first pass", "errors", "wer"),
            ("WER oracle", "oracle_errors", "oracle_wer"),
        ] {
            let (shown, found, words) = rate(&stat, name);
            let (errors, wer) = (&sample.found[errors], sample.found[wer].as_f64().unwrap());
            assert_eq!(json!(found), *errors, "{}: {stat}", sample.format);
            assert_eq!(json!(words), sample.found["words"], "{}", sample.format);
            assert_eq!(shown, format!("{:.2} %", 100.0 * wer), "{}", sample.format);
        }
    }

    let formats = help.split("[possible values: ").nth(1).unwrap();
    let formats = formats.split(']').next().unwrap().split(',').count();
    assert_eq!(samples.len(), formats, "every format has a sample");
}

#[test]
fn every_format_takes_speakers_and_references_of_other_files() {
    for sample in samples() {
        let rows = sample.rows(&[]);
        let project = project();
        let ids = || rows.iter().map(|row| row["id"].as_str().unwrap());
        let speakers: Vec<String> = ids().map(|id| format!("{id} voice-{id}\n")).collect();
        let references: Vec<String> = ids()
            .map(|id| format!("{id} what was said in {id}\n"))
            .collect();
        let (speakers, references) = (speakers.concat(), references.concat());
        let project = project.file("utt2spk", speakers).file("refs", references);
        let path = |name: &str| project.path(name).to_str().unwrap().to_owned();

        for row in sample.rows(&["--utt2spk", &path("utt2spk")]) {
            let voice = format!("voice-{}", row["id"].as_str().unwrap());
            assert_eq!(row["speaker"], voice, "{}", sample.format);
        }
        for row in sample.rows(&["--speaker-from", "(.)$"]) {
            let last = row["id"].as_str().unwrap().chars().last().unwrap();
            assert_eq!(row["speaker"], last.to_string(), "{}", sample.format);
        }
        let stat = sample.nbest("stat", &["--speaker-from", "(.)$"]);
        assert!(stat.contains("6 speakers"), "{}: {stat}", sample.format);

        if sample.arguments.contains(&"--refs".to_owned()) {
            continue;
        }
        for row in sample.rows(&["--refs", &path("refs")]) {
            let said = format!("what was said in {}", row["id"].as_str().unwrap());
            assert_eq!(row["ref"], said, "{}", sample.format);
        }
    }
}

/// Two speakers; scores that are sums, that are not, and none.
const SUMS: &str = r#"{"id": "a-1", "speaker": "anna", "ref": "two ships", "hyps": [{"text": "too ships", "score": -3.5, "am_score": -1.25, "lm_score": -2.25}, {"text": "", "score": -4.1, "am_score": -2, "lm_score": -2.1}]}
{"id": "b-2", "speaker": "bert", "ref": "", "hyps": [{"text": "caf\u00e9", "score": 0.1, "am_score": 0.1, "lm_score": 0}]}
"#;
const TOTALS: &str = r#"{"id": "a-1", "ref": "two ships", "snr": 3, "hyps": [{"text": "too ships", "score": -3.5, "am_score": -1.2, "lm_score": -0.3}, {"text": "two ships", "score": -4.123456789012345, "am_score": -1, "lm_score": -0.4}]}
"#;
const RANKS: &str = r#"{"id": "a", "ref": "two", "hyps": [{"text": "to"}, {"text": "two"}]}
"#;

/// Rows without what only JSON lines hold.
fn without(rows: Vec<Value>, parts: bool) -> Vec<Value> {
    let strip = |mut row: Value| {
        row.as_object_mut().unwrap().remove("snr");
        for hyp in row["hyps"].as_array_mut().unwrap() {
            let hyp = hyp.as_object_mut().unwrap();
            for part in ["am_score", "lm_score"] {
                if parts {
                    hyp.remove(part);
                }
            }
        }
        row
    };
    rows.into_iter().map(strip).collect()
}

#[track_caller]
fn check_round_trip(lists: &str, costs: &[&str], warnings: &[&str]) {
    let project = project().file("lists.jsonl", lists);
    let convert = |arguments: &[&str]| -> Run {
        let run = project.run(&[&["nbest", "convert"], arguments].concat());
        assert_eq!(run.code, 0, "{arguments:?}: {}", run.err);
        run
    };
    let original = rows(&convert(&["lists.jsonl"]).out);

    let run = convert(&["lists.jsonl", "--to", "hyporadise", "--out", "h.json"]);
    assert_eq!(run.err.contains("further fields"), lists.contains("snr"));
    let back = rows(&convert(&["h.json"]).out);
    assert_eq!(back, without(original.clone(), false));
    // A file of this form may be replaced by a newer one.
    convert(&["lists.jsonl", "--to", "hyporadise", "--out", "h.json"]);
    assert!(
        convert(&["lists.jsonl", "--to", "hyporadise"])
            .out
            .starts_with("[{\"id\":")
    );

    let run = convert(&["lists.jsonl", "--to", "kaldi", "--out", "kaldi"]);
    for warning in warnings {
        assert!(run.err.contains(warning), "{warning}: {}", run.err);
    }
    assert_eq!(
        run.err.matches("warning").count(),
        warnings.len(),
        "{}",
        run.err
    );
    for name in ["ac_cost", "lm_cost", "cost"] {
        let is_there = project.path(&format!("kaldi/{name}")).is_file();
        assert_eq!(is_there, costs.contains(&name), "{name}");
    }
    let mut words = vec!["kaldi", "--refs", "kaldi/ref_text"];
    if project.path("kaldi/utt2spk").is_file() {
        words.extend(["--utt2spk", "kaldi/utt2spk"]);
    }
    let back = rows(&convert(&words).out);
    assert_eq!(back, without(original, true));
}

#[test]
fn other_forms_read_back_to_the_same_lists() {
    let parts = "acoustic and language model scores of their own";
    check_round_trip(SUMS, &["ac_cost", "lm_cost"], &[parts]);
    check_round_trip(
        TOTALS,
        &["cost"],
        &[parts, "1 of 1 lists have further fields"],
    );
    check_round_trip(RANKS, &[], &[]);
}

#[test]
fn what_a_form_has_no_name_for_is_refused() {
    let project = project()
        .file("spaced.jsonl", RANKS.replace("\"a\"", "\"a b\""))
        .file("lists.jsonl", RANKS)
        .file("mine.json", "[{\"input\": [], \"output\": \"\"}]\n");
    project.check_error(
        &words("nbest convert spaced.jsonl --to kaldi --out k"),
        &["`a b`", "white space"],
    );
    project.check_error(
        &["nbest", "convert", "lists.jsonl", "--to", "kaldi"],
        &["folder", "--out DIR"],
    );
    project.check_error(
        &words("nbest convert lists.jsonl --to hyporadise --out mine.json"),
        &["mine.json"],
    );
}

/// Runs the binary with `input` on its standard input.
fn run_with_input(folder: &Path, arguments: &[&str], input: &[u8]) -> Run {
    let mut command = cargo_bin_cmd!("robustness-check");
    let command = command.args(arguments).current_dir(folder);
    let output = command.write_stdin(input).output().unwrap();
    Run {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

const SUITE: &str =
    "name = \"s\"\n[[check]]\nname = \"c\"\nperturbation = \"perturb-n\"\npairs = \"pairs.tsv\"\n";
const LEXICON: &str = "two T UW1\ntoo T UW1\n";

#[test]
fn suites_and_lexicons_may_come_from_standard_input_but_only_one_thing_at_a_time() {
    let project = project()
        .file("lists.jsonl", RANKS)
        .file("pairs.tsv", "to\ttwo\t3\n")
        .file("suite.toml", SUITE)
        .file("own.dict", LEXICON);
    let perturb = |suite, lexicon, input: &str| {
        let words = [
            "perturb",
            "-q",
            "--nbest",
            "lists.jsonl",
            "--suite",
            suite,
            "--lexicon",
            lexicon,
            "--lexicon-only",
        ];
        let run = run_with_input(&project.path("."), &words, input.as_bytes());
        assert_eq!(run.code, 0, "{}", run.err);
        run.out
    };
    let expected = perturb("suite.toml", "own.dict", "");
    assert!(expected.contains("\"to\":\"two\""), "{expected}");
    assert_eq!(perturb("-", "own.dict", SUITE), expected);
    assert_eq!(perturb("suite.toml", "-", LEXICON), expected);

    let run = run_with_input(
        &project.path("."),
        &["neighbours", "two", "--lexicon-only", "--lexicon", "-"],
        LEXICON.as_bytes(),
    );
    assert!(run.out.contains("too"), "{}{}", run.out, run.err);

    let check = ["--model", "first-pass", "--out", "report", "--suite"];
    for (more, options) in [
        (["-", "--suite", "-"].as_slice(), ["--suite", "--suite"]),
        (&["-", "--nbest", "-"], ["--suite", "--nbest"]),
        (
            &["perturb-n", "--nbest", "-", "--utt2spk", "-"],
            ["--nbest", "--utt2spk"],
        ),
        (
            &["perturb-n", "--nbest", "-", "--lexicon", "-"],
            ["--nbest", "--lexicon"],
        ),
    ] {
        let words = [check.as_slice(), more].concat();
        let run = run_with_input(&project.path("."), &words, SUITE.as_bytes());
        let [one, other] = options;
        let told = format!("{one} and {other} are both -");
        assert!(
            run.code == 2 && run.err.contains(&told),
            "{told}: {}",
            run.err
        );
    }

    let run = run_with_input(
        &project.path("."),
        &[check.as_slice(), &["-"]].concat(),
        b"name = 3\n",
    );
    assert!(run.err.contains("standard input, line 1"), "{}", run.err);
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn files_of_pairs_may_be_compressed_too() {
    let text = b"to\ttwo\t3\n";
    let with = |pairs: Vec<u8>| -> Project {
        project()
            .file("lists.jsonl", RANKS)
            .file("suite.toml", SUITE)
            .file("pairs.tsv", pairs)
    };
    let arguments = words("perturb -q --nbest lists.jsonl --suite suite.toml");
    let expected = with(text.to_vec()).run(&arguments);
    assert_eq!(expected.code, 0, "{}", expected.err);
    for pairs in [
        gzip(text),
        zstd::encode_all(text.as_slice(), 3).unwrap(),
        [b"\xef\xbb\xbf", text.as_slice()].concat(),
    ] {
        let found = with(pairs).run(&arguments);
        assert_eq!(
            (found.code, found.out),
            (0, expected.out.clone()),
            "{}",
            found.err
        );
    }

    let wide: Vec<u8> = text.iter().flat_map(|byte| [*byte, 0]).collect();
    with(wide).check_error(&arguments, &["suite.toml", "pairs.tsv", "UTF-16"]);
    let cut = gzip(text);
    with(cut[..cut.len() - 9].to_vec()).check_error(&arguments, &["pairs.tsv", "gzip"]);
}

#[test]
fn trn_may_begin_with_alternatives() {
    let project = project()
        .file(
            "ref.trn",
            "{ colour / color } of it (a-1)\n;; no\nsee you (a-2)\n",
        )
        .file("hyp.trn", "{ colour / color } of it (a-1)\nsee me (a-2)\n")
        .file("heard.txt", "color of it (a-1)\nsee me (a-2)\n");
    for heard in ["hyp.trn", "heard.txt"] {
        let run = project.run(&["nbest", "stat", heard, "--refs", "ref.trn"]);
        assert_eq!(run.code, 0, "{heard}: {}", run.err);
    }
    std::fs::rename(project.path("ref.trn"), project.path("said.txt")).unwrap();
    let run = project.run(&["nbest", "stat", "heard.txt", "--refs", "said.txt"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.contains("trn"), "{}", run.out);
}

#[test]
fn a_damaged_manifest_is_told_as_such() {
    let line = |id: &str| format!("{{\"audio_filepath\": \"{id}.wav\", \"text\": \"yes\"}}\n");
    let beams = "yes\t-1\nno\t-2\nwell\t-3\nno\t-4\n";
    let check = |manifest: String, expected: &[&str]| {
        let project = project()
            .file("beams.tsv", beams)
            .file("manifest.json", manifest);
        let arguments = ["nbest", "stat", "beams.tsv", "--refs", "manifest.json"];
        project.check_error(&arguments, expected);
    };
    let (one, two) = (line("u1"), line("u2"));
    check(
        format!("{}{two}", &one[1..]),
        &["failed to read manifest.json, line 1", "not valid JSON"],
    );
    check(
        format!("{one}{}", &two[..20]),
        &["failed to read manifest.json, line 2"],
    );
    check(
        format!("{one}{one}"),
        &["failed to read manifest.json, line 2", "`u1`"],
    );
    check(
        format!("{one}{two}{}", line("u3")),
        &["4 beams", "the 3 utterances of manifest.json"],
    );
}

#[test]
fn fairseq_lists_are_read_with_their_references() {
    let project = project()
        .file(
            "plain.txt",
            "H-1\t-0.5\tyes\nH-0\t-0.25\ttoo ships\nH-0\t-0.75\ttwo ships\n",
        )
        .file("refs", "0 two ships\n1 yes\n")
        .file(
            "marked.txt",
            "INFO loading\nT-0\ttwo ships\nH-0\t-0.25\t\u{2581}too \u{2581}ships\nD-0\t-0.25\ttoo \
                ships\nP-0\t-0.1\n",
        )
        .file("bad.txt", "H-0\t-0.25\tyes\nH-0\tyes\n");
    let expected = json!([
        {"id": "0", "ref": "two ships", "hyps": [{"text": "too ships", "score": -0.25}, {"text": "two ships", "score": -0.75}]},
        {"id": "1", "ref": "yes", "hyps": [{"text": "yes", "score": -0.5}]},
    ]);
    let run = project.run(&["nbest", "convert", "plain.txt", "--refs", "refs"]);
    assert_eq!(json!(rows(&run.out)), expected, "{}", run.err);
    let run = project.run(&["nbest", "convert", "marked.txt"]);
    let hyps = json!([{"text": "too ships", "score": -0.25}]);
    assert_eq!(rows(&run.out)[0]["hyps"], hyps, "{}", run.err);
    project.check_error(
        &["nbest", "stat", "bad.txt"],
        &["bad.txt, line 2", "fairseq"],
    );
}

#[test]
fn marks_of_sphinx_are_no_words() {
    let project = project()
        .file(
            "said.transcription",
            "<s> TURN OFF </s> (lee-7)\n<s> TWO ++NOISE++ TICKETS </s> (moe-3)\n",
        )
        .file(
            "heard.match",
            "turn of (lee-7 -1234)\ntwo +um+ tickets(2) <sil> (moe-3 -99)\n",
        )
        .file("plain.trn", "turn off (lee-7)\ntwo <unk> tickets (moe-3)\n");
    let stat = |arguments: &[&str]| {
        let run = project.run(&[&["nbest", "stat"], arguments].concat());
        assert_eq!(run.code, 0, "{arguments:?}: {}", run.err);
        rate(&run.out, "WER first pass")
    };

    let said = ["--refs", "said.transcription"];
    let of = |heard| stat(&[&[heard], &said[..]].concat());
    assert_eq!(of("heard.match"), ("25.00 %".to_owned(), 1, 4));
    // Nothing shows that these are Sphinx's: `<unk>` is a word.
    assert_eq!(of("plain.trn"), ("25.00 %".to_owned(), 1, 4));

    let check = "--model first-pass --suite perturb-1 --draws 1 --format json --nbest heard.match";
    let run = project.run(&[&words(check)[..], &said].concat());
    assert_ne!(run.code, 2, "{}", run.err);
    assert!(run.out.contains("\"reference_words\": 4"), "{}", run.out);

    let run = project.run(&words(
        "significance heard.match plain.trn --ref said.transcription --no-speakers --format json",
    ));
    assert_eq!(run.code, 0, "{}", run.err);
    let found: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(found["reference_words"], 4, "{found}");
}

#[test]
fn ids_that_the_own_readers_would_not_read_back_are_refused() {
    let project = project()
        .file("comment.jsonl", RANKS.replace("\"a\"", "\";;a\""))
        .file("inner.jsonl", RANKS.replace("\"a\"", "\"a(b\""))
        .file("refs.txt", ";;a two\nb two\n")
        .file("heard.trn", "two (;;a)\n")
        .file("other.trn", "to (;;a)\n");
    for line in [
        "nbest convert comment.jsonl --to kaldi --out k",
        "score --model first-pass --nbest comment.jsonl --to kaldi",
    ] {
        project.check_error(&words(line), &["`;;a`", "begins with ;;"]);
    }
    let trn = words("score --model first-pass --nbest inner.jsonl --to trn");
    project.check_error(&trn, &["`a(b`", "opening parenthesis"]);

    let tested = words("significance heard.trn other.trn --ref refs.txt");
    project.check_error(&tested, &["`;;a`", "lines that begin with ;; are comments"]);
}

/// Kaldi's lists of two utterances, with scores.
fn kaldi_lists() -> Project {
    project()
        .file("nbest", "u1-1 a b\nu1-2 a c\nu2-1 a\n")
        .file("refs", "u1 a b\nu2 a\n")
        .file("sc", "u1-1 3\nu1-2 2\nu2-1 1\n")
}

#[test]
fn a_file_of_scores_counts_once() {
    let project = kaldi_lists();
    for (again, told) in [("sc", "named twice"), ("./sc", "the same as sc")] {
        let line = format!("nbest convert nbest --refs refs --scores sc --scores {again}");
        project.check_error(&words(&line), &[again, told]);
    }

    // Another file may say the same.
    fs::copy(project.path("sc"), project.path("other")).unwrap();
    let run = project.run(&words(
        "nbest convert nbest --refs refs --scores sc --scores other",
    ));
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(rows(&run.out)[0]["hyps"][0]["score"], 6.0);
}

#[test]
fn scores_of_nothing_and_missing_ranks_are_warned_of() {
    let read = "nbest convert nbest --refs refs --scores sc";
    let project = kaldi_lists();
    let run = project.run(&words(read));
    assert!(!run.err.contains("warning"), "{}", run.err);

    let project = project.file("sc", "u1-7 9\nu1-1 3\nu1-2 2\nu2-1 1\nu3-1 4\n");
    let run = project.run(&words(read));
    let told = "2 scores of hypotheses that no list has, such as `u1-7`";
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.err.contains(told), "{}", run.err);

    let project = kaldi_lists()
        .file("nbest", "u1-1 a b\nu1-3 a c\nu2-2 a\nu3-0 a\nu3-1 b\n")
        .file("refs", "u1 a b\nu2 a\nu3 a\n")
        .file(
            "mlm.json",
            r#"{"u": {"ref": "a", "hyp_1": {"text": "a", "score": 1}, "hyp_3": {"text": "b", "score": 0}}}"#,
        );
    let run = project.run(&words("nbest convert nbest --refs refs"));
    let told = "ranks are missing in 2 lists, first `u1-2`";
    assert!(run.err.contains(told), "{}", run.err);
    let run = project.run(&words("nbest convert mlm.json"));
    let told = "ranks are missing in 1 list, first `u-2`";
    assert!(run.err.contains(told), "{}", run.err);
}
