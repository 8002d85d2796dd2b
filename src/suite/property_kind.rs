//! The kinds of properties that a suite file can ask for: their keys, and how they are read.

use crate::perturb::{Hypotheses, Target};
use crate::suite::document::Fields;
use crate::suite::error::{SuiteError, SuiteErrorKind};
use crate::suite::gates::margin;
use crate::suite::perturbation::keys_of_swaps;
use crate::suite::perturbation::{perturbation, perturbation_of};
use crate::suite::property::{Drawn, Property, SurfaceForm};
use crate::suite::toml::draws;

/// Far above the noise of single precision on one machine, far below what decides a pick.
const TOLERANCE: f64 = 1e-4;

/// So many lists tell whether a rescorer breaks an invariant.
const STRICT_LISTS: usize = 100;

const STRICT_KEYS: &[&str] = &["name", "kind", "lists", "tolerance"];
const PLAIN_KEYS: &[&str] = &["name", "kind", "lists"];
const MARGIN_KEYS: &[&str] = &["name", "kind", "lists", "margin"];
const RATE_KEYS: &[&str] = &["name", "kind", "lists", "max_rate"];
const FORMS_KEYS: &[&str] = &["name", "kind", "lists", "forms", "max_rate"];
const LIST_DRAWN_KEYS: &[&str] = keys_of_swaps!(
    [
        "name",
        "kind",
        "lists",
        "perturbation",
        "hypothesis",
        "coherent"
    ],
    ["max_rate"]
);
const DRAWN_KEYS: &[&str] = keys_of_swaps!(["name", "kind", "lists"], ["max_rate"]);
const DROP_KEYS: &[&str] = keys_of_swaps!(["name", "kind", "lists"], ["max_rate", "max_spreads"]);

/// The kind of a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::suite) enum PropertyKind {
    BatchInvariance,
    FiniteScores,
    Determinism,
    OrderInvariance,
    DuplicateInvariance,
    IrrelevantAlternative,
    FirstPassShift,
    NoHarm,
    OracleConsistency,
    SelectionHarm,
    SwapStability,
    MonotonePreference,
    ScoreDrop,
    SurfaceForms,
}

impl PropertyKind {
    /// All kinds by their names in suites.
    pub(in crate::suite) const ALL: &[(&str, PropertyKind)] = &[
        ("batch-invariance", PropertyKind::BatchInvariance),
        ("finite-scores", PropertyKind::FiniteScores),
        ("determinism", PropertyKind::Determinism),
        ("order-invariance", PropertyKind::OrderInvariance),
        ("duplicate-invariance", PropertyKind::DuplicateInvariance),
        (
            "irrelevant-alternative",
            PropertyKind::IrrelevantAlternative,
        ),
        ("first-pass-shift", PropertyKind::FirstPassShift),
        ("no-harm", PropertyKind::NoHarm),
        ("oracle-consistency", PropertyKind::OracleConsistency),
        ("selection-harm", PropertyKind::SelectionHarm),
        ("swap-stability", PropertyKind::SwapStability),
        ("monotone-preference", PropertyKind::MonotonePreference),
        ("score-drop", PropertyKind::ScoreDrop),
        ("surface-forms", PropertyKind::SurfaceForms),
    ];

