//! `Limited`: clusters beside a margin.

use crate::stats::bootstrap::Resampling;
use crate::stats::clusters::{Cluster, total};
use crate::stats::gate::excess::Excess;
use crate::stats::gate::levels::Levels;
use crate::stats::gate::margin::Margin;
use crate::stats::gate::outcome::Gate;

/// Clusters beside a margin: ready to be tested, and to be asked for the smallest margin at any
/// level.
#[derive(Clone, Debug)]
pub struct Limited {
    margin: Margin,
    excess: Excess,
}

impl Limited {
    /// The claim that the degradation of `clusters` is below `margin`.
    pub fn new(clusters: &[Cluster], margin: Margin, resampling: &Resampling) -> Limited {
        let pairs = clusters.iter().map(|cluster| margin.pair(cluster));
        let excess = Excess::new(pairs.collect(), margin.limit(), resampling);
        let harm = plausible_harm(clusters, margin);
        Limited {
            excess: excess.with_harm_beyond(margin.offset(), margin.value(), harm),
            margin,
        }
    }

    /// Tests the claim; `alpha` is the one-sided level of the smallest passing margins.
    pub fn gate(&self, alpha: f64) -> Gate {
        let smallest_margin = self.smallest_margin(Levels::all(alpha));
        let by_t = if self.excess.is_unchanged() {
            smallest_margin
        } else {
            let curve = self.excess.fieller(alpha);
            let limit = curve.and_then(|curve| curve.upper());
            limit.map(|limit| limit - self.margin.offset())
        };

        Gate {
            smallest_margin_t: by_t,
            smallest_margin,
            ..self.excess.test()
        }
    }

    /// The claim of the margin's tests.
    pub(crate) fn excess(&self) -> &Excess {
        &self.excess
    }

    /// The smallest margin that would pass all tests at their levels. `None` if none would.
    pub fn smallest_margin(&self, levels: Levels) -> Option<f64> {
        self.excess.smallest_allowed(levels)
    }
}

/// Tests the clusters against `margin`; see [`Limited::gate`].
pub fn gate(clusters: &[Cluster], margin: Margin, alpha: f64, resampling: &Resampling) -> Gate {
    Limited::new(clusters, margin, resampling).gate(alpha)
}

/// The most that is plausible in a cluster that changes, on the margin's scale. `None` where
/// nothing can be told.
fn plausible_harm(clusters: &[Cluster], margin: Margin) -> Option<f64> {
    let sums = total(clusters);
    match margin {
        // Nothing can be told relative to no errors.
        Margin::Relative(_) if sums.errors_a == 0 => None,
        Margin::Relative(_) => Some(1.0),
        Margin::Absolute(_) if sums.errors_a == 0 => Some(1.0),
        Margin::Absolute(_) => Some(sums.clean_wer()),
    }
}
