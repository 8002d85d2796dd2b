//! Whether references and hypotheses are spelled alike: where only one side has capitals or
//! punctuation, words that were heard count as errors, and so do marks that were never spoken.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::nbest::normalize::{Normalization, Punctuation, is_invisible};
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

/// The share of references that have a word with signs which no hypothesis of their list has, from
/// which it is taken for a mark that recognizers do not write, such as `<s>` or `[noise]`.
const MARKED: f64 = 0.9;

/// What may be such a mark is among the words of so many lists.
const SAMPLED: u64 = 100;

/// Of fewer different references any word may be in nearly all.
const FEWEST_TEXTS: usize = 20;

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
    /// Those of them that have a character which is not seen, and the first of these.
    by_invisible: u64,
    invisible: Option<char>,
    /// Lists with such a word.
    lists: u64,
    /// Errors of the first pass.
    errors: u64,
    /// The same without case and punctuation.
    plain_errors: u64,
    /// All lists, and the first different references.
    all: u64,
    texts: BTreeSet<String>,
    /// Words that may be marks: how many references have them without any hypothesis.
    unheard: BTreeMap<String, u64>,
}

/// How many words there are, and how many have something that normalization takes away.
#[derive(Debug, Clone, Copy, Default)]
struct Marks {
    words: u64,
    /// Capitals, or what else is made alike but for punctuation.
    case: u64,
    punctuation: u64,
    /// Those of the latter with a character that is not seen.
    invisible: u64,
}

