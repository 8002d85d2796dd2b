//! Dynamic rank allocation (AdaLoRA, arXiv 2303.10512): which directions of
//! which matrices are kept under a budget that sinks.
//!
//! The allocator is a state machine beside the optimizer: after each step it is
//! given values and gradients, and answers with a mask to put on the diagonals.
//! It holds numbers only: no tensors, no optimizer, no schedule of learning
//! rates. The budget is in [`budget`](mod@crate::train::allocation::budget), the
//! scores are in [`importance`](mod@crate::train::allocation::importance).
//!
//! Between two choices a zeroed diagonal element *revives*, as its gradient is
//! not zero. Ranks are therefore those of the mask, never a count of zeros.

pub mod budget;

pub mod importance;

pub mod error;

use std::collections::BTreeMap;

use rayon::iter::{
    IndexedParallelIterator, IntoParallelRefIterator, IntoParallelRefMutIterator, ParallelIterator,
};
use serde::{Deserialize, Serialize};

use crate::train::allocation::budget::{BudgetSchedule, Phase};
use crate::train::allocation::error::AllocationError;
use crate::train::allocation::importance::{
    Decay, MatrixImportance, MatrixShape, MatrixStep, Misfit,
};

/// Decides which directions are kept.
///
/// Invariants: one matrix or more, with distinct names; every mask has the
/// initial rank of the schedule; steps only go forward.
#[derive(Debug, Clone, PartialEq)]
pub struct Allocator {
    settings: AllocatorSettings,
    state: AllocatorState,
}

/// What an allocator is told once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AllocatorSettings {
    /// How many directions may be kept when.
    pub schedule: BudgetSchedule,
    /// How fast the averages forget.
    pub decay: Decay,
    /// What happens to directions of equal score at the border.
    pub tie_break: TieBreak,
}

/// What happens to directions whose score equals the last one dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TieBreak {
    /// All are dropped, as in the authors' code and PEFT, and fewer than the budget
    /// are kept: none at all if all scores are equal.
    Reference,
    /// Exactly the budget is kept; of equal scores the first by (matrix name,
    /// direction) is dropped first.
    Exact,
}

/// Everything that changes while an allocator works: what a checkpoint stores so
/// that a resumed run goes on bit by bit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AllocatorState {
    /// The last step taken; 0 before the first.
    pub step: usize,
    /// On how many steps importance was measured.
    pub measured: usize,
    /// Whether the final choice was made.
    pub settled: bool,
    /// The averages, in the order the matrices were given in.
    pub matrices: Vec<MatrixImportance>,
    /// Which directions of each matrix the last choice kept; everything before the first.
    pub masks: Vec<Vec<bool>>,
}

/// What is to be done with the diagonals after a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Allocation {
    /// Nothing: leave them as the optimizer made them.
    Untouched,
    /// Put on the new masks: zero the diagonal elements they drop.
    Chosen {
        /// How many directions could be kept.
        budget: usize,
        /// How many are; fewer than the budget only by [`TieBreak::Reference`].
        kept: usize,
        /// The score of the best direction dropped; `None` if none was.
        threshold: Option<f64>,
    },
    /// Put on the masks of the final choice once more.
    Settled,
}

impl Allocator {
    /// An allocator that has seen nothing, for matrices that all start with the
    /// schedule's initial rank.
    pub fn new(
        settings: AllocatorSettings,
        shapes: Vec<MatrixShape>,
    ) -> Result<Allocator, AllocationError> {
        let rank = settings.schedule.settings().initial_rank;
        let masks = vec![vec![true; rank]; shapes.len()];
        let matrices = shapes
            .into_iter()
            .map(|shape| MatrixImportance::new(shape, rank))
            .collect();
        let state = AllocatorState {
            step: 0,
            measured: 0,
            settled: false,
            matrices,
            masks,
        };

        Allocator::restore(settings, state)
    }

