//! The t test of paired differences against zero.

use crate::stats::distributions::{moments, t_cdf, t_sf, t_two_sided};
use crate::stats::effect::hedges_correction;
use crate::stats::{Flag, SMALLEST_P_VALUE};

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

#[cfg(test)]
mod tests {
    use crate::stats::Flag;
    use crate::stats::paired_t::one_sample_t;

    #[test]
    fn one_value_proves_nothing() {
        let test = one_sample_t(&[5.0]);
        assert!(test.p_two_sided >= 1.0 && test.flags == [Flag::NoVariance]);
    }
}
