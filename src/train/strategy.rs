//! What the user names, resolved to phases.
//!
//! The five regimes of arXiv 2401.10447, whose definitions of warm-up and
//! mixed ranks were not available: those here are ours. The loop that runs the
//! phases is in [`driver`](mod@crate::train::driver).

use std::collections::BTreeMap;

use crate::bert::architecture::{Place, place};
use crate::train::TrainError;
use crate::train::allocation::budget::BudgetSettings;
use crate::train::plan::{
    AdapterPlan, AdapterStart, Allocated, Phase, RankChange, Scaling, Trained,
};

/// A training strategy with its settings.
#[derive(Debug, Clone, PartialEq)]
pub enum TrainingStrategy {
    /// Every weight is trained.
    Full,
    /// One rank for all matrices, from the first step to the last.
    Lora,
    /// Ranks are allocated by importance while training (AdaLoRA).
    DynamicRank(DynamicRank),
    /// A high rank first, then truncation to the target rank.
    HighRankWarmUp(HighRankWarmUp),
    /// Matrices of different ranks, or a rank drawn for every step.
    MixedRank(MixedRank),
}

/// Settings of dynamic rank allocation; what is absent follows the length of the phase.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DynamicRank {
    /// The rank at the start; one and a half times the target if absent.
    pub initial_rank: Option<usize>,
    /// Steps before pruning; a tenth if absent.
    pub warm_up_steps: Option<usize>,
    /// Steps after the final choice; three tenths if absent.
    pub final_steps: Option<usize>,
    /// Steps between choices; a two-hundredth if absent.
    pub interval: Option<usize>,
    /// Weight of orthogonality; 0.5, as in PEFT, if absent.
    pub orthogonality: Option<f64>,
}

/// Settings of the high-rank warm-up.
#[derive(Debug, Clone, PartialEq)]
pub struct HighRankWarmUp {
    /// The rank of the first phase.
    pub rank: usize,
    /// The first phase's share of the steps, between 0 and 1.
    pub share: f64,
    /// What follows it: a fixed rank, or dynamic allocation.
    pub then: Option<DynamicRank>,
    /// What the first phase trains.
    pub from: WarmUpFrom,
}

/// What the first phase of a warm-up trains.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum WarmUpFrom {
    /// Adapters of the high rank, truncated to the target rank afterwards.
    HighRank,
    /// Every weight; fresh adapters of the target rank follow on the changed base, so that what is
    /// written is a whole model.
    Full {
        /// The learning rate of the first phase is this many times that of the second.
        rate_ratio: f64,
    },
}

/// How ranks differ.
#[derive(Debug, Clone, PartialEq)]
pub enum MixedRank {
    /// Ranks by the end of module names, as in `attention.self.query`; the first entry that matches
    /// counts.
    Listed(Vec<(String, usize)>),
    /// A rank is drawn for every step, up to the target rank.
    Drawn,
}

/// What all strategies with adapters share.
#[derive(Debug, Clone, PartialEq)]
pub struct AdapterSettings {
    /// The rank, or the mean rank at the end.
    pub rank: usize,
    /// The numerator of the scaling.
    pub alpha: f64,
    /// The denominator of the scaling.
    pub scaling: Scaling,
    /// Dropout of the adapters' inputs.
    pub dropout: f64,
    /// Which matrices: ends of module names, such as `query`; or `all-linear`.
    pub targets: Vec<String>,
}

