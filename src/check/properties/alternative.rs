//! Irrelevant alternatives: without the hypothesis that comes last, the same one still comes first.

use crate::check::properties::choice::{Answered, overturned};
use crate::check::properties::probe::{Probe, Shown, ask, gap};
use crate::check::properties::strict::{Exception, Look, Strict};
use crate::rescore::{RescoreError, Rescorer};

/// The pick stays, but for ties: totals that second-pass scores off by `tolerance` could turn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct IrrelevantAlternative {
    /// How far off a score may be.
    pub(crate) tolerance: f64,
}

impl Strict for IrrelevantAlternative {
    fn fewest_entries(&self) -> usize {
        2
    }

    fn look(&self, probes: &[Probe], rescorer: &dyn Rescorer) -> Result<Look, RescoreError> {
        let mut look = Look::default();
        let interpolation = rescorer.interpolation();
        let first = ask(rescorer, probes)?;
        let shorter: Vec<(usize, Vec<usize>, Probe)> = probes
            .iter()
            .zip(&first)
            .enumerate()
            .filter(|(_, (probe, _))| probe.entries.len() > 1)
            .map(|(index, (probe, scores))| {
                let dropped = last(&probe.totals(scores, interpolation));
                let kept: Vec<usize> = (0..scores.len())
                    .filter(|entry| *entry != dropped)
                    .collect();
                let shorter = probe.with_entries(&kept);
                (index, kept, shorter)
            })
            .collect();

        let answers = ask(rescorer, shorter.iter().map(|(.., probe)| probe))?;
        for ((index, kept, shorter), scores) in shorter.iter().zip(&answers) {
            let moved = kept.iter().zip(scores);
            let size = moved
                .map(|(entry, score)| gap(first[*index][*entry], *score))
                .fold(0.0, f64::max);
            look.largest = look.largest.max(size);
            let before = Answered {
                probe: &probes[*index],
                scores: &first[*index],
            };
            let after = Answered {
                probe: shorter,
                scores,
            };
            let Some(lead) = overturned(before, after, interpolation, self.tolerance) else {
                continue;
            };
            if look.exception.is_none() {
                look.exception = Some(Exception {
                    probes: vec![*index],
                    sentence: format!(
                        "without the hypothesis that comes last, another text leads by {lead:.4}"
                    ),
                    lists: vec![
                        Shown::rescored("as it is", before.probe, before.scores, interpolation),
                        Shown::rescored("without the last choice", shorter, scores, interpolation),
                    ],
                    size,
                });
            }
        }

        Ok(look)
    }
}

/// The index of the smallest total, the later of equals: never the pick, where there are two.
fn last(totals: &[f64]) -> usize {
    let mut last = totals.len() - 1;
    for index in (0..last).rev() {
        if totals[index] < totals[last] {
            last = index;
        }
    }
    last
}
