//! `Frequency`: how often a word is said, on the Zipf scale.

use std::collections::BTreeMap;
use std::fmt;

use crate::phonetics::pronunciation::shortened;
use crate::phonetics::spelling::plain_word;

/// How often a word is said: the logarithm to base 10 of how often it comes in a billion words (the
/// Zipf scale).
///
/// `the` is at 7.6, `four` at 6.0, `hole` at 4.6, `inn` at 3.5. Held in tenths, so that it is equal
/// on every machine.
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

/// A list of words with counts is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CountsError {
    /// A line is no word and no count.
    #[error("line {line}: `{found}` is no word and its count, such as `haus 1204`")]
    Line {
        /// Which, from 1.
        line: usize,
        /// What it is, shortened.
        found: String,
    },
    /// A word is there twice, spelled alike.
    #[error("line {line}: `{word}` is there already, in line {first}: give each word one count")]
    Twice {
        /// Which line, from 1.
        line: usize,
        /// The word, shortened.
        word: String,
        /// The line where it was first.
        first: usize,
    },
    /// There is no line of a word and its count above 0.
    #[error(
        "it lists no words: write lines of a word and how often it was counted, such as `haus 1204`"
    )]
    Nothing,
}

/// The frequencies of the words in `text`: lines of a word and how often it was counted, as whole
/// numbers. Spellings of a word that differ in capitals add up. A frequency is the share in the sum of all counts, so that the list should be one of a
/// large corpus, rare words included. Words come sorted, as a lexicon spells them; blank lines and
/// lines that begin with `#` are skipped.
pub fn of_counts(text: &str) -> Result<Vec<(String, Frequency)>, CountsError> {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let mut fields = line.split_whitespace();
        let (spelled, count) = (fields.next(), fields.next());
        let word = spelled.and_then(plain_word);
        let count = count.and_then(|count| count.parse::<u64>().ok());
        let (Some(word), Some(count), None) = (word, count, fields.next()) else {
            return Err(CountsError::Line {
                line: number,
                found: shortened(line),
            });
        };
        if let Some(first) = spelled.and_then(|spelled| seen.insert(spelled, number)) {
            return Err(CountsError::Twice {
                line: number,
                word: shortened(&word),
                first,
            });
        }
        let sum = counts.entry(word.into_owned()).or_default();
        *sum = sum.saturating_add(count);
    }

    let all: f64 = counts.values().map(|count| *count as f64).sum();
    if all <= 0.0 {
        return Err(CountsError::Nothing);
    }
    let frequency = |count: u64| {
        let zipf = (count as f64 / all * 1e9).log10().clamp(0.0, 9.0);
        Frequency::from_f64(zipf).unwrap_or(Frequency::ZERO)
    };

    Ok(counts
        .into_iter()
        .map(|(word, count)| (word, frequency(count)))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_become_shares_of_a_billion() {
        let found = of_counts("# mine\nUnd\t900\n\nhaus 90\nund 9\nnie 0\nrest 1\n").unwrap();
        let shown: Vec<String> = found
            .iter()
            .map(|(word, frequency)| format!("{word} {frequency}"))
            .collect();
        assert_eq!(shown, ["haus 8.0", "nie 0.0", "rest 6.0", "und 9.0"]);
        for (text, line) in [("haus\n", 1), ("haus 1\nund 2.5\n", 2), ("a 1 2\n", 1)] {
            let error = of_counts(text).unwrap_err().to_string();
            assert!(error.starts_with(&format!("line {line}: ")), "{error}");
        }
        assert_eq!(of_counts("# none\n"), Err(CountsError::Nothing));
        let twice = of_counts("haus 90\nund 9\n\nhaus 80\n").unwrap_err();
        assert_eq!(
            twice.to_string(),
            "line 4: `haus` is there already, in line 1: give each word one count"
        );
    }

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
