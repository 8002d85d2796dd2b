//! `--sweep lr=1e-4,3e-4,1e-3`: trains once per value and keeps what is best on the development
//! lists.
//!
//! Candidates wait in OUT.sweep, each with the plan it was trained by, until all
//! are there; an interrupted sweep finds those that are finished and goes on with the next.

use std::fs;
use std::path::Path;

use anyhow::Context;

use crate::bert::checkpoint::CHECKPOINT_FILE;
use crate::cli::args::outputs::MODEL_FILES;
use crate::cli::commands::train::asked::{SWEEP_FILE, resuming};
use crate::cli::commands::train::attempt;
use crate::cli::commands::train::candidate::{Candidate, Model, best};
use crate::cli::commands::train::divergence::{after_sweep, is_divergence};
use crate::cli::commands::train::ending::Trained;
use crate::cli::commands::train::inputs::TrainInputs;
use crate::cli::commands::train::looks::Looks;
use crate::cli::commands::train::options::Options;
use crate::cli::commands::train::out_of_range::OutOfRange;
use crate::cli::commands::train::{Args, Output};
use crate::cli::exit::Exit;
use crate::cli::terminal::Terminal;
use crate::files::document::{DOCUMENT, read_text};
use crate::files::seal::{seal, unseal};
use crate::files::{ResultFolder, WriteError, beside, is_as_written, remove_folder, write_bytes};
use crate::report::columns::WIDEST_COLUMN;
use crate::report::number::percent;
use crate::train::cost::TrainingCost;
use crate::train::difference::refuse_difference;

/// Options that can be swept: numbers that change the plan, and nothing that is read.
const SWEPT: [&str; 14] = [
    "lr",
    "rank",
    "alpha",
    "dropout",
    "head-lr-ratio",
    "b-lr-ratio",
    "weight-decay",
    "clip-norm",
    "correlation",
    "orthogonality",
    "mwed",
    "distillation",
    "consistency",
    "warm-up-share",
];

/// An option and the values it is given.
#[derive(Debug, PartialEq)]
pub(super) struct Sweep {
    option: String,
    /// As typed, with the number each is; at least two, no number twice.
    values: Vec<(String, serde_json::Number)>,
}

impl Sweep {
    /// Reads `NAME=V,V,...`.
    pub(super) fn parse(text: &str) -> anyhow::Result<Sweep> {
        let example = "write --sweep lr=1e-4,3e-4,1e-3";

        let (option, values) = text
            .split_once('=')
            .with_context(|| format!("--sweep {text}: {example}"))?;
        let option = option.trim().trim_start_matches("--");

        if !SWEPT.contains(&option) {
            let near = SWEPT
                .iter()
                .map(|known| (strsim::damerau_levenshtein(known, option), *known))
                .min()
                .filter(|(distance, known)| 3 * distance <= known.len());
            let hint = near.map_or(String::new(), |(_, known)| {
                format!(" did you mean {known}?")
            });
            anyhow::bail!(
                "--sweep {text}: {option} cannot be swept;{hint} there are {}",
                SWEPT.join(", ")
            );
        }

        let mut numbers: Vec<(String, serde_json::Number)> = Vec::new();
        for value in values.split(',').map(str::trim) {
            let number = number(value)
                .with_context(|| format!("--sweep {text}: \"{value}\" is no number; {example}"))?;
            if numbers
                .iter()
                .any(|(_, other)| other.as_f64() == number.as_f64())
            {
                anyhow::bail!("--sweep {text}: {value} is there twice");
            }
            numbers.push((value.to_owned(), number));
        }

        if numbers.len() < 2 {
            anyhow::bail!("--sweep {text}: there is only one value to choose from; {example}");
        }

        Ok(Sweep {
            option: option.to_owned(),
            values: numbers,
        })
    }

