//! One check of a run: lists are drawn and scored, and trials counted.

use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use crate::check::engine::plan::Plan;
use crate::check::engine::trial::{CleanTrial, Rescored, Trial};
use crate::nbest::Transcript;
use crate::perturb::case::Case;
use crate::perturb::draw::{DrawKey, draw_from};
use crate::perturb::menu::Menu;
use crate::rescore::{Candidates, RescoreError, Rescorer};
use crate::suite::{Check, Suite};

/// One perturbed list, before it is scored.
pub(crate) struct Drawn {
    pub(crate) utterance: usize,
    pub(crate) draw: usize,
    pub(crate) case: Case,
    pub(crate) texts: Vec<Transcript>,
}

/// The draws in `range` of an utterance of whose clean list the hypothesis `pick` is picked.
pub(crate) fn drawn<'p>(
    plan: &'p Plan<'_>,
    suite: &'p Suite,
    check: &'p Check,
    range: Range<usize>,
    utterance: usize,
    pick: usize,
) -> impl Iterator<Item = Drawn> + 'p {
    let menu = Arc::new(Menu::new(
        &plan.utterances[utterance],
        &check.perturbation,
        plan.replacements,
        pick,
    ));
    range.map(move |draw| {
        let key = DrawKey {
            suite: &suite.name,
            check: &check.name,
            seed: plan.seed,
            utterance: &plan.utterances[utterance].id,
            draw,
        };
        let case = draw_from(&menu, &check.perturbation, &key);
        let texts = case.texts();
        Drawn {
            utterance,
            draw,
            case,
            texts,
        }
    })
}

/// The trials of the draws in `range`, utterance by utterance.
pub(crate) fn run_check(
    plan: &Plan<'_>,
    suite: &Suite,
    check: &Check,
    range: Range<usize>,
    clean: &[CleanTrial],
    rescorer: &dyn Rescorer,
) -> Result<Vec<Trial>, RescoreError> {
    let drawn: Vec<Drawn> = (0..plan.utterances.len())
        .into_par_iter()
        .flat_map_iter(|utterance| {
            let pick = clean[utterance].pick;
            drawn(plan, suite, check, range.clone(), utterance, pick)
        })
        .collect();
    let lists: Vec<Candidates<'_>> = drawn
        .iter()
        .map(|drawn| Candidates {
            utterance: &plan.utterances[drawn.utterance],
            texts: drawn.texts.iter().map(Transcript::as_str).collect(),
        })
        .collect();

    let scores = rescorer.score(&lists)?;
    drop(lists);
    let interpolation = rescorer.interpolation();

    Ok(drawn
        .into_par_iter()
        .zip(scores)
        .map(|(drawn, scores)| {
            let rescored = Rescored {
                utterance: drawn.utterance,
                draw: drawn.draw,
                substitutions: drawn.case.substitutions(),
                texts: &drawn.texts,
                scores: &scores,
            };
            let utterance = drawn.utterance;
            Trial::count(
                &plan.utterances[utterance],
                rescored,
                &clean[utterance],
                interpolation,
            )
        })
        .collect())
}
