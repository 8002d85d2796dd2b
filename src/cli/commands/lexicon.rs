//! The pronunciation dictionary that a command works with, as its options name it.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::cli::args::outputs::inputs;
use crate::cli::terminal::Terminal;
use crate::files::Input;
use crate::files::document::{DOCUMENT, read_named, utf8};
use crate::nbest::Utterance;
use crate::nbest::lists::{Lists, ReadBackError};
use crate::nbest::read::is_standard_input;
use crate::nbest::source::plain;
use crate::nbest::word_counts::WordCounts;
use crate::phonetics::Alphabet;
use crate::phonetics::frequency::{Frequency, of_counts};
use crate::phonetics::halves::{LexiconHalf, UnknownSlice};
use crate::phonetics::lexicon::Lexicon;
use crate::phonetics::notation::{Notation, UnknownNotation};
use crate::report::subject::unfamiliar;

/// What the embedded dictionary is called in reports.
const EMBEDDED: &str = "CMUdict (embedded)";

/// Which dictionary.
#[derive(Debug, clap::Args)]
pub(crate) struct LexiconInput {
    /// Dictionary whose words are added to the embedded CMUdict, also .gz or .zst, or - for
    /// standard input; repeatable
    ///
    /// Lines as in CMUdict, a word and its phones: "mondegreen M AA1 N D IH0 G R IY2 N"; see
    /// --phones for other languages. All words of the file count as common, however rarely they are
    /// said, so that perturbations may put them in.
    #[arg(help_heading = "Lexicon", long, value_name = "FILE")]
    lexicon: Vec<PathBuf>,
    /// How the pronunciations of --lexicon are written
    ///
    /// arpabet: CMUdict's phones, "HH AW1 S". ipa: the International Phonetic Alphabet, "ˈhaʊs",
    /// with or without spaces; stress is marked before its syllable or vowel. x-sampa: the same in
    /// ASCII, "\"haUs". The sounds of IPA are not compared with those of CMUdict, so that ipa and
    /// x-sampa need --lexicon-only; the rules that name English words then do not apply.
    #[arg(
        help_heading = "Lexicon",
        long,
        value_name = "NOTATION",
        requires = "lexicon",
        default_value = Notation::Arpabet.name(),
        value_parser = PossibleValuesParser::new(Notation::ALL.map(Notation::name))
            .try_map(|name| -> Result<Notation, UnknownNotation> { name.parse() })
    )]
    phones: Notation,
    /// How often the words of --lexicon are said: lines of a word and its count in a large corpus
    ///
    /// Then the rules of suites about rare words (min_frequency, max_frequency_drop) hold of them
    /// too. Words that the list lacks count as never said.
    #[arg(
        help_heading = "Lexicon",
        long,
        value_name = "FILE",
        requires = "lexicon"
    )]
    frequencies: Option<PathBuf>,
    /// Use the words of --lexicon alone, without CMUdict
    #[arg(help_heading = "Lexicon", long, requires = "lexicon")]
    lexicon_only: bool,
    /// Swap only words of one half of CMUdict: held-out is the half that robust training never
    /// swaps
    ///
    /// Words that sound alike are in the same half. `train --robust` swaps words of the training
    /// half; a check with `--lexicon-slice held-out` therefore tells whether what was learned holds
    /// for words that were never swapped. Words that --lexicon adds count as held-out.
    #[arg(
        help_heading = "Lexicon",
        long,
        value_name = "HALF",
        value_parser = PossibleValuesParser::new(LexiconHalf::ALL.map(LexiconHalf::name))
            .try_map(|name| -> Result<LexiconHalf, UnknownSlice> { name.parse() })
    )]
    lexicon_slice: Option<LexiconHalf>,
}

/// A dictionary and what reports call it.
#[derive(Debug)]
pub(crate) struct NamedLexicon {
    /// The names of what it was read from, without folders.
    pub(crate) name: String,
    /// The dictionary.
    pub(crate) lexicon: Lexicon,
}

impl NamedLexicon {
    /// The words of `utterances`, and how many of them are unknown.
    pub(crate) fn words(&self, utterances: &[Utterance]) -> WordCounts {
        WordCounts::of(utterances, |word| self.lexicon.contains(word))
    }

    /// The same of all `lists`.
    pub(crate) fn words_of(&self, lists: &Lists) -> Result<WordCounts, ReadBackError> {
        let mut words = WordCounts::default();
        for part in lists.parts()? {
            words.add(&part?.utterances, |word| self.lexicon.contains(word));
        }
        Ok(words)
    }
}

/// Warns where so many words of lists are unknown that they may be in another language.
pub(crate) fn warn_of_unknown(words: &WordCounts, terminal: &Terminal) {
    if let Some(note) = unfamiliar(words.unknown_words, words.hypothesis_words) {
        terminal.warn(&note);
    }
}

impl LexiconInput {
    /// The files.
    pub(crate) fn inputs(&self) -> Vec<Input> {
        let frequencies = inputs("--frequencies", self.frequencies.as_deref());
        let lexicons = inputs("--lexicon", self.lexicon.iter().map(PathBuf::as_path));
        [lexicons, frequencies].concat()
    }

