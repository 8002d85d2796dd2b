//! Word errors: how many, of which kind, and which hypothesis of a list has
//! the fewest.
//!
//! Rates come from sums: add [`WordErrors`] over the utterances, then divide
//! once. Which word stands opposite which is in `align`.

use std::cmp::Reverse;
use std::iter::Sum;
use std::ops::{Add, AddAssign};

use crate::nbest::{NBest, Transcript};

/// The counts of one alignment, or of many added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WordErrors {
    /// Reference words heard as another word.
    pub substitutions: usize,
    /// Hypothesis words that nobody said.
    pub insertions: usize,
    /// Reference words that were not heard.
    pub deletions: usize,
    /// Words of the reference: what rates are divided by.
    pub reference_words: usize,
}

impl WordErrors {
    /// Substitutions, insertions and deletions together.
    pub fn errors(&self) -> usize {
        self.substitutions + self.insertions + self.deletions
    }

    /// The word error rate, 1.0 being as many errors as reference words; may exceed 1.
    ///
    /// `None` where there is no reference word to divide by.
    pub fn rate(&self) -> Option<f64> {
        (self.reference_words > 0).then(|| self.errors() as f64 / self.reference_words as f64)
    }
}

impl Add for WordErrors {
    type Output = WordErrors;

    fn add(mut self, other: WordErrors) -> WordErrors {
        self += other;
        self
    }
}

impl AddAssign for WordErrors {
    fn add_assign(&mut self, other: WordErrors) {
        self.substitutions += other.substitutions;
        self.insertions += other.insertions;
        self.deletions += other.deletions;
        self.reference_words += other.reference_words;
    }
}

impl Sum for WordErrors {
    fn sum<I: Iterator<Item = WordErrors>>(errors: I) -> WordErrors {
        errors.fold(WordErrors::default(), Add::add)
    }
}

/// The fewest single-word edits that turn `reference` into `hypothesis`, by kind.
///
/// Several alignments may have the fewest edits and divide them differently
/// over the kinds. Read from the end, a deletion is then preferred to a match or
/// substitution, and that to an insertion: the kinds that jiwer 4.0.0 counts.
/// Time grows with the product of both lengths, memory with the hypothesis.
pub fn word_errors(reference: &Transcript, hypothesis: &Transcript) -> WordErrors {
    ErrorCounter::new(reference).errors(hypothesis)
}

/// A reference that many texts are compared with, and the memory that takes.
pub(crate) struct ErrorCounter<'a> {
    reference: Vec<Word<'a>>,
    row: Vec<Cell>,
}

impl<'a> ErrorCounter<'a> {
    /// For texts of which `reference` is the reference.
    pub(crate) fn new(reference: &'a Transcript) -> ErrorCounter<'a> {
        ErrorCounter {
            reference: reference.words().map(Word::new).collect(),
            row: Vec::new(),
        }
    }

    /// [`word_errors`] of `hypothesis`.
    pub(crate) fn errors(&mut self, hypothesis: &Transcript) -> WordErrors {
        count(&self.reference, hypothesis.words(), &mut self.row)
    }
}

/// A word with its beginning as a number, by which nearly all words differ.
#[derive(Clone, Copy)]
struct Word<'a> {
    beginning: u64,
    text: &'a str,
}

impl<'a> Word<'a> {
    fn new(text: &'a str) -> Word<'a> {
        let mut beginning = [0; 8];
        let length = text.len().min(8);
        beginning[..length].copy_from_slice(&text.as_bytes()[..length]);
        Word {
            beginning: u64::from_le_bytes(beginning),
            text,
        }
    }
}

impl PartialEq for Word<'_> {
    fn eq(&self, other: &Word<'_>) -> bool {
        self.beginning == other.beginning
            && self.text.len() == other.text.len()
            && (self.text.len() <= 8 || self.text == other.text)
    }
}

/// The edits to one prefix of the hypothesis, and how many of them are substitutions: both in one
/// number, edits above substitutions, so that the least of some is found without a branch.
type Cell = u64;

/// One edit.
const EDIT: Cell = 1 << 34;

/// Loses against cells with as many edits, and is taken off the winner.
const LATER: Cell = 1 << 32;

/// Bits between edits and substitutions, with [`LATER`] and twice that.
const ORDER: Cell = 3 << 32;

/// Counts with a row for every word of `hypothesis`, by the words of `reference`.
fn count<'a>(
    reference: &[Word<'_>],
    hypothesis: impl Iterator<Item = &'a str>,
    row: &mut Vec<Cell>,
) -> WordErrors {
    row.clear();
    row.resize(reference.len() + 1, 0);
    for place in 1..row.len() {
        row[place] = row[place - 1] + EDIT;
    }

    let mut words = 0;
    for heard in hypothesis.map(Word::new) {
        words += 1;
        let mut diagonal = row[0];
        row[0] += EDIT;
        let mut left = row[0];
        for (above, spoken) in row[1..].iter_mut().zip(reference) {
            let substituted = Cell::from(*spoken != heard) * (EDIT + 1);
            let kept = diagonal + substituted + LATER;
            let inserted = *above + EDIT + 2 * LATER;
            let deleted = left + EDIT;
            left = kept.min(inserted).min(deleted) & !ORDER;
            diagonal = std::mem::replace(above, left);
        }
    }

    let last = row[reference.len()];
    let whole = |number| usize::try_from(number).expect("a text has fewer words");
    let (edits, substitutions) = (whole(last / EDIT), whole(last % LATER));

    // Both follow from edits = S + I + D and I - D = the difference of the lengths.
    let insertions = (edits - substitutions + words).saturating_sub(reference.len()) / 2;
    WordErrors {
        substitutions,
        insertions,
        deletions: edits - substitutions - insertions,
        reference_words: reference.len(),
    }
}

