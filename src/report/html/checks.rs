//! All figures of all checks, in tables.

use maud::{Markup, html};

use crate::check::judge::figures::Wer;
use crate::report::html::meanings;
use crate::report::html::parts::{dash, figure, head, prose, table, text};
use crate::report::record::CheckRecord;
use crate::report::terminal::title;
use crate::report::{Report, number};

/// The tables: one row for each check, then word error rates by kind of error.
pub(super) fn section(report: &Report) -> Option<Markup> {
    (!report.checks.is_empty()).then(|| {
        html! {
            h3 { "Does it still help, is it swayed" }
            (table("Gains and NPRR of every check, with 90 % intervals", &helps(&report.checks)))
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
            ]))
        }
    })
}

fn helps(checks: &[CheckRecord]) -> Markup {
    html! {
        (head(&[
            ("check", ""), ("gain clean", "number"), ("gain perturbed", "number"),
            ("gain kept", "number"), ("nprr.flip", "number"), ("nprr.injected", "number"),
            ("nprr.rel", "number"), ("nprr.pass", "number"),
        ]))
        tbody { @for check in checks { tr {
            @let (gain, nprr) = (&check.figures.gain, &check.figures.nprr);
            @let kept = gain.kept.as_ref();
            th scope="row" { (text(&title(check))) }
            td.number { (figure(&number::points_with_interval(&gain.clean))) }
            td.number { (figure(&number::points_with_interval(&gain.perturbed))) }
            td.number { (figure(&kept.map_or_else(dash, number::factor_with_interval))) }
            td.number { (figure(&number::change_with_interval(&nprr.flip))) }
            td.number { (figure(&number::change_with_interval(&nprr.injected))) }
            td.number { (figure(&number::change_with_interval(&nprr.rel))) }
            td.number { (figure(&number::factor_with_interval(&nprr.pass))) }
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
            @let figures = &check.figures;
            @let flips = &figures.flips;
            @let tau = figures.kendall_tau.map(|tau| format!("{tau:.3}"));
            th scope="row" { (text(&title(check))) }
            @for share in [&flips.all, &flips.harmful, &flips.neutral, &flips.helpful] {
                td.number { (figure(&number::percent_with_interval(&share.rate))) }
            }
            td.number { (figure(&number::percent_with_interval(&figures.repairs.rate))) }
            td.number { (figure(&number::points_with_interval(&figures.regret.clean))) }
            td.number { (figure(&number::points_with_interval(&figures.regret.perturbed))) }
            td.number { (tau.unwrap_or_else(dash)) }
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
            th scope="row" { (name) }
            td.number { (figure(&number::percent_with_interval(&wer.rate))) }
            @for count in counts(wer) { td.number { (number::whole(count)) } }
        } } }
    }
}

fn counts(wer: &Wer) -> [usize; 4] {
    [
        wer.substitutions,
        wer.insertions,
        wer.deletions,
        wer.reference_words,
    ]
}
