//! Where is it swayed? The run cut into slices, each beside the rest, by what changes of mind add
//! there.
//!
//! Slices are exploratory: many are looked at, so their probabilities control the false discovery
//! rate (Benjamini and Hochberg), and no verdict depends on them. They are cut by what is known
//! before anything is scored: length, n-best size, first-pass margin, words outside the lexicon,
//! speaker, and the extra fields of the input.

use std::io;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::check::judge::clustering::{ClusterUnit, Clustering};
use crate::check::judge::dimensions::{Dimension, SPEAKER};
use crate::check::judge::estimate::{Estimate, finite};
use crate::check::judge::levels::GATE_CONFIDENCE;
use crate::check::judge::utterance_errors::{ErrorsByUtterance, UtteranceErrors};
use crate::stats::FEWEST_CLUSTERS;
use crate::stats::chance_share::chance_share;
use crate::stats::clusters::Cluster;
use crate::stats::fieller::ratio_of_sums;
use crate::stats::gap::{Gap, Parted, gap};
use crate::stats::multiplicity::benjamini_hochberg;

/// The level of the false discovery rate at which a gap counts as shown.
pub const DISCOVERY_RATE: f64 = 0.05;

/// One slice under one check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slice {
    /// The dimension's name: `length`, `n-best size`, `first-pass margin`, `out of lexicon`,
    /// `speaker`, or a field of the input.
    pub dimension: String,
    /// Which part of it.
    pub slice: String,
    /// Utterances in it.
    pub utterances: usize,
    /// Independent observations in it: speakers, or utterances within a speaker and where no
    /// speakers are known.
    pub clusters: usize,
    /// Words of the references, once per draw.
    pub reference_words: u64,
    /// Errors of the clean picks, read with their swaps.
    pub kept_errors: u64,
    /// Errors of the picks from the perturbed lists.
    pub text_errors: u64,
    /// What changes of mind add, in word error rate (0.01 is one percentage point), with a 90 %
    /// interval; fewer than six clusters have none.
    pub degradation: Estimate,
    /// How much more that is than in all other utterances; null where there is too little to test.
    pub gap: Option<f64>,
    /// Two-sided probability of such a gap, adjusted over all slices of the check: of a speaker,
    /// and without speakers, that of as uneven a share of what changed, exact over utterances; else
    /// the larger of that and of t over speakers.
    pub p_adjusted: Option<f64>,
}

/// The slices of one check; exploratory, no verdict depends on them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slices {
    /// How the probabilities were adjusted, and over how many slices.
    pub adjustment: String,
    /// Which of them degrades most, by its place in `slices`: of those in which changes of mind add
    /// errors and that are shown at [`DISCOVERY_RATE`] to degrade more than the rest, the one with
    /// the largest degradation; null if none is.
    pub degrades_most: Option<usize>,
    /// Dimension by dimension.
    pub slices: Vec<Slice>,
}

/// The slices of every check, in the plan's order; `errors` are those of each of its utterances.
pub(crate) fn slices(
    errors: &[ErrorsByUtterance],
    clustering: &Clustering,
    dimensions: &[Dimension],
) -> io::Result<Vec<Slices>> {
    // Those of one check at a time are in memory.
    let of_check = |errors: &ErrorsByUtterance| {
        let errors = errors.all()?;
        Ok(check_slices(&errors, clustering, dimensions))
    };
    errors.iter().map(of_check).collect()
}

fn check_slices(
    counts: &[UtteranceErrors],
    clustering: &Clustering,
    dimensions: &[Dimension],
) -> Slices {
    let all: Vec<(&Dimension, usize)> = dimensions
        .iter()
        .flat_map(|dimension| (0..dimension.slices.len()).map(move |slice| (dimension, slice)))
        .collect();
    let (mut slices, gaps): (Vec<Slice>, Vec<Option<Gap>>) = all
        .into_par_iter()
        .map(|(dimension, slice)| measure(dimension, slice, counts, clustering))
        .unzip();
    let p_values: Vec<f64> = gaps.iter().flatten().map(|gap| gap.p_value).collect();
    let adjusted = benjamini_hochberg(&p_values);

    let tested = slices
        .iter_mut()
        .zip(&gaps)
        .filter(|(_, gap)| gap.is_some());
    for ((slice, _), p) in tested.zip(adjusted) {
        slice.p_adjusted = finite(p);
    }

    Slices {
        adjustment: format!(
            "Benjamini-Hochberg over {} slices, shown at {DISCOVERY_RATE}",
            p_values.len()
        ),
        degrades_most: degrades_most(&slices, &gaps),
        slices,
    }
}

