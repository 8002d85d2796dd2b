//! The kinds of checks that a suite file can ask for: their keys, and what these claim.

use crate::perturb::{Hypotheses, Target};
use crate::suite::document::Table;
use crate::suite::error::SuiteError;
use crate::suite::gates::margin;
use crate::suite::perturbation::{SWAP_KEYS, TARGET_KEYS, draws, perturbation, perturbation_of};
use crate::suite::property::{Drawn, Property, SurfaceForm};

/// Far above the noise of single precision on one machine, far below what decides a pick.
const TOLERANCE: f64 = 1e-4;

/// So many lists tell whether a rescorer breaks an invariant.
const STRICT_LISTS: usize = 100;

/// What the word behind `kind` stands for.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// A bounded degradation of word error rates.
    Nprr,
    /// What calls alike may differ by.
    Strict(fn(f64) -> Property),
    /// How often something may go wrong on texts that are drawn.
    Drawn(Hypotheses, fn(Drawn) -> Property),
    /// Keys of its own, and how they are read.
    Other(
        &'static [&'static [&'static str]],
        fn(&Table<'_, '_>) -> Result<Property, SuiteError>,
    ),
}

const ON_REFERENCE: Hypotheses = Hypotheses::One(Target::FirstPassBest);

/// All kinds by their names in suites.
pub(super) const KINDS: [(&str, Kind); 15] = [
    ("nprr", Kind::Nprr),
    (
        "batch-invariance",
        Kind::Strict(|tolerance| Property::BatchInvariance { tolerance }),
    ),
    (
        "finite-scores",
        Kind::Other(&[], |_| Ok(Property::FiniteScores)),
    ),
    (
        "determinism",
        Kind::Strict(|tolerance| Property::Determinism { tolerance }),
    ),
    (
        "order-invariance",
        Kind::Strict(|tolerance| Property::OrderInvariance { tolerance }),
    ),
    (
        "duplicate-invariance",
        Kind::Strict(|tolerance| Property::DuplicateInvariance { tolerance }),
    ),
    (
        "irrelevant-alternative",
        Kind::Strict(|tolerance| Property::IrrelevantAlternative { tolerance }),
    ),
    (
        "first-pass-shift",
        Kind::Strict(|tolerance| Property::FirstPassShift { tolerance }),
    ),
    ("no-harm", Kind::Other(&[&["margin"]], no_harm)),
    (
        "oracle-consistency",
        Kind::Other(&[&["max_rate"]], oracle_consistency),
    ),
    (
        "selection-harm",
        Kind::Other(&[TARGET_KEYS, SWAP_KEYS, &["max_rate"]], selection_harm),
    ),
    (
        "swap-stability",
        Kind::Drawn(Hypotheses::All { coherent: true }, Property::SwapStability),
    ),
    (
        "monotone-preference",
        Kind::Drawn(ON_REFERENCE, Property::MonotonePreference),
    ),
    (
        "score-drop",
        Kind::Other(&[SWAP_KEYS, &["max_rate", "max_spreads"]], score_drop),
    ),
    (
        "surface-forms",
        Kind::Other(&[&["forms", "max_rate"]], surface_forms),
    ),
];

impl Kind {
    /// The keys that a check of this kind knows.
    pub(super) fn keys(self) -> Vec<&'static str> {
        let head: &[&str] = match self {
            Kind::Nprr => &["name", "kind"],
            Kind::Strict(_) | Kind::Drawn(..) | Kind::Other(..) => &["name", "kind", "lists"],
        };

        let own: &[&[&str]] = match self {
            Kind::Nprr => &[TARGET_KEYS, SWAP_KEYS, &["gates"]],
            Kind::Strict(_) => &[&["tolerance"]],
            Kind::Drawn(..) => &[SWAP_KEYS, &["max_rate"]],
            Kind::Other(keys, _) => keys,
        };
        [&[head], own].concat().concat()
    }

    /// How many lists are looked at where the suite does not say: of one call after the other, a
    /// hundred; of what takes one look at each list, all.
    pub(super) fn default_lists(self) -> Option<usize> {
        matches!(self, Kind::Strict(_)).then_some(STRICT_LISTS)
    }
}

/// At most so many of what was drawn go wrong.
pub(super) fn drawn(check: &Table<'_, '_>, hypotheses: Hypotheses) -> Result<Drawn, SuiteError> {
    Ok(Drawn {
        perturbation: perturbation_of(check, hypotheses)?,
        draws: draws(check)?,
        max_rate: max_rate(check)?,
    })
}

/// How far scores may move.
pub(super) fn tolerance(check: &Table<'_, '_>) -> Result<f64, SuiteError> {
    let accepts = |tolerance| (0.0..=1e9).contains(&tolerance);
    let tolerance = check.number("tolerance", "from 0 to 1e9", accepts)?;
    Ok(tolerance.unwrap_or(TOLERANCE))
}

fn max_rate(check: &Table<'_, '_>) -> Result<f64, SuiteError> {
    let expected = "from 0 (no exception) to 1, 1 excluded";
    let rate = check.number("max_rate", expected, |rate| (0.0..1.0).contains(&rate))?;
    rate.ok_or_else(|| check.missing("max_rate", "max_rate = 0.05, or 0 for no exception at all"))
}

fn no_harm(check: &Table<'_, '_>) -> Result<Property, SuiteError> {
    let example = "margin = { relative = 0.10 }, margin = { absolute = 0.005 }, or both";
    let margin = margin(check, "margin", example)?;
    Ok(Property::NoHarm { margin })
}

fn oracle_consistency(check: &Table<'_, '_>) -> Result<Property, SuiteError> {
    let max_rate = max_rate(check)?;
    Ok(Property::OracleConsistency { max_rate })
}

fn selection_harm(check: &Table<'_, '_>) -> Result<Property, SuiteError> {
    Ok(Property::SelectionHarm(Drawn {
        perturbation: perturbation(check)?,
        draws: draws(check)?,
        max_rate: max_rate(check)?,
    }))
}

fn score_drop(check: &Table<'_, '_>) -> Result<Property, SuiteError> {
    let accepts = |spreads| spreads > 0.0 && spreads <= 1e9;
    let max_spreads = check.number("max_spreads", "above 0 and at most 1e9", accepts)?;
    Ok(Property::ScoreDrop {
        drawn: drawn(check, ON_REFERENCE)?,
        max_spreads: max_spreads
            .ok_or_else(|| check.missing("max_spreads", "max_spreads = 2.0"))?,
    })
}

fn surface_forms(check: &Table<'_, '_>) -> Result<Property, SuiteError> {
    let words = check.texts("forms")?.unwrap_or_default();
    let forms = words
        .iter()
        .map(|word| check.chosen("forms", word, &SurfaceForm::ALL));
    let forms: Vec<SurfaceForm> = forms.collect::<Result<_, _>>()?;

    if forms.is_empty() {
        return Err(check.missing("forms", "forms = [\"upper-case\", \"final-period\"]"));
    }
    if forms.len() > SurfaceForm::ALL.len() {
        return Err(check.conflict("forms", "`forms` names a form twice: name each once"));
    }
    Ok(Property::SurfaceForms {
        forms,
        max_rate: max_rate(check)?,
    })
}
