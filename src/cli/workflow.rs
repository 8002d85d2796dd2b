//! The log of a GitHub workflow, which takes some lines for commands.
//!
//! A line that begins with `::`, or has `##[` anywhere, is a command to the runner: an utterance of
//! that name could put annotations of its own on a pull request, or hide what follows. In such a
//! log, and nowhere else, what comes from files is spelled so that no line of it is one.

use std::borrow::Cow;
use std::fmt::Write;

/// What the runner sets for every step.
const RUNNER: &str = "GITHUB_ACTIONS";

/// Whether this process runs in a step of a workflow, whose runner says so.
pub(crate) fn runs_here() -> bool {
    std::env::var_os(RUNNER).is_some_and(|value| value == "true")
}

/// Text that comes in pieces, made harmless: the colon that a line begins with, and the bracket
/// after two number signs, become escapes as in JSON.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Harmless {
    /// Nothing but blanks is in the line so far.
    fresh: bool,
    /// Number signs that the line ends with so far.
    signs: usize,
}

impl Default for Harmless {
    fn default() -> Harmless {
        Harmless {
            fresh: true,
            signs: 0,
        }
    }
}

impl Harmless {
    /// The next piece.
    pub(crate) fn piece<'a>(&mut self, text: &'a str) -> Cow<'a, str> {
        if !text.contains([':', '[']) {
            text.chars().for_each(|c| self.follow(c));
            return Cow::Borrowed(text);
        }

        let mut harmless = String::with_capacity(text.len());
        for c in text.chars() {
            if (self.fresh && c == ':') || (self.signs >= 2 && c == '[') {
                let _ = write!(harmless, "\\u{:04x}", u32::from(c));
            } else {
                harmless.push(c);
            }
            self.follow(c);
        }
        Cow::Owned(harmless)
    }

    fn follow(&mut self, c: char) {
        self.fresh = c == '\n' || (self.fresh && c.is_whitespace());
        self.signs = if c == '#' { self.signs + 1 } else { 0 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_pieces(pieces: &[&str], expected: &str) {
        let mut state = Harmless::default();
        let whole: String = pieces.iter().map(|piece| state.piece(piece)).collect();
        assert_eq!(whole, expected);
    }

    #[test]
    fn no_line_is_a_command() {
        check_pieces(&["::error::x\n  ::b"], "\\u003a:error::x\n  \\u003a:b");
        check_pieces(&["a ::b", "::c\n", ":", ":d"], "a ::b::c\n\\u003a:d");
        check_pieces(
            &["see ##", "[add-mask]x #[y]"],
            "see ##\\u005badd-mask]x #[y]",
        );
        check_pieces(&["| a: b [1, 2] |\n", "::x"], "| a: b [1, 2] |\n\\u003a:x");
    }
}
