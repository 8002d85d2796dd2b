//! The dictionary format of CMUdict, and what can be wrong with a file of it.
//!
//! [`Lexicon::read`] says what the format is. Files are opened, and their names known, by the floors
//! above.

use std::io::{self, BufRead, Read};
use std::str;

use crate::phonetics::lexicon::{Builder, Flags, Lexicon, MOST_PRONUNCIATIONS};
use crate::phonetics::notation::Notation;
use crate::phonetics::pronunciation::{PronunciationError, shortened};
use crate::phonetics::spelling::plain_word;

/// The longest word, in bytes; the longest of CMUdict has 34.
const LONGEST_WORD: usize = 200;

/// The most bytes of a dictionary; CMUdict has four million.
const LARGEST: u64 = 64 << 20;

impl Lexicon {
    /// Reads a dictionary in CMUdict's format, in which all words count as common and none has a frequency; `name` says in errors what was read.
    ///
    /// A line is a word and its ARPAbet phones between blanks, such as `their DH EH1 R`; a further pronunciation is a further line,
    /// with or without a variant number, as in `a(2) EY1`. Lines that start with `;;;` or `#`, a tail behind ` #`, and blank lines
    /// are skipped; lines may end in CR LF; words and phones may be in upper case. Stress may be missing, in which case the first
    /// vowel of a word counts as stressed. The first line that is none of this ends the reading.
    pub fn read(reader: impl BufRead, name: &str) -> Result<Lexicon, LexiconError> {
        Lexicon::read_in(Notation::Arpabet, reader, name)
    }

    /// As [`Lexicon::read`], with pronunciations in `notation`.
    ///
    /// In IPA and X-SAMPA the sounds of a word may stand together or apart: `haus ˈhaʊs`, `haus h a ʊ s`.
    pub fn read_in(
        notation: Notation,
        reader: impl BufRead,
        name: &str,
    ) -> Result<Lexicon, LexiconError> {
        let mut bytes = Vec::new();
        // One byte more tells whether there is more.
        reader
            .take(LARGEST + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| LexiconError::new(name, None, error.into()))?;
        if bytes.len() as u64 > LARGEST {
            return Err(LexiconError::new(name, None, LexiconErrorKind::TooLarge));
        }

        let text = str::from_utf8(&bytes).map_err(|error| {
            let line = bytes[..error.valid_up_to()]
                .split(|&byte| byte == b'\n')
                .count();
            LexiconError::new(name, Some(line), LexiconErrorKind::NotUtf8)
        })?;

        parse(text, name, notation)
    }
}

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
