//! Failures as cards: whole sentences as drawn, the minimal list beside, and how to run it again.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};

use crate::check::failures::counterexample::Counterexample;
use crate::check::failures::counterexample_list::CounterexampleList;
use crate::check::failures::replay::ReplayStatus;
use crate::report::ending::Ending;
use crate::report::failure_text::{
    certificates, margin, replay_command, replay_status, replay_summary, sentence as capital,
    status, stopped, summary,
};
use crate::report::failures::{CheckFailuresRecord, CounterexampleRecord, FailuresRecord, swaps};
use crate::report::html::page::Page;
use crate::report::html::parts::{name, pill, prose, table, text};
use crate::report::html::sentence::aligned;
use crate::report::number;
use crate::report::shown::{shown, title};

/// Bytes that all cards together may take: a page of more is slow to open.
const MOST_BYTES: usize = 1_200_000;

/// Swaps of a list that are named on its card.
const MOST_NAMED: usize = 12;

/// Saved failures that are listed.
const MOST_REPLAYED: usize = 200;

/// Swaps of a list that the filter finds it by.
const MOST_SOUGHT: usize = 100;

/// The failures of all checks; nothing where none were sought.
pub(super) fn section(page: &Page<'_>) -> Option<Markup> {
    let failures = page.report.failures.as_ref()?;
    let saved: BTreeMap<String, &Counterexample> = page
        .counterexamples
        .iter()
        .map(|saved| (saved.file_name(), saved))
        .collect();
    let (cards, left_out) = cards(page, failures, &saved);

    Some(html! {
        @if failures.checks.is_empty() { p { "No pick became worse." } }
        ul {
            @for check in &failures.checks {
                li { b { (name(&title(&check.suite, &check.check))) } ": " (summary(check)) "." }
            }
            @for certified in &failures.certificates {
                @let name = name(&title(&certified.suite, &certified.check));
                li { "certificates for " b { (name) } ": " (certificates(certified)) "." }
            }
        }
        @if let Some(cause) = &failures.stopped { p { (stopped(cause)) "." } }
        @if !failures.replayed.is_empty() { (replayed(failures)) }
        @if !cards.is_empty() {
            (legend())
            (filter(&failures.checks, &saved))
            div #cards { @for card in &cards { (card) } }
        }
        @if left_out > 0 {
            p.note {
                (number::count(left_out, "failure"))
                " more would make this page too long; they are in the folder failures."
            }
        }
    })
}

/// How a card is read.
fn legend() -> Markup {
    html! {
        details open {
            summary { "How to read a failure" }
            dl.facts.legend {
                dt { "way -> weigh (0)" }
                dd {
                    "A swap, and how far apart the two words sound: 0 for homophones. ×10: in ten "
                    "hypotheses of the list."
                }
                dt { s { "way" } " " b.swap { "weigh" } }
                dd { "The word before the swap, and the one that took its place." }
                dt { span.error { "whey" } ", ∅" }
                dd { "An error of the recogniser; a word that is missing." }
                dt { "As drawn, minimal" }
                dd {
                    "The list as the check drew it, and the smallest that still fails: with the "
                    "fewest swaps and hypotheses. Complete: nothing smaller fails of all the lists "
                    "that were tried. Cut short: there was no time to try all."
                }
                dt { "Errors more" }
                dd {
                    "Word errors of the pick after the swaps, less those of the pick before, both "
                    "read with their swaps."
                }
                dt { "Margin" }
                dd {
                    "How far the pick before is ahead of the pick after, in total scores: without "
                    "the swaps → with them. Below zero the other one wins."
                }
            }
        }
    }
}

/// The cards that fit, and how many do not.
fn cards(
    page: &Page<'_>,
    failures: &FailuresRecord,
    saved: &BTreeMap<String, &Counterexample>,
) -> (Vec<Markup>, usize) {
    let mut cards = Vec::new();
    let (mut left, mut left_out) = (MOST_BYTES, 0);
    for check in &failures.checks {
        for case in &check.cases {
            let Some(saved) = saved.get(&case.file) else {
                continue;
            };
            let card = card(page, check, case, saved);
            match left.checked_sub(card.0.len()) {
                Some(rest) => {
                    left = rest;
                    cards.push(card);
                }
                None => left_out += 1,
            }
        }
    }

    (cards, left_out)
}

