//! Verdicts, each in words, with its interval against its margin.

use maud::{Markup, html};

use crate::check::judge::estimate::Estimate;
use crate::check::judge::remark::Effect;
use crate::check::judge::verdict::GateKind;
use crate::report::baseline::{self, BaselineRecord};
use crate::report::ending::Ending;
use crate::report::failure_text::sentence as capital;
use crate::report::html::chart::{Axis, percentage};
use crate::report::html::parts::{pill, prose, text};
use crate::report::html::strip::{Kept, ends};
use crate::report::record::CheckRecord;
use crate::report::terminal::{leaning, title, unjudged_aside};
use crate::report::verdict::{GateRecord, MarginRecord, Scale};
use crate::report::{Report, number};

/// The verdicts of all checks.
pub(super) fn checks(report: &Report) -> Option<Markup> {
    (!report.checks.is_empty()).then(|| {
        html! {
            (legend())
            @for check in &report.checks { (check_card(report, check)) }
        }
    })
}

fn legend() -> Markup {
    html! {
        p.note {
            "Each bar is what was measured, with its interval; the vertical rule is the margin, \
                and "
            "the shaded side is where it is kept. A short stroke marks what is shown with all "
            "corrections: a check passes if that is on the shaded side. A picture is "
            "hatched where the figures decide nothing, wherever the bar is: the words beside it "
            "say why."
        }
    }
}

fn check_card(report: &Report, check: &CheckRecord) -> Markup {
    html! {
        article.card {
            h3 {
                (pill(check.verdict.verdict)) " " (text(&title(check))) (unjudged_aside(check))
            }
            p.note {
                (prose(&check.asked.perturbation)) "; "
                (number::count(check.asked.draws, "draw")) " per utterance."
            }
            @if !check.verdict.wording.is_empty() { p { (prose(&check.verdict.wording)) } }
            div.gates { @for gate in &check.verdict.gates { (gate_row(report, gate)) } }
        }
    }
}

fn gate_row(report: &Report, gate: &GateRecord) -> Markup {
    let void = is_void(report, gate);
    let question = match gate.gate {
        GateKind::Flip => "Is it swayed?",
        GateKind::Gain if report.clean.gain_shown => "Does it still help?",
        GateKind::Gain => "Does it help?",
    };

    html! {
        div.gate {
            h4 { (pill(gate.verdict)) " " (question) @if gate.leans_to.is_some() {
                span.leaning { (leaning(gate).trim_start_matches(", ").trim_end_matches(':')) }
            } }
            div.pictures {
                @for margin in &gate.margins { (margin_figure(gate, margin, void)) }
            }
            p { (prose(&gate.wording.to_string())) }
        }
    }
}

/// Whether the figures of a gate decide nothing: all that is shown keeps its margins and yet it has
/// no PASS, or rounding was measured as much as the model.
fn is_void(report: &Report, gate: &GateRecord) -> bool {
    let kept = |margin: &MarginRecord| {
        let bound = margin.shown_at_best;
        bound.is_some_and(|bound| match gate.gate {
            GateKind::Flip => bound <= margin.value,
            GateKind::Gain => bound > margin.value,
        })
    };
    let mut cautions = report.cautions.iter();
    let barred = cautions.any(|caution| caution.effect == Effect::BarsVerdict);
    let undecided = gate.verdict != Ending::Pass && !gate.margins.is_empty();
    undecided && (barred || gate.margins.iter().all(kept))
}

fn margin_figure(gate: &GateRecord, margin: &MarginRecord, void: bool) -> Markup {
    let (what, show): (&str, fn(Option<f64>) -> String) = match margin.scale {
        Scale::Relative => (
            "cost of changes of mind, of the clean errors",
            number::change,
        ),
        Scale::Absolute => (
            "cost of changes of mind, in word error rate",
            number::points,
        ),
        Scale::Gain => (
            "gain over the first pass, in word error rate",
            number::points,
        ),
    };

    // A cost stays below its margin, a gain above.
    let kept = match gate.gate {
        GateKind::Flip => Kept::Below,
        GateKind::Gain => Kept::Above,
    };
    interval(&Interval {
        what,
        measured: &margin.measured,
        margin: margin.value,
        bound: margin.shown_at_best,
        kept,
        class: if void { VOID } else { class(gate.verdict) },
        show,
    })
}

