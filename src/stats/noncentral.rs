//! Tails of the noncentral t distribution, which power calculations need and statrs lacks.

use std::f64::consts::LN_2;

use statrs::function::gamma::ln_gamma;

use crate::stats::distributions::normal_cdf;

/// How many standard deviations of the chi distribution the integral covers on either side.
const REACH: f64 = 10.0;

/// Intervals of Simpson's rule.
const INTERVALS: u32 = 1_000;

/// P(T >= t) of the noncentral t distribution with `df` >= 1 degrees of freedom and the given `noncentrality`.
///
/// The normal tail averaged over the distribution of the standard deviation, by Simpson's rule; good to about 1e-9.
pub fn noncentral_t_sf(t: f64, df: f64, noncentrality: f64) -> f64 {
    let width = REACH / (2.0 * df).sqrt();
    let low = (1.0 - width).max(0.0);
    let high = 1.0 + width;
    let constant = LN_2 + 0.5 * df * (0.5 * df).ln() - ln_gamma(0.5 * df);
    let integrand = |s: f64| {
        if s <= 0.0 {
            // The density of the standard deviation vanishes at 0 but for one degree of freedom, where it is finite.
            return if df > 1.0 {
                0.0
            } else {
                constant.exp() * normal_cdf(noncentrality)
            };
        }
        (constant + (df - 1.0) * s.ln() - 0.5 * df * s * s).exp()
            * normal_cdf(noncentrality - t * s)
    };

    let step = (high - low) / f64::from(INTERVALS);
    let mut sum = integrand(low) + integrand(high);
    for i in 1..INTERVALS {
        let weight = if i % 2 == 1 { 4.0 } else { 2.0 };
        sum += weight * integrand(low + f64::from(i) * step);
    }

    (sum * step / 3.0).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use crate::stats::distributions::t_sf;
    use crate::stats::noncentral::noncentral_t_sf;

    #[test]
    fn without_noncentrality_it_is_students_t() {
        for (t, df) in [(0.5, 3.0), (2.0, 7.0), (-1.0, 19.0), (1.7, 400.0)] {
            let (got, expected) = (noncentral_t_sf(t, df, 0.0), t_sf(t, df));
            assert!((got - expected).abs() < 1e-8, "{got} {expected}");
        }
    }
}
