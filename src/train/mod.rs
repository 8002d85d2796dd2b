//! Training: from a base model and n-best lists, or plain text, to a checkpoint.
//!
//! Here lives what training can fail with; how it reports its progress is in [`progress`]. What is
//! trained, when and how strongly is data: a [`plan`], made from what the user names by
//! [`strategy`](mod@strategy). One resumable loop, the [`driver`], runs every plan: it knows no
//! strategy and no objective by name. Nothing here prints or reads the clock.
//!
//! - Learning to rescore: [`lists`], [`rescoring`], [`listwise`], [`objective`], [`pseudo`],
//!   [`robust`].
//! - Learning a language: [`corpus`], [`masked`], [`vocabulary`].
//! - A step: [`optimizer`], [`schedule`], [`dropout`], [`parameters`]. Rates that differ by
//!   parameter, as LoRA+'s do, stand in the plan.
//! - How many directions an update has: [`ranks`], [`matrix_sides`], [`allocation`], [`pruning`],
//!   [`projection`]; where it is in the end, which `robustness-check ranks` shows:
//!   [`update_ranks`].
//! - What a run leaves on disk: [`state`](mod@state), [`difference`], [`run`](mod@run),
//!   [`export`], [`cost`].
//!
//! Training several times, one learning rate after the other (`--sweep`), is a matter of the
//! command: `cli::commands::train::sweep`.

pub mod cost;
pub mod export;
pub mod lists;
pub mod listwise;
pub mod matrix_sides;
pub mod plan;
pub mod pruning;
pub mod pseudo;
pub mod ranks;
pub mod rescoring;
pub mod robust;
pub mod strategy;
pub(crate) mod targets;
pub mod update_ranks;

pub mod corpus;
pub mod masked;
pub mod vocabulary;

pub mod difference;
pub mod driver;
pub mod dropout;
pub mod moments;
pub mod optimizer;
pub mod parameters;
pub mod progress;
pub mod run;
pub mod state;

pub mod allocation;
mod bounds;
pub mod objective;
pub mod projection;
pub mod schedule;

use std::path::PathBuf;

use crate::bert::LoadError;
use crate::files::WriteError;
use crate::train::allocation::budget::InvalidBudget;
use crate::train::allocation::error::AllocationError;
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
    /// A list cannot be learned from, or judged by, usually because the model computed NaN.
    #[error("the list of utterance {utterance} is of no use at step {step}")]
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
    /// The loss on what is held out is NaN or infinite.
    #[error(
        "the loss on the held-out sentences is {value} at step {step}; lower the learning rate"
    )]
    HeldOut {
        /// The loss.
        value: f64,
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
        "the run saved in {} cannot be resumed: `{field}` was {saved} and is now {given}; undo \
            the change, or start anew",
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
        "{} is not what was saved: it is damaged, or of another version of this program; move {} \
            away to start anew",
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
    /// Whether numbers grew beyond what a computer holds: with other settings, and the same files,
    /// they may not.
    pub(crate) fn is_divergence(&self) -> bool {
        match self {
            TrainError::Gradient { .. } | TrainError::HeldOut { .. } => true,
            TrainError::List { source, .. } => matches!(source, InvalidList::NotFinite { .. }),
            TrainError::Allocation(error) => error.is_divergence(),
            TrainError::Projection { source, .. } => {
                matches!(source, ProjectionError::NotFinite { .. })
            }
            _ => false,
        }
    }

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

#[cfg(test)]
mod tests;
