//! Judgment: what the rates of a run come to, all of them together.

use crate::check::engine::plan::CheckProgress;
use crate::check::judge::levels::GATE_CONFIDENCE;
use crate::check::properties::open_property::Seen;
use crate::check::properties::outcome::{
    Evidence, FEWEST_LISTS, Judged, Minimal, RateEvidence, Status, Untold,
};
use crate::check::properties::rate::{Claim, Counted, judge};
use crate::stats::clusters::Cluster;
use crate::stats::exact_ends::{Counts, with_exact_ends};
use crate::stats::fieller::ratio_of_sums;
use crate::stats::verdict::Verdict;
use crate::suite::Suite;
use crate::suite::property::{Property, PropertyCheck};

/// A property of the plan.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    /// The index of the suite in the plan, and of the property in the suite.
    pub(super) place: (usize, usize),
    pub(super) suite: &'a Suite,
    pub(super) check: &'a PropertyCheck,
}

impl Asked<'_> {
    /// Tells whoever watches that it is tested.
    pub(super) fn tell(&self, progress: &dyn CheckProgress) {
        let (suite, check) = (&self.suite.name, &self.check.name);
        progress.begin(&format!("{suite} / {check}"), 0);
    }
}

/// Judges what was counted, all of a run together.
pub(super) fn conclude(
    asked: &[Asked<'_>],
    seen: Vec<Seen>,
    seed: u64,
) -> Vec<(Status, Evidence, Option<Minimal>)> {
    let claims: Vec<Claim<'_>> = asked
        .iter()
        .zip(&seen)
        .filter_map(|(asked, seen)| match seen {
            Seen::Counted(counted) if counted.tally.tried() > 0 && !accepts_none(counted) => {
                Some(Claim {
                    name: format!("{}/{}", asked.suite.name, asked.check.name),
                    alpha: asked.suite.alpha,
                    min_clusters: asked.suite.min_clusters,
                    counted,
                })
            }
            Seen::Counted(_) | Seen::Concluded(..) => None,
        })
        .collect();

    let family = claims.len();
    let mut judged = judge(&claims, seed).into_iter();
    drop(claims);

    asked
        .iter()
        .zip(seen)
        .map(|(asked, seen)| match seen {
            Seen::Concluded(status, evidence, minimal) => (status, evidence, minimal),
            Seen::Counted(counted) if counted.tally.tried() == 0 => {
                let reason = "nothing to try: no text of the lists can be changed so";
                (Status::Skipped(reason.to_owned()), Evidence::None, None)
            }
            Seen::Counted(counted) => {
                let judged = if accepts_none(&counted) {
                    None
                } else {
                    judged.next()
                };
                let status = status(&counted, judged.as_ref());
                let minimal = counted.example.clone();
                let evidence = evidence(asked.check, counted, judged, family);
                (status, Evidence::Rate(Box::new(evidence)), minimal)
            }
        })
        .collect()
}

/// The status of a property of which `lists` lists could have shown an exception, and none did.
pub(super) fn without_exception(lists: usize) -> Status {
    if lists < FEWEST_LISTS {
        Status::Untold(Untold::FewLists { lists })
    } else {
        Status::Pass
    }
}

/// Whether a single exception fails: a rate of 0 needs no test.
fn accepts_none(counted: &Counted) -> bool {
    counted.margins.iter().any(|margin| margin.value() <= 0.0)
}

fn status(counted: &Counted, judged: Option<&Judged>) -> Status {
    match judged.map(|judged| judged.decision.verdict) {
        Some(Verdict::Pass | Verdict::Identical) => Status::Pass,
        Some(Verdict::Inconclusive) => Status::Inconclusive,
        None if counted.tally.changed() == 0 => without_exception(counted.tally.utterances()),
        None if counted
            .example
            .as_ref()
            .is_some_and(|example| !example.confirmed) =>
        {
            Status::Flaky
        }
        Some(Verdict::Fail) | None => Status::Fail,
    }
}

fn evidence(
    check: &PropertyCheck,
    counted: Counted,
    judged: Option<Judged>,
    family: usize,
) -> RateEvidence {
    let tally = &counted.tally;
    let of = |value: fn(&Cluster) -> f64| tally.clusters().iter().map(value).collect::<Vec<f64>>();
    let extra = of(|cluster| cluster.extra_errors() as f64);
    let tried = of(|cluster| cluster.reference_words as f64);
    let rate = ratio_of_sums(&extra, &tried, GATE_CONFIDENCE);

    RateEvidence {
        tried: tally.tried(),
        exceptions: tally.exceptions(),
        before: tally.before(),
        // A difference may be below 0.
        rate: if matches!(check.property, Property::NoHarm { .. }) {
            rate
        } else {
            with_exact_ends(rate, &extra, &tried, Counts::Share)
        },
        judged,
        family,
        figures: counted.figures,
    }
}
