//! Gathers utterances from many readers, counts what is odd, and checks what
//! only all files together can show.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::io::BufRead;
use std::io::Read;

use crate::nbest::Transcript;
use crate::nbest::Utterance;
use crate::nbest::assemble;
use crate::nbest::assemble::RawHypothesis;
use crate::nbest::assemble::RawUtterance;
use crate::nbest::error::Place;
use crate::nbest::error::Position;
use crate::nbest::error::ReadError;
use crate::nbest::error::ReadErrorKind;
use crate::nbest::espnet;
use crate::nbest::format::Format;
use crate::nbest::format::detect;
use crate::nbest::format::is_trn;
use crate::nbest::format::stem;
use crate::nbest::hyporadise;
use crate::nbest::hypr;
use crate::nbest::ids::by_lower_case;
use crate::nbest::ids::distinct_stems;
use crate::nbest::jsonl;
use crate::nbest::kaldi;
use crate::nbest::mlm_scoring;
use crate::nbest::read::Corpus;
use crate::nbest::read::CorpusFacts;
use crate::nbest::read::ReadOptions;
use crate::nbest::readings::Spoken;
use crate::nbest::readings::closest;
use crate::nbest::source::Text;
use crate::nbest::trn;
use crate::nbest::trn::TrnLine;

/// Takes readers one after another, then makes the [`Corpus`].
///
/// Scores and references must come before the lists they belong to.
#[derive(Debug)]
pub struct CorpusBuilder {
    options: ReadOptions,
    /// Names of all files, as [`Placed::file`] counts them.
    files: Vec<String>,
    /// What ids are made from, by file.
    stems: BTreeMap<String, String>,
    scores: Option<BTreeMap<String, Sum>>,
    references: BTreeMap<String, (Spoken, Placed)>,
    references_by_lower_case: BTreeMap<String, Option<String>>,
    /// References that some list used.
    used_references: BTreeSet<String>,
    /// Those of lists whose ids differ in case.
    matched_by_case: BTreeSet<String>,
    /// Hypotheses of files that hold one rank each.
    ranked: BTreeMap<String, BTreeMap<u64, (String, Placed)>>,
    /// Their scores, by utterance and rank.
    rank_scores: BTreeMap<(String, u64), f64>,
    utterances: Vec<(Utterance, Placed)>,
    unscored: BTreeSet<String>,
    facts: CorpusFacts,
}

/// A [`Place`] without its name, for the many.
#[derive(Debug, Clone, Copy)]
struct Placed {
    file: usize,
    position: Position,
}

/// The scores of a hypothesis in several files.
#[derive(Debug, Clone, Copy)]
struct Sum {
    score: f64,
    files: usize,
    /// Where the last one stands.
    last: Placed,
}

impl CorpusBuilder {
    /// With nothing in it.
    pub fn new(options: ReadOptions) -> CorpusBuilder {
        CorpusBuilder {
            options,
            files: Vec::new(),
            stems: BTreeMap::new(),
            scores: None,
            references: BTreeMap::new(),
            references_by_lower_case: BTreeMap::new(),
            used_references: BTreeSet::new(),
            matched_by_case: BTreeSet::new(),
            ranked: BTreeMap::new(),
            rank_scores: BTreeMap::new(),
            utterances: Vec::new(),
            unscored: BTreeSet::new(),
            facts: CorpusFacts {
                normalization: options.normalization.describe(),
                ..CorpusFacts::default()
            },
        }
    }

    /// Tells lists of several files apart whose records have no ids: files of one name by their folders.
    pub fn expect(&mut self, names: &[&str]) {
        let stems = distinct_stems(names).into_iter();
        self.stems = stems.map(|(name, stem)| (name.to_owned(), stem)).collect();
    }

    /// Adds Kaldi scores, times `weight`; those of one hypothesis in several files add up.
    pub fn scores(&mut self, name: &str, bytes: impl Read, weight: f64) -> Result<(), ReadError> {
        let file = self.file(name);
        let mut position = Position::File;
        let mut found = self.scores.take().unwrap_or_default();
        let read = Text::new(bytes)
            .map_err(ReadErrorKind::from)
            .and_then(|mut text| {
                kaldi::read_scores(&mut text, &mut position, |id, score, position| {
                    let placed = Placed { file, position };
                    let sum = found.entry(id.to_owned()).or_insert(Sum {
                        score: 0.0,
                        files: 0,
                        last: placed,
                    });
                    if sum.files > 0 && sum.last.file == file {
                        return Err(self.duplicate(id, sum.last));
                    }
                    *sum = Sum {
                        score: sum.score + weight * score,
                        files: sum.files + 1,
                        last: placed,
                    };
                    Ok(())
                })
            });
        read.map_err(|kind| self.error(Placed { file, position }, kind))?;
        self.scores = Some(found);
        Ok(())
    }

