//! Training strategies, of which a few seeds were trained, on the same clusters: two sources of
//! chance, crossed.
//!
//! A strategy is judged by checkpoints that differ in their training seed. Other seeds would have
//! given other checkpoints, and other speakers other errors; a statement about strategies has to
//! allow for both. The clusters of all checkpoints are the same, so that the variance of a sum over
//! checkpoints and clusters is taken in parts, each by moments: that of clusters (each summed over
//! all checkpoints), and for each strategy of several seeds that of seeds (each summed over all
//! clusters). The noise of single cells is in both parts, and is left in both: taking one of them
//! off (Cameron, Gelbach and Miller 2011) can make the variance negative, and gains next to nothing
//! where seeds differ. Degrees of freedom are Satterthwaite's: little above the number of seeds
//! where these decide.
//!
//! A contender of one seed adds no part of its own: what is said is said of that checkpoint.
//!
//! How often it is wrong is in the [guide on statistics](mod@crate::guide::statistics), and in a
//! test.

use crate::stats::distributions::{t_ppf, t_two_sided};
use crate::stats::fieller::{FiellerCurve, Ratio};
use crate::stats::signflip::sign_flip;
use crate::stats::{Flag, SMALLEST_P_VALUE};

/// Below this many seeds of a strategy a comparison carries a caution: one odd seed may decide it.
pub(crate) const CAUTION_SEEDS: usize = 5;

/// What one checkpoint adds to the numerator and the denominator of a ratio, by cluster.
pub(crate) type Seed = Vec<[f64; 2]>;

/// The sum of all numerators over the sum of all denominators of `strategies`, each a list of seeds
/// over the same clusters.
///
/// The interval takes clusters as drawn at random, and seeds where a strategy has several.
///
/// # Panics
/// If seeds differ in the number of clusters.
pub(crate) fn crossed_ratio(strategies: &[Vec<Seed>], confidence: f64) -> Ratio {
    let parts = Parts::new(strategies);
    let [y, x] = parts.sum;
    if x == 0.0 {
        return Ratio::unknown(f64::NAN, confidence, Flag::UndefinedRatio);
    }

    let ratio = y / x;
    if parts.clusters < 2 {
        return Ratio::unknown(ratio, confidence, Flag::NoVariance);
    }

    let (variance, df) = parts.spread_of(ratio);
    let quantile = t_ppf(0.5 * (1.0 + confidence), df);
    let scaled = parts
        .total()
        .map(|covariance| quantile * quantile * covariance);
    let curve = FiellerCurve::of(parts.sum, scaled);

    Ratio::estimated(
        ratio,
        variance.sqrt() / x.abs(),
        df,
        quantile,
        &curve,
        confidence,
    )
}

/// How two strategies differ on the same clusters.
#[derive(Clone, Debug, PartialEq)]
pub struct StrategyTest {
    /// The mean over seeds of one minus that of the other, per word.
    pub difference: Ratio,
    /// Clusters in which the first has more errors.
    pub clusters_worse: usize,
    /// Clusters in which it has fewer.
    pub clusters_better: usize,
    /// Two-sided: exact sign flips of whole clusters; where a side has several seeds, the t test
    /// over clusters and seeds if that gives more.
    pub p: f64,
}

