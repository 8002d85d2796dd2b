//! Whether the scores of lists seem to have been read the wrong way round.

use crate::nbest::score_order::ScoreOrder;
use crate::stats::sign::sign_test;

/// Lists whose lowest scores are better by chance alone less often than this are remarked on.
const BEYOND_DOUBT: f64 = 1e-4;

/// With fewer speakers than this, not even all of them agreeing would be beyond doubt (half to the
/// power of 14 is the first below 1e-4): utterances are asked then.
const FEWEST_SPEAKERS: usize = 14;

/// The word error rates of texts with the best and the worst scores, where the worst are better.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WrongWay {
    /// Of the texts that scores put first.
    pub first: f64,
    /// Of those that they put last.
    pub last: f64,
}

impl WrongWay {
    /// `None` unless the lists leave no doubt.
    pub(crate) fn of(order: &ScoreOrder) -> Option<WrongWay> {
        let [last_better, first_better] = order.better(FEWEST_SPEAKERS);
        let [first, last] = order.errors;
        let is_doubtful = || sign_test(last_better, first_better).p_greater > BEYOND_DOUBT;
        if first <= last || is_doubtful() {
            return None;
        }

        let rate = |errors: u64| errors as f64 / order.reference_words as f64;
        Some(WrongWay {
            first: rate(first),
            last: rate(last),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nbest::lists::Lists;
    use crate::nbest::read::{Corpus, ReadOptions};

    /// Whether lists of so many speakers, each of so many utterances, are noticed where their
    /// lowest scores are the better ones.
    fn is_noticed(speakers: usize, utterances: usize) -> bool {
        let line = |index: usize| {
            format!(
                "{{\"id\": \"{index}\", \"speaker\": \"s{}\", \"ref\": \"a b\", \"hyps\": \
                 [{{\"text\": \"a b\", \"score\": 3.5}}, {{\"text\": \"a c\", \"score\": 9}}]}}\n",
                index % speakers
            )
        };
        let lines: String = (0..speakers * utterances).map(line).collect();
        let corpus = Corpus::read("l.jsonl", lines.as_bytes(), &ReadOptions::default());
        WrongWay::of(&Lists::of(corpus.unwrap()).survey.order).is_some()
    }

    #[test]
    fn lists_of_few_speakers_are_noticed_by_their_utterances() {
        for speakers in [2, 12, 13, 14, 20] {
            assert!(is_noticed(speakers, 10), "{speakers} speakers");
        }
        assert!(!is_noticed(13, 1));
        assert!(is_noticed(14, 1));
    }
}
