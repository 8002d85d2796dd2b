//! Several gates judged together: all margins of one, and all gates of a run.

use crate::stats::gate::levels::Levels;
use crate::stats::gate::outcome::Gate;
use crate::stats::multiplicity::{holm, holm_level};

/// The p-values of "below every margin" and "above some margin".
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct JointGate {
    /// The largest t p-value of passing (intersection-union: no correction needed).
    pub p_pass_t: f64,
    /// The largest bootstrap-t p-value of passing.
    pub p_pass_bootstrap: f64,
    /// The largest p-value of passing with the worst cluster counted twice.
    pub p_pass_worst_twice: f64,
    /// The smallest p-value of failing times the number of gates, at most 1 (Bonferroni).
    pub p_fail: f64,
}

impl JointGate {
    /// The p-value that all methods must bring under the level: the largest one.
    pub fn p_pass(&self) -> f64 {
        self.p_pass_t
            .max(self.p_pass_bootstrap)
            .max(self.p_pass_worst_twice)
    }

    /// Each p-value put through `change`.
    #[must_use]
    pub fn map(&self, change: impl Fn(f64) -> f64) -> JointGate {
        JointGate {
            p_pass_t: change(self.p_pass_t),
            p_pass_bootstrap: change(self.p_pass_bootstrap),
            p_pass_worst_twice: change(self.p_pass_worst_twice),
            p_fail: change(self.p_fail),
        }
    }
}

/// Joins the gates of one check, such as a relative and an absolute margin that must both hold.
///
/// No gates pass nothing and fail nothing.
pub fn joint(gates: &[Gate]) -> JointGate {
    let largest = |p: fn(&Gate) -> f64| {
        gates.iter().map(p).fold(None, |worst: Option<f64>, p| {
            Some(worst.map_or(p, |worst| worst.max(p)))
        })
    };
    let smallest = gates.iter().map(Gate::p_fail).fold(1.0, f64::min);

    JointGate {
        p_pass_t: largest(|gate| gate.p_pass_t).unwrap_or(1.0),
        p_pass_bootstrap: largest(|gate| gate.p_pass_bootstrap).unwrap_or(1.0),
        p_pass_worst_twice: largest(|gate| gate.p_pass_worst_twice).unwrap_or(1.0),
        p_fail: (smallest * gates.len() as f64).min(1.0),
    }
}

/// Whether the tests of means let all `gates` pass at `level`, and only that few clusters changed,
/// or none, forbids it.
pub fn lack_changes_alone(gates: &[Gate], level: f64) -> bool {
    let pass = |p: fn(&Gate) -> f64| gates.iter().all(|gate| p(gate) <= level);
    pass(|gate| gate.p_pass_of_means) && !pass(Gate::p_pass)
}

/// The level that the p-value `of` the gate at `own` must reach beside those of the others of its
/// `family`, by Holm's correction.
pub fn level_beside(
    family: &[JointGate],
    own: usize,
    alpha: f64,
    of: impl Fn(&JointGate) -> f64,
) -> f64 {
    let others = family.iter().enumerate();
    let others: Vec<f64> = others
        .filter(|(index, _)| *index != own)
        .map(|(_, joint)| of(joint))
        .collect();
    holm_level(&others, alpha)
}

/// The levels that the tests of passing must reach, likewise.
pub fn levels_beside(family: &[JointGate], own: usize, alpha: f64) -> Levels {
    let level = |of: fn(&JointGate) -> f64| level_beside(family, own, alpha, of);
    Levels {
        t: level(|joint| joint.p_pass_t),
        bootstrap: level(|joint| joint.p_pass_bootstrap),
        worst_twice: level(|joint| joint.p_pass_worst_twice),
    }
}

/// Holm's correction over a family of joint gates: each method's p-values, and those of failing,
/// are one family.
pub fn adjusted(family: &[JointGate]) -> Vec<JointGate> {
    let column = |p: fn(&JointGate) -> f64| holm(&family.iter().map(p).collect::<Vec<f64>>());
    let (t, bootstrap) = (
        column(|joint| joint.p_pass_t),
        column(|joint| joint.p_pass_bootstrap),
    );
    let (worst_twice, fail) = (
        column(|joint| joint.p_pass_worst_twice),
        column(|joint| joint.p_fail),
    );

    (0..family.len())
        .map(|index| JointGate {
            p_pass_t: t[index],
            p_pass_bootstrap: bootstrap[index],
            p_pass_worst_twice: worst_twice[index],
            p_fail: fail[index],
        })
        .collect()
}
