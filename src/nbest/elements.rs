//! The elements of a file that is one JSON array or object, one at a time, so
//! that such a file need not fit into memory.
//!
//! Only brackets and strings are looked at; values are for [`json`](mod@crate::nbest::json).

use std::io::{self, BufRead};

use crate::nbest::error::ReadErrorKind;
use crate::nbest::place::Position;
use crate::nbest::source::Text;

/// The elements of the array or object that a whole file is, one at a time.
///
/// Finds where each element ends by its brackets and strings; whether it is
/// valid JSON is for [`Json::parse`] to say.
pub(super) struct Elements<'a, 'b> {
    text: &'b mut Text<'a>,
    container: Container,
    line: usize,
    number: usize,
    /// The line on which the element that was read last begins.
    started: usize,
    key: Vec<u8>,
    value: Vec<u8>,
}

/// What a file is as a whole.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Container {
    /// `[ .. ]`
    Array,
    /// `{ .. }`
    Object,
}

/// One element of a file, as text.
pub(super) struct Element<'b> {
    /// With its quotes; empty in an array.
    pub(super) key: &'b str,
    pub(super) value: &'b str,
    pub(super) position: Position,
}

impl<'a, 'b> Elements<'a, 'b> {
    pub(super) fn new(text: &'b mut Text<'a>, container: Container) -> Elements<'a, 'b> {
        let line = text.skipped() + 1;
        Elements {
            text,
            container,
            line,
            number: 0,
            started: line,
            key: Vec::new(),
            value: Vec::new(),
        }
    }

    /// The next element; `None` after the closing bracket and the end of the file.
    pub(super) fn next(&mut self) -> Result<Option<Element<'_>>, ReadErrorKind> {
        let found = self.advance();
        self.text.position = match self.number {
            0 => Position::Line(self.line),
            number => Position::Record {
                number,
                line: self.started,
            },
        };
        if !found? {
            return Ok(None);
        }

        Ok(Some(Element {
            key: as_text(&self.key)?,
            value: as_text(&self.value)?,
            position: self.text.position,
        }))
    }

    /// Reads the next element into `key` and `value`; `false` if there is none.
    fn advance(&mut self) -> Result<bool, ReadErrorKind> {
        let (open, close) = match self.container {
            Container::Array => (b'[', b']'),
            Container::Object => (b'{', b'}'),
        };

        if self.number == 0 {
            if self.peek()?.is_none() {
                return Ok(false);
            }
            self.expect(open)?;
            if self.peek()? == Some(close) {
                return self.end();
            }
        } else if self.peek()? == Some(close) {
            return self.end();
        } else {
            self.expect(b',')?;
        }

        self.number += 1;
        let first = self.peek()?;
        self.started = self.line;
        self.key.clear();
        if self.container == Container::Object {
            if first != Some(b'"') {
                return Err(self.unexpected(first, b'"'));
            }
            self.key = self.raw_value(Vec::new())?;
            self.expect(b':')?;
        }

        let emptied = std::mem::take(&mut self.value);
        self.value = self.raw_value(emptied)?;
        Ok(true)
    }

    /// Checks that only white space follows the closing bracket.
    fn end(&mut self) -> Result<bool, ReadErrorKind> {
        self.take()?;
        if self.peek()?.is_none() {
            return Ok(false);
        }
        let problem = format!(
            "something follows the closing bracket on line {}",
            self.line
        );
        let advice = "a JSON file holds one array or one object; split it, or give JSON lines";
        Err(ReadErrorKind::line(problem, advice))
    }

    /// Passes the byte `wanted`, which must come next.
    fn expect(&mut self, wanted: u8) -> Result<(), ReadErrorKind> {
        match self.peek()? {
            Some(byte) if byte == wanted => Ok(self.take()?),
            found => Err(self.unexpected(found, wanted)),
        }
    }

    fn unexpected(&self, found: Option<u8>, wanted: u8) -> ReadErrorKind {
        let Some(byte) = found else {
            return ReadErrorKind::Truncated;
        };
        let (found, wanted) = (char::from(byte).escape_default(), char::from(wanted));
        ReadErrorKind::Json {
            at: format!("line {}", self.line),
            message: format!("found `{found}` where `{wanted}` must come"),
        }
    }

    /// The next byte that is no white space, which is then the next to be taken.
    fn peek(&mut self) -> io::Result<Option<u8>> {
        loop {
            let piece = self.text.fill_buf()?;
            if piece.is_empty() {
                return Ok(None);
            }

            let found = piece.iter().position(|byte| !byte.is_ascii_whitespace());
            let blank = found.unwrap_or(piece.len());
            self.line += newlines(&piece[..blank]);
            let found = piece.get(blank).copied();
            self.text.consume(blank);
            if found.is_some() {
                return Ok(found);
            }
        }
    }

    /// Passes the byte that [`peek`](Elements::peek) found.
    fn take(&mut self) -> io::Result<()> {
        self.text.fill_buf()?;
        self.text.consume(1);
        Ok(())
    }

    /// The text of the value that begins at the next byte, in `value`, which is emptied first.
    fn raw_value(&mut self, mut value: Vec<u8>) -> Result<Vec<u8>, ReadErrorKind> {
        value.clear();
        let mut end = ValueEnd::default();
        if let Some(byte @ (b',' | b']' | b'}' | b':')) = self.peek()? {
            return Err(ReadErrorKind::Json {
                at: format!("line {}", self.line),
                message: format!("found `{}` where a value must come", char::from(byte)),
            });
        }

        loop {
            let piece = self.text.fill_buf()?;
            if piece.is_empty() {
                return Err(ReadErrorKind::Truncated);
            }
            let found = piece.iter().position(|&byte| end.is_before(byte));
            let amount = found.unwrap_or(piece.len());
            self.line += newlines(&piece[..amount]);
            value.extend_from_slice(&piece[..amount]);
            self.text.consume(amount);
            self.text.check_record(value.len())?;
            if found.is_some() {
                value.truncate(value.trim_ascii_end().len());
                return Ok(value);
            }
        }
    }
}

