//! Interlinear texts: versions of a sentence, word under word.
//!
//! For people to read. What an alignment costs is in [`align`](mod@crate::nbest::align).

use crate::nbest::Transcript;
use crate::nbest::align::{AlignedWord, AlignmentCosts, align};

/// Texts as the rows of a table; words in one column stand for the same piece of speech.
///
/// Invariant: every row has a cell in every column, and no column is empty in all rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Interlinear<'a> {
    texts: Vec<&'a Transcript>,
    rows: Vec<Vec<Option<&'a str>>>,
}

impl<'a> Interlinear<'a> {
    /// A table of one row.
    pub(crate) fn new(first: &'a Transcript) -> Interlinear<'a> {
        Interlinear {
            texts: vec![first],
            rows: vec![first.words().map(Some).collect()],
        }
    }

    /// Adds a row at the bottom, its words under those of the row `anchor` that they are aligned
    /// with.
    ///
    /// # Panics
    /// If there is no such row.
    pub(crate) fn add(&mut self, text: &'a Transcript, anchor: usize) {
        let mut added = vec![None; self.width()];
        let mut next = 0;
        for word in align(self.texts[anchor], text, AlignmentCosts::Uniform) {
            match word {
                AlignedWord::Correct(word)
                | AlignedWord::Substitution {
                    hypothesis: word, ..
                } => {
                    let column = self.word_from(anchor, next);
                    added[column] = Some(word);
                    next = column + 1;
                }
                AlignedWord::Deletion(_) => next = self.word_from(anchor, next) + 1,
                AlignedWord::Insertion(word) => {
                    let column = self.gap_for(word, anchor, next);
                    if column == self.width() || self.rows[anchor][column].is_some() {
                        for row in &mut self.rows {
                            row.insert(column, None);
                        }
                        added.insert(column, None);
                    }
                    added[column] = Some(word);
                    next = column + 1;
                }
            }
        }

        self.texts.push(text);
        self.rows.push(added);
    }

    /// The cells of every row; `None` where a text has no word.
    pub(crate) fn rows(&self) -> &[Vec<Option<&'a str>>] {
        &self.rows
    }

    fn width(&self) -> usize {
        self.rows[0].len()
    }

    /// The column of the next word of `row` at or after `column`.
    fn word_from(&self, row: usize, column: usize) -> usize {
        let cells = self.rows[row].iter().enumerate().skip(column);
        let mut words = cells.filter(|(_, cell)| cell.is_some());
        let (found, _) = words
            .next()
            .expect("an alignment names every word of the row once");
        found
    }

    /// Where to insert `word` before the next word of `row`: under the same word of another row if
    /// there is one, else in the first column from `column` on.
    fn gap_for(&self, word: &str, row: usize, column: usize) -> usize {
        let gaps = column..self.width();
        let mut gaps = gaps.take_while(|&gap| self.rows[row][gap].is_none());
        gaps.find(|&gap| self.rows.iter().any(|cells| cells[gap] == Some(word)))
            .unwrap_or(column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every text is aligned with the row of the number before it.
    #[track_caller]
    fn check_rows(first: &str, others: &[(usize, &str)], expected: &[&str]) {
        let first = Transcript::new(first);
        let others: Vec<(usize, Transcript)> = others
            .iter()
            .map(|(anchor, text)| (*anchor, Transcript::new(text)))
            .collect();

        let mut table = Interlinear::new(&first);
        for (anchor, text) in &others {
            table.add(text, *anchor);
        }

        let shown: Vec<String> = table
            .rows()
            .iter()
            .map(|row| {
                let cells: Vec<&str> = row.iter().map(|cell| cell.unwrap_or("-")).collect();
                cells.join(" ")
            })
            .collect();

        assert_eq!(shown, expected);
    }

    #[test]
    fn words_stand_under_the_words_they_were_heard_for() {
        check_rows(
            "two cups for their tea",
            &[(0, "two cups for there tea"), (1, "too cups for there tea")],
            &[
                "two cups for their tea",
                "two cups for there tea",
                "too cups for there tea",
            ],
        );
    }

    #[test]
    fn gaps_are_where_a_text_has_no_word() {
        check_rows(
            "i want ice cream",
            &[
                (0, "i scream"),
                (1, "eye scream"),
                (0, "i want some ice cream now"),
                (0, "oh i want some ice"),
            ],
            &[
                "- i want - ice cream -",
                "- i scream - - - -",
                "- eye scream - - - -",
                "- i want some ice cream now",
                "oh i want some ice - -",
            ],
        );
    }

    #[test]
    fn inserted_words_share_a_column_where_they_are_equal() {
        check_rows(
            "a b",
            &[(0, "a x y b"), (0, "a y b"), (0, "a x b"), (0, "a z b")],
            &["a - - b", "a x y b", "a - y b", "a x - b", "a z - b"],
        );
    }

    #[test]
    fn empty_texts_have_a_row() {
        check_rows("", &[(0, "a"), (1, "")], &["-", "a", "-"]);
        check_rows("a", &[(0, "")], &["a", "-"]);
    }
}
