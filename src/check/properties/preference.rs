//! Monotone preference: a misheard reference is not liked better than the reference.

use std::collections::BTreeMap;

use crate::check::engine::pair::{Choice, ListPair};
use crate::check::properties::Figure;
use crate::check::properties::drawn::{DrawnChoice, Sample, Worst};
use crate::check::properties::rate::Counted;
use crate::stats::gate::Margin;

/// Width of a band of distances, in thousandths.
const BAND: u32 = 100;

/// Counts the perturbed references (the only text of each source) that have more word errors than the reference and score
/// higher by more than the noise, a difference of second-pass scores; figures say how many at which distance.
pub fn count(sample: &Sample<'_>) -> Counted {
    let noise = sample.noise;
    let largest = sample.largest(noise, |trial| harm(&trial.choice));
    let example = largest.and_then(|trial| {
        Worst {
            trial,
            source: &sample.sources[trial.source],
            is_exception: &|_, choice| harm(choice) > noise,
            describe: &describe,
        }
        .minimal(sample.rescorer)
    });

    Counted {
        units: sample.units(&|trial| harm(&trial.choice) > noise),
        margins: vec![Margin::Absolute(sample.max_rate)],
        figures: by_distance(sample.trials, noise),
        example,
    }
}

/// How much higher the perturbed text scores than the reference, where it has more errors; else nothing.
fn harm(choice: &Choice) -> f64 {
    if choice.kept.errors() > choice.clean.errors() {
        choice.scores[0] - choice.clean_scores[0]
    } else {
        0.0
    }
}

fn describe(_: &ListPair, choice: &Choice) -> String {
    format!(
        "the misheard text scores {:.4} above the reference",
        harm(choice)
    )
}

/// The phonetic distance of everything swapped in a trial, in thousandths.
pub(in crate::check::properties) fn distance(trial: &DrawnChoice) -> u32 {
    let substitutions = trial.case.substitutions();
    substitutions
        .iter()
        .map(|substitution| u32::from(substitution.distance.milli()))
        .sum()
}

/// The band of distances that a trial is in: 0 for homophones alone.
pub(in crate::check::properties) fn band(trial: &DrawnChoice) -> u32 {
    distance(trial).div_ceil(BAND)
}

/// Which trials are in a band.
pub(in crate::check::properties) fn band_in_words(band: u32) -> String {
    let upper = f64::from(band * BAND) / 1000.0;
    match band.checked_sub(1) {
        None => "of homophones".to_owned(),
        Some(below) => {
            let lower = f64::from(below * BAND) / 1000.0;
            format!("at a distance above {lower} up to {upper}")
        }
    }
}

fn by_distance(trials: &[DrawnChoice], noise: f64) -> Vec<Figure> {
    let mut bands: BTreeMap<u32, (usize, usize)> = BTreeMap::new();
    for trial in trials {
        let (tried, higher) = bands.entry(band(trial)).or_default();
        *tried += 1;
        *higher += usize::from(harm(&trial.choice) > noise);
    }

    bands
        .into_iter()
        .map(|(band, (tried, higher))| Figure {
            name: format!("liked better, {}", band_in_words(band)),
            value: higher as f64 / tried as f64,
            of: Some(tried),
            spread: None,
        })
        .collect()
}
