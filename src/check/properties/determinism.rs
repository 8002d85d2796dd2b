//! Determinism: the same call twice gives the same scores.

use crate::check::properties::probe::{Probe, Shown, ask, largest_gap};
use crate::check::properties::strict::{Exception, Look, Strict};
use crate::rescore::{RescoreError, Rescorer};

/// How often a call is repeated.
const REPETITIONS: usize = 3;

/// Scores of repeated calls are at most `tolerance` apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Determinism {
    /// How far a score may move.
    pub(crate) tolerance: f64,
}

impl Strict for Determinism {
    fn fewest_entries(&self) -> usize {
        1
    }

    fn compares_calls(&self) -> bool {
        false
    }

    fn look(&self, probes: &[Probe], rescorer: &dyn Rescorer) -> Result<Look, RescoreError> {
        let first = ask(rescorer, probes)?;
        let mut look = Look::default();
        for _ in 1..REPETITIONS {
            let again = ask(rescorer, probes)?;
            for (index, (first, again)) in first.iter().zip(&again).enumerate() {
                let size = largest_gap(first, again);
                look.largest = look.largest.max(size);
                if size > self.tolerance && look.exception.is_none() {
                    look.exception = Some(Exception {
                        probes: vec![index],
                        sentence: format!("the same call again moves a score by {size:.4}"),
                        lists: vec![
                            Shown::scored("first call", &probes[index], first),
                            Shown::scored("the same again", &probes[index], again),
                        ],
                        size,
                    });
                }
            }
        }

        Ok(look)
    }
}
