//! Reading pronunciations in any [`Notation`].
//!
//! What is read here by itself is IPA and X-SAMPA, whose spellings are tables in `ipa`; the ARPAbet is
//! read in `arpabet`.

use std::str::FromStr;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;

use crate::phonetics::alphabet::Alphabet;
use crate::phonetics::arpabet::{read_arpabet, stress_first_vowel};
use crate::phonetics::ipa::{
    CONSONANTS, MARKS, OTHER_IPA, OTHER_X_SAMPA, SILENT_IPA, SILENT_X_SAMPA, VOWELS,
};
use crate::phonetics::notation::Notation;
use crate::phonetics::phone::Phone;
use crate::phonetics::pronunciation::{Pronunciation, PronunciationError, shortened};
use crate::phonetics::segment::{Segment, Stress};

impl Notation {
    /// Reads a pronunciation.
    pub fn pronunciation(self, text: &str) -> Result<Pronunciation, PronunciationError> {
        let mut segments = Vec::new();
        self.read(text, &mut segments)?;
        Ok(Pronunciation::from_checked(&segments))
    }

    /// Appends the segments that `text` spells to `segments`, and leaves them as they were after an error.
    pub(in crate::phonetics) fn read(
        self,
        text: &str,
        segments: &mut Vec<Segment>,
    ) -> Result<(), PronunciationError> {
        let start = segments.len();
        let result = match self {
            Notation::Arpabet => read_arpabet(text, segments),
            Notation::Ipa => IPA.read(&text.nfd().collect::<String>(), segments),
            Notation::XSampa => X_SAMPA.read(text, segments),
        };
        if result.is_err() {
            segments.truncate(start);
        }
        result
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

/// What a spelling stands for.
#[derive(Debug, Clone, PartialEq)]
enum Sign {
    /// Sounds; vowels among them without stress.
    Sounds(Vec<Segment>),
    /// The next vowel is stressed so.
    Stress(Stress),
    Silent,
}

/// The spellings of a notation, the longest first.
struct Spellings {
    notation: Notation,
    signs: Vec<(&'static str, Sign)>,
}

static IPA: LazyLock<Spellings> = LazyLock::new(|| {
    let mut signs = vec![
        ("ˈ", Sign::Stress(Stress::Primary)),
        ("ˌ", Sign::Stress(Stress::Secondary)),
    ];
    signs.extend(own(|(ipa, _)| ipa));
    signs.extend(silent(&SILENT_IPA));
    let others = with_others(signs, &OTHER_IPA);
    Spellings::new(Notation::Ipa, others)
});

static X_SAMPA: LazyLock<Spellings> = LazyLock::new(|| {
    let mut signs = vec![
        ("\"", Sign::Stress(Stress::Primary)),
        ("%", Sign::Stress(Stress::Secondary)),
    ];
    signs.extend(own(|(_, ascii)| ascii));
    signs.extend(silent(&SILENT_X_SAMPA));
    for (spelling, ipa) in OTHER_X_SAMPA {
        signs.push((spelling, IPA.sign(ipa)));
    }
    Spellings::new(Notation::XSampa, signs)
});

/// Every sound under the spelling that `choose` takes from its two.
fn own(
    choose: fn((&'static str, &'static str)) -> &'static str,
) -> impl Iterator<Item = (&'static str, Sign)> {
    let consonants = CONSONANTS.iter().map(|row| (row.0, row.1));
    let vowels = VOWELS.iter().map(|row| (row.0, row.1));
    let marks = MARKS.iter().map(|row| (row.0, row.1));
    let sounds = consonants.chain(vowels).chain(marks);
    sounds
        .zip(Phone::all(Alphabet::Ipa))
        .map(move |(spellings, phone)| {
            let segment = Segment::unstressed(phone);
            (choose(spellings), Sign::Sounds(vec![segment]))
        })
}

fn silent(spellings: &'static [&'static str]) -> impl Iterator<Item = (&'static str, Sign)> {
    spellings.iter().map(|spelling| (*spelling, Sign::Silent))
}

/// The signs, and those that are spelled by them.
fn with_others(
    signs: Vec<(&'static str, Sign)>,
    others: &[(&'static str, &'static str)],
) -> Vec<(&'static str, Sign)> {
    let known = Spellings::new(Notation::Ipa, signs);
    let others: Vec<(&'static str, Sign)> = others
        .iter()
        .map(|(spelling, ipa)| (*spelling, known.sign(ipa)))
        .collect();
    [known.signs, others].concat()
}

impl Spellings {
    fn new(notation: Notation, mut signs: Vec<(&'static str, Sign)>) -> Spellings {
        signs.sort_by_key(|(spelling, _)| std::cmp::Reverse(spelling.len()));
        Spellings { notation, signs }
    }

    /// The longest spelling that `text` begins with.
    fn first(&self, text: &str) -> Option<(&'static str, &Sign)> {
        let found = self.signs.iter().find(|(one, _)| text.starts_with(one));
        found.map(|(spelling, sign)| (*spelling, sign))
    }

    /// What a text of known spellings stands for as one sign.
    fn sign(&self, text: &str) -> Sign {
        let mut sounds = Vec::new();
        let mut rest = text;
        while let Some((spelling, sign)) = self.first(rest) {
            match sign {
                Sign::Sounds(more) => sounds.extend_from_slice(more),
                other => return other.clone(),
            }
            rest = &rest[spelling.len()..];
        }
        Sign::Sounds(sounds)
    }

    /// A vowel without a mark of stress before it is unstressed, but if no vowel has one, the first has primary stress. White
    /// space parts nothing. `#` behind white space ends the text.
    fn read(&self, text: &str, segments: &mut Vec<Segment>) -> Result<(), PronunciationError> {
        let start = segments.len();
        let text = text.split(" #").next().unwrap_or(text).trim();
        let (mut stress, mut stress_is_written) = (None, false);
        let mut rest = text;
        while let Some(next) = rest.chars().next() {
            if next.is_whitespace() {
                rest = &rest[next.len_utf8()..];
                continue;
            }
            let Some((spelling, sign)) = self.first(rest) else {
                return Err(PronunciationError::UnknownSound {
                    symbol: next.to_string(),
                    written: shortened(text),
                    notation: self.notation,
                });
            };
            rest = &rest[spelling.len()..];
            match sign {
                Sign::Silent => {}
                Sign::Stress(degree) => stress = Some(*degree),
                Sign::Sounds(sounds) => {
                    for &sound in sounds {
                        if segments.len() - start == Pronunciation::MAX_SEGMENTS {
                            return Err(PronunciationError::TooLong);
                        }
                        let stressed = stress
                            .filter(|_| sound.phone().is_vowel())
                            .and_then(|degree| Segment::vowel(sound.phone(), degree));
                        if stressed.is_some() {
                            stress = None;
                            stress_is_written = true;
                        }
                        segments.push(stressed.unwrap_or(sound));
                    }
                }
            }
        }

        if segments.len() == start {
            return Err(PronunciationError::Empty);
        }
        if !stress_is_written {
            stress_first_vowel(&mut segments[start..]);
        }

        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[track_caller]
    fn check(notation: Notation, text: &str, expected: &str) {
        let shown = match notation.pronunciation(text) {
            Ok(pronunciation) => pronunciation.to_string(),
            Err(error) => error.to_string(),
        };
        assert!(shown.starts_with(expected), "{text:?} gave {shown:?}");
    }

    #[test]
    fn both_notations_spell_the_same_sounds() {
        for (ipa, x_sampa, shown) in [
            ("ˈʃøːnə", "\"S2:n@", "ʃ ˈø ː n ə"),
            ("ɪç", "IC", "ˈɪ ç"),
            ("t͡saɪ̯t", "ts aI_^ t", "t s ˈa ɪ t"),
            ("ˌɑ̃ˈfɑ̃", "%A~\"fA_~", "ˌɑ \u{303} f ˈɑ \u{303}"),
            ("tʰiː", "t_hi:", "t ʰ ˈi ː"),
            ("gʊt", "gUt # good", "ɡ ˈʊ t"),
        ] {
            check(Notation::Ipa, ipa, shown);
            check(Notation::XSampa, x_sampa, shown);
            check(Notation::Ipa, shown, shown);
        }
        check(Notation::Arpabet, "HH AW1 S", "HH AW1 S");
    }

    #[test]
    fn every_spelling_is_one_sound_and_no_other() {
        for spellings in [&*IPA, &*X_SAMPA] {
            let distinct: BTreeSet<&str> = spellings.signs.iter().map(|sign| sign.0).collect();
            assert_eq!(
                distinct.len(),
                spellings.signs.len(),
                "{:?}",
                spellings.notation
            );
        }
        for segment in Segment::all(Alphabet::Ipa) {
            let again = Notation::Ipa.pronunciation(&segment.to_string()).unwrap();
            assert_eq!(again.segments()[0].phone(), segment.phone(), "{segment}");
        }
    }

    #[test]
    fn a_sign_that_is_none_is_named() {
        check(Notation::Ipa, "haʊ5s", "`5` in `haʊ5s` is no sound of ipa");
        check(
            Notation::XSampa,
            "haʊs",
            "`ʊ` in `haʊs` is no sound of x-sampa",
        );
        check(Notation::Ipa, " . ", "there are no phones");
        check(Notation::XSampa, &"t".repeat(61), "there are more than 60");
        assert!("sampa".parse::<Notation>().is_err());
    }
}
