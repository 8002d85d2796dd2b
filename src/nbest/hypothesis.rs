//! Hypotheses in JSON: objects of a `text` with scores, or texts beside arrays of scores.
//!
//! Further keys of objects are left alone.

use std::fmt;

use crate::nbest::error::{GIVE_HEARD, ReadErrorKind};
use crate::nbest::json::Json;
use crate::nbest::raw::RawHypothesis;

/// The numbers of an array of scores, one for each hypothesis; `None` if there is no array.
pub(super) type Scores = Option<Vec<Option<f64>>>;

/// Reads one object; errors call it `name`, and say that it must be `wanted`.
pub(super) fn read<'a>(
    value: Json<'a>,
    name: fmt::Arguments<'_>,
    wanted: &'static str,
) -> Result<RawHypothesis<'a>, ReadErrorKind> {
    let mut text = None;
    let mut hypothesis = RawHypothesis::default();
    for (key, value) in value.object(name, wanted)? {
        let field = format_args!("{name}.{key}");
        match key.as_ref() {
            "text" => text = value.text(field)?,
            "score" => hypothesis.score = value.number(field)?,
            "am_score" => hypothesis.am_score = value.number(field)?,
            "lm_score" => hypothesis.lm_score = value.number(field)?,
            _ => {
                let is_number = matches!(value, Json::Number(_));
                hypothesis.others.push((key, is_number));
            }
        }
    }

    let missing = || ReadErrorKind::missing(format_args!("{name}.text"), GIVE_HEARD);
    hypothesis.text = text.ok_or_else(missing)?;
    Ok(hypothesis)
}

/// The numbers of an array of scores.
pub(super) fn scores(value: Json<'_>, field: &str) -> Result<Scores, ReadErrorKind> {
    let Some(values) = value.array(field)? else {
        return Ok(None);
    };
    let numbers = values
        .into_iter()
        .enumerate()
        .map(|(index, value)| value.number(format_args!("{field}[{index}]")));
    numbers.collect::<Result<_, _>>().map(Some)
}

/// Refuses arrays of scores that have not one for each of `hypotheses`.
pub(super) fn same_count(
    scores: &[(&'static str, &Scores)],
    hypotheses: usize,
) -> Result<(), ReadErrorKind> {
    for (field, scores) in scores {
        let count = scores.as_ref().map_or(hypotheses, Vec::len);
        if count != hypotheses {
            return Err(ReadErrorKind::ScoreCount {
                field,
                scores: count,
                hypotheses,
            });
        }
    }

    Ok(())
}
