//! `FirstPass`: the rescorer that changes nothing.

use crate::rescore::candidates::Candidates;
use crate::rescore::error::RescoreError;
use crate::rescore::interpolation::Interpolation;
use crate::rescore::rescorer::Rescorer;

/// The first pass alone: no second-pass opinion at all.
#[derive(Debug, Clone, Copy)]
pub struct FirstPass;

impl Rescorer for FirstPass {
    fn score(&self, lists: &[Candidates<'_>]) -> Result<Vec<Vec<f64>>, RescoreError> {
        Ok(lists
            .iter()
            .map(|list| vec![0.0; list.texts.len()])
            .collect())
    }

    fn interpolation(&self) -> Interpolation {
        Interpolation {
            first_pass_scale: 1.0,
            weight: 0.0,
        }
    }

    fn name(&self) -> &'static str {
        "first-pass"
    }
}
