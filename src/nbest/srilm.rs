//! SRILM's n-best lists, one file an utterance: the id is the file's name.
//!
//! | first line | the others |
//! |---|---|
//! | `NBestList1.0` | `(score) w1 w2 ..` |
//! | `NBestList2.0` | `(score) w1 ( st: .. et: .. g: .. a: .. ) w2 ( .. ) ..` |
//! | none of them | `acoustic-score lm-score words w1 w2 ..`, with so many words on every line |
//!
//! Scores are logarithms: higher is better. `<s>`, `</s>` and the pause `-pau-` are no words.

use std::borrow::Cow;

use crate::nbest::error::ReadErrorKind;
use crate::nbest::foreign::whole_lines;
use crate::nbest::json::shorten;
use crate::nbest::numbers::finite;
use crate::nbest::place::Position;
use crate::nbest::raw::{Add, RawHypothesis, RawUtterance};
use crate::nbest::source::Text;
use crate::nbest::text_lines::Lines;

/// What the first line begins with where it names the format.
const HEADER: &str = "NBestList";

/// Whether `text` begins with the format's name.
pub(super) fn starts(text: &str) -> bool {
    text.starts_with(HEADER)
}

/// Whether all lines of `text`, the beginning of a file, are three numbers and words, of which
/// there are as many as the third number says.
pub(super) fn starts_plain(text: &str) -> bool {
    let lines = whole_lines(text);
    !lines.is_empty()
        && lines.iter().all(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let [acoustic, language, count, words @ ..] = fields.as_slice() else {
                return false;
            };
            let count = count.parse::<usize>().ok();
            let are_scores = finite(acoustic).is_some() && finite(language).is_some();
            // SRILM counts without what is no word; whoever writes such lists may count all.
            let spoken = words.iter().filter(|word| is_word(word)).count();
            are_scores && (count == Some(words.len()) || count == Some(spoken))
        })
}

/// Reads the list of the utterance `id`.
pub(super) fn read(text: &mut Text<'_>, id: &str, add: &mut Add<'_>) -> Result<(), ReadErrorKind> {
    let mut hypotheses = Vec::new();
    let mut lines = Lines::new(text);
    while let Some((line, _)) = lines.next()? {
        if line.starts_with(HEADER) {
            continue;
        }
        let read = if line.starts_with('(') {
            total(line)
        } else {
            parts(line)
        };
        hypotheses.push(read.ok_or_else(|| {
            ReadErrorKind::line(
                format!("`{}` is no line of an SRILM n-best list", shorten(line, 60)),
                "write (score) and the words, or acoustic score, language model score, number of \
                 words and the words",
            )
        })?);
    }

    text.position = Position::File;
    if hypotheses.is_empty() {
        return Err(ReadErrorKind::Empty {
            wanted: "n-best list",
        });
    }

    add(RawUtterance::of_list(id, hypotheses), Position::File)
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

    Some(RawHypothesis::scored(spoken(&words), Some(finite(score)?)))
}

/// `acoustic-score lm-score words w1 w2 ..`
fn parts(line: &str) -> Option<RawHypothesis<'static>> {
    let mut fields = line.split_whitespace();
    let (acoustic, language) = (finite(fields.next()?)?, finite(fields.next()?)?);
    fields.next()?.parse::<usize>().ok()?;

    let words: Vec<&str> = fields.collect();
    Some(RawHypothesis {
        text: Cow::Owned(spoken(&words)),
        score: None,
        am_score: Some(acoustic),
        lm_score: Some(language),
        ..RawHypothesis::default()
    })
}

fn is_word(word: &str) -> bool {
    !matches!(word, "<s>" | "</s>" | "-pau-")
}

fn spoken(words: &[&str]) -> String {
    let spoken = words.iter().copied().filter(|word| is_word(word));
    spoken.collect::<Vec<&str>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_lists_are_known_by_their_counts() {
        let check = |text: &str, expected: bool| assert_eq!(starts_plain(text), expected, "{text}");
        check("-5.5 -1.5 2 too ships\n-4 -1.5 0\n", true);
        check("-5.5 -1.5 2 <s> too -pau- ships </s>\n", true);
        check("-5.5 -1.5 5 <s> too -pau- ships </s>\n", true);
        check("-5.5 -1.5 2 too ships\n-4 -1.5 2 to", true);
        check("-5.5 -1.5 3 too ships\n", false);
        check("u1 -1.5 2 too ships\n", false);
        check("-5.5 -1.5\n", false);
        check("", false);
    }

    #[test]
    fn a_pause_is_no_word() {
        let heard = total("(-7.5) -pau- ( st: 0 a: -2 ) too ( st: 0.1 ) -pau- ships").unwrap();
        assert_eq!(heard.text, "too ships");
    }
}
