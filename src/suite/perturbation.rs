//! The keys of a check that say how lists are perturbed.

use crate::perturb::boundary::FURTHEST_RECUT;
use crate::perturb::{Amount, Hypotheses, Kinds, Perturbation, Target, Vocabulary};
use crate::phonetics::distance::PhoneticDistance;
use crate::suite::document::Fields;
use crate::suite::error::{SuiteError, SuiteErrorKind};
use crate::suite::swap_rules::rules;

/// The keys of a table that says how words are swapped: all that [`perturbation`] reads, between others.
macro_rules! keys_of_swaps {
    ([$($before:literal),*], [$($after:literal),*]) => {
        &[
            $($before,)*
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
            $($after,)*
        ]
    };
}
pub(in crate::suite) use keys_of_swaps;

/// The perturbation that the keys of a check ask for.
pub(in crate::suite) fn perturbation(fields: &Fields<'_, '_>) -> Result<Perturbation, SuiteError> {
    let hypotheses = hypotheses(fields)?;
    perturbation_of(fields, hypotheses)
}

/// The same, where the kind of check says which hypotheses are touched.
pub(in crate::suite) fn perturbation_of(
    fields: &Fields<'_, '_>,
    hypotheses: Hypotheses,
) -> Result<Perturbation, SuiteError> {
    let max_distance = distance(fields, "max_distance", "from 0 (homophones) to 1")?;
    let min_distance = distance(fields, "min_distance", "from 0 to 1")?;
    if min_distance > max_distance {
        let at = fields.position("min_distance").unwrap_or(fields.start);
        let text = "`min_distance` is above `max_distance`: no word is in between";
        return Err(fields.document.error(at, SuiteErrorKind::Conflict(text)));
    }

    let kinds = kinds(fields)?;
    if kinds.boundary > 0 && max_distance > FURTHEST_RECUT {
        let at = fields.position("max_distance").unwrap_or(fields.start);
        let text = "`max_distance` is above 0.6, and `kinds` asks for boundaries: beyond 0.6 words no longer sound \
                    alike, and every cut of every pair of words would be tried";
        return Err(fields.document.error(at, SuiteErrorKind::Conflict(text)));
    }

    let vocabulary = match fields.boolean("common_words")? {
        Some(common) if !common.value => Vocabulary::All,
        Some(_) | None => Vocabulary::Common,
    };

    Ok(Perturbation {
        hypotheses,
        amount: amount(fields)?,
        min_distance,
        max_distance,
        vocabulary,
        rules: rules(fields, vocabulary)?,
        kinds,
    })
}

fn distance(
    fields: &Fields<'_, '_>,
    key: &'static str,
    expected: &'static str,
) -> Result<PhoneticDistance, SuiteError> {
    // 1 is about one unrelated phone: beyond it every word sounds like every other.
    let is_distance = |value| value <= 1.0 && PhoneticDistance::from_f64(value).is_ok();
    let value = fields.number(key, expected, is_distance)?;
    Ok(value.map_or(PhoneticDistance::ZERO, |value| {
        PhoneticDistance::from_f64(value).expect("the line before checked it")
    }))
}

fn hypotheses(fields: &Fields<'_, '_>) -> Result<Hypotheses, SuiteError> {
    let perturbations = [
        ("perturb-1", Hypotheses::One(Target::FirstPassBest)),
        ("perturb-n", Hypotheses::All { coherent: false }),
    ];
    let Some(perturbation) = fields.choice("perturbation", &perturbations)? else {
        let example = "perturbation = \"perturb-1\" or \"perturb-n\"";
        return Err(fields.missing("perturbation", example));
    };
    let targets = [
        ("first-pass-best", Target::FirstPassBest),
        ("first-pass-worst", Target::FirstPassWorst),
        ("rescored-best", Target::RescoredBest),
    ];
    let target = fields.choice("hypothesis", &targets)?;
    let coherent = fields.boolean("coherent")?;
    let conflict = |at, text| Err(fields.document.error(at, SuiteErrorKind::Conflict(text)));

    match (perturbation.value, target, coherent) {
        (Hypotheses::One(_), _, Some(coherent)) => conflict(
            coherent.at,
            "`coherent` needs perturbation = \"perturb-n\": perturb-1 touches one hypothesis",
        ),
        (Hypotheses::One(_), Some(target), None) => Ok(Hypotheses::One(target.value)),
        (Hypotheses::One(target), None, None) => Ok(Hypotheses::One(target)),
        (Hypotheses::All { .. }, Some(target), _) => conflict(
            target.at,
            "`hypothesis` needs perturbation = \"perturb-1\": perturb-n touches all of them",
        ),
        (Hypotheses::All { .. }, None, coherent) => Ok(Hypotheses::All {
            coherent: coherent.is_some_and(|coherent| coherent.value),
        }),
    }
}

fn amount(fields: &Fields<'_, '_>) -> Result<Amount, SuiteError> {
    let count = fields.count("count", "from 1 to 1000", 1..1001)?;
    let rate = fields.number("rate", "above 0 and at most 1", |rate| {
        rate > 0.0 && rate <= 1.0
    })?;

    match (count, rate) {
        (Some(_), Some(_)) => {
            let at = fields.position("rate").unwrap_or(fields.start);
            let text = "`count` and `rate` exclude each other: keep one of them";
            Err(fields.document.error(at, SuiteErrorKind::Conflict(text)))
        }
        (None, Some(rate)) => Ok(Amount::Rate(rate)),
        (count, None) => Ok(Amount::Count(count.unwrap_or(1))),
    }
}

const KINDS_KEYS: &[&str] = &["swap", "boundary", "delete", "insert"];

fn kinds(fields: &Fields<'_, '_>) -> Result<Kinds, SuiteError> {
    let Some(table) = fields.table("kinds")? else {
        return Ok(Kinds::SWAPS);
    };
    let weights = fields
        .document
        .fields(table.value, table.at, "`kinds`", KINDS_KEYS)?;
    let weight = |key| -> Result<u32, SuiteError> {
        let weight = weights.count(key, "a weight from 0 to 1000", 0..1001)?;
        Ok(weight.map_or(0, |weight| {
            u32::try_from(weight).expect("it is at most 1000")
        }))
    };
    let kinds = Kinds {
        swap: weight("swap")?,
        boundary: weight("boundary")?,
        delete: weight("delete")?,
        insert: weight("insert")?,
    };

    if kinds.weights().next().is_none() {
        return Err(weights.missing(
            "swap",
            "kinds = { swap = 2, boundary = 1 }, with a weight above 0",
        ));
    }

    Ok(kinds)
}
