//! The summary on the terminal: what was tested, a table, the verdicts.

use crate::check::judge::verdict::GateKind;
use crate::report::columns::{columns, fitting};
use crate::report::ending::Ending;
use crate::report::record::{CheckRecord, unshown_by};
use crate::report::verdict::GateRecord;
use crate::report::wrap::{broken, fitted, fitted_behind, wrapped, wrapped_behind};
use crate::report::{
    Report, baseline, cautions, failure_text, number, property_text, shown, slices, words,
};

/// With a larger share of the lists touched, the figures over all lists say nearly the same as
/// those over these alone.
const MOSTLY_TOUCHED: f64 = 0.9;

/// Whether escape sequences color the verdicts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Color {
    /// Green, red and yellow verdicts.
    On,
    /// Plain text.
    Off,
}

/// The most lines of a run of one check, two less for where the report is: a small terminal of 25
/// lines shows all of them at once.
const MOST_LINES: usize = 23;

/// How short the summary is; whatever it leaves out is in `report.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Length {
    Whole,
    /// Without the figures of the touched lists alone, and of long sentences their beginnings.
    Short,
    /// Without the words of the worst failure, too.
    Shorter,
    /// Without the worst failure, notes, and the gain where it is not shown.
    Shortest,
}

/// The summary, ending with a newline.
///
/// With the `width` of a terminal, in columns, tables leave out what does not fit it, and long
/// lines are broken; without, as for a file or another program, lines are whole.
pub fn render(report: &Report, color: Color, width: Option<usize>) -> String {
    // A file and another program have no last line.
    let is_counted = report.checks.len() == 1 && report.properties.is_empty() && width.is_some();
    let shorter = [Length::Whole, Length::Short, Length::Shorter];
    let fitting = shorter
        .into_iter()
        .filter(|_| is_counted)
        .find_map(|length| {
            let text = of_length(report, color, width, length);
            (text.lines().count() <= MOST_LINES).then_some(text)
        });

    fitting.unwrap_or_else(|| {
        let length = if is_counted {
            Length::Shortest
        } else {
            Length::Whole
        };
        of_length(report, color, width, length)
    })
}

fn of_length(report: &Report, color: Color, width: Option<usize>, length: Length) -> String {
    let mut text = String::new();
    for caution in cautions::lines(&report.cautions) {
        prose(&mut text, &shown::shown(&caution), width);
    }

    heading(&mut text, report, color, width);
    let is_harmless = !cautions::tell_of_harm(&report.cautions);
    if !report.clean.gain_shown && is_harmless && length < Length::Shortest {
        text.push_str(&wrapped_behind(
            &format!("{}   ", bold("gain", color)),
            7,
            &no_clean_gain(report),
            7,
        ));
    }

    if let Some(preflight) = &report.preflight {
        let preflight = property_text::preflight(preflight);
        labelled(&mut text, &bold("noise", color), "noise", &preflight, width);
    }

    text.push('\n');
    for property in &report.properties {
        labelled(
            &mut text,
            &verdict(property.status, color),
            property.status.name(),
            &format!(
                "{} / {}: {}",
                property.suite, property.check, property.wording
            ),
            width,
        );
        text.push_str(&broken(&property_text::below(property), width));
    }

    if !report.properties.is_empty() && !report.checks.is_empty() {
        text.push('\n');
    }

    if !report.checks.is_empty() {
        text.push_str(&table(&report.checks, width));
        for check in &report.checks {
            if let (Some(touched), Length::Whole) = (touched(check), length) {
                prose(&mut text, &touched, width);
            }
        }
        for check in &report.checks {
            let words = check.words.as_ref();
            if let Some(caution) =
                words.and_then(|words| words::caution(words, &report.nbest.cluster))
            {
                text.push_str(&wrapped("", &format!("{}: {caution}", title(check)), 2));
            }
        }

        // The lines of one check are counted: what failed is worth more than a blank one.
        if report.checks.len() > 1 || report.failures.is_none() {
            text.push('\n');
        }
    }

    if let Some(failures) = &report.failures {
        let shown = match length {
            Length::Whole | Length::Short => failure_text::Worst::WordByWord,
            Length::Shorter => failure_text::Worst::Named,
            Length::Shortest => failure_text::Worst::Counted,
        };
        text.push_str(&failure_text::terminal(failures, shown, width));
    }

    text.push_str(&below_failures(report, color, width, length));
    text
}

