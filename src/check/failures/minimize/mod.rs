//! Minimizing: failing cases made as small as they get, many at once.
//!
//! What a failure is, a [`Judge`] knows; which cases are smaller,
//! [`moves`](mod@crate::perturb::moves) knows. Here is only the order in which they are tried,
//! and when to stop. Nothing here reads a clock: the caller says when time is up.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::nbest::Transcript;
use crate::perturb::case::Case;
use crate::perturb::moves::{Scope, moves};
use crate::rescore::RescoreError;

/// Moves of one case that are judged in one round, where nothing else is known.
///
/// More rounds with fewer, more wasted judgements with more: with 200 cases side by
/// side, 8 already fill a model's batches.
pub const BATCH: usize = 8;

/// Cases that are judged in one round at most, unless more than so many are unfinished.
const CASES_PER_ROUND: usize = 16_384;

/// Knows which cases fail.
pub trait Judge: Sync {
    /// What there is to say about a case that fails.
    type Finding: Clone + Send + Sync;

    /// For each case, in order, what was found if it fails, and `None` if it passes.
    ///
    /// Should depend on each case alone; where it does not, the minimal case may turn out to be
    /// [flaky](MinimizeStatus::Flaky).
    fn judge(
        &self,
        questions: &[CaseToJudge<'_>],
    ) -> Result<Vec<Option<Self::Finding>>, RescoreError>;

    /// Judges one case beside no other; an answer from memory is worth nothing here.
    fn confirm(&self, question: CaseToJudge<'_>) -> Result<Option<Self::Finding>, RescoreError>;
}

/// A case to judge.
#[derive(Debug, Clone, Copy)]
pub struct CaseToJudge<'a> {
    /// Which of the cases that [`minimize`] was given this one comes from.
    pub start: usize,
    /// The case.
    pub case: &'a Case,
}

/// When to stop, and how much to try at once.
#[derive(Clone, Copy)]
pub struct MinimizeLimits<'a> {
    /// Moves of a case judged in one round, at least 1; changes no result, only how
    /// many rounds there are. See [`BATCH`].
    pub batch: usize,
    /// Distinct texts, original and perturbed, that trying the moves of one case one after the
    /// other may ask for: what a rescorer that remembers scores has to compute. What is tried
    /// ahead of its turn and then not needed is not counted, so that the batch changes no result.
    pub texts: usize,
    /// What may be taken away.
    pub scope: Scope,
    /// Whether time is up; asked before every round and every confirmation.
    pub out_of_time: &'a dyn Fn() -> bool,
}

/// How far a case was minimized.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MinimizeStatus {
    /// It fails, alone too, and none of its `moves` does: undoing any one edit (where a word is
    /// swapped alike in every hypothesis, in all of them at once), taking any nearer replacement,
    /// dropping any one hypothesis without which all edits are still there, or, where
    /// [words may go](Scope::Words), any one unedited column makes the failure vanish.
    Complete,
    /// It fails, but texts, time or the rescorer ran out before all of its moves
    /// were tried, or before it was judged alone.
    Budget,
    /// Judged again, it did not fail: the failure is within the noise of the scores.
    Flaky,
}

/// What became of one case.
#[derive(Debug, Clone, PartialEq)]
pub struct Minimum<F> {
    /// The smallest case that failed; the case given, where that one never did.
    pub case: Case,
    /// What was found there: alone, unless the status says that it could not be judged alone
    /// or passed. `None` if not even the case given failed, or none was judged.
    pub finding: Option<F>,
    /// What was found at the case given; `None` if it passed, or none was judged.
    pub given: Option<F>,
    /// How far it got.
    pub status: MinimizeStatus,
    /// Cases judged in turn, the given one first: the calls of shrinking one move at a time.
    pub tried: usize,
    /// Distinct texts they asked for; see [`MinimizeLimits::texts`].
    pub texts: usize,
}

/// What became of all cases, and what it took.
#[derive(Debug)]
pub struct Minimization<F> {
    /// One per case given, in order.
    pub minima: Vec<Minimum<F>>,
    /// How often [`Judge::judge`] was called: one batch for all unfinished cases each time.
    pub rounds: usize,
    /// Cases judged in these rounds, those tried ahead and not needed included.
    pub judged: usize,
    /// How often [`Judge::confirm`] was called.
    pub confirmations: usize,
    /// Why the judge gave up, if it did; the minima are what was known by then.
    pub stopped: Option<RescoreError>,
}

