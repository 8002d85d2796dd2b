//! `Alphabet`: which sounds a dictionary tells apart, and how they are numbered.
//!
//! Phones and segments of both alphabets are told by one byte each.

use crate::phonetics::ipa;

/// The degrees of stress of a vowel.
pub(in crate::phonetics) const STRESSES: u8 = 3;

/// Which sounds a dictionary tells apart. Sounds of different alphabets are not compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alphabet {
    /// The 39 phones of American English in CMUdict's ARPAbet.
    Arpabet,
    /// The sounds of all languages in the International Phonetic Alphabet.
    Ipa,
}

/// The numbers of an alphabet's sounds: phones and segments are numbered through both, in the order consonants, vowels, marks.
pub(in crate::phonetics) struct Numbers {
    pub(in crate::phonetics) first_phone: u8,
    pub(in crate::phonetics) first_segment: u8,
    pub(in crate::phonetics) consonants: u8,
    pub(in crate::phonetics) vowels: u8,
    pub(in crate::phonetics) marks: u8,
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the tables have some hundred rows"
)]
pub(in crate::phonetics) const IPA: Numbers = Numbers {
    first_phone: ARPABET.first_phone + ARPABET.phones(),
    first_segment: ARPABET.first_segment + ARPABET.segments(),
    consonants: ipa::CONSONANTS.len() as u8,
    vowels: ipa::VOWELS.len() as u8,
    marks: ipa::MARKS.len() as u8,
};

const ARPABET: Numbers = Numbers {
    first_phone: 0,
    first_segment: 0,
    consonants: 24,
    vowels: 15,
    marks: 0,
};

impl Numbers {
    pub(in crate::phonetics) const fn phones(&self) -> u8 {
        self.consonants + self.vowels + self.marks
    }

    pub(in crate::phonetics) const fn segments(&self) -> u8 {
        self.consonants + STRESSES * self.vowels + self.marks
    }
}

impl Alphabet {
    pub(in crate::phonetics) fn numbers(self) -> &'static Numbers {
        match self {
            Alphabet::Arpabet => &ARPABET,
            Alphabet::Ipa => &IPA,
        }
    }
}
