//! What a suite asks of a model, for all models side by side, against the same margin.

use maud::{Markup, html};

use crate::check::judge::estimate::Estimate;
use crate::report::comparison::record::{
    CheckSubject, ComparisonReport, ContenderCheck, ContenderRecord, Figure, RescorerRecord,
};
use crate::report::comparison::tables::{change_range, percent_range};
use crate::report::html::chart::Axis;
use crate::report::html::comparison::named::named;
use crate::report::html::parts::{mark, prose, sortable, text};
use crate::report::html::strip::{Kept, Strip, ends};
use crate::report::model_kind::ModelKind;
use crate::report::number;
use crate::report::shown::title;

/// A question of a suite, with its margin where one can be drawn.
struct Gate {
    question: &'static str,
    asked: &'static str,
    what: &'static str,
    figure: fn(&ContenderCheck) -> &Figure,
    show: fn(&Estimate) -> String,
    range: fn(&Figure) -> String,
    margin: Option<Margin>,
}

/// A margin in the words of its question.
#[derive(Debug, Clone, Copy)]
struct Margin {
    value: f64,
    kept: Kept,
}

/// What an interval shows against a margin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    Kept,
    Broken,
    Open,
}

impl Margin {
    fn reading(self, estimate: &Estimate) -> Reading {
        match (self.kept, estimate.low, estimate.high) {
            (Kept::Below, _, Some(high)) if high <= self.value => Reading::Kept,
            (Kept::Below, Some(low), _) if low > self.value => Reading::Broken,
            (Kept::Above, Some(low), _) if low > self.value => Reading::Kept,
            (Kept::Above, _, Some(high)) if high <= self.value => Reading::Broken,
            _ => Reading::Open,
        }
    }

    fn in_words(self) -> String {
        match self.kept {
            Kept::Below => format!("at most {}", number::change(Some(self.value))),
            Kept::Above => format!("more than {}", number::points(Some(self.value))),
        }
    }
}

impl Reading {
    fn class(self) -> &'static str {
        match self {
            Reading::Kept => "is-pass",
            Reading::Broken => "is-fail",
            Reading::Open => "is-open",
        }
    }

    fn pill(self) -> Markup {
        match self {
            Reading::Kept => mark("pass", "✓", "KEPT"),
            Reading::Broken => mark("fail", "✕", "BROKEN"),
            Reading::Open => mark("open", "?", "OPEN"),
        }
    }
}

/// What a check asks, each with what is measured.
fn gates(check: &CheckSubject) -> [Gate; 2] {
    let flip = check.flip.and_then(|margin| margin.relative);
    // Another share than none is held against the clean gain, which is itself measured.
    let gain = check.gain.filter(|share| *share == 0.0);
    [
        Gate {
            question: "Is it swayed?",
            asked: "the margin for changes of mind",
            what: "nprr.flip: cost of changes of mind, of the clean errors",
            figure: |check| &check.nprr_flip,
            show: number::change_with_interval,
            range: |figure| change_range(figure.range.as_ref()),
            margin: flip.map(|value| Margin {
                value,
                kept: Kept::Below,
            }),
        },
        Gate {
            question: "Does it still help?",
            asked: "a gain over the first pass",
            what: "gain over the first pass on the perturbed lists, in word error rate",
            figure: |check| &check.gain_perturbed,
            show: number::points_with_interval,
            range: |figure| percent_range(figure.range.as_ref()),
            margin: gain.map(|value| Margin {
                value,
                kept: Kept::Above,
            }),
        },
    ]
}

