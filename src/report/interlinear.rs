//! Texts word under word, as lines of letters of one width.

use std::fmt::Write;

use crate::check::failures::picks::{GAP, Mark, Row, is_perturbed};
use crate::report::columns::WIDEST_COLUMN;

/// A line for each row, word under word: perturbed words in brackets, errors in capitals.
pub(crate) fn lines(rows: &[Row]) -> Vec<String> {
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| row.cells.iter().zip(&row.marks).map(cell).collect())
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
            let name = if is_perturbed(row.kind) {
                "  perturbed"
            } else {
                row.kind.name()
            };
            let mut line = format!("{name:<11}");
            for (cell, &width) in cells.iter().zip(&widths) {
                let _ = write!(line, " {cell:<width$}");
            }
            line.trim_end().to_owned()
        })
        .collect()
}

fn cell((word, mark): (&Option<String>, &Mark)) -> String {
    match (word, mark) {
        (None, Mark::Perturbed) => "[]".to_owned(),
        (None, Mark::Deleted) => GAP.to_owned(),
        (None, _) => String::new(),
        (Some(word), Mark::Perturbed) => format!("[{word}]"),
        (Some(word), Mark::Substituted | Mark::Inserted) => word.to_uppercase(),
        (Some(word), _) => word.clone(),
    }
}
