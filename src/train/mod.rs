//! Training: from a base model and n-best lists, or plain text, to a checkpoint.
//!
//! Here live what training can fail with and how it reports its progress. What
//! is trained, when and how strongly is data ([`plan`](mod@crate::train::plan)),
//! made from what the user names by [`strategy`](mod@crate::train::strategy). One
//! resumable loop ([`driver`](mod@crate::train::driver)) runs every plan: it knows
//! no strategy and no objective by name. Nothing here prints or reads the clock.

pub mod cost;
pub mod export;
pub mod lists;
pub mod listwise;
pub mod plan;
pub mod pruning;
pub mod pseudo;
pub mod ranks;
pub mod rescoring;
pub mod robust;
pub mod strategy;
pub mod update_ranks;

pub mod corpus;
pub mod masked;
pub mod vocabulary;

pub mod driver;
pub mod dropout;
pub mod optimizer;
pub mod parameters;
pub mod state;

pub mod allocation;
pub mod objective;
pub mod projection;
pub mod schedule;

use std::path::PathBuf;

use crate::bert::LoadError;
use crate::files::WriteError;
use crate::train::allocation::budget::InvalidBudget;
use crate::train::allocation::error::AllocationError;
use crate::train::cost::Spent;
use crate::train::driver::Kept;
use crate::train::objective::InvalidList;
use crate::train::projection::ProjectionError;
use crate::train::schedule::InvalidSchedule;

/// Training could not start or go on.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// A model or saved state could not be read.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// A result or the state could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The learning rate's schedule is impossible.
    #[error(transparent)]
    Schedule(#[from] InvalidSchedule),
    /// The rank budget's schedule is impossible.
    #[error(transparent)]
    Budget(#[from] InvalidBudget),
    /// Ranks could not be allocated.
    #[error(transparent)]
    Allocation(#[from] AllocationError),
    /// An adapter could not be truncated.
    #[error("failed to truncate the adapter of {module}")]
    Projection {
        /// The module.
        module: String,
        /// Why.
        #[source]
        source: ProjectionError,
    },
    /// A list has no loss, usually because the model computed NaN.
    #[error("the list of utterance {utterance} has no loss at step {step}")]
    List {
        /// The utterance.
        utterance: String,
        /// The optimizer step.
        step: usize,
        /// What is wrong with it.
        #[source]
        source: InvalidList,
    },
    /// A gradient is NaN or infinite.
    #[error("the gradient of {parameter} is not finite at step {step}; lower the learning rate")]
    Gradient {
        /// The parameter's path in the model.
        parameter: String,
        /// The optimizer step.
        step: usize,
    },
    /// A setting has a value that cannot be used.
    #[error("`{field}` is {value}; {advice}")]
    Setting {
        /// The setting.
        field: String,
        /// Its value.
        value: String,
        /// What would do.
        advice: String,
    },
    /// There is nothing to learn from or to choose by.
    #[error("{0}")]
    Data(String),
    /// A saved run cannot be resumed with this plan.
    #[error(
        "the run saved in {} cannot be resumed: `{field}` was {saved} and is now {given}; undo the change, or start anew",
        folder.display()
    )]
    Resume {
        /// The folder of the saved run.
        folder: PathBuf,
        /// What differs, as a path in the plan.
        field: String,
        /// What it was, as JSON.
        saved: String,
        /// What it is.
        given: String,
    },
    /// A saved run is not what was written.
    #[error(
        "{} is not what was saved: it is damaged, or of another version of this program; remove {} to start anew",
        file.display(),
        folder.display()
    )]
    Damaged {
        /// The file.
        file: PathBuf,
        /// The folder of the saved run.
        folder: PathBuf,
    },
}

impl TrainError {
    /// The setting `field` has a value that cannot be used.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "callers pass numbers and names alike"
    )]
    pub fn setting(field: &str, value: impl ToString, advice: &str) -> TrainError {
        TrainError::Setting {
            field: field.to_owned(),
            value: value.to_string(),
            advice: advice.to_owned(),
        }
    }
}

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
    /// What is minimized: a word error rate (1.0 for as many errors as words), or the loss of hidden words.
    pub criterion: f64,
    /// The same before training: the first pass's word error rate, where there is one.
    pub reference: Option<f64>,
    /// The best interpolation weight, where there is one.
    pub weight: Option<f64>,
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
    /// The development set was looked at after `step` steps; `best` if never better.
    fn evaluated(&mut self, step: usize, evaluation: &Evaluation, best: bool);
    /// The state was saved, or could not be.
    fn saved(&mut self, kept: &Result<Kept, TrainError>);
    /// What the run has cost so far, former stretches included; asked before every save.
    fn spent(&self) -> Spent;
}

#[cfg(test)]
mod tests;
