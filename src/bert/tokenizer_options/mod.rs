//! `tokenizer_config.json`, and what transformers takes for what it does not say.
//!
//! A [class](mod@crate::bert::tokenizer_class) of tokenizers that is BERT's or RoBERTa's makes its
//! steps anew: of what `tokenizer.json` says of them, nothing is left, and an option that is not
//! given is the default of the class. Tokenizers of no such class are taken from `tokenizer.json`
//! as they are, with the tokens that the files beside it
//! [name](mod@crate::bert::named_tokens).
//!
//! | class | option | default |
//! |---|---|---|
//! | BERT's | `do_lower_case` | true |
//! | BERT's | `strip_accents` | null: as `do_lower_case` |
//! | BERT's | `tokenize_chinese_chars` | true |
//! | RoBERTa's | `add_prefix_space` | false |
//! | XLM-RoBERTa's and CamemBERT's | `add_prefix_space` | true |
//! | all | `cls_token`, `unk_token` and the other roles | the class's own |
//!
//! (Checked against transformers 5.24.)

mod overruled;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::bert::added_tokens::{AddedToken, AddedTokens, Vocabulary, stored};
use crate::bert::error::LoadError;
use crate::bert::model_file::{CHECKPOINT_FILE, is_file, read_text};
use crate::bert::named_tokens::{NamedTokens, ROLES, read_object};
use crate::bert::tokenizer_class::{Class, around, is_of_word_pieces};
use crate::files::document::SETTINGS;

/// The options that come before those of the other files.
pub(super) const OPTIONS: &str = "tokenizer_config.json";

/// The option, and the field of the model's file, that names the class.
const CLASS: &str = "tokenizer_class";

/// The field of the model's file that stands for a class where none is named.
const MODEL_TYPE: &str = "model_type";

/// The most characters of a value in a message.
const LONGEST_SHOWN: usize = 60;

/// Options that name other files, or code: they are nobody's where they are not.
const PLACES: [&str; 5] = [
    "auto_map",
    "name_or_path",
    "special_tokens_map_file",
    "tokenizer_file",
    "vocab_file",
];

/// Roles whose tokens no text needs: where a vocabulary lacks the class's own, nothing is amiss.
const SPARE_ROLES: [&str; 4] = ["bos_token", "eos_token", "unk_token", "mask_token"];

/// `tokenizer_config.json`; empty where there is none.
pub(super) struct Options {
    /// Its place.
    file: PathBuf,
    said: Map<String, Value>,
    class: Class,
    /// What says the class: these options, or the model's file.
    named: Option<Named>,
    /// The tokens that these options, and the files beside them, name.
    tokens: NamedTokens,
    /// Whether the tokenizer was made of lists of pieces, which have no added tokens.
    of_lists: bool,
}

/// The field of a file that says the class.
struct Named {
    file: PathBuf,
    /// [`CLASS`] or [`MODEL_TYPE`].
    field: &'static str,
    name: String,
}

impl Options {
    /// Those beside the file `path`.
    pub(super) fn beside(path: &Path) -> Result<Options, LoadError> {
        let file = path.with_file_name(OPTIONS);
        let found = read_object(&file)?;
        let is_there = found.is_some();
        let options = found.unwrap_or_default();
        let field = "split_special_tokens";
        if options.get(field) == Some(&Value::Bool(true)) {
            let advice = "special tokens are not split here: set it to false";
            return Err(LoadError::field(&file, field, &true, advice));
        }

        // Early versions of this program wrote tokenizer.json alone, with the options in it.
        let is_own = !is_there && is_file(&path.with_file_name(CHECKPOINT_FILE));
        let (class, named) = match options.get(CLASS).and_then(Value::as_str) {
            Some(name) => (Class::named(name), Some(named(&file, CLASS, name))),
            None if is_own => (Class::Whole, None),
            None => class_of_model(&path.with_file_name("config.json")),
        };

        Ok(Options {
            tokens: NamedTokens::beside(path, &file, &options)?,
            file,
            said: options,
            class,
            named,
            of_lists: false,
        })
    }

