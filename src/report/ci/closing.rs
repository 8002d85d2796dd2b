//! What a run comes to, its comparison with a baseline included, in one line: the last of the
//! terminal and of the annotations.

use crate::report::Report;
use crate::report::ci::{Inconclusive, Item, Weight, items};
use crate::report::ending::Ending;

/// Items that are named one by one.
const MOST_NAMED: usize = 4;

/// What a run comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Closing {
    /// Failed, inconclusive or passed.
    pub(crate) ending: Ending,
    /// Of which model, and what decides it.
    said: String,
}

impl Closing {
    /// The line, without its end.
    pub(crate) fn line(&self) -> String {
        format!("{}: {}", self.ending.word(), self.said)
    }
}

/// What `report` comes to where what is `inconclusive` means that. Its word is that of the run's
/// verdict, as in all headings.
pub(crate) fn closing(report: &Report, inconclusive: Inconclusive) -> Closing {
    let items = items(report);
    let is_open = |item: &Item| matches!(item.weight, Weight::Open | Weight::Flaky);
    let accepted = |ending| {
        move |item: &Item| {
            item.weight == Weight::Accepted && (item.ending == Ending::Fail) == ending
        }
    };

    let told = match inconclusive {
        Inconclusive::Fails => "cannot be told, which fails by --inconclusive fail",
        Inconclusive::Passes if inconclusive.excuses(report) => {
            "cannot be told, and passes by --inconclusive pass"
        }
        Inconclusive::Passes => "cannot be told, which --inconclusive pass does not excuse",
        Inconclusive::Open => "cannot be told",
    };
    let rises = items.iter().filter(|item| item.weight != Weight::Failed);
    let rises: Vec<String> = rises
        .filter_map(|item| Some(format!("{}: {}", item.name, item.rise.as_ref()?)))
        .collect();
    let clauses = [
        named(&items, |item| item.weight == Weight::Failed).map(|names| format!("fails: {names}")),
        named(&items, is_open).map(|names| format!("{told}: {names}")),
        named(&items, accepted(true)).map(|names| format!("worse, and accepted: {names}")),
        named(&items, accepted(false))
            .map(|names| format!("cannot be told, and accepted: {names}")),
        (!rises.is_empty()).then(|| {
            format!(
                "against the baseline, without failing: {}",
                rises.join(", ")
            )
        }),
    ];
    let clauses: Vec<String> = clauses.into_iter().flatten().collect();

    let said = std::iter::once(format!("robustness of {}", report.model.name)).chain(clauses);
    Closing {
        ending: inconclusive.ending(report),
        said: said.collect::<Vec<_>>().join("; "),
    }
}

/// Those of the items, by the titles of their annotations; `None` if there are none.
fn named(items: &[Item], own: impl Fn(&Item) -> bool) -> Option<String> {
    let own: Vec<String> = items
        .iter()
        .filter(|item| own(item))
        .map(|item| format!("{} / {}", item.group, item.name))
        .collect();
    if own.is_empty() {
        return None;
    }

    let rest = own.len().saturating_sub(MOST_NAMED);
    let shown = own[..own.len() - rest].join(", ");
    Some(match rest {
        0 => shown,
        rest => format!("{shown} and {rest} more"),
    })
}
