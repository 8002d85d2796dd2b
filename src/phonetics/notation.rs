//! `Notation`: how pronunciations are written down.

use std::fmt;
use std::str::FromStr;

use crate::phonetics::alphabet::Alphabet;

/// How the pronunciations of a dictionary are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Notation {
    /// CMUdict's: `HH AW1 S`.
    #[default]
    Arpabet,
    /// The International Phonetic Alphabet: `ˈhaʊs`, with or without spaces.
    Ipa,
    /// The same in ASCII: `"haUs`.
    XSampa,
}

impl Notation {
    /// All of them.
    pub const ALL: [Notation; 3] = [Notation::Arpabet, Notation::Ipa, Notation::XSampa];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Notation::Arpabet => "arpabet",
            Notation::Ipa => "ipa",
            Notation::XSampa => "x-sampa",
        }
    }

    /// What to write in the place of an unknown sound.
    pub(in crate::phonetics) fn advice(self) -> &'static str {
        match self {
            Notation::Arpabet => "write ARPAbet phones",
            Notation::Ipa => "write the letters of the IPA, or name another notation with --phones",
            Notation::XSampa => {
                "write X-SAMPA, which is ASCII, or name another notation with --phones"
            }
        }
    }

    /// The alphabet of the sounds that it spells.
    pub fn alphabet(self) -> Alphabet {
        match self {
            Notation::Arpabet => Alphabet::Arpabet,
            Notation::Ipa | Notation::XSampa => Alphabet::Ipa,
        }
    }
}

impl fmt::Display for Notation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A name that is no notation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no notation `{0}`; there are arpabet, ipa and x-sampa")]
pub struct UnknownNotation(String);

impl FromStr for Notation {
    type Err = UnknownNotation;

    fn from_str(text: &str) -> Result<Notation, UnknownNotation> {
        let mut all = Notation::ALL.into_iter();
        all.find(|notation| notation.name() == text)
            .ok_or_else(|| UnknownNotation(text.to_owned()))
    }
}
