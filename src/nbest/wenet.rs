//! What `WeNet`'s `decoder_main --output_nbest` prints.
//!
//! | line | what |
//! |---|---|
//! | `wav utterance` | begins a list |
//! | `candidate -3.2 words` | a hypothesis with its score, higher is better |

use std::borrow::Cow;

use crate::nbest::assemble::{RawHypothesis, RawUtterance};
use crate::nbest::error::ReadErrorKind;
use crate::nbest::json::shorten;
use crate::nbest::kaldi::split_id;
use crate::nbest::place::Position;
use crate::nbest::source::{Lines, Text};

/// Whether `text` begins with a list.
pub(super) fn starts(text: &str) -> bool {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    lines.next().is_some_and(|line| line.starts_with("wav "))
        && lines
            .next()
            .is_some_and(|line| line.starts_with("candidate "))
}

/// Reads all lists.
pub(super) fn read(
    text: &mut Text<'_>,
    position: &mut Position,
    add: &mut dyn FnMut(RawUtterance<'_>, Position) -> Result<(), ReadErrorKind>,
) -> Result<(), ReadErrorKind> {
    let mut lines = Lines::new(text);
    let mut open: Option<(RawUtterance<'static>, Position)> = None;
    while let Some(line) = lines.next(position)? {
        let (kind, rest) = split_id(line);
        match (kind, &mut open) {
            ("wav", open) => {
                let utterance = RawUtterance::of_list(rest.to_owned(), Vec::new());
                finish(open.replace((utterance, *position)), add)?;
            }
            ("candidate", Some((utterance, _))) => {
                let (score, words) = split_id(rest);
                let score = match score.parse::<f64>() {
                    Ok(score) if score.is_finite() => score,
                    _ => return Err(unexpected(line)),
                };
                utterance.hypotheses.push(RawHypothesis {
                    text: Cow::Owned(words.to_owned()),
                    score: Some(score),
                    am_score: None,
                    lm_score: None,
                });
            }
            _ => return Err(unexpected(line)),
        }
    }

    finish(open, add)
}

fn finish(
    utterance: Option<(RawUtterance<'_>, Position)>,
    add: &mut dyn FnMut(RawUtterance<'_>, Position) -> Result<(), ReadErrorKind>,
) -> Result<(), ReadErrorKind> {
    match utterance {
        Some((utterance, _)) if utterance.hypotheses.is_empty() => Err(ReadErrorKind::Line {
            problem: format!("the utterance `{}` has no candidate", utterance.id),
            advice: "leave it out, as WeNet does not write empty candidates",
        }),
        Some((utterance, position)) => add(utterance, position),
        None => Ok(()),
    }
}

fn unexpected(line: &str) -> ReadErrorKind {
    ReadErrorKind::Line {
        problem: format!(
            "`{}` is no line of WeNet's n-best output",
            shorten(line, 60)
        ),
        advice: "write `wav utterance`, then `candidate -3.2 words` for each hypothesis",
    }
}
