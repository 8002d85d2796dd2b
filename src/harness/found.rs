//! Found: the harmful flips of a run, as cases to minimize and then to save.
//!
//! Minimized cases never enter a figure: those come from the draws alone.

use rayon::prelude::*;

use crate::harness::Outcome;
use crate::harness::Plan;
use crate::harness::counterexample::Counterexample;
use crate::harness::counterexample::Provenance;
use crate::harness::failure::Choice;
use crate::harness::failure::HarmJudge;
use crate::harness::minimize::Limits;
use crate::harness::minimize::Minimization;
use crate::harness::minimize::minimize;
use crate::perturb::case::Case;
use crate::perturb::draw::DrawKey;
use crate::perturb::draw::draw_case;
use crate::rescore::Rescorer;

/// A trial that failed, with its case.
#[derive(Debug, Clone)]
pub struct Found {
    /// The index of its check in the outcome.
    pub check: usize,
    /// The index of its utterance in the plan.
    pub utterance: usize,
    /// Which draw, from 0.
    pub draw: usize,
    /// What was drawn.
    pub case: Case,
}

/// The harmful flips of `outcome`: by check, then utterance, then draw.
pub fn found(plan: &Plan<'_>, outcome: &Outcome<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for (index, check) in outcome.checks.iter().enumerate() {
        let harmful = check
            .trials
            .par_iter()
            .filter(|trial| trial.harmful(&outcome.clean[trial.utterance]));
        found.par_extend(harmful.map(|trial| {
            let utterance = &plan.utterances[trial.utterance];
            let key = DrawKey {
                suite: &check.suite.name,
                check: &check.check.name,
                seed: plan.seed,
                utterance: &utterance.id,
                draw: trial.draw,
            };
            let clean_pick = outcome.clean[trial.utterance].pick;
            let case = draw_case(
                utterance,
                &check.check.perturbation,
                plan.replacements,
                clean_pick,
                &key,
            );
            Found {
                check: index,
                utterance: trial.utterance,
                draw: trial.draw,
                case,
            }
        }));
    }
    found
}

/// Minimizes `found` side by side: its minima, and one counterexample for each that can be saved.
///
/// `alone` is the same model as `rescorer`, without any memory of scores; for `noise` see
/// [`HarmJudge`]. Counterexamples are in the order of what was found; what did not
/// fail again has none.
pub fn minimize_found(
    plan: &Plan<'_>,
    outcome: &Outcome<'_>,
    found: &[Found],
    rescorer: &dyn Rescorer,
    alone: &dyn Rescorer,
    noise: f64,
    limits: &Limits<'_>,
) -> (Minimization<Choice>, Vec<Counterexample>) {
    let utterances: Vec<_> = found
        .iter()
        .map(|found| &plan.utterances[found.utterance])
        .collect();
    let judge = HarmJudge {
        utterances: &utterances,
        rescorer,
        alone,
        noise,
    };
    let cases = found.iter().map(|found| found.case.clone()).collect();
    let result = minimize(cases, &judge, limits);
    let counterexamples = found
        .iter()
        .zip(&result.minima)
        .filter_map(|(found, minimum)| {
            let check = &outcome.checks[found.check];
            let provenance = Provenance {
                rescorer: rescorer.name().to_owned(),
                suite: check.suite.name.clone(),
                check: check.check.name.clone(),
                seed: plan.seed,
                draw: found.draw,
                noise,
            };
            Counterexample::new(
                &plan.utterances[found.utterance],
                &found.case,
                minimum,
                provenance,
            )
        })
        .collect();
    (result, counterexamples)
}
