//! The report folder: what it holds, and what it may replace.

use crate::cli::failures::Collected;
use crate::files::WriteError;
use crate::files::write_file;
use crate::files::write_folder;
use crate::harness::Outcome;
use crate::harness::counts::UtteranceCounts;
use crate::nbest::Utterance;
use crate::report::Report;
use crate::report::cases;
use crate::report::json;
use crate::report::markdown;
use crate::report::utterances;
use anyhow::Context;
use std::path::Path;

/// A result called `noun` replaces an earlier one, which holds the file `mark`, or an empty folder, never
/// something else.
pub(crate) fn refuse_foreign(out: &Path, noun: &str, mark: &str) -> anyhow::Result<()> {
    if !out.exists() {
        return Ok(());
    }
    anyhow::ensure!(
        out.is_dir(),
        "failed to write the {noun} to {}: it is not a folder; choose another --out",
        out.display()
    );
    let empty = std::fs::read_dir(out)
        .with_context(|| format!("failed to look into {}", out.display()))?
        .next()
        .is_none();
    anyhow::ensure!(
        empty || out.join(mark).is_file(),
        "failed to write the {noun} to {}: the folder holds something that is not a {noun}; choose another --out",
        out.display()
    );
    Ok(())
}

/// What is written to the folder.
pub(super) struct Contents<'a> {
    pub(super) report: &'a Report,
    pub(super) outcome: &'a Outcome<'a>,
    pub(super) utterances: &'a [Utterance],
    pub(super) counts: &'a [UtteranceCounts],
    pub(super) failures: &'a Collected<'a>,
}

impl Contents<'_> {
    /// Writes the folder, whole or not at all.
    pub(super) fn write(&self, folder: &Path) -> Result<(), WriteError> {
        write_folder(folder, |folder| {
            write_file(&folder.join("report.json"), |file| {
                file.write_all(json::render(self.report).as_bytes())
            })?;
            write_file(&folder.join("report.md"), |file| {
                file.write_all(markdown::render(self.report).as_bytes())
            })?;
            write_file(&folder.join("cases.jsonl"), |file| {
                cases::write(file, self.outcome, self.utterances)
            })?;
            write_file(&folder.join(utterances::FILE_NAME), |file| {
                utterances::write(file, self.counts)
            })?;
            self.failures.write(folder, self.utterances)
        })
        .map_err(|error: WriteError| error.at(folder))
    }
}