impl TrainingStrategy {
    /// The phases of `steps` steps in all, on a model whose linear maps are called `modules`.
    pub fn phases(
        &self,
        adapters: &AdapterSettings,
        steps: usize,
        modules: &[String],
    ) -> Result<Vec<Phase>, TrainError> {
        let all = |rank: usize| -> Result<BTreeMap<String, usize>, TrainError> {
            Ok(targeted(&adapters.targets, modules)?
                .into_iter()
                .map(|name| (name, rank))
                .collect())
        };
        let plan = |ranks, change, start| AdapterPlan {
            ranks,
            alpha: adapters.alpha,
            scaling: adapters.scaling,
            dropout: adapters.dropout,
            change,
            start,
        };

        let phase = |steps, plan| Phase {
            steps,
            trained: Trained::Adapters(plan),
            rate_ratio: 1.0,
        };
        let dynamic = |settings: &DynamicRank, steps, start| -> Result<Phase, TrainError> {
            let (initial, allocated) = settings.resolve(adapters.rank, steps);
            let change = RankChange::Allocated(allocated);
            Ok(phase(steps, plan(all(initial)?, change, start)))
        };

        match self {
            TrainingStrategy::Full => Ok(vec![Phase {
                steps,
                trained: Trained::Everything,
                rate_ratio: 1.0,
            }]),
            TrainingStrategy::Lora => {
                let plan = plan(all(adapters.rank)?, RankChange::Fixed, AdapterStart::Fresh);
                Ok(vec![phase(steps, plan)])
            }
            TrainingStrategy::DynamicRank(settings) => {
                Ok(vec![dynamic(settings, steps, AdapterStart::Fresh)?])
            }
            TrainingStrategy::HighRankWarmUp(settings) => {
                let first = settings.first_steps(steps)?;
                let high = plan(all(settings.rank)?, RankChange::Fixed, AdapterStart::Fresh);
                let rest = steps - first;
                let start = match settings.from {
                    WarmUpFrom::HighRank => AdapterStart::Truncated,
                    WarmUpFrom::Full { .. } => AdapterStart::Fresh,
                };
                let low = if let Some(then) = &settings.then {
                    dynamic(then, rest, start)?
                } else {
                    phase(rest, plan(all(adapters.rank)?, RankChange::Fixed, start))
                };
                if let WarmUpFrom::Full { rate_ratio } = settings.from {
                    let full = Phase {
                        steps: first,
                        trained: Trained::Everything,
                        rate_ratio,
                    };
                    return Ok(vec![full, low]);
                }
                if let Trained::Adapters(low) = &low.trained
                    && low.largest_rank() > settings.rank
                {
                    let advice = format!(
                        "it must not be below the rank {} that follows it",
                        low.largest_rank()
                    );
                    return Err(TrainError::setting("warm_up_rank", settings.rank, &advice));
                }
                Ok(vec![phase(first, high), low])
            }
            TrainingStrategy::MixedRank(MixedRank::Drawn) => {
                let plan = plan(all(adapters.rank)?, RankChange::Drawn, AdapterStart::Fresh);
                Ok(vec![phase(steps, plan)])
            }
            TrainingStrategy::MixedRank(MixedRank::Listed(listed)) => {
                let ranks = listed_ranks(listed, modules)?;
                Ok(vec![phase(
                    steps,
                    plan(ranks, RankChange::Fixed, AdapterStart::Fresh),
                )])
            }
        }
    }
}

impl DynamicRank {
    /// The initial rank, and what is done to it over `steps` steps down to `target`.
    fn resolve(&self, target: usize, steps: usize) -> (usize, Allocated) {
        let ours = BudgetSettings::proportioned(target, steps);
        let allocated = Allocated {
            target_rank: target,
            warm_up_steps: self.warm_up_steps.unwrap_or(ours.warm_up_steps),
            final_steps: self.final_steps.unwrap_or(ours.final_steps),
            interval: self.interval.unwrap_or(ours.interval),
            beta1: 0.85,
            beta2: 0.85,
            orthogonality: self.orthogonality.unwrap_or(0.5),
        };

        (self.initial_rank.unwrap_or(ours.initial_rank), allocated)
    }
}

impl HighRankWarmUp {
    fn first_steps(&self, steps: usize) -> Result<usize, TrainError> {
        if !(self.share > 0.0 && self.share < 1.0) || steps < 2 {
            let advice = "it must leave steps for both phases: a number between 0 and 1";
            return Err(TrainError::setting("warm_up_share", self.share, advice));
        }

        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and steps"
        )]
        let first = (steps as f64 * self.share).round() as usize;

        // Both phases take a step at least.
        Ok(first.clamp(1, steps - 1))
    }
}

