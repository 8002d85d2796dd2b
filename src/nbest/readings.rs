//! Texts with alternatives, as SCTK's trn has them: `the { colour / color } of { the / @ } boat`.
//!
//! Of all readings sclite scores the one that is aligned most cheaply; so do we. A text without
//! alternatives has one reading, and costs nothing here.

use crate::nbest::normalize::Normalization;
use crate::nbest::wer::word_distance;
use crate::nbest::{NBest, Transcript};

/// So deep braces may nest.
const DEEPEST: usize = 32;

/// So many pairs of nodes are compared at most: a few hundred MB of memory.
const MOST_CELLS: usize = 20_000_000;

/// sclite's costs; a null word costs nothing.
const SUBSTITUTION: u32 = 4;
const GAP: u32 = 3;

/// What was said or heard, perhaps with alternatives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spoken(Form);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Form {
    /// Words, separated by white space.
    Words(Box<str>),
    Parts(Vec<Part>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Word(String),
    Choice(Vec<Vec<Part>>),
}

/// Why a text with alternatives cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BadBraces(pub(super) &'static str);

impl Spoken {
    /// Words as they are.
    pub(crate) fn words(text: &str) -> Spoken {
        Spoken(Form::Words(text.into()))
    }

    /// Reads the words of a line of trn: alternatives in braces, `@` for no word, and behind a
    /// word `;` with up to two tags, such as confidences, that are left out (`\;` is a `;`).
    pub(super) fn trn(text: &str) -> Result<Spoken, BadBraces> {
        if !text.contains(['{', '}', ';', '@']) {
            return Ok(Spoken::words(text));
        }

        let mut rest = text;
        let parts = sequence(&mut rest, 0)?;
        let words: Option<Vec<&str>> = parts
            .iter()
            .map(|part| match part {
                Part::Word(word) => Some(word.as_str()),
                Part::Choice(_) => None,
            })
            .collect();

        Ok(match words {
            Some(words) => Spoken::words(&words.join(" ")),
            None => Spoken(Form::Parts(parts)),
        })
    }

    /// Its words, as they were written, if there is no choice of readings.
    pub(super) fn as_words(&self) -> Option<&str> {
        match &self.0 {
            Form::Words(words) => Some(words),
            Form::Parts(_) => None,
        }
    }

    /// Whether there is a choice of readings.
    pub(crate) fn has_alternatives(&self) -> bool {
        matches!(self.0, Form::Parts(_))
    }
}

/// The parts up to the end of the text, or of the alternative in which they stand.
fn sequence(rest: &mut &str, depth: usize) -> Result<Vec<Part>, BadBraces> {
    if depth > DEEPEST {
        return Err(BadBraces("nest its braces less deep"));
    }

    let mut parts = Vec::new();
    loop {
        *rest = rest.trim_start();
        match rest.chars().next() {
            None if depth > 0 => return Err(BadBraces("close every brace")),
            None => return Ok(parts),
            Some('}') if depth == 0 => return Err(BadBraces("open every brace that is closed")),
            Some('/' | '}') if depth > 0 => return Ok(parts),
            Some('{') => {
                let mut alternatives = Vec::new();
                let mut closed = false;
                while !closed {
                    // Behind the brace, or behind the slash.
                    *rest = &rest[1..];
                    alternatives.push(sequence(rest, depth + 1)?);
                    closed = rest.starts_with('}');
                }
                *rest = &rest[1..];
                parts.push(Part::Choice(alternatives));
            }
            Some(_) => {
                let ends = |c: char| c.is_whitespace() || (depth > 0 && matches!(c, '/' | '}'));
                let (word, behind) = rest.split_at(rest.find(ends).unwrap_or(rest.len()));
                *rest = behind;
                parts.extend(spoken_word(word).map(Part::Word));
            }
        }
    }
}

/// A word without its tags; `None` for the null word.
fn spoken_word(word: &str) -> Option<String> {
    let tag = word
        .char_indices()
        .find(|&(at, c)| c == ';' && at > 0 && !word[..at].ends_with('\\'));
    let bare = tag.map_or(word, |(at, _)| &word[..at]);
    (bare != "@").then(|| bare.replace("\\;", ";"))
}

