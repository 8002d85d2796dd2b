//! Which end of a text that is longer than a model reads is cut off: the last words, or, where the
//! tokenizer's files say so, the first.
//!
//! `truncation_side` of `tokenizer_config.json` comes before `truncation.direction` of
//! `tokenizer.json`. (Checked against transformers 5.24.)

use serde_json::Value;
use tokenizers::TruncationDirection;

use crate::bert::error::LoadError;
use crate::bert::tokenizer_options::Options;

/// The option that says which end is cut off.
const SIDE: &str = "truncation_side";

/// More bytes than a text has that is not cut.
const ENOUGH: usize = 1 << 16;

/// The end that is cut off by a tokenizer with these options, which itself says `stored`.
pub(super) fn cut_side(
    options: &Options,
    stored: Option<TruncationDirection>,
) -> Result<TruncationDirection, LoadError> {
    match options.said(SIDE) {
        None | Some(Value::Null) => Ok(stored.unwrap_or_default()),
        Some(side) if side == "left" => Ok(TruncationDirection::Left),
        Some(side) if side == "right" => Ok(TruncationDirection::Right),
        Some(other) => {
            let advice = "it must be \"left\" or \"right\"";
            Err(LoadError::field(options.file(), SIDE, other, advice))
        }
    }
}

/// The words of a text that are kept, and more, where the text is so long that it is surely cut:
/// the first, or the last where the first are cut off; `None` of a text that may not be cut.
pub(super) fn kept(text: &str, side: TruncationDirection) -> Option<&str> {
    if text.len() <= ENOUGH {
        return None;
    }

    match side {
        TruncationDirection::Right => {
            let end = text.floor_char_boundary(ENOUGH);
            let space = text[..end].rfind(char::is_whitespace)?;
            Some(&text[..space])
        }
        TruncationDirection::Left => {
            let start = text.ceil_char_boundary(text.len() - ENOUGH);
            let space = text[start..].find(char::is_whitespace)?;
            Some(&text[start + space..])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_text_the_words_at_the_end_that_is_kept_are_read() {
        use TruncationDirection::{Left, Right};

        let first = format!("{} ", "\u{fc}ab").repeat(20_000);
        let text = format!("{first}last");
        for side in [Left, Right] {
            assert_eq!(kept("a short text", side), None);
            assert_eq!(kept(&"\u{fc}".repeat(40_000), side), None);
            let part = kept(&text, side).unwrap();
            assert!(
                (ENOUGH - 8..=ENOUGH).contains(&part.len()),
                "{}",
                part.len()
            );
        }
        assert!(kept(&text, Left).unwrap().starts_with(" \u{fc}ab \u{fc}ab"));
        assert!(kept(&text, Left).unwrap().ends_with("\u{fc}ab last"));
        assert!(kept(&text, Right).unwrap().starts_with("\u{fc}ab "));
        assert!(kept(&text, Right).unwrap().ends_with(" \u{fc}ab"));
    }
}
