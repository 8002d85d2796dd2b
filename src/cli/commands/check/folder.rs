//! The report folder: what it holds.

use crate::check::engine::counts::UtteranceCounts;
use crate::check::engine::outcome::Outcome;
use crate::check::judge::words::WordPair;
use crate::cli::commands::failures::Collected;
use crate::files::{ResultFolder, WriteError, write_file};
use crate::nbest::Utterance;
use crate::report::html::{self, Page};
use crate::report::{Report, cases, json, markdown, utterances};

/// The files that a report folder may have beside its saved failures.
pub(super) const FILES: [&str; 6] = [
    "report.json",
    "report.md",
    html::FILE_NAME,
    "cases.jsonl",
    utterances::FILE_NAME,
    "certificates.jsonl",
];

/// What is written to the folder.
pub(super) struct Contents<'a> {
    pub(super) report: &'a Report,
    pub(super) outcome: &'a Outcome<'a>,
    pub(super) utterances: &'a [Utterance],
    pub(super) pairs: &'a [Vec<WordPair>],
    pub(super) counts: &'a [UtteranceCounts],
    pub(super) failures: &'a Collected<'a>,
    /// The folder as whoever replays a failure names it.
    pub(super) shown: &'a str,
}

impl Contents<'_> {
    /// Writes the folder, whole or not at all.
    pub(super) fn write(&self, folder: &ResultFolder) -> Result<(), WriteError> {
        folder.replace(|folder| {
            write_file(&folder.join("report.json"), |file| {
                file.write_all(json::render(self.report).as_bytes())
            })?;
            write_file(&folder.join("report.md"), |file| {
                file.write_all(markdown::render(self.report).as_bytes())
            })?;
            write_file(&folder.join(html::FILE_NAME), |file| {
                file.write_all(self.page().as_bytes())
            })?;
            write_file(&folder.join("cases.jsonl"), |file| {
                cases::write(file, self.outcome, self.utterances)
            })?;
            write_file(&folder.join(utterances::FILE_NAME), |file| {
                utterances::write(file, self.counts)
            })?;
            self.failures.write(folder, self.utterances)
        })
    }

    fn page(&self) -> String {
        html::render(&Page {
            report: self.report,
            pairs: self.pairs,
            counterexamples: self.failures.counterexamples(),
            folder: self.shown,
        })
    }
}
