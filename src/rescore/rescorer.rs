//! `Rescorer`: what gives every hypothesis of a list a second-pass score.

use crate::rescore::candidates::{Candidates, refuse_infinite};
use crate::rescore::error::RescoreError;
use crate::rescore::interpolation::Interpolation;
use crate::rescore::token_counts::TokenCounts;

/// Gives every hypothesis of an n-best list a second-pass score; higher is better.
///
/// `score` takes many lists because a neural rescorer is only fast on batches.
/// Implementations decide how to batch; callers pass all they have.
pub trait Rescorer: Send + Sync {
    /// Scores `lists`: one vector per list, in order, one finite score per text.
    fn score(&self, lists: &[Candidates<'_>]) -> Result<Vec<Vec<f64>>, RescoreError>;

    /// Scores `lists` anew, as one call of the model: in this order, repeated texts included, and
    /// without any memory of scores. Scores are given as they are, NaN and infinities too.
    ///
    /// What a test of the rescorer itself must use. Counts no [truncated
    /// texts](Rescorer::truncated_texts). A rescorer that remembers nothing needs no other than
    /// this.
    fn score_afresh(&self, lists: &[Candidates<'_>]) -> Result<Vec<Vec<f64>>, RescoreError> {
        self.score(lists)
    }

    /// Scores `lists` in full precision, without any memory of scores; `None` where
    /// [`score`](Rescorer::score) computes in full precision itself.
    fn score_exactly(
        &self,
        _lists: &[Candidates<'_>],
    ) -> Option<Result<Vec<Vec<f64>>, RescoreError>> {
        None
    }

    /// Whether any text can be scored; a table of scores knows its own only.
    fn scores_any_text(&self) -> bool {
        true
    }

    /// Whether a text may get another score when it is scored again: of another program or a server
    /// nobody here can know.
    fn may_vary(&self) -> bool {
        false
    }

    /// How the scores combine with the first pass's.
    fn interpolation(&self) -> Interpolation;

    /// What reports call it.
    fn name(&self) -> &str;

    /// How many distinct texts were longer than the model reads and were cut.
    fn truncated_texts(&self) -> usize {
        0
    }

    /// The tokens of all distinct texts that were scored; `None` where there are no tokens.
    fn tokens(&self) -> Option<TokenCounts> {
        None
    }
}

/// The methods in which a rescorer, or a scorer of texts, is as the one in its field.
macro_rules! as_inside {
    ($field:ident) => {
        fn scores_any_text(&self) -> bool {
            self.$field.scores_any_text()
        }

        fn may_vary(&self) -> bool {
            self.$field.may_vary()
        }

        fn interpolation(&self) -> $crate::rescore::interpolation::Interpolation {
            self.$field.interpolation()
        }

        fn name(&self) -> &str {
            self.$field.name()
        }
    };
}
pub(crate) use as_inside;

/// The same rescorer without any memory of scores.
#[derive(Clone, Copy)]
pub struct Afresh<'a>(pub &'a dyn Rescorer);

impl Rescorer for Afresh<'_> {
    fn score(&self, lists: &[Candidates<'_>]) -> Result<Vec<Vec<f64>>, RescoreError> {
        let scores = self.0.score_afresh(lists)?;
        refuse_infinite((self.0.name(), self.0.may_vary()), lists, &scores)?;
        Ok(scores)
    }

    fn scores_any_text(&self) -> bool {
        self.0.scores_any_text()
    }

    fn interpolation(&self) -> Interpolation {
        self.0.interpolation()
    }

    fn name(&self) -> &str {
        self.0.name()
    }

    fn truncated_texts(&self) -> usize {
        self.0.truncated_texts()
    }

    fn tokens(&self) -> Option<TokenCounts> {
        self.0.tokens()
    }
}
