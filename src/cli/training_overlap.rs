//! What a model that was trained on perturbed lists may have seen of a check's swaps.

use crate::check::engine::outcome::Outcome;
use crate::check::engine::trial::Trial;
use crate::phonetics::halves::LexiconHalf;

/// The swaps of a run.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct TrainingOverlap {
    all: usize,
    /// Those of words that robust training swaps.
    seen: usize,
}

impl TrainingOverlap {
    /// Takes the swaps of `trials` in.
    pub(crate) fn add(&mut self, trials: &[Trial]) {
        for swap in trials.iter().flat_map(|trial| &trial.substitutions) {
            self.all += 1;
            let words = [&swap.from, &swap.to];
            if words.map(|word| LexiconHalf::of(word)) == [LexiconHalf::Training; 2] {
                self.seen += 1;
            }
        }
    }

    /// That of all checks of a run.
    pub(crate) fn of(outcome: &Outcome<'_>) -> TrainingOverlap {
        let mut overlap = TrainingOverlap::default();
        for check in &outcome.checks {
            overlap.add(&check.trials);
        }
        overlap
    }

    /// Says how many swaps are of words that robust training swaps.
    pub(crate) fn note(self) -> String {
        wording(self.all, self.seen)
    }
}

fn wording(all: usize, seen: usize) -> String {
    let begin = "the model was trained on perturbed lists";
    if seen == 0 {
        return format!("{begin}, in which none of the words swapped here were swapped");
    }

    let share = 100.0 * seen as f64 / all as f64;
    format!(
        "{begin}: {share:.1} % of the swaps here are of words that its training may have swapped; \
         --lexicon-slice held-out swaps only others"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_that_was_seen_is_told() {
        assert_eq!(
            wording(8, 0),
            "the model was trained on perturbed lists, in which none of the words swapped here \
                were swapped"
        );
        assert!(wording(8, 2).contains(": 25.0 % of the swaps here"));
    }
}
