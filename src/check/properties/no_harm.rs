//! No harm: the picks have no more errors than those of the first pass.

use crate::check::engine::trial::Rescored;
use crate::check::properties::Minimal;
use crate::check::properties::probe::{Probe, Shown, ask};
use crate::check::properties::rate::Counted;
use crate::nbest::Utterance;
use crate::rescore::{RescoreError, Rescorer};
use crate::stats::clusters::Cluster;
use crate::suite::gates::Margin;

/// Counts words and errors of the utterances at `indices`; the first pass is what there was before.
pub fn count(
    utterances: &[Utterance],
    clean: &[Rescored],
    indices: &[usize],
    margin: Margin,
    rescorer: &dyn Rescorer,
) -> Result<Counted, RescoreError> {
    let mut units = vec![Cluster::default(); utterances.len()];
    for &index in indices {
        units[index] = Cluster {
            reference_words: clean[index].picked().reference_words as u64,
            errors_a: clean[index].first_pass().errors() as u64,
            errors_b: clean[index].picked().errors() as u64,
        };
    }

    let harm = |index: usize| units[index].extra_errors();
    // The last of equals would be as good; the first is what a reader expects.
    let worst = indices
        .iter()
        .copied()
        .rev()
        .max_by_key(|index| harm(*index))
        .filter(|index| harm(*index) > 0);

    let example = match worst {
        Some(index) => Some(example(&utterances[index], &clean[index], rescorer)?),
        None => None,
    };
    let margins = [
        margin.relative.map(crate::stats::gate::Margin::Relative),
        margin.absolute.map(crate::stats::gate::Margin::Absolute),
    ];

    Ok(Counted {
        units,
        margins: margins.into_iter().flatten().collect(),
        figures: Vec::new(),
        example,
    })
}

/// The list of two: the first pass's favourite and the rescorer's pick.
fn example(
    utterance: &Utterance,
    clean: &Rescored,
    rescorer: &dyn Rescorer,
) -> Result<Minimal, RescoreError> {
    let whole = Probe::of(utterance);
    let two = whole.with_entries(&[0, clean.pick]);
    let scores = ask(rescorer, &[&two])?.swap_remove(0);
    let shown = Shown::rescored(
        "the first pass's favourite, and the pick",
        &two,
        &scores,
        rescorer.interpolation(),
    );

    Ok(Minimal {
        id: utterance.id.clone(),
        sentence: format!(
            "the pick has {} errors, the first pass's favourite {}; the reference is \"{}\"",
            clean.picked().errors(),
            clean.first_pass().errors(),
            utterance.reference.as_str()
        ),
        confirmed: shown.pick == Some(1),
        lists: vec![shown],
        complete: true,
    })
}
