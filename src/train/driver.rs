//! The loop: steps, looks at the development set, saves; interruption and resumption.
//!
//! It knows neither what is trained nor by which objective: a [`TrainTask`] does. It
//! reads no clock and prints nothing.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use burn::module::Module;

use crate::train::TrainError;
use crate::train::optimizer::{AdamW, OptimizerSettings, clip};
use crate::train::parameters::{Values, count, put, sizes, values};
use crate::train::plan::OptimizerPlan;
use crate::train::progress::{
    Beginning, Ending, Evaluation, Kept, Progress, Spent, Spreads, StepFigures,
};
use crate::train::run::{Best, Run};
use crate::train::state::{Parameters, RunToSave, SavedRun};

/// How often it is looked whether a step takes too long for a run that is to end.
const GLANCE: Duration = Duration::from_millis(20);

/// What is taught: data, objective, and which weights move.
pub trait TrainTask: Sync {
    /// What is trained.
    type Model: Module + Sync;

    /// Everything that decides the result, to be compared when a run is resumed.
    fn plan(&self) -> serde_json::Value;

    /// Optimizer steps in all.
    fn steps(&self) -> usize;

    /// The optimizer and the rhythm.
    fn optimizer_plan(&self) -> &OptimizerPlan;

    /// The learning rate at `step`, before the ratios of [`TrainTask::ratio`].
    fn rate(&self, step: usize) -> f64;

    /// By how much a parameter's learning rate differs from the rest.
    fn ratio(&self, path: &str) -> f64;

    /// Whether `step` begins a phase: the model is prepared by [`TrainTask::enter`], and
    /// the optimizer forgets.
    fn begins_phase(&self, step: usize) -> bool;

    /// Prepares the model for the phase that begins with `step`.
    fn enter(&mut self, model: Self::Model, step: usize) -> Result<Self::Model, TrainError>;

    /// Loss and gradients of `step`.
    fn gradient(&self, model: &Self::Model, step: usize) -> Result<StepOutput, TrainError>;

    /// What is to be done after the optimizer's step, with the gradients it used.
    fn settle(
        &mut self,
        model: Self::Model,
        step: usize,
        gradients: &Values,
    ) -> Result<Self::Model, TrainError>;

    /// Looks at the development set after `step` steps.
    fn evaluate(&self, model: &Self::Model, step: usize) -> Result<Evaluation, TrainError>;

    /// Whether the development set is looked at before the first step too, to tell what was learned.
    fn looks_before(&self) -> bool {
        false
    }

    /// Whether a parameter may differ from the base model's after `step` steps.
    fn changed(&self, path: &str, step: usize) -> bool;

    /// What must be known, beside the parameters, to go on later.
    fn memory(&self) -> serde_json::Value;

    /// Gives a base model the shape it has after `step` steps, and takes `memory` back.
    fn restore(
        &mut self,
        model: Self::Model,
        step: usize,
        memory: serde_json::Value,
    ) -> Result<Self::Model, TrainError>;
}

/// The loss of a batch, and which way it sinks.
#[derive(Debug, Clone, PartialEq)]
pub struct StepOutput {
    /// The objective.
    pub loss: f64,
    /// By parameter path.
    pub gradients: Values,
    /// Word pieces read.
    pub tokens: usize,
    /// Directions of the adapters, where their number changes.
    pub directions: Option<usize>,
}

/// Where the state goes, and whether it comes from there.
#[derive(Debug, Clone, Copy)]
pub struct Saving<'a> {
    /// The folder of the state.
    pub folder: &'a Path,
    /// Where it goes if it cannot be written there.
    pub substitute: Option<&'a Path>,
    /// Whether a state that is in one of them is gone on with.
    pub resume: bool,
    /// Whether the run ends with the best model that the state has, without another step.
    pub finish: bool,
    /// What the state is to remember of how the run was asked for, for whoever resumes it.
    pub asked: Option<&'a serde_json::Value>,
}

impl Saving<'_> {
    fn folders(&self) -> impl Iterator<Item = &Path> {
        std::iter::once(self.folder).chain(self.substitute)
    }

    /// The saved run that has come furthest.
    fn latest(&self, settings: OptimizerSettings) -> Result<Option<SavedRun>, TrainError> {
        let mut latest: Option<SavedRun> = None;
        for folder in self.folders() {
            if !SavedRun::is_in(folder)? {
                continue;
            }
            let saved = SavedRun::read(folder, settings)?;
            let further = |saved: &SavedRun| (saved.run.step, !saved.run.look_due);
            if latest
                .as_ref()
                .is_none_or(|latest| further(latest) < further(&saved))
            {
                latest = Some(saved);
            }
        }

        Ok(latest)
    }

    /// Writes `saved` to the first folder that takes it.
    fn write(&self, saved: &RunToSave<'_>) -> Result<Kept, TrainError> {
        let kept = |folder: &Path, refused| Kept {
            step: saved.run.step,
            folder: folder.to_owned(),
            refused,
        };
        let refused = match saved.write(self.folder) {
            Ok(()) => return Ok(kept(self.folder, None)),
            Err(refused) => refused,
        };

        match self.substitute {
            Some(folder) if saved.write(folder).is_ok() => Ok(kept(folder, Some(refused))),
            Some(_) | None => Err(refused),
        }
    }
}

