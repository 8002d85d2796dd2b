//! How words sound: phones, stress and pronunciations; below them the lexicon, the distance and the neighbours.
//!
//! Sounds are written in the ARPAbet of the CMU Pronouncing Dictionary. No letter-to-sound rules live here: a word that no
//! lexicon lists has no pronunciation, and whoever asks has to skip and count it. Transcripts, random choice and files are for
//! the floors above.

use std::fmt;
use std::str::FromStr;

// In reading order.
pub mod lexicon;

pub mod frequency;

pub mod cmudict;

pub mod spelling;

pub mod distance;

mod features;

pub mod neighbours;

pub mod slices;

mod edit_table;

/// The ARPAbet symbols of the 39 phones: first the consonants, then the vowels, each in alphabetical order.
const SYMBOLS: [&str; Phone::COUNT] = [
    "B", "CH", "D", "DH", "F", "G", "HH", "JH", "K", "L", "M", "N", "NG", "P", "R", "S", "SH", "T",
    "TH", "V", "W", "Y", "Z", "ZH", "AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH",
    "IY", "OW", "OY", "UH", "UW",
];

const CONSONANTS: u8 = 24;
const STRESSES: u8 = 3;

/// One of the 39 phones of American English in CMUdict's ARPAbet, without stress.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Phone(u8);

impl Phone {
    /// The number of phones.
    pub const COUNT: usize = 39;

    /// Every phone, consonants first.
    pub fn all() -> impl Iterator<Item = Phone> {
        (0..39).map(Phone)
    }

    /// The phone of an ARPAbet symbol in either case, such as `TH`; `None` for anything else, digits included.
    pub fn from_symbol(symbol: &str) -> Option<Phone> {
        Phone::from_letters(symbol.as_bytes())
    }

    /// The ARPAbet symbol, in upper case.
    pub fn symbol(self) -> &'static str {
        SYMBOLS[usize::from(self.0)]
    }

    /// Whether the phone is a vowel or a diphthong, and so carries stress.
    pub fn is_vowel(self) -> bool {
        self.0 >= CONSONANTS
    }

    #[inline]
    fn from_letters(letters: &[u8]) -> Option<Phone> {
        let code = match *letters {
            [first] => PHONE_BY_LETTERS[letter(first)?][0],
            [first, second] => PHONE_BY_LETTERS[letter(first)?][letter(second)? + 1],
            _ => return None,
        };
        (code < 39).then_some(Phone(code))
    }
}

/// The phone number of every one- and two-letter symbol (second index 0: no second letter); 255 where there is none.
///
/// A table, because reading the embedded lexicon looks up a million symbols at every start.
const PHONE_BY_LETTERS: [[u8; 27]; 26] = {
    let mut table = [[u8::MAX; 27]; 26];
    let mut phone = 0;
    while phone < 39 {
        let symbol = SYMBOLS[phone as usize].as_bytes();
        let second = if symbol.len() == 2 {
            (symbol[1] - b'A' + 1) as usize
        } else {
            0
        };
        table[(symbol[0] - b'A') as usize][second] = phone;
        phone += 1;
    }
    table
};

fn letter(byte: u8) -> Option<usize> {
    byte.is_ascii_alphabetic()
        .then(|| usize::from(byte.to_ascii_uppercase() - b'A'))
}

impl fmt::Display for Phone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.symbol())
    }
}

/// How strongly a vowel is stressed; CMUdict writes it as a digit behind the vowel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stress {
    /// `0`.
    Unstressed,
    /// `1`.
    Primary,
    /// `2`.
    Secondary,
}

impl Stress {
    /// Every degree, in the order of its digit.
    pub const ALL: [Stress; 3] = [Stress::Unstressed, Stress::Primary, Stress::Secondary];

    fn digit(self) -> u8 {
        match self {
            Stress::Unstressed => 0,
            Stress::Primary => 1,
            Stress::Secondary => 2,
        }
    }
}

/// One sound of a pronunciation: a consonant, or a vowel with its stress. One byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Segment(u8);

impl Segment {
    /// The number of different segments: 24 consonants, and 15 vowels in three degrees of stress.
    pub const COUNT: usize = 69;

    /// Every segment, consonants first.
    pub fn all() -> impl Iterator<Item = Segment> {
        (0..69).map(Segment)
    }

    /// The consonant `phone`; `None` for a vowel.
    pub fn consonant(phone: Phone) -> Option<Segment> {
        (!phone.is_vowel()).then_some(Segment(phone.0))
    }

    /// The vowel `phone` under `stress`; `None` for a consonant.
    pub fn vowel(phone: Phone, stress: Stress) -> Option<Segment> {
        phone
            .is_vowel()
            .then(|| Segment(CONSONANTS + (phone.0 - CONSONANTS) * STRESSES + stress.digit()))
    }

    /// The phone.
    pub fn phone(self) -> Phone {
        if self.0 < CONSONANTS {
            Phone(self.0)
        } else {
            Phone(CONSONANTS + (self.0 - CONSONANTS) / STRESSES)
        }
    }

    /// The stress of a vowel; `None` for a consonant.
    pub fn stress(self) -> Option<Stress> {
        (self.0 >= CONSONANTS).then(|| Stress::ALL[usize::from((self.0 - CONSONANTS) % STRESSES)])
    }

    /// The position of the segment in [`Segment::all`].
    pub(in crate::phonetics) fn index(self) -> usize {
        usize::from(self.0)
    }
}

