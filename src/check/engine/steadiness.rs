//! Whether a model that only claims to give the same scores again does so.

use crate::check::engine::place::Place;
use crate::check::engine::second_scores::{Sample, Twice, changed, twice};
use crate::check::engine::trial::Rescored;
use crate::nbest::Utterance;
use crate::rescore::{RescoreError, Rescorer};

/// Clean lists that are scored a second time: few calls, and a model that draws lots betrays itself
/// in most of them.
const SAMPLE: Sample = Sample {
    lists: 20,
    best: usize::MAX,
};

/// What became of some clean lists that were scored again.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Steadiness {
    /// Lists of at least two hypotheses that were scored again.
    pub lists: usize,
    /// Those in which another hypothesis is picked the second time.
    pub changed: usize,
    /// The largest difference of a total from its first value, beside that of its whole list.
    pub largest: f64,
    /// The squares of these differences, and how many of them are free.
    squares: f64,
    free: usize,
}

impl Steadiness {
    /// Scores some of the `clean` lists again; `None` for a rescorer whose scores cannot vary.
    pub(crate) fn measure(
        utterances: &[Utterance],
        clean: &[Rescored],
        rescorer: &dyn Rescorer,
    ) -> Result<Option<Steadiness>, RescoreError> {
        let of = utterances
            .iter()
            .filter(|list| list.nbest.len() > 1)
            .count();
        Steadiness::measure_part(Place { first: 0, of }, utterances, clean, rescorer)
    }

    /// The same of a part of all lists, whose place is told among those of at least two hypotheses;
    /// `None` too for a part none of whose lists is scored again.
    pub(crate) fn measure_part(
        place: Place,
        utterances: &[Utterance],
        clean: &[Rescored],
        rescorer: &dyn Rescorer,
    ) -> Result<Option<Steadiness>, RescoreError> {
        if !rescorer.may_vary() {
            return Ok(None);
        }

        let lists = utterances.iter().zip(clean);
        let choices = lists.filter(|(list, _)| list.nbest.len() > 1);
        let again = twice((place, SAMPLE), choices, rescorer, |lists| {
            Some(rescorer.score_afresh(lists))
        })?;
        Ok(again.map(|twice| Steadiness::of(&twice)))
    }

    fn of(twice: &[Twice<'_>]) -> Steadiness {
        let mut found = Steadiness {
            lists: twice.len(),
            changed: changed(twice),
            ..Steadiness::default()
        };
        for (once, again) in twice {
            let differences = again.totals.iter().zip(&once.totals);
            let differences: Vec<f64> = differences.map(|(again, once)| again - once).collect();
            // What all totals of a list have in common changes no pick.
            let common = differences.iter().sum::<f64>() / differences.len() as f64;
            for difference in &differences {
                let own = (difference - common).abs();
                found.largest = found.largest.max(own);
                found.squares += own * own;
            }
            found.free += differences.len().saturating_sub(1);
        }
        found
    }

    /// The standard deviation of the difference between two totals of one text, beside what all
    /// totals of a list have in common.
    pub(crate) fn spread(&self) -> f64 {
        (self.squares / self.free.max(1) as f64).sqrt()
    }

    /// That of two parts together.
    pub(crate) fn joined(one: Option<Steadiness>, other: Option<Steadiness>) -> Option<Steadiness> {
        let (Some(one), Some(other)) = (one, other) else {
            return one.or(other);
        };
        Some(Steadiness {
            lists: one.lists + other.lists,
            changed: one.changed + other.changed,
            largest: one.largest.max(other.largest),
            squares: one.squares + other.squares,
            free: one.free + other.free,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::check::examples::{Words, tea, utterance};
    use crate::rescore::{Candidates, Interpolation};

    /// Prefers long texts the first time, and short ones from then on.
    #[derive(Default)]
    struct Fickle {
        calls: AtomicUsize,
    }

    impl Rescorer for Fickle {
        fn score(&self, lists: &[Candidates<'_>]) -> Result<Vec<Vec<f64>>, RescoreError> {
            let sign = if self.calls.fetch_add(1, Ordering::Relaxed) == 0 {
                1.0
            } else {
                -1.0
            };
            let score = |text: &&str| sign * text.len() as f64;
            let score_list = |list: &Candidates<'_>| list.texts.iter().map(score).collect();
            Ok(lists.iter().map(score_list).collect())
        }

        fn may_vary(&self) -> bool {
            true
        }

        fn interpolation(&self) -> Interpolation {
            Interpolation {
                first_pass_scale: 1.0,
                weight: 10.0,
            }
        }

        fn name(&self) -> &'static str {
            "fickle"
        }
    }

    fn measured(rescorer: &dyn Rescorer) -> Option<Steadiness> {
        let utterances = [tea(), utterance("u", "two", &["two"])];
        let lists: Vec<Candidates<'_>> = utterances.iter().map(Candidates::of).collect();
        let scores = rescorer.score(&lists).unwrap();
        let clean: Vec<Rescored> = utterances
            .iter()
            .zip(scores)
            .map(|(list, scores)| Rescored::clean(list, &scores, rescorer.interpolation()))
            .collect();

        Steadiness::measure(&utterances, &clean, rescorer).unwrap()
    }

    #[test]
    fn picks_that_change_are_counted_where_there_is_a_choice() {
        let steadiness = measured(&Fickle::default()).unwrap();
        assert_eq!((steadiness.lists, steadiness.changed), (1, 1));
        assert!(steadiness.spread() > 0.0 && steadiness.largest >= steadiness.spread());
    }

    #[test]
    fn what_a_whole_list_has_in_common_is_no_difference() {
        let list = tea();
        let interpolation = Interpolation {
            first_pass_scale: 0.0,
            weight: 2.0,
        };
        let scored = |offset: f64, last: f64| {
            let mut scores = vec![offset; list.nbest.len()];
            *scores.last_mut().unwrap() += last;
            Rescored::clean(&list, &scores, interpolation)
        };
        let once = scored(0.0, 0.0);
        let shifted = Steadiness::of(&[(&once, scored(5.0, 0.0))]);
        assert!(shifted.spread() < 1e-9 && shifted.largest < 1e-9);

        // One of n totals is 2 higher: squares of (2 (n - 1) / n)^2 + (n - 1) (2 / n)^2, which are
        // 4 (n - 1) / n, of n - 1 that are free.
        let one = Steadiness::of(&[(&once, scored(0.0, 1.0))]);
        let hypotheses = list.nbest.len() as f64;
        assert!((one.spread() - (4.0 / hypotheses).sqrt()).abs() < 1e-9);
    }

    #[test]
    fn a_rescorer_that_cannot_vary_is_not_asked_again() {
        assert_eq!(measured(&Words::new(1)), None);
    }
}
