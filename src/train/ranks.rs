//! Adapters of given ranks on a model: attached, truncated, masked, or cut for one step.
//!
//! Which ranks, the plan says; which directions are kept, the
//! [`allocation`](mod@crate::train::allocation).

use burn::module::Param;
use burn::tensor::{Device, Tensor, TensorData};

use crate::bert::architecture::{Place, place};
use crate::bert::encoder::LINEARS;
use crate::bert::linear::{AdaptedLinear, Draw, LowRank};
use crate::bert::model::ScoreModel;
use crate::bert::weights::numbers;
use crate::stats::random::named_seed;
use crate::train::TrainError;
use crate::train::allocation::importance::{Layout, MatrixShape};
use crate::train::parameters::Values;
use crate::train::plan::{AdapterPlan, AdapterStart, RankChange};
use crate::train::projection::{LowRankUpdate, ProjectionError, UpdateShape};

/// Gives `model` the adapters of `plan`, in the place of those it has.
///
/// A [`AdapterStart::Fresh`] adapter starts from the map as it is: what a former
/// adapter has learned is folded into the weight. `phase` tells the draws of
/// different phases apart.
pub fn attach(
    model: &mut ScoreModel,
    plan: &AdapterPlan,
    seed: u64,
    phase: usize,
    device: &Device,
) -> Result<(), TrainError> {
    let seed = named_seed(seed, &format!("adapters of phase {phase}"));
    // The visitor goes through all maps whatever happens: an error waits for its end.
    let mut result = Ok(());
    model.for_each_linear_mut(&mut |name, linear| {
        let Some(rank) = plan.ranks.get(name).copied() else {
            linear.merge();
            return;
        };
        let draw = Draw {
            name,
            seed,
            dropout: plan.dropout,
            device,
        };
        match (plan.start, linear.adapter.take()) {
            (AdapterStart::Truncated, Some(former)) => {
                match truncated(name, linear, &former, plan, &draw) {
                    Ok(adapter) => linear.attach(adapter),
                    Err(error) => result = Err(error),
                }
            }
            (_, former) => {
                // Back in its place, so that what it has learned is folded into the weight.
                linear.adapter = former;
                linear.merge();
                linear.attach(fresh(linear, plan, rank, &draw));
            }
        }
    });

    result
}

/// What an adapter of this plan is multiplied by.
///
/// In the form P Λ Q by `alpha / (rank + 1e-5)` with the initial rank, as in PEFT.
fn scaling(plan: &AdapterPlan, rank: usize) -> f64 {
    match plan.change {
        RankChange::Fixed | RankChange::Drawn => plan.scaling.factor(plan.alpha, rank),
        RankChange::Allocated(_) => plan.alpha / (rank as f64 + 1e-5),
    }
}

fn fresh(linear: &AdaptedLinear, plan: &AdapterPlan, rank: usize, draw: &Draw<'_>) -> LowRank {
    let scaling = scaling(plan, rank);
    match plan.change {
        RankChange::Fixed | RankChange::Drawn => LowRank::lora(linear, rank, scaling, draw),
        RankChange::Allocated(_) => LowRank::adalora(linear, rank, scaling, draw),
    }
}

/// What `adapter` adds to the weight, as its two factors; a diagonal between them is taken into the
/// left one.
pub fn update_of(adapter: &LowRank) -> Result<LowRankUpdate, ProjectionError> {
    let shape = UpdateShape {
        rank: adapter.rank(),
        inputs: adapter.a.shape()[1],
        outputs: adapter.b.shape()[0],
    };
    let wide = |values: Vec<f32>| -> Vec<f64> { values.into_iter().map(f64::from).collect() };
    let a = wide(numbers(adapter.a.val()));

    let mut b = wide(numbers(adapter.b.val()));
    if let Some(lambda) = &adapter.lambda
        && adapter.rank() > 0
    {
        let lambda = wide(numbers(lambda.val()));
        for row in b.chunks_mut(adapter.rank()) {
            for (value, factor) in row.iter_mut().zip(&lambda) {
                *value *= factor;
            }
        }
    }

    LowRankUpdate::new(shape, adapter.scaling, a, b)
}

