//! A report for machines that build: each decision as an item that passes, fails or stays open.

pub(crate) mod github;
pub(crate) mod junit;

use crate::check::judge::remark::Effect;
use crate::report::ending::Ending;
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

/// One decision.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Item {
    /// The check, the suite of a property, or what else it belongs to.
    group: String,
    /// The gate or the property.
    name: String,
    ending: Ending,
    /// The verdict in a sentence or two.
    wording: String,
    /// What helps to find out more, a line each.
    details: Vec<String>,
}

/// All decisions of a report: cautions that decide something, gates, properties, the comparison
/// with a baseline.
fn items(report: &Report) -> Vec<Item> {
    let cautions = report
        .cautions
        .iter()
        .filter(|caution| caution.effect != Effect::Warns);
    let mut items: Vec<Item> = cautions
        .map(|caution| Item {
            group: "rescorer".to_owned(),
            name: caution.kind.clone(),
            ending: match caution.effect {
                Effect::Fails => Ending::Fail,
                Effect::Warns | Effect::BarsPass | Effect::BarsVerdict => Ending::Inconclusive,
            },
            wording: format!("{}.", caution.wording),
            details: Vec::new(),
        })
        .collect();

    for check in &report.checks {
        let named = named(report, check);
        items.extend(check.verdict.gates.iter().map(|gate| Item {
            group: title(check),
            name: gate.gate.name().to_owned(),
            ending: gate.verdict,
            wording: gate.wording.clone(),
            details: if gate.verdict == Ending::Pass {
                Vec::new()
            } else {
                named.clone()
            },
        }));
    }

    items.extend(report.properties.iter().map(|property| {
        Item {
            group: property.suite.clone(),
            name: property.check.clone(),
            ending: property.status,
            wording: property.wording.clone(),
            details: property
                .minimal
                .iter()
                .map(|minimal| format!("{}: {}", minimal.id, minimal.sentence))
                .collect(),
        }
    }));

    if let Some(baseline) = &report.baseline {
        items.extend(baseline.changes.iter().map(|change| Item {
            group: "baseline".to_owned(),
            name: change.of.clone(),
            ending: change.verdict,
            wording: change.wording.clone(),
            details: baseline::notes(baseline),
        }));
    }

    items
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
