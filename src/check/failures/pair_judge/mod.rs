//! Which reduced lists still fail, asked of a rescorer.
//!
//! A failure of a run is a harmful flip with a margin: with the words swapped, the rescorer
//! prefers a hypothesis that has more word errors than its clean pick, both as it read
//! them, swaps included. To leave a hypothesis because a swap damaged it is good sense, and no
//! failure. A property has exceptions of its own kind. A reduced list is judged by itself: its
//! clean pick and word errors are those of what is left of the list and the reference. How cases
//! get smaller is in [`minimize`](mod@crate::check::failures::minimize).

use rayon::prelude::*;

use crate::check::engine::pair::{Choice, ListPair, choices};
use crate::check::failures::minimize::{CaseToJudge, Judge};
use crate::nbest::Utterance;
use crate::rescore::{Afresh, RescoreError, Rescorer};

/// Says whether what a rescorer makes of a list is what is looked for.
pub type IsFailure<'a> = dyn Fn(&ListPair, &Choice) -> bool + Sync + 'a;

/// Finds the cases of which a rescorer makes what is looked for.
#[derive(Clone, Copy)]
pub struct PairJudge<'a> {
    /// The utterance of each case to minimize, in the order of the cases.
    pub utterances: &'a [&'a Utterance],
    /// Scores the cases of a round, and, past any memory of scores, a minimal case alone.
    pub rescorer: &'a dyn Rescorer,
    /// What is looked for: of a run [`Choice::fails`], by a margin that is no noise.
    pub is_failure: &'a IsFailure<'a>,
}

impl PairJudge<'_> {
    fn findings(
        &self,
        questions: &[CaseToJudge<'_>],
        rescorer: &dyn Rescorer,
    ) -> Result<Vec<Option<Choice>>, RescoreError> {
        let pairs: Vec<Option<ListPair>> = questions
            .par_iter()
            .map(|question| ListPair::of(self.utterances[question.start], question.case))
            .collect();
        let is_list: Vec<bool> = pairs.iter().map(Option::is_some).collect();
        let pairs: Vec<ListPair> = pairs.into_iter().flatten().collect();

        let choices = choices(&pairs, rescorer)?;
        let mut found = pairs
            .iter()
            .zip(choices)
            .map(|(pair, choice)| (self.is_failure)(pair, &choice).then_some(choice));

        Ok(is_list
            .into_iter()
            .map(|is_list| if is_list { found.next()? } else { None })
            .collect())
    }
}

impl Judge for PairJudge<'_> {
    type Finding = Choice;

    fn judge(&self, questions: &[CaseToJudge<'_>]) -> Result<Vec<Option<Choice>>, RescoreError> {
        self.findings(questions, self.rescorer)
    }

    fn confirm(&self, question: CaseToJudge<'_>) -> Result<Option<Choice>, RescoreError> {
        let found = self.findings(&[question], &Afresh(self.rescorer))?;
        Ok(found.into_iter().next().flatten())
    }
}

#[cfg(test)]
mod tests;
