//! The parts of a `tokenizer.json` that decide what loading and using it costs.
//!
//! The library does whatever a file asks for. Files that ask for texts that grow without end, for
//! patterns that never end, or for tables beyond reason are refused here, by the part at fault.

use serde::Deserialize;
use serde_json::Value;

use crate::bert::added_tokens::{LONGEST_ADDED, MOST_ADDED};
use crate::bert::vocabulary_file::Vocabulary;
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

/// The kinds of models that the library knows.
const KINDS: [&str; 4] = ["BPE", "Unigram", "WordLevel", "WordPiece"];

/// The parts of a file that decide what loading and using it costs.
#[derive(Deserialize)]
pub(super) struct Parts {
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
    r#type: Value,
    #[serde(default)]
    max_input_chars_per_word: Value,
    #[serde(default)]
    dropout: Value,
    #[serde(default)]
    vocab: Vocabulary,
}

impl Parts {
    /// Refuses what asks for too much.
    pub(super) fn check(&self) -> Result<(), String> {
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
                check_sizes(step).map_err(|problem| format!("`{name}` {problem}"))?;
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

        if !(model.r#type.is_null() || KINDS.iter().any(|kind| model.r#type == *kind)) {
            let found = shorten(&model.r#type.to_string(), LONGEST_SHOWN);
            let kinds = KINDS.join(", ");
            return Err(format!(
                "`model.type` is {found}; it must be one of {kinds}"
            ));
        }
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

/// Refuses a table of replacements that says that it is longer than it is, for which its library
/// makes room before it looks, and sizes that its library does not survive.
fn check_sizes(step: &Value) -> Result<(), String> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    if step["length"] == 0 {
        return Err("has the `length` 0; it must be at least 1".to_owned());
    }
    let Some(table) = step["precompiled_charsmap"].as_str() else {
        return Ok(());
    };

    // Six digits of base 64 are 36 bits; the first 32 are the length, its lowest byte first. What
    // is no digit is for the library to refuse.
    let value = |digit| DIGITS.iter().position(|known| *known == digit).unwrap_or(0);
    let bits = table
        .bytes()
        .take(6)
        .fold(0, |bits, digit| bits << 6 | value(digit) as u64);
    let length = u64::from_le_bytes((bits << 28).to_be_bytes()) & u64::from(u32::MAX);
    let held = (table.len() as u64 / 4 * 3).saturating_sub(4);
    if (4..=held).contains(&length) {
        return Ok(());
    }
    Err(format!(
        "has a `precompiled_charsmap` whose table should have {length} bytes, and it holds {held} \
         at most; copy the file again from where the model is from"
    ))
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
