//! What a training run does, fully decided: plain data that is saved with the run.
//!
//! A plan holds no option that means "default" and no name of a strategy: only
//! phases. Making one from what the user names is in
//! [`strategy`](mod@crate::train::strategy).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::bert::model::HeadKind;
use crate::train::TrainError;
use crate::train::allocation::budget::{BudgetSchedule, BudgetSettings};
use crate::train::bounds::{at_least_one, below_one, check, not_negative, positive};
use crate::train::optimizer::OptimizerSettings;
use crate::train::robust::Robust;
use crate::train::schedule::{LearningRateSchedule, LearningRateSettings, Shape};

/// A training run on n-best lists.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingPlan {
    /// One after the other; at least one.
    pub phases: Vec<Phase>,
    /// The head of the model.
    pub head: HeadKind,
    /// The most tokens of a text.
    pub max_length: usize,
    /// What is minimized.
    pub objective: Objective,
    /// How lists are perturbed while training, if they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub robust: Option<Robust>,
    /// Multiplies first-pass scores, before they are combined with the model's.
    pub first_pass_scale: f64,
    /// Lists per optimizer step.
    pub lists_per_step: usize,
    /// Lists per forward and backward pass; gradients are accumulated.
    pub lists_per_pass: usize,
    /// How steps are made and how long they are.
    #[serde(rename = "pace")]
    pub optimizer_plan: OptimizerPlan,
    /// The seed of data order, dropout and new weights.
    pub seed: u64,
    /// Content hashes of what is read, by role.
    pub data: BTreeMap<String, String>,
}

/// The optimizer and its learning rate, and when the development set is looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptimizerPlan {
    /// The optimizer.
    pub optimizer: OptimizerSettings,
    /// The largest learning rate.
    pub learning_rate: f64,
    /// What the learning rate does after its rise.
    #[serde(default, skip_serializing_if = "is_default")]
    pub shape: Shape,
    /// The head's learning rate is this many times the others'.
    pub head_ratio: f64,
    /// The learning rate of an adapter's `B` is this many times that of its `A` (LoRA+).
    #[serde(rename = "b_ratio")]
    pub lora_plus_ratio: f64,
    /// Steps over which the rate rises, at the start and after a restart.
    pub warm_up_steps: usize,
    /// Steps between two looks at the development set.
    pub evaluate_every: usize,
    /// Looks without getting better after which training ends.
    pub patience: usize,
    /// Steps between two saves of the state.
    pub save_every: usize,
}

/// A stretch of training with one set of trained weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Phase {
    /// Optimizer steps.
    pub steps: usize,
    /// What is trained, beside the head.
    pub trained: Trained,
    /// The learning rate of this phase is this many times the schedule's.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub rate_ratio: f64,
}

fn one() -> f64 {
    1.0
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_one(ratio: &f64) -> bool {
    ratio.total_cmp(&1.0).is_eq()
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_zero(weight: &f64) -> bool {
    weight.total_cmp(&0.0).is_eq()
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// What a phase trains.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trained {
    /// Every weight of the model.
    Everything,
    /// Adapters; the model's own weights are frozen.
    Adapters(AdapterPlan),
}

/// The adapters of a phase.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdapterPlan {
    /// The rank of every adapted matrix at the start of the phase, by module name; each at least 1.
    pub ranks: BTreeMap<String, usize>,
    /// The numerator of the scaling.
    pub alpha: f64,
    /// The denominator of the scaling.
    pub scaling: Scaling,
    /// Dropout of the adapters' inputs, in `[0, 1)`.
    pub dropout: f64,
    /// What becomes of the ranks.
    pub change: RankChange,
    /// What the adapters are at the start of the phase.
    pub start: AdapterStart,
}

/// What an adapter is multiplied by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scaling {
    /// `alpha / rank`.
    Rank,
    /// `alpha / sqrt(rank)` (rsLoRA, arXiv 2312.03732).
    RankRoot,
}

