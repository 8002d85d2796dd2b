//! What a comparison with a baseline does not judge, and what the next baseline would lose or gain
//! unseen.
//!
//! Only what both runs have is compared. If the run took the baseline's place all the same, a worse
//! model could do so in two steps: on a few of the lists first, where it is not worse, and then on
//! all of them.

use crate::check::judge::baseline::{Change, Compared, Comparison};
use crate::report::baseline::BaselineRecord;
use crate::report::number::count;
use crate::report::shown::{first_of, title};

/// Names that are told one by one.
const MOST_NAMED: usize = 5;

/// What a run and its baseline do not have in common, each in a clause behind "this run"; none if
/// nothing is lost, and nothing is added but by the `same_model`. `properties` are those of the
/// baseline that the run does not try.
pub(super) fn unjudged(
    record: &BaselineRecord,
    comparison: &Comparison<'_>,
    properties: &[String],
    same_model: bool,
) -> Vec<String> {
    let lost = [
        clause("lacks", &record.removed, "utterance", " of the baseline"),
        clause(
            "has other lists or references than the baseline for",
            &record.changed,
            "utterance",
            "",
        ),
        clause(
            "does not make",
            &record.removed_checks,
            "check",
            " of the baseline",
        ),
        clause(
            "does not make",
            properties,
            "property check",
            " of the baseline",
        ),
        clause(
            "makes fewer draws than the baseline for",
            &drawn(comparison, |change| change.loses_draws),
            "check",
            "",
        ),
    ];
    let added = [
        clause("adds", &record.added, "utterance", OTHER_MODEL),
        clause("adds", &record.added_checks, "check", OTHER_MODEL),
        clause(
            "adds counts for",
            &record.uncounted_checks,
            "check",
            OTHER_MODEL,
        ),
        clause(
            "adds draws for",
            &drawn(comparison, |change| change.adds_draws),
            "check",
            OTHER_MODEL,
        ),
    ];

    let added = added.into_iter().flatten().filter(|_| !same_model);
    lost.into_iter().flatten().chain(added).collect()
}

/// Why something that is added is not accepted.
const OTHER_MODEL: &str = " while its model is not known to be the baseline's";

/// The checks with such a change.
fn drawn(comparison: &Comparison<'_>, is_such: impl Fn(&Change<'_>) -> bool) -> Vec<String> {
    let changes = comparison.changes.iter().filter(|change| is_such(change));
    changes
        .filter_map(|change| match change.compared {
            Compared::Clean => None,
            Compared::Check(question) => Some(title(question.suite, question.check)),
        })
        .collect()
}

/// `lacks 2 utterances of the baseline (u1, u2)`; `None` without names.
fn clause(verb: &str, names: &[String], noun: &str, rest: &str) -> Option<String> {
    (!names.is_empty()).then(|| {
        let (number, named) = (count(names.len(), noun), first_of(names, MOST_NAMED));
        format!("{verb} {number}{rest} ({named})")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clause_names_a_few_of_many() {
        let names: Vec<String> = (0..7).map(|index| format!("u{index}")).collect();
        assert_eq!(
            clause("lacks", &names, "utterance", " of the baseline").unwrap(),
            "lacks 7 utterances of the baseline (u0, u1, u2, u3, u4 and 2 more)"
        );
        assert_eq!(clause("lacks", &[], "utterance", ""), None);
    }
}
