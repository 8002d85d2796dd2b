//! `utterances.jsonl`: error counts by utterance and draw, what later runs are compared with.
//!
//! One line per utterance, sorted by id, beside `report.json`:
//!
//! ```json
//! {"id": "u1", "speaker": "anna", "list": "9f86d081884c7d65", "reference_words": 9, "errors": 1,
//!  "checks": [{"suite": "perturb-n", "check": "perturb-n", "text": [2, 2, 1, 2, 1], "selection": [1, 2, 1, 1, 1]}]}
//! ```
//!
//! `list` is a hash of the reference and the n-best list, `errors` those of the model's pick on the
//! clean list, `text` and `selection` those under perturbation, a number per draw.

use crate::harness::counts::CheckCounts;
use crate::harness::counts::UtteranceCounts;
use serde::Deserialize;
use serde::Serialize;
use std::collections::BTreeSet;
use std::io;
use std::io::Write;

/// The name of the file in a report folder.
pub const FILE_NAME: &str = "utterances.jsonl";

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    id: String,
    speaker: Option<String>,
    list: String,
    reference_words: u64,
    errors: u64,
    checks: Vec<CheckLine>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CheckLine {
    suite: String,
    check: String,
    text: Vec<u64>,
    selection: Vec<u64>,
}

/// A line of the file is not what it must be.
#[derive(Debug, thiserror::Error)]
#[error("line {line}")]
pub struct ReadError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there.
    #[source]
    pub kind: ReadErrorKind,
}

/// What is wrong with a line.
#[derive(Debug, thiserror::Error)]
pub enum ReadErrorKind {
    /// Not the JSON of such a line.
    #[error("not a line that this program writes")]
    Json(#[from] serde_json::Error),
    /// An utterance for the second time.
    #[error("the utterance `{0}` was there before")]
    Duplicate(String),
    /// The numbers of draws of a check differ.
    #[error("`text` and `selection` of the check `{0}` have different numbers of draws")]
    Draws(String),
}

/// Writes a line for every utterance.
pub fn write(out: &mut dyn Write, counts: &[UtteranceCounts]) -> io::Result<()> {
    for utterance in counts {
        let line = Line {
            id: utterance.id.clone(),
            speaker: utterance.speaker.clone(),
            list: utterance.list.clone(),
            reference_words: utterance.reference_words,
            errors: utterance.errors,
            checks: utterance
                .checks
                .iter()
                .map(|check| CheckLine {
                    suite: check.suite.clone(),
                    check: check.check.clone(),
                    text: check.text.clone(),
                    selection: check.selection.clone(),
                })
                .collect(),
        };
        serde_json::to_writer(&mut *out, &line)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

/// The hash of the file: what says that it belongs to a report.
pub fn hash(counts: &[UtteranceCounts]) -> String {
    let mut hasher = blake3::Hasher::new();
    write(&mut hasher, counts).expect("hashing does not fail");
    hasher.finalize().to_hex().to_string()
}

/// Reads the file back.
pub fn read(text: &str) -> Result<Vec<UtteranceCounts>, ReadError> {
    let mut seen = BTreeSet::new();
    text.lines()
        .enumerate()
        .map(|(index, line)| {
            let at = |kind| ReadError {
                line: index + 1,
                kind,
            };
            let line: Line =
                serde_json::from_str(line).map_err(|error| at(ReadErrorKind::Json(error)))?;
            if !seen.insert(line.id.clone()) {
                return Err(at(ReadErrorKind::Duplicate(line.id)));
            }
            let uneven = line
                .checks
                .iter()
                .find(|check| check.text.len() != check.selection.len());
            if let Some(check) = uneven {
                return Err(at(ReadErrorKind::Draws(check.check.clone())));
            }
            Ok(UtteranceCounts {
                id: line.id,
                speaker: line.speaker,
                list: line.list,
                reference_words: line.reference_words,
                errors: line.errors,
                checks: line
                    .checks
                    .into_iter()
                    .map(|check| CheckCounts {
                        suite: check.suite,
                        check: check.check,
                        text: check.text,
                        selection: check.selection,
                    })
                    .collect(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts() -> UtteranceCounts {
        UtteranceCounts {
            id: "u1".to_owned(),
            speaker: None,
            list: "9f86d081884c7d65".to_owned(),
            reference_words: 9,
            errors: 1,
            checks: vec![CheckCounts {
                suite: "perturb-n".to_owned(),
                check: "perturb-n".to_owned(),
                text: vec![2, 1],
                selection: vec![1, 1],
            }],
        }
    }

    fn written() -> String {
        let mut bytes = Vec::new();
        write(&mut bytes, &[counts()]).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn what_was_written_is_read() {
        assert_eq!(read(&written()).unwrap(), [counts()]);
    }

    #[track_caller]
    fn check_error(text: &str, line: usize, expected: &str) {
        let error = read(text).unwrap_err();
        assert_eq!(error.line, line);
        assert!(
            error.kind.to_string().starts_with(expected),
            "{}",
            error.kind
        );
    }

    #[test]
    fn a_bad_line_is_located() {
        let line = written();
        check_error(&format!("{line}{line}"), 2, "the utterance `u1` was there");
        check_error(&line.replace("[2,1]", "[2]"), 1, "`text` and `selection`");
        check_error(&line.replace("\"errors\"", "\"misses\""), 1, "not a line");
    }
}