impl Marks {
    fn add(&mut self, text: &Transcript) {
        for word in text.words() {
            self.words += 1;
            if !is_plain(word) {
                let cased = CASE.normalize(word);
                self.case += u64::from(cased.as_str() != word);
                self.punctuation += u64::from(ALL.normalize(word) != cased);
                self.invisible += u64::from(word.contains(is_invisible));
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
            self.add_unheard(utterance, &[]);
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
        for word in &apart {
            let found = word.chars().find(|c| is_invisible(*c));
            self.by_invisible += u64::from(found.is_some());
            self.invisible = self.invisible.or(found);
        }
        self.add_unheard(utterance, &apart);
    }

    /// Counts the words of a reference that no hypothesis of its list has, but those that are only
    /// spelled `apart`.
    fn add_unheard(&mut self, utterance: &Utterance, apart: &[&str]) {
        self.all += 1;
        if self.texts.len() < FEWEST_TEXTS {
            self.texts.insert(utterance.reference.as_str().to_owned());
        }
        if self.all == SAMPLED + 1 {
            self.unheard.retain(|_, lists| 2 * *lists > SAMPLED);
        }

        let is_heard = |word: &str| {
            let mut heard = utterance.nbest.hypotheses().iter();
            heard.any(|heard| heard.transcript.words().any(|other| other == word))
        };
        let words = utterance.reference.words().filter(|word| may_be_mark(word));
        let words = words.filter(|word| self.all <= SAMPLED || self.unheard.contains_key(*word));
        let unheard: BTreeSet<&str> = words
            .filter(|word| !apart.contains(word) && !is_heard(word))
            .collect();
        for word in unheard {
            *self.unheard.entry(word.to_owned()).or_insert(0) += 1;
        }
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
            [
                references.rate(references.invisible),
                heard.rate(heard.invisible),
            ],
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

/// Whether a word has a sign that words that are spoken are written without.
fn may_be_mark(word: &str) -> bool {
    let is_sign = |letter: char| letter.is_ascii_punctuation() && !matches!(letter, '\'' | '-');
    word.contains(is_sign)
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
#[derive(Debug, Clone, PartialEq)]
pub struct SpelledApart {
    /// Words of the references that no hypothesis of their list has because of it.
    pub apart: u64,
    /// All of them.
    pub words: u64,
    /// Errors of the first pass that are none without it, as a share of its errors; of marks, at
    /// most so many.
    pub owed: f64,
    /// What it is.
    pub cause: SpellingCause,
}

/// In what references are spelled otherwise than the hypotheses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SpellingCause {
    /// Case alone, or such things as apostrophes.
    Case,
    /// Punctuation, and perhaps case.
    Punctuation,
    /// Characters that are not seen, of which this is one.
    Invisible(char),
    /// Words that are in nearly every reference and in no hypothesis of its list.
    Marks {
        /// The words.
        words: Vec<String>,
        /// How many references have the rarest of them.
        references: u64,
        /// All references.
        all: u64,
    },
}

impl SpelledApart {
    /// What errors are owed to most; `None` where words are spelled alike, or both sides have
    /// capitals and punctuation.
    pub(crate) fn of(spelling: &Spelling) -> Option<SpelledApart> {
        let found = [
            SpelledApart::written(spelling),
            SpelledApart::marked(spelling),
        ];
        let found = found.into_iter().flatten();
        found.max_by(|one, other| one.owed.total_cmp(&other.owed))
    }

    /// Of the same words, written otherwise.
    fn written(spelling: &Spelling) -> Option<SpelledApart> {
        let words = spelling.references.words;
        let is_rare = spelling.apart as f64 <= WARNED * words as f64;
        if is_rare || spelling.lists < FEWEST_LISTS || !spelling.is_one_sided() {
            return None;
        }

        let owed = spelling.errors.saturating_sub(spelling.plain_errors);
        let are_most = |words: u64| 10 * words >= 9 * spelling.apart;
        let cause = match spelling.invisible {
            _ if are_most(spelling.by_case) => SpellingCause::Case,
            Some(invisible) if are_most(spelling.by_invisible) => {
                SpellingCause::Invisible(invisible)
            }
            _ => SpellingCause::Punctuation,
        };
        Some(SpelledApart {
            apart: spelling.apart,
            words,
            owed: owed as f64 / spelling.errors.max(1) as f64,
            cause,
        })
    }

    /// Of words that recognizers do not write.
    fn marked(spelling: &Spelling) -> Option<SpelledApart> {
        let is_mark = |lists: &u64| *lists as f64 >= MARKED * spelling.all as f64;
        let marks = || spelling.unheard.iter().filter(|(_, lists)| is_mark(lists));
        let references = marks().map(|(_, lists)| *lists).min()?;
        if spelling.texts.len() < FEWEST_TEXTS {
            return None;
        }

        let apart: u64 = marks().map(|(_, lists)| *lists).sum();
        Some(SpelledApart {
            apart,
            words: spelling.references.words,
            owed: (apart as f64 / spelling.errors.max(1) as f64).min(1.0),
            cause: SpellingCause::Marks {
                words: marks().map(|(word, _)| word.clone()).collect(),
                references,
                all: spelling.all,
            },
        })
    }

    /// The steps of `--normalize` that make both sides alike; `None` where none do.
    pub(crate) fn steps(&self) -> Option<&'static str> {
        match self.cause {
            SpellingCause::Case => Some("default"),
            SpellingCause::Punctuation | SpellingCause::Invisible(_) => {
                Some("default,strip-punctuation")
            }
            SpellingCause::Marks { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nbest::read::{Corpus, ReadOptions};

    /// Of so many lists with this reference, read as written.
    fn found(lists: usize, reference: &str, texts: [&str; 2]) -> Option<SpelledApart> {
        found_of(lists, |_| reference.to_owned(), texts)
    }

    /// The same where references differ.
    fn found_of(
        lists: usize,
        reference: impl Fn(usize) -> String,
        texts: [&str; 2],
    ) -> Option<SpelledApart> {
        let line = |index: usize| {
            let reference = reference(index);
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
        assert!((dotted.owed - 0.5).abs() < 1e-12 && dotted.cause != SpellingCause::Case);
        assert_eq!(dotted.steps(), Some("default,strip-punctuation"));
        assert_eq!(
            found(9, "see the tea", ["sea the, tea.", "c"]).map(|found| found.apart),
            Some(18)
        );

        // One error of three, and one for the stop.
        let alone = found(9, "see the tea .", ["sea the tea", "c the t"]).unwrap();
        assert_eq!((alone.apart, alone.words, alone.owed), (9, 36, 0.5));

        let cased = found(9, "See the tea", ["see the tea", "c the t"]).unwrap();
        assert!(cased.cause == SpellingCause::Case && cased.apart == 9 && cased.owed >= 1.0);
        assert_eq!(cased.steps(), Some("default"));
        let capitals = found(9, "see the tea.", ["SEE THE TEA", "C THE T"]).unwrap();
        assert_eq!(capitals.cause, SpellingCause::Punctuation);
        assert_eq!(capitals.apart, 27, "{capitals:?}");

        let unseen = found(9, "\u{feff}see the tea", ["see the tea", "c the t"]).unwrap();
        assert_eq!(unseen.cause, SpellingCause::Invisible('\u{feff}'));
        assert_eq!((unseen.apart, unseen.owed.to_bits()), (9, 1_f64.to_bits()));
        assert_eq!(unseen.steps(), Some("default,strip-punctuation"));
    }

    #[test]
    fn words_of_nearly_all_references_that_no_hypothesis_has_are_marks() {
        let heard = ["see the tea", "c the t"];
        let marked = |lists, share| {
            let reference = move |index: usize| match index % share {
                0 => format!("see tea{index}"),
                _ => format!("<s> see tea{index} </s>"),
            };
            found_of(lists, reference, heard)
        };
        let found = marked(110, 10).unwrap();
        let expected = SpellingCause::Marks {
            words: vec!["</s>".to_owned(), "<s>".to_owned()],
            references: 99,
            all: 110,
        };
        assert_eq!((found.cause.clone(), found.steps()), (expected, None));
        assert_eq!((found.apart, found.words), (198, 418));

        // Of a few texts any word may be in all, and no word in fewer is a mark.
        assert_eq!((marked(19, 20), marked(110, 9)), (None, None));
        assert_eq!(self::found(30, "<s> see", heard), None);
        // What was spoken and never heard is an error.
        assert_eq!(
            found_of(30, |index| format!("see tea{index} please"), heard),
            None
        );
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
