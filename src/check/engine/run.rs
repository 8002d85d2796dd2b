//! A run from its plan to its outcome: clean lists, properties, then every check.

use rayon::prelude::*;

use crate::check::engine::open_check::{OpenCheck, RunContext};
use crate::check::engine::outcome::{CheckOutcome, Outcome, RunFacts};
use crate::check::engine::plan::{CheckProgress, Plan};
use crate::check::engine::rounding::Rounding;
use crate::check::engine::steadiness::Steadiness;
use crate::check::engine::trial::Rescored;
use crate::check::properties::run as properties;
use crate::rescore::{Candidates, RescoreError, Rescorer};

/// Rescores the clean lists and, for every check, each of its perturbed lists.
pub fn run<'a>(
    plan: &Plan<'a>,
    rescorer: &dyn Rescorer,
    progress: &dyn CheckProgress,
) -> Result<Outcome<'a>, RescoreError> {
    let (clean, mut facts) = prepare(plan, rescorer, progress)?;
    let context = RunContext {
        plan,
        clean: &clean,
        rescorer,
        progress,
    };

    let checks = checked(context).collect::<Result<Vec<CheckOutcome<'a>>, RescoreError>>()?;
    facts.count(rescorer);

    Ok(Outcome {
        clean,
        checks,
        facts,
    })
}

/// The clean lists, then the properties: what comes before every check.
pub(crate) fn prepare(
    plan: &Plan<'_>,
    rescorer: &dyn Rescorer,
    progress: &dyn CheckProgress,
) -> Result<(Vec<Rescored>, RunFacts), RescoreError> {
    let clean = rescored(plan, rescorer, progress)?;
    let rounding = Rounding::measure(plan.utterances, &clean, rescorer)?;
    let steadiness = Steadiness::measure(plan.utterances, &clean, rescorer)?;
    let properties = properties::run(plan, &clean, rescorer, progress)?;

    let facts = RunFacts {
        properties,
        truncated_texts: rescorer.truncated_texts(),
        tokens: rescorer.tokens(),
        interpolation: rescorer.interpolation(),
        rounding,
        steadiness,
        agreement: None,
        wrong_way: None,
        spelled_apart: None,
    };
    Ok((clean, facts))
}

/// The clean lists of the plan's utterances, rescored.
pub(crate) fn rescored(
    plan: &Plan<'_>,
    rescorer: &dyn Rescorer,
    progress: &dyn CheckProgress,
) -> Result<Vec<Rescored>, RescoreError> {
    progress.begin("", plan.utterances.len());
    let clean_lists: Vec<Candidates<'_>> = plan.utterances.iter().map(Candidates::of).collect();
    let clean_scores = clean_scores(plan, rescorer, &clean_lists)?;
    let clean = plan
        .utterances
        .par_iter()
        .zip(clean_scores)
        .map(|(utterance, scores)| Rescored::clean(utterance, &scores, rescorer.interpolation()));

    Ok(clean.collect())
}

/// Every check of the plan, one after the other, each with all its draws.
pub(crate) fn checked<'a, 'p>(
    context: RunContext<'a, 'p>,
) -> impl Iterator<Item = Result<CheckOutcome<'p>, RescoreError>> + use<'a, 'p> {
    OpenCheck::all(context).map(move |mut open| {
        open.draw(context.plan.draws_of(open.outcome.check), context)?;
        Ok(open.outcome)
    })
}

/// The scores of the clean lists. Where only properties are asked for, a score that is no number
/// is one of their findings and no reason to end the run: its hypothesis is never picked.
fn clean_scores(
    plan: &Plan<'_>,
    rescorer: &dyn Rescorer,
    lists: &[Candidates<'_>],
) -> Result<Vec<Vec<f64>>, RescoreError> {
    match rescorer.score(lists) {
        Err(RescoreError::NotFinite { .. })
            if plan.suites.iter().all(|suite| suite.checks.is_empty()) =>
        {
            rescorer.score_afresh(lists)
        }
        scores => scores,
    }
}
