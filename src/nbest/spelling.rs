//! Whether references and hypotheses are spelled alike: where only one side has capitals or
//! punctuation, words that were heard count as errors.

use std::collections::HashSet;

use crate::nbest::normalize::{Normalization, Punctuation};
use crate::nbest::wer::word_errors;
use crate::nbest::{Transcript, Utterance};

/// The share of reference words that are spelled apart above which a reader is warned: of lists
/// that are spelled alike, a tenth of a percent are.
const WARNED: f64 = 0.02;

/// The share of the first pass's errors that are owed to it above which figures are those of the
/// spelling as much as of the words.
pub const SPELLING_BARRED: f64 = 0.2;

/// Fewer lists with such a word may be chance.
const FEWEST_LISTS: u64 = 5;

/// A side that has marks less often than this, relative to the other, has none on purpose.
const ONE_SIDED: f64 = 0.1;

/// What makes words alike but for their punctuation.
const CASE: Normalization = Normalization {
    apostrophes: true,
    lowercase: true,
    nfc: true,
    punctuation: Punctuation::Keep,
    without_hesitations: false,
    characters: false,
};

/// What makes them wholly alike.
const ALL: Normalization = Normalization {
    punctuation: Punctuation::Strip,
    ..CASE
};

/// How the words of some lists are spelled.
#[derive(Debug, Clone, Default)]
pub(crate) struct Spelling {
    references: Marks,
    /// Of the hypotheses that the first pass likes best.
    heard: Marks,
    /// Words of references that no hypothesis of their list has, but for case and punctuation:
    /// some has what is left of them, or nothing is, as of a full stop that stands alone.
    apart: u64,
    /// Those of them that some has but for case.
    by_case: u64,
    /// Lists with such a word.
    lists: u64,
    /// Errors of the first pass.
    errors: u64,
    /// The same without case and punctuation.
    plain_errors: u64,
}

/// How many words there are, and how many have something that normalization takes away.
#[derive(Debug, Clone, Copy, Default)]
struct Marks {
    words: u64,
    /// Capitals, or what else is made alike but for punctuation.
    case: u64,
    punctuation: u64,
}

impl Marks {
    fn add(&mut self, text: &Transcript) {
        for word in text.words() {
            self.words += 1;
            if !is_plain(word) {
                let cased = CASE.normalize(word);
                self.case += u64::from(cased.as_str() != word);
                self.punctuation += u64::from(ALL.normalize(word) != cased);
            }
        }
    }

    fn rate(&self, count: u64) -> f64 {
        count as f64 / self.words.max(1) as f64
    }
}

impl Spelling {
    /// Takes an utterance in.
    pub(super) fn add(&mut self, utterance: &Utterance) {
        let (reference, nbest) = (&utterance.reference, &utterance.nbest);
        let best = &nbest.best().transcript;
        self.references.add(reference);
        self.heard.add(best);

        let errors = word_errors(reference, best).errors() as u64;
        self.errors += errors;
        let texts = || nbest.hypotheses().iter().map(|found| &found.transcript);
        let mut all = std::iter::once(reference).chain(texts());
        if all.all(|text| text.words().all(is_plain)) {
            self.plain_errors += errors;
            return;
        }

        let plain = word_errors(
            &ALL.normalize(reference.as_str()),
            &ALL.normalize(best.as_str()),
        );
        self.plain_errors += plain.errors() as u64;

        let heard: HashSet<&str> = texts().flat_map(Transcript::words).collect();
        let (cased, bare) = (words_of(texts(), CASE), words_of(texts(), ALL));
        let apart = reference.words().filter(|word| !heard.contains(word));
        let apart: Vec<&str> = apart.filter(|word| is_among(word, ALL, &bare)).collect();
        self.apart += apart.len() as u64;
        self.lists += u64::from(!apart.is_empty());
        let by_case = apart.iter().filter(|word| is_among(word, CASE, &cased));
        self.by_case += by_case.count() as u64;
    }

    /// Whether one side alone has capitals, or punctuation.
    fn is_one_sided(&self) -> bool {
        let (references, heard) = (&self.references, &self.heard);
        let sides = [
            [
                references.rate(references.punctuation),
                heard.rate(heard.punctuation),
            ],
            [references.rate(references.case), heard.rate(heard.case)],
        ];
        let mut sides = sides.into_iter();
        sides.any(|[one, other]| {
            one.max(other) > WARNED && one.min(other) < ONE_SIDED * one.max(other)
        })
    }
}

/// The normalized words of some texts.
fn words_of<'a>(
    texts: impl Iterator<Item = &'a Transcript>,
    normalization: Normalization,
) -> HashSet<String> {
    let mut words = HashSet::new();
    for text in texts {
        let text = normalization.normalize(text.as_str());
        words.extend(text.words().map(str::to_owned));
    }

    words
}

/// Whether what is left of a normalized word is among these.
fn is_among(word: &str, normalization: Normalization, words: &HashSet<String>) -> bool {
    let left = normalization.normalize(word);
    left.words().all(|part| words.contains(part))
}

