//! What `fairseq-generate` and `fairseq-interactive` print.
//!
//! | line | what |
//! |---|---|
//! | `H-0<tab>-0.15<tab>words` | a hypothesis of sentence 0 with its score, higher is better; `--nbest N` gives N lines, best first |
//! | `D-0<tab>-0.15<tab>words` | the same without the marks of subwords; where a file has such lines, they are the hypotheses |
//! | `T-0<tab>words` | the reference |
//!
//! The id is the number. All other lines, those of the program's log too, are left alone.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::nbest::assemble::{RawHypothesis, RawUtterance};
use crate::nbest::error::ReadErrorKind;
use crate::nbest::json::shorten;
use crate::nbest::place::Position;
use crate::nbest::source::{Lines, Text};

/// What the file says of a sentence.
#[derive(Default)]
struct Sentence {
    first: Option<Position>,
    reference: Option<String>,
    hypotheses: Vec<RawHypothesis<'static>>,
    /// Those of `D-` lines.
    detokenized: Vec<RawHypothesis<'static>>,
}

/// Whether a line of the beginning `text` is one of fairseq's hypotheses.
pub(super) fn starts(text: &str) -> bool {
    text.lines().any(|line| {
        let mut fields = line.split('\t');
        let kind = fields.next().and_then(tagged);
        matches!(kind, Some(("H" | "D", _)))
            && fields.next().is_some_and(|score| number(score).is_some())
            && fields.next().is_some()
    })
}

/// Reads all sentences, in the order of their numbers.
pub(super) fn read(
    text: &mut Text<'_>,
    position: &mut Position,
    add: &mut dyn FnMut(RawUtterance<'_>, Position) -> Result<(), ReadErrorKind>,
) -> Result<(), ReadErrorKind> {
    let mut sentences: BTreeMap<u64, Sentence> = BTreeMap::new();
    let mut lines = Lines::new(text);
    while let Some(line) = lines.next(position)? {
        let (tag, rest) = line.split_once('\t').unwrap_or((line, ""));
        let Some((kind, id)) = tagged(tag) else {
            continue;
        };
        let sentence = sentences.entry(id).or_default();
        match kind {
            "T" => sentence.reference = Some(rest.to_owned()),
            "H" | "D" => {
                let hypothesis = hypothesis(rest).ok_or_else(|| ReadErrorKind::Line {
                    problem: format!("`{}` is no hypothesis of fairseq's", shorten(line, 60)),
                    advice: "write H-, the number of the sentence, a tab, the score, a tab and the words",
                })?;
                sentence.first.get_or_insert(*position);
                if kind == "H" {
                    sentence.hypotheses.push(hypothesis);
                } else {
                    sentence.detokenized.push(hypothesis);
                }
            }
            _ => {}
        }
    }

    for (id, sentence) in sentences {
        let Some(first) = sentence.first else {
            continue;
        };
        *position = first;
        let hypotheses = if sentence.detokenized.is_empty() {
            sentence.hypotheses
        } else {
            sentence.detokenized
        };
        let mut utterance = RawUtterance::of_list(id.to_string(), hypotheses);
        utterance.reference = sentence.reference.map(Cow::Owned);
        add(utterance, first)?;
    }

    Ok(())
}

/// `H-12` into the letter and the number.
fn tagged(tag: &str) -> Option<(&str, u64)> {
    let (kind, id) = tag.split_once('-')?;
    let is_tag = matches!(kind, "S" | "T" | "H" | "D" | "P");
    is_tag.then_some(kind).zip(id.parse().ok())
}

/// `score<tab>words`; a hypothesis without words may lack the tab.
fn hypothesis(rest: &str) -> Option<RawHypothesis<'static>> {
    let (score, words) = rest.split_once('\t').unwrap_or((rest, ""));
    Some(RawHypothesis {
        text: Cow::Owned(words.to_owned()),
        score: Some(number(score)?),
        am_score: None,
        lm_score: None,
    })
}

fn number(text: &str) -> Option<f64> {
    let number = text.trim().parse::<f64>().ok();
    number.filter(|number| number.is_finite())
}
