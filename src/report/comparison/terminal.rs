//! A comparison on the terminal.

use std::fmt::Write;

use crate::report::columns::folded;
use crate::report::comparison::record::ComparisonReport;
use crate::report::comparison::tables::{self, Detail, Rows};
use crate::report::number;
use crate::report::shown::{shown, title, with_short_words};
use crate::report::terminal::{Color, bold};
use crate::report::wrap::{fitted, fitted_behind};

/// The tables, ending with a newline; folded where they do not fit the `width` of a terminal.
pub(crate) fn render(report: &ComparisonReport, color: Color, width: Option<usize>) -> String {
    let nbest = &report.nbest;
    let mut text = String::new();
    let head = format!("{}  ", bold("lists", color));
    let lists = format!(
        "{}: {}, {}{}",
        shown(&nbest.files.join(", ")),
        number::count(nbest.utterances, "utterance"),
        number::count(nbest.reference_words, "word"),
        nbest.beside_utterances(),
    );
    text.push_str(&fitted_behind(&head, 7, &lists, 7, width));
    text.push('\n');

    let _ = writeln!(text, "{}", bold("clean", color));
    let table = |rows: Rows| {
        let cells = |row: Vec<String>| row.iter().map(|cell| named(cell)).collect();
        let rows: Rows = rows.into_iter().map(cells).collect();
        folded(&rows, width, |head| {
            head.starts_with("p ") || head == "range"
        })
    };
    text.push_str(&table(tables::clean(report, Detail::Short)));
    for (index, check) in report.checks.iter().enumerate() {
        let title = title(&check.suite, &check.check);
        let title = shown(&title);
        let head = format!("\n{}  ", bold(&title, color));
        let columns = title.chars().count() + 2;
        text.push_str(&fitted_behind(
            &head,
            columns,
            &check.perturbation,
            2,
            width,
        ));
        text.push_str(&table(tables::check(report, index, Detail::Short)));
    }

    let several = report.contenders.iter().any(|c| c.rescorers.len() > 1);
    let p = format!(
        "p: exact sign flips over {}s{}, Holm over {}; the reference is {}",
        nbest.cluster,
        if several {
            ", seeds at random where a label has several"
        } else {
            ""
        },
        families(report),
        report.reference
    );

    text.push('\n');
    let notes = report.notes.iter().map(|note| format!("note: {note}"));
    let tested = (!report.families.is_empty()).then_some(p);
    for said in tested.into_iter().chain(notes) {
        text.push_str(&fitted("", &named(&said), 2, width));
    }

    text
}

/// `text` on a line that no name in it fills.
fn named(text: &str) -> String {
    with_short_words(&shown(text))
}

/// The families with their sizes, in a row.
fn families(report: &ComparisonReport) -> String {
    let families = report.families.iter();
    let named = families.map(|family| format!("{} ({})", family.name, family.tests.len()));
    named.collect::<Vec<String>>().join(", ")
}
