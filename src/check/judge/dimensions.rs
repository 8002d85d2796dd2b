//! How the utterances of a run are cut into slices, by what is known before anything is scored.
//!
//! Utterances are seen once, in order, and little of them is kept: a number for what is cut in
//! thirds, a byte for what has kinds.

use std::collections::BTreeMap;
use std::num::NonZeroU64;

use rayon::prelude::*;

use crate::check::judge::clustering::{ClusterUnit, Clustering};
use crate::nbest::Utterance;
use crate::nbest::copies::recording;

/// A field with more distinct words than this names utterances rather than kinds of them.
const MOST_KINDS: usize = 20;

/// A numeric field with no more distinct values than this is cut by value, else in thirds.
const MOST_VALUES: usize = 4;

/// The name of the dimension whose slices are the speakers.
pub(super) const SPEAKER: &str = "speaker";

/// One way of cutting the utterances.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dimension {
    /// `length`, `n-best size`, `first-pass margin`, `out of lexicon`, `speaker`, or a field of the
    /// input.
    pub(crate) name: String,
    /// The names of its slices.
    pub(crate) slices: Vec<String>,
    /// The slice of each utterance.
    pub(super) labels: Labels,
}

/// The slice of each utterance; none where the utterance has no such property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Labels {
    /// Fewer than 255 slices: 255 is none.
    Few(Vec<u8>),
    /// One for every speaker.
    Many(Vec<u32>),
}

const NONE: u8 = u8::MAX;

impl Labels {
    /// That of the utterance at `index`.
    pub(super) fn get(&self, index: usize) -> Option<usize> {
        match self {
            Labels::Few(labels) => Some(labels[index])
                .filter(|label| *label != NONE)
                .map(usize::from),
            Labels::Many(labels) => Some(labels[index] as usize),
        }
    }
}

/// Dimensions in the making.
#[derive(Debug, Default)]
pub(crate) struct Columns {
    utterances: usize,
    lengths: Vec<f64>,
    sizes: Vec<f64>,
    /// NaN where a list has one hypothesis.
    margins: Vec<f64>,
    out_of_lexicon: Vec<u8>,
    /// What copies of a list have in common.
    recordings: Vec<Option<NonZeroU64>>,
    fields: BTreeMap<String, Field>,
    /// Where every utterance names one: the speakers, numbered as they come, and that of each.
    speakers: Kinds<u32>,
}

impl Columns {
    /// Takes utterances in; `known` says whether the lexicon has a word.
    pub(crate) fn add(&mut self, utterances: &[Utterance], known: impl Fn(&str) -> bool + Sync) {
        let is_odd = |utterance: &Utterance| {
            let mut hypotheses = utterance.nbest.hypotheses().iter();
            let odd = hypotheses.any(|hypothesis| !hypothesis.transcript.words().all(&known));
            u8::from(odd)
        };
        self.out_of_lexicon
            .par_extend(utterances.par_iter().map(is_odd));
        self.recordings
            .par_extend(utterances.par_iter().map(recording));

        for utterance in utterances {
            let scores = utterance.nbest.hypotheses();
            let margin = scores.get(1).map(|second| scores[0].score - second.score);
            self.lengths.push(utterance.reference.word_count() as f64);
            self.sizes.push(utterance.nbest.len() as f64);
            self.margins.push(margin.unwrap_or(f64::NAN));
            if let Some(speaker) = &utterance.speaker {
                self.speakers.add(speaker);
            }

            for (name, value) in &utterance.attributes {
                let field = match self.fields.get_mut(name) {
                    Some(field) => field,
                    None => self.fields.entry(name.clone()).or_default(),
                };
                field.add(self.utterances, value);
            }
            self.utterances += 1;
        }
    }

    /// The clusters, and the dimensions in which there is more than one slice.
    pub(crate) fn finish(self) -> (Clustering, Vec<Dimension>) {
        let count = self.utterances;
        let speakers = self.speakers.sorted();
        let clustering = if speakers.1.len() == count {
            let labels = speakers.1.iter().map(|label| *label as usize);
            Clustering {
                unit: ClusterUnit::Speaker,
                count: speakers.0.len(),
                apart: speakers.0.len(),
                labels: labels.collect(),
            }
        } else {
            Clustering {
                unit: ClusterUnit::Utterance,
                count,
                apart: count,
                labels: (0..count).collect(),
            }
        };
        let clustering = clustering.joined(self.recordings);

        let mut dimensions = vec![
            numeric("length", self.lengths),
            numeric("n-best size", self.sizes),
            numeric("first-pass margin", self.margins),
            out_of_lexicon(self.out_of_lexicon),
        ];
        if clustering.unit == ClusterUnit::Speaker {
            dimensions.push(Dimension {
                name: SPEAKER.to_owned(),
                slices: speakers.0,
                labels: Labels::Many(speakers.1),
            });
        }

        let fields = self.fields.into_iter();
        dimensions.extend(fields.filter_map(|(name, field)| field.dimension(&name, count)));
        dimensions.retain(|dimension| dimension.slices.len() > 1);
        (clustering, dimensions)
    }
}

