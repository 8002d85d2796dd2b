//! The records of properties in `report.json`. How people read them is in
//! `property_text`.

use serde::{Deserialize, Serialize};

use crate::check::engine::plan::Plan;
use crate::check::judge::estimate::{Estimate, finite};
use crate::check::properties::noise::Preflight;
use crate::check::properties::outcome::{
    Compared, Evidence, FEWEST_LISTS, Figure, Judged, Minimal, Needed, Properties, PropertyOutcome,
    RateEvidence, Status, Untold,
};
use crate::report::ending::Ending;
use crate::report::number;
use crate::stats::verdict::{Reason, Verdict};
use crate::suite::property::{Property, PropertyCheck};

/// The noise of scores.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PreflightRecord {
    /// Lists asked about.
    pub lists: usize,
    /// The largest difference between second-pass scores of equal calls; null if one was not
    /// finite.
    pub repeated: Option<f64>,
    /// The largest difference between scores of a list alone and in calls with others; null if one
    /// was not finite.
    pub batched: Option<f64>,
}

impl From<&Preflight> for PreflightRecord {
    fn from(preflight: &Preflight) -> PreflightRecord {
        PreflightRecord {
            lists: preflight.lists,
            repeated: finite(preflight.repeated),
            batched: finite(preflight.batched),
        }
    }
}

/// One property.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PropertyRecord {
    /// The suite it stands in.
    pub suite: String,
    /// Hash of the suite's content.
    pub suite_hash: String,
    /// The check's name.
    pub check: String,
    /// The kind of check.
    pub kind: String,
    /// What was claimed, with its limits.
    pub claim: String,
    /// `pass`, `fail`, `flaky`, `inconclusive`, `skipped` or `error`.
    pub status: Ending,
    /// What was seen, in a sentence.
    pub wording: String,
    /// What was compared, where scores were.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub compared: Option<Compared>,
    /// What was counted, where exceptions were.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub counted: Option<CountedRecord>,
    /// The smallest lists that show an exception.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub minimal: Option<Minimal>,
}

/// Exceptions counted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CountedRecord {
    /// What was tried: lists, or words of references.
    pub tried: u64,
    /// Exceptions, or errors of the rescorer's picks.
    pub exceptions: u64,
    /// Errors of the first pass's picks; 0 for exceptions.
    pub before: u64,
    /// (Exceptions - before) / tried.
    pub rate: Estimate,
    /// Adjusted probability behind a pass; null where no exception is accepted.
    pub p_pass: Option<f64>,
    /// Adjusted probability behind a fail; null where no exception is accepted.
    pub p_fail: Option<f64>,
    /// How probabilities were adjusted over the rates of the run.
    pub adjustment: String,
    /// What else was measured.
    pub figures: Vec<Figure>,
}

/// The records of all properties of a run.
pub fn records(plan: &Plan<'_>, properties: &Properties) -> Vec<PropertyRecord> {
    properties
        .outcomes
        .iter()
        .map(|outcome| record(plan, outcome))
        .collect()
}

fn record(plan: &Plan<'_>, outcome: &PropertyOutcome) -> PropertyRecord {
    let suite = &plan.suites[outcome.suite];
    let check = &suite.properties[outcome.property];
    let (compared, counted) = match &outcome.evidence {
        Evidence::None => (None, None),
        Evidence::Compared(compared) => (Some(compared.clone()), None),
        Evidence::Rate(rate) => (None, Some(counted_record(rate))),
    };

    PropertyRecord {
        suite: suite.name.clone(),
        suite_hash: suite.content_hash(),
        check: check.name.clone(),
        kind: check.property.kind().to_owned(),
        claim: check.property.to_string(),
        status: (&outcome.status).into(),
        wording: wording(check, outcome),
        compared,
        counted,
        minimal: outcome.minimal.clone(),
    }
}

fn counted_record(rate: &RateEvidence) -> CountedRecord {
    let judged = rate.judged.as_ref();

    CountedRecord {
        tried: rate.tried,
        exceptions: rate.exceptions,
        before: rate.before,
        rate: Estimate::from(&rate.rate),
        p_pass: judged.map(|judged| judged.p_pass),
        p_fail: judged.map(|judged| judged.p_fail),
        adjustment: format!("Holm over {} rates", rate.family),
        figures: rate.figures.clone(),
    }
}

