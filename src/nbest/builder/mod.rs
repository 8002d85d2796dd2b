//! Gathers utterances from many readers, counts what is odd, and checks what
//! only all files together can show.

use std::collections::BTreeMap;
use std::io::{self, Read};

use crate::nbest::corpus::{Corpus, CorpusFacts};
use crate::nbest::detect::detect;
use crate::nbest::error::{ReadError, ReadErrorKind};
use crate::nbest::format::Format;
use crate::nbest::ids::{base, distinct_stems, stem};
use crate::nbest::limits::{self, Limits};
use crate::nbest::lists::{Lists, ListsError};
use crate::nbest::options::ReadOptions;
use crate::nbest::origins::{self, AsWritten, Origins, Wanted};
use crate::nbest::packed::Entry;
use crate::nbest::place::Position;
use crate::nbest::placed::{FileNames, Placed};
use crate::nbest::ranked::RankedLists;
use crate::nbest::raw::RawUtterance;
use crate::nbest::readings::{Spoken, another_fits, closest};
use crate::nbest::references::{References, Said};
use crate::nbest::scores::ScoreSums;
use crate::nbest::set_hash::SetHash;
use crate::nbest::share::Share;
use crate::nbest::source::Text;
use crate::nbest::speakers::SpeakerSource;
use crate::nbest::spool::Spool;
use crate::nbest::trn::{self, Marks, TrnLine};
use crate::nbest::{
    Transcript, Utterance, alternatives, assemble, espnet, espnet_json, fairseq, hyporadise, hypr,
    jsonl, kaldi, lacking, mlm_scoring, nemo, records, srilm, wenet,
};

/// Takes readers one after another, then makes the [`Corpus`].
///
/// Scores and references must come before the lists they belong to.
#[derive(Debug)]
pub(crate) struct CorpusBuilder {
    options: ReadOptions,
    wanted: Wanted,
    limits: Limits,
    files: FileNames,
    /// What ids are made from, by file.
    stems: BTreeMap<String, String>,
    scores: ScoreSums,
    references: References,
    /// The format of the lists that are read, and a file beside them that may be their references.
    reading: (Option<Format>, Option<String>),
    ranked: RankedLists,
    /// Of all lists, what is kept, if there is such a choice.
    share: Option<Share>,
    /// So many utterances were added, whether they are kept or not.
    added: usize,
    /// Their hash, where there is a choice.
    contents: SetHash,
    entries: Vec<Entry>,
    /// About the bytes of `entries`, and how many of them may wait there.
    held: usize,
    most_held: usize,
    /// Those that wait on the disk, if some do.
    spool: Option<Spool>,
    facts: CorpusFacts,
}

impl CorpusBuilder {
    /// With nothing in it.
    pub(crate) fn new(options: ReadOptions) -> CorpusBuilder {
        CorpusBuilder {
            options,
            wanted: Wanted::default(),
            limits: Limits::default(),
            files: FileNames::default(),
            stems: BTreeMap::new(),
            scores: ScoreSums::default(),
            references: References::default(),
            reading: (None, None),
            ranked: RankedLists::default(),
            share: None,
            added: 0,
            contents: SetHash::default(),
            entries: Vec::new(),
            held: 0,
            most_held: usize::MAX,
            spool: None,
            facts: CorpusFacts {
                normalization: options.normalization.describe(),
                ..CorpusFacts::default()
            },
        }
    }

    /// With other limits of lines and files than the usual ones.
    #[must_use]
    pub(crate) fn within(mut self, limits: Limits) -> CorpusBuilder {
        self.limits = limits;
        self
    }

    /// With what is `wanted` beside normalized texts.
    #[must_use]
    pub(crate) fn wanting(mut self, wanted: Wanted) -> CorpusBuilder {
        self.wanted = wanted;
        self
    }

    /// With no more than `bytes` of lists in memory, about: others wait on the disk.
    #[must_use]
    pub(crate) fn holding(mut self, bytes: usize) -> CorpusBuilder {
        self.most_held = bytes;
        self
    }

    /// Keeping those lists alone that are in `share`, if there is one: others are read and counted,
    /// and all of them are hashed together.
    #[must_use]
    pub(crate) fn keeping(mut self, share: Option<Share>) -> CorpusBuilder {
        self.share = share;
        self
    }

    /// Tells lists of several files apart whose records have no ids: files of one name by their
    /// folders.
    pub(crate) fn expect(&mut self, names: &[&str]) {
        let stems = distinct_stems(names).into_iter();
        self.stems = stems.map(|(name, stem)| (name.to_owned(), stem)).collect();
    }

