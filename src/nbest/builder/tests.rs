//! Files of every format, read into one corpus.

use super::*;
use crate::nbest::normalize::Normalization;
use crate::nbest::read::ScoreKind;

fn options(format: Option<Format>) -> ReadOptions {
    ReadOptions {
        normalization: Normalization::default(),
        format,
        scores: ScoreKind::LogProbability,
        acoustic_weight: 1.0,
    }
}

/// (id, reference, hypotheses with scores) of each utterance.
fn contents(corpus: &Corpus) -> Vec<String> {
    let mut lines = Vec::new();
    for utterance in &corpus.utterances {
        let mut parts = vec![format!(
            "{} = {}",
            utterance.id,
            utterance.reference.as_str()
        )];
        for hypothesis in utterance.nbest.hypotheses() {
            parts.push(format!(
                "{} {}",
                hypothesis.transcript.as_str(),
                hypothesis.score
            ));
        }
        lines.push(parts.join(" | "));
    }

    lines
}

#[track_caller]
fn check_read(name: &str, file: &str, format: Format, expected: &[&str]) -> Corpus {
    let corpus = Corpus::read(name, file.as_bytes(), &options(None)).unwrap();
    assert_eq!(contents(&corpus), expected);
    assert_eq!(corpus.facts.files, [(name.to_owned(), format)]);
    corpus
}

#[test]
fn every_json_format_is_found_and_read() {
    let corpus = check_read(
        "lists",
        "{\"id\": 2, \"speaker\": 7, \"ref\": \"A\", \"n\": 1.5, \"o\": {}, \"hyps\": \
            [{\"text\": \"b\", \"score\": -2, \"x\": 0}, {\"text\": \"a\", \"score\": -1}]}\n",
        Format::Jsonl,
        &["2 = a | a -1 | b -2"],
    );
    let utterance = &corpus.utterances[0];
    assert_eq!(utterance.speaker.as_deref(), Some("7"));

    let attributes: Vec<_> = utterance.attributes.iter().collect();
    assert_eq!(attributes, [(&"n".to_owned(), &"1.5".to_owned())]);
    check_read(
        "set.json",
        r#"[{"input": ["b", "a", "b"], "output": "A", "input1": "?"}, {"input": ["c"], "am_score": [-3], "output": "d"}]"#,
        Format::HyPoradise,
        &["set-00000 = a | b 0 | a -1", "set-00001 = d | c -3"],
    );
    check_read(
        "mlm.json",
        r#"{"u": {"ref": "a", "hyp_10": {"score": -1, "text": "a"}, "hyp_9": {"score": -1, "text": "b"}}}"#,
        Format::MlmScoring,
        &["u = a | b -1 | a -1"],
    );
}

#[test]
fn kaldi_text_takes_scores_and_references_from_other_files() {
    let lists = "u-2 a b\nv-1\nu-1 a c\n";
    let mut builder = CorpusBuilder::new(options(None));
    builder
        .scores("costs", "u-1 -3\nu-02 -2.5\nv-1 0\n".as_bytes(), 1.0)
        .unwrap();
    builder
        .references("text", "u a b\nv\nw x\n".as_bytes())
        .unwrap();
    builder.lists("nbest", lists.as_bytes()).unwrap();

    let corpus = builder.finish().unwrap();
    assert_eq!(
        contents(&corpus),
        ["u = a b | a b -2.5 | a c -3", "v =  |  0"]
    );

    let facts = &corpus.facts;
    assert_eq!((facts.empty_references, facts.empty_hypotheses), (1, 1));
    assert_eq!(
        (facts.references_without_list, facts.rank_stands_in),
        (1, 0)
    );

    let mut builder = CorpusBuilder::new(options(None));
    builder
        .references("text", "a b (u)\n;; x\n(v)\n".as_bytes())
        .unwrap();
    builder.lists("nbest", lists.as_bytes()).unwrap();

    let corpus = builder.finish().unwrap();
    assert_eq!(contents(&corpus), ["u = a b | a c 0 | a b -1", "v =  |  0"]);
}

#[test]
fn trn_gives_single_hypotheses_with_speakers() {
    let mut builder = CorpusBuilder::new(options(None));
    builder
        .references("ref", "A b (s1-u1)\n".as_bytes())
        .unwrap();
    builder
        .lists("hyp", ";; made by hand\na c (s1-u1)\n".as_bytes())
        .unwrap();

    let corpus = builder.finish().unwrap();
    assert_eq!(contents(&corpus), ["s1-u1 = a b | a c 0"]);
    assert_eq!(corpus.utterances[0].speaker.as_deref(), Some("s1"));
    assert_eq!(
        (corpus.facts.single_hypothesis, corpus.facts.without_speaker),
        (1, 0)
    );
}

#[test]
fn a_corpus_does_not_depend_on_the_order_or_format_of_its_files() {
    let (one, two) = (
        r#"{"id": "a", "ref": "x", "hyps": [{"text": "x"}, {"text": "y"}, {"text": "x"}]}"#,
        r#"{"id": "b", "ref": "x", "hyps": [{"text": "x", "score": 1}]}"#,
    );
    let read = |files: [(&str, &str); 2]| {
        let mut builder = CorpusBuilder::new(options(None));
        for (name, file) in files {
            builder.lists(name, file.as_bytes()).unwrap();
        }
        builder.finish().unwrap()
    };

    let corpus = read([("dir/1.jsonl", one), ("2.jsonl", two)]);
    assert_eq!(corpus, read([("2.jsonl", two), ("other/1.jsonl", one)]));
    assert_eq!(
        (corpus.facts.merged_duplicates, corpus.facts.rank_stands_in),
        (1, 1)
    );

    let mlm = r#"{"b": {"ref": "x", "hyp_1": {"score": 1.0, "text": "X"}}}"#;
    let other = read([("1.jsonl", one), ("2.json", mlm)]);
    assert_eq!(other.facts.content_hash, corpus.facts.content_hash);

    let changed = read([("1.jsonl", one), ("2.jsonl", &two.replace('1', "1.5"))]);
    assert_ne!(changed.facts.content_hash, corpus.facts.content_hash);
}

#[test]
fn very_long_text_is_read() {
    let words = "word ".repeat(100_000);
    let file = format!("{{\"id\": \"a\", \"ref\": \"x\", \"hyps\": [{{\"text\": \"{words}\"}}]}}");
    let corpus = Corpus::read("f.jsonl", file.as_bytes(), &options(None)).unwrap();
    assert_eq!(
        corpus.utterances[0].nbest.best().transcript.word_count(),
        100_000
    );
}
