//! Wilcoxon's signed-rank test, exact with ties and zeros.
//!
//! A secondary check on cluster error rates: it weighs clusters equally and asks about symmetry, not about the total of errors. Ranks
//! are doubled to whole numbers, so that the exact distribution is the one of `signflip`.

use crate::stats::Flag;
use crate::stats::distributions::normal_two_sided;
use crate::stats::effect::rank_biserial;
use crate::stats::signflip::sign_flip;

/// Up to this many differences the exact distribution is computed.
const LARGEST_EXACT: usize = 500;

/// Up to this many differences the Hodges-Lehmann estimate is computed: it looks at all pairs.
const LARGEST_WALSH: usize = 5_000;

/// What happens to differences of zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zeros {
    /// Left out before ranking; the default of the literature.
    Drop,
    /// Ranked, then left out (Pratt 1959).
    Pratt,
    /// Ranked, and their ranks split evenly between both sides; there is no exact p-value.
    Split,
}

/// One- and two-sided exact p-values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ExactTails {
    /// P(as far from the middle, either way).
    pub two_sided: f64,
    /// Small if the differences are mostly positive.
    pub greater: f64,
    /// Small if the differences are mostly negative.
    pub less: f64,
}

/// A normal approximation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NormalTail {
    /// The standardized statistic, never positive (scipy's convention).
    pub z: f64,
    /// The two-sided p-value.
    pub p_two_sided: f64,
}

/// The outcome of a signed-rank test.
#[derive(Clone, Debug, PartialEq)]
pub struct Wilcoxon {
    /// The sum of the ranks of positive differences.
    pub w_plus: f64,
    /// The sum of the ranks of negative differences.
    pub w_minus: f64,
    /// How many differences are not zero.
    pub nonzero: usize,
    /// How many are.
    pub zeros: usize,
    /// Exact p-values, ties and all; `None` above 500 differences and for [`Zeros::Split`].
    pub exact: Option<ExactTails>,
    /// Normal approximation with the correction for ties.
    pub normal: NormalTail,
    /// The same with a continuity correction of one half.
    pub corrected: NormalTail,
    /// (W+ - W-) / (W+ + W-), between -1 and 1; 0 if all differences are zero.
    pub rank_biserial: f64,
    /// The median of all pairwise means, zeros included; `None` without differences and above 5,000.
    pub hodges_lehmann: Option<f64>,
    /// [`Flag::Identical`] or [`Flag::NormalApproximation`].
    pub flags: Vec<Flag>,
}

impl Wilcoxon {
    /// The two-sided p-value to report: the exact one, else the corrected normal one.
    pub fn p_value(&self) -> f64 {
        self.exact
            .map_or(self.corrected.p_two_sided, |exact| exact.two_sided)
    }
}

/// Tests whether `differences` are symmetric around zero.
///
/// Differences must be finite; two are tied if they are equal to the last bit.
pub fn wilcoxon(differences: &[f64], zeros: Zeros) -> Wilcoxon {
    let nonzero: Vec<f64> = differences
        .iter()
        .copied()
        .filter(|&difference| difference != 0.0)
        .collect();
    let zero_count = differences.len() - nonzero.len();
    let (ranked, offset) = match zeros {
        Zeros::Drop => (nonzero.len(), 0),
        Zeros::Pratt | Zeros::Split => (differences.len(), zero_count),
    };
    let signed_ranks = doubled_signed_ranks(&nonzero, offset);
    let doubled: i64 = signed_ranks.iter().filter(|&&rank| rank > 0).sum();
    let doubled_minus: i64 = -signed_ranks.iter().filter(|&&rank| rank < 0).sum::<i64>();
    let mut w_plus = 0.5 * doubled as f64;
    let mut w_minus = 0.5 * doubled_minus as f64;
    let skipped = if zeros == Zeros::Pratt { zero_count } else { 0 };

    let mut ties = tie_term(&signed_ranks);
    if zeros == Zeros::Split {
        let share = 0.25 * (zero_count * (zero_count + 1)) as f64;
        w_plus += share;
        w_minus += share;
        ties += cubed_excess(zero_count);
    }

    let mean = 0.25 * (triangle(ranked) - triangle(skipped));
    let deviation = ((pyramid(ranked) - pyramid(skipped) - 0.5 * ties) / 24.0).sqrt();
    let distance = (w_plus - mean).abs();

    let mut flags = Vec::new();
    if nonzero.is_empty() {
        flags.push(Flag::Identical);
    }

    let exact = (zeros != Zeros::Split && nonzero.len() <= LARGEST_EXACT).then(|| {
        let flip = sign_flip(&signed_ranks, 0);
        ExactTails {
            two_sided: flip.p_two_sided,
            greater: flip.p_greater,
            less: flip.p_less,
        }
    });

    if exact.is_none() {
        flags.push(Flag::NormalApproximation);
    }

    Wilcoxon {
        w_plus,
        w_minus,
        nonzero: nonzero.len(),
        zeros: zero_count,
        exact,
        normal: normal_tail(distance, deviation),
        corrected: normal_tail((distance - 0.5).max(0.0), deviation),
        rank_biserial: rank_biserial(w_plus, w_minus),
        hodges_lehmann: hodges_lehmann(differences),
        flags,
    }
}

