//! Swap stability: where the whole list is perturbed alike, the pick stays.

use crate::check::engine::pair::{Choice, ListPair};
use crate::check::properties::drawn::{DrawnChoice, Sample, Worst};
use crate::check::properties::rate::Counted;
use crate::nbest::Hypothesis;
use crate::rescore::Interpolation;
use crate::stats::gate::Margin;

/// Counts the trials whose pick changes, by a lead of more than the noise.
pub fn count(sample: &Sample<'_>) -> Counted {
    let noise = sample.noise;
    let interpolation = sample.rescorer.interpolation();
    let lead_of = |trial: &DrawnChoice| {
        let list = sample.sources[trial.source].utterance.nbest.hypotheses();
        lead(list, &trial.choice, interpolation)
    };
    let example = sample.largest(noise, lead_of).and_then(|trial| {
        Worst {
            trial,
            source: &sample.sources[trial.source],
            is_exception: &|pair, choice| {
                lead(pair.utterance().nbest.hypotheses(), choice, interpolation) > noise
            },
            describe: &|pair, choice| describe(pair, choice, interpolation),
        }
        .minimal(sample.rescorer)
    });

    Counted {
        units: sample.units(&|trial| lead_of(trial) > noise),
        margins: vec![Margin::Absolute(sample.max_rate)],
        figures: Vec::new(),
        example,
    }
}

/// How far, perturbed, the pick is ahead of the clean pick, in total scores; 0 if it is the same.
fn lead(list: &[Hypothesis], choice: &Choice, interpolation: Interpolation) -> f64 {
    let total = |index: usize| interpolation.total(list[index].score, choice.scores[index]);
    total(choice.pick) - total(choice.clean_pick)
}

fn describe(pair: &ListPair, choice: &Choice, interpolation: Interpolation) -> String {
    let lead = lead(pair.utterance().nbest.hypotheses(), choice, interpolation);
    format!("perturbed alike, another hypothesis leads by {lead:.4}")
}
