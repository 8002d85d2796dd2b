//! `comparison.csv`: one figure a line, for spreadsheets and data frames (RFC 4180).

use crate::check::compare::pooled::{Extremes, PooledFigure};
use crate::check::compare::strategy::ContenderCheck;
use crate::check::judge::estimate::Estimate;
use crate::report::comparison::record::{ComparisonReport, ContenderRecord};
use crate::report::comparison::tables::rise;
use crate::report::shown::shown;

const HEADER: &str =
    "label,strategy,rescorers,suite,check,figure,value,low,high,confidence,min,max";

/// The figures, with a header; rates are shares, differences of them too.
///
/// `value` of a paired test is the difference; its probability is a figure of its own, named
/// `p` and the family.
pub(crate) fn render(report: &ComparisonReport) -> String {
    let mut text = format!("{HEADER}\n");
    for contender in &report.contenders {
        let mut writer = Writer {
            text: &mut text,
            contender,
            place: ["", ""],
        };
        writer.estimate(
            "wer_clean",
            &contender.wer.rate,
            contender.wer_range.as_ref(),
        );
        writer.figure("over_first_pass", &contender.over_first_pass);
        if let Some(over_full) = &contender.over_full {
            writer.estimate("over_full", over_full, None);
        }
        for rescorer in &contender.rescorers {
            let cost = rescorer.cost;
            let of = |count: Option<usize>| count.map(|count| count as f64);
            writer.number("trained_numbers", of(cost.trained_numbers));
            writer.number("stored_numbers", of(cost.stored_numbers));
            writer.number("model_numbers", of(cost.model_numbers));
            writer.number("training_seconds", cost.seconds);
            writer.number(
                "training_peak_memory_bytes",
                cost.peak_memory_bytes.map(|bytes| bytes as f64),
            );
        }
        for (subject, check) in report.checks.iter().zip(&contender.checks) {
            writer.place = [&subject.suite, &subject.check];
            writer.check(check);
        }
        for family in &report.families {
            for test in family
                .tests
                .iter()
                .filter(|test| test.label == contender.label)
            {
                let place = [&test.suite, &test.check];
                writer.place = place.map(|name| name.as_deref().unwrap_or(""));
                let name = format!("{}: {}", family.name, test.measure);
                writer.estimate(&name, &test.difference, None);
                writer.number(&format!("p {name}"), Some(test.p));
                writer.number(&format!("p (Holm) {name}"), Some(test.p_adjusted));
            }
        }
    }

    text
}

struct Writer<'a> {
    text: &'a mut String,
    contender: &'a ContenderRecord,
    /// Suite and check, empty on the clean lists.
    place: [&'a str; 2],
}

impl Writer<'_> {
    fn check(&mut self, check: &ContenderCheck) {
        self.estimate("wer_text", &check.wer_text.rate, None);
        self.estimate("wer_kept", &check.wer_kept.rate, None);
        self.number("rise", rise(self.contender, check));
        self.figure("nprr.rel", &check.nprr_rel);
        self.figure("nprr.injected", &check.nprr_injected);
        self.figure("nprr.flip", &check.nprr_flip);
        self.figure("flip_cost", &check.flip_cost);
        self.figure("gain", &check.gain_perturbed);
        self.figure("nprr.pass", &check.nprr_pass);
        if let Some(nprr_ref) = &check.nprr_ref {
            self.estimate("nprr.ref", nprr_ref, None);
        }

        self.figure("flips", &check.flips);
        self.figure("harmful_flips", &check.harmful_flips);
        self.figure("helpful_flips", &check.helpful_flips);
        self.figure("nprr.rel (touched)", &check.touched_nprr_rel);
        self.figure("nprr.flip (touched)", &check.touched_nprr_flip);
        self.number("kendall_tau", check.kendall_tau);
    }

    fn figure(&mut self, name: &str, figure: &PooledFigure) {
        self.estimate(name, &figure.pooled, figure.range.as_ref());
    }

    fn number(&mut self, name: &str, value: Option<f64>) {
        if value.is_some() {
            self.line(name, [value, None, None, None, None, None]);
        }
    }

    fn estimate(&mut self, name: &str, estimate: &Estimate, range: Option<&Extremes>) {
        self.line(
            name,
            [
                estimate.value,
                estimate.low,
                estimate.high,
                Some(estimate.confidence),
                range.map(|range| range.min),
                range.map(|range| range.max),
            ],
        );
    }

    fn line(&mut self, name: &str, numbers: [Option<f64>; 6]) {
        let contender = self.contender;
        let strategy = contender.strategy.as_deref().unwrap_or("");
        let rescorers = contender.rescorers.len().to_string();
        let [suite, check] = self.place;
        let words = [&contender.label, strategy, &rescorers, suite, check, name].map(quoted);
        let numbers =
            numbers.map(|value| value.map_or_else(String::new, |value| value.to_string()));
        self.text.push_str(&words.join(","));
        self.text.push(',');
        self.text.push_str(&numbers.join(","));

        self.text.push('\n');
    }
}

/// A field, in quotes where it holds something that would end it; behind an apostrophe where a
/// spreadsheet would take it for a formula.
fn quoted(field: &str) -> String {
    let field = shown(field);
    let field = match field.chars().next() {
        Some('=' | '+' | '-' | '@') => format!("'{field}"),
        _ => field,
    };
    if field.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field
    }
}
