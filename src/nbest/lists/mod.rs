//! Lists of any number, a part of them in memory at a time.
//!
//! Few lists stay in memory. More than [`HELD`] bytes of them wait on the disk, in order of their
//! ids: what needs all of them takes one part after the other, as often as it likes. So it makes no
//! difference whether files can be read twice, are compressed, or are sorted.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io;

use crate::files::{Ordered, temporary_folder};
use crate::nbest::Utterance;
use crate::nbest::corpus::{Corpus, CorpusFacts};
use crate::nbest::error::ReadError;
use crate::nbest::origins::{AsWritten, Origins};
use crate::nbest::packed::Entry;
use crate::nbest::speakers::{SpeakerSource, SpeakersMissing};
use crate::nbest::spool::Spool;
use crate::nbest::survey::Survey;

/// So many bytes of lists are held in memory, about, where nothing else is said: those of some
/// 80,000 lists of ten.
pub(crate) const HELD: usize = 96 << 20;

/// A part has no more utterances.
const MOST_UTTERANCES: usize = 1024;

/// A part has no more bytes of texts, but for its last utterance.
const MOST_TEXT: usize = 4 << 20;

/// Utterances with their n-best lists, and how they were read.
#[derive(Debug)]
pub(crate) struct Lists {
    /// What a report says about the input.
    pub(crate) facts: CorpusFacts,
    /// What all utterances together say.
    pub(crate) survey: Survey,
    kept: Kept,
}

#[derive(Debug)]
enum Kept {
    Memory(Box<Held>),
    Disk {
        spool: Spool,
        speakers: SpeakerSource,
    },
}

/// Lists that are in memory.
#[derive(Debug, Default)]
struct Held {
    utterances: Vec<Utterance>,
    unscored: BTreeSet<String>,
    origins: Origins,
}

/// Lists that wait on the disk cannot be read back.
#[derive(Debug, thiserror::Error)]
#[error(
    "failed to read back what waits in the folder of temporary files, {}",
    temporary_folder()
)]
pub(crate) struct ReadBackError(#[from] io::Error);

/// Lists cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ListsError {
    /// A file cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Speakers cannot be told.
    #[error(transparent)]
    Speakers(#[from] SpeakersMissing),
    /// The disk does not give back what it took.
    #[error(transparent)]
    ReadBack(#[from] ReadBackError),
}

/// Some utterances that follow each other in order of their ids; never empty.
#[derive(Debug, Clone)]
pub(crate) struct Part<'a> {
    /// How many utterances come before.
    pub(crate) first: usize,
    /// The utterances.
    pub(crate) utterances: Cow<'a, [Utterance]>,
    unscored: Cow<'a, BTreeSet<String>>,
    origins: Cow<'a, Origins>,
}

impl Part<'_> {
    /// Whether the list of an utterance of this part came with scores.
    pub(crate) fn is_scored(&self, utterance: &Utterance) -> bool {
        !self.unscored.contains(&utterance.id)
    }

    /// Whether something says what the reference of an utterance of this part is.
    pub(crate) fn has_reference(&self, utterance: &Utterance) -> bool {
        !self.origins.unreferenced.contains(&utterance.id)
    }

    /// How an utterance of this part was written, if that was wanted.
    pub(crate) fn as_written(&self, utterance: &Utterance) -> Option<&AsWritten> {
        self.origins.as_written.get(&utterance.id)
    }
}

impl Lists {
    /// Those of `corpus`, with speakers as it names them.
    pub(crate) fn of(corpus: Corpus) -> Lists {
        let mut survey = Survey::new();
        for utterance in &corpus.utterances {
            survey.add(utterance);
        }

        Lists {
            facts: corpus.facts,
            survey,
            kept: Kept::Memory(Box::new(Held {
                utterances: corpus.utterances,
                unscored: corpus.unscored,
                origins: corpus.origins,
            })),
        }
    }

    /// Those of `spool`; what is known of an id that is there twice is told by `duplicate`.
    pub(super) fn spooled(
        spool: Spool,
        mut facts: CorpusFacts,
        speakers: SpeakerSource,
        duplicate: impl Fn(&Entry, &Entry) -> ReadError,
    ) -> Result<Lists, ListsError> {
        let mut survey = Survey::new();
        let mut before: Option<Entry> = None;
        for entry in spool.merged().map_err(ReadBackError)? {
            let mut entry = entry.map_err(ReadBackError)?;
            if let Some(before) = &before
                && before.utterance.id == entry.utterance.id
            {
                return Err(duplicate(before, &entry).into());
            }
            speakers.rename(&mut entry.utterance);
            survey.add(&entry.utterance);
            before = Some(entry);
        }

        speakers.check(&survey.unnamed)?;
        facts.without_speaker = survey.unnamed.count();
        facts.content_hash = survey.content_hash();
        Ok(Lists {
            facts,
            survey,
            kept: Kept::Disk { spool, speakers },
        })
    }

