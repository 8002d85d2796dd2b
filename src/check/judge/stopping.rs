//! Stopping early: looks at the results after some of the draws, by a rule fixed before the first.
//!
//! The unit of a look is a draw of *every* utterance: each look sees all clusters, with more and
//! more draws of each. So the estimand is that of a full run (the population of clusters), and the
//! number of clusters, which carries the evidence, never shrinks; what is saved are model calls. A
//! check ends at the look at which it passes or fails; p-values are corrected for the looks
//! ([`sequential`](mod@crate::stats::sequential)), then for the number of checks, as ever. Without
//! a rule nothing stops because of its results. A budget may end a run too, but it does not look at
//! results: with a plan of looks, checks that it cuts short are inconclusive, and otherwise it only
//! means fewer draws.

use crate::check::engine::open_check::{OpenCheck, RunContext};
use crate::check::engine::outcome::Outcome;
use crate::check::engine::plan::{CheckProgress, Plan};
use crate::check::engine::run::prepare;
use crate::check::judge::clustering::Clustering;
use crate::check::judge::figures::CleanFigures;
use crate::check::judge::gates::{CheckFigures, Judging, Reading};
use crate::check::judge::harm::Harm;
use crate::check::judge::levels::REPLICATES;
use crate::check::judge::looks::{Ended, Look, Looks, StopRule};
use crate::check::judge::verdict::Judgment;
use crate::rescore::{RescoreError, Rescorer};
use crate::stats::sequential::{OBrienFleming, anytime_p_value, repeated_p_value};
use crate::stats::verdict::{Stopping, Verdict};
use crate::suite::Check;

/// Bootstrap replicates at a look: its p-values must reach further down than those of a full run.
const LOOK_REPLICATES: usize = 40_000;

/// What may be spent; at least one round of draws is always made.
pub(crate) struct Budget<'a> {
    /// Texts given to the model, those of the clean lists included; `None` is no limit.
    pub(crate) texts: Option<usize>,
    /// Asked before each further round, for limits that only the caller can see, such as time.
    pub(crate) may_go_on: &'a (dyn Fn() -> bool + Sync),
}

/// A run that may have ended early.
#[derive(Debug, Clone)]
pub(crate) struct Stopped<'a> {
    /// What happened.
    pub(crate) outcome: Outcome<'a>,
    /// One per check: as of the look that ended it.
    pub(crate) judgments: Vec<Judgment>,
    /// One per check.
    pub(crate) looks: Vec<Looks>,
}

/// A rule that does not fit a check.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{looks} planned looks do not divide the {draws} draws of the check {check}: give --draws a \
    multiple of {looks}"
)]
pub(crate) struct UnevenLooks {
    check: String,
    draws: usize,
    looks: usize,
}

impl StopRule {
    /// Whether the `draws` of `check` divide evenly over the looks.
    pub(crate) fn ensure_fits(self, check: &Check, draws: usize) -> Result<(), UnevenLooks> {
        match self {
            StopRule::Planned { looks } if !draws.is_multiple_of(looks) => Err(UnevenLooks {
                check: check.name.clone(),
                draws,
                looks,
            }),
            StopRule::Never | StopRule::Planned { .. } | StopRule::Anytime => Ok(()),
        }
    }

    /// Draws between two looks.
    fn round(self, most_draws: usize) -> usize {
        match self {
            StopRule::Never | StopRule::Anytime => 1,
            StopRule::Planned { looks } => (most_draws / looks).max(1),
        }
    }

    /// A p-value after `draws` of `most_draws`, corrected for the looks.
    fn corrected(self, draws: usize, most_draws: usize, p: f64) -> f64 {
        match self {
            StopRule::Never => p,
            StopRule::Planned { looks } => {
                repeated_p_value(looks, draws / self.round(most_draws), p)
            }
            StopRule::Anytime => anytime_p_value(draws, p),
        }
    }

