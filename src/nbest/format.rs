//! The formats of n-best files, and how one is told from its name and beginning.
//!
//! How each is read is in a file of its own.

use std::fmt;
use std::str::FromStr;

use crate::nbest::error::ReadErrorKind;
use crate::nbest::json::shorten;
use crate::nbest::kaldi;

/// A format of n-best files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// JSON lines, one utterance each: `{"id", "speaker"?, "ref", "hyps": [{"text", "score"?, "am_score"?, "lm_score"?}]}`.
    Jsonl,
    /// One JSON array of `{"input": [hypotheses], "output": reference}`, with
    /// `score`, `am_score` and `lm_score` arrays where there are any.
    HyPoradise,
    /// One JSON object: `{utterance: {"ref", "hyp_1": {"score", "text"}, ..}}`.
    MlmScoring,
    /// Lines `utterance-rank words`, with scores and references in files of their own.
    Kaldi,
    /// Lines `words (speaker-utterance)`: one hypothesis each, references in a file of their own.
    Trn,
}

impl Format {
    /// All of them.
    pub const ALL: [Format; 5] = [
        Format::Jsonl,
        Format::HyPoradise,
        Format::MlmScoring,
        Format::Kaldi,
        Format::Trn,
    ];

    /// The name in reports and on the command line: `jsonl`, `hyporadise`,
    /// `mlm-scoring`, `kaldi` or `trn`.
    pub fn name(self) -> &'static str {
        match self {
            Format::Jsonl => "jsonl",
            Format::HyPoradise => "hyporadise",
            Format::MlmScoring => "mlm-scoring",
            Format::Kaldi => "kaldi",
            Format::Trn => "trn",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A format name that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown n-best format `{0}`; give jsonl, hyporadise, mlm-scoring, kaldi or trn")]
pub struct UnknownFormat(String);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Format, UnknownFormat> {
        let known = Format::ALL.into_iter().find(|format| format.name() == name);
        known.ok_or_else(|| UnknownFormat(name.to_owned()))
    }
}

/// `name` without the extensions of formats and compressions.
pub(super) fn stem(name: &str) -> &str {
    let name = name
        .strip_suffix(".gz")
        .or(name.strip_suffix(".zst"))
        .unwrap_or(name);
    name.strip_suffix(".json")
        .or(name.strip_suffix(".jsonl"))
        .unwrap_or(name)
}

/// The format of a file, from its name and its beginning, which is UTF-8.
pub(super) fn detect(name: &str, start: &[u8]) -> Result<Format, ReadErrorKind> {
    let name = name
        .strip_suffix(".gz")
        .or(name.strip_suffix(".zst"))
        .unwrap_or(name);
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let text = String::from_utf8_lossy(start);
    let text = text.trim_start();
    match (extension, text.chars().next()) {
        (_, None) => Err(ReadErrorKind::Empty {
            wanted: "n-best list",
        }),
        (_, Some('[')) => Ok(Format::HyPoradise),
        ("jsonl" | "ndjson", _) => Ok(Format::Jsonl),
        (_, Some('{')) if holds_objects(text) => Ok(Format::MlmScoring),
        ("json", _) | (_, Some('{')) => Ok(Format::Jsonl),
        ("trn", _) => Ok(Format::Trn),
        _ if starts_like_trn(start) => Ok(Format::Trn),
        _ if kaldi::starts_like_lists(text) => Ok(Format::Kaldi),
        _ => Err(ReadErrorKind::UnknownFormat {
            start: shorten(text, 40),
        }),
    }
}

/// Whether the first value of the object that `text` begins is an object, as in `{"utt": {`.
fn holds_objects(text: &str) -> bool {
    let after_brace = text[1..].trim_start();
    let Some(key) = after_brace.strip_prefix('"') else {
        return false;
    };
    let mut escaped = false;
    let end = key.find(|c: char| {
        let closes = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        closes
    });
    let value = end.and_then(|end| key[end + 1..].trim_start().strip_prefix(':'));
    value.is_some_and(|value| value.trim_start().starts_with('{'))
}

/// Whether the first line that is no comment ends with an id in parentheses.
pub(super) fn starts_like_trn(start: &[u8]) -> bool {
    let text = String::from_utf8_lossy(start);
    text.lines()
        .map(str::trim)
        .find(|line| !line.is_empty() && !line.starts_with(";;"))
        .is_some_and(|line| line.ends_with(')') && line.contains('('))
}
