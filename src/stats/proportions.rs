//! Binomial tails and intervals for a proportion.
//!
//! Tails are summed term by term from the point of interest outwards, starting from Loader's
//! saddle-point probability: the incomplete beta function of statrs is wrong by tenths of a percent
//! at a million trials.

use std::f64::consts::PI;

use statrs::function::gamma::ln_gamma;

use crate::stats::ConfidenceInterval;
use crate::stats::distributions::bisect;

/// P(X = k) for X binomial with `n` trials of probability `p` (C. Loader, "Fast and accurate
/// computation of binomial probabilities", 2000).
pub(crate) fn binomial_pmf(k: u64, n: u64, p: f64) -> f64 {
    if k > n {
        return 0.0;
    }

    if p <= 0.0 {
        return f64::from(u8::from(k == 0));
    }

    if p >= 1.0 {
        return f64::from(u8::from(k == n));
    }

    let trials = n as f64;
    if k == 0 {
        return (trials * (-p).ln_1p()).exp();
    }

    if k == n {
        return (trials * p.ln()).exp();
    }

    let successes = k as f64;
    let failures = (n - k) as f64;
    let exponent = stirling_error(trials)
        - stirling_error(successes)
        - stirling_error(failures)
        - deviance(successes, trials * p)
        - deviance(failures, trials * (1.0 - p));

    (trials / (2.0 * PI * successes * failures)).sqrt() * exponent.exp()
}

/// What Stirling's formula misses in ln(x!).
fn stirling_error(x: f64) -> f64 {
    // The series below is exact to the last digit from here on.
    if x < 16.0 {
        return ln_gamma(x + 1.0) - (x + 0.5) * x.ln() + x - 0.5 * (2.0 * PI).ln();
    }
    let square = x * x;
    (1.0 / 12.0
        - (1.0 / 360.0 - (1.0 / 1260.0 - (1.0 / 1680.0 - 1.0 / 1188.0 / square) / square) / square)
            / square)
        / x
}

/// Loader's deviance term x ln(x/m) + m - x, without cancellation when x is near m.
fn deviance(x: f64, mean: f64) -> f64 {
    let difference = x - mean;
    if difference.abs() >= 0.1 * (x + mean) {
        return x * (x / mean).ln() - difference;
    }

    // So near to the mean, the logarithm's digits would cancel: a series keeps them.
    let ratio = difference / (x + mean);

    let mut sum = difference * ratio;
    let mut power = 2.0 * x * ratio;
    let mut odd = 1.0;
    loop {
        power *= ratio * ratio;
        odd += 2.0;
        let next = sum + power / odd;
        if next.to_bits() == sum.to_bits() {
            return sum;
        }
        sum = next;
    }
}

/// P(X <= k) for X binomial with `n` trials of probability `p`.
pub(crate) fn binomial_cdf(k: u64, n: u64, p: f64) -> f64 {
    if k >= n {
        return 1.0;
    }
    if k as f64 > (n as f64 + 1.0) * p {
        return (1.0 - upper_tail(k + 1, n, p)).max(0.0);
    }
    lower_tail(k, n, p)
}

/// P(X >= k) for X binomial with `n` trials of probability `p`.
pub(crate) fn binomial_sf(k: u64, n: u64, p: f64) -> f64 {
    if k == 0 {
        return 1.0;
    }
    binomial_cdf(n.saturating_sub(k), n, 1.0 - p)
}

/// The sum of P(X = j) for j <= k, when k is not above the mode.
fn lower_tail(k: u64, n: u64, p: f64) -> f64 {
    let odds = (1.0 - p) / p;
    let mut term = 1.0;
    let mut sum = 1.0;
    for j in (1..=k).rev() {
        term *= j as f64 / (n - j + 1) as f64 * odds;
        sum += term;
        // Terms only get smaller: those that are left do not reach the last digit.
        if term < sum * 1e-18 {
            break;
        }
    }

    (binomial_pmf(k, n, p) * sum).min(1.0)
}

