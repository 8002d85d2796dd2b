//! N-best lists: what a recogniser's first pass hands to a rescorer.
//!
//! Here live the types that every other floor passes around, with their invariants. Reading files
//! is in [`read`](mod@crate::nbest::read), one format a file beside it (`kaldi`, `espnet`, `trn`,
//! ...; [`format`](mod@format) has all their names), writing them in `write`, error counts in
//! [`wer`](mod@crate::nbest::wer). Nothing here knows about pronunciations, scores of a second
//! pass, or perturbations.

pub(crate) mod align;
mod alternatives;
mod assemble;
pub(crate) mod builder;
mod carried;
pub(crate) mod copies;
mod corpus;
mod detect;
mod elements;
pub mod error;
mod espnet;
mod espnet_json;
mod fairseq;
mod foreign;
pub mod format;
mod hyporadise;
mod hypothesis;
mod hypr;
pub(crate) mod ids;
pub(crate) mod interlinear;
pub(crate) mod json;
mod jsonl;
pub(crate) mod kaldi;
mod lacking;
pub mod limits;
pub(crate) mod lists;
mod manifest;
mod mlm_scoring;
mod nemo;
pub mod normalize;
mod numbers;
pub(crate) mod oddities;
mod options;
pub(crate) mod origins;
pub(crate) mod other_fields;
mod packed;
pub mod place;
mod placed;
mod ranked;
mod raw;
pub mod read;
pub(crate) mod readings;
mod records;
mod references;
pub(crate) mod score_order;
mod scores;
mod set_hash;
pub(crate) mod share;
pub(crate) mod source;
pub(crate) mod spaceless;
pub(crate) mod speakers;
pub mod spelling;
mod sphinx;
mod spool;
mod srilm;
pub(crate) mod stat;
mod stm;
mod subwords;
pub(crate) mod survey;
mod text_lines;
pub(crate) mod transcripts;
mod trn;
mod unknown_json;
mod wenet;
pub mod wer;
pub mod word_counts;
pub(crate) mod write;

use std::collections::{BTreeMap, BTreeSet};

/// The text of one hypothesis or reference: words, separated by single spaces.
///
/// Invariants: no leading or trailing space, no two spaces in a row, no other
/// white space, no control character. May be empty (a deletion of everything).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Transcript {
    text: Box<str>,
}

impl Transcript {
    /// Splits `text` at white space and keeps the words; control characters
    /// count as white space.
    pub fn new(text: &str) -> Transcript {
        if is_joined(text) {
            return Transcript { text: text.into() };
        }

        let words = text.split(|c: char| c.is_whitespace() || c.is_control());
        Transcript::joined(words.filter(|word| !word.is_empty()), text.len())
    }

    /// Joins `words`, each of which must be a single non-empty word.
    pub fn from_words<'a>(words: impl IntoIterator<Item = &'a str>) -> Transcript {
        Transcript::joined(words, USUAL_TEXT)
    }

    fn joined<'a>(words: impl IntoIterator<Item = &'a str>, capacity: usize) -> Transcript {
        let mut joined = String::with_capacity(capacity);
        for word in words {
            debug_assert!(!word.is_empty() && !word.contains(char::is_whitespace));
            if !joined.is_empty() {
                joined.push(' ');
            }
            joined.push_str(word);
        }

        Transcript {
            text: joined.into_boxed_str(),
        }
    }

    /// The words joined by single spaces.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The words, in order.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.text.split(' ').filter(|word| !word.is_empty())
    }

    /// How many words there are.
    pub fn word_count(&self) -> usize {
        self.words().count()
    }

    /// Whether there is no word at all.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }
}

/// Bytes that hold most texts of speech.
const USUAL_TEXT: usize = 64;

