//! Swap stability: where the whole list is perturbed alike, the pick stays.

use crate::check::engine::pair::{Choice, ListPair};
use crate::check::properties::drawn_property::{DrawnProperty, Gravity};
use crate::nbest::Hypothesis;
use crate::rescore::Interpolation;

/// Trials whose pick changes, by a lead of more than the noise, are exceptions.
pub(crate) struct SwapStability {
    /// A difference of totals of no more than this is none.
    pub(crate) noise: f64,
    pub(crate) interpolation: Interpolation,
}

impl SwapStability {
    /// How far, perturbed, the pick is ahead of the clean pick, in total scores; 0 if it is the
    /// same.
    fn lead(&self, list: &[Hypothesis], choice: &Choice) -> f64 {
        let scores = &choice.scores;
        let total = |index: usize| self.interpolation.total(list[index].score, scores[index]);
        total(choice.pick) - total(choice.clean_pick)
    }
}

impl DrawnProperty for SwapStability {
    fn is_exception(&self, list: &[Hypothesis], choice: &Choice) -> bool {
        self.lead(list, choice) > self.noise
    }

    fn gravity(&self, list: &[Hypothesis], choice: &Choice) -> Gravity {
        Gravity::of_size(self.lead(list, choice))
    }

    fn describe(&self, pair: &ListPair, choice: &Choice) -> String {
        let lead = self.lead(pair.utterance().nbest.hypotheses(), choice);
        format!("perturbed alike, another hypothesis leads by {lead:.4}")
    }
}
