//! The lines of a text, with their numbers.

use std::io::{self, BufRead, Read};

use crate::nbest::carried::Carried;
use crate::nbest::place::Position;
use crate::nbest::source::Text;

/// The lines of a text.
pub(super) struct Lines<'a, 'b> {
    text: &'b mut Text<'a>,
    line: Vec<u8>,
    number: usize,
}

impl<'a, 'b> Lines<'a, 'b> {
    pub(super) fn new(text: &'b mut Text<'a>) -> Lines<'a, 'b> {
        let number = text.skipped();
        Lines {
            text,
            line: Vec::new(),
            number,
        }
    }

    /// Counts the blank lines that come next in the buffer, which may be many more than others.
    fn skip_blank(&mut self) -> io::Result<()> {
        // What cannot be read belongs to the line that comes.
        self.text.position = Position::Line(self.number + 1);
        let piece = self.text.fill_buf()?;
        let blank = piece.iter().take_while(|byte| byte.is_ascii_whitespace());
        let blank = &piece[..blank.count()];
        if let Some(last) = blank.iter().rposition(|byte| *byte == b'\n') {
            let lines = blank[..=last].iter().filter(|byte| **byte == b'\n');
            self.number += lines.count();
            self.text.consume(last + 1);
        }
        Ok(())
    }

    /// The next line that is not blank, without white space at its ends, and its position.
    pub(super) fn next(&mut self) -> io::Result<Option<(&str, Position)>> {
        loop {
            self.skip_blank()?;
            self.line.clear();
            self.number += 1;
            self.text.position = Position::Line(self.number);
            let limit = self.text.limits.line;
            let mut bounded = (&mut *self.text).take(limit.saturating_add(1));
            if bounded.read_until(b'\n', &mut self.line)? == 0 {
                return Ok(None);
            }
            if self.line.len() as u64 > limit {
                return Err(Carried::LongLine { limit }.into());
            }
            if !self.line.trim_ascii().is_empty() {
                break;
            }
        }

        let line = std::str::from_utf8(&self.line)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        Ok(Some((line.trim(), self.text.position)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nbest::limits::Limits;

    #[test]
    fn blank_lines_are_counted_however_many_and_wherever_the_buffer_ends() {
        for blank in [1, 2, 65_534, 65_535, 65_536, 65_537, 200_000] {
            for filler in ["\n", " \n", "\r\n", "\t \n"] {
                let bytes = format!("a\n{}  b \n{0}c", filler.repeat(blank));
                let mut text = Text::new(bytes.as_bytes(), Limits::default()).unwrap();
                let mut lines = Lines::new(&mut text);
                let expected = [("a", 1), ("b", blank + 2), ("c", 2 * blank + 3)];
                for (line, number) in expected {
                    let found = lines.next().unwrap().unwrap();
                    assert_eq!(found, (line, Position::Line(number)), "{blank} {filler:?}");
                }
                assert_eq!(lines.next().unwrap(), None);
            }
        }
    }
}
