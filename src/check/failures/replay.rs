//! Replay: saved failures, run again.
//!
//! From the words in the file alone: no lexicon, suite or seed takes part, only the
//! rescorer, whose scores and interpolation may have changed since.

use crate::check::engine::pair::{Choice, choices};
use serde::{Deserialize, Serialize};

use crate::check::failures::counterexample::Counterexample;
use crate::check::failures::counterexample_list::InvalidList;
use crate::rescore::{RescoreError, Rescorer};

/// What became of a saved failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplayStatus {
    /// Neither the minimal list nor the one drawn fails any more.
    Gone,
    /// Neither fails, but of the minimal list the rescorer takes a worse hypothesis than the one
    /// saved already without swaps: a swap has nothing left to spoil.
    // Reports of earlier versions have a hyphen here and below.
    #[serde(alias = "already-worse")]
    AlreadyWorse,
    /// The minimal list is mended, but the list as it was drawn still fails.
    #[serde(alias = "only-drawn")]
    OnlyDrawn,
    /// The minimal list fails.
    Fails,
}

/// A saved failure after it was run again.
#[derive(Debug, Clone, PartialEq)]
pub struct Replay {
    /// What the rescorer makes of the minimal list now.
    pub minimal: Choice,
    /// What it makes of the list as it was drawn.
    pub drawn: Choice,
    /// What became of the failure.
    pub status: ReplayStatus,
}

/// Saved failures could not be run again.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// A list contradicts itself; those that were read from files do not.
    #[error("the saved failure of utterance \"{id}\" is invalid")]
    Invalid {
        /// The utterance's id.
        id: String,
        /// What is wrong.
        #[source]
        source: InvalidList,
    },
    /// The rescorer could not score.
    #[error(transparent)]
    Rescore(#[from] RescoreError),
}

/// Runs every failure of `saved` again, all in one call of the rescorer; one replay each, in order.
///
/// `noise` is the margin that counts as noise, as in [`Choice::fails`].
pub fn replay(
    saved: &[Counterexample],
    rescorer: &dyn Rescorer,
    noise: f64,
) -> Result<Vec<Replay>, ReplayError> {
    let mut pairs = Vec::with_capacity(2 * saved.len());
    for counterexample in saved {
        for pair in [counterexample.minimal_pair(), counterexample.drawn_pair()] {
            pairs.push(pair.map_err(|source| ReplayError::Invalid {
                id: counterexample.id.clone(),
                source,
            })?);
        }
    }

    let mut choices = choices(&pairs, rescorer)?.into_iter();
    let mut replays = Vec::with_capacity(saved.len());
    for counterexample in saved {
        let (Some(minimal), Some(drawn)) = (choices.next(), choices.next()) else {
            break;
        };
        let status = match (minimal.fails(noise), drawn.fails(noise)) {
            (true, _) => ReplayStatus::Fails,
            (false, true) => ReplayStatus::OnlyDrawn,
            (false, false) if counterexample.minimal.takes_worse(&minimal) => {
                ReplayStatus::AlreadyWorse
            }
            (false, false) => ReplayStatus::Gone,
        };
        replays.push(Replay {
            minimal,
            drawn,
            status,
        });
    }

    Ok(replays)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::examples::{Words, counterexamples, draw, replacements, tea};
    use crate::nbest::Transcript;
    use crate::rescore::FirstPass;

    /// The model that found a failure.
    fn finder(saved: &Counterexample) -> Words {
        Words::new(saved.provenance.rescorer.parse().unwrap())
    }

    #[test]
    fn every_saved_failure_fails_again_with_the_same_scores() {
        for saved in counterexamples(30) {
            let again = replay(std::slice::from_ref(&saved), &finder(&saved), 0.0)
                .unwrap()
                .remove(0);
            assert_eq!(again.status, ReplayStatus::Fails);
            let scores: Vec<f64> = saved
                .minimal
                .hyps
                .iter()
                .map(|hyp| hyp.second_pass)
                .collect();
            assert_eq!(again.minimal.scores, scores);
            assert_eq!(again.minimal.margin_after, saved.minimal.margin_after);
            assert_eq!(
                (again.drawn.pick, again.drawn.damage()),
                (saved.drawn.pick, saved.drawn.damage())
            );
        }
    }

    #[test]
    fn a_word_more_in_the_lexicon_changes_draws_but_no_saved_failure() {
        let larger = replacements("tu T UW1\nduo D UW1\nthey're DH EH1 R\n");
        let mut redrawn = 0;
        for saved in counterexamples(30) {
            let drawn: Vec<&str> = saved
                .drawn
                .hyps
                .iter()
                .map(|hyp| hyp.text.as_str())
                .collect();
            let texts = draw(&tea(), &larger, saved.provenance.seed).texts();
            redrawn += usize::from(!texts.iter().map(Transcript::as_str).eq(drawn));
            let again = replay(std::slice::from_ref(&saved), &finder(&saved), 0.0).unwrap();
            assert_eq!(again[0].status, ReplayStatus::Fails);
        }

        assert!(redrawn > 0);
    }

    #[test]
    fn replays_together_are_replays_alone() {
        let saved = counterexamples(20);
        let model = Words::new(7);
        let together = replay(&saved, &model, 0.0).unwrap();
        for (saved, together) in saved.iter().zip(&together) {
            assert_eq!(
                replay(std::slice::from_ref(saved), &model, 0.0).unwrap()[0],
                *together
            );
        }

        let count = |status| {
            together
                .iter()
                .filter(|replay| replay.status == status)
                .count()
        };

        assert!(count(ReplayStatus::Gone) > 0 && count(ReplayStatus::Fails) > 0);
    }

    #[test]
    fn words_of_earlier_reports_are_read() {
        let read = |text| serde_json::from_str::<ReplayStatus>(text).unwrap();
        assert_eq!(read(r#""already-worse""#), ReplayStatus::AlreadyWorse);
        assert_eq!(read(r#""only-drawn""#), ReplayStatus::OnlyDrawn);
        let written = serde_json::to_string(&ReplayStatus::AlreadyWorse).unwrap();
        assert_eq!(written, r#""already_worse""#);
    }

    #[test]
    fn a_failure_is_gone_only_where_the_better_hypothesis_is_taken_before_the_swap_too() {
        let saved = counterexamples(30);
        let replays = replay(&saved, &FirstPass, 0.0).unwrap();
        let (mut gone, mut worse) = (0, 0);
        for (saved, replay) in saved.iter().zip(&replays) {
            // The first pass takes the first hypothesis, whatever becomes of its words.
            assert_eq!((replay.minimal.clean_pick, replay.minimal.pick), (0, 0));
            let errors = replay.minimal.text.errors();
            if errors > saved.minimal.kept_errors {
                assert_eq!(replay.status, ReplayStatus::AlreadyWorse);
                worse += 1;
            } else {
                assert_eq!(replay.status, ReplayStatus::Gone);
                gone += 1;
            }
        }
        assert!(gone > 0 && worse > 0, "{gone} {worse}");
    }
}
