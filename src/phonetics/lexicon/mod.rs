//! `Lexicon`: words, how each may be pronounced, which are in common use, and how often.
//!
//! The file format is in [`cmudict`](crate::phonetics::cmudict), the lexicon of this crate in
//! `embedded`. What sounds like what is for [`neighbours`](crate::phonetics::neighbours).

mod word_index;

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use crate::phonetics::alphabet::Alphabet;
use crate::phonetics::frequency::Frequency;
use crate::phonetics::lexicon::word_index::WordIndex;
use crate::phonetics::pronunciation::Pronunciation;
use crate::phonetics::segment::Segment;

/// A pronunciation dictionary: every word has one or more pronunciations, and is common or not.
///
/// Words are in lower case, in Unicode NFC, with `'` for every apostrophe; they are looked up in
/// either case and with either apostrophe. Perturbations put only common words into a transcript.
/// Cloning is cheap: clones share their content.
///
/// Invariants: at least one word; words sorted by their bytes, each once; no word has the same
/// pronunciation twice; all sounds are of one [`Alphabet`].
#[derive(Clone, Debug)]
pub struct Lexicon {
    tables: Arc<Tables>,
}

/// Few large arrays: 126,000 small strings would take longer to allocate than the dictionary takes
/// to read.
///
/// Word `w` is `text[word_ends[w - 1]..word_ends[w]]`, its pronunciations are those before
/// `pronunciation_ends[w]`, and pronunciation `p` is `segments[segment_ends[p -
/// 1]..segment_ends[p]]`.
#[derive(Clone, Debug, Default)]
struct Tables {
    text: String,
    word_ends: Vec<u32>,
    common: Vec<bool>,
    frequencies: Vec<Option<Frequency>>,
    pronunciation_ends: Vec<u32>,
    segments: Vec<Segment>,
    segment_ends: Vec<u32>,
    /// Made when a word is looked up for the first time.
    positions: OnceLock<WordIndex>,
    /// Known when it was asked for once.
    content_hash: OnceLock<String>,
}

impl Tables {
    /// The flags of all words, which are about to change.
    fn flags_mut(&mut self) -> (&mut Vec<bool>, &mut Vec<Option<Frequency>>) {
        self.content_hash = OnceLock::new();
        (&mut self.common, &mut self.frequencies)
    }
}

impl Lexicon {
    /// The words of both, with the pronunciations of both; a word is common if it is so in either,
    /// and has a frequency if it has one in each that lists it: the higher one.
    ///
    /// # Panics
    /// If they are of different [alphabets](Lexicon::alphabet), whose sounds cannot be compared.
    #[must_use]
    pub fn merged(&self, other: &Lexicon) -> Lexicon {
        assert_eq!(self.alphabet(), other.alphabet(), "sounds of one alphabet");
        let mut builder = Builder::default();
        for lexicon in [self, other] {
            for word in 0..lexicon.len() {
                for segments in lexicon.segments_of_word(word) {
                    builder.segments.extend_from_slice(segments);
                    let flags = lexicon.flags_at(word);
                    builder.finish_entry(lexicon.word(word), flags);
                }
            }
        }

        builder.build()
    }

