//! What training cost, and what is left of it to store.

use maud::{Markup, html};

use crate::report::comparison::record::{ComparisonReport, CostRecord};
use crate::report::comparison::tables::{mean_cost, share};
use crate::report::html::chart::Axis;
use crate::report::html::parts::{sortable, text};
use crate::report::number;

/// A table, where any model's files say anything.
pub(super) fn section(report: &ComparisonReport) -> Option<Markup> {
    let costs: Vec<CostRecord> = report.contenders.iter().map(mean_cost).collect();
    if costs.iter().all(|cost| *cost == CostRecord::default()) {
        return None;
    }

    let times = Axis::from_zero(costs.iter().filter_map(|cost| cost.seconds));
    let heads = [
        ("model", ""),
        ("seeds", "number"),
        ("numbers trained", "number"),
        ("numbers stored", "number"),
        ("steps", "number"),
        ("picture", "picture"),
        ("time", "number"),
        ("memory", "number"),
    ];
    let rows = report.contenders.iter().zip(&costs);
    let body = html! {
        @for (contender, cost) in rows {
            tr {
                th scope="row" { bdi { (text(&contender.label)) } }
                td.number { (contender.rescorers.len()) }
                td.number { (share(cost.trained_numbers, cost.model_numbers)) }
                td.number { (share(cost.stored_numbers, cost.model_numbers)) }
                td.number { (cost.steps.map_or_else(dash, number::whole)) }
                td.picture { (bar(cost.seconds, times)) }
                td.number data-key=[cost.seconds] {
                    (cost.seconds.map_or_else(dash, number::duration))
                }
                td.number { (cost.peak_memory_bytes.map_or_else(dash, number::mebibytes)) }
            }
        }
    };

    Some(html! {
        p.note {
            "Trained: numbers that were trained at once, with their share of the model. Stored: "
            "those that the checkpoint adds to its base or changes in it. Time, looks at the "
            "development set included, is the mean over the seeds, and memory is the most that "
            "training held on the host: both hold for the machine that it ran on."
        }
        (sortable("What training cost", &heads, &body))
    })
}

fn bar(seconds: Option<f64>, axis: Axis) -> Markup {
    html! {
        @if let Some(seconds) = seconds {
            svg aria-hidden="true" height="18" width="100%" {
                rect.track x="0" width="100%" y="4" height="10" {}
                rect.injected x="0" width=(axis.at(seconds)) y="4" height="10" {}
            }
        }
    }
}

fn dash() -> String {
    "-".to_owned()
}
