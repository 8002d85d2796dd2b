//! Monotone preference: a misheard reference is not liked better than the reference.

use std::collections::BTreeMap;
use std::io;

use crate::check::engine::pair::{Choice, ListPair};
use crate::check::judge::estimate::finite;
use crate::check::properties::drawn::DrawnChoice;
use crate::check::properties::drawn_property::{DrawnProperty, Gravity};
use crate::check::properties::outcome::Figure;
use crate::nbest::Hypothesis;

/// Width of a band of distances, in thousandths.
const BAND: u32 = 100;

/// Perturbed references (the only text of each source) that have more word errors than the
/// reference and score higher by more than the noise are exceptions; figures say how many at which
/// distance.
pub(crate) struct MonotonePreference {
    /// A difference of second-pass scores of no more than this is none.
    noise: f64,
    /// Of each band of distances, how many were tried, and how many are exceptions.
    bands: BTreeMap<u32, (usize, usize)>,
}

impl MonotonePreference {
    pub(crate) fn new(noise: f64) -> MonotonePreference {
        MonotonePreference {
            noise,
            bands: BTreeMap::new(),
        }
    }
}

impl DrawnProperty for MonotonePreference {
    fn is_exception(&self, _: &[Hypothesis], choice: &Choice) -> bool {
        harm(choice) > self.noise
    }

    fn gravity(&self, _: &[Hypothesis], choice: &Choice) -> Gravity {
        Gravity::of_size(harm(choice))
    }

    fn describe(&self, _: &ListPair, choice: &Choice) -> String {
        format!(
            "the misheard text scores {:.4} above the reference",
            harm(choice)
        )
    }

    fn note(&mut self, trials: &[DrawnChoice]) -> io::Result<()> {
        for trial in trials {
            let (tried, higher) = self.bands.entry(band(distance(trial))).or_default();
            *tried += 1;
            *higher += usize::from(harm(&trial.choice) > self.noise);
        }
        Ok(())
    }

    fn figures(&self) -> io::Result<Vec<Figure>> {
        let figure = |(band, (tried, higher)): (&u32, &(usize, usize))| Figure {
            name: format!("liked better, {}", band_in_words(*band)),
            value: finite(*higher as f64 / *tried as f64),
            of: Some(*tried),
            spread: None,
        };
        Ok(self.bands.iter().map(figure).collect())
    }
}

/// How much higher the perturbed text scores than the reference, where it has more errors; else
/// nothing.
fn harm(choice: &Choice) -> f64 {
    if choice.kept.errors() > choice.clean.errors() {
        choice.scores[0] - choice.clean_scores[0]
    } else {
        0.0
    }
}

/// The phonetic distance of everything swapped in a trial, in thousandths.
pub(in crate::check::properties) fn distance(trial: &DrawnChoice) -> u32 {
    let substitutions = trial.case.substitutions();
    substitutions
        .iter()
        .map(|substitution| u32::from(substitution.distance.milli()))
        .sum()
}

/// The band that a distance, in thousandths, is in: 0 for homophones alone.
pub(in crate::check::properties) fn band(distance: u32) -> u32 {
    distance.div_ceil(BAND)
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
