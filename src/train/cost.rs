//! What a training run cost: the side file `training.json` of a checkpoint.
//!
//! The one file of a checkpoint whose bytes differ between equal runs. It decides
//! no score, so hashes of a model's contents leave it out.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::bert::model::ScoreModel;
use crate::bert::{LoadError, LoadErrorKind};
use crate::files::document::{SETTINGS, read_text};
use crate::files::json;
use crate::files::{WriteError, write_bytes};
use crate::train::parameters::count;
use crate::train::plan::{AdapterPlan, AdapterStart, RankChange, Trained, TrainingPlan};
use crate::train::progress::Spent;

/// The name of the file in a checkpoint.
pub const COST_FILE: &str = "training.json";

/// The version of the file that this program writes and reads.
const FORMAT_VERSION: u32 = 1;

/// What a training run cost, as a checkpoint remembers it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingCost {
    /// 1.
    pub format_version: u32,
    /// Optimizer steps that were taken; fewer than planned where nothing got better any more.
    pub steps: usize,
    /// Seconds of wall-clock time from the first step to the last, looks at the development set
    /// and saves included, summed over all stretches of an interrupted run. Steps that a crash
    /// lost are not counted.
    pub seconds: f64,
    /// Seconds of wall-clock time of one optimizer step on average, looks and saves left out.
    pub seconds_per_step: f64,
    /// The same summed over all runs of a sweep, where this is the best of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sweep_seconds: Option<f64>,
    /// The most memory that the process held, in bytes, on the host; absent where the operating
    /// system does not tell.
    pub peak_memory_bytes: Option<u64>,
    /// Where it was trained, such as `cpu`.
    pub device: String,
    /// Threads.
    pub threads: usize,
    /// How many numbers there are, and how many are trained.
    pub parameters: ParameterCounts,
}

/// How many numbers there are, and how many of them training moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParameterCounts {
    /// Numbers of the model without adapters, head included.
    pub model: usize,
    /// Numbers trained at once, in the phase that trains most.
    pub trainable: usize,
    /// Numbers that the checkpoint adds to, or changes in, its base: adapters with the directions
    /// that were kept, and the head; or all of the model.
    pub stored: usize,
}

impl TrainingCost {
    /// The cost of a run of `steps` steps that is over.
    pub fn new(
        spent: Spent,
        steps: usize,
        parameters: ParameterCounts,
        device: &str,
        threads: usize,
    ) -> TrainingCost {
        let seconds_per_step = spent.step_seconds / steps.max(1) as f64;

        TrainingCost {
            format_version: FORMAT_VERSION,
            steps,
            seconds: spent.seconds,
            sweep_seconds: None,
            seconds_per_step,
            peak_memory_bytes: spent.peak_memory_bytes,
            device: device.to_owned(),
            threads,
            parameters,
        }
    }

    /// Reads what training the checkpoint in `folder` cost; `None` where no file says it.
    pub fn read(folder: &Path) -> Result<Option<TrainingCost>, LoadError> {
        let path = folder.join(COST_FILE);
        let text = match read_text(&path, SETTINGS) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(LoadError::new(&path, LoadErrorKind::Io(error))),
        };
        let json = |error| LoadError::new(&path, LoadErrorKind::Json(error));
        let cost: TrainingCost = json::parse(&text).map_err(json)?;

        if cost.format_version != FORMAT_VERSION {
            let advice = format!("this program reads version {FORMAT_VERSION}");
            return Err(LoadError::field(
                &path,
                "format_version",
                &cost.format_version,
                &advice,
            ));
        }

        Ok(Some(cost))
    }

    /// Writes `training.json` into `folder`.
    ///
    /// # Panics
    ///
    /// Never: plain values become JSON.
    pub fn write(&self, folder: &Path) -> Result<(), WriteError> {
        let text = serde_json::to_string_pretty(self).expect("plain values become JSON") + "\n";
        write_bytes(&folder.join(COST_FILE), &text)
    }
}

/// What `plan` trains of `model`. `masks` are the directions kept by module, where ranks are
/// allocated; `whole_pooler` says that the pooler is trained whole.
pub fn parameter_counts(
    plan: &TrainingPlan,
    model: &ScoreModel,
    masks: &[(String, Vec<bool>)],
    whole_pooler: bool,
) -> ParameterCounts {
    let whole = count(model, &|path| !path.contains(".adapter."));
    let head = count(model, &|path| {
        path.starts_with("classifier.")
            || (whole_pooler && path.starts_with("pooler.") && !path.contains(".adapter."))
    });
    let numbers = |adapters: &AdapterPlan, rank: &dyn Fn(&str) -> usize| -> usize {
        let triplets = matches!(adapters.change, RankChange::Allocated(_));
        let direction = |inputs: usize, outputs: usize| inputs + outputs + usize::from(triplets);
        model
            .linears()
            .iter()
            .map(|(name, linear)| rank(name) * direction(linear.inputs(), linear.outputs()))
            .sum()
    };

    let planned = |adapters: &AdapterPlan| {
        numbers(adapters, &|name| {
            adapters.ranks.get(name).copied().unwrap_or(0)
        })
    };
    let trainable = plan
        .phases
        .iter()
        .map(|phase| match &phase.trained {
            Trained::Everything => whole,
            Trained::Adapters(adapters) => head + planned(adapters),
        })
        .max()
        .unwrap_or(0);

    let stored = match stored_adapters(plan) {
        None => whole,
        Some(adapters) if masks.is_empty() => head + planned(adapters),
        Some(adapters) => {
            let kept = |name: &str| {
                masks
                    .iter()
                    .find(|(module, _)| module == name)
                    .map_or(0, |(_, mask)| mask.iter().filter(|kept| **kept).count())
            };
            head + numbers(adapters, &kept)
        }
    };

    ParameterCounts {
        model: whole,
        trainable,
        stored,
    }
}

/// The adapters that are all that differs from the base at the end; `None` where the base has
/// changed too.
pub fn stored_adapters(plan: &TrainingPlan) -> Option<&AdapterPlan> {
    let mut last = None;
    for (index, phase) in plan.phases.iter().enumerate() {
        match &phase.trained {
            Trained::Everything => return None,
            Trained::Adapters(plan) if index > 0 && plan.start == AdapterStart::Fresh => {
                return None;
            }
            Trained::Adapters(plan) => last = Some(plan),
        }
    }

    last
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost() -> TrainingCost {
        let parameters = ParameterCounts {
            model: 1000,
            trainable: 90,
            stored: 80,
        };
        let spent = Spent {
            seconds: 12.5,
            step_seconds: 10.0,
            peak_memory_bytes: Some(1 << 20),
        };

        TrainingCost::new(spent, 20, parameters, "cpu", 2)
    }

    #[test]
    fn a_cost_survives_the_disk_and_its_absence_is_no_error() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(TrainingCost::read(folder.path()).unwrap(), None);
        cost().write(folder.path()).unwrap();
        assert_eq!(TrainingCost::read(folder.path()).unwrap(), Some(cost()));
        assert_eq!(cost().seconds_per_step.to_bits(), 0.5f64.to_bits());
    }

    #[test]
    fn another_version_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let other = TrainingCost {
            format_version: 2,
            ..cost()
        };
        other.write(folder.path()).unwrap();

        let error = TrainingCost::read(folder.path()).unwrap_err();
        assert_eq!(error.path(), folder.path().join(COST_FILE));
        assert!(
            error
                .kind()
                .to_string()
                .contains("this program reads version 1"),
            "{}",
            error.kind()
        );
    }
}