/// What comes after the failures: where it degrades most, notes, and the verdicts last.
fn below_failures(report: &Report, color: Color, width: Option<usize>, length: Length) -> String {
    let in_short = length > Length::Whole;
    let mut text = String::new();
    for check in &report.checks {
        if let Some(gap) = check.slices.as_ref().and_then(slices::shown) {
            let gap = format!("degrades most  {}: {gap}", title(check));
            prose(&mut text, &gap, width);
        }
    }

    for note in &report.notes {
        if length < Length::Shortest {
            prose(&mut text, &format!("note: {}", shown::shown(note)), width);
        }
    }

    // What several gates beware of is said once.
    let gates = report.checks.iter().flat_map(|check| &check.verdict.gates);
    let mut said: Vec<&str> = Vec::new();
    for caution in gates.flat_map(|gate| gate.wording.cautions(in_short)) {
        if !said.contains(&caution) {
            said.push(caution);
            prose(&mut text, caution, width);
        }
    }

    for check in &report.checks {
        if !text.ends_with("\n\n") {
            text.push('\n');
        }
        verdicts(&mut text, check, color, in_short);
    }

    if let Some(baseline) = &report.baseline {
        let paint = |ending| verdict(ending, color);
        text.push_str(&baseline::summary(baseline, paint, width, in_short));
    }

    // One check is a verdict over all, unless something else decides.
    let mut checks = report.checks.iter().map(|check| check.verdict.verdict);
    let is_said = report.properties.is_empty()
        && report.checks.len() == 1
        && checks.all(|verdict| verdict == report.verdict);
    if report.baseline.is_none() && !is_said {
        text.push_str(&closing(report, color));
    }
    text
}

/// The verdict over everything, with how many of its parts have which.
fn closing(report: &Report, color: Color) -> String {
    let checks = report.checks.iter().map(|check| check.verdict.verdict);
    let properties = report.properties.iter().map(|property| property.status);
    let endings: Vec<Ending> = checks.chain(properties).collect();

    let order = [
        Ending::Fail,
        Ending::Error,
        Ending::Inconclusive,
        Ending::Flaky,
        Ending::Skipped,
        Ending::Pass,
    ];
    let counts = order.into_iter().filter_map(|wanted| {
        let count = endings.iter().filter(|ending| **ending == wanted).count();
        (count > 0).then(|| format!("{} {}", number::whole(count), wanted.name()))
    });
    let mut counts: Vec<String> = counts.collect();
    let mut cautions = report.cautions.iter();
    let decides = cautions.any(|caution| cautions::ending(caution) == report.verdict);
    if decides && !endings.contains(&report.verdict) {
        counts.push(format!("{} by the caution above", report.verdict.name()));
    }

    format!(
        "\n{}  {}: {}\n",
        verdict(report.verdict, color),
        number::count(endings.len(), "check"),
        counts.join(", ")
    )
}

/// What was tested, on what, and what comes out of the lists as they are.
fn heading(text: &mut String, report: &Report, color: Color, width: Option<usize>) {
    let nbest = &report.nbest;
    let clean = &report.clean;

    // A gain, as in the table below: the difference of word error rates has the other sign.
    let gain = clean.difference.value.map(|difference| -difference);
    let p = clean.difference_p.map(number::probability);
    for (label, said) in [
        (
            "model",
            format!(
                "{} (weight {}, first-pass scale {})",
                shown::shown(&report.model.name),
                short(report.model.weight),
                short(report.model.first_pass_scale)
            ),
        ),
        (
            "lists",
            format!(
                "{}: {}, {}",
                shown::shown(&nbest.files.join(", ")),
                nbest.sizes(),
                number::count(nbest.reference_words, "word"),
            ),
        ),
        (
            "clean",
            format!(
                "WER {}, first pass {}, oracle {}; gain {} (p {})",
                number::percent(clean.model.rate.value),
                number::percent(clean.first_pass.rate.value),
                number::percent(clean.oracle.rate.value),
                number::points(gain),
                p.unwrap_or_else(number::dash),
            ),
        ),
    ] {
        labelled(text, &bold(label, color), label, &said, width);
    }
}

/// What a reader must know first where a rescorer is not shown to help on the lists as they are.
pub(crate) fn no_clean_gain(report: &Report) -> String {
    if report.clean.difference.value.is_none() {
        return "That the model helps is not shown: no reference has a word, so that word error \
            rates are undefined."
            .to_owned();
    }

    format!(
        "The model is not shown to have fewer errors than the first pass on the lists as they are: \
         not by {}. Whatever else it passes, that it helps is not shown.",
        unshown_by(&report.clean, &report.nbest.cluster)
    )
}

/// The verdict on a check, and the sentence of each of its gates.
fn verdicts(text: &mut String, check: &CheckRecord, color: Color, in_short: bool) {
    line(
        text,
        &format!(
            "{}  {}{}",
            verdict(check.verdict.verdict, color),
            title(check),
            unjudged_aside(check)
        ),
    );
    for gate in &check.verdict.gates {
        let leaning = leaning(gate);
        let painted = verdict(gate.verdict, color);
        let head = format!("  {:<6}{painted}{leaning} ", gate.gate.name());
        let width = 8 + gate.verdict.name().len() + leaning.chars().count() + 1;
        let said = gate.wording.sentences(in_short);
        text.push_str(&wrapped_behind(&head, width, &said, 8));
    }

    if !check.verdict.wording.is_empty() {
        text.push_str(&wrapped("  ", &check.verdict.wording, 2));
    }
}

