//! Where is it swayed? The run cut into slices, each beside the rest, by what changes of mind add
//! there.
//!
//! Slices are exploratory: many are looked at, so their probabilities control the false discovery
//! rate (Benjamini and Hochberg), and no verdict depends on them. They are cut by what is known
//! before anything is scored: length, n-best size, first-pass margin, words outside the lexicon,
//! speaker, and the extra fields of the input.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::check::engine::outcome::{CheckOutcome, Outcome};
use crate::check::judge::clustering::{ClusterUnit, Clustering};
use crate::check::judge::estimate::{Estimate, finite};
use crate::check::judge::levels::GATE_CONFIDENCE;
use crate::nbest::Utterance;
use crate::stats::FEWEST_CLUSTERS;
use crate::stats::clusters::{Cluster, total};
use crate::stats::fieller::wer_difference;
use crate::stats::gap::{Gap, Parted, gap};
use crate::stats::multiplicity::benjamini_hochberg;

/// A field with more distinct words than this names utterances rather than kinds of them.
const MOST_KINDS: usize = 20;

/// A numeric field with no more distinct values than this is cut by value, else in thirds.
const MOST_VALUES: usize = 4;

/// The level of the false discovery rate at which a gap counts as shown.
pub const DISCOVERY_RATE: f64 = 0.05;

/// One way of cutting the utterances.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dimension {
    /// `length`, `n-best size`, `first-pass margin`, `out of lexicon`, `speaker`, or a field of the
    /// input.
    pub name: String,
    /// The names of its slices.
    pub slices: Vec<String>,
    /// The slice of each utterance; `None` where the utterance has no such property.
    pub labels: Vec<Option<usize>>,
}

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
    /// Two-sided probability of such a gap, adjusted over all slices of the check.
    pub p_adjusted: Option<f64>,
}

/// The slices of one check; exploratory, no verdict depends on them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slices {
    /// How the probabilities were adjusted, and over how many slices.
    pub adjustment: String,
    /// Which of them degrades most, by its place in `slices`: of those that are shown at
    /// [`DISCOVERY_RATE`] to degrade more than the rest, the one with the largest degradation;
    /// null if none is.
    pub degrades_most: Option<usize>,
    /// Dimension by dimension.
    pub slices: Vec<Slice>,
}

/// The dimensions of `utterances` in which there is more than one slice. `known` says whether the
/// lexicon has a word.
pub fn dimensions(
    utterances: &[Utterance],
    clustering: &Clustering,
    known: &(dyn Fn(&str) -> bool + Sync),
) -> Vec<Dimension> {
    let each = |value: &dyn Fn(&Utterance) -> Option<f64>| -> Vec<Option<f64>> {
        utterances.iter().map(value).collect()
    };
    let margin = |utterance: &Utterance| {
        let scores = utterance.nbest.hypotheses();
        scores.get(1).map(|second| scores[0].score - second.score)
    };
    let outside = |utterance: &Utterance| {
        let mut hypotheses = utterance.nbest.hypotheses().iter();
        let odd = hypotheses.any(|hypothesis| !hypothesis.transcript.words().all(known));
        Some(if odd { "some words" } else { "no word" }.to_owned())
    };

    let mut dimensions = vec![
        numeric("length", &each(&|u| Some(u.reference.word_count() as f64))),
        numeric("n-best size", &each(&|u| Some(u.nbest.len() as f64))),
        numeric("first-pass margin", &each(&margin)),
        kinds(
            "out of lexicon",
            &utterances.par_iter().map(outside).collect::<Vec<_>>(),
        ),
    ];
    if clustering.unit == ClusterUnit::Speaker {
        let speakers: Vec<Option<String>> = utterances.iter().map(|u| u.speaker.clone()).collect();
        dimensions.push(kinds("speaker", &speakers));
    }
    let fields: BTreeSet<&String> = utterances
        .iter()
        .flat_map(|u| u.attributes.keys())
        .collect();
    for field in fields {
        let values: Vec<Option<String>> = utterances
            .iter()
            .map(|utterance| utterance.attributes.get(field).cloned())
            .collect();
        dimensions.extend(attribute(field, &values));
    }
    dimensions.retain(|dimension| dimension.slices.len() > 1);
    dimensions
}

