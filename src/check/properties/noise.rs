//! Preflight: how far scores are from themselves.
//!
//! Degradation that rests on differences of scores no larger than this means nothing.

use crate::check::properties::batch::BatchInvariance;
use crate::check::properties::determinism::Determinism;
use crate::check::properties::probe::Probe;
use crate::check::properties::strict::Strict;
use crate::rescore::{RescoreError, Rescorer};

/// So many lists are asked about.
pub const LISTS: usize = 16;

/// The noise floor of second-pass scores.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Preflight {
    /// Lists asked about.
    pub lists: usize,
    /// The largest difference between scores of equal calls.
    pub repeated: f64,
    /// The largest difference between scores of a list alone and in other calls.
    pub batched: f64,
}

impl Preflight {
    /// Measures the noise on `probes`, of which the first [`LISTS`] are used.
    pub fn measure(probes: &[Probe], rescorer: &dyn Rescorer) -> Result<Preflight, RescoreError> {
        let probes = &probes[..probes.len().min(LISTS)];
        let repeated = Determinism { tolerance: 0.0 }.look(probes, rescorer)?;
        let batched = BatchInvariance { tolerance: 0.0 }.look(probes, rescorer)?;
        Ok(Preflight {
            lists: probes.len(),
            repeated: repeated.largest,
            batched: batched.largest,
        })
    }

    /// Totals of this or less between two hypotheses may be noise.
    pub fn noise(&self, weight: f64) -> f64 {
        2.0 * weight.abs() * self.repeated.max(self.batched)
    }
}
