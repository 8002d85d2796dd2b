//! Reading n-best lists of every format into one [`Corpus`], and the facts
//! about them that reports state.
//!
//! [`Corpus::open`] opens files; everything behind it takes readers. A file is
//! read once, front to back, and only what is parsed stays in memory.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, Read};
use std::path::{Path, PathBuf};

use crate::nbest::builder::CorpusBuilder;
use crate::nbest::error::{ReadError, ReadErrorKind};
use crate::nbest::format::Format;
use crate::nbest::limits::Limits;
use crate::nbest::normalize::Normalization;
use crate::nbest::place::{Place, Position};
use crate::nbest::source::Text;
use crate::nbest::{Utterance, espnet, kaldi};

/// Utterances with their n-best lists, and how they were read.
#[derive(Debug, Clone, PartialEq)]
pub struct Corpus {
    /// Sorted by id, whatever the order of files; ids are unique. Never empty.
    pub utterances: Vec<Utterance>,
    /// What a report says about the input.
    pub facts: CorpusFacts,
    /// Ids of the utterances whose scores are minus their ranks, because none were given.
    pub unscored: BTreeSet<String>,
}

/// What is odd but legal about a corpus, counted; independent of the order of files.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CorpusFacts {
    /// The names, without folders, of the files that hold lists, with their formats; sorted.
    pub files: Vec<(String, Format)>,
    /// How the text was normalized, in words.
    pub normalization: String,
    /// Hypotheses that were merged into an equal one of their list.
    pub merged_duplicates: usize,
    /// Utterances without any score: minus the rank, from 0, stands in.
    pub rank_stands_in: usize,
    /// Utterances in whose reference there is no word.
    pub empty_references: usize,
    /// Hypotheses without a word, after merging.
    pub empty_hypotheses: usize,
    /// Utterances with a single distinct hypothesis, which no rescorer can change.
    pub single_hypothesis: usize,
    /// Utterances whose speaker is unknown.
    pub without_speaker: usize,
    /// References in files of their own that belong to no list: utterances the
    /// recognizer gave nothing for. They are not in any error rate.
    pub references_without_list: usize,
    /// Utterances whose ids differ from those of their references in case.
    pub ids_by_case: usize,
    /// Utterances with alternatives, of which the readings with the least errors were taken.
    pub alternatives: usize,
    /// BLAKE3 of the parsed content, in hexadecimal: the same for the same
    /// utterances in any format, order or division into files.
    pub content_hash: String,
}

/// What the numbers of a file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScoreKind {
    /// Log probabilities or the like: higher is better.
    LogProbability,
    /// Costs: lower is better. They are negated when read.
    Cost,
}

/// How files are to be read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReadOptions {
    /// What is done to every reference and hypothesis.
    pub normalization: Normalization,
    /// The format of the lists; found by content and name if `None`.
    pub format: Option<Format>,
    /// What the scores are.
    pub scores: ScoreKind,
    /// What acoustic scores are multiplied by where a score is the sum of its parts; finite.
    pub acoustic_weight: f64,
}

impl ReadOptions {
    /// What makes costs of a file that always holds costs what the other scores are.
    fn weight_of_costs(&self, is_acoustic: bool) -> f64 {
        let sign = match self.scores {
            ScoreKind::LogProbability => -1.0,
            ScoreKind::Cost => 1.0,
        };
        if is_acoustic {
            sign * self.acoustic_weight
        } else {
            sign
        }
    }
}

/// A file to read, and what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// N-best lists, in any format.
    Lists(PathBuf),
    /// Kaldi scores: lines `utterance-rank number`. Several files add up.
    Scores(PathBuf),
    /// The same, where they are acoustic: times the weight of acoustic scores.
    AcousticScores(PathBuf),
    /// References, as Kaldi text or trn, for lists that carry none.
    References(PathBuf),
}

impl Corpus {
    /// The bytes of all texts of all lists.
    pub fn text_bytes(&self) -> u64 {
        let lists = self.utterances.iter();
        lists
            .flat_map(|utterance| utterance.nbest.hypotheses())
            .map(|hypothesis| hypothesis.transcript.as_str().len() as u64)
            .sum()
    }

    /// Reads all of `inputs`, in any order, as one corpus.
    ///
    /// `-` is standard input, once. A folder of lists is `ESPnet2`'s, with `1best_recog` and so on, or
    /// Kaldi's, with words and costs.
    pub fn open(inputs: &[Input], options: &ReadOptions) -> Result<Corpus, ReadError> {
        Corpus::open_within(inputs, options, Limits::default())
    }

    /// As [`Corpus::open`], with other limits of lines and files than the usual ones.
    pub fn open_within(
        inputs: &[Input],
        options: &ReadOptions,
        limits: Limits,
    ) -> Result<Corpus, ReadError> {
        let mut builder = CorpusBuilder::new(*options).within(limits);
        let mut lists: Vec<(PathBuf, String)> = Vec::new();
        for input in inputs {
            match input {
                Input::Scores(path) => builder.scores(&shown(path), open(path)?, 1.0)?,
                Input::AcousticScores(path) => {
                    builder.scores(&shown(path), open(path)?, options.acoustic_weight)?;
                }
                Input::References(path) => builder.references(&shown(path), open(path)?)?,
                Input::Lists(path) => {
                    if let Some(archive) = kaldi::Archive::find(path) {
                        for (costs, is_acoustic) in &archive.costs {
                            let weight = options.weight_of_costs(*is_acoustic);
                            builder.scores(&shown(costs), open(costs)?, weight)?;
                        }
                        lists.push((archive.words.clone(), shown(&archive.words)));
                        continue;
                    }
                    let files = list_files(path)?.into_iter();
                    lists.extend(files.map(|path| (path.clone(), shown(&path))));
                }
            }
        }

        let names: Vec<&str> = lists.iter().map(|(_, name)| name.as_str()).collect();
        builder.expect(&names);
        for (path, name) in &lists {
            let scores = path.with_file_name("score");
            if let Some(rank) = espnet::rank(name).filter(|_| scores.is_file()) {
                builder.rank_scores(&shown(&scores), open(&scores)?, rank)?;
            }
            builder.lists(name, open(path)?)?;
        }

        builder.finish()
    }

