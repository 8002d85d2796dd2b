//! `Pronunciation`: the sounds of a word, and why a text is none.

use std::fmt;

use crate::phonetics::notation::Notation;
use crate::phonetics::phone::Phone;
use crate::phonetics::segment::Segment;

/// The sounds of a word, in order.
///
/// Invariants: at least one segment, at most [`Pronunciation::MAX_SEGMENTS`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pronunciation {
    segments: Vec<Segment>,
}

impl Pronunciation {
    /// The longest pronunciation: far above any English word, and short enough that a distance always fits its type.
    pub const MAX_SEGMENTS: usize = 60;

    /// The segments, at least one.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The pronunciation of segments that a lexicon has already checked.
    pub(in crate::phonetics) fn from_checked(segments: &[Segment]) -> Pronunciation {
        Pronunciation {
            segments: segments.to_vec(),
        }
    }
}

impl fmt::Display for Pronunciation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, segment) in self.segments.iter().enumerate() {
            if position > 0 {
                formatter.write_str(" ")?;
            }
            write!(formatter, "{segment}")?;
        }
        Ok(())
    }
}

/// Why a text is not a pronunciation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PronunciationError {
    /// There is no phone at all.
    #[error("there are no phones: write some behind the word, such as `two T UW1`")]
    Empty,
    /// A symbol is not one of the 39.
    #[error(
        "`{symbol}` is not an ARPAbet phone of CMUdict: use B, CH, D, ... or a vowel such as AA, with the stress 0, 1 or 2"
    )]
    UnknownPhone {
        /// What stands where the phone should be.
        symbol: String,
    },
    /// A character is no sound of the notation.
    #[error("`{symbol}` in `{written}` is no sound of {notation}: {}", notation.advice())]
    UnknownSound {
        /// Where the sounds end that are known.
        symbol: String,
        /// The whole pronunciation, shortened.
        written: String,
        /// How it should be written.
        notation: Notation,
    },
    /// A consonant carries a digit.
    #[error("`{symbol}` gives a consonant stress: write {phone}")]
    StressedConsonant {
        /// What was written.
        symbol: String,
        /// The consonant in it.
        phone: Phone,
    },
    /// There are more than [`Pronunciation::MAX_SEGMENTS`] phones.
    #[error(
        "there are more than {} phones: no word is that long",
        Pronunciation::MAX_SEGMENTS
    )]
    TooLong,
}

/// What an error shows of a value: a garbage line may be very long.
pub(in crate::phonetics) fn shortened(value: &str) -> String {
    match value.char_indices().nth(40) {
        Some((end, _)) => format!("{}...", &value[..end]),
        None => value.to_owned(),
    }
}
