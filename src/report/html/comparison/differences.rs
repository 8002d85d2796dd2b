//! Paired tests as pictures: each model minus the one it is held against.

use maud::{Markup, html};

use crate::report::comparison::record::{ComparisonReport, FamilyRecord, TestRecord};
use crate::report::failure_text::sentence as capital;
use crate::report::html::chart::Axis;
use crate::report::html::parts::{figure, name, sortable, text};
use crate::report::html::strip::{Strip, ends};
use crate::report::number;
use crate::report::shown::title;

/// One table for each question.
pub(super) fn section(report: &ComparisonReport) -> Option<Markup> {
    (!report.families.is_empty()).then(|| {
        html! {
            p.note {
                "Word error rate of the model minus that of its opponent, with a 95 % interval: "
                "left of the dotted line the model has fewer errors. Two-sided tests by exact "
                "sign flips over " (report.nbest.observations()) "; where a side has "
                "several seeds, a t test in which " (report.nbest.cluster) "s and seeds are both "
                "drawn at random, if that gives the larger probability. "
                b { "text" } " is the rise of the word error rate above that on the clean lists, "
                b { "flip" } " the part of it that changes of mind added."
            }
            @for family in &report.families { (of_family(family, &report.nbest.cluster)) }
        }
    })
}

/// What varies over the tests of a family, and so needs a column.
#[derive(Debug, Clone, Copy)]
struct Varies {
    check: bool,
    measure: bool,
    about: bool,
}

impl Varies {
    fn of(family: &FamilyRecord) -> Varies {
        let varies = |of: fn(&TestRecord) -> String| {
            let mut values = family.tests.iter().map(of);
            let first = values.next();
            values.any(|value| Some(value) != first)
        };
        Varies {
            check: varies(check),
            measure: varies(|test| test.measure.clone()),
            about: varies(|test| test.about.clone()),
        }
    }
}

fn of_family(family: &FamilyRecord, cluster: &str) -> Markup {
    let values = family.tests.iter().flat_map(|test| ends(&test.difference));
    let axis = Axis::around(values.chain([0.0]));
    let clusters = format!("{cluster}s worse / better");
    let varies = Varies::of(family);
    let heads: Vec<(&str, &str)> = [
        Some(("model", "")),
        varies.check.then_some(("check", "words")),
        varies.measure.then_some(("measure", "")),
        Some(("picture", "picture")),
        Some(("difference [95 %]", "number")),
        Some((clusters.as_str(), "number")),
        Some(("p", "number")),
        Some(("p (Holm)", "number")),
        varies.about.then_some(("about", "words")),
    ]
    .into_iter()
    .flatten()
    .collect();
    let body = html! { @for test in &family.tests { (row(test, axis, varies)) } };
    let heading = text(&family.name);

    html! {
        article.card {
            h3 { (capital(&heading)) }
            p.note {
                @if let Some(test) = family.tests.first() {
                    @if !varies.check && test.check.is_some() { "Under " (name(&check(test))) ". " }
                    @if !varies.measure && test.measure != "clean" {
                        "Measure: " (test.measure) ". "
                    }
                    @if !varies.about { "About " (text(&test.about)) ". " }
                }
                "Adjustment: " (family.adjustment) "."
            }
            (sortable(&format!("Paired tests: {heading}"), &heads, &body))
        }
    }
}

/// The name of the check that a test is of.
fn check(test: &TestRecord) -> String {
    let check = test.suite.as_deref().zip(test.check.as_deref());
    check.map_or_else(|| "clean".to_owned(), |(suite, check)| title(suite, check))
}

fn row(test: &TestRecord, axis: Axis, varies: Varies) -> Markup {
    html! {
        tr {
            th scope="row" { bdi { (text(&test.label)) } }
            @if varies.check { td.words { (text(&check(test))) } }
            @if varies.measure { td { (test.measure) } }
            td.picture {
                (Strip {
                    axis,
                    estimate: &test.difference,
                    margin: None,
                    range: None,
                    class: "is-plain",
                }.draw())
            }
            td.number { (figure(&number::points_with_interval(&test.difference))) }
            td.number { (test.clusters_worse) " / " (test.clusters_better) }
            td.number { (number::probability(test.p)) }
            td.number { (number::probability(test.p_adjusted)) }
            @if varies.about { td.words { (text(&test.about)) } }
        }
    }
}