    /// Reads lists that carry their references; `name` stands in errors and facts,
    /// and its extension helps to find the format.
    pub fn read(name: &str, bytes: impl Read, options: &ReadOptions) -> Result<Corpus, ReadError> {
        let mut builder = CorpusBuilder::new(*options);
        builder.lists(name, bytes)?;
        builder.finish()
    }
}

/// What errors and facts call a file.
fn shown(path: &Path) -> String {
    if is_standard_input(path) {
        "standard input".to_owned()
    } else {
        path.to_string_lossy().into_owned()
    }
}

/// Whether `path` stands for standard input.
pub(crate) fn is_standard_input(path: &Path) -> bool {
    path.as_os_str() == "-"
}

fn error_at(path: &Path, kind: ReadErrorKind) -> ReadError {
    ReadError {
        place: Place {
            file: shown(path),
            position: Position::File,
        },
        kind,
    }
}

/// The files of lists that a path names: itself, or those in it.
fn list_files(path: &Path) -> Result<Vec<PathBuf>, ReadError> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let files = espnet::files(path).map_err(|error| error_at(path, error.into()))?;
    if files.is_empty() {
        return Err(error_at(path, ReadErrorKind::Folder));
    }
    Ok(files)
}

/// A file, or standard input.
pub(crate) fn open(path: &Path) -> Result<Box<dyn Read>, ReadError> {
    if is_standard_input(path) {
        return Ok(Box::new(std::io::stdin()));
    }

    let file = File::open(path).map_err(|error| error_at(path, error.into()))?;
    match file.metadata() {
        Ok(metadata) if metadata.is_dir() => Err(error_at(path, ReadErrorKind::Folder)),
        Ok(_) => Ok(Box::new(file)),
        Err(error) => Err(error_at(path, error.into())),
    }
}

/// The whole text of a file, or of standard input: plain, gzip or Zstandard, with or without
/// a byte order mark.
pub(crate) fn read_text(path: &Path, limits: Limits) -> Result<String, ReadError> {
    let mut text = String::new();
    let mut from = Text::new(open(path)?, limits).map_err(|error| error_at(path, error.into()))?;
    loop {
        // Before the piece is taken: an error is on the line that was not read.
        let number = || text.matches('\n').count() + 1;
        let piece = from.fill_buf().map_err(|error| ReadError {
            place: Place {
                file: shown(path),
                position: Position::Line(number()),
            },
            kind: error.into(),
        })?;
        let Ok(new) = std::str::from_utf8(piece) else {
            unreachable!("pieces of a text are UTF-8");
        };
        if new.is_empty() {
            return Ok(text);
        }
        text.push_str(new);
        let read = piece.len();
        from.consume(read);
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::nbest::error::told;

    const LINE: &str = "{\"id\": \"a\", \"ref\": \"x\", \"hyps\": [{\"text\": \"x y\"}]}\n";

    fn read(path: &Path) -> Result<Corpus, String> {
        let options = ReadOptions {
            normalization: Normalization::default(),
            format: None,
            scores: ScoreKind::LogProbability,
            acoustic_weight: 1.0,
        };
        Corpus::open(&[Input::Lists(path.to_owned())], &options).map_err(|error| told(&error))
    }

    #[test]
    fn compressed_files_are_known_by_their_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let compressed = zstd::encode_all(LINE.as_bytes(), 3).unwrap();
        let plain = folder.path().join("plain.jsonl.gz");
        fs::write(&plain, LINE).unwrap();

        let misnamed = folder.path().join("lists.jsonl");
        fs::write(&misnamed, &compressed).unwrap();
        assert_eq!(
            read(&plain).unwrap().utterances,
            read(&misnamed).unwrap().utterances
        );
        assert_eq!(read(&plain).unwrap().facts.files[0].0, "plain.jsonl.gz");
    }

    #[track_caller]
    fn check_refused(path: &Path, expected: &str) {
        let text = read(path).unwrap_err();
        assert!(
            text.contains(&path.display().to_string()) && text.contains(expected),
            "{text}"
        );
    }

    #[test]
    fn files_that_cannot_be_read_are_named() {
        let folder = tempfile::tempdir().unwrap();
        check_refused(folder.path(), "folder");
        check_refused(&folder.path().join("none.jsonl"), "cannot be read");
        let cut = folder.path().join("cut.jsonl.zst");
        let compressed = zstd::encode_all(LINE.repeat(100).as_bytes(), 3).unwrap();
        fs::write(&cut, &compressed[..compressed.len() - 5]).unwrap();
        check_refused(&cut, "zstd data is cut off");
    }
}
