//! SCTK's trn: lines `words (speaker-utterance)`, for references and for single
//! hypotheses.
//!
//! Lines that begin with `;;` are comments. `PocketSphinx` writes a score behind the id.
//! Alternatives, null words and tags are for [`readings`](mod@crate::nbest::readings), the marks of
//! Sphinx for [`sphinx`](mod@crate::nbest::sphinx).

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::nbest::error::ReadErrorKind;
use crate::nbest::json::shorten;
use crate::nbest::limits::check_text;
use crate::nbest::numbers;
use crate::nbest::place::Position;
use crate::nbest::raw::{RawHypothesis, RawUtterance};
use crate::nbest::readings::{BadBraces, Spoken};
use crate::nbest::source::Text;
use crate::nbest::sphinx;
use crate::nbest::text_lines::Lines;

/// A file that was read as far as this goes on: what is read at once is more.
const LONG: usize = 1 << 15;

/// A line of trn.
pub(super) struct TrnLine<'a> {
    pub(super) id: &'a str,
    /// What stands behind the id.
    pub(super) score: Option<f64>,
    pub(super) spoken: Spoken,
}

impl TrnLine<'_> {
    /// Who spoke: what comes before the first `-` of the id, or where there is none before the
    /// first `_`, which is how SCTK reads such ids (`spu_id`); ids without either name no speaker.
    pub(super) fn speaker(&self) -> Option<&str> {
        let split = self.id.split_once('-').or_else(|| self.id.split_once('_'));
        split.map(|(speaker, _)| speaker)
    }

    /// A list of the line's words as its only hypothesis, `text`.
    pub(super) fn list<'b>(&'b self, text: &'b str) -> RawUtterance<'b> {
        RawUtterance {
            speaker: self.speaker().map(Cow::Borrowed),
            speaker_in_id: true,
            ..RawUtterance::of_list(self.id, vec![RawHypothesis::scored(text, self.score)])
        }
    }
}

/// Whose transcripts a file holds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Marks {
    /// Sphinx's for sure, none of whose marks are words.
    are_sphinx: bool,
}

impl Marks {
    /// Those of a file, from its name and its beginning.
    pub(super) fn of(name: &str, start: &[u8]) -> Marks {
        let text = String::from_utf8_lossy(start);
        let mut lines = text.lines().filter_map(|line| words_and_id(line.trim()));
        let is_scored = |(_, inner): (&str, &str)| matches!(scored_id(inner), Ok((_, Some(_))));
        Marks {
            are_sphinx: sphinx::is_named(name) || lines.any(is_scored),
        }
    }
}

/// Reads ids and words, line by line.
pub(super) fn read_lines(
    text: &mut Text<'_>,
    marks: Marks,
    add: &mut dyn FnMut(TrnLine<'_>, Position) -> Result<(), ReadErrorKind>,
) -> Result<(), ReadErrorKind> {
    let mut lines = Lines::new(text);
    while let Some((line, position)) = lines.next()? {
        if let Some(line) = read_line(line, marks)? {
            add(line, position)?;
        }
    }

    Ok(())
}

/// Reads a line; `None` if it is a comment.
pub(super) fn read_line(line: &str, marks: Marks) -> Result<Option<TrnLine<'_>>, ReadErrorKind> {
    if line.starts_with(";;") {
        return Ok(None);
    }
    let (words, inner) = words_and_id(line).ok_or_else(|| {
        let line = shorten(line, 60);
        let problem = format!("`{line}` does not end with an id in parentheses");
        ReadErrorKind::line(problem, "write words (speaker-utterance) on each line")
    })?;
    check_text("the text", words)?;

    let (id, score) = scored_id(inner)?;
    let words = sphinx::without_marks(words, marks.are_sphinx);
    let spoken = Spoken::trn(&words).map_err(|BadBraces(advice)| {
        let problem = format!("the alternatives of the utterance `{id}` cannot be told apart");
        ReadErrorKind::line(problem, advice)
    })?;
    Ok(Some(TrnLine { id, score, spoken }))
}

/// The words of a line, and what stands in the parentheses at its end.
fn words_and_id(line: &str) -> Option<(&str, &str)> {
    let (words, inner) = line.strip_suffix(')')?.rsplit_once('(')?;
    Some((words, inner.trim()))
}

