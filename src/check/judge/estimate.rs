//! Estimates: numbers with their intervals, as findings hold them and reports write them.

use serde::{Deserialize, Serialize};

use crate::stats::fieller::Ratio;

/// A number with its two-sided interval; ends are null where the data do not bound them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Estimate {
    /// The estimate; null where it is undefined.
    pub value: Option<f64>,
    /// The lower end.
    pub low: Option<f64>,
    /// The upper end.
    pub high: Option<f64>,
    /// The coverage of the interval, in 0..1.
    pub confidence: f64,
}

impl From<&Ratio> for Estimate {
    /// Fieller's interval: the one that is right with few clusters.
    fn from(ratio: &Ratio) -> Estimate {
        let bounded = ratio.fieller.bounded();
        Estimate {
            value: finite(ratio.ratio),
            low: bounded.and_then(|interval| finite(interval.low)),
            high: bounded.and_then(|interval| finite(interval.high)),
            confidence: ratio.delta.confidence,
        }
    }
}

impl From<Ratio> for Estimate {
    fn from(ratio: Ratio) -> Estimate {
        Estimate::from(&ratio)
    }
}

/// A number as JSON has it: no NaN, no infinity, and no zero below zero.
pub(crate) fn finite(value: f64) -> Option<f64> {
    // Adding 0.0 makes -0.0, as turning a difference round leaves it, the ordinary zero.
    value.is_finite().then_some(value + 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_has_no_sign() {
        let zero = finite(-0.0).expect("a number");
        assert_eq!(serde_json::to_string(&zero).expect("a number"), "0.0");
        assert_eq!((finite(-1.5), finite(f64::NAN)), (Some(-1.5), None));
    }
}
