//! The largest values of training options: above them no training works, and memory or time runs
//! out first.

use crate::bert::limits::HIGHEST_RANK;
use crate::cli::commands::train::options::Options;
use crate::cli::commands::train::out_of_range::OutOfRange;
use crate::rescore::LARGEST_FACTOR;

/// No training takes as many steps, or so many between two looks.
const MOST_STEPS: usize = 1_000_000_000;

/// Lists or sentences in a step: gradients of more do not get better.
const MOST_ITEMS: usize = 10_000;

/// Hypotheses of a list, and words swapped in one.
const MOST_HYPOTHESES: usize = 10_000;

/// Tokens of a text: position embeddings of no BERT go further.
const LONGEST: usize = 131_072;

/// Word pieces of a vocabulary.
const MOST_PIECES: usize = 1_000_000;

impl Options {
    /// Refuses numbers that are not finite or beyond reason; what is too small is refused where it
    /// is used.
    pub(super) fn check_ranges(&self) -> Result<(), OutOfRange> {
        let counts = [
            ("hypotheses", self.hypotheses, MOST_HYPOTHESES),
            ("rank", self.rank, HIGHEST_RANK),
            ("initial-rank", self.initial_rank, HIGHEST_RANK),
            ("warm-up-rank", self.warm_up_rank, HIGHEST_RANK),
            ("prune-after", self.prune_after, MOST_STEPS),
            ("final-steps", self.final_steps, MOST_STEPS),
            ("robust-words", self.robust_words, MOST_HYPOTHESES),
            ("steps", self.steps, MOST_STEPS),
            ("lists", self.lists, MOST_ITEMS),
            ("lists-per-pass", self.lists_per_pass, MOST_ITEMS),
            ("evaluate-every", self.evaluate_every, MOST_STEPS),
            ("patience", self.patience, MOST_STEPS),
            ("save-every", self.save_every, MOST_STEPS),
            ("max-length", self.max_length, LONGEST),
            ("vocabulary", self.vocabulary, MOST_PIECES),
            ("sentences", self.sentences, MOST_ITEMS),
        ];

        let counts = counts
            .map(|(option, value, most)| (option, value.map(|value| value as f64), most as f64));
        let numbers = [
            ("first-pass-scale", self.first_pass_scale, LARGEST_FACTOR),
            ("alpha", self.alpha, LARGEST_FACTOR),
            ("dropout", self.dropout, 1.0),
            ("orthogonality", self.orthogonality, LARGEST_FACTOR),
            ("warm-up-lr-ratio", self.warm_up_lr_ratio, LARGEST_FACTOR),
            ("warm-up-share", self.warm_up_share, 1.0),
            ("correlation", self.correlation, LARGEST_FACTOR),
            ("mwed", self.mwed, LARGEST_FACTOR),
            ("distillation", self.distillation, LARGEST_FACTOR),
            ("robust-probability", self.robust_probability, 1.0),
            // About one unrelated phone: beyond it every word sounds like every other.
            ("robust-distance", self.robust_distance, 1.0),
            ("consistency", self.consistency, LARGEST_FACTOR),
            ("lr", self.lr, LARGEST_FACTOR),
            ("head-lr-ratio", self.head_lr_ratio, LARGEST_FACTOR),
            ("b-lr-ratio", self.b_lr_ratio, LARGEST_FACTOR),
            ("epochs", self.epochs, 1e6),
            ("lr-warm-up", self.lr_warm_up, 1.0),
            ("weight-decay", self.weight_decay, LARGEST_FACTOR),
            ("clip-norm", self.clip_norm, LARGEST_FACTOR),
            ("mask-share", self.mask_share, 1.0),
        ];

        for (option, value, most) in counts.into_iter().chain(numbers) {
            let Some(value) = value else { continue };
            if value.is_nan() || value.abs() > most {
                let problem = format!("{value}, beyond what can work: at most {most} is accepted");
                return Err(OutOfRange { option, problem });
            }
        }

        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_work_is_named() {
        let options = Options {
            rank: Some(8),
            lr: Some(f64::NAN),
            ..Options::default()
        };

        assert_eq!(options.check_ranges().unwrap_err().option, "lr");
        let options = Options {
            initial_rank: Some(9_007_199_254_740_993),
            ..Options::default()
        };
        let error = options.check_ranges().unwrap_err();
        assert_eq!(error.option, "initial-rank");
        assert!(error.problem.contains("at most 16384"), "{}", error.problem);
        assert!(Options::default().check_ranges().is_ok());
    }
}
