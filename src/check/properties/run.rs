//! Running the properties of a plan: which lists, in which order, and the judgment of all together.

use crate::check::engine::draw::Names;
use crate::check::engine::plan::{CheckProgress, Plan};
use crate::check::engine::trial::Rescored;
use crate::check::judge::clustering::Clustering;
use crate::check::judge::estimate::finite;
use crate::check::judge::levels::GATE_CONFIDENCE;
use crate::check::properties::alternative::IrrelevantAlternative;
use crate::check::properties::batch::BatchInvariance;
use crate::check::properties::determinism::Determinism;
use crate::check::properties::drawn::{self, Sample, Source};
use crate::check::properties::duplicate::DuplicateInvariance;
use crate::check::properties::finite::{FiniteScores, chain};
use crate::check::properties::noise::{LISTS, Preflight};
use crate::check::properties::order::OrderInvariance;
use crate::check::properties::outcome::{
    Compared, Evidence, FEWEST_LISTS, Judged, Minimal, Properties, PropertyOutcome, RateEvidence,
    Status, Untold,
};
use crate::check::properties::probe::{Probe, ask};
use crate::check::properties::rate::{Claim, Counted, judge};
use crate::check::properties::reduce::ReduceLimits;
use crate::check::properties::shift::FirstPassShift;
use crate::check::properties::strict::{self, Strict};
use crate::check::properties::{
    no_harm, oracle, preference, score_drop, selection_harm, surface, swap_stability,
};
use crate::nbest::{Hypothesis, NBest, Utterance};
use crate::rescore::{RescoreError, Rescorer};
use crate::stats::fieller::ratio_of_sums;
use crate::stats::random::named_seed;
use crate::stats::verdict::Verdict;
use crate::suite::Suite;
use crate::suite::property::{Drawn, Property, PropertyCheck};

/// Candidates that reducing one exception may try.
const LIMITS: ReduceLimits = ReduceLimits { calls: 600 };

/// Why a table of scores is not asked for other texts.
const OWN_TEXTS: &str = "the scores of a file are for its own texts, and this needs others";

/// What one property saw, before rates are judged together.
enum Seen {
    Concluded(Status, Evidence, Option<Minimal>),
    Counted(Counted),
}

/// Tests every property of `plan`; `clean` are the rescored lists of the corpus.
///
/// An error is only that of an interrupted run: a rescorer that gives up fails the property.
pub(crate) fn run(
    plan: &Plan<'_>,
    clean: &[Rescored],
    rescorer: &dyn Rescorer,
    progress: &dyn CheckProgress,
) -> Result<Properties, RescoreError> {
    let asked: Vec<(usize, usize, &Suite, &PropertyCheck)> = plan
        .suites
        .iter()
        .enumerate()
        .flat_map(|(index, suite)| {
            let properties = suite.properties.iter().enumerate();
            properties.map(move |(property, check)| (index, property, suite, check))
        })
        .collect();

    if asked.is_empty() {
        return Ok(Properties::default());
    }

    progress.begin("preflight", 0);
    let runner = Runner {
        plan,
        clean,
        rescorer,
        noise: Preflight::measure(&probes(plan, &chosen(plan, Some(LISTS))), rescorer),
    };

    let mut seen = Vec::with_capacity(asked.len());
    for (_, _, suite, check) in &asked {
        progress.begin(&format!("{} / {}", suite.name, check.name), 0);
        seen.push(match runner.look(suite, check) {
            Ok(seen) => seen,
            Err(RescoreError::Interrupted) => return Err(RescoreError::Interrupted),
            Err(error) => Seen::Concluded(Status::Error(chain(&error)), Evidence::None, None),
        });
    }

    let concluded = conclude(plan, &asked, seen);
    let outcomes = asked
        .iter()
        .zip(concluded)
        .map(
            |((suite, property, ..), (status, evidence, minimal))| PropertyOutcome {
                suite: *suite,
                property: *property,
                status,
                evidence,
                minimal,
            },
        )
        .collect();

    let preflight = match runner.noise {
        Ok(preflight) => Some(preflight),
        Err(RescoreError::Interrupted) => return Err(RescoreError::Interrupted),
        // The properties say what is wrong.
        Err(_) => None,
    };

    Ok(Properties {
        preflight,
        outcomes,
    })
}

