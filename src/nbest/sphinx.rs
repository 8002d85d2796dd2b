//! Sphinx's transcripts: lines of trn whose words carry marks that are no words.
//!
//! | file | what |
//! |---|---|
//! | `*.transcription` | what was said: `<s> TURN OFF </s> (lee-7)` |
//! | `*.match`, `*.matchseg` | what was heard, with a score: `turn(2) off <sil> (lee-7 -1234)` |
//!
//! | mark | what is done |
//! |---|---|
//! | `<s>`, `</s>`, `<sil>`, `++noise++` | left out |
//! | `word(2)`, a second way to pronounce it | `word` |
//! | others in `<>`, `+noise+` | left out in files that are Sphinx's |
//!
//! That is what the marks are in `word_align.pl` of `SphinxTrain`. In trn of others `<unk>` or
//! `(uh)` are words, so a file must show that it is Sphinx's: by its name, or by a score behind an
//! id. The first marks nobody else has; they are the same wherever they stand, since one line
//! should not change what others mean.

use std::borrow::Cow;

use crate::nbest::ids::extension;

/// Whether a file has the name of one of Sphinx's.
pub(super) fn is_named(name: &str) -> bool {
    matches!(extension(name), "transcription" | "match" | "matchseg")
}

/// The words without the marks: without those that only Sphinx has, or without all in files that
/// are `sphinx`'s.
pub(super) fn without_marks(words: &str, sphinx: bool) -> Cow<'_, str> {
    if !words.contains(['<', '+', '(']) {
        return Cow::Borrowed(words);
    }

    let is_filler = |word: &&str| {
        let is_cue = word.len() > 2 && word.starts_with('<') && word.ends_with('>');
        let is_own = matches!(*word, "<s>" | "</s>" | "<sil>") || is_noise(word, "++");
        is_own || (sphinx && (is_cue || is_noise(word, "+")))
    };
    let kept = words.split_whitespace().filter(|word| !is_filler(word));
    Cow::Owned(kept.map(spelled).collect::<Vec<&str>>().join(" "))
}

/// `+noise+` or `++noise++`.
fn is_noise(word: &str, mark: &str) -> bool {
    let inner = word
        .strip_prefix(mark)
        .and_then(|rest| rest.strip_suffix(mark));
    inner.is_some_and(|inner| !inner.is_empty() && !inner.contains('+'))
}

/// `word` of `word(2)`, and any other word as it is.
pub(super) fn spelled(word: &str) -> &str {
    let parts = word
        .strip_suffix(')')
        .and_then(|rest| rest.rsplit_once('('));
    match parts {
        Some((bare, number))
            if !bare.is_empty()
                && matches!(number.len(), 1 | 2)
                && number.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            bare
        }
        _ => word,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_left_out_and_words_stay() {
        let check = |words: &str, expected: &str| assert_eq!(without_marks(words, true), expected);
        check("<s> TURN OFF </s>", "TURN OFF");
        check("turn(2) off <sil> ++noise++ +um+ a(10)", "turn off a");
        check(
            "(uh) f(x) + ++ c++ <3 a(123) (2)",
            "(uh) f(x) + ++ c++ <3 a(123) (2)",
        );
        check("plain words", "plain words");
    }

    #[test]
    fn only_some_marks_are_those_of_sphinx_alone() {
        for (words, expected) in [
            ("a </s>", "a"),
            ("<sil>", ""),
            ("++um++ a", "a"),
            ("the(2)", "the"),
        ] {
            assert_eq!(without_marks(words, false), expected, "{words}");
        }
        for words in ["<unk> a", "+um+", "(uh) a", "a / b(c)", ""] {
            assert_eq!(without_marks(words, false), words);
        }
    }
}
