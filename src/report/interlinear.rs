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
