//! The JSON of recognizers that answer with alternatives, one file an utterance: the id is the
//! file's name.
//!
//! | recognizer | where | text | score |
//! |---|---|---|---|
//! | Vosk, Kaldi's server | `alternatives` | `text` | `confidence`: in truth minus a cost |
//! | Azure | `NBest` | `Lexical` | `Confidence` |
//! | Azure, batch | `recognizedPhrases[0].nBest` | `lexical` | `confidence` |
//! | Google | `results[0].alternatives` | `transcript` | the rank: only one has a `confidence` |
//! | Watson | `results[0].alternatives` | `transcript` | the rank: only one has a `confidence` |
//! | AWS | `results.segments[0].alternatives` | `transcript` | the rank |
//! | Deepgram | `results.channels[0].alternatives` | `transcript` | `confidence` |
//!
//! Scores count where every alternative has one, higher is better. Services put the alternative
//! first that they take for the most probable, as Google and AWS document: where confidences say
//! otherwise, as those of Azure may, their order stays and the rank stands in. What Vosk calls a
//! confidence is the score of its decoder, and counts in any case. An answer of several segments,
//! or channels, is refused: its alternatives are of parts of the utterance.

use crate::nbest::error::{GIVE_HEARD, ReadErrorKind};
use crate::nbest::json::{self, Json};
use crate::nbest::place::Position;
use crate::nbest::raw::{Add, RawHypothesis, RawUtterance};
use crate::nbest::source::Text;

/// Keys of a file's object that lead to alternatives.
pub(super) const KEYS: [&str; 4] = ["alternatives", "NBest", "recognizedPhrases", "results"];

/// Those of objects on the way.
const STEPS: [&str; 7] = [
    "alternatives",
    "NBest",
    "nBest",
    "results",
    "recognizedPhrases",
    "segments",
    "channels",
];

/// Reads the list of the utterance `id`.
pub(super) fn read(text: &mut Text<'_>, id: &str, add: &mut Add<'_>) -> Result<(), ReadErrorKind> {
    let whole = text.whole(1)?;
    text.position = Position::File;
    let alternatives = json::filled(alternatives(Json::parse(&whole)?)?, "alternatives")?;
    let read = alternatives.into_iter().enumerate();
    let read: Vec<(RawHypothesis<'_>, bool)> = read
        .map(|(index, value)| hypothesis(value, index))
        .collect::<Result<_, _>>()?;
    let of_decoder = read.iter().any(|(_, of_decoder)| *of_decoder);
    let mut hypotheses: Vec<RawHypothesis<'_>> = read.into_iter().map(|(heard, _)| heard).collect();

    let all = hypotheses.iter().all(|heard| heard.score.is_some());
    let contradicts_order = all
        && !of_decoder
        && hypotheses
            .windows(2)
            .any(|pair| pair[0].score < pair[1].score);
    if !all || contradicts_order {
        for hypothesis in &mut hypotheses {
            hypothesis.score = None;
        }
    }
    let utterance = RawUtterance {
        contradicts_order,
        ..RawUtterance::of_list(id, hypotheses)
    };
    add(utterance, Position::File)
}

/// The array that the steps lead to.
fn alternatives(mut value: Json<'_>) -> Result<Vec<Json<'_>>, ReadErrorKind> {
    let advice = "ask the recognizer for several alternatives (Vosk: SetMaxAlternatives); of silence, \
        write {\"alternatives\": [{\"text\": \"\"}]}";
    let missing = || ReadErrorKind::missing("alternatives", advice);

    loop {
        let members = value.object("the answer", "an object with `alternatives`")?;
        let step = members
            .into_iter()
            .find(|(key, _)| STEPS.contains(&key.as_ref()));
        let Some((key, next)) = step else {
            return Err(missing());
        };
        match next {
            Json::Array(elements) if matches!(key.as_ref(), "alternatives" | "NBest" | "nBest") => {
                return Ok(elements);
            }
            Json::Array(elements) if elements.len() > 1 => {
                let problem = format!("`{key}` has {} parts", elements.len());
                let advice = "give a file for each utterance: alternatives of parts are no list of \
                              the whole";
                return Err(ReadErrorKind::line(problem, advice));
            }
            Json::Array(elements) => value = elements.into_iter().next().ok_or_else(missing)?,
            other => value = other,
        }
    }
}

/// An alternative, and whether its score is that of a decoder.
fn hypothesis(value: Json<'_>, index: usize) -> Result<(RawHypothesis<'_>, bool), ReadErrorKind> {
    let name = format!("alternatives[{index}]");
    let members = value.object(&name, "an object with a text")?;
    let (mut text, mut score, mut of_decoder) = (None, None, false);
    for (key, value) in members {
        let field = format_args!("{name}.{key}");
        match key.as_ref() {
            "text" => {
                text = value.text(field)?;
                of_decoder = true;
            }
            "Lexical" | "lexical" | "transcript" => text = value.text(field)?,
            "confidence" | "Confidence" => score = value.number(field)?,
            _ => {}
        }
    }

    let text = json::required(text, &format!("{name}.transcript"), GIVE_HEARD)?;
    // Google writes 0 where it gives none.
    let score = score.filter(|score| of_decoder || *score != 0.0);
    Ok((RawHypothesis::scored(text, score), of_decoder))
}
