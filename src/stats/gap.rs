//! Does a part of the data degrade more than the rest? A difference of two ratios over shared
//! clusters.
//!
//! Utterances of one cluster fall into both parts, so the parts are not independent: the variance
//! of the difference is linearized cluster by cluster. Not here: how the data are cut into parts,
//! and corrections for many (`multiplicity`).

use crate::stats::FEWEST_CLUSTERS;
use crate::stats::clusters::Cluster;
use crate::stats::distributions::t_two_sided;

/// In word error rate, a spread or a gap below this is rounding.
const ROUNDING: f64 = 1e-12;

/// What one cluster contributes to the part and to the rest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Parted {
    /// Utterances inside the part.
    pub(crate) inside: Cluster,
    /// All others.
    pub(crate) outside: Cluster,
}

/// The degradation of a part beside that of the rest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gap {
    /// The part's difference of word error rates minus that of the rest.
    pub value: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// Degrees of freedom: the fewer clusters of both sides, minus 1.
    pub df: usize,
    /// Two-sided t p-value that part and rest degrade alike; without variance the exact sign-flip
    /// one. Where few changed on one side it is too small: see `chance_share`.
    pub p_value: f64,
}

/// The gap, or `None` where one side has fewer than six clusters with words: a test would rest on
/// too little. `clusters` gives the same ones each time.
pub(crate) fn gap<I: Iterator<Item = Parted>>(clusters: impl Fn() -> I) -> Option<Gap> {
    let mut with_words = [0, 0];
    let (mut inside, mut outside) = (Cluster::default(), Cluster::default());
    let mut count = 0_u32;
    for parted in clusters() {
        count += 1;
        inside += parted.inside;
        outside += parted.outside;
        with_words[0] += usize::from(parted.inside.reference_words > 0);
        with_words[1] += usize::from(parted.outside.reference_words > 0);
    }

    let fewer = with_words[0].min(with_words[1]);
    if fewer < FEWEST_CLUSTERS {
        return None;
    }

    let residual = |cluster: &Cluster, all: &Cluster| {
        let expected = all.wer_difference() * cluster.reference_words as f64;
        (cluster.extra_errors() as f64 - expected) / all.reference_words as f64
    };
    let squares: f64 = clusters()
        .map(|parted| residual(&parted.inside, &inside) - residual(&parted.outside, &outside))
        .map(|residual| residual * residual)
        .sum();
    let count = f64::from(count);
    let value = inside.wer_difference() - outside.wer_difference();
    let standard_error = (count / (count - 1.0) * squares).sqrt();
    let df = fewer - 1;

    Some(Gap {
        value,
        standard_error,
        df,
        p_value: if standard_error > ROUNDING {
            t_two_sided(value / standard_error, df as f64)
        } else if value.abs() > ROUNDING {
            // Every cluster says the same: the exact two-sided sign-flip probability.
            2.0 * 0.5_f64.powf(fewer as f64)
        } else {
            1.0
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parted(inside: u64, outside: u64) -> Parted {
        let cluster = |errors_b| Cluster {
            reference_words: 100,
            errors_a: 10,
            errors_b,
        };
        Parted {
            inside: cluster(inside),
            outside: cluster(outside),
        }
    }

    /// With equally many words everywhere the test is the paired t test of the differences 3, 5, 4,
    /// 6, 2, 4, 5, 3: scipy.stats.ttest_1samp of scipy 1.17.1 gives t = 8.640988, p = 5.5545e-05.
    #[test]
    fn clusters_of_equal_size_give_the_paired_t_test() {
        let clusters: Vec<Parted> = [3, 5, 4, 6, 2, 4, 5, 3]
            .map(|difference| parted(12 + difference, 12))
            .to_vec();
        let gap = gap(|| clusters.iter().copied()).unwrap();
        assert!((gap.value - 0.04).abs() < 1e-12);
        let t = gap.value / gap.standard_error;
        assert!((t - 8.640_988).abs() < 1e-5, "{t}");
        assert!((gap.p_value - 5.554_47e-5).abs() < 1e-9, "{}", gap.p_value);
    }

    #[test]
    fn a_part_of_few_clusters_is_not_tested() {
        let mut clusters = vec![parted(14, 12); 8];
        for parted in &mut clusters[..3] {
            parted.inside = Cluster::default();
        }
        assert!(gap(|| clusters.iter().copied()).is_none());
    }

    #[test]
    fn without_variance_clusters_are_tested_by_sign_flips() {
        let p = |inside| {
            let clusters = [parted(inside, 12); 8];
            gap(|| clusters.iter().copied()).unwrap().p_value
        };
        assert!((p(14) - 1.0 / 128.0).abs() < 1e-15 && p(12) >= 1.0);
    }
}
