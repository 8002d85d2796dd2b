//! JSON records one after another: the elements of one array, or one a line.
//!
//! The formats that are sequences of records may come either way; what a record is, is theirs.

use std::io::BufRead;

use crate::nbest::elements::{Container, Elements, ValueEnd};
use crate::nbest::error::ReadErrorKind;
use crate::nbest::place::Position;
use crate::nbest::source::{Lines, Text};

/// Calls `add` for every record.
pub(super) fn each(
    text: &mut Text<'_>,
    add: &mut dyn FnMut(&str, Position) -> Result<(), ReadErrorKind>,
) -> Result<(), ReadErrorKind> {
    // An array may be one line as long as the file: its elements are cut out one by one.
    if text.fill_buf()?.trim_ascii_start().starts_with(b"[") {
        let mut elements = Elements::new(text, Container::Array);
        while let Some(element) = elements.next()? {
            add(element.value, element.position)?;
        }
    } else {
        let mut lines = Lines::new(text);
        while let Some((line, position)) = lines.next()? {
            add(line, position)?;
        }
    }

    Ok(())
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
}
