//! Is a model worse than it was? This run against an earlier one, utterance by utterance.
//!
//! Both runs drew the same perturbed lists, so their counts come in pairs: what is compared are
//! the *common* utterances (same id, same list) and the *common* draws (the fewer of both). What
//! is judged is the word error rate that users get, clean and under every check: a model that got
//! better on clean lists may lose as much under perturbation as it gained, and is still no worse.
//! The verdict is three-way like that of a check, with a margin of its own: "not worse" takes as
//! much evidence as "worse". Whether two runs may be compared at all is decided by the caller.

use std::collections::BTreeMap;
use std::num::NonZeroU64;

use crate::check::engine::counts::{CheckCounts, UtteranceCounts};
use crate::check::judge::clustering::{ClusterUnit, Clustering};
use crate::check::judge::levels::{GATE_CONFIDENCE, REPLICATES};
use crate::stats::bootstrap::Resampling;
use crate::stats::clusters::{Cluster, total};
use crate::stats::effect::{Direction, direction};
use crate::stats::fieller::{CHANGE, Ratio, nprr};
use crate::stats::gate::{
    Gate, JointGate, Levels, Limited, Margin, adjusted, gate, joint, lack_changes_alone,
    levels_beside,
};
use crate::stats::random::named_seed;
use crate::stats::signflip::sign_flip;
use crate::stats::verdict::{Decision, Evidence, Margins, Reason, Stopping, Verdict, decide};

/// How much worse than the baseline still passes where nothing else is said: 5 % of the baseline's
/// errors.
pub(crate) const BASELINE_MARGIN: f64 = 0.05;

/// One check that both runs made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BaselineCheck<'a> {
    /// The suite.
    pub(crate) suite: &'a str,
    /// The check.
    pub(crate) check: &'a str,
}

/// How the comparison is judged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Terms {
    /// How many more errors than the baseline's still pass, as a share of them; at least 0.
    pub(crate) margin: f64,
    /// The one-sided error rate of each verdict, over the family.
    pub(crate) alpha: f64,
    /// With fewer clusters there is no verdict.
    pub(crate) fewest_clusters: usize,
    /// Whether both runs are known to be of the same model: equal counts are no chance then,
    /// however few.
    pub(crate) same_model: bool,
    /// The seed of the bootstrap.
    pub(crate) seed: u64,
}

/// What was compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compared<'a> {
    /// The clean lists.
    Clean,
    /// The lists of a check.
    Check(BaselineCheck<'a>),
}

/// One word error rate, then and now.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Change<'a> {
    /// Of what.
    pub(crate) compared: Compared<'a>,
    /// Draws of each utterance that both runs made; 1 for the clean lists.
    pub(crate) draws: usize,
    /// The most draws of an utterance that one of the runs made.
    pub(crate) most_draws: usize,
    /// Whether of some utterance the baseline has draws that this run lacks.
    pub(crate) loses_draws: bool,
    /// Whether of some utterance this run has draws that the baseline lacks.
    pub(crate) adds_draws: bool,
    /// Words, the baseline's errors (as "clean") and this run's (as "perturbed").
    pub(crate) sums: Cluster,
    /// This run's errors over the baseline's, minus 1, with a 90 % interval.
    pub(crate) ratio: Ratio,
    /// Exact two-sided sign-flip probability, over clusters, of a difference this large.
    pub(crate) p_difference: f64,
    /// How many clusters got worse, better, or neither.
    pub(crate) direction: Direction,
    /// The gate at the margin, before correction.
    pub(crate) gate: Gate,
    /// The smallest margin that would pass beside the other changes, all tests and corrections
    /// included; `None` if none would.
    pub(crate) smallest_margin: Option<f64>,
    /// The p-values, corrected for the family.
    pub(crate) adjusted: JointGate,
    /// The verdict: [`Verdict::Fail`] is a regression, [`Verdict::Pass`] is "not worse".
    pub(crate) decision: Decision,
}

/// A run against its baseline.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Comparison<'a> {
    /// The margin.
    pub(crate) margin: f64,
    /// Utterances that both runs have, with the same list.
    pub(crate) common: usize,
    /// What a cluster is.
    pub(crate) unit: ClusterUnit,
    /// How many clusters the common utterances form.
    pub(crate) clusters: usize,
    /// Ids that only this run has, sorted.
    pub(crate) added: Vec<String>,
    /// Ids that only the baseline has, sorted.
    pub(crate) removed: Vec<String>,
    /// Ids that both have with different lists or references, sorted: they are not compared.
    pub(crate) changed: Vec<String>,
    /// The clean lists first, then the checks.
    pub(crate) changes: Vec<Change<'a>>,
    /// Questions of which a run has no counts for some common utterance: they are not compared.
    pub(crate) uncounted: Vec<BaselineCheck<'a>>,
    /// The worst of the verdicts, and inconclusive at best if a question is uncounted.
    pub(crate) verdict: Verdict,
}

