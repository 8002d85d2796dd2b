//! Writing what a rescorer picks from each list, one text an utterance, spelled as the list has it.
//!
//! | form | what |
//! |---|---|
//! | trn | lines `words (utterance)` |
//! | Kaldi text | lines `utterance words` |
//! | JSON lines | lists of the one hypothesis, which are read as any lists are, with its place |

use std::io::{self, Write};

use serde_json::{Map, Value, json};

use crate::nbest::lists::Part;
use crate::nbest::write::kaldi::{UnfitName, check_id, check_trn_id};
use crate::nbest::{Transcript, Utterance};

/// How picks are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PickForm {
    /// SCTK's transcripts.
    Trn,
    /// Kaldi's.
    Kaldi,
    /// Lists of one.
    Jsonl,
}

/// What is picked from a list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pick<'a> {
    /// Whose list it is.
    pub(crate) utterance: &'a Utterance,
    /// Which of its hypotheses, best first-pass score first.
    pub(crate) index: usize,
    /// The score of the second pass.
    pub(crate) second_pass: f64,
    /// That of both passes.
    pub(crate) total: f64,
}

/// A pick cannot be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PickError {
    /// An id does not fit into a line.
    #[error(transparent)]
    Name(#[from] UnfitName),
    /// A mark would be read as something else.
    #[error(
        "the pick of the utterance `{id}` holds `{mark}`, which trn reads as a mark and not as a \
         word: write --to kaldi or --to jsonl"
    )]
    Mark {
        /// Whose.
        id: String,
        /// Which.
        mark: &'static str,
    },
    /// There is no place for it.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Writes a pick from a list of `part`.
pub(crate) fn write_pick(
    form: PickForm,
    pick: &Pick<'_>,
    part: &Part<'_>,
    out: &mut dyn Write,
) -> Result<(), PickError> {
    let utterance = pick.utterance;
    let written = part.as_written(utterance);
    let heard = written.and_then(|written| written.heard.get(pick.index));
    let listed = utterance.nbest.hypotheses()[pick.index].transcript.as_str();
    let text = heard.map_or(listed, |heard| &heard.text);

    match form {
        PickForm::Trn => {
            check_trn_id(&utterance.id)?;
            let words = trn_words(&utterance.id, text)?;
            let space = if words.is_empty() { "" } else { " " };
            writeln!(out, "{words}{space}({})", utterance.id)?;
        }
        PickForm::Kaldi => {
            check_id(&utterance.id)?;
            let line = format!("{} {}", utterance.id, Transcript::new(text).as_str());
            writeln!(out, "{}", line.trim_end())?;
        }
        PickForm::Jsonl => {
            let place = heard.and_then(|heard| heard.places.first());
            let reference = written.map_or(utterance.reference.as_str(), |it| &it.reference);
            let reference = part.has_reference(utterance).then_some(reference);
            let score = utterance.nbest.hypotheses()[pick.index].score;
            let score = part.is_scored(utterance).then_some(score);
            let list = record(pick, (text, score), reference, place.copied());
            serde_json::to_writer(&mut *out, &list).map_err(io::Error::from)?;
            out.write_all(b"\n")?;
        }
    }
    Ok(())
}

/// The words of a line of trn; refused where a mark of trn would be read in them.
fn trn_words(id: &str, text: &str) -> Result<String, PickError> {
    let mark = |mark| PickError::Mark {
        id: id.to_owned(),
        mark,
    };
    let text = Transcript::new(text);
    for brace in ["{", "}"] {
        if text.as_str().contains(brace) {
            return Err(mark(brace));
        }
    }
    if text.words().any(|word| word == "@") {
        return Err(mark("@"));
    }
    Ok(text.as_str().replace(';', "\\;"))
}

