//! Gathers utterances from many readers, counts what is odd, and checks what
//! only all files together can show.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, Read};

use crate::nbest::assemble::{self, RawUtterance};
use crate::nbest::error::{ReadError, ReadErrorKind};
use crate::nbest::format::{Format, detect, stem};
use crate::nbest::ids::distinct_stems;
use crate::nbest::limits::{self, Limits};
use crate::nbest::place::Position;
use crate::nbest::placed::{FileNames, Placed};
use crate::nbest::ranked::RankedLists;
use crate::nbest::read::{Corpus, CorpusFacts, ReadOptions};
use crate::nbest::readings::{Spoken, closest};
use crate::nbest::references::{References, Said};
use crate::nbest::scores::ScoreSums;
use crate::nbest::source::Text;
use crate::nbest::trn::{self, TrnLine};
use crate::nbest::{
    Transcript, Utterance, alternatives, espnet, espnet_json, fairseq, hyporadise, hypr, jsonl,
    kaldi, mlm_scoring, nemo, srilm, wenet,
};

/// Takes readers one after another, then makes the [`Corpus`].
///
/// Scores and references must come before the lists they belong to.
#[derive(Debug)]
pub struct CorpusBuilder {
    options: ReadOptions,
    limits: Limits,
    files: FileNames,
    /// What ids are made from, by file.
    stems: BTreeMap<String, String>,
    scores: ScoreSums,
    references: References,
    ranked: RankedLists,
    utterances: Vec<(Utterance, Placed)>,
    unscored: BTreeSet<String>,
    facts: CorpusFacts,
}

impl CorpusBuilder {
    /// With nothing in it.
    pub fn new(options: ReadOptions) -> CorpusBuilder {
        CorpusBuilder {
            options,
            limits: Limits::default(),
            files: FileNames::default(),
            stems: BTreeMap::new(),
            scores: ScoreSums::default(),
            references: References::default(),
            ranked: RankedLists::default(),
            utterances: Vec::new(),
            unscored: BTreeSet::new(),
            facts: CorpusFacts {
                normalization: options.normalization.describe(),
                ..CorpusFacts::default()
            },
        }
    }

    /// With other limits of lines and files than the usual ones.
    #[must_use]
    pub fn within(mut self, limits: Limits) -> CorpusBuilder {
        self.limits = limits;
        self
    }

    /// Tells lists of several files apart whose records have no ids: files of one name by their folders.
    pub fn expect(&mut self, names: &[&str]) {
        let stems = distinct_stems(names).into_iter();
        self.stems = stems.map(|(name, stem)| (name.to_owned(), stem)).collect();
    }

    /// Adds Kaldi scores, times `weight`; those of one hypothesis in several files add up.
    pub fn scores(&mut self, name: &str, bytes: impl Read, weight: f64) -> Result<(), ReadError> {
        self.file(name, bytes, |builder, file, text, position| {
            let files = &builder.files;
            builder.scores.read(file, weight, text, files, position)
        })
    }

    /// Adds references, as Kaldi text, trn or a manifest of JSON lines.
    pub fn references(&mut self, name: &str, bytes: impl Read) -> Result<(), ReadError> {
        self.file(name, bytes, |builder, file, text, position| {
            let files = &builder.files;
            builder.references.read(name, file, text, files, position)
        })
    }

    /// Adds the scores that `ESPnet2` writes beside the hypotheses of a rank.
    pub fn rank_scores(
        &mut self,
        name: &str,
        bytes: impl Read,
        rank: u64,
    ) -> Result<(), ReadError> {
        self.file(name, bytes, |builder, _, text, position| {
            let scores = espnet::read_scores(text, position)?;
            builder.ranked.score(rank, scores);
            Ok(())
        })
    }

    /// Adds the n-best lists of one file.
    pub fn lists(&mut self, name: &str, bytes: impl Read) -> Result<(), ReadError> {
        self.file(name, bytes, |builder, file, text, position| {
            let before = builder.utterances.len();
            let format = match builder.options.format {
                Some(format) => format,
                None => detect(name, text.fill_buf()?, &|id| {
                    builder.references.contains(id)
                })?,
            };
            let base = name.rsplit(['/', '\\']).next().unwrap_or(name);
            let shown = match espnet::rank(name) {
                Some(rank) => format!("{rank}best_recog/{base}"),
                None => base.to_owned(),
            };
            builder.facts.files.push((shown, format));
            builder.read_lists(format, name, file, text, position)?;
            if builder.utterances.len() == before && format != Format::Espnet {
                *position = Position::File;
                return Err(ReadErrorKind::Empty {
                    wanted: "n-best list",
                });
            }
            Ok(())
        })
    }

    /// Reads a file with `read`, and tells where in it something was wrong.
    fn file(
        &mut self,
        name: &str,
        bytes: impl Read,
        read: impl FnOnce(
            &mut CorpusBuilder,
            usize,
            &mut Text<'_>,
            &mut Position,
        ) -> Result<(), ReadErrorKind>,
    ) -> Result<(), ReadError> {
        let file = self.files.add(name);
        let mut position = Position::File;
        let done = Text::new(bytes, self.limits)
            .map_err(ReadErrorKind::from)
            .and_then(|mut text| read(self, file, &mut text, &mut position));
        done.map_err(|kind| self.files.error(Placed { file, position }, kind))
    }

