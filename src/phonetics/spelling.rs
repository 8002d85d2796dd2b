//! Spellings: how a lexicon spells a word, and which words are one word, written in two ways.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::OnceLock;

use unicode_normalization::UnicodeNormalization;

/// Pairs in alphabetical order, as they come with this crate; see `fixtures/lexicon` for where they are from.
const SPELLINGS: &str = include_str!("../../fixtures/lexicon/spellings.txt");

/// Whether `one` and `other`, in lower case, are the same word but for an apostrophe (`its`, `it's`; also `families`,
/// `family's`) or for where they are spelled so (`colour`, `color`).
pub fn is_one_word(one: &str, other: &str) -> bool {
    static PAIRS: OnceLock<BTreeSet<(&str, &str)>> = OnceLock::new();

    if differ_by_apostrophe(one, other) {
        return true;
    }

    let pairs = PAIRS.get_or_init(|| {
        SPELLINGS
            .lines()
            .filter_map(|line| line.split_once(' '))
            .collect()
    });

    pairs.contains(&(one.min(other), one.max(other)))
}

/// Whether the words are the same but for apostrophes, and for the `ies` of a plural where the other has `y's`.
pub fn differ_by_apostrophe(one: &str, other: &str) -> bool {
    if !one.contains('\'') && !other.contains('\'') {
        return false;
    }

    let straight = |word: &str| word.replace('\'', "");
    let plural = |word: &str| {
        word.strip_suffix("y's")
            .map_or_else(|| straight(word), |stem| straight(&format!("{stem}ies")))
    };

    straight(one) == straight(other) || plural(one) == plural(other)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn apostrophes_and_regions_change_no_word() {
        for (one, other) in [
            ("its", "it's"),
            ("crimes", "crime's"),
            ("days", "day's"),
            ("family's", "families"),
            ("colour", "color"),
            ("color", "colour"),
        ] {
            assert!(is_one_word(one, other), "{one} {other}");
        }

        for (one, other) in [
            ("their", "they're"),
            ("two", "too"),
            ("your", "you're"),
            ("suns", "son's"),
        ] {
            assert!(!is_one_word(one, other), "{one} {other}");
        }

        assert!(!differ_by_apostrophe("colour", "color"));
    }
}
