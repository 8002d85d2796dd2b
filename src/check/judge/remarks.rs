//! What is wrong with a rescorer before any degradation is judged: it is blind, drowned or harmful.
//!
//! A rescorer that never overrules the first pass degrades no more than the first pass does, and
//! one that picks at random may pass as well: a PASS of such a rescorer says nothing about
//! robustness, so there is none. Scores of the clean lists decide, and the picks of all lists. The
//! sentences are in the report floor.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::check::engine::outcome::Outcome;
use crate::check::engine::plan::Plan;
use crate::check::engine::trial::Rescored;
use crate::check::judge::figures::CleanFigures;
use crate::check::judge::remark::{
    COPIES_WARNED, DROWNED, Effect, FAR_FROM_REFERENCES, Remark, UNKNOWN_WARNED,
};
use crate::check::judge::verdict::Judgment;
use crate::nbest::Utterance;
use crate::rescore::Interpolation;
use crate::stats::FEWEST_FOR_VERDICT;
use crate::stats::random::named_seed;
use crate::stats::signflip::sign_flip;
use crate::stats::verdict::Verdict;

/// What there is to remark on the rescorer of `outcome`, gravest first; `clean` are the figures of
/// its clean lists.
pub(crate) fn remarks(plan: &Plan<'_>, outcome: &Outcome<'_>, clean: &CleanFigures) -> Vec<Remark> {
    let mut remarks = Vec::new();
    remarks.extend(worse_than_first_pass(plan, clean));
    if outcome.interpolation.weight < 0.0 {
        remarks.push(Remark::NegativeWeight {
            weight: outcome.interpolation.weight,
        });
    }

    let oracle = clean.oracle.rate.value;
    let far = oracle.filter(|oracle| *oracle > FAR_FROM_REFERENCES);
    remarks.extend(far.map(|oracle| Remark::FarFromReferences { oracle }));

    if clean.oracle.rate.value.is_none() {
        remarks.push(Remark::NoReferenceWords);
    }
    remarks.extend(copies(plan.utterances));
    let unsteady = outcome.steadiness.filter(|found| found.changed > 0);
    remarks.extend(unsteady.map(Remark::Unsteady));

    match Choices::of(plan.utterances, &outcome.clean) {
        Some(choices) => remarks.extend(choices.remarks(outcome)),
        None => remarks.push(Remark::NothingToChoose),
    }

    if let Some(tokens) = outcome.tokens {
        let share = tokens
            .unknown_share()
            .filter(|share| *share > UNKNOWN_WARNED);
        remarks.extend(share.map(|share| Remark::UnknownTokens {
            share,
            tokens: tokens.tokens,
        }));
    }

    remarks.extend(outcome.rounding.map(Remark::Rounded));
    remarks.sort_by_key(|remark| std::cmp::Reverse(remark.effect()));
    remarks
}

/// Whether the clean picks are shown to be worse than those of the first pass.
pub(crate) fn worse_than_first_pass(plan: &Plan<'_>, clean: &CleanFigures) -> Option<Remark> {
    let differences = &clean.difference_by_cluster;
    if differences.len() < FEWEST_FOR_VERDICT {
        return None;
    }

    let alpha = plan.suites.iter().map(|suite| suite.alpha);
    let p = sign_flip(differences, named_seed(plan.seed, "clean")).p_greater;
    (p <= alpha.fold(0.5, f64::min)).then(|| Remark::WorseThanFirstPass {
        extra_errors: differences.iter().sum(),
        p,
    })
}

/// Whether lists are there more than once, under other ids: no evidence of their own. Lists with
/// one hypothesis decide nothing anyway, and without scores two speakers may well have the same.
fn copies(utterances: &[Utterance]) -> Option<Remark> {
    let mut seen = HashSet::new();
    let is_new = |utterance: &&Utterance| {
        let hypotheses = utterance.nbest.hypotheses();
        let mut ranked = hypotheses.iter().enumerate();
        if hypotheses.len() == 1 || ranked.all(|(rank, found)| found.score == -(rank as f64)) {
            return true;
        }

        // 64 bits of a hash of all that makes a list: no need to keep millions of texts.
        let mut hasher = DefaultHasher::new();
        utterance.reference.as_str().hash(&mut hasher);
        for hypothesis in hypotheses {
            hypothesis.transcript.as_str().hash(&mut hasher);
            hypothesis.score.to_bits().hash(&mut hasher);
        }
        seen.insert(hasher.finish())
    };

    let (lists, distinct) = (utterances.len(), utterances.iter().filter(is_new).count());
    let share = (lists - distinct) as f64 / lists as f64;
    (share > COPIES_WARNED).then_some(Remark::Copies { lists, distinct })
}

