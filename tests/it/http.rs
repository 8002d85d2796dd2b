//! Models behind HTTP: Text Embeddings Inference and completions.

use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::project::{Project, project, repository, words};
use crate::server::{Asked, Reply, Server, completions, tei, texts};

const LISTS: &str = r#"{"id": "a", "speaker": "s", "ref": "two there", "hyps": [{"text": "two there", "score": -1}, {"text": "to their", "score": -2}, {"text": "too", "score": -3}]}
{"id": "b", "speaker": "t", "ref": "meet me at eight", "hyps": [{"text": "meet me at eight", "score": -1}, {"text": "meat me", "score": -1.5}, {"text": "", "score": -9}]}
"#;

/// The hypothesis of the lists above that has no word.
const EMPTY: &str = r#", {"text": "", "score": -9}"#;

/// Scores of the lists above by the length of their texts.
const SCORES: &str = r#"{"id":"a","texts":["two there","to their","too"],"scores":[-9.0,-8.0,-3.0],"places":[[0],[1],[2]]}
{"id":"b","texts":["meet me at eight","meat me",""],"scores":[-16.0,-7.0,0.0],"places":[[0],[1],[2]]}
"#;

fn length(text: &str) -> f64 {
    0.0 - text.len() as f64
}

/// The first `count` bundled lists.
fn some_lists(count: usize) -> Project {
    let text = std::fs::read_to_string(repository("fixtures/nbest/test.jsonl")).unwrap();
    let lines: Vec<&str> = text.lines().take(count).collect();
    project().file("lists.jsonl", lines.join("\n") + "\n")
}

/// Runs `score` with `--model` and options.
fn score<'a>(model: &'a str, options: &[&'a str]) -> Vec<&'a str> {
    let words = ["score", "--model", model, "--nbest", "lists.jsonl"];
    [&words[..], options].concat()
}

#[test]
fn servers_score_texts() {
    let project = project().file("lists.jsonl", LISTS);
    let server = Server::start(|asked, _| tei(asked, &length));
    let model = format!("tei:{}", server.url());
    let run = project.run(&score(&model, &[]));
    assert_eq!((run.code, run.out.as_str()), (0, SCORES), "{}", run.err);
    assert!(run.err.contains("demo/model abc123 float32"), "{}", run.err);
    let sizes: Vec<usize> = server
        .asked()
        .iter()
        .map(|asked| texts(asked).len())
        .collect();
    assert_eq!(sizes.iter().sum::<usize>(), 6);
    assert!(
        sizes.iter().all(|size| *size <= 5),
        "the server said 5: {sizes:?}"
    );

    // An empty text has no score of a language model.
    let project = project.file("lists.jsonl", LISTS.replace(EMPTY, ""));
    let scores = SCORES.replace(",\"\"]", "]").replace(
        "-7.0,0.0],\"places\":[[0],[1],[2]]",
        "-7.0],\"places\":[[0],[1]]",
    );
    let server = Server::start(|asked, _| completions(asked, &length));
    for (model, options) in [
        (format!("completions:{}", server.url()), &[][..]),
        (
            format!("completions:{}/v1", server.url()),
            &["--served-model", "lm"],
        ),
        (
            format!("completions:{}/v1/completions", server.url()),
            &["--prompt-form", "prompt-logprobs"],
        ),
    ] {
        let run = project.run(&score(&model, options));
        assert_eq!(
            (run.code, run.out.as_str()),
            (0, scores.as_str()),
            "{}",
            run.err
        );
        let said = run.err.contains("the server says it serves lm demo/lm");
        assert!(
            said && !run.err.contains("warning: the server"),
            "{}",
            run.err
        );
    }

    // By token, and with a prefix of two words, whose score is none of a text's.
    let model = format!("completions:{}", server.url());
    let mean = project.run(&score(&model, &["--token-scores", "mean"]));
    assert!(
        mean.out.contains("\"scores\":[-4.5,-4.0,-3.0]"),
        "{}{}",
        mean.out,
        mean.err
    );
    let prefixed = project.run(&score(&model, &["--prefix", "so he said: "]));
    assert!(
        prefixed.out.contains("\"scores\":[0.0,0.0,0.0]"),
        "{}{}",
        prefixed.out,
        prefixed.err
    );
}

#[test]
fn with_a_suffix_every_text_has_an_end_that_is_scored_and_an_empty_one_a_score() {
    let project = project().file("lists.jsonl", LISTS);
    let server = Server::start(|asked, _| completions(asked, &length));
    let model = format!("completions:{}", server.url());
    let run = project.run(&score(&model, &["--suffix", "."]));
    assert_eq!(run.code, 0, "{}", run.err);

    let mut seen = 0;
    for line in run.out.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let texts = line["texts"].as_array().unwrap();
        for (text, score) in texts.iter().zip(line["scores"].as_array().unwrap()) {
            let ended = format!("{}.", text.as_str().unwrap());
            assert_eq!(score.as_f64(), Some(length(&ended)), "{ended}");
            seen += usize::from(ended == ".");
        }
    }
    assert_eq!(seen, 1, "{}", run.out);
}

