//! Which models were compared, on what, and what to know before trusting the figures.

use maud::{Markup, html};

use crate::report::comparison::record::{ComparisonReport, RescorerRecord};
use crate::report::html::health::lists;
use crate::report::html::parts::{prose, sortable, text};
use crate::report::number;
use crate::report::shown::short_hash;
use crate::report::terminal::short;

/// Notes first, then every rescorer, then facts.
pub(super) fn section(report: &ComparisonReport) -> Markup {
    let heads = [
        ("model", ""),
        ("rescorer", ""),
        ("kind", ""),
        ("strategy", ""),
        ("seed", "number"),
        ("weight", "number"),
        ("first-pass scale", "number"),
        ("content", ""),
    ];
    let body = html! {
        @for contender in &report.contenders {
            @for rescorer in &contender.rescorers { (row(&contender.label, rescorer)) }
        }
    };

    html! {
        @if !report.notes.is_empty() {
            ul.notes { @for note in &report.notes { li { (prose(note)) } } }
        }
        (sortable("Every rescorer", &heads, &body))
        dl.facts {
            dt { "lists" }
            dd { (lists(&report.nbest)) }
            dt { "lexicon" }
            dd {
                (text(&report.lexicon.name)) " ("
                (short_hash(&report.lexicon.content_hash)) ")"
            }
            dt { "normalization" } dd { (text(&report.nbest.normalization)) }
        }
    }
}

fn row(label: &str, rescorer: &RescorerRecord) -> Markup {
    let model = &rescorer.model;
    let hash = model.content_hash.as_deref().map(short_hash);

    html! {
        tr {
            th scope="row" { bdi { (text(label)) } }
            td { bdi { (text(&model.name)) } }
            td { (model.kind.name()) }
            td { (rescorer.strategy.as_deref().map_or_else(number::dash, text)) }
            td.number { (rescorer.seed.map_or_else(number::dash, |seed| seed.to_string())) }
            td.number { (short(model.weight)) }
            td.number { (short(model.first_pass_scale)) }
            td { (hash.unwrap_or_else(number::dash)) }
        }
    }
}
