//! NIST's STM: lines `file channel speaker begin end <label> words`, for references.
//!
//! Lines that begin with `;;` are comments, and segments that are not to be scored are left out.
//! Segments are told by their times, and lists by their ids; so only a recording of one segment can
//! be matched, whose id is the recording's name.

use std::collections::BTreeMap;

use crate::nbest::error::ReadErrorKind;
use crate::nbest::json::shorten;
use crate::nbest::limits::check_text;
use crate::nbest::place::Position;
use crate::nbest::readings::{BadBraces, Spoken};
use crate::nbest::source::Text;
use crate::nbest::text_lines::Lines;

/// What stands in place of words that are not to be scored.
const NOT_SCORED: &str = "ignore_time_segment_in_scoring";

/// A recording of one segment.
pub(super) struct Segment<'a> {
    pub(super) id: &'a str,
    pub(super) speaker: &'a str,
    pub(super) spoken: Spoken,
}

/// Reads all segments.
pub(super) fn read(
    text: &mut Text<'_>,
    add: &mut dyn FnMut(Segment<'_>, Position) -> Result<(), ReadErrorKind>,
) -> Result<(), ReadErrorKind> {
    let mut first_lines: BTreeMap<String, usize> = BTreeMap::new();
    let mut lines = Lines::new(text);
    while let Some((line, position)) = lines.next()? {
        if line.starts_with(";;") {
            continue;
        }
        let Some(segment) = segment(line)? else {
            continue;
        };
        if let Position::Line(number) = position
            && let Some(first) = first_lines.insert(segment.id.to_owned(), number)
        {
            let problem = format!(
                "a second segment of the recording `{}`, after that of line {first}: STM tells \
                 segments by their times, and lists tell them by ids",
                segment.id
            );
            let advice = "write references as Kaldi text, `utterance words`, with the ids of the \
                          lists";
            return Err(ReadErrorKind::line(problem, advice));
        }
        add(segment, position)?;
    }

    if first_lines.is_empty() {
        return Err(ReadErrorKind::Empty {
            wanted: "reference",
        });
    }
    Ok(())
}

/// A line; `None` where nothing in it is to be scored.
fn segment(line: &str) -> Result<Option<Segment<'_>>, ReadErrorKind> {
    let mut rest = line;
    let mut field = || {
        let (field, behind) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        rest = behind.trim_start();
        field
    };
    let fields = [(); 5].map(|()| field());
    let [id, _, speaker, begin, end] = fields;
    if begin.parse::<f64>().is_err() || end.parse::<f64>().is_err() {
        let problem = format!("`{}` is no line of STM", shorten(line, 60));
        let advice = "write file, channel, speaker, begin, end, perhaps a <label>, and the words";
        return Err(ReadErrorKind::line(problem, advice));
    }

    let label = rest
        .strip_prefix('<')
        .and_then(|behind| behind.split_once('>'));
    let words = label.map_or(rest, |(_, words)| words).trim();
    if words.eq_ignore_ascii_case(NOT_SCORED) {
        return Ok(None);
    }
    check_text("the text", words)?;
    let spoken = Spoken::trn(words).map_err(|BadBraces(advice)| {
        let problem = format!("the alternatives of the recording `{id}` cannot be told apart");
        ReadErrorKind::line(problem, advice)
    })?;

    Ok(Some(Segment {
        id,
        speaker,
        spoken,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nbest::limits::Limits;

    fn segments(file: &str) -> Result<Vec<(String, String, Spoken)>, String> {
        let mut text = Text::new(file.as_bytes(), Limits::default()).unwrap();
        let mut found = Vec::new();
        let read = read(&mut text, &mut |segment, _| {
            let Segment {
                id,
                speaker,
                spoken,
            } = segment;
            found.push((id.to_owned(), speaker.to_owned(), spoken));
            Ok(())
        });
        read.map(|()| found).map_err(|error| error.to_string())
    }

    #[test]
    fn words_follow_the_times_and_the_label() {
        let found = segments(
            ";; LABEL \"o\" \"Overall\" \"x\"\nlee 1 anna 0.0 1.5 <o,f0,male> turn off\nmoe A bert \
             0 2 two ships\nzoe A nobody 2 3 <o,,unknown> IGNORE_TIME_SEGMENT_IN_SCORING\neve 1 x \
             0 1.5\n",
        );
        let expected = [
            ("lee", "anna", "turn off"),
            ("moe", "bert", "two ships"),
            ("eve", "x", ""),
        ];
        let expected =
            expected.map(|(id, speaker, words)| (id.into(), speaker.into(), Spoken::words(words)));
        assert_eq!(found.unwrap(), expected);
    }

    #[test]
    fn recordings_of_several_segments_are_refused() {
        let check = |file: &str, expected: &str| {
            let error = segments(file).unwrap_err();
            assert!(error.contains(expected), "{error}");
        };
        check("lee 1 a 0 1 yes\nlee 1 a 1 2 no\n", "after that of line 1");
        check("lee 1 a 0 one yes\n", "no line of STM");
        check(";; nothing\n", "holds no reference");
    }
}
