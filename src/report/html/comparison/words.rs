//! What the paired tests show, in words, model by model.

use maud::{Markup, html};

use crate::report::comparison::opposite;
use crate::report::comparison::record::{
    ComparisonReport, ContenderRecord, RescorerRecord, TestRecord,
};
use crate::report::comparison::tables::{first_pass_test, reference_test, reference_tests};
use crate::report::html::comparison::gates;
use crate::report::html::comparison::named::named;
use crate::report::html::parts::{mark, prose, text};
use crate::report::model_kind::ModelKind;
use crate::report::number;

/// A difference is shown if its probability, adjusted within its family, is at most this.
const LEVEL: f64 = 0.05;

/// What a test shows of the model that is tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    Better,
    Worse,
    Nothing,
}

fn shown(test: &TestRecord) -> Shown {
    match test.difference.value {
        Some(difference) if test.p_adjusted <= LEVEL && difference < 0.0 => Shown::Better,
        Some(difference) if test.p_adjusted <= LEVEL && difference > 0.0 => Shown::Worse,
        _ => Shown::Nothing,
    }
}

/// The comparison in a few sentences.
pub(super) fn lead(report: &ComparisonReport) -> Markup {
    let best = best(report);
    let (clean, perturbed): (Vec<&TestRecord>, Vec<&TestRecord>) =
        reference_tests(report).partition(|test| test.measure == "clean");

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
            @if !perturbed.is_empty() {
                "; under perturbation, "
                (tally(
                    &perturbed,
                    ["rise of errors is", "rises of errors are"],
                    ["smaller", "larger"],
                ))
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

/// How many of the tests show something, and what.
fn tally(tests: &[&TestRecord], noun: [&str; 2], ways: [&str; 2]) -> String {
    let count = |wanted| tests.iter().filter(|test| shown(test) == wanted).count();
    let (better, worse) = (count(Shown::Better), count(Shown::Worse));
    let of = number::whole(tests.len());
    let how_many = |count: usize| match count {
        0 if tests.len() == 1 => format!("the other {} not shown to be", noun[0]),
        0 => format!("none of {of} {} shown to be", noun[1]),
        1 => format!(
            "1 of {of} {} shown to be",
            noun[usize::from(tests.len() > 1)]
        ),
        _ => format!("{} of {of} {} shown to be", number::whole(count), noun[1]),
    };

    match (better, worse) {
        (0, 0) => format!("{} {} or {}", how_many(0), ways[0], ways[1]),
        (_, 0) => format!("{} {}", how_many(better), ways[0]),
        (0, _) => format!("{} {}", how_many(worse), ways[1]),
        (_, _) => format!("{} {}, {} {}", how_many(better), ways[0], worse, ways[1]),
    }
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
                @for measure in [DEGRADES, SWAYED] { (perturbed(report, label, measure)) }
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

/// A measure under perturbation, and its words.
#[derive(Debug, Clone, Copy)]
struct Measured {
    measure: &'static str,
    better: &'static str,
    worse: &'static str,
    nothing: &'static str,
}

const DEGRADES: Measured = Measured {
    measure: "text",
    better: "DEGRADES LESS",
    worse: "DEGRADES MORE",
    nothing: "to degrade more or less than",
};

const SWAYED: Measured = Measured {
    measure: "flip",
    better: "SWAYED LESS",
    worse: "SWAYED MORE",
    nothing: "to be swayed more or less than",
};

/// One line for each way in which checks came out; figures only where something is shown.
fn perturbed(report: &ComparisonReport, label: &str, measured: Measured) -> Markup {
    let tests: Vec<(usize, &TestRecord)> = (0..report.checks.len())
        .filter_map(|index| {
            let test = reference_test(report, label, Some(index), measured.measure)?;
            Some((index, test))
        })
        .collect();
    let of = |way: Shown| -> Vec<(usize, &TestRecord)> {
        let tests = tests.iter().copied();
        tests.filter(|(_, test)| shown(test) == way).collect()
    };
    let nothing: Vec<usize> = of(Shown::Nothing).iter().map(|(index, _)| *index).collect();
    let opponent = text(&report.reference);

    html! {
        @for (way, mark) in [
            (Shown::Better, mark("pass", "✓", measured.better)),
            (Shown::Worse, mark("fail", "✕", measured.worse)),
        ] {
            @let own = of(way);
            @if !own.is_empty() {
                li {
                    (mark) " than " bdi { (opponent) } " under "
                    @for (place, (index, test)) in own.iter().enumerate() {
                        @if place > 0 { "; " }
                        (named(report, &[*index])) ", "
                        (number::points_with_interval(&test.difference))
                        ", p " (number::probability(test.p_adjusted))
                    }
                    "."
                }
            }
        }
        @if !nothing.is_empty() {
            li {
                (mark("open", "?", "NOT SHOWN")) " " (measured.nothing) " " bdi { (opponent) }
                " under " (named(report, &nothing)) "."
            }
        }
    }
}
