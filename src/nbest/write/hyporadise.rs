//! Writing `HyPoradise` JSON: one array of records with `input` and `output`, a record a line.

use std::io::{self, Write};

use serde_json::{Map, Value};

use crate::nbest::lists::Part;
use crate::nbest::{Hypothesis, Utterance};

/// Writes the utterances of a part in order of their ids; [`write_end`] comes behind the last one.
///
/// Reading them back gives the same utterances but for their attributes, for which records have no
/// place.
pub(crate) fn write_hyporadise(part: &Part<'_>, writer: &mut dyn Write) -> io::Result<()> {
    for (index, utterance) in (part.first..).zip(part.utterances.iter()) {
        writer.write_all(if index == 0 { b"[" } else { b",\n" })?;
        let scored = part.is_scored(utterance);
        serde_json::to_writer(&mut *writer, &record(utterance, scored))?;
    }
    Ok(())
}

/// Writes what closes the array.
pub(crate) fn write_end(writer: &mut dyn Write) -> io::Result<()> {
    writer.write_all(b"]\n")
}

fn record(utterance: &Utterance, scored: bool) -> Value {
    let hypotheses = utterance.nbest.hypotheses();
    let texts = hypotheses
        .iter()
        .map(|hypothesis| hypothesis.transcript.as_str());
    // A list has a kind of score for all of its hypotheses or for none.
    let numbers = |of: fn(&Hypothesis) -> Option<f64>| -> Option<Vec<f64>> {
        hypotheses.iter().map(of).collect()
    };

    let mut members = Map::new();
    members.insert("id".to_owned(), utterance.id.as_str().into());
    if let Some(speaker) = &utterance.speaker {
        members.insert("speaker".to_owned(), speaker.as_str().into());
    }
    members.insert("input".to_owned(), texts.collect::<Vec<&str>>().into());
    members.insert("output".to_owned(), utterance.reference.as_str().into());

    let total = numbers(|hypothesis| Some(hypothesis.score)).filter(|_| scored);
    let parts = [
        ("score", total),
        ("am_score", numbers(|hypothesis| hypothesis.am_score)),
        ("lm_score", numbers(|hypothesis| hypothesis.lm_score)),
    ];
    for (name, part) in parts {
        if let Some(part) = part {
            members.insert(name.to_owned(), part.into());
        }
    }

    Value::Object(members)
}
