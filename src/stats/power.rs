//! How much data a verdict needs, before a run: pairs, clusters, draws. Never power after the fact, which only restates the p-value.

use crate::stats::distributions::{bisect, normal_cdf, normal_ppf, t_ppf};
use crate::stats::noncentral::noncentral_t_sf;

/// Which alternatives a test looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sides {
    /// Larger only.
    One,
    /// Larger or smaller.
    Two,
}

impl Sides {
    /// The level of one tail.
    fn tail(self, alpha: f64) -> f64 {
        match self {
            Sides::One => alpha,
            Sides::Two => 0.5 * alpha,
        }
    }
}

/// The power of a paired t test on `pairs` pairs (at least 2, need not be whole) at a standardized effect `d_z` > 0.
pub fn paired_t_power(pairs: f64, d_z: f64, alpha: f64, sides: Sides) -> f64 {
    let df = (pairs - 1.0).max(1.0);
    let critical = t_ppf(1.0 - sides.tail(alpha), df);
    let noncentrality = d_z * pairs.sqrt();
    let upper = noncentral_t_sf(critical, df, noncentrality);
    match sides {
        Sides::One => upper,
        Sides::Two => upper + noncentral_t_sf(critical, df, -noncentrality),
    }
}

/// The normal approximation of [`paired_t_power`], one-sided, or two-sided without the far tail.
pub fn paired_power_normal(pairs: f64, d_z: f64, alpha: f64, sides: Sides) -> f64 {
    normal_cdf(d_z * pairs.sqrt() - normal_ppf(1.0 - sides.tail(alpha)))
}

/// How many pairs a paired t test needs, by three methods; round up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PairsNeeded {
    /// From the noncentral t distribution.
    pub exact: f64,
    /// From the normal approximation, too few by one or two.
    pub normal: f64,
    /// The normal approximation with Guenther's correction: within one of the exact number.
    pub guenther: f64,
}

/// The pairs needed to find a standardized effect `d_z` > 0 with the given `power` (up to about ten million).
pub fn paired_t_pairs(d_z: f64, alpha: f64, power: f64, sides: Sides) -> PairsNeeded {
    let critical = normal_ppf(1.0 - sides.tail(alpha));
    let normal = ((critical + normal_ppf(power)) / d_z).powi(2);
    let guenther = normal + 0.5 * critical * critical;

    let mut high = guenther.max(2.0);
    while paired_t_power(high, d_z, alpha, sides) < power && high < 1e7 {
        high *= 1.5;
    }

    PairsNeeded {
        exact: bisect(2.0, high, |pairs| {
            paired_t_power(pairs, d_z, alpha, sides) < power
        }),
        normal,
        guenther,
    }
}

/// How many pairs McNemar's two-sided test needs if the discordant kinds have probabilities `p10` and `p01` (Connor 1987); round up.
///
/// Infinite if both are equal.
pub fn mcnemar_pairs(p10: f64, p01: f64, alpha: f64, power: f64) -> f64 {
    let discordant = p10 + p01;
    let difference = p10 - p01;
    if difference == 0.0 {
        return f64::INFINITY;
    }
    let spread = normal_ppf(1.0 - 0.5 * alpha) * discordant.sqrt()
        + normal_ppf(power) * (discordant - difference * difference).sqrt();
    (spread / difference).powi(2)
}

/// How many clusters the non-inferiority gate needs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClustersNeeded {
    /// The normal approximation.
    pub normal: f64,
    /// With Guenther's correction, rounded up: the number to print. Infinite where `normal` is.
    pub corrected: f64,
}

/// The clusters needed for the gate at a relative `margin` to pass with the given `power` when the true NPRR is `true_nprr`.
///
/// `excess_deviation` is the standard deviation of the excess over clusters, `mean_clean_errors` the clean errors per cluster. For an
/// absolute margin pass word error rates and the mean words per cluster instead. Infinite if the true value is not below the margin.
pub fn gate_clusters(
    excess_deviation: f64,
    mean_clean_errors: f64,
    margin: f64,
    true_nprr: f64,
    alpha: f64,
    power: f64,
) -> ClustersNeeded {
    let room = (margin - true_nprr) * mean_clean_errors;
    if room <= 0.0 {
        return ClustersNeeded {
            normal: f64::INFINITY,
            corrected: f64::INFINITY,
        };
    }

    let critical = normal_ppf(1.0 - alpha);
    let normal = ((critical + normal_ppf(power)) * excess_deviation / room).powi(2);
    ClustersNeeded {
        normal,
        corrected: (normal + 0.5 * critical * critical).ceil(),
    }
}

/// How the variance of an utterance's mean splits into what more draws can and cannot reduce.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DrawVariance {
    /// Variance between utterances: stays.
    pub between: f64,
    /// Variance between the draws of one utterance: falls with their number.
    pub within: f64,
}

impl DrawVariance {
    /// The variance with `draws` draws per utterance; with infinitely many, what is left.
    pub fn with_draws(&self, draws: f64) -> f64 {
        self.between + self.within / draws
    }

    /// The most economical number of draws, from the cost of an utterance and of a draw; infinite if utterances do not differ.
    pub fn optimal_draws(&self, utterance_cost: f64, draw_cost: f64) -> f64 {
        (utterance_cost / draw_cost * self.within / self.between).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use crate::stats::power::{gate_clusters, mcnemar_pairs};

    #[test]
    fn what_is_not_below_the_margin_can_never_pass() {
        assert!(
            gate_clusters(3.0, 30.0, 0.1, 0.1, 0.05, 0.8)
                .corrected
                .is_infinite()
        );
        assert!(mcnemar_pairs(0.1, 0.1, 0.05, 0.8).is_infinite());
    }
}
