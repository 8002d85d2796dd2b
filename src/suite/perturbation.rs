//! The keys of a check that say how lists are perturbed.

use crate::perturb::boundary::FURTHEST_RECUT;
use crate::perturb::{Amount, Hypotheses, Kinds, Perturbation, Target, Vocabulary};
use crate::phonetics::distance::PhoneticDistance;
use crate::suite::checks::DRAWS;
use crate::suite::document::Table;
use crate::suite::error::SuiteError;
use crate::suite::key_uses::refuse_unread;
use crate::suite::swap_rules::rules;

/// The keys that say which hypotheses are touched.
pub(super) const TARGET_KEYS: &[&str] = &["perturbation", "hypothesis", "coherent"];

/// The keys that say how words are swapped, and how often.
pub(super) const SWAP_KEYS: &[&str] = &[
    "count",
    "rate",
    "min_distance",
    "max_distance",
    "common_words",
    "apostrophes",
    "pronunciations",
    "min_frequency",
    "max_frequency_drop",
    "weight",
    "capitalised",
    "exclude",
    "function_words",
    "pairs",
    "kinds",
    "draws",
];

/// Draws per utterance.
pub(super) fn draws(check: &Table<'_, '_>) -> Result<usize, SuiteError> {
    let draws = check.count("draws", "from 1 to 10000", 1..=10_000)?;
    Ok(draws.unwrap_or(DRAWS))
}

/// The perturbation that the keys of a check ask for.
pub(super) fn perturbation(check: &Table<'_, '_>) -> Result<Perturbation, SuiteError> {
    perturbation_of(check, hypotheses(check)?)
}

/// The same, where the kind of check says which hypotheses are touched.
pub(super) fn perturbation_of(
    check: &Table<'_, '_>,
    hypotheses: Hypotheses,
) -> Result<Perturbation, SuiteError> {
    let kinds = kinds(check)?;
    refuse_unread(check, kinds)?;

    let max_distance = distance(check, "max_distance", "from 0 (homophones) to 1")?;
    let min_distance = distance(check, "min_distance", "from 0 to 1")?;
    if min_distance > max_distance {
        let problem = "`min_distance` is above `max_distance`: no word is in between";
        return Err(check.conflict("min_distance", problem));
    }

    if kinds.boundary > 0 && max_distance > FURTHEST_RECUT {
        let problem = "`max_distance` is above 0.6, and `kinds` asks for boundaries: beyond 0.6 \
            words no longer sound alike, and every cut of every pair of words would be tried";
        return Err(check.conflict("max_distance", problem));
    }

    let vocabulary = match check.boolean("common_words")? {
        Some(false) => Vocabulary::All,
        Some(true) | None => Vocabulary::Common,
    };

    Ok(Perturbation {
        hypotheses,
        amount: amount(check)?,
        min_distance,
        max_distance,
        vocabulary,
        rules: rules(check, vocabulary)?,
        kinds,
    })
}

fn distance(
    check: &Table<'_, '_>,
    key: &'static str,
    expected: &'static str,
) -> Result<PhoneticDistance, SuiteError> {
    // 1 is about one unrelated phone: beyond it every word sounds like every other.
    let distance = |value| {
        PhoneticDistance::from_f64(value)
            .ok()
            .filter(|_| value <= 1.0)
    };
    let value = check.number(key, expected, |value| distance(value).is_some())?;
    Ok(value.and_then(distance).unwrap_or(PhoneticDistance::ZERO))
}

fn hypotheses(check: &Table<'_, '_>) -> Result<Hypotheses, SuiteError> {
    let perturbations = [
        ("perturb-1", Hypotheses::One(Target::FirstPassBest)),
        ("perturb-n", Hypotheses::All { coherent: false }),
    ];
    let Some(perturbation) = check.choice("perturbation", &perturbations)? else {
        let example = "perturbation = \"perturb-1\" or \"perturb-n\"";
        return Err(check.missing("perturbation", example));
    };
    let targets = [
        ("first-pass-best", Target::FirstPassBest),
        ("first-pass-worst", Target::FirstPassWorst),
        ("rescored-best", Target::RescoredBest),
    ];
    let target = check.choice("hypothesis", &targets)?;

    match (perturbation, target, check.boolean("coherent")?) {
        (Hypotheses::One(_), _, Some(_)) => {
            let problem =
                "`coherent` needs perturbation = \"perturb-n\": perturb-1 touches one hypothesis";
            Err(check.conflict("coherent", problem))
        }
        (Hypotheses::One(default), target, None) => Ok(Hypotheses::One(target.unwrap_or(default))),
        (Hypotheses::All { .. }, Some(_), _) => {
            let problem =
                "`hypothesis` needs perturbation = \"perturb-1\": perturb-n touches all of them";
            Err(check.conflict("hypothesis", problem))
        }
        (Hypotheses::All { .. }, None, coherent) => Ok(Hypotheses::All {
            coherent: coherent.unwrap_or(false),
        }),
    }
}

fn amount(check: &Table<'_, '_>) -> Result<Amount, SuiteError> {
    let count = check.count("count", "from 1 to 1000", 1..=1000)?;
    let accepts = |rate| rate > 0.0 && rate <= 1.0;
    let rate = check.number("rate", "above 0 and at most 1", accepts)?;

    match (count, rate) {
        (Some(_), Some(_)) => {
            let problem = "`count` and `rate` exclude each other: keep one of them";
            Err(check.conflict("rate", problem))
        }
        (None, Some(rate)) => Ok(Amount::Rate(rate)),
        (count, None) => Ok(Amount::Count(count.unwrap_or(1))),
    }
}

fn kinds(check: &Table<'_, '_>) -> Result<Kinds, SuiteError> {
    let known = ["swap", "boundary", "delete", "insert"];
    let Some(weights) = check.table("kinds", "`kinds`", &known)? else {
        return Ok(Kinds::SWAPS);
    };

    let weight = |key| {
        let weight = weights.count(key, "a weight from 0 to 1000", 0..=1000)?;
        let weight = u32::try_from(weight.unwrap_or(0)).expect("it is at most 1000");
        Ok::<u32, SuiteError>(weight)
    };
    let kinds = Kinds {
        swap: weight("swap")?,
        boundary: weight("boundary")?,
        delete: weight("delete")?,
        insert: weight("insert")?,
    };

    if kinds.weights().next().is_none() {
        let problem = "no kind of `kinds` has a weight above 0: write \
                       kinds = { swap = 2, boundary = 1 }, or leave `kinds` out for swaps alone";
        return Err(check.conflict("kinds", problem));
    }
    Ok(kinds)
}