/// A list of the pick alone.
fn record(
    pick: &Pick<'_>,
    (text, score): (&str, Option<f64>),
    reference: Option<&str>,
    place: Option<usize>,
) -> Value {
    let utterance = pick.utterance;
    let mut members = Map::new();
    members.insert("id".to_owned(), utterance.id.as_str().into());
    if let Some(speaker) = &utterance.speaker {
        members.insert("speaker".to_owned(), speaker.as_str().into());
    }
    if let Some(reference) = reference {
        members.insert("ref".to_owned(), reference.into());
    }

    let mut hypothesis = Map::new();
    hypothesis.insert("text".to_owned(), text.into());
    if let Some(score) = score {
        hypothesis.insert("score".to_owned(), score.into());
    }
    members.insert("hyps".to_owned(), json!([hypothesis]));
    for (name, value) in &utterance.attributes {
        members.insert(name.clone(), value.as_str().into());
    }
    if let Some(place) = place {
        members.insert("index".to_owned(), place.into());
    }
    members.insert("second_pass".to_owned(), pick.second_pass.into());
    members.insert("total".to_owned(), pick.total.into());
    Value::Object(members)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nbest::lists::Lists;
    use crate::nbest::origins::{References, Wanted};
    use crate::nbest::read::{Corpus, ReadOptions};

    /// The lines for the pick at `index` of the only list.
    fn written(form: PickForm, index: usize, list: &str) -> Result<String, String> {
        let wanted = Wanted {
            references: References::NotNeeded,
            as_written: true,
        };
        let options = ReadOptions::default();
        let corpus = Corpus::read_share("l.jsonl", list.as_bytes(), &options, (wanted, None));
        let lists = Lists::of(corpus.unwrap());
        let part = lists.parts().unwrap().next().unwrap().unwrap();
        let pick = Pick {
            utterance: &part.utterances[0],
            index,
            second_pass: -0.5,
            total: -2.0,
        };

        let mut out = Vec::new();
        let done = write_pick(form, &pick, &part, &mut out);
        done.map_err(|error| error.to_string())?;
        Ok(String::from_utf8(out).unwrap())
    }

    const LIST: &str = r#"{"id": "u1", "ref": "Two Cups", "wav": "x", "hyps": [{"text": "too cups", "score": -3}, {"text": "two cups", "score": -2}, {"text": "Two  cups;", "score": -1.5}, {"text": "TWO CUPS", "score": -1}]}"#;

    #[test]
    fn a_pick_is_spelled_as_its_list_has_it() {
        let check = |form, index, expected: &str| {
            assert_eq!(written(form, index, LIST).unwrap(), format!("{expected}\n"));
        };
        // Of the texts that differ in case, the one with the best score stands for all.
        check(PickForm::Trn, 0, "TWO CUPS (u1)");
        check(PickForm::Trn, 1, "Two cups\\; (u1)");
        check(PickForm::Kaldi, 1, "u1 Two cups;");
        check(PickForm::Kaldi, 2, "u1 too cups");
        check(
            PickForm::Jsonl,
            1,
            r#"{"id":"u1","ref":"Two Cups","hyps":[{"text":"Two  cups;","score":-1.5}],"wav":"x","index":2,"second_pass":-0.5,"total":-2.0}"#,
        );
    }

    #[test]
    fn lists_without_reference_and_score_stay_without() {
        let list = r#"{"id": "u1", "hyps": [{"text": "A"}, {"text": ""}]}"#;
        let line = written(PickForm::Jsonl, 0, list).unwrap();
        let expected =
            r#"{"id":"u1","hyps":[{"text":"A"}],"index":0,"second_pass":-0.5,"total":-2.0}"#;
        assert_eq!(line.trim_end(), expected);
        assert_eq!(written(PickForm::Trn, 1, list).unwrap(), "(u1)\n");
        assert_eq!(written(PickForm::Kaldi, 1, list).unwrap(), "u1\n");
    }

    #[test]
    fn what_lines_cannot_hold_is_refused() {
        let list = |id: &str, text: &str| {
            format!("{{\"id\": \"{id}\", \"hyps\": [{{\"text\": \"{text}\"}}]}}")
        };
        for mark in ["{", "}", "@"] {
            let text = format!("two {mark} cups");
            let error = written(PickForm::Trn, 0, &list("u", &text)).unwrap_err();
            assert!(error.contains(&format!("`{mark}`")), "{error}");
            assert!(written(PickForm::Kaldi, 0, &list("u", &text)).is_ok());
        }
        assert!(written(PickForm::Trn, 0, &list("u", "me@home")).is_ok());
        for form in [PickForm::Trn, PickForm::Kaldi] {
            assert!(written(form, 0, &list("u 1", "two")).is_err());
        }
        assert!(written(PickForm::Jsonl, 0, &list("u 1", "two")).is_ok());
    }
}
