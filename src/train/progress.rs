//! What a run tells about itself while it trains, and what it has cost so far.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::train::TrainError;

/// How training ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// All is done: every step was taken, or nothing got better any more.
    Finished,
    /// The user interrupted after this many steps; the state is saved, unless there were none.
    Interrupted(usize),
}

/// What a run is made of, told before its first step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Beginning {
    /// Optimizer steps in all.
    pub steps: usize,
    /// Steps that a resumed run has behind it.
    pub done: usize,
    /// Numbers that are trained in the first phase.
    pub trainable: usize,
    /// Numbers in the model, adapters included.
    pub parameters: usize,
    /// What a resumed run has cost so far.
    pub spent: Spent,
    /// What a resumed run's looks at the development set have found.
    pub spreads: Spreads,
}

/// How far apart the scores of a list's texts lay, as [`Evaluation::spread`] says; stored with a
/// run's state. Absent where nobody looked.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spreads {
    /// Before the first step.
    pub before: Option<f64>,
    /// At the last look.
    pub last: Option<f64>,
}

/// One optimizer step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepFigures {
    /// Counted from 1.
    pub step: usize,
    /// The objective, averaged over the batch.
    pub loss: f64,
    /// The learning rate used.
    pub learning_rate: f64,
    /// Word pieces that the model read.
    pub tokens: usize,
    /// Directions that the adapters have room for, where ranks change while training.
    pub directions: Option<usize>,
}

/// One look at the development set.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// What is minimized: a word error rate (1.0 for as many errors as words), or the loss of
    /// hidden words.
    pub criterion: f64,
    /// The same before training: the first pass's word error rate, where there is one.
    pub reference: Option<f64>,
    /// The best interpolation weight, where there is one.
    pub weight: Option<f64>,
    /// How far apart the scores of a list's texts lie: the standard deviation from the mean of their
    /// list, over all lists. Absent where no lists are scored.
    pub spread: Option<f64>,
    /// Whether this model may be the result: its ranks are final.
    pub eligible: bool,
    /// The directions that are kept of every adapted matrix, by module name, where ranks change.
    pub ranks: Vec<(String, usize)>,
}

/// Hears how training goes.
pub trait Progress: Sync {
    /// Training begins, or goes on.
    fn begin(&mut self, beginning: &Beginning);
    /// A step was taken.
    fn step(&mut self, figures: &StepFigures);
    /// The development set was looked at before the first step, where the task asks for that.
    fn begun(&mut self, _before: &Evaluation) {}
    /// The development set was looked at after `step` steps; `best` if never better.
    fn evaluated(&mut self, step: usize, evaluation: &Evaluation, best: bool);
    /// The state was saved, or could not be.
    fn saved(&mut self, kept: &Result<Kept, TrainError>);
    /// What the run has cost so far, former stretches included; asked before every save.
    fn spent(&self) -> Spent;
}

/// What has been spent on a run so far; stored with its state.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spent {
    /// Seconds in all.
    pub seconds: f64,
    /// Seconds of optimizer steps alone.
    pub step_seconds: f64,
    /// The most memory held, in bytes.
    pub peak_memory_bytes: Option<u64>,
}

/// A state that is saved.
#[derive(Debug)]
pub struct Kept {
    /// After so many steps.
    pub step: usize,
    /// Where it is.
    pub folder: PathBuf,
    /// Why it is not where it should be, where it is not.
    pub refused: Option<TrainError>,
}
