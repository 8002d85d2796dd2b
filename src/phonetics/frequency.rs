//! `Frequency`: how often a word is said, on the Zipf scale.

use std::fmt;

/// How often a word is said: the logarithm to base 10 of how often it comes in a billion words (the Zipf scale).
///
/// `the` is at 7.6, `four` at 6.0, `hole` at 4.6, `inn` at 3.5. Held in tenths, so that it is equal on every machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Frequency(u8);

/// 10 to the power of so many tenths, in thousandths.
const POWERS: [u64; 10] = [1000, 1259, 1585, 1995, 2512, 3162, 3981, 5012, 6310, 7943];

impl Frequency {
    /// Of words that come less than once in a billion words, or were never seen.
    pub const ZERO: Frequency = Frequency(0);
    /// The largest: every word.
    pub const MAX: Frequency = Frequency(90);

    /// A frequency of so many tenths; `None` above [`Frequency::MAX`].
    pub const fn from_tenths(tenths: u8) -> Option<Frequency> {
        if tenths <= Frequency::MAX.0 {
            Some(Frequency(tenths))
        } else {
            None
        }
    }

    /// The frequency nearest to `value`; `None` if that is not in 0..=9.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the range is checked before the cast"
    )]
    pub fn from_f64(value: f64) -> Option<Frequency> {
        (0.0..=9.0)
            .contains(&value)
            .then(|| Frequency((value * 10.0).round() as u8))
    }

    /// The frequency as a number.
    pub fn as_f64(self) -> f64 {
        f64::from(self.0) / 10.0
    }

    /// By how much the frequency is above `other`; 0 if it is not.
    #[must_use]
    pub fn above(self, other: Frequency) -> Frequency {
        Frequency(self.0.saturating_sub(other.0))
    }

    /// How often the word comes in a billion words, at least 1.
    pub fn per_billion(self) -> u64 {
        let power = POWERS[usize::from(self.0 % 10)];
        power * 10u64.pow(u32::from(self.0 / 10)) / 1000
    }
}

/// With one decimal: `4.6`.
impl fmt::Display for Frequency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&format!("{:.1}", self.as_f64()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frequency_is_a_logarithm() {
        for (value, per_billion) in [
            (0.0, 1),
            (0.3, 1),
            (1.0, 10),
            (4.6, 39_810),
            (9.0, 1_000_000_000),
        ] {
            assert_eq!(
                Frequency::from_f64(value).unwrap().per_billion(),
                per_billion
            );
        }

        let all: Vec<u64> = (0..=90)
            .map(|tenths| Frequency::from_tenths(tenths).unwrap().per_billion())
            .collect();
        assert!(all.is_sorted());
        for value in [-0.1, 9.1, f64::NAN] {
            assert_eq!(Frequency::from_f64(value), None);
        }

        assert_eq!(Frequency::from_tenths(91), None);
        let (low, high) = (Frequency(12), Frequency(30));
        assert_eq!(
            (high.above(low), low.above(high)),
            (Frequency(18), Frequency::ZERO)
        );
        assert_eq!(Frequency::from_f64(4.6).unwrap().to_string(), "4.6");
    }
}
