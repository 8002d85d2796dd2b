//! Noise: how far a total score may be from itself when it is computed again.
//!
//! A batch, another thread or another processor can change the last digits of a score. A failure
//! that rests on them would not fail again, so its margin must be larger.

use crate::check::engine::place::Place;
use crate::nbest::Utterance;
use crate::rescore::{Candidates, RescoreError, Rescorer};

/// The least margin that counts: scores are single-precision numbers, whose last digits differ
/// between processors even where no batch changes them. In total scores, which are natural
/// logarithms.
pub const LEAST: f64 = 1e-4;

/// Lists whose texts are scored again.
const SAMPLE: usize = 8;

/// The margin that counts as noise: twice the largest difference between a total of all unperturbed
/// lists of `utterances` scored together and of some of them scored again, each alone, and in full
/// precision where the rescorer rounds; at least [`LEAST`].
pub fn measured_noise(
    utterances: &[Utterance],
    rescorer: &dyn Rescorer,
) -> Result<f64, RescoreError> {
    let mut noise = Noise::default();
    let place = Place {
        first: 0,
        of: utterances.len(),
    };
    noise.add(place, utterances, rescorer)?;
    Ok(noise.margin(rescorer))
}

/// Noise in the making, of lists that come part after part.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Noise {
    largest: f64,
}

impl Noise {
    /// Takes a part of all lists in. Those of its lists that are in the sample are scored in one
    /// call with all the others, so that they stand in large batches, as they do in a run.
    pub(crate) fn add(
        &mut self,
        place: Place,
        utterances: &[Utterance],
        rescorer: &dyn Rescorer,
    ) -> Result<(), RescoreError> {
        let (skipped, step) = place.spread(SAMPLE);
        if skipped >= utterances.len() {
            return Ok(());
        }

        let all: Vec<Candidates<'_>> = utterances.iter().map(Candidates::of).collect();
        let together = rescorer.score(&all)?;
        let sample = all.iter().zip(&together).skip(skipped).step_by(step);
        for (list, together) in sample {
            let list = std::slice::from_ref(list);
            let alone = rescorer.score_afresh(list)?;
            let exactly = rescorer.score_exactly(list).transpose()?;
            for again in [Some(alone), exactly].iter().flatten() {
                for (together, again) in together.iter().zip(again.iter().flatten()) {
                    self.largest = self.largest.max((together - again).abs());
                }
            }
        }

        Ok(())
    }

    /// The margin that counts as noise.
    pub(crate) fn margin(self, rescorer: &dyn Rescorer) -> f64 {
        let weight = rescorer.interpolation().weight.abs();
        (2.0 * weight * self.largest).max(LEAST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::examples::{Words, tea, utterance};

    #[test]
    fn noise_is_measured_and_never_nothing() {
        let utterances = vec![tea(), utterance("u", "two tea", &["two tea", "to tea"])];
        let measured = |noise| {
            let rescorer = Words {
                noise,
                ..Words::new(1)
            };
            measured_noise(&utterances, &rescorer).unwrap()
        };
        assert!((measured(0.0) - LEAST).abs() < 1e-15);

        let noise = measured(0.03);
        // The largest of six differences of two errors, each up to 0.03, twice.
        assert!((0.02..=0.12).contains(&noise), "{noise}");
        assert!((measured_noise(&[], &Words::new(1)).unwrap() - LEAST).abs() < 1e-15);
    }
}
