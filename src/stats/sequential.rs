//! Stopping early without cheating: group-sequential boundaries for a few planned looks, and a confidence sequence for any number.
//!
//! A fixed-size test looked at again and again rejects far too often (27 % at a nominal 5 % in one measured case). The rule, the number
//! of looks and the target must be fixed before the first look. Not here: betting, which needs bounded values (`betting`).

use crate::stats::distributions::bisect;
use crate::stats::distributions::normal_pdf;
use crate::stats::distributions::normal_ppf;
use crate::stats::distributions::normal_sf;

/// The most looks a plan may have.
pub const MOST_LOOKS: usize = 20;

/// Cells of the integration grid per unit.
const CELLS_PER_UNIT: usize = 16;

/// How far below zero the grid reaches, in standard deviations of the last look.
const REACH: f64 = 6.0;

/// A one-sided O'Brien-Fleming plan with equally spaced looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OBrienFleming {
    looks: usize,
    constant: f64,
}

impl OBrienFleming {
    /// The plan of `looks` looks with a total one-sided error of `alpha`; `None` unless 1 to [`MOST_LOOKS`] looks and 0 < alpha < 0.5.
    ///
    /// The constant is found by recursive numerical integration (Armitage, McPherson and Rowe 1969).
    pub fn new(looks: usize, alpha: f64) -> Option<OBrienFleming> {
        let valid = (1..=MOST_LOOKS).contains(&looks) && alpha > 0.0 && alpha < 0.5;
        valid.then(|| {
            let exact = normal_ppf(1.0 - alpha);
            let root = (looks as f64).sqrt();
            let grid = Grid::new((exact + 2.0) * root, looks);
            let too_low = |constant: f64| grid.crossing(constant * root, looks) > alpha;
            OBrienFleming {
                looks,
                constant: if looks == 1 {
                    exact
                } else {
                    bisect(exact, exact + 2.0, too_low)
                },
            }
        })
    }

    /// How many looks are planned.
    pub fn looks(&self) -> usize {
        self.looks
    }

    /// The boundary of the last look.
    pub fn constant(&self) -> f64 {
        self.constant
    }

    /// The z that look `look` (from 1) must reach: constant x sqrt(looks / look). Infinite outside the plan.
    pub fn boundary(&self, look: usize) -> f64 {
        if look == 0 || look > self.looks {
            return f64::INFINITY;
        }
        self.constant * (self.looks as f64 / look as f64).sqrt()
    }

    /// The one-sided p-value that look `look` must not exceed; 0 outside the plan. Compare t and bootstrap p-values with this.
    pub fn nominal_level(&self, look: usize) -> f64 {
        normal_sf(self.boundary(look))
    }
}

/// The integration grid: what does not depend on where the barrier is.
struct Grid {
    /// The width of a cell.
    step: f64,
    /// An even number of cells; point i lies i steps below the barrier.
    cells: usize,
    /// The weights of Simpson's rule.
    weights: Vec<f64>,
    /// The density of a step from one point to another, by their distance.
    kernel: Vec<f64>,
    /// The probability of crossing the barrier from each point in one step.
    tails: Vec<f64>,
}

impl Grid {
    /// The grid for a random walk of `looks` steps below a barrier of at most `highest`.
    fn new(highest: f64, looks: usize) -> Grid {
        let step = 1.0 / CELLS_PER_UNIT as f64;
        let depth = highest + REACH * (looks as f64).sqrt();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a few hundred cells"
        )]
        let cells = 2 * (0.5 * depth / step).ceil() as usize;
        let weight = |i: usize| match i {
            i if i == 0 || i == cells => step / 3.0,
            i if i % 2 == 1 => 4.0 * step / 3.0,
            _ => 2.0 * step / 3.0,
        };
        Grid {
            step,
            cells,
            weights: (0..=cells).map(weight).collect(),
            kernel: (0..=cells).map(|i| normal_pdf(i as f64 * step)).collect(),
            tails: (0..=cells).map(|i| normal_sf(i as f64 * step)).collect(),
        }
    }

    /// P(a standard normal random walk of `looks` steps ever reaches `barrier`).
    fn crossing(&self, barrier: f64, looks: usize) -> f64 {
        let at = |i: usize| normal_pdf(barrier - i as f64 * self.step);
        let mut density: Vec<f64> = (0..=self.cells).map(at).collect();
        let mut crossed = normal_sf(barrier);
        for look in 1..looks {
            let mass: Vec<f64> = density
                .iter()
                .zip(&self.weights)
                .map(|(f, w)| f * w)
                .collect();
            crossed += mass
                .iter()
                .zip(&self.tails)
                .map(|(m, tail)| m * tail)
                .sum::<f64>();
            if look + 1 < looks {
                density = (0..=self.cells)
                    .map(|to| self.arriving(&mass, to))
                    .collect();
            }
        }
        crossed
    }

    /// The density at point `to` after one more step.
    fn arriving(&self, mass: &[f64], to: usize) -> f64 {
        let from_above = mass[..to].iter().rev().zip(&self.kernel[1..]);
        let from_below = mass[to..].iter().zip(&self.kernel);
        from_above.chain(from_below).map(|(m, k)| m * k).sum()
    }
}

