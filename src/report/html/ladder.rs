//! Suites of several checks as a ladder: word error rates from rung to rung, the clean lists first.

use maud::{Markup, html};

use crate::report::html::chart::Axis;
use crate::report::html::parts::{name, text};
use crate::report::record::CheckRecord;
use crate::report::{Report, number};

/// A suite with fewer checks has no line to show.
pub(super) const FEWEST_RUNGS: usize = 3;

/// Height of a rung, as the style sheet has it for its name.
const RUNG: usize = 48;

/// What is above the first rung, and below the last.
const ABOVE: usize = 28;
const BELOW: usize = 46;

/// Series of a rung lie on lines of their own, so far apart, so that none hides another.
const APART: usize = 10;

/// How a point is drawn, so that series differ by more than their colors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Disc,
    Ring,
    Square,
    Diamond,
}

impl Shape {
    pub(super) const ALL: [Shape; 4] = [Shape::Disc, Shape::Square, Shape::Diamond, Shape::Ring];
}

/// A check of a ladder.
pub(super) struct Rung<'a> {
    /// What it is called.
    pub(super) name: &'a str,
    /// Whether it asks for more of the same than the rung above, so that a line may join them.
    pub(super) raises: bool,
}

/// What is followed from rung to rung.
pub(super) struct Series {
    /// What it is called.
    pub(super) name: String,
    /// Decides its color.
    pub(super) class: String,
    pub(super) shape: Shape,
    /// The word error rate of the clean lists, if it has one.
    pub(super) clean: Option<f64>,
    /// That of each rung, where there is one.
    pub(super) values: Vec<Option<f64>>,
}

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
                "Word error rates, the clean lists first and then every check of the suite in its "
                "order. " (JOINED) " Where the picks are to the right of the clean picks that "
                "were only read with their swaps, changes of mind do harm; where they are to the "
                "right of the first pass, the model no longer helps."
            }
            @for checks in suites { (of_suite(report, checks)) }
        }
    })
}

/// What a line says, and what none says.
pub(super) const JOINED: &str = "A line joins a check to the one above it where it asks for more \
    of the same: more words, or words that may sound less alike. Points without a line have no \
    order.";

fn of_suite(report: &Report, checks: &[CheckRecord]) -> Markup {
    let suite = checks.first().map_or("", |check| check.suite.as_str());
    let rungs: Vec<Rung<'_>> = checks
        .iter()
        .map(|check| Rung {
            name: &check.check,
            raises: check.asked.raises,
        })
        .collect();

    let clean = &report.clean;
    let series =
        |name: &str, class: &str, shape, clean, value: fn(&CheckRecord) -> Option<f64>| Series {
            name: name.to_owned(),
            class: class.to_owned(),
            shape,
            clean,
            values: checks.iter().map(value).collect(),
        };
    let all = [
        series(
            "best of each list",
            "oracle",
            Shape::Diamond,
            clean.oracle.rate.value,
            |check| check.figures.wer.oracle_text.rate.value,
        ),
        series(
            "clean picks, only read with their swaps",
            "kept",
            Shape::Ring,
            None,
            |check| check.figures.wer.kept.rate.value,
        ),
        series(
            "picks",
            "picked",
            Shape::Disc,
            clean.model.rate.value,
            |check| check.figures.wer.text.rate.value,
        ),
        series(
            "first pass",
            "first",
            Shape::Square,
            clean.first_pass.rate.value,
            |check| check.figures.wer.first_pass_text.rate.value,
        ),
    ];

    let level = Level {
        name: "picks, clean lists",
        rate: clean.model.rate.value,
    };
    ladder(suite, &rungs, &all, &level)
}

/// A rate of the clean lists, which a line repeats beside every rung.
pub(super) struct Level {
    pub(super) name: &'static str,
    pub(super) rate: Option<f64>,
}

/// Word error rates of the checks of a suite, one under the other.
pub(super) fn ladder(suite: &str, rungs: &[Rung<'_>], all: &[Series], level: &Level) -> Markup {
    let suite = text(suite);
    let rates = all
        .iter()
        .flat_map(|series| series.values.iter().copied().chain([series.clean]));
    let axis = Axis::around(rates.chain([level.rate]).flatten());
    let floor = ABOVE + (rungs.len() + 1) * RUNG;
    let label = format!(
        "Word error rates of the suite {suite}, rung by rung; the same figures stand in the tables"
    );

    html! {
        article.card {
            h3 { (suite) }
            p.legend { @for series in all { (key(series)) } }
            div.ladder {
                div.rungs {
                    div { "clean lists" }
                    @for rung in rungs { div { bdi { (name(rung.name)) } } }
                }
                svg role="img" aria-label=(label) height=(floor + BELOW) width="100%" {
                    title { (label) }
                    (grid(axis, rungs.len(), floor))
                    @if let Some(rate) = level.rate {
                        line.level x1=(axis.at(rate)) x2=(axis.at(rate)) y1="18" y2=(floor) {}
                        text x=(axis.at(rate)) y="13" text-anchor=(anchor(axis.place(rate))) {
                            (level.name) ": " (number::percent(Some(rate)))
                        }
                    }
                    @for (index, series) in all.iter().enumerate() {
                        @let lane = lane(index, all.len());
                        (steps(series, rungs, axis, lane))
                        (points(series, rungs, axis, lane))
                    }
                }
            }
        }
    }
}

/// How the label of a level at that place is aligned: it may reach to the left, above the names, but
/// not beyond the right end of a narrow page.
fn anchor(place: f64) -> &'static str {
    match place {
        place if place < 20.0 => "start",
        place if place < 60.0 => "middle",
        _ => "end",
    }
}