impl fmt::Display for Segment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.stress() {
            Some(stress) => write!(formatter, "{}{}", self.phone(), stress.digit()),
            None => write!(formatter, "{}", self.phone()),
        }
    }
}

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

/// Reads ARPAbet symbols between spaces, such as `DH EH1 R`.
///
/// A vowel without a digit is unstressed, but if no vowel has one, the first vowel has primary stress.
impl FromStr for Pronunciation {
    type Err = PronunciationError;

    fn from_str(text: &str) -> Result<Pronunciation, PronunciationError> {
        let mut segments = Vec::new();
        read_segments(text, &mut segments)?;
        Ok(Pronunciation { segments })
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

/// Appends the segments that `text` spells to `segments`, and leaves them as they were after an error.
///
/// A vowel without a digit is unstressed, unless no vowel of the word has one, as in dictionaries without stress: then the first
/// vowel has primary stress, so that words of one syllable meet their homophones. A symbol that starts with `#` ends the text.
fn read_segments(text: &str, segments: &mut Vec<Segment>) -> Result<(), PronunciationError> {
    let start = segments.len();
    let result = read_symbols(text, segments);
    if result.is_err() {
        segments.truncate(start);
    }
    result
}

fn read_symbols(text: &str, segments: &mut Vec<Segment>) -> Result<(), PronunciationError> {
    let start = segments.len();
    let mut stress_is_written = false;
    for symbol in text.split_ascii_whitespace() {
        if symbol.starts_with('#') {
            break;
        }
        if segments.len() - start == Pronunciation::MAX_SEGMENTS {
            return Err(PronunciationError::TooLong);
        }
        let (letters, stress) = match symbol.as_bytes() {
            [letters @ .., b'0'] => (letters, Some(Stress::Unstressed)),
            [letters @ .., b'1'] => (letters, Some(Stress::Primary)),
            [letters @ .., b'2'] => (letters, Some(Stress::Secondary)),
            letters => (letters, None),
        };
        let Some(phone) = Phone::from_letters(letters) else {
            return Err(PronunciationError::UnknownPhone {
                symbol: shortened(symbol),
            });
        };
        let segment = match (Segment::consonant(phone), stress) {
            (Some(consonant), None) => Some(consonant),
            (Some(_), Some(_)) => {
                return Err(PronunciationError::StressedConsonant {
                    symbol: shortened(symbol),
                    phone,
                });
            }
            (None, stress) => {
                stress_is_written |= stress.is_some();
                Segment::vowel(phone, stress.unwrap_or(Stress::Unstressed))
            }
        };
        segments.push(segment.expect("a phone that is not a consonant is a vowel"));
    }

    if segments.len() == start {
        return Err(PronunciationError::Empty);
    }

    if !stress_is_written
        && let Some(first_vowel) = segments[start..]
            .iter_mut()
            .find(|segment| segment.phone().is_vowel())
    {
        *first_vowel =
            Segment::vowel(first_vowel.phone(), Stress::Primary).expect("it was found as a vowel");
    }

    Ok(())
}

/// What an error shows of a value: a garbage line may be very long.
fn shortened(value: &str) -> String {
    match value.char_indices().nth(40) {
        Some((end, _)) => format!("{}...", &value[..end]),
        None => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_reading(text: &str, expected: &str) {
        let shown = match text.parse::<Pronunciation>() {
            Ok(pronunciation) => pronunciation.to_string(),
            Err(error) => format!("{error}"),
        };
        assert!(
            shown.starts_with(expected),
            "{text:?} gave {shown:?}, expected {expected:?}"
        );
    }

    #[test]
    fn every_symbol_names_its_phone() {
        for phone in Phone::all() {
            assert_eq!(Phone::from_symbol(phone.symbol()), Some(phone));
            assert_eq!(
                Phone::from_symbol(&phone.symbol().to_lowercase()),
                Some(phone)
            );
        }
        for symbol in ["", "X", "AX", "AA1", "TTH", "Ä", "4"] {
            assert_eq!(Phone::from_symbol(symbol), None, "{symbol}");
        }
    }

    #[test]
    fn every_segment_is_its_phone_and_its_stress() {
        assert_eq!(Segment::all().count(), Segment::COUNT);
        for segment in Segment::all() {
            let again = match segment.stress() {
                Some(stress) => Segment::vowel(segment.phone(), stress),
                None => Segment::consonant(segment.phone()),
            };
            assert_eq!(again, Some(segment));
        }
    }

    #[test]
    fn pronunciations_are_read_and_shown() {
        check_reading("DH EH1 R", "DH EH1 R");
        check_reading(" dh\teh1   r ", "DH EH1 R");
        check_reading("F IH0 F T IY1 N # number", "F IH0 F T IY1 N");
    }

    #[test]
    fn without_any_stress_the_first_vowel_is_stressed() {
        check_reading("K UW B ER N EH T IY Z", "K UW1 B ER0 N EH0 T IY0 Z");
        check_reading("K UW B ER N EH1 T IY Z", "K UW0 B ER0 N EH1 T IY0 Z");
        check_reading("SH", "SH");
    }

    #[test]
    fn what_is_not_a_pronunciation_is_named() {
        check_reading("", "there are no phones");
        check_reading("# only a comment", "there are no phones");
        check_reading("DH EX1 R", "`EX1` is not an ARPAbet phone");
        check_reading("AA3", "`AA3` is not an ARPAbet phone");
        check_reading("1", "`1` is not an ARPAbet phone");
        check_reading("T1 UW1", "`T1` gives a consonant stress: write T");
        check_reading(&"T ".repeat(61), "there are more than 60 phones");
    }
}
