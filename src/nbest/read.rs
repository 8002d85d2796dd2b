//! Reading n-best lists of every format into one [`Corpus`].
//!
//! [`Corpus::open`] opens files; everything behind it takes readers. A file is
//! read once, front to back, and only what is parsed stays in memory.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::files::{document, resolved};
use crate::nbest::builder::CorpusBuilder;
use crate::nbest::error::{ReadError, ReadErrorKind};
use crate::nbest::limits::Limits;
use crate::nbest::lists::{Lists, ListsError};
use crate::nbest::origins::Wanted;
use crate::nbest::place::{At, Place, Position};
use crate::nbest::share::Share;
use crate::nbest::source::Text;
use crate::nbest::speakers::SpeakerSource;
use crate::nbest::text_lines::Lines;
use crate::nbest::{espnet, kaldi, lacking};

pub use crate::nbest::corpus::{Corpus, CorpusFacts};
pub use crate::nbest::options::{ReadOptions, ScoreKind};

/// What is kept of lists, and where.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kept {
    /// What is wanted beside normalized texts.
    pub(crate) wanted: Wanted,
    /// So many bytes stay in memory, about.
    pub(crate) held: usize,
    /// Those of this share alone, if there is one.
    pub(crate) share: Option<Share>,
}

/// A file to read, and what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// N-best lists, in any format.
    Lists(PathBuf),
    /// Kaldi scores: lines `utterance-rank number`. Several files add up. One that is named as
    /// costs (`lm_cost`) is read as costs, whatever the scores of the others are.
    Scores(PathBuf),
    /// The same, where they are acoustic: times the weight of acoustic scores.
    AcousticScores(PathBuf),
    /// References, as Kaldi text or trn, for lists that carry none.
    References(PathBuf),
}

impl Corpus {
    /// Reads all of `inputs`, in any order, as one corpus.
    ///
    /// `-` is standard input, once. A folder of lists is `ESPnet2`'s, with `1best_recog` and so on,
    /// or Kaldi's, with words and costs.
    pub fn open(inputs: &[Input], options: &ReadOptions) -> Result<Corpus, ReadError> {
        Corpus::open_within(inputs, options, Limits::default())
    }

    /// As [`Corpus::open`], with other limits of lines and files than the usual ones.
    pub fn open_within(
        inputs: &[Input],
        options: &ReadOptions,
        limits: Limits,
    ) -> Result<Corpus, ReadError> {
        let builder = CorpusBuilder::new(*options).within(limits);
        gathered(inputs, options, builder)?.finish()
    }

    /// Reads lists that carry their references; `name` stands in errors and facts,
    /// and its extension helps to find the format.
    pub fn read(name: &str, bytes: impl Read, options: &ReadOptions) -> Result<Corpus, ReadError> {
        Corpus::read_share(name, bytes, options, (Wanted::default(), None))
    }

    /// The same with what is `wanted` beside normalized texts, of which those lists are kept that
    /// are in `share`, if there is one.
    pub(crate) fn read_share(
        name: &str,
        bytes: impl Read,
        options: &ReadOptions,
        (wanted, share): (Wanted, Option<Share>),
    ) -> Result<Corpus, ReadError> {
        let builder = CorpusBuilder::new(*options).wanting(wanted);
        let mut builder = builder.keeping(share);
        builder.lists(name, bytes)?;
        builder.finish()
    }
}

impl Lists {
    /// Reads all of `inputs` as [`Corpus::open_within`] does, with speakers as `speakers` names
    /// them, and with what is `wanted` beside normalized texts; of more than about `held` bytes of
    /// lists, some wait on the disk. What is not in `share`, if there is one, is left out.
    pub(crate) fn open(
        inputs: &[Input],
        options: &ReadOptions,
        limits: Limits,
        kept: Kept,
        speakers: SpeakerSource,
    ) -> Result<Lists, ListsError> {
        let builder = CorpusBuilder::new(*options).within(limits);
        let builder = builder.wanting(kept.wanted);
        let builder = builder.holding(kept.held).keeping(kept.share);
        gathered(inputs, options, builder)?.finish_lists(speakers)
    }
}