    /// Adds Kaldi scores, times `weight`; those of one hypothesis in several files add up.
    pub(crate) fn scores(
        &mut self,
        name: &str,
        bytes: impl Read,
        weight: f64,
    ) -> Result<(), ReadError> {
        self.file(name, bytes, |builder, file, text| {
            builder.scores.read(file, weight, text, &builder.files)
        })
    }

    /// Adds references, as Kaldi text, trn or a manifest of JSON lines. What lines look like that
    /// may be the first as well as the second is told by the ids of the lists, unless these are
    /// said to be Kaldi's.
    pub(crate) fn references(&mut self, name: &str, bytes: impl Read) -> Result<(), ReadError> {
        self.file(name, bytes, |builder, file, text| {
            let format = builder.options.format;
            let files = &builder.files;
            builder.references.read(name, file, text, format, files)
        })
    }

    /// Adds the scores that `ESPnet2` writes beside the hypotheses of a rank.
    pub(crate) fn rank_scores(
        &mut self,
        name: &str,
        bytes: impl Read,
        rank: u64,
    ) -> Result<(), ReadError> {
        self.file(name, bytes, |builder, _, text| {
            builder.ranked.score(rank, espnet::read_scores(text)?);
            Ok(())
        })
    }

    /// Takes note of a file that may hold the references of the lists that are added next.
    pub(crate) fn seen_beside(&mut self, references: Option<String>) {
        self.reading.1 = references;
    }

    /// Adds the n-best lists of one file.
    pub(crate) fn lists(&mut self, name: &str, bytes: impl Read) -> Result<(), ReadError> {
        self.file(name, bytes, |builder, file, text| {
            let before = builder.added;
            let is_reference = |id: &str| builder.references.contains(id);
            let start = text.begin()?;
            let marks = Marks::of(name, start);
            let format = match builder.options.format {
                Some(format) => format,
                None => detect(name, start, &is_reference)?,
            };
            let shown = match espnet::rank(name) {
                Some(rank) => format!("{rank}best_recog/{}", base(name)),
                None => base(name).to_owned(),
            };
            builder.facts.files.push((shown, format));
            builder.reading.0 = Some(format);

            builder.read_lists((format, marks), name, file, text)?;
            if builder.added == before && format != Format::Espnet {
                text.position = Position::File;
                let wanted = "n-best list";
                return Err(ReadErrorKind::Empty { wanted });
            }
            Ok(())
        })
    }

