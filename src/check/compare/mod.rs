//! Several rescorers on the same perturbed lists: the table of arXiv 2401.10447, with what is known
//! about each figure.
//!
//! Every rescorer is [run](mod@crate::check::engine) under one plan, so that all of them saw the
//! same draws; [`compare`] refuses outcomes of which that is not true. Rescorers that differ in
//! their training seed alone form one [`Contender`]: its figures are of the errors summed over
//! them, and their intervals take the seeds as drawn at random, like the clusters. Paired tests are
//! in [`paired`](mod@crate::check::compare::paired).

pub(crate) mod contender;
pub(crate) mod paired;
pub(crate) mod pooled;
mod relative;
pub(crate) mod strategy;

#[cfg(test)]
mod tests;

use crate::check::compare::contender::{Contender, Roles};
use crate::check::compare::paired::{Family, families};
use crate::check::compare::pooled::{Extremes, PooledFigure};
use crate::check::compare::relative::{GONE, nprr_ref, reduction};
use crate::check::compare::strategy::{ContenderCheck, Strategy};
use crate::check::engine::outcome::CheckOutcome;
use crate::check::engine::plan::Plan;
use crate::check::judge::clustering::Clustering;
use crate::check::judge::estimate::Estimate;
use crate::check::judge::figures::{CleanFigures, Coverage, Wer};
use crate::stats::FEWEST_FOR_VERDICT;
use crate::suite::gates::Keep;

/// What a comparison found.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Comparison {
    /// The independent observations.
    pub(crate) clustering: Clustering,
    /// The first pass alone on the clean lists.
    pub(crate) first_pass: Wer,
    /// The best hypothesis of each clean list.
    pub(crate) oracle: Wer,
    /// What each check touched, in the plan's order.
    pub(crate) coverage: Vec<Coverage>,
    /// One per contender, in the order given.
    pub(crate) contenders: Vec<ContenderFigures>,
    /// All paired tests, by the family that their probabilities are adjusted over.
    pub(crate) families: Vec<Family>,
    /// The most distinct texts that a rescorer cut.
    pub(crate) truncated_texts: usize,
}

/// A contender that is shown to make more errors than the first pass on the clean lists.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Harmful {
    /// What it is called.
    pub(crate) label: String,
    /// Its errors beyond those of the first pass, summed over its rescorers.
    pub(crate) extra_errors: i64,
    /// Two-sided, and corrected over all contenders, as its test against the first pass is.
    pub(crate) p: f64,
}

impl Comparison {
    /// The contenders that do harm before anything is perturbed, by the corrected two-sided tests
    /// against the first pass at `alpha`.
    pub(crate) fn harmful(&self, alpha: f64) -> Vec<Harmful> {
        if self.clustering.count < FEWEST_FOR_VERDICT {
            return Vec::new();
        }

        let families = self.families.iter();
        let tests = families
            .filter(|family| family.opponent.is_none())
            .flat_map(|family| &family.tests)
            .filter(|test| test.difference.ratio > 0.0 && test.p_adjusted <= alpha);
        tests
            .map(|test| {
                let contender = &self.contenders[test.contender];
                let errors = |wer: &Wer| i64::try_from(wer.errors().errors()).unwrap_or(i64::MAX);
                let rescorers = i64::try_from(contender.rescorers).unwrap_or(i64::MAX);
                Harmful {
                    label: contender.label.clone(),
                    extra_errors: errors(&contender.wer) - rescorers * errors(&self.first_pass),
                    p: test.p_adjusted,
                }
            })
            .collect()
    }
}

/// What one contender did.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ContenderFigures {
    /// What it is called.
    pub(crate) label: String,
    /// How many rescorers it has: seeds of its strategy, if several.
    pub(crate) rescorers: usize,
    /// Errors on the clean lists, summed over the rescorers, so that their rate is the mean of
    /// theirs.
    pub(crate) wer: Wer,
    /// The lowest and highest word error rate of its rescorers.
    pub(crate) wer_range: Option<Extremes>,
    /// Share of the first pass's errors that are gone; negative where there are more. A 95 %
    /// interval.
    pub(crate) over_first_pass: PooledFigure,
    /// The same of full fine-tuning's errors.
    pub(crate) over_full: Option<Estimate>,
    /// One per check, in the plan's order.
    pub(crate) checks: Vec<ContenderCheck>,
}

