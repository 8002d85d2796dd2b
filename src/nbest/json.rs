//! JSON as the n-best formats need it: values that borrow their strings, and
//! typed access that names the field.
//!
//! Holds one value at a time; cutting a file into values is for the formats and
//! [`elements`](mod@crate::nbest::elements).

use std::borrow::Cow;
use std::fmt::{self, Display};

use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

pub(crate) use crate::files::json::shorten;
use crate::nbest::error::ReadErrorKind;

/// A JSON value. Objects keep the order of their keys, and have each key once.
#[derive(Debug, PartialEq)]
pub(super) enum Json<'a> {
    Null,
    Bool(bool),
    Number(serde_json::Number),
    Text(Cow<'a, str>),
    Array(Vec<Json<'a>>),
    Object(Vec<Member<'a>>),
}

/// A key with its value.
type Member<'a> = (Cow<'a, str>, Json<'a>);

impl<'a> Json<'a> {
    /// Parses one value, which `text` must hold and nothing else.
    pub(super) fn parse(text: &'a str) -> Result<Json<'a>, ReadErrorKind> {
        serde_json::from_str(text).map_err(|error| explain(text, &error))
    }

    /// A string; `None` for null.
    pub(super) fn text(self, field: impl Display) -> Result<Option<Cow<'a, str>>, ReadErrorKind> {
        match self {
            Json::Null => Ok(None),
            Json::Text(text) => Ok(Some(text)),
            other => Err(other.wrong_type(field, "a string")),
        }
    }

    /// A string, or a whole number in its place, as ids and speakers may be; `None` for null.
    pub(super) fn name(self, field: impl Display) -> Result<Option<Cow<'a, str>>, ReadErrorKind> {
        match self {
            Json::Number(number) if !number.is_f64() => Ok(Some(Cow::Owned(number.to_string()))),
            Json::Null | Json::Text(_) => self.text(field),
            other => Err(other.wrong_type(field, "a string or a whole number")),
        }
    }

    /// A finite number; `None` for null.
    pub(super) fn number(self, field: impl Display) -> Result<Option<f64>, ReadErrorKind> {
        match self {
            Json::Null => Ok(None),
            Json::Number(number) => match number.as_f64() {
                Some(value) if value.is_finite() => Ok(Some(value)),
                _ => Err(ReadErrorKind::not_finite(field, number)),
            },
            Json::Text(text) if is_not_finite(&text) => Err(ReadErrorKind::not_finite(field, text)),
            other => Err(other.wrong_type(field, "a number")),
        }
    }

    /// The elements of an array; `None` for null.
    pub(super) fn array(self, field: impl Display) -> Result<Option<Vec<Json<'a>>>, ReadErrorKind> {
        match self {
            Json::Null => Ok(None),
            Json::Array(elements) => Ok(Some(elements)),
            other => Err(other.wrong_type(field, "an array")),
        }
    }

    /// The members of an object.
    pub(super) fn object(
        self,
        field: impl Display,
        wanted: &'static str,
    ) -> Result<Vec<Member<'a>>, ReadErrorKind> {
        match self {
            Json::Object(members) => Ok(members),
            other => Err(other.wrong_type(field, wanted)),
        }
    }

    /// The text of a string, boolean or number; `None` for anything else.
    pub(super) fn scalar(&self) -> Option<String> {
        match self {
            Json::Bool(value) => Some(value.to_string()),
            Json::Number(number) => Some(number.to_string()),
            Json::Text(text) => Some(text.to_string()),
            Json::Null | Json::Array(_) | Json::Object(_) => None,
        }
    }

    fn wrong_type(&self, field: impl Display, wanted: &'static str) -> ReadErrorKind {
        let found = match self {
            Json::Null => "null".to_owned(),
            Json::Bool(value) => format!("the boolean {value}"),
            Json::Number(number) => format!("the number {number}"),
            Json::Text(text) => format!("the string \"{}\"", shorten(text, 30)),
            Json::Array(_) => "an array".to_owned(),
            Json::Object(_) => "an object".to_owned(),
        };

        ReadErrorKind::WrongType {
            field: field.to_string(),
            found,
            wanted,
        }
    }
}

/// A field that must be there; `advice` says what to do where it is not.
pub(super) fn required<T>(
    value: Option<T>,
    field: &str,
    advice: &'static str,
) -> Result<T, ReadErrorKind> {
    value.ok_or_else(|| ReadErrorKind::missing(field, advice))
}

/// An array of hypotheses, which must hold some.
pub(super) fn filled<'a>(
    hypotheses: Vec<Json<'a>>,
    field: &'static str,
) -> Result<Vec<Json<'a>>, ReadErrorKind> {
    if hypotheses.is_empty() {
        return Err(ReadErrorKind::NoHypothesis { field });
    }
    Ok(hypotheses)
}