impl Comparison<'_> {
    /// Takes every verdict back but that both runs are the same: the lists say nothing.
    pub(crate) fn bar(&mut self) {
        for change in &mut self.changes {
            if matches!(change.decision.verdict, Verdict::Pass | Verdict::Fail) {
                change.decision.verdict = Verdict::Inconclusive;
                change.decision.reasons = vec![Reason::Barred];
                self.verdict = Verdict::Inconclusive;
            }
        }
    }

    /// Whether there are more errors anywhere, shown or not.
    ///
    /// The margin does not count: of runs that each replace the last one, all a little worse, none
    /// would be a regression, and the last one could be worse than the first by any amount.
    pub(crate) fn rises(&self) -> bool {
        self.changes
            .iter()
            .any(|change| change.sums.extra_errors() > 0)
    }
}

/// Compares `now` with `then` on the clean lists and on every check of `questions`.
///
/// `clusters` are those of all utterances of `now`: which of them are copies is seen from the lists
/// alone. A question that one of the runs has no counts for is not compared. `None` without a
/// common utterance.
pub(crate) fn compare<'a>(
    then: &[UtteranceCounts],
    (now, clusters): (&[UtteranceCounts], &Clustering),
    questions: &[BaselineCheck<'a>],
    terms: &Terms,
) -> Option<Comparison<'a>> {
    let old: BTreeMap<&str, &UtteranceCounts> = by_id(then);
    let new: BTreeMap<&str, &UtteranceCounts> = by_id(now);
    let ids = |of: &BTreeMap<&str, &UtteranceCounts>,
               keep: &dyn Fn(&UtteranceCounts) -> bool|
     -> Vec<String> {
        of.values()
            .filter(|counts| keep(counts))
            .map(|counts| counts.id.clone())
            .collect()
    };

    let same = |a: &UtteranceCounts| old.get(a.id.as_str()).is_some_and(|b| a.list == b.list);
    let pairs: Vec<Pair<'_>> = new
        .values()
        .filter(|counts| same(counts))
        .map(|counts| Pair {
            then: old[counts.id.as_str()],
            now: counts,
        })
        .collect();

    if pairs.is_empty() {
        return None;
    }

    let speakers = pairs.iter().map(|pair| pair.now.speaker.as_deref());
    let labels = now.iter().map(|counts| counts.id.as_str());
    let labels: BTreeMap<&str, &usize> = labels.zip(&clusters.labels).collect();
    let marks = pairs.iter().map(|pair| {
        let label = labels.get(pair.now.id.as_str())?;
        NonZeroU64::new(**label as u64 + 1)
    });
    let clustering = Clustering::by_speaker(speakers).joined(marks);
    let all =
        std::iter::once(Compared::Clean).chain(questions.iter().copied().map(Compared::Check));

    let mut measured: Vec<Measured<'_>> = Vec::new();
    let mut uncounted = Vec::new();
    for compared in all {
        match (
            Measured::new(compared, &pairs, &clustering, terms),
            compared,
        ) {
            (Some(found), _) => measured.push(found),
            (None, Compared::Check(question)) => uncounted.push(question),
            (None, Compared::Clean) => {}
        }
    }

    let joints: Vec<JointGate> = measured
        .iter()
        .map(|measured| joint(std::slice::from_ref(&measured.gate)))
        .collect();
    let changes: Vec<Change<'_>> = measured
        .drain(..)
        .zip(adjusted(&joints))
        .enumerate()
        .map(|(index, (measured, adjusted))| {
            let levels = levels_beside(&joints, index, terms.alpha);
            measured.judge(adjusted, levels, pairs.len(), terms)
        })
        .collect();

    Some(Comparison {
        margin: terms.margin,
        common: pairs.len(),
        unit: clustering.unit,
        clusters: clustering.count,
        added: ids(&new, &|counts| !old.contains_key(counts.id.as_str())),
        removed: ids(&old, &|counts| !new.contains_key(counts.id.as_str())),
        changed: ids(&new, &|counts| {
            old.contains_key(counts.id.as_str()) && !same(counts)
        }),
        verdict: changes
            .iter()
            .map(|change| change.decision.verdict)
            .chain(uncounted.iter().map(|_| Verdict::Inconclusive))
            .max()
            .unwrap_or(Verdict::Inconclusive),
        uncounted,
        changes,
    })
}

fn by_id(counts: &[UtteranceCounts]) -> BTreeMap<&str, &UtteranceCounts> {
    counts
        .iter()
        .map(|counts| (counts.id.as_str(), counts))
        .collect()
}

/// One utterance in both runs.
struct Pair<'a> {
    then: &'a UtteranceCounts,
    now: &'a UtteranceCounts,
}

