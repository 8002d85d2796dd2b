//! The files of a tokenizer, as one `tokenizer.json`.
//!
//! transformers reads three: `tokenizer.json`, or for want of it `vocab.txt`, and
//! `tokenizer_config.json`, whose options come before those of the others. What may be in it is
//! looked at in [`tokenizer_file`](mod@crate::bert::tokenizer_file).

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::bert::error::{LoadError, LoadErrorKind};
use crate::bert::model_file::{self, read_bytes, read_text};
use crate::files::document::SETTINGS;

/// The tokenizer in one file.
const WHOLE: &str = "tokenizer.json";

/// The word pieces alone, one a line.
const PIECES: &str = "vocab.txt";

/// The most bytes of a tokenizer: five times a vocabulary of all languages.
const MOST_BYTES: u64 = 24 << 20;

/// The options that come before those of the other files.
const OPTIONS: &str = "tokenizer_config.json";

/// The tokenizer classes whose normalizer takes these options.
const CLASSES: [&str; 4] = ["Bert", "DistilBert", "Electra", "MobileBert"];

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

/// The content of `tokenizer.json` for the file `path`, which is one or is a list of word pieces,
/// with the options that lie beside it.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, LoadError> {
    let bytes = read_bytes(path, MOST_BYTES).map_err(|error| LoadError::new(path, error))?;
    let options = Options::beside(path)?;
    if path.file_name().is_some_and(|name| name == PIECES) {
        let refuse =
            |reason: &str| LoadError::new(path, LoadErrorKind::Tokenizer(reason.to_owned()));
        let text = String::from_utf8(bytes).map_err(|_| refuse("it is not UTF-8"))?;
        let mut tokenizer = of_pieces(&text);
        options.apply(&mut tokenizer);
        return Ok(tokenizer.to_string().into_bytes());
    }
    // What is no JSON is for the tokenizer's own reader to tell.
    let Ok(mut tokenizer) = serde_json::from_slice::<Value>(&bytes) else {
        return Ok(bytes);
    };
    if options.apply(&mut tokenizer) {
        return Ok(tokenizer.to_string().into_bytes());
    }

    Ok(bytes)
}

/// The longest text, in tokens, that the options beside `path` allow, where they say it.
pub(crate) fn longest(path: &Path) -> Result<Option<usize>, LoadError> {
    let longest = Options::beside(path)?.0.get("model_max_length").cloned();
    // Where there is no limit, transformers writes a very large number.
    Ok(longest
        .and_then(|longest| longest.as_u64())
        .and_then(|longest| usize::try_from(longest).ok()))
}

/// `tokenizer_config.json`; empty where there is none.
struct Options(Map<String, Value>);

impl Options {
    fn beside(path: &Path) -> Result<Options, LoadError> {
        let path = path.with_file_name(OPTIONS);
        if !model_file::is_file(&path) {
            return Ok(Options(Map::new()));
        }

        let text = read_text(&path, SETTINGS).map_err(|error| LoadError::new(&path, error))?;
        let options = serde_json::from_str(text.trim_start_matches('\u{feff}'))
            .map_err(|error| LoadError::new(&path, error))?;

        Ok(Options(options))
    }

    /// Whether the tokenizer is of one of `classes`, or of none.
    fn is_of(&self, classes: &[&str]) -> bool {
        let class = self.0.get("tokenizer_class").and_then(Value::as_str);
        class.is_none_or(|class| {
            classes.iter().any(|known| {
                let rest = class.strip_prefix(known);
                rest.is_some_and(|rest| matches!(rest, "Tokenizer" | "TokenizerFast"))
            })
        })
    }

    /// Puts the options into `tokenizer`; whether one of them changed it.
    fn apply(&self, tokenizer: &mut Value) -> bool {
        let normalized = tokenizer
            .get_mut("normalizer")
            .is_some_and(|normalizer| self.normalize(normalizer));
        let spaced = tokenizer
            .get_mut("pre_tokenizer")
            .is_some_and(|step| self.begin_with_space(step));
        normalized || spaced
    }

    /// Whether the first word has a space before it, as the others have, where pieces hold spaces.
    fn begin_with_space(&self, step: &mut Value) -> bool {
        let Some(wanted @ Value::Bool(_)) = self.0.get("add_prefix_space") else {
            return false;
        };
        if !self.is_of(&["Roberta"]) || step["type"] != "ByteLevel" {
            return false;
        }

        let changes = step["add_prefix_space"] != *wanted;
        step["add_prefix_space"] = wanted.clone();
        changes
    }

    /// Puts the options of a BERT normalizer into `normalizer`; whether one of them changed it.
    fn normalize(&self, normalizer: &mut Value) -> bool {
        if !self.is_of(&CLASSES) || normalizer["type"] != "BertNormalizer" {
            return false;
        }

        let before = normalizer.clone();
        for (option, field) in [
            ("do_lower_case", "lowercase"),
            ("strip_accents", "strip_accents"),
            ("tokenize_chinese_chars", "handle_chinese_chars"),
        ] {
            if let Some(value @ (Value::Bool(_) | Value::Null)) = self.0.get(option)
                && (value.is_boolean() || option == "strip_accents")
            {
                normalizer[field] = value.clone();
            }
        }

        *normalizer != before
    }
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

    use crate::bert::examples::root;

    /// What the options `changed` make of the reference tokenizer's normalizer.
    fn normalizer(options: &Value) -> Value {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(WHOLE);
        fs::copy(root().join("../hf-peft/bert-tiny/tokenizer.json"), &path).unwrap();
        fs::write(folder.path().join(OPTIONS), options.to_string()).unwrap();

        let whole: Value = serde_json::from_slice(&read(&path).unwrap()).unwrap();
        whole["normalizer"].clone()
    }

    #[test]
    fn options_come_before_the_tokenizer_file() {
        let options = json!({"tokenizer_class": "BertTokenizer", "do_lower_case": false,
            "strip_accents": true, "tokenize_chinese_chars": false});

        let changed = normalizer(&options);
        assert_eq!(changed["lowercase"], false);
        assert_eq!(changed["strip_accents"], true);
        assert_eq!(changed["handle_chinese_chars"], false);

        let options = json!({"tokenizer_class": "PreTrainedTokenizerFast", "do_lower_case": false});
        assert_eq!(normalizer(&options), normalizer(&json!({})));
        assert_eq!(
            normalizer(&json!({"do_lower_case": null})),
            normalizer(&json!({}))
        );
    }

    #[test]
    fn a_space_before_the_first_word_is_an_option() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(WHOLE);
        let tokenizer = json!({"normalizer": null,
            "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false}});
        fs::write(&path, tokenizer.to_string()).unwrap();

        for (class, expected) in [("RobertaTokenizer", true), ("GPT2Tokenizer", false)] {
            let options = json!({"tokenizer_class": class, "add_prefix_space": true});
            fs::write(folder.path().join(OPTIONS), options.to_string()).unwrap();
            let found: Value = serde_json::from_slice(&read(&path).unwrap()).unwrap();
            assert_eq!(found["pre_tokenizer"]["add_prefix_space"], expected);
        }
    }

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
