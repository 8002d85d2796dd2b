//! The first sentence of the page: how many checks and properties ended in which way.

use crate::report::ending::Ending;
use crate::report::{Report, number};

/// The verdict over everything, in a sentence.
pub(super) fn lead(report: &Report) -> String {
    let checks = report.checks.iter().map(|check| check.verdict.verdict);
    let properties = report.properties.iter().map(|property| property.status);
    let endings: Vec<Ending> = checks.chain(properties).collect();

    let (alone, verdict) = (report.verdict_alone(), report.verdict);
    let because = match (alone == verdict, verdict) {
        // What the checks come to is not all.
        (false, Ending::Fail) => "; the run fails, since it is worse than its baseline.",
        (false, Ending::Inconclusive) => {
            "; the run stays open, since whether it is worse than its baseline cannot be told."
        }
        _ => why(verdict, &endings, report.is_barred()),
    };
    format!("{}{because}", counted(&endings))
}

/// How many ended in which way, the worst first: each is counted once.
fn counted(endings: &[Ending]) -> String {
    // Of one, of several.
    let verbs = [
        (Ending::Fail, ["is shown to fail", "are shown to fail"]),
        (Ending::Error, ["ended in an error", "ended in an error"]),
        (Ending::Inconclusive, ["stays open", "stay open"]),
        (
            Ending::Flaky,
            [
                "is flaky (it failed once and not again)",
                "are flaky (they failed once and not again)",
            ],
        ),
        (Ending::Skipped, ["was skipped", "were skipped"]),
        (Ending::Identical, ["is identical", "are identical"]),
        (Ending::Pass, ["passes", "pass"]),
    ];
    let counts = verbs.into_iter().filter_map(|(wanted, [one, several])| {
        let count = endings.iter().filter(|ending| **ending == wanted).count();
        let verb = if count == 1 { one } else { several };
        (count > 0).then_some((count, verb))
    });
    let counts: Vec<(usize, &str)> = counts.collect();

    if let [(count, verb)] = counts[..] {
        return match count {
            1 => format!("The check {verb}"),
            2 => format!("Both checks {verb}"),
            _ => format!("All {} checks {verb}", number::whole(count)),
        };
    }
    let said = counts
        .iter()
        .map(|(count, verb)| format!("{} {verb}", number::whole(*count)));
    let said: Vec<String> = said.collect();
    let (last, others) = said
        .split_last()
        .map_or(("none has an answer", &[][..]), |split| {
            (split.0.as_str(), split.1)
        });
    let of = format!("Of {}, ", number::count(endings.len(), "check"));
    match others {
        [] => format!("{of}{last}"),
        others => format!("{of}{} and {last}", others.join(", ")),
    }
}

/// What follows from it, as the end of the sentence.
fn why(verdict: Ending, endings: &[Ending], barred: bool) -> &'static str {
    let fails = |ending: &Ending| matches!(ending, Ending::Fail | Ending::Error);
    match verdict {
        Ending::Fail if !endings.iter().any(fails) => {
            "; the run fails all the same, as the caution says."
        }
        Ending::Inconclusive if barred => "; nothing can pass, as the caution says.",
        Ending::Inconclusive if endings.contains(&Ending::Inconclusive) => {
            "; more data would decide."
        }
        Ending::Pass if endings.iter().all(|ending| *ending == Ending::Pass) => {
            ": what was asked for is shown."
        }
        Ending::Pass
        | Ending::Identical
        | Ending::Fail
        | Ending::Error
        | Ending::Flaky
        | Ending::Inconclusive
        | Ending::Skipped => ".",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Ending::{Error, Fail, Flaky, Inconclusive, Pass, Skipped};

    #[track_caller]
    fn check(verdict: Ending, endings: &[Ending], expected: &str) {
        let said = format!("{}{}", counted(endings), why(verdict, endings, false));
        assert_eq!(said, expected);
    }

    #[test]
    fn every_ending_is_counted() {
        check(
            Pass,
            &[Pass],
            "The check passes: what was asked for is shown.",
        );
        check(Fail, &[Fail, Fail], "Both checks are shown to fail.");
        check(
            Inconclusive,
            &[Inconclusive; 3],
            "All 3 checks stay open; more data would decide.",
        );
        check(
            Pass,
            &[Pass, Flaky, Pass],
            "Of 3 checks, 1 is flaky (it failed once and not again) and 2 pass.",
        );
        check(
            Fail,
            &[Pass, Skipped, Inconclusive, Error, Fail, Flaky, Flaky, Pass],
            "Of 8 checks, 1 is shown to fail, 1 ended in an error, 1 stays open, 2 are flaky (they \
             failed once and not again), 1 was skipped and 2 pass.",
        );
        let counts = "Of 2 checks, 1 stays open and 1 passes";
        let barred = why(Inconclusive, &[Inconclusive, Pass], true);
        assert_eq!(counted(&[Inconclusive, Pass]), counts);
        assert_eq!(barred, "; nothing can pass, as the caution says.");
        assert_eq!(
            why(Fail, &[Pass], true),
            "; the run fails all the same, as the caution says."
        );
    }
}