#[test]
fn several_requests_are_on_their_way_at_once_and_no_more_than_asked_for() {
    static NOW: AtomicUsize = AtomicUsize::new(0);
    static MOST: AtomicUsize = AtomicUsize::new(0);

    let project = some_lists(6);
    let server = Server::start(|asked, _| {
        let now = 1 + NOW.fetch_add(1, Ordering::SeqCst);
        MOST.fetch_max(now, Ordering::SeqCst);
        let reply = tei(asked, &length).after(0.05);
        NOW.fetch_sub(1, Ordering::SeqCst);
        reply
    });
    let model = format!("tei:{}", server.url());
    let run = project.run(&score(
        &model,
        &["--connections", "3", "--batch-texts", "4"],
    ));
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(MOST.load(Ordering::SeqCst), 3);
}

#[test]
fn a_server_that_recovers_is_asked_again() {
    let project = project().file("lists.jsonl", LISTS);
    let recovers = |first: fn() -> Reply| {
        let server = Server::start(move |asked, number| match (asked.method.as_str(), number) {
            ("POST", 0 | 1) => first(),
            _ => tei(asked, &length),
        });
        let model = format!("tei:{}", server.url());
        let begun = Instant::now();
        let run = project.run(&score(
            &model,
            &["--connections", "1", "--batch-texts", "5"],
        ));
        assert_eq!((run.code, run.out.as_str()), (0, SCORES), "{}", run.err);
        assert_eq!(server.asked().len(), 4);
        begun.elapsed()
    };

    let waited = recovers(|| Reply::Status(429, "Retry-After: 1\r\n", "overloaded"));
    assert!(waited >= Duration::from_secs(2), "{waited:?}");
    recovers(|| Reply::Status(503, "", ""));
    recovers(|| Reply::Close);
}

/// The command ends soon with an error that says all of `expected`.
#[track_caller]
fn check_fault(
    options: &[&str],
    expected: &[&str],
    answer: impl Fn(&Asked, usize) -> Reply + Send + Sync + 'static,
) {
    let project = project().file("lists.jsonl", LISTS);
    let server = Server::start(answer);
    let model = format!("tei:{}", server.url());
    let begun = Instant::now();
    project.check_error(&score(&model, options), expected);
    assert!(begun.elapsed() < Duration::from_secs(10), "{expected:?}");
}

/// A server that says what it serves, and answers requests for scores with `reply`.
fn only_scores(
    reply: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
) -> impl Fn(&Asked, usize) -> Reply + Send + Sync + 'static {
    move |asked, _| match asked.method.as_str() {
        "POST" => reply(asked),
        _ => tei(asked, &length),
    }
}

