//! Tokens that are found in a text before it is split, and the ids that they get.
//!
//! One that is a piece of the vocabulary has the piece's id, any other the next free one, in the
//! order in which they are added: that is the library's rule, and what files say of ids only orders
//! them.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value, json};

/// The most added tokens: they are compiled into one automaton.
pub(super) const MOST_ADDED: usize = 20_000;

/// The longest added token, in bytes.
pub(super) const LONGEST_ADDED: usize = 1_000;

/// A token, and how it is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "the files have as many")]
pub(super) struct AddedToken {
    pub(super) content: String,
    single_word: bool,
    lstrip: bool,
    rstrip: bool,
    /// Where nothing is said, what is not special is looked for in the normalized text.
    normalized: Option<bool>,
    special: bool,
}

impl AddedToken {
    /// A special token of that text.
    pub(super) fn special(content: &str) -> AddedToken {
        AddedToken {
            content: content.to_owned(),
            single_word: false,
            lstrip: false,
            rstrip: false,
            normalized: None,
            special: true,
        }
    }

    /// A token of that text, looked for in the normalized text unless it is special.
    pub(super) fn plain(content: &str, special: bool) -> AddedToken {
        AddedToken {
            normalized: Some(!special),
            special,
            ..AddedToken::special(content)
        }
    }

    /// The token that `value` describes, which is a text or an object; or what is wrong with it.
    pub(super) fn read(value: &Value) -> Result<AddedToken, String> {
        if let Some(content) = value.as_str() {
            return Ok(AddedToken::special(content));
        }
        let content = value["content"].as_str();
        let content = content.ok_or("it must be a text, or an object whose `content` is one")?;
        let flag = |name: &str| match &value[name] {
            Value::Null => Ok(None),
            Value::Bool(flag) => Ok(Some(*flag)),
            other => Err(format!("`{name}` is {other}; it must be true or false")),
        };

        Ok(AddedToken {
            content: content.to_owned(),
            single_word: flag("single_word")?.unwrap_or(false),
            lstrip: flag("lstrip")?.unwrap_or(false),
            rstrip: flag("rstrip")?.unwrap_or(false),
            normalized: flag("normalized")?,
            special: flag("special")?.unwrap_or(false),
        })
    }

    /// The same token, which is special since it has a role.
    #[must_use]
    pub(super) fn with_role(mut self) -> AddedToken {
        self.special = true;
        self
    }

    /// The same token, which takes the space before it where nothing else is said of it.
    #[must_use]
    pub(super) fn after_space(mut self) -> AddedToken {
        self.lstrip |= self == AddedToken::special(&self.content);
        self
    }

    /// As `tokenizer.json` has it.
    fn to_value(&self, id: u64) -> Value {
        json!({
            "id": id,
            "content": self.content,
            "single_word": self.single_word,
            "lstrip": self.lstrip,
            "rstrip": self.rstrip,
            "normalized": self.normalized.unwrap_or(!self.special),
            "special": self.special,
        })
    }
}

/// The tokens that the list `tokens` of a `tokenizer.json` has, with their ids; `None` where it is
/// not as it should be, which is for the library to tell.
pub(super) fn stored(tokens: &Value) -> Option<Vec<(u64, AddedToken)>> {
    let tokens = match tokens {
        Value::Null => &[],
        tokens => tokens.as_array()?.as_slice(),
    };
    let read = |token: &Value| {
        let id = token["id"].as_u64()?;
        let is_null = token.as_object()?.values().any(Value::is_null);
        let token = Some(token).filter(|_| !is_null)?;
        Some((id, AddedToken::read(token).ok()?))
    };
    tokens.iter().map(read).collect()
}

