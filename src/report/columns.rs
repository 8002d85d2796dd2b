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

/// The table as text, in several tables one below the other where it is wider than a terminal of
/// `width` columns: each begins with the first column, and nothing is left out. A column that
/// `belongs` to the one before it by its head stands in the same table.
pub(crate) fn folded(
    rows: &[Vec<String>],
    width: Option<usize>,
    belongs: impl Fn(&str) -> bool,
) -> String {
    let (Some(width), Some(heads)) = (width, rows.first()) else {
        return columns(rows);
    };
    let taken = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.max().unwrap_or(0)
    };

    // Columns that are not parted, as ranges.
    let mut groups: Vec<(usize, usize)> = Vec::new();
    for (column, head) in heads.iter().enumerate().skip(1) {
        match groups.last_mut() {
            Some((_, end)) if belongs(head) => *end = column + 1,
            _ => groups.push((column, column + 1)),
        }
    }

    let mut tables: Vec<Vec<usize>> = vec![vec![0]];
    let mut used = taken(0);
    for (start, end) in groups {
        let wanted: usize = (start..end)
            .map(|column| BETWEEN.len() + taken(column))
            .sum();
        let is_begun = tables.last().is_some_and(|table| table.len() > 1);
        if is_begun && used + wanted > width {
            tables.push(vec![0]);
            used = taken(0);
        }
        used += wanted;
        if let Some(table) = tables.last_mut() {
            table.extend(start..end);
        }
    }

    let part = |table: Vec<usize>| {
        let row = |row: &Vec<String>| table.iter().map(|column| row[*column].clone()).collect();
        columns(&rows.iter().map(row).collect::<Vec<Vec<String>>>())
    };
    tables.into_iter().map(part).collect()
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
    fn a_wide_table_is_folded_and_loses_nothing() {
        let row = |cells: [&str; 5]| cells.map(str::to_owned).to_vec();
        let rows = [
            row(["model", "nprr.rel", "p", "flips", "gain"]),
            row(["a", "+13.2 %", "0.5", "1 %", "+4 pp"]),
        ];
        let is_p = |head: &str| head == "p";
        assert_eq!(folded(&rows, None, is_p), columns(&rows));
        assert_eq!(folded(&rows, Some(36), is_p), columns(&rows));

        assert_eq!(
            folded(&rows, Some(27), is_p),
            "model  nprr.rel    p  flips\na       +13.2 %  0.5    1 %\n\
             model   gain\na      +4 pp\n"
        );
        // A probability stands beside its figure, however narrow it is.
        assert_eq!(
            folded(&rows, Some(10), is_p),
            "model  nprr.rel    p\na       +13.2 %  0.5\n\
             model  flips\na        1 %\n\
             model   gain\na      +4 pp\n"
        );
    }

    #[test]
    fn columns_that_do_not_fit_are_left_out() {
        let rows = vec![["check", "WER", "flips"].map(str::to_owned).to_vec()];
        for (width, fit) in [(Some(17), 3), (Some(16), 2), (Some(3), 2), (None, 3)] {
            assert_eq!(fitting(rows.clone(), width)[0].len(), fit, "{width:?}");
        }
    }
}