#[test]
fn every_fault_of_a_server_is_named() {
    let fails =
        || only_scores(|_| Reply::Status(500, "", "\n{\"error\": \"out of memory\"}\nmore"));
    check_fault(
        &["--retries", "2"],
        &[
            "the model at http://127",
            "answered 500 3 times",
            "out of memory",
        ],
        fails(),
    );
    check_fault(&["--retries", "0"], &["answered 500: {\"error\""], fails());
    check_fault(
        &[],
        &["is busy and asks to wait 3600 s, longer than --timeout"],
        only_scores(|_| Reply::Status(503, "Retry-After: 3600\r\n", "")),
    );
    check_fault(
        &["--timeout", "0.5"],
        &["gave no answer within 0.5 s; --timeout gives it longer"],
        only_scores(|asked| tei(asked, &length).after(2.0)),
    );
    check_fault(
        &[],
        &["answered 413: `inputs` must have less than 512 tokens. Given: 600"],
        only_scores(|_| {
            Reply::Status(
                413,
                "",
                "`inputs` must have less than 512 tokens. Given: 600",
            )
        }),
    );
    check_fault(
        &["--retries", "1"],
        &["could not be reached 2 times"],
        only_scores(|_| Reply::Close),
    );

    check_fault(
        &["--batch-texts", "2", "--connections", "1"],
        &["2 texts but 1 scores"],
        only_scores(|_| Reply::Json(json!([[{"score": 1.0, "label": "LABEL_0"}]]))),
    );
    check_fault(
        &["--batch-texts", "1"],
        &["NaN", "finite"],
        only_scores(|_| Reply::Json(json!([[{"score": null, "label": "LABEL_0"}]]))),
    );
    check_fault(
        &["--batch-texts", "1"],
        &["NaN", "finite"],
        only_scores(|_| Reply::Status(200, "", "[[{\"score\": NaN, \"label\": \"LABEL_0\"}]]")),
    );
    check_fault(
        &[],
        &["expected a list of predictions", "found \"<html>\""],
        only_scores(|_| Reply::Status(200, "", "<html>\n</html>")),
    );
    check_fault(
        &["--batch-texts", "1"],
        &["2 labels (BAD, GOOD)", "one output"],
        only_scores(|_| {
            Reply::Json(json!([[{"score": 1, "label": "BAD"}, {"score": 2, "label": "GOOD"}]]))
        }),
    );

    check_fault(
        &["--connections", "1"],
        &["its answer has more than 64 MiB"],
        only_scores(|_| Reply::Json("a".repeat(65 << 20).into())),
    );

    check_fault(&[], &["embeds texts"], |_, _| {
        Reply::Json(json!({"model_id": "m", "model_type": {"embedding": {"pooling": "mean"}}}))
    });
    check_fault(
        &["--retries", "0"],
        &["answered 401: who are you"],
        |_, _| Reply::Status(401, "", "who are you"),
    );
}

#[test]
fn a_server_that_does_not_tell_of_the_prompt_is_named_with_the_other_form() {
    let project = project().file("lists.jsonl", LISTS);
    let server = Server::start(|asked, _| {
        if asked.path == "/v1/models" {
            return Reply::Json(json!({"data": [{"id": "a"}, {"id": "b"}]}));
        }
        let made_up = |text| json!({"text": text, "logprobs": {"token_logprobs": [-0.5]}});
        let choices: Vec<Value> = texts(asked).into_iter().map(made_up).collect();
        Reply::Json(json!({"choices": choices}))
    });
    let model = format!("completions:{}", server.url());
    project.check_error(&score(&model, &[]), &["it serves a, b", "--served-model"]);
    project.check_error(
        &score(&model, &["--served-model", "c"]),
        &["it does not serve c: it serves a, b"],
    );
    project.check_error(&score(&model, &["--served-model", ""]), &["--served-model"]);
    let named = ["--served-model", "a"];
    project.check_error(
        &score(&model, &named),
        &["does not echo", "--prompt-form prompt-logprobs"],
    );
    let other = ["--served-model", "a", "--prompt-form", "prompt-logprobs"];
    project.check_error(&score(&model, &other), &["--prompt-form echo"]);
}

