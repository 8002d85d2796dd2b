//! A WordPiece vocabulary made from text, the same bytes for the same text.
//!
//! Frequent pieces are merged by the counts of their pairs, as in byte-pair
//! encoding (arXiv 1508.07909), and ties are broken by the alphabet, so that the
//! result is a pure function of the text. Tokenizing with the result is the
//! business of the `tokenizers` crate.

use std::collections::{BTreeMap, BTreeSet};

use tokenizers::normalizers::BertNormalizer;
use tokenizers::pre_tokenizers::bert::BertPreTokenizer;
use tokenizers::{
    NormalizedString, Normalizer, OffsetReferential, OffsetType, PreTokenizedString, PreTokenizer,
};

/// The pieces that every vocabulary begins with, in the order of their ids.
pub const SPECIAL: [&str; 5] = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

/// Letters that occur less often than this stay unknown.
const RARE_LETTER: u64 = 2;

/// The word pieces of a tokenizer, in the order of their ids.
///
/// Invariants: no two pieces are equal, the special ones come first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vocabulary {
    pieces: Vec<String>,
}

impl Vocabulary {
    /// The `size` most useful pieces of `lines`; fewer where the text runs out of repeated pairs.
    ///
    /// Every letter that occurs at least twice gets in, at the start of a word
    /// and within one, even if that makes more than `size`.
    pub fn build<'a>(lines: impl IntoIterator<Item = &'a str>, size: usize) -> Vocabulary {
        let counts = count_words(lines);
        let mut letters: BTreeMap<String, u64> = BTreeMap::new();
        for (word, count) in &counts {
            for letter in letters_of(word) {
                *letters.entry(letter).or_default() += count;
            }
        }

        let mut pieces: Vec<String> = SPECIAL.iter().map(|piece| (*piece).to_owned()).collect();
        pieces.extend(
            letters
                .iter()
                .filter(|(_, count)| **count >= RARE_LETTER)
                .map(|(piece, _)| piece.clone()),
        );

        let mut merges = Merges::new(&counts, &pieces);
        while pieces.len() < size {
            let Some(piece) = merges.next() else { break };
            if !merges.known.contains(&piece) {
                merges.known.insert(piece.clone());
                pieces.push(piece);
            }
        }

        Vocabulary { pieces }
    }

    /// The pieces, in the order of their ids.
    pub fn pieces(&self) -> &[String] {
        &self.pieces
    }

    /// `tokenizer.json`: lower case, words and punctuation apart, longest pieces
    /// first, `[CLS] text [SEP]`.
    pub fn tokenizer_json(&self) -> String {
        let vocab: serde_json::Map<String, serde_json::Value> = self
            .pieces
            .iter()
            .enumerate()
            .map(|(id, piece)| (piece.clone(), id.into()))
            .collect();
        let added: Vec<serde_json::Value> = SPECIAL
            .iter()
            .enumerate()
            .map(|(id, piece)| {
                serde_json::json!({
                    "id": id, "content": piece, "single_word": false, "lstrip": false,
                    "rstrip": false, "normalized": false, "special": true
                })
            })
            .collect();

        let special =
            |piece: &str| serde_json::json!({"SpecialToken": {"id": piece, "type_id": 0}});
        let text = |id: &str| serde_json::json!({"Sequence": {"id": id, "type_id": 0}});
        let token = |piece: &str, id: usize| serde_json::json!({"id": piece, "ids": [id], "tokens": [piece]});
        let value = serde_json::json!({
            "version": "1.0",
            "truncation": null,
            "padding": null,
            "added_tokens": added,
            "normalizer": {
                "type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                "strip_accents": null, "lowercase": true
            },
            "pre_tokenizer": {"type": "BertPreTokenizer"},
            "post_processor": {
                "type": "TemplateProcessing",
                "single": [special("[CLS]"), text("A"), special("[SEP]")],
                "pair": [
                    special("[CLS]"), text("A"), special("[SEP]"), text("B"), special("[SEP]")
                ],
                "special_tokens": {"[CLS]": token("[CLS]", 2), "[SEP]": token("[SEP]", 3)}
            },
            "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
            "model": {
                "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                "max_input_chars_per_word": 100, "vocab": vocab
            }
        });

        serde_json::to_string_pretty(&value).expect("a JSON value becomes text") + "\n"
    }
}

/// How often each word occurs, split as the tokenizer will split it.
fn count_words<'a>(lines: impl IntoIterator<Item = &'a str>) -> BTreeMap<String, u64> {
    let normalizer = BertNormalizer::default();
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for line in lines {
        let mut normalized = NormalizedString::from(line);
        normalizer
            .normalize(&mut normalized)
            .expect("the normalizer refuses no text");
        let mut split = PreTokenizedString::from(normalized);
        BertPreTokenizer
            .pre_tokenize(&mut split)
            .expect("splitting at spaces refuses no text");
        for (word, _, _) in split.get_splits(OffsetReferential::Normalized, OffsetType::Byte) {
            match counts.get_mut(word) {
                Some(count) => *count += 1,
                None => {
                    counts.insert(word.to_owned(), 1);
                }
            }
        }
    }

    counts
}

/// A word as single letters: the first bare, the others marked as continuing.
fn letters_of(word: &str) -> impl Iterator<Item = String> + '_ {
    word.chars().enumerate().map(|(place, letter)| {
        if place == 0 {
            letter.to_string()
        } else {
            format!("##{letter}")
        }
    })
}

