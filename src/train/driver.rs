//! The loop: steps, looks at the development set, saves; interruption and resumption.
//!
//! It knows neither what is trained nor by which objective: a [`Lesson`] does. It
//! reads no clock and prints nothing.

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use burn::module::Module;

use crate::train::Beginning;
use crate::train::Ending;
use crate::train::Evaluation;
use crate::train::Progress;
use crate::train::StepFigures;
use crate::train::TrainError;
use crate::train::cost::Spent;
use crate::train::optimizer::AdamW;
use crate::train::optimizer::clip;
use crate::train::parameters::Change;
use crate::train::parameters::Values;
use crate::train::parameters::count;
use crate::train::parameters::replace;
use crate::train::parameters::values;
use crate::train::plan::Pace;
use crate::train::state::SavedRun;

/// What is taught: data, objective, and which weights move.
pub trait Lesson {
    /// What is trained.
    type Model: Module;

    /// Everything that decides the result, to be compared when a run is resumed.
    fn plan(&self) -> serde_json::Value;

    /// Optimizer steps in all.
    fn steps(&self) -> usize;

    /// The optimizer and the rhythm.
    fn pace(&self) -> &Pace;

    /// The learning rate at `step`, before the ratios of [`Lesson::ratio`].
    fn rate(&self, step: usize) -> f64;

    /// By how much a parameter's learning rate differs from the rest.
    fn ratio(&self, path: &str) -> f64;

    /// Whether `step` begins a phase: the model is prepared by [`Lesson::enter`], and
    /// the optimizer forgets.
    fn begins_phase(&self, step: usize) -> bool;

    /// Prepares the model for the phase that begins with `step`.
    fn enter(&mut self, model: Self::Model, step: usize) -> Result<Self::Model, TrainError>;

    /// Loss and gradients of `step`.
    fn slope(&mut self, model: &Self::Model, step: usize) -> Result<Slope, TrainError>;

    /// What is to be done after the optimizer's step, with the gradients it used.
    fn settle(
        &mut self,
        model: Self::Model,
        step: usize,
        gradients: &Values,
    ) -> Result<Self::Model, TrainError>;

    /// Looks at the development set after `step` steps.
    fn evaluate(&mut self, model: &Self::Model, step: usize) -> Result<Evaluation, TrainError>;

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
pub struct Slope {
    /// The objective.
    pub loss: f64,
    /// By parameter path.
    pub gradients: Values,
    /// Word pieces read.
    pub tokens: usize,
    /// Directions of the adapters, where their number changes.
    pub directions: Option<usize>,
}

/// The best model so far.
#[derive(Debug, Clone, PartialEq)]
pub struct Best {
    /// After how many steps.
    pub step: usize,
    /// What the development set said.
    pub evaluation: Evaluation,
    /// The parameters that differ from the base model's.
    pub values: Values,
}

/// Where the state goes, and whether it comes from there.
#[derive(Debug, Clone, Copy)]
pub struct Saving<'a> {
    /// The folder of the state.
    pub folder: &'a Path,
    /// Whether a state that is there is gone on with.
    pub resume: bool,
}

/// What a run has made.
#[derive(Debug)]
pub struct Graduate<M> {
    /// Steps that were taken, in all stretches.
    pub steps: usize,
    /// The model: the best on the development set, if training ended.
    pub model: M,
    /// What the development set said about it; absent where training was interrupted.
    pub best: Option<Best>,
    /// How training ended.
    pub ending: Ending,
}

