//! The JSON of recognizers that answer with alternatives, one file an utterance: the id is the file's name.
//!
//! | recognizer | where | text | score |
//! |---|---|---|---|
//! | Vosk, Kaldi's server | `alternatives` | `text` | `confidence`: minus a cost, in spite of its name |
//! | Azure | `NBest` | `Lexical` | `Confidence` |
//! | Google | `results[0].alternatives` | `transcript` | the rank: only the first has a `confidence` |
//! | AWS | `results.segments[0].alternatives` | `transcript` | the rank |
//! | Deepgram | `results.channels[0].alternatives` | `transcript` | `confidence` |
//!
//! Scores count where every alternative has one, higher is better. An answer of several segments, or channels, is
//! refused: its alternatives are of parts of the utterance.

use crate::nbest::assemble::{RawHypothesis, RawUtterance};
use crate::nbest::error::ReadErrorKind;
use crate::nbest::json::Json;
use crate::nbest::place::Position;
use crate::nbest::source::Text;

/// Keys of a file's object that lead to alternatives.
pub(super) const KEYS: [&str; 3] = ["alternatives", "NBest", "results"];

/// Those of objects on the way.
const STEPS: [&str; 5] = ["alternatives", "NBest", "results", "segments", "channels"];

/// Reads the list of the utterance `id`.
pub(super) fn read(
    text: &mut Text<'_>,
    id: &str,
    position: &mut Position,
    add: &mut dyn FnMut(RawUtterance<'_>, Position) -> Result<(), ReadErrorKind>,
) -> Result<(), ReadErrorKind> {
    let whole = text.whole(1)?;
    *position = Position::File;
    let alternatives = alternatives(Json::parse(&whole)?)?;
    let read = alternatives.into_iter().enumerate();

    let mut hypotheses = read
        .map(|(index, value)| hypothesis(value, index))
        .collect::<Result<Vec<_>, _>>()?;
    if hypotheses.is_empty() {
        return Err(ReadErrorKind::NoHypothesis {
            field: "alternatives",
        });
    }

    if hypotheses
        .iter()
        .any(|hypothesis| hypothesis.score.is_none())
    {
        for hypothesis in &mut hypotheses {
            hypothesis.score = None;
        }
    }

    let utterance = RawUtterance::of_list(id, hypotheses);

    add(utterance, *position)
}

/// The array that the steps lead to.
fn alternatives(mut value: Json<'_>) -> Result<Vec<Json<'_>>, ReadErrorKind> {
    let missing = || ReadErrorKind::Missing {
        field: "alternatives".to_owned(),
        advice: "ask the recognizer for several alternatives (Vosk: SetMaxAlternatives)",
    };
    loop {
        let members = value.object(format_args!("the answer"), "an object with `alternatives`")?;
        let step = members
            .into_iter()
            .find(|(key, _)| STEPS.contains(&key.as_ref()));
        let Some((key, next)) = step else {
            return Err(missing());
        };
        match next {
            Json::Array(elements) if matches!(key.as_ref(), "alternatives" | "NBest") => {
                return Ok(elements);
            }
            Json::Array(elements) if elements.len() > 1 => {
                return Err(ReadErrorKind::Line {
                    problem: format!("`{key}` has {} parts", elements.len()),
                    advice: "give a file for each utterance: alternatives of parts are no list of the whole",
                });
            }
            Json::Array(elements) => value = elements.into_iter().next().ok_or_else(missing)?,
            other => value = other,
        }
    }
}

fn hypothesis(value: Json<'_>, index: usize) -> Result<RawHypothesis<'_>, ReadErrorKind> {
    let name = format!("alternatives[{index}]");
    let members = value.object(format_args!("{name}"), "an object with a text")?;
    let (mut text, mut score) = (None, None);
    for (key, value) in members {
        let field = format_args!("{name}.{key}");
        match key.as_ref() {
            "text" | "Lexical" | "transcript" => text = value.text(field)?,
            "confidence" | "Confidence" => score = value.number(field)?,
            _ => {}
        }
    }

    let text = text.ok_or_else(|| ReadErrorKind::Missing {
        field: format!("{name}.transcript"),
        advice: "give what was heard, as an empty text if nothing was",
    })?;

    Ok(RawHypothesis {
        text,
        score,
        am_score: None,
        lm_score: None,
    })
}