/// What a run asks to know whether it is to end early.
pub trait Stop: Sync {
    /// Whether the run is to save its state and end, before the next step or look.
    fn asked(&self) -> bool;

    /// Whether it is to end even within a step or look.
    fn overdue(&self) -> bool {
        false
    }

    /// Does `save`, before whose end the program must not end.
    fn whole(
        &self,
        save: &mut dyn FnMut() -> Result<Kept, TrainError>,
    ) -> Result<Kept, TrainError> {
        save()
    }

    /// Ends the program, as the run is overdue, after `save` has kept the state before the step or
    /// look that takes so long; `None` where that is before the first step. Where it returns, the
    /// run goes on.
    fn leave(&self, _save: &mut dyn FnMut() -> Result<Option<Kept>, TrainError>) {}
}

impl Stop for AtomicBool {
    fn asked(&self) -> bool {
        self.load(Ordering::Relaxed)
    }
}

/// What a run has made.
#[derive(Debug)]
pub struct TrainOutput<M> {
    /// Steps that were taken, in all stretches.
    pub steps: usize,
    /// The model: the best on the development set, if training ended.
    pub model: M,
    /// What the development set said before the first step: what is minimized. Absent where nobody
    /// looked.
    pub before: Option<f64>,
    /// What the development set said about it; absent where training was interrupted.
    pub best: Option<Best>,
    /// How training ended.
    pub ending: Ending,
    /// The state at the end, from which the run can be ended again; absent where it could not be
    /// saved, or nothing was done.
    pub kept: Option<Kept>,
}

impl<M> TrainOutput<M> {
    /// What `run` has made when it is told to end.
    fn interrupted(model: M, run: &Run, kept: Option<Kept>) -> TrainOutput<M> {
        TrainOutput {
            steps: run.step,
            model,
            before: run.before,
            best: None,
            ending: Ending::Interrupted(run.step),
            kept,
        }
    }
}

/// Trains `model`, from a base model on.
///
/// `stop` is asked before every step and every look at the development set: where it says so, the
/// state is saved, and training ends as [`Ending::Interrupted`]. A resumed run ends with the
/// same bytes as one that was never interrupted.
pub fn drive<L: TrainTask>(
    task: &mut L,
    model: L::Model,
    saving: Saving<'_>,
    stop: &dyn Stop,
    progress: &mut dyn Progress,
) -> Result<TrainOutput<L::Model>, TrainError> {
    let optimizer_plan = task.optimizer_plan().clone();
    let (mut model, mut run, spent) = begin(task, model, saving)?;
    let steps = task.steps();
    progress.begin(&Beginning {
        steps,
        done: run.step,
        trainable: count(&model, &|path| task.changed(path, run.step.max(1))),
        parameters: count(&model, &|_| true),
        spent,
        spreads: run.spreads,
    });

    let over =
        |run: &Run| saving.finish || run.step >= steps || run.stale >= optimizer_plan.patience;
    let mut kept = None;
    while run.look_due || !over(&run) {
        if stop.asked() {
            let here = Here::new(task, &model, &run, &*progress);
            let kept = match run.step {
                0 => None,
                _ => Some(stop.whole(&mut || here.save(saving))?),
            };
            return Ok(TrainOutput::interrupted(model, &run, kept));
        }
        if run.step == 0 && run.before.is_none() && task.looks_before() {
            let here = Here::new(task, &model, &run, &*progress);
            let before = here.unless_overdue(stop, saving, || task.evaluate(&model, 1))?;
            progress.begun(&before);
            run.before = Some(before.criterion);
            run.spreads.before = before.spread;
            continue;
        }
        if run.look_due {
            let step = run.step;
            let here = Here::new(task, &model, &run, &*progress);
            let evaluation = here.unless_overdue(stop, saving, || task.evaluate(&model, step))?;
            let better = run.is_better(&evaluation);
            progress.evaluated(step, &evaluation, better);
            run.looked(evaluation, better);
        } else {
            let step = run.step + 1;
            if let Some(best) = &mut run.best {
                best.keep(|step| values(&model, &|path| task.changed(path, step)));
            }
            if step > 1 && task.begins_phase(step) {
                model = task.enter(model, step)?;
                run.optimizer.reset();
            }
            let here = Here::new(task, &model, &run, &*progress);
            let mut gradient = here.unless_overdue(stop, saving, || task.gradient(&model, step))?;
            let norm = clip(&mut gradient.gradients, optimizer_plan.optimizer.clip_norm);
            if !norm.is_finite() {
                check_finite(&gradient.gradients, step)?;
            }
            let rate = task.rate(step);
            model = run
                .optimizer
                .step(model, &gradient.gradients, &|path| rate * task.ratio(path));
            model = task.settle(model, step, &gradient.gradients)?;
            run.step = step;
            run.look_due = step.is_multiple_of(optimizer_plan.evaluate_every) || step == steps;
            progress.step(&StepFigures {
                step,
                loss: gradient.loss,
                learning_rate: rate,
                tokens: gradient.tokens,
                directions: gradient.directions,
            });
        }
        // At the end too: what is made of the model now can fail, and is then made again.
        if !run.look_due && (run.step.is_multiple_of(optimizer_plan.save_every) || over(&run)) {
            let here = Here::new(task, &model, &run, &*progress);
            let saved = stop.whole(&mut || here.save(saving));
            progress.saved(&saved);
            kept = saved.ok();
        }
    }

    // Two of its memories are as large as the model: they make room for the best one.
    run.optimizer.reset();
    if let Some(values) = run.best.as_mut().and_then(|best| best.values.take()) {
        model = put(model, values);
    }

    Ok(TrainOutput {
        steps: run.step,
        model,
        before: run.before,
        best: run.best,
        ending: Ending::Finished,
        kept,
    })
}

