//! What a run comes to, its comparison with a baseline included, in one line: the last of the
//! terminal and of the annotations.

use crate::check::judge::remark::Effect;
use crate::report::Report;
use crate::report::ci::{Inconclusive, Item, Policy, Weight, items};
use crate::report::ending::Ending;

/// Items that are named one by one.
const MOST_NAMED: usize = 4;

/// What a run comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Closing {
    /// Failed, inconclusive or passed: the worst of all items.
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

/// What `report` comes to where its verdicts are taken by `policy`.
pub(crate) fn closing(report: &Report, policy: Policy) -> Closing {
    let items = items(report, policy);
    let failed = named(&items, Weight::Failed);
    let open = named(&items, Weight::Open);
    let opens_fail = policy.inconclusive == Inconclusive::Fails && open.is_some();

    // What nothing could have passed with is never excused.
    let mut cautions = report.cautions.iter();
    let broken = cautions.any(|caution| caution.effect != Effect::Warns);
    let told = match policy.inconclusive {
        Inconclusive::Fails => "cannot be told, which fails by --inconclusive fail",
        Inconclusive::Passes if !broken => "cannot be told, and passes by --inconclusive pass",
        Inconclusive::Passes | Inconclusive::Open => "cannot be told",
    };
    let rises = items.iter().filter(|item| item.weight != Weight::Failed);
    let rises: Vec<String> = rises
        .filter_map(|item| Some(format!("{}: {}", item.name, item.rise.as_ref()?)))
        .collect();
    let clauses = [
        failed.as_ref().map(|names| format!("fails: {names}")),
        open.as_ref().map(|names| format!("{told}: {names}")),
        named(&items, Weight::Accepted).map(|names| format!("worse, and accepted: {names}")),
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
        ending: match (failed.is_some() || opens_fail, open.is_some()) {
            (true, _) => Ending::Fail,
            (false, true) => Ending::Inconclusive,
            (false, false) => Ending::Pass,
        },
        said: said.collect::<Vec<_>>().join("; "),
    }
}

/// The items of that weight, by the titles of their annotations; `None` if none did.
fn named(items: &[Item], weight: Weight) -> Option<String> {
    let own: Vec<String> = items
        .iter()
        .filter(|item| item.weight == weight)
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