    fn read_lists(
        &mut self,
        format: Format,
        name: &str,
        file: usize,
        text: &mut Text<'_>,
        position: &mut Position,
    ) -> Result<(), ReadErrorKind> {
        let made = match self.stems.get(name) {
            Some(stem) => stem.clone(),
            None => stem(name.rsplit(['/', '\\']).next().unwrap_or(name)).to_owned(),
        };

        let mut add = |raw: RawUtterance<'_>, position| self.add(raw, Placed { file, position });
        match format {
            Format::Jsonl => jsonl::read(text, position, &mut add),
            Format::HyPoradise => hyporadise::read(text, &made, position, &mut add),
            Format::HypR => hypr::read(text, position, &mut add),
            Format::MlmScoring => mlm_scoring::read(text, position, &mut add),
            Format::EspnetJson => espnet_json::read(text, position, &mut add),
            Format::Wenet => wenet::read(text, position, &mut add),
            Format::Srilm => srilm::read(text, &made, position, &mut add),
            Format::Alternatives => alternatives::read(text, &made, position, &mut add),
            Format::Fairseq => fairseq::read(text, position, &mut add),
            Format::Nemo => {
                let order = self.references.manifest().to_vec();
                let names = self.references.manifest_names(&self.files);
                nemo::read(text, &order, &names, position, &mut |raw, position| {
                    self.add(raw, Placed { file, position })
                })
            }
            Format::Kaldi => {
                // Taken out, since lists are added while scores are looked up.
                let (scores, files) = (std::mem::take(&mut self.scores), self.files.clone());
                let score = |id: &str| scores.of(id, &files);
                let read = kaldi::read(text, &score, position, &mut |raw, position| {
                    self.add(raw, Placed { file, position })
                });
                self.scores = scores;
                read
            }
            Format::Espnet => {
                let rank = espnet::rank(name).unwrap_or(1);
                kaldi::read_references(text, position, &mut |id, words, position| {
                    let placed = Placed { file, position };
                    match self.ranked.add(id, rank, words, placed) {
                        None => Ok(()),
                        Some(first) => Err(self.files.duplicate(id, first)),
                    }
                })
            }
            Format::Trn => trn::read_lines(text, position, &mut |line, position| {
                self.add_line(&line, Placed { file, position })
            }),
        }
    }

    /// Adds the only hypothesis of an utterance.
    fn add_line(&mut self, line: &TrnLine<'_>, placed: Placed) -> Result<(), ReadErrorKind> {
        let said = self.said(line.id)?;
        let (reference, text) = self.closest(line.id, &said, &line.spoken)?;
        let mut raw = line.list(text.as_str());
        raw.reference = Some(reference.as_str().into());
        self.insert(raw, placed)
    }

    /// What the files of references say of an utterance.
    fn said(&mut self, id: &str) -> Result<Spoken, ReadErrorKind> {
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
        closest.ok_or_else(|| ReadErrorKind::Line {
            problem: format!("the alternatives of the utterance `{id}` are too long to compare"),
            advice: "choose one of them",
        })
    }

    /// Adds a list as its file gives it. References in files of their own were asked for, and so take the place of
    /// those that lists carry: of all lists, since a file that lacks some may be that of other lists.
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
        let reference = if let Some(reference) = &raw.reference {
            normalization.normalize(reference)
        } else {
            let said = self.said(&raw.id)?;
            let best = Spoken::words(list.nbest.best().transcript.as_str());
            self.closest(&raw.id, &said, &best)?.0
        };
        limits::check_texts(&reference, &raw.hypotheses)?;
        limits::check_pairs(&reference, &list.nbest)?;
        if list.rank_stands_in {
            self.unscored.insert(raw.id.to_string());
        }

        let speaker = raw
            .speaker
            .as_deref()
            .map(str::trim)
            .filter(|speaker| !speaker.is_empty());
        let facts = &mut self.facts;
        facts.merged_duplicates += list.merged;
        facts.rank_stands_in += usize::from(list.rank_stands_in);
        facts.empty_references += usize::from(reference.is_empty());
        facts.empty_hypotheses += list
            .nbest
            .hypotheses()
            .iter()
            .filter(|hypothesis| hypothesis.transcript.is_empty())
            .count();
        facts.single_hypothesis += usize::from(list.nbest.len() == 1);
        facts.without_speaker += usize::from(speaker.is_none());

        let utterance = Utterance {
            id: raw.id.into_owned(),
            speaker: speaker.map(str::to_owned),
            reference,
            nbest: list.nbest,
            attributes: raw.attributes,
        };
        self.utterances.push((utterance, placed));

        Ok(())
    }

    /// Sorts the utterances, and checks that no id comes twice.
    pub fn finish(mut self) -> Result<Corpus, ReadError> {
        for (raw, placed) in std::mem::take(&mut self.ranked).into_lists() {
            self.add(raw, placed)
                .map_err(|kind| self.files.error(placed, kind))?;
        }

        if !self.scores.is_empty()
            && !self
                .facts
                .files
                .iter()
                .any(|&(_, format)| format == Format::Kaldi)
        {
            // Scores come first, so that the first file is one of them or of references.
            let placed = Placed {
                file: 0,
                position: Position::File,
            };
            return Err(self.files.error(placed, ReadErrorKind::UnusedScores));
        }

        self.utterances.sort_by(|(a, _), (b, _)| a.id.cmp(&b.id));
        for pair in self.utterances.windows(2) {
            if pair[0].0.id == pair[1].0.id {
                let kind = self.files.duplicate(&pair[0].0.id, pair[0].1);
                return Err(self.files.error(pair[1].1, kind));
            }
        }

        let mut facts = self.facts;
        facts.content_hash =
            assemble::content_hash(self.utterances.iter().map(|(utterance, _)| utterance));
        facts.references_without_list = self.references.unused();
        facts.files.sort();

        let utterances = self
            .utterances
            .into_iter()
            .map(|(utterance, _)| utterance)
            .collect();

        Ok(Corpus {
            utterances,
            facts,
            unscored: self.unscored,
        })
    }
}

#[cfg(test)]
mod tests;