    /// Adds references, as Kaldi text or trn.
    pub fn references(&mut self, name: &str, bytes: impl Read) -> Result<(), ReadError> {
        let file = self.file(name);
        let mut position = Position::File;
        let mut found = std::mem::take(&mut self.references);
        let read = Text::new(bytes)
            .map_err(ReadErrorKind::from)
            .and_then(|mut text| {
                let is_trn = is_trn(name, text.fill_buf()?);
                let mut add = |id: &str, spoken: Spoken, position| {
                    let placed = Placed { file, position };
                    match found.insert(id.to_owned(), (spoken, placed)) {
                        None => Ok(()),
                        Some((_, first)) => Err(self.duplicate(id, first)),
                    }
                };
                if is_trn {
                    trn::read_lines(&mut text, &mut position, &mut |line, position| {
                        add(line.id, line.spoken, position)
                    })
                } else {
                    kaldi::read_references(&mut text, &mut position, &mut |id, words, position| {
                        add(id, Spoken::words(words), position)
                    })
                }
            });
        read.map_err(|kind| self.error(Placed { file, position }, kind))?;
        self.references_by_lower_case = by_lower_case(found.keys());
        self.references = found;
        Ok(())
    }

    /// Adds the scores that `ESPnet2` writes beside the hypotheses of a rank.
    pub fn rank_scores(
        &mut self,
        name: &str,
        bytes: impl Read,
        rank: u64,
    ) -> Result<(), ReadError> {
        let file = self.file(name);
        let mut position = Position::File;
        let read = Text::new(bytes)
            .map_err(ReadErrorKind::from)
            .and_then(|mut text| espnet::read_scores(&mut text, &mut position));
        let scores = read.map_err(|kind| self.error(Placed { file, position }, kind))?;
        self.rank_scores
            .extend(scores.into_iter().map(|(id, score)| ((id, rank), score)));
        Ok(())
    }

    /// Adds the n-best lists of one file.
    pub fn lists(&mut self, name: &str, bytes: impl Read) -> Result<(), ReadError> {
        let file = self.file(name);
        let before = self.utterances.len() + self.ranked.len();
        let mut position = Position::File;
        let read = Text::new(bytes)
            .map_err(ReadErrorKind::from)
            .and_then(|mut text| {
                let format = match self.options.format {
                    Some(format) => format,
                    None => detect(name, text.fill_buf()?, &|id| {
                        self.references.contains_key(id)
                    })?,
                };
                let base = name.rsplit(['/', '\\']).next().unwrap_or(name);
                let shown = match espnet::rank(name) {
                    Some(rank) => format!("{rank}best_recog/{base}"),
                    None => base.to_owned(),
                };
                self.facts.files.push((shown, format));
                self.read_lists(format, name, file, &mut text, &mut position)
            });
        read.map_err(|kind| self.error(Placed { file, position }, kind))?;
        if self.utterances.len() + self.ranked.len() == before && espnet::rank(name).is_none() {
            let kind = ReadErrorKind::Empty {
                wanted: "n-best list",
            };
            return Err(self.error(
                Placed {
                    file,
                    position: Position::File,
                },
                kind,
            ));
        }
        Ok(())
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
        let scores = self.scores.take();
        let mut add = |raw: RawUtterance<'_>, position| self.add(raw, Placed { file, position });
        let read = match format {
            Format::Jsonl => jsonl::read(text, position, &mut add),
            Format::HyPoradise => hyporadise::read(text, &made, position, &mut add),
            Format::HypR => hypr::read(text, position, &mut add),
            Format::MlmScoring => mlm_scoring::read(text, position, &mut add),
            Format::Kaldi => {
                let files = scores.iter().flat_map(BTreeMap::values);
                let files = files.map(|sum| sum.files).max();
                let score = |id: &str| {
                    let sum = |all: &BTreeMap<String, Sum>| {
                        let sum = all.get(id).filter(|sum| Some(sum.files) == files);
                        sum.map(|sum| sum.score)
                    };
                    scores.as_ref().map(sum)
                };
                kaldi::read(text, &score, position, &mut add)
            }
            Format::Espnet => {
                let rank = espnet::rank(name).unwrap_or(1);
                kaldi::read_references(text, position, &mut |id, words, position| {
                    self.add_ranked(id, rank, words, Placed { file, position })
                })
            }
            Format::Trn => trn::read_lines(text, position, &mut |line, position| {
                self.add_line(&line, Placed { file, position })
            }),
        };
        self.scores = scores;
        read
    }

