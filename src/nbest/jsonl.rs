//! JSON lines, this project's own format: one utterance a line, or all of them in one array.
//!
//! Further fields of an utterance become attributes, unless they are arrays or
//! objects; further fields of a hypothesis are left alone. Writing is in
//! [`write`](mod@crate::nbest::write).

use std::collections::BTreeMap;

use crate::nbest::assemble::RawUtterance;
use crate::nbest::error::ReadErrorKind;
use crate::nbest::json::Json;
use crate::nbest::limits::check_fields;
use crate::nbest::place::Position;
use crate::nbest::source::Text;
use crate::nbest::{hypothesis, records};

/// What a hypothesis must be.
const HYPOTHESIS: &str = "an object such as {\"text\": .., \"score\": ..}";

/// Reads all utterances; `position` follows.
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
    let members = Json::parse(record)?.object(
        format_args!("the record"),
        "an object `{..}`, one an utterance",
    )?;
    check_fields(members.len())?;

    let (mut id, mut speaker, mut reference, mut hypotheses) = (None, None, None, None);
    let mut attributes = BTreeMap::new();
    for (key, value) in members {
        match key.as_ref() {
            "id" => id = value.name(format_args!("id"))?,
            "speaker" => speaker = value.name(format_args!("speaker"))?,
            "ref" => reference = value.text(format_args!("ref"))?,
            "hyps" => hypotheses = value.array(format_args!("hyps"))?,
            _ => {
                if let Some(text) = value.scalar() {
                    attributes.insert(key.into_owned(), text);
                }
            }
        }
    }

    let missing = |field: &str, advice| ReadErrorKind::Missing {
        field: field.to_owned(),
        advice,
    };
    let id = id.ok_or_else(|| missing("id", "give every utterance a name of its own"))?;
    let hypotheses = hypotheses.ok_or_else(|| {
        missing(
            "hyps",
            "give the hypotheses as an array of objects such as {\"text\": .., \"score\": ..}",
        )
    })?;

    if hypotheses.is_empty() {
        return Err(ReadErrorKind::NoHypothesis { field: "hyps" });
    }

    let hypotheses = hypotheses
        .into_iter()
        .enumerate()
        .map(|(index, value)| hypothesis::read(value, format_args!("hyps[{index}]"), HYPOTHESIS))
        .collect::<Result<_, _>>()?;

    Ok(RawUtterance {
        id,
        speaker,
        reference,
        hypotheses,
        attributes,
    })
}
