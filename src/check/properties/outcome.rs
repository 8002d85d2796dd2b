//! What became of the properties of a run.

use serde::{Deserialize, Serialize};

use crate::check::judge::estimate::finite;
use crate::check::properties::noise::Preflight;
use crate::check::properties::probe::Shown;
use crate::stats::fieller::Ratio;
use crate::stats::gate::Gate;
use crate::stats::verdict::{Decision, Verdict};

/// What became of the properties of a run.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Properties {
    /// The noise of scores; `None` where no property was asked for.
    pub preflight: Option<Preflight>,
    /// One per property, in the plan's order.
    pub outcomes: Vec<PropertyOutcome>,
}

impl Properties {
    /// The worst of all; inconclusive if all were skipped, `None` where no property was asked for.
    pub fn verdict(&self) -> Option<Verdict> {
        let verdicts = self
            .outcomes
            .iter()
            .filter_map(|outcome| outcome.status.verdict());
        match verdicts.max() {
            None if !self.outcomes.is_empty() => Some(Verdict::Inconclusive),
            worst => worst,
        }
    }

    /// Takes every pass back: what is wrong with the rescorer itself bars passing, and so no more
    /// data would bring one. Where the lists say nothing either way (`fails_too`), rates that are
    /// too high are taken back as well; an exception that was seen stays one.
    pub(crate) fn bar(&mut self, fails_too: bool) {
        for outcome in &mut self.outcomes {
            let is_rate = matches!(outcome.evidence, Evidence::Rate(_));
            let is_barred = match outcome.status {
                Status::Pass | Status::Inconclusive => true,
                Status::Fail => fails_too && is_rate,
                _ => false,
            };
            if is_barred {
                outcome.status = Status::Untold(Untold::Barred);
            }
        }
    }
}

/// What became of one property.
#[derive(Debug, Clone, PartialEq)]
pub struct PropertyOutcome {
    /// The index of the suite in the plan.
    pub suite: usize,
    /// The index of the property in the suite.
    pub property: usize,
    /// The conclusion.
    pub status: Status,
    /// What was seen.
    pub evidence: Evidence,
    /// An exception made smaller, where there is one.
    pub minimal: Option<Minimal>,
}

/// The conclusion about a property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// It holds: no exception, or the evidence shows that they are seldom enough.
    Pass,
    /// It does not hold.
    Fail,
    /// An exception was seen, but not again, or it is no larger than the noise of repeated calls.
    Flaky,
    /// The evidence cannot tell whether exceptions are seldom enough.
    Inconclusive,
    /// What was seen says too little, whatever it is.
    Untold(Untold),
    /// Nothing was tried, because of this.
    Skipped(String),
    /// The rescorer gave up, with this.
    Error(String),
}

impl Status {
    /// What it means for the run: a flaky property shows nothing; `None` if nothing was tried.
    pub fn verdict(&self) -> Option<Verdict> {
        match self {
            Status::Pass => Some(Verdict::Pass),
            Status::Fail | Status::Error(_) => Some(Verdict::Fail),
            Status::Flaky | Status::Inconclusive | Status::Untold(_) => Some(Verdict::Inconclusive),
            Status::Skipped(_) => None,
        }
    }
}

/// Why a property does not pass that was not seen to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Untold {
    /// Fewer than [`FEWEST_LISTS`] lists could have shown one.
    FewLists {
        /// How many could.
        lists: usize,
    },
    /// What is wrong with the rescorer itself bars passing.
    Barred,
}

/// The fewest lists that a property without an exception passes on: with so many, and none, at most
/// 23 % of all lists would show one (one-sided, 95 %).
pub const FEWEST_LISTS: usize = 12;

/// What was seen of a property.
#[derive(Debug, Clone, PartialEq)]
pub enum Evidence {
    /// Nothing.
    None,
    /// Scores compared.
    Compared(Compared),
    /// Exceptions counted.
    Rate(Box<RateEvidence>),
}

/// Scores that should be equal, compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Compared {
    /// How many lists were tried.
    pub lists: usize,
    /// How far scores were apart at most; null if one was not finite.
    pub largest_difference: Option<f64>,
}

/// Exceptions, counted and judged.
#[derive(Debug, Clone, PartialEq)]
pub struct RateEvidence {
    /// What was tried: lists, or for word error rates words.
    pub tried: u64,
    /// Exceptions; for word error rates errors of the rescorer's picks.
    pub exceptions: u64,
    /// What there was before: errors of the first pass's picks; 0 for rates.
    pub before: u64,
    /// (Exceptions - before) / tried, with its 90 % interval over clusters.
    pub rate: Ratio,
    /// The decision; `None` where no exception is accepted at all.
    pub judged: Option<Judged>,
    /// How many rates were judged together.
    pub family: usize,
    /// What else was measured.
    pub figures: Vec<Figure>,
}

/// A measured number with its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    /// What it is.
    pub name: String,
    /// How much; a share where `of` is given; null if that is no finite number.
    pub value: Option<f64>,
    /// Of how many.
    pub of: Option<usize>,
    /// How the measured numbers lie around it, where it is their median.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub spread: Option<Spread>,
}

/// How measured numbers lie around their median; null where one is not finite.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spread {
    /// How many there are.
    pub count: usize,
    /// A quarter of them is at most this.
    pub quarter: Option<f64>,
    /// Three quarters of them are at most this.
    pub three_quarters: Option<f64>,
    /// Of a hundred, 99 are at most this.
    pub nearly_all: Option<f64>,
}

impl Figure {
    /// A number that is no share.
    pub fn plain(name: &str, value: f64) -> Figure {
        Figure {
            name: name.to_owned(),
            value: finite(value),
            of: None,
            spread: None,
        }
    }
}

/// The smallest lists found that show an exception.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Minimal {
    /// The utterance, or the made-up list, that it was found in.
    pub id: String,
    /// What is wrong.
    pub sentence: String,
    /// Whether nothing smaller shows it, of what the reduction tries.
    pub complete: bool,
    /// Whether it showed again when asked alone.
    pub confirmed: bool,
    /// The lists.
    pub lists: Vec<Shown>,
}

/// The decision about one rate, with what it rests on.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// The decision.
    pub decision: Decision,
    /// One per margin.
    pub gates: Vec<Gate>,
    /// The larger of both methods' probabilities of passing, adjusted.
    pub p_pass: f64,
    /// The probability of failing, adjusted.
    pub p_fail: f64,
    /// What would decide an undecided rate.
    pub needed: Option<Needed>,
}

/// How many clusters would decide an undecided rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needed {
    /// So many with no more exceptions would pass.
    Unchanged(u64),
    /// About so many bring that verdict with a probability of 80 %, if what was measured is the
    /// truth.
    Planned(u64, Verdict),
}
