//! How far a run has come: what changes from step to step, beside the model.

use crate::train::optimizer::AdamW;
use crate::train::parameters::Values;
use crate::train::progress::{Evaluation, Spreads};

/// What changes from step to step, beside the model and the task's own memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// Steps taken.
    pub step: usize,
    /// The optimizer with its moments.
    pub optimizer: AdamW,
    /// What the development set said before the first step, where that was asked: what is minimized.
    pub before: Option<f64>,
    /// How far apart scores lay before the first step, and at the last look.
    pub spreads: Spreads,
    /// The best model so far.
    pub best: Option<Best>,
    /// Looks at the development set since then.
    pub stale: usize,
    /// Whether the development set is to be looked at before the next step.
    pub look_due: bool,
}

impl Run {
    pub(super) fn is_better(&self, evaluation: &Evaluation) -> bool {
        let best = self.best.as_ref();
        evaluation.eligible
            && best.is_none_or(|best| evaluation.criterion < best.evaluation.criterion)
    }

    /// The development set was looked at; `better` says whether the model never was better.
    pub(super) fn looked(&mut self, evaluation: Evaluation, better: bool) {
        self.look_due = false;
        self.spreads.last = evaluation.spread;

        if better {
            self.best = Some(Best {
                step: self.step,
                evaluation,
                values: None,
            });
            self.stale = 0;
        } else if self.best.is_some() {
            self.stale += 1;
        }
    }
}

/// The best model so far.
#[derive(Debug, Clone, PartialEq)]
pub struct Best {
    /// After how many steps.
    pub step: usize,
    /// What the development set said.
    pub evaluation: Evaluation,
    /// The parameters that differ from the base model's; `None` as long as they are those that the
    /// model has.
    pub values: Option<Values>,
}

impl Best {
    /// Keeps the parameters, if that is not done, before the model changes: `values` are those that
    /// differ from the base model's after a step.
    pub(super) fn keep(&mut self, values: impl FnOnce(usize) -> Values) {
        let step = self.step;
        self.values.get_or_insert_with(|| values(step));
    }
}
