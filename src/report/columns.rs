//! Tables of plain text.

use std::fmt::Write;

/// The first columns of a table that fit `width`, at least two; all of them without.
pub(crate) fn fitting(mut rows: Vec<Vec<String>>, width: Option<usize>) -> Vec<Vec<String>> {
    let Some(width) = width else { return rows };
    let count = rows.first().map_or(0, Vec::len);
    let (mut taken, mut fit) = (0, 0);
    for column in 0..count {
        let cells = rows.iter().map(|row| row[column].chars().count());
        taken += cells.max().unwrap_or(0) + if column == 0 { 0 } else { BETWEEN.len() };
        // Names without a single figure would say nothing.
        if taken <= width || column < 2 {
            fit = column + 1;
        } else {
            break;
        }
    }

    for row in &mut rows {
        row.truncate(fit);
    }
    rows
}

/// What stands between two columns.
const BETWEEN: &str = "  ";

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
        let _ = writeln!(text, "{}", cells.join(BETWEEN).trim_end());
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

    #[test]
    fn columns_that_do_not_fit_are_left_out() {
        let rows = vec![["check", "WER", "flips"].map(str::to_owned).to_vec()];
        for (width, fit) in [(Some(17), 3), (Some(16), 2), (Some(3), 2), (None, 3)] {
            assert_eq!(fitting(rows.clone(), width)[0].len(), fit, "{width:?}");
        }
    }
}
