//! Selection harm: perturbed, the list leads to a hypothesis whose original text is worse.
//!
//! A mere flip is no harm: where the best text got worse, another one should be chosen.

use crate::harness::failure::Choice;
use crate::harness::failure::ListPair;
use crate::harness::failure::worst;
use crate::harness::properties::drawn;
use crate::harness::properties::drawn::Source;
use crate::harness::properties::drawn::Trial;
use crate::harness::properties::drawn::Worst;
use crate::harness::properties::rate::Counted;
use crate::rescore::Rescorer;
use crate::stats::gate::Margin;

/// Counts the trials that fail by more than `noise`; see [`Choice::fails`].
pub fn count(
    sources: &[Source],
    trials: &[Trial],
    utterances: usize,
    noise: f64,
    max_rate: f64,
    rescorer: &dyn Rescorer,
) -> Counted {
    let is_exception = |trial: &Trial| trial.choice.fails(noise);
    let exceptions: Vec<&Trial> = trials.iter().filter(|trial| is_exception(trial)).collect();
    let example = worst(exceptions.iter().map(|trial| &trial.choice)).and_then(|index| {
        Worst {
            trial: exceptions[index],
            source: &sources[exceptions[index].source],
            is_exception: &|_, choice| choice.fails(noise),
            describe: &describe,
        }
        .minimal(rescorer)
    });
    Counted {
        units: drawn::units(sources, trials, utterances, &is_exception),
        margins: vec![Margin::Absolute(max_rate)],
        figures: Vec::new(),
        example,
    }
}

fn describe(_: &ListPair, choice: &Choice) -> String {
    format!(
        "perturbed, a hypothesis is picked whose original text has {} errors instead of {}",
        choice.selection.errors(),
        choice.clean.errors()
    )
}