/// Two pieces that stand side by side in some word.
type Pair = (u32, u32);

/// The words as sequences of pieces, and the counts of neighbouring pieces.
struct Merges {
    /// The text of every piece that ever came up.
    texts: Vec<String>,
    words: Vec<(Vec<u32>, u64)>,
    counts: BTreeMap<Pair, u64>,
    /// Where a pair occurs, or once did.
    places: BTreeMap<Pair, BTreeSet<usize>>,
    /// What is in the vocabulary already.
    known: BTreeSet<String>,
}

impl Merges {
    fn new(counts: &BTreeMap<String, u64>, pieces: &[String]) -> Merges {
        let mut merges = Merges {
            texts: pieces.to_vec(),
            words: Vec::with_capacity(counts.len()),
            counts: BTreeMap::new(),
            places: BTreeMap::new(),
            known: pieces.iter().cloned().collect(),
        };

        let ids: BTreeMap<&str, u32> = (0..)
            .zip(pieces)
            .map(|(id, piece)| (piece.as_str(), id))
            .collect();

        for (word, count) in counts {
            let letters: Option<Vec<u32>> = letters_of(word)
                .map(|letter| ids.get(letter.as_str()).copied())
                .collect();
            // A word with an unknown letter is unknown as a whole.
            if let Some(letters) = letters {
                merges.words.push((letters, *count));
            }
        }

        for index in 0..merges.words.len() {
            merges.count(index);
        }

        merges
    }

    fn count(&mut self, index: usize) {
        let (word, count) = &self.words[index];
        for pair in word.windows(2) {
            let pair = (pair[0], pair[1]);
            *self.counts.entry(pair).or_default() += count;
            self.places.entry(pair).or_default().insert(index);
        }
    }

    fn discount(&mut self, index: usize) {
        let (word, count) = &self.words[index];
        for pair in word.windows(2) {
            let pair = (pair[0], pair[1]);
            let left = self.counts.get_mut(&pair).expect("the pair was counted");
            *left -= count;
            if *left == 0 {
                self.counts.remove(&pair);
            }
        }
    }

    /// What two pieces make together.
    fn joined(&self, pair: Pair) -> String {
        let (left, right) = (&self.texts[pair.0 as usize], &self.texts[pair.1 as usize]);
        let right = right
            .strip_prefix("##")
            .expect("only continuing pieces follow another");
        format!("{left}{right}")
    }

    /// Merges the most frequent pair that occurs at least twice, the first in the alphabet among
    /// equals.
    fn next(&mut self) -> Option<String> {
        let most = self
            .counts
            .values()
            .copied()
            .max()
            .filter(|count| *count >= 2)?;
        let (text, pair) = self
            .counts
            .iter()
            .filter(|(_, count)| **count == most)
            .map(|(pair, _)| (self.joined(*pair), *pair))
            .min()?;
        let id = u32::try_from(self.texts.len()).expect("fewer than 2^32 pieces");
        self.texts.push(text.clone());

        let places = self
            .places
            .remove(&pair)
            .expect("a counted pair has places");

        for index in places {
            self.discount(index);
            let word = &mut self.words[index].0;
            let mut merged = Vec::with_capacity(word.len());
            let mut place = 0;
            while place < word.len() {
                if word.get(place..place + 2) == Some(&[pair.0, pair.1]) {
                    merged.push(id);
                    place += 2;
                } else {
                    merged.push(word[place]);
                    place += 1;
                }
            }
            *word = merged;
            self.count(index);
        }

        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokenizers::Tokenizer;

    const TEXT: [&str; 4] = [
        "The cat sat on the mat.",
        "the hat",
        "don't sit on the cat",
        "cats sat, hats sat",
    ];

    #[track_caller]
    fn check_tokens(size: usize, text: &str, expected: &[&str]) {
        let vocabulary = Vocabulary::build(TEXT, size);
        let tokenizer: Tokenizer = vocabulary.tokenizer_json().parse().unwrap();
        let encoding = tokenizer.encode(text, true).unwrap();
        assert_eq!(encoding.get_tokens(), expected);
    }

    #[test]
    fn letters_alone_spell_words_out() {
        check_tokens(0, "Cat", &["[CLS]", "c", "##a", "##t", "[SEP]"]);
    }

    #[test]
    fn frequent_words_become_one_piece_and_punctuation_stands_alone() {
        check_tokens(
            60,
            "the cat, sat",
            &["[CLS]", "the", "cat", "[UNK]", "sat", "[SEP]"],
        );
    }

    #[test]
    fn special_pieces_are_found_in_running_text() {
        check_tokens(60, "the [MASK]", &["[CLS]", "the", "[MASK]", "[SEP]"]);
    }

    #[test]
    fn the_order_of_lines_does_not_matter() {
        let mut reversed = TEXT;
        reversed.reverse();
        assert_eq!(Vocabulary::build(TEXT, 40), Vocabulary::build(reversed, 40));
    }

    #[test]
    fn pieces_are_distinct_and_as_many_as_asked_for() {
        let vocabulary = Vocabulary::build(TEXT, 20);
        let distinct: BTreeSet<&String> = vocabulary.pieces().iter().collect();
        assert_eq!(distinct.len(), 20);
        assert_eq!(vocabulary.pieces()[..5], SPECIAL);
    }
}
