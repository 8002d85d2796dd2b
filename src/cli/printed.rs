//! Standard output, on which no text of a file moves the cursor, clears the screen or renames the
//! window.
//!
//! Control characters of one text are shown by [`shown`](mod@crate::report::shown).

use std::io::{self, ErrorKind, Write};

use crate::cli::workflow::Harmless;
use crate::report::shown::{escaped, is_control};

/// Standard output of a command: text or JSON, of which only this program's own line ends, tabs and
/// colors reach the terminal.
///
/// JSON stays the same JSON: its escapes are these. What is written at once must end between two
/// characters.
pub(crate) struct Printed<W> {
    inner: W,
    colors: bool,
    /// Where the runner of a workflow reads along.
    harmless: Option<Harmless>,
    goes_on_unread: bool,
}

impl<W: Write> Printed<W> {
    /// Writes to `inner`; with `colors`, the codes of colors pass. `in_workflow` says that the
    /// runner of a workflow reads along.
    pub(crate) fn new(inner: W, colors: bool, in_workflow: bool) -> Printed<W> {
        Printed {
            inner,
            colors,
            harmless: in_workflow.then(Harmless::default),
            goes_on_unread: false,
        }
    }

    /// Goes on where the reader went away, or not: then that is an error.
    #[must_use]
    pub(crate) fn going_on_unread(self, goes_on_unread: bool) -> Printed<W> {
        Printed {
            goes_on_unread,
            ..self
        }
    }

    /// What came of writing, as whoever writes should know it.
    fn known<T: Default>(&self, written: io::Result<T>) -> io::Result<T> {
        match written {
            Err(error) if self.goes_on_unread && error.kind() == ErrorKind::BrokenPipe => {
                Ok(T::default())
            }
            written => written,
        }
    }

    fn write_whole(&mut self, bytes: &[u8]) -> io::Result<()> {
        for chunk in bytes.utf8_chunks() {
            let valid = chunk.valid();
            if valid.contains(|c| is_control(c) && c != '\n') {
                let text = escaped(valid, |rest| self.keeps(rest));
                self.write_text(&text)?;
            } else {
                self.write_text(valid)?;
            }
            self.inner.write_all(chunk.invalid())?;
        }
        Ok(())
    }

    fn write_text(&mut self, text: &str) -> io::Result<()> {
        match &mut self.harmless {
            Some(harmless) => self.inner.write_all(harmless.piece(text).as_bytes()),
            None => self.inner.write_all(text.as_bytes()),
        }
    }

    fn keeps(&self, rest: &str) -> Option<usize> {
        if rest.starts_with(['\n', '\t']) {
            return Some(1);
        }
        let code = rest.strip_prefix("\u{1b}[")?;
        let end = code.find(|c: char| !c.is_ascii_digit() && c != ';')?;
        let is_color = self.colors && code[end..].starts_with('m');
        is_color.then_some("\u{1b}[".len() + end + 1)
    }
}

impl<W: Write> Write for Printed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.write_whole(bytes);
        self.known(written)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.inner.flush();
        self.known(flushed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_printed(text: &str, colors: bool, expected: &str) {
        let mut out = Vec::new();
        Printed::new(&mut out, colors, false)
            .write_all(text.as_bytes())
            .unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn only_colors_pass_and_only_where_they_are_wanted() {
        let text = "\u{1b}[1;31mFAIL\u{1b}[0m \u{1b}[2J\ta\n\u{1b}]0;x\u{7}";
        let colored = "\u{1b}[1;31mFAIL\u{1b}[0m \\u001b[2J\ta\n\\u001b]0;x\\u0007";
        check_printed(text, true, colored);
        check_printed(text, false, &colored.replace('\u{1b}', "\\u001b"));
        check_printed("a\u{1b}[", true, "a\\u001b[");
    }

    #[test]
    fn a_reader_that_went_away_is_no_error_where_that_is_wanted() {
        struct Gone;
        impl Write for Gone {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(ErrorKind::BrokenPipe.into())
            }

            fn flush(&mut self) -> io::Result<()> {
                Err(ErrorKind::BrokenPipe.into())
            }
        }

        let mut out = Printed::new(Gone, false, false);
        assert!(out.write_all(b"a").is_err() && out.flush().is_err());
        let mut out = out.going_on_unread(true);
        assert!(out.write_all(b"a").is_ok() && out.flush().is_ok());
    }

    #[test]
    fn json_stays_the_same_json() {
        let id = "a\u{7f}\u{9b}\u{202e}\u{1b}";
        let mut out = Vec::new();
        serde_json::to_writer(&mut Printed::new(&mut out, false, false), &id).unwrap();
        assert!(out.is_ascii());
        assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), id);
    }
}
