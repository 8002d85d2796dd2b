//! The learning rate and the drawn rank of an optimizer step, as pure functions of
//! the step.
//!
//! Steps are counted from 1, as everywhere in training. What a phase trains, with
//! which ranks and for how long, is the strategy's business.

use serde::{Deserialize, Serialize};

/// How a learning rate rises and falls.
///
/// Invariants: the peak is positive and finite, there is a step, warm-up is shorter
/// than the whole, restarts are in order and inside.
#[derive(Debug, Clone, PartialEq)]
pub struct LearningRateSchedule {
    settings: LearningRateSettings,
}

/// What a schedule is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct LearningRateSettings {
    /// The largest learning rate, positive.
    pub peak: f64,
    /// Over how many steps it rises to the peak; 0 starts there.
    pub warm_up_steps: usize,
    /// All optimizer steps, of all phases.
    pub total_steps: usize,
    /// What happens after the rise.
    pub shape: Shape,
    /// The first step of every phase that starts with a fresh optimizer, sinking never,
    /// each from 2 to the last step. The first phase is not among them.
    pub restarts: Vec<usize>,
    /// Over how many steps the rate rises again after a restart; 0 for not at all.
    pub restart_warm_up_steps: usize,
}

/// What the learning rate does after its rise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// It stays.
    Constant,
    /// It falls as half a cosine that reaches zero one step after the last.
    Cosine,
    /// It falls along a line that reaches zero one step after the last, so that no step is wasted.
    #[default]
    Linear,
}

impl LearningRateSchedule {
    /// Checks `settings`.
    pub fn new(settings: LearningRateSettings) -> Result<LearningRateSchedule, InvalidSchedule> {
        let LearningRateSettings {
            peak,
            warm_up_steps,
            total_steps,
            ..
        } = settings;

        if !peak.is_finite() || peak <= 0.0 {
            return Err(InvalidSchedule::Peak { value: peak });
        }

        if total_steps == 0 {
            return Err(InvalidSchedule::NoSteps);
        }

        if warm_up_steps >= total_steps {
            return Err(InvalidSchedule::WarmUp {
                warm_up_steps,
                total_steps,
            });
        }

        if let Some(&step) = settings
            .restarts
            .iter()
            .find(|&&step| step < 2 || step > total_steps)
        {
            return Err(InvalidSchedule::Restart { step, total_steps });
        }

        if !settings.restarts.is_sorted() {
            return Err(InvalidSchedule::Order);
        }

        Ok(LearningRateSchedule { settings })
    }

    /// The learning rate of optimizer step `step`, counted from 1: positive up to the
    /// last step, 0 beyond it and at 0.
    ///
    /// After a restart the rise is on top of the line: the rate climbs to what it
    /// would have been without the restart.
    pub fn at(&self, step: usize) -> f64 {
        let LearningRateSettings {
            peak,
            warm_up_steps,
            total_steps,
            shape,
            ..
        } = self.settings;

        if step == 0 || step > total_steps {
            return 0.0;
        }

        let line = if step < warm_up_steps {
            step as f64 / warm_up_steps as f64
        } else {
            let left =
                (total_steps + 1 - step) as f64 / (total_steps + 1 - warm_up_steps.max(1)) as f64;
            match shape {
                Shape::Constant => 1.0,
                Shape::Linear => left,
                Shape::Cosine => 0.5 * (1.0 - (std::f64::consts::PI * left).cos()),
            }
        };

        let restart = self
            .settings
            .restarts
            .iter()
            .rev()
            .find(|&&restart| restart <= step);
        let rise = restart.map_or(1.0, |restart| {
            let since = (step + 1 - restart) as f64;
            (since / self.settings.restart_warm_up_steps.max(1) as f64).min(1.0)
        });

        peak * line * rise
    }
}

/// The rank of optimizer step `step` when a rank is drawn for each step, uniformly
/// from 1 to `largest` (DyLoRA, arXiv 2210.07558).
///
/// A pure function of its arguments, so a resumed run draws the same.
///
/// # Panics
///
/// If `largest` is zero.
pub fn drawn_rank(seed: u64, step: usize, largest: usize) -> usize {
    assert!(largest > 0, "there is no rank to draw");
    let mut hasher = blake3::Hasher::new_derive_key("mondegreen 1: rank of a training step");
    hasher.update(&seed.to_le_bytes());
    hasher.update(&(step as u64).to_le_bytes());

    let mut bytes = [0; 8];
    hasher.finalize_xof().fill(&mut bytes);

    // The high half of a product is uniform but for 2^-64 * largest.
    let drawn = (u128::from(u64::from_le_bytes(bytes)) * largest as u128) >> 64;
    1 + usize::try_from(drawn).expect("less than `largest`, a usize")
}

/// Why a learning-rate schedule cannot be followed.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum InvalidSchedule {
    /// The peak is not a positive number.
    #[error("the learning rate is {value}; it must be a positive number")]
    Peak {
        /// The value.
        value: f64,
    },
    /// There is no step.
    #[error("the schedule has no optimizer step; train longer or on more lists")]
    NoSteps,
    /// The rate would never reach its peak.
    #[error(
        "a warm-up of {warm_up_steps} steps is not shorter than the {total_steps} of the training"
    )]
    WarmUp {
        /// Steps of the rise.
        warm_up_steps: usize,
        /// All steps.
        total_steps: usize,
    },
    /// A restart is outside the training.
    #[error("a phase starts at step {step}; later phases start from step 2 to step {total_steps}")]
    Restart {
        /// The step.
        step: usize,
        /// All steps.
        total_steps: usize,
    },
    /// Restarts are not in order.
    #[error("the starts of the phases are not in order")]
    Order,
}

