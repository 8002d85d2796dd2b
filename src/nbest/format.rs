//! The formats of n-best files.
//!
//! How each is read is in a file of its own.

use std::fmt;
use std::str::FromStr;

/// A format of n-best files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// JSON lines, one utterance each:
    /// `{"id", "speaker"?, "ref", "hyps": [{"text", "score"?, "am_score"?, "lm_score"?}]}`.
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
    /// Lines `utterance words`: one hypothesis each, of the rank that the folder names, such as
    /// `2best_recog`.
    Espnet,
    /// One JSON object: `{"utts": {utterance: {"output": [{"rec_text", "score", "text"}]}}}`.
    EspnetJson,
    /// Lines `words<tab>score` in the order of a manifest.
    Nemo,
    /// Lines `wav utterance` and `candidate score words`.
    Wenet,
    /// SRILM's lists, one file an utterance.
    Srilm,
    /// The JSON of Vosk, Azure, Google, Watson, AWS or Deepgram, one file an utterance.
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
    "unknown n-best format `{0}`; give jsonl, hyporadise, hypr, mlm-scoring, kaldi, espnet, \
     espnet-json, nemo, wenet, srilm, alternatives, fairseq or trn"
)]
pub struct UnknownFormat(String);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Format, UnknownFormat> {
        let known = Format::ALL.into_iter().find(|format| format.name() == name);
        known.ok_or_else(|| UnknownFormat(name.to_owned()))
    }
}
