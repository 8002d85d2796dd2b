//! Whether the scores of lists seem to have been read the wrong way round.

use crate::nbest::score_order::ScoreOrder;
use crate::stats::FEWEST_FOR_VERDICT;
use crate::stats::sign::sign_test;

/// Lists whose lowest scores are better by chance alone less often than this are remarked on.
const BEYOND_DOUBT: f64 = 1e-4;

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
        let [last_better, first_better] = order.better(FEWEST_FOR_VERDICT);
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
