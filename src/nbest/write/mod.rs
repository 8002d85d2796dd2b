//! Writing lists: JSON lines, the format that holds all that others do; and the forms of other
//! programs.

pub(crate) mod hyporadise;
pub(crate) mod kaldi;
pub(crate) mod picks;

use std::io::{self, Write};

use serde_json::{Map, Value};

use crate::nbest::Utterance;
use crate::nbest::lists::Part;

/// Writes the utterances of a part as JSON lines, in order of their ids.
///
/// Reading them back gives the same utterances: scores keep every digit, and
/// lists that had none get none, as of references. Attributes are written as strings.
pub(crate) fn write_jsonl(part: &Part<'_>, writer: &mut dyn Write) -> io::Result<()> {
    for utterance in part.utterances.iter() {
        let record = record(
            utterance,
            part.is_scored(utterance),
            part.has_reference(utterance),
        );
        serde_json::to_writer(&mut *writer, &record)?;
        writer.write_all(b"\n")?;
    }
    Ok(())
}

fn record(utterance: &Utterance, scored: bool, has_reference: bool) -> Value {
    let mut hypotheses = Vec::with_capacity(utterance.nbest.len());
    for hypothesis in utterance.nbest.hypotheses() {
        let mut members = Map::new();
        members.insert("text".to_owned(), hypothesis.transcript.as_str().into());
        let score = scored.then_some(hypothesis.score);
        let parts = [
            ("score", score),
            ("am_score", hypothesis.am_score),
            ("lm_score", hypothesis.lm_score),
        ];
        for (name, part) in parts {
            if let Some(part) = part {
                members.insert(name.to_owned(), part.into());
            }
        }
        hypotheses.push(Value::Object(members));
    }

    let mut members = Map::new();
    members.insert("id".to_owned(), utterance.id.as_str().into());
    if let Some(speaker) = &utterance.speaker {
        members.insert("speaker".to_owned(), speaker.as_str().into());
    }
    if has_reference {
        members.insert("ref".to_owned(), utterance.reference.as_str().into());
    }

    members.insert("hyps".to_owned(), hypotheses.into());
    for (name, value) in &utterance.attributes {
        members.insert(name.clone(), value.as_str().into());
    }

    Value::Object(members)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nbest::lists::Lists;
    use crate::nbest::normalize::Normalization;
    use crate::nbest::read::{Corpus, ReadOptions, ScoreKind};

    #[track_caller]
    fn check_round_trip(name: &str, file: &str) {
        let options = ReadOptions {
            normalization: Normalization::default(),
            format: None,
            scores: ScoreKind::LogProbability,
            acoustic_weight: 1.0,
        };
        let corpus = Corpus::read(name, file.as_bytes(), &options).unwrap();
        let write = |corpus: &Corpus| {
            let mut written = Vec::new();
            let lists = Lists::of(corpus.clone());
            for part in lists.parts().unwrap() {
                write_jsonl(&part.unwrap(), &mut written).unwrap();
            }
            written
        };
        let written = write(&corpus);

        let again = Corpus::read("again.jsonl", written.as_slice(), &options).unwrap();
        assert_eq!(again.utterances, corpus.utterances);
        assert_eq!(again.unscored, corpus.unscored);
        assert_eq!(again.facts.content_hash, corpus.facts.content_hash);

        assert_eq!(write(&again), written);
    }

    #[test]
    fn what_was_written_reads_the_same() {
        check_round_trip(
            "a.jsonl",
            concat!(
                r#"{"id": 7, "speaker": "s", "ref": "Caf\u00e9 \"a\"", "snr": 1.50, "hyps": [{"text": "", "score": -0.1, "am_score": 1e-300}, {"text": "b", "score": -123456.78901234567, "am_score": 3}]}"#,
                "\n",
                r#"{"id": "x", "ref": "", "hyps": [{"text": "b", "lm_score": 1}, {"text": "c", "lm_score": 2}]}"#,
            ),
        );
        check_round_trip(
            "b.json",
            r#"[{"input": ["a", "b", "a", "c"], "output": "a"}, {"input": ["a"], "score": [0.1], "output": ""}]"#,
        );
    }
}
