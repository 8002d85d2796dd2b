//! Strict properties: one exception is one too many, and it is made as small as it gets.
//!
//! What an exception is, a [`Strict`] property knows. Here it is looked for among the lists of the
//! corpus, reduced greedily, and confirmed.

use crate::check::properties::probe::{Probe, Shown};
use crate::check::properties::reduce::{ReduceLimits, reduce};
use crate::rescore::{RescoreError, Rescorer};

/// How often an exception must show again to be believed.
const CONFIRMATIONS: usize = 2;

/// A property that a single exception breaks.
pub(crate) trait Strict: Sync {
    /// The lists to try, made of those of the corpus.
    fn probes(&self, lists: Vec<Probe>) -> Vec<Probe> {
        lists
    }

    /// The fewest entries of a list that can show an exception.
    fn fewest_entries(&self) -> usize;

    /// Whether an exception is a difference between calls, which the noise of repeated calls may
    /// explain.
    fn compares_calls(&self) -> bool {
        true
    }

    /// Asks `rescorer` about `probes`.
    fn look(&self, probes: &[Probe], rescorer: &dyn Rescorer) -> Result<Look, RescoreError>;
}

/// What was seen.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Look {
    /// The largest difference of scores that should be equal; 0 where there is nothing to compare.
    pub(crate) largest: f64,
    /// The first exception.
    pub(crate) exception: Option<Exception>,
}

/// An exception.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Exception {
    /// The probes that show it, in the order of the call.
    pub(crate) probes: Vec<usize>,
    /// What is wrong, in a sentence.
    pub(crate) sentence: String,
    /// The lists that show it.
    pub(crate) lists: Vec<Shown>,
    /// By how much scores differ that should not; infinite where that is not the point.
    pub(crate) size: f64,
}

/// What came of looking.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct StrictFound {
    /// Lists tried.
    pub(crate) lists: usize,
    /// As in [`Look::largest`], over all lists.
    pub(crate) largest: f64,
    /// An exception, made smaller.
    pub(crate) exception: Option<Reduced>,
}

/// A reduced exception.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Reduced {
    /// As small as it got.
    pub(crate) exception: Exception,
    /// The id of the list it was found in.
    pub(crate) id: String,
    /// Whether it showed again each time it was asked for.
    pub(crate) confirmed: bool,
    /// Whether nothing smaller shows it; otherwise the calls were spent.
    pub(crate) complete: bool,
}

/// Looks for an exception in `lists`, and reduces the first.
pub(crate) fn look(
    property: &dyn Strict,
    lists: Vec<Probe>,
    rescorer: &dyn Rescorer,
    limits: ReduceLimits,
) -> Result<StrictFound, RescoreError> {
    let probes = property.probes(lists);
    let seen = property.look(&probes, rescorer)?;
    let mut found = StrictFound {
        lists: probes.len(),
        largest: seen.largest,
        exception: None,
    };
    let Some(first) = seen.exception else {
        return Ok(found);
    };
    let start: Vec<Probe> = first
        .probes
        .iter()
        .map(|index| probes[*index].clone())
        .collect();
    let id = start
        .first()
        .map_or_else(String::new, |probe| probe.id.clone());
    let shows = |probes: &[Probe]| Ok(property.look(probes, rescorer)?.exception.is_some());

    // Where the smaller call does not show it, the exception is shown as it was found.
    let (least, complete) = if shows(&start)? {
        reduce(start, property.fewest_entries(), limits, &shows)?
    } else {
        (probes, false)
    };

    let mut exception = first;
    let mut confirmed = true;
    for _ in 0..CONFIRMATIONS {
        match property.look(&least, rescorer)?.exception {
            Some(again) => exception = again,
            None => confirmed = false,
        }
    }

    found.exception = Some(Reduced {
        exception,
        id,
        confirmed,
        complete,
    });

    Ok(found)
}
