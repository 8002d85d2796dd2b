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

/// All columns of `rows`, in stacks of so many as fit `width`; one stack without.
pub(crate) fn stacks(rows: &[Row], width: Option<usize>) -> Vec<Vec<Row>> {
    let count = rows.first().map_or(0, |row| row.marks.len());
    let between = |from: usize, to: usize| -> Vec<Row> {
        let part = |row: &Row| Row {
            cells: row.cells[from..to].to_vec(),
            marks: row.marks[from..to].to_vec(),
            ..row.clone()
        };
        rows.iter().map(part).collect()
    };

    let mut stacks = Vec::new();
    let mut from = 0;
    while from < count {
        // A word that is wider than the terminal stands alone.
        let mut to = from + 1;
        while to < count && fits(&between(from, to + 1), width) {
            to += 1;
        }
        stacks.push(between(from, to));
        from = to;
    }

    stacks
}

fn fits(rows: &[Row], width: Option<usize>) -> bool {
    let lines = lines(rows).into_iter();
    let widest = lines.map(|line| INDENT + line.chars().count()).max();
    width.is_none_or(|width| widest.unwrap_or(0) <= width)
}

/// The columns in which `rows` differ, with so many of those around them as fit `width`, and dots
/// where some were left out; all without.
pub(crate) fn shortened(rows: &[Row], width: Option<usize>) -> Vec<Row> {
    let mut rows = rows.to_vec();
    let mut left_out = [false, false];
    while !fits(&dotted(&rows, left_out), width) {
        let count = rows.first().map_or(0, |row| row.marks.len());
        let is_plain = |column: usize| {
            let mut marks = rows.iter().map(|row| row.marks.get(column));
            marks.all(|mark| mark == Some(&Mark::Same))
        };
        if count <= 1 {
            break;
        }

        // The end goes first: what comes before an error tells more than what comes after it.
        let first = if is_plain(count - 1) || !is_plain(0) {
            count - 1
        } else {
            0
        };
        left_out[usize::from(first > 0)] = true;
        for row in &mut rows {
            row.cells.remove(first);
            row.marks.remove(first);
        }
    }

    dotted(&rows, left_out)
}

/// `rows` with dots in the place of what was left out before them and after them.
fn dotted(rows: &[Row], left_out: [bool; 2]) -> Vec<Row> {
    let mut rows = rows.to_vec();
    let [before, after] = left_out;
    for row in &mut rows {
        if before {
            row.cells.insert(0, Some(DOTS.to_owned()));
            row.marks.insert(0, Mark::Same);
        }
        if after {
            row.cells.push(Some(DOTS.to_owned()));
            row.marks.push(Mark::Same);
        }
    }
    rows
}

/// What stands for words that were left out.
const DOTS: &str = "...";

/// Columns before each line, where there is a width.
const INDENT: usize = 4;

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::failures::picks::RowKind;

    #[test]
    fn what_is_alike_goes_first_where_there_is_no_room() {
        let row = |kind, words: &str, marks: [Mark; 5]| Row {
            kind,
            cells: words.split(' ').map(|word| Some(word.to_owned())).collect(),
            marks: marks.to_vec(),
        };
        let same = [Mark::Same; 5];
        let mut third = same;
        third[2] = Mark::Substituted;
        let rows = [
            row(RowKind::Reference, "one two three four five", same),
            row(RowKind::Worse, "one two tree four five", third),
        ];

        let words = |width| {
            let cells = shortened(&rows, width).remove(1).cells;
            cells.into_iter().flatten().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(words(None), "one two tree four five");
        assert_eq!(words(Some(36)), "one two tree ...");
        assert_eq!(words(Some(29)), "... tree ...");
        assert_eq!(words(Some(1)), "... tree ...");
    }
}
