//! Selection harm: perturbed, the list leads to a hypothesis that is worse than the clean pick,
//! both read with their swaps.
//!
//! A mere flip is no harm: where the best text got worse, another one should be chosen.

use crate::check::engine::pair::{Choice, ListPair};
use crate::check::properties::drawn_property::{DrawnProperty, Gravity, OfEquals};
use crate::nbest::Hypothesis;

/// Trials that fail by more than the noise are exceptions; see [`Choice::fails`].
pub(crate) struct SelectionHarm {
    /// A difference of totals of no more than this is none.
    pub(crate) noise: f64,
}

impl DrawnProperty for SelectionHarm {
    fn is_exception(&self, _: &[Hypothesis], choice: &Choice) -> bool {
        choice.fails(self.noise)
    }

    fn gravity(&self, _: &[Hypothesis], choice: &Choice) -> Gravity {
        gravity(choice)
    }

    fn describe(&self, _: &ListPair, choice: &Choice) -> String {
        format!(
            "perturbed, a hypothesis with {} errors is picked, where the one picked before has {}",
            choice.text.errors(),
            choice.kept.errors()
        )
    }
}

/// The worst does the most damage, then has the largest margin of the wrong pick, then is the
/// earliest.
fn gravity(choice: &Choice) -> Gravity {
    Gravity {
        damage: choice.damage(),
        size: -choice.margin_after.unwrap_or(f64::INFINITY),
        of_equals: OfEquals::First,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::engine::trial::Rescored;
    use crate::check::examples::utterance;
    use crate::nbest::Transcript;
    use crate::rescore::Interpolation;

    const SUM: Interpolation = Interpolation {
        first_pass_scale: 1.0,
        weight: 1.0,
    };

    #[test]
    fn the_worst_choice_does_the_most_damage_with_the_largest_margin() {
        let gravity = |reference, after| {
            let texts = vec![Transcript::new("a b"), Transcript::new("c d")];
            let pair = ListPair::new(utterance("u", reference, &["a b", "c d"]), texts);

            let perturbed = Rescored::perturbed(pair.utterance(), pair.texts(), &[0.0, after], SUM);
            let clean = Rescored::clean(pair.utterance(), &[0.0; 2], SUM);
            gravity(&Choice::new(&clean, perturbed))
        };
        let (little, near, far) = (
            gravity("a d e", 9.0),
            gravity("a b", 1.0),
            gravity("a b", 2.0),
        );
        assert!(near.outranks(little) && !little.outranks(near));
        assert!(far.outranks(near) && !near.outranks(far));
        assert!(!far.outranks(far));
    }
}
