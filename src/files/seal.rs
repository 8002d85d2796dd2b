//! Text that shows damage: a JSON object whose last field is a checksum of all that stands before
//! it.
//!
//! Against accidents, such as a torn write or a bad disk, not against forgers.

use serde_json::{Number, Value};

/// The name of the field.
const FIELD: &str = "checksum";

/// Hexadecimal digits of a checksum.
const DIGITS: usize = 16;

/// A sealed text that is not what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("its checksum does not fit its contents")]
pub struct Damaged;

/// The checksum of `text` that follows on what has the checksum `before`, which is empty where
/// nothing comes first.
fn checksum(before: &str, text: &str) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(before.as_bytes());
    hasher.update(&[0]);
    hasher.update(text.as_bytes());
    hasher.finalize().to_hex()[..DIGITS].to_owned()
}

/// `object` with its checksum, and the checksum.
///
/// Lines that belong in one order follow on each other: `before` is the checksum of the line
/// before.
///
/// # Panics
///
/// When `object` is not the compact text of a JSON object with at least one field.
pub fn seal(before: &str, object: &str) -> (String, String) {
    let body = object
        .strip_suffix('}')
        .filter(|body| body.len() > 1)
        .expect("an object with fields is sealed");
    let sum = checksum(before, body);
    (format!("{body},\"{FIELD}\":\"{sum}\"}}"), sum)
}

/// The object that was [sealed](seal) as `text`, and its checksum.
pub fn unseal(before: &str, text: &str) -> Result<(String, String), Damaged> {
    let (body, sum) = text
        .strip_suffix("\"}")
        .and_then(|rest| rest.rsplit_once(&format!(",\"{FIELD}\":\"")))
        .ok_or(Damaged)?;
    if checksum(before, body) != sum {
        return Err(Damaged);
    }
    Ok((format!("{body}}}"), sum.to_owned()))
}

/// The indented text of a JSON object, which ends with a line for its brace alone, with a checksum
/// of what it says: line ends, blanks and the order of fields are none of its business, so that a
/// formatter and a version control may change them.
///
/// # Panics
///
/// When `object` is no such text.
pub fn seal_contents(object: &str) -> String {
    let body = object
        .strip_suffix("\n}\n")
        .expect("an indented object with fields is sealed");
    let value: Value = serde_json::from_str(object).expect("JSON is sealed");
    let sum = checksum("", &canonical(&value));
    format!("{body},\n  \"{FIELD}\": \"{sum}\"\n}}\n")
}

/// Takes the checksum out of `object`, which is what `text` says, and tells whether it carried one.
pub fn unseal_contents(text: &str, object: &mut Value) -> Result<bool, Damaged> {
    let fields = object.as_object_mut();
    let Some(sum) = fields.and_then(|fields| fields.shift_remove(FIELD)) else {
        return Ok(false);
    };

    let is_whole = sum.as_str() == Some(checksum("", &canonical(object)).as_str());
    if is_whole || is_sealed_text(text) {
        Ok(true)
    } else {
        Err(Damaged)
    }
}

/// Whether `text` carries a checksum of its bytes, as indented texts of earlier versions do.
fn is_sealed_text(text: &str) -> bool {
    let rest = text.strip_suffix("\"\n}\n");
    let sealed = rest.and_then(|rest| rest.rsplit_once(&format!(",\n  \"{FIELD}\": \"")));
    sealed.is_some_and(|(body, sum)| checksum("", body) == sum)
}

/// The one text of everything that says the same as `value`.
fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write_canonical(value, &mut text);
    text
}

fn write_canonical(value: &Value, text: &mut String) {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<(&String, &Value)> = fields.iter().collect();
            fields.sort_unstable_by_key(|(name, _)| *name);
            text.push('{');
            for (name, value) in fields {
                write_canonical(&Value::from(name.as_str()), text);
                text.push(':');
                write_canonical(value, text);
                text.push(',');
            }
            text.push('}');
        }
        Value::Array(values) => {
            text.push('[');
            for value in values {
                write_canonical(value, text);
                text.push(',');
            }
            text.push(']');
        }
        Value::Number(number) => text.push_str(&number_text(number)),
        Value::String(_) | Value::Bool(_) | Value::Null => text.push_str(&value.to_string()),
    }
}

