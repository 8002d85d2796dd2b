//! The harness: perturbs every n-best list, rescores it, and counts what changed.
//!
//! [`run`] turns a [`Plan`] and a rescorer into an [`Outcome`] of plain counts, once the [`properties`] are tested.
//! Rates with their intervals are in [`figures`], the three-way decision in
//! [`verdict`]. The harness knows a [`Rescorer`], not a model, and writes no file.

pub mod baseline;
pub mod certificate;
pub mod clustering;
pub mod comparison;
pub mod counterexample;
pub mod counts;
pub mod explanation;
pub mod failure;
pub mod figures;
pub mod findings;
pub mod forecast;
pub mod found;
pub(crate) mod judging;
pub mod minimize;
pub mod noise;
pub mod picks;
pub mod properties;
pub mod remarks;
pub mod replay;
pub mod rounding;
pub mod saved_list;
pub mod significance;
pub mod slices;
pub mod stopping;
pub mod sums;
pub mod trial;
pub mod verdict;
pub mod word_pairs;

#[cfg(test)]
mod examples;

use crate::harness::properties::Properties;
use crate::harness::rounding::Rounding;
use crate::harness::trial::{CleanTrial, Rescored, Trial};
use crate::nbest::{Transcript, Utterance};
use crate::perturb::case::Case;
use crate::perturb::draw::{DrawKey, draw_from};
use crate::perturb::menu::{Menu, Replacements};
use crate::rescore::{Candidates, Interpolation, RescoreError, Rescorer, TokenCounts};
use crate::suite::{Check, Suite};
use rayon::prelude::*;
use std::ops::Range;
use std::sync::Arc;

/// Everything a run needs, resolved: no option is left to a default.
#[derive(Debug, Clone, Copy)]
pub struct Plan<'a> {
    /// The corpus, sorted by id.
    pub utterances: &'a [Utterance],
    /// The suites, in the order they are reported.
    pub suites: &'a [Suite],
    /// What each word can be replaced by.
    pub replacements: &'a Replacements,
    /// The seed of every random draw.
    pub seed: u64,
    /// Draws per utterance instead of what each check says, where given.
    pub draws: Option<usize>,
}

impl Plan<'_> {
    /// How many draws per utterance `check` gets in this plan.
    pub fn draws_of(&self, check: &Check) -> usize {
        self.draws.unwrap_or(check.draws)
    }
}

/// What happened to one check.
#[derive(Debug, Clone)]
pub struct CheckOutcome<'a> {
    /// The suite the check stands in.
    pub suite: &'a Suite,
    /// The check.
    pub check: &'a Check,
    /// Draws per utterance.
    pub draws: usize,
    /// One trial per utterance and draw: utterances in the plan's order, draws
    /// within them.
    pub trials: Vec<Trial>,
}

/// What happened in a run.
#[derive(Debug, Clone)]
pub struct Outcome<'a> {
    /// One per utterance, in the plan's order.
    pub clean: Vec<CleanTrial>,
    /// What became of the properties, which were tested first.
    pub properties: Properties,
    /// One per check, in the plan's order.
    pub checks: Vec<CheckOutcome<'a>>,
    /// Distinct texts that were longer than the model reads and were cut.
    pub truncated_texts: usize,
    /// The tokens of all distinct texts; `None` for a rescorer without tokens.
    pub tokens: Option<TokenCounts>,
    /// How the rescorer's scores were combined with those of the first pass.
    pub interpolation: Interpolation,
    /// How far scores are from those of full precision; `None` for a rescorer that does not round.
    pub rounding: Option<Rounding>,
}

/// Told how far a run has come.
pub trait Progress: Sync {
    /// `check` (suite and check name; empty for the clean lists) begins.
    fn begin(&self, check: &str, lists: usize);
}

/// Rescores the clean lists and, for every check, each of its perturbed lists.
pub fn run<'a>(
    plan: &Plan<'a>,
    rescorer: &dyn Rescorer,
    progress: &dyn Progress,
) -> Result<Outcome<'a>, RescoreError> {
    let Prepared {
        clean,
        properties,
        rounding,
    } = prepare(plan, rescorer, progress)?;
    let mut checks = Vec::new();
    for suite in plan.suites {
        for check in &suite.checks {
            let draws = plan.draws_of(check);
            progress.begin(
                &format!("{} / {}", suite.name, check.name),
                plan.utterances.len() * draws,
            );
            let trials = run_check(plan, suite, check, 0..draws, &clean, rescorer)?;
            checks.push(CheckOutcome {
                suite,
                check,
                draws,
                trials,
            });
        }
    }

    Ok(Outcome {
        clean,
        properties,
        checks,
        truncated_texts: rescorer.truncated_texts(),
        tokens: rescorer.tokens(),
        interpolation: rescorer.interpolation(),
        rounding,
    })
}

/// What comes before every check.
struct Prepared {
    clean: Vec<CleanTrial>,
    properties: Properties,
    rounding: Option<Rounding>,
}

/// The clean lists, then the properties: what comes before every check.
fn prepare(
    plan: &Plan<'_>,
    rescorer: &dyn Rescorer,
    progress: &dyn Progress,
) -> Result<Prepared, RescoreError> {
    progress.begin("", plan.utterances.len());
    let clean_lists: Vec<Candidates<'_>> = plan.utterances.iter().map(Candidates::of).collect();
    let clean_scores = clean_scores(plan, rescorer, &clean_lists)?;
    let clean: Vec<CleanTrial> = plan
        .utterances
        .par_iter()
        .zip(clean_scores)
        .map(|(utterance, scores)| CleanTrial::count(utterance, &scores, rescorer.interpolation()))
        .collect();
    let rounding = Rounding::measure(plan.utterances, &clean, rescorer)?;
    let properties = properties::run(plan, &clean, rescorer, progress)?;

    Ok(Prepared {
        clean,
        properties,
        rounding,
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

/// One perturbed list, before it is scored.
struct Drawn {
    utterance: usize,
    draw: usize,
    case: Case,
    texts: Vec<Transcript>,
}

/// The draws in `range` of an utterance of whose clean list the hypothesis `pick` is picked.
fn drawn<'p>(
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
fn run_check(
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
