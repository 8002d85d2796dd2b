//! A figure over all rescorers of a contender. Reports hold it as it is.

use serde::{Deserialize, Serialize};

use crate::check::judge::estimate::Estimate;

/// A figure over all rescorers of a label.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PooledFigure {
    /// Of the errors summed over the rescorers. The interval takes clusters as drawn at random, and
    /// seeds too where there are several.
    pub(crate) pooled: Estimate,
    /// The lowest and highest of the rescorers; null for one.
    pub(crate) range: Option<Extremes>,
}

/// The lowest and the highest of several values.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Extremes {
    /// The lowest.
    pub(crate) min: f64,
    /// The highest.
    pub(crate) max: f64,
}

impl Extremes {
    /// Those of at least two values that are numbers.
    pub(crate) fn of(values: impl Iterator<Item = Option<f64>>) -> Option<Extremes> {
        let finite: Vec<f64> = values.flatten().collect();
        if finite.len() < 2 {
            return None;
        }
        Some(Extremes {
            min: finite.iter().copied().fold(f64::INFINITY, f64::min),
            max: finite.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        })
    }
}
