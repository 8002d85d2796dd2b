//! Saved failures, as the command line names them: files, folders, reports.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use serde::Serialize;

use crate::check::engine::noise::measured_noise;
use crate::check::failures::counterexample::{self, Counterexample};
use crate::check::failures::replay;
use crate::cli::args::numbers::noise;
use crate::cli::args::outputs;
use crate::cli::exit;
use crate::cli::recorded::{Recorded, RecordedModelInput};
use crate::cli::terminal::Terminal;
use crate::files::settle;
use crate::nbest::Utterance;
use crate::report::failures::ReplayRecord;
use crate::rescore::Rescorer;

/// Which failures, what to run them with, and how the answer is printed.
#[derive(Debug, clap::Args)]
pub(crate) struct SavedInput {
    /// Saved failures: files, folders of them, or report folders
    #[arg(value_name = "CASE", required = true)]
    cases: Vec<PathBuf>,
    #[command(flatten)]
    model: RecordedModelInput,
    /// Margin of total scores that counts as noise; measured if not given
    #[arg(long, value_name = "MARGIN", value_parser = noise)]
    noise: Option<f64>,
    /// Print a JSON array instead of text
    #[arg(long)]
    json: bool,
}

impl SavedInput {
    /// The failures named, of which there must be some.
    pub(crate) fn read(&self) -> anyhow::Result<Vec<CounterexampleFile>> {
        let saved = read(&self.cases)?;
        let names: Vec<String> = self
            .cases
            .iter()
            .map(|path| path.display().to_string())
            .collect();

        anyhow::ensure!(
            !saved.is_empty(),
            "there is no saved failure in {}: a check writes them to the folder failures of its \
                report",
            names.join(", ")
        );

        Ok(saved)
    }

    /// What `work` makes of `saved`, on the threads asked for, given the model and the margin that
    /// counts as noise; progress bars call it `doing`.
    pub(crate) fn run<T: Send>(
        &self,
        saved: &[CounterexampleFile],
        doing: &str,
        terminal: &Terminal,
        work: impl FnOnce(&dyn Rescorer, f64) -> anyhow::Result<T> + Send,
    ) -> anyhow::Result<T> {
        let cases = outputs::inputs("CASE", self.cases.iter().map(PathBuf::as_path));
        let progress = Arc::new(terminal.progress("texts"));
        progress.begin(doing, 0);
        let reports = Recorded::of(&self.cases)?;
        let (model, pool) = self
            .model
            .load(&reports, &cases, terminal, Arc::clone(&progress))?;

        let done = pool.install(|| {
            let noise = match self.noise {
                Some(noise) => noise,
                None => noise_in(saved, model.rescorer())?,
            };
            work(model.rescorer(), noise)
        });
        progress.finish();
        model.say_cached(terminal);

        done
    }

    /// Prints `records` as JSON if asked to, or else each as `text` has it.
    pub(crate) fn print<T: Serialize>(
        &self,
        records: &[T],
        out: &mut dyn Write,
        text: impl FnOnce(&[T], &mut dyn Write) -> io::Result<()>,
    ) -> anyhow::Result<()> {
        let print = || -> io::Result<()> {
            if self.json {
                serde_json::to_writer_pretty(&mut *out, records)?;
                writeln!(out)
            } else {
                text(records, out)
            }
        };
        print().context(exit::STANDARD_OUTPUT)
    }
}

/// The noise of the scores of the lists in which failures were found.
fn noise_in(saved: &[CounterexampleFile], rescorer: &dyn Rescorer) -> anyhow::Result<f64> {
    let utterances = saved
        .iter()
        .map(|saved| Ok(saved.counterexample.drawn_pair()?.utterance().clone()))
        .collect::<anyhow::Result<Vec<Utterance>>>()?;
    measured_noise(&utterances, rescorer).context("failed to score the lists of the failures")
}

/// A saved failure with the name of its file.
#[derive(Debug)]
pub(crate) struct CounterexampleFile {
    /// The file's name, without folders.
    pub(crate) file: String,
    /// What is in it.
    pub(crate) counterexample: Counterexample,
}

/// Reads every file named, once; of a folder its `.json` files by name, of a report folder those of its
/// failures.
pub(crate) fn read(paths: &[PathBuf]) -> anyhow::Result<Vec<CounterexampleFile>> {
    let mut saved = Vec::new();
    let mut known = BTreeSet::new();
    // A file that is named twice, or stands in a folder that is named too, is one failure.
    let mut add = |file: &Path| -> anyhow::Result<()> {
        let read = read_file(file)?;
        if known.insert(file.canonicalize().unwrap_or_else(|_| file.to_owned())) {
            saved.push(read);
        }
        Ok(())
    };

    for path in paths {
        if path.is_dir() {
            let seen = settle(path)?;
            for file in files(path)? {
                add(&file)?;
            }
            seen.unchanged()?;
        } else {
            add(path)?;
        }
    }

    Ok(saved)
}

/// Runs `saved` again.
pub(crate) fn replay(
    saved: &[CounterexampleFile],
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

    // Folders list their files in any order.
    files.sort();
    Ok(files)
}

fn read_file(path: &Path) -> anyhow::Result<CounterexampleFile> {
    let shown = path.display().to_string();
    let file =
        File::open(path).with_context(|| format!("failed to read the saved failure {shown}"))?;
    let counterexample = counterexample::read(file, &shown)?;
    let file = path
        .file_name()
        .map_or(shown, |name| name.to_string_lossy().into_owned());

    Ok(CounterexampleFile {
        file,
        counterexample,
    })
}
