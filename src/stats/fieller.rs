//! A ratio of sums over clusters, with three intervals: NPRR, word error rates, and every other "so
//! much per so much".
//!
//! It is always the ratio of sums, never a mean of ratios: utterances without clean errors would
//! otherwise decide. Not here: the test of a ratio against a margin (`gate`), which is dual to
//! Fieller's interval and needs no division.

use crate::stats::clusters::Cluster;
use crate::stats::distributions::t_ppf;
use crate::stats::{ConfidenceInterval, Flag};

/// From this value of g on, the delta interval is flagged.
const UNSTABLE_G: f64 = 0.2;

/// The set of ratios that Fieller's theorem cannot reject; not always an interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fieller {
    /// All between the two ends.
    Bounded(ConfidenceInterval),
    /// All up to `below` and all from `above` on: the denominator may be of either sign.
    Complement {
        /// Everything up to here is possible.
        below: f64,
        /// Everything from here on is possible.
        above: f64,
    },
    /// Every ratio is possible: the data say nothing about it.
    WholeLine,
}

impl Fieller {
    /// The ends, where there are two; else `None`.
    pub fn bounded(&self) -> Option<ConfidenceInterval> {
        match self {
            Fieller::Bounded(interval) => Some(*interval),
            Fieller::Complement { .. } | Fieller::WholeLine => None,
        }
    }

    /// The set moved by `offset`.
    #[must_use]
    fn shifted(&self, offset: f64) -> Fieller {
        match self {
            Fieller::Bounded(interval) => Fieller::Bounded(interval.shifted(offset)),
            Fieller::Complement { below, above } => Fieller::Complement {
                below: below + offset,
                above: above + offset,
            },
            Fieller::WholeLine => Fieller::WholeLine,
        }
    }
}

/// A ratio of sums over clusters and how well it is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Ratio {
    /// The estimate; NaN if the denominators sum to zero (then flagged [`Flag::UndefinedRatio`]).
    pub ratio: f64,
    /// Linearized standard error; infinite with fewer than two clusters.
    pub standard_error: f64,
    /// Degrees of freedom: clusters - 1, or Satterthwaite's where there are several sources of
    /// variance.
    pub df: f64,
    /// Estimate plus and minus t standard errors.
    pub delta: ConfidenceInterval,
    /// The same on the logarithmic scale; `None` if the raw ratio is not positive.
    pub log_delta: Option<ConfidenceInterval>,
    /// Fieller's set: the one to show, right with few clusters too.
    pub fieller: Fieller,
    /// Fieller's g: the squared relative uncertainty of the denominator. From 1 on, there is no
    /// bounded interval.
    pub g: f64,
    /// What to know before trusting the intervals.
    pub flags: Vec<Flag>,
}

impl Ratio {
    /// Whether the ratio is shown to be above 0: the lower end of its interval is.
    pub fn is_above_zero(&self) -> bool {
        let bounded = self.fieller.bounded();
        bounded.is_some_and(|interval| interval.low > 0.0)
    }

    /// A ratio of which nothing is known besides its estimate, for the reason that `flag` names.
    pub(crate) fn unknown(ratio: f64, confidence: f64, flag: Flag) -> Ratio {
        Ratio {
            ratio,
            standard_error: f64::INFINITY,
            df: 0.0,
            delta: ConfidenceInterval::unbounded(confidence),
            log_delta: None,
            fieller: Fieller::WholeLine,
            g: f64::INFINITY,
            flags: vec![flag],
        }
    }

    /// A ratio with its intervals; `quantile` is that of `df` degrees of freedom at `confidence`.
    pub(crate) fn estimated(
        ratio: f64,
        standard_error: f64,
        df: f64,
        quantile: f64,
        curve: &FiellerCurve,
        confidence: f64,
    ) -> Ratio {
        let log_delta = (ratio > 0.0).then(|| {
            let spread = (quantile * standard_error / ratio).exp();
            ConfidenceInterval {
                low: ratio / spread,
                high: ratio * spread,
                confidence,
            }
        });

        let flags = if curve.g >= 1.0 {
            vec![Flag::DenominatorNearZero]
        } else if curve.g > UNSTABLE_G {
            vec![Flag::UnstableDenominator]
        } else {
            Vec::new()
        };

        Ratio {
            ratio,
            standard_error,
            df,
            delta: ConfidenceInterval::around(ratio, quantile * standard_error, confidence),
            log_delta,
            fieller: curve.set(confidence),
            g: curve.g,
            flags,
        }
    }

    /// The ratio and all its intervals moved by `offset`.
    #[must_use]
    pub fn shifted(mut self, offset: f64) -> Ratio {
        self.ratio += offset;
        self.delta = self.delta.shifted(offset);
        self.log_delta = self.log_delta.map(|interval| interval.shifted(offset));
        self.fieller = self.fieller.shifted(offset);
        self
    }