    /// An allocator that goes on from `state`.
    pub fn restore(
        settings: AllocatorSettings,
        state: AllocatorState,
    ) -> Result<Allocator, AllocationError> {
        for (name, value) in [
            ("sensitivity", settings.decay.sensitivity),
            ("uncertainty", settings.decay.uncertainty),
        ] {
            if !(0.0..1.0).contains(&value) {
                return Err(AllocationError::Decay { name, value });
            }
        }

        if state.matrices.is_empty() {
            return Err(AllocationError::NoMatrices);
        }

        let mut names: Vec<&str> = state
            .matrices
            .iter()
            .map(|matrix| matrix.shape.name.as_str())
            .collect();
        names.sort_unstable();
        if let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(AllocationError::DuplicateMatrix {
                matrix: pair[0].to_owned(),
            });
        }

        let rank = settings.schedule.settings().initial_rank;
        if state.masks.len() != state.matrices.len() {
            return Err(AllocationError::MaskCount {
                masks: state.masks.len(),
                matrices: state.matrices.len(),
            });
        }

        for (matrix, mask) in state.matrices.iter().zip(&state.masks) {
            let MatrixShape {
                name,
                inputs,
                outputs,
                ..
            } = &matrix.shape;
            if *inputs == 0 || *outputs == 0 {
                return Err(AllocationError::EmptyMatrix {
                    matrix: name.clone(),
                });
            }
            let lengths = [
                (mask.len(), rank),
                (matrix.a.sensitivity.len(), rank * inputs),
                (matrix.a.uncertainty.len(), rank * inputs),
                (matrix.e.sensitivity.len(), rank),
                (matrix.e.uncertainty.len(), rank),
                (matrix.b.sensitivity.len(), rank * outputs),
                (matrix.b.uncertainty.len(), rank * outputs),
            ];
            if let Some(&(length, expected)) =
                lengths.iter().find(|(length, expected)| length != expected)
            {
                return Err(AllocationError::State {
                    matrix: name.clone(),
                    length,
                    expected,
                });
            }
        }