/// The name of a series with its line and its point.
fn key(series: &Series) -> Markup {
    html! {
        span class={ "key " (series.class) } {
            svg aria-hidden="true" width="28" height="12" {
                line.step x1="0" x2="28" y1="6" y2="6" {}
                (point(series.shape, "14", 6, None))
            }
            bdi { (text(&series.name)) }
        }
    }
}

/// Bands for rungs, lines for round rates, and what the axis shows.
fn grid(axis: Axis, rungs: usize, floor: usize) -> Markup {
    let ticks = axis.ticks();
    let step = ticks.windows(2).map(|pair| pair[1] - pair[0]).next();
    let decimals = match step {
        Some(step) if step < 0.000_999 => 2,
        Some(step) if step < 0.009_99 => 1,
        _ => 0,
    };

    html! {
        @for band in (0..=rungs).step_by(2) {
            rect.band x="0" width="100%" y=(ABOVE + band * RUNG) height=(RUNG) {}
        }
        @for (index, tick) in ticks.iter().enumerate() {
            line.grid x1=(axis.at(*tick)) x2=(axis.at(*tick)) y1=(ABOVE) y2=(floor + 5) {}
            text.tick.second[index % 2 == 1] x=(axis.at(*tick)) y=(floor + 20)
                text-anchor="middle" { (number::fixed(100.0 * tick, decimals)) " %" }
        }
        text.axis x="50%" y=(floor + 41) text-anchor="middle" { "word error rate" }
    }
}

/// How far below the top of a rung a series is.
fn lane(index: usize, count: usize) -> usize {
    let room = RUNG - 8;
    let apart = (room / count.max(1)).min(APART);
    (RUNG + (2 * index + 1) * apart).saturating_sub(count * apart) / 2
}

/// Where a series is at a rung, 0 being the clean lists.
fn height(rung: usize, lane: usize) -> usize {
    ABOVE + rung * RUNG + lane
}

fn steps(series: &Series, rungs: &[Rung<'_>], axis: Axis, lane: usize) -> Markup {
    let joined = rungs.iter().enumerate().filter(|(_, rung)| rung.raises);
    let joined = joined.filter_map(|(index, _)| {
        let above = series.values[index.checked_sub(1)?]?;
        Some((index, above, series.values[index]?))
    });

    html! {
        @for (index, above, below) in joined {
            line class={ "step " (series.class) } x1=(axis.at(above)) x2=(axis.at(below))
                y1=(height(index, lane)) y2=(height(index + 1, lane)) {}
        }
    }
}

fn points(series: &Series, rungs: &[Rung<'_>], axis: Axis, lane: usize) -> Markup {
    let names = std::iter::once("clean lists").chain(rungs.iter().map(|rung| rung.name));
    let values = std::iter::once(series.clean).chain(series.values.iter().copied());
    let known = names
        .zip(values)
        .enumerate()
        .filter_map(|(rung, (name, value))| Some((rung, name, value?)));

    html! {
        @for (rung, rung_name, value) in known {
            g class=(series.class) {
                (point(series.shape, &axis.at(value), height(rung, lane), Some(&format!(
                    "{}, {}: {}",
                    text(rung_name),
                    text(&series.name),
                    number::percent(Some(value))
                ))))
            }
        }
    }
}

/// A point with its center at `x` and `y`; what it is called shows where a mouse rests on it.
fn point(shape: Shape, x: &str, y: usize, called: Option<&str>) -> Markup {
    let title = html! { @if let Some(called) = called { title { (called) } } };
    html! {
        @match shape {
            Shape::Disc => { circle.point-of cx=(x) cy=(y) r="5" { (title) } }
            Shape::Ring => { circle.point-of.hollow cx=(x) cy=(y) r="4.5" { (title) } }
            Shape::Square => {
                rect.point-of.square x=(x) y=(y) width="9" height="9" { (title) }
            }
            Shape::Diamond => {
                rect.point-of.diamond x=(x) y=(y) width="8" height="8" { (title) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(raises: [bool; 3]) -> String {
        let names = ["a", "b", "c"];
        let rungs: Vec<Rung<'_>> = names
            .iter()
            .zip(raises)
            .map(|(name, raises)| Rung { name, raises })
            .collect();
        let series = Series {
            name: "picks".to_owned(),
            class: "picked".to_owned(),
            shape: Shape::Disc,
            clean: Some(0.2),
            values: vec![Some(0.25), Some(0.3), Some(0.28)],
        };
        let level = Level {
            name: "picks, clean lists",
            rate: Some(0.2),
        };
        ladder("mine", &rungs, &[series], &level).into_string()
    }

    #[test]
    fn only_what_asks_for_more_of_the_same_is_joined() {
        let count = |html: &str, what: &str| html.matches(what).count();
        let html = drawn([false, true, false]);
        assert_eq!(count(&html, "class=\"step picked\""), 1);
        assert_eq!(count(&drawn([false; 3]), "class=\"step picked\""), 0);

        // A point a rung, one of the clean lists, one in the key; the axis says what it shows.
        assert_eq!(count(&html, "<circle"), 5);
        assert!(html.contains("picks, clean lists: 20.00 %") && html.contains("word error rate"));
        assert!(html.contains(">20 %<") && html.contains(">30 %<"), "{html}");
    }

    #[test]
    fn series_lie_beside_each_other_inside_their_rung() {
        for count in 1..=12 {
            let lanes: Vec<usize> = (0..count).map(|index| lane(index, count)).collect();
            assert!(lanes.windows(2).all(|pair| pair[0] < pair[1]), "{lanes:?}");
            assert!(lanes[0] >= 4 && lanes[count - 1] <= RUNG - 4, "{lanes:?}");
        }
    }
}
