//! Verdicts in `report.json`: what was asked, what was decided about each gate, and what that rests
//! on.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::check::engine::plan::Plan;
use crate::check::judge::estimate::{Estimate, finite};
use crate::check::judge::levels::REPLICATES;
use crate::check::judge::looks::Looks;
use crate::check::judge::remark::Remark;
use crate::check::judge::verdict::{GateJudgment, GateKind, Judgment, Limit, MarginTest};
use crate::report::ending::Ending;
use crate::report::gate_wording::GateWording;
use crate::report::{cautions, looks, number, wording};
use crate::stats::Flag;
use crate::stats::verdict::Verdict;
use crate::suite::gates::Keep;
use crate::suite::{Check, Suite};

/// What a check asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// The perturbation in words.
    pub perturbation: String,
    /// The flip cost that passes; null if it is not judged.
    pub flip: Option<FlipMargin>,
    /// The share of the clean gain that must be left on perturbed lists, 0 for any gain; null if it
    /// is not judged.
    pub gain: Option<f64>,
    /// The probability of a wrong verdict that is accepted.
    pub alpha: f64,
    /// Draws per utterance.
    pub draws: usize,
    /// Whether it asks for more of the same than the check before it in the suite: more words, or
    /// words that may sound less alike.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub raises: bool,
}

/// The flip cost that passes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlipMargin {
    /// As a share of the clean errors; null if not asked for.
    pub relative: Option<f64>,
    /// In word error rate; null if not asked for.
    pub absolute: Option<f64>,
}

/// What a margin limits, and in which unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scale {
    /// The flip cost, as a share of the clean errors.
    Relative,
    /// The flip cost, in word error rate.
    Absolute,
    /// The gain beyond the share asked for, in word error rate.
    Gain,
}

/// One margin of a gate, with a probability from each of the methods.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MarginRecord {
    /// What is limited.
    pub scale: Scale,
    /// The margin: the most for a flip cost, the least for a gain.
    pub value: f64,
    /// What was measured, on that scale.
    pub measured: Estimate,
    /// One-sided t test over clusters that the margin is kept; like all p-values here before any
    /// correction. Null where hardly any cluster changed and `p_pass_few` decides.
    pub p_pass_t: Option<f64>,
    /// The same by bootstrap-t; null where it could not be computed, or `p_pass_few` decides.
    pub p_pass_bootstrap_t: Option<f64>,
    /// The same t test with the worst cluster counted twice; null where `p_pass_few` decides.
    pub p_pass_worst_twice: Option<f64>,
    /// Where hardly any cluster changed and that doubts what the tests say: the probability by the
    /// bound for so few, in the place of theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p_pass_few: Option<f64>,
    /// That the margin is exceeded: the larger of a one-sided t test's and of bootstrap-t's.
    pub p_fail: f64,
    /// What is shown with all tests and corrections: the flip cost is at most this, the gain at
    /// least. It is also the margin that would just pass; null if none would.
    pub shown_at_best: Option<f64>,
    /// What is shown on the other side: the flip cost is at least this, the gain at most; null if
    /// nothing is.
    pub shown_at_worst: Option<f64>,
    /// Whether the margin is shown to be exceeded.
    pub exceeded: bool,
}

/// The decision about one gate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GateRecord {
    /// What it judges.
    pub gate: GateKind,
    /// `pass`, `fail` or `inconclusive`.
    pub verdict: Ending,
    /// `pass` or `fail`, where it is inconclusive and the estimate is not at the margin.
    pub leans_to: Option<Ending>,
    /// The decision in words, and what to do.
    pub wording: GateWording,
    /// Adjusted probability behind a PASS.
    pub p_pass: f64,
    /// Adjusted probability behind a FAIL.
    pub p_fail: f64,
    /// How these probabilities were adjusted over the tests of the run.
    pub adjustment: String,
    /// One per margin.
    pub margins: Vec<MarginRecord>,
    /// About how many clusters bring the verdict that it leans to, with a probability of 80 %, if
    /// what was measured is the truth; where too few changed, how many with no more harm would
    /// pass. Null where it is decided, or ten thousand would not do.
    pub clusters_needed: Option<u64>,
    /// What to know before trusting it.
    pub flags: Vec<String>,
}

