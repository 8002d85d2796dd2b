//! Noise: how far a total score may be from itself when it is computed again.
//!
//! A batch, another thread or another processor can change the last digits of a score. A failure
//! that rests on them would not fail again, so its margin must be larger.

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
    // Of all lists, so that those of the sample stand in large batches, as they do in a run.
    let all: Vec<Candidates<'_>> = utterances.iter().map(Candidates::of).collect();
    let together = rescorer.score(&all)?;
    let step = utterances.len().div_ceil(SAMPLE).max(1);

    let mut largest = 0.0_f64;
    for (list, together) in all.iter().zip(&together).step_by(step) {
        let list = std::slice::from_ref(list);
        let alone = rescorer.score_afresh(list)?;
        let exactly = rescorer.score_exactly(list).transpose()?;
        for again in [Some(alone), exactly].iter().flatten() {
            for (together, again) in together.iter().zip(again.iter().flatten()) {
                largest = largest.max((together - again).abs());
            }
        }
    }

    let weight = rescorer.interpolation().weight.abs();
    Ok((2.0 * weight * largest).max(LEAST))
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