/// The model and the run to begin with: those that were saved, where they are gone on with.
fn begin<L: TrainTask>(
    task: &mut L,
    model: L::Model,
    saving: Saving<'_>,
) -> Result<(L::Model, Run, Spent), TrainError> {
    let settings = task.optimizer_plan().optimizer;
    let saved = if saving.resume {
        saving.latest(settings)?
    } else {
        None
    };
    let Some(saved) = saved else {
        let run = Run {
            step: 0,
            optimizer: AdamW::new(settings),
            before: None,
            spreads: Spreads::default(),
            best: None,
            stale: 0,
            look_due: false,
        };
        return Ok((task.enter(model, 1)?, run, Spent::default()));
    };
    saved.check_plan(saving.folder, &task.plan())?;

    let model = task.restore(model, saved.run.step, saved.memory)?;
    Ok((put(model, saved.values), saved.run, saved.spent))
}

/// A run between two steps.
struct Here<'a, L: TrainTask> {
    task: &'a L,
    model: &'a L::Model,
    run: &'a Run,
    progress: &'a dyn Progress,
}

impl<'a, L: TrainTask> Here<'a, L> {
    fn new(
        task: &'a L,
        model: &'a L::Model,
        run: &'a Run,
        progress: &'a dyn Progress,
    ) -> Here<'a, L> {
        Here {
            task,
            model,
            run,
            progress,
        }
    }

    fn save(&self, saving: Saving<'_>) -> Result<Kept, TrainError> {
        let Here { task, run, .. } = *self;
        // Before the first step nothing has changed, but the shape is that of the first phase.
        let sizes = sizes(self.model, &|path| task.changed(path, run.step.max(1)));
        let fetch = |path: &str| {
            let mut found = values(self.model, &|other| other == path);
            found.remove(path).expect("every parameter has numbers")
        };

        saving.write(&RunToSave {
            plan: task.plan(),
            asked: saving.asked.cloned(),
            run,
            memory: task.memory(),
            values: Parameters {
                sizes,
                fetch: &fetch,
            },
            spent: self.progress.spent(),
        })
    }

    /// Does `work`, which cannot be interrupted, and may take long. Should it take too long for a
    /// run that is to end, another thread saves the state before it, and the program ends.
    fn unless_overdue<T>(
        &self,
        stop: &dyn Stop,
        saving: Saving<'_>,
        work: impl FnOnce() -> T,
    ) -> T {
        thread::scope(|scope| {
            let (working, done) = mpsc::channel::<()>();

            // Where there is no thread to be had, the run ends once the work is done.
            let _ = thread::Builder::new().spawn_scoped(scope, move || {
                loop {
                    if stop.overdue() {
                        stop.leave(&mut || match self.run.step {
                            0 => Ok(None),
                            _ => self.save(saving).map(Some),
                        });
                        return;
                    }
                    if done.recv_timeout(GLANCE) != Err(RecvTimeoutError::Timeout) {
                        return;
                    }
                }
            });

            let result = work();
            drop(working);
            result
        })
    }
}

fn check_finite(gradients: &Values, step: usize) -> Result<(), TrainError> {
    match gradients
        .iter()
        .find(|(_, values)| values.iter().any(|value| !value.is_finite()))
    {
        None => Ok(()),
        Some((parameter, _)) => Err(TrainError::Gradient {
            parameter: parameter.clone(),
            step,
        }),
    }
}
