//! A check in the making: its lists are drawn, scored and counted, some draws at a time.

use rayon::prelude::*;

use crate::check::engine::draw::{Drawn, Draws};
use crate::check::engine::outcome::CheckOutcome;
use crate::check::engine::plan::{CheckProgress, Plan};
use crate::check::engine::trial::{Rescored, Trial};
use crate::nbest::Transcript;
use crate::rescore::{Candidates, RescoreError, Rescorer};

/// What all checks of a run work with.
#[derive(Clone, Copy)]
pub(crate) struct RunContext<'a, 'p> {
    pub(crate) plan: &'a Plan<'p>,
    /// The rescored clean lists.
    pub(crate) clean: &'a [Rescored],
    pub(crate) rescorer: &'a dyn Rescorer,
    pub(crate) progress: &'a dyn CheckProgress,
}

/// A check with the draws that were made so far.
pub(crate) struct OpenCheck<'p> {
    pub(crate) outcome: CheckOutcome<'p>,
    draws: Draws<'p>,
}

impl<'p> OpenCheck<'p> {
    /// Every check of the plan, in its order, without a draw.
    pub(crate) fn all<'a>(
        context: RunContext<'a, 'p>,
    ) -> impl Iterator<Item = OpenCheck<'p>> + use<'a, 'p> {
        let suites = context.plan.suites.iter();
        suites
            .flat_map(|suite| suite.checks.iter().map(move |check| (suite, check)))
            .map(move |(suite, check)| OpenCheck {
                outcome: CheckOutcome {
                    suite,
                    check,
                    draws: 0,
                    trials: Vec::new(),
                },
                draws: Draws::of_check(context.plan, suite, check, |list| context.clean[list].pick),
            })
    }

    /// Makes so many more draws of every list.
    pub(crate) fn draw(
        &mut self,
        more: usize,
        context: RunContext<'_, '_>,
    ) -> Result<(), RescoreError> {
        let outcome = &mut self.outcome;
        let (suite, check) = (&outcome.suite.name, &outcome.check.name);
        let lists = context.plan.utterances.len() * more;
        context.progress.begin(&format!("{suite} / {check}"), lists);

        let made = outcome.draws;
        let drawn: Vec<Drawn> = self.draws.drawn(made..made + more).collect();
        let new = trials(drawn, context)?;
        let old = std::mem::take(&mut outcome.trials);
        outcome.trials = interleave(old, made, new, more);
        outcome.draws += more;

        Ok(())
    }
}

/// Scores `drawn` in one call, and counts.
fn trials(drawn: Vec<Drawn>, context: RunContext<'_, '_>) -> Result<Vec<Trial>, RescoreError> {
    let utterances = context.plan.utterances;
    let lists: Vec<Candidates<'_>> = drawn
        .iter()
        .map(|drawn| Candidates {
            utterance: &utterances[drawn.list],
            texts: drawn.texts.iter().map(Transcript::as_str).collect(),
        })
        .collect();
    let scores = context.rescorer.score(&lists)?;
    drop(lists);

    let interpolation = context.rescorer.interpolation();
    let count = |(drawn, scores): (Drawn, Vec<f64>)| {
        let list = drawn.list;
        let perturbed =
            Rescored::perturbed(&utterances[list], &drawn.texts, &scores, interpolation);
        Trial::new(
            (list, drawn.draw),
            drawn.case,
            &context.clean[list],
            &perturbed,
        )
    };
    Ok(drawn.into_par_iter().zip(scores).map(count).collect())
}

/// Old and new draws of each utterance, one behind the other.
fn interleave(old: Vec<Trial>, old_draws: usize, new: Vec<Trial>, new_draws: usize) -> Vec<Trial> {
    let mut all = Vec::with_capacity(old.len() + new.len());
    let (mut old, mut new) = (old.into_iter(), new.into_iter());
    loop {
        let before = all.len();
        all.extend(old.by_ref().take(old_draws));
        all.extend(new.by_ref().take(new_draws));
        if all.len() == before {
            return all;
        }
    }
}
