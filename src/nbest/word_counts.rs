//! How many words lists have, and how many of them a lexicon does not know.

use rayon::prelude::*;

use crate::nbest::Utterance;

/// Counts over some utterances.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WordCounts {
    /// Words of the references.
    pub reference_words: usize,
    /// Hypotheses.
    pub hypotheses: usize,
    /// Words of the hypotheses.
    pub hypothesis_words: usize,
    /// Of them, those that the lexicon does not know.
    pub unknown_words: usize,
}

impl WordCounts {
    /// Those of `utterances`, of whose words the lexicon knows those that are `known`.
    pub fn of(utterances: &[Utterance], known: impl Fn(&str) -> bool + Sync) -> WordCounts {
        let mut counts = WordCounts::default();
        counts.add(utterances, known);
        counts
    }

    /// Takes more utterances in.
    pub(crate) fn add(&mut self, utterances: &[Utterance], known: impl Fn(&str) -> bool + Sync) {
        let of_one = |utterance: &Utterance| {
            let heard = utterance.nbest.hypotheses().iter();
            let words = heard.flat_map(|heard| heard.transcript.words());
            let mut counts = WordCounts {
                reference_words: utterance.reference.word_count(),
                hypotheses: utterance.nbest.len(),
                ..WordCounts::default()
            };
            for word in words {
                counts.hypothesis_words += 1;
                counts.unknown_words += usize::from(!known(word));
            }
            counts
        };

        let added = utterances
            .par_iter()
            .map(of_one)
            .reduce(WordCounts::default, WordCounts::plus);
        *self = self.plus(added);
    }

    fn plus(self, other: WordCounts) -> WordCounts {
        WordCounts {
            reference_words: self.reference_words + other.reference_words,
            hypotheses: self.hypotheses + other.hypotheses,
            hypothesis_words: self.hypothesis_words + other.hypothesis_words,
            unknown_words: self.unknown_words + other.unknown_words,
        }
    }
}
