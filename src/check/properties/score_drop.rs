//! Score drop per distance: how far a swap moves the score of a reference.
//!
//! Scores of different models have different scales; the spread of the scores within a
//! list is the measure here: a swap that moves a score by several spreads outweighs all
//! else that tells hypotheses apart.

use std::collections::BTreeMap;

use crate::check::engine::pair::{Choice, ListPair};
use crate::check::engine::trial::Rescored;
use crate::check::judge::estimate::finite;
use crate::check::properties::drawn::{Drawing, DrawnChoice};
use crate::check::properties::drawn_property::{DrawnProperty, Gravity};
use crate::check::properties::open_drawn::OpenDrawn;
use crate::check::properties::open_property::{OpenProperty, PropertyPart, Seen};
use crate::check::properties::outcome::{Figure, Spread};
use crate::check::properties::preference::{band, band_in_words, distance};
use crate::check::properties::probe::{Probe, ask};
use crate::nbest::Hypothesis;
use crate::rescore::RescoreError;
use crate::stats::distributions::quantile;

/// The share of moves that the reported bound holds for.
const BOUND: f64 = 0.99;

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
        let scores = ask(self.drawing.rescorer, &probes.iter().collect::<Vec<_>>())?;
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
                moves: Vec::new(),
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
        Ok(match self.drawn {
            Some(drawn) => Seen::Counted(drawn.counted()),
            None => Seen::skipped(
                "the scores within most lists are all alike: there is no spread to measure by",
            ),
        })
    }
}

/// Perturbed references whose score moves by more than the limit are exceptions; figures are the
/// fit.
struct ScoreDrop {
    spread: f64,
    limit: f64,
    /// Part after part: medians and the line need all of them.
    moves: Vec<Moves>,
}

/// How far scores moved, and for what.
struct Moves {
    /// Phonetic distances, in thousandths.
    distances: Vec<u32>,
    sizes: Vec<f64>,
}

impl ScoreDrop {
    /// Distances in thousandths, and moves, in the order of the trials.
    fn moves(&self) -> impl Iterator<Item = (u32, f64)> + Clone {
        let parts = self.moves.iter();
        parts.flat_map(|part| {
            let distances = part.distances.iter().copied();
            distances.zip(part.sizes.iter().copied())
        })
    }
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

    fn note(&mut self, trials: &[DrawnChoice]) {
        self.moves.push(Moves {
            distances: trials.iter().map(distance).collect(),
            sizes: trials.iter().map(|trial| moved(&trial.choice)).collect(),
        });
    }

    fn figures(&self) -> Vec<Figure> {
        let points = self.moves();
        let points = points.map(|(distance, size)| (f64::from(distance) / 1000.0, size));

        let mut figures = vec![Figure::plain(
            "spread of scores within a list (median)",
            self.spread,
        )];
        if let Some(line) = Line::fit(&points) {
            figures.extend([
                Figure::plain("move of a score at distance 0 (fitted)", line.at_zero),
                Figure::plain("further move per unit of distance (fitted)", line.slope),
                Figure::plain(
                    "99 % of moves are at most this at distance 0, plus the slope",
                    line.bound,
                ),
            ]);
        }

        let in_spreads = self.moves();
        let in_spreads = in_spreads.map(|(distance, size)| (distance, size / self.spread));
        figures.extend(by_distance(in_spreads));
        figures
    }
}

/// How far the score of a reference moves.
fn moved(choice: &Choice) -> f64 {
    (choice.scores[0] - choice.clean_scores[0]).abs()
}

/// How far swaps of each band of distances move a score: medians, with what lies around them.
fn by_distance(moves: impl Iterator<Item = (u32, f64)>) -> Vec<Figure> {
    let mut bands: BTreeMap<u32, Vec<f64>> = BTreeMap::new();
    for (distance, moved) in moves {
        bands.entry(band(distance)).or_default().push(moved);
    }

    bands
        .into_iter()
        .map(|(band, mut moves)| {
            moves.sort_unstable_by(f64::total_cmp);
            let at = |share| finite(quantile(&moves, share));
            Figure {
                name: format!("move in spreads, {}", band_in_words(band)),
                value: at(0.5),
                of: None,
                spread: Some(Spread {
                    count: moves.len(),
                    quarter: at(0.25),
                    three_quarters: at(0.75),
                    nearly_all: at(BOUND),
                }),
            }
        })
        .collect()
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

/// Moves as a line over distances, by least squares, that does not fall.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Line {
    at_zero: f64,
    slope: f64,
    /// The smallest start for which the line with this slope is above [`BOUND`] of the points.
    bound: f64,
}

impl Line {
    fn fit(points: &(impl Iterator<Item = (f64, f64)> + Clone)) -> Option<Line> {
        let all = || points.clone();
        let count = all().count() as f64;
        if count == 0.0 {
            return None;
        }

        let mean_x = all().map(|point| point.0).sum::<f64>() / count;
        let mean_y = all().map(|point| point.1).sum::<f64>() / count;
        let squares: f64 = all().map(|point| (point.0 - mean_x).powi(2)).sum();
        let products: f64 = all()
            .map(|point| (point.0 - mean_x) * (point.1 - mean_y))
            .sum();
        let slope = if squares > 0.0 {
            (products / squares).max(0.0)
        } else {
            0.0
        };
        let mut starts: Vec<f64> = all().map(|point| point.1 - slope * point.0).collect();
        starts.sort_unstable_by(f64::total_cmp);

        // The nearest rank: the smallest value that is no less than 99 % of all.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of a count is between 0 and the count"
        )]
        let rank = (BOUND * count).ceil() as usize;

        Some(Line {
            at_zero: mean_y - slope * mean_x,
            slope,
            bound: starts[rank.clamp(1, starts.len()) - 1],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_that_of_least_squares() {
        // numpy 2.4.6, polyfit([0, 0.1, 0.2, 0.4], [1, 1.4, 1.2, 2], 1): [2.28571429, 1.].
        let points = [(0.0, 1.0), (0.1, 1.4), (0.2, 1.2), (0.4, 2.0)];
        let line = Line::fit(&points.into_iter()).unwrap();
        assert!(
            (line.slope - 16.0 / 7.0).abs() < 1e-12 && (line.at_zero - 1.0).abs() < 1e-12,
            "{line:?}"
        );

        // The largest of what is left of four points: 1.4 - 0.228571.
        assert!((line.bound - 1.171_428_571).abs() < 1e-9);
    }

    #[test]
    fn moves_that_fall_with_distance_are_bounded_by_a_level_line() {
        let line = Line::fit(&[(0.0, 2.0), (1.0, 1.0)].into_iter()).unwrap();
        assert_eq!((line.slope, line.at_zero, line.bound), (0.0, 1.5, 2.0));
        assert_eq!(Line::fit(&[].into_iter()), None);
    }

    #[test]
    fn no_trial_is_in_no_band() {
        assert_eq!(by_distance([].into_iter()), []);
        let names = [0, 1, 3].map(band_in_words);
        assert_eq!(names[0], "of homophones");
        assert_eq!(names[2], "at a distance above 0.2 up to 0.3");
    }

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
