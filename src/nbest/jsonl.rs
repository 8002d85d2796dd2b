//! JSON lines, this project's own format: one utterance a line, or all of them in one array,
//! or in one object by their ids.
//!
//! Further fields of an utterance become attributes, unless they are arrays or
//! objects; further fields of a hypothesis are left alone. Writing is in
//! [`write`](mod@crate::nbest::write).

use std::collections::BTreeMap;

use crate::nbest::error::ReadErrorKind;
use crate::nbest::json::Json;
use crate::nbest::limits::check_fields;
use crate::nbest::other_fields::are_numbers;
use crate::nbest::raw::RawUtterance;
use crate::nbest::records::Record;
use crate::nbest::{hypothesis, json};

/// What a hypothesis must be.
const HYPOTHESIS: &str = "an object such as {\"text\": .., \"score\": ..}";

/// Reads one record.
pub(super) fn utterance(record: Record<'_>) -> Result<RawUtterance<'_>, ReadErrorKind> {
    let wanted = "an object `{..}`, one an utterance";
    let members = Json::parse(record.text)?.object("the record", wanted)?;
    check_fields(members.len())?;

    let (mut id, mut speaker, mut reference, mut hypotheses) = (None, None, None, None);
    let (mut attributes, mut others) = (BTreeMap::new(), Vec::new());
    for (key, value) in members {
        match key.as_ref() {
            "id" => id = value.name("id")?,
            "speaker" => speaker = value.name("speaker")?,
            "ref" => reference = value.text("ref")?,
            "hyps" => hypotheses = value.array("hyps")?,
            _ => {
                if let Some(text) = value.scalar() {
                    attributes.insert(key.into_owned(), text);
                } else if !matches!(value, Json::Null) {
                    others.push((key, are_numbers(&value)));
                }
            }
        }
    }

    let id = json::required(
        id.or(record.key),
        "id",
        "give every utterance a name of its own",
    )?;
    let advice = "give the hypotheses as an array of objects such as {\"text\": .., \"score\": ..}";
    let hypotheses = json::required(hypotheses, "hyps", advice)?;
    let hypotheses = json::filled(hypotheses, "hyps")?
        .into_iter()
        .enumerate()
        .map(|(index, value)| hypothesis::read(value, format_args!("hyps[{index}]"), HYPOTHESIS));

    Ok(RawUtterance {
        id,
        speaker,
        reference,
        hypotheses: hypotheses.collect::<Result<_, _>>()?,
        attributes,
        others,
        ..RawUtterance::default()
    })
}