    /// The same for lists of pieces, which only `class` reads, or one that has such pieces: another
    /// that is named is refused, or that a type of models has which is known.
    pub(super) fn of_lists(mut self, class: Class) -> Result<Options, LoadError> {
        self.of_lists = true;
        let is_read =
            self.class == class || (class == Class::Bert && self.class.is_of_word_pieces());
        match &self.named {
            _ if is_read => return Ok(self),
            Some(Named { file, field, name }) if *field == CLASS => {
                return Err(LoadError::field(file, field, name, class.only_reader()));
            }
            Some(Named { file, field, name }) if self.class != Class::Whole => {
                let advice = format!(
                    "the tokenizers of such models are of the class {}, which does not read the \
                     lists that are here: name the {CLASS} that they were made for in {OPTIONS}, \
                     such as {}, or copy the files again from where the model is from",
                    self.class.name(),
                    class.name()
                );
                return Err(LoadError::field(file, field, name, &advice));
            }
            _ => {}
        }
        self.class = class;
        Ok(self)
    }

    /// Their file.
    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    /// The option `name`, where it is given.
    pub(super) fn said(&self, name: &str) -> Option<&Value> {
        self.said.get(name)
    }

    /// The file, and the field of it, that names a token; the first one that does.
    pub(super) fn origin(&self, token: &str) -> Option<(&Path, &str)> {
        let (file, field) = self.tokens.origins.get(token)?;
        Some((file, field))
    }

    /// The token that has a role, where a file names it.
    pub(super) fn token(&self, role: &str) -> Option<&str> {
        self.tokens.role(role).map(|token| token.content.as_str())
    }

    /// The same, or that of a class whose tokens are not those of its kind of pieces.
    pub(super) fn meant(&self, role: &str) -> Option<&str> {
        let own = || match self.class {
            Class::Mpnet => self.class.default_token(role),
            _ => None,
        };
        self.token(role).or_else(own)
    }

    /// The tokens that begin and end a text, where they are [meant](Options::meant).
    pub(super) fn around(&self) -> [Option<&str>; 2] {
        self.class.around().map(|role| self.meant(role))
    }

    /// Whether they may change a `tokenizer.json`.
    pub(super) fn may_change(&self) -> bool {
        self.class != Class::Whole || !self.tokens.is_empty()
    }