/// The decision about a check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerdictRecord {
    /// The worst of its gates: `pass`, `fail` or `inconclusive`; `fail` where the rescorer does
    /// harm on the clean lists.
    pub verdict: Ending,
    /// What there is to say besides the gates: that it fails by harm on the clean lists and by none
    /// of them, and when it ended.
    pub wording: String,
    /// One per gate.
    pub gates: Vec<GateRecord>,
    /// Everything needed to compare with another run, in a line.
    pub signature: String,
}

impl Asked {
    /// What `check` asks for, with so many draws.
    pub(crate) fn new(suite: &Suite, check: &Check, draws: usize) -> Asked {
        let place = suite.checks.iter().position(|one| one.name == check.name);
        let before = place.and_then(|place| place.checked_sub(1));
        let raises = before.is_some_and(|before| {
            let before = &suite.checks[before].perturbation;
            check.perturbation.is_more_than(before)
        });

        Asked {
            perturbation: check.perturbation.describe(),
            flip: check.gates.flip.map(|margin| FlipMargin {
                relative: margin.relative,
                absolute: margin.absolute,
            }),
            gain: check.gates.gain.map(Keep::share),
            alpha: suite.alpha,
            draws,
            raises,
        }
    }
}

impl VerdictRecord {
    /// The record of `judgment` on `check`, at which `looks` were taken where it could end early;
    /// `cluster` is what a cluster is.
    pub(crate) fn new(
        plan: &Plan<'_>,
        suite: &Suite,
        check: &Check,
        judgment: &Judgment,
        cluster: &str,
        looks: Option<&Looks>,
    ) -> VerdictRecord {
        let stopped = looks.map_or_else(String::new, |looks| {
            let Looks {
                rule,
                draws,
                most_draws,
                ..
            } = looks;
            format!("|stop:{rule}|draws:{draws}of{most_draws}")
        });

        VerdictRecord {
            verdict: judgment.verdict.into(),
            wording: [failed_by_harm(judgment), looks.map(looks::sentence)]
                .into_iter()
                .flatten()
                .collect::<Vec<String>>()
                .join(" "),
            gates: judgment
                .gates
                .iter()
                .map(|gate| gate_record(judgment, gate, cluster))
                .collect(),
            signature: signature(plan, suite, check, judgment, cluster) + &stopped,
        }
    }
}

/// Why a check fails none of whose gates does.
fn failed_by_harm(judgment: &Judgment) -> Option<String> {
    let mut gates = judgment.gates.iter();
    let by_gate = gates.any(|gate| gate.decision.verdict == Verdict::Fail);
    let fails = judgment.verdict == Verdict::Fail && !by_gate;
    fails.then(|| match &judgment.barred_by {
        Some(remark @ Remark::WorseThanFirstPass { .. }) => format!(
            "It fails whatever its gates show. {}.",
            cautions::sentence(remark)
        ),
        _ => "It fails whatever its gates show: the rescorer does harm on the clean lists."
            .to_owned(),
    })
}

fn gate_record(judgment: &Judgment, gate: &GateJudgment, cluster: &str) -> GateRecord {
    let flags: BTreeSet<&'static str> = gate
        .margins
        .iter()
        .flat_map(|test| test.gate.flags.iter().map(|flag| flag.name()))
        .collect();

    GateRecord {
        gate: gate.kind,
        verdict: gate.decision.verdict.into(),
        leans_to: gate.leaning.map(Ending::from),
        wording: wording::of_gate(judgment, gate, cluster),
        p_pass: gate.p_pass,
        p_fail: gate.p_fail,
        adjustment: format!(
            "Holm: of passing over {}, of failing over all {} by which the run fails",
            number::count(gate.pass_family, &format!("{} gate", gate.kind.name())),
            number::count(gate.fail_family, "test")
        ),
        margins: gate.margins.iter().map(margin_record).collect(),
        clusters_needed: gate.clusters_needed,
        flags: flags.into_iter().map(str::to_owned).collect(),
    }
}

