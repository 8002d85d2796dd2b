//! Bytes into checked text: decompression by magic bytes, UTF-8 with the offset of the first bad
//! byte.
//!
//! Its lines are in [`text_lines`](mod@crate::nbest::text_lines); what they mean is for formats.

use std::io::{self, BufRead, BufReader, Read};

use crate::nbest::carried::Carried;
use crate::nbest::error::ReadErrorKind;
use crate::nbest::limits::Limits;
use crate::nbest::place::Position;

const BUFFER: usize = 1 << 16;

/// That of UTF-8, which some programs write.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The logarithm of the largest window of Zstandard data; the decoder takes as much memory.
const LARGEST_WINDOW: u32 = 28;

/// UTF-8 text read in pieces; every piece that [`BufRead::fill_buf`] gives ends
/// between two characters, and a byte order mark is left out.
pub(crate) struct Text<'a> {
    bytes: Box<dyn BufRead + 'a>,
    compression: Option<&'static str>,
    buffer: Vec<u8>,
    /// `buffer[next..checked]` is UTF-8 that was not consumed; what follows is to be checked.
    next: usize,
    checked: usize,
    /// Offset of `buffer[0]` in the file.
    offset: u64,
    /// Lines that [`Text::begin`] left out.
    skipped: usize,
    begun: bool,
    pub(super) limits: Limits,
    /// What was read last, or could not be read.
    pub(super) position: Position,
}

/// `bytes`, or what they hold if they are compressed with gzip or Zstandard.
fn unpacked<'a>(
    bytes: impl Read + 'a,
) -> io::Result<(Box<dyn BufRead + 'a>, Option<&'static str>)> {
    let mut bytes = BufReader::with_capacity(BUFFER, bytes);
    let start = bytes.fill_buf()?;
    let (bytes, compression): (Box<dyn BufRead + 'a>, _) = if start.starts_with(&[0x1f, 0x8b]) {
        let decoder = flate2::bufread::MultiGzDecoder::new(bytes);
        (
            Box::new(BufReader::with_capacity(BUFFER, decoder)),
            Some("gzip"),
        )
    } else if is_zstd(start) {
        let mut decoder = zstd::Decoder::with_buffer(bytes)?;
        decoder.window_log_max(LARGEST_WINDOW)?;
        (
            Box::new(BufReader::with_capacity(BUFFER, decoder)),
            Some("zstd"),
        )
    } else if let Some(packing) = other_packing(start) {
        return Err(Carried::Packed { packing }.into());
    } else {
        (Box::new(bytes), None)
    };

    Ok((bytes, compression))
}

/// What packed a file that begins like this, where it is nothing that is unpacked here.
fn other_packing(start: &[u8]) -> Option<&'static str> {
    let known: [(&[u8], &str); 4] = [
        (b"\xfd7zXZ\0", "xz data"),
        (b"BZh9", "bzip2 data"),
        (b"PK\x03\x04", "a zip archive"),
        (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    ];
    let mut known = known.into_iter();
    known.find_map(|(magic, packing)| start.starts_with(magic).then_some(packing))
}

/// The bytes of a whole file without their compression and their byte order mark.
///
/// Whether they are UTF-8 is not looked at, but 16-bit units are refused, and so are more than
/// `limit` bytes.
pub(crate) fn plain(bytes: &[u8], limit: u64) -> io::Result<Vec<u8>> {
    let (bytes, compression) = unpacked(bytes)?;
    let mut all = Vec::new();
    bytes
        .take(limit + 1)
        .read_to_end(&mut all)
        .map_err(|error| damaged(compression, error))?;
    if all.len() as u64 > limit {
        return Err(Carried::LongFile { limit }.into());
    }

    if all.starts_with(BYTE_ORDER_MARK) {
        all.drain(..BYTE_ORDER_MARK.len());
    } else if is_utf16(&all) {
        return Err(Carried::Utf16.into());
    }

    Ok(all)
}

/// An error of reading compressed data is one of the data.
fn damaged(compression: Option<&'static str>, error: io::Error) -> io::Error {
    match compression {
        Some(_) if asks_for_too_much(&error) => Carried::Window.into(),
        Some(compression) => Carried::Damaged {
            compression,
            source: error,
        }
        .into(),
        None => error,
    }
}

