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

/// The outcome of a signed-rank test.
#[derive(Clone, Debug, PartialEq)]
pub struct Wilcoxon {
    /// The sum of the ranks of positive differences.
    pub w_plus: f64,
    /// The sum of the ranks of negative differences.
    pub w_minus: f64,
    /// How many differences are not zero.
    pub nonzero: usize,
    /// The exact two-sided p-value, ties and all; `None` above 500 differences.
    pub exact: Option<f64>,
    /// That of the normal approximation, with the corrections for ties and for continuity.
    pub normal: f64,
    /// (W+ - W-) / (W+ + W-), between -1 and 1; 0 if all differences are zero.
    pub rank_biserial: f64,
    /// [`Flag::Identical`] or [`Flag::NormalApproximation`].
    pub flags: Vec<Flag>,
}

impl Wilcoxon {
    /// The two-sided p-value to report: the exact one, else the corrected normal one.
    pub fn p_value(&self) -> f64 {
        self.exact.unwrap_or(self.normal)
    }
}

/// Tests whether `differences` are symmetric around zero; those of zero are left out before ranking.
///
/// Differences must be finite; two are tied if they are equal to the last bit.
pub fn wilcoxon(differences: &[f64]) -> Wilcoxon {
    let nonzero: Vec<f64> = differences
        .iter()
        .copied()
        .filter(|&difference| difference != 0.0)
        .collect();
    let signed_ranks = doubled_signed_ranks(&nonzero);
    let doubled: i64 = signed_ranks.iter().filter(|&&rank| rank > 0).sum();
    let doubled_minus: i64 = -signed_ranks.iter().filter(|&&rank| rank < 0).sum::<i64>();
    let w_plus = 0.5 * doubled as f64;
    let w_minus = 0.5 * doubled_minus as f64;

    let count = nonzero.len() as f64;
    let pairs = count * (count + 1.0);
    let variance = pairs * (2.0 * count + 1.0) - 0.5 * tie_term(&signed_ranks);
    let deviation = (variance / 24.0).sqrt();
    let distance = ((w_plus - 0.25 * pairs).abs() - 0.5).max(0.0);

    let exact = (nonzero.len() <= LARGEST_EXACT).then(|| sign_flip(&signed_ranks, 0).p_two_sided);
    let mut flags = Vec::new();
    if nonzero.is_empty() {
        flags.push(Flag::Identical);
    }
    if exact.is_none() {
        flags.push(Flag::NormalApproximation);
    }

    Wilcoxon {
        w_plus,
        w_minus,
        nonzero: nonzero.len(),
        exact,
        normal: if deviation > 0.0 {
            normal_two_sided(-distance / deviation)
        } else {
            1.0
        },
        rank_biserial: rank_biserial(w_plus, w_minus),
        flags,
    }
}

/// The mid-ranks of the absolute values, doubled, with the signs of the values.
fn doubled_signed_ranks(nonzero: &[f64]) -> Vec<i64> {
    let mut sorted: Vec<f64> = nonzero.to_vec();
    sorted.sort_by(|a, b| a.abs().total_cmp(&b.abs()));
    let mut ranks = Vec::with_capacity(sorted.len());
    for group in sorted.chunk_by(|a, b| a.abs().total_cmp(&b.abs()).is_eq()) {
        let first = ranks.len() + 1;
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
        .map(|group| {
            let ties = group.len() as f64;
            ties * ties * ties - ties
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use crate::stats::Flag;
    use crate::stats::wilcoxon::wilcoxon;

    #[test]
    fn exact_and_normal_agree_on_many_differences() {
        let differences: Vec<f64> = (0..300).map(|i| f64::from((i * 37) % 101) - 45.0).collect();
        let test = wilcoxon(&differences);
        let exact = test.exact.expect("few enough");
        assert!((exact - test.normal).abs() < 1e-3, "{test:?}");
    }

    #[test]
    fn above_five_hundred_the_normal_approximation_is_flagged() {
        let differences: Vec<f64> = (1..=501).map(f64::from).collect();
        let test = wilcoxon(&differences);
        assert_eq!(test.flags, [Flag::NormalApproximation]);
        assert!(test.p_value() < 1e-50);
    }

    #[test]
    fn no_differences_at_all_are_no_evidence() {
        let test = wilcoxon(&[]);
        assert!(test.p_value() >= 1.0);
    }
}
