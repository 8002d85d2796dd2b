//! Properties: what a rescorer must keep to, apart from degrading little.
//!
//! Strict ones ([`strict`]) fail by a single exception, which is made as small as it gets; the
//! others are rates ([`rate`]), judged by evidence like degradation. Run before degradation is
//! measured, whose figures mean nothing below the noise found here ([`noise`]). One property a file.

pub mod alternative;
pub mod batch;
pub mod choice;
pub mod determinism;
pub mod drawn;
pub mod duplicate;
pub mod finite;
pub mod no_harm;
pub mod noise;
pub mod oracle;
pub mod order;
pub mod preference;
pub mod probe;
pub mod rate;
pub mod reduce;
pub mod score_drop;
pub mod selection_harm;
pub mod shift;
pub mod strict;
pub mod surface;
pub mod swap_stability;

#[cfg(test)]
mod tests;

mod run;

use crate::check::engine::plan::{CheckProgress, Plan};
use crate::check::engine::trial::Rescored;
use crate::check::properties::noise::Preflight;
use crate::check::properties::probe::Shown;
use crate::check::properties::rate::Judged;
use crate::rescore::{RescoreError, Rescorer};
use crate::stats::fieller::Ratio;
use crate::stats::verdict::Verdict;

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

    /// Takes every pass back: what is wrong with the rescorer itself bars passing.
    pub(crate) fn bar(&mut self) {
        for outcome in &mut self.outcomes {
            if outcome.status == Status::Pass {
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
    /// No exception was seen, but that says too little.
    Untold(Untold),
    /// Nothing was tried, because of this.
    Skipped(String),
    /// The rescorer gave up, with this.
    Error(String),
}

impl Status {
    /// The word in reports.
    pub fn name(&self) -> &'static str {
        match self {
            Status::Pass => "pass",
            Status::Fail => "fail",
            Status::Flaky => "flaky",
            Status::Inconclusive | Status::Untold(_) => "inconclusive",
            Status::Skipped(_) => "skipped",
            Status::Error(_) => "error",
        }
    }

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

/// Why a property without an exception does not pass.
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

/// The fewest lists that a property without an exception passes on: with so many, and none, at most 23 % of all
/// lists would show one (one-sided, 95 %).
pub const FEWEST_LISTS: usize = 12;

/// What was seen of a property.
#[derive(Debug, Clone, PartialEq)]
pub enum Evidence {
    /// Nothing.
    None,
    /// Lists compared, and the largest difference of scores that should be equal.
    Compared {
        /// How many lists.
        lists: usize,
        /// How far scores were apart.
        largest: f64,
    },
    /// Exceptions counted.
    Rate(Box<RateEvidence>),
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
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// What it is.
    pub name: String,
    /// How much; a share where `of` is given.
    pub value: f64,
    /// Of how many.
    pub of: Option<usize>,
    /// How the measured numbers lie around it, where it is their median.
    pub spread: Option<Spread>,
}

/// How measured numbers lie around their median.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// How many there are.
    pub count: usize,
    /// A quarter of them is at most this.
    pub quarter: f64,
    /// Three quarters of them are at most this.
    pub three_quarters: f64,
    /// Of a hundred, 99 are at most this.
    pub nearly_all: f64,
}

impl Figure {
    /// A number that is no share.
    pub fn plain(name: &str, value: f64) -> Figure {
        Figure {
            name: name.to_owned(),
            value,
            of: None,
            spread: None,
        }
    }
}

/// The smallest lists found that show an exception.
#[derive(Debug, Clone, PartialEq)]
pub struct Minimal {
    /// The utterance, or the made-up list, that it was found in.
    pub id: String,
    /// What is wrong.
    pub sentence: String,
    /// The lists.
    pub lists: Vec<Shown>,
    /// Whether nothing smaller shows it, of what the reduction tries.
    pub complete: bool,
    /// Whether it showed again when asked alone.
    pub confirmed: bool,
}

/// Tests every property of `plan`; `clean` are the rescored lists of the corpus.
///
/// An error is only that of an interrupted run: a rescorer that gives up fails the property.
pub fn run(
    plan: &Plan<'_>,
    clean: &[Rescored],
    rescorer: &dyn Rescorer,
    progress: &dyn CheckProgress,
) -> Result<Properties, RescoreError> {
    run::run(plan, clean, rescorer, progress)
}