impl<'a> Text<'a> {
    /// Wraps `bytes`, which may be compressed with gzip or Zstandard.
    pub(crate) fn new(bytes: impl Read + 'a, limits: Limits) -> io::Result<Text<'a>> {
        let (bytes, compression) = unpacked(bytes)?;

        Ok(Text {
            bytes,
            compression,
            buffer: Vec::with_capacity(BUFFER),
            next: 0,
            checked: 0,
            offset: 0,
            skipped: 0,
            begun: false,
            limits,
            position: Position::File,
        })
    }

    /// Has `read` read `bytes`; `position` becomes where it ended, or failed.
    pub(super) fn read<T>(
        bytes: impl Read + 'a,
        limits: Limits,
        position: &mut Position,
        read: impl FnOnce(&mut Text<'a>) -> Result<T, ReadErrorKind>,
    ) -> Result<T, ReadErrorKind> {
        let mut text = Text::new(bytes, limits)?;
        let done = read(&mut text);
        *position = text.position;
        done
    }

    /// All that is left, as a format reads it that is no list of records: no more bytes than
    /// `records` lines may have.
    pub(super) fn whole(&mut self, records: u64) -> io::Result<String> {
        let limit = self.limits.line.saturating_mul(records);
        let mut bytes = Vec::new();
        self.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > limit {
            return Err(Carried::LongLine { limit }.into());
        }
        String::from_utf8(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }

    /// Refuses a record of more bytes than a line may have.
    pub(super) fn check_record(&self, bytes: usize) -> io::Result<()> {
        let limit = self.limits.line;
        if bytes as u64 > limit {
            return Err(Carried::LongLine { limit }.into());
        }
        Ok(())
    }

    /// How many lines come before the next byte, where it is the first that matters.
    pub(super) fn skipped(&self) -> usize {
        self.skipped
    }

    /// The beginning of the file, as far as a piece goes, without the blank lines that come first,
    /// however many they are.
    pub(super) fn begin(&mut self) -> io::Result<&[u8]> {
        loop {
            let piece = self.fill_buf()?;
            let found = piece.iter().position(|byte| !byte.is_ascii_whitespace());
            let blank = &piece[..found.unwrap_or(piece.len())];
            let lines = blank.iter().rposition(|byte| *byte == b'\n');
            let (length, ends) = match found {
                // White space before the first word may be a part of its line.
                Some(_) => (lines.map_or(0, |last| last + 1), true),
                None => (blank.len(), blank.is_empty()),
            };

            self.skipped += blank[..length].split(|byte| *byte == b'\n').count() - 1;
            self.consume(length);
            if ends {
                break;
            }
        }

        // What tells formats apart must not be cut short by what was left out.
        if self.next > 0 && self.next < self.checked {
            self.refill()?;
            self.check()?;
        }
        self.fill_buf()
    }

    /// Fills the buffer as far as the source goes, behind what was not consumed.
    fn refill(&mut self) -> io::Result<()> {
        self.buffer.drain(..self.next);
        self.offset += self.next as u64;
        (self.next, self.checked) = (0, 0);

        let room = (BUFFER - self.buffer.len()) as u64;
        let compression = self.compression;
        (&mut self.bytes)
            .take(room)
            .read_to_end(&mut self.buffer)
            .map_err(|error| damaged(compression, error))?;
        if self.offset + self.buffer.len() as u64 > self.limits.file {
            let limit = self.limits.file;
            return Err(Carried::LongFile { limit }.into());
        }

        if !self.begun {
            self.begun = true;
            if self.buffer.starts_with(BYTE_ORDER_MARK) {
                self.buffer.drain(..BYTE_ORDER_MARK.len());
                self.offset = BYTE_ORDER_MARK.len() as u64;
            } else if is_utf16(&self.buffer) {
                return Err(Carried::Utf16.into());
            }
        }

        Ok(())
    }

    /// Checks what the buffer holds, of which nothing is consumed.
    fn check(&mut self) -> io::Result<()> {
        self.checked = match std::str::from_utf8(&self.buffer) {
            Ok(text) => text.len(),
            Err(error) => {
                let good = error.valid_up_to();
                // A character that the end of the piece cuts in two is whole in the next one.
                let cut = error.error_len().is_none() && self.buffer.len() == BUFFER;
                if good == 0 && !cut {
                    let offset = self.offset;
                    return Err(Carried::NotUtf8 { offset }.into());
                }
                good
            }
        };
        Ok(())
    }
}

/// A byte order mark of 16-bit units, or ASCII in them: four in a row, unless there are fewer.
fn is_utf16(start: &[u8]) -> bool {
    let is_every_other_zero = |at: usize| {
        let mut units = start.chunks_exact(2).take(4).peekable();
        units.peek().is_some() && units.all(|unit| unit[at] == 0 && unit[1 - at] != 0)
    };

    start.starts_with(b"\xff\xfe")
        || start.starts_with(b"\xfe\xff")
        || is_every_other_zero(0)
        || is_every_other_zero(1)
}

/// Whether the decoder of Zstandard says that a window is larger than it may be.
fn asks_for_too_much(error: &io::Error) -> bool {
    error.to_string().contains("too much memory")
}

/// A Zstandard frame, or the skippable frame that some tools put first.
fn is_zstd(start: &[u8]) -> bool {
    start.starts_with(&[0x28, 0xb5, 0x2f, 0xfd])
        || matches!(start, [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..])
}

impl BufRead for Text<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.next == self.checked {
            self.refill()?;
            self.check()?;
        }
        Ok(&self.buffer[self.next..self.checked])
    }

    fn consume(&mut self, amount: usize) {
        self.next += amount;
    }
}

impl Read for Text<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let piece = self.fill_buf()?;
        let amount = piece.len().min(into.len());
        into[..amount].copy_from_slice(&piece[..amount]);
        self.consume(amount);
        Ok(amount)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::nbest::text_lines::Lines;

