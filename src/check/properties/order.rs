//! Order invariance: the order of the hypotheses says nothing.

use crate::check::properties::choice::{Answered, overturned};
use crate::check::properties::probe::{Probe, Shown, ask, gap};
use crate::check::properties::strict::{Exception, Look, Strict};
use crate::rescore::{RescoreError, Rescorer};

/// Scores of a reordered list are at most `tolerance` off, and the same text is picked, ties aside.
///
/// Asked with all first-pass scores alike, since a list is always in their order; picks use the
/// true ones.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct OrderInvariance {
    /// How far a score may move.
    pub(crate) tolerance: f64,
}

impl Strict for OrderInvariance {
    fn fewest_entries(&self) -> usize {
        2
    }

    fn look(&self, probes: &[Probe], rescorer: &dyn Rescorer) -> Result<Look, RescoreError> {
        let mut look = Look::default();
        let flat: Vec<Probe> = probes.iter().map(flat).collect();
        let first = ask(rescorer, &flat)?;
        for permutation in [reversed, rotated, riffled] {
            let orders: Vec<Vec<usize>> = probes
                .iter()
                .map(|probe| permutation(probe.entries.len()))
                .collect();
            let pairs = flat.iter().zip(&orders);
            let permuted: Vec<Probe> = pairs
                .map(|(probe, order)| probe.with_entries(order))
                .collect();
            let scores = ask(rescorer, &permuted)?;
            for (index, (order, scores)) in orders.iter().zip(&scores).enumerate() {
                let probe = &probes[index];
                let size = order
                    .iter()
                    .zip(scores)
                    .map(|(from, score)| gap(first[index][*from], *score))
                    .fold(0.0, f64::max);
                look.largest = look.largest.max(size);
                if look.exception.is_some() {
                    continue;
                }
                let permuted = probe.with_entries(order);
                let before = Answered {
                    probe,
                    scores: &first[index],
                };
                let after = Answered {
                    probe: &permuted,
                    scores,
                };
                let interpolation = rescorer.interpolation();
                let other = overturned(before, after, interpolation, self.tolerance);
                let sentence = match other {
                    _ if size > self.tolerance => {
                        format!("in another order, a score moves by {size:.4}")
                    }
                    Some(lead) => format!("in another order, another text leads by {lead:.4}"),
                    None => continue,
                };
                look.exception = Some(Exception {
                    probes: vec![index],
                    sentence,
                    lists: vec![
                        Shown::rescored("as it is", probe, &first[index], interpolation),
                        Shown::rescored("in another order", &permuted, scores, interpolation),
                    ],
                    size,
                });
            }
        }

        Ok(look)
    }
}

fn flat(probe: &Probe) -> Probe {
    let mut probe = probe.clone();
    for entry in &mut probe.entries {
        entry.first_pass = 0.0;
    }
    probe
}

fn reversed(count: usize) -> Vec<usize> {
    (0..count).rev().collect()
}

fn rotated(count: usize) -> Vec<usize> {
    (1..count).chain(0..count.min(1)).collect()
}

/// Those at odd places first.
fn riffled(count: usize) -> Vec<usize> {
    let odd = (1..count).step_by(2);
    odd.chain((0..count).step_by(2)).collect()
}
