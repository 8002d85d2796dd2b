//! How something that was asked ended, in a word: a gate, a property, a comparison, a run.

use serde::{Deserialize, Serialize};

use crate::check::properties::outcome::Status;
use crate::stats::verdict::Verdict;

/// How something that was asked ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ending {
    /// It is shown to be as it should be.
    Pass,
    /// Both sides of a comparison are the same.
    Identical,
    /// It is shown not to be so.
    Fail,
    /// The rescorer gave up.
    Error,
    /// It failed once and not again.
    Flaky,
    /// Neither was shown.
    Inconclusive,
    /// It could not be asked.
    Skipped,
}

impl Ending {
    /// The word in `report.json`.
    pub fn name(self) -> &'static str {
        match self {
            Ending::Pass => "pass",
            Ending::Identical => "identical",
            Ending::Fail => "fail",
            Ending::Error => "error",
            Ending::Flaky => "flaky",
            Ending::Inconclusive => "inconclusive",
            Ending::Skipped => "skipped",
        }
    }

    /// What it says to the verdict of a run: what was seen once and not again shows nothing.
    pub(crate) fn of_run(self) -> Verdict {
        match self {
            // Nothing was asked, or both sides are the same: no reason against passing.
            Ending::Pass | Ending::Identical | Ending::Skipped => Verdict::Pass,
            Ending::Flaky | Ending::Inconclusive => Verdict::Inconclusive,
            Ending::Fail | Ending::Error => Verdict::Fail,
        }
    }

    /// The word as people read it, in capitals.
    pub fn word(self) -> String {
        self.name().to_uppercase()
    }
}

impl From<Verdict> for Ending {
    fn from(verdict: Verdict) -> Ending {
        match verdict {
            Verdict::Pass => Ending::Pass,
            Verdict::Identical => Ending::Identical,
            Verdict::Inconclusive => Ending::Inconclusive,
            Verdict::Fail => Ending::Fail,
        }
    }
}

impl From<&Status> for Ending {
    fn from(status: &Status) -> Ending {
        match status {
            Status::Pass => Ending::Pass,
            Status::Fail => Ending::Fail,
            Status::Flaky => Ending::Flaky,
            Status::Inconclusive | Status::Untold(_) => Ending::Inconclusive,
            Status::Skipped(_) => Ending::Skipped,
            Status::Error(_) => Ending::Error,
        }
    }
}
