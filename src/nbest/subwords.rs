//! The marks that recognisers leave in texts of subwords.

use std::borrow::Cow;

/// What SentencePiece writes where a word begins.
pub(super) const WORD_BEGINS: char = '\u{2581}';

/// What BPE writes at the end of a piece that is not the end of a word.
const GOES_ON: &str = "@@";

/// The words of `text`: pieces with spaces between them, or words as they are.
///
/// A text has one sort of marks. That of SentencePiece says where words begin, so that spaces say
/// nothing: `▁turn ▁o ff` is `turn off`. That of BPE takes the space behind it away: `o@@ ff`.
pub(super) fn joined(text: &str) -> Cow<'_, str> {
    let mut pieces = text.split_whitespace();
    if pieces.any(|piece| piece.starts_with(WORD_BEGINS)) {
        let joined: String = text.split_whitespace().collect();
        return Cow::Owned(joined.replace(WORD_BEGINS, " ").trim().to_owned());
    }
    if !text.contains(GOES_ON) {
        return Cow::Borrowed(text);
    }

    let mut words = String::with_capacity(text.len());
    for piece in text.split_whitespace() {
        if let Some(part) = piece.strip_suffix(GOES_ON) {
            words.push_str(part);
        } else {
            words.push_str(piece);
            words.push(' ');
        }
    }

    Cow::Owned(words.trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_put_together() {
        assert_eq!(joined("▁turn ▁o ff"), "turn off");
        assert_eq!(joined("▁turn ▁ o ff"), "turn off");
        assert_eq!(joined("turn o@@ ff"), "turn off");
        assert_eq!(joined("turn of@@"), "turn of");
        assert_eq!(joined("a@@ ▁b"), "a@@ b");
        assert_eq!(joined("mail me @ home"), "mail me @ home");
        assert_eq!(joined(""), "");
    }
}