    /// The same words, of which only those in `words` are common; words that the lexicon lacks are
    /// passed over.
    ///
    /// Any order will do; sorted words, as in the embedded list, are found without a search.
    #[must_use]
    pub fn with_common<'a>(mut self, words: impl IntoIterator<Item = &'a str>) -> Lexicon {
        let mut common = vec![false; self.len()];
        self.place(words.into_iter().map(|word| (word, true)), &mut common);
        *Arc::make_mut(&mut self.tables).flags_mut().0 = common;
        self
    }

    /// The same words with the frequencies of `words`, and [`Frequency::ZERO`] for all others;
    /// words that the lexicon lacks are passed over.
    ///
    /// As fast as [`Lexicon::with_common`] for sorted words.
    #[must_use]
    pub fn with_frequencies<'a>(
        mut self,
        words: impl IntoIterator<Item = (&'a str, Frequency)>,
    ) -> Lexicon {
        let mut frequencies = vec![Some(Frequency::ZERO); self.len()];
        let words = words.into_iter();
        self.place(
            words.map(|(word, frequency)| (word, Some(frequency))),
            &mut frequencies,
        );
        *Arc::make_mut(&mut self.tables).flags_mut().1 = frequencies;
        self
    }

    /// Puts the value of every word at its position in `column`.
    fn place<'a, T>(&self, values: impl Iterator<Item = (&'a str, T)>, column: &mut [T]) {
        // Sorted words are found near the one before; the others are searched for.
        let mut next = 0;
        for (word, value) in values {
            let near = (next..self.len())
                .take(16)
                .find(|&index| self.word(index) >= word);
            let found = match near {
                Some(index) if self.word(index) == word => Some(index),
                _ => self.position(word),
            };
            if let Some(index) = found {
                column[index] = value;
                next = index + 1;
            }
        }
    }

    /// The words that `keep` is true of, with their pronunciations and flags; `None` where there
    /// are none.
    pub fn filtered(&self, keep: impl Fn(&str) -> bool) -> Option<Lexicon> {
        let mut builder = Builder::default();
        for word in (0..self.len()).filter(|&word| keep(self.word(word))) {
            for segments in self.segments_of_word(word) {
                builder.segments.extend_from_slice(segments);
                builder.finish_entry(self.word(word), self.flags_at(word));
            }
        }
        (!builder.is_empty()).then(|| builder.build())
    }

    /// The alphabet of its sounds.
    pub fn alphabet(&self) -> Alphabet {
        self.tables.segments[0].alphabet()
    }

    /// Whether it is in ARPAbet, as dictionaries of English are: then the rules apply that name
    /// English words.
    pub fn is_english(&self) -> bool {
        self.alphabet() == Alphabet::Arpabet
    }

    /// Whether `word` may be put into a transcript: lower-case letters and `'`; of English, those
    /// from a to z.
    pub fn is_plain(&self, word: &str) -> bool {
        let english = self.is_english();
        word.chars().all(|c| {
            c.is_ascii_lowercase()
                || c == '\''
                || (!english && c.is_alphabetic() && !c.is_uppercase())
        })
    }

    /// Whether the lexicon lists `word`, as it is or in lower case.
    pub fn contains(&self, word: &str) -> bool {
        self.position(word).is_some()
    }

    /// Whether the lexicon lists `word` as a common one.
    pub fn is_common(&self, word: &str) -> bool {
        self.position(word)
            .is_some_and(|index| self.is_common_at(index))
    }

    /// How often `word` is said; `None` if the lexicon lacks the word or nobody counted it, as with
    /// words of a dictionary that was read from a file.
    pub fn frequency(&self, word: &str) -> Option<Frequency> {
        self.position(word)
            .and_then(|index| self.tables.frequencies[index])
    }

    /// Whether the first pronunciations of `one` and `other` are the same; other pronunciations are
    /// often those of a dialect (`last` as `lass`), or of a word said without stress.
    pub fn first_sounds_agree(&self, one: &str, other: &str) -> bool {
        let first = |word| {
            self.position(word)
                .and_then(|index| self.segments_of_word(index).next())
        };
        let one = first(one);
        one.is_some() && one == first(other)
    }

    /// The pronunciations of `word` in the order of the dictionary; empty if the lexicon lacks the
    /// word.
    pub fn pronunciations(&self, word: &str) -> Vec<Pronunciation> {
        match self.position(word) {
            Some(index) => self
                .segments_of_word(index)
                .map(Pronunciation::from_checked)
                .collect(),
            None => Vec::new(),
        }
    }

    /// Every word, sorted by its bytes.
    pub fn words(&self) -> impl ExactSizeIterator<Item = &str> {
        (0..self.len()).map(|index| self.word(index))
    }

    /// The number of words.
    #[expect(clippy::len_without_is_empty, reason = "a lexicon is never empty")]
    pub fn len(&self) -> usize {
        self.tables.word_ends.len()
    }

    /// The blake3 hash of the content, as hexadecimal digits: words, flags, frequencies and
    /// pronunciations, but not the order of the lines they were read from.
    pub fn content_hash(&self) -> String {
        let known = self.tables.content_hash.get_or_init(|| self.hash_content());
        known.clone()
    }

    fn hash_content(&self) -> String {
        let symbols: Vec<String> = Segment::all(self.alphabet())
            .map(|segment| format!("{segment} "))
            .collect();

        let mut hasher = blake3::Hasher::new();
        let mut text = String::new();
        for index in 0..self.len() {
            let mut pronunciations: Vec<&[Segment]> = self.segments_of_word(index).collect();
            pronunciations.sort_unstable();
            for segments in pronunciations {
                text.push_str(self.word(index));
                text.push_str(if self.is_common_at(index) {
                    "\tcommon\t"
                } else {
                    "\trare\t"
                });
                if let Some(frequency) = self.tables.frequencies[index] {
                    text.push_str(&frequency.to_string());
                    text.push('\t');
                }
                for segment in segments {
                    text.push_str(&symbols[segment.index()]);
                }
                text.push('\n');
            }
            if text.len() > 1 << 16 {
                hasher.update(text.as_bytes());
                text.clear();
            }
        }

        hasher.update(text.as_bytes());
        hasher.finalize().to_hex().to_string()
    }

    /// The position of `word` in [`Lexicon::words`], in whichever case it is written.
    pub(super) fn position(&self, word: &str) -> Option<usize> {
        let is_plain = |c: char| c.is_lowercase() || c == '\'' || c == '-' || c == '.';
        if word.chars().all(is_plain) {
            return self.exact_position(word);
        }
        self.exact_position(&word.replace('\u{2019}', "'").to_lowercase())
    }

    fn exact_position(&self, word: &str) -> Option<usize> {
        let positions = &self.tables.positions;
        let positions = positions.get_or_init(|| WordIndex::new(self.words()));
        positions.find(word, |position| self.word(position))
    }

    /// The word at a position.
    pub(super) fn word(&self, index: usize) -> &str {
        &self.tables.text[range(&self.tables.word_ends, index)]
    }

    /// Whether the word at a position is common.
    pub(super) fn is_common_at(&self, index: usize) -> bool {
        self.tables.common[index]
    }

    /// The word's flags.
    fn flags_at(&self, index: usize) -> Flags {
        Flags {
            common: self.tables.common[index],
            frequency: self.tables.frequencies[index],
        }
    }

    /// The pronunciations of the word at a position, in the order of the dictionary.
    pub(super) fn segments_of_word(
        &self,
        index: usize,
    ) -> impl ExactSizeIterator<Item = &[Segment]> {
        range(&self.tables.pronunciation_ends, index)
            .map(|pronunciation| self.segments_at(pronunciation))
    }

    /// A word with more pronunciations than [`MOST_PRONUNCIATIONS`].
    pub(super) fn crowded_word(&self) -> Option<&str> {
        let crowded = |word: &usize| self.pronunciation_range(*word).len() > MOST_PRONUNCIATIONS;
        (0..self.len()).find(crowded).map(|word| self.word(word))
    }

    /// The number of pronunciations of all words.
    pub(super) fn pronunciation_count(&self) -> usize {
        self.tables.segment_ends.len()
    }

    /// The positions of the pronunciations of the word at a position.
    pub(super) fn pronunciation_range(&self, word: usize) -> std::ops::Range<usize> {
        range(&self.tables.pronunciation_ends, word)
    }

    /// The pronunciation at a position.
    pub(super) fn segments_at(&self, pronunciation: usize) -> &[Segment] {
        &self.tables.segments[range(&self.tables.segment_ends, pronunciation)]
    }
}

