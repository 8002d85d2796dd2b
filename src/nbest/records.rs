//! JSON records one after another: the elements of one array, or one a line.
//!
//! The formats that are sequences of records may come either way; what a record is, is theirs.

use std::io::BufRead;

use crate::nbest::elements::{Container, Elements};
use crate::nbest::error::ReadErrorKind;
use crate::nbest::place::Position;
use crate::nbest::source::{Lines, Text};

/// Calls `add` for every record; `position` follows.
pub(super) fn each(
    text: &mut Text<'_>,
    position: &mut Position,
    add: &mut dyn FnMut(&str, Position) -> Result<(), ReadErrorKind>,
) -> Result<(), ReadErrorKind> {
    if text.fill_buf()?.trim_ascii_start().starts_with(b"[") {
        let mut elements = Elements::new(text, Container::Array);
        while let Some(element) = elements.next(position)? {
            add(element.value, *position)?;
        }
    } else {
        let mut lines = Lines::new(text);
        while let Some(line) = lines.next(position)? {
            add(line, *position)?;
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

    while let Some((key, behind)) = quoted(rest.trim_start()) {
        let Some(value) = behind.trim_start().strip_prefix(':') else {
            break;
        };
        let value = value.trim_start();
        keys.push((key, value));
        match behind_value(value) {
            Some(next) => rest = next,
            None => break,
        }
    }

    keys
}

/// A string at the beginning of `text`, and what follows it.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix('"')?;
    let mut escaped = false;
    let end = inner.find(|c: char| {
        let closes = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        closes
    })?;
    Some((&inner[..end], &inner[end + 1..]))
}

/// What follows the comma behind the value at the beginning of `text`.
fn behind_value(text: &str) -> Option<&str> {
    let (mut depth, mut rest) = (0_usize, text);
    loop {
        let at = rest.find(['"', '[', ']', '{', '}', ','])?;
        match rest.as_bytes()[at] {
            b'"' => {
                rest = quoted(&rest[at..])?.1;
                continue;
            }
            b'[' | b'{' => depth += 1,
            b',' if depth == 0 => return Some(&rest[at + 1..]),
            b',' => {}
            _ => depth = depth.checked_sub(1)?,
        }
        rest = &rest[at + 1..];
    }
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
