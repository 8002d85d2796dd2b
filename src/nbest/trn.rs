//! SCTK's trn: lines `words (speaker-utterance)`, for references and for single
//! hypotheses.
//!
//! Lines that begin with `;;` are comments. Alternatives in braces are refused:
//! an n-best list needs words to choose from, not choices within words.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::nbest::assemble::RawHypothesis;
use crate::nbest::assemble::RawUtterance;
use crate::nbest::error::Position;
use crate::nbest::error::ReadErrorKind;
use crate::nbest::json::shorten;
use crate::nbest::source::Lines;
use crate::nbest::source::Text;

/// Reads lists of a single hypothesis each, without scores.
///
/// The speaker is what comes before the first `-` or `_` of the id, which is
/// how SCTK reads such ids (`spu_id`); ids without either name no speaker.
pub(super) fn read(
    text: &mut Text<'_>,
    position: &mut Position,
    add: &mut dyn FnMut(RawUtterance<'_>, Position) -> Result<(), ReadErrorKind>,
) -> Result<(), ReadErrorKind> {
    read_lines(text, position, &mut |id, words, position| {
        let hypothesis = RawHypothesis {
            text: Cow::Borrowed(words),
            score: None,
            am_score: None,
            lm_score: None,
        };
        let utterance = RawUtterance {
            id: Cow::Borrowed(id),
            speaker: id
                .split_once(['-', '_'])
                .map(|(speaker, _)| Cow::Borrowed(speaker)),
            reference: None,
            hypotheses: vec![hypothesis],
            attributes: BTreeMap::new(),
        };
        add(utterance, position)
    })
}

/// Reads ids and words, line by line.
pub(super) fn read_lines(
    text: &mut Text<'_>,
    position: &mut Position,
    add: &mut dyn FnMut(&str, &str, Position) -> Result<(), ReadErrorKind>,
) -> Result<(), ReadErrorKind> {
    let mut lines = Lines::new(text);
    while let Some(line) = lines.next(position)? {
        if line.starts_with(";;") {
            continue;
        }
        let parts = line
            .strip_suffix(')')
            .and_then(|line| line.rsplit_once('('));
        let Some((words, id)) = parts else {
            return Err(ReadErrorKind::Line {
                problem: format!(
                    "`{}` does not end with an id in parentheses",
                    shorten(line, 60)
                ),
                advice: "write words (speaker-utterance) on each line",
            });
        };
        if words
            .split_whitespace()
            .any(|word| matches!(word, "{" | "}"))
        {
            return Err(ReadErrorKind::Line {
                problem: format!("the utterance `{id}` has alternatives in braces"),
                advice: "choose one of them: alternatives are not read",
            });
        }
        add(id.trim(), words, *position)?;
    }
    Ok(())
}
