//! Suites of several checks as a ladder: word error rates from rung to rung.

use maud::{Markup, html};

use crate::report::html::chart::Axis;
use crate::report::html::parts::text;
use crate::report::record::{CheckRecord, Figure};
use crate::report::{Report, number};

/// A suite with fewer checks has no line to show.
const FEWEST_RUNGS: usize = 3;

/// Height of a rung.
const RUNG: usize = 44;

/// The lines: what they are called, how they are drawn, what they show.
const LINES: [(&str, &str, Figure); 4] = [
    ("best of each list", "oracle", |check| {
        check.wer.oracle_text.rate.value
    }),
    ("clean picks, read with their swaps", "kept", |check| {
        check.wer.kept.rate.value
    }),
    ("picks", "picked", |check| check.wer.text.rate.value),
    ("first pass", "first", |check| {
        check.wer.first_pass_text.rate.value
    }),
];

/// One ladder for each suite that has enough checks.
pub(super) fn section(report: &Report) -> Option<Markup> {
    let suites: Vec<&[CheckRecord]> = report
        .checks
        .chunk_by(|a, b| a.suite == b.suite)
        .filter(|checks| checks.len() >= FEWEST_RUNGS)
        .collect();

    (!suites.is_empty()).then(|| {
        html! {
            p.note {
                "Word error rates on the perturbed lists, rung by rung in the order of the suite. Where the line of the "
                "picks leaves that of the clean picks to the right, changes of mind do harm; where it crosses that of the "
                "first pass, the model no longer helps."
            }
            @for checks in suites { (ladder(checks)) }
        }
    })
}

fn ladder(checks: &[CheckRecord]) -> Markup {
    let values = checks
        .iter()
        .flat_map(|check| LINES.map(|(_, _, figure)| figure(check)));
    let axis = Axis::around(values.flatten());
    let suite = checks
        .first()
        .map_or_else(String::new, |check| text(&check.suite));
    let row = |rung: usize| rung * RUNG + 31;

    html! {
        article.card {
            h3 { (suite) }
            p.legend {
                @for (name, class, _) in LINES { span class={ "key " (class) } { (name) } }
            }
            svg.ladder role="img" aria-label={ "Word error rates of the suite " (suite) ", rung by rung; the same figures stand in the table below" }
                height=(checks.len() * RUNG + 4) width="100%" {
                title { "Word error rates of the suite " (suite) }
                @for (rung, check) in checks.iter().enumerate() {
                    line.rung x1="0" x2="100%" y1=(row(rung)) y2=(row(rung)) {}
                    text x="0" y=(row(rung) - 12) { (text(&check.check)) }
                }
                @for (_, class, figure) in LINES {
                    @for (rung, pair) in checks.windows(2).enumerate() {
                        @if let (Some(from), Some(to)) = (figure(&pair[0]), figure(&pair[1])) {
                            line class={ "step " (class) } x1=(axis.at(from)) x2=(axis.at(to)) y1=(row(rung)) y2=(row(rung + 1)) {}
                        }
                    }
                    @for (rung, check) in checks.iter().enumerate() {
                        @if let Some(value) = figure(check) {
                            circle class={ "dot " (class) } cx=(axis.at(value)) cy=(row(rung)) r="5" {
                                title { (check.check) ": " (number::percent(Some(value))) }
                            }
                        }
                    }
                }
            }
        }
    }
}
