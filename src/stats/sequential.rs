//! Stopping early without cheating: group-sequential boundaries for a few planned looks, and a
//! confidence sequence for any number.
//!
//! # Looks over draws
//!
//! A check looks at the same clusters after more and more draws. With variance b between clusters
//! and w within them, the mean after k draws has variance `b + w / k`, and the covariance of two
//! such means is the variance of the later one: increments are independent in information
//! `I(k) = 1 / (b + w / k)`. The statistics of two looks correlate by `sqrt(I(j) / I(k))`, which is
//! at least `sqrt(j / k)`, what boundaries for equally spaced looks assume. More correlated normal
//! variables cross a boundary less often (Slepian 1962), so these boundaries keep their error
//! whatever b and w are; without variance within clusters only the last boundary matters. More
//! draws never replace more clusters: the estimand stays the population of clusters, and each
//! look's p-value is as good as its t test.
//!
//! Where damage differs exponentially by cluster, looking after each of 5 draws, at a nominal 5 %:
//!
//! | speakers | passes at the margin: uncorrected | 5 planned looks | anytime |
//! |---:|---:|---:|---:|
//! | 20 | 7.5 % | 2.6 % | 0.7 % |
//! | 40 | 6.7 % | 3.0 % | 0.5 % |
//!
//! | speakers | mean draws, robust (2 %) model: planned, anytime | fragile (30 %): planned, anytime |
//! |---:|---:|---:|
//! | 20 | 2.5, 2.4 | 3.0, 3.4 |
//! | 40 | 2.0, 1.2 | 2.1, 1.3 |
//!
//! A fixed-size test looked at again and again rejects far too often (27 % at a nominal 5 % in one
//! measured case). The rule, the number of looks and the target must be fixed before the first
//! look.

use crate::stats::SMALLEST_P_VALUE;
use crate::stats::distributions::{bisect, normal_pdf, normal_ppf, normal_sf};

/// The most looks a plan may have.
pub const MOST_LOOKS: usize = 20;

/// Cells of the integration grid per unit.
const CELLS_PER_UNIT: usize = 16;

/// How far below zero the grid reaches, in standard deviations of the last look.
const REACH: f64 = 6.0;

/// A one-sided O'Brien-Fleming plan with equally spaced looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct OBrienFleming {
    looks: usize,
    constant: f64,
}

