//! How words sound: phones, stress and pronunciations; below them the lexicon, the distance and the neighbours.
//!
//! Sounds are those of the ARPAbet of the CMU Pronouncing Dictionary, or, of languages other than English, those of the
//! International Phonetic Alphabet. No letter-to-sound rules live here: a word that no
//! lexicon lists has no pronunciation, and whoever asks has to skip and count it. Transcripts, random choice and files are for
//! the floors above.

use std::fmt;
use std::str::FromStr;

use crate::phonetics::alphabet::{Alphabet, IPA, Numbers, STRESSES};
use crate::phonetics::notation::Notation;

// In reading order.
pub mod lexicon;

pub mod frequency;

pub mod cmudict;

pub mod notation;

pub mod alphabet;

mod ipa;

pub mod spelling;

pub mod distance;

mod features;

pub mod neighbours;

pub mod halves;

mod edit_table;

/// The ARPAbet symbols of the 39 phones: first the consonants, then the vowels, each in alphabetical order.
const SYMBOLS: [&str; Phone::COUNT] = [
    "B", "CH", "D", "DH", "F", "G", "HH", "JH", "K", "L", "M", "N", "NG", "P", "R", "S", "SH", "T",
    "TH", "V", "W", "Y", "Z", "ZH", "AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH",
    "IY", "OW", "OY", "UH", "UW",
];

/// A sound without stress: one of the 39 phones of American English in CMUdict's ARPAbet, or of the sounds of the IPA.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Phone(u8);

impl Phone {
    /// The number of phones of the ARPAbet.
    pub const COUNT: usize = 39;

    /// Every phone of the ARPAbet, consonants first.
    pub fn all() -> impl Iterator<Item = Phone> {
        Alphabet::Arpabet.phones()
    }

    /// The alphabet that it is of.
    pub fn alphabet(self) -> Alphabet {
        if self.0 < IPA.first_phone {
            Alphabet::Arpabet
        } else {
            Alphabet::Ipa
        }
    }

    /// Its number in its alphabet.
    fn number(self) -> u8 {
        self.0 - self.alphabet().numbers().first_phone
    }

    /// The phone of an ARPAbet symbol in either case, such as `TH`; `None` for anything else, digits included.
    pub fn from_symbol(symbol: &str) -> Option<Phone> {
        Phone::from_letters(symbol.as_bytes())
    }

