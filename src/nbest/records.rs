//! JSON records one after another: the elements of one array, the values of one object, or one a
//! line.
//!
//! The formats that are sequences of records may come in any of these ways; what a record is, is
//! theirs. In an object the keys are ids.

use std::borrow::Cow;
use std::io::BufRead;

use crate::nbest::elements::{Container, Elements, ValueEnd};
use crate::nbest::error::ReadErrorKind;
use crate::nbest::json::Json;
use crate::nbest::place::Position;
use crate::nbest::source::Text;
use crate::nbest::text_lines::Lines;

/// One record, as text.
pub(super) struct Record<'a> {
    /// The key of an object whose values are records.
    pub(super) key: Option<Cow<'a, str>>,
    pub(super) text: &'a str,
    pub(super) position: Position,
}

/// Calls `add` for every record.
pub(super) fn each(
    text: &mut Text<'_>,
    add: &mut dyn FnMut(Record<'_>) -> Result<(), ReadErrorKind>,
) -> Result<(), ReadErrorKind> {
    let start = text.fill_buf()?;
    // An array may be one line as long as the file: its elements are cut out one by one.
    let container = if start.trim_ascii_start().starts_with(b"[") {
        Some(Container::Array)
    } else if is_by_id(&String::from_utf8_lossy(start)) {
        Some(Container::Object)
    } else {
        None
    };

    if let Some(container) = container {
        let mut elements = Elements::new(text, container);
        while let Some(element) = elements.next()? {
            let key = match container {
                Container::Array => None,
                Container::Object => Json::parse(element.key)?.text("the key")?,
            };
            add(Record {
                key,
                text: element.value,
                position: element.position,
            })?;
        }
    } else {
        let mut lines = Lines::new(text);
        while let Some((text, position)) = lines.next()? {
            add(Record {
                key: None,
                text,
                position,
            })?;
        }
    }

    Ok(())
}

/// Whether `text`, the beginning of a file, is that of one object whose values are records:
/// `{"u1": {"ref": .., "hyps": [..]}, ..}`.
pub(super) fn is_by_id(text: &str) -> bool {
    if !text.trim_start().starts_with('{') {
        return false;
    }
    let keys = first_keys(text);
    let first = keys.first().map(|(_, value)| *value);
    first.is_some_and(|value| {
        value.starts_with('{')
            && first_keys(value)
                .iter()
                .any(|(key, value)| matches!(*key, "hyps" | "input") && value.starts_with('['))
    })
}

/// The keys of the first record of `text`, each with what follows its colon, as far as
/// `text` goes: the beginning of a file need not hold a whole record.
pub(super) fn first_keys(text: &str) -> Vec<(&str, &str)> {
    let text = text.trim_start();
    let text = text.strip_prefix('[').unwrap_or(text).trim_start();
    let mut keys = Vec::new();
    let Some(mut rest) = text.strip_prefix('{') else {
        return keys;
    };

    while let Some((key, behind)) = value(rest) {
        let key = key.strip_prefix('"').and_then(|key| key.strip_suffix('"'));
        let (Some(key), Some(found)) = (key, behind.trim_start().strip_prefix(':')) else {
            break;
        };
        keys.push((key, found.trim_start()));

        let behind = value(found).map(|(_, behind)| behind.trim_start());
        rest = behind
            .and_then(|behind| behind.strip_prefix(','))
            .unwrap_or("");
    }

    keys
}

/// Whether `text`, the beginning of a file, holds its first record to the end.
pub(super) fn holds_first(text: &str) -> bool {
    let text = text.trim_start();
    let text = text.strip_prefix('[').unwrap_or(text).trim_start();
    let mut end = ValueEnd::default();
    let mut bytes = text.bytes().chain([b' ']);
    text.starts_with('{') && bytes.any(|byte| end.is_before(byte))
}

/// The value that `text` begins with, and what follows it; `None` if the text ends within it.
fn value(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start();
    let mut end = ValueEnd::default();
    let at = text.bytes().position(|byte| end.is_before(byte))?;
    Some(text.split_at(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_as_far_as_the_text_goes() {
        let names = |text| -> Vec<&str> { first_keys(text).iter().map(|(key, _)| *key).collect() };
        assert_eq!(
            names("\n[ {\"a\": \"x, \\\"}\", \"b\": [1, {\"c\": 2}], \"d\": nul"),
            ["a", "b", "d"]
        );
        assert_eq!(names("{\"a\": 1}\n{\"b\": 2}"), ["a"]);
        assert_eq!(names("[1]"), [""; 0]);
        assert_eq!(names("{\"a\": \"unfinished"), ["a"]);
        assert_eq!(first_keys("{\"h\": [\"x\"]}")[0].1, "[\"x\"]}");
    }

    #[test]
    fn a_record_that_is_cut_off_is_not_held() {
        for text in ["{\"a\": {}}", " [{\"a\": 1}", "{}\n{", "{\"}\": \"}\"}"] {
            assert!(holds_first(text), "{text}");
        }
        for text in ["{\"a\": {}", "[{\"a\": \"}", "", "1"] {
            assert!(!holds_first(text), "{text}");
        }
    }

    #[test]
    fn records_by_id_are_known_by_the_first_one() {
        for text in [
            "{\"u\": {\"ref\": \"a\", \"hyps\": [\"a\"]}}",
            "{\"u\": {\"input\": [\"a\", ",
        ] {
            assert!(is_by_id(text), "{text}");
        }
        for text in [
            "{\"id\": \"u\", \"hyps\": []}",
            "{\"u\": {\"ref\": \"a\", \"hyp_1\": {}}}",
            "[{\"hyps\": []}]",
            "",
        ] {
            assert!(!is_by_id(text), "{text}");
        }
    }
}