        Ok(Allocator { settings, state })
    }

    /// Everything that must be stored to go on later.
    pub fn state(&self) -> &AllocatorState {
        &self.state
    }

    /// Whether [`Allocator::step`] looks at values and gradients at `step`. If not,
    /// it may be given no matrices, which saves fetching them from a device.
    pub fn measures(&self, step: usize) -> bool {
        let schedule = &self.settings.schedule;
        schedule.prunes() && schedule.phase(step) != Phase::Final
    }

    /// Takes in optimizer step `step`, counted from 1, of all matrices in the order
    /// of the shapes, and says what is to be done with the diagonals.
    ///
    /// Values are those *after* the optimizer's step, gradients those it used. Steps
    /// may be skipped but never come back; the final choice is made at the first
    /// step in the final phase, with the averages as they were before it. On an
    /// error nothing has changed.
    pub fn step<T: Copy + Into<f64> + Sync>(
        &mut self,
        step: usize,
        matrices: &[MatrixStep<'_, T>],
    ) -> Result<Allocation, AllocationError> {
        let schedule = self.settings.schedule;
        let total = schedule.settings().total_steps;
        if step <= self.state.step {
            return Err(AllocationError::Backwards {
                step,
                last: self.state.step,
            });
        }

        if step > total {
            return Err(AllocationError::PastEnd { step, total });
        }

        if self.measures(step) {
            self.measure(step, matrices)?;
        }

        let allocation = match schedule.phase(step) {
            Phase::WarmUp | Phase::Pruning { choose: false } => Allocation::Untouched,
            Phase::Pruning { choose: true } => self.choose(step)?,
            Phase::Final if self.state.settled => Allocation::Settled,
            Phase::Final if self.state.measured == 0 => {
                return Err(AllocationError::NotMeasured { step });
            }
            Phase::Final => {
                let allocation = self.choose(step)?;
                self.state.settled = true;
                allocation
            }
        };
        self.state.step = step;

        Ok(allocation)
    }

    /// The masks of the last choice by matrix name: `false` zeroes the diagonal element.
    pub fn masks(&self) -> impl Iterator<Item = (&str, &[bool])> {
        let names = self
            .state
            .matrices
            .iter()
            .map(|matrix| matrix.shape.name.as_str());
        names.zip(self.state.masks.iter().map(Vec::as_slice))
    }

    /// How many directions of each matrix the last choice kept, by name: the
    /// initial rank before the first choice, and possibly zero.
    pub fn ranks(&self) -> BTreeMap<&str, usize> {
        self.masks()
            .map(|(name, mask)| (name, kept(mask)))
            .collect()
    }

    /// The scores of all directions, matrix by matrix in the order of the shapes.
    pub fn scores(&self) -> Vec<Vec<f64>> {
        self.state
            .matrices
            .par_iter()
            .map(MatrixImportance::scores)
            .collect()
    }

    /// Takes a step into the averages, if all of it is in order.
    fn measure<T: Copy + Into<f64> + Sync>(
        &mut self,
        step: usize,
        matrices: &[MatrixStep<'_, T>],
    ) -> Result<(), AllocationError> {
        if matrices.len() != self.state.matrices.len() {
            return Err(AllocationError::MatrixCount {
                given: matrices.len(),
                expected: self.state.matrices.len(),
            });
        }

        // All matrices are looked at before any average moves: an error leaves all as it was.
        for (importance, matrix) in self.state.matrices.iter().zip(matrices) {
            let name = || importance.shape.name.clone();
            if let Some(Misfit {
                factor,
                length,
                expected,
            }) = importance.misfit(matrix)
            {
                return Err(AllocationError::Misfit {
                    matrix: name(),
                    factor,
                    length,
                    expected,
                });
            }
            if let Some(factor) = MatrixImportance::not_finite(matrix) {
                return Err(AllocationError::NotFinite {
                    matrix: name(),
                    factor,
                    step,
                });
            }
        }

        let decay = self.settings.decay;
        self.state
            .matrices
            .par_iter_mut()
            .zip(matrices.par_iter())
            .for_each(|(importance, matrix)| importance.update(matrix, decay));
        self.state.measured += 1;

        Ok(())
    }

    /// Makes new masks from the averages as they are.
    fn choose(&mut self, step: usize) -> Result<Allocation, AllocationError> {
        let scores = self.scores();
        for (matrix, scores) in self.state.matrices.iter().zip(&scores) {
            if let Some(direction) = scores.iter().position(|score| !score.is_finite()) {
                let matrix = matrix.shape.name.clone();
                return Err(AllocationError::Score {
                    matrix,
                    direction,
                    step,
                });
            }
        }

        let names: Vec<&str> = self
            .state
            .matrices
            .iter()
            .map(|matrix| matrix.shape.name.as_str())
            .collect();
        let mut ranking: Vec<(usize, usize)> = scores
            .iter()
            .enumerate()
            .flat_map(|(matrix, scores)| {
                (0..scores.len()).map(move |direction| (matrix, direction))
            })
            .collect();

        // Names and directions break ties: the order in which matrices are given never decides.
        ranking.sort_unstable_by(|&(m, i), &(n, j)| {
            scores[m][i]
                .total_cmp(&scores[n][j])
                .then_with(|| names[m].cmp(names[n]))
                .then(i.cmp(&j))
        });

        let budget = self.settings.schedule.budget(step, names.len());
        let dropped = ranking.len() - budget;
        let threshold = dropped.checked_sub(1).map(|last| {
            let (matrix, direction) = ranking[last];
            scores[matrix][direction]
        });

        self.state.masks = match (self.settings.tie_break, threshold) {
            (TieBreak::Reference, Some(threshold)) => scores
                .iter()
                .map(|scores| scores.iter().map(|&score| score > threshold).collect())
                .collect(),
            (TieBreak::Exact, _) | (TieBreak::Reference, None) => {
                let mut masks: Vec<Vec<bool>> = scores
                    .iter()
                    .map(|scores| vec![true; scores.len()])
                    .collect();
                for &(matrix, direction) in &ranking[..dropped] {
                    masks[matrix][direction] = false;
                }
                masks
            }
        };

        let kept = self.state.masks.iter().map(|mask| kept(mask)).sum();
        Ok(Allocation::Chosen {
            budget,
            kept,
            threshold,
        })
    }
}

/// How many directions a mask keeps.
fn kept(mask: &[bool]) -> usize {
    mask.iter().filter(|&&keep| keep).count()
}

#[cfg(test)]
mod tests;
