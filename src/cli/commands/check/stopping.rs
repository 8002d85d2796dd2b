//! `--stop` and `--budget`: fewer draws where the case is clear, or where time is short.

use std::str::FromStr;
use std::time::Duration;

use crate::check::engine::outcome::Outcome;
use crate::check::engine::plan::{CheckProgress, Plan};
use crate::check::judge::looks::{Looks, StopRule};
use crate::check::judge::stopping::{Budget, Stopped, run_in_rounds};
use crate::check::judge::verdict::Judgment;
use crate::cli::args::draws::DrawInput;
use crate::cli::commands::check::clock::Clock;
use crate::rescore::Rescorer;
use crate::suite::Suite;

/// When a check may end before all its draws.
#[derive(Debug, clap::Args)]
pub(crate) struct StopInput {
    /// End a check as soon as it passes or fails: planned=N looks at its draws, or anytime
    ///
    /// A look is taken at all utterances after some of the draws, so that every speaker is in it.
    /// planned=5: at equally spaced looks (draws must be a multiple), with O'Brien-Fleming
    /// boundaries. anytime: after each draw, with a confidence sequence, up to the check's draws
    /// (--draws). p-values are corrected for the looks.
    #[arg(help_heading = "Early end", long, value_name = "RULE")]
    stop: Option<StopRule>,
    /// Draw no further once so much is spent: texts given to the model, or minutes (30m, 90s, 2h)
    ///
    /// Texts of the clean lists count. One round of draws is always made. Without --stop the
    /// verdicts rest on the draws that were made; with planned looks, a check that is cut short is
    /// inconclusive. A limit in minutes makes the number of draws, and so the report, depend on the
    /// machine.
    #[arg(help_heading = "Early end", long, value_name = "TEXTS|TIME")]
    budget: Option<Limit>,
}

/// What `--budget` limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Limit {
    Texts(usize),
    Time(Duration),
}

impl FromStr for Limit {
    type Err = String;

    fn from_str(text: &str) -> Result<Limit, String> {
        if let Ok(texts) = text.parse() {
            return Ok(Limit::Texts(texts));
        }
        match humantime::parse_duration(text) {
            Ok(time) if !time.is_zero() => Ok(Limit::Time(time)),
            _ => Err("expected a number of texts, or a time such as 30m, 90s or 2h".to_owned()),
        }
    }
}

/// What happened, and the judgments and looks of the checks.
pub(crate) type RunResult<'a> = (Outcome<'a>, (Vec<Judgment>, Vec<Looks>));

impl StopInput {
    /// Whether checks may end early.
    pub(crate) fn is_given(&self) -> bool {
        self.stop.is_some() || self.budget.is_some()
    }

    /// Refuses a rule that does not fit the draws of the checks: scores would be asked for in vain.
    pub(crate) fn ensure_fits(&self, suites: &[Suite], draws: DrawInput) -> anyhow::Result<()> {
        let Some(rule) = self.stop else {
            return Ok(());
        };
        for check in suites.iter().flat_map(|suite| &suite.checks) {
            rule.ensure_fits(check, draws.draws_of(check))?;
        }

        Ok(())
    }

    /// Runs the plan round by round, as the rule or the budget says.
    pub(crate) fn run<'a>(
        &self,
        plan: &Plan<'a>,
        rescorer: &dyn Rescorer,
        progress: &dyn CheckProgress,
        clock: &Clock,
    ) -> anyhow::Result<RunResult<'a>> {
        let rule = self.stop.unwrap_or(StopRule::Never);
        let in_time = || match self.budget {
            Some(Limit::Time(time)) => clock.elapsed() < time,
            Some(Limit::Texts(_)) | None => true,
        };
        let budget = Budget {
            texts: match self.budget {
                Some(Limit::Texts(texts)) => Some(texts),
                Some(Limit::Time(_)) | None => None,
            },
            may_go_on: &in_time,
        };

        let Stopped {
            outcome,
            judgments,
            looks,
        } = run_in_rounds(plan, rescorer, progress, rule, &budget)?;

        Ok((outcome, (judgments, looks)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budgets_are_texts_or_times() {
        assert_eq!("5000".parse(), Ok(Limit::Texts(5000)));
        assert_eq!("30m".parse(), Ok(Limit::Time(Duration::from_mins(30))));
        assert!("0s".parse::<Limit>().is_err() && "-3".parse::<Limit>().is_err());
        assert!("much".parse::<Limit>().is_err());
    }
}
