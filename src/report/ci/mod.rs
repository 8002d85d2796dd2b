//! A report for machines that build: each decision as an item that passes, fails or stays open.

pub(crate) mod closing;
pub(crate) mod github;
pub(crate) mod junit;

use crate::report::baseline::BaselineRecord;
use crate::report::failures::CounterexampleRecord;
use crate::report::record::CheckRecord;
use crate::report::terminal::title;
use crate::report::{Report, baseline, number};

/// Failures of a check that are named where it fails.
const MOST_NAMED: usize = 3;

/// What an inconclusive verdict means to whoever runs the check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Inconclusive {
    /// It is told apart from both others.
    Open,
    /// It is no reason to stop.
    Passes,
    /// It is as bad as a failure.
    Fails,
}

/// What whoever runs the check makes of its verdicts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Policy {
    /// What an inconclusive verdict means.
    pub(crate) inconclusive: Inconclusive,
    /// Whether being worse than the baseline is accepted.
    pub(crate) accepts_worse: bool,
}

/// How an item ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Passed,
    Failed,
    /// Neither was shown.
    Open,
    /// It failed once and not again.
    Flaky,
    /// It could not be asked.
    Skipped,
    /// It failed, which is accepted.
    Accepted,
}

/// One decision.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Item {
    /// The check, the suite of a property, or what else it belongs to.
    group: String,
    /// The gate or the property.
    name: String,
    /// The verdict as reports write it.
    verdict: String,
    ending: Ending,
    /// The verdict in a sentence or two.
    wording: String,
    /// What helps to find out more, a line each.
    details: Vec<String>,
    /// How many errors more than the baseline's there are, if so.
    rise: Option<String>,
}

/// All decisions of a report: cautions that decide something, gates, properties, the comparison
/// with a baseline.
fn items(report: &Report, policy: Policy) -> Vec<Item> {
    let cautions = report
        .cautions
        .iter()
        .filter(|caution| caution.effect != "warns");
    let mut items: Vec<Item> = cautions
        .map(|caution| Item {
            group: "rescorer".to_owned(),
            name: caution.kind.clone(),
            verdict: if caution.effect == "fails" {
                "fail"
            } else {
                "inconclusive"
            }
            .to_owned(),
            ending: if caution.effect == "fails" {
                Ending::Failed
            } else {
                Ending::Open
            },
            wording: format!("{}.", caution.wording),
            details: Vec::new(),
            rise: None,
        })
        .collect();

    for check in &report.checks {
        let named = named(report, check);
        items.extend(check.verdict.gates.iter().map(|gate| Item {
            group: title(check),
            name: gate.gate.clone(),
            verdict: gate.verdict.clone(),
            ending: ending(&gate.verdict),
            wording: gate.wording.clone(),
            details: if gate.verdict == "pass" {
                Vec::new()
            } else {
                named.clone()
            },
            rise: None,
        }));
    }

    items.extend(report.properties.iter().map(|property| {
        Item {
            group: property.suite.clone(),
            name: property.check.clone(),
            verdict: property.status.clone(),
            ending: ending(&property.status),
            wording: property.wording.clone(),
            details: property
                .minimal
                .iter()
                .map(|minimal| format!("{}: {}", minimal.id, minimal.sentence))
                .collect(),
            rise: None,
        }
    }));

    items.extend(
        report
            .baseline
            .iter()
            .flat_map(|baseline| against(baseline, policy)),
    );
    items
}

/// The decisions of a comparison with a baseline, and what could not be compared.
fn against(baseline: &BaselineRecord, policy: Policy) -> Vec<Item> {
    let item = |name: &str, verdict: &str, wording: String| Item {
        group: "baseline".to_owned(),
        name: name.to_owned(),
        verdict: verdict.to_owned(),
        ending: match ending(verdict) {
            Ending::Failed if policy.accepts_worse => Ending::Accepted,
            ending => ending,
        },
        wording,
        details: baseline::notes(baseline),
        rise: None,
    };

    let changes = baseline.changes.iter().map(|change| Item {
        rise: baseline::rise(change),
        ..item(&change.of, &change.verdict, change.wording.clone())
    });
    let uncounted = baseline.uncounted_checks.iter().map(|check| {
        let wording = format!("{check}: not compared, for want of counts.");
        item(check, "inconclusive", wording)
    });
    changes.chain(uncounted).collect()
}

fn ending(verdict: &str) -> Ending {
    match verdict {
        "pass" | "identical" => Ending::Passed,
        "fail" | "error" => Ending::Failed,
        "flaky" => Ending::Flaky,
        "skipped" => Ending::Skipped,
        _ => Ending::Open,
    }
}

/// The worst failures of a check, a line each.
fn named(report: &Report, check: &CheckRecord) -> Vec<String> {
    let failures = report.failures.iter().flat_map(|failures| &failures.checks);
    let mut own =
        failures.filter(|record| record.suite == check.suite && record.check == check.check);
    let Some(record) = own.next() else {
        return Vec::new();
    };

    let line = |case: &CounterexampleRecord| {
        format!(
            "{}, draw {}: {}; {} more (failures/{})",
            case.id,
            case.draw,
            case.minimal.substitutions.join(", "),
            number::count(case.minimal.damage, "error"),
            case.file
        )
    };
    record.cases.iter().take(MOST_NAMED).map(line).collect()
}
