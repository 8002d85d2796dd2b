//! The harmful flips of a run, minimized and then saved.
//!
//! Minimized cases never enter a figure: those come from the draws alone.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use crate::check::engine::outcome::CheckOutcome;
use crate::check::engine::pair::Choice;
use crate::check::engine::plan::Plan;
use crate::check::failures::counterexample::{Counterexample, Provenance};
use crate::check::failures::minimize::{MinimizeLimits, Minimum, minimize};
use crate::check::failures::pair_judge::PairJudge;
use crate::nbest::Utterance;
use crate::perturb::case::Case;
use crate::rescore::{RescoreError, Rescorer};
use crate::suite::{Check, Suite};

/// A trial of a run whose pick changed to a worse one, with its case.
#[derive(Debug, Clone)]
pub struct HarmfulFlip {
    /// The index of its check in the outcome.
    pub check: usize,
    /// The index of its utterance in the plan.
    pub utterance: usize,
    /// Which draw, from 0.
    pub draw: usize,
    /// What was drawn.
    pub case: Case,
    /// How many more word errors the pick has than the clean pick, both read with their swaps; at
    /// least 1.
    pub damage: usize,
    /// How far the pick's total is above that of the clean pick; at least 0.
    pub margin: f64,
}

/// So many flips may be kept beside the worst before those are chosen again.
const SPARE: usize = 256;

/// The harmful flips of a run, of which the worst are kept while it goes on.
#[derive(Debug)]
pub struct HarmfulFlips {
    most: usize,
    /// One per check, in the plan's order.
    found: Vec<Found>,
    worst: Vec<HarmfulFlip>,
    /// The utterances of these, by their indices.
    utterances: BTreeMap<usize, Utterance>,
}

/// How many harmful flips a check has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Found {
    /// All of them.
    pub flips: usize,
    /// Utterances that have some.
    pub utterances: usize,
}

impl HarmfulFlips {
    /// None yet, with at most so many kept of each of so many checks.
    pub fn new(checks: usize, most: usize) -> HarmfulFlips {
        HarmfulFlips {
            most,
            found: vec![Found::default(); checks],
            worst: Vec::new(),
            utterances: BTreeMap::new(),
        }
    }

    /// Takes in what happened under the check at `index` to `utterances`, before which so many come
    /// `first`.
    pub fn add(
        &mut self,
        index: usize,
        first: usize,
        utterances: &[Utterance],
        outcome: &CheckOutcome<'_>,
    ) {
        let found = &mut self.found[index];
        let mut flips: Vec<HarmfulFlip> = Vec::new();
        for trial in &outcome.trials {
            let Some(case) = &trial.case else { continue };
            let utterance = first + trial.utterance;
            found.flips += 1;
            let is_new = flips.last().is_none_or(|last| last.utterance != utterance);
            found.utterances += usize::from(is_new);
            flips.push(HarmfulFlip {
                check: index,
                utterance,
                draw: trial.draw,
                case: case.clone(),
                damage: trial.text.errors() - trial.kept.errors(),
                margin: trial.margin,
            });
        }
        if flips.is_empty() || self.most == 0 {
            return;
        }

        for flip in &flips {
            let utterance = || utterances[flip.utterance - first].clone();
            self.utterances
                .entry(flip.utterance)
                .or_insert_with(utterance);
        }
        self.worst.append(&mut flips);
        let room = self.most.saturating_mul(2 * self.found.len());
        if self.worst.len() > room.saturating_add(SPARE) {
            self.choose();
        }
    }

    /// Lets go of those that are not among the worst.
    fn choose(&mut self) {
        self.worst = worst(std::mem::take(&mut self.worst), self.most);
        let kept: BTreeSet<usize> = self.worst.iter().map(|flip| flip.utterance).collect();
        self.utterances.retain(|index, _| kept.contains(index));
    }

    /// How many there are of each check.
    pub fn found(&self) -> &[Found] {
        &self.found
    }
}

/// At most `most` failures of each check, by check, the ones to look at first.
///
/// First comes the worst draw of every utterance, the worst utterance before the others, then the
/// second worst draw of every utterance, and so on. Worse is what does more damage, then what has
/// the larger margin; among equals the earlier utterance and draw come first. What is chosen among
/// the utterances of a corpus can be chosen from what was chosen among its parts.
fn worst(flips: Vec<HarmfulFlip>, most: usize) -> Vec<HarmfulFlip> {
    let mut by_utterance: BTreeMap<(usize, usize), Vec<HarmfulFlip>> = BTreeMap::new();
    for flip in flips {
        let draws = by_utterance
            .entry((flip.check, flip.utterance))
            .or_default();
        draws.push(flip);
    }

    let mut by_check: BTreeMap<usize, Vec<(usize, HarmfulFlip)>> = BTreeMap::new();
    for ((check, _), mut draws) in by_utterance {
        draws.sort_by(worse_first);
        by_check
            .entry(check)
            .or_default()
            .extend(draws.into_iter().enumerate());
    }

    let mut chosen = Vec::new();
    for mut ranked in by_check.into_values() {
        ranked.sort_by(|(rank, flip), (other_rank, other)| {
            rank.cmp(other_rank).then_with(|| worse_first(flip, other))
        });
        chosen.extend(ranked.into_iter().take(most).map(|(_, flip)| flip));
    }

    chosen
}