/// Whether `text` is words joined by single spaces, as most texts are, and plain ASCII: what else
/// there may be is left to those who look closer.
fn is_joined(text: &str) -> bool {
    let mut before = b' ';
    for byte in text.bytes() {
        if !(b' '..=b'~').contains(&byte) || (before == b' ' && byte == b' ') {
            return false;
        }
        before = byte;
    }

    before != b' ' || text.is_empty()
}

/// One candidate transcript of an utterance, with its first-pass scores.
///
/// Scores are log-probability-like: higher is better.
#[derive(Debug, Clone, PartialEq)]
pub struct Hypothesis {
    /// What the recogniser heard.
    pub transcript: Transcript,
    /// The first-pass score used for ranking and interpolation; a number up to 1e100 or down to
    /// -1e100.
    pub score: f64,
    /// The acoustic part of the score, where the file gives one; finite.
    pub am_score: Option<f64>,
    /// The language model's part of the score, where the file gives one; finite.
    pub lm_score: Option<f64>,
}

/// Whether `number` can be a score: NaN and infinities cannot, nor can what is beyond 1e100, of
/// which totals, differences and squares would be infinite.
pub fn is_score(number: f64) -> bool {
    number.abs() <= 1e100
}

/// Why hypotheses do not make an n-best list.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum InvalidNBest {
    /// There was no hypothesis.
    #[error("an n-best list needs at least one hypothesis")]
    Empty,
    /// A score was NaN, infinite, or beyond 1e100.
    #[error(
        "hypothesis {} has the score {score:?}; scores are numbers from -1e100 to 1e100",
        index + 1
    )]
    NotFinite {
        /// Which hypothesis, from 0, in the order given.
        index: usize,
        /// The score.
        score: f64,
    },
}

/// A ranked list of distinct hypotheses for one utterance.
///
/// Invariants: never empty, every score within 1e100 of 0, best first-pass score first
/// (ties keep the order they were read in), no two transcripts equal.
#[derive(Debug, Clone, PartialEq)]
pub struct NBest {
    hypotheses: Vec<Hypothesis>,
}

impl NBest {
    /// Ranks `hypotheses` by first-pass score and merges equal transcripts,
    /// keeping the one with the best score.
    pub fn new(mut hypotheses: Vec<Hypothesis>) -> Result<NBest, InvalidNBest> {
        if hypotheses.is_empty() {
            return Err(InvalidNBest::Empty);
        }
        for (index, Hypothesis { score, .. }) in hypotheses.iter().enumerate() {
            if !is_score(*score) {
                let score = *score;
                return Err(InvalidNBest::NotFinite { index, score });
            }
        }

        hypotheses.sort_by(|a, b| b.score.total_cmp(&a.score));
        let mut seen = BTreeSet::new();
        let is_new: Vec<bool> = hypotheses
            .iter()
            .map(|hypothesis| seen.insert(hypothesis.transcript.as_str()))
            .collect();
        let mut is_new = is_new.into_iter();
        hypotheses.retain(|_| is_new.next().unwrap_or(true));
        hypotheses.shrink_to_fit();
        Ok(NBest { hypotheses })
    }

    /// The hypothesis the first pass likes best.
    pub fn best(&self) -> &Hypothesis {
        &self.hypotheses[0]
    }

    /// The hypotheses, best first-pass score first.
    pub fn hypotheses(&self) -> &[Hypothesis] {
        &self.hypotheses
    }

    /// How many distinct hypotheses there are; at least one.
    #[expect(clippy::len_without_is_empty, reason = "an n-best list is never empty")]
    pub fn len(&self) -> usize {
        self.hypotheses.len()
    }

    /// Whether there are several hypotheses and all have one score: only the order of the file
    /// makes one of them the favourite.
    pub(crate) fn is_tied(&self) -> bool {
        let mut others = self.hypotheses[1..].iter();
        self.len() > 1 && others.all(|other| other.score - self.best().score == 0.0)
    }

