//! Which utterances belong together: the independent observations of every interval.

use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroU64;

use crate::nbest::Utterance;
use crate::nbest::copies::recording;

/// What a cluster is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClusterUnit {
    /// All utterances of a speaker.
    Speaker,
    /// Each utterance by itself, because some utterance names no speaker. This
    /// assumes that utterances are independent, and makes intervals too narrow
    /// where several come from one speaker.
    Utterance,
}

impl ClusterUnit {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            ClusterUnit::Speaker => "speaker",
            ClusterUnit::Utterance => "utterance",
        }
    }
}

/// A cluster for every utterance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clustering {
    /// What a cluster is.
    pub unit: ClusterUnit,
    /// How many clusters there are.
    pub count: usize,
    /// How many there were before those with the same recording were joined.
    pub apart: usize,
    /// The cluster of each utterance, from 0, numbered in the order of their names.
    pub labels: Vec<usize>,
}

impl Clustering {
    /// By speaker where every utterance names one, else by utterance. Clusters of which one is for
    /// at least half lists of the other (reference, texts and scores) under other names are one: a
    /// copy is no evidence of its own.
    pub fn new(utterances: &[Utterance]) -> Clustering {
        Clustering::by_speaker(utterances.iter().map(|u| u.speaker.as_deref()))
            .joined(utterances.iter().map(recording))
    }

    /// By the speaker of each utterance where all are known, else by utterance.
    pub fn by_speaker<'a>(speakers: impl ExactSizeIterator<Item = Option<&'a str>>) -> Clustering {
        let count = speakers.len();
        let Some(speakers) = speakers.collect::<Option<Vec<&str>>>() else {
            return Clustering {
                unit: ClusterUnit::Utterance,
                count,
                apart: count,
                labels: (0..count).collect(),
            };
        };

        let mut numbers: BTreeMap<&str, usize> = speakers.iter().map(|name| (*name, 0)).collect();
        for (number, label) in numbers.values_mut().enumerate() {
            *label = number;
        }

        Clustering {
            unit: ClusterUnit::Speaker,
            count: numbers.len(),
            apart: numbers.len(),
            labels: speakers.iter().map(|name| numbers[name]).collect(),
        }
    }

    /// Clusters that share the `marks` of at least half of the utterances of the smaller one made
    /// one, numbered in the order of their first names; an utterance without a mark joins nothing.
    pub(crate) fn joined(self, marks: impl IntoIterator<Item = Option<NonZeroU64>>) -> Clustering {
        let mut sizes = vec![0; self.count];
        for label in &self.labels {
            sizes[*label] += 1;
        }

        // Short utterances may be alike by chance, scores and all: one of them joins nothing.
        let mut first: HashMap<NonZeroU64, usize> = HashMap::new();
        let mut shared: BTreeMap<(usize, usize), usize> = BTreeMap::new();
        for (label, mark) in self.labels.iter().zip(marks) {
            let Some(mark) = mark else { continue };
            let other = *first.entry(mark).or_insert(*label);
            if other != *label {
                *shared.entry((other, *label)).or_insert(0) += 1;
            }
        }

        let mut roots: Vec<usize> = (0..self.count).collect();
        for ((one, other), shared) in shared {
            if 2 * shared >= sizes[one].min(sizes[other]) {
                let (one, other) = (root(&mut roots, one), root(&mut roots, other));
                // The smaller number stays, so that a root comes before all that follow it.
                roots[one.max(other)] = one.min(other);
            }
        }

        let mut numbers = Vec::with_capacity(self.count);
        let mut count = 0;
        for label in 0..self.count {
            match root(&mut roots, label) {
                own if own == label => {
                    numbers.push(count);
                    count += 1;
                }
                first => numbers.push(numbers[first]),
            }
        }

        Clustering {
            count,
            labels: self.labels.iter().map(|label| numbers[*label]).collect(),
            ..self
        }
    }

    /// Sums `values`, one per utterance, within clusters.
    pub fn sums(&self, values: impl IntoIterator<Item = f64>) -> Vec<f64> {
        let mut sums = vec![0.0; self.count];
        for (label, value) in self.labels.iter().zip(values) {
            sums[*label] += value;
        }
        sums
    }
}