    /// The ARPAbet symbol, in upper case; or that of the IPA.
    pub fn symbol(self) -> &'static str {
        if self.alphabet() == Alphabet::Arpabet {
            return SYMBOLS[usize::from(self.0)];
        }
        let number = usize::from(self.number());
        let (consonants, vowels) = (ipa::CONSONANTS.len(), ipa::VOWELS.len());
        if number < consonants {
            ipa::CONSONANTS[number].0
        } else if number < consonants + vowels {
            ipa::VOWELS[number - consonants].0
        } else {
            ipa::MARKS[number - consonants - vowels].0
        }
    }

    /// Whether the phone is a vowel or a diphthong, and so carries stress.
    pub fn is_vowel(self) -> bool {
        let Numbers {
            consonants, vowels, ..
        } = self.alphabet().numbers();
        (*consonants..consonants + vowels).contains(&self.number())
    }

    #[inline]
    fn from_letters(letters: &[u8]) -> Option<Phone> {
        let code = match *letters {
            [first] => PHONE_BY_LETTERS[letter(first)?][0],
            [first, second] => PHONE_BY_LETTERS[letter(first)?][letter(second)? + 1],
            _ => return None,
        };
        (code < IPA.first_phone).then_some(Phone(code))
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

/// One sound of a pronunciation: a consonant, a vowel with its stress, or a mark of the IPA. One byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Segment(u8);

impl Segment {
    /// The number of different segments of the ARPAbet: 24 consonants, and 15 vowels in three degrees of stress.
    pub const COUNT: usize = 69;

    /// Every segment of the ARPAbet, consonants first.
    pub fn all() -> impl Iterator<Item = Segment> {
        Alphabet::Arpabet.segments()
    }

    /// The consonant, or the mark, `phone`; `None` for a vowel.
    pub fn consonant(phone: Phone) -> Option<Segment> {
        if phone.is_vowel() {
            return None;
        }
        let numbers = phone.alphabet().numbers();
        let number = phone.number();
        // Vowels take more segments than phones.
        let behind = if number < numbers.consonants {
            0
        } else {
            (STRESSES - 1) * numbers.vowels
        };
        Some(Segment(numbers.first_segment + number + behind))
    }

    /// The vowel `phone` under `stress`; `None` for a consonant.
    pub fn vowel(phone: Phone, stress: Stress) -> Option<Segment> {
        let numbers = phone.alphabet().numbers();
        phone.is_vowel().then(|| {
            let vowel = phone.number() - numbers.consonants;
            Segment(numbers.first_segment + numbers.consonants + vowel * STRESSES + stress.digit())
        })
    }

    /// The phone, without stress if it is a vowel.
    pub(in crate::phonetics) fn unstressed(phone: Phone) -> Segment {
        let vowel = Segment::vowel(phone, Stress::Unstressed);
        vowel
            .or(Segment::consonant(phone))
            .expect("a phone that is no vowel is a consonant or a mark")
    }

    /// The alphabet that it is of.
    pub fn alphabet(self) -> Alphabet {
        if self.0 < IPA.first_segment {
            Alphabet::Arpabet
        } else {
            Alphabet::Ipa
        }
    }

    /// The phone.
    pub fn phone(self) -> Phone {
        let numbers = self.alphabet().numbers();
        let number = self.number();
        let phone = if number < numbers.consonants {
            number
        } else if number < numbers.consonants + STRESSES * numbers.vowels {
            numbers.consonants + (number - numbers.consonants) / STRESSES
        } else {
            number - (STRESSES - 1) * numbers.vowels
        };
        Phone(numbers.first_phone + phone)
    }

    /// The stress of a vowel; `None` for a consonant.
    pub fn stress(self) -> Option<Stress> {
        let numbers = self.alphabet().numbers();
        let vowel = self.number().checked_sub(numbers.consonants)?;
        (vowel < STRESSES * numbers.vowels).then(|| Stress::ALL[usize::from(vowel % STRESSES)])
    }

    /// Its number in its alphabet.
    fn number(self) -> u8 {
        self.0 - self.alphabet().numbers().first_segment
    }

    /// The position of the segment in its alphabet's [`Alphabet::segments`].
    pub(in crate::phonetics) fn index(self) -> usize {
        usize::from(self.number())
    }
}

impl fmt::Display for Segment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.stress(), self.alphabet()) {
            (Some(stress), Alphabet::Arpabet) => {
                write!(formatter, "{}{}", self.phone(), stress.digit())
            }
            (Some(Stress::Primary), Alphabet::Ipa) => write!(formatter, "ˈ{}", self.phone()),
            (Some(Stress::Secondary), Alphabet::Ipa) => write!(formatter, "ˌ{}", self.phone()),
            _ => write!(formatter, "{}", self.phone()),
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
        Notation::Arpabet.pronunciation(text)
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

/// Appends the segments that the ARPAbet `text` spells to `segments`.
///
/// A vowel without a digit is unstressed, unless no vowel of the word has one, as in dictionaries without stress: then the first
/// vowel has primary stress, so that words of one syllable meet their homophones. A symbol that starts with `#` ends the text.
fn read_arpabet(text: &str, segments: &mut Vec<Segment>) -> Result<(), PronunciationError> {
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

    if !stress_is_written {
        stress_first_vowel(&mut segments[start..]);
    }

    Ok(())
}

/// Gives the first vowel primary stress.
fn stress_first_vowel(segments: &mut [Segment]) {
    let mut stressed = segments.iter_mut().filter_map(|segment| {
        let vowel = Segment::vowel(segment.phone(), Stress::Primary)?;
        Some((segment, vowel))
    });
    if let Some((segment, vowel)) = stressed.next() {
        *segment = vowel;
    }
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
