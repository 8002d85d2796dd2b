//! The smallest and largest values of training options: below them no training works, and above
//! them memory or time runs out first.

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

/// Where the numbers of an option begin.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Least {
    /// With 0.
    Zero,
    /// With 1.
    One,
    /// Above 0.
    AboveZero,
}

impl Least {
    /// Whether `value` is not below it.
    fn allows(self, value: f64) -> bool {
        match self {
            Least::Zero => value >= 0.0,
            Least::One => value >= 1.0,
            Least::AboveZero => value > 0.0,
        }
    }

    /// The numbers from there to `most`.
    fn to(self, most: f64) -> String {
        match self {
            Least::Zero => format!("from 0 to {most}"),
            Least::One => format!("from 1 to {most}"),
            Least::AboveZero => format!("above 0 and at most {most}"),
        }
    }
}

impl Options {
    /// Refuses numbers that are not finite, too small to be used, or beyond reason.
    pub(super) fn check_ranges(&self) -> Result<(), OutOfRange> {
        for (option, value, least, most) in self.counts().into_iter().chain(self.numbers()) {
            let Some(value) = value else { continue };
            if value > most {
                let problem = format!("{value}, beyond what can work: at most {most} is accepted");
                return Err(OutOfRange { option, problem });
            }
            if !least.allows(value) {
                let problem = format!("{value}, but must be {}", least.to(most));
                return Err(OutOfRange { option, problem });
            }
        }

        Ok(())
    }

    /// Options that are whole numbers.
    fn counts(&self) -> Vec<Bounded> {
        let counts = [
            ("hypotheses", self.hypotheses, Least::One, MOST_HYPOTHESES),
            ("rank", self.rank, Least::One, HIGHEST_RANK),
            ("initial-rank", self.initial_rank, Least::One, HIGHEST_RANK),
            ("warm-up-rank", self.warm_up_rank, Least::One, HIGHEST_RANK),
            ("prune-after", self.prune_after, Least::Zero, MOST_STEPS),
            ("final-steps", self.final_steps, Least::Zero, MOST_STEPS),
            (
                "robust-words",
                self.robust_words,
                Least::One,
                MOST_HYPOTHESES,
            ),
            ("steps", self.steps, Least::One, MOST_STEPS),
            ("lists", self.lists, Least::One, MOST_ITEMS),
            (
                "lists-per-pass",
                self.lists_per_pass,
                Least::One,
                MOST_ITEMS,
            ),
            (
                "evaluate-every",
                self.evaluate_every,
                Least::One,
                MOST_STEPS,
            ),
            ("patience", self.patience, Least::One, MOST_STEPS),
            ("save-every", self.save_every, Least::One, MOST_STEPS),
            ("max-length", self.max_length, Least::One, LONGEST),
            ("vocabulary", self.vocabulary, Least::One, MOST_PIECES),
            ("sentences", self.sentences, Least::One, MOST_ITEMS),
        ];
        let counts = counts.into_iter().map(|(option, value, least, most)| {
            (option, value.map(|value| value as f64), least, most as f64)
        });
        counts.collect()
    }

    /// Options that are other numbers.
    fn numbers(&self) -> Vec<Bounded> {
        let factors = [
            ("first-pass-scale", self.first_pass_scale, Least::Zero),
            ("alpha", self.alpha, Least::AboveZero),
            ("orthogonality", self.orthogonality, Least::Zero),
            ("warm-up-lr-ratio", self.warm_up_lr_ratio, Least::AboveZero),
            ("correlation", self.correlation, Least::Zero),
            ("mwed", self.mwed, Least::Zero),
            ("distillation", self.distillation, Least::Zero),
            ("consistency", self.consistency, Least::Zero),
            ("lr", self.lr, Least::AboveZero),
            ("head-lr-ratio", self.head_lr_ratio, Least::AboveZero),
            ("b-lr-ratio", self.b_lr_ratio, Least::AboveZero),
            ("weight-decay", self.weight_decay, Least::Zero),
            ("clip-norm", self.clip_norm, Least::AboveZero),
            ("epochs", self.epochs, Least::AboveZero),
        ];
        let shares = [
            ("dropout", self.dropout, Least::Zero),
            ("warm-up-share", self.warm_up_share, Least::AboveZero),
            (
                "robust-probability",
                self.robust_probability,
                Least::AboveZero,
            ),
            // About one unrelated phone: beyond it every word sounds like every other.
            ("robust-distance", self.robust_distance, Least::Zero),
            ("lr-warm-up", self.lr_warm_up, Least::Zero),
            ("mask-share", self.mask_share, Least::Zero),
        ];

        let factors = factors
            .into_iter()
            .map(|(option, value, least)| (option, value, least, LARGEST_FACTOR));
        let shares = shares
            .into_iter()
            .map(|(option, value, least)| (option, value, least, 1.0));
        factors.chain(shares).collect()
    }
}

/// An option, its value, and where its numbers begin and end.
type Bounded = (&'static str, Option<f64>, Least, f64);

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

    #[track_caller]
    fn check_refused(options: &Options, option: &str, problem: &str) {
        let error = options.check_ranges().unwrap_err();
        assert_eq!((error.option, error.problem.as_str()), (option, problem));
    }

    #[test]
    fn numbers_have_two_ends() {
        let rises = |share| Options {
            lr_warm_up: Some(share),
            ..Options::default()
        };
        check_refused(
            &rises(-0.01),
            "lr-warm-up",
            "-0.01, but must be from 0 to 1",
        );
        check_refused(
            &rises(f64::NAN),
            "lr-warm-up",
            "NaN, but must be from 0 to 1",
        );
        let told = "2, beyond what can work: at most 1 is accepted";
        check_refused(&rises(2.0), "lr-warm-up", told);
        assert!(rises(0.0).check_ranges().is_ok());

        let clips = Options {
            clip_norm: Some(0.0),
            ..Options::default()
        };
        let told = "0, but must be above 0 and at most 1000000";
        check_refused(&clips, "clip-norm", told);
        let reads = Options {
            hypotheses: Some(0),
            ..Options::default()
        };
        check_refused(&reads, "hypotheses", "0, but must be from 1 to 10000");
    }
}
