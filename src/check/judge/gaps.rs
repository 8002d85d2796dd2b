//! How far picks are ahead: what a difference of scores has to bridge to change one.

use std::collections::BTreeMap;

use crate::check::engine::trial::Rescored;
use crate::stats::distributions::normal_sf;

/// Bits of a gap that are not kept: what is left has 16 classes between a number and its double.
const CUT: u32 = 48;

/// How far the picks of lists are ahead of their runners-up, in total scores.
///
/// Classes are counted, so that the order in which lists come makes no difference.
#[derive(Debug, Clone, Default)]
pub(crate) struct Gaps {
    classes: BTreeMap<u64, usize>,
    lists: usize,
}

impl Gaps {
    /// Takes in a list of at least two hypotheses.
    pub(crate) fn add(&mut self, list: &Rescored) {
        let others = list.totals.iter().enumerate();
        let others = others.filter(|(index, _)| *index != list.pick);
        let Some(next) = others.map(|(_, total)| *total).max_by(f64::total_cmp) else {
            return;
        };

        let gap = (list.totals[list.pick] - next).abs();
        *self.classes.entry(gap.to_bits() >> CUT).or_default() += 1;
        self.lists += 1;
    }

    /// Half of the picks are ahead by no more than about this; 0 without lists.
    pub(crate) fn median(&self) -> f64 {
        let mut below = 0;
        for (class, lists) in &self.classes {
            below += lists;
            if 2 * below >= self.lists {
                return least(*class);
            }
        }
        0.0
    }

    /// The share of picks that are expected to be others once scores are computed again, where two
    /// totals of one text differ with a standard deviation of `spread`. Only the runner-up is
    /// thought of, which is nearly all.
    pub(crate) fn changed_by(&self, spread: f64) -> f64 {
        if spread <= 0.0 || self.lists == 0 {
            return 0.0;
        }

        // The pick's total and the runner-up's both differ.
        let of_both = spread * std::f64::consts::SQRT_2;
        let classes = self.classes.iter();
        let changed =
            classes.map(|(class, lists)| *lists as f64 * normal_sf(least(*class) / of_both));
        changed.sum::<f64>() / self.lists as f64
    }
}

/// The least gap of a class.
fn least(class: u64) -> f64 {
    f64::from_bits(class << CUT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::examples::tea;
    use crate::rescore::Interpolation;

    fn gaps(gaps: &[f64]) -> Gaps {
        let mut found = Gaps::default();
        let tea = tea();
        let interpolation = Interpolation {
            first_pass_scale: 0.0,
            weight: 1.0,
        };
        for gap in gaps {
            let mut scores = vec![-100.0; tea.nbest.len()];
            scores[0] = -*gap;
            scores[1] = 0.0;
            found.add(&Rescored::clean(&tea, &scores, interpolation));
        }
        found
    }

    #[test]
    fn picks_that_are_little_ahead_change_by_chance() {
        assert!(gaps(&[]).changed_by(1.0).abs() < 1e-12);
        let found = gaps(&[2.0, 0.5, 16.0]);
        assert!((found.median() - 2.0).abs() < 1e-12);
        assert!(found.changed_by(0.0).abs() < 1e-12);
        // (1 - Phi(0.5 / sqrt(2)) + 1 - Phi(2 / sqrt(2)) + 1 - Phi(16 / sqrt(2))) / 3, as scipy
        // 1.17.1 gives.
        let expected = 0.146_828_802_813_674_7;
        assert!((found.changed_by(1.0) - expected).abs() < 1e-9);
        assert!((gaps(&[0.0]).changed_by(1e-3) - 0.5).abs() < 1e-12);
    }
}
