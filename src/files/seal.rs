//! Text that shows damage: a JSON object whose last field is a checksum of all that stands before
//! it.
//!
//! Against accidents, such as a torn write or a bad disk, not against forgers.

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

/// The indented text of a JSON object, which ends with a line for its brace alone, with its
/// checksum.
///
/// # Panics
///
/// When `object` is no such text.
pub fn seal_indented(object: &str) -> String {
    let body = object
        .strip_suffix("\n}\n")
        .expect("an indented object with fields is sealed");
    let sum = checksum("", body);
    format!("{body},\n  \"{FIELD}\": \"{sum}\"\n}}\n")
}

/// The object that was [sealed](seal_indented) as `text`; `None` if it carries no checksum.
pub fn unseal_indented(text: &str) -> Result<Option<String>, Damaged> {
    let sealed = text
        .strip_suffix("\"\n}\n")
        .and_then(|rest| rest.rsplit_once(&format!(",\n  \"{FIELD}\": \"")));
    let Some((body, sum)) = sealed else {
        return Ok(None);
    };

    if checksum("", body) != sum {
        return Err(Damaged);
    }

    Ok(Some(format!("{body}\n}}\n")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indented_text_is_sealed_and_need_not_be() {
        let object = "{\n  \"a\": 1,\n  \"b\": {\n    \"c\": 2\n  }\n}\n";
        let text = seal_indented(object);
        assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
        assert_eq!(unseal_indented(&text), Ok(Some(object.to_owned())));
        assert_eq!(unseal_indented(object), Ok(None));
        let damaged = text.replace("\"c\": 2", "\"c\": 3");
        assert_eq!(unseal_indented(&damaged), Err(Damaged));
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
