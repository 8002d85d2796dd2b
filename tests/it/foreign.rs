//! Files as toolkits write them that are no lists or references as they stand, or are read only
//! with care: each is read rightly, or refused by its name with what to do.

use serde_json::{Value, json};

use crate::project::{Project, project, words};

/// Converts, and gives the id, reference and texts of every list.
#[track_caller]
fn converted(project: &Project, line: &str) -> (Vec<Value>, String) {
    let run = project.run(&words(&format!("nbest convert {line}")));
    assert_eq!(run.code, 0, "{line}: {}", run.err);
    let row = |line: &str| {
        let row: Value = serde_json::from_str(line).unwrap();
        let hyps = row["hyps"].as_array().unwrap().iter();
        let hyps: Vec<&Value> = hyps.map(|hyp| &hyp["text"]).collect();
        json!([row["id"], row["ref"], hyps])
    };
    (run.out.lines().map(row).collect(), run.err)
}

#[test]
fn references_of_nist_are_read_or_refused_by_name() {
    let project = project()
        .file("lists", "lee-1 turn of\nlee-2 turn off\n")
        .file(
            "said.stm",
            ";; LABEL \"o\" \"Overall\" \"x\"\nlee 1 lee 0.0 1.5 <o,f0,male> turn off\n",
        )
        .file("named", "lee 1 lee 0.0 1.5 turn off\n")
        .file("other.stm", "call7 A lee 0.0 1.5 turn off\n")
        .file(
            "parts.stm",
            "lee 1 lee 0.0 1.5 turn\nlee 1 lee 1.5 2.5 off\n",
        )
        .file(
            "said.ctm",
            "lee 1 0.0 0.5 turn 0.9\nlee 1 0.5 0.5 off 0.9\n",
        )
        .file("said.csv", "id,text\nlee,turn off\n")
        .file(
            "recogs-test.txt",
            "lee:\tref=['turn', 'off']\nlee:\thyp=['turn', 'of']\n",
        )
        .file("noted", ";; of today\nlee turn off\n")
        .file("hashed", "# of today\nlee turn off\n")
        .file("heard", "lee turn off\n")
        .file("again", "lee turn of\n");

    let expected = [json!(["lee", "turn off", ["turn of", "turn off"]])];
    for said in ["said.stm", "named", "noted"] {
        let (found, _) = converted(&project, &format!("lists --refs {said}"));
        assert_eq!(found, expected, "{said}");
    }

    let refused = |said: &str, expected: &[&str]| {
        let line = format!("nbest stat lists --refs {said}");
        project.check_error(&words(&line), expected);
    };
    refused(
        "other.stm",
        &[
            "no reference for the utterance `lee`",
            "`call7`",
            "read as STM",
        ],
    );
    refused(
        "parts.stm",
        &["parts.stm, line 2", "second segment", "Kaldi text"],
    );
    refused("said.ctm", &["said.ctm", "this is CTM", "Kaldi text"]);
    refused("said.csv", &["between commas", "Kaldi text"]);
    refused("recogs-test.txt", &["icefall", "Kaldi text"]);
    refused("hashed", &["hashed, line 1", "`#`", "comment"]);

    let lists = |file: &str, expected: &[&str]| {
        let line = format!("nbest stat {file} --refs heard");
        project.check_error(&words(&line), expected);
    };
    lists("said.ctm", &["this is CTM", ".trn"]);
    lists("said.stm", &["this is STM", "--refs"]);
    lists("recogs-test.txt", &["icefall's recogs", "lattice"]);

    let compare = |said: &str| {
        let line = format!("significance heard again --no-speakers --ref {said}");
        project.run(&words(&line))
    };
    assert_eq!(compare("said.stm").code, 0);
    let run = compare("said.ctm");
    assert!(
        run.code == 2 && run.err.contains("this is CTM"),
        "{}",
        run.err
    );
}

#[test]
fn beams_of_nemo_are_dealt_only_where_their_scores_agree() {
    let line = |path: &str, more: &str| {
        format!("{{\"audio_filepath\": \"{path}\", {more}\"duration\": 1.0, \"text\": \"yes\"}}\n")
    };
    let both = |one: String, two: String| one + &two;
    let project = project()
        .file("two.json", both(line("a.wav", ""), line("b.wav", "")))
        .file(
            "folders.json",
            both(line("/d/1/a.wav", ""), line("/d/2/a.wav", "")),
        )
        .file(
            "parts.json",
            both(
                line("a.wav", "\"offset\": 0.0, "),
                line("a.wav", "\"offset\": 1.5, "),
            ),
        )
        .file("twice.json", both(line("a.wav", ""), line("a.wav", "")))
        .file(
            "uneven.tsv",
            "turn of\t-1\nturn off\t-2\nturn\t-3\nx y\t-1\n",
        )
        .file("empty.tsv", "\t-1.5\nyes\t-2.5\nno\t-1\n\t-3\n");

    project.check_error(
        &words("nbest stat uneven.tsv --refs two.json"),
        &[
            "uneven.tsv, line 4",
            "the utterance `b`",
            "as many beams for each",
        ],
    );
    let ids = |manifest: &str| -> Vec<Value> {
        let (found, _) = converted(&project, &format!("empty.tsv --refs {manifest}"));
        assert_eq!(found[0][2], json!(["", "yes"]));
        found.iter().map(|list| list[0].clone()).collect()
    };
    assert_eq!(ids("two.json"), ["a", "b"]);
    assert_eq!(ids("folders.json"), ["1/a", "2/a"]);
    assert_eq!(ids("parts.json"), ["a@0.0", "a@1.5"]);
    project.check_error(
        &words("nbest stat empty.tsv --refs twice.json"),
        &[
            "twice.json, line 2",
            "`a`, made from the audio",
            "an `id` of its own",
        ],
    );
}