    /// The keys that a check of this kind knows.
    pub(in crate::suite) fn keys(self) -> &'static [&'static str] {
        match self {
            PropertyKind::BatchInvariance
            | PropertyKind::Determinism
            | PropertyKind::OrderInvariance
            | PropertyKind::DuplicateInvariance
            | PropertyKind::IrrelevantAlternative
            | PropertyKind::FirstPassShift => STRICT_KEYS,
            PropertyKind::FiniteScores => PLAIN_KEYS,
            PropertyKind::NoHarm => MARGIN_KEYS,
            PropertyKind::OracleConsistency => RATE_KEYS,
            PropertyKind::SelectionHarm => LIST_DRAWN_KEYS,
            PropertyKind::SwapStability | PropertyKind::MonotonePreference => DRAWN_KEYS,
            PropertyKind::ScoreDrop => DROP_KEYS,
            PropertyKind::SurfaceForms => FORMS_KEYS,
        }
    }

    /// How many lists are looked at where the suite does not say: of one call after the other, a
    /// hundred; of what takes one look at each list, all.
    pub(in crate::suite) fn default_lists(self) -> Option<usize> {
        match self {
            PropertyKind::BatchInvariance
            | PropertyKind::Determinism
            | PropertyKind::OrderInvariance
            | PropertyKind::DuplicateInvariance
            | PropertyKind::IrrelevantAlternative
            | PropertyKind::FirstPassShift => Some(STRICT_LISTS),
            PropertyKind::FiniteScores
            | PropertyKind::NoHarm
            | PropertyKind::OracleConsistency
            | PropertyKind::SelectionHarm
            | PropertyKind::SwapStability
            | PropertyKind::MonotonePreference
            | PropertyKind::ScoreDrop
            | PropertyKind::SurfaceForms => None,
        }
    }

    /// What the keys of a check of this kind claim.
    pub(in crate::suite) fn read(self, fields: &Fields<'_, '_>) -> Result<Property, SuiteError> {
        let on_reference = Hypotheses::One(Target::FirstPassBest);
        Ok(match self {
            PropertyKind::BatchInvariance => Property::BatchInvariance {
                tolerance: tolerance(fields)?,
            },
            PropertyKind::FiniteScores => Property::FiniteScores,
            PropertyKind::Determinism => Property::Determinism {
                tolerance: tolerance(fields)?,
            },
            PropertyKind::OrderInvariance => Property::OrderInvariance {
                tolerance: tolerance(fields)?,
            },
            PropertyKind::DuplicateInvariance => Property::DuplicateInvariance {
                tolerance: tolerance(fields)?,
            },
            PropertyKind::IrrelevantAlternative => Property::IrrelevantAlternative {
                tolerance: tolerance(fields)?,
            },
            PropertyKind::FirstPassShift => Property::FirstPassShift {
                tolerance: tolerance(fields)?,
            },
            PropertyKind::NoHarm => Property::NoHarm {
                margin: margin(
                    fields,
                    "margin",
                    "margin = { relative = 0.10 }, margin = { absolute = 0.005 }, or both",
                )?,
            },
            PropertyKind::OracleConsistency => Property::OracleConsistency {
                max_rate: max_rate(fields)?,
            },
            PropertyKind::SelectionHarm => Property::SelectionHarm(Drawn {
                perturbation: perturbation(fields)?,
                draws: draws(fields)?,
                max_rate: max_rate(fields)?,
            }),
            PropertyKind::SwapStability => {
                Property::SwapStability(drawn(fields, Hypotheses::All { coherent: true })?)
            }
            PropertyKind::MonotonePreference => {
                Property::MonotonePreference(drawn(fields, on_reference)?)
            }
            PropertyKind::ScoreDrop => {
                let max_spreads =
                    fields.number("max_spreads", "above 0 and at most 1e9", |spreads| {
                        spreads > 0.0 && spreads <= 1e9
                    })?;
                Property::ScoreDrop {
                    drawn: drawn(fields, on_reference)?,
                    max_spreads: max_spreads
                        .ok_or_else(|| fields.missing("max_spreads", "max_spreads = 2.0"))?,
                }
            }
            PropertyKind::SurfaceForms => Property::SurfaceForms {
                forms: forms(fields)?,
                max_rate: max_rate(fields)?,
            },
        })
    }
}

fn drawn(fields: &Fields<'_, '_>, hypotheses: Hypotheses) -> Result<Drawn, SuiteError> {
    Ok(Drawn {
        perturbation: perturbation_of(fields, hypotheses)?,
        draws: draws(fields)?,
        max_rate: max_rate(fields)?,
    })
}

fn tolerance(fields: &Fields<'_, '_>) -> Result<f64, SuiteError> {
    let tolerance = fields.number("tolerance", "from 0 to 1e9", |tolerance| {
        (0.0..=1e9).contains(&tolerance)
    })?;
    Ok(tolerance.unwrap_or(TOLERANCE))
}

fn max_rate(fields: &Fields<'_, '_>) -> Result<f64, SuiteError> {
    let rate = fields.number(
        "max_rate",
        "from 0 (no exception) to 1, 1 excluded",
        |rate| (0.0..1.0).contains(&rate),
    )?;
    rate.ok_or_else(|| fields.missing("max_rate", "max_rate = 0.05, or 0 for no exception at all"))
}

fn forms(fields: &Fields<'_, '_>) -> Result<Vec<SurfaceForm>, SuiteError> {
    let words = fields.choices("forms", &SurfaceForm::ALL)?;
    match words {
        Some(forms) if forms.len() > SurfaceForm::ALL.len() => {
            let kind = SuiteErrorKind::Conflict("`forms` names a form twice: name each once");
            let at = fields.position("forms").unwrap_or(fields.start);
            Err(fields.document.error(at, kind))
        }
        Some(forms) if !forms.is_empty() => Ok(forms),
        Some(_) | None => {
            Err(fields.missing("forms", "forms = [\"upper-case\", \"final-period\"]"))
        }
    }
}