/// The modules that `targets` name.
pub(crate) fn targeted(targets: &[String], modules: &[String]) -> Result<Vec<String>, TrainError> {
    if targets.iter().any(|target| target == "all-linear") {
        return Ok(modules.to_vec());
    }
    for target in targets {
        if !modules.iter().any(|module| is_called(module, target)) {
            return Err(unknown("targets", target, modules));
        }
    }

    let named = |module: &&String| targets.iter().any(|target| is_called(module, target));
    Ok(modules.iter().filter(named).cloned().collect())
}

fn unknown(field: &str, target: &str, modules: &[String]) -> TrainError {
    let mut parts: Vec<&str> = Vec::new();
    for module in modules {
        if let Some(Place::Layer { part, .. }) = place(module) {
            // As users write it.
            let part = part.strip_prefix("attention.self.").unwrap_or(part);
            if !parts.contains(&part) {
                parts.push(part);
            }
        }
    }

    let advice = format!(
        "no linear map has this name; there are {}, and all-linear for all of them",
        parts.join(", ")
    );

    TrainError::setting(field, target, &advice)
}

/// Whether a module's name ends as a target says.
pub(super) fn is_called(module: &str, target: &str) -> bool {
    module == target
        || module
            .strip_suffix(target)
            .is_some_and(|rest| rest.ends_with('.'))
}