fn filter(checks: &[CheckFailuresRecord], saved: &BTreeMap<String, &Counterexample>) -> Markup {
    let speakers: BTreeSet<&str> = saved
        .values()
        .filter_map(|saved| saved.speaker.as_deref())
        .collect();

    // Hidden until the script is there: without it, a form that does nothing would mislead.
    html! {
        form #filter hidden aria-label="Filter of the failures" {
            label {
                "Words or utterance"
                input type="search" name="words" placeholder="way -> weigh";
            }
            @if checks.len() > 1 {
                label { "Check" select name="check" {
                    option value="" { "all" }
                    @for check in checks {
                        @let name = text(&title(&check.suite, &check.check));
                        option value=(name) { (name) }
                    }
                } }
            }
            @if speakers.len() > 1 {
                label { "Speaker" select name="speaker" {
                    option value="" { "all" }
                    @for speaker in &speakers { option value=(text(speaker)) { (text(speaker)) } }
                } }
            }
            label { "Errors more (minimal), at least" input type="number" name="errors" min="1" value="1"; }
            output #count {}
        }
    }
}

fn card(
    page: &Page<'_>,
    check: &CheckFailuresRecord,
    case: &CounterexampleRecord,
    saved: &Counterexample,
) -> Markup {
    let id = format!("failure-{}", case.file.trim_end_matches(".json"));
    let speaker = saved.speaker.as_deref().map(text);
    let swapped: BTreeSet<String> = case
        .drawn
        .substitutions
        .iter()
        .map(|swap| text(swap))
        .collect();
    let swapped: Vec<String> = swapped.into_iter().take(MOST_SOUGHT).collect();
    let words = format!("{} {}", text(&case.id), swapped.join(" ")).to_lowercase();
    let file = format!(
        "{}/failures/{}",
        page.folder.trim_end_matches('/'),
        case.file
    );
    let command = replay_command(&file);

    html! {
        article.card.failure id=(id) tabindex="-1" data-words=(words)
            data-speaker=[speaker.as_deref()] data-errors=(case.minimal.damage)
            data-check=(text(&title(&check.suite, &check.check))) {
            h3 {
                @let label = format!("Link to this failure of {}", text(&case.id));
                a.anchor href={ "#" (id) } aria-label=(label) { "#" } " "
                bdi { (text(&case.id)) }
                span.plus { (more(case.minimal.damage)) }
            }
            p.note {
                (text(&title(&check.suite, &check.check))) ", draw " (case.draw)
                @if let Some(speaker) = &speaker { ", " bdi { (speaker) } }
                "; " (status(case)) "."
            }
            div.pair {
                @for (title, saved, case) in [
                    ("As drawn", &saved.drawn, &case.drawn),
                    ("Minimal", &saved.minimal, &case.minimal),
                ] {
                    div { h4 { (title) ": " (more(case.damage)) } (list(saved)) }
                }
            }
            div.replay {
                code { (shown(&command)) }
                button type="button" hidden { "Copy" }
            }
        }
    }
}

/// How many errors more, as the terminal says it.
fn more(damage: usize) -> String {
    format!("{} more", number::count(damage, "error"))
}

/// A list in short: its swaps, the texts under each other, the margins.
fn list(list: &CounterexampleList) -> Markup {
    let mut distinct: Vec<(String, usize)> = Vec::new();
    for swap in swaps(list) {
        match distinct.iter_mut().find(|(known, _)| *known == swap) {
            Some((_, count)) => *count += 1,
            None => distinct.push((swap, 1)),
        }
    }

    html! {
        p.chips {
            @for (swap, count) in distinct.iter().take(MOST_NAMED) {
                span { (text(swap)) @if *count > 1 { " ×" (count) } }
            }
            @if distinct.len() > MOST_NAMED { span { (distinct.len() - MOST_NAMED) " more" } }
        }
        (aligned(list))
        p.note {
            "Margin " (margin(list.margin_before)) " → " (margin(list.margin_after))
            "; errors of the pick before " (list.kept_errors) ", of the pick after "
            (list.text_errors) "; " (number::count(list.hyps.len(), "hypothesis")) "."
        }
    }
}

fn replayed(failures: &FailuresRecord) -> Markup {
    let rows = html! {
        thead { tr {
            th scope="col" { "utterance" } th scope="col" { "swapped" }
            th.number scope="col" { "margin saved" }
            th.number scope="col" { "now" } th scope="col" { "" }
        } }
        tbody { @for replay in failures.replayed.iter().take(MOST_REPLAYED) { tr {
            th scope="row" { (text(&replay.id)) }
            td { (prose(&replay.substitutions.join(", "))) }
            td.number { (margin(replay.margin_saved)) }
            td.number { (margin(replay.margin_now)) }
            td {
                @if replay.status == ReplayStatus::Gone { (pill(Ending::Pass)) " gone" }
                @else { (replay_status(replay.status)) }
            }
        } } }
    };

    html! {
        details {
            summary { "Saved failures: " (capital(&replay_summary(&failures.replayed))) }
            (table("Saved failures that were run again", &rows))
            @if failures.replayed.len() > MOST_REPLAYED {
                @let more = failures.replayed.len() - MOST_REPLAYED;
                p.note { (number::whole(more)) " more stand in report.json." }
            }
        }
    }
}