/// `1`, `1.0` and `1e0` are one number, and formatters put one for the other.
fn number_text(number: &Number) -> String {
    match number.as_f64().filter(|_| number.is_f64()) {
        Some(value) if value.fract() == 0.0 => format!("{value:.0}"),
        _ => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OBJECT: &str = "{\n  \"a\": 1.0,\n  \"b\": {\n    \"c\": 2,\n    \"d\": [1e-7]\n  }\n}\n";

    #[track_caller]
    fn check_unsealed(text: &str, expected: Result<bool, Damaged>) {
        let mut value: Value = serde_json::from_str(text).unwrap();
        assert_eq!(unseal_contents(text, &mut value), expected, "{text}");
        if expected.is_ok() {
            assert_eq!(canonical(&value), r#"{"a":1,"b":{"c":2,"d":[1e-7,],},}"#);
        }
    }

    #[test]
    fn what_an_object_says_is_sealed_however_it_is_written() {
        let text = seal_contents(OBJECT);
        check_unsealed(&text, Ok(true));
        check_unsealed(OBJECT, Ok(false));
        check_unsealed(&text.replace('\n', "\r\n"), Ok(true));
        check_unsealed(text.trim_end(), Ok(true));
        check_unsealed(&format!("{text}\n"), Ok(true));
        check_unsealed(&text.replace("  ", "\t").replace("1.0", "1"), Ok(true));
        let compact: String = text.split_whitespace().collect();
        check_unsealed(&compact, Ok(true));

        let sum = text.rsplit('"').nth(1).unwrap();
        let sorted =
            format!(r#"{{"b": {{"d": [0.0000001], "c": 2}}, "checksum": "{sum}", "a": 1}}"#);
        check_unsealed(&sorted, Ok(true));

        for (from, to) in [
            ("\"c\": 2", "\"c\": 3"),
            ("1e-7", "1e-8"),
            ("\"d\"", "\"e\""),
        ] {
            check_unsealed(&text.replace(from, to), Err(Damaged));
        }
    }

    #[test]
    fn what_earlier_versions_sealed_is_read() {
        let body = OBJECT.strip_suffix("\n}\n").unwrap();
        let sum = checksum("", body);
        let text = format!("{body},\n  \"checksum\": \"{sum}\"\n}}\n");
        check_unsealed(&text, Ok(true));
        check_unsealed(&text.replace(": 2", ": 3"), Err(Damaged));
    }

    #[test]
    fn nothing_else_has_the_same_canonical_text() {
        let texts = [
            r#"{"a":{"b":1},"c":2}"#,
            r#"{"a":{"b":1,"c":2}}"#,
            r#"{"a":[1,2]}"#,
            r#"{"a":[[1],2]}"#,
            r#"{"a":[1,[2]]}"#,
            r#"{"a":[]}"#,
            r#"{"a":{}}"#,
            r#"{"a":"1"}"#,
            r#"{"a":1}"#,
            r#"{"a":12345678901234567890}"#,
            r#"{"a":12345678901234567891}"#,
        ];
        let canonicals = texts.map(|text| canonical(&serde_json::from_str(text).unwrap()));
        let distinct: std::collections::BTreeSet<&String> = canonicals.iter().collect();
        assert_eq!(distinct.len(), texts.len(), "{canonicals:?}");
    }

    #[test]
    fn what_was_sealed_is_read_and_follows_on_one_line_alone() {
        let object = r#"{"text":"a\"},","score":-1.5}"#;
        let (text, sum) = seal("", object);
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["checksum"], sum.as_str());
        assert_eq!(unseal("", &text), Ok((object.to_owned(), sum.clone())));

        let (next, _) = seal(&sum, object);
        assert!(unseal(&sum, &next).is_ok());
        assert_eq!(unseal("", &next), Err(Damaged));
        assert_eq!(unseal("", object), Err(Damaged));
    }

    #[test]
    fn every_flipped_bit_and_every_cut_shows() {
        let (text, _) = seal("", r#"{"text":"two cups","score":-0.25}"#);
        for place in 0..text.len() {
            assert_eq!(unseal("", &text[..place]), Err(Damaged), "{place}");
            // The highest bit would leave UTF-8, which readers refuse before.
            for bit in 0..7 {
                let mut bytes = text.clone().into_bytes();
                bytes[place] ^= 1 << bit;
                let flipped = String::from_utf8(bytes).unwrap();
                assert_eq!(unseal("", &flipped), Err(Damaged), "{place} {bit}");
            }
        }
    }
}
