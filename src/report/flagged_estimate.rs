//! Estimates with what must be known before their intervals are trusted.

use serde::{Serialize, Serializer};

use crate::check::judge::estimate::{Estimate, finite};
use crate::stats::clustered_wer::ClusteredWer;
use crate::stats::fieller::Ratio;
use crate::stats::{ConfidenceInterval, Flag};

/// Relative to its larger end, an interval narrower than this has no width but that of rounding:
/// Fieller's is the root of a difference of squares, good to about half of the digits.
const ROUNDING: f64 = 1e-6;

/// A number with its interval, and what to know before trusting that.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct FlaggedEstimate {
    #[serde(flatten)]
    pub(crate) estimate: Estimate,
    /// `no_variance` where one cluster makes no interval; `identical` or `degenerate_variance`
    /// where all clusters say the same, so that an interval without width is no certainty.
    #[serde(serialize_with = "by_name")]
    pub(crate) flags: Vec<Flag>,
}

/// Flags by the names that reports have for them.
pub(crate) fn by_name<S: Serializer>(flags: &[Flag], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(flags.iter().map(|flag| flag.name()))
}

impl FlaggedEstimate {
    /// `estimate` with the flags of how it was made.
    pub(crate) fn new(estimate: Estimate, flags: &[Flag]) -> FlaggedEstimate {
        let mut flags = flags.to_vec();
        if let (Some(low), Some(high)) = (estimate.low, estimate.high) {
            let interval = ConfidenceInterval {
                low,
                high,
                confidence: estimate.confidence,
            };
            let without_width = is_without_width(&interval);
            flags.extend(without_width.then(|| {
                let all_zero = estimate.value == Some(0.0);
                if all_zero {
                    Flag::Identical
                } else {
                    Flag::DegenerateVariance
                }
            }));
        }

        FlaggedEstimate { estimate, flags }
    }

    /// A ratio with Fieller's interval.
    pub(crate) fn fieller(ratio: &Ratio) -> FlaggedEstimate {
        // That a delta interval would be unreliable is nothing against this one.
        let mut flags = ratio.flags.clone();
        flags.retain(|flag| *flag != Flag::UnstableDenominator);
        FlaggedEstimate::new(Estimate::from(ratio), &flags)
    }

    /// A word error rate with its t interval.
    pub(crate) fn wer(figure: &ClusteredWer) -> FlaggedEstimate {
        let estimate = Estimate {
            value: finite(figure.wer),
            low: finite(figure.interval.low),
            high: finite(figure.interval.high),
            confidence: figure.interval.confidence,
        };

        // How uncertain the number of words is matters to Fieller's intervals alone.
        let mut flags = figure.flags.clone();
        flags.retain(|flag| matches!(flag, Flag::NoVariance | Flag::NoErrors));
        FlaggedEstimate::new(estimate, &flags)
    }

    /// It as `shown` writes it, with a dash where there can be no interval, and its flags in words.
    pub(crate) fn text(&self, shown: fn(&Estimate) -> String) -> String {
        let no_interval = self.estimate.low.is_none()
            && self.estimate.value.is_some()
            && self.flags.contains(&Flag::NoVariance);
        let shown = shown(&self.estimate);
        let mut text = if no_interval {
            // Some figures say of a missing interval that it is unbounded.
            format!("{} [-]", shown.trim_end_matches(" [unbounded]"))
        } else {
            shown
        };

        for flag in &self.flags {
            text = format!("{text} ({})", flag.words());
        }
        text
    }
}

/// Whether the ends of an interval differ by no more than rounding.
pub(crate) fn is_without_width(interval: &ConfidenceInterval) -> bool {
    let largest = interval.low.abs().max(interval.high.abs());
    interval.high - interval.low <= ROUNDING * largest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::number;
    use crate::stats::fieller::ratio_of_sums;

    #[track_caller]
    fn check(differences: &[f64], words: &[f64], expected: &str) {
        let ratio = ratio_of_sums(differences, words, 0.95);
        let text = FlaggedEstimate::fieller(&ratio).text(number::points_with_interval);
        assert_eq!(text, expected);
    }

    /// The last interval is that of scipy.stats.t.interval(0.95, 3, 0.1, sem([0, 0.1, 0.1, 0.2])).
    #[test]
    fn an_interval_says_where_it_is_none_or_without_width() {
        check(
            &[1.0],
            &[10.0],
            "+10.00 pp [-] (of one alone no variance can be told)",
        );
        check(
            &[30.0, 30.0],
            &[300.0, 300.0],
            "+10.00 pp [+10.00, +10.00] (all alike, so that nothing varies)",
        );
        check(
            &[0.0, 0.0],
            &[300.0, 300.0],
            "+0.00 pp [+0.00, +0.00] (equal everywhere)",
        );
        check(
            &[0.0, 1.0, 1.0, 2.0],
            &[10.0; 4],
            "+10.00 pp [-2.99, +22.99]",
        );

        let one = FlaggedEstimate::fieller(&ratio_of_sums(&[1.0], &[2.0], 0.95));
        assert_eq!(
            one.text(number::change_with_interval),
            "+50.0 % [-] (of one alone no variance can be told)"
        );
        let json = serde_json::to_string(&one).expect("plain values");
        let expected =
            r#"{"value":0.5,"low":null,"high":null,"confidence":0.95,"flags":["no_variance"]}"#;
        assert_eq!(json, expected);
    }
}
