//! `NeMo`'s manifests, as references: JSON lines `{"audio_filepath", "text"}`. Those of others,
//! with an `id` (`utt_id`, `key`) and a `text` (`ref`, `txt`), are read as well.
//!
//! | record | id |
//! |---|---|
//! | has an `id` | that |
//! | no other audio has its name | the name of the audio without extension: `a` of `/d/a.wav` |
//! | another audio has its name | the same with folders: `1/a` of `/d/1/a.wav` |
//! | another part of the same audio | the same with the `offset`: `a@1.5` |

use std::collections::{BTreeMap, BTreeSet};

use crate::nbest::error::{GIVE_SAID, ReadErrorKind};
use crate::nbest::ids::{base, distinct_names};
use crate::nbest::json::{self, Json, shorten};
use crate::nbest::place::Position;
use crate::nbest::records;
use crate::nbest::source::Text;

/// So many fields are named.
const MOST_NAMED: usize = 8;

/// Whether `start`, the beginning of a file, is that of a manifest: its first line may be damaged.
pub(super) fn starts(start: &[u8]) -> bool {
    let start = start.trim_ascii_start();
    let key = b"\"audio_filepath\"";
    start.starts_with(b"{") || start.windows(key.len()).any(|window| window == key)
}

/// A record: the id or the audio, and what was said.
struct Entry {
    name: Name,
    words: String,
    position: Position,
}

enum Name {
    Id(String),
    Audio {
        path: String,
        offset: Option<String>,
    },
}

/// Reads ids and texts, in their order.
pub(super) fn read(
    text: &mut Text<'_>,
    add: &mut dyn FnMut(&str, &str, Position) -> Result<(), ReadErrorKind>,
) -> Result<(), ReadErrorKind> {
    let mut entries: Vec<Entry> = Vec::new();
    records::each(text, &mut |record| {
        entries.push(entry(record.text, record.position)?);
        Ok(())
    })?;

    let stems = stems(&entries);
    let repeated = repeated(&entries);
    let end = text.position;
    for Entry {
        name,
        words,
        position,
    } in &entries
    {
        let id = match name {
            Name::Id(id) => id.clone(),
            Name::Audio {
                path,
                offset: Some(offset),
            } if repeated.contains(path.as_str()) => format!("{}@{offset}", stems[path.as_str()]),
            Name::Audio { path, .. } => stems[path.as_str()].clone(),
        };
        text.position = *position;
        add(&id, words, *position).map_err(|error| match (error, name) {
            (ReadErrorKind::DuplicateId { id, first }, Name::Audio { .. }) => ReadErrorKind::line(
                format!("the id `{id}`, made from the audio, was used before, at {first}"),
                "give each line of the manifest an `id` of its own, or the `offset` where it \
                 begins in the audio",
            ),
            (error, _) => error,
        })?;
    }
    text.position = end;
    Ok(())
}

fn entry(record: &str, position: Position) -> Result<Entry, ReadErrorKind> {
    let wanted = "an object with `audio_filepath` and `text`";
    let members = Json::parse(record)?.object("the record", wanted)?;
    let fields: Vec<String> = members
        .iter()
        .take(MOST_NAMED)
        .map(|(key, _)| format!("`{}`", shorten(key, 30)))
        .collect();
    let (mut id, mut audio, mut offset, mut words) = (None, None, None, None);
    for (key, value) in members {
        match key.as_ref() {
            "id" | "utt_id" | "key" => id = value.name(&key)?,
            "audio_filepath" => audio = value.text("audio_filepath")?,
            "offset" => offset = value.scalar(),
            "text" | "ref" | "txt" => words = value.text(&key)?,
            _ => {}
        }
    }

    // Where nothing names the utterance either, it is another kind of JSON.
    if words.is_none() && id.is_none() && audio.is_none() && !fields.is_empty() {
        let problem = format!(
            "this is no manifest, of which records have `audio_filepath` or `id`, and `text`: the \
             fields here are {}",
            fields.join(", ")
        );
        let advice = "write references as Kaldi text, a line `utterance words` for each utterance";
        return Err(ReadErrorKind::line(problem, advice));
    }

    let words = json::required(words, "text", GIVE_SAID)?;
    let name = match (id, audio) {
        (Some(id), _) => Name::Id(id.into_owned()),
        (None, audio) => {
            let advice = "name the audio, whose name is the id, or give an `id`";
            let path = json::required(audio, "audio_filepath", advice)?.into_owned();
            Name::Audio { path, offset }
        }
    };
    Ok(Entry {
        name,
        words: words.into_owned(),
        position,
    })
}

fn paths(entries: &[Entry]) -> impl Iterator<Item = &str> {
    entries.iter().filter_map(|entry| match &entry.name {
        Name::Id(_) => None,
        Name::Audio { path, .. } => Some(path.as_str()),
    })
}

/// Of every audio the name without extension, with as many folders as tell it from all others.
fn stems(entries: &[Entry]) -> BTreeMap<&str, String> {
    let mut by_name: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for path in paths(entries) {
        by_name.entry(stem(base(path))).or_default().insert(path);
    }

    let mut stems = BTreeMap::new();
    for paths in by_name.into_values() {
        let paths: Vec<&str> = paths.into_iter().collect();
        stems.extend(distinct_names(&paths, stem));
    }
    stems
}

fn stem(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// The audios of which there are several parts.
fn repeated(entries: &[Entry]) -> BTreeSet<&str> {
    let mut seen = BTreeSet::new();
    paths(entries).filter(|path| !seen.insert(*path)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nbest::limits::Limits;

    fn ids(records: &[&str]) -> Result<Vec<String>, String> {
        let lines: Vec<String> = records
            .iter()
            .map(|record| format!("{{{record}, \"text\": \"yes\"}}\n"))
            .collect();
        let lines = lines.concat();
        let mut text = Text::new(lines.as_bytes(), Limits::default()).unwrap();
        let mut ids = Vec::new();
        let read = read(&mut text, &mut |id, _, _| {
            ids.push(id.to_owned());
            Ok(())
        });
        read.map(|()| ids).map_err(|error| error.to_string())
    }

    #[test]
    fn ids_are_made_unique_from_folders_and_offsets() {
        let check = |records: &[&str], expected: &[&str]| {
            assert_eq!(ids(records).unwrap(), expected);
        };
        let audio = |path: &str| format!("\"audio_filepath\": \"{path}\"");
        let (one, two, other) = (audio("/d/1/a.wav"), audio("/d/2/a.wav"), audio("b.c.wav"));
        check(&[&one, &other], &["a", "b.c"]);
        check(&[&one, &two, &other], &["1/a", "2/a", "b.c"]);
        let (start, later) = (
            format!("{one}, \"offset\": 0.0"),
            format!("{one}, \"offset\": 1.5"),
        );
        check(&[&start, &other], &["a", "b.c"]);
        check(&[&start, &later, &other], &["a@0.0", "a@1.5", "b.c"]);
        check(&[&start, &later, &two], &["1/a@0.0", "1/a@1.5", "2/a"]);
        let named = format!("{one}, \"id\": \"u1\"");
        check(&[&named, &start], &["u1", "a"]);
        check(&["\"key\": \"u1\", \"wav\": \"a.wav\""], &["u1"]);
    }

    #[test]
    fn other_json_is_told_by_its_fields() {
        let mut text = Text::new(b"{\"lee\": \"yes\"}".as_slice(), Limits::default()).unwrap();
        let error = read(&mut text, &mut |_, _, _| Ok(())).unwrap_err();
        assert!(
            error.to_string().contains("the fields here are `lee`"),
            "{error}"
        );
    }
}
