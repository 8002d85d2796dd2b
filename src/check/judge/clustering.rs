//! Which utterances belong together: the independent observations of every interval.

use std::collections::BTreeMap;

use crate::nbest::Utterance;

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
    /// The cluster of each utterance, from 0, numbered in the order of their names.
    pub labels: Vec<usize>,
}

impl Clustering {
    /// By speaker where every utterance names one, else by utterance.
    pub fn new(utterances: &[Utterance]) -> Clustering {
        Clustering::by_speaker(utterances.iter().map(|u| u.speaker.as_deref()))
    }

    /// By the speaker of each utterance where all are known, else by utterance.
    pub fn by_speaker<'a>(speakers: impl ExactSizeIterator<Item = Option<&'a str>>) -> Clustering {
        let count = speakers.len();
        let Some(speakers) = speakers.collect::<Option<Vec<&str>>>() else {
            return Clustering {
                unit: ClusterUnit::Utterance,
                count,
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
            labels: speakers.iter().map(|name| numbers[name]).collect(),
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
}
