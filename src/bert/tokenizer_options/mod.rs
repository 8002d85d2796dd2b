//! `tokenizer_config.json`, and what transformers takes for what it does not say.
//!
//! A class of tokenizers that is BERT's or RoBERTa's makes its steps anew: of what
//! `tokenizer.json` says of them, nothing is left, and an option that is not given is the default
//! of the class. Tokenizers of no such class are taken from `tokenizer.json` as they are.
//!
//! | class | option | default |
//! |---|---|---|
//! | BERT's | `do_lower_case` | true |
//! | BERT's | `strip_accents` | null: as `do_lower_case` |
//! | BERT's | `tokenize_chinese_chars` | true |
//! | RoBERTa's | `add_prefix_space` | false |
//!
//! (Checked against transformers 5.24.)

use std::path::Path;

use serde_json::{Map, Value, json};

use crate::bert::error::LoadError;
use crate::bert::model_file::{CHECKPOINT_FILE, is_file, read_text};
use crate::files::document::SETTINGS;

/// The options that come before those of the other files.
pub(super) const OPTIONS: &str = "tokenizer_config.json";

/// The classes that are BERT's under some name, without `Tokenizer` or `TokenizerFast`.
const BERT_CLASSES: [&str; 4] = ["Bert", "DistilBert", "Electra", "MobileBert"];

/// The types of models whose tokenizers are BERT's where no class is named.
const BERT_MODELS: [&str; 8] = [
    "bert",
    "distilbert",
    "electra",
    "mobilebert",
    "convbert",
    "ernie",
    "megatron-bert",
    "squeezebert",
];

/// The same for RoBERTa's.
const ROBERTA_MODELS: [&str; 3] = ["roberta", "roberta-prelayernorm", "data2vec-text"];

/// Options that name other files, or code: they are nobody's where they are not.
const PLACES: [&str; 5] = [
    "auto_map",
    "name_or_path",
    "special_tokens_map_file",
    "tokenizer_file",
    "vocab_file",
];

/// How a tokenizer is made of its files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Bert,
    Roberta,
    /// `tokenizer.json` says it all.
    Whole,
}

/// `tokenizer_config.json`; empty where there is none.
pub(super) struct Options {
    said: Map<String, Value>,
    class: Class,
    /// Whether the class is named, by these options or by the model's.
    is_named: bool,
}

impl Options {
    /// Those beside the file `path`.
    pub(super) fn beside(path: &Path) -> Result<Options, LoadError> {
        let file = path.with_file_name(OPTIONS);
        let is_there = is_file(&file);
        let options: Map<String, Value> = if is_there {
            let text = read_text(&file, SETTINGS).map_err(|error| LoadError::new(&file, error))?;
            serde_json::from_str(text.trim_start_matches('\u{feff}'))
                .map_err(|error| LoadError::new(&file, error))?
        } else {
            Map::new()
        };

        // Early versions of this program wrote tokenizer.json alone, with the options in it.
        let is_own = !is_there && is_file(&path.with_file_name(CHECKPOINT_FILE));
        let named = options.get("tokenizer_class").and_then(Value::as_str);
        let (class, is_named) = match named {
            Some(named) => (named_class(named), true),
            None if is_own => (Class::Whole, false),
            None => class_of_model(&path.with_file_name("config.json")),
        };

        Ok(Options {
            said: options,
            class,
            is_named,
        })
    }

    /// The same for a list of word pieces, which are BERT's where no class is named.
    pub(super) fn of_pieces(mut self) -> Options {
        if !self.is_named {
            self.class = Class::Bert;
        }
        self
    }

    /// The whole number `name`, where it is one.
    pub(super) fn number(&self, name: &str) -> Option<u64> {
        self.said.get(name)?.as_u64()
    }

    /// Whether options are not given of which the class has defaults.
    pub(super) fn takes_defaults(&self) -> bool {
        self.class != Class::Whole
    }

    /// Puts the options into `tokenizer`; whether one of them changed it.
    pub(super) fn apply(&self, tokenizer: &mut Value) -> bool {
        let steps = self.steps(tokenizer);
        let Some(tokenizer) = tokenizer.as_object_mut() else {
            return false;
        };

        let mut changes = false;
        for (name, wanted) in steps {
            let previous = tokenizer.insert(name.to_owned(), wanted.clone());
            changes |= previous.as_ref() != Some(&wanted);
        }
        changes
    }

