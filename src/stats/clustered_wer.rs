//! The word error rate of one system, with a precision that knows about clusters.

use crate::stats::clusters::{Cluster, gather};
use crate::stats::exact_ends::{Counts, with_exact_ends};
use crate::stats::fieller::{column, ratio_of_sums};
use crate::stats::{ConfidenceInterval, Flag};

/// One utterance as the word error rate of a single system sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Which cluster it belongs to; any numbering.
    pub cluster: usize,
    /// Errors of the system, over all draws.
    pub errors: u64,
    /// Words of the reference, over all draws.
    pub reference_words: u64,
}

/// A word error rate with a precision that knows about clusters.
#[derive(Clone, Debug, PartialEq)]
pub struct ClusteredWer {
    /// Errors over reference words; NaN without words.
    pub wer: f64,
    /// The standard error with clusters as the units (linearization).
    pub standard_error: f64,
    /// The t interval. Without a single error it runs from 0 to the rate of clusters with errors
    /// that the data leave possible.
    pub interval: ConfidenceInterval,
    /// What to know before trusting the interval.
    pub flags: Vec<Flag>,
}

/// The word error rate of `units` and its t interval, with clusters as the independent
/// observations.
///
/// Source: linearized variance of a ratio, S / (S - 1) sum (E_g - W N_g)^2 / (sum N)^2.
pub fn clustered_wer(units: &[Unit], confidence: f64) -> ClusteredWer {
    let clusters = gather(units.iter().map(|unit| {
        let sums = Cluster {
            reference_words: unit.reference_words,
            errors_a: unit.errors,
            errors_b: 0,
        };
        (unit.cluster, sums)
    }));

    let errors = column(&clusters, |cluster| cluster.errors_a as f64);
    let words = column(&clusters, |cluster| cluster.reference_words as f64);
    let clustered = ratio_of_sums(&errors, &words, confidence);
    let clustered = with_exact_ends(clustered, &errors, &words, Counts::Events);

    let mut flags = clustered.flags;
    if units.iter().all(|unit| unit.errors == 0) {
        flags.push(Flag::NoErrors);
    }

    ClusteredWer {
        wer: clustered.ratio,
        standard_error: clustered.standard_error,
        interval: clustered.delta,
        flags,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_perfect_system_still_has_an_upper_bound() {
        let units: Vec<Unit> = (0..59)
            .map(|cluster| Unit {
                cluster,
                errors: 0,
                reference_words: 10,
            })
            .collect();

        let wer = clustered_wer(&units, 0.95);
        assert!(wer.flags.contains(&Flag::NoErrors));
        // 1 - 0.025^(1/59): the utterances here are clusters of their own.
        assert!(
            (wer.interval.high - 0.060_609).abs() < 1e-6,
            "{:?}",
            wer.interval
        );
    }
}
