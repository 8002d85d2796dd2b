//! How raw text becomes a [`Transcript`]: the choices that decide which words
//! count as equal, in one value that every report states.
//!
//! Spelling, numbers and fillers are left alone: that is the business of
//! whoever makes the lists.

use std::borrow::Cow;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use unicode_normalization::{UnicodeNormalization, is_nfc};

use crate::nbest::{Transcript, spaceless};

/// What is done to every reference and hypothesis before words are compared.
///
/// Normalizing twice changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "steps that are taken or not, each by itself"
)]
pub struct Normalization {
    /// Curly, modifier-letter, full-width and prime apostrophes, backticks and
    /// acute accents that stand alone become `'`.
    pub apostrophes: bool,
    /// Letters become lower case, in all of Unicode.
    pub lowercase: bool,
    /// Text is composed to Unicode NFC, so that `é` is one character however it was typed.
    pub nfc: bool,
    /// What happens to punctuation.
    pub punctuation: Punctuation,
    /// Words in parentheses, such as `(%hesitation)`, and words that begin with `%` are left out.
    #[serde(default)]
    pub without_hesitations: bool,
    /// Characters of scripts without spaces between words (ideographs, kana, Thai, Lao, Burmese,
    /// Khmer) are words of their own; words of other letters stay whole.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub characters: bool,
}

/// What happens to punctuation marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Punctuation {
    /// They stay, as parts of words or as words of their own.
    Keep,
    /// They become spaces, except apostrophes and hyphens between two letters
    /// or digits (`don't`, `mid-air`). Symbols such as `$` and `<` stay. Characters that are not
    /// seen, such as soft hyphens and byte order marks, are left out, but for joiners.
    Strip,
}

impl Default for Normalization {
    /// Straight apostrophes, lower case and NFC; punctuation stays.
    fn default() -> Normalization {
        Normalization {
            apostrophes: true,
            lowercase: true,
            nfc: true,
            punctuation: Punctuation::Keep,
            without_hesitations: false,
            characters: false,
        }
    }
}

impl Normalization {
    /// No step at all: words are compared as they were written.
    pub fn none() -> Normalization {
        Normalization {
            apostrophes: false,
            lowercase: false,
            nfc: false,
            punctuation: Punctuation::Keep,
            without_hesitations: false,
            characters: false,
        }
    }

    /// The normalized words of `text`.
    pub fn normalize(self, text: &str) -> Transcript {
        // Before all else, so that nothing is composed or told apart around what is not seen.
        let seen = match self.punctuation {
            Punctuation::Keep => Cow::Borrowed(text),
            Punctuation::Strip => without_invisible(text),
        };
        let mut text = self.composed(self.spoken(&seen));
        if self.apostrophes && has_apostrophe(&text) {
            text = Cow::Owned(text.replace(is_apostrophe, "'"));
        }

        if self.lowercase {
            if !text.is_ascii() {
                text = Cow::Owned(text.to_lowercase());
            } else if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
                text = Cow::Owned(text.to_ascii_lowercase());
            }
        }

        // Once more: lower case may come apart, and some composed forms are apostrophes.
        let text = self.composed(text);
        let text = if self.characters && !text.is_ascii() {
            // What stands apart now may be a hesitation.
            Cow::Owned(self.spoken(&spaceless::parted(&text)).into_owned())
        } else {
            text
        };
        match self.punctuation {
            Punctuation::Keep => Transcript::new(&text),
            Punctuation::Strip => Transcript::new(&strip_punctuation(&text)),
        }
    }

    /// The text without hesitations, if they are to be left out.
    fn spoken(self, text: &str) -> Cow<'_, str> {
        if self.without_hesitations && text.contains(['(', '%']) {
            let words = text.split_whitespace().filter(|word| !is_hesitation(word));
            Cow::Owned(words.collect::<Vec<&str>>().join(" "))
        } else {
            Cow::Borrowed(text)
        }
    }

    fn composed(self, text: Cow<'_, str>) -> Cow<'_, str> {
        if self.nfc && !text.is_ascii() && !is_nfc(&text) {
            Cow::Owned(text.nfc().collect())
        } else {
            text
        }
    }

    /// The steps in words, for reports: `lower case, straight apostrophes, Unicode NFC, punctuation
    /// kept`.
    pub fn describe(self) -> String {
        let mut steps = Vec::new();
        let taken = [
            (self.lowercase, "lower case"),
            (self.apostrophes, "straight apostrophes"),
            (self.nfc, "Unicode NFC"),
        ];
        steps.extend(
            taken
                .iter()
                .filter(|(taken, _)| *taken)
                .map(|(_, step)| *step),
        );
        steps.push(match self.punctuation {
            Punctuation::Keep if steps.is_empty() => "as written",
            Punctuation::Keep => "punctuation kept",
            Punctuation::Strip => "punctuation stripped",
        });

        if self.without_hesitations {
            steps.push("hesitations left out");
        }
        if self.characters {
            steps.push(spaceless::STEP);
        }
        steps.join(", ")
    }

    /// The normalization of which [`describe`](Normalization::describe) says `text`; `None` if
    /// there is none.
    pub fn described(text: &str) -> Option<Normalization> {
        let mut normalization = Normalization::none();
        for step in text.split(", ") {
            match step {
                "lower case" => normalization.lowercase = true,
                "straight apostrophes" => normalization.apostrophes = true,
                "Unicode NFC" => normalization.nfc = true,
                "punctuation stripped" => normalization.punctuation = Punctuation::Strip,
                "hesitations left out" => normalization.without_hesitations = true,
                spaceless::STEP => normalization.characters = true,
                "as written" | "punctuation kept" => {}
                _ => return None,
            }
        }

        (normalization.describe() == text).then_some(normalization)
    }
}

