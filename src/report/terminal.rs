//! The summary on the terminal: what was tested, a table, the verdicts.

use std::fmt::Write;

use crate::report::record::CheckRecord;
use crate::report::verdict::GateRecord;
use crate::report::wrap::{wrapped, wrapped_behind};
use crate::report::{
    Report, baseline, cautions, failure_text, number, property_text, slices, words,
};

/// With a larger share of the lists touched, the figures over all lists say nearly the same as those over these alone.
const MOSTLY_TOUCHED: f64 = 0.9;

/// Whether escape sequences color the verdicts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Color {
    /// Green, red and yellow verdicts.
    On,
    /// Plain text.
    Off,
}

/// The summary, ending with a newline.
pub fn render(report: &Report, color: Color) -> String {
    let mut text = String::new();
    for caution in cautions::lines(&report.cautions) {
        line(&mut text, &caution);
    }

    heading(&mut text, report, color);
    if !report.clean.gain_shown {
        text.push_str(&wrapped_behind(
            &format!("{}   ", bold("gain", color)),
            7,
            no_clean_gain(),
            7,
        ));
    }

    if let Some(preflight) = &report.preflight {
        let preflight = property_text::preflight(preflight);
        line(&mut text, &format!("{}  {preflight}", bold("noise", color)));
    }

    text.push('\n');
    for property in &report.properties {
        line(
            &mut text,
            &format!(
                "{}  {} / {}: {}",
                verdict(&property.status, color),
                property.suite,
                property.check,
                property.wording
            ),
        );
        text.push_str(&property_text::below(property));
    }

    if !report.properties.is_empty() && !report.checks.is_empty() {
        text.push('\n');
    }

    if !report.checks.is_empty() {
        text.push_str(&table(&report.checks));
        for check in &report.checks {
            text.push_str(&touched(check));
        }
        for check in &report.checks {
            let words = check.words.as_ref();
            if let Some(caution) =
                words.and_then(|words| words::caution(words, &report.nbest.cluster))
            {
                text.push_str(&wrapped("", &format!("{}: {caution}", title(check)), 2));
            }
        }
        text.push('\n');
    }

    if let Some(failures) = &report.failures {
        text.push_str(&failure_text::terminal(failures));
    }

    for check in &report.checks {
        if let Some(gap) = check.slices.as_ref().and_then(slices::shown) {
            line(
                &mut text,
                &format!("degrades most  {}: {gap}", title(check)),
            );
        }
    }

    for note in &report.notes {
        line(&mut text, &format!("note: {note}"));
    }

    for check in &report.checks {
        if !text.ends_with("\n\n") {
            text.push('\n');
        }
        verdicts(&mut text, check, color);
    }

    if let Some(baseline) = &report.baseline {
        text.push_str(&baseline::summary(baseline, |word| verdict(word, color)));
    }

    text
}

/// A line for each verdict: for `--quiet`, and for logs.
pub fn brief(report: &Report, color: Color) -> String {
    let mut text = String::new();
    for caution in cautions::lines(&report.cautions) {
        line(&mut text, &caution);
    }

    for property in &report.properties {
        line(
            &mut text,
            &format!(
                "{}  {} / {}",
                verdict(&property.status, color),
                property.suite,
                property.check
            ),
        );
    }

    for check in &report.checks {
        let gates = check.verdict.gates.iter().map(|gate| {
            let measured = gate
                .margins
                .iter()
                .map(|margin| match margin.scale.as_str() {
                    "relative" => number::change_with_interval(&margin.measured),
                    _ => number::points_with_interval(&margin.measured),
                });
            let measured: Vec<String> = measured.collect();
            format!(
                "{} {} {}",
                gate.gate,
                gate.verdict.to_uppercase(),
                measured.join(" and ")
            )
        });
        let gates: Vec<String> = gates.collect();
        line(
            &mut text,
            &format!(
                "{}  {}: {}",
                verdict(&check.verdict.verdict, color),
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
                verdict(&change.verdict, color),
                change.of,
                number::change_with_interval(&change.change)
            ),
        );
    }

    text
}

/// What was tested, on what, and what comes out of the lists as they are.
fn heading(text: &mut String, report: &Report, color: Color) {
    let nbest = &report.nbest;
    line(
        text,
        &format!(
            "{}  {} (weight {}, first-pass scale {})",
            bold("model", color),
            report.model.name,
            short(report.model.weight),
            short(report.model.first_pass_scale)
        ),
    );
    line(
        text,
        &format!(
            "{}  {}: {}, {}, {}, {}",
            bold("lists", color),
            nbest.files.join(", "),
            number::count(nbest.utterances, "utterance"),
            number::count(nbest.reference_words, "word"),
            number::observations(nbest),
            number::count(nbest.hypotheses, "hypothesis"),
        ),
    );

    let clean = &report.clean;
    line(
        text,
        &format!(
            "{}  WER {} against {} of the first pass ({}, p {}); oracle {}",
            bold("clean", color),
            number::percent(clean.model.rate.value),
            number::percent(clean.first_pass.rate.value),
            number::points(clean.difference.value),
            clean
                .difference_p
                .map_or_else(|| "-".to_owned(), number::probability),
            number::percent(clean.oracle.rate.value),
        ),
    );
}

/// What a reader must know first where a rescorer is not shown to help on the lists as they are.
pub(crate) fn no_clean_gain() -> &'static str {
    "The model is not shown to have fewer errors than the first pass on the lists as they are: whatever else it \
     passes, there is no evidence here that it helps."
}

