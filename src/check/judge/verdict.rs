//! The three-way decision of each check, gate by gate, corrected for how many there are.
//!
//! A gate passes only if the evidence shows that all its margins are kept, and fails only if the
//! evidence shows that one is not; anything else is inconclusive. The check's verdict is the worst
//! of its gates, and that of a rescorer which does harm on the clean lists fails whatever its gates
//! say. Passing is corrected within the gates of a kind (a check passes only if all its gates do,
//! which needs no correction), failing over all gates of the run and that harm, since any of them
//! ends it.

use serde::{Deserialize, Serialize};

use crate::check::judge::remark::{Effect, Remark};
use crate::stats::fieller::Ratio;
use crate::stats::gate::Gate;
use crate::stats::verdict::{Decision, Reason, Verdict};
use crate::suite::gates::Keep;

/// What a gate judges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GateKind {
    /// Errors that changes of mind add.
    Flip,
    /// Errors that there are fewer than with the first pass.
    Gain,
}

impl GateKind {
    /// The name in suites and reports.
    pub fn name(self) -> &'static str {
        match self {
            GateKind::Flip => "flip",
            GateKind::Gain => "gain",
        }
    }
}

/// One margin of a gate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Limit {
    /// Of the flip cost, as a share of the clean errors.
    Relative(f64),
    /// Of the flip cost, in word error rate.
    Absolute(f64),
    /// Of the gain on perturbed lists: above this share of the clean gain.
    Gain(Keep),
}

/// One margin, and what the evidence says about it.
#[derive(Debug, Clone, PartialEq)]
pub struct MarginTest {
    /// The margin.
    pub limit: Limit,
    /// What was measured, with a 90 % interval: the flip cost on the margin's scale, or the gain
    /// that there is beyond the share asked for, in word error rate.
    pub measured: Ratio,
    /// The tests, before any correction.
    pub gate: Gate,
    /// What is shown, all tests and corrections included: the flip cost is at most this, or the
    /// gain at least. It is also the margin that would just pass. `None` if nothing is shown.
    pub at_best: Option<f64>,
    /// The same on the other side: the flip cost is at least this, or the gain at most.
    pub at_worst: Option<f64>,
}

impl MarginTest {
    /// Whether the margin is shown to be exceeded: what is shown at worst is beyond it.
    pub fn is_exceeded(&self) -> bool {
        self.at_worst.is_some_and(|worst| match self.limit {
            Limit::Relative(margin) | Limit::Absolute(margin) => worst > margin,
            Limit::Gain(_) => worst < 0.0,
        })
    }
}

/// The decision about one gate of a check, and what it rests on.
#[derive(Debug, Clone, PartialEq)]
pub struct GateJudgment {
    /// What is judged.
    pub kind: GateKind,
    /// The decision.
    pub decision: Decision,
    /// One per margin: relative first.
    pub margins: Vec<MarginTest>,
    /// Whether a share of the clean gain is asked for, of which there is none in these lists.
    pub has_no_clean_gain: bool,
    /// The largest of all methods' probabilities of passing, adjusted for its family.
    pub p_pass: f64,
    /// The probability of failing, adjusted for its family.
    pub p_fail: f64,
    /// How many gates passing was adjusted over: those of this kind.
    pub pass_family: usize,
    /// How many tests failing was adjusted over: all gates of the run, and harm on the clean lists
    /// where it was tested.
    pub fail_family: usize,
    /// The probability of failing before that, corrected for looks and margins alone.
    pub p_fail_alone: f64,
    /// The verdict that a remark took back.
    pub barred: Option<Verdict>,
    /// Whether both were corrected for looks at the results before, too.
    pub is_corrected_for_looks: bool,
    /// What an undecided gate leans to: below its margins, or above one. `None` where it is
    /// decided, or at a margin.
    pub leaning: Option<Verdict>,
    /// About how many clusters would bring that, with a probability of 80 %, if what was measured
    /// is the truth; where too few changed, how many with no more harm would pass. `None` where ten
    /// thousand would not, or too few clusters were seen to tell.
    pub clusters_needed: Option<u64>,
}

impl GateJudgment {
    /// Whether there is nothing at all to judge: a flip cost, or a gain, of 0 in every cluster.
    pub fn is_nothing(&self) -> bool {
        let nothing =
            |test: &MarginTest| test.measured.ratio == 0.0 && test.measured.standard_error == 0.0;
        self.margins.iter().all(nothing)
    }
}

/// The decision about one check.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgment {
    /// The worst of its gates; FAIL where the rescorer does harm on the clean lists.
    pub verdict: Verdict,
    /// One per gate: flip first.
    pub gates: Vec<GateJudgment>,
    /// Lists in which something was perturbed.
    pub perturbed_lists: usize,
    /// All lists.
    pub lists: usize,
    /// With a smaller share of the lists perturbed there is no verdict, 0 to 1.
    pub least_coverage: f64,
    /// Independent clusters.
    pub clusters: usize,
    /// With fewer clusters there is no verdict.
    pub fewest_clusters: usize,
    /// The one-sided error rate of its verdicts, before any correction.
    pub alpha: f64,
    /// Whether the rescorer is shown to have fewer errors than the first pass on the clean lists.
    pub clean_gain_shown: bool,
    /// What took back every PASS, or every verdict.
    pub barred_by: Option<Remark>,
}

impl Judgment {
    /// Takes every verdict of a gate back that `remark` bars. Where the run fails by it, so does
    /// the check, and no gate does that is not shown to.
    pub(crate) fn bar(&mut self, remark: &Remark) {
        let is_barred = |verdict| match remark.effect() {
            Effect::Warns => false,
            Effect::BarsPass | Effect::Fails => verdict == Verdict::Pass,
            Effect::BarsVerdict => verdict != Verdict::Inconclusive,
        };

        for gate in &mut self.gates {
            if is_barred(gate.decision.verdict) {
                gate.barred = Some(gate.decision.verdict);
                gate.decision.verdict = Verdict::Inconclusive;
                gate.decision.reasons = vec![Reason::Barred];
                gate.decision.drop_odds();
                self.barred_by = Some(remark.clone());
            } else if remark.effect() != Effect::Warns
                && gate.decision.verdict == Verdict::Inconclusive
            {
                // No number of clusters would bring what is barred.
                gate.leaning = None;
                gate.clusters_needed = None;
                gate.decision.drop_odds();
                self.barred_by.get_or_insert_with(|| remark.clone());
            }
        }
        self.verdict = match remark.effect() {
            Effect::Fails => Verdict::Fail,
            Effect::Warns | Effect::BarsPass | Effect::BarsVerdict => worst(&self.gates),
        };
    }
}

/// The worst verdict of the gates of a check.
pub(crate) fn worst(gates: &[GateJudgment]) -> Verdict {
    let verdicts = gates.iter().map(|gate| gate.decision.verdict);
    verdicts.max().unwrap_or(Verdict::Inconclusive)
}
