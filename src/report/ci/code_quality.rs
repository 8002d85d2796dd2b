//! Code quality as GitLab shows it in a merge request: an entry for each decision that is not
//! plainly well, in the part of Code Climate's format that GitLab reads.
//!
//! GitLab tells what is new from what was there by the fingerprints, so that these say what was
//! decided and how, and nothing that changes from run to run.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::report::Report;
use crate::report::ci::{Inconclusive, Item, Weight, items};
use crate::report::shown::{self, shown};

/// What every name of a check begins with.
const OWN: &str = "robustness-check/";

/// Letters of a fingerprint: as many as those of others.
const FINGERPRINT: usize = 32;

/// Whether a file with this first line was written here.
pub(crate) fn is_ours(line: &str) -> bool {
    line == "[]" || line.starts_with(&format!("[{{\"check_name\":\"{OWN}"))
}

/// Where GitLab shows entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Places {
    /// The checks and properties of suites that are files, by their titles.
    pub(crate) checks: BTreeMap<String, Place>,
    /// Everything else.
    pub(crate) elsewhere: Place,
}

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// As the repository names the file.
    pub(crate) path: String,
    /// From 1.
    pub(crate) line: usize,
}

impl Places {
    fn of(&self, item: &Item) -> &Place {
        let titles = [
            item.group.clone(),
            shown::title(&item.group, &item.name),
            item.name.clone(),
        ];
        let found = titles.iter().find_map(|title| self.checks.get(title));
        found.unwrap_or(&self.elsewhere)
    }
}

#[derive(Serialize)]
struct Entry {
    /// First, as it tells whose file it is.
    check_name: String,
    description: String,
    severity: &'static str,
    fingerprint: String,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: usize,
}

/// The document: an array with an entry a line, ending with a newline.
pub(crate) fn render(report: &Report, inconclusive: Inconclusive, places: &Places) -> String {
    let mut fingerprints = BTreeSet::new();
    let mut entries = Vec::new();
    for item in items(report) {
        let Some(severity) = severity(&item, inconclusive) else {
            continue;
        };

        // Of two that are alike GitLab would show one: one of so many copies is still free.
        let fingerprint = (0..=entries.len())
            .map(|copy| fingerprint(&report.model.name, &item, copy))
            .find(|fingerprint| fingerprints.insert(fingerprint.clone()));
        let place = places.of(&item);
        let group = item.group.replace(" / ", "/");
        let entry = Entry {
            check_name: shown(&format!("{OWN}{group}/{}", item.name)),
            description: shown(&format!("{}. {}", item.title(), item.wording)),
            severity,
            fingerprint: fingerprint.unwrap_or_default(),
            location: Location {
                path: shown(&place.path),
                lines: Lines { begin: place.line },
            },
        };
        entries.push(serde_json::to_string(&entry).expect("strings and numbers are JSON"));
    }

    format!("[{}]\n", entries.join(",\n"))
}

/// How bad it is; `None` for what is well.
fn severity(item: &Item, inconclusive: Inconclusive) -> Option<&'static str> {
    match item.weight {
        _ if item.fails(inconclusive) => Some("major"),
        Weight::Failed | Weight::Open | Weight::Flaky => Some("minor"),
        Weight::Accepted | Weight::Warned => Some("info"),
        Weight::Passed | Weight::Skipped => item.rise.as_ref().map(|_| "info"),
    }
}

/// The same for the same decision about the same model, in every run.
fn fingerprint(model: &str, item: &Item, copy: usize) -> String {
    let decided = (model, &item.group, &item.name, item.ending.name(), copy);
    let text = serde_json::to_string(&decided).expect("strings and numbers are JSON");
    let mut digits = blake3::hash(text.as_bytes()).to_hex().to_string();
    digits.truncate(FINGERPRINT);
    digits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::ending::Ending;

    #[test]
    fn what_fails_is_worse_than_what_is_open_and_what_passes_is_left_out() {
        let item = |ending| Item::new("perturb-n", "flip", ending, String::new());
        for (ending, expected) in [
            (Ending::Fail, Some("major")),
            (Ending::Error, Some("major")),
            (Ending::Inconclusive, Some("minor")),
            (Ending::Flaky, Some("minor")),
            (Ending::Pass, None),
            (Ending::Skipped, None),
        ] {
            assert_eq!(
                severity(&item(ending), Inconclusive::Open),
                expected,
                "{ending:?}"
            );
        }

        for ending in [Ending::Inconclusive, Ending::Flaky] {
            let strict = severity(&item(ending), Inconclusive::Fails);
            assert_eq!(strict, Some("major"), "{ending:?}");
        }
        let rise = Item {
            rise: Some("2 more errors".to_owned()),
            ..item(Ending::Pass)
        };
        assert_eq!(severity(&rise, Inconclusive::Open), Some("info"));
        let barred = Item {
            bars: true,
            ..item(Ending::Inconclusive)
        };
        assert_eq!(severity(&barred, Inconclusive::Open), Some("minor"));
        assert_eq!(severity(&barred, Inconclusive::Passes), Some("major"));
    }

    #[test]
    fn a_fingerprint_says_what_was_decided_and_not_in_which_words() {
        let item = |wording: &str| Item::new("a", "flip", Ending::Fail, wording.to_owned());
        let first = fingerprint("m", &item("by 4 errors"), 0);
        assert_eq!(first, fingerprint("m", &item("by 5 errors"), 0));
        assert_eq!(first.len(), FINGERPRINT);

        let others = [
            fingerprint("m", &item(""), 1),
            fingerprint("n", &item(""), 0),
            fingerprint("m", &Item::new("a", "gain", Ending::Fail, String::new()), 0),
            fingerprint(
                "m",
                &Item::new("a", "flip", Ending::Flaky, String::new()),
                0,
            ),
        ];
        assert!(others.iter().all(|other| *other != first), "{others:?}");
    }

    #[test]
    fn a_decision_stands_at_its_check() {
        let at = |line| Place {
            path: "suite.toml".to_owned(),
            line,
        };
        let titles = [("mine / one", 3), ("mine", 9)];
        let places = Places {
            checks: titles
                .map(|(title, line)| (title.to_owned(), at(line)))
                .into(),
            elsewhere: at(1),
        };
        for (group, name, line) in [
            ("mine / one", "flip", 3),
            ("mine", "one", 9),
            ("baseline", "mine / one", 3),
            ("baseline", "clean", 1),
            ("rescorer", "unsteady", 1),
        ] {
            let item = Item::new(group, name, Ending::Fail, String::new());
            assert_eq!(places.of(&item).line, line, "{group} / {name}");
        }
    }

    #[test]
    fn files_of_others_are_told_apart() {
        assert!(is_ours("[]") && is_ours("[{\"check_name\":\"robustness-check/a/flip\",\"x\""));
        assert!(!is_ours("[{\"check_name\":\"clippy\"") && !is_ours("[") && !is_ours("{}"));
    }
}
