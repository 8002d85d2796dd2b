//! Selection harm: perturbed, the list leads to a hypothesis that is worse than the clean pick, both read with their swaps.
//!
//! A mere flip is no harm: where the best text got worse, another one should be chosen.

use crate::check::failures::failure::{Choice, ListPair, worst};
use crate::check::properties::drawn::{Sample, Trial, Worst};
use crate::check::properties::rate::Counted;
use crate::stats::gate::Margin;

/// Counts the trials that fail by more than the noise; see [`Choice::fails`].
pub fn count(sample: &Sample<'_>) -> Counted {
    let noise = sample.noise;
    let is_exception = |trial: &Trial| trial.choice.fails(noise);
    let exceptions: Vec<&Trial> = sample
        .trials
        .iter()
        .filter(|trial| is_exception(trial))
        .collect();
    let example = worst(exceptions.iter().map(|trial| &trial.choice)).and_then(|index| {
        Worst {
            trial: exceptions[index],
            source: &sample.sources[exceptions[index].source],
            is_exception: &|_, choice| choice.fails(noise),
            describe: &describe,
        }
        .minimal(sample.rescorer)
    });

    Counted {
        units: sample.units(&is_exception),
        margins: vec![Margin::Absolute(sample.max_rate)],
        figures: Vec::new(),
        example,
    }
}

fn describe(_: &ListPair, choice: &Choice) -> String {
    format!(
        "perturbed, a hypothesis with {} errors is picked, where the one picked before has {}",
        choice.text.errors(),
        choice.kept.errors()
    )
}
