//! Rescoring: a second-pass score for every hypothesis, combined with the first pass's.
//!
//! Here live the [`Rescorer`] trait, the combination of both passes and the two
//! rescorers that need no model, [`FirstPass`] and [`Oracle`]. Scoring every
//! text once is in [`pointwise`](mod@crate::rescore::pointwise), what a model must do for that in
//! [`text_scorer`](mod@crate::rescore::text_scorer), rescorers that are other programs are in
//! [`exec`](mod@crate::rescore::exec), those behind HTTP in [`http`](mod@crate::rescore::http), and scores that runs share in
//! [`cache`](mod@crate::rescore::cache). Models are on the next floor.

pub mod cache;
pub mod exec;
pub mod http;
mod json;
pub mod pointwise;
pub mod saved;
pub mod table;
pub mod text_scorer;

use std::ops::AddAssign;

use crate::nbest::wer::word_errors;
use crate::nbest::{Hypothesis, Transcript, Utterance};

/// One n-best list to score: the texts may be perturbed, the utterance is not.
#[derive(Debug, Clone)]
pub struct Candidates<'a> {
    /// Where the list comes from.
    pub utterance: &'a Utterance,
    /// One text per hypothesis of the utterance's list, in its order.
    pub texts: Vec<&'a str>,
}

impl<'a> Candidates<'a> {
    /// The utterance's own, unperturbed hypotheses.
    pub fn of(utterance: &'a Utterance) -> Candidates<'a> {
        let texts = utterance
            .nbest
            .hypotheses()
            .iter()
            .map(|h| h.transcript.as_str())
            .collect();
        Candidates { utterance, texts }
    }
}

/// The tokens that a model read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TokenCounts {
    /// All of them, without those that every text begins and ends with.
    pub tokens: usize,
    /// Those that the model has no entry for (`[UNK]`): of such words it sees only that there is one.
    pub unknown: usize,
}

impl TokenCounts {
    /// The share of unknown tokens, 0 to 1; `None` without tokens.
    pub fn unknown_share(self) -> Option<f64> {
        (self.tokens > 0).then(|| self.unknown as f64 / self.tokens as f64)
    }
}

impl AddAssign for TokenCounts {
    fn add_assign(&mut self, other: TokenCounts) {
        self.tokens += other.tokens;
        self.unknown += other.unknown;
    }
}

/// A rescorer could not score.
#[derive(Debug, thiserror::Error)]
pub enum RescoreError {
    /// The model itself failed.
    #[error("the rescorer failed")]
    Model(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A score was NaN or infinite.
    #[error("the rescorer gave the score {score} to \"{text}\"; scores must be finite numbers")]
    NotFinite {
        /// The text that got it.
        text: String,
        /// The score.
        score: f64,
    },
    /// The file in which scores are kept failed.
    #[error(transparent)]
    Cache(#[from] cache::CacheError),
    /// The user interrupted the run.
    #[error("interrupted")]
    Interrupted,
}

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
    /// texts](Rescorer::truncated_texts). A rescorer that remembers nothing needs no other than this.
    fn score_afresh(&self, lists: &[Candidates<'_>]) -> Result<Vec<Vec<f64>>, RescoreError> {
        self.score(lists)
    }

    /// Scores `lists` in full precision, without any memory of scores; `None` where [`score`](Rescorer::score)
    /// computes in full precision itself.
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

/// The same rescorer without any memory of scores.
#[derive(Clone, Copy)]
pub struct Afresh<'a>(pub &'a dyn Rescorer);

impl Rescorer for Afresh<'_> {
    fn score(&self, lists: &[Candidates<'_>]) -> Result<Vec<Vec<f64>>, RescoreError> {
        self.0.score_afresh(lists)
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

/// The largest weight or scale of a pass: one beyond it drowns whatever it is added to, and is a slip of the hand.
pub const LARGEST_FACTOR: f64 = 1e6;

/// How first- and second-pass scores make a total:
/// `total = first_pass_scale * first_pass + weight * second_pass`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interpolation {
    /// Brings first-pass scores to a natural-logarithm scale; finite, at least 0.
    pub first_pass_scale: f64,
    /// The interpolation weight of the second pass; finite.
    pub weight: f64,
}

impl Interpolation {
    /// The total score of one hypothesis.
    pub fn total(self, first_pass: f64, second_pass: f64) -> f64 {
        self.first_pass_scale * first_pass + self.weight * second_pass
    }

    /// The index of the hypothesis with the largest total; ties go to the earlier one.
    pub fn select(self, hypotheses: &[Hypothesis], second_pass: &[f64]) -> usize {
        let mut best = 0;
        let mut best_total = f64::NEG_INFINITY;
        for (index, (hypothesis, score)) in hypotheses.iter().zip(second_pass).enumerate() {
            let total = self.total(hypothesis.score, *score);
            if total > best_total {
                best = index;
                best_total = total;
            }
        }

        best
    }
}

/// The first pass alone: no second-pass opinion at all.
#[derive(Debug, Clone, Copy)]
pub struct FirstPass;

impl Rescorer for FirstPass {
    fn score(&self, lists: &[Candidates<'_>]) -> Result<Vec<Vec<f64>>, RescoreError> {
        Ok(lists
            .iter()
            .map(|list| vec![0.0; list.texts.len()])
            .collect())
    }

    fn interpolation(&self) -> Interpolation {
        Interpolation {
            first_pass_scale: 1.0,
            weight: 0.0,
        }
    }

    fn name(&self) -> &'static str {
        "first-pass"
    }
}

/// Knows the reference and picks the text with the fewest word errors: no
/// rescorer does better.
#[derive(Debug, Clone, Copy)]
pub struct Oracle;

impl Rescorer for Oracle {
    fn score(&self, lists: &[Candidates<'_>]) -> Result<Vec<Vec<f64>>, RescoreError> {
        let errors = |list: &Candidates<'_>, text: &str| {
            word_errors(&list.utterance.reference, &Transcript::new(text)).errors() as f64
        };
        Ok(lists
            .iter()
            .map(|list| list.texts.iter().map(|text| -errors(list, text)).collect())
            .collect())
    }

    fn interpolation(&self) -> Interpolation {
        Interpolation {
            first_pass_scale: 0.0,
            weight: 1.0,
        }
    }

    fn name(&self) -> &'static str {
        "oracle"
    }
}
