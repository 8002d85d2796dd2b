//! The sign test: are positive differences as frequent as negative ones?
//!
//! Zeros are removed by the caller. McNemar's test (`mcnemar`) is the same computation on
//! discordant pairs.

use crate::stats::SMALLEST_P_VALUE;
use crate::stats::proportions::{binomial_cdf, binomial_pmf, binomial_sf};

/// The outcome of a sign test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SignTest {
    /// How many differences are positive.
    pub positive: u64,
    /// How many are negative.
    pub negative: u64,
    /// Exact two-sided p-value; 1 if both counts are equal, or zero.
    pub p_two_sided: f64,
    /// P(at most as many positive).
    pub p_less: f64,
    /// P(at least as many positive).
    pub p_greater: f64,
    /// The two-sided p-value without half the probability of the data and of its mirror image.
    ///
    /// Where both counts are equal the data are their own mirror image: half of one probability
    /// is left out, not of two (Fagerland, Lydersen and Laake, "The McNemar test for binary
    /// matched-pairs data", 2013).
    pub p_mid: f64,
}

/// The exact sign test.
pub fn sign_test(positive: u64, negative: u64) -> SignTest {
    let count = positive + negative;
    let fewer = positive.min(negative);
    let at = binomial_pmf(fewer, count, 0.5);
    let p = |value: f64| value.clamp(SMALLEST_P_VALUE, 1.0);
    let (two_sided, left_out) = if positive == negative {
        (1.0, 0.5 * at)
    } else {
        (2.0 * binomial_cdf(fewer, count, 0.5), at)
    };

    SignTest {
        positive,
        negative,
        p_two_sided: p(two_sided),
        p_less: p(binomial_cdf(positive, count, 0.5)),
        p_greater: p(binomial_sf(positive, count, 0.5)),
        p_mid: if count == 0 {
            1.0
        } else {
            p(two_sided - left_out)
        },
    }
}

#[cfg(test)]
mod tests {
    use crate::stats::sign::sign_test;

    #[test]
    fn nothing_to_compare_gives_p_values_of_one() {
        let test = sign_test(0, 0);
        assert!(
            [test.p_two_sided, test.p_less, test.p_greater, test.p_mid]
                .iter()
                .all(|&p| p >= 1.0),
            "{test:?}"
        );
    }

    /// 1 - 0.5 * scipy.stats.binom.pmf(n, 2 * n, 0.5) of scipy, for n = 1, 3 and 7; and
    /// 2 * binom.cdf(3, 10, 0.5) - binom.pmf(3, 10, 0.5).
    #[test]
    fn the_mid_p_of_equal_counts_leaves_half_of_one_probability_out() {
        for (positive, negative, expected) in [
            (1, 1, 0.75),
            (3, 3, 0.843_75),
            (7, 7, 0.895_263_671_875),
            (3, 7, 0.226_562_5),
            (7, 3, 0.226_562_5),
        ] {
            let p = sign_test(positive, negative).p_mid;
            assert!(
                (p - expected).abs() < 1e-12,
                "{positive}, {negative}: {p}, expected {expected}"
            );
        }
    }

    #[test]
    fn certainty_does_not_exist() {
        assert!(sign_test(0, 5_000).p_two_sided > 0.0);
    }
}