    fn read(bytes: &[u8]) -> Result<String, ReadErrorKind> {
        let mut text = String::new();
        Text::new(bytes, Limits::default())?.read_to_string(&mut text)?;
        Ok(text)
    }

    #[test]
    fn what_others_packed_is_to_be_unpacked() {
        for (start, packing) in [
            (&b"\xfd7zXZ\0\0\x04"[..], "xz data"),
            (b"BZh91AY&SY", "bzip2 data"),
            (b"PK\x03\x04\x14\0", "a zip archive"),
        ] {
            let told = read(start).unwrap_err().to_string();
            assert!(told.contains(packing) && told.contains("unpack"), "{told}");
        }
    }

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn plain_gzip_and_zstd_read_the_same() {
        let text = "{\"é\": 1}\n".repeat(20_000);
        assert_eq!(read(text.as_bytes()).unwrap(), text);
        assert_eq!(read(&gzip(text.as_bytes())).unwrap(), text);
        assert_eq!(
            read(&zstd::encode_all(text.as_bytes(), 3).unwrap()).unwrap(),
            text
        );

        let twice = [gzip(b"one "), gzip(b"two")].concat();
        assert_eq!(read(&twice).unwrap(), "one two");
    }

    #[test]
    fn characters_across_pieces_stay_whole() {
        for shift in 0..4 {
            let text = format!("{}{}", "x".repeat(shift), "\u{1f3a4}".repeat(BUFFER / 2));
            assert_eq!(read(text.as_bytes()).unwrap(), text);
        }
    }

