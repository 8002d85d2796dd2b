//! Saved failures, as the command line names them: files, folders, reports.

use std::fs::File;
use std::path::Path;
use std::path::PathBuf;

use anyhow::Context;

use crate::harness::counterexample;
use crate::harness::counterexample::Counterexample;
use crate::harness::replay;
use crate::report::failures::ReplayRecord;
use crate::rescore::Rescorer;

/// A saved failure with the name of its file.
#[derive(Debug)]
pub(crate) struct SavedFailure {
    /// The file's name, without folders.
    pub(crate) file: String,
    /// What is in it.
    pub(crate) counterexample: Counterexample,
}

/// Reads every file named; of a folder its `.json` files by name, of a report folder those of its failures.
pub(crate) fn read(paths: &[PathBuf]) -> anyhow::Result<Vec<SavedFailure>> {
    let mut saved = Vec::new();
    for path in paths {
        if path.is_dir() {
            for file in files(path)? {
                saved.push(read_file(&file)?);
            }
        } else {
            saved.push(read_file(path)?);
        }
    }
    Ok(saved)
}

/// Runs `saved` again.
pub(crate) fn replay(
    saved: &[SavedFailure],
    rescorer: &dyn Rescorer,
    noise: f64,
) -> anyhow::Result<Vec<ReplayRecord>> {
    let counterexamples: Vec<Counterexample> = saved
        .iter()
        .map(|saved| saved.counterexample.clone())
        .collect();
    let replays = replay::replay(&counterexamples, rescorer, noise)
        .context("failed to replay the saved failures")?;
    Ok(saved
        .iter()
        .zip(&replays)
        .map(|(saved, replay)| ReplayRecord::new(saved.file.clone(), &saved.counterexample, replay))
        .collect())
}

fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut folder = folder.to_owned();
    if folder.join("report.json").is_file() {
        folder.push("failures");
        if !folder.exists() {
            return Ok(Vec::new());
        }
    }
    let failed = || format!("failed to look for saved failures in {}", folder.display());
    let mut files = Vec::new();
    for entry in std::fs::read_dir(&folder).with_context(failed)? {
        let path = entry.with_context(failed)?.path();
        if path.is_file()
            && path
                .extension()
                .is_some_and(|extension| extension == "json")
        {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn read_file(path: &Path) -> anyhow::Result<SavedFailure> {
    let shown = path.display().to_string();
    let file =
        File::open(path).with_context(|| format!("failed to read the saved failure {shown}"))?;
    let counterexample = counterexample::read(file, &shown)?;
    let file = path
        .file_name()
        .map_or(shown, |name| name.to_string_lossy().into_owned());
    Ok(SavedFailure {
        file,
        counterexample,
    })
}