/// An extra field: numbers in thirds, few kinds as they are, many kinds not at all.
fn attribute(name: &str, values: &[Option<String>]) -> Option<Dimension> {
    let number = |value: &Option<String>| -> Option<Option<f64>> {
        match value {
            None => Some(None),
            Some(text) => Some(Some(
                text.parse()
                    .ok()
                    .filter(|number: &f64| number.is_finite())?,
            )),
        }
    };
    if let Some(numbers) = values.iter().map(number).collect::<Option<Vec<_>>>() {
        return Some(numeric(name, &numbers));
    }
    let dimension = kinds(name, values);

    (dimension.slices.len() <= MOST_KINDS).then_some(dimension)
}

fn kinds(name: &str, values: &[Option<String>]) -> Dimension {
    let distinct: BTreeSet<&String> = values.iter().flatten().collect();

    let numbers: BTreeMap<&String, usize> = distinct
        .iter()
        .enumerate()
        .map(|(number, kind)| (*kind, number))
        .collect();
    Dimension {
        name: name.to_owned(),
        labels: values
            .iter()
            .map(|value| value.as_ref().map(|value| numbers[value]))
            .collect(),
        slices: distinct.into_iter().cloned().collect(),
    }
}

/// By value where there are few values, else in thirds of the utterances; ties stay together.
fn numeric(name: &str, values: &[Option<f64>]) -> Dimension {
    let mut sorted: Vec<f64> = values.iter().flatten().copied().collect();
    sorted.sort_by(f64::total_cmp);
    let mut distinct = sorted.clone();
    distinct.dedup();
    let ends: Vec<f64> = if distinct.len() <= MOST_VALUES {
        distinct.clone()
    } else {
        let mut ends = vec![
            sorted[(sorted.len() - 1) / 3],
            sorted[2 * (sorted.len() - 1) / 3],
            sorted[sorted.len() - 1],
        ];
        ends.dedup();
        ends
    };
    let exact = distinct.len() <= MOST_VALUES;
    let slices = ends
        .iter()
        .enumerate()
        .map(|(index, end)| match index {
            _ if exact => short(*end),
            0 => format!("at most {}", short(*end)),
            _ if index + 1 == ends.len() => format!("above {}", short(ends[index - 1])),
            _ => format!("above {} to {}", short(ends[index - 1]), short(*end)),
        })
        .collect();

    Dimension {
        name: name.to_owned(),
        labels: values
            .iter()
            .map(|value| value.map(|value| ends.partition_point(|end| *end < value)))
            .collect(),
        slices,
    }
}

/// At most four digits after the point, none that are zero.
fn short(value: f64) -> String {
    let text = format!("{value:.4}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" {
        "0".to_owned()
    } else {
        text.to_owned()
    }
}

/// The slices of every check, in the plan's order.
pub fn slices(
    outcome: &Outcome<'_>,
    clustering: &Clustering,
    dimensions: &[Dimension],
) -> Vec<Slices> {
    outcome
        .checks
        .iter()
        .map(|check| check_slices(check, clustering, dimensions))
        .collect()
}

fn check_slices(
    check: &CheckOutcome<'_>,
    clustering: &Clustering,
    dimensions: &[Dimension],
) -> Slices {
    let counts: Vec<Cluster> = check
        .trials
        .chunks(check.draws)
        .map(|draws| {
            let counted = draws.iter().map(|trial| {
                // "Clean" and "perturbed" are here before and after a change of mind, of the same
                // texts.
                Cluster {
                    reference_words: trial.text.reference_words as u64,
                    errors_a: trial.kept.errors() as u64,
                    errors_b: trial.text.errors() as u64,
                }
            });
            counted.sum()
        })
        .collect();

    let (mut slices, gaps): (Vec<Slice>, Vec<Option<Gap>>) = dimensions
        .iter()
        .flat_map(|dimension| {
            (0..dimension.slices.len()).map(|slice| measure(dimension, slice, &counts, clustering))
        })
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
        let is_more = most.is_none_or(|(most, _)| degradation > most);
        if is_more && shown((slice, &gaps[index])) {
            most = Some((degradation, index));
        }
    }

    most.map(|(_, index)| index)
}

