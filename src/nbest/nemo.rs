//! `NeMo`'s beams, and its manifests.
//!
//! | file | what |
//! |---|---|
//! | `preds_out_*.tsv` | lines `words<tab>score`, higher is better |
//! | manifest | JSON lines `{"audio_filepath", "text"}` |
//!
//! Beams have no ids: there are equally many lines for each utterance of the manifest, in its
//! order. A manifest's ids are its `id`s, or else the names of the audio files without extension.

use std::borrow::Cow;

use crate::nbest::error::{GIVE_SAID, ReadErrorKind};
use crate::nbest::ids::base;
use crate::nbest::json::{self, Json, shorten};
use crate::nbest::numbers::finite;
use crate::nbest::place::Position;
use crate::nbest::raw::{Add, RawHypothesis, RawUtterance};
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
    add: &mut Add<'_>,
) -> Result<(), ReadErrorKind> {
    let mut beams: Vec<(RawHypothesis<'static>, Position)> = Vec::new();
    let mut lines = Lines::new(text);
    while let Some((line, position)) = lines.next()? {
        // A hypothesis without words is a score alone.
        let (words, score) = line.rsplit_once('\t').unwrap_or(("", line));
        let score = finite(score).ok_or_else(|| {
            let problem = format!("`{}` is no line of NeMo's beams", shorten(line, 60));
            ReadErrorKind::line(problem, "write the words, a tab and the score")
        })?;
        let hypothesis = RawHypothesis::scored(words.to_owned(), Some(score));
        beams.push((hypothesis, position));
    }

    text.position = Position::File;
    let (count, of) = (beams.len(), order.len());
    if order.is_empty() {
        let advice = "name the manifest that was decoded with --refs: lines of \
                      {\"audio_filepath\": .., \"text\": ..}";
        return Err(ReadErrorKind::line("NeMo's beams have no ids", advice));
    }
    if beams.is_empty() || !count.is_multiple_of(of) {
        let problem = format!(
            "{count} beams cannot be dealt out evenly to the {of} utterances of {manifests}"
        );
        let advice = "name with --refs the manifest that was decoded, whole, and no other";
        return Err(ReadErrorKind::line(problem, advice));
    }

    let mut beams = beams.into_iter();
    for id in order {
        let (hypotheses, places): (Vec<_>, Vec<Position>) = beams.by_ref().take(count / of).unzip();
        text.position = places[0];
        add(RawUtterance::of_list(id, hypotheses), places[0])?;
    }
    Ok(())
}

/// Reads a manifest: ids and texts, in its order.
pub(super) fn read_manifest(
    text: &mut Text<'_>,
    add: &mut dyn FnMut(&str, &str, Position) -> Result<(), ReadErrorKind>,
) -> Result<(), ReadErrorKind> {
    records::each(text, &mut |record| {
        let wanted = "an object with `audio_filepath` and `text`";
        let members = Json::parse(record.text)?.object("the record", wanted)?;
        let (mut id, mut audio, mut words) = (None, None, None);
        for (key, value) in members {
            match key.as_ref() {
                "id" | "utt_id" => id = value.name(&key)?,
                "audio_filepath" => audio = value.text("audio_filepath")?,
                "text" | "ref" => words = value.text(&key)?,
                _ => {}
            }
        }

        let words = json::required(words, "text", GIVE_SAID)?;
        let made = audio.map(|audio| {
            let name = base(&audio);
            let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
            Cow::Owned(stem.to_owned())
        });
        let advice = "name the audio, whose name is the id, or give an `id`";
        let id = json::required(id.or(made), "audio_filepath", advice)?;
        add(&id, &words, record.position)
    })
}
