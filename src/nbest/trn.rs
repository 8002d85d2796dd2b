//! SCTK's trn: lines `words (speaker-utterance)`, for references and for single
//! hypotheses.
//!
//! Lines that begin with `;;` are comments. `PocketSphinx` writes a score behind the id. Alternatives,
//! null words and tags are for [`readings`](mod@crate::nbest::readings).

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::nbest::assemble::{RawHypothesis, RawUtterance};
use crate::nbest::error::ReadErrorKind;
use crate::nbest::json::shorten;
use crate::nbest::limits::check_text;
use crate::nbest::place::Position;
use crate::nbest::readings::{BadBraces, Spoken};
use crate::nbest::source::{Lines, Text};

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
    /// Who spoke: what comes before the first `-` or `_` of the id, which is how SCTK reads such
    /// ids (`spu_id`); ids without either name no speaker.
    pub(super) fn speaker(&self) -> Option<&str> {
        self.id.split_once(['-', '_']).map(|(speaker, _)| speaker)
    }

    /// A list of the line's words as its only hypothesis, `text`.
    pub(super) fn list<'b>(&'b self, text: &'b str) -> RawUtterance<'b> {
        RawUtterance {
            id: Cow::Borrowed(self.id),
            speaker: self.speaker().map(Cow::Borrowed),
            reference: None,
            hypotheses: vec![RawHypothesis {
                text: Cow::Borrowed(text),
                score: self.score,
                am_score: None,
                lm_score: None,
            }],
            attributes: std::collections::BTreeMap::new(),
        }
    }
}

/// Reads ids and words, line by line.
pub(super) fn read_lines(
    text: &mut Text<'_>,
    position: &mut Position,
    add: &mut dyn FnMut(TrnLine<'_>, Position) -> Result<(), ReadErrorKind>,
) -> Result<(), ReadErrorKind> {
    let mut lines = Lines::new(text);
    while let Some(line) = lines.next(position)? {
        if line.starts_with(";;") {
            continue;
        }
        let Some((words, inner)) = words_and_id(line) else {
            return Err(ReadErrorKind::Line {
                problem: format!(
                    "`{}` does not end with an id in parentheses",
                    shorten(line, 60)
                ),
                advice: "write words (speaker-utterance) on each line",
            });
        };
        check_text("the text", words)?;
        let (id, score) = scored_id(inner)?;
        let spoken = Spoken::trn(words).map_err(|BadBraces(advice)| ReadErrorKind::Line {
            problem: format!("the alternatives of the utterance `{id}` cannot be told apart"),
            advice,
        })?;
        add(TrnLine { id, score, spoken }, *position)?;
    }

    Ok(())
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
    match number.parse::<f64>() {
        Ok(score) if score.is_finite() => Ok((id.trim(), Some(score))),
        Ok(_) => Err(ReadErrorKind::NotFinite {
            field: format!("score of {}", id.trim()),
            value: number.to_owned(),
        }),
        // Not a score: whoever has spaces in ids has them in both files.
        Err(_) => Ok((inner, None)),
    }
}

/// Whether the lines of `start`, the beginning of a file, are those of trn rather than
/// `utterance words`, where words in parentheses may end a line too: `u1 yes (laughter)`.
pub(super) fn looks_like_trn(start: &[u8]) -> bool {
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

    // Most lines, so that one that is wrong is told as such; and ids come once, where noises repeat.
    let distinct: BTreeSet<&str> = ends.iter().copied().collect();
    if 2 * distinct.len() <= lines.len() {
        return false;
    }

    let first_words = lines.iter().filter_map(|line| line.split(' ').next());
    let named_first = first_words.clone().all(is_like_an_id)
        && first_words.collect::<BTreeSet<&str>>().len() == lines.len();

    !named_first || ends.iter().any(|end| is_like_an_id(end))
}

fn is_like_an_id(word: &str) -> bool {
    !word.starts_with(['(', '{', '%'])
        && word.contains(|c: char| c.is_ascii_digit() || matches!(c, '-' | '_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_in_parentheses_at_the_end_of_kaldi_text_are_no_ids() {
        let check = |text: &str, expected: bool| {
            assert_eq!(looks_like_trn(text.as_bytes()), expected, "{text}");
        };
        check("yes (s1-u1)\n;; x\nno (s1-u2)\n", true);
        check("a b (u)\n(v)\n", true);
        check("yes (s1-u1)\nno s1-u2\nno (s1-u3)", true);
        check("lee-7 yes (laughter)\nmoe-3 no\n", false);
        check("lee-7 yes (laughter)\nmoe-3 no (noise)\n", false);
        check("lee-7 yes (laughter)", false);
        check("one yes (laughter)\ntwo no (laughter)\n", false);
        check("u1 yes\n", false);
        check("", false);
    }

    #[test]
    fn a_score_may_stand_behind_the_id() {
        assert_eq!(
            scored_id("data_005 -7716").unwrap(),
            ("data_005", Some(-7716.0))
        );
        assert_eq!(scored_id("a b").unwrap(), ("a b", None));
        assert!(scored_id("a nan").is_err());
    }
}