    /// The uncorrected p-value that [`StopRule::corrected`] turns into `alpha`.
    fn level(self, draws: usize, most_draws: usize, alpha: f64) -> f64 {
        match self {
            StopRule::Never => alpha,
            StopRule::Planned { looks } => OBrienFleming::new(looks, alpha).map_or(0.0, |plan| {
                plan.nominal_level(draws / self.round(most_draws))
            }),
            StopRule::Anytime => {
                let (mut low, mut high) = (0.0_f64, alpha);
                for _ in 0..100 {
                    let middle = 0.5 * (low + high);
                    if anytime_p_value(draws, middle) <= alpha {
                        low = middle;
                    } else {
                        high = middle;
                    }
                }
                low
            }
        }
    }
}

/// Runs `plan` round by round until each check has its verdict, its draws, or the budget is spent.
pub(crate) fn run_in_rounds<'a>(
    plan: &Plan<'a>,
    rescorer: &dyn Rescorer,
    progress: &dyn CheckProgress,
    rule: StopRule,
    budget: &Budget<'_>,
) -> Result<Stopped<'a>, RescoreError> {
    let (clean, mut facts) = prepare(plan, rescorer, progress)?;
    let context = RunContext {
        plan,
        clean: &clean,
        rescorer,
        progress,
    };
    let clustering = Clustering::new(plan.utterances);
    // The clean lists stay as they are: however often it is looked at, it is one test.
    let harm = Harm::test(&CleanFigures::new(&clustering, &clean), plan.seed);
    let looking = |open: &[StoppableCheck<'_>], ahead| {
        look(context, open, (&clustering, harm.as_ref()), ahead)
    };
    let texts: usize = plan.utterances.iter().map(|u| u.nbest.len()).sum();

    let mut spent = texts;
    let checks = OpenCheck::all(context);
    let mut open: Vec<StoppableCheck<'a>> = checks
        .map(|check| StoppableCheck::new(plan, check, rule))
        .collect();
    let mut judgments: Vec<Option<Judgment>> = vec![None; open.len()];
    loop {
        let rounds: usize = open.iter().map(|check| texts * check.next_draws()).sum();
        if rounds == 0 {
            break;
        }
        let first = open.iter().all(|check| check.made() == 0);
        let affordable = budget.texts.is_none_or(|limit| spent + rounds <= limit);
        let goes_on = first || (affordable && (budget.may_go_on)());
        if !goes_on {
            for check in &mut open {
                check.end_early(Ended::Budget);
            }
            break;
        }
        spent += rounds;
        for check in &mut open {
            check.draw(context)?;
        }
        if rule == StopRule::Never {
            continue;
        }
        let looked = looking(&open, Ahead::No);
        for ((check, judgment), kept) in open.iter_mut().zip(looked).zip(&mut judgments) {
            if check.ended == Ended::Verdict {
                continue;
            }
            check.note(judgment.verdict);
            *kept = Some(judgment);
        }
    }

    let last = looking(&open, Ahead::Yes);
    let judgments = open
        .iter()
        .zip(judgments)
        .zip(last)
        .map(|((check, kept), last)| match kept {
            Some(kept) if check.ended == Ended::Verdict => kept,
            Some(_) | None => last,
        })
        .collect();

    let looks = open.iter().map(StoppableCheck::looks).collect();
    let checks = open.into_iter().map(|check| check.open.outcome).collect();
    facts.count(rescorer);
    Ok(Stopped {
        judgments,
        looks,
        outcome: Outcome {
            clean,
            checks,
            facts,
        },
    })
}

/// A check that may end before all its draws.
struct StoppableCheck<'a> {
    open: OpenCheck<'a>,
    rule: StopRule,
    most_draws: usize,
    looks: Vec<usize>,
    ended: Ended,
    done: bool,
}