#[test]
fn choices_that_cannot_be_told_apart_are_refused() {
    let project = project().file("lists.jsonl", LISTS.replace(EMPTY, ""));
    let server = Server::start(|asked, _| {
        if asked.path == "/v1/models" {
            return Reply::Status(404, "", "not here");
        }
        let alike = |text| {
            let told = json!({"tokens": ["<s>", text], "token_logprobs": [null, -0.5]});
            json!({"index": 0, "text": text, "logprobs": told})
        };
        let choices: Vec<Value> = texts(asked).into_iter().map(alike).collect();
        Reply::Json(json!({"choices": choices}))
    });
    let model = format!("completions:{}", server.url());
    project.check_error(
        &score(&model, &["--served-model", "a", "--batch-texts", "4"]),
        &["not numbered from 0 on"],
    );
}

/// A server whose texts have no token that begins them: words are tokens, and it makes none up.
fn plain(asked: &Asked) -> Reply {
    if asked.path == "/v1/models" {
        return Reply::Status(404, "", "not here");
    }
    let choices = texts(asked).into_iter().map(|text| {
        let tokens: Vec<&str> = text.split_inclusive(' ').collect();
        let mut logprobs = vec![Value::Null];
        logprobs.extend(tokens[1..].iter().map(|token| json!(-(token.len() as f64))));
        let told = json!({"tokens": tokens, "token_logprobs": logprobs});
        json!({"text": text, "finish_reason": "stop", "logprobs": told})
    });
    Reply::Json(json!({"model": "other", "choices": choices.collect::<Vec<Value>>()}))
}

#[test]
fn a_text_without_a_score_of_its_own_is_refused_with_what_to_do() {
    let project = project().file("lists.jsonl", LISTS);
    let server = Server::start(|asked, _| plain(asked));
    let model = format!("completions:{}", server.url());
    let named = ["--served-model", "a"];
    project.check_error(
        &score(&model, &named),
        &[
            "of the list b",
            "an empty text has no tokens",
            "leave empty",
        ],
    );

    let project = project.file("lists.jsonl", LISTS.replace(EMPTY, ""));
    project.check_error(
        &score(&model, &named),
        &["\"too\" of the list a", "none of its tokens", "--prefix"],
    );
    let merged = ["--served-model", "a", "--prefix", "<s>"];
    project.check_error(
        &score(&model, &merged),
        &["\"too\" of the list a", "take another prefix"],
    );

    // The first word of `to their` has no score; behind `so ` it has.
    let longer = LISTS.replace("\"too\"", "\"too far\"").replace(EMPTY, "");
    let project = project.file("lists.jsonl", &longer);
    let run = project.run(&score(&model, &named));
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(
        run.out.contains("\"scores\":[-5.0,-5.0,-3.0]"),
        "{}",
        run.out
    );
    for said in [
        "the server does not say what it serves: of a its name alone is known",
        "caution: the server answers as the model other, and a was asked for",
        "caution: the server gives the first token of a text no log-probability",
    ] {
        let err = run.err.replace('\n', " ");
        assert!(err.contains(said), "{}", run.err);
    }
    let prefixed = ["--served-model", "a", "--prefix", "so "];
    let run = project.run(&score(&model, &prefixed));
    assert!(
        run.out.contains("\"scores\":[-9.0,-8.0,-7.0]"),
        "{}{}",
        run.out,
        run.err
    );
    assert!(!run.err.contains("first token"), "{}", run.err);
}

#[test]
fn an_option_of_language_models_is_refused_for_others_also_with_its_usual_value() {
    let project = project().file("lists.jsonl", LISTS);
    for model in ["exec:true", "tei:http://127.0.0.1:1"] {
        for option in [["--prompt-form", "echo"], ["--token-scores", "sum"]] {
            project.check_error(&score(model, &option), &[option[0], "does nothing for"]);
        }
    }
}

#[test]
fn a_way_that_leads_elsewhere_is_named() {
    check_fault(
        &[],
        &["it answered 307 and sends on to https://elsewhere.invalid/a: name"],
        only_scores(|_| {
            Reply::Status(307, "Location: https://elsewhere.invalid/a/predict\r\n", "")
        }),
    );
    check_fault(
        &[],
        &["encoded as gzip, which was not asked for"],
        only_scores(|_| Reply::Status(200, "Content-Encoding: gzip\r\n", "x")),
    );
    check_fault(
        &["--batch-texts", "3"],
        &["the request had 3 texts", "--batch-texts sends fewer"],
        only_scores(|_| Reply::Status(422, "", "too many")),
    );
    check_fault(
        &["--retries", "0"],
        &["answered 401: who", "set TEI_API_KEY", "--api-key-env"],
        |_, _| Reply::Status(401, "", "who are you"),
    );
}

