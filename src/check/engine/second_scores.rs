//! A sample of clean lists that is scored a second time, in another way than the first.

use crate::check::engine::place::Place;
use crate::check::engine::trial::Rescored;
use crate::nbest::Utterance;
use crate::rescore::{Candidates, RescoreError, Rescorer};

/// A list as it was scored first, and as it was scored the second time.
pub(super) type Twice<'a> = (&'a Rescored, Rescored);

/// Scores at most `most` of all lists again with `score`, of which `lists` are the part that stands
/// at `place`; `None` where none of the part is asked for, or there is no other way to score.
pub(super) fn twice<'a>(
    (place, most): (Place, usize),
    lists: impl Iterator<Item = (&'a Utterance, &'a Rescored)>,
    rescorer: &dyn Rescorer,
    score: impl FnOnce(&[Candidates<'_>]) -> Option<Result<Vec<Vec<f64>>, RescoreError>>,
) -> Result<Option<Vec<Twice<'a>>>, RescoreError> {
    let (skipped, step) = place.spread(most);
    let sample: Vec<(&Utterance, &Rescored)> = lists.skip(skipped).step_by(step).collect();
    let lists = sample.iter().map(|(list, _)| Candidates::of(list));
    let lists: Vec<Candidates<'_>> = lists.collect();
    if lists.is_empty() {
        return Ok(None);
    }
    let Some(scores) = score(&lists) else {
        return Ok(None);
    };

    let interpolation = rescorer.interpolation();
    let again = sample.into_iter().zip(scores?);
    let again = again.map(|((utterance, once), scores)| {
        (once, Rescored::clean(utterance, &scores, interpolation))
    });
    Ok(Some(again.collect()))
}

/// In how many of them another hypothesis is picked the second time.
pub(super) fn changed(twice: &[Twice<'_>]) -> usize {
    let other = |(once, again): &&Twice<'_>| once.pick != again.pick;
    twice.iter().filter(other).count()
}