/// Whether `text` is how some program writes a number that is none.
fn is_not_finite(text: &str) -> bool {
    text.trim()
        .parse::<f64>()
        .is_ok_and(|value| !value.is_finite())
}

/// Says what `error` means for somebody who has the file before them.
fn explain(text: &str, error: &serde_json::Error) -> ReadErrorKind {
    let (line, column) = (error.line(), error.column());
    let start: usize = text
        .split_inclusive('\n')
        .take(line.saturating_sub(1))
        .map(str::len)
        .sum();
    let offset = (start + column.saturating_sub(1)).min(text.len());

    if let Some((field, value)) = not_finite_at(text, offset) {
        return ReadErrorKind::NotFinite { field, value };
    }

    let message = error.to_string();
    let message = message
        .rsplit_once(" at line ")
        .map_or(message.as_str(), |(message, _)| message);
    let advice = if error.is_eof() {
        "; the record is cut off, or spread over several lines where each needs one of its own"
    } else {
        ""
    };
    let at = if line > 1 {
        format!("line {line} of the record, column {column}")
    } else {
        format!("column {column}")
    };

    ReadErrorKind::Json {
        at,
        message: format!("{message}{advice}"),
    }
}

/// The field and the token, if what stands round `offset` is a number that JSON
/// does not allow: `NaN`, `-Infinity`, `1e999`.
fn not_finite_at(text: &str, offset: usize) -> Option<(String, String)> {
    let in_token = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.' | '_');
    let before = text.get(..offset)?;
    let token_start = before.trim_end_matches(in_token).len();
    let token = text[token_start..].split(|c| !in_token(c)).next()?;

    if token.is_empty() || !is_not_finite(token) {
        return None;
    }

    // The key may stand before an array that the token is in.
    let before = text[..token_start].trim_end();
    let key = match before.strip_suffix(':') {
        Some(key) => key,
        None => before[..before.rfind('[')?].trim_end().strip_suffix(':')?,
    };
    let field = key.trim_end().strip_suffix('"')?.rsplit('"').next()?;

    Some((field.to_owned(), token.to_owned()))
}

impl<'de> Deserialize<'de> for Json<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Json<'de>, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json<'de>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json<'de>, E> {
        Ok(Json::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json<'de>, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json<'de>, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Json<'de>, E> {
        let number = serde_json::Number::from_f64(value);
        number
            .map(Json::Number)
            .ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Json<'de>, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = access.next_element()? {
            elements.push(element);
        }
        Ok(Json::Array(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Json<'de>, A::Error> {
        let mut members: Vec<Member<'de>> = Vec::new();
        while let Some(Key(key)) = access.next_key()? {
            members.push((key, access.next_value()?));
        }
        match repeated_key(&members) {
            Some(key) => Err(A::Error::custom(format!("the key `{key}` comes twice"))),
            None => Ok(Json::Object(members)),
        }
    }
}

fn repeated_key<'a>(members: &'a [Member<'_>]) -> Option<&'a str> {
    // Most objects have a few keys, for which comparing all pairs is fastest.
    if members.len() <= 8 {
        return members.iter().enumerate().find_map(|(index, (key, _))| {
            members[..index]
                .iter()
                .any(|(earlier, _)| earlier == key)
                .then_some(key.as_ref())
        });
    }

    let mut keys: Vec<&str> = members.iter().map(|(key, _)| key.as_ref()).collect();
    keys.sort_unstable();
    keys.windows(2)
        .find(|pair| pair[0] == pair[1])
        .map(|pair| pair[0])
}

/// A key that borrows where it can; `Cow` alone always copies.
#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_parse(text: &str, expected: &[&str]) {
        let error = Json::parse(text).unwrap_err().to_string();
        for part in expected {
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn numbers_that_are_none_are_named_with_their_field() {
        check_parse("{\"a\": 1, \"score\": NaN}", &["`score` is NaN"]);
        check_parse(
            "{\"score\" : -Infinity, \"b\": 2}",
            &["`score` is -Infinity"],
        );
        check_parse("{\"score\": Infinity}", &["`score` is Infinity"]);
        check_parse("{\"score\": 1e999}", &["`score` is 1e999"]);
        check_parse("{\"score\": [1, 2, NaN]}", &["`score` is NaN"]);
    }

    #[test]
    fn other_errors_say_their_column() {
        check_parse("{\"a\": nan_}", &["column 8"]);
        check_parse("{\"a\": 1", &["column", "cut off"]);
        check_parse("{\"a\": 1, \"a\": 2}", &["`a` comes twice"]);
        check_parse("hello", &["column 1"]);
    }
}
