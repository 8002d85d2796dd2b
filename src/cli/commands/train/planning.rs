//! From options to a plan: where defaults are applied.

use anyhow::Context;

use crate::bert::adapter_config::{AdapterConfig, AdapterKind};
use crate::bert::model::ScoreModel;
use crate::cli::commands::train::inputs::TrainInputs;
use crate::cli::commands::train::objective::objective;
use crate::cli::commands::train::options::{Options, StrategyName, WarmUpName};
use crate::cli::commands::train::{optimizer_plan, robust, steps};
use crate::rescore::tuning::estimate_scale;
use crate::train::plan::{Scaling, TrainingPlan};
use crate::train::strategy::{
    AdapterSettings, DynamicRank, HighRankWarmUp, MixedRank, TrainingStrategy, WarmUpFrom,
};

/// The plan of a run with `options`.
pub(super) fn plan(
    options: &Options,
    inputs: &TrainInputs,
    model: &ScoreModel,
) -> anyhow::Result<TrainingPlan> {
    let data = &inputs.data;
    let names = model.names();
    // What is trained and stored whole needs no adapter, and PEFT would not read one.
    let modules: Vec<String> = model
        .linears()
        .into_iter()
        .map(|(name, _)| name)
        .filter(|name| !inputs.whole_pooler || name != names.pooler)
        .collect();
    let lists_per_step = options.lists.unwrap_or(8);
    let teaching = data.train.iter().filter(|list| list.teaches()).count();
    let steps = steps(options, teaching, lists_per_step)?;
    let rank = options.rank.unwrap_or(8);
    let adapters = AdapterSettings {
        rank,
        alpha: options.alpha.unwrap_or(2.0 * rank as f64),
        scaling: if options.rslora {
            Scaling::RankRoot
        } else {
            Scaling::Rank
        },
        dropout: options.dropout.unwrap_or(0.05),
        targets: if options.targets.is_empty() {
            let [query, _, value, ..] = names.linears;
            let last = |name: &str| name.rsplit('.').next().unwrap_or(name).to_owned();
            vec![last(query), last(value)]
        } else {
            options.targets.clone()
        },
    };

    let strategy = strategy(options, rank)?;
    let learning_rate = if strategy == TrainingStrategy::Full {
        5e-5
    } else {
        5e-4
    };
    let first_pass_scale = options.first_pass_scale.unwrap_or_else(|| {
        estimate_scale(
            data.train
                .iter()
                .map(|list| (list.first_pass.as_slice(), list.errors.as_slice())),
        )
    });

    let plan = TrainingPlan {
        phases: strategy.phases(&adapters, steps, &modules)?,
        head: inputs.head,
        max_length: inputs.max_length,
        objective: objective(options),
        robust: robust::settings(options)?,
        first_pass_scale,
        lists_per_step,
        lists_per_pass: options.lists_per_pass.unwrap_or(lists_per_step),
        optimizer_plan: optimizer_plan(options, steps, learning_rate),
        seed: inputs.seed,
        data: inputs.hashes.clone(),
    };
    plan.check()?;

    Ok(plan)
}

fn strategy(options: &Options, rank: usize) -> anyhow::Result<TrainingStrategy> {
    let dynamic = DynamicRank {
        initial_rank: options.initial_rank,
        warm_up_steps: options.prune_after,
        final_steps: options.final_steps,
        interval: None,
        orthogonality: options.orthogonality,
    };

    Ok(match options.strategy.unwrap_or(StrategyName::Lora) {
        StrategyName::Full => TrainingStrategy::Full,
        StrategyName::Lora => TrainingStrategy::Lora,
        StrategyName::Dynamic => TrainingStrategy::DynamicRank(dynamic),
        StrategyName::Warmup => TrainingStrategy::HighRankWarmUp(HighRankWarmUp {
            rank: options.warm_up_rank.unwrap_or(4 * rank),
            share: options.warm_up_share.unwrap_or(0.3),
            then: options.then_dynamic.then_some(dynamic),
            from: match options.warm_up_from {
                Some(WarmUpName::Full) => WarmUpFrom::Full {
                    rate_ratio: options.warm_up_lr_ratio.unwrap_or(0.1),
                },
                Some(WarmUpName::HighRank) | None => WarmUpFrom::HighRank,
            },
        }),
        StrategyName::Mixed => TrainingStrategy::MixedRank(mixed(options)?),
    })
}

fn mixed(options: &Options) -> anyhow::Result<MixedRank> {
    if let Some(folder) = &options.ranks_from {
        let path = folder.join("adapter_config.json");
        let AdapterKind::AdaLora(settings) = AdapterConfig::read(&path)?.kind else {
            anyhow::bail!(
                "{} was not trained with --strategy dynamic: it has no allocated ranks",
                folder.display()
            );
        };
        let count = |kept: &Vec<bool>| kept.iter().filter(|kept| **kept).count();
        let ranks = settings
            .kept
            .iter()
            .map(|(module, kept)| (module.clone(), count(kept)))
            .collect();
        return Ok(MixedRank::Listed(ranks));
    }

    if options.ranks.is_empty() {
        return Ok(MixedRank::Drawn);
    }

    let parse = |text: &String| -> anyhow::Result<(String, usize)> {
        let (name, rank) = text.split_once('=').unwrap_or((text, ""));
        let rank = rank
            .parse()
            .ok()
            .with_context(|| format!("--ranks {text}: write NAME=R, such as query=4"))?;
        Ok((name.to_owned(), rank))
    };

    Ok(MixedRank::Listed(
        options
            .ranks
            .iter()
            .map(parse)
            .collect::<anyhow::Result<_>>()?,
    ))
}