/// The utterances that a property with at most `lists` of them looks at: drawn by seed and id, in
/// the order of the corpus.
fn chosen(plan: &Plan<'_>, lists: Option<usize>) -> Vec<usize> {
    let mut indices: Vec<usize> = (0..plan.utterances.len()).collect();
    if let Some(lists) = lists {
        indices.sort_by_cached_key(|index| {
            let id = &plan.utterances[*index].id;
            (
                named_seed(plan.seed, &format!("property list {id}")),
                *index,
            )
        });
        indices.truncate(lists);
        indices.sort_unstable();
    }

    indices
}

fn probes(plan: &Plan<'_>, indices: &[usize]) -> Vec<Probe> {
    let utterances = indices.iter().map(|index| &plan.utterances[*index]);
    utterances.map(Probe::of).collect()
}

struct Runner<'a> {
    plan: &'a Plan<'a>,
    clean: &'a [Rescored],
    rescorer: &'a dyn Rescorer,
    noise: Result<Preflight, RescoreError>,
}

impl Runner<'_> {
    fn look(&self, suite: &Suite, check: &PropertyCheck) -> Result<Seen, RescoreError> {
        let indices = chosen(self.plan, check.lists);

        match &check.property {
            &Property::Determinism { tolerance } => {
                self.strict(&Determinism { tolerance }, &indices)
            }
            &Property::BatchInvariance { tolerance } => {
                self.with_any_text(|| self.strict(&BatchInvariance { tolerance }, &indices))
            }
            Property::FiniteScores => self.with_any_text(|| self.strict(&FiniteScores, &indices)),
            &Property::OrderInvariance { tolerance } => {
                self.strict(&OrderInvariance { tolerance }, &indices)
            }
            &Property::DuplicateInvariance { tolerance } => {
                self.strict(&DuplicateInvariance { tolerance }, &indices)
            }
            &Property::IrrelevantAlternative { tolerance } => {
                self.strict(&IrrelevantAlternative { tolerance }, &indices)
            }
            &Property::FirstPassShift { tolerance } => {
                self.strict(&FirstPassShift { tolerance }, &indices)
            }
            &Property::NoHarm { margin } => {
                let utterances = self.plan.utterances;
                let counted =
                    no_harm::count(utterances, self.clean, &indices, margin, self.rescorer)?;
                Ok(Seen::Counted(counted))
            }
            &Property::OracleConsistency { max_rate } => self.with_any_text(|| {
                let (probes, noise) = (self.owned_probes(&indices), self.total_noise());
                let utterances = self.plan.utterances.len();
                let counted =
                    oracle::count(&probes, utterances, noise, max_rate, LIMITS, self.rescorer)?;
                Ok(Seen::Counted(counted))
            }),
            Property::SurfaceForms { forms, max_rate } => self.with_any_text(|| {
                let (probes, noise) = (self.owned_probes(&indices), self.total_noise());
                let utterances = self.plan.utterances.len();
                let counted = surface::count(
                    &probes,
                    utterances,
                    forms,
                    noise,
                    *max_rate,
                    LIMITS,
                    self.rescorer,
                )?;
                Ok(Seen::Counted(counted))
            }),
            Property::SelectionHarm(drawn) => self.with_any_text(|| {
                let (sources, noise) = (self.lists(&indices), self.total_noise());
                self.drawn(suite, check, drawn, &sources, noise, &selection_harm::count)
            }),
            Property::SwapStability(drawn) => self.with_any_text(|| {
                let (sources, noise) = (self.lists(&indices), self.total_noise());
                self.drawn(suite, check, drawn, &sources, noise, &swap_stability::count)
            }),
            Property::MonotonePreference(drawn) => self.with_any_text(|| {
                let (sources, noise) = (self.references(&indices), self.score_noise());
                self.drawn(suite, check, drawn, &sources, noise, &preference::count)
            }),
            Property::ScoreDrop { drawn, max_spreads } => {
                self.with_any_text(|| self.score_drop(suite, check, drawn, *max_spreads, &indices))
            }
        }
    }

    fn score_drop(
        &self,
        suite: &Suite,
        check: &PropertyCheck,
        drawn: &Drawn,
        max_spreads: f64,
        indices: &[usize],
    ) -> Result<Seen, RescoreError> {
        let probes = probes(self.plan, indices);
        let scores = ask(self.rescorer, &probes.iter().collect::<Vec<_>>())?;
        let Some(spread) = score_drop::spread(scores.iter().map(Vec::as_slice)) else {
            return Ok(skipped(
                "the scores within most lists are all alike: there is no spread to measure by",
            ));
        };
        let (sources, noise) = (self.references(indices), self.score_noise());

        self.drawn(suite, check, drawn, &sources, noise, &|sample| {
            score_drop::count(sample, spread, max_spreads)
        })
    }

    fn strict(&self, property: &dyn Strict, indices: &[usize]) -> Result<Seen, RescoreError> {
        let found = strict::look(property, probes(self.plan, indices), self.rescorer, LIMITS)?;
        let evidence = Evidence::Compared(Compared {
            lists: found.lists,
            largest_difference: finite(found.largest),
        });
        let Some(reduced) = found.exception else {
            let lists = indices
                .iter()
                .filter(|index| {
                    self.plan.utterances[**index].nbest.len() >= property.fewest_entries()
                })
                .count();
            return Ok(Seen::Concluded(without_exception(lists), evidence, None));
        };

        // What repeated calls do by themselves, nothing else need be blamed for; repeating is one
        // of the properties.
        let noise = self
            .noise
            .as_ref()
            .map_or(0.0, |preflight| preflight.repeated);
        let is_noise = property.compares_calls() && reduced.exception.size <= 2.0 * noise;
        let status = if reduced.confirmed && !is_noise {
            Status::Fail
        } else {
            Status::Flaky
        };
        let minimal = Minimal {
            id: reduced.id,
            sentence: reduced.exception.sentence,
            lists: reduced.exception.lists,
            complete: reduced.complete,
            confirmed: reduced.confirmed,
        };

        Ok(Seen::Concluded(status, evidence, Some(minimal)))
    }

    fn with_any_text(
        &self,
        look: impl FnOnce() -> Result<Seen, RescoreError>,
    ) -> Result<Seen, RescoreError> {
        if self.rescorer.scores_any_text() {
            look()
        } else {
            Ok(skipped(OWN_TEXTS))
        }
    }

    fn owned_probes(&self, indices: &[usize]) -> Vec<(usize, Probe)> {
        let probes = probes(self.plan, indices);
        indices.iter().copied().zip(probes).collect()
    }

    /// The lists of the corpus.
    fn lists(&self, indices: &[usize]) -> Vec<Source> {
        let source = |index: &usize| Source {
            owner: *index,
            utterance: self.plan.utterances[*index].clone(),
            pick: self.clean[*index].pick,
        };
        indices.iter().map(source).collect()
    }

    /// The references of the corpus, each a list of one text.
    fn references(&self, indices: &[usize]) -> Vec<Source> {
        let utterances = indices
            .iter()
            .map(|index| (*index, &self.plan.utterances[*index]));

        utterances
            .filter(|(_, utterance)| !utterance.reference.is_empty())
            .map(|(owner, utterance)| Source {
                owner,
                utterance: of_reference(utterance),
                pick: 0,
            })
            .collect()
    }

    /// What `count` finds in what is drawn from `sources`.
    fn drawn(
        &self,
        suite: &Suite,
        check: &PropertyCheck,
        drawn: &Drawn,
        sources: &[Source],
        noise: f64,
        count: &dyn Fn(&Sample<'_>) -> Counted,
    ) -> Result<Seen, RescoreError> {
        let names = Names {
            suite: &suite.name,
            check: &check.name,
            seed: self.plan.seed,
        };
        let drawn = Drawn {
            draws: self.plan.draws.unwrap_or(drawn.draws),
            ..drawn.clone()
        };
        let trials = drawn::draw(
            sources,
            &drawn,
            names,
            self.plan.replacements,
            self.rescorer,
        )?;

        Ok(Seen::Counted(count(&Sample {
            sources,
            trials: &trials,
            utterances: self.plan.utterances.len(),
            noise,
            max_rate: drawn.max_rate,
            rescorer: self.rescorer,
        })))
    }

    /// Differences of totals of no more than this may be noise.
    fn total_noise(&self) -> f64 {
        let weight = self.rescorer.interpolation().weight;
        self.noise
            .as_ref()
            .map_or(0.0, |preflight| preflight.noise(weight))
    }

    /// Differences of second-pass scores of no more than this may be noise.
    fn score_noise(&self) -> f64 {
        self.noise
            .as_ref()
            .map_or(0.0, |preflight| preflight.noise(1.0))
    }
}

