//! `Margin`: how much degradation is acceptable.

use crate::stats::clusters::{Cluster, signed};

/// How much degradation is acceptable.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Margin {
    /// As a fraction of the clean errors: 0.1 allows 10 % more. v = Y - (1 + margin) X.
    Relative(f64),
    /// In word error rate: 0.005 allows half a percentage point more. v = Y - X - margin N.
    Absolute(f64),
}

impl Margin {
    /// The number inside.
    pub fn value(self) -> f64 {
        match self {
            Margin::Relative(margin) | Margin::Absolute(margin) => margin,
        }
    }

    /// What the margin limits over what it is relative to.
    pub(super) fn pair(self, cluster: &Cluster) -> [i64; 2] {
        match self {
            Margin::Relative(_) => [signed(cluster.errors_b), signed(cluster.errors_a)],
            Margin::Absolute(_) => [cluster.extra_errors(), signed(cluster.reference_words)],
        }
    }

    /// The limit on the ratio of the pair.
    pub(super) fn limit(self) -> f64 {
        self.offset() + self.value()
    }

    /// What the ratio of the pair is without degradation.
    pub(super) fn offset(self) -> f64 {
        match self {
            Margin::Relative(_) => 1.0,
            Margin::Absolute(_) => 0.0,
        }
    }
}
