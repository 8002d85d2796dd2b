//! Properties: what was claimed, and whether it held.

use maud::{Markup, html};

use crate::check::properties::outcome::{Figure, Minimal};
use crate::report::html::parts::{pill, prose, table, text};
use crate::report::number::short;
use crate::report::properties::PropertyRecord;
use crate::report::property_text::preflight;
use crate::report::{Report, number};

/// All properties, and the noise they are held against.
pub(super) fn section(report: &Report) -> Option<Markup> {
    (!report.properties.is_empty()).then(|| {
        html! {
            @if let Some(record) = &report.preflight { p.note { "Noise: " (preflight(record)) "." } }
            div.columns { @for property in &report.properties { (card(property)) } }
        }
    })
}

fn card(property: &PropertyRecord) -> Markup {
    html! {
        article.card.property {
            h3 { (pill(&property.status)) " " (text(&property.suite)) " / " (text(&property.check)) }
            p { (prose(&property.wording)) }
            p.note { "Claim: " (prose(&property.claim)) }
            @let figures: Vec<&Figure> = property.counted.iter().flat_map(|counted| &counted.figures).collect();
            @if !figures.is_empty() { (all(&figures, &property.check)) }
            @if let Some(minimal) = &property.minimal { (exception(minimal)) }
        }
    }
}

/// Figures, with a bar for each that is a share: by distance, by form.
fn all(figures: &[&Figure], check: &str) -> Markup {
    let rows = html! {
        thead.hidden { tr { th scope="col" { "figure" } th scope="col" { "picture" } th scope="col" { "value" } } }
        tbody {
            @for figure in figures {
                tr {
                    th scope="row" { (text(&figure.name)) }
                    @match (figure.value, figure.of) {
                        (Some(value), Some(of)) => {
                            td.picture {
                                svg aria-hidden="true" height="18" width="100%" {
                                    rect.track x="0" width="100%" y="4" height="10" {}
                                    rect.injected x="0" width={ (format!("{:.2}", 100.0 * value.clamp(0.0, 1.0))) "%" } y="4" height="10" {}
                                }
                            }
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
            summary { "Smallest exception, from " bdi { (text(&minimal.id)) } ": " (prose(&minimal.sentence)) }
            @for list in &minimal.lists {
                p.note { (prose(&list.title)) }
                ul.texts {
                    @for (index, hypothesis) in list.hyps.iter().enumerate() {
                        li class=[(list.pick == Some(index)).then_some("pick")] {
                            bdi { (prose(&hypothesis.text)) }
                            @if list.pick == Some(index) { b { " picked" } }
                            span.range {
                                @if let Some(score) = hypothesis.score { " first pass " (short(score)) }
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
