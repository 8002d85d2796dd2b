//! Oracle consistency: with the reference on top of the list, a text without errors is picked.

use crate::check::engine::trial::Rescored;
use crate::check::properties::open_property::{OpenProperty, PropertyPart, Seen};
use crate::check::properties::outcome::Minimal;
use crate::check::properties::probe::{Entry, Probe, Shown, ask};
use crate::check::properties::rate::Counted;
use crate::check::properties::reduce::{LIMITS, reduce};
use crate::check::properties::sample::Chosen;
use crate::check::properties::tally::{Tally, unit};
use crate::nbest::Transcript;
use crate::rescore::{Interpolation, RescoreError, Rescorer};
use crate::stats::clusters::Cluster;
use crate::stats::gate::Margin;

/// Counts the lists in which another text leads the reference by more than the noise.
pub(super) struct OpenOracleConsistency<'a> {
    pub(super) chosen: Chosen,
    /// A difference of totals of no more than this is none.
    pub(super) noise: f64,
    pub(super) max_rate: f64,
    pub(super) rescorer: &'a dyn Rescorer,
    pub(super) tally: Tally,
    /// The first list with the longest lead, and that lead.
    pub(super) worst: Option<(f64, Probe)>,
}

impl OpenProperty for OpenOracleConsistency<'_> {
    fn add(&mut self, part: PropertyPart<'_>, _: &[Rescored]) -> Result<(), RescoreError> {
        let chosen = self.chosen.within(part.first, part.utterances);
        let lists = chosen
            .iter()
            .map(|index| (*index, &part.utterances[*index]));
        let topped: Vec<(usize, Probe)> = lists
            .filter(|(_, utterance)| !utterance.reference.is_empty())
            .map(|(index, utterance)| (index, with_reference(Probe::of(utterance))))
            .collect();
        if topped.is_empty() {
            return Ok(());
        }

        let scores = ask(self.rescorer, topped.iter().map(|(_, probe)| probe))?;
        let mut units = vec![Cluster::default(); part.utterances.len()];
        for ((index, probe), scores) in topped.iter().zip(&scores) {
            let lead = lead(probe, scores, self.rescorer.interpolation());
            units[*index] = unit(1, usize::from(lead > self.noise));
            let worst = self.worst.as_ref();
            if lead > self.noise && worst.is_none_or(|(most, _)| lead > *most) {
                self.worst = Some((lead, probe.clone()));
            }
        }

        self.tally.add(part.labels, &units);
        Ok(())
    }

    fn end(self: Box<Self>) -> Result<Seen, RescoreError> {
        let worst = self.worst.as_ref();
        let example = worst
            .map(|(_, probe)| example(probe, self.noise, self.rescorer))
            .transpose()?;

        Ok(Seen::Counted(Counted {
            tally: self.tally,
            margins: vec![Margin::Absolute(self.max_rate)],
            figures: Vec::new(),
            example,
        }))
    }
}

/// The list with the reference first, at the best first-pass score.
fn with_reference(mut probe: Probe) -> Probe {
    let best = probe.entries.iter().map(|entry| entry.first_pass);
    let reference = Entry {
        text: probe.reference.as_str().to_owned(),
        first_pass: best.fold(f64::NEG_INFINITY, f64::max),
    };
    probe.entries.retain(|entry| entry.text != reference.text);
    probe.entries.insert(0, reference);

    probe
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

fn example(probe: &Probe, noise: f64, rescorer: &dyn Rescorer) -> Result<Minimal, RescoreError> {
    let interpolation = rescorer.interpolation();
    let ask_lead = |probes: &[Probe]| -> Result<f64, RescoreError> {
        let scores = ask(rescorer, [&probes[0]])?;
        Ok(lead(&probes[0], &scores[0], interpolation))
    };

    // The reference itself stays whole, or another text would be the better one.
    let shows = |probes: &[Probe]| {
        let is_whole = probes[0].entries[0].text == probe.reference.as_str();
        Ok(is_whole && ask_lead(probes)? > noise)
    };
    let (mut least, complete) = reduce(vec![probe.clone()], 2, LIMITS, &shows)?;
    let least = least.swap_remove(0);
    let scores = ask(rescorer, [&least])?.swap_remove(0);
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
