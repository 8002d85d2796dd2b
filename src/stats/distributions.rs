//! Tails and quantiles of the normal, Student's t and chi-squared distributions.
//!
//! Not here: binomial tails, which statrs gets wrong for large n (`proportions`), and the noncentral t (`noncentral`).
//!
//! The complementary error function is our own: the one of statrs is good to 1e-10 only, and quantiles are polished with it.

use std::f64::consts::{PI, SQRT_2};

use statrs::function::beta::checked_beta_reg;
use statrs::function::erf::erfc_inv;

/// Above this many degrees of freedom the incomplete beta function loses digits, and a normal approximation is better.
const LARGE_DF: f64 = 1e5;

/// The complementary error function, to about 1e-14 of its value.
///
/// Below 2 the Maclaurin series of erf (Abramowitz and Stegun 7.1.6), above it Laplace's continued fraction (7.1.14).
pub fn erfc(x: f64) -> f64 {
    if x.is_nan() {
        return x;
    }

    if x < 0.0 {
        return 2.0 - erfc(-x);
    }

    if x > 27.5 {
        return 0.0; // below the smallest positive number
    }

    if x < 2.0 {
        let mut term = x;
        let mut sum = x;
        let mut n = 0.0;
        while term > sum * 1e-17 {
            n += 1.0;
            term *= 2.0 * x * x / (2.0 * n + 1.0);
            sum += term;
        }
        return 1.0 - 2.0 / PI.sqrt() * (-x * x).exp() * sum;
    }

    let mut tail = x;
    for k in (1..=160).rev() {
        tail = x + 0.5 * f64::from(k) / tail;
    }

    (-x * x).exp() / (PI.sqrt() * tail)
}

/// P(Z >= z) of a standard normal variable.
pub fn normal_sf(z: f64) -> f64 {
    0.5 * erfc(z / SQRT_2)
}

/// P(Z <= z) of a standard normal variable.
pub fn normal_cdf(z: f64) -> f64 {
    normal_sf(-z)
}

/// P(|Z| >= |z|) of a standard normal variable.
pub fn normal_two_sided(z: f64) -> f64 {
    erfc(z.abs() / SQRT_2)
}

/// The density of a standard normal variable at `z`.
pub fn normal_pdf(z: f64) -> f64 {
    (-0.5 * z * z).exp() / (2.0 * PI).sqrt()
}

/// The z with P(Z <= z) = `p`; infinite at 0 and 1.
pub fn normal_ppf(p: f64) -> f64 {
    if p <= 0.0 {
        return f64::NEG_INFINITY;
    }

    if p >= 1.0 {
        return f64::INFINITY;
    }

    if p > 0.5 {
        return -normal_ppf(1.0 - p);
    }

    let mut z = -SQRT_2 * erfc_inv(2.0 * p);
    for _ in 0..2 {
        // Newton steps against our own tail, which is more exact than the start.
        z -= (normal_cdf(z) - p) / normal_pdf(z);
    }

    z
}

/// P(T >= t) of Student's t with `df` degrees of freedom (`df` > 0, need not be whole).
///
/// `t` may be infinite.
///
/// # Panics
/// If `df` is not positive or `t` is NaN.
pub fn t_sf(t: f64, df: f64) -> f64 {
    if t < 0.0 {
        return 1.0 - t_sf(-t, df);
    }

    if t.is_infinite() {
        return 0.0;
    }

    if df > LARGE_DF {
        // Abramowitz and Stegun 26.7.8; the error is of the order of 1 / df^2.
        return normal_sf(t * (1.0 - 0.25 / df) / (1.0 + t * t / (2.0 * df)).sqrt());
    }

    let x = df / (df + t * t);
    0.5 * checked_beta_reg(0.5 * df, 0.5, x).expect("df is positive and x lies between 0 and 1")
}

/// P(T <= t) of Student's t with `df` degrees of freedom.
pub fn t_cdf(t: f64, df: f64) -> f64 {
    t_sf(-t, df)
}

/// P(|T| >= |t|) of Student's t with `df` degrees of freedom.
pub fn t_two_sided(t: f64, df: f64) -> f64 {
    2.0 * t_sf(t.abs(), df)
}

/// The t with P(T <= t) = `p`; infinite at 0 and 1.
///
/// Found by bisection of [`t_sf`], since library inverses of the incomplete beta function may fail far out.
pub fn t_ppf(p: f64, df: f64) -> f64 {
    if p <= 0.0 {
        return f64::NEG_INFINITY;
    }

    if p >= 1.0 {
        return f64::INFINITY;
    }

    if p < 0.5 {
        return -upper_t(p, df);
    }

    upper_t(1.0 - p, df)
}

