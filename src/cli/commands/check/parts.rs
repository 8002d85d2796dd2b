//! A run part by part: no more than a part of its lists is in memory at a time.

use anyhow::Context;

use crate::check::engine::open_check::RunContext;
use crate::check::engine::outcome::RunFacts;
use crate::check::engine::place::Place;
use crate::check::engine::plan::{CheckProgress, Plan};
use crate::check::engine::rounding::Rounding;
use crate::check::engine::run::{Prepared, checked, prepare, rescored};
use crate::check::judge::run_counts::Stretch;
use crate::check::properties::outcome::Properties;
use crate::cli::commands::check::gather::Gathering;
use crate::cli::terminal::Terminal;
use crate::nbest::lists::{Lists, Part};
use crate::rescore::Rescorer;

/// Why lines could not wait.
pub(super) const WAITING: &str =
    "failed to keep what waits in the folder of temporary files: TMPDIR names another folder";

/// A run in parts.
pub(super) struct PartedRun<'a> {
    /// Of all lists, where they are in memory.
    pub(super) plan: Plan<'a>,
    pub(super) lists: &'a Lists,
    pub(super) rescorer: &'a dyn Rescorer,
    pub(super) progress: &'a dyn CheckProgress,
    pub(super) terminal: &'a Terminal,
}

impl PartedRun<'_> {
    /// Rescores every part, clean and under each check. Properties look at all lists first.
    pub(super) fn run(&self, gathering: &mut Gathering<'_>) -> anyhow::Result<RunFacts> {
        let has_properties = |plan: &Plan<'_>| {
            let mut suites = plan.suites.iter();
            suites.any(|suite| !suite.properties.is_empty())
        };
        let prepared = has_properties(&self.plan)
            .then(|| prepare(&self.plan, self.rescorer, self.progress))
            .transpose()
            .context("failed to check the model")?;

        let mut rounding = None;
        for part in self.lists.parts()? {
            self.terminal.may_go_on()?;
            let of_part = self.run_part(&part?, prepared.as_ref(), gathering)?;
            rounding = Rounding::joined(rounding, of_part);
        }

        let (properties, rounding) = match prepared {
            Some(prepared) => (prepared.properties, prepared.rounding),
            None => (Properties::default(), rounding),
        };
        Ok(RunFacts {
            properties,
            truncated_texts: self.rescorer.truncated_texts(),
            tokens: self.rescorer.tokens(),
            interpolation: self.rescorer.interpolation(),
            rounding,
        })
    }

    fn run_part(
        &self,
        part: &Part<'_>,
        prepared: Option<&Prepared>,
        gathering: &mut Gathering<'_>,
    ) -> anyhow::Result<Option<Rounding>> {
        let checking = "failed to check the model";
        let utterances = &*part.utterances;
        let plan = Plan {
            utterances,
            ..self.plan
        };
        let place = Place {
            first: part.first,
            of: self.lists.survey.utterances,
        };

        let (own, rounding);
        let clean = match prepared {
            Some(prepared) => {
                rounding = None;
                &prepared.clean[part.first..part.first + utterances.len()]
            }
            None => {
                own = rescored(&plan, self.rescorer, self.progress).context(checking)?;
                let measured = Rounding::measure_part(place, utterances, &own, self.rescorer);
                rounding = measured.context(checking)?;
                &own
            }
        };

        let stretch = Stretch {
            first: part.first,
            utterances,
            clean,
        };
        let context = RunContext {
            plan: &plan,
            clean,
            rescorer: self.rescorer,
            progress: self.progress,
        };
        gathering.begin(stretch);
        for (index, outcome) in checked(context).enumerate() {
            let outcome = outcome.context(checking)?;
            gathering
                .add_check(index, &plan, stretch, &outcome)
                .context(WAITING)?;
        }
        gathering.end_part().context(WAITING)?;

        Ok(rounding)
    }
}
