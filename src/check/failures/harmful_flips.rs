//! Found: the harmful flips of a run, as cases to minimize and then to save.
//!
//! Minimized cases never enter a figure: those come from the draws alone.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::check::engine::outcome::Outcome;
use crate::check::engine::plan::Plan;
use crate::check::failures::counterexample::{Counterexample, Provenance};
use crate::check::failures::failure::{Choice, HarmJudge};
use crate::check::failures::minimize::{MinimizeLimits, Minimum, minimize};
use crate::perturb::case::Case;
use crate::perturb::draw::{DrawKey, draw_case};
use crate::rescore::{Afresh, RescoreError, Rescorer};

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
    /// How many more word errors the pick has than the clean pick, both read with their swaps; at least 1.
    pub damage: usize,
    /// How far the pick's total is above that of the clean pick; at least 0.
    pub margin: f64,
}

/// The harmful flips of `outcome`: by check, then utterance, then draw.
pub fn found(plan: &Plan<'_>, outcome: &Outcome<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for (index, check) in outcome.checks.iter().enumerate() {
        let harmful = check.trials.par_iter().filter(|trial| trial.harmful());
        found.par_extend(harmful.map(|trial| {
            let utterance = &plan.utterances[trial.utterance];
            let key = DrawKey {
                suite: &check.suite.name,
                check: &check.check.name,
                seed: plan.seed,
                utterance: &utterance.id,
                draw: trial.draw,
            };
            let clean = &outcome.clean[trial.utterance];
            let case = draw_case(
                utterance,
                &check.check.perturbation,
                plan.replacements,
                clean.pick,
                &key,
            );
            Found {
                check: index,
                utterance: trial.utterance,
                draw: trial.draw,
                case,
                damage: trial.text.errors() - trial.kept.errors(),
                margin: trial.margin,
            }
        }));
    }

    found
}

/// At most `most` failures of each check, by check, the ones to look at first.
///
/// First comes the worst draw of every utterance, the worst utterance before the others, then the second
/// worst draw of every utterance, and so on. Worse is what does more damage, then what has the
/// larger margin; among equals the earlier utterance and draw come first. What is chosen among
/// the utterances of a corpus can be chosen from what was chosen among its parts.
pub fn worst(found: Vec<Found>, most: usize) -> Vec<Found> {
    let mut by_utterance: BTreeMap<(usize, usize), Vec<Found>> = BTreeMap::new();
    for found in found {
        let draws = by_utterance
            .entry((found.check, found.utterance))
            .or_default();
        draws.push(found);
    }

    let mut by_check: BTreeMap<usize, Vec<(usize, Found)>> = BTreeMap::new();
    for ((check, _), mut draws) in by_utterance {
        draws.sort_by(worse_first);
        by_check
            .entry(check)
            .or_default()
            .extend(draws.into_iter().enumerate());
    }

    let mut chosen = Vec::new();
    for mut ranked in by_check.into_values() {
        ranked.sort_by(|(rank, found), (other_rank, other)| {
            rank.cmp(other_rank).then_with(|| worse_first(found, other))
        });
        chosen.extend(ranked.into_iter().take(most).map(|(_, found)| found));
    }

    chosen
}

fn worse_first(found: &Found, other: &Found) -> Ordering {
    other
        .damage
        .cmp(&found.damage)
        .then_with(|| other.margin.total_cmp(&found.margin))
        .then_with(|| (found.utterance, found.draw).cmp(&(other.utterance, other.draw)))
}

/// A failure that was minimized.
#[derive(Debug, Clone)]
pub struct Failure {
    /// What was found.
    pub found: Found,
    /// What became of it.
    pub minimum: Minimum<Choice>,
    /// What can be saved of it; `None` if it did not fail again when it was minimized, or was not
    /// judged again.
    pub counterexample: Option<Counterexample>,
}

/// Failures that were minimized side by side, and what it took.
#[derive(Debug)]
pub struct Failures {
    /// In the order in which they were given.
    pub failures: Vec<Failure>,
    /// See [`Minimization::rounds`](crate::check::failures::minimize::Minimization::rounds).
    pub rounds: usize,
    /// See [`Minimization::judged`](crate::check::failures::minimize::Minimization::judged).
    pub judged: usize,
    /// See [`Minimization::confirmations`](crate::check::failures::minimize::Minimization::confirmations).
    pub confirmations: usize,
    /// The margin that counted as noise.
    pub noise: f64,
    /// Why the rescorer gave up, if it did.
    pub stopped: Option<RescoreError>,
}