impl Scaling {
    /// The scaling of an adapter of rank `rank`.
    pub fn factor(self, alpha: f64, rank: usize) -> f64 {
        match self {
            Scaling::Rank => alpha / rank as f64,
            Scaling::RankRoot => alpha / (rank as f64).sqrt(),
        }
    }
}

/// What becomes of the ranks during a phase.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RankChange {
    /// They stay.
    Fixed,
    /// Every step draws one rank for all matrices, from 1 to the largest (DyLoRA, arXiv
    /// 2210.07558).
    Drawn,
    /// Directions are taken away by their importance (AdaLoRA, arXiv 2303.10512); the adapters have
    /// the form P Λ Q.
    Allocated(Allocated),
}

/// How directions are taken away.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allocated {
    /// Directions that are left per matrix, on average.
    pub target_rank: usize,
    /// Steps of the phase before any is taken away.
    pub warm_up_steps: usize,
    /// Steps at the end of the phase with the final choice.
    pub final_steps: usize,
    /// Steps between two choices.
    pub interval: usize,
    /// Decay of the average importance.
    pub beta1: f64,
    /// Decay of its average uncertainty.
    pub beta2: f64,
    /// Weight of the orthogonality of P and Q in the loss.
    pub orthogonality: f64,
}

/// What the adapters are at the start of a phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AdapterStart {
    /// New: they change nothing yet.
    Fresh,
    /// The best approximation, of the phase's ranks, of what the former phase's adapters do.
    Truncated,
}

/// What is minimized.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Objective {
    /// The loss of a list.
    pub list: ListObjective,
    /// The weight of the MWED loss beside it; 0 for none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub mwed: f64,
    /// The weight of the distance from a masked language model's pseudo-log-likelihoods
    /// (`RescoreBERT`, arXiv 2202.01094); 0 for none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub distillation: f64,
    /// The weight of the correlation of the dimensions of `[CLS]` (LoRB, arXiv 2309.15223); 0 for
    /// none.
    pub correlation: f64,
}

/// The loss of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ListObjective {
    /// The expected number of word errors.
    Mwer,
    /// The divergence of the scores from the word errors.
    Mwed,
    /// None: what is learned is the distillation alone.
    Distillation,
}

impl Objective {
    /// Refuses weights that no run can use.
    fn check(&self) -> Result<(), TrainError> {
        let weights = [
            ("correlation", self.correlation),
            ("mwed", self.mwed),
            ("distillation", self.distillation),
        ];

        for (field, weight) in weights {
            not_negative(field, weight)?;
        }

        if self.list == ListObjective::Distillation && self.distillation <= 0.0 {
            let advice = "distillation alone needs a positive weight";
            return Err(TrainError::setting(
                "distillation",
                self.distillation,
                advice,
            ));
        }

        Ok(())
    }
}

impl Allocated {
    /// The schedule of a phase of `steps` steps whose matrices start with `initial_rank`.
    pub fn schedule(
        &self,
        initial_rank: usize,
        steps: usize,
    ) -> Result<BudgetSchedule, TrainError> {
        Ok(BudgetSchedule::new(BudgetSettings {
            initial_rank,
            target_rank: self.target_rank,
            warm_up_steps: self.warm_up_steps,
            final_steps: self.final_steps,
            interval: self.interval,
            total_steps: steps,
        })?)
    }
}

impl OptimizerPlan {
    /// The learning rate over `total` steps with fresh starts at `restarts`.
    pub fn schedule(
        &self,
        total: usize,
        restarts: Vec<usize>,
    ) -> Result<LearningRateSchedule, TrainError> {
        Ok(LearningRateSchedule::new(LearningRateSettings {
            peak: self.learning_rate,
            warm_up_steps: self.warm_up_steps,
            total_steps: total,
            shape: self.shape,
            restarts,
            restart_warm_up_steps: self.warm_up_steps,
        })?)
    }

