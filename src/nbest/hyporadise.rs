//! HyPoradise: one JSON array of records with `input` (hypotheses, best first)
//! and `output` (the reference), as in the Hypotheses-Paradise data sets.
//!
//! The records may come one a line too. Where a record has no `id`, the file's name and the record's
//! index make one. Other keys, such as instructions to a language model, are left alone.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::nbest::assemble::{RawHypothesis, RawUtterance};
use crate::nbest::error::ReadErrorKind;
use crate::nbest::json::{Json, numbers, same_count};
use crate::nbest::place::Position;
use crate::nbest::records;
use crate::nbest::source::Text;

/// Reads all records; ids that are not given are `stem`, `-`, and the index from 0 in five digits.
pub(super) fn read(
    text: &mut Text<'_>,
    stem: &str,
    position: &mut Position,
    add: &mut dyn FnMut(RawUtterance<'_>, Position) -> Result<(), ReadErrorKind>,
) -> Result<(), ReadErrorKind> {
    let mut index = 0;
    records::each(text, position, &mut |record, position| {
        let id = Cow::Owned(format!("{stem}-{index:05}"));
        index += 1;
        add(utterance(id, record)?, position)
    })
}

fn utterance<'a>(made: Cow<'a, str>, record: &'a str) -> Result<RawUtterance<'a>, ReadErrorKind> {
    let wanted = "an object with `input` and `output`";
    let members = Json::parse(record)?.object(format_args!("the record"), wanted)?;
    let (mut id, mut speaker, mut input, mut output) = (None, None, None, None);

    let mut scores = [None, None, None];
    for (key, value) in members {
        match key.as_ref() {
            "id" | "utt_id" => id = value.name(format_args!("{key}"))?,
            "speaker" => speaker = value.name(format_args!("speaker"))?,
            "input" => input = value.array(format_args!("input"))?,
            "output" => output = value.text(format_args!("output"))?,
            "score" => scores[0] = numbers(value, "score")?,
            "am_score" => scores[1] = numbers(value, "am_score")?,
            "lm_score" => scores[2] = numbers(value, "lm_score")?,
            _ => {}
        }
    }

    let input = input.ok_or_else(|| ReadErrorKind::Missing {
        field: "input".to_owned(),
        advice: "give the hypotheses as an array of strings, best first",
    })?;
    let output = output.ok_or_else(|| ReadErrorKind::Missing {
        field: "output".to_owned(),
        advice: "give what was said, as an empty text if nothing was",
    })?;

    if input.is_empty() {
        return Err(ReadErrorKind::NoHypothesis { field: "input" });
    }

    for (scores, field) in scores.iter().zip(["score", "am_score", "lm_score"]) {
        same_count(scores.as_deref(), field, input.len())?;
    }

    let mut hypotheses = Vec::with_capacity(input.len());
    for (index, value) in input.into_iter().enumerate() {
        let text = value.text(format_args!("input[{index}]"))?;
        let text = text.ok_or_else(|| ReadErrorKind::Missing {
            field: format!("input[{index}]"),
            advice: "give what was heard, as an empty text if nothing was",
        })?;
        let score = |which: usize| scores[which].as_ref().and_then(|scores| scores[index]);
        hypotheses.push(RawHypothesis {
            text,
            score: score(0),
            am_score: score(1),
            lm_score: score(2),
        });
    }

    Ok(RawUtterance {
        id: id.unwrap_or(made),
        speaker,
        reference: Some(output),
        hypotheses,
        attributes: BTreeMap::new(),
    })
}
