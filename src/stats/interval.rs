//! `ConfidenceInterval`: a range that covers the true value as often as it says.

/// A range that covers the true value in `confidence` of all repetitions of the experiment.
///
/// Ends may be infinite where the data do not bound them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ConfidenceInterval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// The two-sided coverage aimed at, between 0 and 1.
    pub confidence: f64,
}

impl ConfidenceInterval {
    /// The interval that says nothing.
    pub fn unbounded(confidence: f64) -> ConfidenceInterval {
        ConfidenceInterval {
            low: f64::NEG_INFINITY,
            high: f64::INFINITY,
            confidence,
        }
    }

    /// `center` plus and minus `radius`.
    pub fn around(center: f64, radius: f64, confidence: f64) -> ConfidenceInterval {
        ConfidenceInterval {
            low: center - radius,
            high: center + radius,
            confidence,
        }
    }

    /// Whether `value` lies in the interval, ends included.
    pub fn contains(&self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }

    /// The part of the interval that is `possible`: from its first to its second number. An end
    /// that the data do not bound stays without a bound.
    #[must_use]
    pub(crate) fn cut(&self, possible: [f64; 2]) -> ConfidenceInterval {
        let [least, most] = possible;
        let cut = |end: f64| {
            if end.is_finite() {
                end.clamp(least, most)
            } else {
                end
            }
        };
        ConfidenceInterval {
            low: cut(self.low),
            high: cut(self.high),
            confidence: self.confidence,
        }
    }

    /// The interval moved by `offset`.
    #[must_use]
    pub fn shifted(&self, offset: f64) -> ConfidenceInterval {
        ConfidenceInterval {
            low: self.low + offset,
            high: self.high + offset,
            confidence: self.confidence,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_possible_is_cut_and_what_is_not_bounded_stays() {
        let shares = [0.0, 1.0];
        let cut = ConfidenceInterval::around(0.9, 0.2, 0.95).cut(shares);
        assert!((cut.low - 0.7).abs() < 1e-12 && (cut.high - 1.0).abs() < 1e-12);
        let cut = ConfidenceInterval::around(0.1, 0.2, 0.95).cut([0.0, f64::INFINITY]);
        assert!(cut.low == 0.0 && (cut.high - 0.3).abs() < 1e-12);

        let unbounded = ConfidenceInterval::unbounded(0.95);
        assert_eq!(unbounded.cut(shares), unbounded);
    }
}