/// Finds the end of a JSON value, fed byte by byte.
#[derive(Default)]
pub(super) struct ValueEnd {
    depth: usize,
    in_string: bool,
    escaped: bool,
    /// The value was closed by its own last byte.
    closed: bool,
}

impl ValueEnd {
    /// Whether the value ended before `byte`.
    pub(super) fn is_before(&mut self, byte: u8) -> bool {
        if self.closed {
            return true;
        }

        if self.in_string {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => {
                    self.in_string = false;
                    self.closed = self.depth == 0;
                }
                _ => {}
            }
            return false;
        }

        match byte {
            b'"' => self.in_string = true,
            b'[' | b'{' => self.depth += 1,
            b',' | b']' | b'}' | b':' if self.depth == 0 => return true,
            b']' | b'}' => {
                self.depth -= 1;
                self.closed = self.depth == 0;
            }
            _ => {}
        }

        false
    }
}

fn newlines(bytes: &[u8]) -> usize {
    bytes.split(|&byte| byte == b'\n').count() - 1
}

/// Elements are cut at ASCII bytes out of checked UTF-8, so this does not fail.
fn as_text(bytes: &[u8]) -> io::Result<&str> {
    std::str::from_utf8(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nbest::limits::Limits;

    fn elements(file: &str, container: Container) -> Result<Vec<String>, String> {
        let mut text = Text::new(file.as_bytes(), Limits::default()).unwrap();
        let mut elements = Elements::new(&mut text, container);
        let mut all = Vec::new();
        loop {
            match elements.next() {
                Ok(Some(element)) => all.push(format!("{}{}", element.key, element.value)),
                Ok(None) => return Ok(all),
                Err(error) => return Err(format!("{:?}: {error}", text.position)),
            }
        }
    }

    #[test]
    fn elements_end_at_their_own_brackets() {
        let file = "\n[ {\"a]\": [1, {}]}, \"x\\\"]\" ,3\n]\n";
        let expected = ["{\"a]\": [1, {}]}", "\"x\\\"]\"", "3"];
        assert_eq!(elements(file, Container::Array).unwrap(), expected);
        let file = "{\"k\": {\"a\": \"}\"}, \"l\":[]}";
        let expected = ["\"k\"{\"a\": \"}\"}", "\"l\"[]"];
        assert_eq!(elements(file, Container::Object).unwrap(), expected);
        assert!(elements(" [ ] ", Container::Array).unwrap().is_empty());
    }

    #[track_caller]
    fn check_refused(file: &str, container: Container, expected: &[&str]) {
        let error = elements(file, container).unwrap_err();
        for part in expected {
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn what_is_no_array_is_refused_with_its_record_and_line() {
        check_refused(
            "[1,\n[2, 3",
            Container::Array,
            &["number: 2, line: 2", "cut off"],
        );
        check_refused(
            "[1,\n2",
            Container::Array,
            &["number: 2, line: 2", "cut off"],
        );
        check_refused("[1,,2]", Container::Array, &["number: 2", "`,`"]);
        check_refused("[1,]", Container::Array, &["number: 2", "`]`"]);
        check_refused("[1]\n\n[2]", Container::Array, &["line 3", "follows"]);
        check_refused("{\"a\" 1}", Container::Object, &["`:`"]);
        check_refused("{a: 1}", Container::Object, &["`\"`"]);
    }
}
