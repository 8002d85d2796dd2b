//! Counterexamples: saved failures, as explicit words that any later run can replay.
//!
//! Here is the file, one failure each, with the list as it was drawn and the minimal one. Names of
//! suites and seeds in it say where the failure came from; nothing is ever drawn
//! from them again, so that a changed lexicon or suite changes no saved failure. Running
//! them is in [`replay`](mod@crate::check::failures::replay).

use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize};

use crate::check::engine::pair::{Choice, ListPair};
use crate::check::failures::counterexample_list::{CounterexampleList, InvalidList};
use crate::check::failures::minimize::{MinimizeStatus, Minimum};
use crate::files::document::{DOCUMENT, text_of};
use crate::files::json::{self, JsonError};
use crate::nbest::Utterance;
use crate::perturb::case::Case;

/// The version of the file; the first one is read too, any other is refused.
pub const FORMAT_VERSION: u32 = 2;

/// A saved failure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counterexample {
    /// [`FORMAT_VERSION`].
    pub format_version: u32,
    /// The utterance's id.
    pub id: String,
    /// Who spoke; null where the input does not say.
    pub speaker: Option<String>,
    /// How far `minimal` was minimized.
    pub status: MinimizeStatus,
    /// The smallest list that fails.
    pub minimal: CounterexampleList,
    /// The whole list as it was drawn.
    pub drawn: CounterexampleList,
    /// Where it came from; replaying does not use it.
    pub provenance: Provenance,
}

/// Where a failure came from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// What reports call the rescorer.
    pub rescorer: String,
    /// The name of the suite.
    pub suite: String,
    /// The name of the check in it.
    pub check: String,
    /// The seed of the run.
    pub seed: u64,
    /// Which draw of the utterance, from 0.
    pub draw: usize,
    /// The margin that counted as noise.
    pub noise: f64,
    /// Whether a word was swapped alike in every hypothesis, or in none: then `minimal` was made
    /// smaller by whole words, and one of several substitutions of a word may not be needed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub coherent: bool,
}

impl Counterexample {
    /// What was found about `drawn`, a case of `utterance`, and its minimum.
    ///
    /// `None` if the case as drawn did not fail when it was minimized: then there is nothing to
    /// save.
    pub fn new(
        utterance: &Utterance,
        drawn: &Case,
        minimum: &Minimum<Choice>,
        provenance: Provenance,
    ) -> Option<Counterexample> {
        Some(Counterexample {
            format_version: FORMAT_VERSION,
            id: utterance.id.clone(),
            speaker: utterance.speaker.clone(),
            status: minimum.status,
            minimal: CounterexampleList::new(utterance, &minimum.case, minimum.finding.as_ref()?)?,
            drawn: CounterexampleList::new(utterance, drawn, minimum.given.as_ref()?)?,
            provenance,
        })
    }

    /// A file name of letters, digits, `-`, `_` and `.` that no other failure of a run has:
    /// check, utterance and draw, with a hash of all that says where the failure came from.
    pub fn file_name(&self) -> String {
        let Provenance {
            suite,
            check,
            seed,
            draw,
            ..
        } = &self.provenance;

        let mut hasher = blake3::Hasher::new();
        for name in [suite, check, &self.id] {
            // With their lengths: `a` and `bc` are not `ab` and `c`.
            hasher.update(&(name.len() as u64).to_le_bytes());
            hasher.update(name.as_bytes());
        }

        hasher.update(&seed.to_le_bytes());
        hasher.update(&(*draw as u64).to_le_bytes());
        // Names that every file system takes; the hash tells those apart that look alike so.
        let plain = |name: &str| -> String {
            let plain = |c: char| {
                if c.is_ascii_alphanumeric() || "-_".contains(c) {
                    c
                } else {
                    '_'
                }
            };
            name.chars().take(60).map(plain).collect()
        };

        let hash = hasher.finalize().to_hex();
        format!(
            "{}.{}.{draw}.{}.json",
            plain(check),
            plain(&self.id),
            &hash[..8]
        )
    }

    /// Writes the file; [`read`] gives the same value back.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *out, self)?;
        out.write_all(b"\n")
    }

    /// The minimal list, ready to be scored.
    pub fn minimal_pair(&self) -> Result<ListPair, InvalidList> {
        self.minimal
            .pair(&self.id, self.speaker.as_deref(), "minimal")
    }

    /// The list as it was drawn, ready to be scored.
    pub fn drawn_pair(&self) -> Result<ListPair, InvalidList> {
        self.drawn.pair(&self.id, self.speaker.as_deref(), "drawn")
    }
}

/// Reads one file; `name` is what errors call it.
pub fn read(reader: impl Read, name: &str) -> Result<Counterexample, ReadError> {
    let at = |kind| ReadError {
        name: name.to_owned(),
        kind,
    };
    let text = text_of(reader, DOCUMENT).map_err(|error| at(ReadErrorKind::Io(error)))?;
    let Version { format_version } =
        json::parse(&text).map_err(|error| at(ReadErrorKind::Json(error)))?;
    let saved: Counterexample = match format_version {
        FORMAT_VERSION => json::parse(&text),
        1 => first_edition(&text),
        found => return Err(at(ReadErrorKind::Version { found })),
    }
    .map_err(|error| at(ReadErrorKind::Json(error)))?;

    for pair in [saved.minimal_pair(), saved.drawn_pair()] {
        pair.map_err(|error| at(ReadErrorKind::List(error)))?;
    }

    Ok(saved)
}

