//! All figures of all checks, in tables.

use maud::{Markup, html};

use crate::check::judge::figures::Wer;
use crate::report::html::parts::{table, text};
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
                    p.note { code { (text(&check.verdict.signature)) } }
                }
            }
            (definitions())
        }
    })
}

fn helps(checks: &[CheckRecord]) -> Markup {
    html! {
        thead { tr {
            th scope="col" { "check" }
            @for head in ["gain clean", "gain perturbed", "gain kept", "nprr.flip", "nprr.injected", "nprr.rel", "nprr.pass"] {
                th.number scope="col" { (head) }
            }
        } }
        tbody { @for check in checks { tr {
            th scope="row" { (text(&title(check))) }
            td.number { (number::points_with_interval(&check.gain.clean)) }
            td.number { (number::points_with_interval(&check.gain.perturbed)) }
            td.number { (check.gain.kept.as_ref().map_or_else(|| "-".to_owned(), number::factor_with_interval)) }
            td.number { (number::change_with_interval(&check.nprr.flip)) }
            td.number { (number::change_with_interval(&check.nprr.injected)) }
            td.number { (number::change_with_interval(&check.nprr.rel)) }
            td.number { (number::factor_with_interval(&check.nprr.pass)) }
        } } }
    }
}

fn flips(checks: &[CheckRecord]) -> Markup {
    html! {
        thead { tr {
            th scope="col" { "check" }
            @for head in ["flips", "harmful", "neutral", "helpful", "repairs", "regret clean", "regret perturbed", "Kendall tau"] {
                th.number scope="col" { (head) }
            }
        } }
        tbody { @for check in checks { tr {
            th scope="row" { (text(&title(check))) }
            @for share in [&check.flips.all, &check.flips.harmful, &check.flips.neutral, &check.flips.helpful, &check.repairs] {
                td.number { (number::percent_with_interval(&share.rate)) }
            }
            td.number { (number::points_with_interval(&check.regret.clean)) }
            td.number { (number::points_with_interval(&check.regret.perturbed)) }
            td.number { (check.kendall_tau.map_or_else(|| "-".to_owned(), |tau| format!("{tau:.3}"))) }
        } } }
    }
}

fn errors(check: &CheckRecord) -> Markup {
    html! {
        thead { tr {
            th scope="col" { "picks" }
            @for head in ["WER [95 %]", "substituted", "inserted", "deleted", "words"] { th.number scope="col" { (head) } }
        } }
        tbody { @for (name, wer) in check.wer.named() { tr {
            th scope="row" { (name) }
            td.number { (number::percent_with_interval(&wer.rate)) }
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

fn definitions() -> Markup {
    html! {
        details {
            summary { "What the figures mean" }
            dl.facts {
                dt { "nprr.rel" } dd { "More errors than on the clean lists, as a share of those: the sum of the next two. Higher is more fragile." }
                dt { "nprr.injected" } dd { "What the swaps did to the texts of the clean picks; no rescorer caused it." }
                dt { "nprr.flip" } dd { "What changes of mind added." }
                dt { "nprr.pass" } dd { "The degradation of the model over that of the first pass." }
                dt { "gain" } dd { "The word error rate of the first pass minus that of the model." }
                dt { "regret" } dd { "The word error rate of the model minus that of the best of each list." }
                dt { "repairs" } dd { "Of the lists where the swaps hurt the clean pick and another is now better: how many changes of mind went to a better one." }
            }
        }
    }
}
