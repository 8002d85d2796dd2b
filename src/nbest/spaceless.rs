//! Scripts that are written without spaces between words, of which a whole sentence would count as
//! one word.

use crate::nbest::Transcript;

/// Texts in which hardly a space stands among such characters are of this many of them to a word at
/// least. Words of Thai have some 5, and those of Japanese 2 or 3.
const TO_A_WORD: usize = 4;

/// Counts in some references.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Spaceless {
    /// References in which such characters are more than half.
    references: usize,
    /// Their words.
    words: usize,
    /// Their characters of such scripts.
    characters: usize,
    /// All references with words.
    of: usize,
}

impl Spaceless {
    /// Takes another reference in.
    pub(super) fn add(&mut self, reference: &Transcript) {
        if reference.is_empty() {
            return;
        }

        self.of += 1;
        let text = reference.as_str();
        if text.is_ascii() {
            return;
        }
        let spaceless = text.chars().filter(|c| is_spaceless(*c)).count();
        let letters = text.chars().filter(|c| c.is_alphanumeric()).count();
        if 2 * spaceless > letters {
            self.references += 1;
            self.words += reference.word_count();
            self.characters += spaceless;
        }
    }

    /// That sentences count as words, if they do; the texts were normalized as described.
    pub(crate) fn warning(&self, normalization: &str) -> Option<String> {
        let is_so = self.references > 0 && self.characters >= TO_A_WORD * self.words;
        (is_so && !normalization.contains(STEP)).then(|| {
            format!(
                "{} of {} references are of a script without spaces between words, and hardly have \
                 any ({} characters, {} words): a whole sentence counts as one word; count \
                 characters, --normalize default,characters, or put spaces between words",
                self.references, self.of, self.characters, self.words
            )
        })
    }
}

/// How the step that parts such characters is described.
pub(super) const STEP: &str = "characters of scripts without spaces apart";

/// Whether a character is of a script that has no spaces between words: ideographs, kana, Thai, Lao,
/// Burmese and Khmer.
pub(super) fn is_spaceless(c: char) -> bool {
    is_ideographic(c) || is_south_east_asian(c)
}

fn is_ideographic(c: char) -> bool {
    // 々, 〆 and 〇 stand for ideographs; the long mark ー is among the kana.
    matches!(
        c,
        '\u{3005}'..='\u{3007}'
            | '\u{3041}'..='\u{3096}'
            | '\u{309d}'..='\u{309f}'
            | '\u{30a1}'..='\u{30fa}'
            | '\u{30fc}'..='\u{30ff}'
            | '\u{31f0}'..='\u{31ff}'
            | '\u{3400}'..='\u{4dbf}'
            | '\u{4e00}'..='\u{9fff}'
            | '\u{f900}'..='\u{faff}'
            | '\u{ff66}'..='\u{ff9d}'
            | '\u{20000}'..='\u{323af}'
    )
}

fn is_south_east_asian(c: char) -> bool {
    matches!(
        c,
        '\u{e01}'..='\u{e3a}'
            | '\u{e40}'..='\u{e59}'
            | '\u{e81}'..='\u{edf}'
            | '\u{1000}'..='\u{109f}'
            | '\u{1780}'..='\u{17e9}'
            | '\u{a9e0}'..='\u{a9fe}'
            | '\u{aa60}'..='\u{aa7f}'
    )
}

/// Whether a character belongs to the one before it: marks above, below and behind letters.
fn is_attached(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c)
        || matches!(
            c,
            '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{ff9e}' | '\u{ff9f}'
        )
}

/// `text` with spaces round each character of such scripts, with the marks that belong to it; words
/// of other letters stay whole.
pub(super) fn parted(text: &str) -> String {
    let mut parted = String::with_capacity(2 * text.len());
    let mut before = false;
    for c in text.chars() {
        let is_own = is_spaceless(c);
        let is_behind = |last: char| !last.is_whitespace() && !last.is_control();
        // Marks of such scripts belong to their own letters alone.
        let is_mark =
            is_attached(c) && (before || !is_own) && parted.chars().last().is_some_and(is_behind);
        if !is_mark {
            if (is_own || before) && !parted.ends_with(' ') {
                parted.push(' ');
            }
            before = is_own;
        }
        parted.push(c);
    }
    parted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_stand_apart_and_words_stay_whole() {
        let check = |text: &str, expected: &str| {
            let found = Transcript::new(&parted(text));
            assert_eq!(found.as_str(), expected);
            let again = Transcript::new(&parted(found.as_str()));
            assert_eq!(again, found);
        };
        check("我们go北京", "我 们 go 北 京");
        check("iphone手机 3g", "iphone 手 机 3g");
        check("コーヒー", "コ ー ヒ ー");
        check("two cups", "two cups");
        check("", "");
        // Vowels and tones above and below belong to their consonant.
        check(
            "\u{e17}\u{e35}\u{e48}\u{e19}",
            "\u{e17}\u{e35}\u{e48} \u{e19}",
        );
        check("\u{304b}\u{3099}", "\u{304b}\u{3099}");
        check(" \u{103a}x", "\u{103a} x");
        check("\u{3002}\u{103a}x", "\u{3002} \u{103a} x");
    }

    #[test]
    fn sentences_that_count_as_words_are_warned_of() {
        let warning = |references: &[&str], steps: &str| {
            let mut found = Spaceless::default();
            for reference in references {
                found.add(&Transcript::new(reference));
            }
            found.warning(steps)
        };
        let whole = ["我们今天去北京", "two cups", "他在学校学习中文"];
        let told = warning(&whole, "lower case").unwrap();
        assert!(told.starts_with("2 of 3 references"), "{told}");
        assert!(told.contains("--normalize default,characters"), "{told}");

        assert_eq!(warning(&whole, STEP), None);
        assert_eq!(warning(&["我们 今天 去 北京"], "lower case"), None);
        assert_eq!(
            warning(&["two cups 京", "", "caf\u{e9}"], "lower case"),
            None
        );
    }
}
