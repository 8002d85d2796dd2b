//! How many steps a training takes, and how often things are done in it.

use crate::cli::commands::train::options::{ObjectiveName, Options, ScheduleName, StrategyName};
use crate::train::optimizer::OptimizerSettings;
use crate::train::plan::OptimizerPlan;
use crate::train::schedule::Shape;

/// Passes over the data where nothing is said.
pub(super) const EPOCHS: f64 = 3.0;

/// Looks without a better result after which training ends, where nothing is said.
const PATIENCE: usize = 8;

/// Where nothing is said, so many steps must pass as well: in a short run looks come so soon one
/// after the other that noise would end it.
const PATIENT_STEPS: usize = 100;

/// The largest learning rate where nothing is said.
pub(super) fn usual_rate(options: &Options) -> f64 {
    match (options.objective, options.strategy) {
        (Some(ObjectiveName::Mlm), _) => 1e-3,
        (_, Some(StrategyName::Full)) => 5e-5,
        (_, Some(_) | None) => 5e-4,
    }
}

/// A learning rate as people write it.
pub(super) fn shown_rate(rate: f64) -> String {
    if (0.01..1000.0).contains(&rate) {
        rate.to_string()
    } else {
        format!("{rate:e}")
    }
}

/// How often things are done over `steps` steps.
pub(super) fn optimizer_plan(options: &Options, steps: usize) -> OptimizerPlan {
    let evaluate_every = options.evaluate_every.unwrap_or((steps / 20).max(1));
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of the steps"
    )]
    let warm_up_steps = (steps as f64 * options.lr_warm_up.unwrap_or(0.1)) as usize;
    let defaults = OptimizerSettings::DEFAULT;

    OptimizerPlan {
        optimizer: OptimizerSettings {
            weight_decay: options.weight_decay.unwrap_or(defaults.weight_decay),
            clip_norm: options.clip_norm.unwrap_or(defaults.clip_norm),
            ..defaults
        },
        learning_rate: options.lr.unwrap_or_else(|| usual_rate(options)),
        shape: match options.lr_schedule {
            Some(ScheduleName::Cosine) => Shape::Cosine,
            Some(ScheduleName::Constant) => Shape::Constant,
            Some(ScheduleName::Linear) | None => Shape::Linear,
        },
        head_ratio: options.head_lr_ratio.unwrap_or(1.0),
        lora_plus_ratio: options.b_lr_ratio.unwrap_or(1.0),
        warm_up_steps,
        evaluate_every,
        patience: options
            .patience
            .unwrap_or_else(|| PATIENCE.max(PATIENT_STEPS.div_ceil(evaluate_every.max(1)))),
        save_every: options.save_every.unwrap_or(evaluate_every),
    }
}

/// Optimizer steps for `count` items, `per_step` at a time.
pub(super) fn steps(options: &Options, count: usize, per_step: usize) -> anyhow::Result<usize> {
    match (options.steps, options.epochs.unwrap_or(EPOCHS)) {
        (Some(steps), _) => Ok(steps),
        (None, epochs) if epochs.is_finite() && epochs > 0.0 => {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "positive, and few"
            )]
            let steps = (epochs * count as f64 / per_step.max(1) as f64).ceil() as usize;
            Ok(steps)
        }
        (None, epochs) => anyhow::bail!("--epochs {epochs}: it must be a positive number"),
    }
}
