//! The paired t test, and two one-sided tests of equivalence (TOST).
//!
//! Equivalence is for "the same model in two builds", where a gain is as suspicious as a loss; robustness is one-sided (`gate`).

use crate::stats::distributions::{moments, t_cdf, t_ppf, t_sf, t_two_sided};
use crate::stats::effect::hedges_correction;
use crate::stats::{ConfidenceInterval, Flag, SMALLEST_P_VALUE};

/// The outcome of a t test of a mean against zero.
#[derive(Clone, Debug, PartialEq)]
pub struct PairedT {
    /// The mean difference.
    pub mean: f64,
    /// Its standard error; 0 with fewer than two pairs.
    pub standard_error: f64,
    /// The standard deviation of the differences.
    pub standard_deviation: f64,
    /// Pairs - 1.
    pub df: usize,
    /// mean / standard error; infinite if all differences are equal and not zero, `None` if all are zero or there are fewer than two.
    pub t: Option<f64>,
    /// Two-sided p-value; 0 only where t is infinite (then flagged: report the exact sign-flip p-value instead).
    pub p_two_sided: f64,
    /// Small if the mean is clearly above zero.
    pub p_greater: f64,
    /// Small if the mean is clearly below zero.
    pub p_less: f64,
    /// What to know before trusting the p-values.
    pub flags: Vec<Flag>,
}

impl PairedT {
    /// The t interval of the mean difference; unbounded with fewer than two pairs.
    pub fn interval(&self, confidence: f64) -> ConfidenceInterval {
        if self.df == 0 {
            return ConfidenceInterval::unbounded(confidence);
        }
        let quantile = t_ppf(0.5 * (1.0 + confidence), self.df as f64);
        ConfidenceInterval::around(self.mean, quantile * self.standard_error, confidence)
    }

    /// Cohen's d_z, the mean in standard deviations of the differences; `None` without variance.
    pub fn d_z(&self) -> Option<f64> {
        (self.standard_deviation > 0.0).then(|| self.mean / self.standard_deviation)
    }

    /// Hedges' g_z: d_z corrected for small samples; `None` without variance.
    pub fn g_z(&self) -> Option<f64> {
        self.d_z()
            .map(|d_z| d_z * hedges_correction(self.df as f64))
    }
}

/// The t test of the differences first - second.
///
/// # Panics
/// If the slices differ in length.
pub fn paired_t(first: &[f64], second: &[f64]) -> PairedT {
    assert_eq!(first.len(), second.len(), "paired values come in pairs");
    let differences: Vec<f64> = first
        .iter()
        .zip(second)
        .map(|(first, second)| first - second)
        .collect();
    one_sample_t(&differences)
}

/// The t test of the mean of `values` against zero.
pub fn one_sample_t(values: &[f64]) -> PairedT {
    let spread = moments(values);
    let count = values.len() as f64;
    let df = count - 1.0;

    let mut test = PairedT {
        mean: spread.mean,
        standard_error: if values.len() < 2 {
            0.0
        } else {
            spread.standard_deviation / count.sqrt()
        },
        standard_deviation: spread.standard_deviation,
        df: values.len().saturating_sub(1),
        t: None,
        p_two_sided: 1.0,
        p_greater: 1.0,
        p_less: 1.0,
        flags: Vec::new(),
    };
    if values.len() < 2 {
        test.flags.push(Flag::NoVariance);
        return test;
    }

    if spread.standard_deviation == 0.0 {
        if spread.mean == 0.0 {
            test.flags.push(Flag::Identical);
            return test;
        }
        test.flags.push(Flag::DegenerateVariance);
        test.t = Some(f64::INFINITY.copysign(spread.mean));
        test.p_two_sided = 0.0;
        test.p_greater = if spread.mean > 0.0 { 0.0 } else { 1.0 };
        test.p_less = 1.0 - test.p_greater;
        return test;
    }

    let t = spread.mean / test.standard_error;
    test.t = Some(t);
    test.p_two_sided = t_two_sided(t, df).max(SMALLEST_P_VALUE);
    test.p_greater = t_sf(t, df).max(SMALLEST_P_VALUE);
    test.p_less = t_cdf(t, df).max(SMALLEST_P_VALUE);

    test
}

/// The outcome of two one-sided tests.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Equivalence {
    /// Small if the mean is clearly above the lower margin.
    pub p_lower: f64,
    /// Small if the mean is clearly below the upper margin; alone it is the test of non-inferiority.
    pub p_upper: f64,
}

impl Equivalence {
    /// The p-value of equivalence: the larger of the two. At most alpha if and only if the 1 - 2 alpha interval lies inside the margins.
    pub fn p_value(&self) -> f64 {
        self.p_lower.max(self.p_upper)
    }
}

/// Tests whether the mean difference lies between `low` and `high`.
///
/// Without variance the p-values are 0 or 1 by the mean alone; with fewer than two pairs they are 1.
pub fn tost(test: &PairedT, low: f64, high: f64) -> Equivalence {
    if test.df == 0 {
        return Equivalence {
            p_lower: 1.0,
            p_upper: 1.0,
        };
    }

    if test.standard_error == 0.0 {
        let certain = |holds: bool| if holds { 0.0 } else { 1.0 };
        return Equivalence {
            p_lower: certain(test.mean > low),
            p_upper: certain(test.mean < high),
        };
    }

    let df = test.df as f64;
    Equivalence {
        p_lower: t_sf((test.mean - low) / test.standard_error, df).max(SMALLEST_P_VALUE),
        p_upper: t_cdf((test.mean - high) / test.standard_error, df).max(SMALLEST_P_VALUE),
    }
}

#[cfg(test)]
mod tests {
    use crate::stats::Flag;
    use crate::stats::equivalence::{one_sample_t, tost};

    #[test]
    fn one_value_proves_nothing() {
        let test = one_sample_t(&[5.0]);
        assert!(test.p_two_sided >= 1.0 && test.flags == [Flag::NoVariance]);
        assert!(test.interval(0.9).high.is_infinite());
        assert!(tost(&test, -1.0, 1.0).p_value() >= 1.0);
    }

    #[test]
    fn a_constant_difference_is_inside_or_outside() {
        let test = one_sample_t(&[0.5; 9]);
        assert!(tost(&test, -1.0, 1.0).p_value() <= 0.0);
        assert!(tost(&test, -1.0, 0.5).p_value() >= 1.0);
    }
}
