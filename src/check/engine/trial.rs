//! What one list did, clean or perturbed: the pick and its word errors.
//!
//! Integers only; rates, intervals and verdicts are made of their sums.

use crate::nbest::wer::{WordErrors, word_errors};
use crate::nbest::{Transcript, Utterance};
use crate::perturb::Substitution;
use crate::rescore::Interpolation;

/// One unperturbed list after rescoring.
#[derive(Debug, Clone, PartialEq)]
pub struct CleanTrial {
    /// The index of the hypothesis picked.
    pub pick: usize,
    /// The second-pass score of each hypothesis.
    pub second_pass: Vec<f64>,
    /// The total score of each hypothesis.
    pub totals: Vec<f64>,
    /// Word errors of each hypothesis, in the list's order.
    pub errors: Vec<WordErrors>,
}

impl CleanTrial {
    /// Picks and counts for `utterance`, given the second-pass `scores` of its list.
    pub fn count(
        utterance: &Utterance,
        scores: &[f64],
        interpolation: Interpolation,
    ) -> CleanTrial {
        let hypotheses = utterance.nbest.hypotheses();
        let errors = hypotheses
            .iter()
            .map(|h| word_errors(&utterance.reference, &h.transcript))
            .collect();
        let pick = interpolation.select(hypotheses, scores);
        let totals = totals(utterance, scores, interpolation);

        CleanTrial {
            pick,
            second_pass: scores.to_vec(),
            totals,
            errors,
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

    /// The errors of the best hypothesis in the list.
    pub fn oracle(&self) -> WordErrors {
        fewest(&self.errors)
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
    /// Kendall's tau-a between the clean and the perturbed order of the list, in -1..=1; `None` for lists of one.
    pub kendall_tau: Option<f64>,
}

/// A perturbed list and its scores, ready to be counted.
#[derive(Debug, Clone)]
pub struct Rescored<'a> {
    /// The utterance's index in the plan.
    pub utterance: usize,
    /// Which draw, from 0.
    pub draw: usize,
    /// The words that were swapped.
    pub substitutions: Vec<Substitution>,
    /// The perturbed texts, in the list's order.
    pub texts: &'a [Transcript],
    /// Their second-pass scores.
    pub scores: &'a [f64],
}

impl Trial {
    /// Picks and counts for one perturbed list of `utterance`.
    pub fn count(
        utterance: &Utterance,
        rescored: Rescored<'_>,
        clean: &CleanTrial,
        interpolation: Interpolation,
    ) -> Trial {
        let errors: Vec<WordErrors> = rescored
            .texts
            .iter()
            .map(|text| word_errors(&utterance.reference, text))
            .collect();
        let pick = interpolation.select(utterance.nbest.hypotheses(), rescored.scores);
        let totals = totals(utterance, rescored.scores, interpolation);

        Trial {
            utterance: rescored.utterance,
            draw: rescored.draw,
            substitutions: rescored.substitutions,
            pick,
            margin: totals[pick] - totals[clean.pick],
            text: errors[pick],
            kept: errors[clean.pick],
            first_pass_text: errors[0],
            oracle_text: fewest(&errors),
            kendall_tau: kendall_tau(&clean.totals, &totals),
        }
    }

    /// Whether perturbation changed the pick.
    pub fn flipped(&self, clean: &CleanTrial) -> bool {
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
    pub fn repairable(&self, clean: &CleanTrial) -> bool {
        self.kept.errors() > clean.picked().errors()
            && self.oracle_text.errors() < self.kept.errors()
    }
}

fn totals(utterance: &Utterance, scores: &[f64], interpolation: Interpolation) -> Vec<f64> {
    utterance
        .nbest
        .hypotheses()
        .iter()
        .zip(scores)
        .map(|(hypothesis, score)| interpolation.total(hypothesis.score, *score))
        .collect()
}

/// The entry with the fewest errors, the earliest of equals.
fn fewest(errors: &[WordErrors]) -> WordErrors {
    *errors
        .iter()
        .min_by_key(|errors| errors.errors())
        .expect("an n-best list is never empty")
}

/// Kendall's tau-a: (concordant - discordant) / pairs; a pair tied on either side counts as neither.
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