fn listed_ranks(
    listed: &[(String, usize)],
    modules: &[String],
) -> Result<BTreeMap<String, usize>, TrainError> {
    for (target, _) in listed {
        if !modules.iter().any(|module| is_called(module, target)) {
            return Err(unknown("ranks", target, modules));
        }
    }

    let first = |module: &String| {
        let mut entries = listed.iter();
        entries.position(|(target, _)| is_called(module, target))
    };
    let counting: Vec<usize> = modules.iter().filter_map(first).collect();
    let idle = (0..listed.len()).find(|entry| !counting.contains(entry));
    if let Some((target, rank)) = idle.map(|entry| &listed[entry]) {
        let advice = "entries before it name all of its matrices, and the first that names a \
            matrix counts: put it before them, or leave it out";
        return Err(TrainError::setting(
            "ranks",
            format!("{target}={rank}"),
            advice,
        ));
    }

    let ranks = modules.iter().filter_map(|module| {
        let (_, rank) = &listed[first(module)?];
        (*rank > 0).then(|| (module.clone(), *rank))
    });
    let ranks: BTreeMap<String, usize> = ranks.collect();
    if ranks.is_empty() {
        let advice = "no matrix gets an adapter; give one a rank of 1 or more";
        return Err(TrainError::setting("ranks", "0 for every matrix", advice));
    }

    Ok(ranks)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn modules() -> Vec<String> {
        let parts = [
            "attention.self.query",
            "attention.output.dense",
            "output.dense",
        ];
        parts
            .map(|part| format!("bert.encoder.layer.0.{part}"))
            .to_vec()
    }

    fn settings(targets: &[&str]) -> AdapterSettings {
        AdapterSettings {
            rank: 4,
            alpha: 8.0,
            scaling: Scaling::Rank,
            dropout: 0.0,
            targets: targets.iter().map(|target| (*target).to_owned()).collect(),
        }
    }

    /// Steps and ranks of every phase.
    #[track_caller]
    fn check_phases(strategy: &TrainingStrategy, targets: &[&str], expected: &[(usize, &[usize])]) {
        let phases = strategy
            .phases(&settings(targets), 100, &modules())
            .unwrap();
        let found: Vec<(usize, Vec<usize>)> = phases
            .iter()
            .map(|phase| match &phase.trained {
                Trained::Everything => (phase.steps, Vec::new()),
                Trained::Adapters(plan) => (phase.steps, plan.ranks.values().copied().collect()),
            })
            .collect();

        let expected: Vec<(usize, Vec<usize>)> = expected
            .iter()
            .map(|(steps, ranks)| (*steps, ranks.to_vec()))
            .collect();

        assert_eq!(found, expected);
    }

    #[test]
    fn every_strategy_becomes_phases() {
        let warm_up = |then| {
            TrainingStrategy::HighRankWarmUp(HighRankWarmUp {
                rank: 16,
                share: 0.25,
                then,
                from: WarmUpFrom::HighRank,
            })
        };

        let full_first = TrainingStrategy::HighRankWarmUp(HighRankWarmUp {
            rank: 16,
            share: 0.25,
            then: None,
            from: WarmUpFrom::Full { rate_ratio: 0.1 },
        });
        check_phases(&full_first, &["query"], &[(25, &[]), (75, &[4])]);
        check_phases(&TrainingStrategy::Full, &[], &[(100, &[])]);
        check_phases(&TrainingStrategy::Lora, &["query"], &[(100, &[4])]);
        check_phases(
            &TrainingStrategy::Lora,
            &["all-linear"],
            &[(100, &[4, 4, 4])],
        );
        let dynamic = TrainingStrategy::DynamicRank(DynamicRank::default());
        check_phases(&dynamic, &["query"], &[(100, &[6])]);
        check_phases(&warm_up(None), &["query"], &[(25, &[16]), (75, &[4])]);

        let then = Some(DynamicRank::default());
        check_phases(&warm_up(then), &["query"], &[(25, &[16]), (75, &[6])]);
        let listed = MixedRank::Listed(vec![
            ("query".to_owned(), 2),
            ("output.dense".to_owned(), 7),
        ]);

        // In the order of names: attention.output, attention.self, output.
        check_phases(
            &TrainingStrategy::MixedRank(listed),
            &[],
            &[(100, &[7, 2, 7])],
        );
    }

    #[test]
    fn a_target_that_names_nothing_is_refused() {
        let refused = TrainingStrategy::Lora.phases(&settings(&["querry"]), 10, &modules());
        assert!(
            refused
                .unwrap_err()
                .to_string()
                .starts_with("`targets` is querry")
        );
    }

    #[track_caller]
    fn check_listed(listed: &[(&str, usize)], refusal: &str) {
        let listed = listed.iter();
        let listed = listed.map(|(target, rank)| ((*target).to_owned(), *rank));
        let error = listed_ranks(&listed.collect::<Vec<_>>(), &modules()).unwrap_err();
        assert!(error.to_string().starts_with(refusal), "{error}");
    }

    #[test]
    fn listed_ranks_that_give_nothing_are_refused() {
        check_listed(
            &[("output.dense", 4), ("attention.output.dense", 8)],
            "`ranks` is attention.output.dense=8; entries before it name all",
        );
        check_listed(
            &[("query", 0)],
            "`ranks` is 0 for every matrix; no matrix gets an adapter",
        );
        check_listed(&[("querry", 4)], "`ranks` is querry; no linear map");

        // A rank of 0 leaves a matrix out.
        let listed = [("attention.output.dense", 0), ("output.dense", 4)];
        let listed = listed.map(|(target, rank)| (target.to_owned(), rank));
        let ranks = listed_ranks(&listed, &modules()).unwrap();
        let only = ("bert.encoder.layer.0.output.dense".to_owned(), 4);
        assert_eq!(ranks, BTreeMap::from([only]));
    }

    #[test]
    fn a_warm_up_below_the_rank_that_follows_is_refused() {
        let warm_up = HighRankWarmUp {
            rank: 3,
            share: 0.5,
            then: None,
            from: WarmUpFrom::HighRank,
        };
        let strategy = TrainingStrategy::HighRankWarmUp(warm_up);
        let refused = strategy.phases(&settings(&["query"]), 10, &modules());

        assert!(
            refused
                .unwrap_err()
                .to_string()
                .starts_with("`warm_up_rank` is 3")
        );
    }
}