fn margin_record(test: &MarginTest) -> MarginRecord {
    let (scale, value) = match test.limit {
        Limit::Relative(margin) => (Scale::Relative, margin),
        Limit::Absolute(margin) => (Scale::Absolute, margin),
        Limit::Gain(_) => (Scale::Gain, 0.0),
    };

    // All three are then of the bound for few changes, as decisions need them.
    let few = [Flag::NothingChanged, Flag::FewChanged];
    let few = few.iter().any(|few| test.gate.flags.contains(few));
    let by_test = |p: f64| finite(p).filter(|_| !few);

    MarginRecord {
        scale,
        value,
        measured: Estimate::from(&test.measured),
        p_pass_t: by_test(test.gate.p_pass_t),
        p_pass_bootstrap_t: by_test(test.gate.p_pass_bootstrap),
        p_pass_worst_twice: by_test(test.gate.p_pass_worst_twice),
        p_pass_few: finite(test.gate.p_pass()).filter(|_| few),
        p_fail: test.gate.p_fail(),
        shown_at_best: test.at_best.and_then(finite),
        shown_at_worst: test.at_worst.and_then(finite),
        exceeded: test.is_exceeded(),
    }
}

/// Everything that must agree before two runs are compared, in a line.
fn signature(
    plan: &Plan<'_>,
    suite: &Suite,
    check: &Check,
    judgment: &Judgment,
    cluster: &str,
) -> String {
    let mut gates = Vec::new();
    if let Some(margin) = check.gates.flip {
        let margins = [("rel", margin.relative), ("abs", margin.absolute)];
        let margins = margins
            .into_iter()
            .filter_map(|(kind, margin)| margin.map(|margin| format!("{kind}{margin}")));
        gates.push(format!("flip({})", margins.collect::<Vec<_>>().join(",")));
    }

    if let Some(keep) = check.gates.gain {
        gates.push(format!("gain(keep{})", keep.share()));
    }

    let draws = plan.draws_of(check);
    let family = judgment.gates.first().map_or(0, |gate| gate.fail_family);
    format!(
        "gates:{}|cluster:{cluster}({})|K:{draws}|tests:t+bootstrap-t+worst-twice|alpha:{}|\
         adj:holm({family})|B:{REPLICATES}|seed:{}|v:{}",
        gates.join("+"),
        judgment.clusters,
        suite.alpha,
        plan.seed,
        env!("CARGO_PKG_VERSION"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_that_fails_by_harm_alone_says_so() {
        let mut judgment = Judgment {
            verdict: Verdict::Fail,
            gates: Vec::new(),
            perturbed_lists: 100,
            lists: 100,
            least_coverage: 0.5,
            clusters: 20,
            fewest_clusters: 12,
            alpha: 0.05,
            clean_gain_shown: false,
            barred_by: Some(Remark::WorseThanFirstPass {
                extra_errors: 7,
                p: 0.001,
                tests: 3,
            }),
        };
        let said = failed_by_harm(&judgment).expect("no gate fails");
        let expected = "It fails whatever its gates show. On the clean lists the rescorer makes 7 \
            more errors";
        assert!(said.starts_with(expected), "{said}");

        judgment.barred_by = Some(Remark::NothingToChoose);
        let said = failed_by_harm(&judgment).expect("no gate fails");
        assert!(said.contains("does harm on the clean lists"), "{said}");
        judgment.verdict = Verdict::Inconclusive;
        assert_eq!(failed_by_harm(&judgment), None);
    }
}
