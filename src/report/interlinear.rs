//! Texts word under word, as lines of letters of one width.

use std::fmt::Write;

use crate::report::failures::{GAP, RowRecord};
use crate::report::terminal::WIDEST_COLUMN;

/// A line for each row, word under word: perturbed words in brackets, errors in capitals.
pub fn lines(rows: &[RowRecord]) -> Vec<String> {
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            row.words
                .split(' ')
                .zip(row.marks.chars())
                .map(cell)
                .collect()
        })
        .collect();

    let count = cells.first().map_or(0, Vec::len);
    let width = |column: usize| {
        let widths = cells.iter().map(|row| row[column].chars().count());
        widths.max().unwrap_or(0).min(WIDEST_COLUMN)
    };
    let widths: Vec<usize> = (0..count).map(width).collect();

    rows.iter()
        .zip(&cells)
        .map(|(row, cells)| {
            let name = if row.kind.ends_with("perturbed") {
                "  perturbed"
            } else {
                &row.kind
            };
            let mut line = format!("{name:<11}");
            for (cell, &width) in cells.iter().zip(&widths) {
                let _ = write!(line, " {cell:<width$}");
            }
            line.trim_end().to_owned()
        })
        .collect()
}

/// The columns in which `rows` differ, with so many of those around them as fit `width`; all without.
pub fn shortened(rows: &[RowRecord], width: Option<usize>) -> Vec<RowRecord> {
    let fits = |rows: &[RowRecord]| {
        let widths = lines(rows)
            .into_iter()
            .map(|line| INDENT + line.chars().count());
        width.is_none_or(|width| widths.max().unwrap_or(0) <= width)
    };

    let mut rows = rows.to_vec();
    while !fits(&rows) {
        let count = rows.first().map_or(0, |row| row.marks.chars().count());
        let is_plain = |column: usize| {
            let mut marks = rows.iter().map(|row| row.marks.chars().nth(column));
            marks.all(|mark| mark == Some('.'))
        };
        if count <= 1 {
            break;
        }

        // The end goes first: what comes before an error tells more than what comes after it.
        let from = usize::from(!is_plain(count - 1) && is_plain(0));
        for row in &mut rows {
            let words: Vec<&str> = row.words.split(' ').skip(from).take(count - 1).collect();
            row.words = words.join(" ");
            row.marks = row.marks.chars().skip(from).take(count - 1).collect();
        }
    }
    rows
}

/// Columns before each line, where there is a width.
const INDENT: usize = 4;

fn cell((word, mark): (&str, char)) -> String {
    match (word, mark) {
        (GAP, 'P') => "[]".to_owned(),
        (GAP, 'D') => GAP.to_owned(),
        (GAP, _) => String::new(),
        (word, 'P') => format!("[{word}]"),
        (word, 'S' | 'I') => word.to_uppercase(),
        (word, _) => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_alike_goes_first_where_there_is_no_room() {
        let row = |kind: &str, words: &str, marks: &str| RowRecord {
            kind: kind.to_owned(),
            words: words.to_owned(),
            marks: marks.to_owned(),
        };
        let rows = [
            row("reference", "one two three four five", "....."),
            row("worse", "one two tree four five", "..S.."),
        ];

        let words = |width| shortened(&rows, width).remove(1).words;
        assert_eq!(words(None), "one two tree four five");
        assert_eq!(words(Some(36)), "one two tree four");
        assert_eq!(words(Some(24)), "two tree");
        assert_eq!(words(Some(1)), "one");
    }
}
