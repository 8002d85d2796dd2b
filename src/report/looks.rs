//! The looks at a check that could end early: their block in `report.json`, and their sentence.

use serde::{Deserialize, Serialize};

use crate::check::judge::stopping::{Ended, Looks, StopRule};
use crate::report::{Report, number};

/// When a check was looked at, and why it ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LooksRecord {
    /// `planned=N` (O'Brien-Fleming), `anytime` (a confidence sequence), or `never`, where only a budget may end it.
    pub rule: String,
    /// Draws that it would have made.
    pub most_draws: usize,
    /// Draws that it made.
    pub draws: usize,
    /// One per look.
    pub looks: Vec<LookRecord>,
    /// `complete`, `verdict` or `budget`.
    pub ended: String,
}

/// One look.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LookRecord {
    /// Draws made by then.
    pub draws: usize,
    /// The boundary: the one-sided p-value, before any correction, that a single check would have to reach.
    pub boundary: f64,
}

/// Adds the looks, one entry per check, to the report, its wordings and its signatures.
pub fn attach(report: &mut Report, looks: &[Looks]) {
    for (check, looks) in report.checks.iter_mut().zip(looks) {
        let record = LooksRecord {
            rule: looks.rule.to_string(),
            most_draws: looks.most_draws,
            draws: looks.draws,
            looks: looks
                .looks
                .iter()
                .zip(&looks.levels)
                .map(|(draws, boundary)| LookRecord {
                    draws: *draws,
                    boundary: *boundary,
                })
                .collect(),
            ended: ended(looks.ended).to_owned(),
        };
        check.verdict.wording = sentence(looks);
        check.verdict.signature = format!(
            "{}|stop:{}|draws:{}of{}",
            check.verdict.signature, record.rule, record.draws, record.most_draws
        );
        check.looks = Some(record);
    }
}

fn ended(ended: Ended) -> &'static str {
    match ended {
        Ended::Complete => "complete",
        Ended::Verdict => "verdict",
        Ended::Budget => "budget",
    }
}

fn sentence(looks: &Looks) -> String {
    let made = match looks.ended {
        Ended::Complete => match looks.draws {
            1 => "Made the one draw".to_owned(),
            draws => format!("Made all {draws} draws"),
        },
        Ended::Verdict => format!(
            "Ended by its verdict after {} of {}",
            looks.draws,
            number::count(looks.most_draws, "draw")
        ),
        Ended::Budget => format!(
            "Ended by the budget after {} of {}",
            looks.draws,
            number::count(looks.most_draws, "draw")
        ),
    };

    let count = looks.looks.len();
    match (looks.rule, looks.levels.last()) {
        (StopRule::Planned { looks: planned }, Some(level)) => format!(
            "{made}: look {count} of {planned}, boundary p {} (O'Brien-Fleming); p-values are corrected for the looks.",
            number::probability(*level)
        ),
        (StopRule::Anytime, Some(level)) => format!(
            "{made}: {}, boundary p {} (confidence sequence); p-values are corrected for the looks.",
            number::count(count, "look"),
            number::probability(*level)
        ),
        (StopRule::Never | StopRule::Planned { .. } | StopRule::Anytime, _) => format!("{made}."),
    }
}