    /// Reads the named files, and the embedded dictionary unless it is turned off.
    pub(crate) fn read(&self) -> anyhow::Result<NamedLexicon> {
        anyhow::ensure!(
            self.lexicon_only || self.phones.alphabet() == Alphabet::Arpabet,
            "--phones {} needs --lexicon-only: CMUdict is in ARPAbet, whose sounds are not \
                compared with others",
            self.phones
        );
        let mut read: Vec<NamedLexicon> = Vec::new();
        if !self.lexicon_only {
            read.push(NamedLexicon {
                name: EMBEDDED.to_owned(),
                lexicon: Lexicon::embedded().clone(),
            });
        }

        let frequencies = self
            .frequencies
            .as_deref()
            .map(read_frequencies)
            .transpose()?;
        for path in &self.lexicon {
            let mut one = read_file(path, self.phones)?;
            if let Some(frequencies) = &frequencies {
                let words = frequencies.iter();
                let words = words.map(|(word, frequency)| (word.as_str(), *frequency));
                one.lexicon = one.lexicon.with_frequencies(words);
            }
            read.push(one);
        }

        let merged = read.into_iter().reduce(|all, next| NamedLexicon {
            name: format!("{} + {}", all.name, next.name),
            lexicon: all.lexicon.merged(&next.lexicon),
        });
        let merged = merged.context("--lexicon-only needs --lexicon FILE")?;
        let Some(slice) = self.lexicon_slice else {
            return Ok(merged);
        };

        Ok(NamedLexicon {
            lexicon: slice.cut(&merged.lexicon).with_context(|| {
                format!("no word of the lexicon is in the {slice} half: nothing could be swapped")
            })?,
            name: format!("{}, {slice} half", merged.name),
        })
    }
}

/// What errors call a file.
fn shown(path: &Path) -> String {
    if is_standard_input(path) {
        "standard input".to_owned()
    } else {
        path.display().to_string()
    }
}

fn read_plain(path: &Path) -> std::io::Result<Vec<u8>> {
    plain(&read_named(path, DOCUMENT)?, DOCUMENT)
}

fn read_frequencies(path: &Path) -> anyhow::Result<Vec<(String, Frequency)>> {
    let read = || -> anyhow::Result<_> {
        let bytes = read_plain(path)?;
        Ok(of_counts(utf8(&bytes)?)?)
    };
    read().with_context(|| format!("failed to read the frequencies {}", shown(path)))
}

fn read_file(path: &Path, notation: Notation) -> anyhow::Result<NamedLexicon> {
    let shown = shown(path);
    let bytes = read_plain(path).with_context(|| format!("failed to read the lexicon {shown}"))?;
    let lexicon = Lexicon::read_in(notation, bytes.as_slice(), &shown)?;
    let name = match path.file_name() {
        Some(name) if !is_standard_input(path) => name.to_string_lossy().into_owned(),
        _ => shown,
    };
    Ok(NamedLexicon { name, lexicon })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("my.dict");
        std::fs::write(&path, text).unwrap();
        (folder, path)
    }

    #[test]
    fn a_file_adds_words_or_stands_alone() {
        let (_folder, path) = file("zweiundvierzig T UW1\n");
        let read = |lexicon_only| {
            LexiconInput {
                phones: Notation::Arpabet,
                frequencies: None,
                lexicon: vec![path.clone()],
                lexicon_only,
                lexicon_slice: None,
            }
            .read()
            .unwrap()
        };

        let added = read(false);
        assert_eq!(added.name, "CMUdict (embedded) + my.dict");
        assert!(added.lexicon.is_common("zweiundvierzig") && added.lexicon.contains("two"));

        let alone = read(true);
        assert_eq!((alone.name.as_str(), alone.lexicon.len()), ("my.dict", 1));
    }

    #[test]
    fn a_half_is_named_and_leaves_words_of_files_in() {
        let (_folder, path) = file("zweiundvierzig T UW1\n");
        let read = |slice, lexicon_only| {
            LexiconInput {
                phones: Notation::Arpabet,
                frequencies: None,
                lexicon: vec![path.clone()],
                lexicon_only,
                lexicon_slice: Some(slice),
            }
            .read()
        };

        let half = read(LexiconHalf::HeldOut, false).unwrap();
        assert_eq!(half.name, "CMUdict (embedded) + my.dict, held-out half");
        assert!(half.lexicon.contains("zweiundvierzig"));

        let error = read(LexiconHalf::Training, true).unwrap_err();
        assert_eq!(
            error.to_string(),
            "no word of the lexicon is in the training half: nothing could be swapped"
        );
    }

    #[test]
    fn a_bad_file_is_named_with_its_line() {
        let (_folder, path) = file("two T UW1\nthree ???\n");
        let input = LexiconInput {
            phones: Notation::Arpabet,
            frequencies: None,
            lexicon: vec![path.clone()],
            lexicon_only: false,
            lexicon_slice: None,
        };
        let error = format!("{:#}", input.read().unwrap_err());

        assert!(
            error.contains("my.dict") && error.contains("line 2"),
            "{error}"
        );

        let input = LexiconInput {
            phones: Notation::Arpabet,
            frequencies: None,
            lexicon: vec![path.join("none")],
            lexicon_only: true,
            lexicon_slice: None,
        };

        assert!(
            format!("{:#}", input.read().unwrap_err()).starts_with("failed to read the lexicon")
        );
    }
}
