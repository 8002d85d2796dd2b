//! What the user names, resolved to phases.
//!
//! The five regimes of arXiv 2401.10447, whose definitions of warm-up and
//! mixed ranks were not available: those here are ours. The loop that runs the
//! phases is in [`driver`](mod@crate::train::driver).

use std::collections::BTreeMap;

use crate::train::TrainError;
use crate::train::allocation::budget::BudgetSettings;
use crate::train::plan::{
    AdapterPlan, AdapterStart, Allocated, Phase, RankChange, Scaling, Trained,
};
use crate::train::targets::{listed_ranks, targeted};

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
        if !(self.share > 0.0 && self.share < 1.0) {
            let advice = "it must leave steps for both phases: a number between 0 and 1";
            return Err(TrainError::setting("warm_up_share", self.share, advice));
        }
        if steps < 2 {
            let advice = "a warm-up has two phases of a step or more: give 2 or more";
            return Err(TrainError::setting("steps", steps, advice));
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

    #[test]
    fn a_warm_up_of_one_step_is_told_of_the_steps() {
        let warm_up = |share| {
            TrainingStrategy::HighRankWarmUp(HighRankWarmUp {
                rank: 4,
                share,
                then: None,
                from: WarmUpFrom::HighRank,
            })
        };
        let refused = |share, steps| {
            let phases = warm_up(share).phases(&settings(&["query"]), steps, &modules());
            phases.unwrap_err().to_string()
        };
        assert_eq!(
            refused(0.3, 1),
            "`steps` is 1; a warm-up has two phases of a step or more: give 2 or more"
        );
        assert!(refused(1.0, 1).starts_with("`warm_up_share` is 1;"));
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