    /// The steps that the class makes anew for `tokenizer`, by their names.
    fn steps(&self, tokenizer: &Value) -> Vec<(&'static str, Value)> {
        match self.class {
            Class::Bert if is_of_word_pieces(tokenizer) => {
                let normalizer = json!({
                    "type": "BertNormalizer",
                    "clean_text": true,
                    "handle_chinese_chars": self.flag("tokenize_chinese_chars", true),
                    "strip_accents": self.said.get("strip_accents").and_then(Value::as_bool),
                    "lowercase": self.flag("do_lower_case", true),
                });
                let words = json!({"type": "BertPreTokenizer"});
                vec![("normalizer", normalizer), ("pre_tokenizer", words)]
            }
            Class::Roberta if tokenizer["pre_tokenizer"]["type"] == "ByteLevel" => {
                let mut step = tokenizer["pre_tokenizer"].clone();
                step["add_prefix_space"] = json!(self.flag("add_prefix_space", false));
                vec![("pre_tokenizer", step)]
            }
            Class::Bert | Class::Roberta | Class::Whole => Vec::new(),
        }
    }

    fn flag(&self, name: &str, default: bool) -> bool {
        let given = self.said.get(name).and_then(Value::as_bool);
        given.unwrap_or(default)
    }

    /// What `tokenizer` says that a default of the class takes the place of.
    ///
    /// What an option takes the place of is left unsaid: somebody wrote that.
    pub(super) fn overruled(&self, tokenizer: &Value) -> Option<String> {
        if !tokenizer.is_object() {
            return None;
        }

        let steps = self.steps(tokenizer);
        let name = match self.class {
            Class::Bert => "BertTokenizer",
            Class::Roberta => "RobertaTokenizer",
            Class::Whole => return None,
        };
        let wanted = |step: &str| steps.iter().find(|(name, _)| *name == step);

        let stored = &tokenizer["normalizer"];
        if let Some((_, wanted)) = wanted("normalizer")
            && stored["type"] != wanted["type"]
        {
            return Some(format!(
                "its normalizer is not BERT's; transformers makes that of the class {name} \
                 instead, and so does this program: name the tokenizer_class \
                 PreTrainedTokenizerFast in {OPTIONS} to have the file's"
            ));
        }

        let (step, of_option): (_, &[(&str, &str)]) = match self.class {
            Class::Bert => (
                "normalizer",
                &[
                    ("do_lower_case", "lowercase"),
                    ("strip_accents", "strip_accents"),
                    ("tokenize_chinese_chars", "handle_chinese_chars"),
                ],
            ),
            Class::Roberta | Class::Whole => {
                ("pre_tokenizer", &[("add_prefix_space", "add_prefix_space")])
            }
        };

        let (_, wanted) = wanted(step)?;
        let stored = &tokenizer[step];
        let differs = |(option, field): &&(&str, &str)| {
            !self.said.contains_key(*option)
                && stored[field] != wanted[field]
                && meant(stored, field) != meant(wanted, field)
        };
        let (option, field) = of_option.iter().find(differs)?;
        Some(format!(
            "its `{field}` is {}, but {OPTIONS} has no `{option}`, and then transformers takes the \
             default of the class {name}, which amounts to {}: so does this program. Write \
             `{option}` into {OPTIONS} to say which is meant",
            meant(stored, field),
            meant(wanted, field)
        ))
    }

    /// What to write beside `whole`, the tokenizer with these options in it; `None` where there is
    /// nothing to say.
    pub(super) fn written_for(self, whole: &Value) -> Option<Value> {
        let mut options = self.said;
        for place in PLACES {
            options.remove(place);
        }

        if !options.contains_key("tokenizer_class") {
            let (normalizer, words) = (&whole["normalizer"], &whole["pre_tokenizer"]);
            let is_bert = is_of_word_pieces(whole)
                && normalizer["type"] == "BertNormalizer"
                && normalizer["clean_text"] == true
                && words["type"] == "BertPreTokenizer";
            let said = if is_bert {
                json!({
                    "tokenizer_class": "BertTokenizer",
                    "do_lower_case": normalizer["lowercase"],
                    "strip_accents": normalizer["strip_accents"],
                    "tokenize_chinese_chars": normalizer["handle_chinese_chars"],
                })
            } else if words["type"] == "ByteLevel" && normalizer.is_null() {
                json!({
                    "tokenizer_class": "RobertaTokenizer",
                    "add_prefix_space": words["add_prefix_space"],
                })
            } else if is_of_word_pieces(whole) {
                json!({"tokenizer_class": "PreTrainedTokenizerFast"})
            } else {
                json!({})
            };
            options.extend(said.as_object().cloned().unwrap_or_default());
        }

        (!options.is_empty()).then_some(Value::Object(options))
    }
}

