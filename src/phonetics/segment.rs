//! `Segment`: one sound of a pronunciation, with the stress of a vowel.

use std::fmt;

use crate::phonetics::alphabet::{Alphabet, IPA, STRESSES};
use crate::phonetics::phone::Phone;

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
    /// Every segment of `alphabet`, consonants first.
    pub(in crate::phonetics) fn all(alphabet: Alphabet) -> impl Iterator<Item = Segment> {
        let numbers = alphabet.numbers();
        (numbers.first_segment..numbers.first_segment + numbers.segments()).map(Segment)
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

    /// Its number through both alphabets.
    pub(in crate::phonetics) fn code(self) -> u8 {
        self.0
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
        Phone::from_number(numbers.first_phone + phone)
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

    /// The position of the segment among [all](Segment::all) of its alphabet.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_segment_is_its_phone_and_its_stress() {
        assert_eq!(Segment::all(Alphabet::Arpabet).count(), 24 + 15 * 3);
        for segment in Segment::all(Alphabet::Arpabet) {
            let again = match segment.stress() {
                Some(stress) => Segment::vowel(segment.phone(), stress),
                None => Segment::consonant(segment.phone()),
            };
            assert_eq!(again, Some(segment));
        }
    }
}
