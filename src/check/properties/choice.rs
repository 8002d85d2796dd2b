//! Choices: whether two probes of the same texts lead to the same pick.

use crate::check::properties::probe::Probe;
use crate::rescore::Interpolation;

/// A probe with its scores.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answered<'a> {
    /// The list.
    pub(crate) probe: &'a Probe,
    /// Its second-pass scores.
    pub(crate) scores: &'a [f64],
}

impl Answered<'_> {
    /// The text of the pick.
    pub(crate) fn chosen(&self, interpolation: Interpolation) -> &str {
        &self.probe.entries[self.probe.pick(self.scores, interpolation)].text
    }
}

/// By how much `after` prefers another text over the one that `before` picks, in total scores;
/// `None` if it does not, or if the two are tied: with second-pass scores off by up to `tolerance`
/// either could win.
pub(crate) fn overturned(
    before: Answered<'_>,
    after: Answered<'_>,
    interpolation: Interpolation,
    tolerance: f64,
) -> Option<f64> {
    let old = before.chosen(interpolation);
    let pick = after.probe.pick(after.scores, interpolation);
    if after.probe.entries[pick].text == old {
        return None;
    }

    let totals = after.probe.totals(after.scores, interpolation);
    let entries = after.probe.entries.iter().zip(&totals);
    let of_old = entries
        .filter(|(entry, _)| entry.text == old)
        .map(|(_, total)| *total)
        .fold(f64::NEG_INFINITY, f64::max);
    let lead = totals[pick] - of_old;

    (lead > 2.0 * interpolation.weight.abs() * tolerance).then_some(lead)
}
