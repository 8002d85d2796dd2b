//! No harm: the picks have no more errors than those of the first pass.

use crate::check::engine::trial::Rescored;
use crate::check::properties::open_property::{OpenProperty, PropertyPart, Seen};
use crate::check::properties::outcome::Minimal;
use crate::check::properties::probe::{Probe, Shown, ask};
use crate::check::properties::rate::Counted;
use crate::check::properties::sample::Chosen;
use crate::check::properties::tally::Tally;
use crate::nbest::Utterance;
use crate::rescore::{RescoreError, Rescorer};
use crate::stats::clusters::Cluster;
use crate::stats::gate;
use crate::suite::gates::Margin;

/// Counts words and errors of the chosen utterances; the first pass is what there was before.
pub(super) struct OpenNoHarm<'a> {
    pub(super) chosen: Chosen,
    pub(super) margin: Margin,
    pub(super) rescorer: &'a dyn Rescorer,
    pub(super) tally: Tally,
    /// The first of those with the most harm.
    pub(super) worst: Option<Harmed>,
}

/// An utterance whose pick has more errors than the first pass's favourite.
pub(super) struct Harmed {
    harm: i64,
    utterance: Utterance,
    clean: Rescored,
}

impl OpenProperty for OpenNoHarm<'_> {
    fn add(&mut self, part: PropertyPart<'_>, clean: &[Rescored]) -> Result<(), RescoreError> {
        let mut units = vec![Cluster::default(); part.utterances.len()];
        for index in self.chosen.within(part.first, part.utterances) {
            let clean = &clean[index];
            units[index] = Cluster {
                reference_words: clean.picked().reference_words as u64,
                errors_a: clean.first_pass().errors() as u64,
                errors_b: clean.picked().errors() as u64,
            };

            let harm = units[index].extra_errors();
            let most = self.worst.as_ref().map_or(0, |worst| worst.harm);
            // The last of equals would be as good; the first is what a reader expects.
            if harm > most {
                self.worst = Some(Harmed {
                    harm,
                    utterance: part.utterances[index].clone(),
                    clean: clean.clone(),
                });
            }
        }

        self.tally.add(part.labels, &units);
        Ok(())
    }

    fn end(self: Box<Self>) -> Result<Seen, RescoreError> {
        let example = self
            .worst
            .map(|worst| example(&worst.utterance, &worst.clean, self.rescorer))
            .transpose()?;
        let margins = [
            self.margin.relative.map(gate::Margin::Relative),
            self.margin.absolute.map(gate::Margin::Absolute),
        ];

        Ok(Seen::Counted(Counted {
            tally: self.tally,
            margins: margins.into_iter().flatten().collect(),
            figures: Vec::new(),
            example,
        }))
    }
}

/// The list of two: the first pass's favourite and the rescorer's pick.
fn example(
    utterance: &Utterance,
    clean: &Rescored,
    rescorer: &dyn Rescorer,
) -> Result<Minimal, RescoreError> {
    let whole = Probe::of(utterance);
    let two = whole.with_entries(&[0, clean.pick]);
    let scores = ask(rescorer, [&two])?.swap_remove(0);
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
