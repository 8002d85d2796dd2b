//! The files of a tokenizer, as one `tokenizer.json`.
//!
//! transformers reads several: `tokenizer.json`, or for want of it `vocab.txt`, or `vocab.json` with
//! `merges.txt`; and `tokenizer_config.json`, whose
//! [options](mod@crate::bert::tokenizer_options) come before those of the others. What may be in it
//! is looked at in [`tokenizer_file`](mod@crate::bert::tokenizer_file).

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::bert::error::{LoadError, LoadErrorKind};
use crate::bert::model_file::{self, read_bytes};
use crate::bert::tokenizer_class::Class;
use crate::bert::tokenizer_options::{Options, or_null};
use crate::files::document::{NotUtf8, utf8};

/// The tokenizer in one file.
const WHOLE: &str = "tokenizer.json";

/// The word pieces alone, one a line.
const PIECES: &str = "vocab.txt";

/// The byte pieces with their ids, which [`MERGES`] makes of bytes.
const BYTE_PIECES: &str = "vocab.json";

/// Which byte pieces become one, the first first.
const MERGES: &str = "merges.txt";

/// Tokenizers that are not read.
const UNREAD: [&str; 4] = [
    "sentencepiece.bpe.model",
    "spiece.model",
    "tokenizer.model",
    BYTE_PIECES,
];

/// The most bytes of a tokenizer: five times a vocabulary of all languages.
const MOST_BYTES: u64 = 24 << 20;

/// The most bytes of merges: fifteen times RoBERTa's.
const MOST_MERGES: u64 = 8 << 20;

/// Where the tokenizer of a model is: the first of `folders` that has one, or a file that is
/// missing from the last.
pub(crate) fn find(folders: &[&Path]) -> PathBuf {
    let files = folders.iter().flat_map(|folder| {
        let bytes = folder.join(BYTE_PIECES);
        let is_whole = model_file::is_file(&folder.join(MERGES));
        [folder.join(WHOLE), folder.join(PIECES)]
            .into_iter()
            .chain(is_whole.then_some(bytes))
    });
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
    /// What transformers makes of the file otherwise than it says, by the tokenizer's class.
    pub(crate) overruled: Option<String>,
    /// What lies beside it.
    pub(super) options: Options,
}

/// Reads the file `path`, which is a `tokenizer.json` or a list of pieces, and the options
/// beside it.
pub(crate) fn read(path: &Path) -> Result<Files, LoadError> {
    refuse_unread(path)?;
    let bytes = read_bytes(path, MOST_BYTES).map_err(|error| LoadError::new(path, error))?;
    let mut files = Files {
        whole: bytes,
        stored: None,
        overruled: None,
        options: options(path)?,
    };

    if let Some(class) = class_of_lists(path) {
        let mut tokenizer = match class {
            Class::Bert => {
                let refuse = |error: NotUtf8| LoadErrorKind::Tokenizer(error.to_string());
                let text =
                    utf8(&files.whole).map_err(|error| LoadError::new(path, refuse(error)))?;
                of_pieces(text)
            }
            _ => of_byte_pieces(path, &files.whole)?,
        };
        files.options.apply(&mut tokenizer);
        files.whole = tokenizer.to_string().into_bytes();
    } else if files.options.may_change()
        // What is no JSON is for the tokenizer's own reader to tell.
        && let Ok(mut tokenizer) = serde_json::from_slice::<Value>(&files.whole)
    {
        files.overruled = files.options.overruled(&tokenizer);
        if files.options.apply(&mut tokenizer) {
            let whole = tokenizer.to_string().into_bytes();
            files.stored = Some(std::mem::replace(&mut files.whole, whole));
        }
    }
    Ok(files)
}

/// Whether the tokenizer is made of several files, of which `path` is the first.
pub(crate) fn is_made(path: &Path) -> bool {
    class_of_lists(path).is_some()
}

/// Whether the file `path` is a list of word pieces.
pub(crate) fn is_pieces(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == PIECES)
}

/// The class of a tokenizer that is made of lists of pieces, of which `path` is one.
fn class_of_lists(path: &Path) -> Option<Class> {
    let name = path.file_name()?;
    if is_pieces(path) {
        Some(Class::Bert)
    } else if name == BYTE_PIECES {
        Some(Class::Roberta)
    } else {
        None
    }
}

/// The options beside the file `path`.
fn options(path: &Path) -> Result<Options, LoadError> {
    let options = Options::beside(path)?;
    match class_of_lists(path) {
        Some(class) => options.of_lists(class),
        None => Ok(options),
    }
}

