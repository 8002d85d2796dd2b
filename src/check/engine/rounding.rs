//! What it costs that a model computes in a lower precision: its scores beside those of full
//! precision.

use crate::check::engine::place::Place;
use crate::check::engine::second_scores::{Sample, changed, twice};
use crate::check::engine::trial::Rescored;
use crate::nbest::Utterance;
use crate::rescore::{RescoreError, Rescorer};

/// What is scored in full precision as well, at most: enough lists to tell a model whose rounding
/// changes one pick in a hundred from one that changes one in twenty, which is not judged, and of a
/// list what may be picked. In full precision a text costs several times what it costs rounded, so
/// that the sample is most of what rounding does not save.
const SAMPLE: Sample = Sample {
    lists: 100,
    best: 4,
};

/// The scores of some clean lists in both precisions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rounding {
    /// The largest difference of a total score, of the hypotheses that were scored in both.
    pub difference: f64,
    /// Lists that were compared.
    pub lists: usize,
    /// Those in which another hypothesis is picked.
    pub changed: usize,
}

impl Rounding {
    /// Compares `clean` with full precision; `None` for a rescorer that does not round.
    pub(crate) fn measure(
        utterances: &[Utterance],
        clean: &[Rescored],
        rescorer: &dyn Rescorer,
    ) -> Result<Option<Rounding>, RescoreError> {
        let place = Place {
            first: 0,
            of: utterances.len(),
        };
        Rounding::measure_part(place, utterances, clean, rescorer)
    }

    /// The same of a part of all lists; `None` too for a part none of whose lists is compared.
    pub(crate) fn measure_part(
        place: Place,
        utterances: &[Utterance],
        clean: &[Rescored],
        rescorer: &dyn Rescorer,
    ) -> Result<Option<Rounding>, RescoreError> {
        let lists = utterances.iter().zip(clean);
        let exactly = twice((place, SAMPLE), lists, rescorer, |lists| {
            rescorer.score_exactly(lists)
        })?;
        Ok(exactly.map(|twice| {
            let totals = twice.iter().flat_map(|(rounded, exact)| {
                let exact = exact.totals.iter();
                exact.zip(&rounded.totals)
            });
            let differences = totals.map(|(exact, rounded)| (exact - rounded).abs());
            Rounding {
                difference: differences.fold(0.0, f64::max),
                lists: twice.len(),
                changed: changed(&twice),
            }
        }))
    }

    /// That of two parts together.
    pub(crate) fn joined(one: Option<Rounding>, other: Option<Rounding>) -> Option<Rounding> {
        let (Some(one), Some(other)) = (one, other) else {
            return one.or(other);
        };
        Some(Rounding {
            difference: one.difference.max(other.difference),
            lists: one.lists + other.lists,
            changed: one.changed + other.changed,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::examples::{Words, tea, utterance};
    use crate::rescore::{Candidates, Interpolation};

    /// Prefers long texts, and short ones if it computes exactly.
    struct Coarse {
        rounds: bool,
    }

    impl Rescorer for Coarse {
        fn score(&self, lists: &[Candidates<'_>]) -> Result<Vec<Vec<f64>>, RescoreError> {
            let score = |text: &&str| text.len() as f64;
            let score_list = |list: &Candidates<'_>| list.texts.iter().map(score).collect();
            Ok(lists.iter().map(score_list).collect())
        }

        fn score_exactly(
            &self,
            lists: &[Candidates<'_>],
        ) -> Option<Result<Vec<Vec<f64>>, RescoreError>> {
            let score = |text: &&str| -(text.len() as f64);
            let score_list = |list: &Candidates<'_>| list.texts.iter().map(score).collect();
            self.rounds
                .then(|| Ok(lists.iter().map(score_list).collect()))
        }

        fn interpolation(&self) -> Interpolation {
            Interpolation {
                first_pass_scale: 1.0,
                weight: 10.0,
            }
        }

        fn name(&self) -> &'static str {
            "coarse"
        }
    }

    fn measured(rescorer: &dyn Rescorer) -> Option<Rounding> {
        let utterances = [tea(), utterance("u", "two", &["two"])];
        let lists: Vec<Candidates<'_>> = utterances.iter().map(Candidates::of).collect();
        let scores = rescorer.score(&lists).unwrap();
        let clean: Vec<Rescored> = utterances
            .iter()
            .zip(scores)
            .map(|(list, scores)| Rescored::clean(list, &scores, rescorer.interpolation()))
            .collect();

        Rounding::measure(&utterances, &clean, rescorer).unwrap()
    }

    #[test]
    fn both_precisions_are_compared_list_by_list() {
        let rounding = measured(&Coarse { rounds: true }).unwrap();
        assert_eq!((rounding.lists, rounding.changed), (2, 1));
        // The longest text has 29 letters: 10 * (29 + 29).
        let longest = "two cups to their tea for two".len() as f64;
        assert!((rounding.difference - 20.0 * longest).abs() < 1e-9);
    }

    #[test]
    fn a_rescorer_that_does_not_round_is_not_compared() {
        assert_eq!(measured(&Coarse { rounds: false }), None);
        assert_eq!(measured(&Words::new(1)), None);
    }
}
