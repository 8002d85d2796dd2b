//! A sample of clean lists that is scored a second time, in another way than the first.

use crate::check::engine::place::Place;
use crate::check::engine::trial::Rescored;
use crate::nbest::Utterance;
use crate::rescore::{Candidates, RescoreError, Rescorer};

/// A list as it was scored first, and as it was scored the second time.
pub(super) type Twice<'a> = (&'a Rescored, Rescored);

/// What is scored again.
pub(super) struct Sample {
    /// At most so many lists.
    pub(super) lists: usize,
    /// At most so many hypotheses of a list, those with the best totals.
    pub(super) best: usize,
}

/// Scores a `sample` of all lists again with `score`, of which `lists` are the part that stands at
/// `place`; `None` where none of the part is asked for, or there is no other way to score.
///
/// Hypotheses that are not scored again keep their scores.
pub(super) fn twice<'a>(
    (place, sample): (Place, Sample),
    lists: impl Iterator<Item = (&'a Utterance, &'a Rescored)>,
    rescorer: &dyn Rescorer,
    score: impl FnOnce(&[Candidates<'_>]) -> Option<Result<Vec<Vec<f64>>, RescoreError>>,
) -> Result<Option<Vec<Twice<'a>>>, RescoreError> {
    let (skipped, step) = place.spread(sample.lists);
    let sampled = lists.skip(skipped).step_by(step).map(|(list, once)| {
        let best = best(&once.totals, sample.best);
        (list, once, best)
    });
    let sampled: Vec<(&Utterance, &Rescored, Vec<usize>)> = sampled.collect();
    let lists = sampled.iter().map(|(list, _, best)| {
        let Candidates { utterance, texts } = Candidates::of(list);
        let texts = best.iter().map(|index| texts[*index]).collect();
        Candidates { utterance, texts }
    });
    let lists: Vec<Candidates<'_>> = lists.collect();
    if lists.is_empty() {
        return Ok(None);
    }
    let Some(scores) = score(&lists) else {
        return Ok(None);
    };

    let interpolation = rescorer.interpolation();
    let again = sampled.into_iter().zip(scores?);
    let again = again.map(|((utterance, once, best), scores)| {
        let mut second_pass = once.second_pass.clone();
        for (index, score) in best.into_iter().zip(scores) {
            second_pass[index] = score;
        }
        (
            once,
            Rescored::clean(utterance, &second_pass, interpolation),
        )
    });
    Ok(Some(again.collect()))
}

/// Where the `most` best totals stand, in their order in the list.
fn best(totals: &[f64], most: usize) -> Vec<usize> {
    let mut places: Vec<usize> = (0..totals.len()).collect();
    places.sort_by(|one, other| totals[*other].total_cmp(&totals[*one]));
    places.truncate(most);
    places.sort_unstable();
    places
}

/// In how many of them another hypothesis is picked the second time.
pub(super) fn changed(twice: &[Twice<'_>]) -> usize {
    let other = |(once, again): &&Twice<'_>| once.pick != again.pick;
    twice.iter().filter(other).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_totals_are_found_in_the_order_of_the_list() {
        let totals = [-3.0, 1.0, -2.0, 1.0, 0.0];
        assert_eq!(best(&totals, 3), [1, 3, 4]);
        assert_eq!(best(&totals, 1), [1]);
        assert_eq!(best(&totals, usize::MAX), [0, 1, 2, 3, 4]);
    }
}