/// `utt -7716` into `utt` and the score.
fn scored_id(inner: &str) -> Result<(&str, Option<f64>), ReadErrorKind> {
    let Some((id, number)) = inner.rsplit_once(char::is_whitespace) else {
        return Ok((inner, None));
    };
    // A logarithm; `spk1 001` is an id with a space in it.
    let is_counted = number != "0" && number.bytes().all(|byte| byte.is_ascii_digit());
    match numbers::score(id.trim(), number, number)? {
        Some(score) if !is_counted => Ok((id.trim(), Some(score))),
        // Not a score: whoever has spaces in ids has them in both files.
        Some(_) | None => Ok((inner, None)),
    }
}

/// What the lines of a file look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Likeness {
    /// `words (utterance)`.
    Trn,
    /// `utterance words`, or no lines of transcripts at all.
    Text,
    /// One as well as the other: `lee-7 turn off (uh-huh)`.
    Either,
}

/// What the lines of `start`, the beginning of a file, look like: those of `utterance words` may
/// end in words in parentheses too, as in `u1 yes (laughter)`.
pub(super) fn likeness(start: &[u8]) -> Likeness {
    let text = String::from_utf8_lossy(start);
    let mut lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with(";;"))
        .collect();

    // The end of what was read of a long file may be in the middle of a line.
    if start.len() > LONG && !text.ends_with('\n') {
        lines.pop();
    }

    let ends: Vec<&str> = lines
        .iter()
        .filter_map(|line| words_and_id(line))
        .map(|(_, id)| id)
        .collect();

    // Most lines, so that one that is wrong is told as such; and ids come once, where noises
    // repeat.
    let distinct: BTreeSet<&str> = ends.iter().copied().collect();
    if 2 * distinct.len() <= lines.len() {
        return Likeness::Text;
    }

    let first_words = lines.iter().filter_map(|line| line.split(' ').next());
    let named_first = first_words.clone().all(is_like_an_id)
        && first_words.collect::<BTreeSet<&str>>().len() == lines.len();

    if !named_first {
        return Likeness::Trn;
    }

    // Where all lines begin with ids, a single one that does not end with one tells that those are
    // words.
    let named_last = distinct.len() == lines.len() && ends.iter().all(|end| is_like_an_id(end));
    if named_last {
        Likeness::Either
    } else {
        Likeness::Text
    }
}

fn is_like_an_id(word: &str) -> bool {
    // Nor is `word(2)` of Sphinx one.
    !word.starts_with(['(', '{', '%', '<', '+'])
        && sphinx::spelled(word) == word
        && word.contains(|c: char| c.is_ascii_digit() || matches!(c, '-' | '_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_in_parentheses_at_the_end_of_kaldi_text_are_no_ids() {
        let check = |text: &str, expected: bool| {
            let found = likeness(text.as_bytes());
            let sure = if expected {
                Likeness::Trn
            } else {
                Likeness::Text
            };
            assert_eq!(found, sure, "{text}");
        };
        check("yes (s1-u1)\n;; x\nno (s1-u2)\n", true);
        check("a b (u)\n(v)\n", true);
        check("yes (s1-u1)\nno s1-u2\nno (s1-u3)", true);
        check("lee-7 yes (laughter)\nmoe-3 no\n", false);
        check("lee-7 yes (laughter)\nmoe-3 no (noise)\n", false);
        check("lee-7 yes (laughter)", false);
        check("one yes (laughter)\ntwo no (laughter)\n", false);
        check("u1 yes\n", false);
        check("lee-7 yes (uh-huh)\nmoe-3 no\n", false);
        check(
            "lee-7 yes (uh-huh)\nmoe-3 no (uh-huh)\nmoe-4 (mm-hm)",
            false,
        );
        check("", false);

        let either = "lee-0007 turn off (uh-huh)\nmoe-0003 stay (mm_hm)\n";
        assert_eq!(likeness(either.as_bytes()), Likeness::Either);
    }

    #[test]
    fn a_score_may_stand_behind_the_id() {
        assert_eq!(
            scored_id("data_005 -7716").unwrap(),
            ("data_005", Some(-7716.0))
        );
        assert_eq!(scored_id("a b").unwrap(), ("a b", None));
        assert_eq!(scored_id("a 0").unwrap(), ("a", Some(0.0)));
        assert_eq!(scored_id("spk1 000").unwrap(), ("spk1 000", None));
        assert!(scored_id("a nan").is_err());
    }
}