impl Pair<'_> {
    /// Errors then and now of what is compared, by draw; `None` if a run lacks it.
    ///
    /// Behind them is how many draws were made then and now.
    fn errors(&self, compared: Compared<'_>) -> Option<(Vec<[u64; 2]>, [usize; 2])> {
        match compared {
            Compared::Clean => Some((vec![[self.then.errors, self.now.errors]], [1, 1])),
            Compared::Check(question) => {
                let of = |counts: &'_ UtteranceCounts| -> Option<Vec<u64>> {
                    let found = counts.checks.iter().find(|check| asked(check, question));
                    found.map(|check| check.text.clone())
                };
                let (then, now) = (of(self.then)?, of(self.now)?);
                let draws = [then.len(), now.len()];
                let pairs = then.into_iter().zip(now).map(<[u64; 2]>::from);
                Some((pairs.collect(), draws))
            }
        }
    }
}

fn asked(check: &CheckCounts, question: BaselineCheck<'_>) -> bool {
    check.suite == question.suite && check.check == question.check
}

/// A change before it is judged with its family.
struct Measured<'a> {
    compared: Compared<'a>,
    draws: usize,
    most_draws: usize,
    loses_draws: bool,
    adds_draws: bool,
    clusters: Vec<Cluster>,
    /// Lists whose errors are not what they were.
    different: u64,
    gate: Gate,
    resampling: Resampling,
    p_difference: f64,
}

impl<'a> Measured<'a> {
    fn new(
        compared: Compared<'a>,
        pairs: &[Pair<'_>],
        clustering: &Clustering,
        terms: &Terms,
    ) -> Option<Measured<'a>> {
        let errors: Vec<(Vec<[u64; 2]>, [usize; 2])> = pairs
            .iter()
            .map(|pair| pair.errors(compared))
            .collect::<Option<_>>()?;
        let made = || errors.iter().map(|(_, made)| *made);
        let most_draws = made().flatten().max()?;
        let draws = errors
            .iter()
            .map(|(errors, _)| errors.len())
            .min()
            .filter(|draws| *draws > 0)?;

        let mut clusters = vec![Cluster::default(); clustering.count];
        let mut different = 0;
        for ((pair, (errors, _)), label) in pairs.iter().zip(&errors).zip(&clustering.labels) {
            for [then, now] in &errors[..draws] {
                different += u64::from(then != now);
                clusters[*label] += Cluster {
                    reference_words: pair.now.reference_words,
                    errors_a: *then,
                    errors_b: *now,
                };
            }
        }

        let name = match compared {
            Compared::Clean => "baseline".to_owned(),
            Compared::Check(question) => format!("baseline/{}/{}", question.suite, question.check),
        };
        let seed = named_seed(terms.seed, &name);
        let resampling = Resampling {
            replicates: REPLICATES,
            seed,
        };
        let differences: Vec<i64> = clusters.iter().map(Cluster::extra_errors).collect();

        Some(Measured {
            compared,
            draws,
            most_draws,
            loses_draws: made().any(|[then, now]| now < then),
            adds_draws: made().any(|[then, now]| now > then),
            different,
            gate: gate(
                &clusters,
                Margin::Relative(terms.margin),
                terms.alpha,
                &resampling,
            ),
            resampling,
            p_difference: sign_flip(&differences, seed).p_two_sided,
            clusters,
        })
    }

    fn judge(
        self,
        adjusted: JointGate,
        levels: Levels,
        utterances: usize,
        terms: &Terms,
    ) -> Change<'a> {
        let ratio = nprr(&self.clusters, GATE_CONFIDENCE).cut(CHANGE);
        let evidence = Evidence {
            clusters: self.clusters.len(),
            fewest_clusters: terms.fewest_clusters,
            differing_clusters: self.gate.differing,
            perturbed_units: (utterances * self.draws) as u64,
            changed_units: self.different,
            coverage: 1.0,
            concentration: None,
            least_coverage: 0.0,
            lacks_changes_alone: lack_changes_alone(
                std::slice::from_ref(&self.gate),
                levels.smallest(),
            ),
            p_values: adjusted,
            // The margin is multiplied with the baseline's errors, and nothing is divided by them:
            // a baseline without an error can be lost like any other.
            margins: Margins::WithAbsolute,
            fieller_g: ratio.g,
            stopping: Stopping::Met,
        };

        let decision = if terms.same_model && self.different == 0 {
            Decision {
                verdict: Verdict::Identical,
                reasons: Vec::new(),
                cautions: Vec::new(),
            }
        } else {
            decide(&evidence, terms.alpha)
        };

        Change {
            compared: self.compared,
            draws: self.draws,
            most_draws: self.most_draws,
            loses_draws: self.loses_draws,
            adds_draws: self.adds_draws,
            sums: total(&self.clusters),
            p_difference: self.p_difference,
            direction: direction(&self.clusters),
            decision,
            smallest_margin: Limited::new(
                &self.clusters,
                Margin::Relative(terms.margin),
                &self.resampling,
            )
            .smallest_margin(levels),
            gate: self.gate,
            adjusted,
            ratio,
        }
    }
}

#[cfg(test)]
mod tests;