/// The mid-ranks of the absolute values, doubled, with the signs of the values; ranks start above `offset`.
fn doubled_signed_ranks(nonzero: &[f64], offset: usize) -> Vec<i64> {
    let mut sorted: Vec<f64> = nonzero.to_vec();
    sorted.sort_by(|a, b| a.abs().total_cmp(&b.abs()));
    let mut ranks = Vec::with_capacity(sorted.len());
    for group in sorted.chunk_by(|a, b| a.abs().total_cmp(&b.abs()).is_eq()) {
        let first = offset + ranks.len() + 1;
        let last = first + group.len() - 1;
        let doubled = i64::try_from(first + last).expect("ranks are far below 2^63");
        ranks.extend(
            group
                .iter()
                .map(|value| if *value > 0.0 { doubled } else { -doubled }),
        );
    }

    ranks
}

/// The sum of t^3 - t over the groups of t equal ranks (ranks come sorted by size).
fn tie_term(signed_ranks: &[i64]) -> f64 {
    signed_ranks
        .chunk_by(|a, b| a.abs() == b.abs())
        .map(|group| cubed_excess(group.len()))
        .sum()
}

fn cubed_excess(ties: usize) -> f64 {
    let ties = ties as f64;
    ties * ties * ties - ties
}

/// n (n + 1).
fn triangle(n: usize) -> f64 {
    n as f64 * (n as f64 + 1.0)
}

/// n (n + 1) (2 n + 1).
fn pyramid(n: usize) -> f64 {
    triangle(n) * (2.0 * n as f64 + 1.0)
}

fn normal_tail(distance: f64, deviation: f64) -> NormalTail {
    if deviation <= 0.0 {
        return NormalTail {
            z: 0.0,
            p_two_sided: 1.0,
        };
    }

    let z = -distance / deviation;
    NormalTail {
        z,
        p_two_sided: normal_two_sided(z),
    }
}

/// The median of the means of all pairs of values, each value paired with itself too.
fn hodges_lehmann(values: &[f64]) -> Option<f64> {
    if values.is_empty() || values.len() > LARGEST_WALSH {
        return None;
    }

    let mut means = Vec::with_capacity(values.len() * (values.len() + 1) / 2);
    for (index, first) in values.iter().enumerate() {
        means.extend(values[index..].iter().map(|second| 0.5 * (first + second)));
    }

    let middle = means.len() / 2;
    let odd = means.len() % 2 == 1;
    let (below, &mut upper, _) = means.select_nth_unstable_by(middle, f64::total_cmp);
    if odd {
        return Some(upper);
    }

    let lower = below.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    Some(0.5 * (lower + upper))
}

#[cfg(test)]
mod tests {
    use crate::stats::Flag;
    use crate::stats::wilcoxon::{Zeros, wilcoxon};

    #[test]
    fn exact_and_normal_agree_on_many_differences() {
        let differences: Vec<f64> = (0..300).map(|i| f64::from((i * 37) % 101) - 45.0).collect();
        let test = wilcoxon(&differences, Zeros::Drop);
        let exact = test.exact.expect("few enough").two_sided;
        assert!(
            (exact - test.corrected.p_two_sided).abs() < 1e-3,
            "{test:?}"
        );
    }

    #[test]
    fn above_five_hundred_the_normal_approximation_is_flagged() {
        let differences: Vec<f64> = (1..=501).map(f64::from).collect();
        let test = wilcoxon(&differences, Zeros::Drop);
        assert_eq!(test.flags, [Flag::NormalApproximation]);
        assert!(test.p_value() < 1e-50);
    }

    #[test]
    fn no_differences_at_all_are_no_evidence() {
        let test = wilcoxon(&[], Zeros::Drop);
        assert!(test.p_value() >= 1.0 && test.hodges_lehmann.is_none());
    }
}