impl OBrienFleming {
    /// The plan of `looks` looks with a total one-sided error of `alpha`; `None` unless 1 to
    /// [`MOST_LOOKS`] looks and 0 < alpha < 0.5.
    ///
    /// The constant is found by recursive numerical integration (Armitage, McPherson and Rowe
    /// 1969).
    pub(crate) fn new(looks: usize, alpha: f64) -> Option<OBrienFleming> {
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

    /// The z that look `look` (from 1) must reach: constant x sqrt(looks / look). Infinite outside
    /// the plan.
    pub(crate) fn boundary(&self, look: usize) -> f64 {
        if look == 0 || look > self.looks {
            return f64::INFINITY;
        }
        self.constant * (self.looks as f64 / look as f64).sqrt()
    }

    /// The one-sided p-value that look `look` must not exceed; 0 outside the plan. Compare t and
    /// bootstrap p-values with this.
    pub(crate) fn nominal_level(&self, look: usize) -> f64 {
        normal_sf(self.boundary(look))
    }
}

/// The repeated p-value of a one-sided p-value `p` at look `look` of `looks` (O'Brien-Fleming): the
/// smallest total error at which that look would have crossed its boundary.
///
/// It compares with the level like any p-value, and holds that level over all looks (Jennison and
/// Turnbull 1989); so corrections for several tests apply to it as usual. 1 from p = 0.5 on, and
/// outside the plan.
pub fn repeated_p_value(looks: usize, look: usize, p: f64) -> f64 {
    if look == 0 || look > looks || looks > MOST_LOOKS || p >= 0.5 {
        return 1.0;
    }

    if looks == 1 {
        return p;
    }

    let z = -normal_ppf(p.max(SMALLEST_P_VALUE));
    // The boundary of a look is constant sqrt(looks / look), so a random walk of `looks` steps
    // meets the barrier constant sqrt(looks).
    let barrier = z * (look as f64).sqrt();

    Grid::new(barrier, looks)
        .crossing(barrier, looks)
        .clamp(p, 1.0)
}

/// The information of the first draw, in units in which the mixture behind [`anytime_p_value`] has
/// variance 1.
///
/// The boundary is lowest near 8 and flat around it: this serves 1 to 20 draws alike.
const FIRST_INFORMATION: f64 = 4.0;

/// The anytime-valid p-value of a one-sided p-value `p` after `draws` draws, however often and
/// whenever one looks.
///
/// The normal-mixture boundary (Robbins 1970; one-sided form of Waudby-Smith et al. 2024) turned
/// round: the smallest level whose boundary z reaches. Asymptotic in the number of clusters, as the
/// p-value is. 1 from p = 0.5 on.
pub fn anytime_p_value(draws: usize, p: f64) -> f64 {
    if draws == 0 || p >= 0.5 {
        return 1.0;
    }
    let z = -normal_ppf(p.max(SMALLEST_P_VALUE));
    let information = FIRST_INFORMATION * draws as f64;
    let exponent = z * z * information / (2.0 * (information + 1.0));
    ((information + 1.0).sqrt() / (2.0 * exponent.exp_m1())).clamp(p, 1.0)
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

#[cfg(test)]
mod tests {
    use crate::stats::distributions::{normal_ppf, normal_sf};
    use crate::stats::random::Stream;
    use crate::stats::sequential::{
        FIRST_INFORMATION, OBrienFleming, anytime_p_value, repeated_p_value,
    };

    #[track_caller]
    fn check_constant(looks: usize, alpha: f64, expected: f64) {
        let constant = OBrienFleming::new(looks, alpha)
            .expect("a valid plan")
            .constant;
        assert!(
            (constant - expected).abs() < 1.5e-3,
            "{looks} looks: {constant}, expected {expected}"
        );
    }

    /// Jennison and Turnbull, "Group sequential methods" (2000), table 2.3: two-sided 5 %, which is
    /// one-sided 2.5 % but for paths that cross both boundaries, too rare to see here.
    #[test]
    fn constants_are_those_of_the_tables() {
        check_constant(1, 0.025, 1.960);
        check_constant(2, 0.025, 1.977);
        check_constant(3, 0.025, 2.004);
        check_constant(4, 0.025, 2.024);
        check_constant(5, 0.025, 2.040);
    }

    /// One-sided 5 %: 1.7509 by integration; boundaries of 1.7375 would be crossed too often.
    #[test]
    fn five_looks_at_one_sided_five_percent() {
        check_constant(5, 0.05, 1.7509);
    }

    #[test]
    fn a_p_value_on_the_boundary_repeats_to_the_level() {
        for looks in [2, 5, 10] {
            let plan = OBrienFleming::new(looks, 0.05).expect("a valid plan");
            for look in 1..=looks {
                let p = repeated_p_value(looks, look, plan.nominal_level(look));
                assert!((p - 0.05).abs() < 2e-4, "look {look} of {looks}: {p}");
            }
        }

        assert!((repeated_p_value(1, 1, 0.03) - 0.03).abs() < 1e-15);
        assert!(repeated_p_value(5, 6, 0.01) >= 1.0 && repeated_p_value(5, 1, 0.7) >= 1.0);
        assert!(repeated_p_value(5, 1, 0.0) > 0.0);
    }

    /// The z at which the one-sided confidence sequence of Waudby-Smith et al. (2024), rho = 1,
    /// excludes zero at an error of 5 % over all looks.
    fn anytime_boundary(draws: usize) -> f64 {
        let scale = FIRST_INFORMATION * draws as f64 + 1.0;
        let logarithm = (1.0 + scale.sqrt() / (2.0 * 0.05)).ln();
        (2.0 * scale / (scale - 1.0) * logarithm).sqrt()
    }

    #[test]
    fn an_anytime_p_value_is_where_the_confidence_sequence_excludes_zero() {
        for draws in [1_usize, 5, 40] {
            let p = anytime_p_value(draws, normal_sf(anytime_boundary(draws)));
            assert!((p - 0.05).abs() < 1e-9, "{draws} draws: {p}");
        }
        assert!(anytime_p_value(0, 0.01) >= 1.0 && anytime_p_value(3, 0.5) >= 1.0);
    }

    /// Draws of clusters that differ: looks are more correlated than independent increments would
    /// be.
    #[test]
    fn looking_after_every_draw_keeps_the_level() {
        let plan = OBrienFleming::new(5, 0.05).expect("a valid plan");
        let crossings = |between: f64, boundary: &dyn Fn(usize) -> f64| {
            let crossed = (0..4_000).filter(|&replicate| {
                let mut stream = Stream::new(12, replicate);
                let mut normal =
                    || normal_ppf(((stream.next_bits() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64);
                let shared = between * normal();
                let mut sum = 0.0;
                (1..=5_usize).any(|draws| {
                    sum += normal();
                    let count = draws as f64;
                    let variance = between * between + 1.0 / count;
                    let z = (shared + sum / count) / variance.sqrt();
                    z >= boundary(draws)
                })
            });
            crossed.count() as f64 / 4_000.0
        };

        for between in [0.0, 0.5, 2.0] {
            let planned = crossings(between, &|look| plan.boundary(look));
            let anytime = crossings(between, &anytime_boundary);
            // Standard error 0.0034.
            assert!(
                planned < 0.057 && anytime < 0.05,
                "{between}: {planned} {anytime}"
            );
        }
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
}