    /// Whether the scores say no more than the order does: they are those that stand in for scores
    /// (0, -1, -2, ...).
    pub(crate) fn has_ranks_alone(&self) -> bool {
        let mut ranked = self.hypotheses.iter().enumerate();
        ranked.all(|(rank, found)| found.score + rank as f64 == 0.0)
    }
}

/// The text side of one recording: what was said, and what the first pass heard.
#[derive(Debug, Clone, PartialEq)]
pub struct Utterance {
    /// Unique within a corpus.
    pub id: String,
    /// Who spoke, where the file says so: the cluster of every interval.
    pub speaker: Option<String>,
    /// What was said; may be empty, and then every hypothesis word is an insertion.
    pub reference: Transcript,
    /// What the first pass heard.
    pub nbest: NBest,
    /// Further fields of the input whose values are strings, booleans or numbers, as text, by name.
    pub attributes: BTreeMap<String, String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hypothesis(text: &str, score: f64) -> Hypothesis {
        Hypothesis {
            transcript: Transcript::new(text),
            score,
            am_score: None,
            lm_score: None,
        }
    }

    #[test]
    fn a_transcript_has_single_spaces() {
        let transcript = Transcript::new("  two\tcups \u{a0} of\u{0}tea\n");
        assert_eq!(transcript.as_str(), "two cups of tea");
        assert_eq!(transcript.word_count(), 4);
        assert_eq!(Transcript::new(" \t").word_count(), 0);
        for text in [
            " two cups",
            "two cups ",
            "two  cups",
            "two\u{7f}cups",
            "two cups",
        ] {
            assert_eq!(Transcript::new(text).as_str(), "two cups", "{text:?}");
        }
        assert_eq!(Transcript::new("").as_str(), "");
    }

    #[test]
    fn the_best_score_comes_first_and_ties_keep_their_order() {
        let list = NBest::new(vec![
            hypothesis("b", -2.0),
            hypothesis("a", -1.0),
            hypothesis("c", -2.0),
        ])
        .unwrap();
        let order: Vec<&str> = list
            .hypotheses()
            .iter()
            .map(|h| h.transcript.as_str())
            .collect();

        assert_eq!(order, ["a", "b", "c"]);
    }

    #[test]
    fn equal_transcripts_are_merged_and_keep_the_best_score() {
        let list = NBest::new(vec![
            hypothesis("a", -5.0),
            hypothesis("b", -4.0),
            hypothesis("a", -1.0),
        ])
        .unwrap();
        assert_eq!(list.len(), 2);
        assert!((list.best().score + 1.0).abs() < f64::EPSILON);
    }

    #[test]
    fn scores_that_tell_nothing_apart_are_known() {
        let list = |scores: &[f64]| {
            let texts = ["a", "b", "c"].iter().zip(scores);
            NBest::new(
                texts
                    .map(|(text, score)| hypothesis(text, *score))
                    .collect(),
            )
            .unwrap()
        };
        for (scores, is_tied, has_ranks_alone) in [
            (&[-5.0, -5.0, -5.0][..], true, false),
            (&[0.0, -0.0], true, false),
            (&[-5.0, -5.0, -6.0], false, false),
            (&[0.0, -1.0, -2.0], false, true),
            (&[-1.0, -2.0, -3.0], false, false),
            (&[-5.0], false, false),
            (&[0.0], false, true),
        ] {
            let list = list(scores);
            let found = (list.is_tied(), list.has_ranks_alone());
            assert_eq!(found, (is_tied, has_ranks_alone), "{scores:?}");
        }
    }

    #[test]
    fn an_empty_list_and_a_score_that_is_not_finite_are_refused() {
        assert_eq!(NBest::new(Vec::new()), Err(InvalidNBest::Empty));
        for score in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let refused = NBest::new(vec![hypothesis("a", 0.0), hypothesis("b", score)]);
            assert!(matches!(
                refused,
                Err(InvalidNBest::NotFinite { index: 1, .. })
            ));
        }
    }
}