/// Kinds of `labels`, each 1 where some word is odd; only those that there are.
fn out_of_lexicon(mut labels: Vec<u8>) -> Dimension {
    let names = ["no word", "some words"].map(str::to_owned);
    let there = |kind: u8| labels.contains(&kind);
    let slices = match (there(0), there(1)) {
        (false, true) => {
            labels.fill(0);
            names[1..].to_vec()
        }
        (true, false) => names[..1].to_vec(),
        (_, _) => names.to_vec(),
    };
    Dimension {
        name: "out of lexicon".to_owned(),
        slices,
        labels: Labels::Few(labels),
    }
}

/// Names, numbered as they come, and the number of each utterance.
#[derive(Debug, Default)]
struct Kinds<Label> {
    numbers: BTreeMap<String, Label>,
    labels: Vec<Label>,
}

impl Kinds<u32> {
    fn add(&mut self, name: &str) {
        let label = if let Some(label) = self.numbers.get(name) {
            *label
        } else {
            let label = u32::try_from(self.numbers.len()).expect("far fewer speakers");
            self.numbers.insert(name.to_owned(), label);
            label
        };
        self.labels.push(label);
    }

    /// The names in order, and the labels by them.
    fn sorted(self) -> (Vec<String>, Vec<u32>) {
        let mut places = vec![0; self.numbers.len()];
        for (place, number) in (0..).zip(self.numbers.values()) {
            places[*number as usize] = place;
        }
        let labels = self.labels.iter().map(|label| places[*label as usize]);
        let labels = labels.collect();
        (self.numbers.into_keys().collect(), labels)
    }
}

/// A further field of the input: numbers, or kinds.
#[derive(Debug)]
struct Field {
    /// As long as all values are numbers; NaN where there is none.
    numbers: Option<Vec<f64>>,
    /// As long as there are few kinds; 255 where there is none.
    kinds: Option<Kinds<u8>>,
}

impl Default for Field {
    fn default() -> Field {
        Field {
            numbers: Some(Vec::new()),
            kinds: Some(Kinds {
                numbers: BTreeMap::new(),
                labels: Vec::new(),
            }),
        }
    }
}

impl Field {
    /// Takes the value of the utterance at `index` in.
    fn add(&mut self, index: usize, value: &str) {
        if let Some(numbers) = &mut self.numbers {
            let number = value.parse().ok().filter(|number: &f64| number.is_finite());
            match number {
                Some(number) => {
                    numbers.resize(index, f64::NAN);
                    numbers.push(number);
                }
                None => self.numbers = None,
            }
        }

        if let Some(kinds) = &mut self.kinds {
            let known = kinds.numbers.get(value).copied();
            let new = u8::try_from(kinds.numbers.len()).unwrap_or(NONE);
            if known.is_none() && usize::from(new) == MOST_KINDS {
                self.kinds = None;
                return;
            }
            if known.is_none() {
                kinds.numbers.insert(value.to_owned(), new);
            }
            kinds.labels.resize(index, NONE);
            kinds.labels.push(known.unwrap_or(new));
        }
    }

    /// Numbers in thirds, few kinds as they are, many kinds not at all.
    fn dimension(self, name: &str, utterances: usize) -> Option<Dimension> {
        if let Some(mut numbers) = self.numbers {
            numbers.resize(utterances, f64::NAN);
            return Some(numeric(name, numbers));
        }

        let Kinds {
            numbers,
            mut labels,
        } = self.kinds?;
        let mut places = [NONE; NONE as usize + 1];
        for (place, number) in (0..).zip(numbers.values()) {
            places[usize::from(*number)] = place;
        }
        labels.resize(utterances, NONE);
        for label in &mut labels {
            *label = places[usize::from(*label)];
        }
        Some(Dimension {
            name: name.to_owned(),
            slices: numbers.into_keys().collect(),
            labels: Labels::Few(labels),
        })
    }
}