    /// The ratio with what is `possible` of its intervals, from the first to the second number. The
    /// set of a ratio of which nothing bounds it stays as it is.
    #[must_use]
    pub(crate) fn cut(mut self, possible: [f64; 2]) -> Ratio {
        self.delta = self.delta.cut(possible);
        self.log_delta = self.log_delta.map(|interval| interval.cut(possible));
        if let Fieller::Bounded(interval) = &mut self.fieller {
            *interval = interval.cut(possible);
        }
        self
    }
}

/// Sum of `numerators` over sum of `denominators`, one pair per cluster, with two-sided intervals.
///
/// # Panics
/// If the slices differ in length.
pub fn ratio_of_sums(numerators: &[f64], denominators: &[f64], confidence: f64) -> Ratio {
    assert_eq!(
        numerators.len(),
        denominators.len(),
        "one denominator per numerator"
    );
    let clusters = numerators.len();
    let count = clusters as f64;
    let numerator: f64 = numerators.iter().sum();
    let denominator: f64 = denominators.iter().sum();
    if denominator == 0.0 {
        return Ratio::unknown(f64::NAN, confidence, Flag::UndefinedRatio);
    }

    let ratio = numerator / denominator;
    if clusters < 2 {
        return Ratio::unknown(ratio, confidence, Flag::NoVariance);
    }

    let df = count - 1.0;
    let quantile = t_ppf(0.5 * (1.0 + confidence), df);
    let pairs = || numerators.iter().zip(denominators);
    let squares: f64 = pairs().map(|(y, x)| (y - ratio * x).powi(2)).sum();
    let standard_error = (count / df * squares).sqrt() / denominator.abs();
    let curve = FiellerCurve::new(numerators, denominators, quantile);

    Ratio::estimated(ratio, standard_error, df, quantile, &curve, confidence)
}

/// What a change relative to what it changes from can be: no less than all of it goes.
pub(crate) const CHANGE: [f64; 2] = [-1.0, f64::INFINITY];

/// NPRR of the clusters, perturbed over clean errors minus 1, with its intervals.
pub fn nprr(clusters: &[Cluster], confidence: f64) -> Ratio {
    let perturbed = column(clusters, |cluster| cluster.errors_b as f64);
    let clean = column(clusters, |cluster| cluster.errors_a as f64);
    ratio_of_sums(&perturbed, &clean, confidence).shifted(-1.0)
}

/// The difference of the word error rates, perturbed minus clean, with its intervals.
pub fn wer_difference(clusters: &[Cluster], confidence: f64) -> Ratio {
    let extra = column(clusters, |cluster| cluster.extra_errors() as f64);
    let words = column(clusters, |cluster| cluster.reference_words as f64);
    ratio_of_sums(&extra, &words, confidence)
}

/// The difference of two ratios of sums, first minus second, each a column of numerators and one of
/// denominators, with its intervals: those of one ratio, over the mean of both denominators.
///
/// Where the denominators are equal, it is the ratio of differences. Where they are not, the second
/// is brought to the first's scale by the sums, whose own variance is left out: that of
/// denominators which hardly differ is little.
pub(crate) fn ratio_difference(
    numerators: [&[f64]; 2],
    denominators: [&[f64]; 2],
    confidence: f64,
) -> Ratio {
    let mean = |[one, other]: [f64; 2]| 0.5 * (one + other);
    let sums = denominators.map(|column| column.iter().sum::<f64>());
    let scales = sums.map(|sum| mean(sums) / sum);

    let both = |columns: [&[f64]; 2], of: &dyn Fn([f64; 2]) -> f64| -> Vec<f64> {
        let pairs = columns[0].iter().zip(columns[1]);
        pairs.map(|(one, other)| of([*one, *other])).collect()
    };
    let differences = both(numerators, &|[one, other]| {
        scales[0] * one - scales[1] * other
    });
    ratio_of_sums(&differences, &both(denominators, &mean), confidence)
}

/// One number of each unit.
pub(super) fn column<Unit>(units: &[Unit], number: impl Fn(&Unit) -> f64) -> Vec<f64> {
    units.iter().map(number).collect()
}

/// The parabola a r^2 - 2 b r + c of Fieller's theorem; the ratios where it is not positive are the
/// set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FiellerCurve {
    a: f64,
    b: f64,
    c: f64,
    /// Squared relative uncertainty of the denominator.
    pub(crate) g: f64,
}

impl FiellerCurve {
    /// The curve for the quantile `t` of the clusters' t distribution; needs two clusters.
    pub(crate) fn new(numerators: &[f64], denominators: &[f64], t: f64) -> FiellerCurve {
        let count = numerators.len() as f64;
        let y = numerators.iter().sum::<f64>() / count;
        let x = denominators.iter().sum::<f64>() / count;
        let scale = t * t / (count * (count - 1.0));
        let pairs = || numerators.iter().zip(denominators);
        let xx: f64 = pairs().map(|(_, xi)| (xi - x) * (xi - x)).sum::<f64>() * scale;
        let yy: f64 = pairs().map(|(yi, _)| (yi - y) * (yi - y)).sum::<f64>() * scale;
        let xy: f64 = pairs().map(|(yi, xi)| (xi - x) * (yi - y)).sum::<f64>() * scale;
        FiellerCurve::of([y, x], [yy, xy, xx])
    }

