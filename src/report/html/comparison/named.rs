//! Checks by name, in few words.

use maud::{Markup, html};

use crate::report::comparison::record::ComparisonReport;
use crate::report::html::parts::name;
use crate::report::shown::title;

/// The checks at these places by name: those of a suite behind it, and a whole suite by its name.
pub(super) fn named(report: &ComparisonReport, checks: &[usize]) -> Markup {
    let mut names: Vec<Markup> = Vec::new();
    let mut from = 0;
    for suite in report.checks.chunk_by(|a, b| a.suite == b.suite) {
        let span = from..from + suite.len();
        from = span.end;
        let own: Vec<usize> = checks
            .iter()
            .copied()
            .filter(|index| span.contains(index))
            .collect();

        match own.as_slice() {
            [] => {}
            [one] => {
                let check = &report.checks[*one];
                names.push(name(&title(&check.suite, &check.check)));
            }
            all if all.len() == suite.len() => names.push(html! {
                "all " (suite.len()) " checks of " (name(&suite[0].suite))
            }),
            several => names.push(html! {
                (name(&suite[0].suite)) ": "
                @for (place, index) in several.iter().enumerate() {
                    @if place > 0 { ", " }
                    (name(&report.checks[*index].check))
                }
            }),
        }
    }

    html! {
        @for (place, name) in names.iter().enumerate() {
            @if place > 0 { "; " }
            (name)
        }
    }
}
