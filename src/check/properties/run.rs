//! The properties of a run whose lists are all in memory.

use crate::check::engine::plan::{CheckProgress, Plan};
use crate::check::engine::trial::Rescored;
use crate::check::judge::clustering::Clustering;
use crate::check::judge::run_counts::Stretch;
use crate::check::properties::open_properties::OpenProperties;
use crate::check::properties::outcome::Properties;
use crate::rescore::{RescoreError, Rescorer};

/// Tests every property of `plan`; `clean` are the rescored lists of the corpus.
///
/// An error is only that of an interrupted run: a rescorer that gives up fails the property.
pub(crate) fn run(
    plan: &Plan<'_>,
    clean: &[Rescored],
    rescorer: &dyn Rescorer,
    progress: &dyn CheckProgress,
) -> Result<Properties, RescoreError> {
    let mut properties = OpenProperties::new(*plan, rescorer, progress);
    if !properties.are_asked() {
        return Ok(Properties::default());
    }

    let clustering = Clustering::new(plan.utterances);
    let all = Stretch {
        first: 0,
        utterances: plan.utterances,
        clean,
    };
    properties.draw_sample(0, plan.utterances);
    properties.add(all, &clustering)?;
    if properties.turn() {
        properties.add_again(0, plan.utterances, &clustering)?;
    }
    properties.end()
}
