//! Error counts by cluster.
//!
//! A cluster is the unit that varies independently: the speaker where speakers are known, else the
//! recording, else the utterance. Rows of one cluster, and draws of one utterance, are added up
//! before anything else happens; they are never treated as independent. Not here: ratios of
//! perturbed to clean errors (`fieller`).

use std::collections::BTreeMap;
use std::iter::Sum;
use std::ops::{Add, AddAssign};

/// The error counts of one cluster (or utterance, or of everything), summed over all draws.
///
/// All three are totals over the same draws: with K draws of an utterance of N reference words and
/// E clean errors, `reference_words` is K N and `errors_a` is K E ([`Cluster::from_draws`] does
/// that). So both sides share a denominator, and every count stays whole. For two systems without
/// perturbation, read "clean" as the first and "perturbed" as the second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cluster {
    /// Words of the references, counted once per draw.
    pub reference_words: u64,
    /// Errors on the clean input, counted once per draw.
    pub errors_a: u64,
    /// Errors on the perturbed input.
    pub errors_b: u64,
}

impl Cluster {
    /// The sums of one utterance: its words, its clean errors and its perturbed errors in each
    /// draw.
    pub fn from_draws(reference_words: u64, errors_a: u64, errors_b: &[u64]) -> Cluster {
        let draws = errors_b.len() as u64;
        Cluster {
            reference_words: draws * reference_words,
            errors_a: draws * errors_a,
            errors_b: errors_b.iter().sum(),
        }
    }

    /// The clean word error rate; NaN without reference words.
    pub fn clean_wer(&self) -> f64 {
        self.errors_a as f64 / self.reference_words as f64
    }

    /// Perturbed minus clean word error rate; NaN without reference words.
    pub fn wer_difference(&self) -> f64 {
        self.extra_errors() as f64 / self.reference_words as f64
    }

    /// Perturbed minus clean errors.
    pub fn extra_errors(&self) -> i64 {
        signed(self.errors_b) - signed(self.errors_a)
    }
}

impl Add for Cluster {
    type Output = Cluster;

    fn add(self, other: Cluster) -> Cluster {
        Cluster {
            reference_words: self.reference_words + other.reference_words,
            errors_a: self.errors_a + other.errors_a,
            errors_b: self.errors_b + other.errors_b,
        }
    }
}

impl AddAssign for Cluster {
    fn add_assign(&mut self, other: Cluster) {
        *self = *self + other;
    }
}

impl Sum for Cluster {
    fn sum<I: Iterator<Item = Cluster>>(clusters: I) -> Cluster {
        clusters.fold(Cluster::default(), Add::add)
    }
}

/// A count as a signed number.
pub(crate) fn signed(count: u64) -> i64 {
    i64::try_from(count).expect("error and word counts are far below 2^63")
}

/// Adds up the units of each cluster; the clusters come in the order of their keys, whatever the
/// order of the units.
pub fn gather<Key: Ord>(units: impl IntoIterator<Item = (Key, Cluster)>) -> Vec<Cluster> {
    let mut clusters: BTreeMap<Key, Cluster> = BTreeMap::new();
    for (key, unit) in units {
        *clusters.entry(key).or_default() += unit;
    }
    clusters.into_values().collect()
}

/// The sums over all clusters.
pub fn total(clusters: &[Cluster]) -> Cluster {
    clusters.iter().copied().sum()
}

#[cfg(test)]
mod tests {
    use crate::stats::clusters::{Cluster, gather};

    #[test]
    fn draws_multiply_the_clean_side_and_the_words() {
        let cluster = Cluster::from_draws(7, 2, &[2, 3, 4]);
        assert_eq!(
            cluster,
            Cluster {
                reference_words: 21,
                errors_a: 6,
                errors_b: 9
            }
        );
        assert_eq!(cluster.extra_errors(), 3);
    }

    #[test]
    fn clusters_come_in_the_order_of_their_keys_whatever_the_order_of_units() {
        let unit = |errors| Cluster {
            reference_words: 10,
            errors_a: errors,
            errors_b: 0,
        };
        let one = gather([("b", unit(1)), ("a", unit(2)), ("b", unit(4))]);
        let other = gather([("b", unit(4)), ("b", unit(1)), ("a", unit(2))]);
        assert_eq!(one, other);
        assert_eq!(one[1].errors_a, 5);
    }
}
