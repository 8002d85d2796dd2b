//! `report.html`: the report as one page for people, which asks nothing of a network; and the pages
//! of a [`comparison`] and of [`ranks`].
//!
//! Sections are files here; charts are SVG whose horizontal places are percentages, so that they
//! are as wide as the page and their letters as large as all others. The style sheet and the
//! script, which only filters, sorts and copies, are in the page. Without the script everything is
//! there, unfiltered.

mod chart;
mod checks;
pub mod comparison;
mod failures;
mod frame;
mod gates;
mod health;
mod ladder;
mod lead;
mod meanings;
mod page;
mod parts;
mod properties;
#[cfg_attr(
    not(feature = "bert"),
    expect(dead_code, reason = "only models have ranks")
)]
pub mod ranks;
mod sentence;
mod slices;
mod spaces;
mod strip;
mod swaps;
mod waterfall;

use maud::{Markup, html};

use crate::check::judge::remark::Effect;
use crate::report::cautions::CautionRecord;
use crate::report::html::frame::{Frame, Sections};
use crate::report::html::lead::lead;
pub use crate::report::html::page::Page;
use crate::report::html::parts::{pill, prose, text};
use crate::report::terminal::no_clean_gain;
use crate::report::{Report, baseline, cautions, number};

/// The name of the file in a report folder.
pub const FILE_NAME: &str = "report.html";

/// The page. The same report gives the same bytes, whenever it was made: of its time and place the
/// page tells what came from a cache, and no more.
pub fn render(page: &Page<'_>) -> String {
    let report = page.report;
    let frame = Frame {
        title: format!(
            "{}: robustness of {}",
            report.verdict.word(),
            text(&report.model.name)
        ),
        skip: "the verdicts",
        heading: heading(report),
        sections: sections(page),
        footer: format!("{}, seed {}", report.tool, report.seed),
    };

    frame.render()
}

fn sections(page: &Page<'_>) -> Sections {
    let report = page.report;
    let mut sections = Sections::default();
    let mut add = |id, title, content| sections.add(id, title, content);

    add("verdicts", "Verdicts", gates::checks(report));
    add(
        "baseline",
        "Against the baseline",
        report.baseline.as_ref().map(gates::baseline),
    );
    add("properties", "Properties", properties::section(report));
    add(
        "damage",
        "Where the damage comes from",
        waterfall::section(report),
    );
    add("ladder", "From rung to rung", ladder::section(report));
    add("failures", "Failures", failures::section(page));
    add("swaps", "Which words", swaps::section(page));
    add("slices", "Slices", slices::section(report));
    add("ranks", "Where the ranks are", ranks::section(page.ranks));
    add("figures", "All figures", checks::section(report));
    add("health", "Health of the run", Some(health::section(report)));
    sections
}

fn heading(report: &Report) -> Markup {
    let nbest = &report.nbest;
    let clean = &report.clean;

    html! {
        header {
            p.kicker { "Robustness of a rescorer to words that sound alike" }
            h1 { (pill(report.verdict)) " " bdi { (text(&report.model.name)) } }
            p.lead {
                (lead(report))
                @if let Some(baseline) = &report.baseline {
                    " Against the baseline: " (pill(baseline.verdict))
                    (baseline::accepted(baseline))
                }
            }
            @for caution in &report.cautions { (caution_box(caution)) }
            @if !clean.gain_shown && !report.cautions.iter().any(says_no_gain) {
                p.caution role="note" { b { "CAUTION:" } " " (no_clean_gain(report)) }
            }
            dl.tiles {
                div { dt { "WER of the model" } dd { (number::percent(clean.model.rate.value)) } }
                div {
                    dt { "WER of the first pass" }
                    dd { (number::percent(clean.first_pass.rate.value)) }
                }
                div {
                    dt { "WER of the best of each list" }
                    dd { (number::percent(clean.oracle.rate.value)) }
                }
                div { dt { "utterances" } dd { (number::whole(nbest.utterances)) } }
                div { dt { (nbest.cluster) "s" } dd { (nbest.independent_count()) } }
                @if let Some(voices) = nbest.voices {
                    div { dt { "voices" } dd { (number::whole(voices)) } }
                }
            }
            p.note {
                "WER: word error rates of the clean lists, as they are in "
                (prose(&nbest.files.join(", "))) "."
            }
        }
    }
}

/// What a reader must know first; in red where the run fails by it.
fn caution_box(caution: &CautionRecord) -> Markup {
    let fails = caution.effect == Effect::Fails;
    html! {
        p.caution.fails[fails] role="note" {
            b { "CAUTION:" } " " (prose(&caution.wording)) "."
            @if let Some(effect) = cautions::effect(caution) { " " b { (effect) } }
        }
    }
}

/// Whether the caution says already that nothing shows the model to help.
fn says_no_gain(caution: &CautionRecord) -> bool {
    [
        "worse_than_first_pass",
        "no_weight",
        "constant_score",
        "alike_in_lists",
        "lost_in_rounding",
        "never_overrules",
        "nothing_to_choose",
    ]
    .contains(&caution.kind.as_str())
}