/// Compares the errors of `one` with those of the `other`, each a list of seeds with a count for
/// every cluster of `words`.
///
/// Sign flips whose distribution is too large are simulated from `stream`.
///
/// # Panics
/// If a side has no seed, or seeds differ in the number of clusters.
pub fn compare_strategies(
    one: &[Vec<i64>],
    other: &[Vec<i64>],
    words: &[f64],
    confidence: f64,
    stream: u64,
) -> StrategyTest {
    // Means over seeds on a common denominator: sign flips want whole numbers.
    let (ours, theirs) = (one.len() as f64, other.len() as f64);
    let differences: Vec<i64> = (0..words.len())
        .map(|cluster| {
            let sum = |side: &[Vec<i64>]| side.iter().map(|seed| seed[cluster]).sum::<i64>();
            sum(one) * whole(other.len()) - sum(other) * whole(one.len())
        })
        .collect();

    let side = |seeds: &[Vec<i64>], weight: f64, of_words: f64| -> Vec<Seed> {
        let seed = |seed: &Vec<i64>| {
            let cells = seed.iter().zip(words);
            cells
                .map(|(errors, words)| [weight * *errors as f64, of_words * words])
                .collect()
        };
        seeds.iter().map(seed).collect()
    };
    let strategies = [side(one, theirs, theirs), side(other, -ours, 0.0)];

    let count = |sign: i64| {
        let signs = differences.iter().map(|difference| difference.signum());
        signs.filter(|found| *found == sign).count()
    };
    let flips = sign_flip(&differences, stream).p_two_sided;

    StrategyTest {
        difference: crossed_ratio(&strategies, confidence),
        clusters_worse: count(1),
        clusters_better: count(-1),
        p: if one.len().max(other.len()) > 1 {
            flips.max(Parts::new(&strategies).p())
        } else {
            flips
        },
    }
}

/// A sum of pairs, and the covariance of its two sides by source.
struct Parts {
    clusters: usize,
    sum: [f64; 2],
    sources: Vec<Part>,
}

/// What one source adds to `[yy, xy, xx]`, the covariance of a sum.
struct Part {
    covariance: [f64; 3],
    df: f64,
}

impl Parts {
    fn new(strategies: &[Vec<Seed>]) -> Parts {
        let mut clusters: Vec<[f64; 2]> = Vec::new();
        let mut by_seed = Vec::new();
        for seeds in strategies {
            let mut totals = Vec::new();
            for seed in seeds {
                clusters.resize(seed.len(), [0.0; 2]);
                for (cluster, cell) in clusters.iter_mut().zip(seed) {
                    *cluster = add(*cluster, *cell);
                }
                totals.push(sum(seed));
            }
            if totals.len() > 1 {
                by_seed.push(Part::new(&totals));
            }
        }

        let mut sources = vec![Part::new(&clusters)];
        sources.append(&mut by_seed);

        Parts {
            clusters: clusters.len(),
            sum: sum(&clusters),
            sources,
        }
    }

    fn total(&self) -> [f64; 3] {
        let mut total = [0.0; 3];
        for part in &self.sources {
            for (total, covariance) in total.iter_mut().zip(part.covariance) {
                *total += covariance;
            }
        }
        total
    }

    /// The variance of y - `ratio` x, and its degrees of freedom.
    fn spread_of(&self, ratio: f64) -> (f64, f64) {
        let variances = self.sources.iter().map(|part| {
            let [yy, xy, xx] = part.covariance;
            // Of a difference of squares, rounding can leave less than nothing.
            (
                (yy - 2.0 * ratio * xy + ratio * ratio * xx).max(0.0),
                part.df,
            )
        });

        let (mut variance, mut weighted) = (0.0, 0.0);
        for (part, df) in variances {
            variance += part;
            weighted += part * part / df;
        }

        if weighted > 0.0 {
            (variance, variance * variance / weighted)
        } else {
            (variance, self.sources[0].df)
        }
    }

    /// The two-sided probability of a numerator as far from 0.
    fn p(&self) -> f64 {
        let [y, _] = self.sum;
        let (variance, df) = self.spread_of(0.0);
        if y == 0.0 || self.clusters < 2 {
            return 1.0;
        }

        t_two_sided(y / variance.sqrt(), df).max(SMALLEST_P_VALUE)
    }
}

impl Part {
    /// The covariance of the sum of `values`, which are drawn independently of each other.
    fn new(values: &[[f64; 2]]) -> Part {
        let count = values.len() as f64;
        let df = count - 1.0;
        let [mean_y, mean_x] = sum(values).map(|sum| sum / count);
        let mut covariance = [0.0; 3];
        for [y, x] in values {
            let (y, x) = (y - mean_y, x - mean_x);
            for (sum, product) in covariance.iter_mut().zip([y * y, x * y, x * x]) {
                *sum += product * count / df;
            }
        }

        Part { covariance, df }
    }
}

