//! The JSON of `HypR`: records with `utt_id`, `ref`, `hyps` (an array of texts) and arrays of scores.
//!
//! | field | what |
//! |---|---|
//! | `utt_id` or `id` | the id; what comes before its first `-` is the speaker |
//! | `hyps` | the hypotheses |
//! | `score` | the first pass's scores; without it `att_score`, the decoder's |
//! | `lm_score` | the language model's part |
//!
//! Other keys, such as `ctc_score`, are parts of `score` and left alone.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::nbest::assemble::{RawHypothesis, RawUtterance};
use crate::nbest::error::ReadErrorKind;
use crate::nbest::json::{Json, numbers, same_count};
use crate::nbest::place::Position;
use crate::nbest::records;
use crate::nbest::source::Text;

/// Reads all records.
pub(super) fn read(
    text: &mut Text<'_>,
    position: &mut Position,
    add: &mut dyn FnMut(RawUtterance<'_>, Position) -> Result<(), ReadErrorKind>,
) -> Result<(), ReadErrorKind> {
    records::each(text, position, &mut |record, position| {
        add(utterance(record)?, position)
    })
}

fn utterance(record: &str) -> Result<RawUtterance<'_>, ReadErrorKind> {
    let wanted = "an object with `utt_id`, `ref` and `hyps`";
    let members = Json::parse(record)?.object(format_args!("the record"), wanted)?;
    let (mut id, mut speaker, mut reference, mut hyps) = (None, None, None, None);
    let (mut score, mut decoder, mut lm_score) = (None, None, None);

    for (key, value) in members {
        match key.as_ref() {
            "utt_id" | "id" => id = value.name(format_args!("{key}"))?,
            "speaker" => speaker = value.name(format_args!("speaker"))?,
            "ref" => reference = value.text(format_args!("ref"))?,
            "hyps" => hyps = value.array(format_args!("hyps"))?,
            "score" => score = numbers(value, "score")?,
            "att_score" => decoder = numbers(value, "att_score")?,
            "lm_score" => lm_score = numbers(value, "lm_score")?,
            _ => {}
        }
    }

    let missing = |field: &str, advice| ReadErrorKind::Missing {
        field: field.to_owned(),
        advice,
    };
    let id = id.ok_or_else(|| missing("utt_id", "give every utterance a name of its own"))?;
    let hyps = hyps.ok_or_else(|| missing("hyps", "give the hypotheses as an array of strings"))?;

    if hyps.is_empty() {
        return Err(ReadErrorKind::NoHypothesis { field: "hyps" });
    }

    for (scores, field) in [
        (&score, "score"),
        (&decoder, "att_score"),
        (&lm_score, "lm_score"),
    ] {
        same_count(scores.as_deref(), field, hyps.len())?;
    }

    let score = score.or(decoder);
    let mut hypotheses = Vec::with_capacity(hyps.len());
    for (index, value) in hyps.into_iter().enumerate() {
        let text = value.text(format_args!("hyps[{index}]"))?.ok_or_else(|| {
            missing(
                "hyps",
                "give what was heard, as an empty text if nothing was",
            )
        })?;
        let of = |scores: &Option<Vec<Option<f64>>>| scores.as_ref().and_then(|all| all[index]);
        hypotheses.push(RawHypothesis {
            text,
            score: of(&score),
            am_score: None,
            lm_score: of(&lm_score),
        });
    }

    let head = |id: &str| id.split_once('-').map(|(head, _)| head.to_owned());
    Ok(RawUtterance {
        speaker: speaker.or_else(|| head(&id).map(Cow::Owned)),
        id,
        reference,
        hypotheses,
        attributes: BTreeMap::new(),
    })
}
