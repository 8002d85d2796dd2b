//! What the tests under perturbation show of a model, in words that fit the signs of what is
//! compared: a rise or a cost below 0 is no harm, and one that is larger need not be any.

use maud::{Markup, html};

use crate::check::compare::strategy::ContenderCheck;
use crate::report::comparison::record::{ComparisonReport, ContenderRecord, TestRecord};
use crate::report::comparison::tables::{reference_test, rise};
use crate::report::html::comparison::named::named;
use crate::report::html::comparison::shown::{Shown, shown};
use crate::report::html::parts::{mark, text};
use crate::report::number;

/// A measure under perturbation, and its words.
pub(super) struct Measured {
    /// As tests name it.
    measure: &'static str,
    /// In word error rate: above 0 it is harm.
    of: fn(&ContenderRecord, &ContenderCheck) -> Option<f64>,
    /// Where no side is below 0.
    harm: Words,
    /// Where no side is above 0, and one is below.
    repair: Words,
    /// Where one side is above 0 and the other below.
    mixed: Words,
}

/// What is said of a model beside its reference.
struct Words {
    better: &'static str,
    worse: &'static str,
    /// Behind "not shown".
    nothing: &'static str,
}

/// How much the word error rate rises.
pub(super) const RISE: Measured = Measured {
    measure: "text",
    of: rise,
    harm: Words {
        better: "DEGRADES LESS",
        worse: "DEGRADES MORE",
        nothing: "to degrade more or less than",
    },
    repair: Words {
        better: "IMPROVES MORE",
        worse: "IMPROVES LESS",
        nothing: "to improve more or less than",
    },
    mixed: Words {
        better: "DEGRADES LESS",
        worse: "DEGRADES MORE",
        nothing: "to degrade more or less than",
    },
};

/// What changes of mind add.
pub(super) const COST: Measured = Measured {
    measure: "flip",
    of: |_, check| check.flip_cost.pooled.value,
    harm: Words {
        better: "SWAYED LESS",
        worse: "SWAYED MORE",
        nothing: "to be swayed more or less than",
    },
    repair: Words {
        better: "REPAIRS MORE",
        worse: "REPAIRS LESS",
        nothing: "to repair more or less than",
    },
    mixed: Words {
        better: "SWAYED LESS",
        worse: "SWAYED MORE",
        nothing: "to gain or lose more by its changes of mind than",
    },
};

/// The signs of what a model and its reference have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Signs {
    Harm,
    Repair,
    Mixed,
}

impl Signs {
    const ALL: [Signs; 3] = [Signs::Harm, Signs::Repair, Signs::Mixed];

    /// Of two values; what is not known is taken for harm.
    fn of(values: [Option<f64>; 2]) -> Signs {
        let [own, other] = values.map(|value| value.unwrap_or(0.0));
        if own >= 0.0 && other >= 0.0 {
            Signs::Harm
        } else if own <= 0.0 && other <= 0.0 {
            Signs::Repair
        } else {
            Signs::Mixed
        }
    }
}

impl Measured {
    fn words(&self, signs: Signs) -> &Words {
        match signs {
            Signs::Harm => &self.harm,
            Signs::Repair => &self.repair,
            Signs::Mixed => &self.mixed,
        }
    }

    /// What a model and the reference have under a check.
    fn values(
        &self,
        report: &ComparisonReport,
        contender: &ContenderRecord,
        index: usize,
    ) -> [Option<f64>; 2] {
        let mut contenders = report.contenders.iter();
        let reference = contenders.find(|one| one.label == report.reference);
        let of = |one: &ContenderRecord| (self.of)(one, &one.checks[index]);
        [of(contender), reference.and_then(of)]
    }
}

/// The mark before a sentence: what repairs less does no harm by that.
fn pill(way: Shown, signs: Signs, words: &Words) -> Markup {
    match (way, signs) {
        (Shown::Better, _) => mark("pass", "✓", words.better),
        (Shown::Worse, Signs::Repair) => html! { span.pill.neutral { (words.worse) } },
        (Shown::Worse, _) => mark("fail", "✕", words.worse),
        (Shown::Nothing, _) => mark("open", "?", "NOT SHOWN"),
    }
}

