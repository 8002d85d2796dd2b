//! The formats of n-best files, and how one is told from its name and beginning.
//!
//! How each is read is in a file of its own.

use std::fmt;
use std::str::FromStr;

use crate::nbest::error::ReadErrorKind;
use crate::nbest::json::shorten;
use crate::nbest::{alternatives, espnet, fairseq, kaldi, nemo, records, srilm, trn, wenet};

/// A format of n-best files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// JSON lines, one utterance each: `{"id", "speaker"?, "ref", "hyps": [{"text", "score"?, "am_score"?, "lm_score"?}]}`.
    Jsonl,
    /// Records `{"input": [hypotheses], "output": reference}`, with an `id` and
    /// `score`, `am_score` and `lm_score` arrays where there are any.
    HyPoradise,
    /// Records `{"utt_id", "ref", "hyps": [texts], "score": [..]}`.
    HypR,
    /// One JSON object: `{utterance: {"ref", "hyp_1": {"score", "text"}, ..}}`.
    MlmScoring,
    /// Lines `utterance-rank words`, with scores and references in files of their own.
    Kaldi,
    /// Lines `utterance words`: one hypothesis each, of the rank that the folder names, such as `2best_recog`.
    Espnet,
    /// One JSON object: `{"utts": {utterance: {"output": [{"rec_text", "score", "text"}]}}}`.
    EspnetJson,
    /// Lines `words<tab>score` in the order of a manifest.
    Nemo,
    /// Lines `wav utterance` and `candidate score words`.
    Wenet,
    /// SRILM's lists, one file an utterance.
    Srilm,
    /// The JSON of Vosk, Azure, Google, AWS or Deepgram, one file an utterance.
    Alternatives,
    /// Lines `H-number<tab>score<tab>words`, as `fairseq-generate` prints them.
    Fairseq,
    /// Lines `words (speaker-utterance)`: one hypothesis each, references in a file of their own.
    Trn,
}

impl Format {
    /// All of them.
    pub const ALL: [Format; 13] = [
        Format::Jsonl,
        Format::HyPoradise,
        Format::HypR,
        Format::MlmScoring,
        Format::Kaldi,
        Format::Espnet,
        Format::EspnetJson,
        Format::Nemo,
        Format::Wenet,
        Format::Srilm,
        Format::Alternatives,
        Format::Fairseq,
        Format::Trn,
    ];

    /// The name in reports and on the command line, such as `jsonl` or `mlm-scoring`.
    pub fn name(self) -> &'static str {
        match self {
            Format::Jsonl => "jsonl",
            Format::HyPoradise => "hyporadise",
            Format::HypR => "hypr",
            Format::MlmScoring => "mlm-scoring",
            Format::Kaldi => "kaldi",
            Format::Espnet => "espnet",
            Format::EspnetJson => "espnet-json",
            Format::Nemo => "nemo",
            Format::Wenet => "wenet",
            Format::Srilm => "srilm",
            Format::Alternatives => "alternatives",
            Format::Fairseq => "fairseq",
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
#[error(
    "unknown n-best format `{0}`; give jsonl, hyporadise, hypr, mlm-scoring, kaldi, espnet, espnet-json, nemo, wenet, srilm, alternatives, fairseq or trn"
)]
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
    [".json", ".jsonl", ".nbest", ".txt"]
        .iter()
        .find_map(|extension| name.strip_suffix(extension))
        .unwrap_or(name)
}

/// The extension of a file's name, without that of a compression.
pub(super) fn extension(name: &str) -> &str {
    let name = name
        .strip_suffix(".gz")
        .or(name.strip_suffix(".zst"))
        .unwrap_or(name);
    name.rsplit_once('.').map_or("", |(_, extension)| extension)
}

/// The format of a file, from its name and its beginning, which is UTF-8. `is_reference` knows
/// the ids of the references.
pub(super) fn detect(
    name: &str,
    start: &[u8],
    is_reference: &dyn Fn(&str) -> bool,
) -> Result<Format, ReadErrorKind> {
    let text = String::from_utf8_lossy(start);
    let text = text.trim_start();
    match (extension(name), text.chars().next()) {
        (_, None) => Err(ReadErrorKind::Empty {
            wanted: "n-best list",
        }),
        (extension, Some('[' | '{')) => Ok(json_format(extension, text)),
        ("jsonl" | "ndjson" | "json", _) => Ok(Format::Jsonl),
        _ if espnet::rank(name).is_some() => Ok(Format::Espnet),
        _ if srilm::starts(text) => Ok(Format::Srilm),
        _ if fairseq::starts(text) => Ok(Format::Fairseq),
        _ if wenet::starts(text) => Ok(Format::Wenet),
        _ if is_trn(name, start) => Ok(Format::Trn),
        _ if nemo::starts(text) => Ok(Format::Nemo),
        _ if kaldi::starts_like_text(text, is_reference) => Ok(Format::Espnet),
        _ if kaldi::starts_like_lists(text) => Ok(Format::Kaldi),
        _ => Err(ReadErrorKind::UnknownFormat {
            start: shorten(text, 40),
        }),
    }
}

/// Whether a file of references or of single hypotheses is trn, from its name and its beginning.
pub(super) fn is_trn(name: &str, start: &[u8]) -> bool {
    extension(name) == "trn" || trn::looks_like_trn(start)
}

/// The format of JSON, from the keys of its first record.
fn json_format(extension: &str, text: &str) -> Format {
    let keys = records::first_keys(text);
    let value = |key: &str| {
        let found = keys.iter().find(|(known, _)| *known == key);
        found.map(|(_, value)| *value)
    };
    let hyps = value("hyps").map(|value| value.trim_start_matches('[').trim_start());
    let is_object = keys
        .first()
        .is_some_and(|(_, value)| value.starts_with('{'));

    match hyps {
        Some(first) if first.starts_with('"') && value("utt_id").is_some() => Format::HypR,
        None if value("input").is_some() => Format::HyPoradise,
        None if text.starts_with('{')
            && value("utts").is_some_and(|utts| utts.starts_with('{')) =>
        {
            Format::EspnetJson
        }
        None if text.starts_with('{')
            && alternatives::KEYS.iter().any(|key| value(key).is_some()) =>
        {
            Format::Alternatives
        }
        None if matches!(extension, "jsonl" | "ndjson") => Format::Jsonl,
        None if text.starts_with('[') => Format::HyPoradise,
        None if is_object => Format::MlmScoring,
        Some(_) | None => Format::Jsonl,
    }
}
