//! What a model that was trained on perturbed lists may have seen of a check's swaps.

use crate::check::engine::outcome::Outcome;
use crate::phonetics::halves::LexiconHalf;

/// Says how many swaps of a run are of words that robust training swaps.
pub(crate) fn note(outcome: &Outcome<'_>) -> String {
    let trials = outcome.checks.iter().flat_map(|check| &check.trials);
    let swaps = trials.flat_map(|trial| &trial.substitutions);
    let (mut all, mut seen) = (0, 0);
    for swap in swaps {
        all += 1;
        let words = [&swap.from, &swap.to];
        if words.map(|word| LexiconHalf::of(word)) == [LexiconHalf::Training; 2] {
            seen += 1;
        }
    }

    wording(all, seen)
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