    /// Puts the options into `tokenizer`; whether one of them changed it.
    pub(super) fn apply(&self, tokenizer: &mut Value) -> bool {
        let mut steps = self.steps(tokenizer);
        let mut fields = Vec::new();
        if let Some(added) = self.added(tokenizer) {
            if self.class.makes(tokenizer) {
                let unknown = self.piece("unk_token", |token| added.id(token).is_some());
                let vocabulary = added.vocabulary();
                fields = self.class.model_fields(tokenizer, vocabulary, unknown);
                steps.extend(self.post_processor(tokenizer, &added));
            }
            let tokens = added.to_value();
            let is_none = tokenizer["added_tokens"].is_null() && tokens == json!([]);
            if !is_none {
                steps.push(("added_tokens", tokens));
            }
        }

        let Some(tokenizer) = tokenizer.as_object_mut() else {
            return false;
        };
        let mut changes = false;
        if let Some(model) = tokenizer.get_mut("model").and_then(Value::as_object_mut) {
            changes |= !fields.is_empty();
            model.extend(
                fields
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value)),
            );
        }
        for (name, wanted) in steps {
            let previous = tokenizer.insert(name.to_owned(), wanted.clone());
            changes |= previous.unwrap_or_default() != wanted;
        }
        changes
    }

    /// The steps that the class makes anew for `tokenizer`, by their names.
    fn steps(&self, tokenizer: &Value) -> Vec<(&'static str, Value)> {
        let strip_accents = self.said.get("strip_accents").and_then(Value::as_bool);
        let flag = |name: &str, default: bool| self.flag(name, default);
        self.class.steps(tokenizer, strip_accents, flag)
    }

    fn flag(&self, name: &str, default: bool) -> bool {
        let given = self.said.get(name).and_then(Value::as_bool);
        given.unwrap_or(default)
    }

    /// The token of a role: the one that is named, or that of the class where there is such a
    /// token.
    fn piece(&self, role: &str, is_there: impl Fn(&str) -> bool) -> Option<&str> {
        let default = self.class.default_token(role);
        self.token(role).or(default.filter(|token| is_there(token)))
    }

    /// The step that puts the class's tokens around a text, where `tokenizer` puts others.
    fn post_processor(
        &self,
        tokenizer: &Value,
        added: &AddedTokens<'_>,
    ) -> Option<(&'static str, Value)> {
        let [first, last] = self.class.around().map(|role| {
            let token = self.piece(role, |token| added.id(token).is_some())?;
            Some((token, added.id(token)?))
        });
        let wanted = [first?, last?];
        if around(&tokenizer["post_processor"]) == Some(wanted) {
            return None;
        }

        let space = self.flag("add_prefix_space", false);
        Some(("post_processor", self.class.post_processor(wanted, space)))
    }

    /// The added tokens of `tokenizer` and those that files name; `None` where its own are not as
    /// they should be.
    fn added<'a>(&self, tokenizer: &'a Value) -> Option<AddedTokens<'a>> {
        let is_made = self.class.makes(tokenizer);
        let mut listed = stored(&tokenizer["added_tokens"])?;
        if is_made && self.of_lists {
            listed.clear();
        }

        let mut added = AddedTokens::new(Vocabulary::of(tokenizer)?);
        if !is_made {
            added.add(listed.iter().map(|(_, token)| token.clone()));
        }
        let mut others = self.tokens.others.clone();
        if !self.tokens.replaces_list {
            others.extend(listed);
        }

        let special = self.special(is_made);
        let roles: BTreeSet<&str> = special.iter().map(|token| token.content.as_str()).collect();
        let mut batch: Vec<AddedToken> = others.into_values().collect();
        for token in &mut batch {
            if roles.contains(token.content.as_str()) {
                *token = token.clone().with_role();
            }
        }
        let written: BTreeSet<String> = batch.iter().map(|it| it.content.clone()).collect();
        let mut known = written.clone();
        for token in special.iter().chain(&self.extra(is_made)) {
            if !added.contains(&token.content) && known.insert(token.content.clone()) {
                batch.push(token.clone());
            }
        }
        added.add(batch);

        if is_made {
            added.drop_last(|token| !written.contains(token) && self.is_spare(token));
        }
        Some(added)
    }

    /// The tokens with roles, in their order; with those of the class where it makes a tokenizer.
    fn special(&self, is_made: bool) -> Vec<AddedToken> {
        let of_role = |role: &str| {
            let named = self.tokens.role(role).cloned();
            let default = self.class.default_token(role).filter(|_| is_made);
            let token = named.or_else(|| default.map(AddedToken::special))?;
            let takes_space =
                matches!(self.class, Class::Camembert | Class::Mpnet) && role == "mask_token";
            Some(if takes_space {
                token.after_space()
            } else {
                token
            })
        };
        let own = self.tokens.own_roles().cloned();
        ROLES.into_iter().filter_map(of_role).chain(own).collect()
    }

    fn extra(&self, is_made: bool) -> Vec<AddedToken> {
        if is_made && self.tokens.extra.is_empty() {
            let default = self.class.default_extra().iter();
            return default.map(|token| AddedToken::special(token)).collect();
        }
        self.tokens.extra.clone()
    }

    /// Whether a token is only the class's own, and no text needs it.
    fn is_spare(&self, token: &str) -> bool {
        let is_of_class = ROLES.iter().any(|role| {
            let is_spare = SPARE_ROLES.contains(role) || self.token(role).is_none();
            is_spare && self.class.default_token(role) == Some(token)
        });
        let needed = ["pad_token", "cls_token", "sep_token"];
        let is_named = needed.iter().any(|role| self.token(role) == Some(token));
        (is_of_class && !is_named) || self.class.default_extra().contains(&token)
    }

    /// What to write beside `whole`, the tokenizer with these options in it; `None` where there is
    /// nothing to say.
    pub(super) fn written_for(self, whole: &Value) -> Option<Value> {
        let mut options = self.said;
        for place in PLACES {
            options.remove(place);
        }

        let mut class = self.class;
        if !options.contains_key(CLASS) {
            let (normalizer, words) = (&whole["normalizer"], &whole["pre_tokenizer"]);
            let is_bert = is_of_word_pieces(whole)
                && normalizer["type"] == "BertNormalizer"
                && normalizer["clean_text"] == true
                && words["type"] == "BertPreTokenizer";
            let said = if is_bert {
                if !class.is_of_word_pieces() {
                    class = Class::Bert;
                }
                json!({
                    "tokenizer_class": class.name(),
                    "do_lower_case": normalizer["lowercase"],
                    "strip_accents": normalizer["strip_accents"],
                    "tokenize_chinese_chars": normalizer["handle_chinese_chars"],
                })
            } else if words["type"] == "ByteLevel" && normalizer.is_null() {
                class = Class::Roberta;
                json!({
                    "tokenizer_class": "RobertaTokenizer",
                    "add_prefix_space": words["add_prefix_space"],
                })
            } else if is_of_word_pieces(whole) {
                class = Class::Whole;
                json!({"tokenizer_class": "PreTrainedTokenizerFast"})
            } else {
                json!({})
            };
            options.extend(said.as_object().cloned().unwrap_or_default());
        }

        // Of the other files, nothing is written: what they name is named here.
        for role in ROLES {
            let used = used_as(role, class, whole);
            let token = used.or_else(|| self.tokens.role(role).map(|token| token.content.clone()));
            let Some(token) = token else { continue };
            let said = match options.get(role) {
                None | Some(Value::Null) => class.default_token(role),
                Some(said) => said.as_str().or_else(|| said["content"].as_str()),
            };
            if said != Some(token.as_str()) {
                options.insert(role.to_owned(), json!(token));
            }
        }

        (!options.is_empty()).then_some(Value::Object(options))
    }
}

