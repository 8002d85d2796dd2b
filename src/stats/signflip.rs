//! The sign-flip randomization test on whole-number differences, exact by counting subset sums.
//!
//! Under the hypothesis that two systems are exchangeable, every difference could as well have had the other sign. Whole clusters are
//! flipped. Differences are whole numbers, so the distribution of their sum needs no simulation: flipping signs is choosing a subset.

use rayon::prelude::*;

use crate::stats::proportions::clopper_pearson;
use crate::stats::random::Stream;
use crate::stats::{ConfidenceInterval, Flag, SMALLEST_P_VALUE};

/// Above this product of the absolute sum and the number of differences, the test is simulated.
const LARGEST_PRODUCT: u64 = 5_000_000_000;

/// Above this absolute sum, the test is simulated, whatever their number: the table would fill the memory.
const LARGEST_SUM: u64 = 20_000_000;

/// How many sign patterns a simulated test draws.
const SIMULATIONS: u64 = 99_999;

/// Probabilities below this are dropped from the ends of the table; they would only slow it down.
const NEGLIGIBLE: f64 = 1e-300;

/// The outcome of a sign-flip test.
#[derive(Clone, Debug, PartialEq)]
pub struct SignFlip {
    /// The sum of the differences.
    pub statistic: i64,
    /// How many differences are not zero; with fewer than six, the two-sided p-value cannot reach 0.05.
    pub pairs: usize,
    /// P(|T*| >= |T|), ties included; 1 if all differences are zero.
    pub p_two_sided: f64,
    /// P(T* >= T).
    pub p_greater: f64,
    /// P(T* <= T).
    pub p_less: f64,
    /// The 99 % interval of the two-sided p-value, if it was simulated.
    pub simulated: Option<ConfidenceInterval>,
    /// [`Flag::Identical`] or [`Flag::MonteCarlo`].
    pub flags: Vec<Flag>,
}

/// Tests whether `differences`, one per cluster, are symmetric around zero.
///
/// Exact up to an absolute sum of 20 million and a product of that sum and the number of differences of 5 billion; simulated from `seed`
/// above. The order of the differences does not matter.
pub fn sign_flip(differences: &[i64], seed: u64) -> SignFlip {
    let mut weights: Vec<u64> = differences
        .iter()
        .map(|difference| difference.unsigned_abs())
        .filter(|&weight| weight > 0)
        .collect();
    weights.sort_unstable();

    let statistic: i64 = differences.iter().sum();
    let sum: u64 = weights.iter().sum();
    if sum > LARGEST_SUM || sum.saturating_mul(weights.len() as u64) > LARGEST_PRODUCT {
        return simulate(&weights, statistic, seed);
    }

    let table = SubsetSums::new(&weights);
    let distance = statistic.unsigned_abs();

    // A subset of sum s flips to a statistic of 2 s - sum, which has the parity of the statistic itself.
    let far = table.from(u64::midpoint(sum, distance));
    let at = table.at(u64::midpoint(sum, distance));
    let near = 1.0 - far + at;
    let two_sided = if distance == 0 { 1.0 } else { 2.0 * far };
    let p = |value: f64| value.clamp(SMALLEST_P_VALUE, 1.0);

    SignFlip {
        statistic,
        pairs: weights.len(),
        p_two_sided: p(two_sided),
        p_greater: p(if statistic >= 0 { far } else { near }),
        p_less: p(if statistic <= 0 { far } else { near }),
        simulated: None,
        flags: if weights.is_empty() {
            vec![Flag::Identical]
        } else {
            Vec::new()
        },
    }
}

/// The probabilities of the sums of random subsets.
struct SubsetSums {
    /// The sum that the first probability belongs to.
    first: u64,
    probabilities: Vec<f64>,
}

impl SubsetSums {
    /// The distribution of the sum of the weights that fair coins choose. `weights` are positive, smallest first.
    fn new(weights: &[u64]) -> SubsetSums {
        let mut first = 0;
        let mut old = vec![1.0];
        let mut new = Vec::new();
        let mut kept = 0..1;
        for &weight in weights {
            let shift = usize::try_from(weight).expect("weights are limited by LARGEST_SUM");
            let table = &old[kept];
            add_weight(table, shift, &mut new);
            let negligible = new.iter().take_while(|&&p: &&f64| p < NEGLIGIBLE).count();
            // The distribution is symmetric, so both ends lose the same.
            kept = negligible..new.len() - negligible;
            first += negligible as u64;
            std::mem::swap(&mut old, &mut new);
        }

        SubsetSums {
            first,
            probabilities: old[kept].to_vec(),
        }
    }

    /// P(sum = `value`).
    fn at(&self, value: u64) -> f64 {
        let Some(offset) = value.checked_sub(self.first) else {
            return 0.0;
        };
        usize::try_from(offset)
            .ok()
            .and_then(|index| self.probabilities.get(index))
            .copied()
            .unwrap_or(0.0)
    }

    /// P(sum >= `value`), added up from the small end.
    fn from(&self, value: u64) -> f64 {
        let skipped = usize::try_from(value.saturating_sub(self.first)).unwrap_or(usize::MAX);
        self.probabilities.iter().skip(skipped).rev().sum()
    }
}

