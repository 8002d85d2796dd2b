//! Score drop per distance: how far a swap moves the score of a reference.
//!
//! Scores of different models have different scales; the spread of the scores within a
//! list is the measure here: a swap that moves a score by several spreads outweighs all
//! else that tells hypotheses apart.

use std::collections::BTreeMap;

use crate::check::properties::drawn::{DrawnChoice, Sample, Worst};
use crate::check::properties::preference::{band, band_in_words, distance};
use crate::check::properties::rate::Counted;
use crate::check::properties::{Figure, Spread};
use crate::stats::distributions::quantile;
use crate::stats::gate::Margin;

/// The share of moves that the reported bound holds for.
const BOUND: f64 = 0.99;

/// Counts the perturbed references whose score moves by more than `max_spreads` times `spread`; figures are the fit.
pub fn count(sample: &Sample<'_>, spread: f64, max_spreads: f64) -> Counted {
    let limit = spread * max_spreads;
    let moved = |scores: &[f64], clean: &[f64]| (scores[0] - clean[0]).abs();
    let of = |trial: &DrawnChoice| moved(&trial.choice.scores, &trial.choice.clean_scores);
    let furthest = sample.largest(limit, of);
    let example = furthest.and_then(|trial| {
        Worst {
            trial,
            source: &sample.sources[trial.source],
            is_exception: &|_, choice| moved(&choice.scores, &choice.clean_scores) > limit,
            describe: &|_, choice| {
                let moved = moved(&choice.scores, &choice.clean_scores);
                format!(
                    "the score moves by {moved:.4}, {:.1} spreads",
                    moved / spread
                )
            },
        }
        .minimal(sample.rescorer)
    });

    let points: Vec<(f64, f64)> = sample
        .trials
        .iter()
        .map(|trial| (f64::from(distance(trial)) / 1000.0, of(trial)))
        .collect();

    let mut figures = vec![Figure::plain(
        "spread of scores within a list (median)",
        spread,
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

    figures.extend(by_distance(sample.trials, |trial| of(trial) / spread));

    Counted {
        units: sample.units(&|trial| of(trial) > limit),
        margins: vec![Margin::Absolute(sample.max_rate)],
        figures,
        example,
    }
}

/// How far swaps of each band of distances move a score, as `moved` tells of a trial: medians, with what lies around
/// them.
fn by_distance(trials: &[DrawnChoice], moved: impl Fn(&DrawnChoice) -> f64) -> Vec<Figure> {
    let mut bands: BTreeMap<u32, Vec<f64>> = BTreeMap::new();
    for trial in trials {
        bands.entry(band(trial)).or_default().push(moved(trial));
    }

    bands
        .into_iter()
        .map(|(band, mut moves)| {
            moves.sort_by(f64::total_cmp);
            let at = |share| quantile(&moves, share);
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

/// The median over lists of the standard deviation of the scores within a list; `None` if it is 0 or there is no list of two.
pub fn spread<'a>(lists: impl Iterator<Item = &'a [f64]>) -> Option<f64> {
    let mut spreads: Vec<f64> = lists
        .filter(|scores| scores.len() > 1)
        .map(|scores| {
            let mean = scores.iter().sum::<f64>() / scores.len() as f64;
            let squares = scores
                .iter()
                .map(|score| (score - mean).powi(2))
                .sum::<f64>();
            (squares / (scores.len() - 1) as f64).sqrt()
        })
        .collect();
    spreads.sort_by(f64::total_cmp);

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
    fn fit(points: &[(f64, f64)]) -> Option<Line> {
        if points.is_empty() {
            return None;
        }

        let count = points.len() as f64;
        let mean_x = points.iter().map(|point| point.0).sum::<f64>() / count;
        let mean_y = points.iter().map(|point| point.1).sum::<f64>() / count;
        let squares: f64 = points.iter().map(|point| (point.0 - mean_x).powi(2)).sum();
        let products: f64 = points
            .iter()
            .map(|point| (point.0 - mean_x) * (point.1 - mean_y))
            .sum();
        let slope = if squares > 0.0 {
            (products / squares).max(0.0)
        } else {
            0.0
        };
        let mut starts: Vec<f64> = points
            .iter()
            .map(|point| point.1 - slope * point.0)
            .collect();
        starts.sort_by(f64::total_cmp);

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
        let line = Line::fit(&points).unwrap();
        assert!(
            (line.slope - 16.0 / 7.0).abs() < 1e-12 && (line.at_zero - 1.0).abs() < 1e-12,
            "{line:?}"
        );

        // The largest of what is left of four points: 1.4 - 0.228571.
        assert!((line.bound - 1.171_428_571).abs() < 1e-9);
    }

    #[test]
    fn moves_that_fall_with_distance_are_bounded_by_a_level_line() {
        let line = Line::fit(&[(0.0, 2.0), (1.0, 1.0)]).unwrap();
        assert_eq!((line.slope, line.at_zero, line.bound), (0.0, 1.5, 2.0));
        assert_eq!(Line::fit(&[]), None);
    }

    #[test]
    fn no_trial_is_in_no_band() {
        assert_eq!(by_distance(&[], |_| 0.0), []);
        let names = [0, 1, 3].map(band_in_words);
        assert_eq!(names[0], "of homophones");
        assert_eq!(names[2], "at a distance above 0.2 up to 0.3");
    }

    #[test]
    fn the_spread_is_the_median_deviation() {
        let lists: [&[f64]; 4] = [&[1.0, 1.0], &[0.0, 2.0], &[0.0, 4.0], &[7.0]];
        let spread = spread(lists.into_iter()).unwrap();
        assert!((spread - 2f64.sqrt()).abs() < 1e-12);
        assert_eq!(super::spread([&[1.0, 1.0][..]].into_iter()), None);
    }
}
