//! `ESPnet2`'s folders: `1best_recog`, `2best_recog` and so on, each with a file `text` of lines
//! `utterance words`, and perhaps a file `score` of lines `utterance number`.
//!
//! | file | what |
//! |---|---|
//! | `{N}best_recog/text` | the hypotheses of rank N |
//! | `{N}best_recog/score` | their scores, also as PyTorch prints them: `tensor(-3.25)` |
//!
//! A file of lines `utterance words` that stands in no such folder is rank 1. An utterance of which
//! some ranks have no score has none.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::nbest::error::ReadErrorKind;
use crate::nbest::json::shorten;
use crate::nbest::kaldi;
use crate::nbest::place::Position;
use crate::nbest::source::Text;

/// The ending of a folder's name, behind the rank.
const FOLDER: &str = "best_recog";

/// The rank that a path such as `decode/2best_recog/text` names.
pub(super) fn rank(path: &str) -> Option<u64> {
    let mut parts = path.rsplit(['/', '\\']);
    let (file, folder) = (parts.next()?, parts.next()?);
    let is_text = file == "text" || file.starts_with("text.");
    let rank = folder.strip_suffix(FOLDER)?.parse().ok();
    rank.filter(|&rank| is_text && rank > 0)
}

/// The files `text` of a folder that holds `{N}best_recog` folders, itself or in `output.J`, or
/// is one; sorted.
pub(super) fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = texts(folder)?;
    for logs in [folder.to_owned(), folder.join("logdir")] {
        for job in subfolders(&logs, &|name| name.starts_with("output."))? {
            found.extend(texts(&job)?);
        }
    }
    found.sort();
    Ok(found)
}

fn texts(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut folders = subfolders(folder, &|name| name.ends_with(FOLDER))?;
    folders.push(folder.to_owned());
    let texts = folders.into_iter().map(|folder| folder.join("text"));
    Ok(texts
        .filter(|text| rank(&text.to_string_lossy()).is_some() && text.is_file())
        .collect())
}

fn subfolders(folder: &Path, wanted: &dyn Fn(&str) -> bool) -> io::Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }

    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if wanted(&entry.file_name().to_string_lossy()) && entry.path().is_dir() {
            found.push(entry.path());
        }
    }

    Ok(found)
}

/// Reads lines `utterance number`, by id.
pub(super) fn read_scores(
    text: &mut Text<'_>,
    position: &mut Position,
) -> Result<BTreeMap<String, f64>, ReadErrorKind> {
    let mut scores = BTreeMap::new();
    kaldi::read_references(text, position, &mut |id, value, _| {
        scores.insert(id.to_owned(), number(id, value)?);
        Ok(())
    })?;
    Ok(scores)
}

/// `-3.25`, `tensor(-3.25)` or `tensor(-3.25, device='cuda:0')`.
fn number(id: &str, value: &str) -> Result<f64, ReadErrorKind> {
    let inner = value
        .strip_prefix("tensor(")
        .and_then(|value| value.strip_suffix(')'))
        .and_then(|value| value.split(',').next())
        .unwrap_or(value);
    match inner.trim().parse::<f64>() {
        Ok(score) if score.is_finite() => Ok(score),
        Ok(_) => Err(ReadErrorKind::NotFinite {
            field: format!("score of {id}"),
            value: value.to_owned(),
        }),
        Err(_) => Err(ReadErrorKind::Line {
            problem: format!("`{}` is no score", shorten(value, 60)),
            advice: "write an id and a number on each line, such as utterance -12.3",
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_names_the_rank() {
        assert_eq!(rank("decode/output.1/12best_recog/text"), Some(12));
        assert_eq!(rank("1best_recog/text"), Some(1));
        assert_eq!(rank("1best_recog/token"), None);
        assert_eq!(rank("0best_recog/text"), None);
        assert_eq!(rank("data/text"), None);
        assert_eq!(rank("text"), None);
    }

    #[test]
    fn scores_may_be_printed_tensors() {
        for text in ["-3.25", "tensor(-3.25)", "tensor(-3.25, device='cuda:0')"] {
            assert!((number("u", text).unwrap() + 3.25).abs() < 1e-12);
        }
        assert!(number("u", "tensor(nan)").is_err());
        assert!(number("u", "tensor()").is_err());
    }
}
