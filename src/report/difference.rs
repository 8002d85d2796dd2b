//! Two reports side by side, for a pull request: verdicts and figures then and now, and what else
//! changed.
//!
//! Nothing is tested here: whether a difference is chance is what a run with a baseline tells.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use serde::Serialize;

use crate::check::judge::remark::Effect;
use crate::report::ending::Ending;
use crate::report::json::indented;
use crate::report::record::{CheckRecord, Figure};
use crate::report::shown::{self, cell, first_of};
use crate::report::terminal::title;
use crate::report::{Report, baseline, cautions, number};

/// Failures that are named one by one.
const MOST_NAMED: usize = 3;

/// What a verdict is called where there is none.
const NOT_RUN: &str = "not run";

/// What a caution is called where there is none.
const NONE: &str = "-";

/// Two values of one thing.
#[derive(Debug, Serialize)]
struct Both<T> {
    then: T,
    now: T,
}

/// The difference, for machines.
#[derive(Debug, Serialize)]
struct DifferenceRecord<'a> {
    models: Both<&'a str>,
    verdict: Both<Ending>,
    /// What keeps the reports from being compared, or explains a difference.
    notes: Vec<String>,
    verdicts: Vec<VerdictChange>,
    figures: Vec<FigureChange>,
    /// Null where one of the reports has looked for none.
    failures: Option<FailuresChange>,
}

/// A verdict of one of the gates, properties or deciding cautions.
#[derive(Debug, Serialize)]
struct VerdictChange {
    /// The check, the suite of a property, or `rescorer`.
    group: String,
    name: String,
    /// Null where it was not asked.
    then: Option<Ending>,
    now: Option<Ending>,
    /// What it is called where it was not asked.
    #[serde(skip)]
    absent: &'static str,
}

/// A figure, as a share.
#[derive(Debug, Serialize)]
struct FigureChange {
    name: String,
    then: Option<f64>,
    now: Option<f64>,
    /// Now less then.
    difference: Option<f64>,
    #[serde(skip)]
    unit: Unit,
}

/// Failures among the worst, by check, utterance and draw.
#[derive(Debug, Serialize)]
struct FailuresChange {
    new: Vec<String>,
    gone: Vec<String>,
}

/// The difference as indented JSON with a final newline.
pub(crate) fn json(old: &Report, new: &Report) -> String {
    let names = |cases: Vec<&Case<'_>>| {
        let name = |(check, id, draw): &Case<'_>| format!("{id} in draw {draw} of {check}");
        cases.into_iter().map(name).collect()
    };
    let saved = saved(old).zip(saved(new));
    indented(&DifferenceRecord {
        models: Both {
            then: &old.model.name,
            now: &new.model.name,
        },
        verdict: Both {
            then: old.verdict,
            now: new.verdict,
        },
        notes: notes(old, new),
        verdicts: verdict_changes(old, new),
        figures: figure_changes(old, new),
        failures: saved.map(|(then, now)| FailuresChange {
            new: names(now.difference(&then).collect()),
            gone: names(then.difference(&now).collect()),
        }),
    })
}

/// The difference as GitHub-flavored Markdown, ending with a newline.
pub(crate) fn markdown(old: &Report, new: &Report) -> String {
    let mut text = heading(old, new);
    settings(&mut text, old, new);
    verdicts(&mut text, old, new);
    figures(&mut text, old, new);
    failures(&mut text, old, new);

    match &new.baseline {
        Some(baseline) => text.push_str(&baseline::markdown(baseline)),
        None => text.push_str(
            "Whether these differences are chance is not tested here: `robustness-check \
            --baseline` does.\n",
        ),
    }
    text
}

/// Which models, both verdicts, and first of all figures the one that users get.
fn heading(old: &Report, new: &Report) -> String {
    let [then, now] = [old, new].map(|report| cell(&report.model.name));
    let models = if then == now {
        format!("`{now}`")
    } else {
        format!("`{now}` after `{then}`")
    };
    let verdicts = changed(&old.verdict.word(), &new.verdict.word());

    let rates = [old, new].map(|report| report.clean.model.rate.value);
    let [was, is] = rates.map(number::percent);
    let difference = number::points(difference(rates[0], rates[1]));
    format!(
        "## Robustness of {models}: {verdicts}\n\nWER on the clean lists: {was} → {is} \
         ({difference}).\n\n"
    )
}