    /// Part after part, in order of ids: the same parts each time.
    pub(crate) fn parts(&self) -> Result<Parts<'_>, ReadBackError> {
        let left = match &self.kept {
            Kept::Memory(held) => Left::Memory {
                utterances: &held.utterances,
                held,
            },
            Kept::Disk { spool, speakers } => Left::Disk {
                entries: spool.merged()?,
                speakers,
            },
        };
        Ok(Parts { first: 0, left })
    }

    /// All utterances, if they are in memory.
    pub(crate) fn in_memory(&self) -> Option<&[Utterance]> {
        match &self.kept {
            Kept::Memory(held) => Some(&held.utterances),
            Kept::Disk { .. } => None,
        }
    }

    /// With all utterances in memory.
    pub(crate) fn into_memory(self) -> Result<Lists, ReadBackError> {
        match self.kept {
            Kept::Memory(_) => Ok(self),
            Kept::Disk { .. } => self.into_corpus().map(Lists::of),
        }
    }

    /// Takes all utterances into memory, for what needs them at once.
    pub(crate) fn into_corpus(self) -> Result<Corpus, ReadBackError> {
        let held = match self.kept {
            Kept::Memory(held) => *held,
            Kept::Disk { spool, speakers } => {
                let mut all = Held::default();
                for entry in spool.merged()? {
                    take(entry?, &speakers, &mut all);
                }
                all
            }
        };
        Ok(Corpus {
            utterances: held.utterances,
            facts: self.facts,
            unscored: held.unscored,
            origins: held.origins,
        })
    }
}

/// The parts of some lists.
pub(crate) struct Parts<'a> {
    first: usize,
    left: Left<'a>,
}

enum Left<'a> {
    Memory {
        utterances: &'a [Utterance],
        held: &'a Held,
    },
    Disk {
        entries: Ordered<'a, Entry>,
        speakers: &'a SpeakerSource,
    },
}

impl<'a> Iterator for Parts<'a> {
    type Item = Result<Part<'a>, ReadBackError>;

    fn next(&mut self) -> Option<Result<Part<'a>, ReadBackError>> {
        let (utterances, unscored, origins) = match &mut self.left {
            Left::Memory { utterances, held } => {
                let mut size = Size::default();
                let taken = utterances.iter().take_while(|one| size.has_room_for(one));
                let (part, rest) = utterances.split_at(taken.count());
                *utterances = rest;
                (
                    Cow::Borrowed(part),
                    Cow::Borrowed(&held.unscored),
                    Cow::Borrowed(&held.origins),
                )
            }
            Left::Disk { entries, speakers } => match read_part(entries, speakers) {
                Ok(read) => (
                    Cow::Owned(read.utterances),
                    Cow::Owned(read.unscored),
                    Cow::Owned(read.origins),
                ),
                Err(error) => return Some(Err(error.into())),
            },
        };

        let first = self.first;
        self.first += utterances.len();
        (!utterances.is_empty()).then_some(Ok(Part {
            first,
            utterances,
            unscored,
            origins,
        }))
    }
}

/// How large a part is so far.
#[derive(Default)]
struct Size {
    utterances: usize,
    text: usize,
}

impl Size {
    fn is_full(&self) -> bool {
        self.utterances == MOST_UTTERANCES || self.text >= MOST_TEXT
    }

    /// Whether `utterance` is still of this part, to which it is then counted.
    fn has_room_for(&mut self, utterance: &Utterance) -> bool {
        if self.is_full() {
            return false;
        }

        self.utterances += 1;
        let heard = utterance.nbest.hypotheses().iter();
        self.text += heard
            .map(|heard| heard.transcript.as_str().len())
            .sum::<usize>();
        true
    }
}

fn read_part(entries: &mut Ordered<'_, Entry>, speakers: &SpeakerSource) -> io::Result<Held> {
    let mut taken = Held::default();
    let mut size = Size::default();
    while !size.is_full() {
        let Some(entry) = entries.next() else { break };
        let entry = entry?;
        size.has_room_for(&entry.utterance);
        take(entry, speakers, &mut taken);
    }
    Ok(taken)
}

fn take(entry: Entry, speakers: &SpeakerSource, taken: &mut Held) {
    let mut utterance = entry.utterance;
    speakers.rename(&mut utterance);
    if entry.unscored {
        taken.unscored.insert(utterance.id.clone());
    }
    let origins = &mut taken.origins;
    origins.add(&utterance.id, entry.unreferenced, entry.as_written);
    taken.utterances.push(utterance);
}

#[cfg(test)]
mod tests;
