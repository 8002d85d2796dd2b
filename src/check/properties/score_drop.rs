//! Score drop per distance: how far a swap moves the score of a reference.
//!
//! Scores of different models have different scales; the spread of the scores within a
//! list is the measure here: a swap that moves a score by several spreads outweighs all
//! else that tells hypotheses apart.

use std::io;

use crate::check::engine::pair::{Choice, ListPair};
use crate::check::engine::trial::Rescored;
use crate::check::judge::estimate::finite;
use crate::check::properties::drawn::{Drawing, DrawnChoice};
use crate::check::properties::drawn_property::{DrawnProperty, Gravity};
use crate::check::properties::moves::{BOUND, Line, Moves};
use crate::check::properties::open_drawn::OpenDrawn;
use crate::check::properties::open_property::{OpenProperty, PropertyPart, Seen};
use crate::check::properties::outcome::{Figure, Spread};
use crate::check::properties::preference::{band_in_words, distance};
use crate::check::properties::probe::{Probe, ask};
use crate::nbest::Hypothesis;
use crate::rescore::RescoreError;
use crate::stats::distributions::quantile;

/// The property in the making: in a first pass the spread of the scores within lists is measured,
/// in a second one references are perturbed.
pub(super) struct OpenScoreDrop<'a> {
    drawing: Drawing<'a>,
    max_spreads: f64,
    clusters: usize,
    /// That of each list of at least two texts.
    spreads: Vec<f64>,
    /// In the second pass.
    drawn: Option<OpenDrawn<'a, ScoreDrop>>,
}

impl<'a> OpenScoreDrop<'a> {
    /// Of no list yet, in so many clusters.
    pub(super) fn new(
        drawing: Drawing<'a>,
        max_spreads: f64,
        clusters: usize,
    ) -> OpenScoreDrop<'a> {
        OpenScoreDrop {
            drawing,
            max_spreads,
            clusters,
            spreads: Vec::new(),
            drawn: None,
        }
    }
}

impl OpenProperty for OpenScoreDrop<'_> {
    fn add(&mut self, part: PropertyPart<'_>, _: &[Rescored]) -> Result<(), RescoreError> {
        let chosen = self.drawing.chosen.within(part.first, part.utterances);
        if chosen.is_empty() {
            return Ok(());
        }

        let lists = chosen.iter().map(|index| &part.utterances[*index]);
        let probes: Vec<Probe> = lists.map(Probe::of).collect();
        let scores = ask(self.drawing.rescorer, &probes)?;
        self.spreads
            .extend(scores.iter().filter_map(|scores| spread(scores)));
        Ok(())
    }

    fn turns(&mut self) -> bool {
        let spreads = std::mem::take(&mut self.spreads);
        self.drawn = median(spreads).map(|spread| {
            let property = ScoreDrop {
                spread,
                limit: spread * self.max_spreads,
                moves: Moves::default(),
            };
            OpenDrawn::new(self.drawing.clone(), property, self.clusters)
        });
        self.drawn.is_some()
    }

    fn add_again(&mut self, part: PropertyPart<'_>) -> Result<(), RescoreError> {
        match &mut self.drawn {
            // A reference is the only text of its list.
            Some(drawn) => drawn.draw(part, |_| 0),
            None => Ok(()),
        }
    }

    fn end(self: Box<Self>) -> Result<Seen, RescoreError> {
        match self.drawn {
            Some(drawn) => drawn.counted().map(Seen::Counted),
            None => Ok(Seen::skipped(
                "the scores within most lists are all alike: there is no spread to measure by",
            )),
        }
    }
}

/// Perturbed references whose score moves by more than the limit are exceptions; figures are the
/// fit.
struct ScoreDrop {
    spread: f64,
    limit: f64,
    moves: Moves,
}

impl DrawnProperty for ScoreDrop {
    fn is_exception(&self, _: &[Hypothesis], choice: &Choice) -> bool {
        moved(choice) > self.limit
    }

    fn gravity(&self, _: &[Hypothesis], choice: &Choice) -> Gravity {
        Gravity::of_size(moved(choice))
    }

    fn describe(&self, _: &ListPair, choice: &Choice) -> String {
        let moved = moved(choice);
        format!(
            "the score moves by {moved:.4}, {:.1} spreads",
            moved / self.spread
        )
    }

    fn note(&mut self, trials: &[DrawnChoice]) -> io::Result<()> {
        let mut trials = trials.iter();
        trials.try_for_each(|trial| self.moves.add(distance(trial), moved(&trial.choice)))
    }

    fn figures(&self) -> io::Result<Vec<Figure>> {
        let mut figures = vec![Figure::plain(
            "spread of scores within a list (median)",
            self.spread,
        )];
        if let Some(line) = Line::fit(&self.moves)? {
            figures.extend([
                Figure::plain("move of a score at distance 0 (fitted)", line.at_zero),
                Figure::plain("further move per unit of distance (fitted)", line.slope),
                Figure::plain(
                    "99 % of moves are at most this at distance 0, plus the slope",
                    line.bound,
                ),
            ]);
        }

        for band in self.moves.bands.keys() {
            figures.push(self.of_band(*band)?);
        }
        Ok(figures)
    }
}

impl ScoreDrop {
    /// How far swaps of a band of distances move a score: the median, with what lies around it.
    fn of_band(&self, band: u32) -> io::Result<Figure> {
        let mut moves = self.moves.of_band(band, self.spread)?;
        moves.sort_unstable_by(f64::total_cmp);
        let at = |share| finite(quantile(&moves, share));
        Ok(Figure {
            name: format!("move in spreads, {}", band_in_words(band)),
            value: at(0.5),
            of: None,
            spread: Some(Spread {
                count: moves.len(),
                quarter: at(0.25),
                three_quarters: at(0.75),
                nearly_all: at(BOUND),
            }),
        })
    }
}

/// How far the score of a reference moves.
fn moved(choice: &Choice) -> f64 {
    (choice.scores[0] - choice.clean_scores[0]).abs()
}

/// The standard deviation of the scores within a list; `None` for a list of one.
fn spread(scores: &[f64]) -> Option<f64> {
    if scores.len() < 2 {
        return None;
    }

    let mean = scores.iter().sum::<f64>() / scores.len() as f64;
    let squares = scores
        .iter()
        .map(|score| (score - mean).powi(2))
        .sum::<f64>();
    Some((squares / (scores.len() - 1) as f64).sqrt())
}

/// The median of the spreads of lists; `None` if it is 0 or there is none.
fn median(mut spreads: Vec<f64>) -> Option<f64> {
    spreads.sort_unstable_by(f64::total_cmp);
    let median = *spreads.get(spreads.len() / 2)?;
    (median > 0.0 && median.is_finite()).then_some(median)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spread_is_the_median_deviation() {
        let lists: [&[f64]; 4] = [&[1.0, 1.0], &[0.0, 2.0], &[0.0, 4.0], &[7.0]];
        let spreads: Vec<f64> = lists.into_iter().filter_map(spread).collect();
        assert_eq!(spreads.len(), 3);
        assert!((median(spreads).unwrap() - 2f64.sqrt()).abs() < 1e-12);
        assert_eq!(median(vec![0.0]), None);
        assert_eq!(median(Vec::new()), None);
    }
}