fn worse_first(flip: &HarmfulFlip, other: &HarmfulFlip) -> Ordering {
    other
        .damage
        .cmp(&flip.damage)
        .then_with(|| other.margin.total_cmp(&flip.margin))
        .then_with(|| (flip.utterance, flip.draw).cmp(&(other.utterance, other.draw)))
}

/// A harmful flip that was minimized.
#[derive(Debug, Clone)]
pub struct MinimizedFlip {
    /// What happened in the run.
    pub flip: HarmfulFlip,
    /// What became of it.
    pub minimum: Minimum<Choice>,
    /// What can be saved of it; `None` if it did not fail again when it was minimized, or was not
    /// judged again.
    pub counterexample: Option<Counterexample>,
}

/// Harmful flips that were minimized side by side, and what it took.
#[derive(Debug)]
pub struct MinimizedFlips {
    /// In the order in which they were given.
    pub flips: Vec<MinimizedFlip>,
    /// See [`Minimization::rounds`](crate::check::failures::minimize::Minimization::rounds).
    pub rounds: usize,
    /// See [`Minimization::judged`](crate::check::failures::minimize::Minimization::judged).
    pub judged: usize,
    /// See
    /// [`Minimization::confirmations`](crate::check::failures::minimize::Minimization::confirmations).
    pub confirmations: usize,
    /// Why the rescorer gave up, if it did.
    pub stopped: Option<RescoreError>,
}

/// Minimizes the worst of `found` side by side; a failure has a margin of more than `noise`, see
/// [`Choice::fails`].
pub fn minimize_flips(
    plan: &Plan<'_>,
    mut found: HarmfulFlips,
    rescorer: &dyn Rescorer,
    noise: f64,
    limits: &MinimizeLimits<'_>,
) -> MinimizedFlips {
    found.choose();
    let HarmfulFlips {
        worst: flips,
        utterances: known,
        ..
    } = found;
    let checks: Vec<(&Suite, &Check)> = plan.checks().collect();
    let utterances: Vec<_> = flips.iter().map(|flip| &known[&flip.utterance]).collect();
    let judge = PairJudge {
        utterances: &utterances,
        rescorer,
        is_failure: &|_, choice| choice.fails(noise),
    };
    let cases = flips.iter().map(|flip| flip.case.clone()).collect();
    let result = minimize(cases, &judge, limits);

    let flips = flips
        .into_iter()
        .zip(result.minima)
        .map(|(flip, minimum)| {
            let (suite, check) = checks[flip.check];
            let provenance = Provenance {
                rescorer: rescorer.name().to_owned(),
                suite: suite.name.clone(),
                check: check.name.clone(),
                seed: plan.seed,
                draw: flip.draw,
                noise,
                coherent: check.perturbation.is_coherent(),
            };
            let counterexample =
                Counterexample::new(&known[&flip.utterance], &flip.case, &minimum, provenance);
            MinimizedFlip {
                flip,
                minimum,
                counterexample,
            }
        })
        .collect();

    MinimizedFlips {
        flips,
        rounds: result.rounds,
        judged: result.judged,
        confirmations: result.confirmations,
        stopped: result.stopped,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::examples::{draw, replacements, tea};

    fn flip(
        check: usize,
        utterance: usize,
        draw_number: usize,
        damage: usize,
        margin: f64,
    ) -> HarmfulFlip {
        HarmfulFlip {
            check,
            utterance,
            draw: draw_number,
            case: draw(&tea(), &replacements(""), 0),
            damage,
            margin,
        }
    }

    #[track_caller]
    fn check_worst(flips: &[HarmfulFlip], most: usize, expected: &[(usize, usize, usize)]) {
        let chosen: Vec<(usize, usize, usize)> = worst(flips.to_vec(), most)
            .iter()
            .map(|flip| (flip.check, flip.utterance, flip.draw))
            .collect();
        assert_eq!(chosen, expected);
    }

    #[test]
    fn every_utterance_shows_its_worst_draw_before_any_shows_its_second() {
        let all = [
            flip(0, 0, 0, 1, 0.5),
            flip(0, 1, 0, 3, 0.1),
            flip(0, 1, 2, 3, 0.2),
            flip(0, 2, 1, 1, 0.7),
            flip(0, 3, 4, 1, 0.5),
            flip(1, 0, 0, 1, 0.1),
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
        let all: Vec<HarmfulFlip> = (0..40)
            .map(|index| {
                flip(
                    0,
                    index * 7 % 11,
                    index,
                    index * 5 % 3 + 1,
                    0.1 * (index * 3 % 7) as f64,
                )
            })
            .collect();
        for most in [1, 3, 8] {
            let chosen = |part: &[HarmfulFlip]| worst(part.to_vec(), most);
            let (even, odd): (Vec<HarmfulFlip>, Vec<HarmfulFlip>) = all
                .iter()
                .cloned()
                .partition(|flip| flip.utterance.is_multiple_of(2));
            let parts = [chosen(&even), chosen(&odd)].concat();
            let names = |flips: Vec<HarmfulFlip>| -> Vec<(usize, usize)> {
                flips
                    .iter()
                    .map(|flip| (flip.utterance, flip.draw))
                    .collect()
            };
            assert_eq!(names(chosen(&parts)), names(chosen(&all)));
        }
    }
}
