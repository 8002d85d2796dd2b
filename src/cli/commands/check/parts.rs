//! A run part by part: no more than a part of its lists is in memory at a time.

use anyhow::Context;

use crate::check::engine::open_check::RunContext;
use crate::check::engine::outcome::RunFacts;
use crate::check::engine::place::Place;
use crate::check::engine::plan::{CheckProgress, Plan};
use crate::check::engine::rounding::Rounding;
use crate::check::engine::run::{checked, rescored};
use crate::check::engine::steadiness::Steadiness;
use crate::check::engine::trial::Rescored;
use crate::check::engine::wrong_way::WrongWay;
use crate::check::judge::clustering::Clustering;
use crate::check::judge::run_counts::Stretch;
use crate::check::properties::open_properties::OpenProperties;
use crate::check::properties::outcome::Properties;
use crate::cli::commands::check::gather::Gathering;
use crate::cli::shards::Handing;
use crate::cli::terminal::Terminal;
use crate::files::temporary_folder;
use crate::nbest::lists::{Lists, Part};
use crate::nbest::spelling::SpelledApart;
use crate::rescore::{RescoreError, Rescorer};

/// Why lines could not wait.
pub(super) fn waiting() -> String {
    format!(
        "failed to keep what waits in the folder of temporary files, {}: make room there, or name \
            another folder with the variable TMPDIR",
        temporary_folder()
    )
}

const CHECKING: &str = "failed to check the model";

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
    /// Rescores every part, clean and under each check, once the model is handed what is known of
    /// it. Properties come before the checks of the last part, and so before all checks where there
    /// is no other.
    pub(super) fn run(
        &self,
        gathering: &mut Gathering<'_>,
        mut handing: Option<Handing<'_>>,
    ) -> anyhow::Result<RunFacts> {
        let mut properties = PropertyTests {
            open: Some(self.properties()?),
            ended: Properties::default(),
        };

        let mut sampled = Sampled::default();
        let mut parts = self.lists.parts()?;
        let mut next = parts.next().transpose()?;
        while let Some(part) = next {
            self.terminal.may_go_on()?;
            if let Some(handing) = &mut handing {
                handing.hand_over(&part.utterances)?;
            }
            // Reading the next part takes one thread: the others need not wait for it.
            let (ran, read) = rayon::join(
                || self.run_part(&part, &mut properties, &mut sampled, gathering),
                || parts.next(),
            );
            ran?;
            next = read.transpose()?;
        }
        let agreement = handing.map(|handing| handing.end(self.terminal));

        Ok(RunFacts {
            properties: properties.ended,
            truncated_texts: self.rescorer.truncated_texts(),
            tokens: self.rescorer.tokens(),
            interpolation: self.rescorer.interpolation(),
            rounding: sampled.rounding,
            steadiness: sampled.steadiness,
            agreement,
            wrong_way: WrongWay::of(&self.lists.survey.order),
            spelled_apart: SpelledApart::of(&self.lists.survey.spelling),
        })
    }

    /// The properties, with the samples of all lists that they look at.
    fn properties(&self) -> anyhow::Result<OpenProperties<'_>> {
        let mut properties = OpenProperties::new(self.plan, self.rescorer, self.progress);
        if properties.are_asked() {
            for part in self.lists.parts()? {
                let part = part?;
                properties.draw_sample(part.first, &part.utterances);
            }
        }
        Ok(properties)
    }

    fn run_part(
        &self,
        part: &Part<'_>,
        properties: &mut PropertyTests<'_>,
        sampled: &mut Sampled,
        gathering: &mut Gathering<'_>,
    ) -> anyhow::Result<()> {
        let utterances = &*part.utterances;
        let plan = Plan {
            utterances,
            ..self.plan
        };
        let clean = rescored(&plan, self.rescorer, self.progress).context(CHECKING)?;
        self.sample(part, &clean, sampled).context(CHECKING)?;

        let stretch = Stretch {
            first: part.first,
            utterances,
            clean: &clean,
        };
        let clustering = gathering.clustering();
        if let Some(open) = &mut properties.open {
            open.add(stretch, clustering).context(CHECKING)?;
        }
        if part.first + utterances.len() == self.lists.survey.utterances
            && let Some(open) = properties.open.take()
        {
            properties.ended = self.ended(open, clustering)?;
        }

        let context = RunContext {
            plan: &plan,
            clean: &clean,
            rescorer: self.rescorer,
            progress: self.progress,
        };
        gathering.begin(stretch);
        for (index, outcome) in checked(context).enumerate() {
            let outcome = outcome.context(CHECKING)?;
            gathering
                .add_check(index, &plan, stretch, &outcome)
                .with_context(waiting)?;
        }
        gathering.end_part().with_context(waiting)
    }

    /// What became of properties that have seen all parts.
    fn ended(
        &self,
        mut open: OpenProperties<'_>,
        clustering: &Clustering,
    ) -> anyhow::Result<Properties> {
        if open.turn() {
            for part in self.lists.parts()? {
                self.terminal.may_go_on()?;
                let part = part?;
                open.add_again(part.first, &part.utterances, clustering)
                    .context(CHECKING)?;
            }
        }
        open.end().context(CHECKING)
    }

    /// Scores those lists of a part again that belong to a sample of all.
    fn sample(
        &self,
        part: &Part<'_>,
        clean: &[Rescored],
        sampled: &mut Sampled,
    ) -> Result<(), RescoreError> {
        let utterances = &*part.utterances;
        let of = self.lists.survey.utterances;
        let place = Place {
            first: part.first,
            of,
        };
        let rounding = Rounding::measure_part(place, utterances, clean, self.rescorer)?;
        sampled.rounding = Rounding::joined(sampled.rounding, rounding);

        let place = Place {
            first: sampled.choices,
            of: of - self.lists.facts.single_hypothesis,
        };
        let steadiness = Steadiness::measure_part(place, utterances, clean, self.rescorer)?;
        sampled.steadiness = Steadiness::joined(sampled.steadiness, steadiness);
        let choices = utterances.iter().filter(|list| list.nbest.len() > 1);
        sampled.choices += choices.count();
        Ok(())
    }
}

/// The properties of a run in parts.
struct PropertyTests<'a> {
    /// Until all parts are in.
    open: Option<OpenProperties<'a>>,
    /// What became of them then.
    ended: Properties,
}

/// What clean lists showed that were scored again.
#[derive(Default)]
struct Sampled {
    rounding: Option<Rounding>,
    steadiness: Option<Steadiness>,
    /// Lists so far of at least two hypotheses.
    choices: usize,
}
