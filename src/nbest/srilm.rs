//! SRILM's n-best lists, one file an utterance: the id is the file's name.
//!
//! | first line | the others |
//! |---|---|
//! | `NBestList1.0` | `(score) w1 w2 ..` |
//! | `NBestList2.0` | `(score) w1 ( st: .. et: .. g: .. a: .. ) w2 ( .. ) ..` |
//! | none of them | `acoustic-score lm-score words w1 w2 ..`; only if the format is named |
//!
//! Scores are logarithms: higher is better. `<s>` and `</s>` are no words.

use std::borrow::Cow;

use crate::nbest::assemble::{RawHypothesis, RawUtterance};
use crate::nbest::error::ReadErrorKind;
use crate::nbest::json::shorten;
use crate::nbest::place::Position;
use crate::nbest::source::{Lines, Text};

/// What the first line begins with where it names the format.
const HEADER: &str = "NBestList";

/// Whether `text` begins with the format's name.
pub(super) fn starts(text: &str) -> bool {
    text.starts_with(HEADER)
}

/// Reads the list of the utterance `id`.
pub(super) fn read(
    text: &mut Text<'_>,
    id: &str,
    position: &mut Position,
    add: &mut dyn FnMut(RawUtterance<'_>, Position) -> Result<(), ReadErrorKind>,
) -> Result<(), ReadErrorKind> {
    let mut hypotheses = Vec::new();
    let mut lines = Lines::new(text);
    while let Some(line) = lines.next(position)? {
        if line.starts_with(HEADER) {
            continue;
        }
        let read = if line.starts_with('(') {
            total(line)
        } else {
            parts(line)
        };
        let hypothesis = read.ok_or_else(|| ReadErrorKind::Line {
            problem: format!("`{}` is no line of an SRILM n-best list", shorten(line, 60)),
            advice: "write (score) and the words, or acoustic score, language model score, number of words and the words",
        })?;
        hypotheses.push(hypothesis);
    }

    *position = Position::File;
    if hypotheses.is_empty() {
        return Err(ReadErrorKind::Empty {
            wanted: "n-best list",
        });
    }

    let utterance = RawUtterance::of_list(id, hypotheses);

    add(utterance, *position)
}

/// `(score) words`, where what stands in parentheses behind words is left out.
fn total(line: &str) -> Option<RawHypothesis<'static>> {
    let (score, rest) = line.strip_prefix('(')?.split_once(')')?;
    let mut depth = 0_usize;
    let mut words = Vec::new();
    for word in rest.split_whitespace() {
        match word {
            "(" => depth += 1,
            ")" => depth = depth.checked_sub(1)?,
            _ if depth == 0 => words.push(word),
            _ => {}
        }
    }

    Some(RawHypothesis {
        text: spoken(&words),
        score: Some(finite(score)?),
        am_score: None,
        lm_score: None,
    })
}

/// `acoustic-score lm-score words w1 w2 ..`
fn parts(line: &str) -> Option<RawHypothesis<'static>> {
    let mut fields = line.split_whitespace();
    let (acoustic, language) = (finite(fields.next()?)?, finite(fields.next()?)?);
    fields.next()?.parse::<usize>().ok()?;

    let words: Vec<&str> = fields.collect();
    Some(RawHypothesis {
        text: spoken(&words),
        score: None,
        am_score: Some(acoustic),
        lm_score: Some(language),
    })
}

fn finite(text: &str) -> Option<f64> {
    text.trim()
        .parse::<f64>()
        .ok()
        .filter(|value| value.is_finite())
}

fn spoken(words: &[&str]) -> Cow<'static, str> {
    let words = words
        .iter()
        .filter(|word| !matches!(**word, "<s>" | "</s>"));
    Cow::Owned(words.copied().collect::<Vec<&str>>().join(" "))
}