fn difference(then: Option<f64>, now: Option<f64>) -> Option<f64> {
    then.zip(now).map(|(then, now)| now - then)
}

/// What both say, once where they agree.
fn changed(then: &str, now: &str) -> String {
    if then == now {
        now.to_owned()
    } else {
        format!("{then} → **{now}**")
    }
}

fn settings(text: &mut String, old: &Report, new: &Report) {
    let notes = notes(old, new);
    for note in &notes {
        let _ = writeln!(text, "- {}", cell(note));
    }
    if !notes.is_empty() {
        text.push('\n');
    }
}

/// What keeps the reports from being compared, or explains a difference.
fn notes(old: &Report, new: &Report) -> Vec<String> {
    let differences = new.model.differences(&old.model).into_iter();
    let mut notes: Vec<String> = differences
        .map(|(what, then, now)| format!("the {what} was {then}, it is {now}"))
        .collect();
    for (what, then, now) in [
        (
            "n-best lists are",
            &old.nbest.content_hash,
            &new.nbest.content_hash,
        ),
        (
            "lexicon is",
            &old.lexicon.content_hash,
            &new.lexicon.content_hash,
        ),
        (
            "normalization is",
            &old.nbest.normalization,
            &new.nbest.normalization,
        ),
        ("seed is", &old.seed.to_string(), &new.seed.to_string()),
        ("program is", &old.tool, &new.tool),
    ] {
        if then != now {
            notes.push(format!(
                "the {what} not the same: figures may differ for that alone"
            ));
        }
    }
    for check in &new.checks {
        if of(old, check).is_some_and(|then| then.suite_hash != check.suite_hash) {
            notes.push(format!("the suite {} was changed", check.suite));
        }
    }

    // A suite of several checks is named once.
    notes.dedup();
    notes
}

fn of<'a>(report: &'a Report, check: &CheckRecord) -> Option<&'a CheckRecord> {
    let same = |other: &&CheckRecord| other.suite == check.suite && other.check == check.check;
    report.checks.iter().find(same)
}

fn verdicts(text: &mut String, old: &Report, new: &Report) {
    text.push_str("| check | | then | now |\n|---|---|---|---|\n");
    for change in verdict_changes(old, new) {
        let shown =
            |ending: Option<Ending>| ending.map_or_else(|| change.absent.to_owned(), Ending::word);
        let (then, now) = (shown(change.then), shown(change.now));
        let bold = if then == now { "" } else { "**" };
        let _ = writeln!(
            text,
            "| {} | {} | {then} | {bold}{now}{bold} |",
            cell(&change.group),
            cell(&change.name)
        );
    }
    text.push('\n');
}

fn verdict_changes(old: &Report, new: &Report) -> Vec<VerdictChange> {
    let change =
        |group: &str, name: &str, then: Option<Ending>, now: Option<Ending>| VerdictChange {
            group: group.to_owned(),
            name: name.to_owned(),
            then,
            now,
            absent: NOT_RUN,
        };
    let mut changes: Vec<VerdictChange> = deciding(old, new)
        .into_iter()
        .map(|(kind, [then, now])| VerdictChange {
            absent: NONE,
            ..change("rescorer", kind, then, now)
        })
        .collect();
    let mut row = |group: &str, name: &str, then: Option<Ending>, now: Option<Ending>| {
        changes.push(change(group, name, then, now));
    };

    for check in &new.checks {
        let then = of(old, check);
        for gate in &check.verdict.gates {
            let gates = then.into_iter().flat_map(|then| &then.verdict.gates);
            let before = gates
                .filter(|before| before.gate == gate.gate)
                .map(|gate| gate.verdict)
                .next();
            row(&title(check), gate.gate.name(), before, Some(gate.verdict));
        }
    }
    for check in old.checks.iter().filter(|check| of(new, check).is_none()) {
        for gate in &check.verdict.gates {
            row(&title(check), gate.gate.name(), Some(gate.verdict), None);
        }
    }

    for property in &new.properties {
        let same = old
            .properties
            .iter()
            .find(|other| other.suite == property.suite && other.check == property.check);
        row(
            &property.suite,
            &property.check,
            same.map(|same| same.status),
            Some(property.status),
        );
    }
    changes
}