/// Refuses a folder that has no tokenizer, or one in a form that is not read.
fn refuse_unread(path: &Path) -> Result<(), LoadError> {
    // What is there and cannot be opened is for its reader to tell.
    if model_file::is_file(path) || path.exists() || path.is_symlink() {
        return Ok(());
    }

    let folder = path.parent().unwrap_or(path);
    let mut unread = UNREAD.iter();
    let unread = unread.find(|name| model_file::is_file(&folder.join(name)));
    let (reason, of) = match unread {
        Some(unread) => (
            format!("there is no {WHOLE} in it, and {unread} alone is not read: make one"),
            "FOLDER",
        ),
        None => (
            format!(
                "there is no tokenizer in it, neither {WHOLE} nor {PIECES}, nor {BYTE_PIECES} with \
                 {MERGES}: copy it from where the model is from, or write {WHOLE}"
            ),
            "MODEL",
        ),
    };
    Err(LoadError::folder(
        folder,
        format!(
            "{reason} with transformers' \
             AutoTokenizer.from_pretrained({of}).save_pretrained(FOLDER)"
        ),
    ))
}

/// The longest text, in tokens, that the options beside `path` allow, where they say it.
pub(crate) fn longest(path: &Path) -> Result<Option<usize>, LoadError> {
    let options = Options::beside(path)?;
    let longest = options.said("model_max_length").and_then(Value::as_u64);
    // Where there is no limit, transformers writes a very large number.
    Ok(longest.and_then(|longest| usize::try_from(longest).ok()))
}

/// The `tokenizer_config.json` to write beside `whole`, which is what [`read`] made of the file
/// `path`: with it, whoever reads them gets that tokenizer. `None` where there is nothing to say.
pub(crate) fn options_for(path: &Path, whole: &[u8]) -> Result<Option<String>, LoadError> {
    let written = options(path)?.written_for(&or_null(whole));
    Ok(written.map(|written| format!("{written:#}\n")))
}

/// The word pieces in a list, one a line; the white space that ends a line is no part of one.
pub(crate) fn pieces(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim_end)
}

/// A `tokenizer.json` as transformers makes it of a list of word pieces.
fn of_pieces(text: &str) -> Value {
    let mut vocabulary = Map::new();
    for (id, piece) in pieces(text).enumerate() {
        vocabulary.insert(piece.to_owned(), json!(id));
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

/// A `tokenizer.json` of the byte pieces `bytes` of the file `path`, and of the merges beside it.
fn of_byte_pieces(path: &Path, bytes: &[u8]) -> Result<Value, LoadError> {
    let vocabulary: Map<String, Value> =
        serde_json::from_slice(bytes).map_err(|error| LoadError::new(path, error))?;
    let file = path.with_file_name(MERGES);
    let text = model_file::read_text(&file, MOST_MERGES);
    let text = text.map_err(|error| LoadError::new(&file, error))?;
    let mut merges = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim_end_matches('\r');
        if line.starts_with("#version") {
            continue;
        }
        let is_piece = |part: &str| !(part.is_empty() || part.contains(' '));
        let pair = line.split_once(' ');
        let Some((first, second)) = pair.filter(|pair| is_piece(pair.0) && is_piece(pair.1)) else {
            let reason = format!("line {number} is not two pieces with a space between them");
            return Err(LoadError::new(&file, LoadErrorKind::Tokenizer(reason)));
        };
        merges.push(json!([first, second]));
    }

    Ok(json!({
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "added_tokens": [],
        "normalizer": null,
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true,
            "use_regex": true},
        "post_processor": null,
        "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true,
            "use_regex": true},
        "model": {"type": "BPE", "dropout": null, "unk_token": null,
            "continuing_subword_prefix": "", "end_of_word_suffix": "", "fuse_unk": false,
            "byte_fallback": false, "ignore_merges": false, "vocab": vocabulary, "merges": merges},
    }))
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
    fn a_folder_without_a_tokenizer_says_which_files_make_one() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(OPTIONS), "{}").unwrap();
        let error = read(&find(&[folder.path()])).err().unwrap();
        assert_eq!(error.path(), folder.path());
        let text = error.kind().to_string();
        for part in [WHOLE, PIECES, BYTE_PIECES, MERGES, "copy it from"] {
            assert!(text.contains(part), "{text}");
        }
        assert_eq!(text.matches("save_pretrained").count(), 1, "{text}");
    }

    /// As the tokenizers library reads a list for transformers 5.24: `trim_end` of each line.
    #[test]
    fn white_space_at_the_end_of_a_line_is_no_part_of_a_piece() {
        let text = "the \n two\t\nto\u{a0}\r\n\u{3000}\nx\ry\n\u{85}z\u{2028}\n";
        let found: Vec<&str> = pieces(text).collect();
        assert_eq!(found, ["the", " two", "to", "", "x\ry", "\u{85}z"]);
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
