//! The significance of two systems' difference, as a page for the terminal.

use std::fmt::Write;

use crate::check::judge::clustering::ClusterUnit;
use crate::report::number;
use crate::report::significance::{Conclusion, SignificanceRecord};
use crate::report::wrap::fitted;

/// The page, ending with a newline; long lines are broken where there is a terminal.
pub(crate) fn render(record: &SignificanceRecord, width: Option<usize>) -> String {
    let mut text = String::new();
    for (letter, system) in [("A", &record.a), ("B", &record.b)] {
        let said = format!(
            "{}: WER {}, {}",
            system.name,
            system.wer.text(number::percent_with_interval),
            number::count(
                usize::try_from(system.errors).unwrap_or(usize::MAX),
                "error"
            ),
        );
        text.push_str(&fitted(&format!("{letter}  "), &said, 3, width));
    }

    text.push_str(&fitted("", &sizes(record), 2, width));
    text.push('\n');
    text.push_str(&fitted("", &conclusion(record), 0, width));
    text.push('\n');
    effects(&mut text, record, width);
    tests(&mut text, record, width);
    for note in &record.notes {
        text.push_str(&fitted("note: ", note, 6, width));
    }

    text
}

/// How much both systems heard; utterances that stand for themselves are counted once.
fn sizes(record: &SignificanceRecord) -> String {
    let words = |count: u64| number::count(usize::try_from(count).unwrap_or(usize::MAX), "word");
    let words = match record.reference_words {
        Some(count) => words(count),
        None => format!(
            "{} of A's readings of the references and {} of B's",
            words(record.a.reference_words),
            words(record.b.reference_words)
        ),
    };
    let sizes = format!("{}, {words}", number::count(record.utterances, "utterance"));
    if record.cluster == ClusterUnit::Utterance.name() {
        return sizes;
    }
    format!(
        "{sizes}, {}",
        number::count(record.clusters, &record.cluster)
    )
}

fn effects(text: &mut String, record: &SignificanceRecord, width: Option<usize>) {
    let effect = &record.effect;
    let _ = writeln!(
        text,
        "A minus B, with {} % intervals over {}s",
        number::level(1.0 - record.alpha),
        record.cluster
    );
    let rows = [
        (
            "word error rate (Fieller)",
            effect.wer_difference.text(number::points_with_interval),
        ),
        (
            "word error rate (bootstrap, percentile)",
            effect
                .bootstrap_percentile
                .text(number::points_with_interval),
        ),
        (
            "word error rate (bootstrap, BCa)",
            effect.bootstrap_bca.text(number::points_with_interval),
        ),
        (
            "errors, relative to B",
            effect
                .relative_difference
                .text(number::change_with_interval),
        ),
        (
            "errors per 1,000 words",
            effect
                .errors_per_thousand_words
                .map_or_else(number::dash, |e| {
                    number::defined(e, |e| number::signed(e, 1))
                }),
        ),
        (
            "A worse, better, equal",
            format!(
                "{}, {}, {}",
                effect.clusters_a_worse,
                effect.clusters_a_better,
                number::count(effect.clusters_equal, &record.cluster)
            ),
        ),
        (
            "Hedges' g (of errors)",
            effect.hedges_g.map_or_else(number::dash, |g| {
                number::defined(g, |g| number::signed(g, 2))
            }),
        ),
        (
            "rank-biserial correlation (of rates)",
            number::defined(effect.rank_biserial, |value| number::signed(value, 2)),
        ),
        (
            "odds of only A right",
            effect.odds_ratio.map_or_else(number::dash, |odds| {
                number::defined(odds, |odds| format!("{odds:.2}"))
            }),
        ),
        (
            "B better in resamples (ties half, no p)",
            number::percent(effect.probability_b_better),
        ),
    ];

    for (name, value) in rows {
        let head = format!("  {name:<40}  ");
        text.push_str(&fitted(&head, &value, 44, width));
    }
}

fn tests(text: &mut String, record: &SignificanceRecord, width: Option<usize>) {
    let _ = writeln!(
        text,
        "\n{:<20} {:<10} {:>6}  {:>9}  {:<9} statistic",
        "test", "unit", "n", "p", "tail"
    );

    for test in &record.tests {
        let statistic: Vec<String> = test
            .statistic
            .iter()
            .map(|(name, value)| {
                let value = value.map_or_else(number::dash, short);
                format!("{name} {value}")
            })
            .chain(test.flags.iter().map(|flag| format!("({})", flag.words())))
            .collect();
        let head = format!(
            "{:<20} {:<10} {:>6}  {:>9}  {:<9} ",
            test.test,
            test.unit,
            number::whole(test.pairs),
            number::probability(test.p),
            test.kind,
        );
        let indent = head.chars().count();
        text.push_str(&fitted(&head, &statistic.join(", "), indent, width));
    }
}

fn conclusion(record: &SignificanceRecord) -> String {
    let p = number::probability(record.tests[0].p);
    let level = format!("at {} by the exact sign-flip test, p {p}", record.alpha);

    match record.conclusion {
        Conclusion::Identical => "A and B make equally many errors everywhere.".to_owned(),
        Conclusion::BBetter => format!("B makes fewer errors ({level})."),
        Conclusion::ABetter => format!("A makes fewer errors ({level})."),
        Conclusion::NoDifferenceShown => {
            format!("No difference is shown ({level}). That is no evidence that there is none.")
        }
    }
}

/// Whole numbers as they are, others with three decimals, as `sc_stats` prints them.
fn short(value: f64) -> String {
    if value.is_nan() {
        "undefined".to_owned()
    } else if value.fract() == 0.0 {
        format!("{value}")
    } else {
        format!("{value:.3}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::significance::{PairedUtterance, compare_pairs};
    use crate::report::significance::Question;

    /// Forty utterances of ten speakers, of whom some differ.
    fn record() -> SignificanceRecord {
        let utterances = (0..40_u64).map(|index| PairedUtterance {
            speaker: Some(format!("s{}", index / 4)),
            reference_words: [10; 2],
            errors: [index % 3, index % 5 / 2],
            operations: None,
        });
        let found = compare_pairs(&utterances.collect::<Vec<_>>(), 0.95, 1).unwrap();
        let question = Question {
            names: ["a/path/to/a/file.jsonl", "b.jsonl"],
            alpha: 0.05,
            seed: 1,
        };
        SignificanceRecord::new(&question, &found)
    }

    #[test]
    fn a_page_fits_a_terminal_and_loses_no_word() {
        let words =
            |page: &str| -> Vec<String> { page.split_whitespace().map(str::to_owned).collect() };
        let whole = render(&record(), None);
        for width in [80, 120] {
            let page = render(&record(), Some(width));
            let longest = page.lines().map(|line| line.chars().count()).max();
            assert!(longest.unwrap() <= width, "{page}");
            assert_eq!(words(&page), words(&whole));
        }
    }
}