/// The best approximation of `former` with the rank that `plan` gives the module.
fn truncated(
    name: &str,
    linear: &AdaptedLinear,
    former: &LowRank,
    plan: &AdapterPlan,
    draw: &Draw<'_>,
) -> Result<LowRank, TrainError> {
    let fail = |source| TrainError::Projection {
        module: name.to_owned(),
        source,
    };
    let rank = plan.ranks[name];
    let (inputs, outputs) = (linear.inputs(), linear.outputs());
    let update = update_of(former).map_err(fail)?;
    let directions = update.decompose();
    let scaling = scaling(plan, rank);
    let tensor = |values: &[f64], shape: [usize; 2]| -> Tensor<2> {
        Tensor::from_data(TensorData::new(narrow(values), shape), draw.device)
    };

    match plan.change {
        RankChange::Fixed | RankChange::Drawn => {
            let best = directions.truncate(rank, scaling).map_err(fail)?;
            let a = tensor(best.a(), [rank, inputs]);
            let b = tensor(best.b(), [outputs, rank]);
            Ok(LowRank::new(a, None, b, scaling, plan.dropout))
        }
        RankChange::Allocated(_) => {
            let best = directions.triplets(rank, scaling).map_err(fail)?;
            let a = tensor(&best.a, [rank, inputs]);
            let lambda = tensor(&best.e, [rank, 1]);
            let b = tensor(&best.b, [outputs, rank]);
            Ok(LowRank::new(a, Some(lambda), b, scaling, plan.dropout))
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "parameters are f32")]
fn narrow(values: &[f64]) -> Vec<f32> {
    values.iter().map(|value| *value as f32).collect()
}

/// A copy of `model` whose adapters have only their first `rank` directions, scaled
/// as if they had never had more.
pub fn cut(model: &ScoreModel, plan: &AdapterPlan, rank: usize, device: &Device) -> ScoreModel {
    let mut model = model.clone();
    model.for_each_linear_mut(&mut |_, linear| {
        let Some(adapter) = &linear.adapter else {
            return;
        };
        let full = adapter.rank();
        let kept = rank.min(full);
        let a = numbers(adapter.a.val());
        let b = numbers(adapter.b.val());
        let (inputs, outputs) = (linear.inputs(), linear.outputs());
        let a = a[..kept * inputs].to_vec();
        let b: Vec<f32> = b
            .chunks(full)
            .flat_map(|row| row[..kept].to_vec())
            .collect();
        let a = Tensor::from_data(TensorData::new(a, [kept, inputs]), device);
        let b = Tensor::from_data(TensorData::new(b, [outputs, kept]), device);
        let scaling = plan.scaling.factor(plan.alpha, kept);
        linear.attach(LowRank::new(a, None, b, scaling, plan.dropout));
    });

    model
}

/// Makes the gradients of a [`cut`] model those of `model`: zero where directions were cut.
pub fn pad_gradients(gradients: &mut Values, model: &ScoreModel) {
    for (module, linear) in model.linears() {
        let Some(adapter) = &linear.adapter else {
            continue;
        };
        let full = adapter.rank();
        let path = adapter_path(&module);

        if let Some(a) = gradients.get_mut(&format!("{path}.a")) {
            a.resize(full * linear.inputs(), 0.0);
        }
        if let Some(b) = gradients.get_mut(&format!("{path}.b")) {
            let kept = b.len() / linear.outputs();
            *b = b
                .chunks(kept)
                .flat_map(|row| {
                    row.iter()
                        .copied()
                        .chain(std::iter::repeat_n(0.0, full - kept))
                })
                .collect();
        }
    }
}

/// Zeroes the diagonal elements that `masks` (by module) drop.
pub fn mask<'a>(model: &mut ScoreModel, masks: impl Iterator<Item = (&'a str, &'a [bool])>) {
    let masks: std::collections::BTreeMap<&str, &[bool]> = masks.collect();
    model.for_each_linear_mut(&mut |name, linear| {
        let Some(mask) = masks.get(name) else { return };
        let Some(LowRank {
            lambda: Some(lambda),
            ..
        }) = &mut linear.adapter
        else {
            return;
        };

        let old = lambda.val();
        let mut values = numbers(old.clone());
        for (value, kept) in values.iter_mut().zip(*mask) {
            if !kept {
                *value = 0.0;
            }
        }

        let data = TensorData::new(values, old.shape());
        let new = Tensor::from_data(data, &old.device()).set_require_grad(old.is_require_grad());
        // The parameter keeps its id: burn knows it by nothing else.
        let (id, _, mapper) = lambda.clone().consume();
        *lambda = Param::from_mapped_value(id, new, mapper);
    });
}

/// The matrices whose directions are allocated, in the model's order.
pub fn shapes(model: &ScoreModel) -> Vec<MatrixShape> {
    let linears = model.linears().into_iter();
    let adapted = linears.filter(|(_, linear)| linear.adapter.is_some());

    adapted
        .map(|(name, linear)| MatrixShape {
            name,
            inputs: linear.inputs(),
            outputs: linear.outputs(),
            layout: Layout::Peft,
        })
        .collect()
}

/// The path of a module's adapter in the tree of a [`ScoreModel`].
///
/// # Panics
///
/// When the name is none of [`ScoreModel::linears`].
pub fn adapter_path(module: &str) -> String {
    match place(module).expect("adapters are only on the linear maps of the model") {
        Place::Layer { layer, linear, .. } => {
            format!("encoder.layers.{layer}.{}.adapter", LINEARS[linear])
        }
        Place::Pooler => "pooler.adapter".to_owned(),
        Place::Projection => "encoder.embeddings.projection.adapter".to_owned(),
    }
}
