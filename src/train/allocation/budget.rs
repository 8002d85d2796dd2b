//! How many directions the whole model may keep at a step: the cubic schedule.
//!
//! Which directions are kept is decided in
//! [`allocation`](mod@crate::train::allocation).

/// What a schedule is made of, as the user says it.
///
/// Steps are optimizer steps, counted from 1: step `t` is over when the optimizer
/// has moved the parameters for the `t`-th time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BudgetSettings {
    /// Directions of every matrix at the start.
    pub initial_rank: usize,
    /// Directions that are left on average, at the end. Equal to
    /// `initial_rank`: nothing is ever pruned. Zero: everything is.
    pub target_rank: usize,
    /// Steps at the start without pruning (PEFT's `tinit`).
    pub warm_up_steps: usize,
    /// Steps at the end, a *duration*, with a fixed choice (PEFT's `tfinal`).
    pub final_steps: usize,
    /// In between, directions are chosen anew at the multiples of this (PEFT's `deltaT`).
    pub interval: usize,
    /// All optimizer steps of the phase.
    pub total_steps: usize,
}

impl BudgetSettings {
    /// Our proportions for a phase of `total_steps` that ends at `target_rank`:
    /// start at 1.5 times the rank, prune from 10 % to 70 % of the steps, at
    /// most 200 times.
    pub fn proportioned(target_rank: usize, total_steps: usize) -> BudgetSettings {
        BudgetSettings {
            initial_rank: (3 * target_rank).div_ceil(2),
            target_rank,
            warm_up_steps: total_steps / 10,
            final_steps: 3 * total_steps / 10,
            interval: (total_steps / 200).max(1),
            total_steps,
        }
    }
}

/// A schedule that can be carried out.
///
/// Invariants: the initial rank is positive and not below the target; the
/// interval is positive; there is at least one step of pruning, and at least
/// one step before the final choice on which importance is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BudgetSchedule {
    settings: BudgetSettings,
}

/// What a schedule asks for at a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Everything is kept, importance is measured.
    WarmUp,
    /// Importance is measured, and the budget sinks.
    Pruning {
        /// Whether directions are chosen anew at this step.
        choose: bool,
    },
    /// The budget is the target; the choice is made once and stays.
    Final,
}

impl BudgetSchedule {
    /// Checks `settings`.
    pub fn new(settings: BudgetSettings) -> Result<BudgetSchedule, InvalidBudget> {
        let BudgetSettings {
            initial_rank,
            target_rank,
            ..
        } = settings;

        if initial_rank == 0 {
            return Err(InvalidBudget::NoRank);
        }

        if target_rank > initial_rank {
            return Err(InvalidBudget::Growing {
                initial_rank,
                target_rank,
            });
        }

        if settings.interval == 0 {
            return Err(InvalidBudget::NoInterval);
        }

        if initial_rank > target_rank {
            let BudgetSettings {
                warm_up_steps,
                final_steps,
                total_steps,
                ..
            } = settings;
            let pruning = total_steps.checked_sub(final_steps);
            if pruning.is_none_or(|end| end <= warm_up_steps) {
                return Err(InvalidBudget::NoPruning {
                    warm_up_steps,
                    final_steps,
                    total_steps,
                });
            }
            if pruning == Some(1) {
                return Err(InvalidBudget::NoMeasurement { total_steps });
            }
        }

        Ok(BudgetSchedule { settings })
    }

    /// The settings it was made from.
    pub fn settings(&self) -> BudgetSettings {
        self.settings
    }

    /// Whether anything is ever pruned.
    pub fn prunes(&self) -> bool {
        self.settings.initial_rank > self.settings.target_rank
    }

    /// The step of the final choice. A loop that misses it chooses at its next step.
    pub fn final_choice(&self) -> usize {
        self.settings
            .total_steps
            .saturating_sub(self.settings.final_steps)
    }

