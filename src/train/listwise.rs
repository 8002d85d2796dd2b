//! From the scores of a step's lists to the objective and its slopes.
//!
//! How texts are scored is in [`rescoring`](mod@crate::train::rescoring); the losses themselves are
//! in [`objective`](mod@crate::train::objective).

use std::borrow::Cow;

use crate::train::TrainError;
use crate::train::lists::TrainingList;
use crate::train::objective::consistency::{
    ConsistencyLoss, ranking_consistency, score_consistency,
};
use crate::train::objective::distillation::mlm_distillation;
use crate::train::objective::mwed::mwed;
use crate::train::objective::mwer::mwer;
use crate::train::objective::{ListLoss, ScoredList};
use crate::train::plan::{ListObjective, TrainingPlan};
use crate::train::robust::{ConsistencyOf, Robust};

/// A list as one step learns from it.
#[derive(Debug, Clone)]
pub struct Item<'a> {
    /// What is learned from: a list, or its perturbed version.
    pub list: Cow<'a, TrainingList>,
    /// The list as it is, where both versions are to be scored alike.
    pub clean: Option<&'a TrainingList>,
}

impl Item<'_> {
    /// Every text that must be scored: those of the list, then those of the clean one.
    pub fn texts(&self) -> impl Iterator<Item = &[u32]> {
        let clean = self.clean.into_iter().flat_map(|clean| &clean.texts);
        self.list.texts.iter().chain(clean).map(Vec::as_slice)
    }
}

/// The objective of `items`, as a share of a whole step, and its slope by every text's score.
///
/// `second_pass` holds the scores of [`Item::texts`], item after item; `step` is for errors.
pub fn losses(
    plan: &TrainingPlan,
    items: &[Item<'_>],
    second_pass: &[f64],
    step: usize,
) -> Result<(f64, Vec<f64>), TrainError> {
    let mut loss = 0.0;
    let mut slopes = Vec::with_capacity(second_pass.len());
    let mut rest = second_pass;
    for item in items {
        let (scores, others) = rest.split_at(item.list.texts.len());
        let (clean, others) = others.split_at(item.clean.map_or(0, |clean| clean.texts.len()));
        rest = others;
        let invalid = |source| TrainError::List {
            utterance: item.list.id.clone(),
            step,
            source,
        };
        let scale = plan.first_pass_scale;
        let scaled = item.list.first_pass.iter().map(|score| scale * score);
        let first_pass: Vec<f64> = scaled.collect();
        let scored =
            ScoredList::new(&first_pass, scores, &item.list.errors, 1.0).map_err(invalid)?;
        let mut found = list_loss(plan.objective.list, &scored);
        if plan.objective.mwed > 0.0 {
            let divergence = list_loss(ListObjective::Mwed, &scored);
            found.add_scaled(&divergence, plan.objective.mwed);
        }
        if let Some(targets) = &item.list.targets
            && plan.objective.distillation > 0.0
        {
            let distance = mlm_distillation(scores, targets);
            found.add_scaled(&distance, plan.objective.distillation);
        }
        let mut of_clean = ListLoss::zero(clean.len());
        if let (Some(robust), Some(list)) = (&plan.robust, item.clean) {
            ScoredList::new(&first_pass, clean, &list.errors, 1.0).map_err(invalid)?;
            let ConsistencyLoss {
                loss,
                clean,
                perturbed,
            } = consistency(robust, &first_pass, clean, scores);
            let gradient = perturbed;
            found.add_scaled(&ListLoss { loss, gradient }, robust.consistency);
            let (loss, gradient) = (0.0, clean);
            of_clean.add_scaled(&ListLoss { loss, gradient }, robust.consistency);
        }
        for part in [&mut found, &mut of_clean] {
            part.scale(1.0 / plan.lists_per_step as f64);
            loss += part.loss;
            slopes.append(&mut part.gradient);
        }
    }

    Ok((loss, slopes))
}

fn consistency(
    robust: &Robust,
    first_pass: &[f64],
    clean: &[f64],
    perturbed: &[f64],
) -> ConsistencyLoss {
    match robust.consistency_of {
        ConsistencyOf::Ranking => ranking_consistency(first_pass, clean, perturbed, 1.0),
        ConsistencyOf::Scores => score_consistency(clean, perturbed),
    }
}

/// The loss of one list; zero where the objective is undefined on it.
fn list_loss(objective: ListObjective, list: &ScoredList<'_>) -> ListLoss {
    match objective {
        ListObjective::Mwer => mwer(list),
        ListObjective::Distillation => ListLoss::zero(list.hypotheses()),
        ListObjective::Mwed => mwed(list).unwrap_or_else(|| ListLoss::zero(list.hypotheses())),
    }
}
