//! What a paired test shows, and how many of them do.

use crate::report::comparison::record::TestRecord;
use crate::report::number;

/// A difference is shown if its probability, adjusted within its family, is at most this.
pub(super) const LEVEL: f64 = 0.05;

/// What a test shows of the model that is tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    Better,
    Worse,
    Nothing,
}

pub(super) fn shown(test: &TestRecord) -> Shown {
    match test.difference.value {
        Some(difference) if test.p_adjusted <= LEVEL && difference < 0.0 => Shown::Better,
        Some(difference) if test.p_adjusted <= LEVEL && difference > 0.0 => Shown::Worse,
        _ => Shown::Nothing,
    }
}

/// How many of the tests show something, and what.
pub(super) fn tally(tests: &[&TestRecord], noun: [&str; 2], ways: [&str; 2]) -> String {
    let count = |wanted| tests.iter().filter(|test| shown(test) == wanted).count();
    let (better, worse) = (count(Shown::Better), count(Shown::Worse));
    let of = number::whole(tests.len());
    let how_many = |count: usize| match count {
        0 if tests.len() == 1 => format!("the other {} not shown to be", noun[0]),
        0 => format!("none of {of} {} shown to be", noun[1]),
        1 => format!(
            "1 of {of} {} shown to be",
            noun[usize::from(tests.len() > 1)]
        ),
        _ => format!("{} of {of} {} shown to be", number::whole(count), noun[1]),
    };

    match (better, worse) {
        (0, 0) => format!("{} {} or {}", how_many(0), ways[0], ways[1]),
        (_, 0) => format!("{} {}", how_many(better), ways[0]),
        (0, _) => format!("{} {}", how_many(worse), ways[1]),
        (_, _) => format!("{} {}, {} {}", how_many(better), ways[0], worse, ways[1]),
    }
}