/// A file of version 1, in which errors are those of the original texts. They are counted anew in
/// the texts as the rescorer read them; the margins, which were between groups by those errors, are
/// no more known.
fn first_edition(text: &str) -> Result<Counterexample, JsonError> {
    // An array of the fields in their order passes for a file of that version.
    let mut file: serde_json::Map<String, serde_json::Value> = json::parse(text)?;
    file.insert("format_version".to_owned(), FORMAT_VERSION.into());
    for name in ["minimal", "drawn"] {
        if let Some(list) = file
            .get_mut(name)
            .and_then(serde_json::Value::as_object_mut)
        {
            for field in ["clean_errors", "selection_errors"] {
                list.remove(field);
            }
            // Counted anew below; margins were not saved.
            for field in ["kept_errors", "text_errors"] {
                list.insert(field.to_owned(), 0.into());
            }
            for field in ["margin_before", "margin_after"] {
                list.insert(field.to_owned(), serde_json::Value::Null);
            }
        }
    }
    let mut saved: Counterexample = serde_json::from_value(file.into())?;
    for list in [&mut saved.minimal, &mut saved.drawn] {
        list.count_errors();
    }

    Ok(saved)
}

/// The only field that every version has.
#[derive(Deserialize)]
struct Version {
    format_version: u32,
}

/// A saved failure could not be read.
#[derive(Debug, thiserror::Error)]
#[error("failed to read the saved failure {name}")]
pub struct ReadError {
    name: String,
    #[source]
    kind: ReadErrorKind,
}

/// Why a saved failure could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadErrorKind {
    /// The reader failed, or the text is not UTF-8.
    #[error("the file could not be read")]
    Io(#[source] io::Error),
    /// Not JSON, or not its fields.
    #[error("the file is not a saved failure")]
    Json(#[source] JsonError),
    /// Written by another version.
    #[error(
        "format_version is {found}, but this version reads {FORMAT_VERSION}: find the failure anew \
        and save it again"
    )]
    Version {
        /// The file's version.
        found: u32,
    },
    /// A field contradicts others.
    #[error(transparent)]
    List(InvalidList),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::examples::counterexamples;

    #[track_caller]
    fn check_round_trip(saved: &Counterexample) {
        let mut file = Vec::new();
        saved.write(&mut file).unwrap();
        assert_eq!(read(&file[..], "f.json").unwrap(), *saved);
    }

    #[test]
    fn what_is_saved_is_read_back() {
        let saved = counterexamples(20);
        assert!(saved.len() > 20, "{}", saved.len());
        for counterexample in &saved {
            check_round_trip(counterexample);
            assert!(counterexample.minimal.damage() > 0 && counterexample.drawn.damage() > 0);
            assert!(!counterexample.minimal.substitutions.is_empty());
            assert_eq!(counterexample.drawn.hyps.len(), 4);
        }
    }

    #[test]
    fn names_of_files_are_plain_and_distinct() {
        let mut saved = counterexamples(3).remove(0);
        saved.id = "../a b/\u{e9}".to_owned();
        let name = saved.file_name();
        assert!(
            name.starts_with("c.___a_b__.") && name.strip_suffix(".json").is_some(),
            "{name}"
        );
        saved.provenance.seed += 1;
        assert_ne!(saved.file_name(), name);
    }

    #[test]
    fn a_file_of_the_first_version_is_read_and_its_errors_are_counted_anew() {
        for saved in counterexamples(5) {
            let mut file = serde_json::to_value(&saved).unwrap();
            file["format_version"] = 1.into();
            for name in ["minimal", "drawn"] {
                let list = file[name].as_object_mut().unwrap();
                list.remove("kept_errors");
                list.remove("text_errors");
                list.insert("clean_errors".to_owned(), 7.into());
                list.insert("selection_errors".to_owned(), 9.into());
            }
            let read = read(file.to_string().as_bytes(), "old.json").unwrap();
            assert_eq!(read.minimal.damage(), saved.minimal.damage());
            assert_eq!(read.drawn.text_errors, saved.drawn.text_errors);
            assert_eq!(read.minimal.margin_after, None);
            assert_eq!(read.minimal.hyps, saved.minimal.hyps);
        }
    }

    /// Replaces `from` in the file by `to`, both in the minimal list or before it.
    #[track_caller]
    fn check_refused(from: &str, to: &str, expected: &str) {
        let saved = counterexamples(3).remove(0);
        let mut file = Vec::new();
        saved.write(&mut file).unwrap();

        let text = String::from_utf8(file).unwrap();
        assert!(text.contains(from), "{text}");
        let error = read(text.replacen(from, to, 1).as_bytes(), "f.json").unwrap_err();
        assert_eq!(error.to_string(), "failed to read the saved failure f.json");

        let mut message = error.kind.to_string();
        if let ReadErrorKind::Json(source) = &error.kind {
            message = source.to_string();
        }

        assert!(message.contains(expected), "{message}");
    }

    #[test]
    fn a_bad_field_is_reported_with_its_name() {
        check_refused(
            "\"format_version\": 2",
            "\"format_version\": 3",
            "format_version is 3",
        );
        check_refused("\"speaker\"", "\"speakers\"", "unknown field `speakers`");
        check_refused("\"minimal\"", "\"minimum\"", "unknown field `minimum`");
        check_refused(
            "\"text\": \"",
            "\"text\": \"so ",
            "minimal.hyps[0]: text is \"so ",
        );
        check_refused(
            "\"word\": ",
            "\"word\": 9",
            "minimal.substitutions[0]: hypothesis ",
        );
        check_refused(
            "\"from\": \"",
            "\"from\": \"x",
            "minimal.substitutions[0]: word ",
        );
        check_refused("\"score\": -0", "\"score\": -10", "minimal.hyps[1]: score ");
        check_refused(
            "\"clean_pick\": ",
            "\"clean_pick\": 9",
            "minimal.clean_pick: 9",
        );
        check_refused("{", "{{", "key must be a string");
    }
}
