//! Tally: exceptions, summed within clusters.

use crate::stats::clusters::Cluster;

/// What was counted of a rate, utterance by utterance: of each of them nothing is left but its
/// share of the sums.
///
/// A unit is what was tried of an utterance, and the exceptions among that; for a word error rate,
/// words, and errors before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tally {
    clusters: Vec<Cluster>,
    utterances: usize,
    changed: u64,
}

impl Tally {
    /// Of nothing, in so many clusters.
    pub(crate) fn new(clusters: usize) -> Tally {
        Tally {
            clusters: vec![Cluster::default(); clusters],
            utterances: 0,
            changed: 0,
        }
    }

    /// Adds a unit for each utterance of a part, given the labels of their clusters.
    pub(crate) fn add(&mut self, labels: &[usize], units: &[Cluster]) {
        for (label, unit) in labels.iter().zip(units) {
            self.clusters[*label] += *unit;
            self.utterances += usize::from(unit.reference_words > 0);
            self.changed += unit.extra_errors().unsigned_abs();
        }
    }

    /// The sums of each cluster, by its label.
    pub(crate) fn clusters(&self) -> &[Cluster] {
        &self.clusters
    }

    /// Of how many utterances something was tried.
    pub(crate) fn utterances(&self) -> usize {
        self.utterances
    }

    /// How much was tried.
    pub(crate) fn tried(&self) -> u64 {
        self.sum(|cluster| cluster.reference_words)
    }

    /// How many exceptions there were.
    pub(crate) fn exceptions(&self) -> u64 {
        self.sum(|cluster| cluster.errors_b)
    }

    /// How many there were before.
    pub(crate) fn before(&self) -> u64 {
        self.sum(|cluster| cluster.errors_a)
    }

    /// How many exceptions utterances had more, or fewer, than before.
    pub(crate) fn changed(&self) -> u64 {
        self.changed
    }

    fn sum(&self, of: impl Fn(&Cluster) -> u64) -> u64 {
        self.clusters.iter().map(of).sum()
    }
}

/// A unit of a rate.
pub(crate) fn unit(tried: usize, exceptions: usize) -> Cluster {
    Cluster {
        reference_words: tried as u64,
        errors_a: 0,
        errors_b: exceptions as u64,
    }
}