    /// Reads a file with `read`, and tells where in it something was wrong.
    fn file(
        &mut self,
        name: &str,
        bytes: impl Read,
        read: impl FnOnce(&mut CorpusBuilder, usize, &mut Text<'_>) -> Result<(), ReadErrorKind>,
    ) -> Result<(), ReadError> {
        let file = self.files.add(name);
        let mut position = Position::File;
        let done = Text::read(bytes, self.limits, &mut position, |text| {
            read(self, file, text)
        });
        done.map_err(|kind| self.files.error(Placed { file, position }, kind))
    }

    fn read_lists(
        &mut self,
        (format, marks): (Format, Marks),
        name: &str,
        file: usize,
        text: &mut Text<'_>,
    ) -> Result<(), ReadErrorKind> {
        let stem = match self.stems.get(name) {
            Some(stem) => stem.clone(),
            None => stem(base(name)).to_owned(),
        };
        let order = self.references.manifest().to_vec();
        let names = self.references.manifest_names(&self.files);
        // Taken out, since lists are added while scores are looked up.
        let (scores, files) = (std::mem::take(&mut self.scores), self.files.clone());

        let mut index = 0;
        let mut add = |raw: RawUtterance<'_>, position| self.add(raw, Placed { file, position });
        let read = match format {
            Format::Jsonl => records::each(text, &mut |record| {
                let position = record.position;
                add(jsonl::utterance(record)?, position)
            }),
            Format::HyPoradise => records::each(text, &mut |record| {
                let (made, position) = (format!("{stem}-{index:05}"), record.position);
                index += 1;
                add(hyporadise::utterance(made, record)?, position)
            }),
            Format::HypR => records::each(text, &mut |record| {
                let position = record.position;
                add(hypr::utterance(record)?, position)
            }),
            Format::MlmScoring => mlm_scoring::read(text, &mut add),
            Format::EspnetJson => espnet_json::read(text, &mut add),
            Format::Wenet => wenet::read(text, &mut add),
            Format::Srilm => srilm::read(text, &stem, &mut add),
            Format::Alternatives => alternatives::read(text, &stem, &mut add),
            Format::Fairseq => fairseq::read(text, &mut add),
            Format::Nemo => nemo::read(text, &order, &names, &mut add),
            Format::Kaldi => kaldi::read(text, &|id| scores.of(id, &files), &mut add),
            Format::Espnet => {
                let rank = espnet::rank(name).unwrap_or(1);
                kaldi::read_references(text, &mut |id, words, position| {
                    let placed = Placed { file, position };
                    match self.ranked.add(id, rank, words, placed) {
                        None => Ok(()),
                        Some(first) => Err(files.duplicate(id, first)),
                    }
                })
            }
            Format::Trn => trn::read_lines(text, marks, &mut |line, position| {
                self.add_line(&line, Placed { file, position })
            }),
        };
        self.scores = scores;
        read
    }

    /// Adds the only hypothesis of an utterance.
    fn add_line(&mut self, line: &TrnLine<'_>, placed: Placed) -> Result<(), ReadErrorKind> {
        let said = if self.may_lack_references() {
            None
        } else {
            Some(self.said(line.id)?)
        };
        let nothing = Spoken::words("");
        let spoken = said.as_ref().unwrap_or(&nothing);
        let (reference, text) = self.closest(line.id, spoken, &line.spoken)?;

        let mut raw = line.list(line.spoken.as_words().unwrap_or(text.as_str()));
        let words = |said: &Spoken| said.as_words().unwrap_or(reference.as_str()).to_owned();
        raw.reference = said.as_ref().map(|said| words(said).into());
        self.insert(raw, placed)
    }

    /// Whether lists may be without references, and no file gives any.
    fn may_lack_references(&self) -> bool {
        self.wanted.references == origins::References::NotNeeded && !self.references.are_given()
    }

    /// What the files of references say of an utterance.
    fn said(&mut self, id: &str) -> Result<Spoken, ReadErrorKind> {
        if !self.references.are_given() {
            let (format, beside) = &self.reading;
            let format = format.unwrap_or(Format::Jsonl);
            return Err(lacking::error(format, beside.as_deref()));
        }
        let Said { spoken, by_case } = self.references.said(id, &self.files)?;
        self.facts.ids_by_case += usize::from(by_case);
        Ok(spoken)
    }

    /// The readings of a reference and a hypothesis that are nearest to each other.
    fn closest(
        &mut self,
        id: &str,
        said: &Spoken,
        heard: &Spoken,
    ) -> Result<(Transcript, Transcript), ReadErrorKind> {
        self.facts.alternatives += usize::from(said.has_alternatives() || heard.has_alternatives());
        let closest = closest(said, heard, self.options.normalization);
        closest.ok_or_else(|| {
            let problem =
                format!("the alternatives of the utterance `{id}` are too long to compare");
            ReadErrorKind::line(problem, "choose one of them")
        })
    }

    /// Adds a list as its file gives it.
    ///
    /// References in files of their own were asked for, and so take the place of those that lists
    /// carry: of all lists, since a file that lacks some may be that of other lists.
    fn add(&mut self, mut raw: RawUtterance<'_>, placed: Placed) -> Result<(), ReadErrorKind> {
        if self.references.are_given() {
            raw.reference = None;
        }
        self.insert(raw, placed)
    }

    fn insert(&mut self, raw: RawUtterance<'_>, placed: Placed) -> Result<(), ReadErrorKind> {
        if raw.id.trim().is_empty() {
            return Err(ReadErrorKind::WrongType {
                field: "id".to_owned(),
                found: "empty".to_owned(),
                wanted: "a name that no other utterance has",
            });
        }

        let normalization = self.options.normalization;
        let list = assemble::rank(&raw.hypotheses, &self.options)?;
        let unreferenced = raw.reference.is_none() && self.may_lack_references();
        let (reference, as_said) = match &raw.reference {
            Some(reference) => (normalization.normalize(reference), reference.to_string()),
            None if unreferenced => (Transcript::default(), String::new()),
            None => {
                let said = self.said(&raw.id)?;
                let best = Spoken::words(list.nbest.best().transcript.as_str());
                let reference = self.closest(&raw.id, &said, &best)?.0;
                if another_fits(&said, &reference, &list.nbest, normalization) {
                    self.facts.read_otherwise.add(&raw.id);
                }
                let words = said.as_words().unwrap_or(reference.as_str()).to_owned();
                (reference, words)
            }
        };
        limits::check_texts(&reference, &raw.hypotheses)?;
        limits::check_pairs(&reference, &list.nbest)?;
        let speaker = raw
            .speaker
            .as_deref()
            .map(str::trim)
            .filter(|speaker| !speaker.is_empty());
        let missing = (unreferenced, speaker.is_none());
        self.facts.add(&raw, &list, &reference, missing);

        let as_written = self.wanted.as_written.then(|| AsWritten {
            reference: as_said.trim().into(),
            heard: origins::heard(&raw.hypotheses, &list.scores, &list.nbest, normalization),
        });
        let utterance = Utterance {
            id: raw.id.into_owned(),
            speaker: speaker.map(str::to_owned),
            reference,
            nbest: list.nbest,
            attributes: raw.attributes,
        };
        self.added += 1;
        if let Some(share) = self.share {
            self.contents.add(&utterance);
            if !share.has(&utterance.id) {
                return Ok(());
            }
        }

        let entry = Entry {
            utterance,
            placed,
            unscored: list.rank_stands_in,
            unreferenced,
            as_written,
        };
        self.held += entry.size();
        self.entries.push(entry);
        if self.held > self.most_held {
            self.spill().map_err(ReadErrorKind::Spool)?;
        }

        Ok(())
    }

    /// Puts what is held on the disk.
    fn spill(&mut self) -> io::Result<()> {
        self.sort();
        let spool = self.spool.get_or_insert_default();
        spool.add_run(&self.entries)?;

        self.entries.clear();
        self.held = 0;
        Ok(())
    }

    /// By id; of equal ids, the one that was added first stays first.
    fn sort(&mut self) {
        let entries = &mut self.entries;
        entries.sort_by(|a, b| a.utterance.id.cmp(&b.utterance.id));
    }

    /// Adds what only all files together make, and checks what only they can show.
    fn complete(&mut self) -> Result<(), ReadError> {
        for (raw, placed) in std::mem::take(&mut self.ranked).into_lists() {
            self.add(raw, placed)
                .map_err(|kind| self.files.error(placed, kind))?;
        }

        let mut formats = self.facts.files.iter().map(|&(_, format)| format);
        if !self.scores.is_empty() && !formats.any(|format| format == Format::Kaldi) {
            // Scores come first, so that the first file is one of them or of references.
            return Err(self.files.error(START, ReadErrorKind::UnusedScores));
        }

        self.facts.references_without_list = self.references.unused();
        self.facts.scores_without_hypothesis = self.scores.unused();
        self.facts.files.sort();
        self.facts.set_hash = self.share.map(|_| self.contents.to_string());
        Ok(())
    }

    /// That two utterances have one id.
    fn duplicate(&self, first: &Entry, second: &Entry) -> ReadError {
        let kind = self.files.duplicate(&first.utterance.id, first.placed);
        self.files.error(second.placed, kind)
    }

    /// All utterances in memory, sorted; no id comes twice.
    pub(crate) fn finish(mut self) -> Result<Corpus, ReadError> {
        self.complete()?;
        self.sort();
        for pair in self.entries.windows(2) {
            if pair[0].utterance.id == pair[1].utterance.id {
                return Err(self.duplicate(&pair[0], &pair[1]));
            }
        }

        let unscored = self.entries.iter().filter(|entry| entry.unscored);
        let unscored = unscored.map(|entry| entry.utterance.id.clone()).collect();
        let mut origins = Origins::default();
        let mut utterances = Vec::with_capacity(self.entries.len());
        for entry in self.entries {
            origins.add(&entry.utterance.id, entry.unreferenced, entry.as_written);
            utterances.push(entry.utterance);
        }
        let mut facts = self.facts;
        facts.content_hash = assemble::content_hash(&utterances);
        Ok(Corpus {
            utterances,
            facts,
            unscored,
            origins,
        })
    }

    /// The same, with speakers as they are named there, on the disk if some are there already.
    pub(crate) fn finish_lists(mut self, speakers: SpeakerSource) -> Result<Lists, ListsError> {
        if self.spool.is_none() {
            let mut corpus = self.finish()?;
            corpus.assign_speakers(&speakers)?;
            return Ok(Lists::of(corpus));
        }

        self.complete()?;
        let spilled = self.spill();
        spilled.map_err(|error| self.files.error(START, ReadErrorKind::Spool(error)))?;
        let (spool, facts) = (self.spool.take(), self.facts.clone());
        let spool = spool.expect("some lists were spilled");
        Lists::spooled(spool, facts, speakers, |first, second| {
            self.duplicate(first, second)
        })
    }
}

/// The first file as a whole.
const START: Placed = Placed {
    file: 0,
    position: Position::File,
};

#[cfg(test)]
mod tests;