/// That the suite leaves a gate out: `gain not judged`.
pub(crate) fn unjudged(check: &CheckRecord) -> Option<String> {
    let gates = &check.verdict.gates;
    let is_left_out = |kind: &GateKind| gates.iter().all(|gate| gate.gate != *kind);
    let mut kinds = [GateKind::Flip, GateKind::Gain].into_iter();
    kinds
        .find(is_left_out)
        .map(|kind| format!("{} not judged", kind.name()))
}

/// The same behind the title of a check: ` (gain not judged)`.
pub(crate) fn unjudged_aside(check: &CheckRecord) -> String {
    unjudged(check).map_or_else(String::new, |gate| format!(" ({gate})"))
}

/// Which way an inconclusive gate leans, in words.
pub(crate) fn leaning(gate: &GateRecord) -> String {
    match gate.leans_to {
        Some(ending) => format!(", leans to {}:", ending.word()),
        None => ":".to_owned(),
    }
}

pub(crate) fn line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

/// A line, broken where there is a terminal.
fn prose(text: &mut String, said: &str, width: Option<usize>) {
    text.push_str(&fitted("", said, 2, width));
}

/// A line behind a `painted` label, broken where there is a terminal.
fn labelled(text: &mut String, painted: &str, label: &str, said: &str, width: Option<usize>) {
    let head = format!("{painted}  ");
    let columns = label.chars().count() + 2;
    text.push_str(&fitted_behind(&head, columns, said, columns, width));
}

/// The suite, and the check where it has another name.
pub(crate) fn title(check: &CheckRecord) -> String {
    shown::title(&check.suite, &check.check)
}

/// The figures of the touched lists, where many are not touched.
fn touched(check: &CheckRecord) -> Option<String> {
    let coverage = &check.figures.coverage;
    let share = coverage.perturbed_lists as f64 / coverage.lists as f64;
    let touched = coverage.touched.as_ref()?;
    if share >= MOSTLY_TOUCHED {
        return None;
    }

    let flip = touched.flip.as_ref().map_or_else(String::new, |flip| {
        format!("nprr.flip {}, ", number::change_with_interval(flip))
    });
    Some(format!(
        "{}, on the touched {} alone: {flip}nprr.rel {}",
        title(check),
        number::count(coverage.perturbed_lists, "list"),
        number::change_with_interval(&touched.rel)
    ))
}

/// One row per check: does it still help, is it swayed, what came from the swaps alone.
fn table(checks: &[CheckRecord], width: Option<usize>) -> String {
    let header = [
        "check",
        "WER (kept)",
        "WER (text)",
        "gain [90 %]",
        "damage repaired",
    ];

    let mut helps: Vec<Vec<String>> = vec![header.map(str::to_owned).to_vec()];
    let header = [
        "check",
        "flip [90 %]",
        "by swaps",
        "nprr.rel",
        "harmful",
        "helpful",
        "flips",
        "touched",
    ];

    let mut swayed: Vec<Vec<String>> = vec![header.map(str::to_owned).to_vec()];
    for check in checks {
        let figures = &check.figures;
        let coverage = &figures.coverage;
        let touched = coverage.perturbed_lists as f64 / coverage.lists as f64;
        helps.push(vec![
            title(check),
            number::percent(figures.wer.kept.rate.value),
            number::percent(figures.wer.text.rate.value),
            number::points_with_interval(&figures.gain.perturbed),
            number::percent(figures.repairs.rate.value),
        ]);
        swayed.push(vec![
            title(check),
            number::change_with_interval(&figures.nprr.flip),
            number::change(figures.nprr.injected.value),
            number::change(figures.nprr.rel.value),
            number::percent(figures.flips.harmful.rate.value),
            number::percent(figures.flips.helpful.rate.value),
            number::percent(figures.flips.all.rate.value),
            number::percent(Some(touched)),
        ]);
    }

    let mut text = String::new();
    let mut elsewhere: Vec<String> = Vec::new();
    for rows in [helps, swayed] {
        let heads = rows[0].clone();
        let rows = fitting(rows, width);
        elsewhere.extend_from_slice(&heads[rows[0].len()..]);
        text.push_str(&columns(&rows));
    }
    if !elsewhere.is_empty() {
        let said = format!("no room here, in report.md: {}", elsewhere.join(", "));
        prose(&mut text, &said, width);
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

pub(crate) fn verdict(ending: Ending, color: Color) -> String {
    let word = ending.word();
    if color == Color::Off {
        return word;
    }

    let code = match ending {
        Ending::Pass | Ending::Identical => "32",
        Ending::Fail | Ending::Error => "31",
        Ending::Flaky | Ending::Inconclusive | Ending::Skipped => "33",
    };
    format!("\u{1b}[1;{code}m{word}\u{1b}[0m")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_short() {
        assert_eq!(short(1.0), "1");
        assert_eq!(short(1.0 / 9.5), "0.10526");
    }
}