/// What was seen of a property, in a sentence.
fn wording(check: &PropertyCheck, outcome: &PropertyOutcome) -> String {
    let seen = match &outcome.evidence {
        Evidence::None => String::new(),
        Evidence::Compared(Compared { lists, .. }) if check.property == Property::FiniteScores => {
            let lists = number::count(*lists, "list");
            match outcome.status {
                Status::Pass => format!("every score of {lists} is a finite number"),
                Status::Fail
                | Status::Flaky
                | Status::Inconclusive
                | Status::Untold(_)
                | Status::Skipped(_)
                | Status::Error(_) => lists,
            }
        }
        Evidence::Compared(Compared {
            lists,
            largest_difference,
        }) => format!(
            "{}; scores differ by at most {}",
            number::count(*lists, "list"),
            number::short(largest_difference.unwrap_or(f64::INFINITY))
        ),
        Evidence::Rate(rate) => rate_wording(check, rate),
    };

    match &outcome.status {
        Status::Pass => seen,
        Status::Fail | Status::Flaky => match (&outcome.minimal, &outcome.evidence) {
            (Some(minimal), Evidence::Compared(_)) => format!("{}; {seen}", minimal.sentence),
            _ => seen,
        },
        Status::Inconclusive => {
            format!(
                "cannot tell: {seen}{}; {}",
                few_changed(&outcome.evidence),
                would_tell(&outcome.evidence, outcome_unit(check))
            )
        }
        Status::Untold(Untold::FewLists { lists }) => format!(
            "cannot tell: no exception, but only {} could show one, and at least {FEWEST_LISTS} \
            are needed; {seen}",
            number::count(*lists, "list"),
        ),
        Status::Untold(Untold::Barred) => {
            format!("cannot tell: {seen}; nothing can pass, for the reason above")
        }
        Status::Skipped(reason) => reason.clone(),
        Status::Error(reason) => format!("the rescorer gave up: {reason}"),
    }
}

fn judged(evidence: &Evidence) -> Option<&Judged> {
    match evidence {
        Evidence::Rate(rate) => rate.judged.as_ref(),
        Evidence::None | Evidence::Compared(_) => None,
    }
}

/// What would decide an undecided rate, as the end of a sentence.
fn would_tell(evidence: &Evidence, unit: &str) -> String {
    let count = |count: u64| number::whole(usize::try_from(count).unwrap_or(usize::MAX));
    match judged(evidence).and_then(|judged| judged.needed) {
        Some(Needed::Unchanged(needed)) => {
            format!(
                "{} {unit} with no more exceptions would pass",
                count(needed)
            )
        }
        Some(Needed::Planned(needed, verdict)) => format!(
            "if what was measured is the truth, about {} {unit} would {} with a probability of \
             80 %",
            count(needed),
            verdict.name()
        ),
        None => format!("more {unit} would tell"),
    }
}

/// That a rate is that of too few speakers, as the next part of a sentence.
fn few_changed(evidence: &Evidence) -> String {
    let few = judged(evidence).filter(|judged| judged.decision.reasons == [Reason::FewChange]);
    let gate = few.and_then(|judged| judged.gates.first());
    gate.map_or_else(String::new, |gate| {
        format!(
            "; that is in {} of {}, and so few tell too little of those that were not \
             sampled",
            number::whole(gate.changed),
            number::count(gate.clusters, "speaker")
        )
    })
}

fn outcome_unit(check: &PropertyCheck) -> &'static str {
    match check.lists {
        Some(_) => "lists",
        None => "speakers",
    }
}

fn rate_wording(check: &PropertyCheck, rate: &RateEvidence) -> String {
    let estimate = Estimate::from(&rate.rate);
    let corrected = match rate.family {
        0 | 1 => String::new(),
        rates => format!(", corrected for {}", number::count(rates, "rate")),
    };
    let p = match &rate.judged {
        Some(judged) => match judged.decision.verdict {
            Verdict::Pass => format!(
                "; below the limit, p {}{corrected}",
                number::probability(judged.p_pass)
            ),
            Verdict::Identical => String::new(),
            Verdict::Fail => format!(
                "; above the limit, p {}{corrected}",
                number::probability(judged.p_fail)
            ),
            Verdict::Inconclusive => format!(
                "; below the limit with p {}, above with p {}{corrected}",
                number::probability(judged.p_pass),
                number::probability(judged.p_fail)
            ),
        },
        None => String::new(),
    };

    if let Property::NoHarm { .. } = check.property {
        let rate = number::points_with_interval(&estimate);
        return format!("word error rate {rate} against the first pass{p}");
    }

    let tried = number::whole(usize::try_from(rate.tried).unwrap_or(usize::MAX));
    let exceptions = number::whole(usize::try_from(rate.exceptions).unwrap_or(usize::MAX));
    format!(
        "{exceptions} of {tried} ({}){p}",
        number::percent_with_interval(&estimate)
    )
}
