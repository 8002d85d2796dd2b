//! `NeMo`'s beams, and its manifests.
//!
//! | file | what |
//! |---|---|
//! | `preds_out_*.tsv` | lines `words<tab>score`, higher is better; no ids: equally many lines for each utterance of the manifest, in its order |
//! | manifest | JSON lines `{"audio_filepath", "text"}`; the ids are their `id`, or else the names of the audio files without extension |

use std::borrow::Cow;

use crate::nbest::assemble::{RawHypothesis, RawUtterance};
use crate::nbest::error::ReadErrorKind;
use crate::nbest::json::{Json, shorten};
use crate::nbest::place::Position;
use crate::nbest::records;
use crate::nbest::source::{Lines, Text};

/// Whether `text` begins with words, a tab and a score, and nothing else.
pub(super) fn starts(text: &str) -> bool {
    let line = text.lines().find(|line| !line.trim().is_empty());
    line.and_then(|line| line.split_once('\t'))
        .is_some_and(|(_, score)| score.trim().parse::<f64>().is_ok())
}

/// Whether `start`, the beginning of a file, is that of a manifest: its first line may be damaged.
pub(super) fn starts_like_manifest(start: &[u8]) -> bool {
    let start = start.trim_ascii_start();
    let key = b"\"audio_filepath\"";
    start.starts_with(b"{") || start.windows(key.len()).any(|window| window == key)
}

/// Reads the beams of the utterances `order`, which stand in the manifests `manifests`.
pub(super) fn read(
    text: &mut Text<'_>,
    order: &[String],
    manifests: &str,
    position: &mut Position,
    add: &mut dyn FnMut(RawUtterance<'_>, Position) -> Result<(), ReadErrorKind>,
) -> Result<(), ReadErrorKind> {
    let mut beams: Vec<(RawHypothesis<'static>, Position)> = Vec::new();
    let mut lines = Lines::new(text);
    while let Some(line) = lines.next(position)? {
        // A hypothesis without words is a score alone.
        let (words, score) = line.rsplit_once('\t').unwrap_or(("", line));
        let score = match score.trim().parse::<f64>() {
            Ok(score) if score.is_finite() => score,
            _ => {
                return Err(ReadErrorKind::Line {
                    problem: format!("`{}` is no line of NeMo's beams", shorten(line, 60)),
                    advice: "write the words, a tab and the score",
                });
            }
        };
        let hypothesis = RawHypothesis {
            text: Cow::Owned(words.to_owned()),
            score: Some(score),
            am_score: None,
            lm_score: None,
        };
        beams.push((hypothesis, *position));
    }

    *position = Position::File;
    if order.is_empty() {
        return Err(ReadErrorKind::Line {
            problem: "NeMo's beams have no ids".to_owned(),
            advice: "name the manifest that was decoded with --refs: lines of {\"audio_filepath\": .., \"text\": ..}",
        });
    }

    if beams.is_empty() || !beams.len().is_multiple_of(order.len()) {
        return Err(ReadErrorKind::Line {
            problem: format!(
                "{} beams cannot be dealt out evenly to the {} utterances of {manifests}",
                beams.len(),
                order.len()
            ),
            advice: "name with --refs the manifest that was decoded, whole, and no other",
        });
    }
    let width = beams.len() / order.len();
    let mut beams = beams.into_iter();
    for id in order {
        let (hypotheses, places): (Vec<_>, Vec<Position>) = beams.by_ref().take(width).unzip();
        *position = places[0];
        let utterance = RawUtterance::of_list(id, hypotheses);
        add(utterance, *position)?;
    }
    Ok(())
}

/// Reads a manifest: ids and texts, in its order.
pub(super) fn read_manifest(
    text: &mut Text<'_>,
    position: &mut Position,
    add: &mut dyn FnMut(&str, &str, Position) -> Result<(), ReadErrorKind>,
) -> Result<(), ReadErrorKind> {
    records::each(text, position, &mut |record, position| {
        let wanted = "an object with `audio_filepath` and `text`";
        let members = Json::parse(record)?.object(format_args!("the record"), wanted)?;
        let (mut id, mut audio, mut words) = (None, None, None);
        for (key, value) in members {
            match key.as_ref() {
                "id" | "utt_id" => id = value.name(format_args!("{key}"))?,
                "audio_filepath" => audio = value.text(format_args!("audio_filepath"))?,
                "text" | "ref" => words = value.text(format_args!("{key}"))?,
                _ => {}
            }
        }
        let missing = |field: &str, advice| ReadErrorKind::Missing {
            field: field.to_owned(),
            advice,
        };
        let words = words.ok_or_else(|| {
            missing(
                "text",
                "give what was said, as an empty text if nothing was",
            )
        })?;
        let made = audio.as_deref().map(|audio| {
            let name = audio.rsplit(['/', '\\']).next().unwrap_or(audio);
            name.rsplit_once('.')
                .map_or(name, |(stem, _)| stem)
                .to_owned()
        });
        let id = id.map(Cow::into_owned).or(made).ok_or_else(|| {
            missing(
                "audio_filepath",
                "name the audio, whose name is the id, or give an `id`",
            )
        })?;
        add(&id, &words, position)
    })
}
