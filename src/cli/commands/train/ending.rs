//! How training ends before its end: what is saved, and what is said.

use crate::cli::interruption::Interruption;
use crate::report::number::count;
use crate::train::TrainError;
use crate::train::driver::Stop;
use crate::train::plan::OptimizerPlan;
use crate::train::progress::Kept;
use crate::train::run::Best;

/// What is said of a run that was interrupted; `kept` is its state, if a step was taken.
pub(super) fn interrupted(kept: Option<&Kept>) -> String {
    match kept {
        None => "interrupted before the first step, so nothing was lost: begin anew with --resume"
            .to_owned(),
        Some(kept) => format!(
            "interrupted after step {}; the state is in {}: go on with --resume, or write the best \
                model so far with --resume --finish",
            kept.step,
            kept.folder.display()
        ),
    }
}

/// What is said of a result that could not be written, where the state of its training is saved.
pub(super) fn unwritten(kept: Option<&Kept>) -> String {
    match kept {
        None => "failed to write what was trained".to_owned(),
        Some(kept) => format!(
            "failed to write what was trained, whose state is in {}: the same command with \
             --resume writes it without training again",
            kept.folder.display()
        ),
    }
}

/// What is said of a run of `steps` steps of which no model can be kept.
pub(super) fn nothing_kept(finish: bool, steps: usize) -> String {
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
pub(super) fn kept_step(
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

/// A warning where the kept step is no better than the model was `before` training, with the weight
/// that was best for it then.
pub(super) fn nothing_learned(before: Option<f64>, best: &Best) -> Option<String> {
    let (before, after) = (before?, best.evaluation.criterion);

    (after >= before).then(|| {
        let first_pass = best.evaluation.reference.map_or_else(String::new, |rate| {
            format!("; the first pass alone: {:.2} %", 100.0 * rate)
        });
        format!(
            "nothing was learned: on the development lists the checkpoint makes no fewer word \
             errors than the model did before training ({:.2} % and {:.2} %{first_pass}); give it \
             more lists or steps, or look for a learning rate with --sweep lr=1e-4,3e-4,1e-3",
            100.0 * after,
            100.0 * before
        )
    })
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
