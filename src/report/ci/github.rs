//! Annotations of GitHub Actions: workflow commands on standard output, at most ten of a kind.

use std::fmt::Write;

use crate::report::Report;
use crate::report::ci::closing::closing;
use crate::report::ci::{Inconclusive, Item, Weight, items};
use crate::report::ending::Ending;
use crate::report::shown::shown;

/// GitHub shows ten annotations of a kind in a step.
const MOST: usize = 10;

/// A step summary of more bytes is refused.
const LONGEST_SUMMARY: usize = 1_000_000;

/// What is told: an error for each failure, a warning for what stays open, for more errors than the
/// baseline's and for cautions, a notice for each note, and the [closing line](closing) last; a line
/// each.
pub(crate) fn annotations(report: &Report, inconclusive: Inconclusive) -> String {
    let closing = closing(report, inconclusive);
    let last = match closing.ending {
        Ending::Fail | Ending::Error => "error",
        Ending::Inconclusive if inconclusive.is_refused(report) => "error",
        Ending::Inconclusive => "warning",
        Ending::Pass | Ending::Identical | Ending::Flaky | Ending::Skipped => "notice",
    };
    let items = items(report);
    let told = items.iter().filter_map(|item| {
        let kind = kind(item, inconclusive)?;
        Some((kind, item.title(), item.wording.as_str()))
    });
    let notes = report.notes.iter();
    let notes = notes.map(|note| ("notice", "note".to_owned(), note.as_str()));
    let told: Vec<(&str, String, &str)> = told.chain(notes).collect();

    let mut text = String::new();
    for wanted in ["error", "warning", "notice"] {
        let own: Vec<_> = told.iter().filter(|(kind, ..)| *kind == wanted).collect();
        // One place is for the closing line, and one for the sentence on the others.
        let room = MOST - usize::from(wanted == last);
        let most = if own.len() > room { room - 1 } else { room };

        for (_, title, message) in own.iter().take(most) {
            line(&mut text, wanted, title, message);
        }
        if own.len() > most {
            let more = format!("{} more: see report.html", own.len() - most);
            line(&mut text, wanted, "robustness-check", &more);
        }
    }

    line(&mut text, last, "robustness-check", &closing.line());
    text
}

/// That there is no result, and why.
pub(crate) fn no_result(error: &str) -> String {
    let mut text = String::new();
    line(&mut text, "error", "robustness-check", error);
    text
}

/// The kind of annotation that tells an item, if one does.
fn kind(item: &Item, inconclusive: Inconclusive) -> Option<&'static str> {
    match item.weight {
        _ if item.fails(inconclusive) => Some("error"),
        Weight::Failed | Weight::Open | Weight::Flaky | Weight::Accepted | Weight::Warned => {
            Some("warning")
        }
        Weight::Passed | Weight::Skipped => item.rise.as_ref().map(|_| "warning"),
    }
}

fn line(text: &mut String, kind: &str, title: &str, message: &str) {
    let title = escaped(title).replace(':', "%3A").replace(',', "%2C");
    let _ = writeln!(text, "::{kind} title={title}::{}", escaped(message));
}

/// As workflow commands want it; control characters are shown.
fn escaped(text: &str) -> String {
    shown(text).replace('%', "%25")
}

/// `markdown` as a step summary: without its end where it is too long.
pub(crate) fn summary(markdown: &str) -> String {
    if markdown.len() <= LONGEST_SUMMARY {
        return markdown.to_owned();
    }

    let end = markdown[..markdown.floor_char_boundary(LONGEST_SUMMARY)]
        .rfind('\n')
        .unwrap_or(0);
    format!("{}\n\nThe rest is in report.md.\n", &markdown[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_one_line_whatever_is_in_it() {
        let mut text = String::new();
        line(&mut text, "error", "a: b, c", "100 %\n::error::no\r");
        assert_eq!(
            text,
            "::error title=a%3A b%2C c::100 %25\\u000a::error::no\\u000d\n"
        );
    }

    #[test]
    fn a_long_summary_ends_with_a_line() {
        let markdown = "a line\n".repeat(200_000);
        let summary = summary(&markdown);
        assert!(summary.len() < LONGEST_SUMMARY + 100);
        assert!(summary.ends_with("a line\n\nThe rest is in report.md.\n"));
    }
}