/// The readings of a reference and a hypothesis that cost least together, normalized; the first of
/// several. `None` if the texts are so long that their readings cannot be compared.
///
/// A substitution costs 4, an insertion or deletion 3, as in sclite.
pub(crate) fn closest(
    reference: &Spoken,
    hypothesis: &Spoken,
    normalization: Normalization,
) -> Option<(Transcript, Transcript)> {
    if let (Form::Words(reference), Form::Words(hypothesis)) = (&reference.0, &hypothesis.0) {
        let normalized = |text: &str| normalization.normalize(text);
        return Some((normalized(reference), normalized(hypothesis)));
    }
    let reference = Network::new(reference, normalization);
    let hypothesis = Network::new(hypothesis, normalization);
    cheapest(&reference, &hypothesis)
}

/// Whether a hypothesis has fewer errors beside another reading of `said` than beside `reference`,
/// the reading that its list is compared with.
pub(super) fn another_fits(
    said: &Spoken,
    reference: &Transcript,
    nbest: &NBest,
    normalization: Normalization,
) -> bool {
    if !said.has_alternatives() {
        return false;
    }

    nbest.hypotheses().iter().any(|hypothesis| {
        let heard = &hypothesis.transcript;
        let errors = word_distance(reference, heard);
        let nearest = closest(said, &Spoken::words(heard.as_str()), normalization);
        errors > 0 && nearest.is_some_and(|(nearest, _)| word_distance(&nearest, heard) < errors)
    })
}

/// A text as a graph whose paths are its readings: every arc leads to a node with a higher number,
/// from the first node to the last. An arc without a word costs nothing.
struct Network {
    arcs: Vec<Vec<Arc>>,
}

struct Arc {
    to: usize,
    word: Option<String>,
}

impl Network {
    fn new(spoken: &Spoken, normalization: Normalization) -> Network {
        let mut network = Network {
            arcs: vec![Vec::new()],
        };
        match &spoken.0 {
            Form::Words(text) => network.words(text, 0, normalization),
            Form::Parts(parts) => network.chain(parts, 0, normalization),
        };
        network
    }

    fn node(&mut self) -> usize {
        self.arcs.push(Vec::new());
        self.arcs.len() - 1
    }

    /// Adds the words of `text` behind `from`; gives the node at their end.
    fn words(&mut self, text: &str, mut from: usize, normalization: Normalization) -> usize {
        for word in normalization.normalize(text).words() {
            let to = self.node();
            let word = Some(word.to_owned());
            self.arcs[from].push(Arc { to, word });
            from = to;
        }
        from
    }

    fn chain(&mut self, parts: &[Part], mut from: usize, normalization: Normalization) -> usize {
        for part in parts {
            from = match part {
                Part::Word(word) => self.words(word, from, normalization),
                Part::Choice(alternatives) => {
                    let ends = alternatives.iter();
                    let ends: Vec<usize> = ends
                        .map(|parts| self.chain(parts, from, normalization))
                        .collect();

                    // The ways part at one node and meet at another.
                    let to = self.node();
                    for end in ends {
                        self.arcs[end].push(Arc { to, word: None });
                    }
                    to
                }
            };
        }
        from
    }
}

/// How the cheapest path reaches a pair of nodes: from which pair, over which arcs.
#[derive(Clone, Copy)]
struct Way {
    cost: u32,
    from: usize,
    arcs: [Option<usize>; 2],
}

