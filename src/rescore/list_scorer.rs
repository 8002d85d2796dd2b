//! Models that score whole lists, one list after the other.

use crate::rescore::candidates::{Candidates, refuse_infinite};
use crate::rescore::error::RescoreError;
use crate::rescore::rescorer::Rescorer;

/// A model that scores whole lists and says what each got as soon as it is known, so that an
/// interruption loses little.
pub trait ListScorer: Rescorer {
    /// Scores `lists`; `keep` gets the number of a list with its scores, which may be no numbers,
    /// in any order, once a list.
    fn score_one_by_one(
        &self,
        lists: &[Candidates<'_>],
        keep: &mut dyn FnMut(usize, Vec<f64>),
    ) -> Result<(), RescoreError>;
}

/// The scores of all `lists`, which are numbers.
pub(super) fn together(
    scorer: &impl ListScorer,
    lists: &[Candidates<'_>],
) -> Result<Vec<Vec<f64>>, RescoreError> {
    let mut scores = vec![Vec::new(); lists.len()];
    scorer.score_one_by_one(lists, &mut |list, answer| scores[list] = answer)?;
    refuse_infinite((scorer.name(), scorer.may_vary()), lists, &scores)?;
    Ok(scores)
}
