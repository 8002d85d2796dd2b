//! The files of a tokenizer, as one `tokenizer.json`.
//!
//! transformers reads three: `tokenizer.json`, or for want of it `vocab.txt`, and
//! `tokenizer_config.json`, whose [options](mod@crate::bert::tokenizer_options) come before those
//! of the others. What may be in it is looked at in
//! [`tokenizer_file`](mod@crate::bert::tokenizer_file).

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::bert::error::{LoadError, LoadErrorKind};
use crate::bert::model_file::{self, read_bytes};
use crate::bert::tokenizer_options::{Options, or_null};

/// The tokenizer in one file.
const WHOLE: &str = "tokenizer.json";

/// The word pieces alone, one a line.
const PIECES: &str = "vocab.txt";

/// The most bytes of a tokenizer: five times a vocabulary of all languages.
const MOST_BYTES: u64 = 24 << 20;

/// Where the tokenizer of a model is: the first of `folders` that has one, or a file that is
/// missing from the last.
pub(crate) fn find(folders: &[&Path]) -> PathBuf {
    let files = folders
        .iter()
        .flat_map(|folder| [folder.join(WHOLE), folder.join(PIECES)]);
    let last = folders.last().map(|folder| folder.join(WHOLE));
    let mut files = files.filter(|file| model_file::is_file(file));
    files.next().or(last).unwrap_or_default()
}

/// A tokenizer's files, read.
pub(crate) struct Files {
    /// The content of `tokenizer.json`, with the options that lie beside it.
    pub(crate) whole: Vec<u8>,
    /// The file as it is stored, where options took the place of something in it.
    pub(crate) stored: Option<Vec<u8>>,
}

/// Reads the file `path`, which is a `tokenizer.json` or a list of word pieces, and the options
/// beside it.
pub(crate) fn read(path: &Path) -> Result<Files, LoadError> {
    let bytes = read_bytes(path, MOST_BYTES).map_err(|error| LoadError::new(path, error))?;
    let options = Options::beside(path)?;
    let as_stored = |whole| Files {
        whole,
        stored: None,
    };

    if is_pieces(path) {
        let refuse =
            |reason: &str| LoadError::new(path, LoadErrorKind::Tokenizer(reason.to_owned()));
        let text = String::from_utf8(bytes).map_err(|_| refuse("it is not UTF-8"))?;
        let mut tokenizer = of_pieces(&text);
        options.of_pieces().apply(&mut tokenizer);
        return Ok(as_stored(tokenizer.to_string().into_bytes()));
    }
    if !options.takes_defaults() {
        return Ok(as_stored(bytes));
    }

    // What is no JSON is for the tokenizer's own reader to tell.
    let Ok(mut tokenizer) = serde_json::from_slice::<Value>(&bytes) else {
        return Ok(as_stored(bytes));
    };
    if !options.apply(&mut tokenizer) {
        return Ok(as_stored(bytes));
    }

    Ok(Files {
        whole: tokenizer.to_string().into_bytes(),
        stored: Some(bytes),
    })
}

/// The longest text, in tokens, that the options beside `path` allow, where they say it.
pub(crate) fn longest(path: &Path) -> Result<Option<usize>, LoadError> {
    let longest = Options::beside(path)?.number("model_max_length");
    // Where there is no limit, transformers writes a very large number.
    Ok(longest.and_then(|longest| usize::try_from(longest).ok()))
}

/// Says where the file `path` is not believed, since transformers takes a default of the
/// tokenizer's class instead.
pub(crate) fn notice(path: &Path) -> Result<Option<String>, LoadError> {
    let options = Options::beside(path)?;
    // Most files need not be read for it.
    if is_pieces(path) || !options.takes_defaults() {
        return Ok(None);
    }

    let bytes = read_bytes(path, MOST_BYTES).map_err(|error| LoadError::new(path, error))?;
    let tokenizer = or_null(&bytes);
    let overruled = options.overruled(&tokenizer);
    Ok(overruled.map(|overruled| format!("{}: {overruled}", path.display())))
}

/// The `tokenizer_config.json` to write beside `whole`, which is what [`read`] made of the file
/// `path`: with it, whoever reads them gets that tokenizer. `None` where there is nothing to say.
pub(crate) fn options_for(path: &Path, whole: &[u8]) -> Result<Option<String>, LoadError> {
    let written = Options::beside(path)?.written_for(&or_null(whole));
    Ok(written.map(|written| format!("{written:#}\n")))
}

fn is_pieces(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == PIECES)
}

/// A `tokenizer.json` as transformers makes it of a list of word pieces.
fn of_pieces(text: &str) -> Value {
    let mut vocabulary = Map::new();
    for (id, piece) in text.lines().enumerate() {
        vocabulary.insert(piece.trim_end_matches('\r').to_owned(), json!(id));
    }

    let specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
    let mut added: Vec<(u64, &str)> = specials
        .iter()
        .filter_map(|token| Some((vocabulary.get(*token)?.as_u64()?, *token)))
        .collect();
    added.sort_unstable();

    let added: Vec<Value> = added
        .into_iter()
        .map(|(id, token)| {
            json!({"id": id, "content": token, "single_word": false, "lstrip": false, "rstrip": false,
                "normalized": false, "special": true})
        })
        .collect();

    let id = |token: &str| vocabulary.get(token).cloned().unwrap_or(json!(0));
    json!({
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "added_tokens": added,
        "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
            "strip_accents": null, "lowercase": true},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", id("[SEP]")],
            "cls": ["[CLS]", id("[CLS]")]},
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100, "vocab": vocabulary},
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::bert::tokenizer_options::OPTIONS;

    #[test]
    fn the_first_folder_that_has_a_tokenizer_is_taken() {
        let parent = tempfile::tempdir().unwrap();
        let (own, base) = (parent.path().join("own"), parent.path().join("base"));
        for folder in [&own, &base] {
            fs::create_dir(folder).unwrap();
        }

        let folders = [own.as_path(), base.as_path()];
        assert_eq!(find(&folders), base.join(WHOLE));
        fs::write(base.join(PIECES), "[PAD]\n").unwrap();
        assert_eq!(find(&folders), base.join(PIECES));
        fs::write(base.join(WHOLE), "{}").unwrap();
        assert_eq!(find(&folders), base.join(WHOLE));
        fs::write(own.join(PIECES), "[PAD]\n").unwrap();
        assert_eq!(find(&folders), own.join(PIECES));
    }

    #[test]
    fn the_longest_text_is_read_and_no_limit_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(WHOLE);
        let options = folder.path().join(OPTIONS);
        assert_eq!(longest(&path).unwrap(), None);
        fs::write(&options, r#"{"model_max_length": 64}"#).unwrap();
        assert_eq!(longest(&path).unwrap(), Some(64));
        fs::write(
            &options,
            r#"{"model_max_length": 1000000000000000019884624838656}"#,
        )
        .unwrap();
        assert_eq!(longest(&path).unwrap(), None);
    }
}
