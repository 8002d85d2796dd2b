//! First-pass shift: the same added to all first-pass scores changes no pick.

use crate::check::properties::choice::{Answered, overturned};
use crate::check::properties::probe::{Probe, Shown, ask, largest_gap};
use crate::check::properties::strict::{Exception, Look, Strict};
use crate::rescore::{RescoreError, Rescorer};

/// What is added. Powers of two: sums lose little to rounding.
const SHIFTS: [f64; 2] = [64.0, -64.0];

/// Sums with what is added lose some digits: totals that close are tied.
const ROUNDING: f64 = 1e-9;

/// The pick stays, but for ties: totals that second-pass scores off by `tolerance` could turn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct FirstPassShift {
    /// How far off a score may be.
    pub(crate) tolerance: f64,
}

impl Strict for FirstPassShift {
    fn fewest_entries(&self) -> usize {
        2
    }

    fn look(&self, probes: &[Probe], rescorer: &dyn Rescorer) -> Result<Look, RescoreError> {
        let mut look = Look::default();
        let interpolation = rescorer.interpolation();
        let first = ask(rescorer, probes)?;
        for shift in SHIFTS {
            let shifted: Vec<Probe> = probes.iter().map(|probe| moved(probe, shift)).collect();
            let answers = ask(rescorer, &shifted)?;
            for (index, (shifted, scores)) in shifted.iter().zip(&answers).enumerate() {
                let size = largest_gap(&first[index], scores);
                look.largest = look.largest.max(size);
                let before = Answered {
                    probe: &probes[index],
                    scores: &first[index],
                };
                let after = Answered {
                    probe: shifted,
                    scores,
                };
                let Some(lead) = overturned(before, after, interpolation, self.tolerance) else {
                    continue;
                };
                if look.exception.is_none() && lead > ROUNDING {
                    look.exception = Some(Exception {
                        probes: vec![index],
                        sentence: format!(
                            "with {shift} added to all first-pass scores, another text leads by \
                            {lead:.4}"
                        ),
                        lists: vec![
                            Shown::rescored("as it is", before.probe, before.scores, interpolation),
                            Shown::rescored("shifted", shifted, scores, interpolation),
                        ],
                        size,
                    });
                }
            }
        }

        Ok(look)
    }
}

fn moved(probe: &Probe, shift: f64) -> Probe {
    let mut probe = probe.clone();
    for entry in &mut probe.entries {
        entry.first_pass += shift;
    }
    probe
}
