//! The dictionary format of CMUdict, and what can be wrong with a file of it.
//!
//! [`Lexicon::read`] says what the format is. Files are opened, and their names known, by the floors above.

use std::borrow::Cow;
use std::io;

use unicode_normalization::UnicodeNormalization;

use crate::phonetics::lexicon::{Builder, Flags, Lexicon, MOST_PRONUNCIATIONS};
use crate::phonetics::notation::Notation;
use crate::phonetics::{PronunciationError, shortened};

/// The longest word, in bytes; the longest of CMUdict has 34.
const LONGEST_WORD: usize = 200;

/// Reads a whole dictionary; all its words are common.
pub(in crate::phonetics) fn parse(
    text: &str,
    name: &str,
    notation: Notation,
) -> Result<Lexicon, LexiconError> {
    // Most lines of CMUdict have some 27 bytes and 7 phones; growing the arrays step by step would copy them often.
    let mut builder = Builder::with_capacity(text.len() / 24, text.len() / 3);
    for (number, line) in text
        .strip_prefix('\u{feff}')
        .unwrap_or(text)
        .lines()
        .enumerate()
    {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') || line.starts_with(";;;") {
            continue;
        }
        let (word, phones) = line.split_once([' ', '\t']).unwrap_or((line, ""));
        let at_line = |kind| LexiconError::new(name, Some(number + 1), kind);
        notation
            .read(phones, &mut builder.segments)
            .map_err(|error| {
                at_line(LexiconErrorKind::Pronunciation {
                    word: shortened(word),
                    source: error,
                })
            })?;
        let Some(plain) = plain_word(word) else {
            return Err(at_line(LexiconErrorKind::NoWord {
                written: shortened(word),
            }));
        };
        if plain.len() > LONGEST_WORD {
            return Err(at_line(LexiconErrorKind::LongWord {
                word: shortened(word),
            }));
        }
        let flags = Flags {
            common: true,
            frequency: None,
        };
        builder.finish_entry(plain, flags);
    }

    if builder.is_empty() {
        return Err(LexiconError::new(name, None, LexiconErrorKind::NoEntries));
    }

    let lexicon = builder.build();
    if let Some(word) = lexicon.crowded_word() {
        let word = shortened(word);
        return Err(LexiconError::new(
            name,
            None,
            LexiconErrorKind::Crowded { word },
        ));
    }

    Ok(lexicon)
}

/// The word without its variant number, as the lexicon spells it; `None` if nothing is left.
pub(in crate::phonetics) fn plain_word(word: &str) -> Option<Cow<'_, str>> {
    let plain = match word
        .strip_suffix(')')
        .and_then(|open| open.rsplit_once('('))
    {
        Some((plain, number))
            if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            plain
        }
        _ => word,
    };
    if plain.is_empty() {
        None
    } else if !plain.is_ascii() {
        Some(
            plain
                .replace('\u{2019}', "'")
                .to_lowercase()
                .nfc()
                .collect::<String>()
                .into(),
        )
    } else if plain.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Some(plain.to_ascii_lowercase().into())
    } else {
        Some(plain.into())
    }
}

/// A dictionary could not be read.
#[derive(Debug, thiserror::Error)]
#[error("failed to read the lexicon {name}{}", line.map(|line| format!(", line {line}")).unwrap_or_default())]
pub struct LexiconError {
    name: String,
    line: Option<usize>,
    #[source]
    kind: LexiconErrorKind,
}

impl LexiconError {
    pub(in crate::phonetics) fn new(
        name: &str,
        line: Option<usize>,
        kind: LexiconErrorKind,
    ) -> LexiconError {
        LexiconError {
            name: name.to_owned(),
            line,
            kind,
        }
    }
}

/// Why a dictionary could not be read.
#[derive(Debug, thiserror::Error)]
pub enum LexiconErrorKind {
    /// The reader failed.
    #[error("it cannot be read")]
    Io(#[from] io::Error),
    /// It is larger than any dictionary.
    #[error("it is larger than 64 MiB, more than any dictionary needs")]
    TooLarge,
    /// A word is longer than any word.
    #[error("the word `{word}` is longer than {LONGEST_WORD} bytes")]
    LongWord {
        /// The word, shortened.
        word: String,
    },
    /// A word has more pronunciations than any word.
    #[error("the word `{word}` has more than {MOST_PRONUNCIATIONS} pronunciations")]
    Crowded {
        /// The word.
        word: String,
    },
    /// Some bytes are not UTF-8.
    #[error("the line is not UTF-8: convert the file to it")]
    NotUtf8,
    /// There is a variant number, but no word before it.
    #[error("`{written}` has no word before its variant number")]
    NoWord {
        /// What stands where the word should be.
        written: String,
    },
    /// The phones of a word are not ARPAbet.
    #[error("the pronunciation of `{word}` is not valid")]
    Pronunciation {
        /// The word as it is written.
        word: String,
        /// What is wrong with it.
        source: PronunciationError,
    },
    /// Nothing but comments and blank lines.
    #[error(
        "it lists no words: a line is a word and its phones, such as `two T UW1` (in IPA, `two ˈtuː`)"
    )]
    NoEntries,
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::*;

    #[track_caller]
    fn check_error(bytes: &[u8], expected: &str) {
        let error = Lexicon::read(bytes, "words.dict").unwrap_err();
        let mut message = error.to_string();
        let mut source = std::error::Error::source(&error);
        while let Some(inner) = source {
            write!(message, ": {inner}").unwrap();
            source = inner.source();
        }

        assert!(
            message.starts_with(expected),
            "{message:?} does not start with {expected:?}"
        );
    }

    #[test]
    fn garbage_is_reported_with_its_line_and_value() {
        check_error(
            b"a AH0\n{\"id\": 3}\n",
            "failed to read the lexicon words.dict, line 2: the pronunciation of `{\"id\":` is not valid: `3}` is not",
        );
        check_error(
            b"a AH0\nword\n",
            "failed to read the lexicon words.dict, line 2: the pronunciation of `word` is not valid: there are no phones",
        );
        check_error(
            b"a AH0\n\n(2) EY1\n",
            "failed to read the lexicon words.dict, line 3: `(2)` has no word",
        );
        check_error(
            b"a AH0\nb B IY1\n\xff\xfe B\n",
            "failed to read the lexicon words.dict, line 3: the line is not UTF-8",
        );
    }

    #[test]
    fn a_dictionary_without_words_is_an_error() {
        check_error(
            b"",
            "failed to read the lexicon words.dict: it lists no words",
        );
        check_error(
            b"# only this\n",
            "failed to read the lexicon words.dict: it lists no words",
        );
    }
}
