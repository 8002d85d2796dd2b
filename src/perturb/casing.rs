//! Casing: a word that is put in is written as the word was that it replaces.
//!
//! Lists that are read without normalization keep their capitals, and the lexicon has none.

/// How the words of a text are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TextCasing {
    /// Without capitals.
    Lower,
    /// With capitals where sentences and names begin.
    Mixed,
    /// In capitals only.
    Upper,
}

/// How one word is written, and so what takes its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum WordCasing {
    /// In lower case, as all words of its text.
    Lower,
    /// In lower case, but for `I`.
    Sentence,
    /// With a capital first: `Two`.
    Title,
    /// In capitals, among words that are not: `TWO`.
    Upper,
    /// In capitals, as all words of its text, where they say nothing.
    UpperText,
}

impl TextCasing {
    /// The casing of a text of these words.
    pub(super) fn of(words: &[String]) -> TextCasing {
        let mut letters = words.iter().flat_map(|word| word.chars());
        if !letters.any(char::is_uppercase) {
            return TextCasing::Lower;
        }

        // `I` and `A` alone are no text in capitals.
        let is_upper = words.iter().any(|word| word.chars().count() > 1)
            && !words
                .iter()
                .any(|word| word.chars().any(char::is_lowercase));

        if is_upper {
            TextCasing::Upper
        } else {
            TextCasing::Mixed
        }
    }

    /// The casing of word number `index` of a text of these words.
    pub(super) fn of_word(self, words: &[String], index: usize) -> WordCasing {
        let word = &words[index];

        match self {
            TextCasing::Lower => WordCasing::Lower,
            TextCasing::Upper => WordCasing::UpperText,
            TextCasing::Mixed if !word.chars().next().is_some_and(char::is_uppercase) => {
                WordCasing::Sentence
            }
            TextCasing::Mixed if index > 0 && is_i(word) => WordCasing::Sentence,
            TextCasing::Mixed => {
                let is_upper = word.chars().count() > 1 && !word.chars().any(char::is_lowercase);
                if is_upper && !is_i(word) {
                    WordCasing::Upper
                } else {
                    WordCasing::Title
                }
            }
        }
    }
}

impl WordCasing {
    /// The casings, in their order.
    pub(super) const COUNT: usize = 5;

    /// Which of the casings it is, from 0.
    pub(super) fn index(self) -> usize {
        match self {
            WordCasing::Lower => 0,
            WordCasing::Sentence => 1,
            WordCasing::Title => 2,
            WordCasing::Upper => 3,
            WordCasing::UpperText => 4,
        }
    }

    /// Whether `word`, which is written so, has a capital that says something: `I` has one in any
    /// case.
    pub(super) fn is_name(self, word: &str) -> bool {
        matches!(self, WordCasing::Title | WordCasing::Upper) && !is_i(word)
    }

    /// `word`, which is in lower case, written so.
    pub(super) fn write(self, word: &str) -> String {
        match self {
            WordCasing::Sentence if is_i(word) => capitalised(word),
            WordCasing::Lower | WordCasing::Sentence => word.to_owned(),
            WordCasing::Title => capitalised(word),
            WordCasing::Upper | WordCasing::UpperText => word.to_uppercase(),
        }
    }
}

/// Whether a word is `I`, alone or with what is joined to it: `I'm`, `I’ll`.
pub(super) fn is_i(word: &str) -> bool {
    let mut letters = word.chars();
    matches!(letters.next(), Some('i' | 'I'))
        && matches!(letters.next(), None | Some('\'' | '\u{2019}'))
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text with every word replaced by `eye`, and by `i`, in its casing.
    #[track_caller]
    fn check_casing(text: &str, eyes: &str, is: &str) {
        let words: Vec<String> = text.split(' ').map(str::to_owned).collect();
        let casing = TextCasing::of(&words);
        let written = |word| {
            let all = (0..words.len()).map(|index| casing.of_word(&words, index).write(word));
            all.collect::<Vec<String>>().join(" ")
        };
        assert_eq!((written("eye").as_str(), written("i").as_str()), (eyes, is));
    }

    #[test]
    fn a_replacement_is_written_as_the_word_was() {
        check_casing("two for", "eye eye", "i i");
        check_casing("Two for", "Eye eye", "I I");
        check_casing("TWO FOR", "EYE EYE", "I I");
        check_casing("And I saw TWO", "Eye eye eye EYE", "I I I I");
        check_casing("I'm A TWO", "Eye Eye EYE", "I I I");
        check_casing("I", "Eye", "I");
        check_casing("I'm here", "Eye eye", "I I");
    }
}