/// `builder` with all that is in `inputs`.
fn gathered(
    inputs: &[Input],
    options: &ReadOptions,
    mut builder: CorpusBuilder,
) -> Result<CorpusBuilder, ReadError> {
    let mut lists: Vec<(PathBuf, String)> = Vec::new();
    let mut score_files = ScoreFiles::default();
    for input in inputs {
        match input {
            Input::Scores(path) => {
                score_files.add(path)?;
                builder.scores(&shown(path), open(path)?, weight(path, false, options))?;
            }
            Input::AcousticScores(path) => {
                score_files.add(path)?;
                builder.scores(&shown(path), open(path)?, weight(path, true, options))?;
            }
            Input::References(path) => builder.references(&shown(path), open(path)?)?,
            Input::Lists(path) => {
                if let Some(archive) = kaldi::Archive::find(path) {
                    for (costs, is_acoustic) in &archive.costs {
                        score_files.add(costs)?;
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
        builder.seen_beside(lacking::beside(path).map(|path| shown(&path)));
        builder.lists(name, open(path)?)?;
    }

    Ok(builder)
}

/// The files of scores that were named so far, by where they lead.
#[derive(Default)]
struct ScoreFiles(BTreeMap<PathBuf, String>);

impl ScoreFiles {
    /// Refuses a file that was named before, under whatever name: the scores of files add up, and
    /// its own would count twice.
    fn add(&mut self, path: &Path) -> Result<(), ReadError> {
        let Some(first) = self.0.insert(resolved(path), shown(path)) else {
            return Ok(());
        };
        let problem = if first == shown(path) {
            "this file of scores is named twice, and the scores of files add up".to_owned()
        } else {
            format!("this file of scores is the same as {first}, and the scores of files add up")
        };
        Err(error_at(
            path,
            ReadErrorKind::line(problem, "name each file once"),
        ))
    }
}

/// What the numbers of a file of scores are multiplied by.
fn weight(path: &Path, is_acoustic: bool, options: &ReadOptions) -> f64 {
    match (kaldi::is_named_as_costs(path), is_acoustic) {
        (true, _) => options.weight_of_costs(is_acoustic),
        (false, true) => options.acoustic_weight,
        (false, false) => 1.0,
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

fn error_at(path: &Path, kind: impl Into<ReadErrorKind>) -> ReadError {
    let place = Place::new(&shown(path), Position::File);
    At {
        place,
        kind: kind.into(),
    }
}

/// The files of lists that a path names: itself, or those in it.
fn list_files(path: &Path) -> Result<Vec<PathBuf>, ReadError> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let files = espnet::files(path).map_err(|error| error_at(path, error))?;
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

    let file = document::open(path).map_err(|error| error_at(path, error))?;
    match file.metadata() {
        Ok(metadata) if metadata.is_dir() => Err(error_at(path, ReadErrorKind::Folder)),
        Ok(_) => Ok(Box::new(file)),
        Err(error) => Err(error_at(path, error)),
    }
}

/// Hands the lines of a file, or of standard input, with their numbers to `take`: plain, gzip or
/// Zstandard, with or without a byte order mark. Blank lines are left out, and white space at the
/// ends of lines.
pub(crate) fn each_line<E: From<ReadError>>(
    path: &Path,
    limits: Limits,
    mut take: impl FnMut(usize, &str) -> Result<(), E>,
) -> Result<(), E> {
    let mut text = Text::new(open(path)?, limits).map_err(|error| error_at(path, error))?;
    let mut lines = Lines::new(&mut text);
    loop {
        match lines.next() {
            Ok(Some((line, Position::Line(number)))) => take(number, line)?,
            Ok(_) => return Ok(()),
            Err(error) => {
                let place = Place::new(&shown(path), text.position);
                let kind = error.into();
                return Err(ReadError::from(At { place, kind }).into());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::nbest::error::told;
    use crate::nbest::normalize::Normalization;

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
