//! Who spoke the utterances of the lists, as options name it.

use std::path::{Path, PathBuf};

use crate::nbest::read::open;
use crate::nbest::speakers::{IdPattern, SpeakerMap, SpeakerSource};

/// Who spoke, where the lists do not say so.
#[derive(Debug, clap::Args)]
pub(super) struct SpeakerInput {
    /// Speakers, lines "utterance speaker" as Kaldi writes them, instead of those of the lists
    #[arg(help_heading = "N-best lists", long, value_name = "FILE")]
    pub(super) utt2spk: Option<PathBuf>,
    /// Speakers from the ids: the first group of a regular expression, such as '^([^-]+)-'
    #[arg(
        help_heading = "N-best lists",
        long,
        value_name = "REGEX",
        conflicts_with = "utt2spk"
    )]
    pub(super) speaker_from: Option<IdPattern>,
    /// Take every utterance as independent, whatever the lists say
    #[arg(help_heading = "N-best lists", long, conflicts_with_all = ["utt2spk", "speaker_from"])]
    pub(super) no_speakers: bool,
}

impl SpeakerInput {
    /// Whether anything is said of speakers.
    pub(super) fn is_given(&self) -> bool {
        self.utt2spk.is_some() || self.speaker_from.is_some() || self.no_speakers
    }

    pub(super) fn source(&self) -> anyhow::Result<SpeakerSource> {
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
    Ok(SpeakerMap::read(&name, open(path)?)?)
}
