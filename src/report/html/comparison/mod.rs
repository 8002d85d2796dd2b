//! `comparison.html`: several models on the same lists, as one page for people.
//!
//! It is made like the [page of one model](mod@crate::report::html). A comparison judges nothing:
//! where a figure stands against a margin of a suite, the page says what its interval shows, and no
//! more.

mod cost;
mod degraded;
mod differences;
mod figures;
mod gates;
mod models;
mod named;
mod shown;
mod words;

use maud::{Markup, html};

use crate::report::comparison::record::ComparisonReport;
use crate::report::html::frame::{Frame, Sections};
use crate::report::html::ladder::{FEWEST_RUNGS, JOINED, Level, Rung, Series, Shape, ladder};
use crate::report::html::parts::{prose, text};
use crate::report::html::ranks;
use crate::report::number;

/// The name of the file in the folder of a comparison.
pub const FILE_NAME: &str = "comparison.html";

/// Lines of a picture that are told apart by their colors.
const COLORS: usize = 6;

/// The page. The same report gives the same bytes, whenever it was made.
pub(crate) fn render(report: &ComparisonReport) -> String {
    let labels: Vec<String> = report.contenders.iter().map(|c| text(&c.label)).collect();
    let frame = Frame {
        title: format!("Comparison of {}", labels.join(", ")),
        skip: "what is shown",
        heading: heading(report),
        sections: sections(report),
        footer: format!("{}, seed {}", report.tool, report.seed),
    };
    frame.render()
}

fn sections(report: &ComparisonReport) -> Sections {
    let mut sections = Sections::default();
    let mut add = |id, title, content| sections.add(id, title, content);

    add("shown", "What is shown", Some(words::section(report)));
    add("gates", "Against the margins", gates::section(report));
    add("ladder", "From rung to rung", ladders(report));
    add(
        "differences",
        "Pairwise differences",
        differences::section(report),
    );
    add("cost", "What training cost", cost::section(report));
    add(
        "ranks",
        "Where the ranks are",
        ranks::section(&report.ranks),
    );
    add("figures", "All figures", Some(figures::section(report)));
    add("models", "Models and lists", Some(models::section(report)));
    sections
}

fn heading(report: &ComparisonReport) -> Markup {
    let nbest = &report.nbest;

    html! {
        header {
            p.kicker { "Rescorers on the same lists, with and without words that sound alike" }
            h1 { (number::count(report.contenders.len(), "model")) " compared" }
            p.lead { (words::lead(report)) }
            dl.tiles {
                div {
                    dt { "first pass, clean" }
                    dd { (number::percent(report.first_pass.rate.value)) }
                }
                div {
                    dt { "best of each list" }
                    dd { (number::percent(report.oracle.rate.value)) }
                }
                div { dt { "utterances" } dd { (number::whole(nbest.utterances)) } }
                div { dt { (nbest.cluster) "s" } dd { (nbest.independent_count()) } }
                @if let Some(voices) = nbest.voices {
                    div { dt { "voices" } dd { (number::whole(voices)) } }
                }
            }
            p.note {
                "Word error rates of the lists as they are: " (prose(&nbest.files.join(", "))) "."
            }
        }
    }
}

/// One ladder for each suite of several checks, with a series for each model.
fn ladders(report: &ComparisonReport) -> Option<Markup> {
    let mut from = 0;
    let mut pictures = Vec::new();
    let level = Level {
        name: "first pass, clean lists",
        rate: report.first_pass.rate.value,
    };
    for checks in report.checks.chunk_by(|a, b| a.suite == b.suite) {
        let span = from..from + checks.len();
        from = span.end;
        if checks.len() < FEWEST_RUNGS {
            continue;
        }

        let series = report.contenders.iter().enumerate();
        let series = series.map(|(index, contender)| Series {
            name: contender.label.clone(),
            // Colors and shapes come round: the name beside them tells one from the others.
            class: format!("series-{}", index % COLORS),
            shape: Shape::ALL[index % Shape::ALL.len()],
            clean: contender.wer.rate.value,
            values: contender.checks[span.clone()]
                .iter()
                .map(|check| check.wer_text.rate.value)
                .collect(),
        });
        let series: Vec<Series> = series.collect();
        let rungs = checks.iter().map(|check| Rung {
            name: &check.check,
            raises: check.raises,
        });
        let rungs: Vec<Rung<'_>> = rungs.collect();
        pictures.push(ladder(&checks[0].suite, &rungs, &series, &level));
    }

    (!pictures.is_empty()).then(|| {
        html! {
            p.note {
                "Word error rates of the picks, the clean lists first and then every check of the "
                "suite in its order. " (JOINED)
            }
            @for picture in &pictures { (picture) }
        }
    })
}
