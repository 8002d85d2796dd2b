//! The JSON of the mlm-scoring toolkit: one object that holds, for each
//! utterance, `ref` and `hyp_1`, `hyp_2` and so on with `score` and `text`.
//!
//! Other keys of an utterance are left alone, but for a `speaker`.

use std::collections::BTreeMap;

use crate::nbest::elements::{Container, Elements};
use crate::nbest::error::ReadErrorKind;
use crate::nbest::hypothesis;
use crate::nbest::json::Json;
use crate::nbest::other_fields::are_numbers;
use crate::nbest::raw::{Add, RawUtterance, missing_rank};
use crate::nbest::source::Text;

/// Reads all utterances; hypotheses come in the order of their numbers.
pub(super) fn read(text: &mut Text<'_>, add: &mut Add<'_>) -> Result<(), ReadErrorKind> {
    let mut elements = Elements::new(text, Container::Object);
    while let Some(element) = elements.next()? {
        add(utterance(element.key, element.value)?, element.position)?;
    }
    Ok(())
}

fn utterance<'a>(key: &'a str, value: &'a str) -> Result<RawUtterance<'a>, ReadErrorKind> {
    let id = Json::parse(key)?.text("the key")?.unwrap_or_default();
    let wanted = "an object with `ref` and `hyp_1`, `hyp_2`, ..";
    let members = Json::parse(value)?.object(&id, wanted)?;
    let (mut speaker, mut reference) = (None, None);

    let (mut hypotheses, mut others) = (BTreeMap::new(), Vec::new());
    for (key, value) in members {
        match key.as_ref() {
            "ref" => reference = value.text(format_args!("{id}.ref"))?,
            "speaker" => speaker = value.name(format_args!("{id}.speaker"))?,
            _ => {
                let number = key.strip_prefix("hyp_").map(str::parse::<u64>);
                if let Some(Ok(number)) = number {
                    let name = format_args!("{id}.{key}");
                    let wanted = "an object with `score` and `text`";
                    hypotheses.insert(number, hypothesis::read(value, name, wanted)?);
                } else {
                    others.push((key, are_numbers(&value)));
                }
            }
        }
    }

    if hypotheses.is_empty() {
        return Err(ReadErrorKind::NoHypothesis {
            field: "hyp_1, hyp_2, ..",
        });
    }

    Ok(RawUtterance {
        speaker,
        reference,
        others,
        missing_rank: missing_rank(hypotheses.keys().copied()),
        ..RawUtterance::of_list(id, hypotheses.into_values().collect())
    })
}