/// One line for each way in which checks came out; figures only where something is shown.
pub(super) fn lines(
    report: &ComparisonReport,
    contender: &ContenderRecord,
    measured: &Measured,
) -> Markup {
    let label = contender.label.as_str();
    let tests: Vec<(usize, &TestRecord, Signs)> = (0..report.checks.len())
        .filter_map(|index| {
            let test = reference_test(report, label, Some(index), measured.measure)?;
            let signs = Signs::of(measured.values(report, contender, index));
            Some((index, test, signs))
        })
        .collect();
    let of = |way: Shown, signs: Signs| -> Vec<(usize, &TestRecord)> {
        let tests = tests.iter().filter(|(_, _, own)| *own == signs);
        let tests = tests.filter(|(_, test, _)| shown(test) == way);
        tests.map(|(index, test, _)| (*index, *test)).collect()
    };
    let opponent = text(&report.reference);

    html! {
        @for way in [Shown::Better, Shown::Worse] {
            @for signs in Signs::ALL {
                @let own = of(way, signs);
                @if !own.is_empty() {
                    li {
                        (pill(way, signs, measured.words(signs))) " than " bdi { (opponent) }
                        " under "
                        @for (place, (index, test)) in own.iter().enumerate() {
                            @if place > 0 { "; " }
                            (named(report, &[*index])) ", "
                            (number::points_with_interval(&test.difference))
                            @if signs != Signs::Harm {
                                (sides(measured.values(report, contender, *index)))
                            }
                            ", p " (number::probability(test.p_adjusted))
                        }
                        "."
                    }
                }
            }
        }
        @for signs in Signs::ALL {
            @let own: Vec<usize> = of(Shown::Nothing, signs).iter().map(|(i, _)| *i).collect();
            @if !own.is_empty() {
                li {
                    (pill(Shown::Nothing, signs, measured.words(signs))) " "
                    (measured.words(signs).nothing) " " bdi { (opponent) } " under "
                    (named(report, &own)) "."
                }
            }
        }
    }
}

/// Both sides of a difference, where its sign alone says too little.
fn sides([own, other]: [Option<f64>; 2]) -> String {
    format!(
        " (its own {}, the other's {})",
        number::points(own),
        number::points(other)
    )
}

/// How many of the flip costs that are shown to be larger are of models that repair less, behind
/// their count.
pub(super) fn of_repairs(report: &ComparisonReport, costs: &[&TestRecord]) -> String {
    let is_repair = |test: &TestRecord| {
        let mut contenders = report.contenders.iter();
        let contender = contenders.find(|one| one.label == test.label);
        let mut checks = report.checks.iter();
        let index = checks.position(|check| {
            test.suite.as_deref() == Some(&check.suite)
                && test.check.as_deref() == Some(&check.check)
        });
        contender.zip(index).is_some_and(|(contender, index)| {
            Signs::of(COST.values(report, contender, index)) == Signs::Repair
        })
    };
    let larger = costs.iter().filter(|test| shown(test) == Shown::Worse);
    let (repairs, all) = larger.fold((0, 0), |(repairs, all), test| {
        (repairs + usize::from(is_repair(test)), all + 1)
    });

    match repairs {
        0 => String::new(),
        1 if all == 1 => " (it repairs less)".to_owned(),
        some if some == all => " (they repair less)".to_owned(),
        1 => " (1 of these repairs less)".to_owned(),
        some => format!(" ({} of these repair less)", number::whole(some)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_fit_the_signs_of_both_sides() {
        for (own, other, signs, better, worse) in [
            (0.02, 0.01, Signs::Harm, "SWAYED LESS", "SWAYED MORE"),
            (0.0, 0.01, Signs::Harm, "SWAYED LESS", "SWAYED MORE"),
            (0.0, -0.0068, Signs::Repair, "REPAIRS MORE", "REPAIRS LESS"),
            (-0.01, 0.0, Signs::Repair, "REPAIRS MORE", "REPAIRS LESS"),
            (-0.01, -0.02, Signs::Repair, "REPAIRS MORE", "REPAIRS LESS"),
            (-0.01, 0.02, Signs::Mixed, "SWAYED LESS", "SWAYED MORE"),
        ] {
            let found = Signs::of([Some(own), Some(other)]);
            assert_eq!(found, signs, "{own} {other}");
            assert_eq!(COST.words(found).better, better);
            assert_eq!(COST.words(found).worse, worse);
        }
        assert_eq!(Signs::of([None, Some(0.0)]), Signs::Harm);
    }

    #[test]
    fn a_model_that_repairs_less_is_not_marked_as_harm() {
        let pill = |signs| pill(Shown::Worse, signs, COST.words(signs)).into_string();
        assert!(pill(Signs::Harm).contains("fail"));
        assert!(pill(Signs::Mixed).contains("fail"));
        let repairs = pill(Signs::Repair);
        assert!(
            !repairs.contains("fail") && repairs.contains("REPAIRS LESS"),
            "{repairs}"
        );
    }
}
