//! A hypothesis as a JSON object: `text` with up to three scores.
//!
//! What JSON lines and the mlm-scoring toolkit have in common; further keys are
//! left alone.

use std::fmt;

use crate::nbest::assemble::RawHypothesis;
use crate::nbest::error::ReadErrorKind;
use crate::nbest::json::Json;

/// Reads one hypothesis; errors call it `name`, and say that it must be `wanted`.
pub(super) fn read<'a>(
    value: Json<'a>,
    name: fmt::Arguments<'_>,
    wanted: &'static str,
) -> Result<RawHypothesis<'a>, ReadErrorKind> {
    let mut text = None;
    let (mut score, mut am_score, mut lm_score) = (None, None, None);
    for (key, value) in value.object(name, wanted)? {
        let field = format_args!("{name}.{key}");
        match key.as_ref() {
            "text" => text = value.text(field)?,
            "score" => score = value.number(field)?,
            "am_score" => am_score = value.number(field)?,
            "lm_score" => lm_score = value.number(field)?,
            _ => {}
        }
    }

    let text = text.ok_or_else(|| ReadErrorKind::Missing {
        field: format!("{name}.text"),
        advice: "give what was heard, as an empty text if nothing was",
    })?;

    Ok(RawHypothesis {
        text,
        score,
        am_score,
        lm_score,
    })
}
