//! Judging: the gates of a run tested, corrected for how many there are, and decided.
//!
//! What a judgment says is in [`verdict`](mod@crate::check::judge::verdict).

mod claim;

use crate::check::engine::outcome::CheckOutcome;
use crate::check::engine::trial::Rescored;
use crate::check::judge::clustering::Clustering;
use crate::check::judge::figures::Figures;
use crate::check::judge::gates::claim::{Claim, claim, clean_gain};
use crate::check::judge::harm::Harm;
use crate::check::judge::levels::REPLICATES;
use crate::check::judge::sums::ErrorSums;
use crate::check::judge::verdict::{GateJudgment, GateKind, Judgment, Limit, MarginTest, worst};
use crate::stats::bootstrap::Resampling;
use crate::stats::gate::{
    Gate, JointGate, Levels, adjusted, joint, lack_changes_alone, level_beside, levels_beside,
};
use crate::stats::prospect::{self, PlannedGate, PlannedMargin, TabledCorrection, clusters_needed};
use crate::stats::random::named_seed;
use crate::stats::verdict::{Evidence, Margins, Reason, Stopping, Verdict, decide};
use crate::suite::gates::Gates;
use crate::suite::{Check, Suite};

/// A check to judge, summed up.
#[derive(Debug, Clone)]
pub(crate) struct CheckFigures<'a> {
    pub(crate) suite: &'a Suite,
    pub(crate) check: &'a Check,
    pub(crate) figures: Figures,
}

impl<'a> CheckFigures<'a> {
    /// Sums up what happened under a check.
    pub(crate) fn new(
        clustering: &Clustering,
        clean: &[Rescored],
        outcome: &CheckOutcome<'a>,
    ) -> CheckFigures<'a> {
        CheckFigures {
            suite: outcome.suite,
            check: outcome.check,
            figures: Figures::new(clustering, clean, outcome),
        }
    }
}

/// Judges all checks of a run together.
///
/// The seed is that of the run: the bootstrap of each check has its own stream, named after suite
/// and check. Where `harm` on the clean lists was tested, failing is corrected for that, too.
pub(crate) fn judge(
    checks: &[CheckFigures<'_>],
    clustering: &Clustering,
    seed: u64,
    harm: Option<&Harm>,
) -> Vec<Judgment> {
    let readings: Vec<Reading<'_>> = checks.iter().map(|_| Reading::plain()).collect();
    let judging = Judging::new(checks, clustering, seed, (&readings, harm));
    let mut judgments = judging.judge();
    judging.look_ahead(&mut judgments);

    judgments
}

/// How the p-values of one check are read.
pub(crate) struct Reading<'a> {
    /// Corrects a p-value for looks that were taken at the results before; never smaller for a
    /// larger one.
    pub(crate) corrected: Box<dyn Fn(f64) -> f64 + Sync + 'a>,
    /// Whether the check may conclude.
    pub(crate) stopping: Stopping,
    /// Bootstrap replicates.
    pub(crate) replicates: usize,
}

impl Reading<'_> {
    /// A check whose results are looked at once, at the end.
    pub(crate) fn plain() -> Reading<'static> {
        Reading {
            corrected: Box::new(|p| p),
            stopping: Stopping::Met,
            replicates: REPLICATES,
        }
    }

    /// Whether p-values stay as they are.
    fn corrects_nothing(&self) -> bool {
        [0.001, 0.01, 0.05]
            .iter()
            .all(|p| (self.corrected)(*p) <= *p)
    }

    /// The largest p-value that is `level` or less once corrected.
    fn uncorrected(&self, level: f64) -> f64 {
        if (self.corrected)(level) <= level {
            return level;
        }

        let (mut low, mut high) = (0.0_f64, level);
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            if (self.corrected)(middle) <= level {
                low = middle;
            } else {
                high = middle;
            }
        }

        low
    }
}

/// All gates of a run, ready to be judged, each check's p-values corrected by its reading before
/// the families' correction.
pub(crate) struct Judging<'a> {
    checks: &'a [CheckFigures<'a>],
    clustering: &'a Clustering,
    readings: &'a [Reading<'a>],
    harm: Option<&'a Harm>,
    seed: u64,
    gates: Vec<OpenGate>,
}