/// A `--normalize` value that names no step.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown normalization step `{step}`; give `none`, or steps out of default, lowercase, \
     apostrophes, nfc, strip-punctuation, strip-hesitations and characters, separated by commas"
)]
pub struct UnknownStep {
    step: String,
}

impl FromStr for Normalization {
    type Err = UnknownStep;

    /// Reads `none`, or a comma list such as `lowercase,nfc` or `default,strip-hesitations`.
    ///
    /// A list names every step that is done: nothing else is. `default` names three.
    fn from_str(value: &str) -> Result<Normalization, UnknownStep> {
        let mut normalization = Normalization::none();
        if value.trim() == "none" {
            return Ok(normalization);
        }

        for step in value.split(',').map(str::trim) {
            match step {
                "default" => {
                    normalization = Normalization {
                        punctuation: normalization.punctuation,
                        without_hesitations: normalization.without_hesitations,
                        characters: normalization.characters,
                        ..Normalization::default()
                    };
                }
                "lowercase" => normalization.lowercase = true,
                "apostrophes" => normalization.apostrophes = true,
                "nfc" => normalization.nfc = true,
                "strip-punctuation" => normalization.punctuation = Punctuation::Strip,
                "strip-hesitations" => normalization.without_hesitations = true,
                "characters" => normalization.characters = true,
                _ => {
                    let step = step.to_owned();
                    return Err(UnknownStep { step });
                }
            }
        }

        Ok(normalization)
    }
}

/// `(%hesitation)`, `(uh)`, `%uh`: what transcribers mark as no word.
fn is_hesitation(word: &str) -> bool {
    word.len() > 1 && (word.starts_with('%') || (word.starts_with('(') && word.ends_with(')')))
}

fn has_apostrophe(text: &str) -> bool {
    if text.is_ascii() {
        text.as_bytes().contains(&b'`')
    } else {
        text.contains(is_apostrophe)
    }
}

/// Characters that people type where an apostrophe is meant.
fn is_apostrophe(c: char) -> bool {
    matches!(
        c,
        '`' | '\u{b4}' | '\u{2bc}' | '\u{2018}' | '\u{2019}' | '\u{201b}' | '\u{2032}' | '\u{ff07}'
    )
}

/// Punctuation marks of the scripts that recognizers commonly write.
///
/// A list, not a Unicode class: format characters and combining marks, which
/// some scripts need inside words, must not split them.
const PUNCTUATION: &str = "!\"#%&'()*,-./:;?@[\\]_{}\u{a1}\u{a7}\u{ab}\u{b6}\u{b7}\u{bb}\u{bf}\
    \u{60c}\u{61b}\u{61f}\u{6d4}\u{964}\u{965}\u{3001}\u{3002}\u{3003}\u{ff01}\u{ff08}\u{ff09}\
    \u{ff0c}\u{ff0d}\u{ff0e}\u{ff0f}\u{ff1a}\u{ff1b}\u{ff1f}";

fn is_punctuation(c: char) -> bool {
    let in_block =
        matches!(c, '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205e}' | '\u{3008}'..='\u{3011}');
    in_block || PUNCTUATION.contains(c)
}