fn of_reference(utterance: &Utterance) -> Utterance {
    let reference = Hypothesis {
        transcript: utterance.reference.clone(),
        score: 0.0,
        am_score: None,
        lm_score: None,
    };
    Utterance {
        nbest: NBest::new(vec![reference]).expect("there is a hypothesis, and 0 is finite"),
        ..utterance.clone()
    }
}

fn skipped(reason: &str) -> Seen {
    Seen::Concluded(Status::Skipped(reason.to_owned()), Evidence::None, None)
}

/// Judges what was counted, all of a run together.
fn conclude(
    plan: &Plan<'_>,
    asked: &[(usize, usize, &Suite, &PropertyCheck)],
    seen: Vec<Seen>,
) -> Vec<(Status, Evidence, Option<Minimal>)> {
    let clustering = Clustering::new(plan.utterances);
    let claims: Vec<Claim<'_>> = asked
        .iter()
        .zip(&seen)
        .filter_map(|((_, _, suite, check), seen)| match seen {
            Seen::Counted(counted) if counted.tried() > 0 && !accepts_none(counted) => {
                Some(Claim {
                    name: format!("{}/{}", suite.name, check.name),
                    alpha: suite.alpha,
                    min_clusters: suite.min_clusters,
                    counted,
                })
            }
            Seen::Counted(_) | Seen::Concluded(..) => None,
        })
        .collect();

    let family = claims.len();
    let mut judged = judge(&claims, &clustering, plan.seed).into_iter();
    drop(claims);

    seen.into_iter()
        .map(|seen| match seen {
            Seen::Concluded(status, evidence, minimal) => (status, evidence, minimal),
            Seen::Counted(counted) if counted.tried() == 0 => {
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
                let evidence = evidence(&clustering, counted, judged, family);
                (status, Evidence::Rate(Box::new(evidence)), minimal)
            }
        })
        .collect()
}

/// The status of a property of which `lists` lists could have shown an exception, and none did.
fn without_exception(lists: usize) -> Status {
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
        None if counted.changed() == 0 => {
            let units = counted.units.iter();
            without_exception(units.filter(|unit| unit.reference_words > 0).count())
        }
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
    clustering: &Clustering,
    counted: Counted,
    judged: Option<Judged>,
    family: usize,
) -> RateEvidence {
    let units = &counted.units;
    let extra = clustering.sums(units.iter().map(|unit| unit.extra_errors() as f64));
    let tried = clustering.sums(units.iter().map(|unit| unit.reference_words as f64));

    RateEvidence {
        tried: counted.tried(),
        exceptions: units.iter().map(|unit| unit.errors_b).sum(),
        before: units.iter().map(|unit| unit.errors_a).sum(),
        rate: ratio_of_sums(&extra, &tried, GATE_CONFIDENCE),
        judged,
        family,
        figures: counted.figures,
    }
}
