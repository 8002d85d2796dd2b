//! The interval of a rate where no unit has an event, or where every unit has nothing else.
//!
//! The spread of the units is then none at all, and an interval that is made of it a point. What
//! units were not met may still have an event: the ends here are those of Clopper and Pearson for
//! the share of such units, of which no rate can be more. Where fewer than five of many units have
//! an event the interval is no narrower than that: their spread is that of hardly anything.
//!
//! All other intervals of rates are cut at what is possible.

use crate::stats::fieller::{Fieller, Ratio};
use crate::stats::proportions::{clopper_pearson, zero_events_upper};
use crate::stats::{ConfidenceInterval, FEWEST_CHANGED};

/// What a rate counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counts {
    /// Any number of events: a rate of 1 is not the most there can be.
    Events,
    /// Some of what is there, so that all of it is the most.
    Share,
}

impl Counts {
    /// What a rate of these can be.
    fn possible(self) -> [f64; 2] {
        match self {
            Counts::Events => [0.0, f64::INFINITY],
            Counts::Share => [0.0, 1.0],
        }
    }
}

/// `ratio`, which is that of the sums of `counts` and of what they are `among`, one of each per
/// unit, with exact ends where its interval would be a point at no event, or at nothing else, and
/// with none that no rate can reach.
pub(crate) fn with_exact_ends(ratio: Ratio, counts: &[f64], among: &[f64], kind: Counts) -> Ratio {
    let confidence = ratio.delta.confidence;
    let asked = among.iter().filter(|among| **among > 0.0).count() as u64;
    let mut pairs = counts.iter().zip(among);
    let is_all = kind == Counts::Share && pairs.all(|(count, among)| count - among == 0.0);
    let interval = if asked < 2 {
        None
    } else if counts.iter().all(|count| *count == 0.0) {
        Some(of_none(asked, confidence))
    } else if is_all {
        Some(turned(of_none(asked, confidence)))
    } else {
        few_events(&ratio, counts, among, kind)
    };

    match interval {
        Some(interval) => Ratio {
            delta: interval,
            log_delta: None,
            fieller: Fieller::Bounded(interval),
            ..ratio
        },
        None => ratio.cut(kind.possible()),
    }
}

/// Where few of many units have an event, or few have anything else: an interval no narrower than
/// the exact one of their share.
fn few_events(
    ratio: &Ratio,
    counts: &[f64],
    among: &[f64],
    kind: Counts,
) -> Option<ConfidenceInterval> {
    let found = ratio.fieller.bounded()?;
    let asked = among.iter().filter(|among| **among > 0.0).count();
    let is_few = |units: usize| units < FEWEST_CHANGED && 4 * units <= asked;
    let exact = |units: usize| clopper_pearson(units as u64, asked as u64, found.confidence);

    let with = counts.iter().filter(|count| **count > 0.0).count();
    if is_few(with) {
        return Some(no_narrower(found, exact(with)));
    }

    let pairs = counts.iter().zip(among);
    let without = pairs.filter(|(count, among)| *among - *count > 0.0).count();
    let is_shared = kind == Counts::Share && is_few(without);
    is_shared.then(|| turned(no_narrower(turned(found), exact(without))))
}

/// The interval of what is missing to all.
fn turned(interval: ConfidenceInterval) -> ConfidenceInterval {
    ConfidenceInterval {
        low: 1.0 - interval.high,
        high: 1.0 - interval.low,
        ..interval
    }
}

/// An interval from 0 on, with the larger of both upper ends.
fn no_narrower(found: ConfidenceInterval, exact: ConfidenceInterval) -> ConfidenceInterval {
    ConfidenceInterval {
        low: found.low.max(0.0),
        high: found.high.max(exact.high),
        ..found
    }
}

/// The interval of a rate of which `units` units have no event: two-sided, so that the upper end of
/// one at 90 % is that of a one-sided test at 5 %.
pub(crate) fn of_none(units: u64, confidence: f64) -> ConfidenceInterval {
    ConfidenceInterval {
        low: 0.0,
        high: zero_events_upper(units, 0.5 * (1.0 - confidence)),
        confidence,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::distributions::tests::check_close;
    use crate::stats::fieller::ratio_of_sums;
    use crate::stats::proportions::clopper_pearson;

    fn ends(counts: &[f64], among: &[f64], kind: Counts) -> (f64, f64) {
        let ratio = ratio_of_sums(counts, among, 0.95);
        let ratio = with_exact_ends(ratio, counts, among, kind);
        let interval = ratio.fieller.bounded().unwrap();
        (interval.low, interval.high)
    }

    /// Units without anything to count say nothing.
    #[test]
    fn no_event_in_any_unit_leaves_what_clopper_and_pearson_say() {
        let mut among = vec![10.0; 20];
        among.extend([0.0; 5]);
        for kind in [Counts::Events, Counts::Share] {
            let (low, high) = ends(&[0.0; 25], &among, kind);
            assert!(low == 0.0);
            check_close(high, clopper_pearson(0, 20, 0.95).high, 1e-9);
        }
    }

    #[test]
    fn one_event_leaves_no_less_than_none() {
        let among = [10.0; 20];
        let mut one = [0.0; 20];
        one[3] = 1.0;
        let (low, high) = ends(&one, &among, Counts::Share);
        assert!(low == 0.0);
        check_close(high, clopper_pearson(1, 20, 0.95).high, 1e-9);

        // All but one, turned around.
        let most: Vec<f64> = one.iter().map(|count| 10.0 - count).collect();
        let (low, high) = ends(&most, &among, Counts::Share);
        check_close(low, 1.0 - clopper_pearson(1, 20, 0.95).high, 1e-9);
        assert!(high <= 1.0);

        // Where all of a few units have some, their spread says how much.
        let few = [1.0, 2.0, 1.0, 2.0];
        let (_, high) = ends(&few, &[100.0; 4], Counts::Events);
        assert!(high < 0.03, "{high}");
    }

    #[test]
    fn all_of_a_share_is_no_event_turned_around() {
        let among = [3.0, 5.0, 2.0];
        let (low, high) = ends(&among, &among, Counts::Share);
        check_close(low, clopper_pearson(3, 3, 0.95).low, 1e-9);
        check_close(high, 1.0, 1e-12);

        // As many errors as words may be more elsewhere.
        let among = [30.0, 31.0, 29.0];
        let (low, high) = ends(&among, &among, Counts::Events);
        assert!((low - 1.0).abs() < 1e-9 && (high - 1.0).abs() < 1e-9);
    }

    /// Where half of the units have an event their spread is left, but for what cannot be.
    #[test]
    fn no_end_is_where_no_rate_can_be() {
        let counts = [0.0, 1.0, 1.0, 0.0];
        let found = ratio_of_sums(&counts, &[10.0; 4], 0.95);
        let found = found.fieller.bounded().unwrap();
        assert!(found.low < 0.0);
        let (low, high) = ends(&counts, &[10.0; 4], Counts::Share);
        assert!(low == 0.0);
        check_close(high, found.high, 1e-12);

        let most = counts.map(|count| 10.0 - 9.0 * count);
        let among = [10.0; 4];
        let (low, high) = ends(&most, &among, Counts::Share);
        assert!(low == 0.0 && (high - 1.0).abs() < 1e-12, "{low} {high}");
        // Errors may be more than words.
        let (_, high) = ends(&most, &among, Counts::Events);
        assert!(high > 1.0, "{high}");
    }
}
