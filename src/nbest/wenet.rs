//! What `WeNet`'s `decoder_main --output_nbest` prints.
//!
//! | line | what |
//! |---|---|
//! | `wav utterance` | begins a list |
//! | `candidate -3.2 words` | a hypothesis with its score, higher is better |

use crate::nbest::error::ReadErrorKind;
use crate::nbest::json::shorten;
use crate::nbest::kaldi::split_id;
use crate::nbest::numbers::finite;
use crate::nbest::place::Position;
use crate::nbest::raw::{Add, RawHypothesis, RawUtterance};
use crate::nbest::source::Text;
use crate::nbest::text_lines::Lines;

/// Whether `text` begins with a list.
pub(super) fn starts(text: &str) -> bool {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    lines.next().is_some_and(|line| line.starts_with("wav "))
        && lines
            .next()
            .is_some_and(|line| line.starts_with("candidate "))
}

/// Reads all lists.
pub(super) fn read(text: &mut Text<'_>, add: &mut Add<'_>) -> Result<(), ReadErrorKind> {
    let mut lines = Lines::new(text);
    let mut open: Option<(RawUtterance<'static>, Position)> = None;
    while let Some((line, position)) = lines.next()? {
        match (split_id(line), &mut open) {
            (("wav", id), open) => {
                let utterance = RawUtterance::of_list(id.to_owned(), Vec::new());
                finish(open.replace((utterance, position)), add)?;
            }
            (("candidate", rest), Some((utterance, _))) => {
                let (score, words) = split_id(rest);
                let score = finite(score).ok_or_else(|| unexpected(line))?;
                let hypothesis = RawHypothesis::scored(words.to_owned(), Some(score));
                utterance.hypotheses.push(hypothesis);
            }
            _ => return Err(unexpected(line)),
        }
    }

    finish(open, add)
}

fn finish(
    utterance: Option<(RawUtterance<'_>, Position)>,
    add: &mut Add<'_>,
) -> Result<(), ReadErrorKind> {
    let Some((utterance, position)) = utterance else {
        return Ok(());
    };
    if utterance.hypotheses.is_empty() {
        let problem = format!("the utterance `{}` has no candidate", utterance.id);
        let advice = "if nothing was heard, write `candidate 0` without words below it: an utterance \
            that is left out hides its deletions";
        return Err(ReadErrorKind::line(problem, advice));
    }
    add(utterance, position)
}

fn unexpected(line: &str) -> ReadErrorKind {
    let line = shorten(line, 60);
    ReadErrorKind::line(
        format!("`{line}` is no line of WeNet's n-best output"),
        "write `wav utterance`, then `candidate -3.2 words` for each hypothesis",
    )
}
