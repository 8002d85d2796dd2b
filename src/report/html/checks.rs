//! All figures of all checks, in tables.

use maud::{Markup, html};

use crate::report::Report;
use crate::report::check_cells::{changes_of_mind, helps, word_errors};
use crate::report::html::meanings;
use crate::report::html::parts::{figure, head, prose, table, text};
use crate::report::record::CheckRecord;
use crate::report::terminal::title;

/// The tables: one row for each check, then word error rates by kind of error.
pub(super) fn section(report: &Report) -> Option<Markup> {
    (!report.checks.is_empty()).then(|| {
        html! {
            h3 { "Does it still help, is it swayed" }
            (table("Gains and NPRR of every check, with 90 % intervals", &gains(&report.checks)))
            h3 { "Changes of mind" }
            (table("Flips, repairs and regret of every check", &flips(&report.checks)))
            h3 { "Word errors" }
            @for check in &report.checks {
                details {
                    summary { (text(&title(check))) }
                    (table(&format!("Word errors under {}", text(&title(check))), &errors(check)))
                    p.note { code { (prose(&check.verdict.signature)) } }
                }
            }
            (meanings::of(&[
                "nprr.rel", "nprr.injected", "nprr.flip", "nprr.pass", "gain", "regret", "repairs",
                "flips", "Kendall tau",
            ]))
        }
    })
}

fn gains(checks: &[CheckRecord]) -> Markup {
    html! {
        (head(&[
            ("check", ""), ("gain clean", "number"), ("gain perturbed", "number"),
            ("gain kept", "number"), ("nprr.flip", "number"), ("nprr.injected", "number"),
            ("nprr.rel", "number"), ("nprr.pass", "number"),
        ]))
        tbody { @for check in checks { tr {
            th scope="row" { (text(&title(check))) }
            @for cell in helps(check) { td.number { (figure(&cell)) } }
        } } }
    }
}

fn flips(checks: &[CheckRecord]) -> Markup {
    html! {
        (head(&[
            ("check", ""), ("flips", "number"), ("harmful", "number"), ("neutral", "number"),
            ("helpful", "number"), ("repairs", "number"), ("regret clean", "number"),
            ("regret perturbed", "number"), ("Kendall tau", "number"),
        ]))
        tbody { @for check in checks { tr {
            @let [figures @ .., tau] = changes_of_mind(check);
            th scope="row" { (text(&title(check))) }
            @for cell in figures { td.number { (figure(&cell)) } }
            td.number { (tau) }
        } } }
    }
}

fn errors(check: &CheckRecord) -> Markup {
    html! {
        (head(&[
            ("picks", ""), ("WER [95 %]", "number"), ("substituted", "number"),
            ("inserted", "number"), ("deleted", "number"), ("words", "number"),
        ]))
        tbody { @for (name, wer) in check.figures.wer.named() { tr {
            @let [rate, counts @ ..] = word_errors(wer);
            th scope="row" { (name) }
            td.number { (figure(&rate)) }
            @for count in counts { td.number { (count) } }
        } } }
    }
}