/// The sum of P(X = j) for j >= k, when k is not below the mode.
fn upper_tail(k: u64, n: u64, p: f64) -> f64 {
    lower_tail(n - k, n, 1.0 - p)
}

/// The exact (Clopper-Pearson) interval for a proportion with `k` successes in `n` trials.
///
/// The lower end is 0 at `k` = 0, the upper end 1 at `k` = `n`; no trials give the interval from 0
/// to 1.
pub(crate) fn clopper_pearson(k: u64, n: u64, confidence: f64) -> ConfidenceInterval {
    let tail = 0.5 * (1.0 - confidence);
    let low = if k == 0 {
        0.0
    } else {
        bisect(0.0, 1.0, |p| binomial_sf(k, n, p) < tail)
    };
    let high = if k >= n {
        1.0
    } else {
        bisect(0.0, 1.0, |p| binomial_cdf(k, n, p) > tail)
    };

    ConfidenceInterval {
        low,
        high,
        confidence,
    }
}

/// The largest rate that `n` trials without a single event leave possible at level `alpha`,
/// one-sided: 1 - alpha^(1/n).
///
/// 1 without trials. It replaces the rule of three.
pub(crate) fn zero_events_upper(n: u64, alpha: f64) -> f64 {
    if n == 0 {
        return 1.0;
    }
    -(alpha.ln() / n as f64).exp_m1()
}

/// The largest rate that `k` events in `n` trials leave possible at level `alpha`, one-sided
/// (Clopper and Pearson).
///
/// 1 without a trial that has none.
pub(crate) fn events_upper(k: u64, n: u64, alpha: f64) -> f64 {
    if k >= n {
        1.0
    } else if k == 0 {
        zero_events_upper(n, alpha)
    } else {
        bisect(0.0, 1.0, |p| binomial_cdf(k, n, p) > alpha)
    }
}

#[cfg(test)]
mod tests {
    use crate::stats::distributions::tests::check_close;
    use crate::stats::proportions::{
        binomial_cdf, binomial_pmf, binomial_sf, clopper_pearson, events_upper,
    };

    /// scipy.stats.beta.ppf(0.95, k + 1, 40 - k).
    #[test]
    fn the_bound_of_events_is_one_sided() {
        for (k, bound) in [
            (0, 0.072_157_524_505_514_55),
            (1, 0.113_188_360_944_737_54),
            (4, 0.214_397_638_516_144_63),
        ] {
            check_close(events_upper(k, 40, 0.05), bound, 1e-9);
        }
        check_close(events_upper(40, 40, 0.05), 1.0, 1e-15);
        check_close(events_upper(0, 0, 0.05), 1.0, 1e-15);
    }

    #[test]
    fn a_million_fair_trials_keep_their_symmetry() {
        let n = 1_000_000;
        let half = binomial_cdf(499_999, n, 0.5);
        check_close(half + 0.5 * binomial_pmf(500_000, n, 0.5), 0.5, 1e-11);
        check_close(
            binomial_cdf(499_600, n, 0.5),
            binomial_sf(500_400, n, 0.5),
            1e-12,
        );
    }

    #[test]
    fn probabilities_of_few_trials_are_the_binomial_coefficients() {
        for (k, coefficient) in [1.0, 10.0, 45.0, 120.0, 210.0, 252.0]
            .into_iter()
            .enumerate()
        {
            check_close(binomial_pmf(k as u64, 10, 0.5), coefficient / 1024.0, 1e-13);
        }
        check_close(binomial_cdf(7, 10, 0.5), 968.0 / 1024.0, 1e-13);
    }

    #[test]
    fn the_exact_interval_is_as_wide_as_its_tails_say() {
        let interval = clopper_pearson(1_200, 1_000_000, 0.95);
        check_close(binomial_sf(1_200, 1_000_000, interval.low), 0.025, 1e-9);
        check_close(binomial_cdf(1_200, 1_000_000, interval.high), 0.025, 1e-9);
    }
}
