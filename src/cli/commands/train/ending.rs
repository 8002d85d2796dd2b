//! How training ends, at its end or before it: what is saved, and what is said.

use anyhow::Context;

use crate::cli::commands::train::asked::resuming;
use crate::cli::commands::train::reporter::Reporter;
use crate::cli::commands::train::{Args, Output};
use crate::cli::interruption::Interruption;
use crate::cli::terminal::Terminal;
use crate::report::number::count;
use crate::train::TrainError;
use crate::train::driver::{Stop, TrainOutput, TrainTask, drive};
use crate::train::plan::OptimizerPlan;
use crate::train::progress::{Ending, Kept};
use crate::train::run::Best;

/// How one training ended.
pub(super) enum Trained<T> {
    /// Before its end; the state, if a step was taken.
    Interrupted(Option<Kept>),
    /// With this result.
    Finished(T),
}

/// Trains `model`, says which step is kept, and gives what the development set said about it beside
/// what was made.
pub(super) fn train_to_end<T: TrainTask>(
    task: &mut T,
    model: T::Model,
    output: &Output,
    args: &Args,
    reporter: &mut Reporter<'_>,
    terminal: &Terminal,
) -> anyhow::Result<Trained<(Best, TrainOutput<T::Model>)>> {
    let stop = &**terminal.interruption();
    let result = drive(task, model, output.saving(args), stop, reporter);
    let mut trained = output.blame(args, result)?;
    reporter.finish();
    if let Ending::Interrupted(_) = trained.ending {
        return Ok(Trained::Interrupted(trained.kept));
    }

    let best = trained.best.take();
    let best = best.with_context(|| nothing_kept(args.finish, trained.steps))?;
    let (steps, planned) = (trained.steps, task.steps());
    let kept = kept_step(steps, task.optimizer_plan(), planned, &best, args.finish);
    terminal.say(&kept);

    Ok(Trained::Finished((best, trained)))
}

/// What is said of a run that was interrupted; `kept` is its state, if a step was taken.
pub(super) fn interrupted(kept: Option<&Kept>) -> String {
    match kept {
        None => "interrupted before the first step, so nothing was lost: repeat the same command"
            .to_owned(),
        Some(kept) => format!(
            "interrupted after step {}; the state is in {}: {command} goes on, and with --finish \
                writes the best model so far",
            kept.step,
            kept.folder.display(),
            command = again(kept),
        ),
    }
}

/// The command that goes on with the run whose state is `kept`. A state that could not be saved
/// where it should be does not tell where that is.
fn again(kept: &Kept) -> String {
    match kept.refused {
        None => resuming(&kept.folder),
        Some(_) => "robustness-check train --resume OUT".to_owned(),
    }
}

/// What is said of a result that could not be written, where the state of its training is saved.
pub(super) fn unwritten(kept: Option<&Kept>) -> String {
    match kept {
        None => "failed to write what was trained".to_owned(),
        Some(kept) => format!(
            "failed to write what was trained, whose state is in {}: {} writes it without training \
             again",
            kept.folder.display(),
            again(kept)
        ),
    }
}

/// What is said of a run of `steps` steps of which no model can be kept.
fn nothing_kept(finish: bool, steps: usize) -> String {
    if finish {
        format!(
            "no look at the development set has found a model to keep within {}: go on with \
                --resume, without --finish",
            count(steps, "step")
        )
    } else {
        "no look at the development set came when the ranks were final".to_owned()
    }
}

/// Which step is kept, and whether the run ended early: as `finish` asks, or for want of better
/// ones.
fn kept_step(
    steps: usize,
    plan: &OptimizerPlan,
    planned: usize,
    best: &Best,
    finish: bool,
) -> String {
    if steps < planned && finish {
        format!(
            "ended after step {steps} of {planned} (--finish): step {} is kept",
            best.step
        )
    } else if steps < planned {
        format!(
            "ended after step {steps} of {planned}, since {} in a row found nothing better \
                (--patience): step {} is kept",
            count(plan.patience, "look"),
            best.step
        )
    } else {
        format!("step {} of {planned} is kept", best.step)
    }
}

impl Stop for Interruption {
    fn asked(&self) -> bool {
        self.asked()
    }

    fn overdue(&self) -> bool {
        self.overdue()
    }

    fn whole(
        &self,
        save: &mut dyn FnMut() -> Result<Kept, TrainError>,
    ) -> Result<Kept, TrainError> {
        self.whole(save)
    }

    fn leave(&self, save: &mut dyn FnMut() -> Result<Option<Kept>, TrainError>) {
        self.whole(|| match save() {
            Ok(kept) => self.end(&interrupted(kept.as_ref())),
            Err(error) => self.end(&format!(
                "interrupted; the state could not be saved: {:#}",
                anyhow::Error::new(error)
            )),
        });
    }
}
