//! `tokenizer.json`, [looked through](mod@crate::bert::tokenizer_parts) before the library loads
//! it.

use std::path::Path;

use serde_json::Value;
use tokenizers::{Tokenizer, TruncationDirection};

use crate::bert::error::{LoadError, LoadErrorKind};
use crate::bert::guard::guarded;
use crate::bert::tokenizer_options::{Options, or_null};
use crate::bert::tokenizer_parts::Parts;
use crate::bert::{tokenizer_source, vocabulary_file};
use crate::files::json::{self, JsonError};

/// What a tokenizer can do without.
const PARTS: [&str; 5] = [
    "normalizer",
    "pre_tokenizer",
    "post_processor",
    "decoder",
    "added_tokens",
];

/// Reads a tokenizer that does not ask for too much. Its padding and truncation are turned off.
pub(crate) fn read_tokenizer(path: &Path) -> Result<Tokenizer, LoadError> {
    read_with_options(path).map(|(tokenizer, ..)| tokenizer)
}

/// The same, with the end of a long text that the file would have cut off, and what lies beside it.
pub(super) fn read_with_options(
    path: &Path,
) -> Result<(Tokenizer, Option<TruncationDirection>, Options), LoadError> {
    let files = tokenizer_source::read(path)?;
    vocabulary_file::check_pieces(path)?;
    let refuse = |reason: String| LoadError::new(path, LoadErrorKind::Tokenizer(reason));
    let look = |bytes: &[u8]| {
        let parts: Parts = json::parse_bytes(bytes).map_err(|error| LoadError::new(path, error))?;
        parts.check().map_err(refuse)
    };

    // A file that asks for too much, or is damaged, is refused, whatever options make of it.
    if let Some(stored) = files.stored.as_deref() {
        look(stored)?;
        if load(path, &without_pieces(stored)).is_err() {
            load(path, stored)?;
        }
    }
    look(&files.whole)?;
    let (tokenizer, side) = load(path, &files.whole)?;
    Ok((tokenizer, side, files.options))
}

/// The tokenizer in `stored` without its pieces, which take time and are looked at where they are
/// used, and without its added tokens, of which files may say less than the library asks for.
fn without_pieces(stored: &[u8]) -> Vec<u8> {
    /// As many as have a role, one of which stands for what has no piece.
    const FIRST: usize = 100;

    let mut rest = or_null(stored);
    if let Some(added) = rest.get_mut("added_tokens").and_then(Value::as_array_mut) {
        added.clear();
    }
    match rest.pointer_mut("/model/vocab") {
        Some(Value::Object(pieces)) => pieces.clear(),
        Some(Value::Array(pieces)) => pieces.truncate(FIRST),
        _ => {}
    }
    if let Some(Value::Array(merges)) = rest.pointer_mut("/model/merges") {
        merges.clear();
    }
    rest.to_string().into_bytes()
}

/// Loads the tokenizer in `bytes`, which are those of `path` or made of them.
fn load(path: &Path, bytes: &[u8]) -> Result<(Tokenizer, Option<TruncationDirection>), LoadError> {
    let refuse = |reason: String| LoadError::new(path, LoadErrorKind::Tokenizer(reason));
    let load = || -> Result<_, tokenizers::Error> {
        let mut tokenizer = Tokenizer::from_bytes(bytes)?;
        let side = tokenizer.get_truncation().map(|it| it.direction);
        tokenizer.with_padding(None);
        tokenizer.with_truncation(None)?;
        Ok((tokenizer, side))
    };

    let problem = match guarded(load) {
        Ok(Ok(read)) => return Ok(read),
        Ok(Err(error)) => match error.downcast_ref::<serde_json::Error>() {
            // The place in what was made of several files is nobody's.
            Some(error) if tokenizer_source::is_made(path) => {
                let problem = error.to_string();
                let problem = problem.split(" at line ").next().unwrap_or_default();
                return Err(refuse(format!(
                    "it does not go together with the merges or options beside it ({problem}); \
                     copy all of them again from where the model is from"
                )));
            }
            Some(error) => {
                let text = String::from_utf8_lossy(bytes);
                return Err(LoadError::new(path, JsonError::of(&text, error)));
            }
            None => error.to_string(),
        },
        Err(panic) => panic,
    };
    let part = at_fault(bytes).unwrap_or("model");
    Err(refuse(format!(
        "`{part}` cannot be used ({problem}); copy the file again from where the model is from"
    )))
}

