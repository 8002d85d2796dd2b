//! A report for machines that build: each decision as an item that passes, fails or stays open.

pub(crate) mod closing;
pub(crate) mod code_quality;
pub(crate) mod github;
pub(crate) mod junit;

use crate::check::judge::remark::Effect;
use crate::report::baseline::BaselineRecord;
use crate::report::cautions::CautionRecord;
use crate::report::ending::Ending;
use crate::report::failures::CounterexampleRecord;
use crate::report::record::CheckRecord;
use crate::report::terminal::title;
use crate::report::{Report, baseline, cautions, number};
use crate::stats::verdict::Verdict;

/// Failures of a check that are named where it fails.
const MOST_NAMED: usize = 3;

/// What an inconclusive verdict means to whoever runs the check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Inconclusive {
    /// It is told apart from both others.
    Open,
    /// It is no reason to stop.
    Passes,
    /// It is as bad as a failure.
    Fails,
}

impl Inconclusive {
    /// What the verdict of `report` comes to: its own word, unless it is inconclusive and that is a
    /// failure.
    pub(crate) fn ending(self, report: &Report) -> Ending {
        match (report.verdict.of_run(), self) {
            (Verdict::Inconclusive, Inconclusive::Fails) => Ending::Fail,
            (verdict, _) => verdict.into(),
        }
    }

    /// Whether an inconclusive verdict of `report` is excused. A rescorer that is known to be broken,
    /// so that nothing could have passed, never is.
    pub(crate) fn excuses(self, report: &Report) -> bool {
        self == Inconclusive::Passes && !report.is_barred()
    }

    /// What is made of the verdict of `report` where that is inconclusive, in words; `None` where
    /// nothing was asked.
    pub(crate) fn made(self, report: &Report) -> Option<&'static str> {
        if report.verdict.of_run() != Verdict::Inconclusive {
            return None;
        }
        match self {
            Inconclusive::Open => None,
            Inconclusive::Fails => Some("what cannot be told fails by --inconclusive fail"),
            Inconclusive::Passes if self.excuses(report) => {
                Some("what cannot be told passes by --inconclusive pass")
            }
            Inconclusive::Passes => Some(
                "nothing can pass with this rescorer, which --inconclusive pass does not excuse",
            ),
        }
    }

    /// Whether the job fails all the same, though what is inconclusive was to pass.
    fn is_refused(self, report: &Report) -> bool {
        self == Inconclusive::Passes
            && report.is_barred()
            && report.verdict.of_run() == Verdict::Inconclusive
    }
}

/// What an item is to the machine that builds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Weight {
    Passed,
    /// It failed once and not again.
    Flaky,
    /// It could not be asked.
    Skipped,
    /// It failed, or neither was shown, and that is accepted.
    Accepted,
    /// It decides nothing, and has to be known before anything is believed.
    Warned,
    /// Neither was shown.
    Open,
    Failed,
}

/// One decision.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Item {
    /// The check, the suite of a property, or what else it belongs to.
    group: String,
    /// The gate or the property.
    name: String,
    ending: Ending,
    weight: Weight,
    /// The verdict in a sentence or two.
    wording: String,
    /// What helps to find out more, a line each.
    details: Vec<String>,
    /// How many errors more than the baseline's there are, if so.
    rise: Option<String>,
    /// Whether nothing could have passed, so that being inconclusive is never excused.
    bars: bool,
}

impl From<Ending> for Weight {
    fn from(ending: Ending) -> Weight {
        match ending {
            Ending::Pass | Ending::Identical => Weight::Passed,
            Ending::Flaky => Weight::Flaky,
            Ending::Skipped => Weight::Skipped,
            Ending::Inconclusive => Weight::Open,
            Ending::Fail | Ending::Error => Weight::Failed,
        }
    }
}

impl Item {
    fn new(group: &str, name: &str, ending: Ending, wording: String) -> Item {
        Item {
            group: group.to_owned(),
            name: name.to_owned(),
            ending,
            weight: Weight::from(ending),
            wording,
            details: Vec::new(),
            rise: None,
            bars: false,
        }
    }

    /// What is wrong with the rescorer.
    fn of_caution(caution: &CautionRecord) -> Item {
        let (ending, wording) = (cautions::ending(caution), format!("{}.", caution.wording));
        let item = Item::new("rescorer", &caution.kind, ending, wording);
        match caution.effect {
            Effect::Warns => Item {
                weight: Weight::Warned,
                ..item
            },
            Effect::BarsPass | Effect::BarsVerdict => Item { bars: true, ..item },
            Effect::Fails => item,
        }
    }

    /// Whether it is a reason for the job to fail, where what is `inconclusive` means that.
    fn fails(&self, inconclusive: Inconclusive) -> bool {
        match (self.weight, inconclusive) {
            (Weight::Failed, _) | (Weight::Open | Weight::Flaky, Inconclusive::Fails) => true,
            (Weight::Open, Inconclusive::Passes) => self.bars,
            _ => false,
        }
    }