/// The t >= 0 with P(T >= t) = `tail`, for a tail of at most one half.
fn upper_t(tail: f64, df: f64) -> f64 {
    let mut high = 1.0;
    while t_sf(high, df) > tail && high < f64::MAX / 4.0 {
        high *= 2.0;
    }
    bisect(0.0, high, |t| t_sf(t, df) > tail)
}

/// The point between `low` and `high` where `below` turns from true to false, to the last bit or 200 halvings.
///
/// `below` must be true at `low` and false at `high`, and change once.
pub fn bisect(mut low: f64, mut high: f64, below: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..200 {
        let middle = low + 0.5 * (high - low);
        if middle <= low || middle >= high {
            break;
        }
        if below(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    low + 0.5 * (high - low)
}

/// The quantile of type 7 (linear interpolation between order statistics) of values sorted upwards.
///
/// NaN for no values. `p` is clamped to 0 and 1.
pub fn quantile(sorted: &[f64], p: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else {
        return f64::NAN;
    };
    let position = p.clamp(0.0, 1.0) * last as f64;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a position within the slice"
    )]
    let index = position.floor() as usize;
    let fraction = position - position.floor();
    let next = sorted[(index + 1).min(last)];

    sorted[index] + fraction * (next - sorted[index])
}

/// Mean, standard deviation and size of a sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moments {
    /// How many values.
    pub count: usize,
    /// Their mean; 0 for none.
    pub mean: f64,
    /// The standard deviation with n - 1 in the denominator; 0 for fewer than two values.
    pub standard_deviation: f64,
}

/// Mean and standard deviation by two passes, so that equal values give exactly 0.
pub fn moments(values: &[f64]) -> Moments {
    let count = values.len();
    let Some(&first) = values.first() else {
        return Moments {
            count,
            mean: 0.0,
            standard_deviation: 0.0,
        };
    };

    if values
        .iter()
        .all(|value| value.to_bits() == first.to_bits())
    {
        return Moments {
            count,
            mean: first,
            standard_deviation: 0.0,
        };
    }

    let mean = values.iter().sum::<f64>() / count as f64;
    let squares: f64 = values
        .iter()
        .map(|value| (value - mean) * (value - mean))
        .sum();

    Moments {
        count,
        mean,
        standard_deviation: (squares / (count as f64 - 1.0)).sqrt(),
    }
}

#[cfg(test)]
pub(in crate::stats) mod tests {
    use crate::stats::distributions::{erfc, normal_ppf, quantile, t_ppf, t_sf};

    #[track_caller]
    pub(in crate::stats) fn check_close(got: f64, expected: f64, relative: f64) {
        assert!(
            (got - expected).abs() <= relative * expected.abs(),
            "{got} is not {expected}"
        );
    }

    /// Values of the C library's erfc.
    #[test]
    fn erfc_is_good_to_a_few_parts_in_1e14_on_both_sides_of_its_switch() {
        check_close(erfc(0.1), 0.887_537_083_981_715, 1e-14);
        check_close(erfc(1.9), 0.007_209_570_764_742_53, 2e-13);
        check_close(erfc(2.0), 0.004_677_734_981_047_266, 2e-13);
        check_close(erfc(3.5), 7.430_983_723_414_128e-7, 1e-13);
        check_close(erfc(10.0), 2.088_487_583_762_545e-45, 1e-13);
        check_close(erfc(-1.0), 1.842_700_792_949_715, 1e-14);
    }

    #[test]
    fn quantiles_undo_tails_far_out() {
        for p in [1e-300, 1e-30, 1e-9] {
            check_close(
                crate::stats::distributions::normal_cdf(normal_ppf(p)),
                p,
                1e-10,
            );
        }
        for df in [1.0, 5.0, 2619.0, 3e5] {
            check_close(t_sf(-t_ppf(1e-9, df), df), 1e-9, 1e-9);
        }
    }

    #[test]
    fn the_switch_to_the_normal_approximation_is_seamless() {
        check_close(t_sf(2.0, 100_001.0), t_sf(2.0, 99_999.0), 1e-6);
        check_close(t_sf(4.0, 100_001.0), t_sf(4.0, 99_999.0), 3e-6);
    }

    #[test]
    fn quantiles_interpolate_and_hold_at_the_ends() {
        let sorted = [1.0, 2.0, 4.0];
        check_close(quantile(&sorted, 0.75), 3.0, 1e-15);
        check_close(quantile(&sorted, 1.0), 4.0, 0.0);
        check_close(quantile(&sorted, 0.0), 1.0, 0.0);
        assert!(quantile(&[], 0.5).is_nan());
    }
}
