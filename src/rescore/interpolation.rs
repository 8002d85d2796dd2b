//! `Interpolation`: how first- and second-pass scores make a total, and which hypothesis it picks.

use crate::nbest::Hypothesis;

/// The largest weight or scale of a pass: one beyond it drowns whatever it is added to, and is a slip of the hand.
pub const LARGEST_FACTOR: f64 = 1e6;

/// How first- and second-pass scores make a total:
/// `total = first_pass_scale * first_pass + weight * second_pass`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interpolation {
    /// Brings first-pass scores to a natural-logarithm scale; finite, at least 0.
    pub first_pass_scale: f64,
    /// The interpolation weight of the second pass; finite.
    pub weight: f64,
}

impl Interpolation {
    /// The total score of one hypothesis.
    pub fn total(self, first_pass: f64, second_pass: f64) -> f64 {
        self.first_pass_scale * first_pass + self.weight * second_pass
    }

    /// The index of the hypothesis with the largest total; ties go to the earlier one.
    pub fn select(self, hypotheses: &[Hypothesis], second_pass: &[f64]) -> usize {
        let mut best = 0;
        let mut best_total = f64::NEG_INFINITY;
        for (index, (hypothesis, score)) in hypotheses.iter().zip(second_pass).enumerate() {
            let total = self.total(hypothesis.score, *score);
            if total > best_total {
                best = index;
                best_total = total;
            }
        }

        best
    }
}