/// The cautions that decide something in one of the runs, each with how both end by it.
fn deciding<'a>(old: &'a Report, new: &'a Report) -> BTreeMap<&'a str, [Option<Ending>; 2]> {
    let mut found: BTreeMap<&str, [Option<Ending>; 2]> = BTreeMap::new();
    for (place, report) in [old, new].into_iter().enumerate() {
        let cautions = report.cautions.iter();
        for caution in cautions.filter(|caution| caution.effect != Effect::Warns) {
            found.entry(&caution.kind).or_default()[place] = Some(cautions::ending(caution));
        }
    }
    found
}

/// How a figure is shown, and what its difference is a share of.
type Unit = (fn(Option<f64>) -> String, &'static str);

fn figures(text: &mut String, old: &Report, new: &Report) {
    text.push_str("| figure | then | now | difference |\n|---|---:|---:|---:|\n");
    for change in figure_changes(old, new) {
        let (shown, of) = change.unit;
        // Percentage points of what: nothing is added for those of the word error rate, nor where
        // there are none.
        let of = if change.difference.is_some() { of } else { "" };
        let _ = writeln!(
            text,
            "| {} | {} | {} | {}{of} |",
            cell(&change.name),
            shown(change.then),
            shown(change.now),
            number::points(change.difference)
        );
    }
    text.push('\n');
}

fn figure_changes(old: &Report, new: &Report) -> Vec<FigureChange> {
    let mut changes = Vec::new();
    let mut row = |name: &str, unit: Unit, then: Option<f64>, now: Option<f64>| {
        changes.push(FigureChange {
            name: name.to_owned(),
            then,
            now,
            difference: difference(then, now),
            unit,
        });
    };

    row(
        "WER, clean",
        (number::percent, ""),
        old.clean.model.rate.value,
        new.clean.model.rate.value,
    );
    row(
        "WER of the first pass, clean",
        (number::percent, ""),
        old.clean.first_pass.rate.value,
        new.clean.first_pass.rate.value,
    );

    let figures: [(&str, Unit, Figure); 4] = [
        ("WER, perturbed", (number::percent, ""), |check| {
            check.figures.wer.text.rate.value
        }),
        // A difference already, which has a sign.
        ("gain over the first pass", (number::points, ""), |check| {
            check.figures.gain.perturbed.value
        }),
        (
            "nprr.flip",
            (number::percent, " of the clean errors"),
            |check| check.figures.nprr.flip.value,
        ),
        (
            "harmful flips",
            (number::percent, " of all lists"),
            |check| check.figures.flips.harmful.rate.value,
        ),
    ];
    for check in &new.checks {
        let then = of(old, check);
        for (name, unit, figure) in figures {
            row(
                &format!("{}: {name}", title(check)),
                unit,
                then.and_then(figure),
                figure(check),
            );
        }
    }
    changes
}

/// Which of the saved failures are new, and which are gone.
fn failures(text: &mut String, old: &Report, new: &Report) {
    let (Some(then), Some(now)) = (saved(old), saved(new)) else {
        return;
    };

    for (what, cases) in [
        ("New", now.difference(&then)),
        ("Gone", then.difference(&now)),
    ] {
        let cases: Vec<&Case<'_>> = cases.collect();
        if cases.is_empty() {
            continue;
        }
        let _ = writeln!(text, "{what} among the worst failures: {}\n", named(&cases));
    }
}

/// A failure, by what it is of: the check, the utterance, and the draw.
type Case<'a> = (String, &'a str, usize);

fn saved(report: &Report) -> Option<BTreeSet<Case<'_>>> {
    let failures = report.failures.as_ref()?;
    let cases = failures.checks.iter().flat_map(|check| {
        let title = shown::title(&check.suite, &check.check);
        let cases = check.cases.iter();
        cases.map(move |case| (title.clone(), case.id.as_str(), case.draw))
    });
    Some(cases.collect())
}

fn named(cases: &[&Case<'_>]) -> String {
    let names = cases
        .iter()
        .map(|(check, id, draw)| format!("{} in draw {draw} of {}", cell(id), cell(check)));
    first_of(&names.collect::<Vec<_>>(), MOST_NAMED)
}
