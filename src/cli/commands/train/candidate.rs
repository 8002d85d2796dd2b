//! `Candidate`: what came of one value of a sweep.

use std::path::{Path, PathBuf};

use crate::bert::checkpoint::{CHECKPOINT_FILE, Checkpoint};
use crate::train::cost::TrainingCost;

/// A value with what came of it.
pub(super) struct Candidate {
    pub(super) label: String,
    pub(super) value: serde_json::Number,
    pub(super) folder: PathBuf,
    /// The file of the plan that it was trained by.
    pub(super) plan: PathBuf,
    /// None where training diverged.
    pub(super) model: Option<Model>,
}

/// The model that a value led to.
pub(super) struct Model {
    pub(super) checkpoint: Checkpoint,
    pub(super) cost: Option<TrainingCost>,
}

impl Model {
    pub(super) fn read(folder: &Path) -> anyhow::Result<Model> {
        Ok(Model {
            checkpoint: Checkpoint::read(&folder.join(CHECKPOINT_FILE))?,
            cost: TrainingCost::read(folder)?,
        })
    }

    /// A number that the checkpoint's record of training holds.
    pub(super) fn recorded(&self, field: &str) -> f64 {
        let number = self.checkpoint.strategy.get(field);
        number
            .and_then(serde_json::Value::as_f64)
            .unwrap_or(f64::NAN)
    }

    pub(super) fn dev_wer(&self) -> f64 {
        self.recorded("dev_wer")
    }
}

/// The candidate with the fewest errors on the development lists, of several the one that was
/// named first, and its model.
pub(super) fn best(candidates: &[Candidate]) -> Option<(usize, &Model)> {
    let models = candidates.iter().map(|candidate| candidate.model.as_ref());
    let trained = models
        .enumerate()
        .filter_map(|(index, model)| Some((index, model?)));
    trained.min_by(|(_, a), (_, b)| a.dev_wer().total_cmp(&b.dev_wer()))
}
