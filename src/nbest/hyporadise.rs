//! HyPoradise: one JSON array of records with `input` (hypotheses, best first)
//! and `output` (the reference), as in the Hypotheses-Paradise data sets.
//!
//! The records may come one a line too. Where a record has no `id`, the file's name and the
//! record's index make one. Other keys, such as instructions to a language model, are left alone.

use std::borrow::Cow;

use crate::nbest::error::{GIVE_HEARD, ReadErrorKind};
use crate::nbest::hypothesis::{Scores, same_count, scores};
use crate::nbest::json::{self, Json};
use crate::nbest::other_fields::are_numbers;
use crate::nbest::raw::{RawHypothesis, RawUtterance};
use crate::nbest::records::Record;

/// Reads one record, whose id is its key, or `made`, if it has none.
pub(super) fn utterance(
    made: String,
    record: Record<'_>,
) -> Result<RawUtterance<'_>, ReadErrorKind> {
    let wanted = "an object with `input` and `output`";
    let members = Json::parse(record.text)?.object("the record", wanted)?;

    let (mut id, mut speaker, mut input, mut output) = (None, None, None, None);
    let (mut score, mut am_score, mut lm_score) = (None, None, None);
    let mut others = Vec::new();
    for (key, value) in members {
        match key.as_ref() {
            "id" | "utt_id" => id = value.name(&key)?,
            "speaker" => speaker = value.name("speaker")?,
            "input" => input = value.array("input")?,
            "output" => output = value.text("output")?,
            "score" => score = scores(value, "score")?,
            "am_score" => am_score = scores(value, "am_score")?,
            "lm_score" => lm_score = scores(value, "lm_score")?,
            _ => others.push((key, are_numbers(&value))),
        }
    }

    let advice = "give the hypotheses as an array of strings, best first";
    let input = json::required(input, "input", advice)?;
    let input = json::filled(input, "input")?;
    let given = [
        ("score", &score),
        ("am_score", &am_score),
        ("lm_score", &lm_score),
    ];
    same_count(&given, input.len())?;

    let of = |scores: &Scores, index: usize| scores.as_ref().and_then(|all| all[index]);
    let hypotheses = input.into_iter().enumerate().map(|(index, value)| {
        let field = format!("input[{index}]");
        Ok(RawHypothesis {
            text: json::required(value.text(&field)?, &field, GIVE_HEARD)?,
            score: of(&score, index),
            am_score: of(&am_score, index),
            lm_score: of(&lm_score, index),
            ..RawHypothesis::default()
        })
    });
    let hypotheses = hypotheses.collect::<Result<_, ReadErrorKind>>()?;

    Ok(RawUtterance {
        speaker,
        reference: output,
        others,
        ..RawUtterance::of_list(id.or(record.key).unwrap_or(Cow::Owned(made)), hypotheses)
    })
}