    /// Adds the only hypothesis of an utterance.
    fn add_line(&mut self, line: &TrnLine<'_>, placed: Placed) -> Result<(), ReadErrorKind> {
        let said = self.said(line.id)?;
        let (reference, text) = self.closest(line.id, &said, &line.spoken)?;
        let mut raw = line.list(text.as_str());
        raw.reference = Some(reference.as_str().into());
        self.add(raw, placed)
    }

    /// Keeps a hypothesis until all ranks are there.
    fn add_ranked(
        &mut self,
        id: &str,
        rank: u64,
        words: &str,
        placed: Placed,
    ) -> Result<(), ReadErrorKind> {
        let ranks = self.ranked.entry(id.to_owned()).or_default();
        match ranks.insert(rank, (words.to_owned(), placed)) {
            None => Ok(()),
            Some((_, first)) => Err(self.duplicate(id, first)),
        }
    }

    /// Makes the lists of hypotheses that came rank by rank.
    fn add_ranked_lists(&mut self) -> Result<(), ReadError> {
        for (id, ranks) in std::mem::take(&mut self.ranked) {
            let scores: Vec<Option<f64>> = ranks
                .keys()
                .map(|&rank| self.rank_scores.get(&(id.clone(), rank)).copied())
                .collect();
            // Recipes may merge the scores of the best alone.
            let scored = scores.iter().all(Option::is_some);
            let placed = ranks.values().next().map(|(_, placed)| *placed);
            let hypotheses = ranks.into_values().zip(scores);
            let raw = RawUtterance {
                id: id.into(),
                speaker: None,
                reference: None,
                hypotheses: hypotheses
                    .map(|((words, _), score)| RawHypothesis {
                        text: words.into(),
                        score: score.filter(|_| scored),
                        am_score: None,
                        lm_score: None,
                    })
                    .collect(),
                attributes: BTreeMap::new(),
            };
            if let Some(placed) = placed {
                self.add(raw, placed)
                    .map_err(|kind| self.error(placed, kind))?;
            }
        }
        Ok(())
    }

