//! Properties: what was claimed, and whether it held.

use maud::{Markup, html};

use crate::check::properties::outcome::{Figure, Minimal, Spread};
use crate::report::html::chart::Axis;
use crate::report::html::parts::{bar, pill, prose, table, text};
use crate::report::number::short;
use crate::report::properties::PropertyRecord;
use crate::report::property_text::preflight;
use crate::report::{Report, number};

/// All properties, and the noise they are held against.
pub(super) fn section(report: &Report) -> Option<Markup> {
    (!report.properties.is_empty()).then(|| {
        html! {
            @if let Some(record) = &report.preflight {
                p.note { "Noise: " (preflight(record)) "." }
            }
            div.flow { @for property in &report.properties { (card(property)) } }
        }
    })
}

fn card(property: &PropertyRecord) -> Markup {
    html! {
        article.card.property {
            h3 {
                (pill(property.status)) " "
                (text(&property.suite)) " / " (text(&property.check))
            }
            p { (prose(&property.wording)) }
            p.note { "Claim: " (prose(&property.claim)) }
            @let (moves, figures) = figures(property);
            @if !moves.is_empty() { (by_distance(&moves, &property.check)) }
            @if !figures.is_empty() { (all(&figures, &property.check)) }
            @if let Some(minimal) = &property.minimal { (exception(minimal)) }
        }
    }
}

/// The figures of a property: medians that have a spread, then the others.
fn figures(property: &PropertyRecord) -> (Vec<&Figure>, Vec<&Figure>) {
    let figures = property.counted.iter().flat_map(|counted| &counted.figures);
    figures.partition(|figure| figure.spread.is_some())
}

/// How far scores move, by the distance of what was swapped: quarters as a bar, the median as a
/// point, and a line up to what 99 of 100 do not exceed.
fn by_distance(moves: &[&Figure], check: &str) -> Markup {
    let far = |figure: &&Figure| figure.spread.as_ref().and_then(|spread| spread.nearly_all);
    let axis = Axis::from_zero(moves.iter().filter_map(far));
    let rows = html! {
        thead { tr {
            th scope="col" { "distance" }
            th.picture scope="col" { span.hidden { "picture" } }
            th.number scope="col" { "median" }
            th.number scope="col" { "99 %" }
            th.number scope="col" { "count" }
        } }
        tbody { @for figure in moves { @if let Some(spread) = &figure.spread { tr {
            th scope="row" { (text(band(&figure.name))) }
            td.picture { (lying(figure.value, spread, axis)) }
            td.number { (figure.value.map_or_else(number::dash, short)) }
            td.number { (spread.nearly_all.map_or_else(number::dash, short)) }
            td.number { (number::whole(spread.count)) }
        } } } }
    };

    html! {
        h4 { "Score drop by phonetic distance" }
        p.note {
            "Moves of a score in spreads of the scores within a list: the bar has the middle half, "
            "the point is the median, and the line ends where 99 of 100 moves do."
        }
        (table(&format!("Moves of scores by distance, of {}", text(check)), &rows))
    }
}

/// The band in the name of a figure: `homophones`, `above 0.1 up to 0.2`.
fn band(name: &str) -> &str {
    let band = name.rsplit(", ").next().unwrap_or_default();
    band.trim_start_matches("of ")
        .trim_start_matches("at a distance ")
}

fn lying(median: Option<f64>, spread: &Spread, axis: Axis) -> Markup {
    html! {
        svg.strip.is-plain aria-hidden="true" height="22" width="100%" {
            line.zero x1=(axis.at(0.0)) x2=(axis.at(0.0)) y1="0" y2="22" {}
            @if let (Some(low), Some(high)) = (spread.quarter, spread.three_quarters) {
                rect.injected x=(axis.at(low)) width=(axis.between(low, high)) y="6" height="10" {}
                @if let Some(far) = spread.nearly_all {
                    line.thin x1=(axis.at(high)) x2=(axis.at(far)) y1="11" y2="11" {}
                }
            }
            @if let Some(median) = median { circle.point cx=(axis.at(median)) cy="11" r="4" {} }
        }
    }
}

/// Figures, with a bar for each that is a share: by distance, by form.
fn all(figures: &[&Figure], check: &str) -> Markup {
    let rows = html! {
        thead.hidden { tr {
            th scope="col" { "figure" }
            th scope="col" { "picture" }
            th scope="col" { "value" }
        } }
        tbody {
            @for figure in figures {
                tr {
                    th scope="row" { (text(&figure.name)) }
                    @match (figure.value, figure.of) {
                        (Some(value), Some(of)) => {
                            td.picture { (bar(value)) }
                            td.number { (number::percent(Some(value))) " of " (number::whole(of)) }
                        }
                        (Some(value), None) => { td.picture {} td.number { (short(value)) } }
                        (None, _) => { td.picture {} td.number { "-" } }
                    }
                }
            }
        }
    };

    table(&format!("Figures of {}", text(check)), &rows)
}

/// The smallest lists that show an exception.
fn exception(minimal: &Minimal) -> Markup {
    html! {
        details {
            summary {
                "Smallest exception, from " bdi { (text(&minimal.id)) } ": "
                (prose(&minimal.sentence))
            }
            @for list in &minimal.lists {
                p.note { (prose(&list.title)) }
                ul.texts {
                    @for (index, hypothesis) in list.hyps.iter().enumerate() {
                        li class=[(list.pick == Some(index)).then_some("pick")] {
                            bdi { (prose(&hypothesis.text)) }
                            @if list.pick == Some(index) { b { " picked" } }
                            span.range {
                                @if let Some(score) = hypothesis.score {
                                    " first pass " (short(score))
                                }
                                @match (hypothesis.second_pass, hypothesis.not_finite) {
                                    (Some(score), _) => { " second pass " (short(score)) }
                                    (None, true) => { " second pass not a finite number" }
                                    (None, false) => {}
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
