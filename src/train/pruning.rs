//! Dynamic rank allocation on a model: between its tensors and the allocator's numbers.
//!
//! What is important and what is dropped is decided in
//! [`allocation`](mod@crate::train::allocation).

use crate::bert::linear::LowRank;
use crate::bert::model::ScoreModel;
use crate::bert::weights::numbers;
use crate::train::allocation::importance::{Decay, FactorStep, MatrixStep};
use crate::train::allocation::{
    Allocation, Allocator, AllocatorSettings, AllocatorState, TieBreak,
};
use crate::train::objective::orthogonality::{
    DirectionLayout, Directions, orthogonality as regularizer,
};
use crate::train::parameters::Values;
use crate::train::plan::{Phase, RankChange, Trained};
use crate::train::{TrainError, ranks};

/// The allocator of a phase at its start; `None` where ranks are not allocated.
pub fn allocator(phase: &Phase, model: &ScoreModel) -> Result<Option<Allocator>, TrainError> {
    match settings(phase)? {
        None => Ok(None),
        Some(settings) => Ok(Some(Allocator::new(settings, ranks::shapes(model))?)),
    }
}

/// The allocator of a phase as it was stored.
pub fn restore(phase: &Phase, memory: serde_json::Value) -> Result<Option<Allocator>, TrainError> {
    let Some(settings) = settings(phase)? else {
        return Ok(None);
    };
    let state: AllocatorState = serde_json::from_value(memory).map_err(|error| {
        TrainError::Data(format!("the saved rank allocation is damaged: {error}"))
    })?;
    Ok(Some(Allocator::restore(settings, state)?))
}

fn settings(phase: &Phase) -> Result<Option<AllocatorSettings>, TrainError> {
    let Trained::Adapters(plan) = &phase.trained else {
        return Ok(None);
    };
    let RankChange::Allocated(allocated) = &plan.change else {
        return Ok(None);
    };

    Ok(Some(AllocatorSettings {
        schedule: allocated.schedule(plan.largest_rank(), phase.steps)?,
        decay: Decay {
            sensitivity: allocated.beta1,
            uncertainty: allocated.beta2,
        },
        // Who asks for a budget gets it, also where scores are equal.
        tie_break: TieBreak::Exact,
    }))
}

/// The adapters in the form P Λ Q, with their paths, in the model's order.
fn triplets(model: &ScoreModel) -> Vec<(String, &LowRank)> {
    model
        .linears()
        .into_iter()
        .filter_map(|(name, linear)| Some((ranks::adapter_path(&name), linear.adapter.as_ref()?)))
        .filter(|(_, adapter)| adapter.lambda.is_some())
        .collect()
}

/// Adds the orthogonality of P and Q, times `weight`, to the gradients; returns its loss.
pub fn orthogonality(model: &ScoreModel, weight: f64, gradients: &mut Values) -> f64 {
    if weight <= 0.0 {
        return 0.0;
    }

    let mut paths = Vec::new();
    let mut factors = Vec::new();
    for (path, adapter) in triplets(model) {
        let wide = |values: Vec<f32>| values.into_iter().map(f64::from).collect::<Vec<f64>>();
        let rank = adapter.rank();
        factors.push((wide(numbers(adapter.a.val())), rank, DirectionLayout::Rows));
        paths.push(format!("{path}.a"));
        factors.push((
            wide(numbers(adapter.b.val())),
            rank,
            DirectionLayout::Columns,
        ));
        paths.push(format!("{path}.b"));
    }

    let directions: Vec<Directions<'_>> = factors
        .iter()
        .map(|(values, count, layout)| Directions {
            values,
            count: *count,
            layout: *layout,
        })
        .collect();

    let found = regularizer(&directions);
    for (path, slopes) in paths.iter().zip(found.gradients) {
        let Some(gradient) = gradients.get_mut(path) else {
            continue;
        };
        for (gradient, slope) in gradient.iter_mut().zip(slopes) {
            #[expect(clippy::cast_possible_truncation, reason = "gradients are f32")]
            let slope = (weight * slope) as f32;
            *gradient += slope;
        }
    }

    weight * found.loss
}

/// Takes in step `step` of the phase, and zeroes the diagonal elements that are dropped.
pub fn allocate(
    allocator: &mut Allocator,
    model: &mut ScoreModel,
    step: usize,
    gradients: &Values,
) -> Result<(), TrainError> {
    let allocation = if allocator.measures(step) {
        let current: Vec<(String, [Vec<f32>; 3])> = triplets(model)
            .into_iter()
            .map(|(path, adapter)| {
                let lambda = adapter.lambda.as_ref().expect("triplets have a diagonal");
                let values = [&adapter.a, lambda, &adapter.b].map(|param| numbers(param.val()));
                (path, values)
            })
            .collect();
        let none: &[f32] = &[];
        let gradient = |path: &str, part: &str| -> &[f32] {
            gradients
                .get(&format!("{path}.{part}"))
                .map_or(none, Vec::as_slice)
        };
        let matrices: Vec<MatrixStep<'_, f32>> = current
            .iter()
            .map(|(path, [a, e, b])| MatrixStep {
                a: FactorStep {
                    values: a,
                    gradient: gradient(path, "a"),
                },
                e: FactorStep {
                    values: e,
                    gradient: gradient(path, "lambda"),
                },
                b: FactorStep {
                    values: b,
                    gradient: gradient(path, "b"),
                },
            })
            .collect();
        allocator.step(step, &matrices)?
    } else {
        allocator.step::<f32>(step, &[])?
    };

    match allocation {
        Allocation::Untouched => {}
        Allocation::Chosen { .. } | Allocation::Settled => ranks::mask(model, allocator.masks()),
    }

    Ok(())
}