impl<'a> StoppableCheck<'a> {
    fn new(plan: &Plan<'a>, open: OpenCheck<'a>, rule: StopRule) -> StoppableCheck<'a> {
        StoppableCheck {
            most_draws: plan.draws_of(open.outcome.check),
            open,
            rule,
            looks: Vec::new(),
            ended: Ended::Complete,
            done: false,
        }
    }

    /// Draws that were made.
    fn made(&self) -> usize {
        self.open.outcome.draws
    }

    /// Draws of the next round; 0 if there is none.
    fn next_draws(&self) -> usize {
        if self.done {
            return 0;
        }
        self.rule
            .round(self.most_draws)
            .min(self.most_draws - self.made())
    }

    fn end_early(&mut self, why: Ended) {
        if !self.done && self.made() < self.most_draws {
            self.ended = why;
        }
        self.done = true;
    }

    /// Makes the draws of one round.
    fn draw(&mut self, context: RunContext<'_, '_>) -> Result<(), RescoreError> {
        let draws = self.next_draws();
        if draws == 0 {
            return Ok(());
        }

        self.open.draw(draws, context)?;
        if self.rule != StopRule::Never {
            self.looks.push(self.made());
        }
        self.done = self.made() == self.most_draws;

        Ok(())
    }

    /// Takes note of what a look found.
    fn note(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Pass | Verdict::Fail if self.made() < self.most_draws => {
                self.end_early(Ended::Verdict);
            }
            Verdict::Pass | Verdict::Fail | Verdict::Inconclusive | Verdict::Identical => {}
        }
    }

    /// How the p-values of this check are read now.
    fn reading(&self) -> Reading<'_> {
        Reading {
            corrected: Box::new(|p| self.rule.corrected(self.made(), self.most_draws, p)),
            // Only a plan must be carried out: an unfinished one allows what its looks showed, and
            // nothing else.
            stopping: match self.rule {
                StopRule::Planned { .. } if self.ended == Ended::Budget => Stopping::Unmet,
                StopRule::Planned { .. } | StopRule::Anytime | StopRule::Never => Stopping::Met,
            },
            replicates: match self.rule {
                StopRule::Never => REPLICATES,
                StopRule::Planned { .. } | StopRule::Anytime => LOOK_REPLICATES,
            },
        }
    }

    fn looks(&self) -> Looks {
        let alpha = self.open.outcome.suite.alpha;
        let look = |draws: &usize| Look {
            draws: *draws,
            boundary: self.rule.level(*draws, self.most_draws, alpha),
        };

        Looks {
            rule: self.rule,
            most_draws: self.most_draws,
            draws: self.made(),
            looks: self.looks.iter().map(look).collect(),
            ended: self.ended,
        }
    }
}

/// Whether it is worked out how much more data would decide.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ahead {
    Yes,
    No,
}

/// Judges all checks as they stand.
fn look(
    context: RunContext<'_, '_>,
    open: &[StoppableCheck<'_>],
    (clustering, harm): (&Clustering, Option<&Harm>),
    ahead: Ahead,
) -> Vec<Judgment> {
    let RunContext { plan, clean, .. } = context;
    let checks: Vec<CheckFigures<'_>> = open
        .iter()
        .map(|check| CheckFigures::new(clustering, clean, &check.open.outcome))
        .collect();
    let readings: Vec<Reading<'_>> = open.iter().map(StoppableCheck::reading).collect();
    let judging = Judging::new(&checks, clustering, plan.seed, (&readings, harm));

    let mut judgments = judging.judge();
    if ahead == Ahead::Yes {
        judging.look_ahead(&mut judgments);
    }

    judgments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_level_of_a_look_is_corrected_to_alpha() {
        for rule in [StopRule::Planned { looks: 5 }, StopRule::Anytime] {
            for draws in 1..=5 {
                let level = rule.level(draws, 5, 0.05);
                let p = rule.corrected(draws, 5, level);
                assert!((p - 0.05).abs() < 2e-4, "{rule} {draws}: {level} {p}");
            }
        }
    }
}
