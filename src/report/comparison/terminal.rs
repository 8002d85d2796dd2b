//! A comparison on the terminal.

use std::fmt::Write;

use crate::report::columns::{columns, fitting};
use crate::report::comparison::record::ComparisonReport;
use crate::report::comparison::tables::{self, Detail};
use crate::report::number;
use crate::report::shown::title;
use crate::report::terminal::{Color, bold};
use crate::report::wrap::fitted;

/// The tables, ending with a newline; the columns that fit the `width` of a terminal, or all.
pub(crate) fn render(report: &ComparisonReport, color: Color, width: Option<usize>) -> String {
    let nbest = &report.nbest;
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{}  {}: {}, {}, {}\n",
        bold("lists", color),
        nbest.files.join(", "),
        number::count(nbest.utterances, "utterance"),
        number::count(nbest.reference_words, "word"),
        nbest.observations(),
    );

    let _ = writeln!(text, "{}", bold("clean", color));
    let mut left_out = 0;
    let mut table = |rows: Vec<Vec<String>>| {
        let all = rows.first().map_or(0, Vec::len);
        let rows = fitting(rows, width);
        left_out += all - rows.first().map_or(0, Vec::len);
        columns(&rows)
    };

    text.push_str(&table(tables::clean(report, Detail::Short)));
    for (index, check) in report.checks.iter().enumerate() {
        let title = title(&check.suite, &check.check);
        let _ = writeln!(text, "\n{}  {}", bold(&title, color), check.perturbation);
        text.push_str(&table(tables::check(report, index, Detail::Short)));
    }
    if left_out > 0 {
        let columns = number::count(left_out, "column");
        let _ = writeln!(
            text,
            "\n{columns} did not fit here: --format markdown shows all"
        );
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
    for said in std::iter::once(p).chain(notes) {
        text.push_str(&fitted("", &said, 2, width));
    }

    text
}

/// The families with their sizes, in a row.
fn families(report: &ComparisonReport) -> String {
    let families = report.families.iter();
    let named = families.map(|family| format!("{} ({})", family.name, family.tests.len()));
    named.collect::<Vec<String>>().join(", ")
}
