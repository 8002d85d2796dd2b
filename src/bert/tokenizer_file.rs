//! `tokenizer.json`, looked through before the library loads it.
//!
//! The library does whatever a file asks for. Files that ask for texts that grow without end, for
//! patterns that never end, or for tables beyond reason are refused here, by the part at fault.

use std::path::Path;

use serde::Deserialize;
use serde_json::Value;
use tokenizers::{Tokenizer, TruncationDirection};

use crate::bert::added_tokens::{LONGEST_ADDED, MOST_ADDED};
use crate::bert::error::{LoadError, LoadErrorKind};
use crate::bert::guard::guarded;
use crate::bert::tokenizer_source;
use crate::bert::vocabulary_file::{self, Vocabulary};
use crate::files::json::{self, JsonError};
use crate::nbest::json::shorten;

/// The most steps of a normalizer, pre-tokenizer, post-processor or decoder; BERT's have one to
/// five.
const MOST_STEPS: usize = 64;

/// How deep steps may contain others; each level is tried as every kind of step while it is read.
const MOST_NESTED: usize = 8;

/// How many times longer steps may make a text, all together.
const MOST_GROWTH: f64 = 4.0;

/// The most characters that a step puts before a text, or in the place of something.
const MOST_INSERTED: usize = 1_000;

/// The most pieces of a template of a post-processor, and of ids that one of its tokens stands for;
/// BERT's has three pieces.
const MOST_PIECES: usize = 64;

/// The longest pattern.
const LONGEST_PATTERN: usize = 1_000;

/// The longest word that is looked up in pieces: the time grows with its cube. BERT's is 100.
const LONGEST_WORD: u64 = 1_000;

/// What makes a pattern take time beyond its text: looking round, going back.
const UNBOUNDED: [&str; 8] = ["(?=", "(?!", "(?<=", "(?<!", "(?>", "\\k", "(?(", "\\G"];

/// What of a step is on or off.
const FLAGS: [&str; 6] = [
    "lowercase",
    "strip_accents",
    "handle_chinese_chars",
    "clean_text",
    "add_prefix_space",
    "trim_offsets",
];

/// The most characters of a value in a message.
const LONGEST_SHOWN: usize = 60;

/// What a tokenizer can do without.
const PARTS: [&str; 5] = [
    "normalizer",
    "pre_tokenizer",
    "post_processor",
    "decoder",
    "added_tokens",
];

/// The parts of a file that decide what loading and using it costs.
#[derive(Deserialize)]
struct Parts {
    #[serde(default)]
    added_tokens: Value,
    #[serde(default)]
    normalizer: Value,
    #[serde(default)]
    pre_tokenizer: Value,
    #[serde(default)]
    post_processor: Value,
    #[serde(default)]
    decoder: Value,
    model: Option<Model>,
}

#[derive(Deserialize)]
struct Model {
    #[serde(default)]
    max_input_chars_per_word: Value,
    #[serde(default)]
    dropout: Value,
    #[serde(default)]
    vocab: Vocabulary,
}

/// Reads a tokenizer that does not ask for too much. Its padding and truncation are turned off.
pub(crate) fn read_tokenizer(path: &Path) -> Result<Tokenizer, LoadError> {
    read_with_side(path).map(|(tokenizer, _)| tokenizer)
}

/// The same, with the end of a long text that the file would have cut off.
pub(super) fn read_with_side(
    path: &Path,
) -> Result<(Tokenizer, Option<TruncationDirection>), LoadError> {
    let files = tokenizer_source::read(path)?;
    vocabulary_file::check_pieces(path)?;
    let refuse = |reason: String| LoadError::new(path, LoadErrorKind::Tokenizer(reason));
    let look = |bytes: &[u8]| {
        let parts: Parts = json::parse_bytes(bytes).map_err(|error| LoadError::new(path, error))?;
        parts.check().map_err(refuse)
    };

    // A file that asks for too much is refused, whatever options make of it.
    files.stored.as_deref().map_or(Ok(()), look)?;
    look(&files.whole)?;

    let load = || -> Result<_, tokenizers::Error> {
        let mut tokenizer = Tokenizer::from_bytes(&files.whole)?;
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
                let text = String::from_utf8_lossy(&files.whole);
                return Err(LoadError::new(path, JsonError::of(&text, error)));
            }
            None => error.to_string(),
        },
        Err(panic) => panic,
    };
    let part = at_fault(&files.whole).unwrap_or("model");
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

impl Parts {
    fn check(&self) -> Result<(), String> {
        let mut growth = 1.0;
        for (name, part) in [
            ("normalizer", &self.normalizer),
            ("pre_tokenizer", &self.pre_tokenizer),
            ("post_processor", &self.post_processor),
            ("decoder", &self.decoder),
        ] {
            let mut steps = Vec::new();
            collect(part, 0, &mut steps).map_err(|problem| format!("`{name}` {problem}"))?;
            for step in steps {
                check_flags(step).map_err(|problem| format!("`{name}` {problem}"))?;
                check_template(step).map_err(|problem| format!("`{name}` {problem}"))?;
                growth *= growth_of(step).map_err(|problem| format!("`{name}` {problem}"))?;
            }
            if growth > MOST_GROWTH && name != "decoder" {
                return Err(format!(
                    "`{name}` can make a text {growth:.3e} times longer; at most {MOST_GROWTH} is \
                     accepted"
                ));
            }
        }

        self.check_added()?;
        let Some(model) = &self.model else {
            return Err("`model`, the vocabulary, is missing".to_owned());
        };

        if let Some(longest) = model.max_input_chars_per_word.as_u64()
            && longest > LONGEST_WORD
        {
            return Err(format!(
                "`max_input_chars_per_word` is {longest}; at most {LONGEST_WORD} is accepted, \
                 since the time grows with its cube"
            ));
        }

        model.vocab.check()?;
        if model.dropout.as_f64().is_some_and(|dropout| dropout > 0.0) {
            return Err("`dropout` cuts words at random: set it to null".to_owned());
        }

        Ok(())
    }