/// A gate before it is judged with its families.
struct OpenGate {
    /// The index of its check.
    check: usize,
    kind: GateKind,
    claims: Vec<Claim>,
    tests: Vec<Gate>,
    /// Of the claim that there is a clean gain, where a share of it is asked for.
    clean_gain: Option<Gate>,
    /// Of all of these, corrected for looks.
    joint: JointGate,
}

impl OpenGate {
    /// Whether some margin is a share of the clean errors.
    fn is_relative(&self) -> bool {
        let mut claims = self.claims.iter();
        claims.any(|claim| matches!(claim.limit, Limit::Relative(_)))
    }

    /// Of the claims of a check's gate, by clusters with these sums.
    fn new(
        (check, kind): (usize, GateKind),
        limits: Vec<Limit>,
        sums: &[ErrorSums],
        (resampling, reading): (&Resampling, &Reading<'_>),
    ) -> OpenGate {
        let clean_gain = limits
            .iter()
            .find(|limit| limit.is_share_of_gain())
            .map(|_| clean_gain(sums, resampling).test());
        let claims: Vec<Claim> = limits
            .into_iter()
            .map(|limit| claim(limit, sums, resampling))
            .collect();
        let tests: Vec<Gate> = claims.iter().map(|claim| claim.excess.test()).collect();

        // A share of what is not there is kept by whoever gains nothing on clean lists: passing
        // takes both claims (intersection-union), failing the one that is limited.
        let of_margins = joint(&tests);
        let of_all = clean_gain
            .iter()
            .chain(&tests)
            .cloned()
            .collect::<Vec<Gate>>();
        let joint = JointGate {
            p_fail: of_margins.p_fail,
            ..joint(&of_all)
        };

        OpenGate {
            check,
            kind,
            claims,
            clean_gain,
            joint: joint.map(&reading.corrected),
            tests,
        }
    }

    /// Whether a clean gain that is asked for is not shown at the level `alpha`.
    fn lacks_clean_gain(&self, alpha: f64) -> bool {
        let shown = |gate: &Gate| joint(std::slice::from_ref(gate)).p_pass() <= alpha;
        self.clean_gain.as_ref().is_some_and(|gate| !shown(gate))
    }

    /// How many clusters with no more harm than these have would pass at `level`, where nothing
    /// else stands in the way.
    fn unchanged_needed(&self, level: f64) -> Option<u64> {
        if !lack_changes_alone(&self.tests, level) {
            return None;
        }
        let claims = self.claims.iter();
        let needed: Option<Vec<u64>> = claims
            .map(|claim| claim.excess.unchanged_needed(level))
            .collect();
        needed?.into_iter().max()
    }

    /// Of the margin that has fewest.
    fn differing(&self) -> usize {
        let differing = self.tests.iter().map(|test| test.differing);
        differing.min().unwrap_or(0)
    }
}

impl<'a> Judging<'a> {
    pub(crate) fn new(
        checks: &'a [CheckFigures<'a>],
        clustering: &'a Clustering,
        seed: u64,
        (readings, harm): (&'a [Reading<'a>], Option<&'a Harm>),
    ) -> Judging<'a> {
        let mut gates = Vec::new();
        for (index, (check, reading)) in checks.iter().zip(readings).enumerate() {
            let sums = check.figures.errors_by_cluster();
            let name = format!("{}/{}", check.suite.name, check.check.name);
            let resampling = Resampling {
                replicates: reading.replicates,
                seed: named_seed(seed, &name),
            };
            for (kind, limits) in limits(&check.check.gates) {
                let ways = (&resampling, reading);
                gates.push(OpenGate::new((index, kind), limits, &sums, ways));
            }
        }

