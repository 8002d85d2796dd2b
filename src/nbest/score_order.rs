//! Which end of the lists is the better one: where it is that of the lowest scores, they may be
//! costs that were read as scores.
//!
//! Only counts are made here; whether they prove anything is for whoever knows a test.

use std::collections::BTreeMap;

use crate::nbest::Utterance;
use crate::nbest::wer::word_errors;

/// Word errors at both ends of the lists in which scores tell two ends apart.
#[derive(Debug, Default)]
pub(crate) struct ScoreOrder {
    /// Of the hypotheses with the highest scores, and of those with the lowest.
    pub(crate) errors: [u64; 2],
    /// Words of the references.
    pub(crate) reference_words: u64,
    /// Utterances of which one end is better: the lowest, and the highest.
    utterances: [u64; 2],
    /// Errors of the highest beyond those of the lowest, by speaker.
    speakers: BTreeMap<String, i64>,
    /// Whether some utterance has no speaker.
    lacks_speakers: bool,
}

impl ScoreOrder {
    /// Takes an utterance in.
    pub(super) fn add(&mut self, utterance: &Utterance) {
        let hypotheses = utterance.nbest.hypotheses();
        let (highest, lowest) = (&hypotheses[0], &hypotheses[hypotheses.len() - 1]);
        // Ranks stand in for scores that are not there.
        let mut ranked = hypotheses.iter().enumerate();
        let is_scored = ranked.any(|(rank, found)| found.score + rank as f64 != 0.0);
        if highest.score <= lowest.score || !is_scored || utterance.reference.is_empty() {
            return;
        }

        let errors = [highest, lowest]
            .map(|found| word_errors(&utterance.reference, &found.transcript).errors() as u64);
        self.errors[0] += errors[0];
        self.errors[1] += errors[1];
        self.reference_words += utterance.reference.word_count() as u64;
        self.utterances[0] += u64::from(errors[0] > errors[1]);
        self.utterances[1] += u64::from(errors[0] < errors[1]);

        match &utterance.speaker {
            None => self.lacks_speakers = true,
            Some(speaker) => {
                let beyond = errors[0].cast_signed() - errors[1].cast_signed();
                match self.speakers.get_mut(speaker) {
                    Some(sum) => *sum += beyond,
                    None => {
                        self.speakers.insert(speaker.clone(), beyond);
                    }
                }
            }
        }
    }

    /// How many of the independent observations have the lowest scores at the better end, and how
    /// many the highest: speakers if there are at least `fewest`, else utterances.
    pub(crate) fn better(&self, fewest: usize) -> [u64; 2] {
        if self.lacks_speakers || self.speakers.len() < fewest {
            return self.utterances;
        }

        let sums = || self.speakers.values();
        [
            sums().filter(|sum| **sum > 0).count() as u64,
            sums().filter(|sum| **sum < 0).count() as u64,
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nbest::read::{Corpus, ReadOptions};

    fn order(lines: &str) -> ScoreOrder {
        let corpus = Corpus::read("l.jsonl", lines.as_bytes(), &ReadOptions::default()).unwrap();
        let mut order = ScoreOrder::default();
        for utterance in &corpus.utterances {
            order.add(utterance);
        }
        order
    }

    #[test]
    fn the_better_end_is_counted_by_speaker_or_utterance() {
        let line = |id: &str, speaker: &str, good: f64, bad: f64| {
            format!(
                "{{\"id\": \"{id}\", \"speaker\": \"{speaker}\", \"ref\": \"a b\", \"hyps\": \
                 [{{\"text\": \"a b\", \"score\": {good}}}, {{\"text\": \"c d\", \"score\": \
                 {bad}}}]}}\n"
            )
        };
        let found = order(
            &[
                line("1", "x", 3.0, 9.5),
                line("2", "x", 3.0, 9.5),
                line("3", "y", 9.5, 3.0),
            ]
            .concat(),
        );
        assert_eq!((found.errors, found.reference_words), ([4, 2], 6));
        assert_eq!(found.better(2), [1, 1]);
        assert_eq!(found.better(3), [2, 1]);
    }

    #[test]
    fn lists_without_scores_or_with_one_end_say_nothing() {
        let found = order(
            "{\"id\": \"1\", \"ref\": \"a\", \"hyps\": [{\"text\": \"b\"}, {\"text\": \"a\"}]}\n\
             {\"id\": \"2\", \"ref\": \"a\", \"hyps\": [{\"text\": \"b\", \"score\": 2}]}\n\
             {\"id\": \"3\", \"ref\": \"\", \"hyps\": [{\"text\": \"b\", \"score\": 2}, {\"text\": \
             \"\", \"score\": 1.5}]}\n",
        );
        assert_eq!((found.errors, found.better(1)), ([0, 0], [0, 0]));
    }
}