    /// Trains what is not trained yet, and keeps the best.
    pub(super) fn run(
        &self,
        args: &Args,
        options: &Options,
        inputs: &TrainInputs,
        output: &Output,
        terminal: &Terminal,
    ) -> anyhow::Result<(Exit, String)> {
        let folder = beside(output.folder.path(), ".sweep");
        if folder.exists() && !args.resumes() {
            anyhow::bail!(
                "a sweep is saved in {}: go on with {}, or remove it to start anew",
                folder.display(),
                resuming(&folder)
            );
        }

        // All plans before the first step: what cannot work is refused before an hour is spent.
        let variants = self.variants(options, inputs)?;
        fs::create_dir_all(&folder)
            .with_context(|| format!("failed to make {}", folder.display()))?;
        let asked = folder.join(SWEEP_FILE);
        if !asked.exists() {
            let text = output.asked.sealed()?;
            write_bytes(&asked, &text)?;
        }

        let mut candidates = Vec::new();
        for (index, ((label, value), (options, plan))) in
            self.values.iter().zip(&variants).enumerate()
        {
            let name = format!("{}={label}", self.option);
            let (place, state) = (folder.join(&name), folder.join(format!("{name}.training")));
            let attempt = Output::hold(args, options, &place, state, output.asked.clone())?;
            let of = self.values.len();
            let plan_file = folder.join(format!("{name}.plan.json"));
            // Without its plan it is one that an ended sweep was about to delete.
            if plan_file.is_file() && place.join(CHECKPOINT_FILE).is_file() {
                let saved = saved_plan(&plan_file, &place)?;
                refuse_difference(&place, &saved, plan)
                    .map_err(|error| output.told(args, error))?;
                terminal.say(&format!("sweep {} of {of}: {name} is trained", index + 1));
                // A run that was killed once its model was written may have left its state.
                attempt.clear()?;
            } else {
                terminal.say(&format!("sweep {} of {of}: {name}", index + 1));
                let (text, _) = seal("", &plan.to_string());
                write_bytes(&plan_file, &text)?;
                let home = output.folder.path();
                let home = (home, Some(name.as_str()));
                match attempt::train(args, options, inputs, &attempt, home, terminal) {
                    Ok(Trained::Interrupted(kept)) => {
                        let after = kept.map_or(0, |kept| kept.step);
                        let summary = format!(
                            "interrupted at {name} after step {after}; what was trained is in {}: \
                                {} goes on",
                            folder.display(),
                            resuming(&folder)
                        );
                        return Ok((Exit::Interrupted, summary));
                    }
                    Ok(Trained::Finished(_)) => attempt.clear()?,
                    Err(error) if is_divergence(&error) => {
                        terminal.warn(&format!("{name} diverged, and is left out: {error:#}"));
                        attempt.clear()?;
                    }
                    Err(error) => return Err(error),
                }
            }
            let is_trained = place.join(CHECKPOINT_FILE).is_file();
            candidates.push(Candidate {
                label: label.clone(),
                value: value.clone(),
                model: is_trained.then(|| Model::read(&place)).transpose()?,
                folder: place,
                plan: plan_file,
            });
        }

        let Some((best, winner)) = best(&candidates) else {
            remove(&candidates, &asked, &folder)?;
            output.clear()?;
            anyhow::bail!(
                "--sweep {}: training diverged with every value; {}",
                self.option,
                after_sweep(&self.option, self.lowest(), options)
            );
        };

        for line in self.table(&candidates, best) {
            terminal.say(&line);
        }
        let kept = format!("{}={}", self.option, candidates[best].label);
        let looks = Looks::of(&winner.checkpoint);
        if let Some(warning) = looks.nothing_learned(&attempt::rates(options, Some(&kept))) {
            terminal.warn(&format!("{kept}, which is kept: {warning}"));
        }

        self.keep(
            &candidates,
            &candidates[best].folder,
            winner,
            &output.folder,
        )?;
        remove(&candidates, &asked, &folder)?;
        // Held and never written to, but a run that was killed may have left it.
        output.clear()?;

        let value = format!("{kept} of {} values", candidates.len());
        let (place, checkpoint) = (output.folder.path(), &winner.checkpoint);
        let summary = attempt::summary(place, Some(&value), checkpoint, &inputs.data);
        Ok((Exit::Pass, summary))
    }

