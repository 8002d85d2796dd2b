//! McNemar's test on pairs that exactly one of two systems got right.
//!
//! Exact and mid-p tails come from the binomial, without the shortcut that makes `sc_stats` of SCTK
//! wrong above 20 discordant pairs.

use crate::stats::distributions::normal_two_sided;
use crate::stats::sign::sign_test;
use crate::stats::{SMALLEST_P_VALUE, Significance};

/// The outcome of McNemar's test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct McNemar {
    /// Pairs only the first system got right.
    pub only_first: u64,
    /// Pairs only the second system got right.
    pub only_second: u64,
    /// Exact two-sided p-value; the one for gates. 1 without discordant pairs.
    pub p_exact: f64,
    /// Mid-p two-sided p-value; the one for comparisons, less conservative.
    pub p_mid: f64,
    /// b / c; infinite if only c is 0, `None` without discordant pairs.
    pub odds_ratio: Option<f64>,
}

/// McNemar's test of `only_first` against `only_second` discordant pairs.
///
/// Pairs must be independent: with several draws or utterances per speaker use
/// [`mcnemar_clustered`], or the sign-flip test on the differences by cluster.
pub fn mcnemar(only_first: u64, only_second: u64) -> McNemar {
    let pairs = only_first + only_second;
    let tails = sign_test(only_first, only_second);

    McNemar {
        only_first,
        only_second,
        p_exact: tails.p_two_sided,
        p_mid: tails.p_mid,
        odds_ratio: (pairs > 0).then(|| only_first as f64 / only_second as f64),
    }
}

/// McNemar's test on discordant pairs counted by cluster: `pairs[g]` = only the first right, only
/// the second right, in cluster g.
///
/// The statistic is z = sum(b - c) / sqrt(sum((b - c)^2)) (Durkalski et al. 2003), the p-value
/// two-sided normal. `None` if b = c in every cluster. The number of pairs is the number of
/// clusters.
pub fn mcnemar_clustered(pairs: &[[u64; 2]]) -> Option<Significance> {
    let differences: Vec<f64> = pairs.iter().map(|&[b, c]| b as f64 - c as f64).collect();
    let squares: f64 = differences
        .iter()
        .map(|difference| difference * difference)
        .sum();

    if squares == 0.0 {
        return None;
    }

    let statistic = differences.iter().sum::<f64>() / squares.sqrt();
    Some(Significance {
        statistic,
        p_value: normal_two_sided(statistic).max(SMALLEST_P_VALUE),
        pairs: pairs.len(),
    })
}

#[cfg(test)]
mod tests {
    use crate::stats::mcnemar::{mcnemar, mcnemar_clustered};

    #[test]
    fn equal_counts_are_no_evidence_at_all() {
        let test = mcnemar(7, 7);
        assert!(test.p_exact >= 1.0);
        assert!((test.p_mid - (1.0 - 0.5 * 3432.0 / 16384.0)).abs() < 1e-13); // C(14, 7) / 2^14
        assert!(mcnemar_clustered(&[[1, 1], [0, 0]]).is_none());
    }
}