/// Minimizes `found` side by side; for `noise` see [`HarmJudge`].
pub fn minimize_found(
    plan: &Plan<'_>,
    outcome: &Outcome<'_>,
    found: Vec<Found>,
    rescorer: &dyn Rescorer,
    noise: f64,
    limits: &MinimizeLimits<'_>,
) -> Failures {
    let utterances: Vec<_> = found
        .iter()
        .map(|found| &plan.utterances[found.utterance])
        .collect();
    let judge = HarmJudge {
        utterances: &utterances,
        rescorer,
        alone: &Afresh(rescorer),
        noise,
    };
    let cases = found.iter().map(|found| found.case.clone()).collect();
    let result = minimize(cases, &judge, limits);
    let failures = found
        .into_iter()
        .zip(result.minima)
        .map(|(found, minimum)| {
            let check = &outcome.checks[found.check];
            let provenance = Provenance {
                rescorer: rescorer.name().to_owned(),
                suite: check.suite.name.clone(),
                check: check.check.name.clone(),
                seed: plan.seed,
                draw: found.draw,
                noise,
            };
            let counterexample = Counterexample::new(
                &plan.utterances[found.utterance],
                &found.case,
                &minimum,
                provenance,
            );
            Failure {
                found,
                minimum,
                counterexample,
            }
        })
        .collect();

    Failures {
        failures,
        rounds: result.rounds,
        judged: result.judged,
        confirmations: result.confirmations,
        noise,
        stopped: result.stopped,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::examples::{draw, replacements, tea};

    fn found(
        check: usize,
        utterance: usize,
        draw_number: usize,
        damage: usize,
        margin: f64,
    ) -> Found {
        Found {
            check,
            utterance,
            draw: draw_number,
            case: draw(&tea(), &replacements(""), 0),
            damage,
            margin,
        }
    }

    #[track_caller]
    fn check_worst(found: &[Found], most: usize, expected: &[(usize, usize, usize)]) {
        let chosen: Vec<(usize, usize, usize)> = worst(found.to_vec(), most)
            .iter()
            .map(|found| (found.check, found.utterance, found.draw))
            .collect();
        assert_eq!(chosen, expected);
    }

    #[test]
    fn every_utterance_shows_its_worst_draw_before_any_shows_its_second() {
        let all = [
            found(0, 0, 0, 1, 0.5),
            found(0, 1, 0, 3, 0.1),
            found(0, 1, 2, 3, 0.2),
            found(0, 2, 1, 1, 0.7),
            found(0, 3, 4, 1, 0.5),
            found(1, 0, 0, 1, 0.1),
        ];

        let expected = [
            (0, 1, 2),
            (0, 2, 1),
            (0, 0, 0),
            (0, 3, 4),
            (0, 1, 0),
            (1, 0, 0),
        ];
        check_worst(&all, usize::MAX, &expected);
        check_worst(&all, 2, &[(0, 1, 2), (0, 2, 1), (1, 0, 0)]);
        check_worst(&all, 0, &[]);
    }

    #[test]
    fn the_worst_of_a_corpus_are_the_worst_of_its_parts() {
        let all: Vec<Found> = (0..40)
            .map(|index| {
                found(
                    0,
                    index * 7 % 11,
                    index,
                    index * 5 % 3 + 1,
                    0.1 * (index * 3 % 7) as f64,
                )
            })
            .collect();
        for most in [1, 3, 8] {
            let chosen = |part: &[Found]| worst(part.to_vec(), most);
            let (even, odd): (Vec<Found>, Vec<Found>) = all
                .iter()
                .cloned()
                .partition(|found| found.utterance.is_multiple_of(2));
            let parts = [chosen(&even), chosen(&odd)].concat();
            let names = |found: Vec<Found>| -> Vec<(usize, usize)> {
                found
                    .iter()
                    .map(|found| (found.utterance, found.draw))
                    .collect()
            };
            assert_eq!(names(chosen(&parts)), names(chosen(&all)));
        }
    }
}
