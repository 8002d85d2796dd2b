//! The texts of a failure word under word: what was said, what was picked before the swaps, and
//! after.

use maud::{Markup, html};

use crate::check::failures::counterexample_list::CounterexampleList;
use crate::check::failures::picks::{Mark, Row, RowKind, picks};
use crate::report::html::parts::{prose, text};

/// A pick: its row of the original text and, where it is swapped, that of its perturbed text.
struct Pick<'a> {
    name: &'static str,
    original: &'a Row,
    perturbed: Option<&'a Row>,
}

/// The three texts of a list in columns that wrap where the page ends, and as lines for those who
/// listen to them.
pub(super) fn aligned(list: &CounterexampleList) -> Markup {
    let rows = picks(list);
    let row = |kind: RowKind| rows.iter().find(|row| row.kind == kind);
    let pick = |name, original, perturbed| {
        row(original).map(|original| Pick {
            name,
            original,
            perturbed: row(perturbed),
        })
    };
    let reference = pick("said", RowKind::Reference, RowKind::Reference);
    let before = pick("picked before", RowKind::Better, RowKind::BetterPerturbed);
    let after = pick("picked after", RowKind::Worse, RowKind::WorsePerturbed);
    let lines: Vec<Pick<'_>> = [reference, before, after].into_iter().flatten().collect();
    let columns = rows.first().map_or(0, |row| row.cells.len());

    html! {
        div.aligned aria-hidden="true" {
            div.names {
                @for _ in 0..most_rows(&lines, columns) {
                    span { @for line in &lines { i { (line.name) } } }
                }
            }
            div.cells {
                @for column in 0..columns {
                    span { @for line in &lines { (cell(line, column)) } }
                }
            }
        }
        ul.hidden {
            @for line in &lines { li { (line.name) ": " (spoken(line)) } }
        }
    }
}

/// Letters that fit beside the names where a page is narrowest.
const NARROWEST: usize = 16;

/// In how many rows the columns lie at most, each of which has the names at its left: what is more
/// than the page has rows is cut off below.
fn most_rows(lines: &[Pick<'_>], columns: usize) -> usize {
    let letters = |row: &Row, column: usize| {
        let word = row.cells[column].as_deref();
        word.map_or(1, |word| word.chars().count() + 1)
    };
    let width = |column: usize| {
        let widths = lines.iter().map(|line| {
            let perturbed = line.perturbed.map_or(0, |row| letters(row, column));
            letters(line.original, column) + perturbed
        });
        widths.max().unwrap_or(0).min(NARROWEST)
    };
    (0..columns).map(width).sum::<usize>() / NARROWEST + 2
}

fn cell(line: &Pick<'_>, column: usize) -> Markup {
    let original = line.original.cells[column].as_deref();
    let swapped = line
        .perturbed
        .filter(|row| row.marks[column] == Mark::Perturbed);
    let class = match line.original.marks[column] {
        Mark::Substituted => Some("s"),
        Mark::Inserted => Some("n"),
        Mark::Deleted => Some("d"),
        Mark::Same | Mark::Perturbed => None,
    };

    html! {
        i class=[class] {
            @match swapped.map(|row| row.cells[column].as_deref()) {
                Some(now) => {
                    @if let Some(word) = original { s { (text(word)) } " " }
                    b { (now.map_or_else(|| "∅".to_owned(), text)) }
                }
                None => {
                    @match original {
                        Some(word) => { (text(word)) }
                        None if line.original.marks[column] == Mark::Deleted => { "∅" }
                        None => { "\u{a0}" }
                    }
                }
            }
        }
    }
}

/// The line as it is read out: its original text, and what the swaps make of it.
fn spoken(line: &Pick<'_>) -> String {
    let words = |row: &Row| {
        let words: Vec<&str> = row.cells.iter().flatten().map(String::as_str).collect();
        prose(&words.join(" "))
    };

    match line
        .perturbed
        .filter(|_| line.original.kind != RowKind::Reference)
    {
        Some(perturbed) => format!("{}; swapped: {}", words(line.original), words(perturbed)),
        None => words(line.original),
    }
}
