//! The n-best lists that a command works on, as its options name them.
//!
//! Flattened into every command that reads lists. How files are read is in
//! [`nbest::read`](mod@crate::nbest::read).

use std::fs::File;
use std::path::Path;
use std::path::PathBuf;

use anyhow::Context;
use clap::builder::PossibleValuesParser;
use clap::builder::TypedValueParser;

use crate::cli::outputs::inputs;
use crate::files::Input as FileInput;
use crate::nbest::format::Format;
use crate::nbest::format::UnknownFormat;
use crate::nbest::limits::Limits;
use crate::nbest::normalize::Normalization;
use crate::nbest::read::Corpus;
use crate::nbest::read::Input;
use crate::nbest::read::ReadOptions;
use crate::nbest::read::ScoreKind;
use crate::nbest::speakers;
use crate::nbest::speakers::IdPattern;
use crate::nbest::speakers::SpeakerMap;
use crate::nbest::speakers::SpeakerSource;

/// The lists that are used where none are named.
const BUNDLED: &[u8] = include_bytes!("../../fixtures/nbest/test.jsonl");

/// Which lists, and how they are read.
#[derive(Debug, clap::Args)]
pub(crate) struct NBestInput {
    /// File of n-best lists, also .gz or .zst; repeatable. The bundled test set if not given
    ///
    /// JSON lines, one utterance each: {"id": .., "speaker": .., "ref": .., "hyps": [{"text": .., "score": ..}]}.
    /// HyPoradise JSON, mlm-scoring JSON, Kaldi-style text and SCTK trn are read too: see --nbest-format.
    #[arg(long, value_name = "FILE", help_heading = "N-best lists")]
    nbest: Vec<PathBuf>,
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    speakers: SpeakerInput,
}

impl NBestInput {
    /// Reads the named files, or the bundled test set.
    pub(crate) fn read(&self) -> anyhow::Result<Corpus> {
        let mut corpus = if self.nbest.is_empty() {
            self.reading.check_bundled()?;
            Corpus::read("test.jsonl (bundled)", BUNDLED, &self.reading.options())?
        } else {
            self.reading.read(&self.nbest)?
        };
        corpus.assign_speakers(&self.speakers.source()?)?;
        Ok(corpus)
    }

    /// The files.
    pub(crate) fn inputs(&self) -> Vec<FileInput> {
        let lists = inputs("--nbest", self.nbest.iter().map(PathBuf::as_path));
        let speakers = self.speakers.utt2spk.iter().map(PathBuf::as_path);
        [lists, self.reading.inputs(), inputs("--utt2spk", speakers)].concat()
    }

    /// As [`NBestInput::read`], for those who need speakers: some utterances without one are an error, and where
    /// none has one there may be a hint.
    pub(crate) fn read_with_speakers(&self) -> anyhow::Result<(Corpus, Option<String>)> {
        let corpus = self.read()?;
        let utterances = corpus.utterances.iter();
        speakers::complete(utterances.map(|u| (u.id.as_str(), u.speaker.is_some())))?;
        let hint = speakers::hint(&corpus.utterances).filter(|_| !self.speakers.no_speakers);
        Ok((corpus, hint))
    }
}

/// Who spoke, where the lists do not say so.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "N-best lists")]
struct SpeakerInput {
    /// Speakers, lines "utterance speaker" as Kaldi writes them, instead of those of the lists
    #[arg(long, value_name = "FILE")]
    utt2spk: Option<PathBuf>,
    /// Speakers from the ids: the first group of a regular expression, such as '^([^-]+)-'
    #[arg(long, value_name = "REGEX", conflicts_with = "utt2spk")]
    speaker_from: Option<IdPattern>,
    /// Take every utterance as independent, whatever the lists say
    #[arg(long, conflicts_with_all = ["utt2spk", "speaker_from"])]
    no_speakers: bool,
}

impl SpeakerInput {
    fn source(&self) -> anyhow::Result<SpeakerSource> {
        if self.no_speakers {
            return Ok(SpeakerSource::Nowhere);
        }
        if let Some(pattern) = &self.speaker_from {
            return Ok(SpeakerSource::Pattern(pattern.clone()));
        }
        match &self.utt2spk {
            Some(path) => Ok(SpeakerSource::Map(speaker_map(path)?)),
            None => Ok(SpeakerSource::Lists),
        }
    }
}