    /// Refuses numbers that no run can use.
    pub fn check(&self) -> Result<(), TrainError> {
        let counts = [
            ("evaluate_every", self.evaluate_every),
            ("patience", self.patience),
            ("save_every", self.save_every),
        ];

        for (field, value) in counts {
            at_least_one(field, value)?;
        }

        for (field, value) in [
            ("head_ratio", self.head_ratio),
            ("b_ratio", self.lora_plus_ratio),
        ] {
            positive(field, value)?;
        }
        let OptimizerSettings {
            beta1,
            beta2,
            epsilon,
            weight_decay,
            clip_norm,
        } = self.optimizer;
        for (field, value) in [("beta1", beta1), ("beta2", beta2)] {
            below_one(field, value)?;
        }

        for (field, value) in [("epsilon", epsilon), ("clip_norm", clip_norm)] {
            // An infinite norm clips nothing.
            check(value > 0.0, (field, value), "it must be a positive number")?;
        }
        not_negative("weight_decay", weight_decay)
    }
}

impl TrainingPlan {
    /// Refuses a plan that cannot be carried out, before anything is trained.
    pub fn check(&self) -> Result<(), TrainError> {
        at_least_one("lists_per_step", self.lists_per_step)?;
        at_least_one("lists_per_pass", self.lists_per_pass)?;
        self.optimizer_plan.check()?;
        not_negative("first_pass_scale", self.first_pass_scale)?;

        self.objective.check()?;
        self.robust.map_or(Ok(()), |robust| robust.check())?;
        at_least_one("phases", self.phases.len())?;
        for phase in &self.phases {
            at_least_one("steps", phase.steps)?;
            positive("rate_ratio", phase.rate_ratio)?;
            if let Trained::Adapters(adapters) = &phase.trained {
                adapters.check(phase.steps)?;
            }
        }

        self.schedule()?;
        Ok(())
    }

    /// Optimizer steps of all phases.
    pub fn steps(&self) -> usize {
        self.phases.iter().map(|phase| phase.steps).sum()
    }

    /// The learning rate of every step.
    pub fn schedule(&self) -> Result<LearningRateSchedule, TrainError> {
        let restarts = (1..self.phases.len())
            .map(|index| self.start(index) + 1)
            .collect();
        self.optimizer_plan.schedule(self.steps(), restarts)
    }

    /// How many steps lie before phase `index`.
    pub fn start(&self, index: usize) -> usize {
        self.phases[..index].iter().map(|phase| phase.steps).sum()
    }

    /// The phase that optimizer step `step`, counted from 1, belongs to, and the step within it.
    ///
    /// # Panics
    ///
    /// When there is no such step.
    pub fn phase_at(&self, step: usize) -> (usize, usize) {
        let mut left = step;
        for (index, phase) in self.phases.iter().enumerate() {
            if left <= phase.steps {
                return (index, left);
            }
            left -= phase.steps;
        }
        panic!("step {step} is beyond the {} of the plan", self.steps());
    }
}

impl AdapterPlan {
    fn check(&self, steps: usize) -> Result<(), TrainError> {
        if self.ranks.is_empty() {
            let advice = "no matrix gets an adapter; name some, such as query and value";
            return Err(TrainError::setting("targets", "empty", advice));
        }

        for rank in self.ranks.values() {
            at_least_one("rank", *rank)?;
        }

        positive("alpha", self.alpha)?;
        below_one("dropout", self.dropout)?;

        match &self.change {
            RankChange::Fixed | RankChange::Drawn => Ok(()),
            RankChange::Allocated(allocated) => {
                not_negative("orthogonality", allocated.orthogonality)?;
                allocated.schedule(self.largest_rank(), steps).map(|_| ())
            }
        }
    }

    /// The largest rank of any matrix.
    pub fn largest_rank(&self) -> usize {
        self.ranks.values().copied().max().unwrap_or(0)
    }
}