/// The asymptotic confidence sequence of Waudby-Smith et al. (2024): an interval around a running mean that may be looked at any time.
///
/// Asymptotic: do not look before about 50 clusters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ConfidenceSequence {
    /// The tuning parameter rho.
    pub rho: f64,
    /// The error over all looks.
    pub alpha: f64,
}

impl ConfidenceSequence {
    /// The sequence that is tightest at `target` clusters, fixed in advance.
    pub fn tightest_at(target: f64, alpha: f64) -> ConfidenceSequence {
        let spread = -2.0 * alpha.ln();
        ConfidenceSequence {
            rho: ((spread + spread.ln() + 1.0) / target).sqrt(),
            alpha,
        }
    }

    /// The two-sided radius after `count` clusters with standard deviation `deviation`; infinite before the first.
    pub fn radius(&self, count: f64, deviation: f64) -> f64 {
        let scale = count * self.rho * self.rho + 1.0;
        self.spread(count, deviation, (scale.sqrt() / self.alpha).ln())
    }

    /// The one-sided radius: mean + radius is an upper bound, or mean - radius a lower one, at any time.
    pub fn one_sided_radius(&self, count: f64, deviation: f64) -> f64 {
        let scale = count * self.rho * self.rho + 1.0;
        self.spread(
            count,
            deviation,
            (1.0 + scale.sqrt() / (2.0 * self.alpha)).ln(),
        )
    }

    fn spread(&self, count: f64, deviation: f64, logarithm: f64) -> f64 {
        if count <= 0.0 {
            return f64::INFINITY;
        }
        let square = self.rho * self.rho;
        deviation * (2.0 * (count * square + 1.0) / (count * count * square) * logarithm).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use crate::stats::distributions::normal_ppf;
    use crate::stats::random::Stream;
    use crate::stats::sequential::ConfidenceSequence;
    use crate::stats::sequential::OBrienFleming;

    #[track_caller]
    fn check_constant(looks: usize, alpha: f64, expected: f64) {
        let constant = OBrienFleming::new(looks, alpha)
            .expect("a valid plan")
            .constant();
        assert!(
            (constant - expected).abs() < 1.5e-3,
            "{looks} looks: {constant}, expected {expected}"
        );
    }

    /// Jennison and Turnbull, "Group sequential methods" (2000), table 2.3: two-sided 5 %, which is one-sided 2.5 % but for paths that
    /// cross both boundaries, too rare to see here.
    #[test]
    fn constants_are_those_of_the_tables() {
        check_constant(1, 0.025, 1.960);
        check_constant(2, 0.025, 1.977);
        check_constant(3, 0.025, 2.004);
        check_constant(4, 0.025, 2.024);
        check_constant(5, 0.025, 2.040);
    }

    #[test]
    fn five_looks_keep_the_level_in_simulation() {
        let plan = OBrienFleming::new(5, 0.05).expect("a valid plan");
        let crossed = (0..10_000).filter(|&replicate| {
            let mut stream = Stream::new(8, replicate);
            let mut sum = 0.0;
            (1..=5_u32).any(|look| {
                sum += normal_ppf(((stream.next_bits() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64);
                sum / f64::from(look).sqrt() >= plan.boundary(look as usize)
            })
        });
        let share = crossed.count() as f64 / 10_000.0;
        assert!((share - 0.05).abs() < 0.008, "{share}"); // standard error 0.0022
    }

    #[test]
    fn boundaries_fall_and_end_outside_the_plan() {
        let plan = OBrienFleming::new(3, 0.05).expect("a valid plan");
        assert!(plan.boundary(1) > plan.boundary(2) && plan.boundary(2) > plan.boundary(3));
        assert!(plan.boundary(4).is_infinite() && plan.nominal_level(0) <= 0.0);
        assert!(OBrienFleming::new(0, 0.05).is_none() && OBrienFleming::new(3, 0.6).is_none());
    }

    #[test]
    fn looking_at_any_time_costs_width() {
        let sequence = ConfidenceSequence::tightest_at(200.0, 0.05);
        let fixed = 1.96 / 200.0_f64.sqrt();
        assert!(sequence.radius(200.0, 1.0) > fixed && sequence.radius(200.0, 1.0) < 2.0 * fixed);
        assert!(sequence.radius(0.0, 1.0).is_infinite());
    }
}
