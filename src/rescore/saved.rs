//! Remembered scores as a file: what an interrupted run leaves for the next.
//!
//! JSON lines: a [`Header`] that says whose scores they are, then a
//! [`Remembered`] text or list a line, each [sealed](mod@crate::files::seal) and following on the line
//! before. Lines are only ever appended, so a run that is killed leaves a good file, with at most
//! the beginning of a line at its end. Files are opened by `cli`.

use std::io::{self, BufRead, Read};

use serde::{Deserialize, Serialize};

use crate::files::document::LINE;
use crate::files::json::{self, JsonError};
use crate::files::seal::{Damaged, seal, unseal};
use crate::rescore::remembered::Remembered;

/// The version of the format.
const FORMAT_VERSION: u32 = 3;

/// How a file of saved scores begins, whatever its version.
const BEGINNING: &str = "{\"saved_scores\":";

/// Whose scores they are: a run of another header cannot use them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    saved_scores: u32,
    model: String,
    max_length: Option<usize>,
    device: String,
}

impl Header {
    /// Scores of the model whose files hash to `model`, of texts cut to `max_length` tokens,
    /// computed on `device`.
    pub fn new(model: &str, max_length: Option<usize>, device: &str) -> Header {
        Header {
            saved_scores: FORMAT_VERSION,
            model: model.to_owned(),
            max_length,
            device: device.to_owned(),
        }
    }
}

impl Header {
    /// Whose scores those under this header are, as seen by a run that needs them under `other`;
    /// `None` if it can use them.
    fn whose(&self, other: &Header) -> Option<String> {
        let length = |length: Option<usize>| {
            length.map_or_else(|| "none".to_owned(), |tokens| tokens.to_string())
        };
        if self.saved_scores != other.saved_scores {
            return Some("of another version of this program".to_owned());
        }
        if self.model != other.model {
            return Some("those of another model".to_owned());
        }
        if self.max_length != other.max_length {
            return Some(format!(
                "of texts cut elsewhere (a --max-length of {}, not of {})",
                length(self.max_length),
                length(other.max_length)
            ));
        }
        (self.device != other.device).then(|| {
            format!(
                "computed otherwise (on {}, not on {})",
                self.device, other.device
            )
        })
    }

    /// Some digits that tell it from others.
    pub(crate) fn mark(&self) -> String {
        let header = serde_json::to_string(self).expect("plain values become JSON");
        blake3::hash(header.as_bytes()).to_hex()[..8].to_owned()
    }
}

/// Saved scores could not be read.
#[derive(Debug, thiserror::Error)]
#[error("failed to read saved scores from {name}, line {line}")]
pub(crate) struct ReadError {
    name: String,
    line: usize,
    #[source]
    kind: ReadErrorKind,
}

/// What is wrong with a line of saved scores.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadErrorKind {
    /// The file could not be read.
    #[error("the file could not be read")]
    Io(#[from] io::Error),
    /// The first line is no header: the file is something else.
    #[error(
        "the file is not one that an interrupted run saved; move it away, or choose another --out"
    )]
    Foreign,
    /// A line is not what was written, or was written by another version of this program.
    #[error("the line is damaged; delete the file to start anew")]
    Damaged(#[from] Damaged),
    /// A line is whole, but says something else.
    #[error("the line is none of this version of the program; delete the file to start anew")]
    Unknown(#[from] JsonError),
}

/// Makes the lines of a file, one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lines {
    /// The checksum of the last line.
    last: String,
}

impl Lines {
    /// The first line of a file, and what makes those that follow.
    pub fn begin(header: &Header) -> (Lines, String) {
        let mut lines = Lines {
            last: String::new(),
        };
        let line = lines.next(header);
        (lines, line)
    }

    /// The line of `score`.
    pub fn of(&mut self, score: &Remembered) -> String {
        self.next(score)
    }

    fn next(&mut self, content: &impl Serialize) -> String {
        let content = serde_json::to_string(content).expect("plain values become JSON");
        let (mut line, sum) = seal(&self.last, &content);
        self.last = sum;
        line.push('\n');
        line
    }
}

/// What a file holds.
#[derive(Debug, PartialEq)]
pub(crate) struct Found {
    /// The scores, in the order in which they were saved.
    pub(crate) scores: Vec<Remembered>,
    /// Bytes of whole lines: the rest, if any, is the beginning of a line, which a killed run left.
    pub(crate) length: u64,
    /// Whether there is such a rest.
    pub(crate) torn: bool,
    /// Makes the lines that follow; absent where not even the header is whole.
    pub(crate) lines: Option<Lines>,
}

/// What the scores of a file are that a run cannot use: "those of another model".
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct OfOthers(pub(crate) String);

