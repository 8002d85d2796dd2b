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