/// The pieces of a model, by their ids.
pub(super) enum Vocabulary<'a> {
    /// With ids.
    Pieces(&'a Map<String, Value>),
    /// One after the other.
    Scored(HashMap<&'a str, u64>),
}

impl<'a> Vocabulary<'a> {
    /// That of a tokenizer; `None` where it has none.
    pub(super) fn of(tokenizer: &'a Value) -> Option<Vocabulary<'a>> {
        match &tokenizer["model"]["vocab"] {
            Value::Object(pieces) => Some(Vocabulary::Pieces(pieces)),
            Value::Array(pieces) => {
                let texts = pieces.iter().map(|piece| piece[0].as_str());
                let ids = texts.zip(0..).map(|(text, id)| Some((text?, id)));
                Some(Vocabulary::Scored(ids.collect::<Option<_>>()?))
            }
            _ => None,
        }
    }

    /// The id of a piece.
    pub(super) fn id(&self, piece: &str) -> Option<u64> {
        match self {
            Vocabulary::Pieces(pieces) => pieces.get(piece)?.as_u64(),
            Vocabulary::Scored(pieces) => pieces.get(piece).copied(),
        }
    }

    fn size(&self) -> u64 {
        let size = match self {
            Vocabulary::Pieces(pieces) => pieces.len(),
            Vocabulary::Scored(pieces) => pieces.len(),
        };
        size as u64
    }
}

/// The added tokens of a tokenizer.
pub(super) struct AddedTokens<'a> {
    vocabulary: Vocabulary<'a>,
    ids: BTreeMap<String, u64>,
    tokens: BTreeMap<u64, AddedToken>,
}

impl<'a> AddedTokens<'a> {
    /// None yet.
    pub(super) fn new(vocabulary: Vocabulary<'a>) -> AddedTokens<'a> {
        AddedTokens {
            vocabulary,
            ids: BTreeMap::new(),
            tokens: BTreeMap::new(),
        }
    }

    /// The pieces that they are added to.
    pub(super) fn vocabulary(&self) -> &Vocabulary<'a> {
        &self.vocabulary
    }

    /// The id of a token or a piece.
    pub(super) fn id(&self, content: &str) -> Option<u64> {
        let added = self.ids.get(content).copied();
        added.or_else(|| self.vocabulary.id(content))
    }

    /// Whether it is an added token.
    pub(super) fn contains(&self, content: &str) -> bool {
        self.ids.contains_key(content)
    }

    /// Adds tokens in this order; one that is there already gets its new properties.
    pub(super) fn add(&mut self, tokens: impl IntoIterator<Item = AddedToken>) {
        let size = self.vocabulary.size();
        let last = self.tokens.keys().next_back();
        let mut next = last.map_or(size, |last| size.max(last + 1));
        for token in tokens {
            if token.content.is_empty() {
                continue;
            }
            let id = self.id(&token.content).unwrap_or_else(|| {
                next += 1;
                next - 1
            });
            self.ids.insert(token.content.clone(), id);
            self.tokens.insert(id, token);
        }
    }

    /// Takes the last tokens away again that are not in the vocabulary and for which `is_spare`.
    pub(super) fn drop_last(&mut self, is_spare: impl Fn(&str) -> bool) {
        while let Some(last) = self.tokens.last_entry() {
            let content = &last.get().content;
            if self.vocabulary.id(content).is_some() || !is_spare(content) {
                return;
            }
            self.ids.remove(content);
            last.remove();
        }
    }

    /// As `tokenizer.json` has them.
    pub(super) fn to_value(&self) -> Value {
        let tokens = self.tokens.iter().map(|(id, token)| token.to_value(*id));
        Value::Array(tokens.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_token_is_told() {
        let told = |value: Value| AddedToken::read(&value).unwrap_err();
        assert!(told(json!(5)).contains("must be a text"));
        assert!(told(json!({"lstrip": true})).contains("whose `content`"));
        let flag = json!({"content": "a", "rstrip": "yes"});
        assert!(told(flag).contains("`rstrip` is \"yes\""));
    }

    #[test]
    fn ids_are_those_of_pieces_or_the_next_free_ones() {
        let tokenizer = json!({"model": {"vocab": {"a": 0, "b": 1, "c": 2}}});
        let mut added = AddedTokens::new(Vocabulary::of(&tokenizer).unwrap());
        let special = |names: &[&str]| names.iter().map(|name| AddedToken::special(name)).collect();
        let tokens: Vec<AddedToken> = special(&["x", "b", "", "y"]);
        added.add(tokens);
        let more: Vec<AddedToken> = special(&["z", "x"]);
        added.add(more);

        let ids = ["x", "b", "y", "z", "c", "w"].map(|name| added.id(name));
        assert_eq!(ids, [Some(3), Some(1), Some(4), Some(5), Some(2), None]);
        added.drop_last(|content| content != "x");
        let left = ["x", "b", "y", "z"].map(|name| added.contains(name));
        assert_eq!(left, [true, true, false, false]);
    }
}