/// The part of a tokenizer without which it can be loaded.
fn at_fault(bytes: &[u8]) -> Option<&'static str> {
    let whole: Value = serde_json::from_slice(bytes).ok()?;
    let is_at_fault = |part: &&str| {
        let mut rest = whole.clone();
        rest[*part] = match *part {
            "added_tokens" => Value::Array(Vec::new()),
            _ => Value::Null,
        };
        let loaded = guarded(|| Tokenizer::from_bytes(rest.to_string()));
        loaded.is_ok_and(|loaded| loaded.is_ok())
    };
    // An array has no parts.
    let parts = if whole.is_object() { &PARTS[..] } else { &[] };
    parts.iter().copied().find(is_at_fault)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const TINY: &str = include_str!("../../fixtures/reference/hf-peft/bert-tiny/tokenizer.json");

    #[track_caller]
    fn check_refused(change: impl Fn(&mut Value), expected: &str) {
        let mut file: Value = serde_json::from_str(TINY).unwrap();
        change(&mut file);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokenizer.json");
        std::fs::write(&path, file.to_string()).unwrap();

        let error = read_tokenizer(&path).unwrap_err();
        assert_eq!(error.path(), path);
        let text = error.kind().to_string();
        assert!(text.contains(expected), "{text}");
    }

    fn replace(times: usize) -> Value {
        let step = json!({"type": "Replace", "pattern": {"String": "e"}, "content": "ee"});
        json!({"type": "Sequence", "normalizers": vec![step; times]})
    }

    #[test]
    fn texts_that_grow_without_end_are_refused() {
        check_refused(
            |file| file["normalizer"] = replace(30),
            "1.074e9 times longer",
        );
        check_refused(
            |file| file["normalizer"] = replace(65),
            "more than 64 steps",
        );

        let byte_level = json!({"type": "ByteLevel"});
        let levels = json!({"type": "Sequence", "normalizers": vec![byte_level; 20]});
        check_refused(|file| file["normalizer"] = levels.clone(), "times longer");

        let one = json!({"type": "Replace", "pattern": {"Regex": ""}, "content": "a".repeat(900)});
        check_refused(|file| file["normalizer"] = one.clone(), "times longer");
        let huge = json!({"type": "Prepend", "prepend": "a".repeat(2000)});
        check_refused(|file| file["normalizer"] = huge.clone(), "2000 characters");
    }

    #[test]
    fn sizes_that_are_not_those_of_what_follows_are_refused() {
        for (table, length) in [
            ("/////w==", "4294967295 bytes"),
            ("AAAAAAAA", "have 0 bytes"),
        ] {
            let step = json!({"type": "Precompiled", "precompiled_charsmap": table});
            let steps = json!({"type": "Sequence", "normalizers": [step]});
            check_refused(|file| file["normalizer"] = step.clone(), length);
            check_refused(
                |file| file["normalizer"] = steps.clone(),
                "`precompiled_charsmap`",
            );
        }
        let none = json!({"type": "FixedLength", "length": 0});
        check_refused(|file| file["pre_tokenizer"] = none.clone(), "`length` 0");

        // A table of one unit.
        let whole = json!({"type": "Precompiled", "precompiled_charsmap": "BAAAAAAAAAA="});
        let mut file: Value = serde_json::from_str(TINY).unwrap();
        file["normalizer"] = whole;
        let parts: Parts = serde_json::from_value(file).unwrap();
        assert_eq!(parts.check(), Ok(()));
    }

    #[test]
    fn templates_that_put_in_too_much_are_refused() {
        let token = json!({"SpecialToken": {"id": "[CLS]", "type_id": 0}});
        let text = json!({"Sequence": {"id": "A", "type_id": 0}});
        let template = |single: Vec<Value>, ids: usize| {
            let ids = vec![2; ids];
            let special = json!({"[CLS]": {"id": "[CLS]", "ids": ids, "tokens": ["[CLS]"]}});
            json!({
                "type": "TemplateProcessing",
                "single": single,
                "pair": [text],
                "special_tokens": special,
            })
        };
        let many = template(vec![token.clone(); 65], 1);
        check_refused(|file| file["post_processor"] = many.clone(), "65 pieces");
        let wide = template(vec![token.clone()], 1000);
        check_refused(|file| file["post_processor"] = wide.clone(), "1000 pieces");
        let twice = template(vec![text.clone(); 2], 1);
        check_refused(
            |file| file["post_processor"] = twice.clone(),
            "more than once",
        );
    }

    #[test]
    fn steps_patterns_and_tables_beyond_reason_are_refused() {
        let mut nested = json!({"type": "Lowercase"});
        for _ in 0..9 {
            nested = json!({"type": "Sequence", "normalizers": [nested]});
        }

        check_refused(|file| file["normalizer"] = nested.clone(), "8 deep");
        let split = |pattern: &str| {
            let pattern = json!({"Regex": pattern});
            json!({"type": "Split", "pattern": pattern, "behavior": "Isolated", "invert": false})
        };
        check_refused(
            |file| file["pre_tokenizer"] = split("(?=(a+)+$)b"),
            "looks round",
        );
        check_refused(
            |file| file["pre_tokenizer"] = split("(a+)\\1"),
            "looks round",
        );
        check_refused(
            |file| file["pre_tokenizer"] = split(&"a".repeat(2000)),
            "2000 characters",
        );
        check_refused(
            |file| file["model"]["max_input_chars_per_word"] = json!(1_000_000),
            "its cube",
        );
        check_refused(|file| file["model"]["dropout"] = json!(0.1), "at random");
        check_refused(
            |file| file["normalizer"]["strip_accents"] = json!("a".repeat(5000)),
            "`normalizer` has `strip_accents` \"aaa",
        );
        check_refused(
            |file| file["normalizer"]["handle_chinese_chars"] = json!([1]),
            "it must be true or false",
        );
        check_refused(
            |file| file["added_tokens"][0]["content"] = json!("a".repeat(5000)),
            "5000 bytes",
        );
    }
}
