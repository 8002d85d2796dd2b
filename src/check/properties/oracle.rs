//! Oracle consistency: with the reference on top of the list, a text without errors is picked.

use crate::check::properties::outcome::Minimal;
use crate::check::properties::probe::{Entry, Probe, Shown, ask};
use crate::check::properties::rate::{Counted, unit};
use crate::check::properties::reduce::{ReduceLimits, reduce};
use crate::nbest::Transcript;
use crate::rescore::{Interpolation, RescoreError, Rescorer};
use crate::stats::clusters::Cluster;
use crate::stats::gate::Margin;

/// Counts the lists of `probes` (with the index of their utterance) in which another text leads the
/// reference by more than `noise`.
pub(crate) fn count(
    probes: &[(usize, Probe)],
    utterances: usize,
    noise: f64,
    max_rate: f64,
    limits: ReduceLimits,
    rescorer: &dyn Rescorer,
) -> Result<Counted, RescoreError> {
    let interpolation = rescorer.interpolation();
    let topped: Vec<(usize, Probe)> = probes
        .iter()
        .filter(|(_, probe)| !probe.reference.is_empty())
        .map(|(owner, probe)| (*owner, with_reference(probe)))
        .collect();
    let scores = ask(
        rescorer,
        &topped.iter().map(|(_, probe)| probe).collect::<Vec<_>>(),
    )?;

    let mut units = vec![Cluster::default(); utterances];
    let mut worst: Option<(f64, &Probe)> = None;
    for ((owner, probe), scores) in topped.iter().zip(&scores) {
        let lead = lead(probe, scores, interpolation);
        units[*owner] += unit(1, usize::from(lead > noise));
        if lead > noise && worst.is_none_or(|(most, _)| lead > most) {
            worst = Some((lead, probe));
        }
    }

    let example = match worst {
        Some((_, probe)) => Some(example(probe, noise, limits, rescorer)?),
        None => None,
    };

    Ok(Counted {
        units,
        margins: vec![Margin::Absolute(max_rate)],
        figures: Vec::new(),
        example,
    })
}

/// The list with the reference first, at the best first-pass score.
fn with_reference(probe: &Probe) -> Probe {
    let mut topped = probe.clone();
    topped
        .entries
        .retain(|entry| entry.text != probe.reference.as_str());

    let best = probe.entries.iter().map(|entry| entry.first_pass);
    let reference = Entry {
        text: probe.reference.as_str().to_owned(),
        first_pass: best.fold(f64::NEG_INFINITY, f64::max),
    };
    topped.entries.insert(0, reference);

    topped
}

/// How far the pick is ahead of the first entry; 0 if it is the first, or reads the same word by
/// word.
fn lead(probe: &Probe, scores: &[f64], interpolation: Interpolation) -> f64 {
    let pick = probe.pick(scores, interpolation);
    if Transcript::new(&probe.entries[pick].text) == probe.reference {
        return 0.0;
    }
    let totals = probe.totals(scores, interpolation);
    totals[pick] - totals[0]
}

fn example(
    probe: &Probe,
    noise: f64,
    limits: ReduceLimits,
    rescorer: &dyn Rescorer,
) -> Result<Minimal, RescoreError> {
    let interpolation = rescorer.interpolation();
    let ask_lead = |probes: &[Probe]| -> Result<f64, RescoreError> {
        let scores = ask(rescorer, &[&probes[0]])?;
        Ok(lead(&probes[0], &scores[0], interpolation))
    };

    // The reference itself stays whole, or another text would be the better one.
    let shows = |probes: &[Probe]| {
        let is_whole = probes[0].entries[0].text == probe.reference.as_str();
        Ok(is_whole && ask_lead(probes)? > noise)
    };
    let (mut least, complete) = reduce(vec![probe.clone()], 2, limits, &shows)?;
    let least = least.swap_remove(0);
    let scores = ask(rescorer, &[&least])?.swap_remove(0);
    let lead = lead(&least, &scores, interpolation);

    Ok(Minimal {
        id: probe.id.clone(),
        sentence: format!("another text leads the reference, which stands first, by {lead:.4}"),
        lists: vec![Shown::rescored(
            "with the reference on top",
            &least,
            &scores,
            interpolation,
        )],
        complete,
        confirmed: lead > noise,
    })
}
