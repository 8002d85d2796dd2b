//! `Limited`: clusters beside a margin.

use crate::stats::Flag;
use crate::stats::bootstrap::Resampling;
use crate::stats::clusters::{Cluster, total};
use crate::stats::gate::excess::{Excess, nothing_changed};
use crate::stats::gate::levels::Levels;
use crate::stats::gate::margin::Margin;
use crate::stats::gate::outcome::Gate;
use crate::stats::proportions::zero_events_upper;

/// Clusters beside a margin: ready to be tested, and to be asked for the smallest margin at any level.
#[derive(Clone, Debug)]
pub struct Limited<'a> {
    clusters: &'a [Cluster],
    margin: Margin,
    excess: Excess,
}

impl<'a> Limited<'a> {
    /// The claim that the degradation of `clusters` is below `margin`.
    pub fn new(clusters: &'a [Cluster], margin: Margin, resampling: &Resampling) -> Limited<'a> {
        let pairs = clusters.iter().map(|cluster| margin.pair(cluster));
        Limited {
            excess: Excess::new(pairs.collect(), margin.limit(), resampling),
            clusters,
            margin,
        }
    }

    /// Tests the claim; `alpha` is the one-sided level of the smallest passing margins.
    ///
    /// Where no cluster changed the p-values are those of the zero-change bound (see the module).
    pub fn gate(&self, alpha: f64) -> Gate {
        let tested = self.excess.test();
        let smallest_margin = self.smallest_margin(Levels::all(alpha));
        if self.is_unchanged() {
            let gate = unchanged_gate(self.clusters, self.margin, &tested);
            return Gate {
                smallest_margin_t: smallest_margin,
                smallest_margin,
                ..gate
            };
        }

        let by_t = self.excess.fieller(alpha).and_then(|curve| curve.upper());
        Gate {
            smallest_margin_t: by_t.map(|limit| limit - self.margin.offset()),
            smallest_margin,
            ..tested
        }
    }

    /// The smallest margin that would pass all tests at their levels. `None` if none would.
    pub fn smallest_margin(&self, levels: Levels) -> Option<f64> {
        if self.is_unchanged() {
            let clusters = self.clusters.len() as u64;
            return unchanged_harm(self.clusters, self.margin)
                .map(|harm| harm * zero_events_upper(clusters, levels.smallest()));
        }

        let bound = self.excess.upper_bound(levels);
        bound.map(|limit| limit - self.margin.offset())
    }

    fn is_unchanged(&self) -> bool {
        let mut clusters = self.clusters.iter();
        self.clusters.len() > 1 && clusters.all(|cluster| cluster.extra_errors() == 0)
    }
}

/// Tests the clusters against `margin`; see [`Limited::gate`].
pub fn gate(clusters: &[Cluster], margin: Margin, alpha: f64, resampling: &Resampling) -> Gate {
    Limited::new(clusters, margin, resampling).gate(alpha)
}

/// Where no cluster changed: the most that is plausible in one that does, on the margin's scale. `None` where nothing can be told.
fn unchanged_harm(clusters: &[Cluster], margin: Margin) -> Option<f64> {
    let sums = total(clusters);
    match margin {
        // Nothing can be told relative to no errors.
        Margin::Relative(_) if sums.errors_a == 0 => None,
        Margin::Relative(_) => Some(1.0),
        Margin::Absolute(_) if sums.errors_a == 0 => Some(1.0),
        Margin::Absolute(_) => Some(sums.clean_wer()),
    }
}

/// The gate where no cluster changed; `tested` is what the tests of means say, which does not count.
fn unchanged_gate(clusters: &[Cluster], margin: Margin, tested: &Gate) -> Gate {
    let mut gate = Gate {
        t: 0.0,
        p_pass_t: 1.0,
        p_pass_bootstrap: 1.0,
        p_pass_worst_twice: 1.0,
        p_fail: 1.0,
        p_fail_bootstrap: 1.0,
        flags: Vec::new(),
        ..tested.clone()
    };

    match unchanged_harm(clusters, margin) {
        Some(harm) => nothing_changed(&mut gate, margin.value(), harm),
        None => gate.flags.push(Flag::NothingChanged),
    }

    gate
}