/// The clean lists in which there is something to choose; at least one.
struct Choices<'a>(Vec<(&'a Utterance, &'a Rescored)>);

impl<'a> Choices<'a> {
    fn of(utterances: &'a [Utterance], clean: &'a [Rescored]) -> Option<Choices<'a>> {
        let lists: Vec<(&Utterance, &Rescored)> = utterances
            .iter()
            .zip(clean)
            .filter(|(utterance, _)| utterance.nbest.len() > 1)
            .collect();
        (!lists.is_empty()).then_some(Choices(lists))
    }

    /// Why the second pass has no say, if so, and whether it ever had one.
    fn remarks(&self, outcome: &Outcome<'_>) -> Vec<Remark> {
        let interpolation = outcome.interpolation;
        if interpolation.weight == 0.0 {
            return vec![Remark::NoWeight];
        }

        if let Some(constant) = self.constant() {
            return vec![constant];
        }

        let mut remarks = Vec::new();
        if self.lost_in_rounding(interpolation) {
            remarks.push(Remark::LostInRounding);
        } else {
            let share = self.spread(interpolation);
            if share < DROWNED {
                remarks.push(Remark::Drowned { share });
            }
        }

        remarks.extend(self.never_overrules(outcome));
        remarks
    }

    fn constant(&self) -> Option<Remark> {
        let scores = || self.0.iter().flat_map(|(_, trial)| &trial.second_pass);
        let first = *scores().next()?;
        scores()
            .all(|score| *score - first == 0.0)
            .then(|| Remark::ConstantScore {
                score: first,
                texts: scores().count(),
            })
    }

    fn lost_in_rounding(&self, interpolation: Interpolation) -> bool {
        self.0.iter().all(|(utterance, trial)| {
            let hypotheses = utterance.nbest.hypotheses().iter();
            hypotheses.zip(&trial.totals).all(|(hypothesis, total)| {
                interpolation.total(hypothesis.score, 0.0) - total == 0.0
            })
        })
    }

    /// How much second-pass terms differ within lists, over how much first-pass terms do; infinite
    /// where those are all tied.
    fn spread(&self, interpolation: Interpolation) -> f64 {
        let (mut first, mut second) = (0.0, 0.0);
        for (utterance, trial) in &self.0 {
            let scores = utterance.nbest.hypotheses().iter().map(|h| h.score);
            first += interpolation.first_pass_scale * range(scores);
            second += interpolation.weight.abs() * range(trial.second_pass.iter().copied());
        }

        if first > 0.0 {
            second / first
        } else {
            f64::INFINITY
        }
    }

    fn never_overrules(&self, outcome: &Outcome<'_>) -> Option<Remark> {
        // The first pass's favourite comes first in its list, whatever its words become.
        let trials = outcome.checks.iter().flat_map(|check| &check.trials);
        let perturbed = || trials.clone().filter(|trial| trial.kendall_tau.is_some());
        let overruled = self.0.iter().any(|(_, trial)| trial.pick > 0)
            || perturbed().any(|trial| trial.pick > 0);
        (!overruled).then(|| Remark::NeverOverrules {
            lists: self.0.len() + perturbed().count(),
        })
    }
}

/// The largest minus the smallest.
fn range(values: impl Iterator<Item = f64>) -> f64 {
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
        (low.min(value), high.max(value))
    });
    high - low
}

/// Takes every verdict back that the remarks bar.
pub(crate) fn bar(remarks: &[Remark], judgments: &mut [Judgment]) {
    let Some(barring) = remarks
        .iter()
        .find(|remark| remark.effect() >= Effect::BarsPass)
    else {
        return;
    };
    let verdict = match barring.effect() {
        Effect::Fails => Verdict::Fail,
        Effect::Warns | Effect::BarsPass | Effect::BarsVerdict => Verdict::Inconclusive,
    };

    for judgment in judgments {
        judgment.bar(*barring, verdict);
    }
}