/// Makes every case of `cases` as small as it gets while it fails.
///
/// Takes the first move of a case that fails, over and over, like
/// [`CaseTree`](crate::perturb::strategy::CaseTree) under proptest's runner, and ends at the same
/// case. Each round judges the next few moves of every unfinished case in one call. For a judge
/// that answers for each case alone, minima and statuses depend neither on the batch, nor on the
/// number of threads, nor on the other cases, unless time runs out.
pub fn minimize<J: Judge>(
    cases: Vec<Case>,
    judge: &J,
    limits: &MinimizeLimits<'_>,
) -> Minimization<J::Finding> {
    let mut shrinkings: Vec<Shrinking<J::Finding>> = cases
        .into_iter()
        .map(|case| Shrinking::new(case, limits.scope))
        .collect();
    let (mut rounds, mut judged, mut confirmations, mut stopped) = (0, 0, 0, None);
    let texts = limits.texts;

    loop {
        shrinkings
            .par_iter_mut()
            .for_each(|shrinking| shrinking.advance(texts));
        let unfinished = shrinkings
            .iter()
            .filter(|shrinking| shrinking.end.is_none())
            .count();
        if unfinished == 0 || (limits.out_of_time)() {
            break;
        }
        let batch = limits.batch.min(CASES_PER_ROUND / unfinished).max(1);
        let wanted: Vec<Vec<Case>> = shrinkings
            .par_iter()
            .map(|shrinking| shrinking.wanted(batch, texts))
            .collect();
        let questions: Vec<CaseToJudge<'_>> = wanted
            .iter()
            .enumerate()
            .flat_map(|(start, cases)| cases.iter().map(move |case| CaseToJudge { start, case }))
            .collect();
        rounds += 1;
        judged += questions.len();
        match judge.judge(&questions) {
            Ok(findings) => {
                let mut findings = findings.into_iter();
                for (shrinking, cases) in shrinkings.iter_mut().zip(wanted) {
                    for (case, finding) in cases.into_iter().zip(findings.by_ref()) {
                        shrinking.known.insert(case, finding);
                    }
                }
            }
            Err(error) => {
                stopped = Some(error);
                break;
            }
        }
    }

    let minima = shrinkings
        .into_iter()
        .enumerate()
        .map(|(start, shrinking)| {
            let mut minimum = shrinking.minimum();
            if minimum.finding.is_none() {
                return minimum;
            }
            if stopped.is_some() || (limits.out_of_time)() {
                minimum.status = MinimizeStatus::Budget;
                return minimum;
            }
            confirmations += 1;
            match judge.confirm(CaseToJudge {
                start,
                case: &minimum.case,
            }) {
                Ok(Some(finding)) => minimum.finding = Some(finding),
                Ok(None) => minimum.status = MinimizeStatus::Flaky,
                Err(error) => {
                    stopped = Some(error);
                    minimum.status = MinimizeStatus::Budget;
                }
            }
            minimum
        });

    let minima = minima.collect();
    Minimization {
        minima,
        rounds,
        judged,
        confirmations,
        stopped,
    }
}

/// Why there is nothing more to try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Minimal,
    TextsSpent,
}

/// One case on its way down.
struct Shrinking<F> {
    /// The smallest case known to fail; at first, the one given.
    failing: Case,
    finding: Option<F>,
    given: Option<F>,
    /// The moves of `failing` that are not known to pass, in order; at first, the case given.
    ahead: VecDeque<Case>,
    /// What was judged, in turn or ahead of it.
    known: BTreeMap<Case, Option<F>>,
    /// Cases that passed in their turn.
    passed: BTreeSet<Case>,
    /// Texts of the cases that were tried in their turn.
    asked: BTreeSet<Transcript>,
    tried: usize,
    end: Option<End>,
    scope: Scope,
}

impl<F: Clone> Shrinking<F> {
    fn new(case: Case, scope: Scope) -> Shrinking<F> {
        Shrinking {
            ahead: VecDeque::from([case.clone()]),
            failing: case,
            finding: None,
            given: None,
            known: BTreeMap::new(),
            passed: BTreeSet::new(),
            asked: BTreeSet::new(),
            tried: 0,
            end: None,
            scope,
        }
    }

    /// Goes on, move by move, as far as the answers are known.
    fn advance(&mut self, limit: usize) {
        while self.end.is_none() {
            let Some(next) = self.ahead.front() else {
                self.end = Some(End::Minimal);
                return;
            };
            let texts = self.unasked(next);
            // The case given is judged whatever it costs: without it there is no answer at all.
            if self.tried > 0 && self.asked.len() + texts.len() > limit {
                self.end = Some(End::TextsSpent);
                return;
            }
            let Some(finding) = self.known.get(next).cloned() else {
                return;
            };
            self.asked.extend(texts);
            self.tried += 1;
            self.take(finding);
        }
    }

    /// The answer for the next case ahead.
    fn take(&mut self, finding: Option<F>) {
        let Some(next) = self.ahead.pop_front() else {
            return;
        };
        if finding.is_none() {
            self.passed.insert(next);
            return;
        }

        if self.tried == 1 {
            self.given.clone_from(&finding);
        }

        self.finding = finding;
        self.ahead = moves(&next, self.scope)
            .into_iter()
            .filter(|case| !self.passed.contains(case))
            .collect();
        self.failing = next;
    }

    /// The next cases whose answers may be needed, at most `batch`.
    fn wanted(&self, batch: usize, limit: usize) -> Vec<Case> {
        let mut wanted = Vec::new();
        if self.end.is_some() {
            return wanted;
        }

        let mut texts = BTreeSet::new();
        for case in &self.ahead {
            texts.extend(self.unasked(case));
            if self.tried > 0 && self.asked.len() + texts.len() > limit {
                break;
            }
            match self.known.get(case) {
                None => wanted.push(case.clone()),
                // What comes after a failing move is never tried.
                Some(Some(_)) => break,
                Some(None) => {}
            }
            if wanted.len() == batch {
                break;
            }
        }

        wanted
    }

    /// The texts of `case` that no case before it had.
    fn unasked(&self, case: &Case) -> BTreeSet<Transcript> {
        let texts = case.texts().into_iter().chain(case.originals());
        texts.filter(|text| !self.asked.contains(text)).collect()
    }

    /// What is known now, before it is confirmed.
    fn minimum(self) -> Minimum<F> {
        let status = match (self.end, &self.given) {
            (Some(End::Minimal), None) => MinimizeStatus::Flaky,
            (Some(End::Minimal), Some(_)) => MinimizeStatus::Complete,
            (Some(End::TextsSpent) | None, _) => MinimizeStatus::Budget,
        };

        Minimum {
            case: self.failing,
            finding: self.finding,
            given: self.given,
            status,
            tried: self.tried,
            texts: self.asked.len(),
        }
    }
}
