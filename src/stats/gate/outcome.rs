//! `Gate`: what the tests of one margin say, before any correction for several.

use crate::stats::Flag;
use crate::stats::gate::levels::Test;

/// The outcome of one gate, before any correction for several.
#[derive(Clone, Debug, PartialEq)]
pub struct Gate {
    /// How many clusters.
    pub clusters: usize,
    /// How many of them do not do exactly what the margin allows: the others say nothing about
    /// which side of it the truth is on.
    pub differing: usize,
    /// How many have any of what is limited, more or less of it than without a change; all of them
    /// where nothing is told of few changes.
    pub changed: usize,
    /// Of these, those that have more.
    pub harmed: usize,
    /// Mean excess errors per cluster; negative is good.
    pub mean_excess: f64,
    /// Mean excess in standard errors; infinite without variance, 0 if all excess is zero.
    pub t: f64,
    /// Degrees of freedom of `t`.
    pub df: usize,
    /// Small if degradation is clearly below the margin, by the t test.
    pub p_pass_t: f64,
    /// The same by bootstrap-t; where hardly any cluster changed, by the bound for so few.
    pub p_pass_bootstrap: f64,
    /// The same by the t test with the worst cluster counted twice.
    pub p_pass_worst_twice: f64,
    /// The largest p-value of a test of means, whatever few changes make of it; 0 where nothing
    /// changed.
    pub p_pass_of_means: f64,
    /// Small if degradation is clearly above the margin, by the t test.
    pub p_fail_t: f64,
    /// The same by bootstrap-t.
    pub p_fail_bootstrap: f64,
    /// The smallest margin that would pass the t test at the level asked for: its upper bound on
    /// degradation. `None` if none would.
    pub smallest_margin_t: Option<f64>,
    /// The smallest margin that would pass all tests. `None` if none would.
    pub smallest_margin: Option<f64>,
    /// Replicates that bootstrap-t could use.
    pub replicates_used: usize,
    /// Replicates without variance, left out.
    pub replicates_dropped: usize,
    /// What to know before trusting the p-values.
    pub flags: Vec<Flag>,
}

impl Gate {
    /// The p-value that all tests must bring under the level: the largest one.
    pub fn p_pass(&self) -> f64 {
        self.p_pass_t
            .max(self.p_pass_bootstrap)
            .max(self.p_pass_worst_twice)
    }

    /// The p-value of failing that both tests must bring under the level: the larger one.
    pub fn p_fail(&self) -> f64 {
        self.p_fail_t.max(self.p_fail_bootstrap)
    }

    /// Takes the p-values of passing that `other` has smaller: tests of the same claim, either of
    /// which is enough.
    pub(super) fn pass_also_by(&mut self, other: &Gate) {
        if other.p_pass() < self.p_pass() {
            self.p_pass_of_means = other.p_pass_of_means;
            self.flags.retain(|flag| *flag != Flag::FewChanged);
            let few = [Flag::FewChanged, Flag::NothingChanged];
            if few.iter().any(|few| other.flags.contains(few)) {
                self.flags.push(Flag::FewChanged);
            }
        }

        for test in Test::ALL {
            let p = self.p_of(test).min(other.p_of(test));
            self.set_p_of(test, p);
        }
    }

    pub(super) fn p_of(&self, test: Test) -> f64 {
        match test {
            Test::T => self.p_pass_t,
            Test::Bootstrap => self.p_pass_bootstrap,
            Test::WorstTwice => self.p_pass_worst_twice,
        }
    }

    pub(super) fn set_p_of(&mut self, test: Test, p: f64) {
        match test {
            Test::T => self.p_pass_t = p,
            Test::Bootstrap => self.p_pass_bootstrap = p,
            Test::WorstTwice => self.p_pass_worst_twice = p,
        }
    }

    /// Gives every test of passing the p-value `p`.
    pub(super) fn set_p_pass(&mut self, p: f64) {
        for test in Test::ALL {
            self.set_p_of(test, p);
        }
    }
}