    /// What it is of, how it ended, and by how much more errors.
    fn title(&self) -> String {
        let verdict = match self.weight {
            Weight::Warned => "CAUTION".to_owned(),
            _ => self.ending.word(),
        };
        let rise = self.rise.as_ref();
        let rise = rise.map_or_else(String::new, |rise| format!(", {rise}"));
        format!("{} / {}: {verdict}{rise}", self.group, self.name)
    }
}

/// All decisions of a report: cautions, also those that decide nothing, gates, properties, the
/// comparison with a baseline.
fn items(report: &Report) -> Vec<Item> {
    let cautions = report.cautions.iter();
    let mut items: Vec<Item> = cautions.map(Item::of_caution).collect();

    for check in &report.checks {
        let (title, named) = (title(check), named(report, check));
        items.extend(check.verdict.gates.iter().map(|gate| Item {
            details: if gate.verdict == Ending::Pass {
                Vec::new()
            } else {
                named.clone()
            },
            ..Item::new(
                &title,
                gate.gate.name(),
                gate.verdict,
                gate.wording.to_string(),
            )
        }));
    }

    let untried = report.has_untried_properties();
    items.extend(report.properties.iter().map(|property| {
        let minimal = property.minimal.iter();
        // Beside no claim, a rate is one of nobody knows what.
        let wording = format!("{} (claimed: {})", property.wording, property.claim);
        Item {
            // One that was skipped beside others keeps nothing open, all of them tell nothing.
            weight: if untried {
                Weight::Open
            } else {
                Weight::from(property.status)
            },
            details: minimal
                .map(|minimal| format!("{}: {}", minimal.id, minimal.sentence))
                .collect(),
            ..Item::new(&property.suite, &property.check, property.status, wording)
        }
    }));

    items.extend(report.baseline.iter().flat_map(against));
    items
}

/// The decisions of a comparison with a baseline, and what could not be compared.
fn against(baseline: &BaselineRecord) -> Vec<Item> {
    let notes = baseline::notes(baseline);
    let changes = baseline.changes.iter().map(|change| Item {
        details: notes.clone(),
        rise: baseline::rise(change),
        ..Item::new(
            "baseline",
            &change.of,
            change.verdict,
            change.wording.clone(),
        )
    });

    let open = |check: &String, why: &str| {
        let wording = format!("{check}: not compared, {why}.");
        Item::new("baseline", check, Ending::Inconclusive, wording)
    };
    let uncounted = baseline.uncounted_checks.iter();
    let uncounted = uncounted.map(|check| open(check, "for want of counts"));
    let added = baseline.added_checks.iter().map(|check| {
        open(
            check,
            "since the baseline has no such check (--update-baseline takes it in)",
        )
    });
    let accepted = |item: Item| match item.weight {
        Weight::Failed | Weight::Open if baseline.accepted => Item {
            weight: Weight::Accepted,
            ..item
        },
        _ => item,
    };
    changes
        .chain(uncounted)
        .chain(added)
        .map(accepted)
        .collect()
}

/// The worst failures of a check, a line each.
fn named(report: &Report, check: &CheckRecord) -> Vec<String> {
    let failures = report.failures.iter().flat_map(|failures| &failures.checks);
    let mut own =
        failures.filter(|record| record.suite == check.suite && record.check == check.check);
    let Some(record) = own.next() else {
        return Vec::new();
    };

    let line = |case: &CounterexampleRecord| {
        format!(
            "{}, draw {}: {}; {} more (failures/{})",
            case.id,
            case.draw,
            case.minimal.substitutions.join(", "),
            number::count(case.minimal.damage, "error"),
            case.file
        )
    };
    record.cases.iter().take(MOST_NAMED).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caution(effect: Effect) -> Item {
        Item::of_caution(&CautionRecord {
            kind: "constant_score".to_owned(),
            effect,
            wording: "The model tells nothing apart".to_owned(),
        })
    }

    #[test]
    fn a_rescorer_with_which_nothing_can_pass_is_never_excused() {
        use Inconclusive::{Fails, Open, Passes};
        for (effect, expected) in [
            (Effect::Warns, [false, false, false]),
            (Effect::BarsPass, [false, true, true]),
            (Effect::BarsVerdict, [false, true, true]),
            (Effect::Fails, [true, true, true]),
        ] {
            let found = [Open, Passes, Fails].map(|meaning| caution(effect).fails(meaning));
            assert_eq!(found, expected, "{effect:?}");
        }
        let open = Item::new("a", "flip", Ending::Inconclusive, String::new());
        assert!(!open.fails(Passes) && open.fails(Fails));
    }

    #[test]
    fn a_caution_that_decides_nothing_is_titled_as_one() {
        let titled = caution(Effect::Warns).title();
        assert_eq!(titled, "rescorer / constant_score: CAUTION");
        let titled = caution(Effect::BarsPass).title();
        assert_eq!(titled, "rescorer / constant_score: INCONCLUSIVE");
    }
}
