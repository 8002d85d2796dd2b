//! Documents that are read whole, and files that are read line by line: with limits, so that a file
//! that is not what it should be cannot take the machine's memory.
//!
//! Errors are `io::Error`s, which readers wrap with the file's name.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

/// The most bytes of a suite, a recipe, or a file of settings: people write them by hand, and a
/// parser may need fifty times as much.
pub const SETTINGS: u64 = 1 << 20;

/// The most bytes of a document that a program writes and that is held parsed, such as a report or
/// a tokenizer.
pub const DOCUMENT: u64 = 64 << 20;

/// The most bytes of a file of lines that is held as text.
const LINES: usize = 2 << 30;

/// The most bytes of one line.
pub const LINE: u64 = 16 << 20;

/// The mark of UTF-8 that some programs begin a file with: it belongs to no text.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// There is more in a file than any such file needs.
#[derive(Debug, thiserror::Error)]
#[error("{what} than {} MiB, more than any such file needs", limit >> 20)]
struct TooLarge {
    what: &'static str,
    limit: u64,
}

fn too_large(what: &'static str, limit: u64) -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, TooLarge { what, limit })
}

/// The file `path`, which is opened; a symbolic link that cannot be followed is called one.
pub fn open(path: &Path) -> io::Result<File> {
    File::open(path).map_err(|error| of_link(path, error))
}

/// `error` of the file or folder `path`, told of the symbolic link that it is, if it is one: the
/// system says no more than that nothing is there.
pub(crate) fn of_link(path: &Path, error: io::Error) -> io::Error {
    match fs::read_link(path) {
        Ok(target) => {
            let target = target.display();
            let text = format!("it is a symbolic link to {target}, which leads nowhere: {error}");
            io::Error::new(io::ErrorKind::InvalidInput, text)
        }
        Err(_) => error,
    }
}

/// The bytes of the file `path`, which must not be more than `limit`.
pub fn read_bytes(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    bytes_of(open(path)?, limit)
}

/// The same where `-` is standard input.
pub fn read_named(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    if path.as_os_str() == "-" {
        bytes_of(io::stdin(), limit)
    } else {
        read_bytes(path, limit)
    }
}

/// The text of the file `path`, which must not be more than `limit` bytes.
pub fn read_text(path: &Path, limit: u64) -> io::Result<String> {
    text_of(open(path)?, limit)
}

/// The text of a file of lines, which must be neither long nor many beyond reason.
pub fn read_lines(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    for (number, line) in (1..).zip(lines(BufReader::new(open(path)?))) {
        let line =
            line.map_err(|error| io::Error::new(error.kind(), format!("line {number}: {error}")))?;
        text.push_str(&line);
        text.push('\n');

        if text.len() > LINES {
            return Err(too_large("it is larger", LINES as u64));
        }
    }
    Ok(text)
}

/// The text behind `reader`, which must not be more than `limit` bytes.
pub fn text_of(reader: impl Read, limit: u64) -> io::Result<String> {
    text(bytes_of(reader, limit)?)
}

fn bytes_of(reader: impl Read, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // One byte more tells whether there is more.
    reader.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(too_large("it is larger", limit));
    }
    if bytes.starts_with(BYTE_ORDER_MARK) {
        bytes.drain(..BYTE_ORDER_MARK.len());
    }

    Ok(bytes)
}

/// Bytes that are no text.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: the text is not UTF-8; save it as UTF-8")]
pub(crate) struct NotUtf8 {
    line: usize,
}

/// The text that the whole of a file's `bytes` are.
pub(crate) fn utf8(bytes: &[u8]) -> Result<&str, NotUtf8> {
    std::str::from_utf8(bytes).map_err(|error| {
        let read = &bytes[..error.valid_up_to()];
        let line = read.split(|&byte| byte == b'\n').count();
        NotUtf8 { line }
    })
}

/// The lines behind `reader`, without their ends, as [`BufRead::lines`] gives them; one of more
/// than [`LINE`] bytes is an error.
pub fn lines(mut reader: impl BufRead) -> impl Iterator<Item = io::Result<String>> {
    let mut begins = true;
    std::iter::from_fn(move || next_line(&mut reader, std::mem::take(&mut begins)).transpose())
}

/// The next line; the first one of a file may carry a mark.
fn next_line(reader: &mut impl BufRead, begins: bool) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    if reader.take(LINE + 1).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }

    if line.len() as u64 > LINE {
        return Err(too_large("the line is longer", LINE));
    }
    if begins && line.starts_with(BYTE_ORDER_MARK) {
        line.drain(..BYTE_ORDER_MARK.len());
    }
    if line.ends_with(b"\n") {
        line.pop();
        if line.ends_with(b"\r") {
            line.pop();
        }
    }
    text(line).map(Some)
}

fn text(bytes: Vec<u8>) -> io::Result<String> {
    String::from_utf8(bytes).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        let text = format!("it is not UTF-8 at byte {offset}; save it as UTF-8");
        io::Error::new(io::ErrorKind::InvalidData, text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_larger_than_the_limit_is_refused() {
        assert_eq!(text_of("12345".as_bytes(), 5).unwrap(), "12345");
        let error = text_of(io::repeat(b'a'), 3 << 20).unwrap_err();
        assert_eq!(
            error.to_string(),
            "it is larger than 3 MiB, more than any such file needs"
        );
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_a_text() {
        assert_eq!(text_of("\u{feff}{}".as_bytes(), 9).unwrap(), "{}");
        let found: Vec<String> = lines("\u{feff}a\n\u{feff}b".as_bytes())
            .map(Result::unwrap)
            .collect();
        assert_eq!(found, ["a", "\u{feff}b"]);
    }

    #[test]
    fn lines_are_those_of_the_standard_library_but_bounded() {
        let text = "a\r\nb\n\nc";
        let found: Vec<String> = lines(text.as_bytes()).map(Result::unwrap).collect();
        let expected: Vec<String> = text.as_bytes().lines().map(Result::unwrap).collect();
        assert_eq!(found, expected);
        let endless = io::BufReader::new(io::repeat(b'a'));
        let error = lines(endless).next().unwrap().unwrap_err();
        assert!(error.to_string().contains("longer than 16 MiB"), "{error}");
    }
}
