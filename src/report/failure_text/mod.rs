//! Failures as people see them: on the terminal, and in `report.md`.

use std::fmt::Write;

use crate::check::failures::minimize::MinimizeStatus;
use crate::check::failures::replay::ReplayStatus;
use crate::report::certificates::CertifiedRecord;
use crate::report::failures::{
    CheckFailuresRecord, CounterexampleListRecord, CounterexampleRecord, FailuresRecord,
    ReplayRecord,
};
use crate::report::interlinear::{lines, shortened};
use crate::report::number;
use crate::report::shell::command;
use crate::report::shown::{cell, in_a_line, short_name, shown, title};
use crate::report::wrap::fitted;

/// Swapped words of a list that are named one by one.
const MOST_NAMED: usize = 3;

/// How much is told of the worst failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Worst {
    /// Nothing but that it is one of so many.
    Counted,
    /// What was swapped.
    Named,
    /// Its texts, word under word, as well.
    WordByWord,
}

/// What the terminal shows: a line for each check, and so much of the worst failure as `shown`
/// says; empty where there is nothing to say.
pub(crate) fn terminal(record: &FailuresRecord, shown: Worst, width: Option<usize>) -> String {
    let mut text = String::new();
    if !record.replayed.is_empty() {
        let _ = writeln!(text, "saved failures: {}", replay_summary(&record.replayed));
    }

    for check in &record.checks {
        let said = format!(
            "failures of {}: {}",
            title(&check.suite, &check.check),
            found(check)
        );
        text.push_str(&fitted("", &said, 2, width));
    }

    let told = worst(&record.checks).filter(|_| shown != Worst::Counted);
    if let Some((check, case)) = told {
        let words = lines(&shortened(&case.minimal.rows, width));
        // Of several checks, the last one named need not be the one that it is of.
        let of = match record.checks.len() {
            1 => String::new(),
            _ => format!("{}, ", title(&check.suite, &check.check)),
        };
        let said = of + &headline(case);
        text.push_str(&fitted("  ", &said, 4, width));
        if shown == Worst::WordByWord {
            for row in words {
                let _ = writeln!(text, "    {row}");
            }
        }
    }

    for certified in &record.certificates {
        let name = title(&certified.suite, &certified.check);
        let said = format!("certificates for {name}: {}", certificates(certified));
        text.push_str(&fitted("", &said, 2, width));
    }

    text
}

/// What `report.md` shows: a section, the first failures of each check as drawn and as minimized.
/// `folder` is that of the report, as it was named.
pub(crate) fn markdown(record: &FailuresRecord, folder: Option<&str>) -> String {
    let mut text = String::from("## Failures\n\n");
    if !record.replayed.is_empty() {
        replayed(&mut text, &record.replayed);
    }

    for check in &record.checks {
        let _ = writeln!(
            text,
            "### {}: failures\n\n{}.\n",
            title(&check.suite, &check.check),
            sentence(&summary(check))
        );
        for case in check
            .cases
            .iter()
            .filter(|case| !case.minimal.rows.is_empty())
        {
            let _ = writeln!(
                text,
                "**{}**, draw {}, as drawn: {}\n",
                cell(&case.id),
                case.draw,
                in_short(&case.drawn)
            );
            block(&mut text, &case.drawn);
            let _ = writeln!(
                text,
                "Minimal ({}): {}\n",
                status(case),
                in_short(&case.minimal)
            );
            block(&mut text, &case.minimal);
        }
        others(&mut text, check);
    }

    if record.checks.is_empty() {
        text.push_str("No pick became worse.\n\n");
    }

    if !record.certificates.is_empty() {
        text.push_str("### Single substitutions\n\n");
        for certified in &record.certificates {
            let name = title(&certified.suite, &certified.check);
            let _ = writeln!(text, "- {name}: {}", certificates(certified));
        }
        text.push('\n');
    }

    if let Some(cause) = &record.stopped {
        let _ = writeln!(text, "{}.\n", cell(&stopped(cause)));
    }

    efforts(&mut text, record);
    // Where nothing was saved there is no folder to run again.
    let is_saved = record.checks.iter().any(|check| !check.cases.is_empty());
    if let Some(folder) = folder.filter(|_| is_saved) {
        let _ = writeln!(
            text,
            "Run the saved failures again:\n\n```sh\n{}\n```\n",
            replay_command(folder)
        );
    }

    text
}

