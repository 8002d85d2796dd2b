//! Suites of several checks as a ladder: word error rates from rung to rung.

use maud::{Markup, html};

use crate::report::html::chart::{Axis, extent};
use crate::report::html::parts::text;
use crate::report::record::{CheckRecord, Figure};
use crate::report::{Report, number};

/// A suite with fewer checks has no line to show.
pub(super) const FEWEST_RUNGS: usize = 3;

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
                "Word error rates on the perturbed lists, rung by rung in the order of the suite. "
                "Where the line of the picks leaves that of the clean picks to the right, changes "
                "of mind do harm; where it crosses that of the first pass, the model no longer "
                "helps."
            }
            @for checks in suites { (of_suite(checks)) }
        }
    })
}

fn of_suite(checks: &[CheckRecord]) -> Markup {
    let suite = checks.first().map_or("", |check| check.suite.as_str());
    let rungs: Vec<&str> = checks.iter().map(|check| check.check.as_str()).collect();
    let lines = LINES.map(|(name, class, figure)| Line {
        name: name.to_owned(),
        class: class.to_owned(),
        values: checks.iter().map(figure).collect(),
    });
    ladder(suite, &rungs, &lines)
}

/// A line of a ladder.
pub(super) struct Line {
    /// What it is called.
    pub(super) name: String,
    /// How it is drawn.
    pub(super) class: String,
    /// A word error rate for each rung, where there is one.
    pub(super) values: Vec<Option<f64>>,
}

/// Word error rates of the checks of a suite, one under the other.
pub(super) fn ladder(suite: &str, rungs: &[&str], lines: &[Line]) -> Markup {
    let suite = text(suite);
    let values = lines.iter().flat_map(|line| line.values.iter().copied());
    let axis = Axis::around(values.flatten());
    let row = |rung: usize| rung * RUNG + 31;
    let label = format!(
        "Word error rates of the suite {suite}, rung by rung; the same figures stand in the tables"
    );

    html! {
        article.card {
            h3 { (suite) }
            p.legend {
                @for line in lines {
                    span class={ "key " (line.class) } { bdi { (text(&line.name)) } }
                }
            }
            svg.ladder role="img" aria-label=(label) height=(rungs.len() * RUNG + 24) width="100%" {
                title { (label) }
                @for (rung, name) in rungs.iter().enumerate() {
                    line.rung x1="0" x2="100%" y1=(row(rung)) y2=(row(rung)) {}
                    text x="0" y=(row(rung) - 12) { (text(name)) }
                }
                @for line in lines { (steps(line, axis, &row)) }
                @for line in lines { (dots(line, axis, &row)) }
                (ends(axis, lines, rungs.len() * RUNG + 16))
            }
        }
    }
}

fn steps(line: &Line, axis: Axis, row: &dyn Fn(usize) -> usize) -> Markup {
    html! {
        @for (rung, pair) in line.values.windows(2).enumerate() {
            @if let (Some(from), Some(to)) = (pair[0], pair[1]) {
                line class={ "step " (line.class) } x1=(axis.at(from)) x2=(axis.at(to))
                    y1=(row(rung)) y2=(row(rung + 1)) {}
            }
        }
    }
}

fn dots(line: &Line, axis: Axis, row: &dyn Fn(usize) -> usize) -> Markup {
    html! {
        @for (rung, value) in line.values.iter().enumerate() {
            @if let Some(value) = value {
                circle class={ "dot " (line.class) } cx=(axis.at(*value)) cy=(row(rung)) r="5" {
                    title { (text(&line.name)) ": " (number::percent(Some(*value))) }
                }
            }
        }
    }
}

/// The lowest and the highest rate, so that the picture can be read without the tables.
fn ends(axis: Axis, lines: &[Line], y: usize) -> Markup {
    let rates = lines.iter().flat_map(|line| &line.values).flatten();
    let (low, high) = extent(rates.copied()).unwrap_or_default();

    html! {
        @if low < high {
            @for end in [low, high] {
                text.tick x=(axis.at(end)) y=(y) text-anchor=(axis.anchor(end)) {
                    (number::percent(Some(end)))
                }
            }
        }
    }
}
