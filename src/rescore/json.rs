//! JSON as programs in Python write it.

use std::fmt;

use serde::de::{DeserializeOwned, Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};

use crate::files::json::JsonError;

/// What JSON has no number for, as Python writes it.
const NO_NUMBERS: [(&str, f64); 3] = [
    ("-Infinity", f64::NEG_INFINITY),
    ("Infinity", f64::INFINITY),
    ("NaN", f64::NAN),
];

/// `text` as a value, in which a [`Number`] may be NaN or infinite.
pub(super) fn from_lenient_json<T: DeserializeOwned>(text: &str) -> Result<T, JsonError> {
    serde_json::from_str(text).or_else(|error| {
        serde_json::from_str(&quoted(text)).map_err(|_| JsonError::of(text, &error))
    })
}

/// `text` with quotation marks around what is no number, unless it stands in a string.
fn quoted(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let (mut in_string, mut escaped) = (false, false);
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let is_here = |(name, _): &&(&str, f64)| !in_string && rest.starts_with(name);
        let piece = match NO_NUMBERS.iter().find(is_here) {
            Some((name, _)) => {
                plain.extend(["\"", name, "\""]);
                rest = &rest[name.len()..];
                continue;
            }
            None => &rest[..next.len_utf8()],
        };

        in_string ^= next == '"' && !escaped;
        escaped = in_string && next == '\\' && !escaped;
        plain.push_str(piece);
        rest = &rest[piece.len()..];
    }
    plain
}

/// A number that may be NaN or infinite.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Number(pub(super) f64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Number, D::Error> {
        struct OfAnyKind;

        impl Visitor<'_> for OfAnyKind {
            type Value = Number;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a number")
            }

            fn visit_f64<E: Error>(self, value: f64) -> Result<Number, E> {
                Ok(Number(value))
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<Number, E> {
                Ok(Number(value as f64))
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<Number, E> {
                Ok(Number(value as f64))
            }

            fn visit_str<E: Error>(self, value: &str) -> Result<Number, E> {
                let found = NO_NUMBERS.iter().find(|(name, _)| *name == value);
                let number = found.map(|(_, number)| Number(*number));
                number.ok_or_else(|| E::invalid_type(Unexpected::Str(value), &self))
            }
        }

        deserializer.deserialize_any(OfAnyKind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[f64]) {
        let numbers: Vec<Number> = from_lenient_json(text).unwrap();
        // Bits, since NaN is equal to nothing.
        let bits = |numbers: &[f64]| -> Vec<u64> {
            numbers.iter().map(|number| number.to_bits()).collect()
        };
        let numbers: Vec<f64> = numbers.into_iter().map(|number| number.0).collect();
        assert_eq!(bits(&numbers), bits(expected));
    }

    #[test]
    fn numbers_may_be_none() {
        check("[1, -2, 2.5, 1e3]", &[1.0, -2.0, 2.5, 1000.0]);
        check(
            "[NaN,Infinity, -Infinity]",
            &[f64::NAN, f64::INFINITY, f64::NEG_INFINITY],
        );
    }

    #[test]
    fn strings_stay_as_they_are() {
        let (said, number): (String, Number) =
            from_lenient_json(r#"["NaN \" Infinity \\", -Infinity]"#).unwrap();
        assert_eq!(
            (&*said, number.0),
            ("NaN \" Infinity \\", f64::NEG_INFINITY)
        );
    }

    #[test]
    fn nothing_else_is_a_number() {
        for text in ["[\"1\"]", "[nan]", "[null]", "[1", "[+Infinity]"] {
            assert!(from_lenient_json::<Vec<Number>>(text).is_err(), "{text}");
        }
    }
}
