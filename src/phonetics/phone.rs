//! `Phone`: a sound without stress, of the ARPAbet or of the IPA.

use std::fmt;

use crate::phonetics::alphabet::{Alphabet, IPA, Numbers};
use crate::phonetics::ipa;

/// The ARPAbet symbols of the 39 phones: first the consonants, then the vowels, each in alphabetical order.
const SYMBOLS: [&str; 39] = [
    "B", "CH", "D", "DH", "F", "G", "HH", "JH", "K", "L", "M", "N", "NG", "P", "R", "S", "SH", "T",
    "TH", "V", "W", "Y", "Z", "ZH", "AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH",
    "IY", "OW", "OY", "UH", "UW",
];

/// A sound without stress: one of the 39 phones of American English in CMUdict's ARPAbet, or of the sounds of the IPA.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Phone(u8);

impl Phone {
    /// Every phone of `alphabet`, consonants first.
    pub(in crate::phonetics) fn all(alphabet: Alphabet) -> impl Iterator<Item = Phone> {
        let numbers = alphabet.numbers();
        (numbers.first_phone..numbers.first_phone + numbers.phones()).map(Phone)
    }

    /// The phone of that number through both alphabets.
    pub(in crate::phonetics) fn from_number(number: u8) -> Phone {
        Phone(number)
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
    pub(in crate::phonetics) fn number(self) -> u8 {
        self.0 - self.alphabet().numbers().first_phone
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

    /// The phone of an ARPAbet symbol in either case, such as `TH`; `None` for anything else, digits
    /// included.
    #[inline]
    pub(in crate::phonetics) fn from_letters(letters: &[u8]) -> Option<Phone> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_symbol_names_its_phone() {
        for phone in Phone::all(Alphabet::Arpabet) {
            assert_eq!(Phone::from_letters(phone.symbol().as_bytes()), Some(phone));
            assert_eq!(
                Phone::from_letters(phone.symbol().to_lowercase().as_bytes()),
                Some(phone)
            );
        }
        for symbol in ["", "X", "AX", "AA1", "TTH", "Ä", "4"] {
            assert_eq!(Phone::from_letters(symbol.as_bytes()), None, "{symbol}");
        }
    }
}
