//! What the paired tests show, in words, model by model.

use maud::{Markup, html};

use crate::report::comparison::opposite;
use crate::report::comparison::record::{
    ComparisonReport, ContenderRecord, RescorerRecord, TestRecord,
};
use crate::report::comparison::tables::{first_pass_test, reference_test, reference_tests};
use crate::report::html::comparison::shown::{LEVEL, Shown, shown, tally};
use crate::report::html::comparison::{degraded, gates};
use crate::report::html::parts::{mark, prose, text};
use crate::report::model_kind::ModelKind;
use crate::report::number;

/// The comparison in a few sentences.
pub(super) fn lead(report: &ComparisonReport) -> Markup {
    let best = best(report);
    let of = |measure: &str| -> Vec<&TestRecord> {
        let tests = reference_tests(report);
        tests.filter(|test| test.measure == measure).collect()
    };
    let (clean, rises, costs) = (of("clean"), of("text"), of("flip"));

    html! {
        @if let Some((last, others)) = best.split_last() {
            "On the clean lists "
            @for (place, one) in others.iter().enumerate() {
                @if place > 0 { ", " }
                b { bdi { (text(&one.label)) } }
            }
            @if !others.is_empty() { " and " }
            b { bdi { (text(&last.label)) } }
            @if others.is_empty() { " has" } @else { " have" }
            " the fewest word errors, " (number::percent(last.wer.rate.value))
            @if !others.is_empty() { " each" }
            ". "
        }
        @if !clean.is_empty() {
            "Against " b { bdi { (text(&report.reference)) } } ", the reference, "
            (tally(&clean, ["model is", "models are"], ["better", "worse"])) " there"
            @if !rises.is_empty() {
                "; under perturbation, "
                (tally(
                    &rises,
                    ["rise of errors is", "rises of errors are"],
                    ["smaller", "larger"],
                ))
                ", and "
                (tally(&costs, ["flip cost is", "flip costs are"], ["smaller", "larger"]))
                (degraded::of_repairs(report, &costs))
            }
            "."
        }
    }
}

/// The models with the fewest errors on the clean lists: all whose word error rate prints alike.
fn best(report: &ComparisonReport) -> Vec<&ContenderRecord> {
    let rates = report
        .contenders
        .iter()
        .filter_map(|one| one.wer.rate.value);
    let Some(least) = rates.min_by(f64::total_cmp) else {
        return Vec::new();
    };
    let printed = number::percent(Some(least));
    let contenders = report.contenders.iter();
    contenders
        .filter(|one| number::percent(one.wer.rate.value) == printed)
        .collect()
}

/// A card for each model.
pub(super) fn section(report: &ComparisonReport) -> Markup {
    html! {
        p.note {
            "A difference counts as shown if its probability is at most " (LEVEL) ", adjusted for "
            "all that is asked along with it. Where nothing is shown the models may still differ: "
            "the interval says by how much."
            @if !report.checks.is_empty() {
                " Within, beyond and reaches say where an interval is, seen from a margin of the "
                "suite. That is no verdict, which only a check of the model alone gives: see "
                a href="#gates" { "against the margins" } "."
            }
        }
        div.flow { @for contender in &report.contenders { (card(report, contender)) } }
    }
}

fn card(report: &ComparisonReport, contender: &ContenderRecord) -> Markup {
    let label = contender.label.as_str();
    let is_reference = label == report.reference;

    html! {
        article.card {
            h3 {
                bdi { (text(label)) }
                @if is_reference { span.leaning { "the reference" } }
            }
            p.note { (made_of(contender)) }
            ul.findings {
                @let own = first_pass_test(report, label).filter(|_| !is_first_pass(report));
                @if let Some(test) = own { li { (clean(test, "the first pass")) } }
                @if let Some(test) = reference_test(report, label, None, "clean") {
                    li { (clean(test, &report.reference)) }
                }
                @for measured in [&degraded::RISE, &degraded::COST] {
                    (degraded::lines(report, contender, measured))
                }
                @for sentence in opposite::sentences(report, contender) {
                    li { (prose(&sentence)) "." }
                }
                @for line in gates::lines(report, contender) { li { (line) } }
            }
        }
    }
}

/// Whether the reference is the first pass, so that one test tells what two would.
pub(super) fn is_first_pass(report: &ComparisonReport) -> bool {
    let mut contenders = report.contenders.iter();
    let reference = contenders.find(|contender| contender.label == report.reference);
    reference.is_some_and(|reference| {
        RescorerRecord::are_all(&reference.rescorers, ModelKind::FirstPass)
    })
}

/// Strategy, seeds, word error rate.
fn made_of(contender: &ContenderRecord) -> Markup {
    html! {
        "Word error rate " (number::percent_with_interval(&contender.wer.rate))
        @if let Some(strategy) = &contender.strategy { ", strategy " bdi { (text(strategy)) } }
        @if contender.rescorers.len() > 1 { ", " (contender.rescorers.len()) " seeds" }
        "."
    }
}

fn clean(test: &TestRecord, opponent: &str) -> Markup {
    html! {
        @match shown(test) {
            Shown::Better => {
                (mark("pass", "✓", "FEWER ERRORS")) " than " bdi { (text(opponent)) }
            }
            Shown::Worse => {
                (mark("fail", "✕", "MORE ERRORS")) " than " bdi { (text(opponent)) }
            }
            Shown::Nothing => {
                (mark("open", "?", "NOT SHOWN")) " to differ from " bdi { (text(opponent)) }
            }
        }
        " on the clean lists: " (number::points_with_interval(&test.difference))
        ", p " (number::probability(test.p_adjusted)) "; about " (about(test)) "."
    }
}

fn about(test: &TestRecord) -> String {
    text(&test.about)
}