    #[track_caller]
    fn check_bad_byte(bytes: &[u8], expected: u64) {
        match read(bytes) {
            Err(ReadErrorKind::NotUtf8 { offset }) => assert_eq!(offset, expected),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_bad_byte_is_named_by_its_offset() {
        check_bad_byte(b"caf\xe9 au lait", 3);
        check_bad_byte(b"\xef\xbb\xbfab\xff", 5);
        check_bad_byte("\u{e9}".as_bytes().split_last().unwrap().1, 0);
        let late = ["é".repeat(BUFFER).as_bytes(), b"\x80"].concat();
        check_bad_byte(&late, 2 * BUFFER as u64);
    }

    #[test]
    fn text_in_16_bit_units_is_told() {
        for bytes in [
            b"\xff\xfea\0".as_slice(),
            b"\xfe\xff\0a",
            b"a\0b\0",
            b"\0a\0b",
        ] {
            assert!(
                matches!(read(bytes), Err(ReadErrorKind::Utf16)),
                "{bytes:?}"
            );
        }
    }

    #[test]
    fn a_zero_byte_at_the_start_makes_no_16_bit_units() {
        for text in ["\0abc", "a\0bc"] {
            assert_eq!(read(text.as_bytes()).unwrap(), text);
        }
    }

    #[test]
    fn a_byte_order_mark_is_left_out() {
        assert_eq!(read(b"\xef\xbb\xbfabc").unwrap(), "abc");
    }

    #[test]
    fn cut_off_compressed_data_is_said_to_be() {
        let text = "one two three four ".repeat(1000);
        let compressed = [
            gzip(text.as_bytes()),
            zstd::encode_all(text.as_bytes(), 3).unwrap(),
        ];

        for (bytes, name) in compressed.iter().zip(["gzip", "zstd"]) {
            match read(&bytes[..bytes.len() - 9]) {
                Err(ReadErrorKind::Compressed { compression, .. }) => assert_eq!(compression, name),
                other => panic!("{name}: {other:?}"),
            }
        }
    }

    #[track_caller]
    fn check_limited(bytes: &[u8], limits: Limits, expected: &str) {
        let mut text = Text::new(bytes, limits).unwrap();
        let mut lines = Lines::new(&mut text);
        let error = loop {
            match lines.next() {
                Ok(line) => assert!(line.is_some(), "no limit was met"),
                Err(error) => break error,
            }
        };

        assert!(error.to_string().contains(expected), "{error}");
    }

    #[test]
    fn long_lines_and_bombs_are_refused() {
        let limits = Limits {
            line: 10,
            file: 100,
        };
        check_limited(b"0123456789\n", limits, "longer than 10 bytes");
        check_limited(
            "short\n".repeat(20).as_bytes(),
            limits,
            "more than 100 bytes",
        );

        let bomb = zstd::encode_all("short\n".repeat(1 << 20).as_bytes(), 3).unwrap();
        check_limited(&bomb, limits, "more than 100 bytes");
        check_limited(
            &gzip("short\n".repeat(1 << 20).as_bytes()),
            limits,
            "--max-file",
        );

        // A frame of one raw block of one byte, in a window of 2 GiB.
        let window = [0x28, 0xb5, 0x2f, 0xfd, 0, 21 << 3, 9, 0, 0, b'a'];
        check_limited(&window, limits, "window of more than 256 MiB");
    }

    #[test]
    fn blank_lines_before_a_text_are_left_out_and_counted() {
        for lines in [0, 1, 40_000, 3 * BUFFER] {
            for indent in ["", "  ", "\t"] {
                let long = "x".repeat(2 * BUFFER);
                let file = format!("{}{indent}one\n{long}\n", "\r\n".repeat(lines));
                let mut text = Text::new(file.as_bytes(), Limits::default()).unwrap();
                let start = text.begin().unwrap();
                assert!(start.trim_ascii_start().starts_with(b"one\nxxx"), "{lines}");
                assert_eq!(start.len(), BUFFER, "{lines}");

                let first = Position::Line(lines + 1);
                assert_eq!(Lines::new(&mut text).next().unwrap(), Some(("one", first)));
            }
        }

        let blank = " \n".repeat(BUFFER);
        let mut text = Text::new(blank.as_bytes(), Limits::default()).unwrap();
        assert!(text.begin().unwrap().is_empty());
    }

    #[test]
    fn lines_are_counted_and_blank_ones_left_out() {
        let mut text = Text::new("one\r\n\n \n two ".as_bytes(), Limits::default()).unwrap();
        let mut lines = Lines::new(&mut text);
        assert_eq!(lines.next().unwrap(), Some(("one", Position::Line(1))));
        assert_eq!(lines.next().unwrap(), Some(("two", Position::Line(4))));
        assert_eq!(lines.next().unwrap(), None);
    }
}
