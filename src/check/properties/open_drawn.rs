//! A property of drawn lists in the making.

use crate::check::engine::trial::Rescored;
use crate::check::properties::drawn::Drawing;
use crate::check::properties::drawn_property::DrawnProperty;
use crate::check::properties::open_property::{OpenProperty, PropertyPart, Seen};
use crate::check::properties::rate::Counted;
use crate::check::properties::tally::{Tally, unit};
use crate::check::properties::worst::Worst;
use crate::rescore::RescoreError;
use crate::stats::clusters::Cluster;
use crate::stats::gate::Margin;

/// A property of drawn lists in the making.
pub(super) struct OpenDrawn<'a, P> {
    drawing: Drawing<'a>,
    property: P,
    tally: Tally,
    /// The worst exception so far.
    worst: Option<Worst>,
}

impl<'a, P: DrawnProperty> OpenDrawn<'a, P> {
    /// Of no list yet, in so many clusters.
    pub(super) fn new(drawing: Drawing<'a>, property: P, clusters: usize) -> OpenDrawn<'a, P> {
        OpenDrawn {
            drawing,
            property,
            tally: Tally::new(clusters),
            worst: None,
        }
    }

    /// Draws from the lists of a part, of which `pick` is the rescorer's pick, and counts.
    pub(super) fn draw(
        &mut self,
        part: PropertyPart<'_>,
        pick: impl Fn(usize) -> usize,
    ) -> Result<(), RescoreError> {
        let sources = self.drawing.sources(part, pick);
        if sources.is_empty() {
            return Ok(());
        }
        let trials = self.drawing.draw(&sources)?;
        self.property.note(&trials).map_err(RescoreError::Waiting)?;

        let mut units = vec![Cluster::default(); part.utterances.len()];
        for trial in trials {
            let source = &sources[trial.source];
            let list = source.utterance.nbest.hypotheses();
            let is_exception = self.property.is_exception(list, &trial.choice);
            units[source.owner] += unit(1, usize::from(is_exception));
            if !is_exception {
                continue;
            }

            let gravity = self.property.gravity(list, &trial.choice);
            let worst = self.worst.as_ref();
            if worst.is_none_or(|worst| gravity.outranks(worst.gravity)) {
                self.worst = Some(Worst {
                    gravity,
                    case: trial.case,
                    utterance: source.utterance.clone(),
                });
            }
        }
        self.tally.add(part.labels, &units);

        Ok(())
    }

    /// What was counted, with the worst exception made smaller.
    pub(super) fn counted(self) -> Result<Counted, RescoreError> {
        let minimal = |worst: Worst| worst.minimal(&self.property, self.drawing.rescorer);
        let figures = self.property.figures().map_err(RescoreError::Waiting)?;
        Ok(Counted {
            example: self.worst.and_then(minimal),
            tally: self.tally,
            margins: vec![Margin::Absolute(self.drawing.drawn.max_rate)],
            figures,
        })
    }
}

impl<P: DrawnProperty> OpenProperty for OpenDrawn<'_, P> {
    fn add(&mut self, part: PropertyPart<'_>, clean: &[Rescored]) -> Result<(), RescoreError> {
        self.draw(part, |index| clean[index].pick)
    }

    fn end(self: Box<Self>) -> Result<Seen, RescoreError> {
        self.counted().map(Seen::Counted)
    }
}
