//! `Significance`: the outcome of a two-sided test.

/// The outcome of a two-sided test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Significance {
    /// The test statistic; its sign says which side had more.
    pub statistic: f64,
    /// The probability of a statistic at least as far from its expectation if there were no difference.
    pub p_value: f64,
    /// How many pairs, clusters or segments the test rests on.
    pub pairs: usize,
}
