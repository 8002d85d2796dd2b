//! What one list did, clean or perturbed: the pick and its word errors.
//!
//! Integers only; rates, intervals and verdicts are made of their sums.

use crate::nbest::wer::{ErrorCounter, WordErrors};
use crate::nbest::{Transcript, Utterance};
use crate::perturb::Substitution;
use crate::perturb::case::Case;
use crate::rescore::Interpolation;

/// A list after rescoring, as it is or perturbed: here alone picks are made and errors counted.
#[derive(Debug, Clone, PartialEq)]
pub struct Rescored {
    /// The index of the hypothesis picked.
    pub pick: usize,
    /// The second-pass score of each hypothesis.
    pub second_pass: Vec<f64>,
    /// The total score of each hypothesis.
    pub totals: Vec<f64>,
    /// Word errors of each hypothesis, in the list's order.
    pub errors: Vec<WordErrors>,
}

impl Rescored {
    /// The unperturbed list of `utterance`, given the second-pass `scores` of its texts.
    pub fn clean(utterance: &Utterance, scores: &[f64], interpolation: Interpolation) -> Rescored {
        let texts = utterance.nbest.hypotheses().iter();
        let texts = texts.map(|hypothesis| &hypothesis.transcript);
        Rescored::count(utterance, texts, scores, interpolation)
    }

    /// The list of `utterance` with these `texts` in the place of its own, given their scores.
    pub fn perturbed(
        utterance: &Utterance,
        texts: &[Transcript],
        scores: &[f64],
        interpolation: Interpolation,
    ) -> Rescored {
        Rescored::count(utterance, texts.iter(), scores, interpolation)
    }

    fn count<'a>(
        utterance: &Utterance,
        texts: impl Iterator<Item = &'a Transcript>,
        scores: &[f64],
        interpolation: Interpolation,
    ) -> Rescored {
        let hypotheses = utterance.nbest.hypotheses();
        let mut counter = ErrorCounter::new(&utterance.reference);
        let totals = hypotheses
            .iter()
            .zip(scores)
            .map(|(hypothesis, score)| interpolation.total(hypothesis.score, *score))
            .collect();

        Rescored {
            pick: interpolation.select(hypotheses, scores),
            second_pass: scores.to_vec(),
            totals,
            errors: texts.map(|text| counter.errors(text)).collect(),
        }
    }

    /// The errors of the rescorer's pick.
    pub fn picked(&self) -> WordErrors {
        self.errors[self.pick]
    }

    /// The errors of the hypothesis the first pass likes best.
    pub fn first_pass(&self) -> WordErrors {
        self.errors[0]
    }

    /// The errors of the best hypothesis in the list, the earliest of equals.
    pub fn oracle(&self) -> WordErrors {
        let errors = self.errors.iter();
        *errors
            .min_by_key(|errors| errors.errors())
            .expect("an n-best list is never empty")
    }
}

/// One perturbed list after rescoring, beside its clean self.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// The utterance's index in the plan.
    pub utterance: usize,
    /// Which draw, from 0.
    pub draw: usize,
    /// The words that were swapped; empty where nothing could be.
    pub substitutions: Vec<Substitution>,
    /// What was drawn, of a harmful flip alone: those of all trials would fill the memory.
    pub case: Option<Case>,
    /// The index of the hypothesis picked under perturbation.
    pub pick: usize,
    /// How far the pick's total is above the clean pick's, under perturbation; 0 without a flip.
    pub margin: f64,
    /// Errors of the perturbed text of the pick.
    pub text: WordErrors,
    /// Errors of the perturbed text of the clean pick: what standing by it would have cost.
    pub kept: WordErrors,
    /// Errors of the perturbed text of the first pass's favourite.
    pub first_pass_text: WordErrors,
    /// Errors of the best perturbed text in the list.
    pub oracle_text: WordErrors,
    /// Kendall's tau-a between the clean and the perturbed order of the list, in -1..=1; `None`
    /// for lists of one.
    pub kendall_tau: Option<f64>,
}

impl Trial {
    /// What became of `case`, the `draw`-th of the utterance at this index of the plan.
    pub(crate) fn new(
        (utterance, draw): (usize, usize),
        case: Case,
        clean: &Rescored,
        perturbed: &Rescored,
    ) -> Trial {
        let totals = &perturbed.totals;
        let mut trial = Trial {
            utterance,
            draw,
            substitutions: case.substitutions(),
            case: None,
            pick: perturbed.pick,
            margin: totals[perturbed.pick] - totals[clean.pick],
            text: perturbed.picked(),
            kept: perturbed.errors[clean.pick],
            first_pass_text: perturbed.first_pass(),
            oracle_text: perturbed.oracle(),
            kendall_tau: kendall_tau(&clean.totals, totals),
        };
        trial.case = trial.harmful().then_some(case);

        trial
    }

    /// Whether perturbation changed the pick.
    pub fn flipped(&self, clean: &Rescored) -> bool {
        self.pick != clean.pick
    }

    /// Whether the pick changed to one that is worse, both as the rescorer read them.
    pub fn harmful(&self) -> bool {
        self.text.errors() > self.kept.errors()
    }

    /// Whether the pick changed to one that is better, both as the rescorer read them.
    pub fn helpful(&self) -> bool {
        self.text.errors() < self.kept.errors()
    }

    /// Whether the swaps hurt the clean pick, and another hypothesis is now better.
    pub fn repairable(&self, clean: &Rescored) -> bool {
        self.kept.errors() > clean.picked().errors()
            && self.oracle_text.errors() < self.kept.errors()
    }
}

/// Kendall's tau-a: (concordant - discordant) / pairs; a pair tied on either side counts as
/// neither.
fn kendall_tau(a: &[f64], b: &[f64]) -> Option<f64> {
    if a.len() < 2 {
        return None;
    }

    let mut balance = 0i64;
    for i in 0..a.len() {
        for j in i + 1..a.len() {
            let agreement = match (a[i].total_cmp(&a[j]), b[i].total_cmp(&b[j])) {
                (std::cmp::Ordering::Equal, _) | (_, std::cmp::Ordering::Equal) => 0,
                (x, y) if x == y => 1,
                _ => -1,
            };
            balance += agreement;
        }
    }

    let pairs = (a.len() * (a.len() - 1) / 2) as f64;
    Some(balance as f64 / pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_tau(a: &[f64], b: &[f64], expected: Option<f64>) {
        assert_eq!(kendall_tau(a, b), expected);
    }

    #[test]
    fn tau_is_one_for_the_same_order_and_minus_one_for_the_reverse() {
        check_tau(&[3.0, 2.0, 1.0], &[9.0, 5.0, 4.0], Some(1.0));
        check_tau(&[3.0, 2.0, 1.0], &[4.0, 5.0, 9.0], Some(-1.0));
        check_tau(&[1.0], &[2.0], None);
        // One of three pairs is swapped: (2 - 1) / 3, as scipy.stats.kendalltau 1.17.1 gives.
        check_tau(&[3.0, 2.0, 1.0], &[2.0, 3.0, 1.0], Some(1.0 / 3.0));
    }
}