    fn check_added(&self) -> Result<(), String> {
        let added = self.added_tokens.as_array().map_or(&[][..], Vec::as_slice);
        if added.len() > MOST_ADDED {
            let count = added.len();
            return Err(format!(
                "`added_tokens` has {count} tokens; at most {MOST_ADDED} are accepted"
            ));
        }

        for token in added {
            let bytes = token["content"].as_str().map_or(0, str::len);
            if bytes > LONGEST_ADDED {
                return Err(format!(
                    "`added_tokens` has a token of {bytes} bytes; at most {LONGEST_ADDED} are \
                     accepted"
                ));
            }
        }

        Ok(())
    }
}

/// The steps in `part`, in order: itself, or those of a sequence.
fn collect<'a>(part: &'a Value, depth: usize, steps: &mut Vec<&'a Value>) -> Result<(), String> {
    if depth > MOST_NESTED {
        return Err(format!("has steps within steps, {MOST_NESTED} deep"));
    }

    let inner = ["normalizers", "pretokenizers", "processors", "decoders"];
    match inner.iter().find_map(|name| part.get(name)?.as_array()) {
        Some(inner) => inner
            .iter()
            .try_for_each(|step| collect(step, depth + 1, steps)),
        None if part.is_null() => Ok(()),
        None => {
            steps.push(part);
            if steps.len() > MOST_STEPS {
                return Err(format!("has more than {MOST_STEPS} steps"));
            }
            Ok(())
        }
    }
}

/// Refuses a switch of a step that is neither on nor off; its library may say no more than that.
fn check_flags(step: &Value) -> Result<(), String> {
    for flag in FLAGS {
        let value = &step[flag];
        if !(value.is_null() || value.is_boolean()) {
            let found = shorten(&value.to_string(), LONGEST_SHOWN);
            return Err(format!(
                "has `{flag}` {found}; it must be true or false, without quotation marks"
            ));
        }
    }
    Ok(())
}

/// Refuses a template that puts in more than [`MOST_PIECES`], or a text more than once.
fn check_template(step: &Value) -> Result<(), String> {
    let array = |value: &Value| value.as_array().map_or(0, Vec::len);
    let templates = ["single", "pair"].map(|name| &step[name]);
    let tokens = step["special_tokens"].as_object();
    let ids = tokens.into_iter().flat_map(|tokens| tokens.values());
    let pieces = ids.flat_map(|token| [array(&token["ids"]), array(&token["tokens"])]);
    let most = templates.map(array).into_iter().chain(pieces).max();
    if let Some(most) = most.filter(|most| *most > MOST_PIECES) {
        return Err(format!(
            "has a template of {most} pieces; at most {MOST_PIECES} are accepted"
        ));
    }

    let texts = |template: &Value| {
        let pieces = template.as_array().map_or(&[][..], Vec::as_slice);
        let texts = pieces.iter().filter(|piece| !piece["Sequence"].is_null());
        texts.count()
    };
    match templates.map(texts) {
        [0 | 1, 0..=2] => Ok(()),
        _ => Err("has a template with a text more than once".to_owned()),
    }
}

/// How many times longer a step can make a text, apart from what Unicode's own rules do once.
fn growth_of(step: &Value) -> Result<f64, String> {
    let length = |field: &str| step[field].as_str().map_or(0, |text| text.chars().count());
    let inserted = length("content").max(length("prepend"));
    if inserted > MOST_INSERTED {
        return Err(format!(
            "puts in {inserted} characters at once; at most {MOST_INSERTED} are accepted"
        ));
    }

    let pattern = &step["pattern"];
    let regex = pattern["Regex"].as_str();
    if let Some(regex) = regex {
        let backward = regex
            .as_bytes()
            .windows(2)
            .any(|pair| pair[0] == b'\\' && pair[1].is_ascii_digit());
        if backward || UNBOUNDED.iter().any(|construct| regex.contains(construct)) {
            return Err(
                "has a pattern that looks round or back, which can take forever".to_owned(),
            );
        }
    }
    let replaced = pattern["String"].as_str().map(|text| text.chars().count());

    let written = replaced.unwrap_or(0).max(regex.map_or(0, str::len));
    if written > LONGEST_PATTERN {
        return Err(format!(
            "has a pattern of {written} characters; at most {LONGEST_PATTERN} are accepted"
        ));
    }

    match step["type"].as_str() {
        Some("Replace") => {
            let content = length("content") as f64;
            // A regular expression may match nothing, between any two characters.
            Ok(match replaced {
                Some(replaced) => (content / replaced.max(1) as f64).max(1.0),
                None => content.max(1.0),
            })
        }
        // Up to four characters, for the bytes of one.
        Some("ByteLevel") => Ok(4.0),
        _ => Ok(1.0),
    }
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