    /// What is to be done at `step`.
    ///
    /// A schedule that does not prune warms up forever.
    pub fn phase(&self, step: usize) -> Phase {
        if !self.prunes() {
            return Phase::WarmUp;
        }

        if step >= self.final_choice() {
            Phase::Final
        } else if step <= self.settings.warm_up_steps {
            Phase::WarmUp
        } else {
            Phase::Pruning {
                choose: step.is_multiple_of(self.settings.interval),
            }
        }
    }

    /// How many directions `matrices` matrices may keep together at `step`.
    ///
    /// From `initial_rank * matrices` down to `target_rank * matrices` along the cube
    /// of the remaining share of pruning steps, rounded down (arXiv 2303.10512, equation 12).
    pub fn budget(&self, step: usize, matrices: usize) -> usize {
        let BudgetSettings {
            initial_rank,
            target_rank,
            warm_up_steps,
            ..
        } = self.settings;
        let (initial, target) = (initial_rank * matrices, target_rank * matrices);

        match self.phase(step) {
            Phase::WarmUp => initial,
            Phase::Final => target,
            Phase::Pruning { .. } => {
                let done = (step - warm_up_steps) as f64;
                let share = 1.0 - done / (self.final_choice() - warm_up_steps) as f64;
                let extra = (initial - target) as f64 * (share * share * share);
                // Added before rounding, as in PEFT: 2.9999999999999996 + 18 is 21.
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "between target and initial, both usize; rounding down is the \
                        definition"
                )]
                let budget = (extra + target as f64) as usize;
                budget
            }
        }
    }
}

/// Why a schedule cannot be carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidBudget {
    /// There is nothing to begin with.
    #[error("the initial rank is 0; dynamic allocation starts with one direction or more")]
    NoRank,
    /// Allocation only ever takes directions away.
    #[error(
        "the target rank {target_rank} is above the initial rank {initial_rank}; \
         directions are only taken away, so start at {target_rank} or more"
    )]
    Growing {
        /// Directions of every matrix at the start.
        initial_rank: usize,
        /// Directions wanted at the end.
        target_rank: usize,
    },
    /// The interval is zero.
    #[error("the interval between choices is 0 steps; it must be 1 or more")]
    NoInterval,
    /// Warm-up and final phase leave no step between them.
    #[error(
        "{warm_up_steps} steps before pruning and {final_steps} after it leave none of \
         {total_steps}; shorten them or train longer"
    )]
    NoPruning {
        /// Steps before pruning.
        warm_up_steps: usize,
        /// Steps after pruning.
        final_steps: usize,
        /// All steps.
        total_steps: usize,
    },
    /// The final choice would come before anything was measured.
    #[error(
        "the final choice of {total_steps} steps is at step 1, before any importance was measured; \
         shorten the final phase or train longer"
    )]
    NoMeasurement {
        /// All steps.
        total_steps: usize,
    },
}

#[cfg(test)]
mod tests {
    use proptest::{prop_assert, proptest};

    use crate::train::allocation::budget::{BudgetSchedule, BudgetSettings, Phase};

    fn settings(
        ranks: [usize; 2],
        warm_up_steps: usize,
        final_steps: usize,
        interval: usize,
        total_steps: usize,
    ) -> BudgetSettings {
        let [initial_rank, target_rank] = ranks;
        BudgetSettings {
            initial_rank,
            target_rank,
            warm_up_steps,
            final_steps,
            interval,
            total_steps,
        }
    }

