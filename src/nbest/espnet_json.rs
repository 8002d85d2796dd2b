//! `ESPnet1`'s `data.json`, as decoding writes it.
//!
//! | field | what |
//! |---|---|
//! | `utts` | an object of utterances by id |
//! | `output` | the hypotheses: `rec_text`, in which `<eos>` is no word, and `score`, higher is better |
//! | `output[0].text` | the reference |
//! | `utt2spk` | the speaker |

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::nbest::assemble::{RawHypothesis, RawUtterance};
use crate::nbest::error::ReadErrorKind;
use crate::nbest::json::Json;
use crate::nbest::place::Position;
use crate::nbest::source::Text;

/// Reads all utterances.
pub(super) fn read(
    text: &mut Text<'_>,
    position: &mut Position,
    add: &mut dyn FnMut(RawUtterance<'_>, Position) -> Result<(), ReadErrorKind>,
) -> Result<(), ReadErrorKind> {
    // A test set's worth of utterances, in one object.
    let whole = text.whole(16)?;
    *position = Position::File;

    let members = Json::parse(&whole)?.object(format_args!("the file"), "an object with `utts`")?;
    for (key, value) in members {
        if key != "utts" {
            continue;
        }
        for (id, value) in value.object(format_args!("utts"), "an object of utterances")? {
            add(utterance(id, value)?, *position)?;
        }
    }

    Ok(())
}

fn utterance<'a>(id: Cow<'a, str>, value: Json<'a>) -> Result<RawUtterance<'a>, ReadErrorKind> {
    let members = value.object(format_args!("{id}"), "an object with `output`")?;
    let (mut speaker, mut reference, mut hypotheses) = (None, None, Vec::new());
    for (key, value) in members {
        match key.as_ref() {
            "utt2spk" => speaker = value.name(format_args!("{id}.utt2spk"))?,
            "output" => {
                let output = value
                    .array(format_args!("{id}.output"))?
                    .unwrap_or_default();
                for (index, value) in output.into_iter().enumerate() {
                    let name = format!("{id}.output[{index}]");
                    let (said, heard) = hypothesis(value, &name)?;
                    reference = reference.or(said);
                    hypotheses.extend(heard);
                }
            }
            _ => {}
        }
    }

    if hypotheses.is_empty() {
        return Err(ReadErrorKind::Missing {
            field: format!("{id}.output[0].rec_text"),
            advice: "give the data.json that decoding wrote: that of the data has no hypotheses",
        });
    }

    Ok(RawUtterance {
        id,
        speaker,
        reference,
        hypotheses,
        attributes: BTreeMap::new(),
    })
}

type Output<'a> = (Option<Cow<'a, str>>, Option<RawHypothesis<'a>>);

/// The reference and the hypothesis of one output.
fn hypothesis<'a>(value: Json<'a>, name: &str) -> Result<Output<'a>, ReadErrorKind> {
    let members = value.object(format_args!("{name}"), "an object with `rec_text`")?;
    let (mut said, mut heard, mut score) = (None, None, None);
    for (key, value) in members {
        let field = format_args!("{name}.{key}");
        match key.as_ref() {
            "text" => said = value.text(field)?,
            "rec_text" => heard = value.text(field)?,
            "score" => score = value.number(field)?,
            _ => {}
        }
    }

    let heard = heard.map(|text| RawHypothesis {
        text: Cow::Owned(text.replace("<eos>", " ")),
        score,
        am_score: None,
        lm_score: None,
    });

    Ok((said, heard))
}