#[test]
fn certificates_that_are_none_are_named_with_their_file() {
    let project = project().file("lists.jsonl", LISTS).file("ca.pem", "none");
    let (code, said) = run_with(
        &project,
        &score("tei:https://127.0.0.1:1", &[]),
        &[("SSL_CERT_FILE", "ca.pem")],
    );
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("ca.pem, which SSL_CERT_FILE names"), "{said}");
}

#[test]
fn a_key_that_a_server_sends_back_is_printed_nowhere() {
    let project = project().file("lists.jsonl", LISTS);
    let server = Server::start(|_, _| Reply::Status(401, "", "no such key: hunter2-hunter2"));
    let model = format!("tei:{}", server.url());
    let (code, said) = run_with(
        &project,
        &score(&model, &[]),
        &[("TEI_API_KEY", "hunter2-hunter2")],
    );
    assert_eq!(code, 2, "{said}");
    assert!(
        said.contains("no such key: [key]") && !said.contains("hunter2"),
        "{said}"
    );
}

#[test]
fn an_address_that_cannot_be_asked_is_refused() {
    let project = project().file("lists.jsonl", LISTS);
    project.check_error(
        &score("tei:localhost:8080", &[]),
        &["localhost:8080", "no URL", "http://"],
    );
    for port in ["99999", "65616", "0"] {
        project.check_error(
            &score(&format!("tei:http://127.0.0.1:{port}"), &[]),
            &["a port is a number from 1 to 65535"],
        );
    }
    let secret = project.run(&score("tei:http://me:hunter2@localhost:1", &[]));
    assert_eq!(secret.code, 2);
    assert!(
        secret.err.contains("--api-key-env") && !secret.err.contains("hunter2"),
        "{}",
        secret.err
    );

    let closed = score("tei:http://127.0.0.1:1", &["--retries", "1"]);
    project.check_error(
        &closed,
        &["http://127.0.0.1:1", "could not be reached 2 times"],
    );
}

/// The output of the binary with variables set.
fn run_with(project: &Project, words: &[&str], variables: &[(&str, &str)]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_robustness-check"))
        .args(words)
        .current_dir(project.path(""))
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let texts = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    (output.status.code().unwrap(), texts.concat())
}

#[test]
fn a_key_is_sent_and_shown_nowhere() {
    let project = project().file("lists.jsonl", LISTS);
    let server = Server::start(|asked, _| tei(asked, &length));
    let model = format!("tei:{}", server.url());
    let words = [
        "--verbose",
        "--model",
        &model,
        "--suite",
        "perturb-1",
        "--nbest",
        "lists.jsonl",
        "--out",
        "report",
    ];
    let keys = || {
        let asked = server.all_asked().into_iter();
        asked
            .filter_map(|asked| asked.authorization)
            .collect::<Vec<String>>()
    };

    let (_, shown) = run_with(&project, &words, &[("TEI_API_KEY", "hunter2")]);
    assert!(!shown.contains("hunter2"), "{shown}");
    for file in ["report.json", "report.md"] {
        assert!(!project.read(&format!("report/{file}")).contains("hunter2"));
    }
    assert!(keys().iter().all(|key| key == "Bearer hunter2") && keys().len() > 1);

    let named = [&words[..], &["--api-key-env", "OWN_KEY"]].concat();
    let (_, shown) = run_with(&project, &named, &[("OWN_KEY", "s3cret")]);
    assert!(!shown.contains("s3cret"), "{shown}");
    assert!(keys().contains(&"Bearer s3cret".to_owned()));
    project.check_error(
        &score(&model, &["--api-key-env", "OWN_KEY"]),
        &["OWN_KEY", "not set"],
    );
    let (code, shown) = run_with(&project, &named, &[("OWN_KEY", "hunter\n2")]);
    assert!(
        code == 2 && shown.contains("no header") && !shown.contains("hunter"),
        "{shown}"
    );
}