    /// The lowest value.
    fn lowest(&self) -> f64 {
        let values = self.values.iter();
        let values = values.filter_map(|(_, value)| value.as_f64());
        values.fold(f64::INFINITY, f64::min)
    }

    /// The options, and the plan, of every value.
    fn variants(
        &self,
        options: &Options,
        inputs: &TrainInputs,
    ) -> anyhow::Result<Vec<(Options, serde_json::Value)>> {
        let planned = |(label, value): &(String, serde_json::Number)| {
            let planned = || {
                let options = self.with(options, value)?;
                let plan = attempt::planned(&options, inputs)?;
                anyhow::Ok((options, plan))
            };
            planned().with_context(|| format!("--sweep {}={label}", self.option))
        };
        self.values.iter().map(planned).collect()
    }

    /// `options` with a value in the place of what was swept.
    fn with(&self, options: &Options, value: &serde_json::Number) -> anyhow::Result<Options> {
        let mut fields = serde_json::to_value(options)?;
        fields[&self.option] = serde_json::Value::Number(value.clone());
        fields
            .as_object_mut()
            .context("options are a table")?
            .remove("sweep");

        let options: Options = serde_json::from_value(fields)?;
        match options.check_ranges() {
            Ok(()) => Ok(options),
            Err(OutOfRange { option, problem }) => {
                anyhow::bail!("{option} is {problem}")
            }
        }
    }

    /// The sweep for people.
    fn table(&self, candidates: &[Candidate], best: usize) -> Vec<String> {
        let width = candidates
            .iter()
            .map(|candidate| candidate.label.len())
            .max()
            .unwrap_or(0)
            .max(self.option.len())
            .min(WIDEST_COLUMN);

        let mut lines = vec![format!(
            "{:>width$}   dev WER    before  weight  best step  seconds",
            self.option
        )];
        for (index, candidate) in candidates.iter().enumerate() {
            let Some(model) = &candidate.model else {
                lines.push(format!("{:>width$}  diverged", candidate.label));
                continue;
            };
            let seconds = model.cost.as_ref().map_or(f64::NAN, |cost| cost.seconds);
            let before = Looks::of(&model.checkpoint).before;
            lines.push(format!(
                "{:>width$}  {:6.2} %  {:>8}  {:6}  {:9}  {seconds:7.0}{}",
                candidate.label,
                100.0 * model.dev_wer(),
                percent(before),
                model.checkpoint.weight,
                model.recorded("best_step"),
                if index == best { "  kept" } else { "" },
            ));
        }

        lines
    }

    /// Puts `winner`, which is in `place`, with the record of all candidates in place of `home`.
    fn keep(
        &self,
        candidates: &[Candidate],
        place: &Path,
        winner: &Model,
        home: &ResultFolder,
    ) -> anyhow::Result<()> {
        let record: Vec<serde_json::Value> = candidates
            .iter()
            .map(|candidate| match &candidate.model {
                None => serde_json::json!({"value": candidate.value, "diverged": true}),
                Some(model) => serde_json::json!({
                    "value": candidate.value,
                    "dev_wer": model.dev_wer(),
                    "dev_wer_before": Looks::of(&model.checkpoint).before,
                    "weight": model.checkpoint.weight,
                    "best_step": model.checkpoint.strategy.get("best_step"),
                }),
            })
            .collect();

        let mut checkpoint = winner.checkpoint.clone();
        checkpoint.strategy["sweep"] = serde_json::json!({
            "option": self.option,
            "candidates": record,
        });

        let cost = winner.cost.clone().map(|cost| TrainingCost {
            sweep_seconds: candidates
                .iter()
                .filter_map(|candidate| candidate.model.as_ref())
                .map(|model| model.cost.as_ref().map(|cost| cost.seconds))
                .sum(),
            ..cost
        });

        home.replace(|folder| -> Result<(), WriteError> {
            let at = |source: std::io::Error| WriteError::new(place, source);
            for entry in fs::read_dir(place).map_err(at)? {
                let name = entry.map_err(at)?.file_name();
                if MODEL_FILES.iter().any(|known| name == *known) {
                    fs::copy(place.join(&name), folder.join(name)).map_err(at)?;
                }
            }
            checkpoint.write(folder)?;
            cost.map_or(Ok(()), |cost| cost.write(folder))
        })?;

        Ok(())
    }
}