/// The verdict on a check, and the sentence of each of its gates.
fn verdicts(text: &mut String, check: &CheckRecord, color: Color) {
    line(
        text,
        &format!(
            "{}  {}",
            verdict(&check.verdict.verdict, color),
            title(check)
        ),
    );
    for gate in &check.verdict.gates {
        let leaning = leaning(gate);
        let painted = verdict(&gate.verdict, color);
        let head = format!("  {:<6}{painted}{leaning} ", gate.gate);
        let width = 8 + gate.verdict.chars().count() + leaning.chars().count() + 1;
        text.push_str(&wrapped_behind(&head, width, &gate.wording, 8));
    }

    if !check.verdict.wording.is_empty() {
        text.push_str(&wrapped("  ", &check.verdict.wording, 2));
    }
}

/// Which way an inconclusive gate leans, in words.
pub(crate) fn leaning(gate: &GateRecord) -> String {
    match &gate.leans_to {
        Some(verdict) => format!(", leans to {}:", verdict.to_uppercase()),
        None => ":".to_owned(),
    }
}

fn line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

/// The suite, and the check where it has another name.
pub(crate) fn title(check: &CheckRecord) -> String {
    baseline::title(&check.suite, &check.check)
}

/// The figures of the touched lists, where many are not touched; else nothing.
fn touched(check: &CheckRecord) -> String {
    let coverage = &check.coverage;
    let share = coverage.perturbed_lists as f64 / coverage.lists as f64;
    match &coverage.touched {
        Some(touched) if share < MOSTLY_TOUCHED => format!(
            "{}, on the touched {} alone: {}nprr.rel {}\n",
            title(check),
            number::count(coverage.perturbed_lists, "list"),
            touched
                .flip
                .as_ref()
                .map_or_else(String::new, |flip| format!(
                    "nprr.flip {}, ",
                    number::change_with_interval(flip)
                )),
            number::change_with_interval(&touched.rel)
        ),
        _ => String::new(),
    }
}

/// One row per check: does it still help, is it swayed, what came from the swaps alone.
fn table(checks: &[CheckRecord]) -> String {
    let header = [
        "check",
        "WER clean",
        "kept",
        "text",
        "gain clean",
        "perturbed [90 %]",
        "repairs",
    ];

    let mut helps: Vec<Vec<String>> = vec![header.map(str::to_owned).to_vec()];
    let header = [
        "check",
        "flip [90 %]",
        "injected",
        "nprr.rel",
        "flips",
        "harmful",
        "helpful",
        "touched",
    ];

    let mut swayed: Vec<Vec<String>> = vec![header.map(str::to_owned).to_vec()];
    for check in checks {
        let touched = check.coverage.perturbed_lists as f64 / check.coverage.lists as f64;
        helps.push(vec![
            title(check),
            number::percent(check.wer.clean.rate.value),
            number::percent(check.wer.kept.rate.value),
            number::percent(check.wer.text.rate.value),
            number::points(check.gain.clean.value),
            number::points_with_interval(&check.gain.perturbed),
            number::percent(check.repairs.rate.value),
        ]);
        swayed.push(vec![
            title(check),
            number::change_with_interval(&check.nprr.flip),
            number::change(check.nprr.injected.value),
            number::change(check.nprr.rel.value),
            number::percent(check.flips.all.rate.value),
            number::percent(check.flips.harmful.rate.value),
            number::percent(check.flips.helpful.rate.value),
            number::percent(Some(touched)),
        ]);
    }

    format!("{}\n{}", columns(&helps), columns(&swayed))
}

/// No column is padded to more: a word may be longer, and `std` pads to 65,535 at most.
pub(crate) const WIDEST_COLUMN: usize = 200;

/// Left-aligned first column, right-aligned others, two spaces between.
pub(crate) fn columns(rows: &[Vec<String>]) -> String {
    let count = rows.first().map_or(0, Vec::len);
    let width = |column: usize| {
        rows.iter()
            .map(|row| row[column].chars().count())
            .max()
            .unwrap_or(0)
            .min(WIDEST_COLUMN)
    };

    let widths: Vec<usize> = (0..count).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let mut cells = Vec::new();
        for (column, cell) in row.iter().enumerate() {
            let width = widths[column];
            cells.push(if column == 0 {
                format!("{cell:<width$}")
            } else {
                format!("{cell:>width$}")
            });
        }
        let _ = writeln!(text, "{}", cells.join("  ").trim_end());
    }

    text
}

/// At most six significant digits, no trailing zeros.
pub(crate) fn short(value: f64) -> String {
    let text = format!("{value:.5}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

pub(crate) fn bold(text: &str, color: Color) -> String {
    match color {
        Color::On => format!("\u{1b}[1m{text}\u{1b}[0m"),
        Color::Off => text.to_owned(),
    }
}

fn verdict(verdict: &str, color: Color) -> String {
    let upper = verdict.to_uppercase();
    let code = match (color, verdict) {
        (Color::Off, _) => return upper,
        (Color::On, "pass" | "identical") => "32",
        (Color::On, "fail" | "error") => "31",
        (Color::On, _) => "33",
    };
    format!("\u{1b}[1;{code}m{upper}\u{1b}[0m")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let row = |cells: [&str; 2]| cells.iter().map(|cell| (*cell).to_owned()).collect();
        let text = columns(&[row(["check", "WER"]), row(["a", "23.24 %"])]);
        assert_eq!(text, "check      WER\na      23.24 %\n");
    }

    #[test]
    fn weights_are_short() {
        assert_eq!(short(1.0), "1");
        assert_eq!(short(1.0 / 9.5), "0.10526");
    }
}
