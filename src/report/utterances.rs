//! `utterances.jsonl`: error counts by utterance and draw, what later runs are compared with.
//!
//! One line per utterance, sorted by id, beside `report.json`:
//!
//! ```json
//! {"id": "u1", "speaker": "anna", "list": "9f86d081884c7d65", "reference_words": 9, "errors": 1,
//!  "first_pass_errors": 2, "checks": [{"suite": "perturb-n", "check": "perturb-n", "text": [2, 2, 1, 2, 1],
//!  "kept": [2, 3, 1, 2, 1], "first_pass": [3, 3, 2, 3, 2]}]}
//! ```
//!
//! `list` is a hash of the reference and the n-best list, `errors` those of the model's pick on the
//! clean list, `first_pass_errors` those of the first pass's. Under perturbation there is a number per draw: `text` of
//! the model's pick, `kept` of its clean pick, `first_pass` of the first pass's favourite, each read with its swaps.

use std::collections::BTreeSet;
use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use crate::check::engine::counts::{CheckCounts, UtteranceCounts};

/// The name of the file in a report folder.
pub const FILE_NAME: &str = "utterances.jsonl";

/// No utterance has more words, or errors; sums over a million of them are exact as floating point numbers.
const MOST_WORDS: u64 = 1_000_000_000;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    id: String,
    speaker: Option<String>,
    list: String,
    reference_words: u64,
    errors: u64,
    first_pass_errors: u64,
    checks: Vec<CheckLine>,
}

impl Line {
    /// Every number of words or errors.
    fn counts(&self) -> impl Iterator<Item = u64> {
        let drawn = |check: &CheckLine| {
            [
                check.text.clone(),
                check.kept.clone(),
                check.first_pass.clone(),
            ]
            .concat()
        };

        let own = [self.reference_words, self.errors, self.first_pass_errors];
        own.into_iter().chain(self.checks.iter().flat_map(drawn))
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CheckLine {
    suite: String,
    check: String,
    text: Vec<u64>,
    kept: Vec<u64>,
    first_pass: Vec<u64>,
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
    /// A number of words or errors that no utterance has.
    #[error("a count is {0}; at most {MOST_WORDS} are accepted")]
    Count(u64),
    /// An utterance for the second time.
    #[error("the utterance `{0}` was there before")]
    Duplicate(String),
    /// The numbers of draws of a check differ.
    #[error("`text`, `kept` and `first_pass` of the check `{0}` have different numbers of draws")]
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
            first_pass_errors: utterance.first_pass_errors,
            checks: utterance
                .checks
                .iter()
                .map(|check| CheckLine {
                    suite: check.suite.clone(),
                    check: check.check.clone(),
                    text: check.text.clone(),
                    kept: check.kept.clone(),
                    first_pass: check.first_pass.clone(),
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
            if let Some(count) = line.counts().find(|count| *count > MOST_WORDS) {
                return Err(at(ReadErrorKind::Count(count)));
            }
            if !seen.insert(line.id.clone()) {
                return Err(at(ReadErrorKind::Duplicate(line.id)));
            }
            let is_uneven = |check: &&CheckLine| {
                let draws = check.text.len();
                check.kept.len() != draws || check.first_pass.len() != draws
            };
            let uneven = line.checks.iter().find(is_uneven);
            if let Some(check) = uneven {
                return Err(at(ReadErrorKind::Draws(check.check.clone())));
            }
            Ok(UtteranceCounts {
                id: line.id,
                speaker: line.speaker,
                list: line.list,
                reference_words: line.reference_words,
                errors: line.errors,
                first_pass_errors: line.first_pass_errors,
                checks: line
                    .checks
                    .into_iter()
                    .map(|check| CheckCounts {
                        suite: check.suite,
                        check: check.check,
                        text: check.text,
                        kept: check.kept,
                        first_pass: check.first_pass,
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
            first_pass_errors: 2,
            checks: vec![CheckCounts {
                suite: "perturb-n".to_owned(),
                check: "perturb-n".to_owned(),
                text: vec![2, 1],
                kept: vec![2, 2],
                first_pass: vec![3, 2],
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
        check_error(&line.replace("[2,1]", "[2]"), 1, "`text`, `kept` and");
        check_error(&line.replace("\"errors\"", "\"misses\""), 1, "not a line");
    }
}