/// A card for each check.
pub(super) fn section(report: &ComparisonReport) -> Option<Markup> {
    (!report.checks.is_empty()).then(|| {
        html! {
            p.note {
                "Each bar is what was measured, with its 90 % interval; the rule is the margin of "
                "the suite, and the shaded side is where it is kept. Where a model has several "
                "seeds, the interval allows for other seeds, and two strokes mark the lowest and "
                "the highest of those at hand. " b { "Kept" } " and " b { "broken" } " say on "
                "which side the whole interval is, without the corrections of a check: for a "
                "verdict, run the suite on the model alone."
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
            @if let Some(note) = not_drawn(check) { p.note { (note) } }
        }
    }
}

/// What the suite asks that no margin in the pictures stands for.
fn not_drawn(check: &CheckSubject) -> Option<String> {
    let absolute = check.flip.and_then(|margin| margin.absolute);
    let share = check.gain.filter(|share| *share > 0.0);
    let asked = [
        absolute.map(|margin| {
            let margin = number::points(Some(margin));
            format!("a flip cost of at most {margin} in word error rate")
        }),
        share.map(|share| format!("{} of the clean gain left", number::percent(Some(share)))),
    ];
    let asked: Vec<String> = asked.into_iter().flatten().collect();

    (!asked.is_empty()).then(|| {
        format!(
            "The suite also asks for {}, which is judged where a model is checked alone.",
            asked.join(" and ")
        )
    })
}

fn side_by_side(report: &ComparisonReport, index: usize, gate: &Gate) -> Markup {
    let figures: Vec<(&ContenderRecord, &Figure)> = report
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
    let mut heads = vec![
        ("model", ""),
        ("picture", "picture"),
        ("measured [90 %]", "number"),
    ];
    if several {
        heads.push(("seeds", "number"));
    }
    heads.push(("margin", ""));

    let body = html! {
        @for (contender, figure) in figures {
            @let reading = reading(contender, gate, &figure.pooled);
            tr {
                th scope="row" { bdi { (text(&contender.label)) } }
                td.picture {
                    (Strip {
                        axis,
                        estimate: &figure.pooled,
                        margin: gate.margin.map(|margin| (margin.value, margin.kept)),
                        range: extremes(figure),
                        class: reading.map_or("is-plain", Reading::class),
                    }.draw())
                }
                td.number { ((gate.show)(&figure.pooled)) }
                @if several { td.number { (seeds(contender, figure, gate)) } }
                td { @if let Some(reading) = reading { (reading.pill()) } @else { "-" } }
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

/// What an interval shows of a model against a margin. Of the first pass, which changes no mind and
/// cannot beat itself, it shows nothing.
fn reading(contender: &ContenderRecord, gate: &Gate, estimate: &Estimate) -> Option<Reading> {
    let margin = gate.margin?;
    let is_first_pass = RescorerRecord::are_all(&contender.rescorers, ModelKind::FirstPass);
    (!is_first_pass).then(|| margin.reading(estimate))
}

fn extremes(figure: &Figure) -> Option<(f64, f64)> {
    figure.range.map(|range| (range.min, range.max))
}

/// How many there are, and what the lowest and the highest of them is.
fn seeds(contender: &ContenderRecord, figure: &Figure, gate: &Gate) -> String {
    match figure.range {
        Some(_) => format!("{}: {}", contender.rescorers.len(), (gate.range)(figure)),
        None => contender.rescorers.len().to_string(),
    }
}

/// What the intervals of a model show against the margins: a line for each question and answer.
pub(super) fn lines(report: &ComparisonReport, contender: &ContenderRecord) -> Vec<Markup> {
    let mut lines = Vec::new();
    for question in 0..2 {
        for wanted in [Reading::Kept, Reading::Broken, Reading::Open] {
            let mut asked = "";
            let checks = report.checks.iter().zip(&contender.checks).enumerate();
            let own = checks.filter_map(|(index, (subject, check))| {
                let gate = &gates(subject)[question];
                let reading = reading(contender, gate, &(gate.figure)(check).pooled)?;
                asked = gate.asked;
                (reading == wanted).then_some(index)
            });
            let own: Vec<usize> = own.collect();
            if !own.is_empty() {
                lines.push(html! {
                    (wanted.pill()) " " (asked) " under " (named(report, &own)) "."
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
        };
        let above = Margin {
            kept: Kept::Above,
            ..below
        };
        let cases = [
            (Some(0.0), Some(0.05), Reading::Kept, Reading::Broken),
            (Some(0.06), Some(0.1), Reading::Broken, Reading::Kept),
            (Some(0.0), Some(0.1), Reading::Open, Reading::Open),
            (None, None, Reading::Open, Reading::Open),
        ];
        for (low, high, of_below, of_above) in cases {
            let estimate = estimate(low, high);
            assert_eq!(below.reading(&estimate), of_below);
            assert_eq!(above.reading(&estimate), of_above);
        }
    }
}
