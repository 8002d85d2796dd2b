//! Remembered scores as a file: what an interrupted run leaves for the next.
//!
//! JSON lines: a [`Header`] that says whose scores they are, then a
//! [`Remembered`] text a line. Files are opened by `cli`.

use std::io;
use std::io::BufRead;
use std::io::Write;

use serde::Deserialize;
use serde::Serialize;

use crate::files::document::lines;
use crate::rescore::pointwise::Remembered;

/// The version of the format.
const FORMAT_VERSION: u32 = 1;

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

/// Saved scores could not be read.
#[derive(Debug, thiserror::Error)]
#[error("failed to read saved scores from {name}, line {line}")]
pub struct ReadError {
    name: String,
    line: usize,
    #[source]
    kind: ReadErrorKind,
}

/// What is wrong with a line of saved scores.
#[derive(Debug, thiserror::Error)]
pub enum ReadErrorKind {
    /// The file could not be read.
    #[error("the file could not be read")]
    Io(#[from] io::Error),
    /// The first line is no header: the file is something else.
    #[error(
        "the file is not one that an interrupted run saved; move it away, or choose another --out"
    )]
    Foreign,
    /// A later line is no score.
    #[error("the line is damaged; delete the file to start anew")]
    Damaged(#[source] serde_json::Error),
}

/// Writes `scores` under `header`.
pub fn write(writer: &mut dyn Write, header: &Header, scores: &[Remembered]) -> io::Result<()> {
    serde_json::to_writer(&mut *writer, header)?;
    writer.write_all(b"\n")?;
    for score in scores {
        serde_json::to_writer(&mut *writer, score)?;
        writer.write_all(b"\n")?;
    }
    Ok(())
}

/// Reads the scores of a file that was written under `header`; `None` if it was written under
/// another. `name` is what errors call the file.
pub fn read(
    reader: impl BufRead,
    name: &str,
    header: &Header,
) -> Result<Option<Vec<Remembered>>, ReadError> {
    let at = |line, kind| ReadError {
        name: name.to_owned(),
        line,
        kind,
    };
    let mut scores = Vec::new();
    for (line, content) in (1..).zip(lines(reader)) {
        let content = content.map_err(|error| at(line, error.into()))?;
        if line == 1 {
            let found: Header =
                serde_json::from_str(&content).map_err(|_| at(line, ReadErrorKind::Foreign))?;
            if found != *header {
                return Ok(None);
            }
        } else {
            let score = serde_json::from_str(&content)
                .map_err(|error| at(line, ReadErrorKind::Damaged(error)))?;
            scores.push(score);
        }
    }
    Ok(Some(scores))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> Header {
        Header::new("1234", Some(64), "cpu")
    }

    fn scores() -> Vec<Remembered> {
        let score = |text: &str, score, cut| Remembered {
            text: text.to_owned(),
            score,
            cut,
        };
        vec![
            score("", f64::from(0.1_f32), false),
            score("meat \"me\"", -1.0 / 3.0, true),
        ]
    }

    fn written() -> String {
        let mut file = Vec::new();
        write(&mut file, &header(), &scores()).unwrap();
        String::from_utf8(file).unwrap()
    }

    #[test]
    fn what_is_written_is_read_bit_by_bit() {
        let read = read(written().as_bytes(), "s", &header()).unwrap();
        assert_eq!(read.unwrap(), scores());
    }

    #[test]
    fn scores_of_another_model_length_or_device_are_not_used() {
        for other in [
            Header::new("5678", Some(64), "cpu"),
            Header::new("1234", None, "cpu"),
            Header::new("1234", Some(64), "cuda:0"),
        ] {
            assert_eq!(read(written().as_bytes(), "s", &other).unwrap(), None);
        }
    }

    #[track_caller]
    fn check_refused(file: &str, line: usize, expected: &str) {
        let error = read(file.as_bytes(), "s", &header()).unwrap_err();
        assert_eq!(error.line, line);
        assert!(error.kind.to_string().contains(expected), "{}", error.kind);
    }

    #[test]
    fn a_foreign_or_damaged_file_is_refused_with_its_line() {
        check_refused("hello\n", 1, "not one that");
        check_refused("{\"text\": \"a\", \"score\": 1}\n", 1, "not one that");
        check_refused(&written().replace("-0.33", "-0,33"), 3, "damaged");
        check_refused(&written().replace("true}", "true"), 3, "damaged");
    }
}
