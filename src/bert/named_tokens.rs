//! The tokens that files beside a tokenizer name: `tokenizer_config.json`,
//! `special_tokens_map.json` and `added_tokens.json`.
//!
//! Where the first has an `added_tokens_decoder`, transformers reads neither the others nor the
//! list in `tokenizer.json`. (Checked against transformers 5.24.)

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::bert::added_tokens::{AddedToken, LONGEST_ADDED, MOST_ADDED};
use crate::bert::error::LoadError;
use crate::bert::model_file::{is_file, read_text};

/// The roles that every tokenizer has, in transformers' order.
pub(super) const ROLES: [&str; 7] = [
    "bos_token",
    "eos_token",
    "unk_token",
    "sep_token",
    "pad_token",
    "cls_token",
    "mask_token",
];

/// Special tokens by their roles, as older versions wrote them.
const SPECIALS: &str = "special_tokens_map.json";

/// Added tokens with their ids, as older versions wrote them.
const ADDED: &str = "added_tokens.json";

/// The most bytes of one of these files: [`MOST_ADDED`] tokens with all that is said of them.
pub(super) const MOST_BYTES: u64 = 4 << 20;

/// What the files beside a tokenizer name.
#[derive(Debug, Default)]
pub(super) struct NamedTokens {
    /// By their roles.
    roles: Vec<(String, AddedToken)>,
    /// Special ones without a role.
    pub(super) extra: Vec<AddedToken>,
    /// The others, with the ids that order them.
    pub(super) others: BTreeMap<u64, AddedToken>,
    /// Whether the list in `tokenizer.json` does not count.
    pub(super) replaces_list: bool,
    /// For each, the file and the field that name it first.
    pub(super) origins: BTreeMap<String, (PathBuf, String)>,
}

impl NamedTokens {
    /// Those beside the tokenizer `path`; `said` is what its `options` say.
    pub(super) fn beside(
        path: &Path,
        options: &Path,
        said: &Map<String, Value>,
    ) -> Result<NamedTokens, LoadError> {
        let mut named = NamedTokens::default();
        named.take(options, said)?;
        if let Some(tokens) = said.get("added_tokens_decoder").filter(|it| !it.is_null()) {
            named.replaces_list = true;
            named.take_decoder(options, tokens)?;
            return Ok(named);
        }

        let specials = path.with_file_name(SPECIALS);
        if let Some(fields) = read_object(&specials)? {
            named.take(&specials, &fields)?;
        }
        let added = path.with_file_name(ADDED);
        if let Some(fields) = read_object(&added)? {
            named.take_ids(&added, &fields)?;
        }
        Ok(named)
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.roles.is_empty() && self.extra.is_empty() && self.others.is_empty()
    }

    /// The token of a role.
    pub(super) fn role(&self, role: &str) -> Option<&AddedToken> {
        let mut roles = self.roles.iter();
        roles.find(|(name, _)| name == role).map(|(_, token)| token)
    }

    /// The tokens with roles of the model's own.
    pub(super) fn own_roles(&self) -> impl Iterator<Item = &AddedToken> {
        let own = |(role, _): &&(String, AddedToken)| !ROLES.contains(&role.as_str());
        self.roles.iter().filter(own).map(|(_, token)| token)
    }

    fn set(&mut self, role: &str, token: AddedToken) {
        let token = token.with_role();
        match self.roles.iter_mut().find(|(name, _)| name == role) {
            Some((_, old)) => *old = token,
            None => self.roles.push((role.to_owned(), token)),
        }
    }

