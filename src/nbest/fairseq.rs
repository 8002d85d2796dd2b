//! What `fairseq-generate` and `fairseq-interactive` print.
//!
//! | line | what |
//! |---|---|
//! | `H-0<tab>-0.15<tab>words` | a hypothesis of sentence 0 with its score, higher is better |
//! | `D-0<tab>-0.15<tab>words` | the same without the marks of subwords |
//! | `T-0<tab>words` | the reference |
//!
//! With `--nbest N` there are N lines, best first. Where a file has `D-` lines, they are the
//! hypotheses. The id is the number. Pieces of words, as lines hold them that were written without
//! `--remove-bpe`, are put together: see [`subwords`](mod@crate::nbest::subwords). All other lines,
//! those of the program's log too, are left alone.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::nbest::error::ReadErrorKind;
use crate::nbest::json::shorten;
use crate::nbest::numbers::{is_number, score};
use crate::nbest::place::Position;
use crate::nbest::raw::{Add, RawHypothesis, RawUtterance};
use crate::nbest::source::Text;
use crate::nbest::subwords::joined;
use crate::nbest::text_lines::Lines;

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
            && fields.next().is_some_and(is_number)
            && fields.next().is_some()
    })
}

/// Reads all sentences, in the order of their numbers.
pub(super) fn read(text: &mut Text<'_>, add: &mut Add<'_>) -> Result<(), ReadErrorKind> {
    let mut sentences: BTreeMap<u64, Sentence> = BTreeMap::new();
    let mut lines = Lines::new(text);
    while let Some((line, position)) = lines.next()? {
        let (tag, rest) = line.split_once('\t').unwrap_or((line, ""));
        let Some((kind, id)) = tagged(tag) else {
            continue;
        };
        let sentence = sentences.entry(id).or_default();
        match kind {
            "T" => {
                if sentence.reference.is_some() {
                    return Err(ReadErrorKind::line(
                        format!("the sentence {id} has a second reference"),
                        "numbers begin anew with every run: give each run's output as a file of \
                            its own",
                    ));
                }
                sentence.first.get_or_insert(position);
                sentence.reference = Some(joined(rest).into_owned());
            }
            "H" | "D" => {
                let hypothesis = hypothesis(id, rest)?.ok_or_else(|| {
                    ReadErrorKind::line(
                        format!("`{}` is no hypothesis of fairseq's", shorten(line, 60)),
                        "write H-, the number of the sentence, a tab, the score, a tab and the \
                         words",
                    )
                })?;
                sentence.first.get_or_insert(position);
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
        text.position = first;
        let hypotheses = if sentence.detokenized.is_empty() {
            sentence.hypotheses
        } else {
            sentence.detokenized
        };
        if hypotheses.is_empty() {
            return Err(ReadErrorKind::line(
                format!("the sentence {id} has a reference and no hypothesis"),
                "keep its H- lines in the file, or leave its T- line out",
            ));
        }
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

/// `score<tab>words` of the sentence `id`; a hypothesis without words may lack the tab. `None` where
/// there is no score.
fn hypothesis(id: u64, rest: &str) -> Result<Option<RawHypothesis<'static>>, ReadErrorKind> {
    let (number, words) = rest.split_once('\t').unwrap_or((rest, ""));
    let score = score(&id.to_string(), number, number)?;
    let heard = |score| RawHypothesis::scored(joined(words).into_owned(), Some(score));
    Ok(score.map(heard))
}

#[cfg(test)]
mod tests {
    use crate::nbest::read::{Corpus, ReadOptions};

    #[test]
    fn pieces_of_words_are_put_together() {
        let lines = "T-0\t▁turn ▁o ff\nH-0\t-0.5\t▁turn ▁o f\nT-1\tstay ho@@ me\n\
                     H-1\t-0.5\tstay ho@@ me\n";

        let corpus = Corpus::read("generate.txt", lines.as_bytes(), &ReadOptions::default());
        let utterances = corpus.unwrap().utterances;
        assert_eq!(utterances[0].reference.as_str(), "turn off");
        let heard = |index: usize| utterances[index].nbest.hypotheses()[0].transcript.as_str();
        assert_eq!(heard(0), "turn of");
        assert_eq!(utterances[1].reference.as_str(), "stay home");
        assert_eq!(heard(1), "stay home");
    }

    #[test]
    fn outputs_put_one_behind_the_other_are_refused() {
        for (lines, told) in [
            (
                "T-0\ta\nH-0\t-1\ta\nT-0\tb\nH-0\t-1\tb\n",
                "line 3: the sentence 0 has a second",
            ),
            (
                "T-0\ta\nT-1\tb\nH-1\t-1\tb\n",
                "line 1: the sentence 0 has a reference and no",
            ),
            ("T-0\ta\nH-0\t-inf\ta\n", "line 2"),
        ] {
            let read = Corpus::read("generate.txt", lines.as_bytes(), &ReadOptions::default());
            let error = read.unwrap_err();
            let error = format!("{:#}", anyhow::Error::from(error));
            assert!(error.contains(told), "{error}");
        }
    }
}
