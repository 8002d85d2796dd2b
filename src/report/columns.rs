//! Tables of plain text.

use std::fmt::Write;

/// No column is padded to more: a word may be longer, and `std` pads to 65,535 at most.
pub(crate) const WIDEST_COLUMN: usize = 200;

/// Left-aligned first column, right-aligned others, two spaces between.
pub(crate) fn columns(rows: &[Vec<String>]) -> String {
    let count = rows.first().map_or(0, Vec::len);
    let width = |column: usize| {
        rows.iter()
            .map(|row| row[column].chars().count())
            .max()
            .unwrap_or(0)
            .min(WIDEST_COLUMN)
    };

    let widths: Vec<usize> = (0..count).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let mut cells = Vec::new();
        for (column, cell) in row.iter().enumerate() {
            let width = widths[column];
            cells.push(if column == 0 {
                format!("{cell:<width$}")
            } else {
                format!("{cell:>width$}")
            });
        }
        let _ = writeln!(text, "{}", cells.join("  ").trim_end());
    }

    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let row = |cells: [&str; 2]| cells.iter().map(|cell| (*cell).to_owned()).collect();
        let text = columns(&[row(["check", "WER"]), row(["a", "23.24 %"])]);
        assert_eq!(text, "check      WER\na      23.24 %\n");
    }
}
