//! What a suite asks of a model, for all models side by side, against the same margin.

use maud::{Markup, html};

use crate::check::compare::pooled::PooledFigure;
use crate::check::compare::strategy::ContenderCheck;
use crate::check::judge::estimate::Estimate;
use crate::report::comparison::record::{
    CheckSubject, ComparisonReport, ContenderRecord, RescorerRecord,
};
use crate::report::comparison::tables::{change_range, percent_range};
use crate::report::html::chart::Axis;
use crate::report::html::comparison::named::named;
use crate::report::html::parts::{self, prose, sortable, text};
use crate::report::html::strip::{Kept, Strip, ends};
use crate::report::model_kind::ModelKind;
use crate::report::number;
use crate::report::shown::title;

/// What is asked of a model under a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// That changes of mind cost little, over the clean errors.
    Flip,
    /// The same in word error rate.
    FlipCost,
    /// That a gain is left.
    Gain,
}

/// A question of a suite, with its margin where it has one.
struct Gate {
    asked: Asked,
    question: &'static str,
    what: String,
    figure: fn(&ContenderCheck) -> &PooledFigure,
    show: fn(&Estimate) -> String,
    range: fn(&PooledFigure) -> String,
    margin: Option<Margin>,
}

/// A margin in the words of its question.
#[derive(Debug, Clone, Copy)]
struct Margin {
    value: f64,
    kept: Kept,
    show: fn(Option<f64>) -> String,
}

/// Where an interval is, seen from a margin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    Within,
    Beyond,
    Reaches,
}

impl Margin {
    fn reading(self, estimate: &Estimate) -> Reading {
        match (self.kept, estimate.low, estimate.high) {
            (Kept::Below, _, Some(high)) if high < self.value => Reading::Within,
            (Kept::Below, Some(low), _) if low > self.value => Reading::Beyond,
            (Kept::Above, Some(low), _) if low > self.value => Reading::Within,
            (Kept::Above, _, Some(high)) if high < self.value => Reading::Beyond,
            _ => Reading::Reaches,
        }
    }

    fn in_words(self) -> String {
        let margin = (self.show)(Some(self.value));
        match self.kept {
            Kept::Below => format!("at most {margin}"),
            Kept::Above => format!("more than {margin}"),
        }
    }
}

impl Reading {
    const ALL: [Reading; 3] = [Reading::Within, Reading::Beyond, Reading::Reaches];

    /// A word without a color: where an interval is decides nothing.
    fn pill(self) -> Markup {
        let word = match self {
            Reading::Within => "WITHIN",
            Reading::Beyond => "BEYOND",
            Reading::Reaches => "REACHES",
        };
        html! { span.pill.neutral { (word) } }
    }
}

impl Asked {
    const ALL: [Asked; 3] = [Asked::Flip, Asked::FlipCost, Asked::Gain];

    fn margin(self) -> &'static str {
        match self {
            Asked::Flip => "the margin for changes of mind",
            Asked::FlipCost => "the margin for changes of mind in word error rate",
            Asked::Gain => "the margin for the gain over the first pass",
        }
    }
}