        Judging {
            checks,
            clustering,
            readings,
            harm,
            seed,
            gates,
        }
    }

    /// One judgment per check; what more clusters would bring is left open.
    pub(crate) fn judge(&self) -> Vec<Judgment> {
        let mut judged: Vec<Vec<GateJudgment>> = self.checks.iter().map(|_| Vec::new()).collect();
        for (index, gate) in self.gates.iter().enumerate() {
            judged[gate.check].push(self.judge_gate(index));
        }

        judged
            .into_iter()
            .zip(self.checks)
            .map(|(gates, check)| Judgment {
                verdict: worst(&gates),
                gates,
                perturbed_lists: check.figures.coverage.perturbed_lists,
                lists: check.figures.coverage.lists,
                least_coverage: check.suite.min_coverage,
                clusters: self.clustering.count,
                fewest_clusters: check.suite.min_clusters,
                alpha: check.suite.alpha,
                clean_gain_shown: false,
                barred_by: None,
            })
            .collect()
    }

    fn judge_gate(&self, index: usize) -> GateJudgment {
        let gate = &self.gates[index];
        let CheckFigures { suite, figures, .. } = &self.checks[gate.check];
        let alpha = suite.alpha;
        let passing = self.family(index, |other| other.kind == gate.kind);
        let failing = self.family(index, |_| true).with(self.harm);
        let joint = JointGate {
            p_fail: failing.adjusted().p_fail,
            ..passing.adjusted()
        };
        let reading = &self.readings[gate.check];
        let levels = passing.levels(reading, alpha);
        let lacks_changes_alone = lack_changes_alone(&gate.tests, levels.smallest());
        let coverage = &figures.coverage;
        let perturbed = coverage.perturbed_lists as u64;
        let evidence = Evidence {
            clusters: self.clustering.count,
            fewest_clusters: suite.min_clusters,
            differing_clusters: gate.differing(),
            perturbed_units: perturbed,
            changed_units: match gate.kind {
                GateKind::Flip => figures.flips.all.count as u64,
                // A gain need not come from a change of mind.
                GateKind::Gain => perturbed,
            },
            coverage: coverage.perturbed_lists as f64 / coverage.lists as f64,
            concentration: figures.concentration,
            least_coverage: suite.min_coverage,
            lacks_changes_alone,
            p_values: joint,
            margins: match gate.claims.as_slice() {
                [
                    Claim {
                        limit: Limit::Relative(_),
                        ..
                    },
                ] => Margins::RelativeOnly,
                _ => Margins::WithAbsolute,
            },
            // Only a relative margin is one of the clean errors.
            fieller_g: if gate.is_relative() {
                figures.nprr_rel().g
            } else {
                0.0
            },
            stopping: reading.stopping,
        };

        let mut decision = decide(&evidence, alpha);
        if decision.verdict == Verdict::Inconclusive
            && decision.is_a_matter_of_data()
            && gate.lacks_clean_gain(alpha)
        {
            decision.reasons = vec![Reason::NoCleanGain];
        }
        let fail_level = failing.fail_level(reading, alpha) / gate.claims.len() as f64;
        let margins: Vec<MarginTest> = gate
            .claims
            .iter()
            .zip(&gate.tests)
            .map(|(claim, test)| claim.bounded(test, levels, fail_level))
            .collect();

        GateJudgment {
            kind: gate.kind,
            leaning: match decision.verdict {
                // More data need not bring a gain that may not be there.
                Verdict::Inconclusive if decision.reasons == [Reason::NoCleanGain] => None,
                Verdict::Inconclusive => leaning(&gate.tests),
                Verdict::Pass | Verdict::Fail | Verdict::Identical => None,
            },
            clusters_needed: (gate.unchanged_needed(levels.smallest()))
                .filter(|_| decision.is_a_matter_of_changes()),
            decision,
            margins,
            has_no_clean_gain: (gate.clean_gain.as_ref())
                .is_some_and(|gate| gate.mean_excess >= 0.0),
            p_pass: joint.p_pass(),
            p_fail: joint.p_fail,
            pass_family: passing.joints.len(),
            fail_family: failing.joints.len(),
            p_fail_alone: gate.joint.p_fail,
            barred: None,
            is_corrected_for_looks: !reading.corrects_nothing(),
        }
    }

    /// The gates that are `wanted`, of which the one at `index` is one.
    fn family(&self, index: usize, wanted: impl Fn(&OpenGate) -> bool) -> Family {
        let members = (0..self.gates.len()).filter(|&member| wanted(&self.gates[member]));
        let members: Vec<usize> = members.collect();

        Family {
            joints: members
                .iter()
                .map(|&member| self.gates[member].joint)
                .collect(),
            own: members
                .iter()
                .take_while(|&&member| member != index)
                .count(),
        }
    }

    /// Fills in how many clusters would decide what is undecided.
    pub(crate) fn look_ahead(&self, judgments: &mut [Judgment]) {
        // What corrects nothing stays exact; all else is read off a table, which is fast.
        let forecast = |reading: &'a Reading<'a>| -> Box<dyn Fn(f64) -> f64 + Sync + 'a> {
            if reading.corrects_nothing() {
                return Box::new(|p| p);
            }
            let tabled = TabledCorrection::of(&*reading.corrected);
            Box::new(move |p| tabled.corrected(p))
        };
        let corrected: Vec<_> = self.readings.iter().map(forecast).collect();

        let gates = self.gates.iter().map(|gate| PlannedGate {
            margins: gate
                .claims
                .iter()
                .map(|claim| PlannedMargin::of(&claim.excess))
                .collect(),
            family: 1 + usize::from(gate.kind == GateKind::Gain),
            alpha: self.checks[gate.check].suite.alpha,
            corrected: &*corrected[gate.check],
        });
        let harm = self.harm.map(|harm| PlannedGate {
            margins: vec![PlannedMargin::of_excesses(harm.excesses())],
            // Nothing passes by it.
            family: 0,
            alpha: 0.0,
            corrected: &|p| p,
        });
        let planned: Vec<PlannedGate<'_>> = gates.chain(harm).collect();

        let seed = named_seed(self.seed, "clusters needed");
        let mut of_check = vec![0; self.checks.len()];
        for (index, gate) in self.gates.iter().enumerate() {
            let judgment = &mut judgments[gate.check];
            let fewest = judgment.fewest_clusters;
            let judged = &mut judgment.gates[of_check[gate.check]];
            of_check[gate.check] += 1;
            let outcome = match judged.leaning {
                Some(Verdict::Pass) => prospect::Outcome::Pass,
                Some(Verdict::Fail) => prospect::Outcome::Fail,
                Some(Verdict::Identical | Verdict::Inconclusive) | None => continue,
            };
            // What so few clusters say is no truth to plan with.
            if self.clustering.count >= fewest && judged.decision.is_a_matter_of_data() {
                judged.clusters_needed = clusters_needed(&planned, index, outcome, fewest, seed);
            }
        }
    }
}

