//! Duplicate invariance: a copy of a hypothesis scores as the hypothesis does, and changes no pick.

use crate::check::properties::choice::{Answered, overturned};
use crate::check::properties::probe::{Entry, Probe, Shown, ask, gap, largest_gap};
use crate::check::properties::strict::{Exception, Look, Strict};
use crate::rescore::{RescoreError, Rescorer};

/// Copies are at most `tolerance` apart. The copy stands last, with the worst first-pass score of
/// the list.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct DuplicateInvariance {
    /// How far apart the scores of copies may be.
    pub(crate) tolerance: f64,
}

impl Strict for DuplicateInvariance {
    fn fewest_entries(&self) -> usize {
        1
    }

    fn look(&self, probes: &[Probe], rescorer: &dyn Rescorer) -> Result<Look, RescoreError> {
        let mut look = Look::default();
        let first = ask(rescorer, probes)?;
        let interpolation = rescorer.interpolation();
        for copied in [Copied::Pick, Copied::Last] {
            let sources: Vec<usize> = probes
                .iter()
                .zip(&first)
                .map(|(probe, scores)| match copied {
                    Copied::Pick => probe.pick(scores, interpolation),
                    Copied::Last => probe.entries.len() - 1,
                })
                .collect();
            let pairs = probes.iter().zip(&sources);
            let longer: Vec<Probe> = pairs
                .map(|(probe, source)| with_copy(probe, *source))
                .collect();
            let answers = ask(rescorer, &longer)?;
            for (index, (longer, scores)) in longer.iter().zip(&answers).enumerate() {
                let size = gap(scores[sources[index]], scores[scores.len() - 1]);
                look.largest = look.largest.max(size);
                if look.exception.is_some() {
                    continue;
                }
                let before = Answered {
                    probe: &probes[index],
                    scores: &first[index],
                };
                let after = Answered {
                    probe: longer,
                    scores,
                };
                let sentence = match overturned(before, after, interpolation, self.tolerance) {
                    _ if size > self.tolerance => {
                        format!("two copies of a text get scores {size:.4} apart")
                    }
                    Some(lead) => {
                        format!("with a copy in the list, another text leads by {lead:.4}")
                    }
                    None => continue,
                };
                look.exception = Some(Exception {
                    probes: vec![index],
                    sentence,
                    lists: vec![
                        Shown::rescored("as it is", &probes[index], &first[index], interpolation),
                        Shown::rescored("with a copy", longer, scores, interpolation),
                    ],
                    // Copies may be alike where all others move.
                    size: size.max(largest_gap(&first[index], scores)),
                });
            }
        }

        Ok(look)
    }
}

/// Which hypothesis is copied.
#[derive(Clone, Copy)]
enum Copied {
    Pick,
    Last,
}

fn with_copy(probe: &Probe, source: usize) -> Probe {
    let mut probe = probe.clone();
    let worst = probe.entries.iter().map(|entry| entry.first_pass);
    let copy = Entry {
        text: probe.entries[source].text.clone(),
        first_pass: worst.fold(f64::INFINITY, f64::min),
    };
    probe.entries.push(copy);
    probe
}
