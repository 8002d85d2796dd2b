//! Paired tests as pictures: each model minus the one it is held against.

use maud::{Markup, html};

use crate::report::comparison::record::{ComparisonReport, FamilyRecord, TestRecord};
use crate::report::failure_text::sentence as capital;
use crate::report::html::chart::Axis;
use crate::report::html::parts::{sortable, text};
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

fn of_family(family: &FamilyRecord, cluster: &str) -> Markup {
    let values = family.tests.iter().flat_map(|test| ends(&test.difference));
    let axis = Axis::around(values.chain([0.0]));
    let clusters = format!("{cluster}s worse / better");
    let heads = [
        ("model", ""),
        ("check", "words"),
        ("measure", ""),
        ("picture", "picture"),
        ("difference [95 %]", "number"),
        (clusters.as_str(), "number"),
        ("p", "number"),
        ("p (Holm)", "number"),
        ("about", "words"),
    ];
    let body = html! { @for test in &family.tests { (row(test, axis)) } };
    let name = text(&family.name);

    html! {
        article.card {
            h3 { (capital(&name)) }
            p.note { "Adjustment: " (family.adjustment) "." }
            (sortable(&format!("Paired tests: {name}"), &heads, &body))
        }
    }
}

fn row(test: &TestRecord, axis: Axis) -> Markup {
    let check = test.suite.as_deref().zip(test.check.as_deref());
    let check = check.map_or_else(|| "clean".to_owned(), |(suite, check)| title(suite, check));

    html! {
        tr {
            th scope="row" { bdi { (text(&test.label)) } }
            td.words { (text(&check)) }
            td { (test.measure) }
            td.picture {
                (Strip {
                    axis,
                    estimate: &test.difference,
                    margin: None,
                    range: None,
                    class: "is-plain",
                }.draw())
            }
            td.number { (number::points_with_interval(&test.difference)) }
            td.number { (test.clusters_worse) " / " (test.clusters_better) }
            td.number { (number::probability(test.p)) }
            td.number { (number::probability(test.p_adjusted)) }
            td.words { (text(&test.about)) }
        }
    }
}
