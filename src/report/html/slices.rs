//! Where it is swayed: slices of the utterances, each with its interval.

use maud::{Markup, html};

use crate::check::judge::slices::{DISCOVERY_RATE, Slice, Slices};
use crate::report::html::chart::Axis;
use crate::report::html::parts::{figure, sortable, text};
use crate::report::record::CheckRecord;
use crate::report::slices::shown;
use crate::report::terminal::title;
use crate::report::{Report, number};

/// Slices of each check that are listed.
const MOST: usize = 80;

/// One table for each check with slices.
pub(super) fn section(report: &Report) -> Option<Markup> {
    let sliced: Vec<(&CheckRecord, &Slices)> = report
        .checks
        .iter()
        .filter_map(|check| Some((check, check.slices.as_ref()?)))
        .collect();

    (!sliced.is_empty()).then(|| {
        html! {
            p.note {
                "What changes of mind add to the word error rate in parts of the lists. "
                "Exploratory: no verdict depends on it."
            }
            @for (check, slices) in sliced { (of_check(check, slices)) }
        }
    })
}

fn of_check(check: &CheckRecord, slices: &Slices) -> Markup {
    let listed = || slices.slices.iter().take(MOST);
    let ends = listed().flat_map(|slice| {
        let estimate = &slice.degradation;
        [estimate.value, estimate.low, estimate.high]
    });
    let axis = Axis::around(ends.chain([Some(0.0)]).flatten());
    let heads = [
        ("kind", ""),
        ("slice", ""),
        ("utterances", "number"),
        ("picture", "picture"),
        ("added", "number"),
        ("gap to the rest", "number"),
        ("p", "number"),
    ];
    let body = html! { @for slice in listed() { (row(slice, axis)) } };
    let name = text(&title(check));

    html! {
        article.card {
            h3 { (name) }
            @match shown(slices) {
                Some(sentence) => { p { "Degrades most: " (sentence) "." } }
                None => {
                    p {
                        "No slice in which changes of mind add errors is shown to degrade more "
                        "than the rest."
                    }
                }
            }
            details {
                summary { (number::count(slices.slices.len(), "slice")) ", " (slices.adjustment) }
                (sortable(&format!("Slices of {name}"), &heads, &body))
                @if slices.slices.len() > MOST {
                    @let more = slices.slices.len() - MOST;
                    p.note { (number::whole(more)) " more stand in report.json." }
                }
            }
        }
    }
}

fn row(slice: &Slice, axis: Axis) -> Markup {
    let estimate = &slice.degradation;
    let is_shown = slice.p_adjusted.is_some_and(|p| p <= DISCOVERY_RATE);

    html! {
        tr class=[is_shown.then_some("shown")] {
            td { (text(&slice.dimension)) }
            th scope="row" { bdi { (text(&slice.slice)) } }
            td.number { (number::whole(slice.utterances)) }
            td.picture {
                svg aria-hidden="true" height="18" width="100%" {
                    line.zero x1=(axis.at(0.0)) x2=(axis.at(0.0)) y1="0" y2="18" {}
                    @if let (Some(low), Some(high)) = (estimate.low, estimate.high) {
                        line.thin x1=(axis.at(low)) x2=(axis.at(high)) y1="9" y2="9" {}
                    }
                    @if let Some(value) = estimate.value {
                        circle.point cx=(axis.at(value)) cy="9" r="4" {}
                    }
                }
            }
            td.number { (figure(&number::points_with_interval(estimate))) }
            td.number { (number::points(slice.gap)) }
            td.number { (slice.p_adjusted.map_or_else(number::dash, number::probability)) }
        }
    }
}