    /// Takes in what the fields of the file `path` name.
    fn take(&mut self, path: &Path, fields: &Map<String, Value>) -> Result<(), LoadError> {
        for (field, value) in fields.iter().filter(|(field, _)| field.ends_with("_token")) {
            // Others of that ending, such as add_bos_token, are no tokens.
            let is_token = ROLES.contains(&field.as_str())
                || value.is_string()
                || value.get("content").is_some();
            if is_token && !value.is_null() {
                let token = self.token(path, field, value)?;
                self.set(field, token);
            }
        }

        let [extra, older] = ["extra_special_tokens", "additional_special_tokens"]
            .map(|field| (field, fields.get(field).unwrap_or(&Value::Null)));
        let is_given = |value: &Value| match value {
            Value::Array(tokens) => !tokens.is_empty(),
            Value::Object(tokens) => !tokens.is_empty(),
            other => !other.is_null(),
        };
        let (field, value) = if is_given(extra.1) { extra } else { older };
        match value {
            Value::Null => {}
            // The older name counts where nothing else is there.
            _ if field == older.0 && !self.extra.is_empty() => {}
            Value::Array(values) => {
                check_count(path, field, values.len())?;
                for value in values {
                    let token = self.token(path, field, value)?;
                    self.extra.push(token);
                }
            }
            Value::Object(values) => {
                check_count(path, field, values.len())?;
                for (role, value) in values {
                    let token = self.token(path, field, value)?;
                    self.set(role, token);
                }
            }
            other => {
                let advice = "it must be a list of tokens, or an object of tokens by their roles";
                return Err(LoadError::field(path, field, other, advice));
            }
        }
        Ok(())
    }

    /// Takes in tokens by their ids.
    fn take_decoder(&mut self, path: &Path, tokens: &Value) -> Result<(), LoadError> {
        const FIELD: &str = "added_tokens_decoder";

        let Some(tokens) = tokens.as_object() else {
            let advice = "it must be an object of tokens by their ids";
            return Err(LoadError::field(path, FIELD, tokens, advice));
        };
        check_count(path, FIELD, tokens.len())?;
        for (id, value) in tokens {
            let Ok(id) = id.parse() else {
                let advice = "its keys must be ids, which are whole numbers";
                return Err(LoadError::field(path, FIELD, id, advice));
            };
            let token = self.token(path, FIELD, value)?;
            self.others.insert(id, token);
        }
        Ok(())
    }

    /// Takes in ids by their tokens, of which those are special that are named.
    fn take_ids(&mut self, path: &Path, ids: &Map<String, Value>) -> Result<(), LoadError> {
        check_count(path, ADDED, ids.len())?;
        let roles = self.roles.iter().map(|(_, token)| token);
        let named: BTreeSet<String> = roles
            .chain(&self.extra)
            .map(|token| token.content.clone())
            .collect();

        for (content, id) in ids {
            let Some(id) = id.as_u64() else {
                let advice = "it must be the id of the token, which is a whole number";
                return Err(LoadError::field(path, content, id, advice));
            };
            let token = AddedToken::plain(content, named.contains(content));
            let token = self.checked(path, ADDED, token)?;
            self.others.insert(id, token);
        }
        Ok(())
    }

    /// The token that `value` describes in the field `field` of the file `path`.
    fn token(&mut self, path: &Path, field: &str, value: &Value) -> Result<AddedToken, LoadError> {
        let token = AddedToken::read(value);
        let token = token.map_err(|advice| LoadError::field(path, field, value, &advice))?;
        self.checked(path, field, token)
    }

    /// `token`, which is not too long; notes which file and field name it.
    fn checked(
        &mut self,
        path: &Path,
        field: &str,
        token: AddedToken,
    ) -> Result<AddedToken, LoadError> {
        let bytes = token.content.len();
        if bytes > LONGEST_ADDED {
            let advice = format!("it has {bytes} bytes; at most {LONGEST_ADDED} are accepted");
            return Err(LoadError::field(path, field, &token.content, &advice));
        }
        let origin = || (path.to_owned(), field.to_owned());
        self.origins
            .entry(token.content.clone())
            .or_insert_with(origin);
        Ok(token)
    }
}

fn check_count(path: &Path, field: &str, count: usize) -> Result<(), LoadError> {
    if count > MOST_ADDED {
        let advice = format!("at most {MOST_ADDED} tokens are accepted");
        let found = format!("a list of {count} tokens");
        return Err(LoadError::field(path, field, &found, &advice));
    }
    Ok(())
}

/// The fields of the file `path`; `None` where there is no such file.
pub(super) fn read_object(path: &Path) -> Result<Option<Map<String, Value>>, LoadError> {
    if !is_file(path) {
        return Ok(None);
    }
    let text = read_text(path, MOST_BYTES).map_err(|error| LoadError::new(path, error))?;
    let fields = serde_json::from_str(text.trim_start_matches('\u{feff}'))
        .map_err(|error| LoadError::new(path, error))?;
    Ok(Some(fields))
}
