//! `ESPnet1`'s `data.json`, as decoding writes it.
//!
//! | field | what |
//! |---|---|
//! | `utts` | an object of utterances by id |
//! | `output` | the hypotheses: `rec_text` (`<eos>` is no word) and `score`, higher is better |
//! | `output[0].text` | the reference |
//! | `utt2spk` | the speaker |
//!
//! `rec_text` is the recogniser's tokens, put together. Those of SentencePiece have `▁` where a
//! word begins, and nothing between them: `▁turn▁of▁it<eos>`.

use std::borrow::Cow;

use crate::nbest::error::ReadErrorKind;
use crate::nbest::json::Json;
use crate::nbest::place::Position;
use crate::nbest::raw::{Add, RawHypothesis, RawUtterance};
use crate::nbest::source::Text;
use crate::nbest::subwords::WORD_BEGINS;

/// Reads all utterances.
pub(super) fn read(text: &mut Text<'_>, add: &mut Add<'_>) -> Result<(), ReadErrorKind> {
    // A test set's worth of utterances, in one object.
    let whole = text.whole(16)?;
    text.position = Position::File;

    let members = Json::parse(&whole)?.object("the file", "an object with `utts`")?;
    for (key, value) in members {
        if key != "utts" {
            continue;
        }
        for (id, value) in value.object("utts", "an object of utterances")? {
            add(utterance(id, value)?, Position::File)?;
        }
    }

    Ok(())
}

fn utterance<'a>(id: Cow<'a, str>, value: Json<'a>) -> Result<RawUtterance<'a>, ReadErrorKind> {
    let members = value.object(&id, "an object with `output`")?;
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
        let field = format_args!("{id}.output[0].rec_text");
        let advice = "give the data.json that decoding wrote: that of the data has no hypotheses";
        return Err(ReadErrorKind::missing(field, advice));
    }

    Ok(RawUtterance {
        speaker,
        reference,
        ..RawUtterance::of_list(id, hypotheses)
    })
}

type Output<'a> = (Option<Cow<'a, str>>, Option<RawHypothesis<'a>>);

/// The reference and the hypothesis of one output.
fn hypothesis<'a>(value: Json<'a>, name: &str) -> Result<Output<'a>, ReadErrorKind> {
    let members = value.object(name, "an object with `rec_text`")?;
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

    let heard = heard.map(|text| RawHypothesis::scored(words(&text), score));
    Ok((said, heard))
}

/// The words of `rec_text`.
fn words(tokens: &str) -> String {
    let spaced = tokens.replace("<eos>", " ").replace(WORD_BEGINS, " ");
    spaced.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_subwords_are_spaces() {
        assert_eq!(words("▁turn▁of▁it<eos>"), "turn of it");
        assert_eq!(words("▁<eos>"), "");
        assert_eq!(words("turn off<eos>"), "turn off");
    }
}