    #[test]
    fn budgets_and_choices_equal_a_run_of_peft() {
        // PEFT 0.21.2 on a three-layer BERT: budgets for steps 0 to 24, non-zero E after each step.
        let trace: serde_json::Value = serde_json::from_str(include_str!(
            "../../../fixtures/reference/hf-peft/adalora_trace.json"
        ))
        .unwrap();
        let number = |name: &str| usize::try_from(trace["config"][name].as_u64().unwrap()).unwrap();
        let schedule = BudgetSchedule::new(settings(
            [number("init_r"), number("target_r")],
            number("tinit"),
            number("tfinal"),
            number("deltaT"),
            number("total_step"),
        ))
        .unwrap();

        let budgets: Vec<u64> = trace["budget"]
            .as_array()
            .unwrap()
            .iter()
            .map(|b| b.as_u64().unwrap())
            .collect();
        assert_eq!(budgets.len(), 25);
        for (step, &budget) in budgets.iter().enumerate() {
            assert_eq!(schedule.budget(step, 6) as u64, budget, "at step {step}");
        }

        for entry in trace["steps"].as_array().unwrap() {
            let step = usize::try_from(entry["step"].as_u64().unwrap()).unwrap();
            let ranks = entry["ranks"].as_object().unwrap();
            let kept: u64 = ranks.values().map(|rank| rank.as_u64().unwrap()).sum();
            let expected = match schedule.phase(step) {
                Phase::WarmUp | Phase::Pruning { choose: false } => 36,
                Phase::Pruning { choose: true } | Phase::Final => schedule.budget(step, 6) as u64,
            };
            assert_eq!(kept, expected, "at step {step}");
        }
    }

    #[track_caller]
    fn check_refused(settings: BudgetSettings, message: &str) {
        assert_eq!(
            BudgetSchedule::new(settings).unwrap_err().to_string(),
            message
        );
    }

    #[test]
    fn impossible_schedules_are_refused_with_advice() {
        check_refused(
            settings([0, 0], 1, 1, 1, 10),
            "the initial rank is 0; dynamic allocation starts with one direction or more",
        );
        check_refused(
            settings([4, 8], 1, 1, 1, 10),
            "the target rank 8 is above the initial rank 4; directions are only taken away, so \
                start at 8 or more",
        );
        check_refused(
            settings([8, 4], 1, 1, 0, 10),
            "the interval between choices is 0 steps; it must be 1 or more",
        );
        check_refused(
            settings([8, 4], 5000, 25000, 100, 27600),
            "5000 steps before pruning and 25000 after it leave none of 27600; shorten them or \
                train longer",
        );

        check_refused(
            settings([8, 4], 0, 11, 1, 10),
            "0 steps before pruning and 11 after it leave none of 10; shorten them or train longer",
        );
        check_refused(
            settings([8, 4], 0, 9, 1, 10),
            "the final choice of 10 steps is at step 1, before any importance was measured; \
             shorten the final phase or train longer",
        );
    }

    #[test]
    fn equal_ranks_are_a_schedule_that_never_prunes() {
        let schedule = BudgetSchedule::new(settings([4, 4], 9, 9, 1, 10)).unwrap();
        assert!(!schedule.prunes());
        for step in 1..=10 {
            assert_eq!(
                (schedule.phase(step), schedule.budget(step, 3)),
                (Phase::WarmUp, 12)
            );
        }
    }

    #[test]
    fn our_proportions_are_possible_from_two_steps_on() {
        for target_rank in 1..10 {
            for total_steps in 2..500 {
                BudgetSchedule::new(BudgetSettings::proportioned(target_rank, total_steps))
                    .unwrap();
            }
        }
    }

    proptest! {
        #[test]
        fn budgets_only_sink_and_end_at_the_target(
            target in 0_usize..9, extra in 1_usize..9, warm_up in 0_usize..9,
            pruning in 2_usize..60, final_steps in 0_usize..9, matrices in 1_usize..80,
        ) {
            let total = warm_up + pruning + final_steps;
            let ranks = [target + extra, target];
            let settings = settings(ranks, warm_up, final_steps, 1, total);
            let schedule = BudgetSchedule::new(settings).unwrap();
            let budget = |step| schedule.budget(step, matrices);
            let budgets: Vec<usize> = (1..=total).map(budget).collect();

            prop_assert!(budgets.is_sorted_by(|a, b| a >= b));
            prop_assert!(budgets[0] <= (target + extra) * matrices);
            let mut last = budgets[schedule.final_choice() - 1..].iter();
            prop_assert!(last.all(|&budget| budget == target * matrices));
        }
    }
}