/// See [`Slices::degrades_most`]; the earlier of equals.
fn degrades_most(slices: &[Slice], gaps: &[Option<Gap>]) -> Option<usize> {
    let shown = |(slice, gap): (&Slice, &Option<Gap>)| {
        let more = gap.is_some_and(|gap| gap.value > 0.0);
        more && slice.p_adjusted.is_some_and(|p| p <= DISCOVERY_RATE)
    };

    let mut most: Option<(f64, usize)> = None;
    for (index, slice) in slices.iter().enumerate() {
        let degradation = slice.degradation.value.unwrap_or(f64::NAN);
        // Where changes of mind repair less than elsewhere, nothing degrades.
        let is_more = degradation > most.map_or(0.0, |(most, _)| most);
        if is_more && shown((slice, &gaps[index])) {
            most = Some((degradation, index));
        }
    }

    most.map(|(_, index)| index)
}

fn measure(
    dimension: &Dimension,
    slice: usize,
    counts: &[UtteranceErrors],
    clustering: &Clustering,
) -> (Slice, Option<Gap>) {
    let utterances = || {
        let labels = (0..counts.len()).map(|index| dimension.labels.get(index));
        counts.iter().zip(labels).map(|(count, label)| match label {
            Some(label) if label == slice => Parted {
                inside: count.counted(),
                outside: Cluster::default(),
            },
            Some(_) => Parted {
                inside: Cluster::default(),
                outside: count.counted(),
            },
            None => Parted::default(),
        })
    };

    // A speaker is a cluster of its own: within it, and beside all others, utterances are the
    // observations.
    let by_utterance = dimension.name == SPEAKER || clustering.unit == ClusterUnit::Utterance;
    let (inside, gap) = if by_utterance {
        // Utterances are exchangeable, which is all that the exact test takes for granted.
        let exact = |gap: Gap| Gap {
            p_value: chance_share(utterances()).unwrap_or(gap.p_value),
            ..gap
        };
        (Inside::of(utterances()), gap(utterances).map(exact))
    } else {
        let mut parted = vec![Parted::default(); clustering.count];
        for (label, utterance) in clustering.labels.iter().zip(utterances()) {
            parted[*label].inside += utterance.inside;
            parted[*label].outside += utterance.outside;
        }
        let clusters = || parted.iter().copied();
        // Those of a speaker may be alike, which the t test knows; few changes, which it does not.
        let larger = |gap: Gap| Gap {
            p_value: chance_share(utterances()).map_or(gap.p_value, |p| p.max(gap.p_value)),
            ..gap
        };
        (Inside::of(clusters()), gap(clusters).map(larger))
    };

    let mut degradation =
        Estimate::from(ratio_of_sums(&inside.extra, &inside.words, GATE_CONFIDENCE));
    if inside.words.len() < FEWEST_CLUSTERS {
        (degradation.low, degradation.high) = (None, None);
    }

    let within = (0..counts.len()).filter(|index| dimension.labels.get(*index) == Some(slice));
    let slice = Slice {
        dimension: dimension.name.clone(),
        slice: dimension.slices[slice].clone(),
        utterances: within.count(),
        clusters: inside.words.len(),
        reference_words: inside.sums.reference_words,
        kept_errors: inside.sums.errors_a,
        text_errors: inside.sums.errors_b,
        degradation,
        gap: gap.and_then(|gap| finite(gap.value)),
        p_adjusted: None,
    };
    (slice, gap)
}

/// What is in a slice: of every cluster that has words in it, what changes of mind add, and its
/// words.
#[derive(Default)]
struct Inside {
    extra: Vec<f64>,
    words: Vec<f64>,
    sums: Cluster,
}

impl Inside {
    fn of(clusters: impl Iterator<Item = Parted>) -> Inside {
        let mut inside = Inside::default();
        for Parted {
            inside: cluster, ..
        } in clusters
        {
            if cluster.reference_words > 0 {
                inside.extra.push(cluster.extra_errors() as f64);
                inside.words.push(cluster.reference_words as f64);
                inside.sums += cluster;
            }
        }
        inside
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is repaired less than elsewhere is no degradation, however sure that is.
    #[test]
    fn a_slice_that_adds_no_errors_does_not_degrade() {
        let slice = |added| Slice {
            dimension: SPEAKER.to_owned(),
            slice: "a".to_owned(),
            utterances: 20,
            clusters: 20,
            reference_words: 1_000,
            kept_errors: 100,
            text_errors: 100,
            degradation: Estimate {
                value: Some(added),
                low: None,
                high: None,
                confidence: 0.9,
            },
            gap: Some(0.01),
            p_adjusted: Some(0.001),
        };
        let gap = Some(Gap {
            value: 0.01,
            standard_error: 0.001,
            df: 19,
            p_value: 0.001,
        });
        let most = |added: &[f64]| {
            let slices: Vec<Slice> = added.iter().copied().map(slice).collect();
            degrades_most(&slices, &vec![gap; slices.len()])
        };
        assert_eq!(most(&[-0.006, -0.002]), None);
        assert_eq!(most(&[0.0]), None);
        assert_eq!(most(&[-0.006, 0.004, 0.004, 0.001]), Some(1));
    }
}