/// The speakers of a Kaldi `utt2spk` file.
pub(crate) fn speaker_map(path: &Path) -> anyhow::Result<SpeakerMap> {
    let name = path.to_string_lossy();
    let file = File::open(path).with_context(|| format!("failed to read {name}"))?;
    Ok(SpeakerMap::read(&name, file)?)
}

/// How n-best files are read, and which files belong to them.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "N-best lists")]
pub(crate) struct Reading {
    /// Format of the lists; found by content and name if not given
    ///
    /// jsonl: lines of {"id": .., "speaker": .., "ref": .., "hyps": [{"text": .., "score": ..}]}.
    /// hyporadise: one JSON array of {"input": [hypotheses], "output": reference}; ids come from the file's name.
    /// mlm-scoring: one JSON object of {"utt": {"ref": .., "hyp_1": {"score": .., "text": ..}, ..}}.
    /// kaldi: lines "utt-1 words", "utt-2 words", with --refs and perhaps --scores.
    /// trn: lines "words (speaker-utt)", one hypothesis each, with --refs.
    #[arg(
        long,
        value_name = "FORMAT",
        verbatim_doc_comment,
        value_parser = PossibleValuesParser::new(Format::ALL.map(Format::name))
            .try_map(|name| -> Result<Format, UnknownFormat> { name.parse() })
    )]
    nbest_format: Option<Format>,

    /// The scores are costs: lower is better
    ///
    /// Inside, higher is better everywhere; costs are negated when read.
    #[arg(long)]
    costs: bool,

    /// What is done to the text before words are compared: default, none, or a list of steps
    ///
    /// Steps, separated by commas: lowercase, apostrophes (curly ones become straight),
    /// nfc (Unicode composition), strip-punctuation. "default" is the first three. Reports state it.
    #[arg(long, value_name = "STEPS", default_value = "default")]
    normalize: Normalization,

    /// Kaldi scores, lines "utt-1 -12.3"; repeatable
    #[arg(long, value_name = "FILE")]
    scores: Vec<PathBuf>,

    /// References for lists that carry none, as Kaldi text or trn; repeatable
    #[arg(long, value_name = "FILE")]
    refs: Vec<PathBuf>,

    /// Longest line, or record of a JSON file, in bytes: a damaged file must not take all memory
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().line, value_parser = clap::value_parser!(u64).range(1..), hide_short_help = true)]
    max_line: u64,

    /// Largest file, decompressed, in bytes
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().file, value_parser = clap::value_parser!(u64).range(1..), hide_short_help = true)]
    max_file: u64,
}

impl Reading {
    /// Reads `files` as one corpus.
    pub(crate) fn read(&self, files: &[PathBuf]) -> anyhow::Result<Corpus> {
        let lists = files.iter().cloned().map(Input::Lists);
        let scores = self.scores.iter().cloned().map(Input::Scores);
        let references = self.refs.iter().cloned().map(Input::References);
        let inputs: Vec<Input> = scores.chain(references).chain(lists).collect();
        let limits = Limits {
            line: self.max_line,
            file: self.max_file,
        };
        Ok(Corpus::open_within(&inputs, &self.options(), limits)?)
    }

    /// The files that belong to lists.
    pub(crate) fn inputs(&self) -> Vec<FileInput> {
        fn of(paths: &[PathBuf]) -> impl Iterator<Item = &Path> {
            paths.iter().map(PathBuf::as_path)
        }
        [
            inputs("--scores", of(&self.scores)),
            inputs("--refs", of(&self.refs)),
        ]
        .concat()
    }

    fn options(&self) -> ReadOptions {
        let scores = if self.costs {
            ScoreKind::Cost
        } else {
            ScoreKind::LogProbability
        };
        ReadOptions {
            normalization: self.normalize,
            format: self.nbest_format,
            scores,
        }
    }

    /// Refuses options that say how files are read where no file is named.
    fn check_bundled(&self) -> anyhow::Result<()> {
        let given = [
            ("--nbest-format", self.nbest_format.is_some()),
            ("--costs", self.costs),
            ("--scores", !self.scores.is_empty()),
            ("--refs", !self.refs.is_empty()),
        ];
        match given.iter().find(|(_, given)| *given) {
            Some((option, _)) => {
                anyhow::bail!("{option} says how your files are read; name them with --nbest")
            }
            None => Ok(()),
        }
    }
}
