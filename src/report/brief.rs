//! The shortest summary: a line for each verdict.

use crate::report::baseline::BaselineRecord;
use crate::report::ci::Inconclusive;
use crate::report::ending::Ending;
use crate::report::failure_text::stopped;
use crate::report::shown::in_a_line;
use crate::report::terminal::{Color, line, title, unjudged, verdict};
use crate::report::verdict::Scale;
use crate::report::{Report, cautions, number};
use crate::stats::verdict::Verdict;

/// A line for each verdict: for `--quiet`, and for logs. The last of them is that of the run, where
/// what is `inconclusive` means that.
pub(crate) fn brief(report: &Report, inconclusive: Inconclusive, color: Color) -> String {
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
        let said = format!(
            "{}  {}",
            verdict(check.verdict.verdict, color),
            title(check)
        );
        if check.figures.coverage.perturbed_lists == 0 {
            line(&mut text, &format!("{said}: nothing was tested"));
            continue;
        }
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
        let gates: Vec<String> = gates.chain(unjudged(check)).collect();
        line(&mut text, &format!("{said}: {}", gates.join("; ")));
    }

    if let Some(baseline) = &report.baseline {
        text.push_str(&against(baseline, color));
    }

    let failures = report.failures.as_ref();
    if let Some(cause) = failures.and_then(|failures| failures.stopped.as_deref()) {
        line(&mut text, &stopped(cause));
    }

    // Others may decide: a check above, a caution, or what is not compared.
    let changes = report.baseline.iter().flat_map(|one| &one.changes);
    let checks = report.checks.iter().map(|check| check.verdict.verdict);
    let properties = report.properties.iter().map(|property| property.status);
    let last = properties.chain(checks);
    let last = last.chain(changes.map(|change| change.verdict)).last();
    let ending = inconclusive.ending(report);
    let made = inconclusive.made(report);
    if made.is_some() || last.is_none_or(|last| Ending::from(last.of_run()) != ending) {
        let why = made.map_or_else(String::new, |made| format!(": {made}"));
        line(
            &mut text,
            &format!("{}  in all{why}", verdict(ending, color)),
        );
    }

    text
}

/// A line for each change against the baseline.
fn against(baseline: &BaselineRecord, color: Color) -> String {
    let mut text = String::new();
    for change in &baseline.changes {
        let is_against = change.verdict.of_run() != Verdict::Pass;
        let accepted = if baseline.accepted && is_against {
            ", accepted"
        } else {
            ""
        };
        line(
            &mut text,
            &format!(
                "{}  {} against the baseline{accepted}: {}",
                verdict(change.verdict, color),
                change.of,
                number::change_beside(&change.change, baseline.margin)
            ),
        );
    }
    text
}