/// What minimizing took, and how the failures above are read.
fn efforts(text: &mut String, record: &FailuresRecord) {
    let effort = &record.effort;
    if effort.failures == 0 {
        return;
    }

    let _ = write!(
        text,
        "Minimizing {} together took {} of the model, where trying one list at a time takes {}. A \
         margin within {:.1e} counts as noise.",
        number::count(effort.failures, "failure"),
        number::count(effort.calls, "call"),
        number::whole(effort.calls_one_at_a_time),
        record.noise,
    );
    if record.checks.iter().any(|check| !check.cases.is_empty()) {
        text.push_str(
            " Words in brackets are swapped, words in capitals are errors; `better` is the pick \
             from the unperturbed list, `worse` the pick from the perturbed one.",
        );
    }
    text.push_str("\n\n");
}

/// That the rescorer gave up while failures were minimized, in a line.
pub(crate) fn stopped(cause: &str) -> String {
    format!("Minimizing stopped: {}", in_a_line(cause))
}

/// The command that runs the failures of a report folder, or a single one, again: to be copied into
/// a shell.
pub(crate) fn replay_command(place: &str) -> String {
    command(&["robustness-check", "replay", place])
}

fn replayed(text: &mut String, replays: &[ReplayRecord]) {
    let _ = writeln!(
        text,
        "### Saved failures\n\n{}.\n\n| file | utterance | swapped | margin saved | now | \
            |\n|---|---|---|---:|---:|---|",
        sentence(&replay_summary(replays))
    );

    for replay in replays {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} |",
            cell(&replay.file),
            cell(&replay.id),
            cell(&replay.substitutions.join(", ")),
            margin(replay.margin_saved),
            margin(replay.margin_now),
            replay_status(replay.status),
        );
    }

    text.push('\n');
}

/// How many of the saved failures still fail, in words.
pub(crate) fn replay_summary(replays: &[ReplayRecord]) -> String {
    let count = |status: ReplayStatus| {
        let replays = replays.iter();
        number::whole(replays.filter(|replay| replay.status == status).count())
    };

    let mut text = format!(
        "{} replayed: {} still failing, {} only as drawn, {} gone",
        number::whole(replays.len()),
        count(ReplayStatus::Fails),
        count(ReplayStatus::OnlyDrawn),
        count(ReplayStatus::Gone)
    );
    let is_worse = |replay: &ReplayRecord| replay.status == ReplayStatus::AlreadyWorse;
    if replays.iter().any(is_worse) {
        let count = count(ReplayStatus::AlreadyWorse);
        let _ = write!(text, ", {count} worse without swaps");
    }
    text
}

/// What became of a saved failure, in words.
pub(crate) fn replay_status(status: ReplayStatus) -> &'static str {
    match status {
        ReplayStatus::Fails => "fails",
        ReplayStatus::OnlyDrawn => "fails only as drawn",
        ReplayStatus::Gone => "gone",
        ReplayStatus::AlreadyWorse => "worse without swaps",
    }
}

/// The first failure of a check that adds most errors; the earlier of equal ones.
fn worst(checks: &[CheckFailuresRecord]) -> Option<(&CheckFailuresRecord, &CounterexampleRecord)> {
    let cases = checks
        .iter()
        .filter_map(|check| Some((check, check.cases.first()?)));
    cases.reduce(|worst, case| {
        if case.1.minimal.damage > worst.1.minimal.damage {
            case
        } else {
            worst
        }
    })
}

/// How many were found, and what became of the worst of them.
fn found(check: &CheckFailuresRecord) -> String {
    let mut text = format!(
        "{} in {}",
        number::count(check.found, "harmful flip"),
        number::count(check.utterances, "utterance")
    );

    let ends = [
        (check.complete, "minimized"),
        (check.budget, "cut short"),
        (check.flaky, "within the noise"),
    ];
    let tried: usize = ends.iter().map(|(count, _)| count).sum();
    let ends: Vec<(usize, &str)> = ends.into_iter().filter(|(count, _)| *count > 0).collect();

    match (ends.as_slice(), tried == check.found) {
        ([], _) => {}
        ([(1, end)], true) => {
            let _ = write!(text, ", {end}");
        }
        ([(_, end)], true) => {
            let _ = write!(text, ", all {end}");
        }
        ([(count, end)], false) => {
            let _ = write!(text, ", worst {} {end}", number::whole(*count));
        }
        (_, is_all) => {
            if !is_all {
                let _ = write!(text, ", worst {} tried", number::whole(tried));
            }
            for (index, (count, end)) in ends.iter().enumerate() {
                let mark = if index == 0 && !is_all { ":" } else { "," };
                let _ = write!(text, "{mark} {} {end}", number::whole(*count));
            }
        }
    }
    if check.coherent && check.complete > 0 {
        text.push_str(" (a word is swapped back in all hypotheses at once)");
    }

    text
}

