//! Reading pronunciations in the ARPAbet of CMUdict: `DH EH1 R`.

use crate::phonetics::phone::Phone;
use crate::phonetics::pronunciation::{Pronunciation, PronunciationError, shortened};
use crate::phonetics::segment::{Segment, Stress};

/// Appends the segments that the ARPAbet `text` spells to `segments`.
///
/// A vowel without a digit is unstressed, unless no vowel of the word has one, as in dictionaries without stress: then the first
/// vowel has primary stress, so that words of one syllable meet their homophones. A symbol that starts with `#` ends the text.
pub(in crate::phonetics) fn read_arpabet(
    text: &str,
    segments: &mut Vec<Segment>,
) -> Result<(), PronunciationError> {
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
pub(in crate::phonetics) fn stress_first_vowel(segments: &mut [Segment]) {
    let mut stressed = segments.iter_mut().filter_map(|segment| {
        let vowel = Segment::vowel(segment.phone(), Stress::Primary)?;
        Some((segment, vowel))
    });
    if let Some((segment, vowel)) = stressed.next() {
        *segment = vowel;
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
