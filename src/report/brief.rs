//! The shortest summary: a line for each verdict.

use crate::report::ending::Ending;
use crate::report::failure_text::stopped;
use crate::report::shown::in_a_line;
use crate::report::terminal::{Color, line, title, verdict};
use crate::report::verdict::Scale;
use crate::report::{Report, cautions, number};

/// A line for each verdict: for `--quiet`, and for logs.
pub(crate) fn brief(report: &Report, color: Color) -> String {
    let mut text = String::new();
    for caution in cautions::lines(&report.cautions) {
        line(&mut text, &caution);
    }

    for property in &report.properties {
        let status = verdict(property.status, color);
        let mut said = format!("{status}  {} / {}", property.suite, property.check);
        if property.status == Ending::Error {
            said = format!("{said}: {}", in_a_line(&property.wording));
        }
        line(&mut text, &said);
    }

    for check in &report.checks {
        let gates = check.verdict.gates.iter().map(|gate| {
            let measured = gate.margins.iter().map(|margin| match margin.scale {
                Scale::Relative => number::change_with_interval(&margin.measured),
                Scale::Absolute | Scale::Gain => number::points_with_interval(&margin.measured),
            });
            let measured: Vec<String> = measured.collect();
            format!(
                "{} {} {}",
                gate.gate.name(),
                gate.verdict.word(),
                measured.join(" and ")
            )
        });
        let gates: Vec<String> = gates.collect();
        line(
            &mut text,
            &format!(
                "{}  {}: {}",
                verdict(check.verdict.verdict, color),
                title(check),
                gates.join("; ")
            ),
        );
    }

    for change in report
        .baseline
        .iter()
        .flat_map(|baseline| &baseline.changes)
    {
        line(
            &mut text,
            &format!(
                "{}  {} against the baseline: {}",
                verdict(change.verdict, color),
                change.of,
                number::change_with_interval(&change.change)
            ),
        );
    }

    let failures = report.failures.as_ref();
    if let Some(cause) = failures.and_then(|failures| failures.stopped.as_deref()) {
        line(&mut text, &stopped(cause));
    }

    // A caution may decide for all of them.
    let checks = report.checks.iter().map(|check| check.verdict.verdict);
    let properties = report.properties.iter().map(|property| property.status);
    let is_said = checks
        .chain(properties)
        .any(|ending| ending == report.verdict);
    if !is_said && report.baseline.is_none() {
        line(
            &mut text,
            &format!("{}  in all", verdict(report.verdict, color)),
        );
    }

    text
}