#[cfg(test)]
mod tests {
    use crate::train::schedule::{
        InvalidSchedule, LearningRateSchedule, LearningRateSettings, Shape, drawn_rank,
    };

    fn settings(warm_up_steps: usize, total_steps: usize, shape: Shape) -> LearningRateSettings {
        LearningRateSettings {
            peak: 1.0,
            warm_up_steps,
            total_steps,
            shape,
            restarts: Vec::new(),
            restart_warm_up_steps: 0,
        }
    }

    #[track_caller]
    fn check_rates(settings: LearningRateSettings, expected: &[f64]) {
        let total = settings.total_steps;
        let schedule = LearningRateSchedule::new(settings).unwrap();
        let rates: Vec<f64> = (0..=total + 1).map(|step| schedule.at(step)).collect();
        assert_eq!(rates.len(), expected.len());
        for (step, (rate, expected)) in rates.iter().zip(expected).enumerate() {
            assert!(
                (rate - expected).abs() < 1e-15,
                "step {step}: {rate}, expected {expected}"
            );
        }
    }

    #[test]
    fn the_rate_rises_to_its_peak_and_falls_without_a_wasted_step() {
        check_rates(
            settings(2, 5, Shape::Linear),
            &[0.0, 0.5, 1.0, 0.75, 0.5, 0.25, 0.0],
        );
        check_rates(
            settings(0, 4, Shape::Linear),
            &[0.0, 1.0, 0.75, 0.5, 0.25, 0.0],
        );
        check_rates(
            settings(1, 4, Shape::Linear),
            &[0.0, 1.0, 0.75, 0.5, 0.25, 0.0],
        );
        check_rates(
            settings(2, 4, Shape::Constant),
            &[0.0, 0.5, 1.0, 1.0, 1.0, 0.0],
        );
        check_rates(settings(0, 1, Shape::Linear), &[0.0, 1.0, 0.0]);

        // cos(pi / 4) at three quarters and at one quarter.
        let root = std::f64::consts::FRAC_1_SQRT_2;
        check_rates(
            settings(1, 4, Shape::Cosine),
            &[0.0, 1.0, 0.5 * (1.0 + root), 0.5, 0.5 * (1.0 - root), 0.0],
        );
    }

    #[test]
    fn a_restart_rises_to_the_line() {
        let restarting = LearningRateSettings {
            restarts: vec![3, 6],
            restart_warm_up_steps: 2,
            ..settings(0, 7, Shape::Constant)
        };
        check_rates(restarting, &[0.0, 1.0, 1.0, 0.5, 1.0, 1.0, 0.5, 1.0, 0.0]);

        let unmoved = LearningRateSettings {
            restarts: vec![2],
            ..settings(0, 4, Shape::Linear)
        };

        check_rates(unmoved, &[0.0, 1.0, 0.75, 0.5, 0.25, 0.0]);
    }

    #[track_caller]
    fn check_refused(settings: LearningRateSettings, expected: InvalidSchedule) {
        assert_eq!(LearningRateSchedule::new(settings).unwrap_err(), expected);
    }

    #[test]
    fn schedules_that_cannot_be_followed_are_refused() {
        check_refused(settings(0, 0, Shape::Linear), InvalidSchedule::NoSteps);
        check_refused(
            settings(4, 4, Shape::Linear),
            InvalidSchedule::WarmUp {
                warm_up_steps: 4,
                total_steps: 4,
            },
        );

        let with = |peak: f64, restarts: Vec<usize>| LearningRateSettings {
            peak,
            restarts,
            ..settings(1, 4, Shape::Linear)
        };
        check_refused(with(-1.0, vec![]), InvalidSchedule::Peak { value: -1.0 });
        check_refused(
            with(1.0, vec![5]),
            InvalidSchedule::Restart {
                step: 5,
                total_steps: 4,
            },
        );
        check_refused(
            with(1.0, vec![1]),
            InvalidSchedule::Restart {
                step: 1,
                total_steps: 4,
            },
        );
        check_refused(with(1.0, vec![4, 2]), InvalidSchedule::Order);
    }

    #[test]
    fn drawn_ranks_are_pure_and_uniform() {
        let draws: Vec<usize> = (1..=8000).map(|step| drawn_rank(7, step, 8)).collect();
        assert!(
            draws
                .iter()
                .enumerate()
                .all(|(index, &rank)| rank == drawn_rank(7, index + 1, 8))
        );
        for rank in 1..=8 {
            let share = draws.iter().filter(|&&drawn| drawn == rank).count();
            // 1000 expected, standard deviation 30.
            assert!((880..1120).contains(&share), "rank {rank}: {share} of 8000");
        }

        let others: Vec<usize> = (1..=8000).map(|step| drawn_rank(8, step, 8)).collect();
        assert_ne!(draws, others);
        assert_eq!(drawn_rank(7, 1, 1), 1);
    }

    #[test]
    fn draws_stay_the_same_from_version_to_version() {
        let draws: Vec<usize> = (1..=8).map(|step| drawn_rank(1, step, 12)).collect();
        assert_eq!(draws, [5, 6, 8, 12, 7, 9, 1, 9]);
    }
}
