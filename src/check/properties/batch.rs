//! Batch invariance: a list gets the same scores alone as beside others.
//!
//! Padding that leaks into attention, batch statistics and state kept between texts all show
//! here. Lists of one call go to the model as one batch, or as its batches.

use crate::check::properties::probe::{Probe, Shown, ask, largest_gap};
use crate::check::properties::strict::{Exception, Look, Strict};
use crate::rescore::{RescoreError, Rescorer};

/// So many times as long as the longest text is the companion that shorter ones are padded to.
const COMPANION: usize = 3;

/// Sizes of the calls that the lists are dealt out to, beside one at a time and all at once.
const CALLS: [usize; 3] = [2, 8, 32];

/// Scores alone and together are at most `tolerance` apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct BatchInvariance {
    /// How far a score may move.
    pub(crate) tolerance: f64,
}

impl Strict for BatchInvariance {
    /// A list of one very long text.
    fn companion(&self, lists: &[Probe]) -> Option<Probe> {
        let texts = lists.iter().flat_map(|list| &list.entries);
        let longest = texts
            .map(|entry| entry.text.as_str())
            .max_by_key(|text| text.split(' ').count())
            .unwrap_or("");
        let long = [longest; COMPANION].join(" ");
        Some(Probe::made("a long text", [long.as_str()]))
    }

    fn fewest_entries(&self) -> usize {
        1
    }

    fn look(&self, probes: &[Probe], rescorer: &dyn Rescorer) -> Result<Look, RescoreError> {
        let mut alone = Vec::with_capacity(probes.len());
        for probe in probes {
            alone.extend(ask(rescorer, [probe])?);
        }

        let mut look = Look::default();
        for call in compositions(probes.len()) {
            let scores = ask(rescorer, call.iter().map(|index| &probes[*index]))?;
            for (&index, scores) in call.iter().zip(&scores) {
                let size = largest_gap(&alone[index], scores);
                look.largest = look.largest.max(size);
                if size > self.tolerance && look.exception.is_none() {
                    look.exception = Some(exception(probes, &call, index, &alone[index], scores));
                }
            }
        }

        Ok(look)
    }
}

/// Which lists share a call, in which order.
fn compositions(count: usize) -> Vec<Vec<usize>> {
    let all: Vec<usize> = (0..count).collect();
    let reversed: Vec<usize> = all.iter().rev().copied().collect();

    // Neighbours of the corpus apart from each other: every third list, then the others.
    let dealt: Vec<usize> = (0..3).flat_map(|first| (first..count).step_by(3)).collect();
    let mut calls = vec![all, reversed];
    for size in CALLS.into_iter().filter(|size| *size < count) {
        calls.extend(dealt.chunks(size).map(<[usize]>::to_vec));
    }

    if let Some(last) = count.checked_sub(1) {
        // Each beside the long text, which is the last.
        calls.extend((0..last).map(|index| vec![index, last]));
    }

    calls
}

fn exception(
    probes: &[Probe],
    call: &[usize],
    index: usize,
    alone: &[f64],
    together: &[f64],
) -> Exception {
    let size = largest_gap(alone, together);
    let mut lists = vec![
        Shown::scored("alone", &probes[index], alone),
        Shown::scored("in one call with others", &probes[index], together),
    ];
    let others = call.iter().filter(|other| **other != index);
    lists.extend(others.map(|other| Shown::texts("in the same call", &probes[*other])));

    Exception {
        probes: call.to_vec(),
        sentence: if call.len() == 1 {
            format!("scores move by {size:.4} though nothing else is in the call")
        } else {
            format!("scores move by {size:.4} with what else is in the call")
        },
        lists,
        size,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_is_in_calls_of_several_sizes() {
        for count in [1, 2, 3, 40] {
            let calls = compositions(count);
            for index in 0..count {
                let sizes: std::collections::BTreeSet<usize> = calls
                    .iter()
                    .filter(|call| call.contains(&index))
                    .map(Vec::len)
                    .collect();
                assert!(sizes.contains(&count));
                assert!(count < 40 || sizes.len() >= 3, "{sizes:?}");
            }
        }
    }
}