/// Reads the scores of a file that was written under `header`, or says what those of another are.
/// `name` is what errors call the file.
pub(crate) fn read(
    mut reader: impl BufRead,
    name: &str,
    header: &Header,
) -> Result<Result<Found, OfOthers>, ReadError> {
    let mut found = Found {
        scores: Vec::new(),
        length: 0,
        torn: false,
        lines: None,
    };
    let mut last = String::new();
    let mut line = Vec::new();
    for number in 1.. {
        let at = |kind| ReadError {
            name: name.to_owned(),
            line: number,
            kind,
        };
        line.clear();
        let read = reader.by_ref().take(LINE + 1).read_until(b'\n', &mut line);
        if read.map_err(|error| at(error.into()))? == 0 {
            break;
        }
        if line.len() as u64 > LINE {
            return Err(at(Damaged.into()));
        }
        let begins = line.len().min(BEGINNING.len());
        if number == 1 && line[..begins] != BEGINNING.as_bytes()[..begins] {
            return Err(at(ReadErrorKind::Foreign));
        }
        if line.last() != Some(&b'\n') {
            found.torn = true;
            break;
        }
        let text = std::str::from_utf8(&line[..line.len() - 1]).map_err(|_| at(Damaged.into()))?;
        let (content, sum) = unseal(&last, text).map_err(|damaged| at(damaged.into()))?;
        last = sum;
        if number == 1 {
            let whose: Header =
                json::parse(&content).map_err(|error| at(JsonError::into(error)))?;
            if let Some(whose) = whose.whose(header) {
                return Ok(Err(OfOthers(whose)));
            }
        } else {
            let score = json::parse(&content).map_err(|error| at(JsonError::into(error)))?;
            found.scores.push(score);
        }
        found.length += line.len() as u64;
        found.lines = Some(Lines { last: last.clone() });
    }

    Ok(Ok(found))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> Header {
        Header::new("1234", Some(64), "cpu")
    }

    fn scores() -> Vec<Remembered> {
        let scores = |of: &str, scores, cut| Remembered {
            of: of.to_owned(),
            scores,
            cut,
        };
        vec![
            scores("", vec![f64::from(0.1_f32), 2.5], false),
            scores("meat \"me\"", vec![-1.0 / 3.0], true),
        ]
    }

    fn written() -> String {
        let (mut lines, mut file) = Lines::begin(&header());
        for score in scores() {
            file.push_str(&lines.of(&score));
        }
        file
    }

    #[test]
    fn what_is_written_is_read_bit_by_bit_and_can_be_gone_on_with() {
        let file = written();
        let first = file.lines().take(2).map(|line| line.len() + 1).sum();
        let found = read(&file.as_bytes()[..first], "s", &header())
            .unwrap()
            .unwrap();
        assert_eq!((found.length, found.torn), (first as u64, false));

        let rest = found.lines.unwrap().of(&scores()[1]);
        assert_eq!(file[first..], rest);
        let found = read(file.as_bytes(), "s", &header()).unwrap().unwrap();
        assert_eq!(found.scores, scores());
    }

    #[test]
    fn scores_of_another_model_length_or_device_are_not_used() {
        for (other, whose) in [
            (
                Header::new("5678", None, "cuda:0"),
                "those of another model",
            ),
            (
                Header::new("1234", None, "cpu"),
                "of texts cut elsewhere (a --max-length of 64, not of none)",
            ),
            (
                Header::new("1234", Some(64), "cuda:0"),
                "computed otherwise (on cpu, not on cuda:0)",
            ),
        ] {
            let found = read(written().as_bytes(), "s", &other).unwrap();
            assert_eq!(found, Err(OfOthers(whose.to_owned())));
        }
    }

    #[track_caller]
    fn check_refused(file: &str, line: usize, expected: &str) {
        let error = read(file.as_bytes(), "s", &header()).unwrap_err();
        assert_eq!(error.line, line);
        assert!(error.kind.to_string().contains(expected), "{}", error.kind);
    }

    #[test]
    fn a_foreign_or_older_file_is_refused_with_its_line() {
        check_refused("hello\n", 1, "not one that");
        check_refused("hello", 1, "not one that");
        check_refused("{\"text\": \"a\", \"score\": 1}\n", 1, "not one that");
        let older = "{\"saved_scores\":1,\"model\":\"1\",\"max_length\":2,\"device\":\"cpu\"}\n";
        check_refused(older, 1, "delete the file to start anew");
        check_refused(&written().replace("-0.33", "-0.34"), 3, "damaged");
        let swapped: Vec<String> = written().lines().map(|line| format!("{line}\n")).collect();
        check_refused(&[&*swapped[0], &*swapped[2]].concat(), 2, "damaged");
    }

    #[test]
    fn no_flipped_byte_is_used_and_a_cut_leaves_the_lines_before_it() {
        let file = written().into_bytes();
        let (whole, name) = (scores(), "s");
        for place in 0..file.len() {
            for flip in [1, 2, 4, 0x20, 0x80, 0xff] {
                let mut damaged = file.clone();
                damaged[place] ^= flip;
                // Only where the end of the last line is gone is it a line that was not finished.
                if let Ok(Ok(found)) = read(&damaged[..], name, &header()) {
                    assert!(found.torn && place == file.len() - 1, "{place} {flip}");
                    assert_eq!(found.scores, whole[..1]);
                }
            }
            let found = read(&file[..place], name, &header()).unwrap().unwrap();
            assert_eq!(found.scores, whole[..found.scores.len()]);
            assert_eq!(found.torn, place as u64 > found.length, "{place}");
            assert_eq!(found.lines.is_some(), found.length > 0);
        }
    }
}
