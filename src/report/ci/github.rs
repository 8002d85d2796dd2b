//! Annotations of GitHub Actions: workflow commands on standard output, at most ten of a kind.

use std::fmt::Write;

use crate::report::Report;
use crate::report::ci::{Inconclusive, Item, items};
use crate::report::ending::Ending;
use crate::report::shown::shown;

/// GitHub shows ten annotations of a kind in a step.
const MOST: usize = 10;

/// A step summary of more bytes is refused.
const LONGEST_SUMMARY: usize = 1_000_000;

/// What is told: an error for each failure, a warning for what stays open, a notice of the verdict;
/// a line each.
pub(crate) fn annotations(report: &Report, inconclusive: Inconclusive) -> String {
    let items = items(report);
    let open = match inconclusive {
        Inconclusive::Fails => "error",
        Inconclusive::Open => "warning",
        Inconclusive::Passes => "notice",
    };
    let kind = |item: &Item| match item.ending {
        Ending::Fail | Ending::Error => Some("error"),
        Ending::Inconclusive => Some(open),
        Ending::Flaky => Some("warning"),
        Ending::Pass | Ending::Identical | Ending::Skipped => None,
    };

    let mut text = String::new();
    for wanted in ["error", "warning", "notice"] {
        let own: Vec<&Item> = items
            .iter()
            .filter(|item| kind(item) == Some(wanted))
            .collect();
        // One place is for the sentence on the others, or for the verdict.
        let most = if own.len() > MOST || wanted == "notice" {
            MOST - 1
        } else {
            MOST
        };
        for item in own.iter().take(most) {
            let title = format!("{} / {}: {}", item.group, item.name, item.ending.word());
            line(&mut text, wanted, &title, &item.wording);
        }
        if own.len() > most && wanted != "notice" {
            let more = format!("{} more: see report.html", own.len() - most);
            line(&mut text, wanted, "robustness-check", &more);
        }
    }

    // A run may fail by what no check says: by its baseline, or by what inconclusive means here.
    let failed = items.iter().any(|item| kind(item) == Some("error"));
    let ending = if failed { Ending::Fail } else { report.verdict };
    let verdict = format!("{}: robustness of {}", ending.word(), report.model.name);
    line(&mut text, "notice", "robustness-check", &verdict);
    text
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
