//! `junit.xml` as nextest and Jenkins have it: a check is a test suite, a gate a test case.
//!
//! What is inconclusive is skipped, with its sentence as the message, unless it is to fail. When the
//! run began and how long it took is said of the run alone: its gates are decided together, from
//! the same scores, and none of them has a time of its own. A caution that decides nothing is a case
//! that passes, with its sentence as output; notes are properties.

use maud::{Markup, PreEscaped, html};

use crate::report::Report;
use crate::report::ci::{Inconclusive, Item, Weight, items};
use crate::report::shown::shown;

/// How the first line of such a file begins: what tells it from others' files.
pub(crate) const FIRST_LINE: &str =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?><testsuites name=\"robustness-check\"";

/// The document, ending with a newline. Every element has an end tag, as every attribute has
/// quotes.
pub(crate) fn render(report: &Report, inconclusive: Inconclusive) -> String {
    let items = items(report);
    let suites: Vec<&[Item]> = items.chunk_by(|a, b| a.group == b.group).collect();
    let document = html! {
        (PreEscaped("<?xml version=\"1.0\" encoding=\"UTF-8\"?>"))
        testsuites name="robustness-check" tests=(items.len())
            failures=(failed(&items, inconclusive)) errors="0" time=[seconds(report)] {
            (PreEscaped("\n"))
            @for suite in suites { (testsuite(report, suite, inconclusive)) (PreEscaped("\n")) }
        }
    };

    let mut text = document.into_string();
    text.push('\n');
    text
}

/// How long the run took, in the form of Jenkins' schema: at most three decimals.
fn seconds(report: &Report) -> Option<String> {
    let run = report.run.as_ref()?;
    Some(format!("{:.3}", run.duration_s))
}

fn failed(items: &[Item], inconclusive: Inconclusive) -> usize {
    items.iter().filter(|item| item.fails(inconclusive)).count()
}

fn skipped(item: &Item, inconclusive: Inconclusive) -> bool {
    let open = item.weight == Weight::Open && !item.fails(inconclusive);
    open || matches!(item.weight, Weight::Skipped | Weight::Accepted)
}

fn testsuite(report: &Report, items: &[Item], inconclusive: Inconclusive) -> Markup {
    let group = items.first().map_or("", |item| item.group.as_str());

    let skips = items
        .iter()
        .filter(|item| skipped(item, inconclusive))
        .count();
    html! {
        testsuite name=(shown(group)) tests=(items.len()) errors="0"
            failures=(failed(items, inconclusive)) skipped=(skips)
            timestamp=[report.run.as_ref().map(|run| run.started.as_str())] {
            properties {
                property name="model" value=(shown(&report.model.name)) {}
                property name="seed" value=(report.seed) {}
                property name="tool" value=(report.tool) {}
                @for note in &report.notes { property name="note" value=(shown(note)) {} }
            }
            @for item in items { (testcase(item, inconclusive)) }
        }
    }
}

fn testcase(item: &Item, inconclusive: Inconclusive) -> Markup {
    let message = shown(&item.wording);
    let details: Vec<String> = item.details.iter().map(|line| shown(line)).collect();
    let body = details.join("\n");
    html! {
        testcase name=(shown(&item.name)) classname=(shown(&item.group)) {
            @if item.fails(inconclusive) {
                failure type=(item.ending.name()) message=(message) { (message) "\n" (body) }
            } @else if skipped(item, inconclusive) {
                skipped message=(message) {}
            } @else if item.weight == Weight::Flaky {
                // Ours and nextest's: the case passes, after it had failed.
                flakyFailure type="flaky" message=(message) { (body) }
            } @else {
                (PreEscaped("<system-out>")) (message) (PreEscaped("</system-out>"))
            }
        }
    }
}
