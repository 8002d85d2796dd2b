//! From options to a plan: where defaults are applied.

use anyhow::Context;

use crate::bert::adapter_config::{AdapterConfig, AdapterKind};
use crate::bert::limits::HIGHEST_RANK;
use crate::bert::model::ScoreModel;
use crate::cli::commands::train::inputs::TrainInputs;
use crate::cli::commands::train::objective::objective;
use crate::cli::commands::train::option_names::in_options;
use crate::cli::commands::train::options::{Options, StrategyName, WarmUpName};
use crate::cli::commands::train::robust;
use crate::cli::commands::train::step_counts::{optimizer_plan, steps};
use crate::rescore::tuning::estimate_scale;
use crate::train::allocation::budget::BudgetSettings;
use crate::train::lists::teaching;
use crate::train::matrix_sides::MatrixSides;
use crate::train::plan::{Scaling, TrainingPlan};
use crate::train::rescoring::TrainingData;
use crate::train::strategy::{
    AdapterSettings, DynamicRank, HighRankWarmUp, MixedRank, TrainingStrategy, WarmUpFrom,
};
use crate::train::targets::targeted;

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
    let steps = steps(options, teaching(&data.train)?.len(), lists_per_step)?;
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

    let sides = MatrixSides::of(model);
    let told = |error| in_options(error, options);
    let highest = match options.strategy {
        Some(StrategyName::Dynamic | StrategyName::Warmup) => {
            let targeted = targeted(&adapters.targets, &modules).map_err(told)?;
            sides.highest_rank(&targeted)
        }
        Some(StrategyName::Full | StrategyName::Lora | StrategyName::Mixed) | None => HIGHEST_RANK,
    };
    let strategy = strategy(options, rank, highest)?;
    let phases = strategy.phases(&adapters, steps, &modules).map_err(told)?;
    sides.check(&phases, &strategy).map_err(told)?;
    let plan = TrainingPlan {
        phases,
        head: inputs.head,
        max_length: inputs.max_length,
        objective: objective(options),
        robust: robust::settings(options)?,
        first_pass_scale: options.first_pass_scale.unwrap_or_else(|| best_scale(data)),
        lists_per_step,
        lists_per_pass: options.lists_per_pass.unwrap_or(lists_per_step),
        optimizer_plan: optimizer_plan(options, steps),
        seed: inputs.seed,
        data: inputs.hashes.clone(),
    };
    plan.check().map_err(told)?;

    Ok(plan)
}

/// The scale under which the first-pass scores of the training lists say best which hypothesis is
/// right.
pub(super) fn best_scale(data: &TrainingData) -> f64 {
    let lists = data.train.iter();
    estimate_scale(lists.map(|list| (list.first_pass.as_slice(), list.errors.as_slice())))
}

/// The strategy with its settings. Ranks that nobody named are those that go with `rank`, or the
/// `highest` that the matrices can have.
fn strategy(options: &Options, rank: usize, highest: usize) -> anyhow::Result<TrainingStrategy> {
    let highest = highest.max(rank);
    let is_too_high = BudgetSettings::proportioned(rank, 1).initial_rank > highest;
    let dynamic = DynamicRank {
        initial_rank: options.initial_rank.or(is_too_high.then_some(highest)),
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
            rank: options.warm_up_rank.unwrap_or((4 * rank).min(highest)),
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

    let mut listed: Vec<(String, usize)> = Vec::new();
    for text in &options.ranks {
        let (name, rank) = listed_rank(text)?;
        anyhow::ensure!(
            listed.iter().all(|(other, _)| *other != name),
            "--ranks {text}: {name} is there twice; leave one of them out"
        );
        listed.push((name, rank));
    }

    Ok(MixedRank::Listed(listed))
}

/// Reads `NAME=R`.
fn listed_rank(text: &str) -> anyhow::Result<(String, usize)> {
    let (name, rank) = text.split_once('=').unwrap_or((text, ""));
    let (name, rank) = (name.trim(), rank.trim());
    let rank: Option<usize> = rank.parse().ok();
    let rank = rank
        .filter(|_| !name.is_empty())
        .with_context(|| format!("--ranks {text}: write NAME=R, such as query=4"))?;
    anyhow::ensure!(
        rank <= HIGHEST_RANK,
        "--ranks {text}: the rank is beyond what can work: at most {HIGHEST_RANK} is accepted"
    );

    Ok((name.to_owned(), rank))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_refused(ranks: &[&str], part: &str) {
        let options = Options {
            ranks: ranks.iter().map(|rank| (*rank).to_owned()).collect(),
            ..Options::default()
        };
        let error = mixed(&options).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }

    #[test]
    fn ranks_of_matrices_are_read_or_refused_with_what_was_typed() {
        let options = Options {
            ranks: vec!["query=4".to_owned(), "output.dense=12".to_owned()],
            ..Options::default()
        };
        let expected = [("query".to_owned(), 4), ("output.dense".to_owned(), 12)];
        assert_eq!(
            mixed(&options).unwrap(),
            MixedRank::Listed(expected.to_vec())
        );

        check_refused(&["=4"], "--ranks =4: write NAME=R");
        check_refused(&["query"], "--ranks query: write NAME=R");
        check_refused(&["query=-1"], "--ranks query=-1: write NAME=R");
        check_refused(
            &["query=4", "query=8"],
            "--ranks query=8: query is there twice",
        );
        let huge = "query=18446744073709551615";
        check_refused(&[huge], "at most 16384 is accepted");
    }

    #[test]
    fn ranks_that_nobody_named_are_no_higher_than_matrices_allow() {
        let warm_up = |options: &Options, highest| match strategy(options, 16, highest).unwrap() {
            TrainingStrategy::HighRankWarmUp(settings) => (
                settings.rank,
                settings.then.and_then(|then| then.initial_rank),
            ),
            other => panic!("{other:?}"),
        };
        let options = Options {
            strategy: Some(StrategyName::Warmup),
            then_dynamic: true,
            ..Options::default()
        };
        assert_eq!(warm_up(&options, 1000), (64, None));
        assert_eq!(warm_up(&options, 32), (32, None));
        assert_eq!(warm_up(&options, 20), (20, Some(20)));
        // That the rank itself is too high is told of the rank.
        assert_eq!(warm_up(&options, 8), (16, Some(16)));

        let typed = Options {
            warm_up_rank: Some(40),
            ..options
        };
        assert_eq!(warm_up(&typed, 20), (40, Some(20)));
    }
}
