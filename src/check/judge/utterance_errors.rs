//! What changes of mind add to the errors of each utterance: three numbers, which wait on the disk
//! where there are many.

use std::io;

use crate::check::engine::trial::Trial;
use crate::files::Column;
use crate::stats::clusters::Cluster;

/// The bytes of an utterance.
const BYTES: usize = 12;

/// What changes of mind add to the errors of one utterance, over all draws.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct UtteranceErrors {
    reference_words: u32,
    /// Errors of the clean pick, read with its swaps.
    kept: u32,
    /// Errors of the pick.
    text: u32,
}

impl UtteranceErrors {
    /// Those of the draws of one utterance.
    fn of(draws: &[Trial]) -> UtteranceErrors {
        let sum = |of: fn(&Trial) -> usize| {
            let sum: usize = draws.iter().map(of).sum();
            u32::try_from(sum).expect("texts have few words, and there are few draws")
        };
        UtteranceErrors {
            reference_words: sum(|trial| trial.text.reference_words),
            kept: sum(|trial| trial.kept.errors()),
            text: sum(|trial| trial.text.errors()),
        }
    }

    /// "Clean" and "perturbed" are here before and after a change of mind, of the same texts.
    pub(super) fn counted(self) -> Cluster {
        Cluster {
            reference_words: self.reference_words.into(),
            errors_a: self.kept.into(),
            errors_b: self.text.into(),
        }
    }

    fn pack(self) -> [u8; BYTES] {
        let mut bytes = [0; BYTES];
        let (fours, _) = bytes.as_chunks_mut();
        let numbers = [self.reference_words, self.kept, self.text];
        for (four, number) in fours.iter_mut().zip(numbers) {
            *four = number.to_le_bytes();
        }
        bytes
    }

    fn unpack(bytes: [u8; BYTES]) -> UtteranceErrors {
        let (fours, _) = bytes.as_chunks();
        let number = |index: usize| u32::from_le_bytes(fours[index]);
        UtteranceErrors {
            reference_words: number(0),
            kept: number(1),
            text: number(2),
        }
    }
}

/// The errors of every utterance under one check.
#[derive(Debug, Default)]
pub(crate) struct ErrorsByUtterance(Column<BYTES>);

impl ErrorsByUtterance {
    /// Of no utterance, and all of those that come stay in memory.
    pub(super) fn holding_all() -> ErrorsByUtterance {
        ErrorsByUtterance(Column::holding(usize::MAX))
    }

    /// Takes in the trials of utterances that follow those before, so many draws of each.
    pub(super) fn add(&mut self, trials: &[Trial], draws: usize) -> io::Result<()> {
        let mut utterances = trials.chunks(draws.max(1));
        utterances.try_for_each(|draws| self.0.push(UtteranceErrors::of(draws).pack()))
    }

    /// Those of all utterances, in order.
    pub(super) fn all(&self) -> io::Result<Vec<UtteranceErrors>> {
        let mut all = Vec::new();
        let take = |bytes| all.push(UtteranceErrors::unpack(bytes));
        self.0.each(take).map(|()| all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_errors_are_those_that_were() {
        let errors = UtteranceErrors {
            reference_words: 70_000,
            kept: 3,
            text: u32::MAX,
        };
        assert_eq!(UtteranceErrors::unpack(errors.pack()), errors);
    }
}
