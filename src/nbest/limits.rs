//! How much a file may ask for: bytes of a line and of a file, hypotheses of a list, words of a
//! text.
//!
//! A damaged or hostile file ends in an error instead of taking the machine's memory. The limits
//! are far above what recordings give; those of bytes can be raised.

use crate::nbest::error::ReadErrorKind;
use crate::nbest::raw::RawHypothesis;
use crate::nbest::{NBest, Transcript};

/// The most bytes that are read, after decompression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Of a line, or of one record of a JSON array or object.
    pub line: u64,
    /// Of a file.
    pub file: u64,
}

/// 16 MiB a line, 8 GiB a file.
impl Default for Limits {
    fn default() -> Limits {
        Limits {
            line: 16 << 20,
            file: 8 << 30,
        }
    }
}

/// An hour of speech has some 10,000 words.
const MOST_WORDS: usize = 100_000;

/// A megabyte of text is more than [`MOST_WORDS`] words.
const MOST_TEXT: usize = 1 << 20;

/// Recognizers write a thousand hypotheses at most.
pub(crate) const MOST_HYPOTHESES: usize = 10_000;

/// Fields of an utterance that are kept as attributes.
const MOST_FIELDS: usize = 1_000;

/// Texts are aligned with the reference and with each other, which takes a step and a byte for
/// every pair of words.
const MOST_PAIRS: usize = 100_000_000;

/// Refuses lists of too many or too long texts.
pub(super) fn check_texts(
    reference: &Transcript,
    hypotheses: &[RawHypothesis<'_>],
) -> Result<(), ReadErrorKind> {
    check("the list", hypotheses.len(), MOST_HYPOTHESES, "hypotheses")?;
    check_text("the reference", reference.as_str())?;
    for (index, hypothesis) in hypotheses.iter().enumerate() {
        check_text(&format!("hypothesis {}", index + 1), &hypothesis.text)?;
    }
    Ok(())
}

/// Refuses records of too many fields.
pub(super) fn check_fields(fields: usize) -> Result<(), ReadErrorKind> {
    check("the record", fields, MOST_FIELDS, "fields")
}

/// Refuses texts of too many bytes or words; `field` is what the text is called.
pub(super) fn check_text(field: &str, text: &str) -> Result<(), ReadErrorKind> {
    check(field, text.len(), MOST_TEXT, "bytes")?;
    // Words need two bytes each, the last one excepted: most texts need not be counted.
    if text.len() > 2 * MOST_WORDS {
        check(field, text.split_whitespace().count(), MOST_WORDS, "words")?;
    }
    Ok(())
}

/// Refuses lists whose texts would take too long to align.
pub(super) fn check_pairs(reference: &Transcript, list: &NBest) -> Result<(), ReadErrorKind> {
    let heard = list.hypotheses().iter();
    let words: Vec<usize> = heard.map(|heard| heard.transcript.word_count()).collect();
    let (all, longest) = (
        words.iter().sum::<usize>(),
        words.iter().copied().max().unwrap_or(0),
    );
    let spoken = reference.word_count().saturating_mul(all);
    let pairs = spoken.max(longest.saturating_mul(all - longest));

    check("the list", pairs, MOST_PAIRS, "pairs of words to align")
}

/// Whether the alignment of two texts would take too long.
pub fn is_too_long_to_align(reference: &Transcript, hypothesis: &Transcript) -> bool {
    let pairs = reference
        .word_count()
        .saturating_mul(hypothesis.word_count());
    pairs > MOST_PAIRS
}

fn check(of: &str, found: usize, limit: usize, unit: &'static str) -> Result<(), ReadErrorKind> {
    if found <= limit {
        return Ok(());
    }
    Err(ReadErrorKind::TooMuch {
        of: of.to_owned(),
        found,
        limit,
        unit,
    })
}

#[cfg(test)]
mod tests {
    use crate::nbest::error::told;
    use crate::nbest::normalize::Normalization;
    use crate::nbest::read::{Corpus, ReadOptions, ScoreKind};

    #[track_caller]
    fn check_refused(reference: &str, hypotheses: &[&str], expected: &str) {
        let options = ReadOptions {
            normalization: Normalization::default(),
            format: None,
            scores: ScoreKind::LogProbability,
            acoustic_weight: 1.0,
        };
        let texts: Vec<String> = hypotheses
            .iter()
            .map(|text| format!("{{\"text\": \"{text}\"}}"))
            .collect();
        let file = format!(
            "{{\"id\": \"a\", \"ref\": \"{reference}\", \"hyps\": [{}]}}",
            texts.join(",")
        );
        let error = Corpus::read("f.jsonl", file.as_bytes(), &options).unwrap_err();
        let text = told(&error);

        assert!(
            text.starts_with("failed to read f.jsonl, line 1: ") && text.contains(expected),
            "{text}"
        );
    }

    #[test]
    fn lists_and_texts_beyond_reason_are_refused() {
        check_refused("x", &vec!["a"; 10_001], "10001 hypotheses");
        check_refused("x", &["a ".repeat(100_001).as_str()], "100001 words");
        check_refused(&"a".repeat(2 << 20), &["a"], "2097152 bytes");
        let long = "a ".repeat(30_000);
        check_refused(&long, &[long.as_str()], "900000000 pairs");
        let other = "b ".repeat(30_000);
        check_refused("x", &[long.as_str(), other.as_str()], "900000000 pairs");
        check_refused("x", &["a ".repeat(9 << 20).as_str()], "--max-line");
    }
}