/// [`WordErrors::errors`] of [`word_errors`], faster: for choosing, not for reports.
pub fn word_distance(reference: &Transcript, hypothesis: &Transcript) -> usize {
    if reference == hypothesis {
        return 0;
    }

    let reference: Vec<&str> = reference.words().collect();
    let hypothesis: Vec<&str> = hypothesis.words().collect();
    let prefix = reference
        .iter()
        .zip(&hypothesis)
        .take_while(|(a, b)| a == b)
        .count();
    let (reference, hypothesis) = (&reference[prefix..], &hypothesis[prefix..]);
    let suffix = reference
        .iter()
        .rev()
        .zip(hypothesis.iter().rev())
        .take_while(|(a, b)| a == b)
        .count();
    let reference = &reference[..reference.len() - suffix];
    let hypothesis = &hypothesis[..hypothesis.len() - suffix];

    let mut row: Vec<usize> = (0..=hypothesis.len()).collect();
    for (deleted, spoken) in reference.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = deleted + 1;
        for (j, heard) in hypothesis.iter().enumerate() {
            let above = row[j + 1];
            let cell = (diagonal + usize::from(spoken != heard)).min(above.min(row[j]) + 1);
            diagonal = above;
            row[j + 1] = cell;
        }
    }

    row[hypothesis.len()]
}

/// Which hypothesis has the fewest errors, from 0; the first of several.
pub fn oracle(reference: &Transcript, nbest: &NBest) -> usize {
    // The first of equals is what `min_by_key` takes.
    let distances = distances(reference, nbest);
    let indices = 0..distances.len();
    indices.min_by_key(|&index| distances[index]).unwrap_or(0)
}

/// Which hypothesis has the most errors, from 0; the first of several.
pub fn worst(reference: &Transcript, nbest: &NBest) -> usize {
    let distances = distances(reference, nbest);
    let indices = 0..distances.len();
    indices
        .min_by_key(|&index| Reverse(distances[index]))
        .unwrap_or(0)
}

fn distances(reference: &Transcript, nbest: &NBest) -> Vec<usize> {
    nbest
        .hypotheses()
        .iter()
        .map(|hypothesis| word_distance(reference, &hypothesis.transcript))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nbest::Hypothesis;

    /// `expected`: substitutions, insertions and deletions, as jiwer 4.0.0
    /// (`process_words`, with RapidFuzz 3.14.6) counts them.
    #[track_caller]
    fn check_errors(reference: &str, hypothesis: &str, expected: [usize; 3]) -> WordErrors {
        let (reference, hypothesis) = (Transcript::new(reference), Transcript::new(hypothesis));
        let errors = word_errors(&reference, &hypothesis);
        assert_eq!(
            [errors.substitutions, errors.insertions, errors.deletions],
            expected
        );
        assert_eq!(errors.reference_words, reference.word_count());
        assert_eq!(word_distance(&reference, &hypothesis), errors.errors());

        errors
    }

    #[test]
    fn counts_are_those_of_jiwer() {
        check_errors("a b c", "a b c", [0, 0, 0]);
        check_errors("a b c d", "a x c d e", [1, 1, 0]);
        check_errors(
            "the cat sat on the mat",
            "cat the sat mat on the the",
            [3, 1, 0],
        );
        check_errors("a b", "b a", [0, 1, 1]);
        check_errors("a a a b", "b a a a", [0, 1, 1]);
    }

    #[test]
    fn an_empty_side_is_all_insertions_or_all_deletions() {
        assert_eq!(check_errors("", "", [0, 0, 0]).rate(), None);
        assert_eq!(check_errors("", "a b", [0, 2, 0]).rate(), None);
        assert_eq!(check_errors("a b c", "", [0, 0, 3]).rate(), Some(1.0));
    }

    #[test]
    fn a_corpus_rate_divides_sums() {
        // jiwer 4.0.0 on both pairs together: two insertions, one deletion, rate 1.0.
        let total: WordErrors = [
            check_errors("", "x y", [0, 2, 0]),
            check_errors("a b c", "a c", [0, 0, 1]),
        ]
        .into_iter()
        .sum();
        assert_eq!((total.errors(), total.reference_words), (3, 3));
        assert_eq!(total.rate(), Some(1.0));
    }

    #[test]
    fn the_oracle_and_the_worst_are_the_first_of_equals() {
        let hypotheses = ["a x", "a b x", "a x b", "x y z z"];
        let nbest = NBest::new(
            hypotheses
                .iter()
                .map(|text| Hypothesis {
                    transcript: Transcript::new(text),
                    score: 0.0,
                    am_score: None,
                    lm_score: None,
                })
                .collect(),
        )
        .unwrap();

        let reference = Transcript::new("a b");
        assert_eq!(distances(&reference, &nbest), [1, 1, 1, 4]);
        assert_eq!(
            (oracle(&reference, &nbest), worst(&reference, &nbest)),
            (0, 3)
        );
    }
}