#[test]
fn a_proxy_is_used_for_other_machines_alone() {
    let project = project().file("lists.jsonl", LISTS);
    let proxy = Server::start(|asked, _| tei(asked, &length));
    let through = [("HTTP_PROXY", proxy.url()), ("http_proxy", proxy.url())];
    let through = through.each_ref().map(|(name, url)| (*name, url.as_str()));

    let far = score("tei:http://model.invalid", &[]);
    let (code, shown) = run_with(&project, &far, &through);
    assert_eq!(code, 0, "{shown}");
    let tunnels = || {
        let asked = proxy.all_asked().into_iter();
        asked
            .filter(|asked| asked.method == "CONNECT")
            .map(|asked| asked.path)
            .collect::<Vec<_>>()
    };
    assert!(tunnels().iter().all(|tunnel| tunnel == "model.invalid:80") && !tunnels().is_empty());
    let before = tunnels().len();
    let spared = [
        &through[..],
        &[("NO_PROXY", ".invalid"), ("no_proxy", ".invalid")],
    ]
    .concat();
    assert_eq!(
        run_with(&project, &[&far[..], &["--retries", "0"]].concat(), &spared).0,
        2
    );

    let near = Server::start(|asked, _| tei(asked, &length));
    let near = format!("tei:{}", near.url());
    assert_eq!(run_with(&project, &score(&near, &[]), &through).0, 0);
    assert_eq!(tunnels().len(), before);
}

#[test]
fn with_a_cache_a_server_is_asked_once_in_all_runs() {
    let project = some_lists(12);
    let server = Server::start(|asked, _| tei(asked, &length));
    let model = format!("tei:{}", server.url());
    let check = |suite: &str| {
        let words = [
            "--model",
            &model,
            "--suite",
            suite,
            "--nbest",
            "lists.jsonl",
            "--cache",
            "scores.cache",
            "--weight",
            "0.3",
        ];
        let run = project.run(&words);
        assert_ne!(run.code, 2, "{}", run.err);
        (run.out, server.asked().len())
    };
    for suite in ["perturb-n", "invariants"] {
        let (first, calls) = check(suite);
        assert_eq!(check(suite), (first, calls));
    }
}

#[test]
fn every_command_works_on_a_server() {
    let project = some_lists(20);
    let server = Server::start(|asked, _| tei(asked, &|text| length(text).sin() * 3.0));
    let model = format!("tei:{}", server.url());
    let run = |words: &[&str]| {
        let run = project.run(&[words, &["--model", &model, "--weight", "2"]].concat());
        assert_ne!(run.code, 2, "{words:?}: {}", run.err);
        run
    };

    let lists = ["--nbest", "lists.jsonl", "--draws", "2"];
    let suites = words("--suite perturb-n --suite invariants --suite severity");
    run(&[&suites[..], &lists, &["--out", "report"]].concat());
    let report: Value = serde_json::from_str(&project.read("report/report.json")).unwrap();
    assert_eq!(report["model"]["kind"], "tei");
    assert!(
        report["properties"]
            .as_array()
            .is_some_and(|all| all.len() > 5)
    );

    let replays: Value = serde_json::from_str(&run(&["replay", "report", "--json"]).out).unwrap();
    let replays = replays.as_array().unwrap();
    assert!(!replays.is_empty());
    assert!(
        replays.iter().all(|replay| replay["status"] == "fails"),
        "{replays:?}"
    );
    let explained = run(&["explain", "report", "--json"]).out;
    let explained: Value = serde_json::from_str(&explained).unwrap();
    assert_eq!(explained.as_array().unwrap().len(), replays.len());
}

#[cfg(feature = "bert")]
mod same_model {
    use super::*;

    use std::sync::Arc;

    use mondegreen::bert::checkpoint::BaseSearch;
    use mondegreen::bert::cpu::Precision;
    use mondegreen::bert::device::DeviceChoice;
    use mondegreen::bert::rescorer::{BertRescorer, CPU_TOKEN_BUDGET, LoadOptions};
    use mondegreen::rescore::text_scorer::TextScorer;