/// Format characters that no script needs inside words, as some need joiners.
pub(super) fn is_invisible(c: char) -> bool {
    let marks_direction = matches!(
        c,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
    );
    marks_direction
        || matches!(
            c,
            '\u{ad}' | '\u{180e}' | '\u{200b}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        )
}

fn without_invisible(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || !text.contains(is_invisible) {
        return Cow::Borrowed(text);
    }
    // A space without width stands between words.
    Cow::Owned(text.replace('\u{200b}', " ").replace(is_invisible, ""))
}

fn strip_punctuation(text: &str) -> String {
    let mut stripped = String::with_capacity(text.len());
    let mut previous = ' ';
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let joins = matches!(c, '\'' | '-' | '\u{2019}')
            && previous.is_alphanumeric()
            && rest.clone().next().is_some_and(char::is_alphanumeric);
        stripped.push(if is_punctuation(c) && !joins { ' ' } else { c });
        previous = c;
    }

    stripped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_normalized(steps: &str, text: &str, expected: &str) {
        let normalization: Normalization = steps.parse().unwrap();
        let transcript = normalization.normalize(text);
        assert_eq!(transcript.as_str(), expected);
        assert_eq!(
            normalization.normalize(transcript.as_str()),
            transcript,
            "not idempotent"
        );
    }

    #[test]
    fn the_default_makes_lower_case_straight_composed_words() {
        check_normalized("default", "  Don\u{2019}t  STOP\tme. ", "don't stop me.");
        check_normalized(
            "default",
            "CAFE\u{301} \u{c9}T\u{c9}",
            "caf\u{e9} \u{e9}t\u{e9}",
        );
        check_normalized("default", "it`s it\u{b4}s it\u{2032}s", "it's it's it's");
    }

    #[test]
    fn no_normalization_keeps_everything_but_white_space() {
        check_normalized(
            "none",
            " Don\u{2019}t  Cafe\u{301} ",
            "Don\u{2019}t Cafe\u{301}",
        );
    }

    #[test]
    fn only_the_named_steps_are_done() {
        check_normalized("lowercase", "Don\u{2019}t", "don\u{2019}t");
        check_normalized("apostrophes, nfc", "Don\u{2019}t", "Don't");
    }

    #[test]
    fn stripping_keeps_apostrophes_and_hyphens_inside_words() {
        check_normalized(
            "lowercase,apostrophes,nfc,strip-punctuation",
            "\u{201c}Well,\u{201d} he said \u{2014} 'it's mid-air!' - $5 ...",
            "well he said it's mid-air $5",
        );
        // The Devanagari virama and the joiner are part of the word.
        let hindi = "\u{915}\u{94d}\u{200d}\u{937}\u{964}";
        check_normalized("strip-punctuation", hindi, "\u{915}\u{94d}\u{200d}\u{937}");
    }

    #[test]
    fn stripping_leaves_out_what_is_not_seen() {
        let text = "\u{feff}na\u{ad}tion \u{202a}e\u{200e}\u{301}t\u{202c}\u{200b}it\u{2060}'s";
        check_normalized("nfc,strip-punctuation", text, "nation \u{e9}t it's");
        check_normalized("none", text, text);
    }

    #[test]
    fn an_unknown_step_is_named_with_the_known_ones() {
        let error = "lowercase,upper"
            .parse::<Normalization>()
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("`upper`") && error.contains("strip-punctuation"),
            "{error}"
        );
    }

    #[test]
    fn a_description_states_every_step() {
        let described = |steps: &str| steps.parse::<Normalization>().unwrap().describe();
        assert_eq!(
            described("default"),
            "lower case, straight apostrophes, Unicode NFC, punctuation kept"
        );
        assert_eq!(described("none"), "as written");
        assert_eq!(described("strip-punctuation"), "punctuation stripped");
        for steps in [
            "default",
            "none",
            "nfc,strip-punctuation",
            "default,strip-hesitations",
            "characters,strip-hesitations,default",
        ] {
            let normalization: Normalization = steps.parse().unwrap();
            let text = normalization.describe();
            assert_eq!(
                Normalization::described(&text),
                Some(normalization),
                "{text}"
            );
        }

        assert_eq!(Normalization::described("lower case"), None);
        assert_eq!(Normalization::described("case: lower"), None);
    }

    #[test]
    fn characters_are_words_if_asked_for() {
        let text = "\u{6211}\u{4eec} GO\u{5317}\u{4eac}\u{3002}";
        check_normalized(
            "default,characters",
            text,
            "\u{6211} \u{4eec} go \u{5317} \u{4eac} \u{3002}",
        );
        check_normalized(
            "characters,strip-hesitations",
            "(\u{6211}) \u{6211}%uh",
            "\u{6211}",
        );
        check_normalized(
            "characters,strip-punctuation",
            "\u{6211}-\u{6211}",
            "\u{6211} \u{6211}",
        );
        check_normalized(
            "characters,strip-punctuation",
            text,
            "\u{6211} \u{4eec} GO \u{5317} \u{4eac}",
        );
    }

    #[test]
    fn hesitations_are_left_out_if_asked_for() {
        let text = "I (%hesitation) want %uh two (uh) (a b) 50 %";
        check_normalized("strip-hesitations", text, "I want two (a b) 50 %");
        check_normalized("default,strip-hesitations", text, "i want two (a b) 50 %");
        check_normalized("default", text, &text.to_lowercase());
    }

    #[test]
    fn normalizing_twice_changes_nothing() {
        let mut runner = proptest::test_runner::TestRunner::new(proptest::test_runner::Config {
            failure_persistence: None,
            rng_seed: proptest::test_runner::RngSeed::Fixed(1),
            ..Default::default()
        });
        runner
            .run(
                &(proptest::arbitrary::any::<String>(), 0..8),
                |(text, strip)| {
                    let mut normalization = Normalization {
                        without_hesitations: strip & 2 != 0,
                        characters: strip & 4 != 0,
                        ..Normalization::default()
                    };
                    if strip % 2 == 1 {
                        normalization.punctuation = Punctuation::Strip;
                    }
                    let once = normalization.normalize(&text);
                    proptest::prop_assert_eq!(normalization.normalize(once.as_str()), once);
                    Ok(())
                },
            )
            .unwrap();
    }
}