/// The smallest number of those that are joined with `label`.
fn root(roots: &mut [usize], mut label: usize) -> usize {
    while roots[label] != label {
        roots[label] = roots[roots[label]];
        label = roots[label];
    }
    label
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nbest::{Hypothesis, NBest, Transcript};

    fn utterance(id: &str, speaker: Option<&str>) -> Utterance {
        let transcript = Transcript::new("a");
        let hypothesis = Hypothesis {
            transcript,
            score: 0.0,
            am_score: None,
            lm_score: None,
        };

        Utterance {
            id: id.to_owned(),
            speaker: speaker.map(str::to_owned),
            reference: Transcript::new("a"),
            nbest: NBest::new(vec![hypothesis]).unwrap(),
            attributes: std::collections::BTreeMap::new(),
        }
    }

    #[test]
    fn speakers_are_numbered_by_name() {
        let utterances = [
            utterance("1", Some("zoe")),
            utterance("2", Some("al")),
            utterance("3", Some("zoe")),
        ];
        let clustering = Clustering::new(&utterances);
        assert_eq!(clustering.labels, [1, 0, 1]);
        assert_eq!(clustering.sums([1.0, 2.0, 4.0]), [2.0, 5.0]);
    }

    #[test]
    fn one_utterance_without_a_speaker_makes_every_utterance_a_cluster() {
        let utterances = [utterance("1", Some("zoe")), utterance("2", None)];
        let clustering = Clustering::new(&utterances);
        assert_eq!(
            (clustering.unit, clustering.count),
            (ClusterUnit::Utterance, 2)
        );
    }

    #[test]
    fn clusters_with_the_same_mark_are_one_in_the_order_of_their_names() {
        let names = ["d", "a", "b", "c", "e", "b"];
        let apart = Clustering::by_speaker(names.map(Some).into_iter());
        let marks = |marks: [u64; 6]| marks.map(NonZeroU64::new);

        // d and b by 7, half of what b has, then b and a by 9; c and e have nothing in common.
        let joined = apart.clone().joined(marks([7, 9, 7, 1, 2, 9]));
        assert_eq!(joined.labels, [0, 0, 0, 1, 2, 0]);
        assert_eq!((joined.count, joined.apart), (3, 5));

        // One in three is no copy of a speaker.
        let names = ["a", "a", "a", "b", "b", "b"];
        let alike = Clustering::by_speaker(names.map(Some).into_iter());
        assert_eq!(alike.clone().joined(marks([1, 2, 3, 1, 4, 5])), alike);

        // No mark is no copy, and within a speaker there is nothing to join.
        assert_eq!(apart.clone().joined(marks([0, 0, 5, 0, 0, 5])), apart);
    }

    #[test]
    fn copies_under_other_names_are_no_clusters_of_their_own() {
        let list = |id: &str, speaker: Option<&str>, score: f64| {
            let hypotheses = ["a", "b"].iter().zip([0.0, score]);
            let hypotheses = hypotheses.map(|(text, score)| Hypothesis {
                transcript: Transcript::new(text),
                score,
                am_score: None,
                lm_score: None,
            });
            Utterance {
                nbest: NBest::new(hypotheses.collect()).unwrap(),
                ..utterance(id, speaker)
            }
        };
        let counts = |lists: &[Utterance]| {
            let clustering = Clustering::new(lists);
            (clustering.count, clustering.apart)
        };

        let named = |scores: [f64; 3]| {
            let names = ["x", "y", "z"].into_iter().zip(scores);
            let lists: Vec<Utterance> = names
                .map(|(name, score)| list(name, Some(name), score))
                .collect();
            counts(&lists)
        };
        assert_eq!(named([-2.0, -2.0, -3.0]), (2, 3));
        // Ranks alone, as where a file has no scores, may well agree.
        assert_eq!(named([-1.0, -1.0, -1.0]), (3, 3));
        assert_eq!(
            counts(&[list("1", None, -2.0), list("2", None, -2.0)]),
            (1, 2)
        );
    }
}
