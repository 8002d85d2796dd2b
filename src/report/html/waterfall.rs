//! Where the damage comes from: from the clean word error rate to that under perturbation, step by
//! step.

use maud::{Markup, html};

use crate::report::html::chart::Axis;
use crate::report::html::parts::text;
use crate::report::record::CheckRecord;
use crate::report::terminal::title;
use crate::report::{Report, number};

/// One waterfall for each check.
pub(super) fn section(report: &Report) -> Option<Markup> {
    (!report.checks.is_empty()).then(|| {
        html! {
            p.note {
                "Word error rates. The swaps themselves put errors into every text, which no "
                "rescorer can help; what it adds by changing its mind, and what is left of its \
                    gain "
                "over the first pass, is its own doing."
            }
            div.columns { @for check in &report.checks { (waterfall(check)) } }
        }
    })
}

/// A bar of the chart: from one word error rate to another.
struct Step {
    name: &'static str,
    from: Option<f64>,
    to: Option<f64>,
    class: &'static str,
    figure: String,
}

fn steps(check: &CheckRecord) -> [Step; 6] {
    let wer = &check.figures.wer;
    let (clean, kept, text) = (
        wer.clean.rate.value,
        wer.kept.rate.value,
        wer.text.rate.value,
    );
    let first_pass = wer.first_pass_text.rate.value;
    let difference = |a: Option<f64>, b: Option<f64>| number::points(a.zip(b).map(|(a, b)| b - a));
    // Of two rates that print alike neither is the worse one.
    let harm = match kept.zip(text) {
        Some((kept, text)) if text > kept => "worse",
        _ => "better",
    };
    let helps = match text.zip(first_pass) {
        Some((text, first_pass)) if first_pass < text => "worse",
        _ => "better",
    };

    let step = |name, from, to, class, figure| Step {
        name,
        from,
        to,
        class,
        figure,
    };
    let (flip_cost, gain) = (
        check.figures.flip_cost.value,
        check.figures.gain.perturbed.value,
    );
    let (zero, whole, points) = (Some(0.0), number::percent, number::points);

    [
        step("clean lists", zero, clean, "total", whole(clean)),
        step(
            "the swaps",
            clean,
            kept,
            "injected",
            difference(clean, kept),
        ),
        step("changes of mind", kept, text, harm, points(flip_cost)),
        step("perturbed lists", zero, text, "total", whole(text)),
        step("gain", text, first_pass, helps, points(gain)),
        step("first pass", zero, first_pass, "other", whole(first_pass)),
    ]
}

fn waterfall(check: &CheckRecord) -> Markup {
    let steps = steps(check);
    let figures = &check.figures;
    let oracle = figures.wer.oracle_text.rate.value;
    let ends = steps.iter().flat_map(|step| [step.from, step.to]);
    let axis = Axis::from_zero(ends.chain([oracle]).flatten());
    let name = text(&title(check));
    let kept = figures.gain.kept.as_ref().map(number::factor_with_interval);

    html! {
        article.card.waterfall {
            h3 { (name) }
            table {
                caption.hidden { "Word error rates under " (name) ", step by step" }
                thead.hidden { tr {
                    th scope="col" { "step" }
                    th scope="col" { "picture" }
                    th scope="col" { "word error rate" }
                } }
                tbody {
                    @for step in &steps {
                        tr class=(step.class) {
                            th scope="row" { (step.name) }
                            td.picture {
                                (picture(step, oracle, axis))
                            }
                            td.number { (step.figure) }
                        }
                    }
                }
            }
            p.note {
                "Dotted: the best of each perturbed list, " (number::percent(oracle)) ". "
                "Intervals: changes of mind " (number::points_with_interval(&figures.flip_cost))
                "; gain " (number::points_with_interval(&figures.gain.perturbed))
                @if let Some(kept) = kept { ", " (kept) " times the clean gain" }
                "."
            }
        }
    }
}

fn picture(step: &Step, oracle: Option<f64>, axis: Axis) -> Markup {
    html! {
        svg aria-hidden="true" height="22" width="100%" {
            @if let Some(oracle) = oracle {
                line.oracle x1=(axis.at(oracle)) x2=(axis.at(oracle)) y1="0" y2="22" {}
            }
            @if let (Some(from), Some(to)) = (step.from, step.to) {
                @let (x, width) = (axis.at(from.min(to)), axis.between(from, to));
                rect class=(step.class) x=(x) width=(width) y="4" height="14" {}
                line.edge x1=(axis.at(to)) x2=(axis.at(to)) y1="2" y2="22" {}
            }
        }
    }
}
