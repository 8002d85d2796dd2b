//! How often the gates are wrong, as simulation found: the rates that cautions quote.
//!
//! `cargo bench --bench bench -- simulation` prints them, and the guide on statistics tells what
//! was simulated.

/// The rates with one number of clusters, at a nominal 5 %, where the truth is exactly at the
/// margin; in percent. Of the gates of flip cost and gain, the higher one.
///
/// They come by how clusters differ in how often they are harmed, or helped: like an exponential
/// number (the worst tenth has a third of it), like a squared normal number (44 %), like a lognormal
/// number with a deviation of 1.5 (59 %), and where one cluster in ten has all of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ErrorRates {
    /// How many clusters.
    pub clusters: usize,
    /// How often a gate passes where clusters differ in how much they are harmed.
    pub false_pass: [f64; 4],
    /// How often a gate fails where clusters differ in how much they are helped.
    pub false_fail: [f64; 4],
}

/// What was simulated, before few changed clusters were judged by degrees, which passes no more of
/// them: 10,000 sets each, so that a rate of 5 % is good for 0.2 (one standard
/// error).
pub const SIMULATED: [ErrorRates; 5] = [
    rates(6, [8.2, 12.1, 22.3, 52.9], [9.2, 13.1, 24.4, 52.2]),
    rates(12, [6.2, 9.0, 19.4, 28.2], [7.9, 10.6, 22.3, 28.3]),
    rates(20, [4.9, 6.8, 16.3, 12.2], [7.0, 8.6, 18.3, 12.1]),
    rates(40, [3.9, 4.8, 12.9, 1.7], [6.1, 6.9, 15.3, 2.6]),
    rates(80, [3.5, 3.9, 10.1, 1.3], [5.4, 5.8, 12.4, 1.7]),
];

const fn rates(clusters: usize, false_pass: [f64; 4], false_fail: [f64; 4]) -> ErrorRates {
    ErrorRates {
        clusters,
        false_pass,
        false_fail,
    }
}

/// The rates of the largest number that was simulated and is no larger than `clusters`: they fall
/// as it grows. The smallest number's below that.
pub(crate) fn error_rates(clusters: usize) -> &'static ErrorRates {
    let mut known = SIMULATED.iter().rev();
    known
        .find(|rates| rates.clusters <= clusters)
        .unwrap_or(&SIMULATED[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_those_of_no_more_clusters_than_there_are() {
        for (clusters, simulated) in [(1, 6), (11, 6), (12, 12), (22, 20), (39, 20), (500, 80)] {
            assert_eq!(error_rates(clusters).clusters, simulated);
        }
    }

    /// What the guide promises of 20 clusters and more.
    #[test]
    fn from_20_clusters_on_moderate_skewness_keeps_the_level() {
        for rates in SIMULATED.iter().filter(|rates| rates.clusters >= 20) {
            assert!(rates.false_pass[..2].iter().all(|rate| *rate <= 7.5));
        }
    }
}
