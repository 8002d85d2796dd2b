//! When a check may end before all its draws, and when it was looked at.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::stats::sequential::MOST_LOOKS;

/// When a check may end before all its draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum StopRule {
    /// Never because of its results.
    Never,
    /// At equally spaced looks, 2 to 20, with O'Brien-Fleming boundaries.
    Planned {
        /// How many; each check's draws are a multiple of it.
        looks: usize,
    },
    /// After any draw, with a confidence sequence.
    Anytime,
}

/// `--stop` was neither `planned=N` nor `anytime`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected planned=N with 2 to {MOST_LOOKS} looks, or anytime")]
pub struct UnknownRule;

impl FromStr for StopRule {
    type Err = UnknownRule;

    fn from_str(text: &str) -> Result<StopRule, UnknownRule> {
        if text == "anytime" {
            return Ok(StopRule::Anytime);
        }
        let looks = text.strip_prefix("planned=").and_then(|n| n.parse().ok());
        match looks {
            Some(looks) if (2..=MOST_LOOKS).contains(&looks) => Ok(StopRule::Planned { looks }),
            _ => Err(UnknownRule),
        }
    }
}

impl fmt::Display for StopRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StopRule::Never => f.write_str("never"),
            StopRule::Planned { looks } => write!(f, "planned={looks}"),
            StopRule::Anytime => f.write_str("anytime"),
        }
    }
}

impl From<StopRule> for String {
    fn from(rule: StopRule) -> String {
        rule.to_string()
    }
}

impl TryFrom<String> for StopRule {
    type Error = UnknownRule;

    /// Of a file, which may also say that there was none.
    fn try_from(text: String) -> Result<StopRule, UnknownRule> {
        match text.as_str() {
            "never" => Ok(StopRule::Never),
            text => text.parse(),
        }
    }
}

/// Why a check made no more draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ended {
    /// All its draws were made.
    Complete,
    /// Its verdict was reached.
    Verdict,
    /// The budget was spent.
    Budget,
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Ended::Complete => "complete",
            Ended::Verdict => "verdict",
            Ended::Budget => "budget",
        })
    }
}

/// The looks at one check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Looks {
    /// `planned=N` (O'Brien-Fleming), `anytime` (a confidence sequence), or `never`, where only a
    /// budget may end it.
    pub rule: StopRule,
    /// Draws that the check would have made without it.
    pub most_draws: usize,
    /// Draws that it made.
    pub draws: usize,
    /// One per look; none without a rule.
    pub looks: Vec<Look>,
    /// Why there was no further draw.
    pub ended: Ended,
}

/// One look.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Look {
    /// Draws made by then.
    pub draws: usize,
    /// The boundary: the one-sided p-value, before any correction, that a single check would have
    /// to reach.
    pub boundary: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_read_as_they_are_written() {
        for rule in ["planned=5", "planned=2", "anytime"] {
            assert_eq!(rule.parse::<StopRule>().unwrap().to_string(), rule);
        }
        for wrong in [
            "",
            "planned",
            "planned=1",
            "planned=21",
            "planned=x",
            "never",
        ] {
            assert_eq!(wrong.parse::<StopRule>(), Err(UnknownRule), "{wrong}");
        }
    }
}