/// Whether no normalization changes a word, as is seen at once.
fn is_plain(word: &str) -> bool {
    let is_letter = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = word.as_bytes();
    let ends = [bytes.first(), bytes.last()];
    ends.iter().all(|end| end.is_some_and(is_letter))
        && bytes.windows(2).all(|pair| match pair {
            [b'\'' | b'-', next] | [next, b'\'' | b'-'] => is_letter(next),
            [one, next] => is_letter(one) && is_letter(next),
            _ => true,
        })
}

/// References that are spelled in another way than the hypotheses.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SpelledApart {
    /// Words of the references that no hypothesis of their list has, but for case and punctuation.
    pub apart: u64,
    /// All of them.
    pub words: u64,
    /// Errors of the first pass that are none without case and punctuation, as a share of its
    /// errors.
    pub owed: f64,
    /// Whether it is case alone, or such things as apostrophes.
    pub is_case: bool,
}

impl SpelledApart {
    /// `None` where words are spelled alike, or both sides have capitals and punctuation.
    pub(crate) fn of(spelling: &Spelling) -> Option<SpelledApart> {
        let words = spelling.references.words;
        let is_rare = spelling.apart as f64 <= WARNED * words as f64;
        if is_rare || spelling.lists < FEWEST_LISTS || !spelling.is_one_sided() {
            return None;
        }

        let owed = spelling.errors.saturating_sub(spelling.plain_errors);
        Some(SpelledApart {
            apart: spelling.apart,
            words,
            owed: owed as f64 / spelling.errors.max(1) as f64,
            is_case: 10 * spelling.by_case >= 9 * spelling.apart,
        })
    }

    /// The steps of `--normalize` that make both sides alike.
    pub(crate) fn steps(&self) -> &'static str {
        if self.is_case {
            "default"
        } else {
            "default,strip-punctuation"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nbest::read::{Corpus, ReadOptions};

    /// Of so many lists with this reference, read as written.
    fn found(lists: usize, reference: &str, texts: [&str; 2]) -> Option<SpelledApart> {
        let line = |index: usize| {
            let heard = texts.map(|text| serde_json::json!({"text": text}));
            let list =
                serde_json::json!({"id": index.to_string(), "ref": reference, "hyps": heard});
            list.to_string()
        };
        let lines: Vec<String> = (0..lists).map(line).collect();
        let options = ReadOptions {
            normalization: Normalization::none(),
            ..ReadOptions::default()
        };
        let corpus = Corpus::read("l.jsonl", lines.join("\n").as_bytes(), &options).unwrap();

        let mut spelling = Spelling::default();
        for utterance in &corpus.utterances {
            spelling.add(utterance);
        }
        SpelledApart::of(&spelling)
    }

    #[test]
    fn marks_of_one_side_alone_are_found_with_what_takes_them_away() {
        // Two errors each, of which one is the stop's.
        let dotted = found(9, "see the tea.", ["sea the tea", "c the t"]).unwrap();
        assert_eq!((dotted.apart, dotted.words), (9, 27));
        assert!((dotted.owed - 0.5).abs() < 1e-12 && !dotted.is_case);
        assert_eq!(dotted.steps(), "default,strip-punctuation");
        assert_eq!(
            found(9, "see the tea", ["sea the, tea.", "c"]).map(|found| found.apart),
            Some(18)
        );

        // One error of three, and one for the stop.
        let alone = found(9, "see the tea .", ["sea the tea", "c the t"]).unwrap();
        assert_eq!((alone.apart, alone.words, alone.owed), (9, 36, 0.5));

        let cased = found(9, "See the tea", ["see the tea", "c the t"]).unwrap();
        assert!(cased.is_case && cased.apart == 9 && cased.owed >= 1.0);
        assert_eq!(cased.steps(), "default");
        let capitals = found(9, "see the tea.", ["SEE THE TEA", "C THE T"]).unwrap();
        assert!(!capitals.is_case && capitals.apart == 27, "{capitals:?}");
    }

    #[test]
    fn words_that_were_not_heard_and_marks_of_both_sides_are_not() {
        assert_eq!(found(4, "see the tea.", ["sea the tea", "c the t"]), None);
        assert_eq!(
            found(9, "see the tea.", ["sea the coffee", "c the t"]),
            None
        );
        assert_eq!(
            found(9, "see the tea.", ["sea the tea", "c the tea."]),
            None
        );
        assert_eq!(
            found(9, "See, the tea.", ["see the tea.", "See, the t."]),
            None
        );
        assert_eq!(
            found(9, "it's mid-air", ["its mid-air", "it's midair"]),
            None
        );
    }

    #[test]
    fn what_is_plain_at_once_is_left_as_it_is() {
        for (word, expected) in [
            ("tea", true),
            ("it's", true),
            ("mid-air", true),
            ("a", true),
            ("Tea", false),
            ("tea.", false),
            ("'tis", false),
            ("it-'s", false),
            ("\u{e9}t\u{e9}", false),
        ] {
            assert_eq!(is_plain(word), expected, "{word}");
            let is_changed = ALL.normalize(word).as_str() != word;
            assert!(!(expected && is_changed), "{word}");
        }
    }
}