pub(crate) fn summary(check: &CheckFailuresRecord) -> String {
    let mut text = found(check);
    let medians = check
        .median_substitutions
        .zip(check.median_drawn_substitutions)
        .zip(check.median_texts);

    if let Some(((left, drawn), texts)) = medians {
        let _ = write!(
            text,
            "; median {left} of {drawn} substitutions left, {} asked for",
            number::count(texts, "text")
        );
    }

    text
}

fn headline(case: &CounterexampleRecord) -> String {
    let list = &case.minimal;
    format!(
        "{}, draw {}: {}; {} more",
        short_name(&case.id),
        case.draw,
        distance_named(&swapped(list)),
        number::count(list.damage, "error"),
    )
}

/// `meet -> meat (0)` with what the first number is.
fn distance_named(swapped: &str) -> String {
    let first = swapped.split(", ").next().unwrap_or_default();
    match first.rsplit_once(" (") {
        Some((words, _)) => {
            let rest = &swapped[words.len() + 2..];
            format!("{words} (phonetic distance {rest}")
        }
        None => swapped.to_owned(),
    }
}

pub(crate) fn status(case: &CounterexampleRecord) -> String {
    let status = match case.status {
        MinimizeStatus::Complete => "complete",
        MinimizeStatus::Budget => "cut short",
        MinimizeStatus::Flaky => "flaky",
    };
    format!("{status} after {}", number::count(case.tried, "list"))
}

fn swapped(list: &CounterexampleListRecord) -> String {
    match list.substitutions.len() {
        count if count > MOST_NAMED => format!("{count} words swapped"),
        _ => list.substitutions.join(", "),
    }
}

fn in_short(list: &CounterexampleListRecord) -> String {
    format!(
        "{}; {}; margin {} -> {}, {} more",
        swapped(list),
        number::count(list.hypotheses, "hypothesis"),
        margin(list.margin_before),
        margin(list.margin_after),
        number::count(list.damage, "error"),
    )
}

/// Failures without texts in the report, as a folded table.
fn others(text: &mut String, check: &CheckFailuresRecord) {
    let others: Vec<&CounterexampleRecord> = check
        .cases
        .iter()
        .filter(|case| case.minimal.rows.is_empty())
        .collect();
    if others.is_empty() {
        return;
    }
    let _ = writeln!(
        text,
        "<details><summary>{} more</summary>\n\n| utterance | draw | swapped | margin | as drawn \
            | errors more | |\n|---|---:|---|---:|---:|---:|---|",
        number::whole(others.len())
    );
    for case in others {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} |",
            cell(&case.id),
            case.draw,
            cell(&case.minimal.substitutions.join(", ")),
            margin(case.minimal.margin_after),
            margin(case.drawn.margin_after),
            case.minimal.damage,
            status(case),
        );
    }

    text.push_str("\n</details>\n\n");
}

pub(crate) fn certificates(record: &CertifiedRecord) -> String {
    if record.utterances == 0 {
        return "time ran out before any utterance was tried".to_owned();
    }

    let untouched = if record.untouched > 0 {
        let others = number::count(record.untouched, "other");
        format!("; of {others} no word can be substituted, which shows nothing")
    } else {
        String::new()
    };
    format!(
        "{} of {} keep their pick under every single substitution ({} tried); {} flip under some, \
            {} of them harmfully{untouched}",
        number::whole(record.certified),
        number::count(record.utterances - record.untouched, "utterance"),
        number::whole(record.substitutions),
        number::whole(record.flipped),
        number::whole(record.harmed),
    )
}

fn block(text: &mut String, list: &CounterexampleListRecord) {
    let lines: Vec<String> = lines(&list.rows).iter().map(|line| shown(line)).collect();
    let _ = writeln!(text, "```text\n{}\n```\n", lines.join("\n"));
}

/// A margin with its sign.
pub(crate) fn margin(margin: Option<f64>) -> String {
    margin.map_or_else(number::dash, |margin| format!("{margin:+.3}"))
}

/// `text` with a capital.
pub(crate) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

#[cfg(test)]
mod tests;