/// What a check asks, each with what is measured.
fn gates(check: &CheckSubject) -> Vec<Gate> {
    let relative = check.flip.and_then(|margin| margin.relative);
    let absolute = check.flip.and_then(|margin| margin.absolute);
    let below = |value: f64, show: fn(Option<f64>) -> String| Margin {
        value,
        kept: Kept::Below,
        show,
    };

    let flip = Gate {
        asked: Asked::Flip,
        question: SWAYED,
        what: "nprr.flip: cost of changes of mind, of the clean errors".to_owned(),
        figure: |check| &check.nprr_flip,
        show: number::change_with_interval,
        range: |figure| change_range(figure.range.as_ref()),
        margin: relative.map(|value| below(value, number::change)),
    };
    let flip_cost = absolute.map(|value| Gate {
        asked: Asked::FlipCost,
        question: SWAYED,
        what: "cost of changes of mind, in word error rate".to_owned(),
        figure: |check| &check.flip_cost,
        show: number::points_with_interval,
        range: |figure| percent_range(figure.range.as_ref()),
        margin: Some(below(value, number::points)),
    });
    [
        (relative.is_some() || absolute.is_none()).then_some(flip),
        flip_cost,
        Some(gain(check)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Whether a gain is left: any, or what there is beyond a share of the clean gain.
fn gain(check: &CheckSubject) -> Gate {
    let share = check.gain.filter(|share| *share > 0.0);
    let what = match share {
        Some(share) => format!(
            "gain over the first pass on the perturbed lists, beyond {} of that on the clean \
             lists, in word error rate",
            number::percent(Some(share))
        ),
        None => "gain over the first pass on the perturbed lists, in word error rate".to_owned(),
    };

    Gate {
        asked: Asked::Gain,
        question: "Does it still help?",
        what,
        figure: match share {
            Some(_) => |check| check.gain_beyond.as_ref().unwrap_or(&check.gain_perturbed),
            None => |check| &check.gain_perturbed,
        },
        show: number::points_with_interval,
        range: |figure| percent_range(figure.range.as_ref()),
        margin: check.gain.map(|_| Margin {
            value: 0.0,
            kept: Kept::Above,
            show: number::points,
        }),
    }
}

const SWAYED: &str = "Is it swayed?";

/// A card for each check.
pub(super) fn section(report: &ComparisonReport) -> Option<Markup> {
    (!report.checks.is_empty()).then(|| {
        html! {
            p {
                b { "No verdicts. " } "Each bar is what was measured, with its 90 % interval; the "
                "rule is the margin of the suite, and the shaded side is where it is kept. "
                (Reading::Within.pill()) " and " (Reading::Beyond.pill()) " say on which side the "
                "whole interval is, " (Reading::Reaches.pill()) " that it touches or crosses the "
                "margin."
            }
            p.note {
                "A check of the model alone adds what a verdict needs: corrections for all its "
                "gates together, the worst " (report.nbest.cluster) " counted twice, and whether "
                "enough lists are touched and the rescorer does anything at all. It may be "
                "INCONCLUSIVE or FAIL where an interval here is within. Where a model has several "
                "seeds, the interval allows for other seeds, and two strokes mark the lowest and "
                "the highest of those at hand."
            }
            @for (index, check) in report.checks.iter().enumerate() { (card(report, index, check)) }
        }
    })
}

fn card(report: &ComparisonReport, index: usize, check: &CheckSubject) -> Markup {
    html! {
        article.card {
            h3 { (text(&title(&check.suite, &check.check))) }
            p.note {
                (prose(&check.perturbation)) "; " (number::count(check.draws, "draw"))
                " per utterance; " (number::whole(check.coverage.perturbed_lists)) " of "
                (number::count(check.coverage.lists, "list")) " touched."
            }
            @for gate in gates(check) { (side_by_side(report, index, &gate)) }
        }
    }
}

fn side_by_side(report: &ComparisonReport, index: usize, gate: &Gate) -> Markup {
    let figures: Vec<(&ContenderRecord, &PooledFigure)> = report
        .contenders
        .iter()
        .map(|contender| (contender, (gate.figure)(&contender.checks[index])))
        .collect();
    let marks = gate.margin.map(|margin| margin.value);
    let ranges = figures.iter().filter_map(|(_, figure)| extremes(figure));
    let values = figures.iter().flat_map(|(_, figure)| ends(&figure.pooled));
    let marks = [0.0].into_iter().chain(marks);
    let axis = Axis::around(marks.chain(ranges.flat_map(|(a, b)| [a, b])).chain(values));

    let several = report.contenders.iter().any(|c| c.rescorers.len() > 1);
    let mut heads = vec![("model", "")];
    if gate.margin.is_some() {
        heads.push(("interval", "where"));
    }
    heads.extend([("picture", "picture"), ("measured [90 %]", "number")]);
    if several {
        heads.push(("seeds", "number"));
    }

    let body = html! {
        @for (contender, figure) in figures {
            @let reading = reading(contender, gate, &figure.pooled);
            tr {
                th scope="row" { bdi { (text(&contender.label)) } }
                @if gate.margin.is_some() {
                    td.where { @if let Some(reading) = reading { (reading.pill()) } @else { "-" } }
                }
                td.picture {
                    (Strip {
                        axis,
                        estimate: &figure.pooled,
                        margin: gate.margin.map(|margin| (margin.value, margin.kept)),
                        range: extremes(figure),
                        class: "is-plain",
                    }.draw())
                }
                td.number { (parts::figure(&(gate.show)(&figure.pooled))) }
                @if several { td.number { (parts::figure(&seeds(contender, figure, gate))) } }
            }
        }
    };

    html! {
        h4 {
            (gate.question)
            @if let Some(margin) = gate.margin { span.leaning { (margin.in_words()) } }
        }
        p.note { (gate.what) }
        @let check = &report.checks[index];
        @let label = format!("{} {}", gate.question, text(&title(&check.suite, &check.check)));
        div.side { (sortable(&label, &heads, &body)) }
    }
}

/// Where the interval of a model is, seen from a margin. Of the first pass, which changes no mind
/// and cannot beat itself, it says nothing.
fn reading(contender: &ContenderRecord, gate: &Gate, estimate: &Estimate) -> Option<Reading> {
    let margin = gate.margin?;
    let is_first_pass = RescorerRecord::are_all(&contender.rescorers, ModelKind::FirstPass);
    (!is_first_pass).then(|| margin.reading(estimate))
}

fn extremes(figure: &PooledFigure) -> Option<(f64, f64)> {
    figure.range.map(|range| (range.min, range.max))
}

/// How many there are, and what the lowest and the highest of them is.
fn seeds(contender: &ContenderRecord, figure: &PooledFigure, gate: &Gate) -> String {
    match figure.range {
        Some(_) => format!("{}: {}", contender.rescorers.len(), (gate.range)(figure)),
        None => contender.rescorers.len().to_string(),
    }
}

/// Where the intervals of a model are, seen from the margins: a line for each question and answer.
pub(super) fn lines(report: &ComparisonReport, contender: &ContenderRecord) -> Vec<Markup> {
    let mut lines = Vec::new();
    for asked in Asked::ALL {
        for wanted in Reading::ALL {
            let checks = report.checks.iter().zip(&contender.checks).enumerate();
            let own = checks.filter_map(|(index, (subject, check))| {
                let gate = gates(subject)
                    .into_iter()
                    .find(|gate| gate.asked == asked)?;
                let reading = reading(contender, &gate, &(gate.figure)(check).pooled)?;
                (reading == wanted).then_some(index)
            });
            let own: Vec<usize> = own.collect();
            if !own.is_empty() {
                lines.push(html! {
                    (wanted.pill()) " " (asked.margin()) ", by its interval alone, under "
                    (named(report, &own)) "."
                });
            }
        }
    }

    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate(low: Option<f64>, high: Option<f64>) -> Estimate {
        Estimate {
            value: Some(0.05),
            low,
            high,
            confidence: 0.9,
        }
    }

    #[test]
    fn a_whole_interval_on_one_side_is_a_reading() {
        let below = Margin {
            value: 0.05,
            kept: Kept::Below,
            show: number::change,
        };
        let above = Margin {
            kept: Kept::Above,
            ..below
        };
        let cases = [
            (Some(0.0), Some(0.04), Reading::Within, Reading::Beyond),
            (Some(0.06), Some(0.1), Reading::Beyond, Reading::Within),
            (Some(0.0), Some(0.1), Reading::Reaches, Reading::Reaches),
            (Some(0.05), Some(0.05), Reading::Reaches, Reading::Reaches),
            (None, None, Reading::Reaches, Reading::Reaches),
        ];
        for (low, high, of_below, of_above) in cases {
            let estimate = estimate(low, high);
            assert_eq!(below.reading(&estimate), of_below);
            assert_eq!(above.reading(&estimate), of_above);
        }
    }
}
