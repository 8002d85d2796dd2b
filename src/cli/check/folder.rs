//! The report folder: what it holds, and what it may replace.

use crate::cli::failures::Collected;
use crate::files::WriteError;
use crate::files::write_file;
use crate::files::write_folder;
use crate::harness::Outcome;
use crate::nbest::Utterance;
use crate::report::Report;
use crate::report::cases;
use crate::report::json;
use crate::report::markdown;
use anyhow::Context;
use std::path::Path;

/// A report replaces an earlier report or an empty folder, never something else.
pub(super) fn refuse_foreign(out: &Path) -> anyhow::Result<()> {
    if !out.exists() {
        return Ok(());
    }
    anyhow::ensure!(
        out.is_dir(),
        "failed to write the report to {}: it is not a folder; choose another --out",
        out.display()
    );
    let empty = std::fs::read_dir(out)
        .with_context(|| format!("failed to look into {}", out.display()))?
        .next()
        .is_none();
    anyhow::ensure!(
        empty || out.join("report.json").is_file(),
        "failed to write the report to {}: the folder holds something that is not a report; choose another --out",
        out.display()
    );
    Ok(())
}

pub(super) fn write(
    folder: &Path,
    report: &Report,
    outcome: &Outcome<'_>,
    utterances: &[Utterance],
    failures: &Collected<'_>,
) -> Result<(), WriteError> {
    write_folder(folder, |folder| {
        write_file(&folder.join("report.json"), |file| {
            file.write_all(json::render(report).as_bytes())
        })?;
        write_file(&folder.join("report.md"), |file| {
            file.write_all(markdown::render(report).as_bytes())
        })?;
        write_file(&folder.join("cases.jsonl"), |file| {
            cases::write(file, outcome, utterances)
        })?;
        failures.write(folder, utterances)
    })
    .map_err(|error: WriteError| error.at(folder))
}