/// The token that `whole` uses in a role of its class, where that can be seen.
fn used_as(role: &str, class: Class, whole: &Value) -> Option<String> {
    if class == Class::Whole {
        return None;
    }
    if role == "unk_token" {
        return whole["model"]["unk_token"].as_str().map(str::to_owned);
    }
    let place = class.around().iter().position(|around| *around == role)?;
    let (token, _) = around(&whole["post_processor"])?[place];
    Some(token.to_owned())
}

/// The tokenizer in `bytes`; null where they are no JSON, which is for its own reader to tell.
pub(super) fn or_null(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap_or(Value::Null)
}

fn named(file: &Path, field: &'static str, name: &str) -> Named {
    Named {
        file: file.to_owned(),
        field,
        name: name.to_owned(),
    }
}

/// The class that the model's `config.json`, which is `file`, stands for, and what says it.
fn class_of_model(file: &Path) -> (Class, Option<Named>) {
    // What is wrong with it is told where the model's shape is read.
    let text = if is_file(file) {
        read_text(file, SETTINGS).unwrap_or_default()
    } else {
        String::new()
    };
    let config = or_null(text.trim_start_matches('\u{feff}').as_bytes());
    if let Some(name) = config[CLASS].as_str() {
        return (Class::named(name), Some(named(file, CLASS, name)));
    }
    match config[MODEL_TYPE].as_str() {
        Some(name) => (Class::of_model(name), Some(named(file, MODEL_TYPE, name))),
        None => (Class::Whole, None),
    }
}

#[cfg(test)]
mod tests;