/// The most pronunciations of a word; CMUdict's richest has nine.
pub(super) const MOST_PRONUNCIATIONS: usize = 100;

fn range(ends: &[u32], index: usize) -> std::ops::Range<usize> {
    let start = if index == 0 { 0 } else { ends[index - 1] };
    start as usize..ends[index] as usize
}

/// Entries in the order they are read, one for each pronunciation of a word.
#[derive(Default)]
pub(super) struct Builder<'a> {
    entries: Vec<Entry<'a>>,
    /// The segments of all entries, and behind them those of the entry to come.
    pub(super) segments: Vec<Segment>,
}

/// What is known of a word beside its sounds.
#[derive(Clone, Copy)]
pub(super) struct Flags {
    pub(super) common: bool,
    pub(super) frequency: Option<Frequency>,
}

struct Entry<'a> {
    word: Cow<'a, str>,
    flags: Flags,
    segments: (u32, u32),
}

impl<'a> Builder<'a> {
    /// A builder with room for so many entries and segments.
    pub(super) fn with_capacity(entries: usize, segments: usize) -> Builder<'a> {
        Builder {
            entries: Vec::with_capacity(entries),
            segments: Vec::with_capacity(segments),
        }
    }

    /// Whether there are no entries yet.
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Makes an entry of the segments that were added since the last one.
    pub(super) fn finish_entry(&mut self, word: impl Into<Cow<'a, str>>, flags: Flags) {
        let start = self.entries.last().map_or(0, |entry| entry.segments.1);
        let end = u32::try_from(self.segments.len()).expect("a lexicon has fewer than 2^32 phones");
        self.entries.push(Entry {
            word: word.into(),
            flags,
            segments: (start, end),
        });
    }

    /// Sorts the entries and joins those of one word.
    pub(super) fn build(mut self) -> Lexicon {
        // Dictionaries are nearly sorted, which the stable sort makes use of; it also keeps the
        // order of pronunciations.
        self.entries.sort_by(|a, b| a.word.cmp(&b.word));
        let mut tables = Tables::default();
        tables.segments.reserve(self.segments.len());
        tables.segment_ends.reserve(self.entries.len());
        for entries in self.entries.chunk_by(|a, b| a.word == b.word) {
            let first = tables.segment_ends.len();
            for entry in entries {
                let segments = &self.segments[entry.segments.0 as usize..entry.segments.1 as usize];
                let repeated = (first..tables.segment_ends.len()).any(|earlier| {
                    tables.segments[range(&tables.segment_ends, earlier)] == *segments
                });
                // Whoever reads a dictionary refuses a word that has more.
                let crowded = tables.segment_ends.len() - first > MOST_PRONUNCIATIONS;
                if !repeated && !crowded {
                    tables.segments.extend_from_slice(segments);
                    tables.segment_ends.push(length(tables.segments.len()));
                }
            }
            tables.text.push_str(&entries[0].word);
            tables.word_ends.push(length(tables.text.len()));
            let flags = || entries.iter().map(|entry| entry.flags);
            tables.common.push(flags().any(|flags| flags.common));
            // A word that somebody lists without a frequency is wanted, however rare it is.
            let frequencies: Option<Vec<Frequency>> =
                flags().map(|flags| flags.frequency).collect();
            tables
                .frequencies
                .push(frequencies.and_then(|all| all.into_iter().max()));
            tables
                .pronunciation_ends
                .push(length(tables.segment_ends.len()));
        }

        Lexicon {
            tables: Arc::new(tables),
        }
    }
}

fn length(length: usize) -> u32 {
    u32::try_from(length).expect("a lexicon has less than 4 GiB of words and phones")
}

#[cfg(test)]
mod tests;