fn cheapest(reference: &Network, hypothesis: &Network) -> Option<(Transcript, Transcript)> {
    let width = hypothesis.arcs.len();
    let cells = reference.arcs.len().checked_mul(width)?;
    if cells > MOST_CELLS {
        return None;
    }

    let unreached = Way {
        cost: u32::MAX,
        from: 0,
        arcs: [None, None],
    };
    let mut ways = vec![unreached; cells];
    ways[0].cost = 0;

    let gap = |arc: &Arc| if arc.word.is_some() { GAP } else { 0 };
    for (i, said) in reference.arcs.iter().enumerate() {
        for (j, heard) in hypothesis.arcs.iter().enumerate() {
            let from = i * width + j;
            let cost = ways[from].cost;
            let mut reach = |to: usize, step: u32, arcs: [Option<usize>; 2]| {
                if cost + step < ways[to].cost {
                    ways[to] = Way {
                        cost: cost + step,
                        from,
                        arcs,
                    };
                }
            };
            for (a, one) in said.iter().enumerate() {
                for (b, other) in heard.iter().enumerate() {
                    if let (Some(word), Some(other_word)) = (&one.word, &other.word) {
                        let step = if word == other_word { 0 } else { SUBSTITUTION };
                        reach(one.to * width + other.to, step, [Some(a), Some(b)]);
                    }
                }
                reach(one.to * width + j, gap(one), [Some(a), None]);
            }
            for (b, other) in heard.iter().enumerate() {
                reach(i * width + other.to, gap(other), [None, Some(b)]);
            }
        }
    }

    let (mut said, mut heard) = (Vec::new(), Vec::new());
    let mut cell = cells - 1;
    while cell > 0 {
        let Way {
            from, arcs: [a, b], ..
        } = ways[cell];
        said.extend(a.and_then(|arc| reference.arcs[from / width][arc].word.as_deref()));
        heard.extend(b.and_then(|arc| hypothesis.arcs[from % width][arc].word.as_deref()));
        cell = from;
    }

    let transcript = |words: Vec<&str>| Transcript::from_words(words.into_iter().rev());
    Some((transcript(said), transcript(heard)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nbest::Hypothesis;

    #[track_caller]
    fn check_closest(reference: &str, hypothesis: &str, expected: [&str; 2]) {
        let read = |text| Spoken::trn(text).unwrap();
        let (said, heard) = closest(
            &read(reference),
            &read(hypothesis),
            Normalization::default(),
        )
        .unwrap();
        assert_eq!([said.as_str(), heard.as_str()], expected);
    }

    #[test]
    fn the_reading_with_the_least_errors_is_taken() {
        let color = "the { colour / color } of { the / @ } boat";
        check_closest(
            color,
            "The color of boat",
            ["the color of boat", "the color of boat"],
        );
        check_closest(
            color,
            "the colour of the",
            ["the colour of the boat", "the colour of the"],
        );
        check_closest(
            "{gonna / going to} {a/b}",
            "going to b",
            ["going to b", "going to b"],
        );
        check_closest("a {b/{c / d e}} f", "a d e f", ["a d e f", "a d e f"]);
        check_closest("a d e", "a {e- / @} d {x/e}", ["a d e", "a d e"]);
        check_closest("{ a / b } c", "", ["a c", ""]);
    }

    #[test]
    fn texts_may_follow_another_reading_than_that_of_their_list() {
        let said = Spoken::trn("the {colour / color} {theatre / theater}").unwrap();
        let reference = Transcript::new("the colour theater");
        for (heard, expected) in [
            ("the colour theater", false),
            ("the color theatre", true),
            ("the cooler theater", false),
            ("the cooler theatre", true),
            ("", false),
        ] {
            let hypothesis = Hypothesis {
                transcript: Transcript::new(heard),
                score: 0.0,
                am_score: None,
                lm_score: None,
            };
            let nbest = NBest::new(vec![hypothesis]).unwrap();
            let found = another_fits(&said, &reference, &nbest, Normalization::default());
            assert_eq!(found, expected, "{heard}");
        }
    }

    #[test]
    fn tags_and_null_words_are_left_out() {
        check_closest("a;x;y b\\;c @ /", "a @ b;0.5 /", ["a b;c /", "a b /"]);
        check_closest("x@y ;", "x@y ;", ["x@y ;", "x@y ;"]);
    }

    #[test]
    fn braces_that_do_not_match_are_refused() {
        for (text, advice) in [
            ("a { b / c", "close"),
            ("a b }", "open"),
            (&"{ ".repeat(100), "less deep"),
        ] {
            let BadBraces(told) = Spoken::trn(text).unwrap_err();
            assert!(told.contains(advice), "{text}: {told}");
        }
    }
}
