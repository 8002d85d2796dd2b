//! Columns: which words of different hypotheses stand for the same piece of speech.
//!
//! Every hypothesis, and the reference, is aligned with the first hypothesis; what
//! stands opposite the same word of it, or in the same gap between two of its
//! words, is one column. Only used to make cases smaller: a wrong column costs a
//! missed chance, never a wrong result.

use crate::nbest::Transcript;
use crate::nbest::align::{AlignedWord, AlignmentCosts, align};

/// The column of each word of `transcript`, not descending.
///
/// The word `i` of `pivot` is column `2 * i + 1`; the gap before it is `2 * i`.
pub(super) fn columns(pivot: &Transcript, transcript: &Transcript) -> Vec<usize> {
    let mut columns = Vec::with_capacity(transcript.word_count());
    let mut gap = 0;
    for aligned in align(pivot, transcript, AlignmentCosts::Sclite) {
        match aligned {
            AlignedWord::Correct(_) | AlignedWord::Substitution { .. } => {
                columns.push(gap + 1);
                gap += 2;
            }
            AlignedWord::Deletion(_) => gap += 2,
            AlignedWord::Insertion(_) => columns.push(gap),
        }
    }

    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_columns(pivot: &str, text: &str, expected: &[usize]) {
        assert_eq!(
            columns(&Transcript::new(pivot), &Transcript::new(text)),
            expected
        );
    }

    #[test]
    fn words_opposite_each_other_share_a_column() {
        check_columns("two cups of tea", "two cups of tea", &[1, 3, 5, 7]);
        check_columns("two cups of tea", "two cups tea", &[1, 3, 7]);
        check_columns(
            "two cups of tea",
            "oh two cups of green tea now",
            &[0, 1, 3, 5, 6, 7, 8],
        );
        check_columns("", "a b", &[0, 0]);
        check_columns("a b", "", &[]);
    }
}