/// Writes to `new` the distribution in `old` after a fair coin has added `shift` or nothing.
fn add_weight(old: &[f64], shift: usize, new: &mut Vec<f64>) {
    let overlap = old.len().saturating_sub(shift);
    let gap = shift.saturating_sub(old.len());
    new.clear();
    new.extend(
        old[..old.len() - overlap]
            .iter()
            .map(|without| 0.5 * without),
    );
    new.resize(new.len() + gap, 0.0);

    let both = old[old.len() - overlap..].iter().zip(&old[..overlap]);
    new.extend(both.map(|(without, with)| 0.5 * (without + with)));
    new.extend(old[overlap..].iter().map(|with| 0.5 * with));
}

/// The test by random sign patterns.
fn simulate(weights: &[u64], statistic: i64, seed: u64) -> SignFlip {
    let hits = (0..SIMULATIONS)
        .into_par_iter()
        .map(|replicate| Hits::of(flipped(weights, seed, replicate), statistic))
        .reduce(Hits::default, Hits::add);
    let two_sided = monte_carlo_p(hits.two_sided, SIMULATIONS, 0.99);
    let p = |hits: u64| monte_carlo_p(hits, SIMULATIONS, 0.99).p_value;

    SignFlip {
        statistic,
        pairs: weights.len(),
        p_two_sided: two_sided.p_value,
        p_greater: p(hits.greater),
        p_less: p(hits.less),
        simulated: Some(two_sided.interval),
        flags: vec![Flag::MonteCarlo],
    }
}

/// The sum of the weights with the random signs of one replicate.
fn flipped(weights: &[u64], seed: u64, replicate: u64) -> i64 {
    let mut stream = Stream::new(seed, replicate);
    let mut sum = 0;
    for block in weights.chunks(64) {
        let mut signs = stream.next_bits();
        for &weight in block {
            let weight = weight.cast_signed();
            sum += if signs & 1 == 1 { weight } else { -weight };
            signs >>= 1;
        }
    }

    sum
}

/// How many sign patterns were as extreme as the data.
#[derive(Clone, Copy, Default)]
struct Hits {
    two_sided: u64,
    greater: u64,
    less: u64,
}

impl Hits {
    fn of(flipped: i64, statistic: i64) -> Hits {
        Hits {
            two_sided: u64::from(flipped.unsigned_abs() >= statistic.unsigned_abs()),
            greater: u64::from(flipped >= statistic),
            less: u64::from(flipped <= statistic),
        }
    }

    fn add(self, other: Hits) -> Hits {
        Hits {
            two_sided: self.two_sided + other.two_sided,
            greater: self.greater + other.greater,
            less: self.less + other.less,
        }
    }
}

/// A simulated p-value and how well it is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MonteCarloP {
    /// (hits + 1) / (replicates + 1): never zero (Phipson and Smyth 2010).
    pub p_value: f64,
    /// The Clopper-Pearson interval of the share of hits.
    pub interval: ConfidenceInterval,
}

/// The p-value of `hits` replicates at least as extreme as the data, out of `replicates`.
pub fn monte_carlo_p(hits: u64, replicates: u64, confidence: f64) -> MonteCarloP {
    MonteCarloP {
        p_value: (hits as f64 + 1.0) / (replicates as f64 + 1.0),
        interval: clopper_pearson(hits, replicates, confidence),
    }
}

#[cfg(test)]
mod tests {
    use crate::stats::Flag;
    use crate::stats::signflip::{sign_flip, simulate};

    #[test]
    fn five_clusters_can_never_reach_the_usual_level() {
        assert!((sign_flip(&[9, 8, 7, 6, 5], 1).p_two_sided - 0.0625).abs() < 1e-15);
    }

    #[test]
    fn tails_add_up_to_one_and_the_tie() {
        let test = sign_flip(&[3, -1, 2, 2, -5, 4], 1);
        let mirrored = sign_flip(&[-3, 1, -2, -2, 5, -4], 1);
        assert!((test.p_greater - mirrored.p_less).abs() < 1e-15);
        assert!(test.p_greater + test.p_less > 1.0);
    }

    #[test]
    fn simulation_agrees_with_the_exact_test() {
        let exact = sign_flip(&[1, 2, 2, 3, 5, -1, -2, 4, 4, -3], 1);
        let simulated = simulate(&[1, 1, 2, 2, 2, 3, 3, 4, 4, 5], 15, 7);
        assert_eq!(exact.statistic, simulated.statistic);
        assert!(
            simulated
                .simulated
                .expect("simulated")
                .contains(exact.p_two_sided),
            "{exact:?} {simulated:?}"
        );
        assert_eq!(simulated.flags, [Flag::MonteCarlo]);
    }

    #[test]
    fn very_large_differences_are_simulated() {
        assert_eq!(sign_flip(&[30_000_000, 1, 2], 1).flags, [Flag::MonteCarlo]);
    }

    #[test]
    fn overwhelming_evidence_is_not_a_p_value_of_zero() {
        let p = sign_flip(&vec![1; 2_620], 1).p_two_sided;
        assert!(p > 0.0 && p < 1e-300, "{p}");
    }

    #[test]
    fn no_difference_is_identical() {
        let test = sign_flip(&[0, 0], 1);
        assert!(test.p_two_sided >= 1.0 && test.flags == [Flag::Identical]);
    }
}
