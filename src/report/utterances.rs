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
//! clean list, `first_pass_errors` those of the first pass's. Under perturbation there is a number
//! per draw: `text` of the model's pick, `kept` of its clean pick, `first_pass` of the first pass's
//! favourite, each read with its swaps.

use std::collections::BTreeSet;
use std::io::{self, Write};

use crate::check::engine::counts::{CheckCounts, UtteranceCounts};
use crate::files::json::{self, JsonError};

/// The name of the file in a report folder.
pub const FILE_NAME: &str = "utterances.jsonl";

/// No utterance has more words, or errors; sums over a million of them are exact as floating point
/// numbers.
const MOST_WORDS: u64 = 1_000_000_000;

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
    Json(#[from] JsonError),
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
        serde_json::to_writer(&mut *out, utterance)?;
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

/// Reads the file back; editors leave blank lines, which say nothing.
pub fn read(text: &str) -> Result<Vec<UtteranceCounts>, ReadError> {
    let mut seen = BTreeSet::new();
    text.lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(index, line)| {
            let at = |kind| ReadError {
                line: index + 1,
                kind,
            };
            let utterance: UtteranceCounts =
                json::parse_line(line).map_err(|error| at(ReadErrorKind::Json(error)))?;
            validate(&utterance).map_err(at)?;
            if !seen.insert(utterance.id.clone()) {
                return Err(at(ReadErrorKind::Duplicate(utterance.id)));
            }

            Ok(utterance)
        })
        .collect()
}

/// Refuses numbers that no run writes.
fn validate(utterance: &UtteranceCounts) -> Result<(), ReadErrorKind> {
    let drawn = |check: &CheckCounts| {
        let drawn = [&check.text, &check.kept, &check.first_pass];
        drawn.map(Clone::clone).concat()
    };
    let own = [
        utterance.reference_words,
        utterance.errors,
        utterance.first_pass_errors,
    ];
    let mut all = own
        .into_iter()
        .chain(utterance.checks.iter().flat_map(drawn));
    if let Some(count) = all.find(|count| *count > MOST_WORDS) {
        return Err(ReadErrorKind::Count(count));
    }

    let is_uneven = |check: &&CheckCounts| {
        let draws = check.text.len();
        check.kept.len() != draws || check.first_pass.len() != draws
    };
    match utterance.checks.iter().find(is_uneven) {
        Some(check) => Err(ReadErrorKind::Draws(check.check.clone())),
        None => Ok(()),
    }
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
        let edited = written().replace('\n', "\r\n\r\n");
        assert_eq!(read(&edited).unwrap(), [counts()]);
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
        check_error(&format!("\n\n{line}{{"), 4, "not a line");
        check_error(&line.replace("[2,1]", "[2]"), 1, "`text`, `kept` and");
        check_error(&line.replace("\"errors\"", "\"misses\""), 1, "not a line");
    }
}