    /// The bundled model, as a function of a text.
    fn demo() -> impl Fn(&str) -> f64 + Send + Sync {
        let device = "cpu".parse::<DeviceChoice>().unwrap().resolve().unwrap();
        let model = BertRescorer::load(&LoadOptions {
            path: &repository("fixtures/checkpoints/demo"),
            search: BaseSearch {
                base: None,
                cache: None,
            },
            device: &device,
            token_budget: CPU_TOKEN_BUDGET,
            threads: 1,
            precision: Precision::Single,
            max_length: None,
            weight: None,
            first_pass_scale: None,
        });
        let model = model.unwrap();
        move |text| model.score_texts(&[text]).unwrap()[0]
    }

    /// A program that has its texts scored by the server.
    const FORWARDS: &str = "\
import json, sys, urllib.request
print(json.dumps({'protocol': 1, 'name': 'forwards'}), flush=True)
for line in sys.stdin:
    r = json.loads(line)
    body = json.dumps({'inputs': [[text] for text in r['texts']], 'raw_scores': True, 'truncate': \
    False})
    request = urllib.request.Request(sys.argv[1], body.encode(), {'Content-Type': \
    'application/json'})
    found = json.load(urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request))
    print(json.dumps({'id': r['id'], 'scores': [one[0]['score'] for one in found]}), flush=True)
";

    #[test]
    fn a_model_that_is_served_is_judged_as_the_one_that_is_loaded() {
        let project = some_lists(60).file("forwards.py", FORWARDS);
        let model = Arc::new(demo());
        let (one, other) = (Arc::clone(&model), model);
        let classifier = Server::start(move |asked, _| tei(asked, &*one));
        // Logarithms of probabilities are below 0.
        let language_model =
            Server::start(move |asked, _| completions(asked, &|text| other(text) - 128.0));

        let loaded = repository("fixtures/checkpoints/demo")
            .to_str()
            .unwrap()
            .to_owned();
        let check = |model: &str, out: &str, options: &[&str]| {
            let words = [
                "--model",
                model,
                "--suite",
                "perturb-n",
                "--nbest",
                "lists.jsonl",
                "--out",
                out,
            ];
            let run = project.run(&[&words[..], options].concat());
            assert!([0, 1, 3].contains(&run.code), "{}", run.err);
            let text = project.read(&format!("{out}/report.json"));
            (run.code, serde_json::from_str::<Value>(&text).unwrap())
        };

        let (code, expected) = check(&loaded, "loaded", &[]);
        assert!(expected["failures"]["checks"][0]["found"].as_u64().unwrap() > 10);
        let number = |key: &str| expected["model"][key].to_string();
        let (weight, scale) = (number("weight"), number("first_pass_scale"));
        let weights = ["--weight", &weight, "--first-pass-scale", &scale];

        let models = [
            (format!("tei:{}", classifier.url()), &[][..]),
            (format!("completions:{}", language_model.url()), &[]),
            (
                format!("completions:{}", language_model.url()),
                &["--prompt-form", "prompt-logprobs"],
            ),
            (
                format!("exec:exec python3 forwards.py {}/predict", classifier.url()),
                &[],
            ),
        ];
        for (number, (model, options)) in models.iter().enumerate() {
            let out = format!("served-{number}");
            let (served, report) = check(model, &out, &[&weights[..], options].concat());
            assert_eq!(served, code, "{model}");
            assert_eq!(report["checks"], expected["checks"], "{model}");
            // Scores that were moved below 0 and weighed differ in the last bits.
            let [found, expected] = [&report, &expected].map(|report| rounded(&report["failures"]));
            assert_eq!(found, expected, "{model}");
        }
    }

    /// `value` with all numbers to nine digits behind the point.
    fn rounded(value: &Value) -> Value {
        match value {
            Value::Number(number) => json!(format!("{:.9}", number.as_f64().unwrap())),
            Value::Array(values) => values.iter().map(rounded).collect(),
            Value::Object(fields) => fields
                .iter()
                .map(|(name, value)| (name.clone(), rounded(value)))
                .collect(),
            other => other.clone(),
        }
    }
}
