//! Gathers utterances from many readers, counts what is odd, and checks what
//! only all files together can show.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::io::BufRead;
use std::io::Read;

use crate::nbest::Utterance;
use crate::nbest::assemble;
use crate::nbest::assemble::RawUtterance;
use crate::nbest::error::Place;
use crate::nbest::error::Position;
use crate::nbest::error::ReadError;
use crate::nbest::error::ReadErrorKind;
use crate::nbest::format::Format;
use crate::nbest::format::detect;
use crate::nbest::format::starts_like_trn;
use crate::nbest::format::stem;
use crate::nbest::hyporadise;
use crate::nbest::jsonl;
use crate::nbest::kaldi;
use crate::nbest::limits;
use crate::nbest::limits::Limits;
use crate::nbest::mlm_scoring;
use crate::nbest::read::Corpus;
use crate::nbest::read::CorpusFacts;
use crate::nbest::read::ReadOptions;
use crate::nbest::source::Text;
use crate::nbest::trn;

/// Takes readers one after another, then makes the [`Corpus`].
///
/// Scores and references must come before the lists they belong to.
#[derive(Debug)]
pub struct CorpusBuilder {
    options: ReadOptions,
    limits: Limits,
    /// Names of all files, as [`Placed::file`] counts them.
    files: Vec<String>,
    scores: Option<BTreeMap<String, (f64, Placed)>>,
    references: BTreeMap<String, (String, Placed)>,
    /// References that some list used.
    used_references: BTreeSet<String>,
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

impl CorpusBuilder {
    /// With nothing in it.
    pub fn new(options: ReadOptions) -> CorpusBuilder {
        CorpusBuilder {
            options,
            limits: Limits::default(),
            files: Vec::new(),
            scores: None,
            references: BTreeMap::new(),
            used_references: BTreeSet::new(),
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

    /// Adds Kaldi scores.
    pub fn scores(&mut self, name: &str, bytes: impl Read) -> Result<(), ReadError> {
        let file = self.file(name);
        let mut position = Position::File;
        let mut found = self.scores.take().unwrap_or_default();
        let read = Text::new(bytes, self.limits)
            .map_err(ReadErrorKind::from)
            .and_then(|mut text| {
                kaldi::read_scores(&mut text, &mut position, |id, score, position| {
                    let placed = Placed { file, position };
                    match found.insert(id.to_owned(), (score, placed)) {
                        None => Ok(()),
                        Some((_, first)) => Err(self.duplicate(id, first)),
                    }
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
        let read = Text::new(bytes, self.limits)
            .map_err(ReadErrorKind::from)
            .and_then(|mut text| {
                let is_trn = starts_like_trn(text.fill_buf()?);
                let mut add = |id: &str, words: &str, position| {
                    let placed = Placed { file, position };
                    match found.insert(id.to_owned(), (words.to_owned(), placed)) {
                        None => Ok(()),
                        Some((_, first)) => Err(self.duplicate(id, first)),
                    }
                };
                if is_trn {
                    trn::read_lines(&mut text, &mut position, &mut add)
                } else {
                    kaldi::read_references(&mut text, &mut position, &mut add)
                }
            });
        read.map_err(|kind| self.error(Placed { file, position }, kind))?;
        self.references = found;
        Ok(())
    }

    /// Adds the n-best lists of one file.
    pub fn lists(&mut self, name: &str, bytes: impl Read) -> Result<(), ReadError> {
        let file = self.file(name);
        let before = self.utterances.len();
        let mut position = Position::File;
        let read = Text::new(bytes, self.limits)
            .map_err(ReadErrorKind::from)
            .and_then(|mut text| {
                let format = match self.options.format {
                    Some(format) => format,
                    None => detect(name, text.fill_buf()?)?,
                };
                let base = name.rsplit(['/', '\\']).next().unwrap_or(name);
                self.facts.files.push((base.to_owned(), format));
                let scores = self.scores.take();
                let score_files = self.names(scores.iter().flatten().map(|(_, score)| score.1));
                let mut add =
                    |raw: RawUtterance<'_>, position| self.add(raw, Placed { file, position });
                let read = match format {
                    Format::Jsonl => jsonl::read(&mut text, &mut position, &mut add),
                    Format::HyPoradise => {
                        hyporadise::read(&mut text, stem(base), &mut position, &mut add)
                    }
                    Format::MlmScoring => mlm_scoring::read(&mut text, &mut position, &mut add),
                    Format::Kaldi => {
                        let score = |id: &str| match &scores {
                            None => Ok(None),
                            Some(all) => match all.get(id) {
                                Some((score, _)) => Ok(Some(*score)),
                                None => Err(kaldi::no_score(id, &score_files)),
                            },
                        };
                        kaldi::read(&mut text, &score, &mut position, &mut add)
                    }
                    Format::Trn => trn::read(&mut text, &mut position, &mut add),
                };
                self.scores = scores;
                read
            });
        read.map_err(|kind| self.error(Placed { file, position }, kind))?;
        if self.utterances.len() == before {
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

    fn add(&mut self, raw: RawUtterance<'_>, placed: Placed) -> Result<(), ReadErrorKind> {
        if raw.id.trim().is_empty() {
            return Err(ReadErrorKind::WrongType {
                field: "id".to_owned(),
                found: "empty".to_owned(),
                wanted: "a name that no other utterance has",
            });
        }
        let normalization = self.options.normalization;
        let reference = match &raw.reference {
            Some(reference) => normalization.normalize(reference),
            None => match self.references.get(raw.id.as_ref()) {
                Some((reference, _)) => {
                    self.used_references.insert(raw.id.to_string());
                    normalization.normalize(reference)
                }
                None if self.references.is_empty() => {
                    return Err(ReadErrorKind::Missing {
                        field: "ref".to_owned(),
                        advice: "give what was said, as an empty text if nothing was, or name a file of references with --refs",
                    });
                }
                None => {
                    let places = self.references.values().map(|(_, placed)| *placed);
                    let files = self.names(places);
                    return Err(ReadErrorKind::Line {
                        problem: format!("no reference for the utterance `{}` in {files}", raw.id),
                        advice: "add it to the file named with --refs",
                    });
                }
            },
        };
        limits::check_texts(&reference, &raw.hypotheses)?;
        let list = assemble::rank(&raw.hypotheses, normalization, self.options.scores)?;
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
        let mut facts = self.facts;
        facts.content_hash =
            assemble::content_hash(self.utterances.iter().map(|(utterance, _)| utterance));
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

    /// The names of the files of some places.
    fn names(&self, places: impl Iterator<Item = Placed>) -> String {
        let files: BTreeSet<usize> = places.map(|placed| placed.file).collect();
        let names: Vec<&str> = files
            .into_iter()
            .map(|file| self.files[file].as_str())
            .collect();
        names.join(", ")
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
            .scores("costs", "u-1 -3\nu-02 -2.5\nv-1 0\n".as_bytes())
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