    /// The curve of two sums or means `[y, x]` whose variances and covariance, times the squared
    /// quantile, are `[yy, xy, xx]`.
    pub(crate) fn of([y, x]: [f64; 2], [yy, xy, xx]: [f64; 3]) -> FiellerCurve {
        FiellerCurve {
            a: x * x - xx,
            b: x * y - xy,
            c: y * y - yy,
            g: xx / (x * x),
        }
    }

    fn set(&self, confidence: f64) -> Fieller {
        let discriminant = self.b * self.b - self.a * self.c;
        if self.a > 0.0 {
            // The estimate itself is always in the set, so a negative value is rounding.
            let root = discriminant.max(0.0).sqrt();
            return Fieller::Bounded(ConfidenceInterval {
                low: (self.b - root) / self.a,
                high: (self.b + root) / self.a,
                confidence,
            });
        }
        if self.a < 0.0 && discriminant >= 0.0 {
            let root = discriminant.sqrt();
            return Fieller::Complement {
                below: (self.b + root) / self.a,
                above: (self.b - root) / self.a,
            };
        }
        Fieller::WholeLine
    }

    /// The upper end of a bounded set; `None` if there is none.
    pub(crate) fn upper(&self) -> Option<f64> {
        self.set(f64::NAN).bounded().map(|interval| interval.high)
    }

    /// The lower end of a bounded set; `None` if there is none.
    pub(crate) fn lower(&self) -> Option<f64> {
        self.set(f64::NAN).bounded().map(|interval| interval.low)
    }
}

#[cfg(test)]
mod tests {
    use crate::stats::Flag;
    use crate::stats::clusters::Cluster;
    use crate::stats::fieller::{Fieller, nprr, ratio_difference, ratio_of_sums, wer_difference};

    #[test]
    fn without_clean_errors_the_ratio_is_undefined_and_the_difference_is_not() {
        let clusters = [0, 1, 2].map(|errors| Cluster {
            reference_words: 10,
            errors_a: 0,
            errors_b: errors,
        });
        assert_eq!(nprr(&clusters, 0.9).flags, [Flag::UndefinedRatio]);
        assert!((wer_difference(&clusters, 0.9).ratio - 0.1).abs() < 1e-15);
    }

    #[test]
    fn a_difference_of_ratios_is_theirs_whichever_comes_first() {
        let (one, other) = ([3.0, 1.0, 4.0], [2.0, 2.0, 1.0]);
        let (words, more) = ([10.0, 12.0, 9.0], [11.0, 12.0, 10.0]);
        let found = ratio_difference([&one, &other], [&words, &more], 0.9);
        assert!((found.ratio - (8.0 / 31.0 - 5.0 / 33.0)).abs() < 1e-15);

        let turned = ratio_difference([&other, &one], [&more, &words], 0.9);
        assert!((found.ratio + turned.ratio).abs() < 1e-15);
        assert!((found.standard_error - turned.standard_error).abs() < 1e-15);

        // Over the same words it is the ratio of differences, digit for digit.
        let same = ratio_difference([&one, &other], [&words, &words], 0.9);
        assert_eq!(same, ratio_of_sums(&[1.0, -1.0, 3.0], &words, 0.9));
    }

    #[test]
    fn one_cluster_gives_an_estimate_and_no_interval() {
        let ratio = ratio_of_sums(&[3.0], &[2.0], 0.9);
        assert!((ratio.ratio - 1.5).abs() < 1e-15);
        assert_eq!(ratio.fieller, Fieller::WholeLine);
        assert_eq!(ratio.flags, [Flag::NoVariance]);
    }

    #[test]
    fn a_denominator_that_may_be_negative_leaves_two_half_lines() {
        let ratio = ratio_of_sums(&[20.0, 21.0, 19.0, 20.5], &[1.0, -1.0, 3.0, -1.5], 0.95);
        let Fieller::Complement { below, above } = ratio.fieller else {
            panic!("expected two half-lines, got {:?}", ratio.fieller);
        };
        assert!(
            below < 0.0 && above > 0.0 && ratio.ratio > above,
            "{below} {above}"
        );
        assert!(ratio.flags.contains(&Flag::DenominatorNearZero));
    }

    #[test]
    fn clusters_that_all_agree_give_a_point() {
        let ratio = ratio_of_sums(&[20.0, 22.0, 26.0], &[10.0, 11.0, 13.0], 0.9);
        let interval = ratio
            .fieller
            .bounded()
            .expect("the denominator is clear of zero");
        assert!((interval.low - 2.0).abs() < 1e-6 && (interval.high - 2.0).abs() < 1e-6);
    }
}
