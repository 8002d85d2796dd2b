//! What happened in a run: plain counts, before anything is judged.

use crate::check::engine::agreement::Agreement;
use crate::check::engine::rounding::Rounding;
use crate::check::engine::steadiness::Steadiness;
use crate::check::engine::trial::{Rescored, Trial};
use crate::check::engine::wrong_way::WrongWay;
use crate::check::properties::outcome::Properties;
use crate::nbest::spelling::SpelledApart;
use crate::rescore::{Interpolation, Rescorer, TokenCounts};
use crate::suite::{Check, Suite};

/// What happened to one check.
#[derive(Debug, Clone)]
pub struct CheckOutcome<'a> {
    /// The suite the check stands in.
    pub suite: &'a Suite,
    /// The check.
    pub check: &'a Check,
    /// Draws per utterance.
    pub draws: usize,
    /// One trial per utterance and draw: utterances in the plan's order, draws
    /// within them.
    pub trials: Vec<Trial>,
}

/// What happened in a run.
#[derive(Debug, Clone)]
pub struct Outcome<'a> {
    /// One per utterance, in the plan's order.
    pub clean: Vec<Rescored>,
    /// One per check, in the plan's order.
    pub checks: Vec<CheckOutcome<'a>>,
    /// What is known beside these.
    pub facts: RunFacts,
}

/// What is known of a run beside its lists.
#[derive(Debug, Clone)]
pub struct RunFacts {
    /// What became of the properties, which were tested first.
    pub properties: Properties,
    /// Distinct texts that were longer than the model reads and were cut.
    pub truncated_texts: usize,
    /// The tokens of all distinct texts; `None` for a rescorer without tokens.
    pub tokens: Option<TokenCounts>,
    /// How the rescorer's scores were combined with those of the first pass.
    pub interpolation: Interpolation,
    /// How far scores are from those of full precision; `None` for a rescorer that does not round.
    pub rounding: Option<Rounding>,
    /// Whether clean lists get the same picks again; `None` for a rescorer whose scores cannot
    /// vary.
    pub steadiness: Option<Steadiness>,
    /// Whether the shards of a merge gave the same scores; `None` where nothing was handed over.
    pub agreement: Option<Agreement>,
    /// Whether the scores of the lists seem to be the wrong way round; told by who reads them.
    pub(crate) wrong_way: Option<WrongWay>,
    /// Whether references are spelled in another way than hypotheses; told likewise.
    pub(crate) spelled_apart: Option<SpelledApart>,
}

impl RunFacts {
    /// Takes over how many tokens `rescorer` has read by now, and how many texts it has cut.
    pub(crate) fn count(&mut self, rescorer: &dyn Rescorer) {
        self.truncated_texts = rescorer.truncated_texts();
        self.tokens = rescorer.tokens();
    }
}
