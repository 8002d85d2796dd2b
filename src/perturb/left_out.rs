//! Left out: how many swaps of some lists each rule leaves out.

use std::ops::AddAssign;

use rayon::prelude::*;

use crate::nbest::{Hypothesis, Utterance};
use crate::perturb::casing::TextCasing;
use crate::perturb::edit_kind::EditKind;
use crate::perturb::menu::Replacements;
use crate::perturb::perturbation::Perturbation;
use crate::perturb::rules::Rule;

/// What a perturbation can swap in some lists, and what its rules leave out.
///
/// A swap is a word at its place and one replacement of it, within the perturbation's distances.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SwapCounts {
    /// Words of the hypotheses that are touched.
    pub words: usize,
    /// Those of them that can be swapped.
    pub swappable: usize,
    /// The swaps that are left.
    pub swaps: usize,
    /// The swaps that each rule leaves out, in the order of [`Rule::ALL`]; each counts for the
    /// first one.
    pub left_out: [usize; Rule::ALL.len()],
}

impl AddAssign for SwapCounts {
    fn add_assign(&mut self, other: SwapCounts) {
        self.words += other.words;
        self.swappable += other.swappable;
        self.swaps += other.swaps;
        for (sum, count) in self.left_out.iter_mut().zip(other.left_out) {
            *sum += count;
        }
    }
}

/// What `perturbation` can swap in the lists of `utterances`; `pick` is the rescorer's pick of
/// each, as of [`Menu::new`](crate::perturb::menu::Menu::new). Nothing, where it makes no swaps.
pub(crate) fn swap_counts(
    utterances: &[Utterance],
    perturbation: &Perturbation,
    replacements: &Replacements,
    pick: impl Fn(usize) -> usize + Sync,
) -> SwapCounts {
    let swaps = |(kind, _)| kind == EditKind::Swap;
    if !perturbation.kinds.weights().any(swaps) {
        return SwapCounts::default();
    }

    let ladders = replacements.ladders(perturbation);
    let of_list = |(index, utterance): (usize, &Utterance)| {
        let list = utterance.nbest.hypotheses();
        let touched = perturbation.hypotheses.touched(list.len(), pick(index));
        let words = |hypothesis: &Hypothesis| -> Vec<String> {
            let words = hypothesis.transcript.words();
            words.map(str::to_owned).collect()
        };
        let hypotheses: Vec<Vec<String>> = list[touched].iter().map(words).collect();

        let mut ladders = ladders.of_list();
        let mut counts = SwapCounts::default();
        for words in &hypotheses {
            let casing = TextCasing::of(words);
            for word in 0..words.len() {
                let rungs = ladders.rungs(words, word, casing);
                counts += SwapCounts {
                    words: 1,
                    swappable: usize::from(!rungs.ladder.is_empty()),
                    swaps: rungs.ladder.len(),
                    left_out: rungs.left_out,
                };
            }
        }
        counts
    };

    utterances
        .par_iter()
        .enumerate()
        .map(of_list)
        .reduce(SwapCounts::default, |mut sum, counts| {
            sum += counts;
            sum
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::perturb::examples::{example, lexicon};
    use crate::perturb::rules::SwapRules;

    #[test]
    fn swaps_are_counted_with_those_that_are_left_out() {
        let utterances = [example()];
        let replacements = Replacements::from(&lexicon());
        let counts = |perturbation: &Perturbation| {
            swap_counts(&utterances, perturbation, &replacements, |_| 0)
        };

        // two cups for their tea: to, too | - | (four, fore: rare) | there | -; `tue` is rare.
        let one = counts(&Perturbation::PERTURB_1);
        assert_eq!((one.words, one.swappable, one.swaps), (5, 2, 3));

        let left_out = |rule: Rule| one.left_out[rule as usize];
        assert_eq!(one.left_out.iter().sum::<usize>(), 3);
        assert_eq!(left_out(Rule::CommonWords), 3);

        let excluded = Perturbation {
            rules: SwapRules {
                exclude: vec!["two".to_owned()],
                ..SwapRules::FAIR
            },
            ..Perturbation::PERTURB_N
        };

        let all = counts(&excluded);
        assert_eq!(all.words, 5 + 5 + 6);
        assert_eq!(all.left_out[0], 3 + 3 + 1 + 1 + 3);
    }
}
