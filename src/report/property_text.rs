//! Properties as people read them: lines for the terminal, a section of `report.md`.

use std::fmt::Write;

use crate::report::ending::Ending;
use crate::report::number;
use crate::report::properties::{PreflightRecord, PropertyRecord};
use crate::report::shown::{cell, shown, with_short_words};

/// Letters of a text that are shown.
const MOST_SHOWN: usize = 120;

/// The noise of scores, as a line without its end.
pub(crate) fn preflight(record: &PreflightRecord) -> String {
    let apart =
        |value: Option<f64>| value.map_or_else(|| "more than any number".to_owned(), number::short);
    format!(
        "scores differ by at most {} between equal calls and by {} between batches ({})",
        apart(record.repeated),
        apart(record.batched),
        number::count(record.lists, "list")
    )
}

/// The figures of a property, and the minimal case where it does not hold, for the terminal:
/// indented, each line ended.
pub(crate) fn below(record: &PropertyRecord) -> String {
    let mut text = figures(record);
    if record.status != Ending::Pass {
        text.push_str(&minimal(record));
    }
    text
}

fn figures(record: &PropertyRecord) -> String {
    let mut text = String::new();
    let figures = record.counted.iter().flat_map(|counted| &counted.figures);
    // What needs a picture is on the page.
    for figure in figures.filter(|figure| figure.spread.is_none()) {
        let value = match (figure.value, figure.of) {
            (Some(value), Some(of)) => {
                format!("{} of {}", number::percent(Some(value)), number::whole(of))
            }
            (Some(value), None) => number::short(value),
            (None, _) => "-".to_owned(),
        };
        let _ = writeln!(text, "      {}: {value}", figure.name);
    }

    text
}

fn minimal(record: &PropertyRecord) -> String {
    let mut text = String::new();
    let Some(minimal) = &record.minimal else {
        return text;
    };
    let how = match (minimal.confirmed, minimal.complete) {
        (true, true) => "nothing smaller shows it",
        (true, false) => "maybe not the smallest",
        (false, _) => "not seen again",
    };
    let what = if record.status == Ending::Pass {
        "the worst exception"
    } else {
        "minimal case"
    };
    let _ = writeln!(
        text,
        "      {what}, from {} ({how}): {}",
        with_short_words(&shown(&minimal.id)),
        shown(&minimal.sentence)
    );

    for list in &minimal.lists {
        let _ = writeln!(text, "        {}", shown(&list.title));
        for (index, hyp) in list.hyps.iter().enumerate() {
            let mark = if list.pick == Some(index) { '*' } else { ' ' };
            let mut scores = Vec::new();
            if let Some(score) = hyp.score {
                scores.push(format!("first pass {}", number::short(score)));
            }
            match (hyp.second_pass, hyp.not_finite) {
                (Some(score), _) => scores.push(format!("second pass {}", number::short(score))),
                (None, true) => scores.push("second pass not a finite number".to_owned()),
                (None, false) => {}
            }
            let _ = writeln!(
                text,
                "        {mark} \"{}\"  {}",
                shown(&abridged(&hyp.text, MOST_SHOWN)),
                scores.join(", ")
            );
        }
    }

    text.lines()
        .fold(String::new(), |text, line| text + line.trim_end() + "\n")
}

/// Long texts are cut in the middle for people; the JSON has them whole.
pub(crate) fn abridged(text: &str, most: usize) -> String {
    let count = text.chars().count();
    if count <= most {
        return text.to_owned();
    }
    let start: String = text.chars().take(most / 2).collect();
    let end: String = text.chars().skip(count - most / 4).collect();
    format!("{start} ... ({count} characters) ... {end}")
}

/// The properties in Markdown.
pub(crate) fn markdown(
    preflight_record: Option<&PreflightRecord>,
    records: &[PropertyRecord],
) -> String {
    let mut text = String::new();
    if records.is_empty() {
        return text;
    }

    text.push_str("## Properties\n\n");
    if let Some(record) = preflight_record {
        let _ = writeln!(text, "Noise: {}.\n", preflight(record));
    }

    text.push_str("| property | status | claim | seen |\n|---|---|---|---|\n");
    for record in records {
        let _ = writeln!(
            text,
            "| {} / {} | **{}** | {} | {} |",
            record.suite,
            record.check,
            record.status.word(),
            cell(&record.claim),
            cell(&record.wording)
        );
    }

    text.push('\n');
    for record in records {
        let below = figures(record) + &minimal(record);
        if !below.is_empty() {
            let _ = writeln!(
                text,
                "### {} / {}\n\n```text\n{}```\n",
                record.suite,
                record.check,
                unindented(&below)
            );
        }
    }

    text
}

fn unindented(text: &str) -> String {
    text.lines().fold(String::new(), |text, line| {
        text + line.strip_prefix("      ").unwrap_or(line) + "\n"
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_keep_both_ends() {
        let text = abridged(&"ab ".repeat(100), MOST_SHOWN);
        assert!(
            text.starts_with("ab ab") && text.ends_with("ab ") && text.contains("(300 characters)")
        );
    }
}