/// By value where there are few values, else in thirds of the utterances; ties stay together. NaN
/// is no value.
fn numeric(name: &str, values: Vec<f64>) -> Dimension {
    let mut sorted = values.clone();
    sorted.retain(|value| !value.is_nan());
    sorted.sort_unstable_by(f64::total_cmp);
    let mut distinct: Vec<f64> = Vec::new();
    for value in &sorted {
        if distinct.last() != Some(value) {
            distinct.push(*value);
        }
        if distinct.len() > MOST_VALUES {
            break;
        }
    }

    let exact = distinct.len() <= MOST_VALUES;
    let ends: Vec<f64> = if exact {
        distinct
    } else {
        let mut ends = vec![
            sorted[(sorted.len() - 1) / 3],
            sorted[2 * (sorted.len() - 1) / 3],
            sorted[sorted.len() - 1],
        ];
        ends.dedup();
        ends
    };
    drop(sorted);

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

    let label = |value: f64| {
        let place = ends.partition_point(|end| *end < value);
        let label = if value.is_nan() { None } else { Some(place) };
        label
            .and_then(|label| u8::try_from(label).ok())
            .unwrap_or(NONE)
    };
    Dimension {
        name: name.to_owned(),
        labels: Labels::Few(values.into_iter().map(label).collect()),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::examples::utterance;

    #[track_caller]
    fn check_numeric(values: &[f64], slices: &[&str], labels: &[u8]) {
        let dimension = numeric("x", values.to_vec());
        assert_eq!(dimension.slices, slices);
        assert_eq!(dimension.labels, Labels::Few(labels.to_vec()));
    }

    #[test]
    fn few_values_are_slices_and_many_are_cut_in_thirds() {
        check_numeric(&[2.0, 1.0, f64::NAN, 2.0], &["1", "2"], &[1, 0, NONE, 1]);
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

    fn field(values: &[Option<&str>]) -> Option<Dimension> {
        let mut field = Field::default();
        for (index, value) in values.iter().enumerate() {
            if let Some(value) = value {
                field.add(index, value);
            }
        }
        field.dimension("field", values.len())
    }

    #[test]
    fn a_field_is_cut_by_what_it_holds() {
        let words = field(&[Some("us"), None, Some("uk"), Some("us"), None]).unwrap();
        assert_eq!(words.slices, ["uk", "us"]);
        assert_eq!(words.labels, Labels::Few(vec![1, NONE, 0, 1, NONE]));
        let labels: Vec<Option<usize>> = (0..5).map(|index| words.labels.get(index)).collect();
        assert_eq!(labels, [Some(1), None, Some(0), Some(1), None]);

        let numbers = field(&[None, Some("10"), Some("5.5"), None]).unwrap();
        assert_eq!(numbers.slices, ["5.5", "10"]);
        assert_eq!(numbers.labels, Labels::Few(vec![NONE, 1, 0, NONE]));
        // What is a number at first need not stay one.
        let mixed = field(&[Some("10"), Some("nan"), Some("10")]).unwrap();
        assert_eq!(mixed.slices, ["10", "nan"]);

        let names: Vec<String> = (0..30).map(|n| format!("file{n}")).collect();
        let some = |count: usize| -> Vec<Option<&str>> {
            names[..count]
                .iter()
                .map(|name| Some(name.as_str()))
                .collect()
        };
        assert_eq!(field(&some(21)), None);
        assert_eq!(field(&some(20)).unwrap().slices.len(), 20);
    }

    #[test]
    fn clusters_are_speakers_in_the_order_of_their_names_where_all_are_known() {
        let named = |speakers: [Option<&str>; 3]| {
            let utterances = speakers.map(|speaker| {
                let mut utterance = utterance("u", "two", &["two", "too"]);
                utterance.speaker = speaker.map(str::to_owned);
                utterance
            });
            let mut columns = Columns::default();
            columns.add(&utterances[..1], |word| word == "two");
            columns.add(&utterances[1..], |word| word == "two");
            let (clustering, dimensions) = columns.finish();
            assert_eq!(clustering, Clustering::new(&utterances));
            dimensions
        };

        let dimensions = named([Some("z"), Some("a"), Some("z")]);
        let [speakers] = dimensions.as_slice() else {
            panic!("{dimensions:?}")
        };
        assert_eq!(
            (speakers.name.as_str(), &speakers.slices[..]),
            (SPEAKER, &["a".to_owned(), "z".to_owned()][..])
        );
        assert_eq!(speakers.labels, Labels::Many(vec![1, 0, 1]));
        assert!(named([Some("z"), None, Some("z")]).is_empty());
    }
}