#[test]
fn lists_of_srilm_are_known_by_content_and_named_without_endings() {
    let list = "-5.5 -1.5 2 too ships\n-4.5 -1.5 2 -pau- two ships\n";
    let project = project()
        .file("refs", "u1 two ships\n")
        .file("u1", list)
        .file("a/u1.score", list)
        .file(
            "b/u1.nbest",
            "NBestList2.0\n(-7.5) -pau- ( st: 0 ) two ( st: 0.1 a: -2 ) ships ( )\n",
        );
    for (file, texts) in [
        ("u1", json!(["two ships", "too ships"])),
        ("a/u1.score", json!(["two ships", "too ships"])),
        ("b/u1.nbest", json!(["two ships"])),
    ] {
        let (found, _) = converted(&project, &format!("{file} --refs refs"));
        assert_eq!(found, [json!(["u1", "two ships", texts])], "{file}");
    }
}

#[test]
fn the_order_of_a_service_goes_before_its_confidences() {
    let google = |first: f64, second: f64| {
        json!({"results": [{"alternatives": [
            {"transcript": "too ships", "confidence": first},
            {"transcript": "two ships", "confidence": second},
        ]}]})
        .to_string()
    };
    let azure = json!({"recognizedPhrases": [{"nBest": [
        {"confidence": 0.25, "lexical": "too ships", "display": "Too ships."},
        {"confidence": 0.5, "lexical": "two ships", "display": "Two ships."},
    ]}]});
    let project = project()
        .file("refs", "u1 two ships\n")
        .file("agrees/u1.json", google(0.75, 0.5))
        .file("differs/u1.json", google(0.5, 0.75))
        .file("unset/u1.json", google(0.75, 0.0))
        .file("azure/u1.json", azure.to_string());

    let (found, told) = converted(&project, "agrees/u1.json --refs refs");
    let expected = [json!(["u1", "two ships", ["too ships", "two ships"]])];
    assert_eq!(found, expected);
    assert!(!told.contains("confidence"), "{told}");

    // Google writes 0 for no confidence at all, and the rank stands in for both.
    let run = project.run(&words("nbest stat unset/u1.json --refs refs"));
    assert!(run.out.contains("lists with a score: none"), "{}", run.out);

    for file in ["differs/u1.json", "azure/u1.json"] {
        let (found, told) = converted(&project, &format!("{file} --refs refs"));
        assert_eq!(found, expected, "{file}");
        assert!(
            told.contains("in 1 answer a later text has a higher confidence"),
            "{told}"
        );
        let run = project.run(&words(&format!("nbest stat {file} --refs refs")));
        let note = "note              1 lists whose confidences contradict their order";
        assert!(run.out.contains(note), "{}", run.out);
    }
}

#[test]
fn lists_by_id_are_read_and_other_json_is_told_by_its_fields() {
    let project = project()
        .file("refs", "u1 two ships\n")
        .file(
            "texts.json",
            r#"{"u1": {"ref": "two ships", "hyps": ["too ships", "two ships"], "score": [-1.5, -0.5]}}"#,
        )
        .file(
            "objects.json",
            "{\"u1\": {\"ref\": \"two ships\",\n \"hyps\": [{\"text\": \"two ships\"}, {\"text\": \
             \"too ships\"}]}}\n",
        )
        .file(
            "input.json",
            r#"{"u1": {"input": ["two ships", "too ships"], "output": "two ships"}}"#,
        );
    let expected = [json!(["u1", "two ships", ["two ships", "too ships"]])];
    for file in ["texts.json", "objects.json", "input.json"] {
        assert_eq!(converted(&project, file).0, expected, "{file}");
    }

    let check = |content: &str, expected: &[&str]| {
        for name in ["lists.json", "lists.jsonl"] {
            let project = crate::project::project().file(name, content);
            let all = [&["no known format fits", "`hyps`"], expected].concat();
            project.check_error(&["nbest", "stat", name], &all);
        }
    };
    check(r#"[{"text": "two ships"}]"#, &["fields `text`;"]);
    check(
        r#"{"hypotheses": ["a"], "reference": "a"}"#,
        &["`hypotheses`, `reference`;", "write a line"],
    );
    check(
        r#"{"data": [{"input": ["a"], "output": "a"}]}"#,
        &["`data`", "jq"],
    );
    check(
        r#"{"u1": {"hypotheses": ["a"], "reference": "a"}}"#,
        &["`u1`; the first of them holds `hypotheses`, `reference`"],
    );
    check(
        r#"{"result": [{"conf": 1, "word": "a"}], "text": "a"}"#,
        &["Vosk", "SetMaxAlternatives"],
    );
    check(
        r#"{"text": "a", "segments": [], "language": "en"}"#,
        &["Whisper"],
    );
    check(
        r#"{"id": "u1", "recording_id": "r", "text": "a"}"#,
        &["lhotse"],
    );
    check(
        r#"{"audio_filepath": "a.wav", "text": "a"}"#,
        &["NeMo", "--refs"],
    );
}
