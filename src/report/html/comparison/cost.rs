//! What training cost, and what is left of it to store.

use maud::{Markup, html};

use crate::report::comparison::record::{ComparisonReport, ContenderRecord, CostRecord};
use crate::report::comparison::tables::{mean_cost, share};
use crate::report::html::parts::{bar, sortable, text};
use crate::report::number;

/// A table, where any model's files say anything.
pub(super) fn section(report: &ComparisonReport) -> Option<Markup> {
    let costs: Vec<CostRecord> = report.contenders.iter().map(mean_cost).collect();
    if costs.iter().all(|cost| *cost == CostRecord::default()) {
        return None;
    }

    let longest = costs
        .iter()
        .filter_map(|cost| cost.seconds)
        .fold(0.0, f64::max);
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
                td.number { (steps(contender)) }
                td.picture {
                    @if let Some(seconds) = cost.seconds { (bar(seconds / longest.max(1e-9))) }
                }
                td.number data-key=[cost.seconds] {
                    (cost.seconds.map_or_else(number::dash, number::duration))
                }
                td.number { (cost.peak_memory_bytes.map_or_else(number::dash, number::mebibytes)) }
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
        (sortable("Cost of training, model by model", &heads, &body))
    })
}

/// The optimizer steps of a label's models: of those that ended early fewer than of others.
fn steps(contender: &ContenderRecord) -> String {
    let steps = contender.rescorers.iter();
    let steps = steps.filter_map(|rescorer| rescorer.cost.steps);
    match (steps.clone().min(), steps.max()) {
        (Some(fewest), Some(most)) if fewest < most => {
            format!("{} to {}", number::whole(fewest), number::whole(most))
        }
        (_, Some(most)) => number::whole(most),
        (_, None) => number::dash(),
    }
}