fn measure(
    dimension: &Dimension,
    slice: usize,
    counts: &[Cluster],
    clustering: &Clustering,
) -> (Slice, Option<Gap>) {
    // A speaker is a cluster of its own: within it, and beside all others, utterances are the
    // observations.
    let by_utterance = dimension.name == "speaker";
    let units = if by_utterance {
        counts.len()
    } else {
        clustering.count
    };
    let mut parted = vec![Parted::default(); units];
    let mut utterances = 0;
    for (index, (count, label)) in counts.iter().zip(&dimension.labels).enumerate() {
        let unit = if by_utterance {
            index
        } else {
            clustering.labels[index]
        };
        match label {
            Some(label) if *label == slice => {
                utterances += 1;
                parted[unit].inside += *count;
            }
            Some(_) => parted[unit].outside += *count,
            None => {}
        }
    }
    let inside: Vec<Cluster> = parted
        .iter()
        .map(|parted| parted.inside)
        .filter(|cluster| cluster.reference_words > 0)
        .collect();
    let sums = total(&inside);
    let mut degradation = Estimate::from(wer_difference(&inside, GATE_CONFIDENCE));
    if inside.len() < FEWEST_CLUSTERS {
        (degradation.low, degradation.high) = (None, None);
    }
    let gap = gap(&parted);

    let slice = Slice {
        dimension: dimension.name.clone(),
        slice: dimension.slices[slice].clone(),
        utterances,
        clusters: inside.len(),
        reference_words: sums.reference_words,
        kept_errors: sums.errors_a,
        text_errors: sums.errors_b,
        degradation,
        gap: gap.and_then(|gap| finite(gap.value)),
        p_adjusted: None,
    };
    (slice, gap)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_numeric(values: &[f64], slices: &[&str], labels: &[usize]) {
        let values: Vec<Option<f64>> = values.iter().copied().map(Some).collect();
        let dimension = numeric("x", &values);
        assert_eq!(dimension.slices, slices);
        let labels: Vec<Option<usize>> = labels.iter().copied().map(Some).collect();
        assert_eq!(dimension.labels, labels);
    }

    #[test]
    fn few_values_are_slices_and_many_are_cut_in_thirds() {
        check_numeric(&[2.0, 1.0, 2.0], &["1", "2"], &[1, 0, 1]);
        check_numeric(
            &[1.0, 2.0, 3.0, 4.0, 5.0, 6.5],
            &["at most 2", "above 2 to 4", "above 4"],
            &[0, 0, 1, 1, 2, 2],
        );
        // Ties stay together, even if a slice disappears.
        check_numeric(
            &[
                1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 2.0, 3.0, 4.0, 5.0,
            ],
            &["at most 1", "above 1"],
            &[0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1],
        );
    }

    #[test]
    fn a_field_is_cut_by_what_it_holds() {
        let some = |values: &[&str]| -> Vec<Option<String>> {
            values
                .iter()
                .map(|value| Some((*value).to_owned()))
                .collect()
        };
        assert_eq!(
            attribute("a", &some(&["us", "uk", "us"])).unwrap().slices,
            ["uk", "us"]
        );
        assert_eq!(
            attribute("snr", &some(&["10", "5.5"])).unwrap().slices,
            ["5.5", "10"]
        );
        let names: Vec<String> = (0..30).map(|n| format!("file{n}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        assert_eq!(attribute("path", &some(&names)), None);
        let mixed = attribute("m", &[None, Some("x".to_owned())]).unwrap();
        assert_eq!(mixed.labels, [None, Some(0)]);
    }
}