/// Gates that are corrected together.
struct Family {
    joints: Vec<JointGate>,
    /// The place of the gate that it is about.
    own: usize,
}

impl Family {
    /// The same with the test of harm, by which a run fails as by a gate.
    fn with(mut self, harm: Option<&Harm>) -> Family {
        self.joints.extend(harm.map(|harm| JointGate {
            p_fail: harm.p,
            ..joint(&[])
        }));
        self
    }

    fn adjusted(&self) -> JointGate {
        adjusted(&self.joints)[self.own]
    }

    /// The p-values that the methods of the gate must reach beside what the others of the family
    /// have.
    fn levels(&self, reading: &Reading<'_>, alpha: f64) -> Levels {
        let levels = levels_beside(&self.joints, self.own, alpha);
        Levels {
            t: reading.uncorrected(levels.t),
            bootstrap: reading.uncorrected(levels.bootstrap),
            worst_twice: reading.uncorrected(levels.worst_twice),
        }
    }

    fn fail_level(&self, reading: &Reading<'_>, alpha: f64) -> f64 {
        let level = level_beside(&self.joints, self.own, alpha, |joint| joint.p_fail);
        reading.uncorrected(level)
    }
}

/// Where the estimates are: below every margin, or above one.
fn leaning(tests: &[Gate]) -> Option<Verdict> {
    if tests.iter().any(|test| test.mean_excess > 0.0) {
        Some(Verdict::Fail)
    } else if tests.iter().all(|test| test.mean_excess < 0.0) {
        Some(Verdict::Pass)
    } else {
        None
    }
}

/// The gates that are asked for, each with its margins.
fn limits(gates: &Gates) -> Vec<(GateKind, Vec<Limit>)> {
    let mut all = Vec::new();
    if let Some(margin) = gates.flip {
        let relative = margin.relative.map(Limit::Relative);
        let absolute = margin.absolute.map(Limit::Absolute);
        all.push((
            GateKind::Flip,
            relative.into_iter().chain(absolute).collect(),
        ));
    }

    if let Some(keep) = gates.gain {
        all.push((GateKind::Gain, vec![Limit::Gain(keep)]));
    }

    all
}

#[cfg(test)]
mod tests;