/// Outcomes cannot be compared.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum ComparisonError {
    /// Two rescorers did not see the same texts.
    #[error(
        "{label} was not tested on the same perturbed lists as {first} in {suite} / {check}: \
         a perturbation of the rescorer's own pick differs from rescorer to rescorer"
    )]
    DifferentDraws {
        /// The contender.
        label: String,
        /// The first contender.
        first: String,
        /// The suite.
        suite: String,
        /// The check.
        check: String,
    },
}

/// Sums up and tests `contenders`, whose outcomes are all of `plan`.
///
/// # Panics
///
/// If there is no contender, one has no outcome, or a role is out of range.
pub(crate) fn compare(
    plan: &Plan<'_>,
    contenders: &[Contender<'_>],
    roles: Roles,
) -> Result<Comparison, ComparisonError> {
    refuse_different_draws(contenders)?;
    let clustering = Clustering::new(plan.utterances);
    let truncated = |contender: &Contender<'_>| {
        let texts = contender
            .outcomes
            .iter()
            .map(|outcome| outcome.facts.truncated_texts);
        texts.max().unwrap_or(0)
    };

    let truncated_texts = contenders.iter().map(truncated).max().unwrap_or(0);
    let first = CleanFigures::new(&clustering, &contenders[0].outcomes[0].clean);

    let strategies: Vec<Strategy> = contenders
        .iter()
        .map(|contender| Strategy::new(&clustering, contender))
        .collect();
    let full = roles.full.map(|index| &strategies[index]);
    let keeps: Vec<Option<Keep>> = plan.checks().map(|(_, check)| check.gates.gain).collect();
    let draws: Vec<usize> = contenders[0].outcomes[0]
        .checks
        .iter()
        .map(|check| check.draws)
        .collect();

    // Each rescorer has figures of its own of the touched lists.
    let coverage = strategies[0].rescorers[0].checks.iter();
    let coverage = coverage.map(|figures| Coverage {
        touched: None,
        ..figures.coverage.clone()
    });

    Ok(Comparison {
        first_pass: first.first_pass,
        oracle: first.oracle,
        coverage: coverage.collect(),
        contenders: strategies
            .iter()
            .map(|strategy| figures(strategy, full, &keeps))
            .collect(),
        families: families(&strategies, &draws, roles, plan.seed),
        clustering,
        truncated_texts,
    })
}

/// The figures of a contender, of each of its rescorers and over all of them.
///
/// `keeps` is what each check asks to be kept of the gain.
fn figures(
    strategy: &Strategy,
    full: Option<&Strategy>,
    keeps: &[Option<Keep>],
) -> ContenderFigures {
    let apart = strategy.apart();
    let gone = |strategy: &Strategy| -> Estimate {
        let gone = strategy.clean_ratio(|sums| sums.first_pass - sums.picked, |s| s.first_pass);
        gone.cut(GONE).into()
    };
    let check = |index: usize| {
        let nprr_ref = full.map(|full| nprr_ref(strategy, full, index).into());
        strategy.figures(index, keeps[index], nprr_ref)
    };
    let rates = apart.iter().map(|one| one.clean_wer().rate.value);

    ContenderFigures {
        label: strategy.label.clone(),
        rescorers: apart.len(),
        wer: strategy.clean_wer(),
        wer_range: Extremes::of(rates),
        over_first_pass: PooledFigure {
            pooled: gone(strategy),
            range: Extremes::of(apart.iter().map(|one| gone(one).value)),
        },
        over_full: full.map(|full| reduction(strategy, full).into()),
        checks: (0..strategy.rescorers[0].checks.len()).map(check).collect(),
    }
}

/// Draws depend on names and the seed alone, unless a perturbation asks for the rescorer's pick.
fn refuse_different_draws(contenders: &[Contender<'_>]) -> Result<(), ComparisonError> {
    let first = &contenders[0];
    for contender in contenders {
        for outcome in &contender.outcomes {
            for (check, expected) in outcome.checks.iter().zip(&first.outcomes[0].checks) {
                if !same_draws(check, expected) {
                    return Err(ComparisonError::DifferentDraws {
                        label: contender.label.clone(),
                        first: first.label.clone(),
                        suite: check.suite.name.clone(),
                        check: check.check.name.clone(),
                    });
                }
            }
        }
    }

    Ok(())
}

fn same_draws(one: &CheckOutcome<'_>, other: &CheckOutcome<'_>) -> bool {
    one.trials.len() == other.trials.len()
        && one
            .trials
            .iter()
            .zip(&other.trials)
            .all(|(one, other)| one.substitutions == other.substitutions)
}
