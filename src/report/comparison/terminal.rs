//! A comparison on the terminal.

use std::fmt::Write;

use crate::report::columns::columns;
use crate::report::comparison::record::ComparisonReport;
use crate::report::comparison::tables::{self, Detail};
use crate::report::number;
use crate::report::terminal::{Color, bold};

/// The tables, ending with a newline.
pub(crate) fn render(report: &ComparisonReport, color: Color) -> String {
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
    text.push_str(&columns(&tables::clean(report, Detail::Short)));
    for (index, check) in report.checks.iter().enumerate() {
        let title = tables::title(&check.suite, &check.check);
        let _ = writeln!(text, "\n{}  {}", bold(&title, color), check.perturbation);
        text.push_str(&columns(&tables::check(report, index, Detail::Short)));
    }

    let several = report.contenders.iter().any(|c| c.rescorers.len() > 1);
    let _ = writeln!(
        text,
        "\np: exact sign flips over {}s{}, Holm over {}; the reference is {}",
        nbest.cluster,
        if several {
            ", seeds at random where a label has several"
        } else {
            ""
        },
        families(report),
        report.reference
    );

    for note in &report.notes {
        let _ = writeln!(text, "note: {note}");
    }

    text
}

/// The families with their sizes, in a row.
fn families(report: &ComparisonReport) -> String {
    let families = report.families.iter();
    let named = families.map(|family| format!("{} ({})", family.name, family.tests.len()));
    named.collect::<Vec<String>>().join(", ")
}