/// Removes what a sweep in `folder` needs no more; `asked` as the last, since without it nobody can
/// go on.
fn remove(candidates: &[Candidate], asked: &Path, folder: &Path) -> anyhow::Result<()> {
    let remove_file = |path: &Path| {
        fs::remove_file(path).with_context(|| format!("failed to remove {}", path.display()))
    };
    for Candidate { folder, plan, .. } in candidates {
        // The plan first: without it, what is left of the folder counts for nothing.
        remove_file(plan)?;
        remove_folder(folder)?;
    }

    remove_file(asked)?;
    // Where files of others are left, it stays.
    let _ = fs::remove_dir(folder);

    Ok(())
}

/// The plan by which the model in `place` was trained, whose files are as they were written.
fn saved_plan(file: &Path, place: &Path) -> anyhow::Result<serde_json::Value> {
    let saved =
        read_text(file, DOCUMENT).with_context(|| format!("failed to read {}", file.display()))?;
    let (saved, _) = unseal("", &saved).with_context(|| damaged(file, place))?;

    for file in MODEL_FILES.map(|name| place.join(name)) {
        anyhow::ensure!(is_as_written(&file)?, damaged(&file, place));
    }

    Ok(serde_json::from_str(&saved)?)
}

/// What is said of a file of the model in `place` that is not what was written.
fn damaged(file: &Path, place: &Path) -> String {
    format!(
        "{} is damaged: remove {}, and {} trains this value anew",
        file.display(),
        place.display(),
        resuming(place)
    )
}

/// A number as JSON holds it: whole where it is typed as a whole number, since ranks are.
fn number(text: &str) -> Option<serde_json::Number> {
    if let Ok(whole) = text.parse::<u64>() {
        return Some(whole.into());
    }
    serde_json::Number::from_f64(text.parse().ok()?)
}

/// Whether values to try can be read.
#[cfg(any(test, fuzzing))]
pub(crate) fn read_sweep(text: &str) -> anyhow::Result<()> {
    Sweep::parse(text).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_numbers_and_change_one_option() {
        let sweep = Sweep::parse("lr=1e-4, 0.0003,1e-3").unwrap();
        let labels: Vec<&str> = sweep
            .values
            .iter()
            .map(|(label, _)| label.as_str())
            .collect();
        assert_eq!(labels, ["1e-4", "0.0003", "1e-3"]);

        let options = Options {
            sweep: Some("lr=1e-4,3e-4".to_owned()),
            rank: Some(4),
            ..Options::default()
        };
        let changed = sweep.with(&options, &sweep.values[0].1).unwrap();
        let expected = Options {
            sweep: None,
            lr: Some(1e-4),
            ..options.clone()
        };
        assert_eq!(changed, expected);

        let ranks = Sweep::parse("rank=4,8").unwrap();
        let changed = ranks.with(&options, &ranks.values[1].1).unwrap();
        assert_eq!(changed.rank, Some(8));
    }

    #[track_caller]
    fn check_refused(text: &str, part: &str) {
        let error = Sweep::parse(text).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }

    #[test]
    fn what_is_no_sweep_is_refused() {
        check_refused("1e-4", "write --sweep lr=1e-4,3e-4,1e-3");
        check_refused("lr=1e-4", "only one value");
        check_refused("lr=1e-4,fast", "\"fast\" is no number");
        check_refused("lr=1e-4,0.0001", "0.0001 is there twice");
        check_refused("alhpa=1,2", "did you mean alpha?");
        check_refused("seed=1,2", "seed cannot be swept; there are lr,");
    }
}