/// Trains `model`, from a base model on.
///
/// `stop` is looked at before every step: once it is set, the state is saved, and
/// training ends as [`Ending::Interrupted`]. A resumed run ends with the
/// same bytes as one that was never interrupted.
pub fn drive<L: Lesson>(
    lesson: &mut L,
    model: L::Model,
    saving: Saving<'_>,
    stop: &AtomicBool,
    progress: &mut dyn Progress,
) -> Result<Graduate<L::Model>, TrainError> {
    let pace = lesson.pace().clone();
    let mut run = Run {
        step: 0,
        optimizer: AdamW::new(pace.optimizer),
        best: None,
        stale: 0,
    };
    let mut model = model;
    let mut spent = Spent::default();
    if saving.resume && SavedRun::is_in(saving.folder)? {
        let saved = SavedRun::read(saving.folder, pace.optimizer)?;
        saved.check_plan(saving.folder, &lesson.plan())?;
        model = lesson.restore(model, saved.run.step, saved.memory)?;
        model = put(model, saved.values);
        run = saved.run;
        spent = saved.spent;
    } else {
        model = lesson.enter(model, 1)?;
    }
    let steps = lesson.steps();
    progress.begin(&Beginning {
        steps,
        done: run.step,
        trainable: count(&model, &|path| lesson.changed(path, run.step.max(1))),
        parameters: count(&model, &|_| true),
        spent,
    });
    while run.step < steps && run.stale < pace.patience {
        if stop.load(Ordering::Relaxed) {
            save(lesson, &model, &run, progress.spent(), saving.folder)?;
            progress.saved(run.step);
            return Ok(Graduate {
                steps: run.step,
                model,
                best: None,
                ending: Ending::Interrupted(run.step),
            });
        }
        let step = run.step + 1;
        if step > 1 && lesson.begins_phase(step) {
            model = lesson.enter(model, step)?;
            run.optimizer.reset();
        }
        let mut slope = lesson.slope(&model, step)?;
        check_finite(&slope.gradients, step)?;
        clip(&mut slope.gradients, pace.optimizer.clip_norm);
        let rate = lesson.rate(step);
        model = run
            .optimizer
            .step(model, &slope.gradients, &|path| rate * lesson.ratio(path));
        model = lesson.settle(model, step, &slope.gradients)?;
        run.step = step;
        progress.step(&StepFigures {
            step,
            loss: slope.loss,
            learning_rate: rate,
            tokens: slope.tokens,
            directions: slope.directions,
        });
        if step.is_multiple_of(pace.evaluate_every) || step == steps {
            let evaluation = lesson.evaluate(&model, step)?;
            let better = evaluation.eligible
                && run
                    .best
                    .as_ref()
                    .is_none_or(|best| evaluation.criterion < best.evaluation.criterion);
            progress.evaluated(step, &evaluation, better);
            if better {
                let values = values(&model, &|path| lesson.changed(path, step));
                run.best = Some(Best {
                    step,
                    evaluation,
                    values,
                });
                run.stale = 0;
            } else if run.best.is_some() {
                run.stale += 1;
            }
        }
        if step.is_multiple_of(pace.save_every) && step < steps {
            save(lesson, &model, &run, progress.spent(), saving.folder)?;
            progress.saved(step);
        }
    }
    if let Some(best) = &run.best {
        model = put(model, best.values.clone());
    }
    Ok(Graduate {
        steps: run.step,
        model,
        best: run.best,
        ending: Ending::Finished,
    })
}

/// What changes from step to step, beside the model and the lesson's own memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// Steps taken.
    pub step: usize,
    /// The optimizer with its moments.
    pub optimizer: AdamW,
    /// The best model so far.
    pub best: Option<Best>,
    /// Looks at the development set since then.
    pub stale: usize,
}

fn save<L: Lesson>(
    lesson: &L,
    model: &L::Model,
    run: &Run,
    spent: Spent,
    folder: &Path,
) -> Result<(), TrainError> {
    // Before the first step nothing has changed, but the shape is that of the first phase.
    let values = values(model, &|path| lesson.changed(path, run.step.max(1)));
    SavedRun {
        plan: lesson.plan(),
        run: run.clone(),
        memory: lesson.memory(),
        values,
        spent,
    }
    .write(folder)
}

/// Sets the parameters that `values` names.
fn put<M: Module>(model: M, mut values: Values) -> M {
    replace(model, &mut |path, _| {
        values.remove(path).map_or(Change::Keep, Change::Set)
    })
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