/// The comparison with an earlier run.
pub(super) fn baseline(baseline: &BaselineRecord) -> Markup {
    html! {
        p {
            (pill(baseline.verdict)) (baseline::accepted(baseline)) " against " bdi { (text(&baseline.model)) } ": "
            (number::count(baseline.common_utterances, "common utterance")) ", "
            (number::count(baseline.clusters, &baseline.cluster)) "."
        }
        @for change in &baseline.changes {
            article.card {
                h3 { (pill(change.verdict)) " " (text(&change.of)) }
                (interval(&Interval {
                    what: "more errors than the baseline",
                    measured: &change.change,
                    margin: baseline.margin,
                    bound: change.smallest_passing_margin,
                    kept: Kept::Below,
                    class: class(change.verdict),
                    show: number::change,
                }))
                // The heading names it already.
                @let wording = change.wording.strip_prefix(&change.of).unwrap_or(&change.wording);
                p { (capital(&prose(wording.trim_start_matches(": ")))) }
            }
        }
        @let notes = baseline::notes(baseline);
        @if !notes.is_empty() {
            ul { @for note in &notes { li { (prose(note)) } } }
        }
    }
}

struct Interval<'a> {
    what: &'a str,
    measured: &'a Estimate,
    margin: f64,
    bound: Option<f64>,
    kept: Kept,
    class: &'static str,
    show: fn(Option<f64>) -> String,
}

impl Interval<'_> {
    fn is_void(&self) -> bool {
        self.class == VOID
    }
}

/// The class of what decides nothing.
const VOID: &str = "is-void";

/// Labels nearer to each other than this share of the axis, in percent, would run into each other.
const NEAR: f64 = 35.0;

/// What was measured, with its interval, against the margin.
fn interval(of: &Interval<'_>) -> Markup {
    let estimate = of.measured;
    let marks = [0.0, of.margin].into_iter().chain(of.bound);
    let axis = Axis::around(marks.chain(ends(estimate)));
    let margin = axis.place(of.margin);
    let (shaded, width) = of.kept.shaded(margin);

    let shown = (of.show)(estimate.value);
    let label = format!(
        "{}: {shown}, {}; the margin is {}{}",
        of.what,
        in_words(of),
        (of.show)(Some(of.margin)),
        if of.is_void() {
            "; void: this decides nothing"
        } else {
            ""
        }
    );
    let name = match of.kept {
        Kept::Below => format!("at most {}", (of.show)(Some(of.margin))),
        Kept::Above => format!("more than {}", (of.show)(Some(of.margin))),
    };

    html! {
        figure.interval {
            figcaption {
                b { (shown) } " " (of.what) br;
                span.range { (in_words(of)) }
                @if of.is_void() { br; b.void { "Void: this decides nothing" } }
            }
            svg class=(of.class) role="img" aria-label=(label) height="58" width="100%" {
                title { (label) }
                rect.kept x=(shaded) width=(width) y="4" height="36" {}
                @if of.is_void() { line.hatch x1="0" x2="100%" y1="22" y2="22" {} }
                line.zero x1=(axis.at(0.0)) x2=(axis.at(0.0)) y1="4" y2="44" {}
                @if (margin - axis.place(0.0)).abs() > NEAR {
                    text x=(axis.at(0.0)) y="55" text-anchor="middle" { "0" }
                }
                line.margin x1=(percentage(margin)) x2=(percentage(margin)) y1="0" y2="44" {}
                @match estimate.low.zip(estimate.high) {
                    Some((low, high)) => {
                        line.bar x1=(axis.at(low)) x2=(axis.at(high)) y1="22" y2="22" {}
                    }
                    None => { line.bar.unbounded x1="0" x2="100%" y1="22" y2="22" {} }
                }
                @if let Some(bound) = of.bound {
                    line.bound x1=(axis.at(bound)) x2=(axis.at(bound)) y1="12" y2="32" {}
                }
                @if let Some(value) = estimate.value {
                    circle.point cx=(axis.at(value)) cy="22" r="6" {}
                }
                text x=(percentage(margin)) y="55" text-anchor=(axis.anchor(of.margin)) { (name) }
            }
        }
    }
}

fn in_words(of: &Interval<'_>) -> String {
    let percent = format!("{:.0}", 100.0 * of.measured.confidence);
    match (of.measured.low, of.measured.high) {
        (Some(low), Some(high)) => format!(
            "{percent} % interval {} to {}",
            (of.show)(Some(low)),
            (of.show)(Some(high))
        ),
        _ => format!("{percent} % interval unbounded"),
    }
}

fn class(ending: Ending) -> &'static str {
    match ending {
        Ending::Pass | Ending::Identical => "is-pass",
        Ending::Fail | Ending::Error => "is-fail",
        Ending::Flaky | Ending::Inconclusive | Ending::Skipped => "is-open",
    }
}
