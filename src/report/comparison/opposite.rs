//! Where a model is the better one by points of word error rate and the worse one as a share of
//! its own clean errors, or the other way round.
//!
//! Both measures are right, and answer other questions: a model with few clean errors doubles them
//! by a rise that another would hardly notice. Tests are of the points.

use crate::check::compare::strategy::ContenderCheck;
use crate::report::comparison::record::{ComparisonReport, ContenderRecord};
use crate::report::comparison::tables::reference_test;
use crate::report::number;
use crate::report::shown::title;

/// A measure in points, and the one as a share of the clean errors.
struct Pair {
    /// As tests name it.
    measure: &'static str,
    /// What rises, as a subject.
    what: &'static str,
    /// The same where neither side is above 0: what falls.
    fall: &'static str,
    share: &'static str,
    of: fn(&ContenderCheck) -> Option<f64>,
}

const PAIRS: [Pair; 2] = [
    Pair {
        measure: "text",
        what: "the rise of its word error rate is",
        fall: "the fall of its word error rate is",
        share: "nprr.rel",
        of: |check| check.nprr_rel.pooled.value,
    },
    Pair {
        measure: "flip",
        what: "what its changes of mind add is",
        fall: "what its changes of mind repair is",
        share: "nprr.flip",
        of: |check| check.nprr_flip.pooled.value,
    },
];

/// A sentence for each check under which the measures of `contender` point apart.
pub(crate) fn sentences(report: &ComparisonReport, contender: &ContenderRecord) -> Vec<String> {
    let mut contenders = report.contenders.iter();
    let Some(reference) = contenders.rfind(|one| one.label == report.reference) else {
        return Vec::new();
    };

    let mut sentences = Vec::new();
    for (index, subject) in report.checks.iter().enumerate() {
        for pair in &PAIRS {
            let test = reference_test(report, &contender.label, Some(index), pair.measure);
            let points = test.and_then(|test| test.difference.value);
            let [own, other] = [contender, reference].map(|one| (pair.of)(&one.checks[index]));
            let (Some(points), Some(own), Some(other)) = (points, own, other) else {
                continue;
            };
            if points * (own - other) >= 0.0 {
                continue;
            }

            // What falls more is larger, though its sign is below 0.
            let falls = own <= 0.0 && other <= 0.0;
            let what = if falls { pair.fall } else { pair.what };
            let (less, more) = if (points < 0.0) == falls {
                ("larger", "smaller")
            } else {
                ("smaller", "larger")
            };
            sentences.push(format!(
                "{} under {}: {} {less} than that of {} in points ({}, which is what p is of), and \
                 {more} as a share of its clean errors ({} {} against {})",
                contender.label,
                title(&subject.suite, &subject.check),
                what,
                reference.label,
                number::points(Some(points)),
                pair.share,
                number::change(Some(own)),
                number::change(Some(other)),
            ));
        }
    }

    sentences
}