    /// What the files of references say of an utterance.
    ///
    /// An id that differs from all of theirs in case only is that of the one that it equals otherwise.
    fn said(&mut self, id: &str) -> Result<Spoken, ReadErrorKind> {
        if self.references.is_empty() {
            return Err(ReadErrorKind::Missing {
                field: "ref".to_owned(),
                advice: "give what was said, as an empty text if nothing was, or name a file of references with --refs",
            });
        }
        let exact = self.references.contains_key(id);
        let known = if exact {
            Some(id.to_owned())
        } else {
            let folded = self.references_by_lower_case.get(&id.to_lowercase());
            folded.cloned().flatten()
        };
        let found = known.and_then(|known| {
            let (spoken, _) = self.references.get(&known)?;
            Some((known, spoken.clone()))
        });
        let Some((known, spoken)) = found else {
            return Err(ReadErrorKind::Line {
                problem: format!("no reference for the utterance `{id}`"),
                advice: "add it to the file named with --refs",
            });
        };
        let is_new = self.used_references.insert(known.clone());
        if !exact {
            self.facts.ids_by_case += 1;
            self.matched_by_case.insert(known.clone());
        }
        if !is_new && self.matched_by_case.contains(&known) {
            return Err(ReadErrorKind::Line {
                problem: format!(
                    "the utterance `{id}` and another one have the reference `{known}`, since their ids differ in case only"
                ),
                advice: "write ids alike in all files",
            });
        }
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

    fn add(&mut self, raw: RawUtterance<'_>, placed: Placed) -> Result<(), ReadErrorKind> {
        if raw.id.trim().is_empty() {
            return Err(ReadErrorKind::WrongType {
                field: "id".to_owned(),
                found: "empty".to_owned(),
                wanted: "a name that no other utterance has",
            });
        }
        let normalization = self.options.normalization;
        let list = assemble::rank(&raw.hypotheses, &self.options)?;
        let reference = match &raw.reference {
            Some(reference) => normalization.normalize(reference),
            None => {
                let said = self.said(&raw.id)?;
                let best = Spoken::words(list.nbest.best().transcript.as_str());
                self.closest(&raw.id, &said, &best)?.0
            }
        };
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
        self.add_ranked_lists()?;
        if self.scores.is_some()
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
            return Err(self.error(placed, ReadErrorKind::UnusedScores));
        }
        self.utterances.sort_by(|(a, _), (b, _)| a.id.cmp(&b.id));
        for pair in self.utterances.windows(2) {
            if pair[0].0.id == pair[1].0.id {
                let kind = self.duplicate(&pair[0].0.id, pair[0].1);
                return Err(self.error(pair[1].1, kind));
            }
        }
        let mut hasher = blake3::Hasher::new();
        for (utterance, _) in &self.utterances {
            assemble::hash(&mut hasher, utterance);
        }
        let mut facts = self.facts;
        facts.content_hash = hasher.finalize().to_hex().to_string();
        facts.references_without_list = self.references.len() - self.used_references.len();
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

    /// The number of a new file.
    fn file(&mut self, name: &str) -> usize {
        self.files.push(name.to_owned());
        self.files.len() - 1
    }

    fn place(&self, placed: Placed) -> Place {
        Place {
            file: self.files[placed.file].clone(),
            position: placed.position,
        }
    }

    fn error(&self, placed: Placed, kind: ReadErrorKind) -> ReadError {
        ReadError {
            place: self.place(placed),
            kind,
        }
    }

    fn duplicate(&self, id: &str, first: Placed) -> ReadErrorKind {
        ReadErrorKind::DuplicateId {
            id: id.to_owned(),
            first: self.place(first),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nbest::normalize::Normalization;
    use crate::nbest::read::ScoreKind;

    fn options(format: Option<Format>) -> ReadOptions {
        ReadOptions {
            normalization: Normalization::default(),
            format,
            scores: ScoreKind::LogProbability,
            acoustic_weight: 1.0,
        }
    }

    /// (id, reference, hypotheses with scores) of each utterance.
    fn contents(corpus: &Corpus) -> Vec<String> {
        let mut lines = Vec::new();
        for utterance in &corpus.utterances {
            let mut parts = vec![format!(
                "{} = {}",
                utterance.id,
                utterance.reference.as_str()
            )];
            for hypothesis in utterance.nbest.hypotheses() {
                parts.push(format!(
                    "{} {}",
                    hypothesis.transcript.as_str(),
                    hypothesis.score
                ));
            }
            lines.push(parts.join(" | "));
        }
        lines
    }

    #[track_caller]
    fn check_read(name: &str, file: &str, format: Format, expected: &[&str]) -> Corpus {
        let corpus = Corpus::read(name, file.as_bytes(), &options(None)).unwrap();
        assert_eq!(contents(&corpus), expected);
        assert_eq!(corpus.facts.files, [(name.to_owned(), format)]);
        corpus
    }

    #[test]
    fn every_json_format_is_found_and_read() {
        let corpus = check_read(
            "lists",
            "{\"id\": 2, \"speaker\": 7, \"ref\": \"A\", \"n\": 1.5, \"o\": {}, \"hyps\": [{\"text\": \"b\", \"score\": -2, \"x\": 0}, {\"text\": \"a\", \"score\": -1}]}\n",
            Format::Jsonl,
            &["2 = a | a -1 | b -2"],
        );
        let utterance = &corpus.utterances[0];
        assert_eq!(utterance.speaker.as_deref(), Some("7"));
        let attributes: Vec<_> = utterance.attributes.iter().collect();
        assert_eq!(attributes, [(&"n".to_owned(), &"1.5".to_owned())]);
        check_read(
            "set.json",
            r#"[{"input": ["b", "a", "b"], "output": "A", "input1": "?"}, {"input": ["c"], "am_score": [-3], "output": "d"}]"#,
            Format::HyPoradise,
            &["set-00000 = a | b 0 | a -1", "set-00001 = d | c -3"],
        );
        check_read(
            "mlm.json",
            r#"{"u": {"ref": "a", "hyp_10": {"score": -1, "text": "a"}, "hyp_9": {"score": -1, "text": "b"}}}"#,
            Format::MlmScoring,
            &["u = a | b -1 | a -1"],
        );
    }

    #[test]
    fn kaldi_text_takes_scores_and_references_from_other_files() {
        let lists = "u-2 a b\nv-1\nu-1 a c\n";
        let mut builder = CorpusBuilder::new(options(None));
        builder
            .scores("costs", "u-1 -3\nu-02 -2.5\nv-1 0\n".as_bytes(), 1.0)
            .unwrap();
        builder
            .references("text", "u a b\nv\nw x\n".as_bytes())
            .unwrap();
        builder.lists("nbest", lists.as_bytes()).unwrap();
        let corpus = builder.finish().unwrap();
        assert_eq!(
            contents(&corpus),
            ["u = a b | a b -2.5 | a c -3", "v =  |  0"]
        );
        let facts = &corpus.facts;
        assert_eq!((facts.empty_references, facts.empty_hypotheses), (1, 1));
        assert_eq!(
            (facts.references_without_list, facts.rank_stands_in),
            (1, 0)
        );

        let mut builder = CorpusBuilder::new(options(None));
        builder
            .references("text", "a b (u)\n;; x\n(v)\n".as_bytes())
            .unwrap();
        builder.lists("nbest", lists.as_bytes()).unwrap();
        let corpus = builder.finish().unwrap();
        assert_eq!(contents(&corpus), ["u = a b | a c 0 | a b -1", "v =  |  0"]);
    }

    #[test]
    fn trn_gives_single_hypotheses_with_speakers() {
        let mut builder = CorpusBuilder::new(options(None));
        builder
            .references("ref", "A b (s1-u1)\n".as_bytes())
            .unwrap();
        builder
            .lists("hyp", ";; made by hand\na c (s1-u1)\n".as_bytes())
            .unwrap();
        let corpus = builder.finish().unwrap();
        assert_eq!(contents(&corpus), ["s1-u1 = a b | a c 0"]);
        assert_eq!(corpus.utterances[0].speaker.as_deref(), Some("s1"));
        assert_eq!(
            (corpus.facts.single_hypothesis, corpus.facts.without_speaker),
            (1, 0)
        );
    }

    #[test]
    fn a_corpus_does_not_depend_on_the_order_or_format_of_its_files() {
        let (one, two) = (
            r#"{"id": "a", "ref": "x", "hyps": [{"text": "x"}, {"text": "y"}, {"text": "x"}]}"#,
            r#"{"id": "b", "ref": "x", "hyps": [{"text": "x", "score": 1}]}"#,
        );
        let read = |files: [(&str, &str); 2]| {
            let mut builder = CorpusBuilder::new(options(None));
            for (name, file) in files {
                builder.lists(name, file.as_bytes()).unwrap();
            }
            builder.finish().unwrap()
        };
        let corpus = read([("dir/1.jsonl", one), ("2.jsonl", two)]);
        assert_eq!(corpus, read([("2.jsonl", two), ("other/1.jsonl", one)]));
        assert_eq!(
            (corpus.facts.merged_duplicates, corpus.facts.rank_stands_in),
            (1, 1)
        );
        let mlm = r#"{"b": {"ref": "x", "hyp_1": {"score": 1.0, "text": "X"}}}"#;
        let other = read([("1.jsonl", one), ("2.json", mlm)]);
        assert_eq!(other.facts.content_hash, corpus.facts.content_hash);
        let changed = read([("1.jsonl", one), ("2.jsonl", &two.replace('1', "1.5"))]);
        assert_ne!(changed.facts.content_hash, corpus.facts.content_hash);
    }

    #[test]
    fn very_long_text_is_read() {
        let words = "word ".repeat(100_000);
        let file =
            format!("{{\"id\": \"a\", \"ref\": \"x\", \"hyps\": [{{\"text\": \"{words}\"}}]}}");
        let corpus = Corpus::read("f.jsonl", file.as_bytes(), &options(None)).unwrap();
        assert_eq!(
            corpus.utterances[0].nbest.best().transcript.word_count(),
            100_000
        );
    }
}