fn add(a: [f64; 2], b: [f64; 2]) -> [f64; 2] {
    [a[0] + b[0], a[1] + b[1]]
}

fn sum(pairs: &[[f64; 2]]) -> [f64; 2] {
    pairs.iter().copied().fold([0.0; 2], add)
}

fn whole(count: usize) -> i64 {
    i64::try_from(count).expect("seeds fit into memory")
}

#[cfg(test)]
mod tests {
    use crate::stats::crossed::{compare_strategies, crossed_ratio};
    use crate::stats::distributions::t_two_sided;
    use crate::stats::fieller::ratio_of_sums;

    const Y: [f64; 5] = [3.0, 5.0, 2.0, 7.0, 4.0];
    const X: [f64; 5] = [10.0, 11.0, 9.0, 20.0, 8.0];

    fn seed(shift: f64) -> Vec<[f64; 2]> {
        Y.iter().zip(X).map(|(y, x)| [y + shift, x]).collect()
    }

    #[test]
    fn one_seed_is_a_ratio_over_clusters() {
        let expected = ratio_of_sums(&Y, &X, 0.9);
        let crossed = crossed_ratio(&[vec![seed(0.0)]], 0.9);
        assert!((crossed.ratio - expected.ratio).abs() < 1e-12);
        assert!((crossed.standard_error - expected.standard_error).abs() < 1e-12);
        let ends = |ratio: &crate::stats::fieller::Ratio| ratio.fieller.bounded().unwrap();
        assert!((ends(&crossed).low - ends(&expected).low).abs() < 1e-12);
        assert!((ends(&crossed).high - ends(&expected).high).abs() < 1e-12);
    }

    #[test]
    fn seeds_that_differ_widen_the_interval_and_equal_ones_do_not() {
        let equal = crossed_ratio(&[vec![seed(0.0), seed(0.0)]], 0.9);
        assert!((equal.standard_error - ratio_of_sums(&Y, &X, 0.9).standard_error).abs() < 1e-12);

        // Three seeds whose sums are 5 apart: the variance of the sum over seeds is 3 * 25, over
        // words 3 * 58.
        let apart = crossed_ratio(&[vec![seed(-1.0), seed(0.0), seed(1.0)]], 0.9);
        let by_seed = (3.0_f64 * 25.0).sqrt() / (3.0 * 58.0);
        let expected = (equal.standard_error.powi(2) + by_seed.powi(2)).sqrt();
        assert!((apart.standard_error - expected).abs() < 1e-12, "{apart:?}");
        assert!(apart.df > 2.0 && apart.df < 6.0, "{}", apart.df);
    }

    #[test]
    fn a_strategy_differs_by_more_than_its_seeds_do() {
        // Two seeds each, six clusters: means 1 and 4 per cluster, seeds half an error from them.
        let side = |sums: [i64; 2]| sums.map(|errors| vec![errors; 6]).to_vec();
        let test = compare_strategies(&side([1, 3]), &side([7, 9]), &[10.0; 6], 0.95, 1);
        assert!((test.difference.ratio + 0.6).abs() < 1e-12);
        assert_eq!((test.clusters_worse, test.clusters_better), (0, 6));

        // Welch: the difference of 6 over sqrt(2/2 + 2/2), two degrees of freedom; sign flips give
        // 2/64.
        let welch = t_two_sided(6.0 / 2.0_f64.sqrt(), 2.0);
        assert!((test.p - welch).abs() < 1e-9, "{} {welch}", test.p);

        // One checkpoint each: sign flips alone.
        let single = compare_strategies(&[vec![1; 6]], &[vec![7; 6]], &[10.0; 6], 0.95, 1);
        assert!((single.p - 2.0 / 64.0).abs() < 1e-12);
    }
}