/// What `field` of a step comes to: accents go with capitals where nothing else is said.
fn meant<'a>(step: &'a Value, field: &str) -> &'a Value {
    match &step[field] {
        Value::Null if field == "strip_accents" => &step["lowercase"],
        value => value,
    }
}

/// The tokenizer in `bytes`; null where they are no JSON, which is for its own reader to tell.
pub(super) fn or_null(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap_or(Value::Null)
}

/// Whether the pieces are those of BERT's tokenizers. Old files do not name the kind.
fn is_of_word_pieces(tokenizer: &Value) -> bool {
    let model = &tokenizer["model"];
    model["type"] == "WordPiece" || (model["type"].is_null() && model["merges"].is_null())
}

/// The class of that name.
fn named_class(name: &str) -> Class {
    let name = name.strip_suffix("Fast").unwrap_or(name);
    match name.strip_suffix("Tokenizer") {
        Some("Roberta") => Class::Roberta,
        Some(name) if BERT_CLASSES.contains(&name) => Class::Bert,
        Some(_) | None => Class::Whole,
    }
}

/// The class that the model's `config.json` stands for, and whether it says so.
fn class_of_model(config: &Path) -> (Class, bool) {
    // What is wrong with it is told where the model's shape is read.
    let text = if is_file(config) {
        read_text(config, SETTINGS).unwrap_or_default()
    } else {
        String::new()
    };
    let config = or_null(text.trim_start_matches('\u{feff}').as_bytes());
    if let Some(name) = config["tokenizer_class"].as_str() {
        return (named_class(name), true);
    }

    let class = match config["model_type"].as_str() {
        Some(model) if BERT_MODELS.contains(&model) => Class::Bert,
        Some(model) if ROBERTA_MODELS.contains(&model) => Class::Roberta,
        Some(_) | None => Class::Whole,
    };
    (class, false)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    use crate::bert::examples::root;
    use crate::bert::tokenizer_source::{notice, options_for, read};

    /// A folder with the reference tokenizer, of which `steps` are others, and `files` beside it.
    fn folder(steps: &Value, files: &[(&str, Value)]) -> tempfile::TempDir {
        let text = fs::read(root().join("../hf-peft/bert-tiny/tokenizer.json")).unwrap();
        let mut whole = or_null(&text);
        for (name, step) in steps.as_object().unwrap() {
            whole[name] = step.clone();
        }

        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("tokenizer.json"), whole.to_string()).unwrap();
        for (name, content) in files {
            fs::write(folder.path().join(name), content.to_string()).unwrap();
        }
        folder
    }

    /// What is read of such a folder.
    fn tokenizer(steps: &Value, files: &[(&str, Value)]) -> Value {
        let folder = folder(steps, files);
        or_null(&read(&folder.path().join("tokenizer.json")).unwrap().whole)
    }

    fn bert(lowercase: bool, strip_accents: Option<bool>, chinese: bool) -> Value {
        json!({"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": chinese,
            "strip_accents": strip_accents, "lowercase": lowercase})
    }

    #[test]
    fn options_come_before_the_tokenizer_file() {
        let none = json!({});
        let read =
            |options: &Value| tokenizer(&none, &[(OPTIONS, options.clone())])["normalizer"].clone();

        let options = json!({"tokenizer_class": "BertTokenizer", "do_lower_case": false,
            "strip_accents": true, "tokenize_chinese_chars": false});
        assert_eq!(read(&options), bert(false, Some(true), false));

        let options = json!({"tokenizer_class": "PreTrainedTokenizerFast", "do_lower_case": false});
        assert_eq!(read(&options), read(&none));
        assert_eq!(read(&json!({"do_lower_case": null})), read(&none));
    }

    /// Expected values are those that transformers 5.24 loads of such folders.
    #[test]
    fn defaults_of_the_class_come_before_the_tokenizer_file() {
        let sequence = json!({"type": "Sequence",
            "normalizers": [{"type": "NFD"}, {"type": "StripAccents"}]});
        let stored = [
            bert(false, None, true),
            bert(true, Some(false), true),
            bert(false, Some(true), false),
            Value::Null,
            sequence,
        ];
        let model = |kind: &str| ("config.json", json!({"model_type": kind}));
        let class = |name: &str| (OPTIONS, json!({"tokenizer_class": name}));
        let bare = (OPTIONS, json!({"model_max_length": 64}));

        for normalizer in &stored {
            let check = |files: &[(&str, Value)], expected: &Value| {
                let steps = json!({"normalizer": normalizer});
                let found = tokenizer(&steps, files);
                assert_eq!(found["normalizer"], *expected, "{files:?}");
            };

            for name in ["BertTokenizer", "BertTokenizerFast", "ElectraTokenizer"] {
                check(&[class(name)], &bert(true, None, true));
                check(&[class(name), model("roberta")], &bert(true, None, true));
            }
            for kind in ["bert", "distilbert", "electra"] {
                check(&[model(kind)], &bert(true, None, true));
                check(&[model(kind), bare.clone()], &bert(true, None, true));
            }
            for name in [
                "PreTrainedTokenizerFast",
                "TokenizersBackend",
                "MyTokenizer",
            ] {
                check(&[class(name), model("bert")], normalizer);
            }
            let cased = (OPTIONS, json!({"do_lower_case": false}));
            check(&[model("bert"), cased], &bert(false, None, true));
            check(&[], normalizer);

            // A checkpoint of this program's has no other file than tokenizer.json.
            check(&[model("bert"), (CHECKPOINT_FILE, json!({}))], normalizer);
        }
    }

    #[test]
    fn a_space_before_the_first_word_is_an_option() {
        let steps = |space: bool| {
            json!({"normalizer": null, "model": {"type": "BPE"},
                "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": space}})
        };
        let check = |stored: bool, options: Value, expected: bool| {
            let found = tokenizer(&steps(stored), &[(OPTIONS, options.clone())]);
            assert_eq!(
                found["pre_tokenizer"]["add_prefix_space"], expected,
                "{options}"
            );
        };

        let class = |name: &str| json!({"tokenizer_class": name, "add_prefix_space": true});
        check(false, class("RobertaTokenizer"), true);
        check(false, class("GPT2Tokenizer"), false);
        check(true, json!({"tokenizer_class": "RobertaTokenizer"}), false);
        check(
            true,
            json!({"tokenizer_class": "RobertaTokenizerFast"}),
            false,
        );
        check(
            true,
            json!({"tokenizer_class": "PreTrainedTokenizerFast"}),
            true,
        );
    }

    #[test]
    fn what_a_default_takes_the_place_of_is_said() {
        let said = |normalizer: Value, options: Value| {
            let folder = folder(&json!({"normalizer": normalizer}), &[(OPTIONS, options)]);
            notice(&folder.path().join("tokenizer.json")).unwrap()
        };
        let class = json!({"tokenizer_class": "BertTokenizer"});

        let text = said(bert(false, None, true), class.clone()).unwrap();
        assert!(text.contains("`lowercase` is false"), "{text}");
        assert!(text.contains("Write `do_lower_case` into"), "{text}");
        let text = said(bert(true, Some(false), true), class.clone()).unwrap();
        assert!(text.contains("`strip_accents` is false"), "{text}");
        let text = said(Value::Null, class.clone()).unwrap();
        assert!(text.contains("PreTrainedTokenizerFast"), "{text}");

        assert_eq!(said(bert(true, Some(true), true), class), None);
        let cased = json!({"tokenizer_class": "BertTokenizer", "do_lower_case": false});
        assert_eq!(said(bert(true, None, true), cased), None);
        let whole = json!({"tokenizer_class": "PreTrainedTokenizerFast"});
        assert_eq!(said(bert(false, None, true), whole), None);
    }

    #[test]
    fn what_is_written_is_read_back_as_the_same_tokenizer() {
        let config = ("config.json", json!({"model_type": "bert"}));
        let cased = (OPTIONS, json!({"do_lower_case": false, "auto_map": {}}));
        let own = (CHECKPOINT_FILE, json!({}));
        let beside = [
            vec![config.clone()],
            vec![config.clone(), cased],
            vec![config.clone(), own],
            vec![(OPTIONS, json!({"tokenizer_class": "BertTokenizer"}))],
        ];

        for files in beside {
            for normalizer in [bert(false, None, true), bert(true, Some(false), false)] {
                let from = folder(&json!({"normalizer": normalizer}), &files);
                let path = from.path().join("tokenizer.json");
                let whole = read(&path).unwrap().whole;
                let options = options_for(&path, &whole).unwrap().unwrap();
                assert!(!options.contains("auto_map"), "{options}");

                let to = tempfile::tempdir().unwrap();
                let written = to.path().join("tokenizer.json");
                fs::write(&written, &whole).unwrap();
                fs::write(to.path().join(OPTIONS), options).unwrap();
                fs::write(to.path().join("config.json"), config.1.to_string()).unwrap();
                assert_eq!(or_null(&read(&written).unwrap().whole), or_null(&whole));
                assert_eq!(notice(&written).unwrap(), None);
            }
        }
    }
}
